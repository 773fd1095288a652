"""`verify` finds what somebody has spoilt behind the engine's back, and puts it right; nobody writes meanwhile."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from engine.definitions.registers import Register
from engine.errors import Refused
from engine.runtime.services.registers import ledgers, verification
from engine.runtime.storage import balance_checks
from engine.runtime.storage.live import Tx
from tests.registers.warehouses import Depot

ROWS, MOVES, TOTALS = "depot__r_stock", "depot__r_stock__move", "depot__r_stock__total"
COLUMNS = "_on_day, _for_day, _line, _booked_at, on_hand, reserved"
FIRST_MOVE = f"id = (select min(id) from {MOVES})"
AGAIN = f"insert into {MOVES} ({COLUMNS}, _row, _obj, _doc, _rule) select {COLUMNS}, _row, _obj"
LOST = f"delete from {ROWS} where _level = 0"   # on which days what follows balances had moved is lost with the keys
SPOILT = {                                     # what is done to the books → what `verify` calls it
    f"update {ROWS} set on_hand = on_hand + 1 where _level = 0": {"balance"},
    f"update {ROWS} set reserved = 0 where _level = 1": {"level"},
    f"delete from {ROWS} where _level = 1": {"level"},
    f"update {ROWS} set _last_on = '2026-05-01'": {"day"},
    f"update {ROWS} set _last_on = null": {"day"},
    f"update {TOTALS} set on_hand = 0": {"month"},
    f"delete from {TOTALS}": {"month"},
    f"insert into {TOTALS} (_row, _month, on_hand, reserved) values (99, 202601, 1, 1)": {"month"},
    f"delete from {MOVES} where {FIRST_MOVE}": {"balance", "level", "month", "document"},
    f"update {MOVES} set on_hand = on_hand * 2 where {FIRST_MOVE}": {"balance", "level", "month", "document"},
    f"update {MOVES} set _on_day = '2026-04-01', _for_day = '2026-04-01' where {FIRST_MOVE}": {"month", "document"},
    f"update {MOVES} set _row = 98 where {FIRST_MOVE}": {"balance", "level", "month", "movement", "document"},
    f"{AGAIN}, _doc, _rule from {MOVES} where {FIRST_MOVE}": {"balance", "level", "month", "document"},
    f"{AGAIN}, 999, _rule from {MOVES} where {FIRST_MOVE}": {"balance", "level", "month", "document"},
    f"{AGAIN}, _doc, 99999 from {MOVES} where {FIRST_MOVE}": {"balance", "level", "month", "document"},
    'update depot__order set status = \'draft\'': {"status"},
    'update depot__order set open = 7': {"formula"},
    LOST: {"level", "movement", "document"},   # the last one
}
TAKEN = {                                      # what stands in the papers counts, whoever wrote it there
    "update depot__entry__lines set qty = qty * 2": {"document"},
    "update depot__entry set date = '2026-05-04'": {"document"},
    "delete from depot__entry__lines": {"document"},
}


def paper(depot: Depot, kind: str, day: int, qty: int, **more: int) -> int:
    return depot.paper(kind, dt.date(2026, 5, day), {"item": "chai", "place": "main", "qty": qty, **more}).id


def traded(depot: Depot) -> None:
    for day, qty in ((1, 10), (5, 5), (6, -3)):
        paper(depot, "entry", day, qty)
    order = depot.paper("order", dt.date(2026, 5, 2), {"item": "chai", "place": "main", "qty": 4})
    paper(depot, "shipment", 7, 2, line=depot.lines(order)[0])


def execute(depot: Depot, statement: str) -> None:
    depot.run(lambda tx: tx.connection.execute(text(statement)) and None)


def books(depot: Depot) -> list[list[list[object]]]:
    """The balances of today, then those at the end of each day."""
    def of(day: dt.date | None) -> list[list[object]]:
        return depot.read(lambda tx: [list(row) for row in ledgers.balances(tx, "stock", at=day).rows])

    return [of(None), *(of(dt.date(2026, 5, day)) for day in range(1, 9))]


def kinds(depot: Depot, *, repair: bool = False) -> set[str]:
    return {one.what for one in verification.verify(depot.site, "depot", repair=repair)}


def test_what_was_spoilt_is_found_and_put_right(depot: Depot) -> None:
    traded(depot)
    stood = books(depot)
    for statement, told in SPOILT.items():
        execute(depot, statement)
        assert kinds(depot) == told, statement
        assert kinds(depot, repair=True) >= told
        assert verification.verify(depot.site, "depot") == [], statement
        days = 1 if statement == LOST else len(stood)
        assert books(depot)[:days] == stood[:days], statement
    for statement, told in TAKEN.items():
        execute(depot, statement)
        assert kinds(depot) == kinds(depot, repair=True) == told, statement
        assert verification.verify(depot.site, "depot") == [], statement


def test_what_a_lost_record_had_booked_is_taken_back(depot: Depot) -> None:
    traded(depot)
    execute(depot, "delete from depot__entry where id = 2")
    (wrong,) = verification.verify(depot.site, "depot")
    assert (wrong.what, wrong.place) == ("document", "entry 2 → stock")
    verification.verify(depot.site, "depot", repair=True)
    assert verification.verify(depot.site, "depot") == []
    assert [sheet[0][2] for sheet in books(depot)] == [5, 10, 10, 10, 10, 10, 7, 5, 5]


def test_places_are_told_in_words(depot: Depot) -> None:
    traded(depot)
    execute(depot, f"update {ROWS} set on_hand = 1")
    told = [(one.place, one.text.split(",")[0]) for one in verification.verify(depot.site, "depot")]
    assert [place for place, _ in told] == ["stock[item 1, place 1]", "stock[item 1, ]"]


@pytest.mark.postgres
def test_nobody_writes_while_it_repairs(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums of movements and kept rows are two statements: what is booked between them would be taken for a fault."""
    depot = Depot(postgres_url)
    depot.create("item", code="chai")
    depot.create("place", code="main")
    traded(depot)
    summed, go = threading.Event(), threading.Event()
    done: list[str] = []
    judge = balance_checks.mismatches

    def slowly(tx: Tx, register: Register) -> Iterator[balance_checks.Mismatch]:
        found = list(judge(tx, register))
        summed.set()
        go.wait(20)
        yield from found

    monkeypatch.setattr(balance_checks, "mismatches", slowly)

    def repair() -> None:
        verification.verify(depot.site, "depot", repair=True)
        done.append("repaired")

    def book() -> None:
        paper(depot, "entry", 8, 1)
        done.append("booked")

    threads = [threading.Thread(target=repair), threading.Thread(target=book)]
    threads[0].start()
    assert summed.wait(20)
    threads[1].start()
    threads[1].join(0.5)
    assert done == []
    go.set()
    for thread in threads:
        thread.join()
    monkeypatch.undo()
    assert done == ["repaired", "booked"] and verification.verify(depot.site, "depot") == []
    depot.site.database.close()


def test_a_paper_that_moves_to_a_later_day_is_seen_by_the_guards_of_past_days(depot: Depot) -> None:
    """The move changes no balance of today, and yet there is nothing in between any more."""
    made = depot.paper("entry", dt.date(2026, 5, 1), {"item": "chai", "place": "main", "qty": 10})
    depot.update(made, date="2026-05-10")
    with pytest.raises(Refused, match="5 missing on May 5, 2026"):
        paper(depot, "entry", 5, -5)
    assert verification.verify(depot.site, "depot") == []
