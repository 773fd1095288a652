"""All approvals of an app: lists for administrators, what is in trouble, actions with a reason, how long steps take."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest

from engine.errors import Forbidden
from engine.runtime.services.approvals import supervising
from engine.runtime.services.identity import people
from engine.runtime.storage.flow_lists import Sought
from tests.services.shops import Shop
from tests.web.claims import CLAIMS, claimed, decide
from tests.web.doors import PASSWORD, Browser, Door, peopled

ALL = "/apps/shop/approvals"


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = peopled(database_url, CLAIMS)
    people.add_user(made.site, "root", "Root", PASSWORD, admin=True, language="en")
    yield made
    made.site.database.close()


def titles(shop: Shop, sought: Sought, login: str = "root") -> list[str]:
    """A whole list, two a page."""
    found: list[str] = []
    before: int | None = None
    while True:
        with shop.site.read("shop", shop.actor(login)) as tx:
            page = supervising.page(tx, sought, before=before, limit=2)
        found += [row["title"] for row in page.rows]
        before = page.next
        if before is None:
            assert page.count == len(found)
            return found


def test_lists_tell_what_is_under_way_and_what_is_in_trouble(shop: Shop) -> None:
    claimed(shop, "50", wanted="2026-05-01")
    plain = claimed(shop, "60", "sun")
    large = claimed(shop, "2000")
    decide(shop, "wang", large, "approve")
    decide(shop, "wang", plain, "reject")
    wang, sun = shop.actor("wang").id, shop.actor("sun").id
    for sought, fits in (
        (Sought(), ["C003", "C001"]), (Sought("all"), ["C003", "C002", "C001"]), (Sought("rejected"), ["C002"]),
        (Sought(person=wang), ["C001"]), (Sought("all", person=sun), ["C002"]), (Sought(trouble="late"), ["C001"]),
        (Sought(trouble="any"), ["C001"]), (Sought(trouble="stuck"), []), (Sought(text="c003"), ["C003"]),
        (Sought(flow="journey"), []), (Sought(before=shop.now - dt.timedelta(days=1)), []),
    ):
        assert titles(shop, sought) == fits, sought
    people.set_active(shop.site, "zhao", False)
    assert titles(shop, Sought(trouble="left")) == ["C003"]
    with pytest.raises(Forbidden):
        titles(shop, Sought(), "wang")


def test_durations_are_those_of_the_history(shop: Shop) -> None:
    refs = [claimed(shop, "50") for _ in range(4)]
    for ref, hours in zip(refs[:3], (1, 1, 8), strict=True):
        shop.now += dt.timedelta(hours=hours)
        decide(shop, "wang", ref, "approve")
    with shop.site.read("shop", shop.actor("root")) as tx:
        first, *_, whole = supervising.durations(tx, tx.app.flows["approval"])
    assert (first.name, first.count, first.median / 3600, first.open, first.oldest / 3600) == ("manager", 3, 2, 1, 10)
    assert 8 < first.p90 / 3600 <= 10 and (whole.name, whole.count, whole.open) == ("", 3, 1)


@pytest.fixture
def root(shop: Shop) -> Browser:
    return Door(shop).browser("root")


def test_administrators_put_approvals_right_and_say_why(shop: Shop, root: Browser) -> None:
    claimed(shop, "50")
    door = Door(shop)
    for login in ("wang", "ada"):
        assert door.browser(login).get(ALL).status_code == 403
    claimed(shop, "60", wanted="2026-05-01")
    assert re.search(r'<span class="fw-badge[^>]*>\s*late\b', root.get(ALL).text)
    assert root.post(f"{ALL}/2/terminate", {"reason": "x"}).status_code == 303
    assert "C001" in root.get(ALL).text and "C001" not in root.get(f"{ALL}?trouble=any").text
    for wrong in ("status=no", "trouble=no", "person=x", "days=x"):
        assert root.get(f"{ALL}?{wrong}").status_code == 400, wrong
    page = root.get(f"{ALL}/1").text
    assert "fw-flow-drawing" in page and "Reassign" in page and "Resume" not in page
    assert "Begin anew" not in page, "it runs by the live version"
    zhao = str(shop.actor("zhao").id)
    refused = root.post(f"{ALL}/1/reassign", {"task": "1", "to": zhao, "reason": " "})
    assert refused.status_code == 422 and "Write the reason" in refused.text
    assert root.post(f"{ALL}/1/reassign", {"task": "²", "to": zhao, "reason": "ill"}).status_code == 404
    assert root.post(f"{ALL}/1/reassign", {"task": "1", "to": zhao, "reason": "ill"}).location == f"{ALL}/1"
    assert root.post(f"{ALL}/1/suspend", {"reason": "audit"}).status_code == 303
    page = root.get(f"{ALL}/1").text
    assert "Resume" in page and "Zhao" in page and "audit" in page
    root.post(f"{ALL}/1/resume", {"reason": "fine"})
    assert root.post(f"{ALL}/1/jump", {"step": "finance", "reason": "quick"}).status_code == 303
    assert "Second look" in root.get(f"{ALL}/1").text
    assert root.post(f"{ALL}/1/terminate", {"reason": "twice"}).status_code == 303
    assert root.post(f"{ALL}/1/terminate", {"reason": "again"}).status_code == 409
    assert root.post(f"{ALL}/1/nonsense", {"reason": "x"}).status_code == 404
    assert root.get(f"{ALL}/77").status_code == 404 and "C001" not in root.get(ALL).text
    flow = Door(shop).browser("ada").get("/apps/shop/flows/approval").text
    assert "Large: Amount ≥ 1,000" in flow and "Head of department" in flow and "Half within" in flow
