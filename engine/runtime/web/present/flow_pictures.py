"""The picture of a flow, and of one approval on it, with the same as a list to read. Knows no request and no markup."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.definitions import blocks
from engine.definitions.flows import (
    Approve,
    Arm,
    Branch,
    Copy,
    Do,
    End,
    Flow,
    FlowStep,
    Notify,
    Parallel,
    Subflow,
    Wait,
)
from engine.expressions.templates import Template
from engine.runtime.services.approvals.flow_marks import Course, Mark, Person
from engine.runtime.services.records import Record
from engine.runtime.services.rights import sight
from engine.runtime.services.scoping import ReaderSession
from engine.runtime.services.spoken import Words
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import approvals, flow_layouts, spoken, values, waits
from engine.runtime.web.present.flow_layouts import CHIP, GAP, Box, Chip, Line
from engine.runtime.web.present.text_widths import fitted
from engine.texts import Text, listed, say

STATUSES: Mapping[str, tuple[Text, str, str]] = {     # words, colour, icon
    "done": (say(zh="已完成", en="done"), "green", "check"),
    "rejected": (say(zh="已拒绝", en="rejected"), "red", "x"),
    "returned": (say(zh="已退回", en="sent back"), "orange", "arrow-back-up"),
    "current": (say(zh="进行中", en="under way"), "blue", "clock"),
    "next": (say(zh="预计", en="expected"), "gray", "dots"),
    "skipped": (say(zh="无需", en="not needed"), "gray", "minus"),
    "off": (say(zh="未走此路", en="not on the way"), "gray", "minus"),
    "maybe": (say(zh="未定", en="not known yet"), "gray", "dots"),
    "stopped": (say(zh="已中止", en="ended before"), "gray", "minus"),
}
KINDS: Mapping[type, tuple[Text, str]] = {
    Copy: (say(zh="抄送", en="Copy"), "mail-forward"), Notify: (say(zh="通知", en="Notice"), "bell"),
    Wait: (say(zh="等待", en="Wait"), "clock"), Do: (say(zh="自动处理", en="Automatic step"), "bolt"),
    Subflow: (say(zh="子流程", en="Flow inside"), "hierarchy"),
    Branch: (say(zh="分支", en="Branch"), "git-branch"), Parallel: (say(zh="并行", en="Side by side"), "git-fork"),
}
DONE_BY: Mapping[str, Text] = {
    "set": say(zh="修改字段", en="Set fields"), "create": say(zh="新建记录", en="Create a record"),
    "update": say(zh="更新记录", en="Update records"), "act": say(zh="执行操作", en="Take an action"),
    "webhook": say(zh="通知外部系统", en="Tell another system"), "comment": say(zh="写评论", en="Comment"),
    "assign": say(zh="指派", en="Assign"), "delete": say(zh="删除记录", en="Delete records"),
}
ENDS: Mapping[str, Text] = {
    "approved": say(zh="通过", en="Approved"), "rejected": say(zh="不通过", en="Rejected"),
    "branch": say(zh="本分支结束", en="End of the arm"),
}
START, END = say(zh="提交", en="Submitted"), say(zh="结束", en="End")
ELSE, ALWAYS = say(zh="其他情况", en="otherwise"), say(zh="同时进行", en="in any case")
NAMED = say(zh="{arm}：{condition}", en="{arm}: {condition}")
ONLY = say(zh="仅当 {what}", en="only if {what}")
TIMES = say(zh="第 {n} 次", en="time {n}")
DUE = say(zh="截止 {when}", en="due {when}")
UNTIL = say(zh="至 {when}", en="until {when}")
FORESEEN = say(zh="预计（按当前数据推算）", en="expected (as things stand)")
TOOK = say(zh="走“{arm}”", en="took “{arm}”")
WOULD = say(zh="预计走“{arm}”", en="would take “{arm}”")
REVISE = say(zh="已退回，待 {who} 修改", en="Sent back: {who} is to change it")
TITLE = say(zh="{flow}：{status}", en="{flow}: {status}")
UNKNOWN = say(zh="无法继续推算：{why}", en="What follows cannot be told: {why}")
PAD = 12                                       # within a box


@dataclass(frozen=True, slots=True)
class Said:
    """One line of text in the picture."""

    x: int
    y: int
    text: str
    kind: str = "label"


@dataclass(frozen=True, slots=True)
class Node:
    """A box of the picture: `status` and `kind` are classes, `title` is told on hover."""

    x: int
    y: int
    width: int
    height: int
    kind: str
    status: str
    icon: str
    lines: Sequence[Said]
    title: str


@dataclass(frozen=True, slots=True)
class Way:
    """A line of the picture, or with `texts` the condition on it."""

    d: str
    status: str
    texts: Sequence[Said] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of the list: the same in words. `depth` of its block."""

    label: str
    status: str
    word: str
    color: str
    icon: str
    who: Sequence[str]
    note: str
    depth: int


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture and its list; `title` says in short what it shows, `note` what cannot be told."""

    title: str
    width: int
    height: int
    nodes: Sequence[Node]
    ways: Sequence[Way]
    steps: Sequence[Step]
    note: str = ""


def of(tx: Tx, course: Course, record: Record | None = None) -> Picture:
    """The picture of a definition, with what has become of it in one approval over a record."""
    return _Pen(tx, course, record).picture()


class _Pen:
    """Draws one picture."""

    def __init__(self, tx: Tx, course: Course, record: Record | None) -> None:
        self.tx = tx
        self.course = course
        self.record = record
        self.language = tx.actor.language
        self.words = Words(tx.app, course.flow.object, self.language, filled=self.filled)
        self.bare = not course.marks

    def say(self, text: Text, **holes: str) -> str:
        return text.filled(**holes).to(self.language)

    def filled(self, text: Template) -> str:
        """What a message says of the record, where this reader sees all that it names."""
        record = self.record
        if record is None or not sight.may_read(self.tx, record.object, text.reads):
            return ""
        return text.render(ReaderSession(self.tx).frame(record), self.language)

    def picture(self) -> Picture:
        flow, layout = self.course.flow, flow_layouts.of(self.course.flow)
        word = "" if self.bare else approvals.in_words(self.course.status, self.language)[0]
        label = flow.label.to(self.language)
        title = self.say(TITLE, flow=label, status=word) if word else label
        ways = [self.way(line) for line in layout.lines] + [self.condition(chip) for chip in layout.chips]
        stopped = self.course.stopped
        return Picture(
            title, layout.width, layout.height, [self.node(box) for box in layout.boxes], ways, self.steps(flow),
            "" if stopped is None else self.say(UNKNOWN, why=stopped.to(self.language)),
        )

    # ---- boxes and lines

    def mark(self, path: str) -> Mark:
        return self.course.marks.get(path) or Mark("plain" if self.bare else "maybe")

    def node(self, box: Box) -> Node:
        if box.kind in ("start", "end"):
            return self.pill(box)
        step, mark = blocks.step_at(self.course.flow, box.path), self.mark(box.path)
        if box.kind in ("fork", "join"):
            return Node(box.x, box.y, box.width, box.height, box.kind, mark.status, "", (), self.label(step))
        who = self.who(step, mark)
        roomy = box.height == flow_layouts.TALL
        label = fitted(self.label(step), box.width - 2 * PAD - 20, 2 if roomy or not who else 1)
        lines = [Said(box.x + PAD + 20, 0, text) for text in label]
        if who and (roomy or len(label) == 1):
            lines.append(Said(box.x + PAD, 0, fitted(listed(who, self.language), box.width - 2 * PAD, 1, 12)[0], "who"))
        placed = stacked(lines, box.y, box.height)
        said = [self.label(step), self.status(mark), *who, self.note(step, mark)]
        title = " · ".join(part for part in said if part)
        return Node(box.x, box.y, box.width, box.height, kind_of(step), mark.status, icon_of(step, mark), placed, title)

    def pill(self, box: Box) -> Node:
        if box.kind == "start":
            who = self.course.initiator.title if self.course.initiator is not None else ""
            text, status = self.say(START), "plain" if self.bare else "done"
        else:
            over = self.course.ended_at is not None
            text, who = self.say(END), ""
            text = approvals.in_words(self.course.status, self.language)[0] if over else text
            status = "plain" if self.bare else self.course.status if over else "maybe"
        lines = [Said(box.x + box.width // 2, 0, fitted(text, box.width - 12, 1)[0], "middle")]
        if who:
            lines.append(Said(box.x + box.width // 2, 0, fitted(who, box.width - 12, 1, 12)[0], "who middle"))
        placed = stacked(lines, box.y, box.height)
        title = " · ".join(filter(None, (text, who)))
        return Node(box.x, box.y, box.width, box.height, "pill", status, "", placed, title)

    def way(self, line: Line) -> Way:
        return Way(flow_layouts.path_of(line.points), self.taken(line.path, line.arm))

    def taken(self, path: str, arm: int | None) -> str:
        """Whether a line was gone along: taken · next · off · plain."""
        if self.bare:
            return "plain"
        if path == flow_layouts.END:
            return "taken" if self.course.status == "approved" else "off" if self.course.ended_at else "plain"
        mark = self.mark(path)
        status = {"next": "next", "off": "off", "maybe": "plain"}.get(mark.status, "taken")
        if arm is not None and mark.arms and arm not in mark.arms:
            return "off"
        return "plain" if arm is not None and not mark.arms and status == "taken" else status

    def condition(self, chip: Chip) -> Way:
        """The condition above the line of an arm."""
        step = blocks.step_at(self.course.flow, chip.path)
        arm = blocks.arms_of(step)[chip.arm]
        text = self.arm(step, arm)
        lines = fitted(text, min(chip.width, CHIP + GAP - 26), 2, 11)
        placed = [Said(chip.x, chip.y - 13 * (len(lines) - 1 - n), one, "arm") for n, one in enumerate(lines)]
        why = self.reason(arm)
        return Way("", self.taken(chip.path, chip.arm), placed, " · ".join(filter(None, (text, why))))

    # ---- words

    def label(self, step: FlowStep) -> str:
        """What a step is called."""
        if isinstance(step, Approve):
            return step.label.to(self.language)
        if isinstance(step, End):
            return self.say(ENDS.get(step.outcome, END))
        if isinstance(step, Do) and step.step.kind in DONE_BY:
            return self.say(DONE_BY[step.step.kind])
        if isinstance(step, Subflow) and step.flow in self.tx.app.flows:
            return self.tx.app.flows[step.flow].label.to(self.language)
        known = KINDS.get(type(step))
        return self.say(known[0]) if known is not None else step.name

    def arm(self, step: FlowStep, arm: Arm) -> str:
        """What an arm is called: its label, else its condition in words."""
        label = arm.label.to(self.language)
        if arm.when is None:
            plain = self.say(ELSE if isinstance(step, Branch) else ALWAYS)
            return label if label and label != arm.name else plain
        condition = self.words.condition(arm.when)
        return self.say(NAMED, arm=label, condition=condition) if label and label != arm.name else condition

    def reason(self, arm: Arm) -> str:
        """What the fields of its condition are, for whoever may see them."""
        if arm.when is None or self.record is None:
            return ""
        return ("；" if self.language == "zh" else "; ").join(spoken.values(arm.when, self.record))

    def who(self, step: FlowStep, mark: Mark) -> list[str]:
        """Who was, is or would be asked; without an approval those whom the definition names."""
        if mark.people:
            return [self.person(one) for one in mark.people]
        if isinstance(step, Wait):
            return [waits.told(self.tx.app, step, self.words)]
        named = step.by if isinstance(step, Approve) else step.to if isinstance(step, Copy | Notify) else None
        return [self.words.people(named)] if named is not None and mark.status in ("plain", "maybe", "off") else []

    def person(self, one: Person) -> str:
        word = approvals.in_words(one.word, self.language)[0] if one.word and one.word != "pending" else ""
        rule = approvals.RULE.to(self.language) if one.auto else ""
        return f"{one.user.title} {word}{rule}".strip()

    def status(self, mark: Mark) -> str:
        if mark.status not in STATUSES:
            return ""
        return self.say(FORESEEN if mark.status == "next" else STATUSES[mark.status][0])

    def note(self, step: FlowStep, mark: Mark) -> str:
        """When, how often, until when, and under which condition."""
        parts = []
        if mark.at is not None and mark.status != "skipped":
            parts.append(self.moment(max((p.at for p in mark.people if p.at is not None), default=mark.at)))
        if mark.times > 1:
            parts.append(self.say(TIMES, n=str(mark.times)))
        if mark.due is not None and mark.status == "current":
            parts.append(self.say(UNTIL if isinstance(step, Wait) else DUE, when=self.moment(mark.due)))
        when = getattr(step, "when", None)
        if when is not None:
            parts.append(self.say(ONLY, what=self.words.condition(when)))
            if mark.status == "skipped" and self.record is not None:
                parts += spoken.values(when, self.record)
        return " · ".join(parts)

    def moment(self, at: dt.datetime) -> str:
        return values.moment(at, self.tx.zone, self.language)

    # ---- the list

    def steps(self, flow: Flow) -> list[Step]:
        found = [self.began()] if not self.bare else []
        for path, step in blocks.walk(flow):
            mark = self.mark(path)
            if self.bare or mark.status != "off":
                found.append(self.step(step, mark, len(blocks.read(path)) // 2))
        if self.course.revising:
            who = listed((one.user.title for one in self.course.revising), self.language)
            found.append(Step(self.say(REVISE, who=who), "current", "", "blue", "clock", (), "", 0))
        if self.course.ended_at is not None:
            word, color = approvals.in_words(self.course.status, self.language)
            when = self.moment(self.course.ended_at)
            found.append(Step(self.say(END), self.course.status, word, color, "flag", (), when, 0))
        return found

    def began(self) -> Step:
        who = (self.course.initiator.title,) if self.course.initiator is not None else ()
        when = "" if self.course.started_at is None else self.moment(self.course.started_at)
        return Step(self.say(START), "done", "", "green", "send", who, when, 0)

    def step(self, step: FlowStep, mark: Mark, depth: int) -> Step:
        _, color, _ = STATUSES.get(mark.status, (END, "gray", ""))
        word = "" if isinstance(step, Branch | Parallel) else self.status(mark)
        note = self.taking(step, mark) if blocks.arms_of(step) else self.note(step, mark)
        return Step(self.label(step), mark.status, word, color, icon_of(step, mark), self.who(step, mark), note, depth)

    def taking(self, step: FlowStep, mark: Mark) -> str:
        """Which arms were taken, and why; of a definition, which there are."""
        arms = blocks.arms_of(step)
        if not mark.arms:
            return " / ".join(self.arm(step, arm) for arm in arms)
        taken = [arms[n] for n in mark.arms if n < len(arms)]
        names = listed((self.arm(step, arm) for arm in taken), self.language)
        asked = arms if isinstance(step, Branch) and any(arm.when is None for arm in taken) else taken
        why = [reason for arm in asked if (reason := self.reason(arm))]
        said = self.say(WOULD if mark.status == "next" else TOOK, arm=names)
        return " · ".join([said, *dict.fromkeys(why)])


def kind_of(step: FlowStep) -> str:
    """A class for the shape of a step's box."""
    return "ask" if isinstance(step, Approve) else "end" if isinstance(step, End) else "quiet"


def icon_of(step: FlowStep, mark: Mark) -> str:
    """The sign of a status; without one, that of the kind of step."""
    if mark.status in STATUSES and mark.status not in ("next", "maybe", "off"):
        return STATUSES[mark.status][2]
    if isinstance(step, Approve):
        return "checklist" if step.work else "user-check"
    return "flag" if isinstance(step, End) else KINDS.get(type(step), (END, "point"))[1]


def stacked(lines: Sequence[Said], y: int, height: int) -> list[Said]:
    """Lines below each other in the middle of a box."""
    step = 16
    first = y + (height - step * len(lines)) / 2 + 12.5
    return [Said(one.x, round(first + step * n), one.text, one.kind) for n, one in enumerate(lines)]
