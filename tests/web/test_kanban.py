"""Boards of cards and the record beside its list: columns, moves by action and by field, refusals in words, keys."""

from __future__ import annotations

import re

import pytest

from tests.services.shops import SHOP
from tests.web.doors import Browser, Door, peopled, told

LIST = "/apps/shop/records/sale"
BOARDS = SHOP.replace(
    "    effective: [pending, approved]\n",
    """    views:
      all: {list: [number, customer, total, status], zh: 全部, en: All}
      board: {kanban: state, card: [customer, total], color: status, zh: 看板, en: Board}
      people: {kanban: customer, card: [total], by: role(manager), zh: 客户, en: By customer}
    effective: [pending, approved]
""",
    1,
)
BY_SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def door(database_url: str) -> Door:
    assert "kanban" in BOARDS
    made = Door(peopled(database_url, BOARDS))
    made.shop.stocked(Bolt=1000)
    return made


def lanes(page: str) -> dict[str, list[int]]:
    """The cards by column."""
    found = re.findall(r'<section class="fw-lane[^"]*" data-lane="([^"]*)"(.*?)</section>', page, re.DOTALL)
    return {key: [int(id) for id in re.findall(r'data-card data-href="[^"]+/(\d+)"', body)] for key, body in found}


def moved(browser: Browser, id: int, to: str, view: str = "board", **more: str) -> tuple[int, dict[str, str]]:
    """What the script is told about a move."""
    answer = browser.post(f"{LIST}/{id}/moves", {"view": view, "to": to, **more}, **BY_SCRIPT)
    return answer.status_code, answer.json


def test_a_board_of_states_moves_by_actions(door: Door) -> None:
    draft, done = door.shop.sold(submit=False, Bolt=2), door.shop.sold(Bolt=3)
    door.shop.sold(login="sun", customer="S", submit=False, Bolt=1)
    li = door.browser("li")
    page = li.get(f"{LIST}?view=board").text
    assert lanes(page) == {"draft": [draft.id], "pending": [], "approved": [done.id], "cancelled": []}
    assert "CN¥20.00" in page and "Acme" in page
    assert lanes(li.get(f"{LIST}?view=board&filter=total+%3E+20").text)["draft"] == []
    status, answer = moved(li, draft.id, "approved")
    assert status == 409 and "The approval decides" in answer["detail"], answer
    status, answer = moved(li, done.id, "draft")
    assert status == 409 and "The approval decides whether it becomes Draft" in answer["detail"], answer
    asking = (200, {"ask": f"{LIST}/{draft.id}/actions/cancel"})
    assert moved(li, draft.id, "cancelled") == asking, "it asks for a reason"
    assert moved(li, draft.id, "pending", _version="99")[0] == 409, "a card of another version"
    status, answer = moved(li, draft.id, "pending")
    assert status == 200 and answer["done"]
    assert door.shop.value(draft, "state") == "approved", "small orders pass at once"
    assert moved(door.browser("sun"), draft.id, "pending")[0] == 404
    ways = li.get(f"{LIST}/{done.id}/moves?view=board", **{"HX-Request": "true"}).text
    assert f'hx-get="{LIST}/{done.id}/actions/cancel"' in ways and "aria-disabled" in ways
    door.shop.site.database.close()


def test_a_board_of_a_field_moves_by_update(door: Door) -> None:
    draft, done = door.shop.sold(customer="A", submit=False, Bolt=2), door.shop.sold(customer="B", Bolt=3)
    other = door.shop.sold(customer="C", submit=False, Bolt=1)
    wang, li = door.browser("wang"), door.browser("li")
    assert "By customer" in wang.get(LIST).text and "By customer" not in li.get(LIST).text, "`by` of the view"
    assert lanes(wang.get(f"{LIST}?view=people").text) == {"1": [draft.id], "2": [done.id], "3": [other.id]}
    assert moved(wang, draft.id, "2", "people")[0] == 200
    assert lanes(wang.get(f"{LIST}?view=people").text) == {"2": [done.id, draft.id], "3": [other.id]}
    status, answer = moved(wang, done.id, "3", "people")
    assert status == 409 and "cannot change while it is Approved" in answer["detail"], answer
    assert li.get(f"{LIST}?view=nonsense").status_code == 200 and li.get(f"{LIST}/1/moves?view=all").status_code == 404
    door.shop.site.database.close()


def test_a_record_beside_its_list_stays_there(door: Door) -> None:
    draft = door.shop.sold(submit=False, Bolt=2)
    li = door.browser("li")
    panel = li.get(f"{LIST}/{draft.id}?panel=1", **{"HX-Request": "true"})
    assert panel.status_code == 200 and "<html" not in panel.text and 'id="panel-title"' in panel.text
    beside = {"HX-Request": "true", "HX-Current-URL": f"http://localhost{LIST}?open={draft.id}"}
    answer = li.post(f"{LIST}/{draft.id}/actions/submit", {"_version": "1"}, **beside)
    assert answer.status_code == 204 and "list:changed" in answer.headers["HX-Trigger"], told(answer)
    assert "HX-Redirect" not in answer.headers
    door.shop.site.database.close()
