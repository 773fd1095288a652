"""Actions from the page: asked, taken, refused with a reason, answered, repeated, many at once."""

from __future__ import annotations

from unittest.mock import Mock

from engine.definitions.compile import app_from
from engine.expressions.values import Ref
from engine.runtime.services.records import Record
from engine.runtime.web.present import kanbans, verbs
from tests.web.doors import Door, told

ORDERS = """
app: shop
roles: {boss: Boss}
objects:
  order:
    fields: {held: boolean, qty: quantity}
    states:
      draft: Draft
      waiting: Waiting
      open: Open
      on_hold: {en: On hold, within: open, when: held}
      dropped: {en: Dropped, final: true}
      done: {en: Done, final: true}
    effective: [waiting, open, done]
    actions:
      change: {from: open, to: draft}
      finish: {from: open, to: done}
      drop: {from: [draft, open], to: dropped}
      go_on: {from: on_hold, set: {held: false}}
      back: {from: waiting, to: {open: qty > 0, draft: else}}
      ask: {from: open, to: waiting, start: approval}
      again: {do: [{create: order, copy: this}]}
      approve: {from: waiting, to: open, by: flow}
      refuse: {from: waiting, to: draft, by: flow}
flows: {approval: {of: order, steps: [{approve: boss, by: role(boss)}], on_approved: approve, on_rejected: refuse}}
access: {order: {everyone: full}}
"""
SALE = "/apps/shop/records/sale"
HTMX = {"HX-Request": "true"}


def test_an_action_is_taken_once_however_often_it_is_sent(door: Door) -> None:
    door.shop.stocked(Bolt=9)
    made, li = door.shop.sold(submit=False, Bolt=2), door.browser("li")
    answers = [li.post(f"{SALE}/{made.id}/actions/submit", {"_key": "once", "_version": "1"}, **HTMX) for _ in range(3)]
    assert {a.status_code for a in answers} == {204} and {a.headers["HX-Redirect"] for a in answers} == {
        f"{SALE}/{made.id}"
    }
    assert door.shop.value(made, "version") == 2


def test_a_refusal_opens_the_dialog_with_the_reason(door: Door) -> None:
    door.shop.stocked(Bolt=1)
    made, li = door.shop.sold(submit=False, Bolt=2), door.browser("li")
    refused = li.post(f"{SALE}/{made.id}/actions/submit", {"_version": "1"}, **HTMX)
    assert refused.status_code == 409 and "Bolt: 1 short" in refused.text
    assert "<html" not in refused.text and door.shop.value(made, "state") == "draft"
    assert f'href="{SALE}/{made.id}/edit"' in refused.text, "the way to mend it"
    page = li.post(f"{SALE}/{made.id}/actions/submit", {"_version": "1"})
    assert page.status_code == 409 and "<html" in page.text and "Bolt: 1 short" in page.text


def test_what_an_action_asks_is_asked_and_kept(door: Door) -> None:
    door.shop.stocked(Bolt=9)
    made, li = door.shop.sold(Bolt=2), door.browser("li")
    dialog = li.get(f"{SALE}/{made.id}/actions/cancel", **HTMX)
    assert 'name="reason"' in dialog.text and "<html" not in dialog.text
    missing = li.post(f"{SALE}/{made.id}/actions/cancel", {"reason": ""}, **HTMX)
    assert missing.status_code == 422 and 'aria-invalid="true"' in missing.text
    assert f'href="{SALE}/{made.id}/edit"' not in missing.text, "what is asked is mended where it is asked"
    done = li.post(f"{SALE}/{made.id}/actions/cancel", {"reason": "changed their mind"}, **HTMX)
    assert done.status_code == 204, told(done)
    assert door.shop.value(made, "state") == "cancelled"


def test_warnings_are_answered_by_going_on(door: Door) -> None:
    door.shop.stocked(Bolt=9)
    made, li = door.shop.sold(submit=False, Bolt=2), door.browser("li")
    lines = [{"id": door.shop.lines(made)[0], "price": "0"}]
    door.shop.update("li", made, lines=lines)
    warned = li.post(f"{SALE}/{made.id}/actions/submit", {}, **HTMX)
    assert warned.status_code == 409 and 'name="_accept" value="free"' in warned.text and "Go on" in warned.text
    assert li.post(f"{SALE}/{made.id}/actions/submit", {"_accept": "free"}, **HTMX).status_code == 204


def test_a_stale_page_does_not_act(door: Door) -> None:
    door.shop.stocked(Bolt=9)
    made, li = door.shop.sold(submit=False, Bolt=2), door.browser("li")
    door.shop.update("li", made, note="changed meanwhile")
    stale = li.post(f"{SALE}/{made.id}/actions/submit", {"_version": "1"}, **HTMX)
    assert stale.status_code == 409 and "Reload" in stale.text and door.shop.value(made, "state") == "draft"


def test_what_an_action_created_is_where_one_goes_next(door: Door) -> None:
    door.shop.stocked(Bolt=9)
    made, zhao = door.shop.sold(Bolt=2), door.browser("zhao")
    done = zhao.post(f"{SALE}/{made.id}/actions/ship", {}, **HTMX)
    assert done.status_code == 204, told(done)
    assert done.headers["HX-Redirect"].startswith("/apps/shop/records/delivery/")
    assert "Bolt" in zhao.get(done.headers["HX-Redirect"]).text


