"""Changes of records that count already: what is asked for waits for its flow, then it is given to the record.

The record stays as it is meanwhile and may be changed otherwise; what both touch is a conflict, told to who approves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.definitions.objects import AMEND, Action, Object
from engine.errors import FieldError, Invalid, Refused
from engine.expressions.values import ErrorValue
from engine.kinds.fields.base import Unfit
from engine.runtime.services import audit, changes, field_rules, inputs, linking
from engine.runtime.services.changes import LinesValue
from engine.runtime.services.check_places import placed
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access, editing
from engine.runtime.services.sessions import Session
from engine.runtime.storage import amendment_rows
from engine.runtime.storage.amendment_rows import Amendment
from engine.texts import say

NEW = "+"                                      # before the number of a row that is to come: `lines.+1.qty`
REMOVED = "removed"


def ask(record: Record, action: Action, given: Mapping[str, Any]) -> None:
    """Keep what an actor who may take the action asks for. Raises `Invalid` and `Refused` as a change at once would,
    where nothing would change."""
    session = record.session
    assert record.id is not None, "what counts is written"
    _refuse_rows(record, action, given)
    draft = _drafted(session, record, given)
    told = dict(_differences(draft, given))
    if not told:
        raise Invalid(say(zh="没有任何变更", en="Nothing would change"), code="unchanged")
    amendment_rows.keep(session.tx, record.object, record.id, action.start, dict(_raw(record, draft, given)), told)


def _refuse_rows(record: Record, action: Action, given: Mapping[str, Any]) -> None:
    """Rows come and go only where the lines as a whole may be changed."""
    for name, value in given.items():
        if isinstance(value, LinesValue) and name not in action.ask_fields and any(
            changes.moves_rows(record, name, value)
        ):
            label = record.definition.fields[name].label
            text = say(zh="不能增删“{lines}”的行", en="Rows of {lines} neither come nor go", lines=label)
            raise Invalid(text, errors=[FieldError(name, text, "closed")])


def _drafted(session: Session, record: Record, given: Mapping[str, Any]) -> Record:
    """The record as it would be, in a session of its own; judged as far as that is possible before it counts."""
    aside = Session(session.tx)
    draft = aside.record(record.ref)
    assert draft is not None, "the record is held"
    found = linking.looked_up(aside, draft, given)
    changes.change(aside, draft, found)
    editing.refuse_shut(aside, draft, found)
    field_rules.raise_errors(aside, draft.definition, field_rules.errors_of(aside, draft))
    for check in draft.definition.checks:
        frame = aside.frame(draft)
        if check.otherwise != "refuse" or check.override is not None:
            continue
        if check.when is not None and check.when.value(frame) is not True:
            continue
        value = check.that.value(frame)
        if value is not True and not isinstance(value, ErrorValue):
            message, errors = placed(draft, check, aside.rendered(check.say, frame), frame)
            raise Refused(message, code=check.called, errors=errors)
    return draft


# ---- what is kept


def _differences(draft: Record, given: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """What was given and differs, by path; rows that would come by their number."""
    plain = {name for name, value in given.items() if not isinstance(value, LinesValue)}
    for path, pair in audit.differences(draft).items():
        if path in plain or (path.count(".") and path.split(".")[0] in given and ".None." not in path):
            yield path, pair
    for name in given.keys() - plain:
        fresh = [line for line in draft.lines(name) if line.id is None]
        for number, line in enumerate(fresh, 1):
            for path, pair in audit.differences(line).items():
                if _shown(line, path):
                    yield f"{name}.{NEW}{number}.{path}", pair


def _shown(line: Record, name: str) -> bool:
    """Whether a form would show a cell of a row that is to come: what the system fills in tells nothing."""
    field = line.definition.fields.get(name)
    if field is None or field.readonly:
        return False
    return field.show is None or field.show.value(line.frame()) is True


def _raw(record: Record, draft: Record, given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What was given and differs, as REST takes it; rows by their ids."""
    for name, value in given.items():
        if not isinstance(value, LinesValue):
            if draft.values.get(name) != record.values.get(name):
                yield name, _json(draft, name)
            continue
        rows = [*_changed_rows(record, draft, name, value)]
        if rows:
            yield name, rows


def _changed_rows(record: Record, draft: Record, name: str, value: LinesValue) -> Iterator[dict[str, Any]]:
    before = {line.id: line for line in record.lines(name)}
    typed = {item.id: item.given for item in value.items if item.id is not None}
    fresh = iter([item.given for item in value.items if item.id is None])
    for line in draft.lines(name):
        if line.id is None:
            yield {cell: _json(line, cell) for cell in next(fresh)}
            continue
        was = before[line.id]
        moved = [cell for cell in typed.get(line.id, ()) if line.values.get(cell) != was.values.get(cell)]
        if moved:
            yield {"id": line.id, **{cell: _json(line, cell) for cell in moved}}
    kept = {line.id for line in draft.lines(name)}
    yield from ({"id": id, "delete": True} for id in before if id not in kept)


