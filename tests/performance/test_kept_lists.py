"""Statements of lists are kept for whoever sees all rows; nobody gets another's, an older version's or yesterday's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from sqlalchemy import Column, FromClause, Integer, MetaData, Table

from engine.definitions.compile import app_from
from engine.errors import Unreadable
from engine.runtime.services import commands, inputs, reading, shelving
from engine.runtime.services.identity import people
from engine.runtime.services.reading import Query
from engine.runtime.services.site import Site
from engine.runtime.storage import listings, rows
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx

APP = """
app: notes
languages: [en]
timezone: UTC
roles: {clerk: Clerk, boss: Boss}
objects:
  note:
    title: "{name}"
    fields:
      name: {type: text, required: true}
      day: date
      size: integer
      hot: boolean
      owner: {type: user}
      twice: {formula: size * 2}
access:
  any: {boss: full}
  note: {clerk: {see: owner = me, edit: true}}
"""
NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
ROWS = [("a", "2026-03-10", 1, True), ("b", "2026-03-11", None, False), ("c", None, 3, True), ("d", None, None, None),
        ("e", "2026-03-10", 3, None), ("f", "2026-03-11", 2, False)]


class Notes:
    """Notes of `ann` (a, c, e) and `ben`, who are clerks; `eve` is the boss."""

    def __init__(self, url: str) -> None:
        self.site = Site(Database(url))
        self.site.publish(app_from(APP).texts)
        for login, role in (("ann", "clerk"), ("ben", "clerk"), ("eve", "boss")):
            people.add_user(self.site, login, login, None, roles={"notes": [role]})
        self.site.run("notes", SERVICE, self._fill)

    def _fill(self, tx: Tx) -> None:
        for place, (name, day, size, hot) in enumerate(ROWS):
            values = {"name": name, "day": day, "size": size, "hot": hot, "owner": ("ann", "ben")[place % 2]}
            commands.create(tx, "note", inputs.read(tx, "note", values))

    def asked(self, login: str, *, now: dt.datetime = NOON, **query: object) -> str:
        """The names that one page after the other gives, three records to a page."""
        person = people.find(self.site, login)
        assert person is not None
        names, cursor = "", None
        for _ in range(4):
            with self.site.read("notes", people.actor_for(self.site, person, "notes"), now=now) as tx:
                page = reading.page(tx, "note", Query(limit=3, cursor=cursor, **query))  # type: ignore[arg-type]
                names += "".join(str(one.values["name"]) for one in page.items)
            cursor = page.next
            if cursor is None:
                break
        return names

    def kept(self) -> int:
        with self.site.read("notes", SERVICE) as tx:
            return len(tx.live.tables.objects["note"].info.get(listings.SHAPES, {}))


@pytest.fixture
def notes(database_url: str) -> Iterator[Notes]:
    made = Notes(database_url)
    yield made
    made.site.database.close()


def test_each_reader_gets_their_own_rows(notes: Notes) -> None:
    for _ in range(2):                         # the second time out of what the first has left
        assert notes.asked("eve", sort=("name",)) == "abcdef"
        assert notes.asked("ann", sort=("name",)) == "ace"
        assert notes.asked("ben", sort=("name",), filter="size > 1") == "f"
        assert notes.asked("eve", sort=("name",), filter="size > 1") == "cef"
        assert notes.asked("eve", sort=("-name",), filter="size > 1") == "fec"
    people.add_user(notes.site, "ann", None, None, roles={"notes": ["boss"]})
    people.add_user(notes.site, "eve", None, None, roles={"notes": ["clerk"]})
    assert notes.asked("ann", sort=("name",)) == "abcdef" and notes.asked("eve", sort=("name",)) == ""


def test_order_and_cursors_stay_what_they_are(notes: Notes) -> None:
    expected = {
        ("day", "size"): "aefbcd", ("-day", "-size"): "fbeacd", ("size", "day"): "afecbd", ("hot", "name"): "bfacde",
        ("-twice", "name"): "cefabd", (): "fedcba",
    }
    for _ in range(2):
        for sort, names in expected.items():
            assert notes.asked("eve", sort=sort) == names, sort


def test_what_is_kept_is_what_is_alike_for_everybody(notes: Notes) -> None:
    for _ in range(2):
        notes.asked("eve", filter="size > 1 and not (hot = true)", sort=("day",))
    assert notes.kept() == 1, "one statement for the list and its pages"
    for filter in ("day = today()", "owner = me", "count(note where size > 1) > 2", "twice > 2"):
        notes.asked("eve", filter=filter)
    assert notes.asked("ann", sort=("name",)) == "ace"
    assert notes.kept() in (1, 2), "not what depends on the day, the reader or other rows"
    assert notes.asked("eve", filter="day = today()", sort=("name",)) == "ae"
    assert notes.asked("eve", filter="day = today()", sort=("name",), now=NOON + dt.timedelta(days=1)) == "bf"


def test_another_version_has_its_own(notes: Notes) -> None:
    assert notes.asked("eve", filter="size > 2", sort=("name",)) == "ce"
    renamed = "length: {type: integer, was: size}"
    notes.site.publish(app_from(APP.replace("size: integer", renamed).replace("size * 2", "length * 2")).texts)
    with pytest.raises(Unreadable):
        notes.asked("eve", filter="size > 2", sort=("name",))
    assert notes.asked("eve", filter="length > 2", sort=("name",)) == "ce"


def test_shelves_are_told_apart(notes: Notes) -> None:
    assert notes.asked("eve", sort=("name",)) == "abcdef"
    notes.site.run("notes", SERVICE, lambda tx: commands.delete(tx, "note", 1))
    notes.site.run("notes", SERVICE, lambda tx: shelving.archive(tx, "note", 2))
    for _ in range(2):
        assert notes.asked("eve", sort=("name",)) == "cdef"
        assert notes.asked("eve", sort=("name",), shelf="archived") == "b"
        assert notes.asked("eve", sort=("name",), shelf="deleted") == "a"
        assert notes.asked("ann", sort=("name",), shelf="deleted") == ""


def test_threads_that_make_the_same_at_once_get_one_and_the_same() -> None:
    """Else one keeps the name of the table and another the condition over a name of its own: every row by every row."""
    table, together, done = Table("t", MetaData(), Column("id", Integer)), Barrier(2), Event()

    def ask(first: bool) -> FromClause:
        def make() -> FromClause:
            together.wait(10)
            assert first or done.wait(10)
            return table.alias()

        try:
            found: FromClause = rows.statement(table, ("listed",), make)
            return found
        finally:
            done.set()

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(ask, (True, False))
    assert one is other is rows.statement(table, ("listed",), table.alias)
