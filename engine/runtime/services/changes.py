"""Changing a record in memory: given values, defaults, copies, refills."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.errors import FieldError, Invalid
from engine.expressions.compiled import Expression
from engine.expressions.values import ErrorValue, Key, Ref, Row, Value
from engine.kinds.fields.base import Field, Literal
from engine.kinds.fields.link import Link
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.texts import Text, say, within

PLAIN = (str, Decimal, bool, dt.date, dt.datetime, Ref, type(None))


@dataclass(frozen=True, slots=True)
class LineValues:
    """Given values of one line: `id` of an existing one or None, `remove` takes it out; `given` by field."""

    given: Mapping[str, Any]
    id: int | None = None
    remove: bool = False


@dataclass(frozen=True, slots=True)
class LinesValue:
    """Given lines. `whole`: these are all lines, in this order (a form); else they are merged by id (a patch)."""

    items: tuple[LineValues, ...]
    whole: bool = True


def fill_new(session: Session, record: Record, given: Mapping[str, Any]) -> None:
    """Give a new record or line its values: what is given, copies, and defaults for the rest, in declared order."""
    for name in given:
        if record.definition.fields[name].kind != "lines":
            record.set(name, resolve(session, record.definition.fields[name], given[name], name))
    fill_rest(session, record, given)


def fill_rest(session: Session, record: Record, given: Mapping[str, Any]) -> None:
    """What a new record that has its given values gets besides: copies, defaults, lines."""
    for field in record.definition.fields.values():
        if field.kind == "lines" or field.computed and not field.copy:
            continue
        if field.copy:
            copy_value(session, record, field)
        elif field.name not in given and field.default is not None:
            record.set(field.name, slot(session, record, field, field.default))
    fill_lines(session, record, given)


def fill_lines(session: Session, record: Record, given: Mapping[str, Any]) -> None:
    """New lines of a new record: those given, else the declared default ones."""
    for name in record.definition.lines:
        field = record.definition.fields[name]
        if name in given:
            apply_lines(session, record, name, given[name])
        elif isinstance(field.default, Literal):
            apply_lines(session, record, name, LinesValue(tuple(LineValues(row) for row in field.default.value)))


def change(session: Session, record: Record, given: Mapping[str, Any]) -> list[str]:
    """Apply given values to a record or line; copies and refills follow. The names of what changed."""
    changed: list[str] = []
    for name, value in given.items():
        field = record.definition.fields[name]
        if field.kind == "lines":
            apply_lines(session, record, name, value)
            continue
        new = resolve(session, field, value, name)
        if record.values.get(name) != new:
            record.set(name, new)
            changed.append(name)
    follow(session, record, changed, given)
    return changed


def follow(session: Session, record: Record, changed: Iterable[str], given: Mapping[str, Any]) -> None:
    """What hangs on changed fields: copies are taken again, defaults with `refill` are filled again unless given."""
    moved = set(changed)
    for field in record.definition.fields.values():
        if field.copy and field.copy[0] in moved:
            copy_value(session, record, field)
            moved.add(field.name)
        elif moved & set(field.refill) and field.name not in given and field.default is not None:
            record.set(field.name, slot(session, record, field, field.default))
            moved.add(field.name)


def copy_value(session: Session, record: Record, field: Field) -> None:
    """Take the value at the end of a copy's path, through the link at its head."""
    value: Value = record.get(field.copy[0])
    for name in field.copy[1:]:
        row = session.record(value) if isinstance(value, Ref) else value
        if not isinstance(row, Row):
            value = None
            break
        try:
            value = row.get(name)
        except KeyError:  # through a link to one of several: blank where the target has no such field
            value = None
    if isinstance(value, ErrorValue):
        text = say(
            zh="“{field}”要取的值无法计算：{reason}",
            en="What {field} takes over cannot be computed: {reason}",
            field=field.label,
            reason=value.reason,
        )
        refuse_unknown(session, field, text)
        value = None
    record.set(field.name, as_link(value))


def refuse_unknown(session: Session, field: Field, text: Text) -> None:
    """Refuse a value that cannot be computed where it would be written. Where it is only shown, as in a form that is
    still being filled in, it is blank."""
    if session.tx.write:
        raise Invalid(text, errors=[FieldError(field.name, text, "expression")])


def as_link(value: Value) -> Value:
    if type(value) in PLAIN:                   # most values: nothing to look into
        return value
    return Ref(value.object, value.id) if isinstance(value, Row) and value.id is not None else value


def slot(session: Session, record: Record, field: Field, value: Literal | Expression, **names: object) -> Value:
    """The value of a slot (a literal, or an expression over the record) as the field holds it."""
    if isinstance(value, Literal):
        return resolve(session, field, value.value, field.name)
    found = value.value(session.frame(record, **names))
    return fitting(session, field, found)


