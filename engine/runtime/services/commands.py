"""The verbs of records: create, update, delete, act, decide. Every door calls these; the pipeline is one.

lock → access → from/when → ask, set, do → state → postings, derived states, stored formulas → rules and checks →
access again → start of the flow (if it ends at once, its action repeats this from the state on) → guards → numbers →
audit → end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.definitions.objects import Object
from engine.errors import Conflict, Failure, FieldError, Forbidden, Invalid, NotFound, Refused
from engine.expressions.compiled import Expression
from engine.expressions.values import Ref
from engine.kinds.actions.base import Step
from engine.kinds.fields.base import Literal
from engine.runtime.services import calendars, changes, leaving, linking, outbox, saving, steps
from engine.runtime.services.approvals import flows, holding, incidents, revoking, steering
from engine.runtime.services.approvals.asking_others import Company
from engine.runtime.services.approvals.steering import Steered
from engine.runtime.services.finishing import finish
from engine.runtime.services.pointing import pointing
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access, editing, rows
from engine.runtime.services.sessions import Session
from engine.runtime.services.taking import Command, begin, run_of, take
from engine.runtime.storage import flow_rows
from engine.runtime.storage.live import Tx
from engine.texts import say

NOTHING: Mapping[str, Literal | Expression] = {}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did: the record as committed, what else it created, the warnings that were accepted."""

    record: Record
    created: tuple[Record, ...] = ()
    accepted: tuple[str, ...] = ()


# ---- the verbs


def create(
    tx: Tx, object: str, values: Mapping[str, Any], *, accept: Iterable[str] = (),
    preset: Mapping[str, Literal | Expression] = NOTHING, before: Sequence[Step] = (),
) -> Record:
    """A new record. `values` by field, read by their kinds; lines as `changes.LinesValue`. `preset` is what the form
    gives it besides, whatever the actor may give; it may name what the steps of `before` made."""
    command = begin(tx, accept=frozenset(accept))
    obj = known(tx, object)
    access.demand_create(tx, obj)
    if obj.name == "user" and not tx.actor.admin and not access.unbound(tx.actor):
        raise Forbidden(say(zh="只有管理员可以新建用户", en="Only an administrator may create users"))
    with pointing(tx.app, obj):
        record = saving.start_new(command.session, obj)
        _refuse_closed(tx, obj, paths_of(obj, values), None, "create")
        values = linking.looked_up(command.session, record, values)
        changes.fill_new(command.session, record, values)
        _refuse_closed(tx, obj, paths_of(obj, values), record, "create")  # what hangs on the values themselves
        editing.refuse_shut(command.session, record, values)
        run = run_of(command, record)
        steps.run(before, run)
        steps.set_values(preset, run)
        command.verbs[record] = ("created", "")
        finish(command)
    return record


def create_many(
    tx: Tx, object: str, many: Iterable[Mapping[str, Any]], *, accept: Iterable[str] = (), sound: bool = False
) -> list[Record]:
    """New records of one object in one command: all of them or none. For objects of which `batching.alone` says that
    this gives what one after the other would. The failure is that of the first that is refused; its `places` are those
    in `many`, from 0, of all that rules of fields and checks refuse, none where another rule has spoken first.
    `sound`: the values are what their fields keep, and have been found to be theirs (`Field.check_value`)."""
    command = begin(tx, accept=frozenset(accept))
    session, obj = command.session, known(tx, object)
    access.demand_create(tx, obj)
    session.bulk = True
    same = access.unconditional(tx, obj, "create")
    passed: set[tuple[str, ...]] = set()
    records: list[Record] = []
    with pointing(tx.app, obj):
        for values in many:
            paths = tuple(paths_of(obj, values))
            record = saving.start_new(session, obj)
            if paths not in passed:
                _refuse_closed(tx, obj, paths, None, "create")
                passed.add(paths)
            found = linking.looked_up(session, record, values)
            if sound:
                record.take({name: value for name, value in found.items() if name not in obj.lines})
                changes.fill_rest(session, record, found)
            else:
                changes.fill_new(session, record, found)
            if not same:
                _refuse_closed(tx, obj, paths, record, "create")
            editing.refuse_shut(session, record, values)
            command.verbs[record] = ("created", "")
            records.append(record)
        try:
            finish(command)
        except Failure as failure:
            failure.places = [place for place, record in enumerate(records) if record in failure.about]
            raise
    return records


def update(
    tx: Tx, object: str, id: int, values: Mapping[str, Any], *, version: int | None = None, accept: Iterable[str] = (),
    override: str = "",
) -> Record:
    """Change a record. `version` is the one that the change is based on; another one raises `Conflict`. `override`: the
    reason why an administrator changes what a running approval holds."""
    command = begin(tx, accept=frozenset(accept), comment=override)
    record = hold(command.session, object, id, version)
    command.verbs[record] = ("updated", "")
    with pointing(tx.app, record.definition):
        give(command.session, record, values, override)
        finish(command)
    return record


