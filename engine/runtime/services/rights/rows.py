"""Whether the rows of lines may come and go: a right to change one column of them adds and removes none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import FieldError, Invalid, Refused
from engine.runtime.services import changes
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access, own
from engine.texts import Text, say


def refuse_moved(record: Record, given: Mapping[str, Any]) -> None:
    """Refuse given lines (not yet applied to the saved record) that bring rows or leave some out where rows are fixed.
    Raises `Refused` where the state fixes them, `Invalid` where the actor's grants do."""
    for name, value in given.items():
        if not isinstance(value, changes.LinesValue):
            continue
        adds, removes = changes.moves_rows(record, name, value)
        if not adds and not removes:
            continue
        state = _by_state(record, name, adds=adds and not removes)
        if state is not None:
            raise Refused(state, code="state", errors=[FieldError(name, state, "state")])
        if not _granted(record, name):
            text = say(
                zh="您不能增加或删除“{field}”的行，只能修改已有的行", field=record.definition.fields[name].label,
                en="You may not add or remove rows of {field}, only change those that are there",
            )
            raise Invalid(text, errors=[FieldError(name, text, "closed")])


def fixed(record: Record, name: str) -> bool:
    """Whether the actor may neither add nor remove rows of these lines as the record is now."""
    return record.id is not None and (not _granted(record, name) or _by_state(record, name, adds=False) is not None)


def _granted(record: Record, name: str) -> bool:
    """Whether some grant lets edit the lines as a whole: all fields, or the lines with every column people fill."""
    tx, obj = record.session.tx, record.definition
    if access.unbound(tx.actor):
        return True
    inner = tx.app.objects[f"{obj.name}.{name}"].fields.values()
    whole = {name, *(f"{name}.{one.name}" for one in inner if not one.computed and not one.readonly)}
    return any(
        (permission.fields is None or whole <= set(permission.fields))
        and name not in access.hidden((*grant.hide, *grant.readonly), record)
        for grant, permission in own.writing(tx, obj, record, "edit") if access.applies(permission, record)
    )


def _by_state(record: Record, name: str, *, adds: bool) -> Text | None:
    """Why the state leaves the rows as they are; None where it names the lines themselves, or `lines+` for new ones."""
    states = record.definition.states
    named = (states[one].edit for one in (record.status, record.state) if one in states)
    edit = next((one for one in named if one is not None), None)
    if edit is None or name in edit or adds and f"{name}+" in edit:
        return None
    return say(
        zh="状态“{state}”下不能增加或删除“{field}”的行",
        en="Rows of {field} can neither come nor go while it is {state}",
        field=record.definition.fields[name].label,
        state=states[record.status].label if record.status in states else record.definition.label,
    )
