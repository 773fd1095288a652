"""The pipeline of commands: defaults, states, postings, guards, checks, numbers, rights, versions, audit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from engine.definitions.compile import app_from
from engine.errors import Conflict, Forbidden, Invalid, NotFound, Refused, Unreadable
from engine.runtime.services import audit, commands, lookups, reading
from engine.runtime.services.approvals import tasks
from engine.runtime.services.automation import sweeping
from engine.runtime.services.registers import ledgers, verification
from engine.runtime.storage.actors import SERVICE
from tests.services.shops import SHOP, Shop


def clean(shop: Shop) -> None:
    assert verification.verify(shop.site, "shop") == []


def test_a_sale_reserves_ships_and_follows_its_fulfilment(shop: Shop) -> None:
    chai = shop.stocked(chai=10)["chai"]
    sale = shop.sold(chai=4)
    assert shop.value(sale, "state") == "approved"
    assert shop.value(sale, "number") == "SO2026001"
    assert shop.value(sale, "total") == Decimal("40.00")
    assert shop.value(chai, "available") == 6
    (delivery,) = shop.act("zhao", sale, "ship")
    assert shop.line(delivery, 0, "qty") == 4
    shop.act("zhao", delivery, "post")
    assert (shop.value(sale, "state"), shop.value(sale, "status")) == ("approved", "shipped")
    assert shop.value(chai, "available") == 6
    shop.act("zhao", delivery, "cancel")
    assert shop.value(sale, "status") == "approved"
    assert shop.value(chai, "available") == 6
    clean(shop)


def test_a_partial_delivery_gives_the_derived_state(shop: Shop) -> None:
    shop.stocked(chai=10)
    sale = shop.sold(chai=4)
    line = shop.lines(sale)[0]
    delivery = shop.create("zhao", "delivery", sale=sale.id, lines=[{"line": line, "product": "chai", "qty": "1.5"}])
    shop.act("zhao", delivery, "post")
    assert shop.value(sale, "status") == "partly"
    assert shop.line(sale, 0, "to_ship") == Decimal("2.5")
    more = shop.create("zhao", "delivery", sale=sale.id, lines=[{"line": line, "product": "chai", "qty": "3"}])
    with pytest.raises(Refused, match=r"0\.5 too many"):
        shop.act("zhao", more, "post")
    assert shop.value(more, "state") == "draft"
    clean(shop)


def test_a_register_key_may_be_called_like_a_column_of_movements(shop: Shop) -> None:
    shop.stocked(chai=50)
    for _ in range(3):
        shop.sold(customer="Other", chai=1)
    sale = shop.sold(chai=4)
    (delivery,) = shop.act("zhao", sale, "ship")
    assert shop.lines(sale) != shop.lines(delivery)
    shop.act("zhao", delivery, "post")
    assert shop.line(sale, 0, "shipped") == 4
    shop.act("zhao", delivery, "cancel")
    assert shop.line(sale, 0, "shipped") == 0
    clean(shop)


def test_an_order_beyond_stock_is_refused_and_leaves_nothing(shop: Shop) -> None:
    chai = shop.stocked(chai=3)["chai"]
    sale = shop.sold(submit=False, chai=2)
    shop.update("li", sale, lines=[{"product": "chai", "qty": "2"}, {"product": "chai", "qty": "2"}])
    with pytest.raises(Refused, match="chai: 1 short") as refused:
        shop.act("li", sale, "submit")
    assert refused.value.code == "guard"
    assert "库存不足" in refused.value.message.to("zh")
    assert shop.value(sale, "number") is None
    assert shop.value(sale, "state") == "draft"
    assert shop.value(chai, "available") == 3
    again = shop.sold(chai=1)
    assert shop.value(again, "number") == "SO2026001"
    clean(shop)


def test_above_the_limit_the_manager_decides(shop: Shop) -> None:
    chai = shop.stocked(chai=500)["chai"]
    sale = shop.sold(chai=200)
    assert shop.value(sale, "state") == "pending"
    assert shop.value(chai, "available") == 300
    (task,) = shop.run("wang", lambda tx: tasks.inbox(tx, "todo"))
    with pytest.raises((Forbidden, NotFound)):
        shop.run("li", lambda tx: commands.decide(tx, task.id or 0, "approve"))
    shop.run("wang", lambda tx: commands.decide(tx, task.id or 0, "reject", comment="too much"))
    assert shop.value(sale, "state") == "draft"
    assert shop.value(chai, "available") == 500
    shop.act("li", sale, "submit")
    (task,) = shop.run("wang", lambda tx: tasks.inbox(tx, "todo"))
    shop.run("wang", lambda tx: commands.decide(tx, task.id or 0, "approve"))
    assert shop.value(sale, "state") == "approved"
    clean(shop)


def test_a_warning_asks_first(shop: Shop) -> None:
    shop.stocked(chai=5)
    sale = shop.sold(submit=False, chai=1)
    shop.update("li", sale, lines=[{"product": "chai", "qty": "1", "price": "0"}])
    with pytest.raises(Refused) as asked:
        shop.act("li", sale, "submit")
    assert [name for name, _ in asked.value.warnings] == ["free"]
    assert shop.value(sale, "state") == "draft"
    shop.act("li", sale, "submit", accept=["free"])
    assert shop.value(sale, "state") == "approved"


def test_every_broken_rule_is_named_at_its_field(shop: Shop) -> None:
    shop.stocked(chai=5)
    shop.create("li", "customer", name="Acme")
    with pytest.raises(Invalid) as invalid:
        shop.create("li", "sale", lines=[{"product": "chai"}, {"qty": "-1", "product": "chai"}])
    assert {(e.field, e.code) for e in invalid.value.errors} == {
        ("customer", "required"), ("lines.0.qty", "required"), ("lines.1.qty", "min"),
    }
    with pytest.raises(Invalid) as unknown:
        shop.create("li", "sale", customer="Nobody", lines=[{"product": "chai", "qty": "1"}])
    assert [e.field for e in unknown.value.errors] == ["customer"]
    with pytest.raises(Invalid) as wrong:
        shop.create("li", "sale", customer="Acme", lines=[{"product": "chai", "qty": "much"}])
    assert [e.field for e in wrong.value.errors] == ["lines.0.qty"]


def test_computed_and_foreign_fields_cannot_be_given(shop: Shop) -> None:
    shop.stocked(chai=5)
    shop.create("li", "customer", name="Acme")
    for values in ({"total": "1"}, {"number": "SO1"}):
        with pytest.raises(Invalid):
            shop.create("li", "sale", customer="Acme", lines=[{"product": "chai", "qty": "1"}], **values)
    with pytest.raises(Invalid, match="You may not fill in"):
        shop.create("li", "customer", name="Bcme", secret="x")


def test_the_state_closes_fields(shop: Shop) -> None:
    shop.stocked(chai=5)
    sale = shop.sold(chai=1)
    shop.update("li", sale, note="urgent")
    with pytest.raises(Refused) as closed:
        shop.update("li", sale, date="2026-05-02")
    assert closed.value.code == "state"
    with pytest.raises(Refused, match="not possible while it is"):
        shop.act("li", sale, "submit")


def test_what_is_out_of_sight_does_not_exist(shop: Shop) -> None:
    shop.stocked(chai=5)
    sale = shop.sold(chai=1)
    with pytest.raises(NotFound):
        shop.update("sun", sale, note="mine")
    with pytest.raises(NotFound):
        shop.act("sun", sale, "cancel", {"reason": "spite"})
    with shop.site.read("shop", shop.actor("sun")) as tx:
        assert reading.page(tx, "sale", reading.Query(count="exact")).count == 0
        with pytest.raises(NotFound):
            reading.get(tx, "sale", sale.id)
    with shop.site.read("shop", shop.actor("wang")) as tx:
        assert [r.id for r in reading.page(tx, "sale", reading.Query()).items] == [sale.id]
    with pytest.raises(NotFound):
        shop.act("zhao", shop.sold(submit=False, customer="Acme", chai=1), "ship")


def test_an_action_belongs_to_its_people(shop: Shop) -> None:
    shop.stocked(chai=5)
    sale = shop.sold(chai=1)
    with pytest.raises(Forbidden):
        shop.act("li", sale, "ship")
    with pytest.raises((Forbidden, Refused)):
        shop.act("wang", sale, "approve")


def test_a_stale_change_is_refused(shop: Shop) -> None:
    shop.stocked(chai=5)
    sale = shop.sold(submit=False, chai=1)
    version = shop.value(sale, "version")
    shop.update("li", sale, version=int(version), note="first")
    with pytest.raises(Conflict) as stale:
        shop.update("li", sale, version=int(version), note="second")
    assert stale.value.current_version == int(version) + 1
    assert shop.value(sale, "note") == "first"


def test_cancelling_ends_and_undoing_undoes(shop: Shop) -> None:
    chai = shop.stocked(chai=5)["chai"]
    receipt = shop.create("zhao", "receipt", date="2026-05-02", lines=[{"product": "chai", "qty": "7"}])
    shop.act("zhao", receipt, "post")
    assert shop.value(chai, "available") == 12
    shop.act("zhao", receipt, "undo")
    assert shop.value(chai, "available") == 5
    shop.act("zhao", receipt, "post")
    shop.now += dt.timedelta(days=2)
    shop.act("zhao", receipt, "cancel")
    assert shop.value(chai, "available") == 5
    clean(shop)


def test_a_guard_holds_on_every_day(shop: Shop) -> None:
    shop.create("zhao", "product", code="tea", price="1")
    receipt = shop.create("zhao", "receipt", date="2026-05-03", lines=[{"product": "tea", "qty": "5"}])
    shop.act("zhao", receipt, "post")
    sale = shop.sold(tea=5)
    (delivery,) = shop.act("zhao", sale, "ship")
    shop.update("zhao", delivery, date="2026-05-02")
    with pytest.raises(Refused, match="tea below zero on May 2, 2026"):
        shop.act("zhao", delivery, "post")
    shop.update("zhao", delivery, date="2026-05-03")
    shop.act("zhao", delivery, "post")
    clean(shop)


def test_the_future_is_refused(shop: Shop) -> None:
    shop.create("zhao", "product", code="tea", price="1")
    receipt = shop.create("zhao", "receipt", date="2026-06-03", lines=[{"product": "tea", "qty": "5"}])
    with pytest.raises(Refused, match="in the future"):
        shop.act("zhao", receipt, "post")


def test_editing_posts_only_the_difference(shop: Shop) -> None:
    shop.stocked(chai=50)
    sale = shop.sold(chai=4)
    with shop.site.read("shop", SERVICE) as tx:
        record = reading.get(tx, "sale", sale.id)
        before = [e.event for e in audit.history(record.session, record)]
    assert before[0] == "action" and before[-1] == "created"
    shop.update("li", sale, note="no figure changes")
    with shop.site.read("shop", SERVICE) as tx:
        assert len(ledgers.movements(tx, "progress", document=sale).rows) == 1
        assert len(ledgers.movements(tx, "stock", document=sale).rows) == 1


def test_history_tells_what_changed_and_hides_what_may_not_be_seen(shop: Shop) -> None:
    customer = shop.create("app", "customer", name="Acme", secret="42", owner="li")
    shop.update("app", customer, limit="2000", secret="43")
    with shop.site.read("shop", shop.actor("li")) as tx:
        record = reading.get(tx, "customer", customer.id)
        events = audit.history(record.session, record)
    assert dict(events[0].changes) == {"limit": ("1000.00", "2000.00")}
    assert all("secret" not in event.changes for event in events)


def test_deleting_needs_the_right_and_no_postings(shop: Shop) -> None:
    shop.stocked(chai=5)
    draft = shop.sold(submit=False, chai=1)
    booked = shop.sold(customer="Acme", chai=1)
    with pytest.raises(Forbidden):
        shop.run("wang", lambda tx: commands.delete(tx, "sale", draft.id))
    shop.run("li", lambda tx: commands.delete(tx, "sale", draft.id))
    with pytest.raises(NotFound):
        shop.value(draft, "state")
    with pytest.raises(Refused, match="cancelled, not deleted"):
        shop.run("li", lambda tx: commands.delete(tx, "sale", booked.id))


def test_unique_holds(shop: Shop) -> None:
    shop.create("li", "customer", name="Acme")
    with pytest.raises(Invalid) as twice:
        shop.create("li", "customer", name="Acme")
    assert [e.field for e in twice.value.errors] == ["name"]


def test_verify_finds_and_repairs_a_wrong_balance(shop: Shop) -> None:
    from sqlalchemy import update

    shop.stocked(chai=5)
    table = shop.site.apps()[0].tables.registers["stock"].rows
    with shop.site.database.write() as connection:
        connection.execute(update(table).values(on_hand=Decimal(9)))
    assert [d.what for d in verification.verify(shop.site, "shop")] == ["balance"]
    assert verification.verify(shop.site, "shop", repair=True)
    clean(shop)


def test_states_that_hang_on_the_day_are_swept(database_url: str) -> None:
    text = """
