"""Previewing a record that is being filled in: defaults, copies, formulas, problems and rights, with nothing
written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import FieldError, Invalid
from engine.expressions.values import ErrorValue
from engine.runtime.services import access, changes, commands, field_rules, linking, saving
from engine.runtime.services.access import Allowed
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx


@dataclass(frozen=True, slots=True)
class Preview:
    """The draft as it would be: `record` answers every field (formulas, balances and marks of the draft included)."""

    record: Record
    errors: tuple[FieldError, ...]
    allowed: Allowed


def preview(tx: Tx, object: str, values: Mapping[str, Any], id: int | None = None) -> Preview:
    """The record with these values given. Nothing is raised for a value that breaks a rule: it is among the errors."""
    session = Session(tx)
    obj = commands.known(tx, object)
    if id is None:
        access.demand_create(tx, obj)
    record = saving.start_new(session, obj) if id is None else commands.hold(session, object, id, None)
    found = linking.look_up(session, record, values)
    errors, unseen = found.errors, {error.field for error in found.errors}
    try:
        if id is None:
            changes.fill_new(session, record, found.values)
        else:
            changes.change(session, record, found.values)
    except Invalid as problem:
        errors.extend(problem.errors)
    errors.extend(error for error in field_rules.errors_of(session, record) if error.field not in unseen)
    errors.extend(_check_errors(session, record))
    session.prefetch_links(record)
    return Preview(record, tuple(errors), access.allowed(record))


def _check_errors(session: Session, record: Record) -> list[FieldError]:
    """The object's own checks that fail as the draft stands."""
    found: list[FieldError] = []
    for check in record.definition.checks:
        frame = session.frame(record)
        if check.when is not None and check.when.value(frame) is not True:
            continue
        value = check.that.value(frame)
        if value is not True and not isinstance(value, ErrorValue):
            found.append(FieldError(check.at, session.rendered(check.say, frame), check.called))
    return found


def marks(record: Record) -> dict[str, str]:
    """Colour by field name, for the fields whose mark applies as the record stands."""
    frame = record.frame()
    return {
        field.name: color
        for field in record.definition.fields.values()
        for color, rule in reversed(list(field.mark.items()))
        if rule.value(frame) is True
    }


def hidden(record: Record) -> frozenset[str]:
    """Fields whose `show` does not hold as the record stands."""
    frame = record.frame()
    return frozenset(
        f.name for f in record.definition.fields.values() if f.show is not None and f.show.value(frame) is not True
    )
