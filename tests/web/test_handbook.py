"""The reference in the builder: every page, in its frame, for builders only; problems lead to it."""

from __future__ import annotations

import re

import pytest

from engine.definitions.reference import faults, faults_zh, whole
from engine.expressions.faults import CHINESE
from tests.web.doors import Door

BASE = "/builder/shop/reference"


@pytest.mark.parametrize("name", whole.pages())
def test_every_page_stands(name: str, door: Door) -> None:
    answer = door.browser("ada").get(f"{BASE}/{name}")
    assert answer.status_code == 200
    anchors = re.findall(r'\bid="([\w-]+)"', answer.text)
    assert {topic.anchor for topic in whole.pages()[name].topics} <= set(anchors)


def test_links_lead_to_topics_of_other_pages(door: Door) -> None:
    text = door.browser("ada").get(f"{BASE}/language-objects").text
    linked = set(re.findall(rf'href="{BASE}/([\w-]+)#([\w-]+)"', text))
    assert ("language-fields", "field") in linked
    assert [(page, anchor) for page, anchor in linked if whole.homes().get(anchor) != page] == []


def test_what_looks_like_markup_is_shown_as_text(door: Door) -> None:
    text = door.browser("ada").get(f"{BASE}/functions").text
    assert "above(first(lines).product.category)" in text
    assert "&lt; 30" in text or "&gt;" in text


def test_its_frame_speaks_the_reader_s_language(door: Door) -> None:
    browser = door.browser("ada")
    browser.post("/language", {"language": "zh", "next": BASE})
    text = browser.get(BASE).text
    assert "本页搜索" in text and "问题代码" in text


def test_only_builders_read_it_here(door: Door) -> None:
    assert door.browser("li").get(BASE).status_code == 403
    assert door.browser().get(BASE).status_code == 303


def test_there_are_no_other_pages(door: Door) -> None:
    assert door.browser("ada").get(f"{BASE}/nothing").status_code == 404


def test_a_problem_leads_to_its_explanation(door: Door) -> None:
    browser = door.browser("ada")
    answer = browser.client.post(
        "/builder/shop/check",
        json={"files": {"app.yaml": "app: shop\nobjects: {order: {feilds: {}}}\n"}},
        headers={**browser.headers, "X-CSRFToken": browser.csrf},
    )
    problem = next(one for one in answer.json["problems"] if one["code"] == "E-KEY-001")
    assert problem["url"] == f"{BASE}/problems#e-key-001"
    path, _, anchor = problem["url"].partition("#")
    assert f'id="{anchor}"' in browser.get(path).text


def test_the_editor_s_schema_leads_there_too(door: Door) -> None:
    text = door.browser("ada").get("/builder/shop/schema").text
    assert f"]({BASE}/language-fields#type-money-currency)" in text


def test_problems_are_told_in_the_reader_s_language(door: Door) -> None:
    browser = door.browser("ada")
    browser.post("/language", {"language": "zh", "next": BASE})
    text = "app: shop\nobjects: {order: {feilds: {}, title: '{1 + }'}}\n"
    answer = browser.client.post(
        "/builder/shop/check", json={"files": {"app.yaml": text}},
        headers={**browser.headers, "X-CSRFToken": browser.csrf},
    )
    found = {one["code"]: one for one in answer.json["problems"]}
    assert found["E-KEY-001"]["message"] == "未知的键" and "feilds" in found["E-KEY-001"]["detail"]
    assert "手册" in found["E-KEY-001"]["repair"]
    spoken = [one for code, one in found.items() if code.startswith("E-SYN")]
    assert spoken and all(re.search("[一-鿿]", one["message"]) for one in spoken)
    page = browser.get(f"{BASE}/problems").text
    assert "未知的键。" in page and "处理：改用提示的键" in page and "Repair:" not in page


def test_every_code_is_explained_in_chinese() -> None:
    assert set(faults_zh.entries()) == set(faults.CODES)
    for code, (means, repair) in faults_zh.entries().items():
        assert means or code in CHINESE, code
        assert repair and not re.search("[一-鿿],", means + repair), f"{code}: a Chinese comma"
    families = {code.split("-")[1] for code in faults.CODES if code != "N-INACTIVE"}
    assert families <= set(faults_zh.FAMILIES)
