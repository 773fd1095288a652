"""Changing a record in memory: given values, defaults, copies, refills; and the rules of its fields on the result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.definitions.objects import Object
from engine.errors import FieldError, Invalid
from engine.expressions.comparing import compare
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Key, Ref, Row, Value
from engine.kinds.fields.base import Field, Literal, Unfit
from engine.kinds.fields.link import Link
from engine.runtime.services import organisation, uniques
from engine.runtime.services.conditions import holds
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.texts import Text, say


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
    record.set(field.name, as_link(value))


def as_link(value: Value) -> Value:
    return Ref(value.object, value.id) if isinstance(value, Row) and value.id is not None else value


def slot(session: Session, record: Record, field: Field, value: Literal | Expression, **names: object) -> Value:
    """The value of a slot (a literal, or an expression over the record) as the field holds it."""
    if isinstance(value, Literal):
        return resolve(session, field, value.value, field.name)
    found = value.value(session.frame(record, **names))
    return fitting(session, field, found)


def fitting(session: Session, field: Field, value: Value) -> Value:
    """A computed value as the field holds it: links resolved, numbers rounded; an error becomes blank."""
    if isinstance(value, ErrorValue):
        return None
    return session.fit(field, as_link(value))


def resolve(session: Session, field: Field, value: Any, path: str) -> Value:
    """A given value as the field holds it; a key of a linked record is looked up."""
    if isinstance(value, tuple) and any(isinstance(one, Key) for one in value):
        looked_up = (resolve(session, field, one, path) if isinstance(one, Key) else one for one in value)
        return tuple(dict.fromkeys(looked_up))
    if isinstance(value, Key):
        targets = targets_of(field)
        for target in targets:
            found = session.find(target, value.text)
            if found is not None:
                return found
        label = session.tx.app.objects[targets[0]].label
        text = say(zh="没有“{key}”这个{object}", en="There is no {object} “{key}”", key=value.text, object=label)
        raise Invalid(text, errors=[FieldError(path, text, "not_found")])
    return session.fit(field, as_link(value))


def targets_of(field: Field) -> tuple[str, ...]:
    """The objects that a link may point to."""
    return field.to if isinstance(field, Link) else ()


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


# ---- rules on the result


def errors_of(session: Session, record: Record) -> list[FieldError]:
    """What is wrong with a record and its lines as they stand: required, limits, own checks, links, number of lines."""
    found = list(_field_errors(session, record, ""))
    for name in record.definition.lines:
        field = record.definition.fields[name]
        lines = record.lines(name)
        found.extend(_line_count(field, len(lines), session.frame(record)))
        for index, line in enumerate(lines):
            if line.changed:
                found.extend(_field_errors(session, line, f"{name}.{index}."))
    found.extend(uniques.in_lines(record))
    return found


def _line_count(field: Field, count: int, frame: Frame) -> Iterator[FieldError]:
    least, most = (bound.value(frame) if bound is not None else None for bound in (field.min, field.max))
    if not isinstance(least, Decimal | None) or not isinstance(most, Decimal | None):
        return
    if least is not None and count < least:
        yield FieldError(
            field.name,
            say(zh="“{field}”至少要有 {n} 行", en="{field} needs at least {n} rows", field=field.label, n=least),
            "min",
        )
    if most is not None and count > most:
        yield FieldError(
            field.name,
            say(zh="“{field}”最多 {n} 行", en="{field} takes at most {n} rows", field=field.label, n=most),
            "max",
        )


def _field_errors(session: Session, record: Record, prefix: str) -> Iterator[FieldError]:
    frame = session.frame(record)
    for field in record.definition.fields.values():
        if field.kind == "lines" or field.formula is not None or field.balance is not None:
            continue
        value = record.values.get(field.name)
        wanted = field.required if isinstance(field.required, bool) else holds(field.required, frame)
        if value is None or value == ():
            if wanted and field.kind != "autonumber" and not field.copy:
                yield FieldError(
                    prefix + field.name,
                    say(zh="“{field}”必填", en="{field} is required", field=field.label),
                    "required",
                )
            continue
        if record.before is not None and record.before.get(field.name) == value:
            continue
        yield from (
            FieldError(prefix + field.name, message, code)
            for code, message in _value_errors(session, record, field, value)
        )


def _value_errors(session: Session, record: Record, field: Field, value: Value) -> Iterator[tuple[str, Text]]:
    frame = session.frame(record)
    try:
        field.check_value(value)
    except Unfit as problem:
        yield "invalid", problem.message
        return
    if field.listed and value not in organisation.listed(session.tx, field.listed):
        yield (
            "not_found",
            say(zh="“{field}”中没有 {value}", en="{field} has no {value}", field=field.label, value=str(value)),
        )
        return
    language = session.language
    for limit, code, zh, en in (
        (field.min, "min", "不能小于", "may not be below"),
        (field.max, "max", "不能大于", "may not be above"),
    ):
        bound = limit.value(frame) if limit is not None else None
        if bound is None or isinstance(bound, ErrorValue) or type(bound) is not type(value):
            continue
        order = compare(value, bound)
        if isinstance(order, int) and (order < 0 if code == "min" else order > 0):
            yield (
                code,
                say(
                    zh=f"“{{field}}”{zh} {{bound}}",
                    en=f"{{field}} {en} {{bound}}",
                    field=field.label,
                    bound=field.format(bound, language),
                ),
            )
    if field.check is not None and field.check.value(frame) is not True:
        yield (
            "check",
            say(
                zh="“{field}”不符合规则：{rule}",
                en="{field} breaks its rule: {rule}",
                field=field.label,
                rule=field.check.text,
            ),
        )
    for one in value if isinstance(value, tuple) else (value,):
        if isinstance(one, Ref):
            yield from _link_errors(session, record, field, one)


def _link_errors(session: Session, record: Record, field: Field, value: Ref) -> Iterator[tuple[str, Text]]:
    target = session.record(value)
    if target is None or value.object not in targets_of(field):
        yield (
            "not_found",
            say(zh="“{field}”指向的记录不存在", en="{field} points to a record that does not exist", field=field.label),
        )
        return
    where = field.where if isinstance(field, Link) else None
    if where is not None and where.value(session.frame(record).at(target)) is not True:
        yield (
            "not_offered",
            say(
                zh="“{field}”不能选 {title}（条件：{rule}）",
                en="{field} may not be {title} (rule: {rule})",
                field=field.label,
                title=session.title(target),
                rule=where.text,
            ),
        )


def raise_errors(obj: Object, errors: list[FieldError]) -> None:
    """Raise `Invalid` if there are any."""
    if errors:
        first = errors[0].message
        text = (
            first
            if len(errors) == 1
            else say(
                zh="“{object}”有 {n} 处需要修改：{first}",
                en="{object} needs {n} corrections: {first}",
                object=obj.label,
                n=len(errors),
                first=first,
            )
        )
        raise Invalid(text, errors=errors)