def fitting(session: Session, field: Field, value: Value) -> Value:
    """A computed value as the field holds it: links resolved, numbers rounded; an error is refused."""
    if isinstance(value, ErrorValue):
        text = say(
            zh="“{field}”的默认值无法计算：{reason}",
            en="The default of {field} cannot be computed: {reason}",
            field=field.label,
            reason=value.reason,
        )
        refuse_unknown(session, field, text)
        return None
    return session.fit(field, as_link(value))


def resolve(session: Session, field: Field, value: Any, path: str) -> Value:
    """A given value as the field holds it; a key of a linked record is looked up."""
    if type(value) in PLAIN:                   # most values: no key and no list
        return session.fit(field, value)
    if isinstance(value, tuple) and any(isinstance(one, Key) for one in value):
        looked_up = (resolve(session, field, one, path) if isinstance(one, Key) else one for one in value)
        return tuple(dict.fromkeys(looked_up))
    if isinstance(value, Key):
        found = find(session, field, value)
        if found is None:
            text = no_such(session, field, value)
            raise Invalid(text, errors=[FieldError(path, text, "not_found")])
        return found
    return session.fit(field, as_link(value))


Known = Mapping[tuple[str, str], Ref | None]   # what keys of objects are known to name


def find(session: Session, field: Field, key: Key, known: Known | None = None) -> Ref | None:
    """The record that a key names, in the first of the link's objects that has one."""
    known = known or {}
    found = (
        known[target, key.text] if (target, key.text) in known else session.find(target, key.text)
        for target in targets_of(field) if _called_so(session, target, key)
    )
    return next((ref for ref in found if ref is not None), None)


def _called_so(session: Session, target: str, key: Key) -> bool:
    """Whether the key of an object is called as whoever gave it says."""
    return not key.called or key.called in _keys(session, target)


def _keys(session: Session, target: str) -> tuple[str, ...]:
    return ("login",) if target == "user" else session.tx.app.objects[target].key


def no_such(session: Session, field: Field, link: Key | Ref) -> Text:
    """What is said of a link to nothing, and of one to what is out of sight."""
    if isinstance(link, Ref):
        return say(
            zh="“{field}”指向的记录不存在", en="{field} points to a record that does not exist", field=field.label
        )
    targets = targets_of(field)
    label = within(session.tx.app.objects[targets[0]].label)
    if not any(_called_so(session, target, link) for target in targets):
        known = "、".join(dict.fromkeys(name for target in targets for name in _keys(session, target))) or "id"
        return say(zh="{object}以 {known} 标识，不是 {field}", en="{object} is named by {known}, not by {field}",
                   object=session.tx.app.objects[targets[0]].label, known=known, field=link.called)
    return say(zh="没有“{key}”这个{object}", en="There is no {object} “{key}”", key=link.text, object=label)


def targets_of(field: Field) -> tuple[str, ...]:
    """The objects that a link may point to."""
    return field.to if isinstance(field, Link) else ()


def moves_rows(record: Record, name: str, value: LinesValue) -> tuple[bool, bool]:
    """Whether given lines would bring rows to a record, and whether they would take some away."""
    kept = {item.id for item in value.items if not item.remove}
    adds = any(item.id is None for item in value.items)
    leaves_out = value.whole and any(line.id not in kept for line in record.lines(name))
    return adds, leaves_out or any(item.remove for item in value.items)


def apply_lines(session: Session, record: Record, name: str, value: LinesValue) -> None:
    """Put given lines into a record."""
    by_id = {line.id: line for line in record.lines(name)}
    order: list[Record] = []
    for index, item in enumerate(value.items):
        line = by_id.get(item.id) if item.id is not None else None
        if item.id is not None and line is None:
            text = say(zh="第 {row} 行不属于这条记录", en="Row {row} is not of this record", row=index + 1)
            raise Invalid(text, errors=[FieldError(f"{name}.{index}", text, "not_found")])
        try:
            if line is None:
                line = record.add_line(name)
                fill_new(session, line, item.given)
            elif item.remove:
                record.remove_line(name, line)
                continue
            else:
                change(session, line, item.given)
        except Invalid as problem:
            errors = [FieldError(f"{name}.{index}.{e.field}", e.message, e.code) for e in problem.errors]
            raise Invalid(problem.message, errors=errors) from problem
        order.append(line)
    if value.whole:
        for line in [line for line in record.lines(name) if line not in order]:
            record.remove_line(name, line)
        record.children[name][:] = order
    for position, line in enumerate(record.lines(name), 1):
        if line.position != position:
            line.position = position
            line.touch()
