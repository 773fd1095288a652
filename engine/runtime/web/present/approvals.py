"""A record's approval on its page: the steps with who decided how, and what the reader may do. Knows no request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.runtime.services.approvals import revoking
from engine.runtime.services.approvals.flow_views import InstanceView, PersonView, StepView
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses
from engine.texts import Text, say

WORDS: Mapping[str, tuple[Text, str]] = {
    "approve": (say(zh="同意", en="approved"), "green"),
    "approved": (say(zh="已通过", en="approved"), "green"),
    "reject": (say(zh="拒绝", en="rejected"), "red"),
    "rejected": (say(zh="已拒绝", en="rejected"), "red"),
    "done": (say(zh="完成", en="done"), "green"),
    "abstain": (say(zh="弃权", en="abstained"), "gray"),
    "return": (say(zh="退回", en="returned"), "orange"),
    "returned": (say(zh="已退回", en="returned"), "orange"),
    "resubmit": (say(zh="重新提交", en="submitted again"), "blue"),
    "resubmitted": (say(zh="已重新提交", en="submitted again"), "blue"),
    "pending": (say(zh="待处理", en="waiting"), "blue"),
    "waiting": (say(zh="尚未轮到", en="comes later"), "gray"),
    "open": (say(zh="进行中", en="under way"), "blue"),
    "running": (say(zh="审批中", en="under way"), "blue"),
    "skipped": (say(zh="已跳过", en="skipped"), "gray"),
    "ahead": (say(zh="未到", en="to come"), "gray"),
    "cancelled": (say(zh="已取消", en="cancelled"), "gray"),
    "withdrawn": (say(zh="已撤回", en="withdrawn"), "gray"),
    "terminated": (say(zh="已终止", en="ended"), "gray"),
    "commented": (say(zh="评论", en="commented"), "gray"),
    "transferred": (say(zh="转交", en="handed it over"), "gray"),
    "held": (say(zh="等待加签", en="waits for those who were added"), "amber"),
    "delegated": (say(zh="委托协助", en="asked for help"), "gray"),
    "answered": (say(zh="答复", en="answered"), "gray"),
    "taken_back": (say(zh="收回委托", en="took it back"), "gray"),
    "sign_added": (say(zh="加签", en="added"), "gray"),
    "sign_removed": (say(zh="减签", en="removed"), "gray"),
    "escalated": (say(zh="逾期上报", en="told others that it is late"), "amber"),
    "handed_over": (say(zh="交接工作", en="handed the work over"), "gray"),
    "merged": (say(zh="任务合并", en="made two tasks of one person one"), "gray"),
    "reassigned": (say(zh="改派", en="gave it to somebody else"), "amber"),
    "jumped": (say(zh="跳转到其他步骤", en="let it go on at another step"), "amber"),
    "suspended": (say(zh="已暂停", en="suspended"), "amber"),
    "copied": (say(zh="抄送", en="let others read it"), "gray"),
    "migrated": (say(zh="按新版本重新开始", en="began anew by the new version"), "amber"),
    "superseded": (say(zh="由新版本的流程接替", en="replaced by a run of the new version"), "gray"),
    "resumed": (say(zh="已恢复", en="let it go on"), "gray"),
    "retried": (say(zh="重试失败的步骤", en="tried again what had failed"), "gray"),
    "no_substitute": (say(zh="外出且无人代理", en="away, and nobody stands in"), "red"),
    "timer_blocked": (say(zh="到期未能自动通过", en="could not be approved by the clock"), "red"),
    "record_changed": (say(zh="更正了审批中的单据", en="corrected the record while it was being approved"), "amber"),
    "incident": (say(zh="停滞，需要管理员处理", en="stands still: an administrator has to see to it"), "red"),
    "recalled": (say(zh="取回审批", en="took the decision back"), "amber"),
    "claimed": (say(zh="领取", en="took it"), "gray"),
    "unclaimed": (say(zh="放回", en="gave it back"), "gray"),
    "urged": (say(zh="催办", en="reminded"), "amber"),
    "signalled": (say(zh="收到等待的消息", en="what it waited for has come"), "gray"),
    "revoking": (say(zh="申请撤销审批", en="asked to take the approval back"), "amber"),
}
# What only the whole history tells.
HISTORY: Mapping[str, tuple[Text, str]] = {
    "started": (say(zh="提交", en="submitted"), "green"),
    "task_created": (say(zh="待处理", en="is asked"), "blue"),
    "abstained": (say(zh="弃权", en="abstained"), "gray"),
    "handled": (say(zh="完成", en="done"), "green"),
    "auto_approved": (say(zh="按规则自动同意", en="approved by rule"), "green"),
    "voided": (say(zh="结果作废", en="is taken back"), "gray"), "cc": (say(zh="抄送", en="copied"), "gray"),
    "chosen": (say(zh="选择分支", en="took an arm"), "gray"),
    "forked": (say(zh="并行开始", en="went on side by side"), "gray"),
    "ended": (say(zh="流程结束", en="the approval is over"), "gray"),
    "assignee_dropped": (say(zh="跳过已停用人员", en="left out who has left"), "amber"),
    "no_approver": (say(zh="没有审批人", en="nobody to decide"), "amber"),
    "timed_out": (say(zh="到期", en="was due"), "amber"), "waits": (say(zh="等待", en="waits"), "gray"),
    "called": (say(zh="启动子流程", en="runs other flows"), "gray"),
}
DECIDE = say(zh="审批", en="Decide")
MINE = {"revise": say(zh="重新提交", en="Submit again"), "handle": say(zh="处理", en="Work on it")}
RULE = say(zh="（按规则自动）", en="(by rule)")


@dataclass(frozen=True, slots=True)
class Decider:
    """One person at a step."""

    name: str
    word: str
    color: str
    opinion: str
    signature: str = ""                        # where it is shown


@dataclass(frozen=True, slots=True)
class Step:
    """One step: reached, under way, or still to come."""

    label: str
    word: str
    color: str
    status: str
    people: Sequence[Decider]


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """The newest approval of a record. `task_url`: where the reader decides (`task_word`); `withdraw_url`: takes it
    back; `urge_url`: reminds those who are asked; `revoke_url`: asks to take an approval back."""

    label: str
    word: str
    color: str
    steps: Sequence[Step]
    task_url: str
    withdraw_url: str
    urge_url: str = ""
    revoke_url: str = ""
    task_word: str = ""
    heard: Said | None = None                  # the last that somebody else has said


@dataclass(frozen=True, slots=True)
class Said:
    """A decision or remark for the timeline."""

    at: dt.datetime
    who: str
    text: str
    color: str
    opinion: str


def of(tx: Tx, found: InstanceView | None) -> ApprovalView | None:
    """The approval as the page shows it; None for a record that nobody was ever asked about."""
    if found is None or not found.steps:
        return None
    language, app = tx.actor.language, tx.app.name
    word, color = in_words(found.status, language)
    steps = [step(one, language, app) for one in found.steps if not one.voided and one.status != "skipped"]
    task = addresses.task(app, found.my_task) if found.my_task else ""
    open_task = found.open_task if found.may_withdraw else None
    withdraw = addresses.task(app, open_task, "withdraw") if open_task else ""
    urge = addresses.task(app, found.open_task, "urge") if found.may_urge and found.open_task else ""
    asking = found.status == "approved" and found.open_task is not None and revoking.may(tx, found.id)
    revoke = addresses.task(app, found.open_task, "revoke") if asking and found.open_task else ""
    return ApprovalView(found.label.to(language), word, color, steps, task, withdraw, urge, revoke,
                        MINE.get(found.my_kind, DECIDE).to(language), heard(tx, found))


def heard(tx: Tx, found: InstanceView) -> Said | None:
    """The last words of somebody else in this approval: why it came back, what was answered."""
    said = [one for one in story([found], tx.actor.language) if one.opinion and one.who != tx.actor.name]
    return max(said, key=lambda one: one.at, default=None)


def step(found: StepView, language: str, app: str) -> Step:
    word, color = in_words(found.status, language)
    people = [decider(one, language, app) for one in found.people]
    return Step(found.label.to(language), word, color, found.status, people)


def decider(found: PersonView, language: str, app: str) -> Decider:
    word, color = in_words(found.decision or found.status, language)
    by_rule = RULE.to(language) if found.auto else ""
    signature = addresses.task(app, found.task, "signature") if found.signed else ""
    return Decider(found.user.title, word + by_rule, color, found.opinion, signature)


def in_words(code: str, language: str) -> tuple[str, str]:
    """A status or decision in a word and a colour."""
    known = WORDS.get(code)
    return (known[0].to(language), known[1]) if known is not None else (code, "gray")


def story(found: Sequence[InstanceView], language: str) -> list[Said]:
    """Every decision and remark of a record's approvals."""
    said = []
    for instance in found:
        for one in instance.steps:
            for person in one.people:
                if person.at is not None and person.decision:
                    word, color = in_words(person.decision, language)
                    label = f"{word} · {one.label.to(language)}"
                    said.append(Said(person.at, person.user.title, label, color, person.opinion))
        for remark in instance.remarks:
            word, color = in_words(remark.type, language)
            label = f"{word} → {', '.join(remark.people)}" if remark.people else word
            said.append(Said(remark.at, remark.user.title if remark.user else "", label, color, remark.text))
    return said