app: shop
languages: [en]
timezone: Asia/Shanghai
roles: {sales: Sales, manager: Manager, store: Store}
objects:
  offer:
    fields: {name: {type: text, required: true}, until: {type: date, required: true}}
    states:
      open: Open
      expired: {within: open, when: until < today()}
      closed: {final: true}
    actions: {close: {from: open, to: closed}}
access: {offer: {sales: full}}
"""
    shop = Shop(database_url, text)
    offer = shop.create("li", "offer", name="a", until="2026-05-05")
    done = shop.create("li", "offer", name="b", until="2026-05-05")
    shop.act("li", done, "close")
    assert shop.value(offer, "status") == "open"
    shop.now += dt.timedelta(days=2)
    shop.site.run("shop", SERVICE, lambda tx: sweeping.run(tx, {}))
    assert (shop.value(offer, "status"), shop.value(done, "status")) == ("expired", "closed")
    with shop.site.read("shop", SERVICE) as tx:
        assert [r.id for r in reading.page(tx, "offer", reading.Query(filter="status = 'expired'")).items] == [offer.id]
        with pytest.raises(Unreadable, match="not among the options"):       # a derived state is never the state itself
            reading.page(tx, "offer", reading.Query(filter="state = 'expired'"))
    shop.site.database.close()


def test_a_change_of_a_line_is_checked_and_remembered(shop: Shop) -> None:
    shop.stocked(chai=50)
    sale = shop.sold(submit=False, chai=4)
    (line,) = shop.lines(sale)
    with pytest.raises(Invalid) as wrong:
        shop.update("li", sale, lines=[{"id": line, "qty": "-1"}])
    assert [(e.field, e.code) for e in wrong.value.errors] == [("lines.0.qty", "min")]
    shop.update("li", sale, lines=[{"id": line, "qty": "5"}, {"product": "chai", "qty": "1"}])
    assert [shop.line(sale, n, "qty") for n in (0, 1)] == [5, 1]
    with shop.site.read("shop", SERVICE) as tx:
        record = reading.get(tx, "sale", sale.id)
        changes = audit.history(record.session, record)[0].changes
    assert changes[f"lines.{line}.qty"] == ("4", "5")
    shop.update("li", sale, lines=[{"id": line, "delete": True}])
    assert [shop.line(sale, n, "qty") for n in (0,)] == [1]
    clean(shop)


def test_future_days_wait_where_the_register_says_so(database_url: str) -> None:
    text = """
