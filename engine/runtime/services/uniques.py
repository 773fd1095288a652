"""Unique rules with a condition or a range, and objects with a single record: judged once per command, one command at
a time. Others are indexes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from engine.definitions.objects import Object, Unique
from engine.errors import FieldError, Invalid, Refused
from engine.expressions.values import ErrorValue, Range, Ref
from engine.kinds.fields.base import Field
from engine.runtime.services.conditions import holds
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import turns, unique_rows
from engine.runtime.storage.live import Tx
from engine.texts import Text, say, within


def conditional(record: Record) -> list[Unique]:
    """The rules of a record's object that hold among records and have a condition or a range, or only warn."""
    rules = [r for r in record.definition.unique if r.when is not None or r.ranged or r.warning]
    return [rule for rule in rules if all("." not in name for name in rule.fields)]


def judge(session: Session, accepted: Collection[str]) -> list[tuple[str, Text]]:
    """Refuse where a touched record now agrees with another one for which the same condition holds; what only warns and
    is not accepted comes back, by name.

    Raises `Invalid`. Rules are held in one order, so that two commands never wait for each other."""
    _judge_single(session)
    warnings: dict[str, Text] = {}
    touched = [record for record in session.touched.values() if not record.deleted and conditional(record)]
    due = [(f"{r.object} {','.join(rule.fields)}", r, rule) for r in touched for rule in conditional(r)]
    for name, record, rule in sorted(due, key=lambda one: (one[0], one[1].id or 0)):
        values = {field: record.values.get(field) for field in rule.fields}
        missing = any(value in (None, "") or isinstance(value, ErrorValue) for value in values.values())
        if missing or not _applies(rule, record):
            continue
        turns.hold(session.tx, f"unique {name}")
        ids = unique_rows.alike(session.tx, record.definition, values, record.id or 0, rule.ranged)
        session.prefetch(Ref(record.object, id) for id in ids)
        for id in ids:
            other = session.record(Ref(record.object, id))
            if other is not None and not other.deleted and _applies(rule, other):
                if not rule.warning:
                    raise _taken(session, record, rule, other)
                if rule.called not in accepted:
                    warnings[rule.called] = _taken(session, record, rule, other).message
    for record in session.touched.values():
        for error in () if record.deleted else in_lines(record, warning=True):
            name = f"unique:{error.field}"
            warnings |= {} if name in accepted else {name: error.message}
    return list(warnings.items())


def _judge_single(session: Session) -> None:
    """Refuse a second record of what there is one of. One that was there before its object became single stays."""
    fresh = [one for one in session.touched.values() if one.definition.single and (one.is_new or one.returned)]
    for record in sorted((one for one in fresh if not one.deleted), key=lambda one: (one.object, one.id or 0)):
        turns.hold(session.tx, f"single {record.object}")
        if unique_rows.another(session.tx, record.definition, record.id or 0):
            label = within(record.definition.label)
            raise Refused(say(zh="“{object}”只有一条，已经存在", en="There is one {object} only, and it exists already",
                              object=label), code="single")


def offers_new(tx: Tx, obj: Object) -> bool:
    """Whether the actor may make a new record, and there is room for it."""
    return access.may(tx, obj.name, "create") and not (obj.single and unique_rows.another(tx, obj))


def _applies(rule: Unique, record: Record) -> bool:
    return rule.when is None or holds(rule.when, record.frame())


def _taken(session: Session, record: Record, rule: Unique, other: Record) -> Invalid:
    if rule.ranged:
        field = record.definition.fields[rule.ranged]
        text = rule.say or _overlap(session, field, other)
        return Invalid(text, errors=[FieldError(rule.ranged, text, "overlap")])
    names = ", ".join(record.definition.fields[name].label.to(session.language) for name in rule.fields)
    text = rule.say or say(zh="{names} 的组合已存在", en="There is already one with these {names}", names=names)
    return Invalid(text, errors=[FieldError(rule.fields[0], text, "unique")])


def _overlap(session: Session, field: Field, other: Record) -> Text:
    """With what it overlaps; of a record out of sight no more than that there is one."""
    if not access.granted(other, "see"):
        return say(zh="“{field}”与另一条记录重叠", en="{field} overlaps with another record", field=field.label)
    return say(
        zh="“{field}”与“{other}”（{range}）重叠", en="{field} overlaps with {other} ({range})", field=field.label,
        other=other.title,
        range=field.seen_from(session.tx.timezone).format(other.values.get(field.name), session.language),
    )


def in_lines(record: Record, *, warning: bool = False) -> Iterator[FieldError]:
    """`unique: [lines.product]`: no two lines of one record agree in these, or overlap in the range among them.

    Those of the rules that refuse, or of those that only warn."""
    for rule in record.definition.unique:
        if rule.warning != warning:
            continue
        head = rule.fields[0].partition(".")[0] if "." in rule.fields[0] else ""
        if not head or not _applies(rule, record):
            continue
        names = [name.partition(".")[2] for name in rule.fields]
        ranged = rule.ranged.partition(".")[2]
        seen: list[tuple[int, Record]] = []
        for index, line in enumerate(record.lines(head)):
            if rule.each_when is not None and not holds(rule.each_when, record.session.frame(record).at(line)):
                continue
            before = next((n for n, other in seen if _agree(line, other, names, ranged)), None)
            if before is not None:
                text = rule.say or say(zh="与第 {row} 行重复", en="The same as row {row}", row=before + 1)
                if ranged and rule.say is None:
                    text = say(zh="与第 {row} 行重叠", en="Overlaps with row {row}", row=before + 1)
                yield FieldError(f"{head}.{index}.{ranged or names[0]}", text, "overlap" if ranged else "unique")
            seen.append((index, line))


def _agree(one: Record, other: Record, names: Sequence[str], ranged: str) -> bool:
    pairs = [(one.get(name), other.get(name)) for name in names if name != ranged]
    if ranged:
        first, second = one.get(ranged), other.get(ranged)
        both = isinstance(first, Range) and isinstance(second, Range) and first.overlaps(second)
        return both and all(left == right and left is not None for left, right in pairs)
    return any(left is not None for left, _ in pairs) and all(left == right for left, right in pairs)
