"""Lists as declared: opened in groups, rows with a coloured edge, the columns of a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from engine.definitions.compile import problems_of
from tests.services.shops import SHOP
from tests.web.doors import Door, peopled
from tests.web.test_many_records import LIST, footer, groups

VIEWS = """    views:
      all: {list: [number, customer, total, status], card: [total, status], color: status, zh: 全部, en: All}
      by_state: {list: [number, customer, total], group: state, zh: 按状态, en: By state}
      by_month: {list: [number, total], group: date, total: [], zh: 按月, en: By month}
      by_urgency: {list: [number, total], group: urgent, color: urgent, zh: 按缓急, en: By urgency}
"""
NOTE = "      note: {type: text, zh: 备注, en: Note}\n"
URGENT = "      urgent: {type: boolean, default: false, zh: 加急, en: Urgent}\n"
MANAGER = "    manager: {see: true, edit: true}\n    store"
EFFECTIVE = "    effective: [pending, approved]\n"
LISTS = (
    SHOP.replace(EFFECTIVE, VIEWS + EFFECTIVE, 1)
    .replace(NOTE, NOTE + URGENT, 1)
    .replace(MANAGER, MANAGER.replace("}", ", hide: urgent}"), 1)
)
OWED = (
    SHOP.replace("zh: 底价, en: Secret}\n", """zh: 底价, en: Secret}
      owed: {balance: debts.owed, zh: 应收, en: Owed}
      sold: {balance: debts.pieces, zh: 件数, en: Pieces}
    views: {all: {list: [name, limit, owed, sold], group: owner, zh: 全部, en: All}}