app: shop
languages: [en]
timezone: Asia/Shanghai
roles: {sales: Sales, manager: Manager, store: Store}
objects:
  plan:
    fields: {date: {type: date, required: true}, amount: {type: money, required: true}}
    states: {draft: Draft, set: {final: true}}
    effective: [set]
    actions: {fix: {from: draft, to: set}}
    posts: [{to: money, keys: {year: year(date)}, add: {due: amount}}]
registers:
  money: {keys: {year: integer}, measures: {due: money}, future: wait}
access: {plan: {sales: full}, money: {sales: {see: true}}}
"""
    shop = Shop(database_url, text)
    plan = shop.create("li", "plan", date="2026-05-06", amount="70")
    shop.act("li", plan, "fix")

    def due() -> list[object]:
        with shop.site.read("shop", SERVICE) as tx:
            return [row[1] for row in ledgers.balances(tx, "money").rows]

    assert due() == []
    clean(shop)
    shop.now += dt.timedelta(days=2)
    shop.site.run("shop", SERVICE, lambda tx: sweeping.run(tx, {}))
    assert due() == [70]
    clean(shop)
    shop.site.database.close()


def test_candidates_among_lines_are_those_of_records_in_sight(shop: Shop) -> None:
    shop.stocked(chai=50)
    sale = shop.sold(chai=4)
    shop.sold("sun", "Other", chai=2)
    text = SHOP.replace("delivery: {store: full, sales: {see: true}}", "delivery: {store: full, sales: full}")
    shop.site.publish(app_from(text).texts)
    found = {}
    for login in ("li", "sun", "wang", "zhao"):
        with shop.site.read("shop", shop.actor(login)) as tx:
            found[login] = {one.id for one in lookups.lookup(tx, "delivery", "lines.line", "")}
    (mine,) = shop.lines(sale)
    assert found["li"] == {mine}
    assert mine not in found["sun"]
    assert len(found["sun"]) == 1
    assert len(found["wang"]) == len(found["zhao"]) == 2