def delete(tx: Tx, object: str, id: int, *, version: int | None = None) -> None:
    """Put a record into the bin. One that has ever booked anything can only be cancelled; one that others link to
    stays, unless their links say otherwise."""
    command = begin(tx)
    record = hold(command.session, object, id, version)
    access.demand(record, "delete")
    holding.refuse(record, {})
    leaving.mark(command.session, record)
    command.verbs[record] = ("deleted", "")
    finish(command)


def act(
    tx: Tx,
    object: str,
    id: int,
    action: str,
    *,
    given: Mapping[str, Any] | None = None,
    accept: Iterable[str] = (),
    override: Mapping[str, str] | None = None,
    version: int | None = None,
    comment: str = "",
) -> Outcome:
    """Take an action. `given` answers what it asks; `accept` names warnings; `override` gives reasons by check name."""
    command = begin(tx, accept=frozenset(accept), override=override or {}, comment=comment)
    record = hold(command.session, object, id, version)
    if not access.granted(record, "see"):
        raise NotFound(access.GONE)
    asked = record.definition.actions.get(action)
    with pointing(tx.app, record.definition, asked.ask if asked is not None else ()):
        _refuse_unasked(tx, record, action, given or {})
        take(command, record, action, given or {})
        finish(command)
    return Outcome(record, tuple(command.created), tuple(sorted(command.accept)))


def decide(
    tx: Tx,
    task: int,
    verb: str,
    *,
    comment: str = "",
    values: Mapping[str, Any] | None = None,
    version: int | None = None,
    to: int | None = None,
    company: Company | None = None,
    key: str = "",
) -> Outcome:
    """Decide a task of an approval (approve, reject, return, transfer, …); the flow's ending is an action taken
    here. `to` is short for a company of one. `revoke` asks to take the approval of the task back."""
    if verb == "revoke":
        return revoke(tx, flow_rows.instance_of_task(tx, task) or 0, comment)
    command = begin(tx, comment=comment)
    decided = flows.decide(
        command.session, task, verb, comment=comment, values=values or {}, version=version,
        company=company or Company(to=to), key=key,
    )
    return _decided(command, decided, verb)


def fire(tx: Tx, args: Mapping[str, Any]) -> None:
    """Carry out a timer of an approval: a command like any other, of the app itself."""
    command = begin(tx)
    decided = flows.fire(command.session, args)
    if decided is not None:
        _decided(command, decided, "timer")


def steer(tx: Tx, instance: int, verb: str, given: Steered) -> Outcome:
    """An administrator moves an approval: `reassign jump suspend resume terminate retry`, with a reason."""
    command = begin(tx, comment=given.reason)
    return _decided(command, steering.steer(command.session, instance, verb, given), verb)


def revoke(tx: Tx, instance: int, reason: str = "") -> Outcome:
    """Ask to take an approval back: a flow of its own decides on that."""
    command = begin(tx, comment=reason)
    return _decided(command, revoking.revoke(command.session, instance, reason), "revoke")


def hand_over(tx: Tx, instance: int, leaver: int, to: int, reason: str = "") -> Outcome:
    """Give all that waits for a person in an approval to another one, who may decide by that."""
    command = begin(tx, comment=reason)
    return _decided(command, steering.hand_over(command.session, instance, leaver, to, reason), "hand_over")


def reckon(tx: Tx, args: Mapping[str, Any]) -> None:
    """Calendars have changed: reckon anew what is due in one approval, or (without `instance`) enter that for all."""
    if "instance" not in args:
        for id in flow_rows.clocked(tx):
            outbox.enqueue(tx, calendars.CLOCKS, {"instance": id}, dedup_key=f"flow:clocks:{tx.now.isoformat()}:{id}")
        return
    command = begin(tx)
    _decided(command, steering.reckon(command.session, int(args["instance"])), "reckoned")


def look_after(tx: Tx, args: Mapping[str, Any]) -> None:
    """Tell of an approval that stands still, or (without one) look for all of the app."""
    if not args:
        incidents.look(tx)
        return
    instance, command = incidents.meant(tx, args), begin(tx)
    decided = None if instance is None else incidents.tell(command.session, instance)
    if decided is not None:
        _decided(command, decided, "halted")


def call(tx: Tx, args: Mapping[str, Any]) -> None:
    """Carry out what flows do to each other: a command like any other, of the app itself."""
    command = begin(tx)
    decided = steering.call(command.session, args)
    if decided is not None:
        _decided(command, decided, "called")


def _decided(command: Command, decided: flows.Decided, verb: str) -> Outcome:
    """Take the action in which the flow ends, if it has, and finish."""
    record = command.session.record(decided.record)
    assert record is not None, "a running flow has its record"
    command.session.hold([record])
    command.verbs[record] = ("updated", verb)
    if decided.ending is not None:
        take(command, record, decided.ending.action, {}, by_flow=True)
    finish(command)
    return Outcome(record, tuple(command.created))


