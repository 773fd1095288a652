"""Previewing a record that is being filled in: defaults, copies, formulas, problems and rights, with nothing
written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from engine.definitions.objects import Action
from engine.definitions.occasions import Occasion
from engine.errors import Failure, FieldError, Invalid
from engine.expressions.values import ErrorValue
from engine.kinds.actions.create import Create
from engine.kinds.actions.ensure import Ensure
from engine.runtime.services import changes, commands, field_rules, linking, saving, similars, steps, taking
from engine.runtime.services.check_places import placed
from engine.runtime.services.records import Record
from engine.runtime.services.registers import backdating
from engine.runtime.services.registers.backdating import Foresight
from engine.runtime.services.rights import access
from engine.runtime.services.rights.access import Allowed
from engine.runtime.services.sessions import Session
from engine.runtime.services.similars import Similar
from engine.runtime.storage.live import Tx

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Preview:
    """The draft as it would be: `record` answers every field (formulas, balances and marks of the draft included).
    `later`: what it would change in registers on days before today, None where nothing."""

    record: Record
    errors: tuple[FieldError, ...]
    allowed: Allowed
    later: Foresight | None = None
    similar: tuple[Similar, ...] = ()          # records that may be the same one

    @property
    def warnings(self) -> tuple[FieldError, ...]:
        """What saving would ask about other records, by the field."""
        return tuple(FieldError(one.field.name, one.message, "similar") for one in self.similar)


def preview(
    tx: Tx, object: str, values: Mapping[str, Any], id: int | None = None, *,
    action: str = "", given: Mapping[str, Any] = NOTHING, form: Occasion | None = None,
) -> Preview:
    """The record with these values given. Nothing is raised for a value that breaks a rule: it is among the errors.
    `action` is the one that is about to follow (default: what leads on to where it counts), `given` its own inputs,
    `form` the one for an occasion that is filled in; what its steps will make is blank yet."""
    record, errors, unseen = _drafted(tx, object, values, id)
    session = record.session
    if form is not None:
        names = {one.called: None for one in form.before if isinstance(one, Create | Ensure) and one.called}
        steps.set_values(form.set, steps.Run(session, record, lambda *_: None, lambda *_: None, names=dict(names)))
    errors.extend(error for error in field_rules.errors_of(session, record) if error.field not in unseen)
    errors.extend(_check_errors(session, record))
    session.prefetch_links(record)
    later = None
    if backdating.concerns(record):
        twin, _, _ = _drafted(tx, object, values, id)
        later = _foretold(twin, action, given)
    return Preview(record, tuple(errors), access.allowed(record), later, tuple(similars.of(record)))


def acted(tx: Tx, object: str, id: int, action: str, given: Mapping[str, Any]) -> Foresight | None:
    """What an action would change in registers on days before today, with what was given so far; None where nothing.
    What its steps do to other records is not part of it."""
    values = {name: value for name, value in given.items() if name in commands.known(tx, object).fields}
    record, _, _ = _drafted(tx, object, values, id)
    return _foretold(record, action, given) if backdating.concerns(record) else None


def _drafted(
    tx: Tx, object: str, values: Mapping[str, Any], id: int | None
) -> tuple[Record, list[FieldError], set[str]]:
    """The record with these values in a session of its own, what is wrong with them, fields that nobody may see."""
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
    return record, errors, unseen


def _foretold(record: Record, action: str, given: Mapping[str, Any]) -> Foresight | None:
    """What the draft, or an action on it, would change on days before today."""
    known = record.definition.actions.get(action)
    if known is None:
        return backdating.foretell(record)
    try:
        inputs = taking.inputs_of(record, known, given, by_hand=True)
        return backdating.foretell(record, _taken(record, known, inputs))
    except Failure:                            # the action itself is refused: it says so when it is taken
        return None


def _taken(record: Record, action: Action, inputs: Mapping[str, Any]) -> str:
    """Give the record what the action sets; the state that it leads to, through its approval."""
    session = record.session
    run = steps.Run(session, record, lambda *_: None, lambda *_: None, names=dict(inputs))
    steps.set_values(action.set, run)
    goal = action.to or taking.way(run.frame(), action) or record.state
    flow = session.tx.app.flows.get(action.start)
    then = None if flow is None else record.definition.actions.get(flow.on_approved)
    if then is not None and goal not in record.definition.effective:
        goal = then.to or goal
    if action.end is not None:
        record.system["ended_on"] = action.end.value(session.frame(record))
        record.system["ended_from"] = record.state
    return goal


def _check_errors(session: Session, record: Record) -> list[FieldError]:
    """The object's own checks that fail as the draft stands."""
    found: list[FieldError] = []
    for check in record.definition.checks:
        frame = session.frame(record)
        if check.when is not None and check.when.value(frame) is not True:
            continue
        value = check.that.value(frame)
        if value is not True and not isinstance(value, ErrorValue):
            found += placed(record, check, session.rendered(check.say, frame), frame)[1]
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
