"""What publishing plants beside tables: the definition's seed rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.definitions.filters import NotReadable, Reader, everything, value
from engine.definitions.objects import Action, Object
from engine.errors import Failure, Refused
from engine.expressions.scope import Frame
from engine.expressions.values import Ref, Row
from engine.runtime.services import changes, finishing, inputs, saving, taking
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.texts import say


def plant(tx: Tx) -> None:
    """The seed rows of an app that is published for the first time."""
    for object, listed in tx.app.data.items():
        for row in listed:
            sow(tx, object, row)


def sow(tx: Tx, object: str, raw: Mapping[str, Any]) -> Record:
    """One record out of a row of the definition (`data`, `samples`), through the pipeline. `state` names the state
    that it is brought to, by the actions that lead there."""
    try:
        command = taking.begin(tx)
        obj = tx.app.objects[object]
        record = saving.start_new(command.session, obj)
        given = {name: _worth(tx, value) for name, value in raw.items() if name != "state"}
        changes.fill_new(command.session, record, inputs.read(tx, object, given))
        command.verbs[record] = ("created", "")
        finishing.finish(command)
        wanted = raw.get("state")
        if wanted and wanted != record.state:
            advance(tx, record, str(wanted))
        return record
    except Failure as failure:
        text = say(
            zh="初始数据 {object} {row}：{reason}",
            en="Seed row of {object} {row}: {reason}",
            object=object,
            row=dict(raw),
            reason=failure.message,
        )
        raise Refused(text, code="seed") from failure


def _worth(tx: Tx, raw: Any) -> Any:
    """A value of a seed row; `=expressions` (`=today() - 3 days`) are worth what they are at this moment."""
    if isinstance(raw, Mapping):
        return {name: _worth(tx, one) for name, one in raw.items()}
    if isinstance(raw, (list, tuple)):
        return [_worth(tx, one) for one in raw]
    if not isinstance(raw, str) or not raw.startswith("="):
        return raw
    try:
        expression = value(Reader(tx.app, everything(tx.app), decisions=True), "", raw[1:])
    except NotReadable as bad:                 # it may read what other records hold, not its own row
        raise Refused(say(zh="{text} 不可读：{reason}", en="{text}: {reason}", text=raw, reason=str(bad))) from bad
    found = expression.value(Frame(Session(tx)))
    if isinstance(found, Row) and found.id is not None:
        return Ref(found.object, found.id)
    return found


def advance(tx: Tx, record: Record, state: str) -> None:
    """Bring a record to a state by the fewest actions that lead there, each a command of its own. What it only passes
    through is past: no flow of such a state is started, only that of the last one."""
    way = _way(record.definition, record.state, state)
    if way is None:
        raise Refused(say(zh="没有操作能到达状态 {state}", en="No action leads to the state {state}", state=state))
    for action in way:
        command = taking.begin(tx)
        current = command.session.record(record.ref)
        assert isinstance(current, Record), "it was written just now"
        taking.take(command, current, action.name, {}, by_flow=True)
        if action is not way[-1]:
            command.pending[-1].action = replace(action, start="")
        finishing.finish(command)


def _way(obj: Object, start: str, end: str) -> list[Action] | None:
    """The actions from one state to another; None where none lead there."""
    ways: dict[str, list[Action]] = {start: []}
    while end not in ways:
        found = {
            action.to: [*ways[at], action]
            for at in ways
            for action in obj.actions.values()
            if action.to and action.to not in ways and (not action.from_states or at in action.from_states)
        }
        if not found:
            return None
        ways |= found
    return ways[end]
