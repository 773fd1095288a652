"""Finishing a command: post, derive, check, start flows, judge guards, number, audit. One order for every door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.definitions.flows import CHOICE
from engine.definitions.objects import Check
from engine.errors import Failure, FieldError, Forbidden, Invalid, Refused
from engine.expressions.values import ErrorValue, Ref
from engine.runtime.services import (
    audit,
    calendars,
    erasing,
    field_rules,
    leaving,
    locks,
    saving,
    sequences,
    similars,
    turns,
    uniques,
)
from engine.runtime.services.approvals import flows
from engine.runtime.services.automation import alerts, automations, dated, deriving
from engine.runtime.services.check_places import placed
from engine.runtime.services.conditions import holds
from engine.runtime.services.records import Record
from engine.runtime.services.registers import guards, postings
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.services.taking import MOST_ROUNDS, Command, Taken, one_more, take
from engine.texts import Text, say

RIGHTS = {"created": "create", "updated": "edit"}


def finish(command: Command) -> None:
    """Post, derive, check, start flows, judge guards, number, audit. Raises before anything is committed."""
    session = command.session
    checked: set[tuple[Record, str]] = set()
    while True:
        leaving.follow(session)
        _settle(session)
        if automations.within(command):
            continue
        due, command.pending = command.pending, []
        turns.hold(session, _judged(session, due))
        turns.hold_trees(session)
        leaving.stay(session)
        for taken in due:
            _check_action(command, taken, checked)
        _check_records(command, checked)
        started = [*(_start_flow(command, taken) for taken in due), _start_asked(command)]
        if not any(started) and not command.pending:
            break
    locks.judge(session)
    command.warnings += [*uniques.judge(session, command.accept), *similars.judge(session, command.accept)]
    if command.warnings:
        first = command.warnings[0][1]
        raise Refused(first, code="warning", warnings=command.warnings)
    changed = frozenset(r.object for r in session.touched.values())
    guards.judge(session, changed, frozenset(command.override))
    _number(command)
    for callback in session.at_end:
        callback()
    _audit(command)
    _empty(session)
    watch(session)
    if changed & calendars.fed(session.tx.app):
        calendars.announce(session.tx)
    automations.enter(command)
    dated.enter(command)
    deriving.enter(session)


def _empty(session: Session) -> None:
    """Objects of which nothing stays in a bin (`delete: now`)."""
    for record in list(session.touched.values()):
        if record.deleted and record.definition.delete == "now":
            erasing.purge(session, record)


def _settle(session: Session) -> None:
    """Write, post and derive until nothing changes any more."""
    for _ in range(MOST_ROUNDS):
        saving.flush(session)
        waiting = [r for r in session.touched.values() if r.counted and r.object != "user" and r not in session.settled]
        if not waiting:
            return
        session.settled.update(waiting)
        for record in postings.settle(session, waiting):
            saving.refresh(session, record)


def _judged(session: Session, due: Iterable[Taken]) -> list[tuple[str, str]]:
    """Where checks are about to be judged: the objects of what changed, and the actions taken."""
    changed = {(record.object, "") for record in session.touched.values() if not record.deleted}
    return [*changed, *((taken.record.object, taken.action.name) for taken in due)]


def _check_records(command: Command, checked: set[tuple[Record, str]]) -> None:
    """The rules of the fields and the object's own checks, on every record that the command changed. Of many new ones
    all are judged before the first refusal is raised."""
    session = command.session
    refused: list[tuple[Record, Failure]] = []
    for record in list(session.touched.values()):
        if record.deleted:
            continue
        try:
            _check_record(command, record, checked)
        except Failure as failure:
            if not session.bulk:
                raise
            refused.append((record.root, failure))
    if refused:
        first = refused[0][1]
        first.about = [record for record, _ in refused]
        raise first


def _check_record(command: Command, record: Record, checked: set[tuple[Record, str]]) -> None:
    session = command.session
    field_rules.raise_errors(session, record.definition, field_rules.errors_of(session, record))
    _judge(command, record, record.definition.checks, checked)
    event, decided = command.verbs.get(record, ("", ""))
    if event in RIGHTS and not decided and not access.granted(record, RIGHTS[event], sight=False):
        raise Forbidden(
            say(
                zh="修改后您将无权处理“{title}”，因此不能保存",
                en="After this change {title} would be out of your reach, so it cannot be saved",
                title=record.title,
            )
        )


def _check_action(command: Command, taken: Taken, checked: set[tuple[Record, str]]) -> None:
    record, action = taken.record, taken.action
    missing = [
        FieldError(
            n, say(zh="“{field}”必填", en="{field} is required", field=record.definition.fields[n].label), "required"
        )
        for n in action.require
        if record.get(n) in (None, ())
    ]
    field_rules.raise_errors(command.session, record.definition, missing)
    _judge(command, record, action.checks, checked)


def _judge(command: Command, record: Record, checks: Iterable[Check], checked: set[tuple[Record, str]]) -> None:
    session = command.session
    for check in checks:
        if (record, check.called) in checked and check.otherwise != "refuse":
            continue
        frame = session.frame(record)
        if check.when is not None and not holds(check.when, frame):
            continue
        value = check.that.value(frame)
        checked.add((record, check.called))
        if value is True:
            continue
        if isinstance(value, ErrorValue):
            _fail(command, record, check, value.reason, [FieldError(check.at, value.reason, check.called)])
        else:
            _fail(command, record, check, *placed(record, check, session.rendered(check.say, frame), frame))


def _fail(command: Command, record: Record, check: Check, message: Text, at: list[FieldError]) -> None:
    session = command.session
    if check.otherwise == "approve":
        session.raised_names.add(check.called)
    elif check.otherwise == "warn":
        if check.called not in command.accept:
            command.warnings.append((check.called, message))
    elif check.override is not None and _reason(command, check) and access.is_one_of(record, check.override):
        session.overridden[check.called] = _reason(command, check)
    else:
        refusal = Invalid if check.at else Refused
        raised = refusal(message, code=check.called, errors=at)
        raised.pointed = True                  # the definition's own words stand as they were written
        raise raised


def _reason(command: Command, check: Check) -> str:
    """Why somebody passes over a check; a reason under `*` is for all of them."""
    return command.override.get(check.called) or command.override.get("*", "")


def _start_flow(command: Command, taken: Taken) -> bool:
    """Start the action's flow; if it ends at once its action follows in the same command. True if one was started."""
    if not taken.action.start or command.warnings:
        return False
    _start(command, taken.record, taken.action.start, _chosen(taken))
    return True


