"""Checks that count other records hold also if two commands judge them at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from engine.errors import Failure
from engine.runtime.services import commands, inputs, turns
from engine.runtime.services.sessions import Session
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.live import Tx
from tests.services.shops import Shop

TEXT = """
app: shop
languages: [zh, en]
roles: {sales: 销售, manager: 经理, store: 仓库}
objects:
  room:
    key: name
    fields:
      name: {type: text, unique: true, required: true}
      seats: {type: integer, default: 4}
      taken: {formula: "sum(bookings where state = 'booked', people)"}
  booking:
    fields:
      room: {type: link, to: room, back: bookings, required: true}
      people: {type: integer, required: true}
      note: text
    states: {open: Open, booked: Booked, off: {final: true}}
    checks: [%s]
    actions:
      book: {from: open, to: booked, checks: [%s]}
      cancel: {from: booked, to: off}
access: {any: {sales: full}}
"""
SAY = "say: {zh: 满了, en: Full}"
NEVER = f'{{that: people > 0, {SAY}}}'
BOOKED = "booking as b where b.room = room and b.state = 'booked'"
CHECKS = {
    "rows of an object": (f'{{that: "count(booking as b where b.room = room) < 3", {SAY}}}', NEVER),
    "the way back": (f'{{that: "sum(room.bookings, people) <= 4", {SAY}}}', NEVER),
    "a live formula": (NEVER, f'{{that: room.taken <= 4, {SAY}}}'),
    "of an action": (NEVER, f'{{that: "sum({BOOKED}, b.people) <= 4", {SAY}}}'),
}


def make(tx: Tx) -> None:
    record = commands.create(tx, "booking", inputs.read(tx, "booking", {"room": "A", "people": "2"}))
    commands.act(tx, "booking", record.id or 0, "book")


@pytest.fixture(params=CHECKS.values(), ids=list(CHECKS))
def shop(request: pytest.FixtureRequest, database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, TEXT % request.param)
    made.create("li", "room", name="A")
    made.run("li", make)
    yield made
    made.site.database.close()


def in_thread(work: Callable[[], object], outcome: list[str]) -> threading.Thread:
    def run() -> None:
        try:
            work()
            outcome.append("passed")
        except Failure as failure:
            outcome.append(failure.message.to("en"))

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.timeout(60)
def test_the_second_command_sees_what_the_first_one_wrote(shop: Shop) -> None:
    """The first has been judged and is not committed yet when the second comes."""
    judged, go = threading.Event(), threading.Event()
    of_first: list[str] = []
    of_second: list[str] = []

    def slowly(tx: Tx) -> None:
        make(tx)
        judged.set()
        go.wait(20)

    first = in_thread(lambda: shop.run("li", slowly), of_first)
    assert judged.wait(20)
    second = in_thread(lambda: shop.run("li", make), of_second)
    second.join(0.5)
    assert second.is_alive()                   # it waits for its turn
    go.set()
    first.join()
    second.join()
    assert (of_first, of_second) == (["passed"], ["Full"])


@pytest.mark.timeout(120)
def test_many_at_once(shop: Shop) -> None:
    outcome: list[str] = []
    threads = [in_thread(lambda: shop.run("li", make), outcome) for _ in range(6)]
    for thread in threads:
        thread.join()
    assert sorted(outcome) == ["Full"] * 5 + ["passed"]


def test_a_check_of_the_record_alone_takes_no_turn(database_url: str) -> None:
    shop = Shop(database_url, TEXT % (NEVER, NEVER))
    shop.create("li", "room", name="A")

    def held(tx: Tx) -> set[str]:
        session = Session(tx)
        turns.hold(session, [("booking", ""), ("booking", "book"), ("room", "")])
        return session.turns

    assert shop.site.run("shop", SERVICE, held) == set()
    shop.site.database.close()