""", 1)
    .replace("    posts:\n      - {to: progress, each: lines, add", """    posts:
      - {to: debts, keys: {customer: customer}, add: {owed: total, pieces: sum(lines.qty)}}
      - {to: progress, each: lines, add""", 1)
    .replace("registers:\n", """registers:
  debts: {keys: {customer: {type: link, to: customer}}, measures: {owed: money, pieces: quantity}}
""", 1)
    .replace("access:\n", "access:\n  debts: {everyone: {see: true}}\n", 1)
)


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    made = Door(peopled(database_url, LISTS))
    made.shop.stocked(Bolt=1000)
    for n in range(3):
        made.shop.sold(submit=n > 0, Bolt=n + 1)
    yield made
    made.shop.site.database.close()


def edges(page: str) -> list[str]:
    """The colours of the rows, in their order."""
    return re.findall(r'<tr data-href="[^"]+"[^>]*?(?: class=" fw-edge-(\w+)"|>)', page)


def test_a_list_is_opened_in_the_groups_that_its_view_names(door: Door) -> None:
    li = door.browser("li")
    by_state = li.get(f"{LIST}?view=by_state").text
    assert groups(by_state) == ["Draft 1 ¥10.00", "Approved 2 ¥50.00"] and footer(by_state) == "Total ¥60.00"
    assert groups(li.get(f"{LIST}?view=by_month").text) == ["May 2026 3"], "nothing is to be added up"
    by_customer = li.get(f"{LIST}?view=by_state&group=customer").text
    assert groups(by_customer) == ["Acme 3 ¥60.00"], "its reader groups otherwise"
    plain = li.get(f"{LIST}?view=by_state&group=").text
    assert not groups(plain) and plain.count("<tr data-href") == 3, "or not at all"
    again = re.search(r'href="([^"]+)"[^>]*>Number', plain)
    assert again and "group=" in again[1], "a column that is sorted by then does not bring the groups back"
    rows_url = re.findall(r'hx-get="([^"]+/rows[^"]*)"', by_state)[1].replace("&amp;", "&")
    assert li.get(rows_url).text.count("<tr data-href") == 2
    alone = re.findall(r'<a href="([^"]+)">(?:<span[^>]*>)?Approved', by_state)[0].replace("&amp;", "&")
    assert not groups(li.get(alone).text) and li.get(alone).text.count("<tr data-href") == 2


def test_a_view_kept_without_groups_has_none(door: Door) -> None:
    li = door.browser("li")
    kept = li.post(f"{LIST}/views", {"name": "Mine", "do": "new", "q.view": "by_state", "back": "view=by_state&group="})
    assert kept.status_code in (200, 302, 303), kept.text
    key = re.search(r"view=(~\d+)", kept.headers.get("Location", "") + kept.headers.get("HX-Redirect", "") + kept.text)
    assert key is not None and not groups(li.get(f"{LIST}?view={key[1]}").text)


def test_rows_have_the_colour_of_what_the_reader_may_see(door: Door) -> None:
    li, wang = door.browser("li"), door.browser("wang")
    assert sorted(edges(li.get(LIST).text)) == ["blue", "blue", "gray"]
    assert groups(li.get(f"{LIST}?view=by_urgency").text) == ["no 3 ¥60.00"]
    hidden = wang.get(f"{LIST}?view=by_urgency").text
    assert not groups(hidden) and not any(edges(hidden)), "nobody is grouped or coloured by what they may not see"


def test_balances_in_money_are_added_up_by_group(database_url: str) -> None:
    made = Door(peopled(database_url, OWED))
    made.shop.stocked(Bolt=1000)
    for customer, pieces in (("A", 1), ("A", 4), ("B", 2)):
        made.shop.sold(customer=customer, Bolt=pieces)
    made.shop.sold(login="sun", customer="S", Bolt=9)
    li, wang = made.browser("li"), made.browser("wang")
    page = li.get("/apps/shop/records/customer?view=all").text
    assert groups(page) == ["Li 2 ¥2,000.00 ¥70.00"], "pieces are not added"
    assert footer(page) == "Total ¥2,000.00 ¥70.00"
    assert groups(wang.get("/apps/shop/records/customer?view=all").text)[1] == "Sun 1 ¥1,000.00 ¥90.00"
    made.shop.site.database.close()


def test_a_phone_shows_the_columns_that_the_view_names(door: Door) -> None:
    li = door.browser("li")
    found = re.findall(r'data-column="(\w+)" class="([^"]*)"', li.get(LIST).text)
    assert [name for name, kind in found if "fw-wide-only" in kind] == ["customer"], found
    li.post(f"{LIST}/arrange", {"view": "all", "column": ["number", "customer"], "back": "", "do": "keep"})
    assert "fw-wide-only\" data-path" not in li.get(LIST).text, "who chooses columns sees them"


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ("{list: [number, total], group: total}", "`group` takes a choice, a link"),
        ("{list: [number, total], group: customer.owner}", "`group` takes a field of sale itself"),
        ("{list: [number, total], group: late}", "cannot stand on `late`"),
        ("{list: [number, total], card: [note]}", "`card` takes columns of the list; `note` is none"),
        ("{list: [number, date], total: [number]}", "cannot add `number` up"),
        ("{list: [number], total: [total]}", "`total` takes columns of the list; `total` is none"),
        ("{list: [number, total], color: note}", "`color` takes a choice"),
    ],
)
def test_what_a_list_cannot_do_is_said(view: str, said: str) -> None:
    text = SHOP.replace(EFFECTIVE, f"    views: {{v: {view}}}\n{EFFECTIVE}", 1)
    live = "      late: {formula: date < today(), type: boolean, zh: 晚, en: Late}\n"
    text = text.replace("      total: {formula: sum", f"{live}      total: {{formula: sum", 1)
    found = [one for one in problems_of(text) if one.code in ("E-VIW-001", "E-VIW-005")]
    assert len(found) == 1 and said in str(found[0].message), problems_of(text)


def test_the_parts_of_a_title_head_the_card_on_a_phone(door: Door) -> None:
    page = door.browser("li").get(f"{LIST}?view=all").text
    leading = set(re.findall(r'<td class="[^"]*fw-lead[^"]*" data-path="(\w+)"', page))
    title = re.search(r'title: "([^"]*)"', LISTS[LISTS.index("  sale:"):])
    assert title is not None
    assert leading == set(re.findall(r"\{(\w+)\}", title[1])) - {"number"}, "but the first column, which does anyway"