def test_nobody_acts_without_the_right(door: Door) -> None:
    door.shop.stocked(Bolt=9)
    made = door.shop.sold(Bolt=2)
    assert door.browser("li").post(f"{SALE}/{made.id}/actions/ship", {}).status_code == 403
    assert door.browser("sun").post(f"{SALE}/{made.id}/actions/cancel", {"reason": "x"}).status_code == 404
    assert door.browser("li").post(f"{SALE}/{made.id}/actions/approve", {}).status_code == 409
    assert door.browser("li").post(f"{SALE}/{made.id}/actions/nonsense", {}).status_code == 404
    assert door.shop.value(made, "version") == 2


def test_deleting_asks_for_the_version_that_was_seen(door: Door) -> None:
    door.shop.stocked(Bolt=9)
    made, li = door.shop.sold(submit=False, Bolt=2), door.browser("li")
    assert li.post(f"{SALE}/{made.id}/delete", {"_version": "7"}).status_code == 409
    assert li.post(f"{SALE}/{made.id}/delete", {"_version": "1"}).location == SALE
    assert li.get(f"{SALE}/{made.id}").status_code == 404


def test_the_way_out_of_a_derived_state_comes_first_then_what_leads_forward() -> None:
    order = app_from(ORDERS).objects["order"]
    actions = order.actions
    on = {name for name in actions if verbs.moves_on(order, actions[name])}
    assert on == {"finish", "ask", "approve"}
    assert [name for name in actions if verbs.gives_up(order, actions[name])] == ["drop"]
    held = Mock(spec=Record, state="open", status="on_hold", definition=order)
    assert [name for name in actions if verbs.leads_out(held, actions[name])] == ["go_on"]
    assert sorted(order.states.values(), key=lambda one: kanbans.ending(order, one))[-2:] == [
        order.states["done"], order.states["dropped"]]
    running = Mock(spec=Record, state="open", status="open", definition=order)
    assert not any(verbs.leads_out(running, one) for one in actions.values())


def test_many_at_once_each_by_itself(door: Door) -> None:
    door.shop.stocked(Bolt=5)
    small, large, li = door.shop.sold(submit=False, Bolt=2), door.shop.sold(submit=False, Bolt=50), door.browser("li")
    led = li.post(f"{SALE}/bulk/submit", {"id": [str(small.id), str(large.id), "999999"]})
    page = li.get(led.location)
    assert page.status_code == 200 and "1 of 3 done" in page.text and "short" in page.text
    assert [door.shop.value(Ref("sale", s.id), "state") for s in (small, large)] == ["approved", "draft"]


def decided(door: Door) -> tuple[Ref, str]:
    """A sale that waits for its manager, and the address of the task."""
    door.shop.stocked(Bolt=500)
    made = door.shop.sold(Bolt=200)
    return made, "/apps/shop/tasks/1"


def test_the_inbox_counts_and_the_task_shows_what_to_decide(door: Door) -> None:
    made, task = decided(door)
    wang = door.browser("wang")
    inbox = wang.get("/apps/shop/tasks").text
    assert "SO2026001" in inbox and f'href="{task}"' in inbox
    page = wang.get(task).text
    assert "Approve" in page and "2,000.00" in page
    assert door.browser("sun").get(task).status_code == 404


def test_approving_moves_the_record_and_the_task_is_done(door: Door) -> None:
    made, task = decided(door)
    wang = door.browser("wang")
    done = wang.post(f"{task}/approve", {"_comment": "fine", "_key": "k"})
    assert done.location == "/apps/shop/tasks" and door.shop.value(made, "state") == "approved"
    assert wang.post(f"{task}/approve", {"_comment": "fine", "_key": "k"}).status_code == 303, "the same decision again"
    late = wang.post(f"{task}/reject", {"_comment": "no", "_key": "other"})
    assert late.status_code == 409 and door.shop.value(made, "state") == "approved"
    assert "Nothing waits for you" in wang.get("/apps/shop/tasks").text
    assert "SO2026001" in wang.get("/apps/shop/tasks?box=done").text


def test_handing_over_needs_somebody(door: Door) -> None:
    made, task = decided(door)
    wang = door.browser("wang")
    assert wang.post(f"{task}/transfer", {"to": ""}).status_code == 422
    assert wang.post(f"{task}/nonsense", {}).status_code == 404
    assert door.shop.value(made, "state") == "pending"


def test_a_batch_decides_each_task_by_itself(door: Door) -> None:
    made, _ = decided(door)
    page = door.browser("wang").post(
        "/apps/shop/tasks/batch", {"verb": "approve", "id": ["1:1"], "_comment": "all fine"}
    )
    assert page.status_code == 200 and "1 of 1 done" in page.text
    assert door.shop.value(made, "state") == "approved"


def test_what_is_no_number_of_a_task_is_told(door: Door) -> None:
    _, task = decided(door)
    wang = door.browser("wang")
    for id in ("²:1", "1:²", "9" * 5000 + ":1", "1:99999999999", ""):
        page = wang.post("/apps/shop/tasks/batch", {"verb": "approve", "id": [id]})
        assert page.status_code == 200 and "0 of 0 done" in page.text, id
        given = {"to": id, "people": [id, "9" * 5000]}
        assert wang.post(f"{task}/transfer", given).status_code == 422, id
        assert wang.post(f"{task}/add_signer", given).status_code == 422, id


def test_notices_are_read(door: Door) -> None:
    decided(door)
    wang = door.browser("wang")
    assert "is-new" in wang.get("/apps/shop/notices").text
    wang.post("/apps/shop/notices/read")
    assert "is-new" not in wang.get("/apps/shop/notices").text
