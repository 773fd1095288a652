"""What is foretold of a document that is dated before today is what comes of it: days, guards, closed days, values."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import Refused
from engine.expressions.values import Ref
from engine.runtime.services import inputs, previews
from engine.runtime.services.registers import ledgers, periods
from engine.runtime.services.registers.backdating import Foresight
from engine.runtime.storage import balances
from engine.runtime.storage.live import Tx
from tests.performance.trades import watched
from tests.registers.warehouses import TEXT, Depot

CARRYING = TEXT.replace("    closed: refuse", "    closed: carry")
VALUED = TEXT.replace(
    "    measures: {on_hand: quantity, reserved: quantity}",
    "    measures: {on_hand: quantity, reserved: quantity, worth: {type: money, currency: EUR,\n"
    "      valued: {quantity: on_hand, per: [item], method: moving average, start: 2}}}",
)

ASKING = TEXT.replace(                         # the day is asked for, and taken unless another one is given
    "      undo: {from: posted, to: draft}",
    "      undo: {from: posted, to: draft}\n"
    "      move: {from: posted, ask: {day: date, to_day: {type: date, default: =day}}, set: {date: =to_day}}",
)


def line(qty: int) -> dict[str, Any]:
    return {"item": "chai", "place": "main", "qty": qty}


def paper(depot: Depot, object: str, day: str, qty: int) -> Ref:
    return depot.paper(object, dt.date.fromisoformat(day), line(qty))


def foretold(depot: Depot, object: str, id: int | None = None, **values: Any) -> Foresight | None:
    return depot.read(
        lambda tx: previews.preview(tx, object, inputs.read(tx, object, values), id).later
    )


def test_a_draft_tells_what_it_would_change_and_writes_nothing(depot: Depot) -> None:
    paper(depot, "entry", "2026-05-01", 10)
    paper(depot, "entry", "2026-05-12", -8)
    paper(depot, "entry", "2026-05-15", 5)
    assert foretold(depot, "entry", date="2026-05-20", lines=[line(-9)]) is None       # today changes no past
    found = foretold(depot, "entry", date="2026-05-03", lines=[line(-1)])
    assert found is not None and found.refusal is None and found.counting == "Posted" and found.grave
    (effect,) = found.effects
    assert (effect.register.name, effect.since, effect.later_days) == ("stock", dt.date(2026, 5, 3), 2)
    assert [getattr(value, "title", "") for value in effect.keys.values()] == ["chai", "main"]
    (figure,) = effect.figures
    assert (figure.was, figure.becomes, figure.now) == (10, 9, 6)
    assert (figure.lowest, figure.lowest_on) == (1, dt.date(2026, 5, 12))
    made = depot.create("entry", date="2026-05-03", lines=[line(-1)])
    assert foretold(depot, "entry", made.id) == found                                  # stored, it says the same
    depot.act(made, "post")
    sheet = depot.read(lambda tx: ledgers.balances(tx, "stock", at=dt.date(2026, 5, 12)))
    assert sheet.rows[0][[c.name for c in sheet.columns].index("on_hand")] == figure.lowest
    assert foretold(depot, "entry", made.id) is None                                   # booked, it changes nothing more


def test_many_lines_ask_for_past_days_as_often_as_few(depot: Depot) -> None:
    codes = [f"item {number}" for number in range(12)]
    for code in codes:
        depot.create("item", code=code)
    depot.paper("entry", dt.date(2026, 5, 1), *({**line(9), "item": code} for code in codes))
    depot.paper("entry", dt.date(2026, 5, 15), *({**line(-1), "item": code} for code in codes))
    asked: dict[int, tuple[int, int]] = {}
    for count in (2, 12, 2, 12):               # the second time everything is known that is kept
        lines = [{**line(-1), "item": code} for code in codes[:count]]
        made = depot.create("entry", date="2026-05-03", lines=lines)
        with watched(depot.site) as foretelling:
            found = foretold(depot, "entry", made.id)
        assert found is not None and len(found.effects) + found.more == count and found.refusal is None
        with watched(depot.site) as posting:
            depot.act(made, "post")
        asked[count] = len(foretelling), len(posting)
    assert asked[2] == asked[12]


def test_the_refusal_that_would_come_is_the_one_that_comes(depot: Depot) -> None:
    paper(depot, "entry", "2026-05-01", 10)
    paper(depot, "entry", "2026-05-12", -8)
    paper(depot, "entry", "2026-05-15", 5)
    found = foretold(depot, "entry", date="2026-05-03", lines=[line(-3)])
    assert found is not None and found.refusal is not None
    made = depot.create("entry", date="2026-05-03", lines=[line(-3)])
    with pytest.raises(Refused) as refused:
        depot.act(made, "post")
    assert found.refusal.to("en") == refused.value.message.to("en") == "1 missing on May 12, 2026"
    stood = paper(depot, "entry", "2026-05-02", 1)
    undone = depot.read(lambda tx: previews.acted(tx, "entry", stood.id, "undo", {}))
    assert undone is not None and undone.effects[0].figures[0].lowest == 2 and undone.counting == ""
    ended = depot.read(lambda tx: previews.acted(tx, "entry", stood.id, "cancel", {}))
    assert ended is None                                                               # ends today: no past day changes


def test_inputs_of_an_action_are_foretold_with_their_defaults(depot: Depot) -> None:
    depot.site.publish({"depot.yaml": ASKING})
    paper(depot, "entry", "2026-05-01", 10)
    paper(depot, "entry", "2026-05-12", -8)
    late = paper(depot, "entry", "2026-05-15", 5)

    def asked(**given: str) -> tuple[dt.date, Decimal | None] | None:
        def take(tx: Tx) -> Foresight | None:
            values = inputs.read_asked(tx, "entry", tx.app.objects["entry"].actions["move"], given)
            return previews.acted(tx, "entry", late.id, "move", values)

        found = depot.read(take)
        return None if found is None else (found.effects[0].since, found.effects[0].figures[0].lowest)

    assert asked(day="2026-05-03") == (dt.date(2026, 5, 3), 7)
    assert asked(day="2026-05-03", to_day="2026-05-13") == (dt.date(2026, 5, 13), 7)


def test_what_follows_its_balances_is_foretold_with_it(depot: Depot) -> None:
    """A shipment of the past also frees what its order has reserved."""
    paper(depot, "entry", "2026-05-01", 10)
    order = paper(depot, "order", "2026-05-02", 4)
    (ordered,) = depot.lines(order)
    found = foretold(depot, "shipment", date="2026-05-10", lines=[{**line(4), "line": ordered}])
    assert found is not None
    figures = {f.measure: f.now for one in found.effects if one.register.name == "stock" for f in one.figures}
    assert figures == {"on_hand": 6, "reserved": 0} and depot.status(order) == "posted"
    too_much = foretold(depot, "shipment", date="2026-05-10", lines=[{**line(5), "line": ordered}])
    assert too_much is not None and too_much.refusal is not None
    assert too_much.refusal.to("en") == "1 shipped too many"


def test_closed_days_and_values_are_told(depot: Depot) -> None:
    paper(depot, "entry", "2026-04-01", 10)
    paper(depot, "entry", "2026-05-12", -8)
    depot.run(lambda tx: periods.close(tx, "books", dt.date(2026, 4, 30)))
    refused = foretold(depot, "entry", date="2026-04-20", lines=[line(1)])
    assert refused is not None and refused.refusal is not None and "is closed up to" in refused.refusal.to("en")
    depot.site.publish({"depot.yaml": CARRYING})
    (late,) = (foretold(depot, "entry", date="2026-04-20", lines=[line(1)]) or Foresight()).late
    assert (late.register.name, late.until, late.on_day) == ("stock", dt.date(2026, 4, 30), depot.today)
    depot.site.publish({"depot.yaml": VALUED})
    (anew,) = (foretold(depot, "entry", date="2026-05-02", lines=[line(1)]) or Foresight()).anew
    assert (anew.measure, anew.since, anew.later_days) == ("worth", dt.date(2026, 5, 2), 1)
    kept = depot.read(lambda tx: balances.total(tx, tx.app.registers["stock"], {}))
    assert kept["on_hand"] == Decimal(2)
