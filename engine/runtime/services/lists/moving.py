"""Moving a record to another column of a board: by the action that leads there, or by the field of the board.

Knows no page. What is refused is refused in the words of the rule that refuses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.definitions.objects import Action, Object, View
from engine.errors import Conflict, NotFound
from engine.runtime.services import commands, inputs
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

STATES = ("state", "status")


@dataclass(frozen=True, slots=True)
class Way:
    """A way into a column: its key and label; the action that leads there ("" = the field is changed), whether it is
    open, and why not."""

    to: str
    label: Text
    action: str
    ok: bool
    reason: Text | None = None


def board_of(obj: Object, name: str) -> View:
    """A board of an object; raises `NotFound`."""
    view = obj.views.get(name)
    if view is None or view.kind != "kanban" or not view.columns:
        raise NotFound(say(zh="没有这个看板", en="There is no such board"))
    return view


def by_state(view: View) -> bool:
    """Whether the columns of a board are states."""
    return view.columns[0] in STATES


def ways(record: Record, view: View, targets: Sequence[tuple[str, Text]]) -> list[Way]:
    """Every way out of the column in which a record stands, also those that are shut, with the reason."""
    if not by_state(view):
        right = access.allowed(record).fields.get(view.columns[0])
        ok = right is not None and right.edit
        return [Way(key, label, "", ok, None if ok or right is None else right.reason) for key, label in targets]
    found: list[Way] = []
    for key, label in targets:
        if key != record.state:
            found += [_way(record, action, key) for action in leading(record, key)] or [_no_way(record, key, label)]
    return found


def leading(record: Record, state: str) -> list[Action]:
    """The actions that people take and that lead from the record's state to another one."""
    return [
        action for action in record.definition.actions.values()
        if state in action.goals
        and (not action.from_states or record.state in action.from_states or record.status in action.from_states)
        and (action.by is None or not {"flow", "actions", "nobody"} & set(action.by.words))
    ]


def _way(record: Record, action: Action, state: str) -> Way:
    right = access.action_right(record, action)
    return Way(state, action.label, action.name, right.ok, right.reason)


def _no_way(record: Record, state: str, label: Text) -> Way:
    """Why no action leads to a state: a flow decides, or nothing does."""
    states = record.definition.states
    here = states[record.state].label if record.state in states else record.definition.label
    actions = record.definition.actions.values()
    flow = any(state in a.goals and a.by is not None and "flow" in a.by.words for a in actions)
    reason = (
        say(zh="由审批流程决定是否进入“{to}”", en="The approval decides whether it becomes {to}", to=label)
        if flow
        else say(zh="不能从“{here}”直接变为“{to}”", en="Nothing leads from {here} to {to}", here=here, to=label)
    )
    return Way(state, label, "", False, reason)


def move(tx: Tx, obj: Object, id: int, view: View, to: str, *, action: str = "", version: int | None = None) -> None:
    """Move a record into a column: by the one action that leads there, or the named one; else by its field. Raises what
    the command raises, and `Refused` where nothing leads there or several actions do."""
    if not by_state(view):
        values = inputs.read(tx, obj.name, {view.columns[0]: to}, form=True)
        commands.update(tx, obj.name, id, values, version=version)
        return
    commands.act(tx, obj.name, id, action, version=version)


def stale(record: Record, version: int | None) -> None:
    """Refuse a move of a card that shows an older record."""
    if version is not None and version != record.system.get("version"):
        message = say(zh="这条记录刚刚被修改，请查看最新内容", en="The record was changed just now; look at it anew")
        raise Conflict(message, current_version=int(record.system.get("version") or 0))


