"""What the person at a step changes in the record with the answer: the fields that the step opens. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.definitions import blocks
from engine.definitions.flows import Approve, Flow
from engine.errors import Conflict, FieldError, Invalid, NotFound
from engine.runtime.services import changes, linking
from engine.runtime.services.approvals import digests
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access, editing
from engine.runtime.services.sessions import Session
from engine.runtime.storage.flow_states import State
from engine.texts import say


def apply(
    session: Session, record: Record, flow: Flow, state: State, task: int, values: Mapping[str, Any], seen: str = ""
) -> tuple[str, ...]:
    """Apply what the person at a step may change; only for the assignee of an open task (others are refused anyway)."""
    mine = state.tasks[task]
    if not values or mine.status != "pending" or mine.assignee != session.tx.actor.id:
        return ()
    visit = state.visits[mine.visit]
    if visit.kind == "revise":
        tx, obj = session.tx, record.definition
        open_fields = access.editable_fields(tx, obj, record, "edit") | access.editable_fields(tx, obj, None, "create")
    else:
        step = blocks.step_at(flow, visit.at)
        assert isinstance(step, Approve), "tasks belong to approvals"
        open_fields = frozenset((*step.edit, *step.require))
        _refuse_overtaken(record, open_fields, seen)
    _refuse_closed(record, values, open_fields)
    values = linking.looked_up(session, record, values)
    changes.change(session, record, values)
    editing.refuse_shut(session, record, values)
    return tuple(values)


def shown(record: Record, open_fields: Sequence[str]) -> str:
    """A digest of what fields hold: given back with the answer it tells whether somebody changed them meanwhile."""
    app, found = record.session.tx.app, set[str]()
    for path in open_fields:
        head, _, tail = path.rstrip("+").partition(".")
        inner = app.objects[f"{record.object}.{head}"].fields if head in record.definition.lines and not tail else {}
        found |= {f"{head}.{one.name}" for one in inner.values() if not one.computed} or {path.rstrip("+")}
    return digests.of(record, sorted(found)) if found else ""


def _refuse_overtaken(record: Record, open_fields: frozenset[str], seen: str) -> None:
    """Whoever stands beside may write the same fields: nobody overwrites what they have not seen."""
    if seen and seen != shown(record, tuple(open_fields)):
        names = dict.fromkeys(path.partition(".")[0].rstrip("+") for path in sorted(open_fields))
        fields = ", ".join(str(record.definition.fields[name].label) for name in names)
        text = say(
            zh="您打开页面后，有人修改了这些字段：{fields}。请核对后重新提交",
            en="Somebody changed these fields after you opened the page: {fields}. Check them, then send it again",
            fields=fields,
        )
        raise Conflict(text, current_version=record.version)


def _refuse_closed(record: Record, values: Mapping[str, Any], open_fields: frozenset[str]) -> None:
    """Writing a field that the step does not open is an error, not a silent loss."""
    errors = []
    for path in given_paths(record, values):
        head = path.partition(".")[0].rstrip("+")
        if head not in record.definition.fields:
            raise NotFound(say(zh="没有字段 {field}", en="There is no field {field}", field=head))
        if path not in open_fields and head not in open_fields:
            label = record.definition.fields[head].label
            text = say(zh="本步骤不能修改“{field}”", en="{field} cannot change at this step", field=label)
            errors.append(FieldError(path, text, "closed"))
    if errors:
        raise Invalid(errors[0].message, errors=errors)


def given_paths(record: Record, values: Mapping[str, Any]) -> list[str]:
    """The paths that values touch: `date`, `lines.price`; `lines+` for lines that come or go."""
    found: dict[str, None] = {}
    for name, value in values.items():
        if not isinstance(value, changes.LinesValue):
            found[name] = None
            continue
        for item in value.items:
            found.update({f"{name}.{inner}": None for inner in item.given})
        if any(changes.moves_rows(record, name, value)):
            found[f"{name}+"] = None
    return list(found)
