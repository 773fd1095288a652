"""Links that a person gives: looked up with that person's eyes. What is out of sight does not exist, so that no door
tells whether a record is there. The app's own steps, copies and defaults are free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.definitions.objects import Object
from engine.errors import FieldError, Invalid
from engine.expressions.values import Key, Ref, Value
from engine.kinds.fields.base import Field
from engine.kinds.fields.link import Link
from engine.runtime.services import attachments, changes, saving
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session


@dataclass(slots=True)
class Looked:
    """Given values with every link looked up; fields with a link out of sight, or to nothing, are left out and are
    among the `errors`."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)
    known: changes.Known = field(default_factory=dict)


Held = Mapping[str, tuple[Ref, ...]]           # by path: links that the record holds whatever is given


def looked_up(session: Session, record: Record, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The given values of a record with keys looked up. A link out of sight is refused (`Invalid`) in the words for a
    record that is not there."""
    found = look_up(session, record, given)
    if found.errors:
        raise Invalid(found.errors[0].message, errors=found.errors)
    return found.values


def look_up(session: Session, record: Record, given: Mapping[str, Any]) -> Looked:
    """Like `looked_up`, for who goes on with the rest. A link that the record holds anyway (before the change, or by
    default) tells nothing and passes. Uploads are looked up as well."""
    errors: list[FieldError] = []
    given = attachments.taken(session, record, given, errors)
    if access.unbound(session.tx.actor):
        return Looked(dict(given), errors)
    found = _sorted(session, record.definition, given, {})
    if found.errors:
        held = _held_anyway(session, record, found.values)
        found = _sorted(session, record.definition, given, held) if held else found
    return replace(found, errors=[*errors, *found.errors])


def asked(session: Session, field: Field, value: Any) -> Any:
    """A value given for an input of an action, looked up like those of a record."""
    found = Looked()
    value = attachments.asked(session, field, value)
    if not access.unbound(session.tx.actor):
        value = _one(session, field, value, field.name, (), found)
    if found.errors:
        raise Invalid(found.errors[0].message, errors=found.errors)
    return value


def seen(session: Session, ref: Ref) -> bool:
    """Whether the actor may know of this record: it is there, not in the bin, and in sight."""
    target = session.record(ref)
    return target is not None and target.root.system.get("deleted_at") is None and access.granted(target, "see")


def _sorted(session: Session, obj: Object, given: Mapping[str, Any], held: Held) -> Looked:
    """Given values apart from the links that are out of sight and not held anyway."""
    session.prefetch(_refs(given))
    found = Looked(known=_named(session, obj, given))
    for name, value in given.items():
        if isinstance(value, changes.LinesValue):
            inner = session.tx.app.objects[f"{obj.name}.{name}"]
            rows = (_row(session, inner, one.given, f"{name}.{n}.", held, found) for n, one in enumerate(value.items))
            items = tuple(replace(item, given=row) for item, row in zip(value.items, rows, strict=True))
            found.values[name] = replace(value, items=items)
        else:
            found.values.update(_row(session, obj, {name: value}, "", held, found))
    return found


def _named(session: Session, obj: Object, given: Mapping[str, Any]) -> changes.Known:
    """What all given keys name, with one statement per object."""
    wanted: dict[str, set[str]] = {}
    for part, values in _parts(session, obj, given):
        for name, value in values.items():
            keys = {one.text for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, Key)}
            for target in changes.targets_of(part.fields[name])[:1] if keys else ():
                wanted.setdefault(target, set()).update(keys)
    return {
        (target, key): ref for target, keys in wanted.items() for key, ref in session.find_all(target, keys).items()
    }


def _parts(session: Session, obj: Object, given: Mapping[str, Any]) -> Iterator[tuple[Object, Mapping[str, Any]]]:
    """The given values of a record, then those of each of its lines."""
    yield obj, {name: value for name, value in given.items() if not isinstance(value, changes.LinesValue)}
    for name, value in given.items():
        if isinstance(value, changes.LinesValue):
            inner = session.tx.app.objects[f"{obj.name}.{name}"]
            for item in value.items:
                yield inner, item.given


def _row(
    session: Session, obj: Object, given: Mapping[str, Any], prefix: str, held: Held, found: Looked
) -> dict[str, Any]:
    """The given values of one row; those that are refused are added to the errors instead."""
    row = {}
    for name, value in given.items():
        before = len(found.errors)
        kept = _one(session, obj.fields[name], value, prefix + name, held.get(prefix + name, ()), found)
        if len(found.errors) == before:
            row[name] = kept
    return row


def _one(session: Session, field: Field, value: Any, path: str, held: tuple[Ref, ...], found: Looked) -> Any:
    """The value of one field with its keys looked up; an error for each link to what is out of sight."""
    if not isinstance(field, Link):
        return value
    kept = []
    for one in value if isinstance(value, tuple) else (value,):
        ref = changes.find(session, field, one, found.known) if isinstance(one, Key) else one
        if isinstance(one, Key | Ref) and ref not in held and (ref is None or not _told(session, one, ref)):
            found.errors.append(FieldError(path, changes.no_such(session, field, one), "not_found"))
        kept.append(ref)
    return tuple(dict.fromkeys(kept)) if isinstance(value, tuple) else kept[0]


def _told(session: Session, given: Key | Ref, ref: Ref) -> bool:
    """Whether the actor may name this record so: by its number, or by a key that is in sight too."""
    target = session.record(ref)
    return target is not None and seen(session, ref) and (isinstance(given, Ref) or access.shows_key(target))


def _refs(given: Mapping[str, Any]) -> Iterator[Ref]:
    for value in given.values():
        if isinstance(value, changes.LinesValue):
            for item in value.items:
                yield from _refs(item.given)
        else:
            yield from (one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, Ref))


def _held_anyway(session: Session, record: Record, rest: Mapping[str, Any]) -> Held:
    """The links of the record as the rest of the given values alone would leave it, worked out beside the session."""
    aside = Session(session.tx)
    try:
        if record.id is None:
            draft = saving.start_new(aside, record.definition)
            changes.fill_new(aside, draft, rest)
        else:
            draft = _again(aside, record)
            changes.change(aside, draft, rest)
    except Invalid:                            # what is wrong beside the links: nothing is known to be held
        return {}
    held = _links(draft, "")
    for name, value in rest.items():
        if isinstance(value, changes.LinesValue):
            fresh = (line for line in draft.lines(name) if line.id is None)
            stored = {line.id: line for line in draft.lines(name)}
            for index, item in enumerate(value.items):
                line = next(fresh) if item.id is None else stored.get(item.id)
                held |= {} if line is None else _links(line, f"{name}.{index}.")
    return held


def _again(session: Session, record: Record) -> Record:
    """The record in another session."""
    found = session.record(record.ref)
    assert found is not None, "it was read in this transaction"
    return found


def _links(record: Record, prefix: str) -> dict[str, tuple[Ref, ...]]:
    values: Mapping[str, Value] = record.values
    listed = {name: value if isinstance(value, tuple) else (value,) for name, value in values.items()}
    return {prefix + name: tuple(one for one in found if isinstance(one, Ref)) for name, found in listed.items()}
