"""The inbox: boxes that hold what their counters say, in order, filtered, paged; what changed since one looked."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from engine.expressions.values import Ref
from engine.runtime.services.approvals import boxes
from engine.runtime.services.approvals.boxes import Wanted
from engine.runtime.storage import follower_rows
from tests.services.shops import Shop
from tests.web.claims import CLAIMS, claimed, decide
from tests.web.doors import Browser, Door, peopled

TASKS = "/apps/shop/tasks"
BESIDE = {"HX-Request": "true", "HX-Current-URL": f"http://localhost{TASKS}?open=1"}


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = peopled(database_url, CLAIMS)
    yield made
    made.site.database.close()


def listed(shop: Shop, login: str, box: str = "todo", wanted: Wanted = boxes.ALL, *, by_due: bool = True) -> list[Ref]:
    """A whole box, two rows a page."""
    found: list[Ref] = []
    cursor = ""
    while True:
        with shop.site.read("shop", shop.actor(login)) as tx:
            page = boxes.page(tx, box, wanted, cursor=cursor, by_due=by_due, limit=2)
            assert boxes.count(tx, box, wanted) >= len(found) + len(page.items)
        found += [item.record for item in page.items]
        cursor = page.next
        if not cursor:
            with shop.site.read("shop", shop.actor(login)) as tx:
                assert boxes.count(tx, box, wanted) == len(found), "the counter is that of the list"
            return found


def test_boxes_are_in_order_filtered_and_as_long_as_their_counters_say(shop: Shop) -> None:
    late = claimed(shop, "60", wanted="2026-05-03", reason="late")
    first, last = claimed(shop, "70"), claimed(shop, "2000", "sun")
    soon = claimed(shop, "80", "sun", wanted="2026-05-06")
    trip = shop.create("li", "trip", place="Ningbo")
    shop.act("li", trip, "ask")
    assert listed(shop, "wang") == [late, soon, trip, last, first], "by deadline, then the newest first"
    assert listed(shop, "wang", by_due=False) == [trip, soon, last, first, late]
    sun = shop.actor("sun").id
    for wanted, fits in (
        (Wanted(object="trip"), [trip]), (Wanted(flow="approval", submitter=sun), [soon, last]),
        (Wanted(due="overdue"), [late]), (Wanted(due="week"), [soon]), (Wanted(due="none"), [trip, last, first]),
        (Wanted(text="ningb"), [trip]), (Wanted(text="%"), []), (Wanted(days=1), []), (Wanted(object="nothing"), []),
    ):
        assert listed(shop, "wang", "todo", wanted) == fits, wanted
    shop.now += dt.timedelta(days=3)
    assert len(listed(shop, "wang", wanted=Wanted(days=3))) == 5
    decide(shop, "wang", first, "approve")
    decide(shop, "wang", last, "approve")
    assert listed(shop, "wang", "done") == [last, first] and listed(shop, "zhao", "copied") == [first]
    assert listed(shop, "zhao") == [last] and listed(shop, "sun", "started") == [soon, last]
    assert [one.title for one in shop.run("wang", lambda tx: boxes.submitters(tx, "todo", "l"))] == ["Li"]


def test_a_page_by_deadlines_is_read_in_the_order_of_an_index(shop: Shop) -> None:
    for n in range(3):
        claimed(shop, "50", wanted=f"2026-05-0{n + 4}")
    with shop.site.read("shop", shop.actor("wang")) as tx:
        if tx.postgres:
            return                             # its planner sorts a handful of rows
        seen: list[tuple[str, Any]] = []
        listen = lambda c, cursor, statement, parameters, *_: seen.append((statement, parameters))  # noqa: E731
        event.listen(tx.connection, "before_cursor_execute", listen)
        boxes.page(tx, "todo", limit=2)
        event.remove(tx.connection, "before_cursor_execute", listen)
        statement, parameters = next(one for one in seen if "ORDER BY sys_flow_task.due_at" in one[0])
        plan = str(tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all())
    assert "ix_sys_flow_task_due" in plan and "TEMP B-TREE" not in plan, plan


def test_watched_are_the_approvals_of_what_one_follows_and_sees(shop: Shop) -> None:
    ref = claimed(shop)
    for login in ("wang", "zhao"):             # zhao has lost sight of it since
        shop.run(login, lambda tx: follower_rows.put(tx, "claim", ref.id, tx.actor.id, True))
    decide(shop, "wang", ref, "reject")
    shop.act("li", ref, "submit")
    assert listed(shop, "wang", "watched") == [ref], "the newest approval of each record"
    assert listed(shop, "zhao", "watched") == []


@pytest.fixture
def wang(shop: Shop) -> Browser:
    return Door(shop).browser("wang")


def test_whoever_is_asked_again_sees_what_has_changed(shop: Shop, wang: Browser) -> None:
    ref = claimed(shop, "50", reason="taxi", secret="x")
    assert "Changed since" not in wang.get(f"{TASKS}/1").text
    shop.now += dt.timedelta(minutes=9)
    decide(shop, "wang", ref, "reject")
    shop.now += dt.timedelta(minutes=9)
    shop.update("li", ref, amount="70", secret="y")
    shop.update("li", ref, reason="bus")
    shop.update("li", ref, reason="taxi")
    shop.act("li", ref, "submit")
    page = wang.get(f"{TASKS}/2").text
    told = re.search(r'<table class="fw-table fw-since">.*?</table>', page, re.DOTALL)
    assert "Changed since you decided" in page and told is not None
    assert re.findall(r"<(?:del|ins)>([^<]*)", told[0]) == ["CN¥50.00", "CN¥70.00"], "no more"


def test_a_task_beside_the_inbox_leads_to_the_next_and_shows_refusals_there(shop: Shop, wang: Browser) -> None:
    claimed(shop, "50", reason="taxi")
    inbox = wang.get(TASKS).text
    facts = re.search(r'class="fw-task-facts">(.*?)</p>', inbox)
    assert facts is not None and re.findall(r'fw-task-label">([^<]*)', facts[1]) == ["Amount", "Reason"], "as declared"
    assert f'data-card data-href="{TASKS}/1"' in inbox and "is-new" in inbox
    panel = wang.get(f"{TASKS}/1?panel=1", **BESIDE)
    assert "<html" not in panel.text and f'hx-post="{TASKS}/1/approve"' in panel.text
    assert "is-new" not in wang.get(TASKS).text, "it has been read"
    refused = wang.post(f"{TASKS}/1/transfer", {"to": ""}, **BESIDE)
    assert refused.status_code == 422 and "<html" not in refused.text
    done = wang.post(f"{TASKS}/1/approve", {"_key": "k"}, **BESIDE)
    assert done.status_code == 204 and "list:next" in done.headers["HX-Trigger"]
    before_time = "cursor=1~0001-01-01T00:00:00%2B14:00"
    for wrong in ("due=nonsense", "days=-1", "cursor=x", "cursor=1~x", before_time, "submitter=1e3"):
        assert wang.get(f"{TASKS}?{wrong}").status_code == 400, wrong
    assert "Nothing fits" in wang.get(f"{TASKS}?q=nowhere").text


def test_a_batch_tells_what_became_of_each(shop: Shop, wang: Browser) -> None:
    for amount in ("50", "60"):
        claimed(shop, amount)
    told = wang.post(f"{TASKS}/batch", {"verb": "reject", "id": ["1:1", "2:7"]}).text
    assert "1 of 2 done" in told and re.findall(r"<li><a[^>]*>(C\d+)", told) == ["C002", "C001"]
    assert 'href="/apps/shop/tasks/1">C001</a> <span><svg' in told
    many = wang.post(f"{TASKS}/batch", {"verb": "approve", "id": [f"{n}:1" for n in range(1, 502)]})
    assert many.status_code == 422 and "500 at most are done at once; 501 are ticked" in many.text


def test_why_it_came_back_stands_with_the_task_and_what_a_decision_changes_is_no_action(tmp_path: Path) -> None:
    text = CLAIMS.replace("pay: {from", "approve: {from").replace("on_approved: pay", "on_approved: approve")
    shop = peopled(f"sqlite:///{tmp_path / 'site.db'}", text.replace("show: [amount, reason]", "edit: [reason]"))
    door, ref = Door(shop), claimed(shop, "5000", reason="taxi")
    record = f"/apps/shop/records/claim/{ref.id}"
    decide(shop, "wang", ref, "return")
    li, page = door.browser("li"), door.browser("li").get(f"{TASKS}/2").text
    assert "<q>so</q>" in page[:page.index('name="_comment"')] and f'href="{record}/edit"' in page
    assert "Submit again" in li.get(record).text
    decide(shop, "li", ref, "resubmit")
    door.program("wang").post("/api/tasks/3/approve", {"input": {"reason": "taxi to the fair"}})
    story = li.get(record).text
    assert "taxi to the fair" in story and "changed it" in story
    assert not re.search(r"Wang</strong>\s*Pay\b", story)
    shop.site.database.close()
