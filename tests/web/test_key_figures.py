"""Key figures on the page of a record and over REST: who reads which, how they look; on both databases."""

from __future__ import annotations

import re

from engine.definitions.compile import problems_of
from tests.services.shops import SHOP
from tests.web.doors import Door, peopled, told

SOLD = "sum(sale where customer = this, total)"
FIGURES = f"""  customer:
    figures:
      limit: limit
      left: {{value: "limit - {SOLD}", mark: {{red: "{SOLD} > limit"}}, zh: 余额, en: Left}}
      used: {{value: "{SOLD} / limit", format: percent, zh: 已用, en: Used}}
      each: {{value: "limit / count(sale where customer = this and note = 'x')", zh: 每单, en: Each}}
      floor: {{value: secret, zh: 底价, en: Floor}}
      told: {{value: len(secret), zh: 字数, en: Letters}}
      small: {{value: limit, when: limit < 10, zh: 小客户, en: Small}}
"""
TEXT = SHOP.replace("  customer:\n", FIGURES, 1)
WRONG = """  sale:
    figures:
      all: lines.qty
      one: {value: total, mark: {pinkish: total > 1}, format: date}
"""


def shown(page: str) -> dict[str, str]:
    """Label → what stands beside it, and its color."""
    [part] = re.findall(r'<dl class="fw-card fw-figures".*?</dl>', page, re.DOTALL)
    found = re.findall(r'<dt>(.*?)</dt><dd(?: class="fw-mark-(\w+)")?>(.*?)</dd>', part, re.DOTALL)
    texts = {label: re.sub(r"<svg.*?</svg>|<[^>]+>", "", text) for label, _, text in found}
    return {label: f"{texts[label]} {color}".strip() for label, color, _ in found}


def test_figures_stand_on_the_page_for_those_who_may_read_them(database_url: str) -> None:
    door = Door(peopled(database_url, TEXT))
    door.shop.stocked(Bolt=1000)
    door.shop.sold(submit=False, Bolt=150)
    customer = 1
    li, wang = door.browser("li"), door.browser("wang")
    seen = shown(wang.get(f"/apps/shop/records/customer/{customer}").text)
    assert list(seen) == ["Limit", "Left", "Used", "Each", "Floor", "Letters"]
    assert seen["Limit"] == "CN¥1,000.00" and seen["Floor"] == "—"
    assert seen["Left"].endswith("red") == (seen["Left"].startswith("-")) and "1,000" not in seen["Left"], seen
    assert re.fullmatch(r"\d+(\.\d+)?%", seen["Used"]), seen
    assert seen["Each"] == "Division by zero"
    assert list(shown(li.get(f"/apps/shop/records/customer/{customer}").text)) == ["Limit", "Left", "Used", "Each"]
    program = door.program("li").get(f"/api/shop/customer/{customer}/figures")
    assert program.status_code == 200, told(program)
    figures = {one["name"]: one for one in program.json["figures"]}
    assert list(figures) == ["limit", "left", "used", "each"]
    assert figures["limit"]["value"] == "1000" and figures["limit"]["text"] == seen["Limit"]
    assert figures["each"]["value"] is None and figures["each"]["reason"]
    door.shop.site.database.close()


def test_a_figure_is_one_value_in_known_colors() -> None:
    found = [one.code for one in problems_of(SHOP.replace("  sale:\n", WRONG, 1)) if one.severity == "error"]
    assert sorted(found) == ["E-CRD-004", "E-FIG-001", "E-KEY-004"]
