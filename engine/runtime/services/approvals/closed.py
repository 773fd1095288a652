"""Who closed a task, told to whoever comes too late with an answer of their own. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import Refused
from engine.locales import REGIONS, show_datetime
from engine.runtime.services.sessions import Session
from engine.runtime.storage import flow_rows, task_rows
from engine.runtime.storage.flow_states import State
from engine.texts import Text, say

ANSWERS = (
    "approve", "reject", "abstain", "done", "return", "resubmit", "transfer", "delegate", "add_signer", "claim",
    "stash",
)
CLOSED = ("done", "cancelled")
WORDS: Mapping[str, Text] = {                  # entries of the history that close tasks
    "approved": say(zh="同意", en="approved"), "rejected": say(zh="拒绝", en="rejected"),
    "abstained": say(zh="弃权", en="abstained"),
    "returned": say(zh="退回", en="sent it back"), "handled": say(zh="完成", en="finished the work"),
    "resubmitted": say(zh="重新提交", en="submitted it again"), "withdrawn": say(zh="撤回", en="withdrew it"),
    "terminated": say(zh="终止", en="ended the approval"), "jumped": say(zh="跳转到其他步骤", en="moved it on"),
    "superseded": say(zh="按新版本重新开始", en="began it anew"), "claimed": say(zh="领取", en="took it"),
    "sign_removed": say(zh="减签", en="took the request back"), "recalled": say(zh="取回审批", en="took it back"),
    "timed_out": say(zh="到期处理", en="was due"),
}
YOU, CLOCK = say(zh="您", en="You"), say(zh="任务", en="The task")
TOLD = say(zh="{who}已于 {when} {what}，请刷新页面", en="{who} {what} on {when}: reload the page")


def refuse(session: Session, state: State, task: int, verb: str) -> None:
    """Refuse an answer to a task that is closed, and say by whom, when, and how; where the history does not tell it the
    core refuses."""
    mine = state.tasks[task]
    if verb not in ANSWERS or mine.status not in CLOSED:
        return
    told = [one for one in flow_rows.events_of(session.tx, state.instance.id) if one["type"] in WORDS]
    own = [one for one in told if one["task"] == task]
    found = next(reversed(own or told), None)
    if found is not None:
        raise Refused(_text(session, found), code="task_done")


def _text(session: Session, event: Mapping[str, Any]) -> Text:
    tx, actor = session.tx, event["actor"]
    name = task_rows.names(tx, [actor]).get(actor or 0, "")
    who: Text | str = YOU if actor == tx.actor.id else f"{name} " if name else CLOCK
    at = event["at"].astimezone(tx.zone)
    when = Text({language: show_datetime(at, language) for language in REGIONS})
    return TOLD.filled(who=who, when=when, what=WORDS[event["type"]])
