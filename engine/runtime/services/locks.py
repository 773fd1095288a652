"""Locks of objects: while the condition holds of what is stored, nothing of the record changes. Knows no people."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.objects import Lock
from engine.errors import FieldError, Refused
from engine.expressions.scope import Frame
from engine.runtime.services import spoken
from engine.runtime.services.conditions import holds
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.texts import Text, say


def reason(record: Record, path: str) -> Text | None:
    """Why the record's lock forbids a change of this field (or of `state`) now; None if it does not. A condition that
    cannot be computed locks."""
    if record.system.get("archived_at") is not None:
        return _archived(record)
    rule = record.definition.lock
    if rule is None or record.id is None or _open(rule, path) or rule.when.value(record.frame()) in (False, None):
        return None
    return _text(record, rule)


def judge(session: Session) -> None:
    """Refuse where a record that was locked before the command has changed. Raises `Refused`."""
    for record in list(session.touched.values()):
        if (record.before or {}).get("archived_at") is not None and any(_changed(record)):
            raise Refused(_archived(record), code="archived")
        rule = record.definition.lock
        if rule is None or record.is_new or record.before is None:
            continue
        was = record.old()
        if was is None or not holds(rule.when, Frame(session, this=was, old=was)):
            continue
        path = next((path for path in _changed(record) if not _open(rule, path)), None)
        if path is not None:
            text = _text(record, rule)
            raise Refused(text, code="locked", errors=[FieldError(path, text, "locked")])


def _open(rule: Lock, path: str) -> bool:
    return any(path == one or path.startswith(one + ".") or one.startswith(path + ".") for one in rule.excepted)


def _changed(record: Record) -> Iterator[str]:
    """The fields that somebody or something has changed: not formulas, which follow from others."""
    before = record.before or {}
    if record.deleted or (before.get("state") or "") != record.state:
        yield "state"
    yield from _fields(record, "")
    for name, lines in record.children.items():
        for line in lines:
            yield from _fields(line, f"{name}.") if line.before is not None else (name,)
    for line in (*record.removed, *record.taken_out):
        yield line.definition.owner_field


def _fields(record: Record, prefix: str) -> Iterator[str]:
    before = record.before or {}
    for field in record.definition.fields.values():
        own = field.stored and field.kind != "lines" and field.formula is None
        if own and before.get(field.name) != record.values.get(field.name):
            yield prefix + field.name


def _archived(record: Record) -> Text:
    return say(zh="{title} 已归档，只能查看；取消归档后才能修改",
               en="{title} is in the archive and can only be read: take it out first", title=record.title)


def _text(record: Record, rule: Lock) -> Text:
    return say(
        zh="{title} 已锁定，不能修改（{rule}）",
        en="{title} is locked and cannot change ({rule})",
        title=record.title,
        rule=spoken.told(record.session.tx.app, record.object, rule.when),
    )
