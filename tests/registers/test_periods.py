"""Closed periods: what they refuse, what they carry, who closes and opens them, and that postings wait for them."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from engine.errors import Forbidden, Invalid, NotFound, Refused
from engine.expressions.values import Ref
from engine.runtime.services import commands
from engine.runtime.services.automation import sweeping
from engine.runtime.services.identity import people
from engine.runtime.services.registers import ledgers, periods, verification
from engine.runtime.storage.live import Tx
from tests.registers.warehouses import TEXT, Depot

MARCH = dt.date(2026, 3, 31)


@pytest.fixture
def depot(depot: Depot) -> Iterator[Depot]:
    """The depot whose books are right whatever a test did."""
    yield depot
    assert verification.verify(depot.site, "depot") == []


def entry(depot: Depot, day: str, qty: int) -> Ref:
    return depot.paper("entry", dt.date.fromisoformat(day), {"item": "chai", "place": "main", "qty": qty})


def close(depot: Depot, until: dt.date = MARCH) -> None:
    depot.run(lambda tx: periods.close(tx, "books", until))


def on(depot: Depot, register: str, day: str | None, measure: str) -> object:
    at = dt.date.fromisoformat(day) if day else None
    sheet = depot.read(lambda tx: ledgers.balances(tx, register, at=at))
    names = [column.name for column in sheet.columns]
    return sum(row[names.index(measure)] for row in sheet.rows)


def test_a_closed_day_takes_nothing_new_and_nothing_is_taken_back(depot: Depot) -> None:
    stood = entry(depot, "2026-03-05", 9)
    close(depot)
    closed = "Books is closed up to Mar 31, 2026, Stock takes no more bookings for Mar 31, 2026"
    with pytest.raises(Refused, match=closed):
        entry(depot, "2026-03-31", 1)
    with pytest.raises(Refused) as refused:
        depot.act(stood, "undo")
    assert (refused.value.code, refused.value.errors[0].field) == ("closed", "date")
    entry(depot, "2026-04-01", 1)
    depot.act(stood, "cancel")                 # ends today: the closed month keeps what it says
    assert on(depot, "stock", "2026-03-31", "on_hand") == 9
    assert on(depot, "stock", None, "on_hand") == 1


def test_a_balance_that_no_column_holds_is_refused(depot: Depot) -> None:
    most, day = 10**12 - 1, dt.date(2026, 4, 1)
    with pytest.raises(Invalid, match="On hand of Stock would become too large"):
        depot.paper("entry", day, *({"item": "chai", "place": "main", "qty": str(most)} for _ in range(2)))
    entry(depot, "2026-04-01", most)
    with pytest.raises(Invalid, match="too large to be kept"):
        entry(depot, "2026-05-01", 1)
    assert on(depot, "stock", None, "on_hand") == most


def test_a_month_that_holds_more_than_its_balance_is_refused_where_no_column_holds_it(depot: Depot) -> None:
    most = 10**12 - 1
    entry(depot, "2026-04-01", most)
    entry(depot, "2026-05-01", -most)
    with pytest.raises(Invalid, match="The month's total of Stock would become too large") as refused:
        entry(depot, "2026-04-02", most)
    assert refused.value.code == "too_large"
    entry(depot, "2026-05-02", most)           # another month has room
    assert [on(depot, "stock", day, "on_hand") for day in ("2026-04-30", "2026-05-01", None)] == [most, 0, most]


def test_a_register_that_carries_books_a_late_change_today_for_its_day(depot: Depot) -> None:
    entry(depot, "2026-03-01", 50)
    order = depot.create("order", date="2026-04-03", lines=[{"item": "chai", "place": "main", "qty": 10}])
    depot.act(order, "post")
    (line,) = depot.lines(order)
    close(depot, dt.date(2026, 4, 30))
    with pytest.raises(Refused, match="closed"):           # stock refuses what progress would carry
        depot.update(order, lines=[{"id": line, "qty": 14}])
    carried = TEXT_OF_CARRYING
    depot.site.publish({"depot.yaml": carried})
    depot.update(order, lines=[{"id": line, "qty": 14}])
    depot.update(order, lines=[{"id": line, "qty": 14}])   # once more: nothing is left to be booked
    sheet = depot.read(lambda tx: ledgers.movements(tx, "progress"))
    days = [(row[0].isoformat(), row[1].isoformat(), row[-2]) for row in sheet.rows]
    assert days == [("2026-05-20", "2026-04-03", 4), ("2026-04-03", "2026-04-03", 10)]
    assert on(depot, "progress", "2026-04-30", "ordered") == 10
    assert on(depot, "stock", None, "reserved") == 14


def test_only_whole_days_that_are_over_are_closed_and_opened_again_with_a_reason(depot: Depot) -> None:
    with pytest.raises(Invalid, match="May 20, 2026 is not over: close up to May 19, 2026 at most"):
        close(depot, depot.today)
    close(depot)
    with pytest.raises(Invalid, match="closed up to Mar 31, 2026 already"):
        close(depot)
    with pytest.raises(Invalid, match="why"):
        depot.run(lambda tx: periods.reopen(tx, "books", None, " "))
    with pytest.raises(Invalid, match="open after that day"):
        depot.run(lambda tx: periods.reopen(tx, "books", dt.date(2026, 4, 30), "late"))
    with pytest.raises(NotFound):
        depot.run(lambda tx: periods.close(tx, "book", MARCH))
    depot.run(lambda tx: periods.reopen(tx, "books", dt.date(2026, 2, 28), "a late bill"))
    entry(depot, "2026-03-31", 1)
    (standing,) = depot.read(periods.standing)
    assert standing.until == dt.date(2026, 2, 28)
    assert [(turn.until, turn.reason) for turn in standing.turns] == [
        (dt.date(2026, 2, 28), "a late bill"), (MARCH, ""),
    ]


def test_only_those_who_may_close(depot: Depot) -> None:
    depot.site.publish({"depot.yaml": TEXT_OF_RIGHTS})
    for login, role in (("ann", "clerk"), ("bob", "books")):
        people.add_user(depot.site, login, login.title(), None, roles={"depot": [role]})

    def as_(login: str, until: dt.date) -> None:
        actor = people.actor_for(depot.site, people.find(depot.site, login), "depot")
        depot.site.run("depot", actor, lambda tx: periods.close(tx, "books", until))

    with pytest.raises(Forbidden, match="may not close or open Books"):
        as_("ann", MARCH)
    as_("bob", MARCH)
    (standing,) = depot.read(periods.standing)
    assert standing.turns[0].name == "Bob"


def test_a_closing_waits_for_postings_that_run(depot: Depot) -> None:
    made = depot.create("entry", date="2026-03-05", lines=[{"item": "chai", "place": "main", "qty": 9}])
    posted, closing = threading.Event(), threading.Event()
    order: list[str] = []

    def post(tx: Tx) -> None:
        commands.act(tx, "entry", made.id, "post")
        posted.set()
        closing.wait(5)
        threading.Event().wait(0.3)            # the closing has every chance to overtake
        order.append("posted")

    def shut() -> None:
        posted.wait(5)
        closing.set()
        close(depot)
        order.append("closed")

    threads = [threading.Thread(target=depot.run, args=(post,)), threading.Thread(target=shut)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert order == ["posted", "closed"]
    assert on(depot, "stock", "2026-03-31", "on_hand") == 9


def test_what_waits_for_its_day_passes_no_guard_then(database_url: str) -> None:
    """Nobody is there at midnight to be refused: it goes on waiting, `verify` tells of it, and it is booked once it can
    be."""
    depot = Depot(database_url, TEXT.replace("closed: refuse", "closed: refuse\n    future: wait"))
    depot.create("item", code="chai")
    depot.create("place", code="main")
    entry(depot, "2026-05-20", 5)
    entry(depot, "2026-05-25", -9)
    assert on(depot, "stock", None, "on_hand") == 5 and verification.verify(depot.site, "depot") == []
    for day, more, left in ((25, 0, 5), (26, 6, 2)):
        depot.today = dt.date(2026, 5, day)
        if more:
            entry(depot, "2026-05-22", more)
        depot.run(lambda tx: sweeping.run(tx, {}))
        assert on(depot, "stock", None, "on_hand") == left
        waits = [one.place for one in verification.verify(depot.site, "depot")]
        assert waits == ([] if more else ["entry 2 → stock"])
    assert on(depot, "stock", "2026-05-25", "on_hand") == 2
    depot.site.database.close()


TEXT_OF_CARRYING = TEXT.replace("closed: refuse", "closed: carry")
TEXT_OF_RIGHTS = TEXT.replace("periods:\n  books: {of: [progress, stock]}",
                                   "roles: {clerk: Clerk, books: Books}\n"
                                   "periods:\n  books: {of: [progress, stock], by: role(books)}")


def test_by_command(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`formwork close` and `reopen`: as the site itself, or in the name of somebody who may."""
    made = Depot(database_url, TEXT.replace("books: {of:", "books: {by: role(clerk), of:").replace(
        "name: Depot\n", "name: Depot\nroles: {clerk: Clerk, guest: Guest}\n"
    ))
    for login, role in (("cleo", "clerk"), ("gus", "guest")):
        people.add_user(made.site, login, login.title(), None, roles={"depot": [role]})
    made.site.database.close()
    monkeypatch.setenv("DATABASE_URL", database_url)

    def call(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "engine.cli.main", *arguments], capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    assert call("close") == (0, "depot.books: open (progress, stock)\n")
    assert call("close", "depot.books", "--until", "2026-03-31")[1] == (
        "depot.books: closed up to 2026-03-31 (progress, stock)\n"
    )
    code, said = call("reopen", "depot.books", "--reason", "late", "--as", "gus")
    assert code == 1 and "You may not close or open" in said, said
    code, said = call("reopen", "depot.books", "--until", "2026-02-28", "--reason", "late", "--as", "cleo", "--json")
    assert code == 0 and json.loads(said)[0]["closed_until"] == "2026-02-28", said
    assert [call(*one)[0] for one in (
        ("close", "depot.book", "--until", "2026-03-31"), ("close", "depot", "--until", "2026-03-31"),
        ("close", "depot.books", "--until", "March"), ("reopen", "depot.books"),
    )] == [1, 2, 2, 2]
