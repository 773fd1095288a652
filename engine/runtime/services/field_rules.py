"""The rules of fields on a record as it stands: required, limits, own checks, links, the number of lines."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from engine.definitions.objects import Object
from engine.errors import FieldError, Invalid
from engine.expressions.comparing import compare
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Rows, Value
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.link import Link
from engine.kinds.fields.locales import show_date
from engine.runtime.services import spoken, uniques
from engine.runtime.services.changes import no_such, targets_of
from engine.runtime.services.conditions import holds
from engine.runtime.services.depending import day_bound, moved
from engine.runtime.services.identity import organisation
from engine.runtime.services.pointing import pointing
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.texts import Text, say

LIMITS = (("min", "不能小于", "may not be below"), ("max", "不能大于", "may not be above"))
AT_LEAST_ONE = say(zh="“{field}”至少要有 1 行", en="{field} needs at least 1 row")
AT_LEAST = say(zh="“{field}”至少要有 {n} 行", en="{field} needs at least {n} rows")
AT_MOST_ONE = say(zh="“{field}”最多 1 行", en="{field} takes at most 1 row")
AT_MOST = say(zh="“{field}”最多 {n} 行", en="{field} takes at most {n} rows")


def errors_of(session: Session, record: Record) -> list[FieldError]:
    """What is wrong with a record and its lines as they stand: required, limits, own checks, links, number of lines.

    A value that has not changed is judged by those rules only that read something that has."""
    found = list(_field_errors(session, record, ""))
    for name in record.definition.lines:
        field = record.definition.fields[name]
        lines = record.lines(name)
        found.extend(_line_count(field, len(lines), session.frame(record)))
        for index, line in enumerate(lines):
            found.extend(_field_errors(session, line, f"{name}.{index}."))
    found.extend(uniques.in_lines(record))
    return found


def unknown_limit(field: Field, bound: ErrorValue) -> Text:
    return say(
        zh="“{field}”的限值无法计算：{reason}",
        en="The limit of {field} cannot be computed: {reason}",
        field=field.label,
        reason=bound.reason,
    )


def _line_count(field: Field, count: int, frame: Frame) -> Iterator[FieldError]:
    least, most = (bound.value(frame) if bound is not None else None for bound in (field.min, field.max))
    for bound in (least, most):
        if isinstance(bound, ErrorValue):
            yield FieldError(field.name, unknown_limit(field, bound), "expression")
    if isinstance(least, Decimal) and count < least:
        text = AT_LEAST_ONE if least == 1 else AT_LEAST
        yield FieldError(field.name, text.filled(field=field.label, n=least), "min")
    if isinstance(most, Decimal) and count > most:
        text = AT_MOST_ONE if most == 1 else AT_MOST
        yield FieldError(field.name, text.filled(field=field.label, n=most), "max")


def _field_errors(session: Session, record: Record, prefix: str) -> Iterator[FieldError]:
    frame = session.frame(record)
    judged = record.parent is None or record.changed or record.root.returned  # whether what is missing is asked for
    forgotten = record.root.system.get("anonymised_at") is not None
    for field in record.definition.fields.values():
        if field.kind == "lines" or field.formula is not None or field.balance is not None:
            continue
        value = record.values.get(field.name)
        if value is not None and value is record.sound.get(field.name) and _is_bare(field, value):
            continue
        wanted = (judged or _required_anew(record, field)) and _required(field, frame)
        if value is None or value == ():
            if wanted and field.kind != "autonumber" and not field.copy and not (forgotten and field.personal):
                yield FieldError(
                    prefix + field.name,
                    say(zh="“{field}”必填", en="{field} is required", field=field.label),
                    "required",
                )
            continue
        fresh = record.before is None or record.root.returned or record.before.get(field.name) != value
        yield from (
            FieldError(prefix + field.name, message, code)
            for code, message in _value_errors(session, record, field, value, fresh)
        )


def _is_bare(field: Field, value: Value) -> bool:
    """Whether there is nothing to judge in a value that its field has found to be one of its kind."""
    plain = type(value) is not Ref and type(value) is not tuple and isinstance(field.required, bool)
    return plain and not field.listed and field.min is None and field.max is None and field.check is None


def _required_anew(record: Record, field: Field) -> bool:
    return isinstance(field.required, Expression) and moved(record, field.required)


def _required(field: Field, frame: Frame) -> bool:
    return field.required if isinstance(field.required, bool) else holds(field.required, frame)


def _value_errors(
    session: Session, record: Record, field: Field, value: Value, fresh: bool
) -> Iterator[tuple[str, Text]]:
    """What is wrong with a value; `fresh`: it is new itself."""
    if isinstance(value, ErrorValue):          # of a draft: a default, or what was given, that no column holds
        yield "invalid", value.reason
        return
    if fresh and (field.listed or record.sound.get(field.name) is not value):
        wrong = _misfit(session, field, value)
        if wrong is not None:
            yield wrong
            return
    if field.min is None and field.max is None and field.check is None and not isinstance(value, (Ref, tuple)):
        return
    frame = session.frame(record)
    for code, zh, en in LIMITS:
        limit = field.min if code == "min" else field.max
        if limit is not None and (fresh or moved(record, limit)):
            yield from _limit_errors(session, field, value, limit.value(frame), (code, zh, en))
    if fresh or (field.check is not None and moved(record, field.check)):
        yield from _check_errors(session, field, frame, record.object)
    if fresh or (isinstance(field, Link) and moved(record, field.where)):
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Ref):
                yield from _link_errors(session, record, field, one)


def _check_errors(session: Session, field: Field, frame: Frame, object: str = "") -> Iterator[tuple[str, Text]]:
    if field.check is not None and field.check.value(frame) is not True:
        yield "check", say(
            zh="“{field}”不符合规则：{rule}", en="{field} breaks its rule: {rule}", field=field.label,
            rule=spoken.told(session.tx.app, object, field.check),
        )


def given_errors(session: Session, field: Field, value: Value, frame: Frame) -> Iterator[tuple[str, Text]]:
    """What is wrong with a value that belongs to no record: of an input of an action, or of a webhook. `frame` knows
    all inputs by their names."""
    if isinstance(value, Rows):
        yield from ((one.code, one.message) for one in _line_count(field, len(value.items), frame))
        yield from _check_errors(session, field, frame)
        return
    if value is None or value == ():
        if _required(field, frame):
            yield "required", say(zh="“{field}”必填", en="{field} is required", field=field.label)
        return
    wrong = _misfit(session, field, value)
    if wrong is not None:
        yield wrong
        return
    for words in LIMITS:
        limit = field.min if words[0] == "min" else field.max
        if limit is not None:
            yield from _limit_errors(session, field, value, limit.value(frame), words)
    yield from _check_errors(session, field, frame)
    for one in value if isinstance(value, tuple) else (value,):
        target = session.record(one) if isinstance(one, Ref) else None
        if isinstance(one, Ref) and (target is None or target.root.system.get("deleted_at") is not None):
            yield "not_found", no_such(session, field, one)
        elif target is not None and isinstance(field, Link):
            yield from _offer_errors(session, field, target, frame)


def _misfit(session: Session, field: Field, value: Value) -> tuple[str, Text] | None:
    """Why a value is none of its kind or of its list; None if it is one."""
    try:
        field.check_value(value)
    except Unfit as problem:
        return "invalid", problem.message
    if not field.listed or value in organisation.listed(session.tx, field.listed):
        return None
    return (
        "not_found",
        say(zh="“{field}”中没有 {value}", en="{field} has no {value}", field=field.label, value=str(value)),
    )


def _limit_errors(
    session: Session, field: Field, value: Value, bound: Value, words: tuple[str, str, str]
) -> Iterator[tuple[str, Text]]:
    code, zh, en = words
    if isinstance(bound, ErrorValue):
        yield "expression", unknown_limit(field, bound)
        return
    day = day_bound(value, bound)
    if bound is None or not day and type(bound) is not type(value):
        return
    order = compare(value, bound, session.timezone)
    if isinstance(order, int) and (order < 0 if code == "min" else order > 0):
        here = field.seen_from(session.tx.timezone)
        shown = show_date(bound, session.language) if day else here.format(bound, session.language)  # type: ignore[arg-type]
        yield (
            code,
            say(zh=f"“{{field}}”{zh} {{bound}}", en=f"{{field}} {en} {{bound}}", field=field.label, bound=shown),
        )


def _link_errors(session: Session, record: Record, field: Field, value: Ref) -> Iterator[tuple[str, Text]]:
    target = session.record(value)
    if target is None or value.object not in targets_of(field):
        yield "not_found", no_such(session, field, value)
        return
    if target.deleted or target.root.system.get("deleted_at") is not None:
        yield "deleted", say(
            zh="“{field}”指向的记录已删除；可先从回收站恢复它",
            en="{field} points to a record that was deleted: restore that one from the bin first", field=field.label,
        )
        return
    if isinstance(field, Link) and field.climbs and _under(session, record, field, target):
        yield "circle", say(
            zh="“{field}”不能是 {title}：{record} 会成为自己的下级",
            en="{field} may not be {title}: {record} would stand under itself",
            field=field.label, title=session.title(target), record=session.title(record),
        )
        return
    if isinstance(field, Link):
        yield from _offer_errors(session, field, target, session.frame(record))


def _offer_errors(session: Session, field: Link, target: Record, frame: Frame) -> Iterator[tuple[str, Text]]:
    if field.where is not None and field.where.value(frame.at(target)) is not True:
        yield "not_offered", say(
            zh="“{field}”不能选 {title}（条件：{rule}）", en="{field} may not be {title} (rule: {rule})",
            field=field.label, title=session.title(target),
            rule=spoken.told(session.tx.app, target.object, field.where, apart=True),
        )


def _under(session: Session, record: Record, field: Field, target: Record) -> bool:
    """Whether a record stands above `target`, or is it."""
    seen: set[int | None] = set()
    above: Record | None = target
    while above is not None and above.id not in seen:
        if above is record:
            return True
        seen.add(above.id)
        link = above.values.get(field.name)
        above = session.record(link) if isinstance(link, Ref) and link.object == record.object else None
    return False


def raise_errors(session: Session, obj: Object, errors: list[FieldError]) -> None:
    """Raise `Invalid` if there are any."""
    if errors:
        with pointing(session.tx.app, obj):
            raise Invalid(errors[0].message, errors=errors)