def _start_asked(command: Command) -> bool:
    """Start the flows that steps have asked for; True if there was one."""
    asked, command.starts = command.starts, []
    for record, flow in asked:
        one_more(command, command.session.tx.app.flows[flow].label)
        _start(command, record, flow, {})
    return bool(asked)


def _start(command: Command, record: Record, flow: str, chosen: Mapping[str, list[int]]) -> None:
    session = command.session
    ending = flows.start(session, record, flow, frozenset(session.raised_names), chosen=chosen)
    if ending is not None:
        take(command, record, ending.action, {}, by_flow=True)


def _chosen(taken: Taken) -> dict[str, list[int]]:
    """Whom the actor has chosen to decide, by step: the action has asked for it."""
    found = {}
    for name, value in taken.answers.items():
        if name.startswith(CHOICE) and isinstance(value, tuple):
            found[name.removeprefix(CHOICE)] = [one.id for one in value if isinstance(one, Ref)]
    return found


def _number(command: Command) -> None:
    session = command.session
    numbered = False
    for record, (event, _) in list(command.verbs.items()):
        if event == "created":
            numbered |= sequences.give(session, record, "create")
    for record in command.created:
        if record.parent is None:
            numbered |= sequences.give(session, record, "create")
    for record, actions in command.numbered.items():
        for name in sorted(actions):
            numbered |= sequences.give(session, record, name)
    for record in session.touched.values():
        sequences.respect(session, record)
    if numbered:
        saving.flush(session)


def _audit(command: Command) -> None:
    session = command.session
    entries = []
    for record in session.touched.values():
        event, action = command.verbs.get(record, ("updated", ""))
        if event == "updated" and (record.is_new or record.deleted):
            event = "created" if record.is_new else "deleted"
        comment = _comment(command)
        for earlier in command.earlier.get(record, ()):
            entries.append(audit.entry(session, record, "action", action=earlier, comment=comment, bare=True))
            comment = ""
        entries.append(audit.entry(session, record, event, action=action, comment=comment))
    for key, record in session.refreshed.items():
        if key not in session.touched:
            entries.append(audit.entry(session, record, "updated", action=""))
    audit.append(session, entries)


def _comment(command: Command) -> str:
    reasons = "; ".join(f"{name}: {reason}" for name, reason in command.override.items())
    return command.comment if not reasons else f"{command.comment} [{reasons}]".strip()


def watch(session: Session) -> None:
    """Let the alerts over what moved or changed be looked at, after the commit."""
    for register, movements in session.moved.items():
        alerts.touch(session.tx, register, {movement.keys for movement in movements})
    changed: dict[str, set[int]] = {}
    for name, id in (*session.touched, *session.refreshed):
        changed.setdefault(name, set()).add(id)
    for name, ids in changed.items():
        alerts.touch_records(session.tx, name, ids)
