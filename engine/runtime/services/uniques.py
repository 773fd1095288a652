"""Unique rules with a condition: judged once per command, one command at a time. Rules without one are indexes."""

from __future__ import annotations

from engine.definitions.objects import Unique
from engine.errors import FieldError, Invalid
from engine.expressions.values import Ref
from engine.runtime.services.conditions import holds
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage import unique_rows
from engine.texts import say


def conditional(record: Record) -> list[Unique]:
    """The rules of a record's object that hold among records and have a condition."""
    rules = record.definition.unique
    return [rule for rule in rules if rule.when is not None and all("." not in name for name in rule.fields)]


def judge(session: Session) -> None:
    """Refuse where a touched record now agrees with another one for which the same condition holds.

    Raises `Invalid`. Rules are held in one order, so that two commands never wait for each other."""
    touched = [record for record in session.touched.values() if not record.deleted and conditional(record)]
    due = [(f"{r.object} {','.join(rule.fields)}", r, rule) for r in touched for rule in conditional(r)]
    for name, record, rule in sorted(due, key=lambda one: (one[0], one[1].id or 0)):
        assert rule.when is not None
        values = {field: record.values.get(field) for field in rule.fields}
        if any(value is None or value == "" for value in values.values()) or not holds(rule.when, record.frame()):
            continue
        unique_rows.hold(session.tx, name)
        ids = unique_rows.alike(session.tx, record.definition, values, record.id or 0)
        session.prefetch(Ref(record.object, id) for id in ids)
        for id in ids:
            other = session.record(Ref(record.object, id))
            if other is not None and not other.deleted and holds(rule.when, other.frame()):
                raise _taken(session, record, rule)


def _taken(session: Session, record: Record, rule: Unique) -> Invalid:
    names = ", ".join(record.definition.fields[name].label.to(session.language) for name in rule.fields)
    text = rule.say or say(zh="{names} 的组合已存在", en="There is already one with these {names}", names=names)
    return Invalid(text, errors=[FieldError(rule.fields[0], text, "unique")])
