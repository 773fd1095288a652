"""The panel of conditions: its rows and its expression say the same, and give what the API gives; on both databases."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urlsplit

from engine.runtime.web.present import conditions, subjects
from engine.runtime.web.present.conditions import MANY, WITHOUT_VALUE, Condition, Group
from engine.runtime.web.present.subjects import Subject
from tests.web.doors import Door, peopled, told

LIST = "/apps/shop/records/sale"
SAMPLES = {
    "text": ("it's", "b"),
    "number": ("1.5", "20"),
    "date": ("2026-01-02", "2026-05-04"),
    "datetime": ("2026-01-02", "2026-05-04"),
    "choice": ("draft", "pending"),
    "record": ("1", "2"),
    "person": ("1", "2"),
    "boolean": ("true",),
    "records": ("1",),
}


def rows(page: str) -> list[int]:
    return [int(found) for found in re.findall(r'<tr data-href="[^"]+/(\d+)"', page)]


def every(subject: Subject) -> list[Condition]:
    """A condition with each comparison that fits a subject."""
    sample, several = SAMPLES[subject.sort], (*MANY, "between")
    return [
        Condition(subject.path, one, () if one in WITHOUT_VALUE else sample if one in several else sample[:1])
        for one in subject.operators
    ]


def test_every_comparison_runs_and_reads_back(database_url: str) -> None:
    door = Door(peopled(database_url))
    door.shop.stocked(Bolt=100)
    first, second = (door.shop.sold(customer=name, submit=name == "A", Bolt=2) for name in ("A", "B"))
    wang = door.program("wang")
    with door.shop.site.read("shop", door.shop.actor("wang")) as tx:
        known = subjects.of(tx, tx.app.objects["sale"], ["customer.name", "customer.limit"])
        asked = [condition for subject in known.values() for condition in every(subject)]
        texts = [conditions.write(known, Group("all", (one,))) for one in asked]
        read = [conditions.read(known, text) for text in texts]
    assert {"status", "creator", "created_at", "customer.name"} <= set(known) and len(asked) > 60
    for condition, text, group in zip(asked, texts, read, strict=True):
        assert group == Group("all", (condition,)), text
        answer = wang.get("/api/shop/sale?" + urlencode({"filter": text}))
        assert answer.status_code == 200, (text, told(answer))
    found = {text: wang.get("/api/shop/sale?" + urlencode({"filter": text})).json["items"] for text in texts}
    assert [r["id"] for r in found["status in ['draft', 'pending']"]] == [second.id]
    assert [r["id"] for r in found["(created_at >= today() and created_at < today() + 1 day)"]] == [second.id, first.id]
    door.shop.site.database.close()


def test_groups_and_what_is_written_by_hand_are_kept(door: Door) -> None:
    with door.shop.site.read("shop", door.shop.actor("wang")) as tx:
        known = subjects.of(tx, tx.app.objects["sale"])
    for text in (
        "total >= 20 and (status = 'draft' or customer.id = 3)",
        "(total >= 5 and note is blank) or status = 'draft'",
        "sum(lines.qty) > 3 and total >= 2",
        "not (total > 3 and total < 5)",
        "total >= 1 + 2",
        "contains(note, 'a or b') and (total < 3 or count(lines where qty > 1 and qty < 5) = 1)",
    ):
        assert conditions.write(known, conditions.read(known, text)) == text
    group = conditions.read(known, "total >= 20 and (status = 'draft' or customer.id = 3)")
    assert group.members[1] == Group("any", (Condition("status", "=", ("draft",)), Condition("customer", "=", ("3",))))


def test_the_panel_makes_the_address_that_the_api_takes(door: Door) -> None:
    door.shop.stocked(Bolt=100)
    made = [door.shop.sold(customer=f"C{n}", submit=n % 2 == 0, Bolt=n + 1) for n in range(4)]
    li = door.browser("li")
    panel = {
        "do": "apply", "match": "all", "view": "",
        "r.0.g": "0", "r.0.field": "total", "r.0.op": ">=", "r.0.v": "20",
        "r.1.g": "1", "r.1.field": "customer", "r.1.op": "=", "r.1.v": "2",
        "r.2.g": "1", "r.2.field": "status", "r.2.op": "=", "r.2.v": "approved",
        "r.3.g": "0", "r.3.field": "note", "r.3.op": "contains", "r.3.v": "",
    }
    answer = li.get(f"{LIST}?{urlencode(panel)}")
    assert answer.status_code == 303, told(answer)
    text = parse_qs(urlsplit(answer.location).query)["filter"][0]
    assert text == "total >= 20 and (customer.id = 2 or status = 'approved')", "a row without a value says nothing"
    page = li.get(answer.location).text
    by_api = door.program("li").get("/api/shop/sale?" + urlencode({"filter": text})).json["items"]
    assert rows(page) == [r["id"] for r in by_api] == [made[2].id, made[1].id]
    assert "Total at least" in page and "Customer is C1 or Status is Approved" in page
    assert f'spellcheck="false">{text.replace(">", "&gt;").replace(chr(39), "&#39;")}</textarea>' in page


def test_the_panel_grows_without_a_script_and_says_what_is_wrong(door: Door) -> None:
    li = door.browser("li")
    grown = li.get(f"{LIST}?do=add:0&match=any&r.0.g=0&r.0.field=total&r.0.op=%3E%3D&r.0.v=7").text
    assert 'name="r.1.field"' in grown and 'value="7"' in grown and "data-popover open" in grown
    wrong = li.get(f"{LIST}?do=apply&r.0.g=0&r.0.field=total&r.0.op=%3E%3D&r.0.v=much")
    assert wrong.status_code == 422 and 'value="much"' in wrong.text and "fw-error" in wrong.text
    other = li.get(f"{LIST}/filter?r.0.g=0&r.0.field=date&r.0.was=total&r.0.op=%3E%3D&r.0.v=7").text
    assert 'type="date" value=""' in other, "another field forgets the value"


def test_nobody_filters_by_what_they_may_not_see(door: Door) -> None:
    li, address = door.browser("li"), "/apps/shop/records/customer"
    offered = re.findall(r'<option value="(\w+)"', li.get(address).text)
    assert "limit" in offered and "secret" not in offered
    for asked in ("filter=secret+%3D+%27a%27", "do=apply&r.0.field=?&r.0.v=secret+%3D+%27a%27"):
        answer = li.get(f"{address}?{asked}")
        assert answer.status_code == 400 and rows(answer.text) == [] and "secret" in answer.text, told(answer)


def test_a_condition_that_no_row_of_controls_can_say_is_told_in_words(door: Door) -> None:
    li = door.browser("li")
    page = li.get(f"{LIST}?{urlencode({'filter': 'date >= month_start(today())'})}").text
    assert "Date ≥ first of the month of today" in page
    unread = li.get(f"{LIST}?{urlencode({'filter': 'date >= nosuch'})}").text
    assert "date &gt;= nosuch" in unread, "what cannot be read stands as it was typed"
