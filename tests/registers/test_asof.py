"""Balances of past days and turnovers are read by the months' totals; they are what the movements add up to."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from engine.runtime.services.registers import ledgers, periods, verification
from engine.runtime.services.reporting.sheets import Sheet
from engine.runtime.storage import balances
from tests.registers.warehouses import TEXT, Depot

EDGES = ("2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01", "2026-04-30", "2026-05-20")
CARRYING = TEXT.replace("    closed: refuse", "    closed: carry")
Moves = list[tuple[str, dt.date, Decimal]]


@pytest.fixture
def depot(database_url: str) -> Iterator[Depot]:
    made = Depot(database_url, CARRYING)
    made.create("place", code="main")
    for code in ("chai", "rice", "salt"):
        made.create("item", code=code)
    yield made
    made.site.database.close()


def booked(depot: Depot) -> Moves:
    """What was really booked: item, the day on which it counts, quantity."""
    sheet = depot.read(lambda tx: ledgers.movements(tx, "stock", limit=1000))
    at = {column.name: number for number, column in enumerate(sheet.columns)}
    return [(row[at["item"]].title, row[at["date"]], row[at["on_hand"]]) for row in sheet.rows]


def by_item(sheet: Sheet, name: str) -> dict[str, Any]:
    at = {column.name: number for number, column in enumerate(sheet.columns)}
    return {row[at["item"]].title: row[at[name]] for row in sheet.rows if row[at[name]]}


def summed(moves: Moves) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for item, _, qty in moves:
        found[item] = found.get(item, Decimal(0)) + qty
    return {item: qty for item, qty in found.items() if qty}


def test_every_day_and_span_agrees_with_the_movements(depot: Depot) -> None:
    chance = random.Random(5)
    days = [dt.date.fromisoformat(day) for day in EDGES]
    for day in days:
        lines = [{"item": i, "place": "main", "qty": chance.randrange(20, 40)} for i in ("chai", "rice")]
        depot.paper("entry", day, *lines)
        taken = depot.paper("entry", day, {"item": "chai", "place": "main", "qty": -chance.randrange(1, 9)})
    depot.act(taken, "undo")
    depot.run(lambda tx: periods.close(tx, "books", dt.date(2026, 1, 31)))
    depot.paper("entry", dt.date(2026, 1, 15), {"item": "salt", "place": "main", "qty": 3})      # carried to today
    assert verification.verify(depot.site, "depot") == []
    moves = booked(depot)
    looked = sorted({d + dt.timedelta(days=step) for d in days for step in (-1, 0, 1)} | {dt.date(9999, 12, 31)})
    for day in looked:
        sheet = depot.read(lambda tx, day=day: ledgers.balances(tx, "stock", at=day))  # type: ignore[misc]
        assert by_item(sheet, "on_hand") == summed([m for m in moves if m[1] <= day]), day
    for first, last in zip(looked, looked[3:], strict=False):
        sheet = depot.read(
            lambda tx, span=(first, last): ledgers.turnovers(tx, "stock", *span, by=["item"])  # type: ignore[misc]
        )
        within = [m for m in moves if first <= m[1] <= last]
        assert by_item(sheet, "on_hand_opening") == summed([m for m in moves if m[1] < first]), (first, last)
        assert by_item(sheet, "on_hand_inflow") == summed([m for m in within if m[2] > 0]), (first, last)
        assert by_item(sheet, "on_hand_outflow") == summed([(i, d, -q) for i, d, q in within if q < 0]), (first, last)
        assert by_item(sheet, "on_hand_closing") == summed([m for m in moves if m[1] <= last]), (first, last)


def test_a_total_that_is_wrong_is_found_by_verify_and_put_right(depot: Depot) -> None:
    depot.paper("entry", dt.date(2026, 3, 5), {"item": "chai", "place": "main", "qty": 7})

    def spoil(tx: Any) -> None:
        totals = balances.tables(tx, tx.app.registers["stock"]).totals
        tx.connection.execute(totals.update().values(on_hand=Decimal(9)))

    depot.run(spoil)
    day = dt.date(2026, 2, 28)
    assert by_item(depot.read(lambda tx: ledgers.balances(tx, "stock", at=day)), "on_hand") == {}
    (wrong,) = verification.verify(depot.site, "depot", repair=True)
    assert (wrong.what, wrong.place) == ("month", "stock[202603]")
    assert verification.verify(depot.site, "depot") == []