def _json(record: Record, name: str) -> Any:
    value = record.values.get(name)
    return None if value is None else record.definition.fields[name].to_json(value)


# ---- what comes of it


def flow_of(obj: Object) -> str:
    """The flow for which changes of an object's records wait; blank where there are none."""
    action = obj.actions.get(AMEND)
    return action.start if action is not None and action.amends else ""


def given(record: Record, action: Action) -> Mapping[str, Any]:
    """What the flow has approved, to be given to the record. Raises `Refused` (`overtaken`) where something of it was
    changed otherwise meanwhile."""
    found = amendment_rows.under_way(record.session.tx, record.object, record.id or 0, action.start)
    if found is None:
        raise Refused(say(zh="没有等待审批的变更", en="No change is waiting"), code="not_running")
    overtaken = [*dict.fromkeys(_overtaken(record, found))]
    if overtaken:
        text = say(
            zh="申请变更之后 {names} 已被改动：请退回或驳回，重新申请", names="、".join(overtaken),
            en="{names} has been changed since this was asked for: reject it, and ask anew",
        )
        raise Refused(text, code="overtaken")
    return _values(record, found)


def _overtaken(record: Record, found: Amendment) -> Iterator[str]:
    """Labels of fields that are neither what they were when the change was asked for nor what they are to be."""
    language = record.session.tx.actor.language
    for path, (before, after) in found.changes.items():
        head, *rest = path.split(".")
        if rest and rest[0].startswith(NEW):
            continue
        label = record.definition.fields[head].label.to(language)
        if not rest:
            if not _is(record, head, before) and not _is(record, head, after):
                yield label
            continue
        line = next((one for one in record.lines(head) if str(one.id) == rest[0]), None)
        if line is None:
            if before != REMOVED:
                yield label
        elif before != REMOVED and not _is(line, rest[1], before) and not _is(line, rest[1], after):
            yield line.definition.fields[rest[1]].label.to(language)


def _is(record: Record, name: str, told: Any) -> bool:
    """Whether a field holds what was told as JSON."""
    field = record.definition.fields.get(name)
    if field is None or isinstance(told, Mapping) and "error" in told:
        return True                            # the field is gone, or had no value: nothing can be compared
    value = record.values.get(name)
    try:
        return bool(value == (None if told is None else field.parse(told)))
    except Unfit:
        return False


def touched(record: Record, flow: str) -> tuple[str, ...] | None:
    """The paths that a change touches which waits for this flow, as `amended` knows them: `lines.qty`, and `lines`
    where rows come or go. None where none waits."""
    if record.id is None or flow != flow_of(record.definition):
        return None
    found = amendment_rows.under_way(record.session.tx, record.object, record.id, flow)
    if found is None:
        return None
    return tuple(dict.fromkeys(_named(path) for path in found.changes))


def proposed(record: Record, flow: str) -> Record | None:
    """The record as it would be after the change that waits for this flow; as it is where that cannot be given to it
    any more, which the approval tells. None where none waits."""
    if record.id is None or flow != flow_of(record.definition):
        return None
    session = record.session
    found = amendment_rows.under_way(session.tx, record.object, record.id, flow)
    if found is None:
        return None
    aside = Session(session.tx)
    draft = aside.record(record.ref)
    assert draft is not None, "the record is held"
    try:
        changes.change(aside, draft, linking.looked_up(aside, draft, _values(record, found)))
    except (Invalid, Refused):
        return record
    return draft


def _values(record: Record, found: Amendment) -> Mapping[str, Any]:
    """What was asked for, as the values of a change; rows that it does not name stay."""
    values = inputs.read(record.session.tx, record.object, found.given)
    return {
        name: replace(value, whole=False) if isinstance(value, LinesValue) else value for name, value in values.items()
    }


def _named(path: str) -> str:
    """A path as expressions have it, without the number of the row."""
    head, *rest = path.split(".")
    return ".".join((head, *rest[1:]))


def waiting(record: Record) -> Amendment | None:
    """The change of a record that waits now."""
    if record.id is None or not flow_of(record.definition):
        return None
    return amendment_rows.waiting(record.session.tx, record.object, record.id)


def listing(record: Record) -> list[Amendment]:
    """The changes that were ever asked for of a record that the actor sees, newest first, in what the actor may see."""
    access.demand(record, "see")
    if record.id is None or not flow_of(record.definition):
        return []
    found = amendment_rows.of_record(record.session.tx, record.object, record.id)
    return [replace(one, changes=audit.readable(record, one.changes)) for one in found]
