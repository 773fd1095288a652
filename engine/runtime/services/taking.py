"""Taking an action: its preconditions, what it asks, sets and does. Checks, postings and flows follow in
`finishing`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.definitions.objects import Action
from engine.errors import FieldError, Forbidden, Invalid, NotFound, Refused
from engine.expressions.scope import Frame
from engine.expressions.values import Ref, Value
from engine.kinds.actions.base import Step
from engine.kinds.actions.notify import Notify
from engine.runtime.services import audit, changes, field_rules, linking, notices, saving, steps
from engine.runtime.services.approvals import amending, flows, holding
from engine.runtime.services.conditions import holds
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access, editing
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

MOST_ROUNDS = 20  # actions that follow each other in one command; more is a circle


@dataclass(slots=True)
class Taken:
    """An action that was taken in this command and whose checks and flow are still due."""

    record: Record
    action: Action
    by_flow: bool = False
    answers: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Command:
    """One command in progress. `verbs` remember what was done to which record, for the audit."""

    session: Session
    accept: frozenset[str] = frozenset()
    override: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""
    pending: list[Taken] = field(default_factory=list)
    created: list[Record] = field(default_factory=list)
    starts: list[tuple[Record, str]] = field(default_factory=list)      # flows that steps have started
    verbs: dict[Record, tuple[str, str]] = field(default_factory=dict)
    earlier: dict[Record, list[str]] = field(default_factory=dict)      # actions whose flows ended at once with others
    numbered: dict[Record, set[str]] = field(default_factory=dict)
    warnings: list[tuple[str, Text]] = field(default_factory=list)
    rounds: int = 0
    fired: set[tuple[str, Record]] = field(default_factory=set)         # automations that have had their turn


def begin(tx: Tx, **options: Any) -> Command:
    """A new command with a session of its own."""
    session = Session(tx)
    session.flusher = lambda: saving.flush(session)
    if tx.known:
        refs = [Ref(name, id) for name, id in tx.known]
        session.prefetch(refs)
        session.hold(filter(None, map(session.record, refs)))
    command = Command(session, **options)
    session.perform = lambda record, step: _perform(command, record, step)
    return command


def run_of(command: Command, record: Record) -> steps.Run:
    """The steps that the acting person's own command takes for a record."""
    return steps.Run(
        command.session, record, nested_in(command), teller(command.session), created=command.created,
        start=starter(command),
    )


def _perform(command: Command, record: Record, step: Step) -> None:
    """A step of a flow on its record, as the app's own identity."""
    session = command.session
    run = steps.Run(session, record, nested_in(command, service=True), teller(session), created=command.created)
    steps.run((step,), run)
    saving.flush(session)


def take(
    command: Command,
    record: Record,
    name: str,
    given: Mapping[str, Any],
    *,
    by_flow: bool = False,
    nested: bool = False,
    service: bool = False,
) -> None:
    """Take an action: its preconditions, what it asks, sets and does; checks and flow follow in `finish`.

    `service`: an automation takes it, as the app's own identity."""
    obj, session = record.definition, command.session
    action = obj.actions.get(name)
    if action is None:
        raise NotFound(
            say(zh="“{object}”没有操作 {name}", en="{object} has no action {name}", object=obj.label, name=name)
        )
    session.hold([record])
    _refuse_action(record, action, by_flow, nested, service)
    one_more(command, action.label)
    if action.amends:
        if not by_flow:
            _ask_to_amend(command, record, action, given)
            return
        given, action = amending.given(record, action), replace(action, start="")
    if not by_flow and action.to:
        _leave(session, record, action, action.to)
    answers = _answers(command, record, action, given, by_hand=not (by_flow or nested or service))
    run = replace(run_of(command, record), names=answers)
    steps.set_values(action.set, run)
    steps.run(action.do, run)
    goal = action.to or way(session.frame(record, **answers), action)
    if not by_flow and action.ways:
        _leave(session, record, action, goal)
    _move(session, record, action, goal)
    command.pending.append(Taken(record, action, by_flow, answers))
    event, before = command.verbs.get(record, ("", ""))
    if by_flow and event == "action":
        command.earlier.setdefault(record, []).append(before)
    command.verbs[record] = ("action", name)
    command.numbered.setdefault(record, set()).add(name)


def _ask_to_amend(command: Command, record: Record, action: Action, given: Mapping[str, Any]) -> None:
    """Keep what is asked for; its flow starts with the command's end."""
    holding.refuse(record, {})
    amending.ask(record, action, given)
    command.pending.append(Taken(record, action))
    told = audit.entry(command.session, record, "action", action=action.name, comment=command.comment, bare=True)
    command.session.at_end.append(lambda: audit.append(command.session, [told]))