# ---- parts


def give(session: Session, record: Record, values: Mapping[str, Any], override: str = "") -> None:
    """Give a record that is held new values, as somebody who edits it may."""
    access.demand(record, "edit")
    _refuse_closed(session.tx, record.definition, paths_of(record.definition, values), record, "edit")
    rows.refuse_moved(record, values)
    if override.strip() and holding.may_correct(session.tx):
        steering.correct(session, record, values, override)
    else:
        holding.refuse(record, values)
    values = linking.looked_up(session, record, values)
    changes.change(session, record, values)
    editing.refuse_shut(session, record, values)


def known(tx: Tx, object: str) -> Object:
    """The object of this name; `NotFound` if the app has none (lines are reached through their record)."""
    obj = tx.app.objects.get(object)
    if obj is None or obj.owner:
        raise NotFound(say(zh="没有名为 {name} 的对象", en="There is no object called {name}", name=object))
    return obj


def hold(session: Session, object: str, id: int, version: int | None) -> Record:
    """The record, locked for this command; `NotFound` if it is gone or out of sight, `Conflict` if it has moved on."""
    known(session.tx, object)
    record = session.record(Ref(object, id))
    if record is None or record.system.get("deleted_at") is not None or not access.granted(record, "see"):
        raise NotFound(access.GONE)
    session.hold([record])
    if version is not None and version != record.version:
        text = say(
            zh="{title} 已被他人修改（您看到的是版本 {seen}，现在是 {now}），请刷新后再试",
            en="{title} was changed by somebody else (you saw version {seen}, now it is {now}); reload and try again",
            title=record.title,
            seen=version,
            now=record.version,
        )
        raise Conflict(text, current_version=record.version)
    return record


def _refuse_unasked(tx: Tx, record: Record, name: str, given: Mapping[str, Any]) -> None:
    """What an action does not ask for may be given along with it under the rules of an update; where it asks for lines
    as a whole, what the system fills in of them is not asked for. Nobody gives what they do not see: that there is
    nothing to change would tell them what stands there."""
    obj = record.definition
    action = obj.actions.get(name)
    if action is None:
        return
    inputs = {field.name for field in action.ask}
    fields = {name: value for name, value in given.items() if name not in inputs and name in obj.fields}
    heads = {one.partition(".")[0] for one in action.ask_fields}
    given_paths = paths_of(obj, fields)
    whole = [p for p in given_paths if p.partition(".")[0] in heads and p not in (*heads, *action.ask_fields)]
    _refuse_closed(tx, obj, whole, None, "edit", frozenset(whole))
    seen = access.visible_fields(tx, obj, record)
    _refuse_closed(tx, obj, [path for path in given_paths if path not in seen], None, "edit", seen)
    unasked = [path for path in given_paths if not _asked(path, action.ask_fields)]
    if unasked:
        access.demand(record, "edit")
        _refuse_closed(tx, obj, unasked, record, "edit")
        rows.refuse_moved(record, {name: value for name, value in fields.items() if name not in heads})
        holding.refuse(record, {path.partition(".")[0]: None for path in unasked})


def _asked(path: str, asked: Iterable[str]) -> bool:
    """Whether an action asks for a path: itself, all of its lines, or (lines emptied) something of them."""
    return any(one in (path, path.partition(".")[0]) or one.startswith(f"{path}.") for one in asked)


def _refuse_closed(
    tx: Tx, obj: Object, paths: Iterable[str], record: Record | None, verb: str, opened: frozenset[str] = frozenset()
) -> None:
    """Refuse values for fields that the actor, the state or the definition does not open; `opened` are so anyway, as
    far as somebody fills them in."""
    importing = access.may(tx, obj.name, "import")
    open_fields = opened or access.editable_fields(tx, obj, record, verb)
    errors = []
    for name in paths:
        head, _, tail = name.partition(".")
        target = tx.app.objects[f"{obj.name}.{head}"].fields[tail] if tail else obj.fields[head]
        reason = editing.kept_by_system(target, importing)
        if reason is None and name not in open_fields:
            reason = editing.not_theirs(target)
        if reason is None and record is not None:
            state = access.state_reason(record, name)
            if state is not None:
                raise Refused(state, code="state", errors=[FieldError(name, state, "state")])
        if reason is not None:
            errors.append(FieldError(name, reason, "closed"))
    if errors:
        raise Invalid(errors[0].message, errors=errors)


def paths_of(obj: Object, values: Mapping[str, Any]) -> list[str]:
    """Field paths that the values touch; of lines those columns that are really given."""
    found: list[str] = []
    for name, value in values.items():
        if isinstance(value, changes.LinesValue):
            found.extend(dict.fromkeys(f"{name}.{inner}" for item in value.items for inner in item.given))
            if not value.items:
                found.append(name)
        else:
            found.append(name)
    return found
