"""Conditions with values of the moment are compiled once for all values of a shape, and answer as if compiled anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from engine.definitions.compile import app_from
from engine.expressions.values import ErrorValue, Ref
from engine.runtime.services import commands, inputs
from engine.runtime.services.sessions import Session
from engine.runtime.services.site import Site
from engine.runtime.storage import kept_questions, sources
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx

NUMBERS = [None, *map(Decimal, ("0", "1", "2.5", "2.50", "0.001", "99999999999", "3"))]
DAYS = [None, dt.date(2026, 3, 10), dt.date(2026, 3, 11)]
MOMENTS = [None, dt.datetime(2026, 3, 10, 17, tzinfo=dt.UTC), dt.datetime(2026, 3, 9, 15, tzinfo=dt.UTC)]
TEXTS = [None, "", "a", "b", "%"]
GROUPS = [None, Ref("group", 1), Ref("group", 2), Ref("group", 3)]
ASKED = {                                      # by the input: its type, its values, the questions
    "n": ("quantity", NUMBERS, [
        "count(note where size > n)", "sum(note where size = n, size)", "count(note where size * n > 4)",
        "count(note where size / n > 1)", "count(note where size + n <= 3.5)", "count(note where twice > n)",
        "count(note where round(size, 0) = round(n, 0))", "max(note where size != n, size)",
        "if(exists(note where n > size), 1, 0)",
    ]),
    "d": ("date", DAYS, [
        "count(note where day >= d)", "count(note where seen = d)", "count(note where day + 1 day = d)",
    ]),
    "m": ("datetime", MOMENTS, ["count(note where day = m)", "count(note where seen < m)"]),
    "t": ("text", TEXTS, [
        "count(note where name = t)", "count(note where contains(name, t))", "count(note where name & t = 'aa')",
        "count(note where name < t or name is blank)", "count(note where name in [t, 'c'])",
    ]),
    "g": ("{type: link, to: group}", GROUPS, [
        "count(note where group = g)", "count(note where g is under group)", "count(note where group is under g)",
        "count(note as r where count(note where size > r.size and group = g) > 0)", "count(note where group.above = g)",
        "first(note where group = g sort -size, size)", "count(note where size > g.weight)",
    ]),
}  # fmt: skip
HEAD = """
app: notes
languages: [en]
timezone: Asia/Shanghai
roles: {clerk: Clerk}
objects:
  group: {fields: {weight: quantity, above: {type: link, to: group, tree: true}}}
  note:
    fields:
      name: text
      size: quantity
      day: date
      seen: datetime
      group: {type: link, to: group}
      twice: {formula: size * 2}
access: {any: {clerk: full}}
decisions:
"""
RULES = {f"{name}{place}": (name, text) for name, (_, _, texts) in ASKED.items() for place, text in enumerate(texts)}
APP = HEAD + "".join(
    f"  {rule}: {{inputs: {{{name}: {ASKED[name][0]}}}, gives: quantity, formula: \"{text}\"}}\n"
    for rule, (name, text) in RULES.items()
)


@pytest.fixture
def site(database_url: str) -> Iterator[Site]:
    made = Site(Database(database_url))
    made.publish(app_from(APP).texts)
    made.run("notes", SERVICE, fill)
    yield made
    made.database.close()


def fill(tx: Tx) -> None:
    def add(object: str, **values: Any) -> int:
        return commands.create(tx, object, inputs.read(tx, object, values)).id or 0

    groups = [add("group", weight="2")]
    groups += [add("group", above=groups[0]), add("group", weight="1", above=groups[0])]
    for place, (name, size) in enumerate(product(("a", "b", None), ("1", "2.5", "3", None))):
        day = f"2026-03-1{place % 3}"
        add("note", name=name, size=size, day=day, seen=f"{day}T08:00:00Z", group=groups[place % 3])


def answers(tx: Tx, *, fresh: bool) -> dict[tuple[str, Any], Any]:
    """What every question gives for every value, out of what is kept or (`fresh`) each compiled for itself."""
    session, found = Session(tx), {}
    for rule, (name, _) in RULES.items():
        for value in ASKED[name][1]:
            if fresh:
                tx.live.reading.pop(kept_questions.KEPT, None)
            answer = session.decide(rule, [value])
            found[rule, value if value != "" else '""'] = answer.code if isinstance(answer, ErrorValue) else answer
    return found


def test_what_is_kept_answers_as_what_is_compiled_anew(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    compile_part = sources.compile_part
    monkeypatch.setattr(sources, "compile_part", lambda *given: made.append(given[0]) or compile_part(*given))
    with site.read("notes", SERVICE) as tx:
        expected = answers(tx, fresh=True)
        alone, _ = len(made), made.clear()
        assert answers(tx, fresh=False) == expected
        shapes, _ = len(made), made.clear()
        assert answers(tx, fresh=False) == expected
    assert shapes < 0.75 * alone and len(made) < 0.2 * alone, (alone, shapes, len(made))
    assert len({str(value) for value in expected.values()}) > 8, "the questions tell the values apart"


def test_what_has_changed_meanwhile_counts(site: Site) -> None:
    above = next(rule for rule, (_, text) in RULES.items() if "g is under group" in text)

    def asked(id: int) -> Any:
        with site.read("notes", SERVICE) as tx:
            return Session(tx).decide(above, [Ref("group", id)])

    assert [asked(id) for id in (1, 2, 3)] == [4, 8, 8]
    site.run("notes", SERVICE, lambda tx: commands.update(tx, "group", 3, inputs.read(tx, "group", {"above": 2})))
    assert [asked(id) for id in (1, 2, 3)] == [4, 8, 12]
