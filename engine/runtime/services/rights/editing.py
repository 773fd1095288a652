"""Why fields are closed to a person. The `edit` of fields: what a person gives is refused where it does not hold; the
app's own steps are free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.errors import FieldError, Invalid
from engine.expressions.compiled import Expression
from engine.expressions.values import ErrorValue
from engine.kinds.fields.base import Field
from engine.runtime.services import changes, spoken
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.texts import Text, say


def kept_by_system(field: Field, importing: bool = False) -> Text | None:
    """Why nobody fills a field in; who may import gives the numbers of records."""
    if field.computed:
        return say(zh="“{field}”由系统计算，不能填写", en="{field} is computed and cannot be given", field=field.label)
    if (field.kind == "autonumber" or field.readonly) and not importing:
        return say(zh="“{field}”由系统填写", en="{field} is filled in by the system", field=field.label)
    return None


def not_theirs(field: Field) -> Text:
    """That no right opens a field."""
    return say(zh="您没有填写“{field}”的权限", en="You may not fill in {field}", field=field.label)


def why_closed(record: Record, name: str) -> Text:
    """Why a field that no state closes is not to be filled in by the actor: the words of a refusal."""
    head, _, tail = name.partition(".")
    obj = record.definition
    field = record.session.tx.app.objects[f"{obj.name}.{head}"].fields[tail] if tail else obj.fields[head]
    return kept_by_system(field) or not_theirs(field)


def refuse_shut(session: Session, record: Record, given: Mapping[str, Any]) -> None:
    """Refuse what was given (and has been applied to the record) for fields whose `edit` does not hold.

    A value that is the same as before, or as the default of a new record, changes nothing and passes."""
    if access.unbound(session.tx.actor):
        return
    errors = list(_shut(session, record, given, ""))
    if errors:
        raise Invalid(errors[0].message, errors=errors)


def _shut(session: Session, record: Record, given: Mapping[str, Any], prefix: str) -> Iterator[FieldError]:
    for name, value in given.items():
        field = record.definition.fields.get(name)
        if field is None:
            continue
        if isinstance(value, changes.LinesValue):
            yield from _shut_lines(session, record, field, value)
        if field.edit is None:
            continue
        reason = _reason(session, record, field)
        if reason is not None:
            yield FieldError(prefix + name, reason, "closed")


def _shut_lines(
    session: Session, record: Record, field: Field, value: changes.LinesValue
) -> Iterator[FieldError]:
    """Of lines: those that stand in the record, old and new ones."""
    names = dict.fromkeys(name for item in value.items for name in item.given)
    for index, line in enumerate(record.lines(field.name)):
        yield from _shut(session, line, names, f"{field.name}.{index}.")


def _reason(session: Session, record: Record, field: Field) -> Text | None:
    """Why the field may not change as it did; None if it may, or did not."""
    lines = field.kind == "lines"
    if lines and not _lines_changed(record, field.name):
        return None
    old = None if lines else _old(session, record, field)
    if not lines and record.values.get(field.name) == old:
        return None
    assert field.edit is not None, "asked of fields with `edit` only"
    found = field.edit.value(session.frame(record if lines else _apart_from(record, field, old)))
    if found is True:
        return None
    if isinstance(found, ErrorValue):
        return say(
            zh="“{field}”能否修改无法计算：{reason}",
            en="Whether {field} may be filled in cannot be computed: {reason}",
            field=field.label,
            reason=found.reason,
        )
    return say(
        zh="现在不能修改“{field}”（条件：{rule}）",
        en="{field} may not be filled in now (rule: {rule})",
        field=field.label,
        rule=spoken.told(record.session.tx.app, record.object, field.edit),
    )


def _lines_changed(record: Record, name: str) -> bool:
    gone = any(line.definition.owner_field == name for line in (*record.removed, *record.taken_out))
    return gone or any(line.changed for line in record.lines(name))


def _old(session: Session, record: Record, field: Field) -> Any:
    """What the field would hold had it not been given."""
    if record.before is not None:
        return record.before.get(field.name)
    if isinstance(field.default, Expression):
        found = field.default.value(session.frame(_apart_from(record, field, None)))
        return None if isinstance(found, ErrorValue) else changes.fitting(session, field, found)
    return None if field.default is None else changes.resolve(session, field, field.default.value, field.name)


def _apart_from(record: Record, field: Field, old: Any) -> Record:
    """The record with everything else as it was given, as a form shows it to who begins to fill in this field."""
    before = Record(record.session, record.definition, id=record.id)
    before.values = {**record.values, field.name: old}
    before.system, before.before = record.system, record.before
    before.parent, before.position, before.children = record.parent, record.position, record.children
    before.dirty = record.dirty
    return before
