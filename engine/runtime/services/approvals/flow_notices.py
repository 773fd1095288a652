"""What people are told about approvals: the texts of notices. Decides nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from engine.definitions import blocks
from engine.definitions.flows import Approve, Flow, Notify
from engine.expressions.templates import Template
from engine.runtime.services import notices, outbox, quiet
from engine.runtime.services.approvals.deciding import Decision
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage import flow_rows, mail_link_rows
from engine.runtime.storage.flow_states import HUMAN, State
from engine.texts import Text, say

LIVES = dt.timedelta(hours=72)                 # how long a link of a mail works


def tell(session: Session, record: Record, flow: Flow, decision: Decision) -> None:
    """Send the notices of a decision, each in the languages of the app."""
    flow_rows.set_title(session.tx, decision.state.instance, record.title)
    for notice in decision.notices:
        step = blocks.step_at(flow, notice.at) if notice.at else None
        if isinstance(step, Notify):
            frame = session.frame(record)
            template: Template = step.say  # type: ignore[assignment]  # the model says object to stay below expressions
            text = Text({language: template.render(frame, language) for language in session.tx.app.languages})
        else:
            label = step.label if isinstance(step, Approve) else flow.label
            text = MESSAGES[notice.kind].filled(title=record.title, step=label)
        kind = "task" if notice.kind in TO_DO else notice.kind if notice.kind == "incident" else "notice"
        notices.send(session.tx, notice.users, text, kind=kind, about=record.ref)


def offer(
    session: Session, record: Record, flow: Flow, before: State, after: State, given: Mapping[int, int]
) -> None:
    """Mail whoever is asked now a link by which they decide, where the flow allows that. `given`: the numbers of tasks
    that were new."""
    tx = session.tx
    for task in after.tasks.values() if flow.mail_decide else ():
        old, visit = before.tasks.get(task.id), after.visits[task.visit]
        asked = old is not None and old.status == "pending" and old.assignee == task.assignee
        if task.status != "pending" or task.owner != task.assignee or asked or visit.kind not in HUMAN:
            continue
        step = blocks.step_at(flow, visit.at)
        label = step.label if isinstance(step, Approve) else flow.label
        due = quiet.until(tx, [task.assignee]).get(task.assignee, tx.now)
        link = mail_link_rows.add(tx.connection, {
            "app": tx.app.name, "user": task.assignee, "task": given.get(task.id, task.id),
            "version": task.lock_version, "expires_at": due + LIVES,
        })
        subject = MESSAGES["task"].filled(title=record.title, step=label).spoken()
        outbox.enqueue(tx, "mail", {"link": link, "subject": subject}, dedup_key=f"flow:link:{link}", run_at=due)


TO_DO = ("task", "returned", "delegated", "answered", "urged", "reminder")  # kinds of notices that ask for something
MESSAGES: Mapping[str, Text] = {
    "task": say(zh="请审批 {title}（{step}）", en="Please approve {title} ({step})"),
    "cc": say(zh="抄送给您：{title}", en="For your information: {title}"),
    "approved": say(zh="{title} 已通过审批", en="{title} was approved"),
    "rejected": say(zh="{title} 未通过审批", en="{title} was rejected"),
    "returned": say(zh="{title} 被退回，请修改后重新提交", en="{title} came back: change it and submit it again"),
    "delegated": say(zh="请协助 {title}（{step}）并答复", en="Please help with {title} ({step}) and answer"),
    "answered": say(zh="{title}（{step}）有了答复，请决定", en="{title} ({step}) is answered: please decide"),
    "reminder": say(zh="提醒：{title}（{step}）待您处理", en="{title} ({step}) waits for you"),
    "escalated": say(zh="{title}（{step}）逾期未处理", en="{title} ({step}) has not been decided in time"),
    "blocked": say(
        zh="{title}（{step}）到期，但必填内容为空，未能自动通过",
        en="{title} ({step}) is due, but what must be filled in is empty: nothing was approved",
    ),
    "no_substitute": say(
        zh="{title}（{step}）的审批人外出且无人代理",
        en="{title} ({step}) waits for somebody who is away; nobody stands in",
    ),
    "terminated": say(zh="{title} 的审批已被管理员终止", en="The approval of {title} was ended by an administrator"),
    "corrected": say(zh="{title} 在审批中被管理员更正，请重新查看",
                     en="{title} was corrected by an administrator while you are asked: look at it again"),
    "incident": say(zh="{title} 的审批停滞，请在“全部审批”中处理",
                    en="The approval of {title} stands still: see to it under All approvals"),
    "urged": say(zh="催办：请审批 {title}（{step}）", en="A reminder: please approve {title} ({step})"),
}