def one_more(command: Command, label: Text) -> None:
    """Count what follows by itself; refuses what never comes to an end."""
    command.rounds += 1
    if command.rounds > MOST_ROUNDS:
        text = say(
            zh="操作互相触发，没有尽头：{name}", en="Actions trigger each other without an end: {name}", name=label
        )
        raise Refused(text, code="loop")


def _refuse_action(record: Record, action: Action, by_flow: bool, nested: bool, service: bool) -> None:
    words = set(action.by.words) if action.by is not None else set()
    if service and not words & {"flow", "nobody"}:
        reason = access.state_reason_of_action(record, action) or access.when_reason(record, action)
        if reason is not None:
            raise Refused(reason, code="state")
        return
    if by_flow or (nested and "actions" in words):
        right = access.state_reason_of_action(record, action)
        if right is not None:
            raise Refused(right, code="state")
        return
    found = access.action_right(record, action)
    if found.ok:
        return
    assert found.reason is not None
    if access.person_reason(record, action) is not None and access.state_reason_of_action(record, action) is None:
        raise Forbidden(found.reason)
    raise Refused(found.reason, code="state")


def nested_in(command: Command, service: bool = False) -> Callable[[Record, str, Mapping[str, Any]], None]:
    """How steps of this command take actions."""

    def act_on(record: Record, name: str, given: Mapping[str, Any]) -> None:
        take(command, record, name, given, nested=True, service=service)
        saving.flush(command.session)

    return act_on


def starter(command: Command) -> Callable[[Record, str], None]:
    """How steps of this command start flows: when everything is written and checked."""

    def start(record: Record, flow: str) -> None:
        command.session.hold([record.root])
        command.starts.append((record, flow))

    return start


def teller(session: Session) -> Callable[[Record | None, Notify, Frame], None]:
    """How steps of this command tell people something: at its end, when numbers are known."""

    def tell(record: Record | None, step: Notify, frame: Frame) -> None:
        session.at_end.append(lambda: notices.tell(session, record, step, frame))

    return tell


def _answers(
    command: Command, record: Record, action: Action, given: Mapping[str, Any], *, by_hand: bool
) -> dict[str, object]:
    """What the action asks: its own inputs become names for its steps, fields of the record are changed. An input that
    is not given has its default."""
    session = command.session
    heads = {path.split(".")[0] for path in action.ask_fields}
    inputs = {f.name: f for f in action.ask}
    unknown = [name for name in given if name not in inputs and name not in heads]
    if (
        unknown
        and set(unknown) - set(record.definition.fields)
        or unknown
        and record.definition.states
        and record.state != record.definition.initial
    ):
        text = say(
            zh="“{action}”不接受 {names}",
            en="{action} does not take {names}",
            action=action.label,
            names=", ".join(unknown),
        )
        raise Invalid(text, errors=[FieldError(name, text, "unknown") for name in unknown])
    names = inputs_of(record, action, given, by_hand=by_hand)
    errors: list[FieldError] = []
    frame = session.frame(record, **names)
    for name, target in inputs.items():
        found = field_rules.given_errors(session, target, names[name], frame)
        errors += (FieldError(name, text, code) for code, text in found)
    field_rules.raise_errors(session, record.definition, errors)
    fields: Mapping[str, Any] = {name: value for name, value in given.items() if name not in inputs}
    if by_hand:
        fields = linking.looked_up(session, record, fields)
    changes.change(session, record, fields)
    if by_hand:
        editing.refuse_shut(session, record, fields)
    return dict(names)


def inputs_of(record: Record, action: Action, given: Mapping[str, Any], *, by_hand: bool) -> dict[str, Value]:
    """The action's own inputs by name, unjudged. One that is not given has its default, which knows those before it."""
    session = record.session
    names: dict[str, Value] = {}
    for target in action.ask:
        name = target.name
        if name not in given and target.default is not None:
            names[name] = changes.slot(session, record, target, target.default, **names)
            continue
        value = linking.asked(session, target, given.get(name)) if by_hand else given.get(name)
        names[name] = changes.resolve(session, target, value, name)
    return names


def _leave(session: Session, record: Record, action: Action, goal: str) -> None:
    """An action that moves the record on ends the approval under way, unless it starts one."""
    if goal and action.start == "" and record.state != goal:
        flows.withdraw_for(session, record, action.name)


def way(frame: Frame, action: Action) -> str:
    """The state that an action with several ways leads to now; "" = the record stays where it is."""
    return next((state for state, when in action.ways if when is None or holds(when, frame)), "")


def _move(session: Session, record: Record, action: Action, goal: str) -> None:
    """Put the record into the state that the action leads to; `end` says from when its postings are taken back."""
    if action.end is not None:
        day = action.end.value(session.frame(record))
        record.system["ended_on"], record.system["ended_from"] = day, record.state
    elif goal in record.definition.effective:
        record.system["ended_on"] = record.system["ended_from"] = None
    if goal:
        record.system["state"] = goal
    record.touch()
