"""Turns of checks that look at other records: two commands at the same moment do not both pass. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from engine.definitions.app import App
from engine.definitions.objects import Check, Object
from engine.definitions.reading import Reader
from engine.expressions.compiled import Expression
from engine.kinds.fields.link import Link
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage import turns
from engine.runtime.storage.live import Live

Place = tuple[str, str]                        # an object and one of its actions, "" for what is judged in any case


def hold(session: Session, places: Iterable[Place]) -> None:
    """Hold the turns of all objects whose rows the checks at these places count, in one order.

    What was in hand of them is read anew: another command may have had its turn in between."""
    if not session.tx.write or not session.tx.postgres:
        return
    counted = _counted(session.tx.live)
    wanted = {name for place in places for name in counted.get(place, ())} - session.turns
    for name in sorted(wanted):
        turns.hold(session.tx, f"checks over {name}")
    if wanted:
        session.turns |= wanted
        session.reread(wanted)


def hold_trees(session: Session) -> None:
    """Hold the turns of the objects in which a record is put under another one: two moves do not close a circle."""
    if not session.tx.write or not session.tx.postgres:
        return
    wanted = {record.object for record in session.touched.values() if not record.deleted and _moved(record)}
    new = {name for name in wanted if f"places in {name}" not in session.turns}
    for name in sorted(new):
        turns.hold(session.tx, f"places in {name}")
        session.turns.add(f"places in {name}")
    if new:
        session.reread(new)


def _moved(record: Record) -> bool:
    """Whether a record that was there has a new place among its like."""
    before = record.before or {}
    return bool(before) and any(
        isinstance(field, Link) and field.climbs and record.values.get(name) not in (None, before.get(name))
        for name, field in record.definition.fields.items()
    )


@lru_cache(maxsize=32)
def _counted(live: Live) -> Mapping[Place, frozenset[str]]:
    """By place the objects whose rows are counted there (computed once per published version)."""
    app = live.app
    reader = Reader(app.objects, app.decisions)
    found: dict[Place, frozenset[str]] = {}
    for obj in app.objects.values():
        own = [*(_of(obj.checks)), *(one for part in (obj, *_lines(app, obj)) for one in _of_fields(part))]
        found[obj.name, ""] = _objects(app, reader, obj, own)
        for action in obj.actions.values():
            found[obj.name, action.name] = _objects(app, reader, obj, _of(action.checks))
    return MappingProxyType({place: names for place, names in found.items() if names})


def _lines(app: App, obj: Object) -> list[Object]:
    return [app.objects[f"{obj.name}.{name}"] for name in obj.lines]


def _of(checks: Iterable[Check]) -> list[Expression]:
    """The conditions of checks that refuse or ask for approval."""
    return [one for check in checks if check.otherwise != "warn" for one in (check.that, check.when) if one is not None]


def _of_fields(obj: Object) -> Iterator[Expression]:
    for field in obj.fields.values():
        yield from (one for one in (field.check, field.min, field.max) if one is not None)


def _objects(app: App, reader: Reader, obj: Object, rules: Iterable[Expression]) -> frozenset[str]:
    """The objects, lines as the one that they belong to, of which the rules read more than a record at hand."""
    return frozenset(name.partition(".")[0] for rule in rules for name in _rows(app, reader, obj.name, rule, set()))


def _rows(app: App, reader: Reader, thing: str, rule: Expression, seen: set[tuple[str, str]]) -> Iterator[str]:
    for path in rule.reads:
        if path[0].removeprefix("@") in app.objects and path[0].startswith("@"):
            yield path[0].removeprefix("@")
        for step in reader.steps(thing, path):
            owner = app.objects.get(step.thing)
            if owner is None or (step.thing, step.name) in seen:
                continue
            seen.add((step.thing, step.name))
            if step.field is None and step.name in owner.backs:
                yield owner.backs[step.name][0]
            elif step.field is not None and step.field.formula is not None and not step.field.stored:
                yield from _rows(app, reader, step.thing, step.field.formula, seen)
