"""The task inbox and one task with what its decider needs to see. Knows tasks and records, no request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.runtime.services import reading
from engine.runtime.services.approvals import boxes
from engine.runtime.services.approvals.boxes import Item, Wanted
from engine.runtime.services.approvals.tasks import TaskView
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.runtime.storage.task_rows import MOST_COUNTED
from engine.runtime.web.present import addresses, facts, inbox_filters, values
from engine.runtime.web.present.facts import Fact
from engine.runtime.web.present.inbox_filters import Filters
from engine.runtime.web.present.places import Tab
from engine.texts import Text, say

MOST_FACTS = 5
DUE: dict[bool, Text] = {
    False: say(zh="截止 {when}", en="due {when}"), True: say(zh="已逾期：{when}", en="overdue since {when}"),
}
VERBS: dict[str, Text] = {
    "approve": say(zh="同意", en="Approve"),
    "reject": say(zh="拒绝", en="Reject"),
    "abstain": say(zh="弃权", en="Abstain"),
    "done": say(zh="完成", en="Done"),
    "return": say(zh="退回", en="Return"),
    "claim": say(zh="领取", en="Take it"),
    "unclaim": say(zh="放回", en="Give it back"),
    "recall": say(zh="取回审批", en="Take my decision back"),
    "transfer": say(zh="转交", en="Transfer"),
    "comment": say(zh="评论", en="Comment"),
    "resubmit": say(zh="重新提交", en="Submit again"),
    "withdraw": say(zh="撤回", en="Withdraw"),
    "delegate": say(zh="委托协助", en="Ask for help"),
    "answer": say(zh="答复", en="Answer"),
    "take_back": say(zh="收回委托", en="Take it back"),
    "add_signer": say(zh="加签", en="Add"),
    "remove_signer": say(zh="减签", en="Remove"),
    "urge": say(zh="催办", en="Remind"),
    "stash": say(zh="暂存", en="Keep for later"),
    "cc": say(zh="抄送", en="Copy to others"),
    "revoke": say(zh="申请撤销", en="Ask to take it back"),
}
ICONS = {
    "approve": "check",
    "reject": "x",
    "done": "check",
    "claim": "hand-grab",
    "unclaim": "arrow-back",
    "recall": "arrow-back",
    "transfer": "user-share",
    "comment": "message",
    "resubmit": "send",
    "withdraw": "arrow-back",
    "answer": "send",
    "take_back": "arrow-back",
    "urge": "bell",
    "stash": "device-floppy",
}
APART = ("transfer", "delegate", "add_signer", "remove_signer", "return", "cc")  # with a place of their own
WAYS: dict[str, Text] = {
    "before": say(zh="前加签：他们先审，再到我", en="before me: they decide first, then I do"),
    "after": say(zh="后加签：我同意，再由他们审", en="after me: I approve now, then they decide"),
    "parallel": say(zh="并行加签：与我同时审", en="beside me: they decide as I do"),
}
RULES: dict[str, Text] = {
    "all": say(zh="全部同意", en="all of them"),
    "any": say(zh="任一人即可", en="any one of them"),
    "in_order": say(zh="依次审批", en="one after the other"),
}
CALLS: dict[str, Text] = {
    "asked": say(zh="审批", en="Decide"), "helps": say(zh="答复", en="Answer"), "open": say(zh="打开", en="Open"),
}
DECISIONS: dict[str, tuple[Text, str]] = {
    "approve": (say(zh="已同意", en="approved"), "green"),
    "approved": (say(zh="已同意", en="approved"), "green"),
    "reject": (say(zh="已拒绝", en="rejected"), "red"),
    "rejected": (say(zh="已拒绝", en="rejected"), "red"),
    "abstain": (say(zh="已弃权", en="abstained"), "gray"),
    "done": (say(zh="已完成", en="done"), "green"),
    "return": (say(zh="已退回", en="returned"), "orange"),
    "returned": (say(zh="已退回", en="returned"), "orange"),
    "withdrawn": (say(zh="已撤回", en="withdrawn"), "gray"),
    "running": (say(zh="审批中", en="under way"), "blue"),
    "resubmit": (say(zh="已重新提交", en="submitted again"), "blue"),
    "terminated": (say(zh="已终止", en="ended"), "gray"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the inbox: what it is about, and the facts that help to decide."""

    id: int | None
    version: int | None
    title: str
    url: str
    step: str
    who: str
    when: str
    facts: Sequence[Fact]
    status: str
    color: str
    verbs: Sequence[str]                       # that may be taken for several at once
    call: str                                  # what its button says
    due: str = ""                              # until when, in words; `late` when that is past
    late: bool = False
    unread: bool = False


@dataclass(frozen=True, slots=True)
class InboxView:
    """A page of a box. `count` tells in words how many rows fit; `filtered` whether the address asks for a part."""

    box: str
    tabs: Sequence[Tab]
    rows: Sequence[Row]
    next_url: str
    filters: Filters
    count: str
    filtered: bool


def of(tx: Tx, box: str, wanted: Wanted, *, sort: str = "due", cursor: str = "", limit: int = 50) -> InboxView:
    """One page of a box. The count of a tab is that of its whole list; the one below is of what fits the filter."""
    language, app = tx.actor.language, tx.app.name
    page = boxes.page(tx, box, wanted, cursor=cursor, by_due=sort == "due", limit=limit)
    whole = boxes.counts(tx)
    filtered = not inbox_filters.is_blank(wanted)
    tabs = [
        Tab(label.to(language), addresses.extended(addresses.tasks(app), box=name), name == box, whole[name])
        for name, label in boxes.BOXES.items()
    ]
    session = Session(tx)
    session.prefetch([i.record for i in page.items])
    asked = inbox_filters.as_address(wanted) | ({"sort": sort} if sort != "due" else {})
    more = addresses.extended(addresses.tasks(app), box=box, **asked, cursor=page.next) if page.next else ""
    number = boxes.count(tx, box, wanted) if filtered else whole[box]
    rows = [row(tx, session, item) for item in page.items]
    panel = inbox_filters.of(tx, box, wanted, sort)
    return InboxView(box, tabs, rows, more, panel, counted(number, language), filtered)


def counted(number: int, language: str) -> str:
    """How many rows there are, in words; counting stops somewhere."""
    if number >= MOST_COUNTED:
        return say(zh="{n} 条以上", en="{n} and more", n=MOST_COUNTED).to(language)
    return say(zh="{n} 条", en="{n} in all", n=number).to(language)


def row(tx: Tx, session: Session, item: Item) -> Row:
    """One row with the first facts of its record."""
    language = tx.actor.language
    word, color = outcome(item, language)
    asked = item.kind == "approve" and item.status == "pending"
    due = item.due_at is not None and item.status == "pending"
    late = due and item.due_at is not None and item.due_at < tx.now
    return Row(
        id=item.id,
        version=item.version,
        title=item.record.title or f"#{item.record.id}",
        url=addresses.task(tx.app.name, item.id)
        if item.id
        else addresses.record(tx.app.name, item.record.object, item.record.id),
        step=f"{item.flow_label.to(language)} · {item.step_label.to(language)}"
        if item.step
        else item.flow_label.to(language),
        who=item.initiator.title if item.initiator else "",
        when=values.moment(item.at, tx.zone, language),
        facts=short_facts(session, item),
        status=word,
        color=color,
        due=due_words(item, late, tx) if due else "",
        late=late,
        unread=item.unread and item.id is not None,
        verbs=("approve", "reject") if asked and not item.alone and not item.helps else (),
        call=(CALLS["helps"] if item.helps else CALLS["asked"] if asked else CALLS["open"]).to(language),
    )


def due_words(item: Item, late: bool, tx: Tx) -> str:
    """Until when it is to be decided."""
    when = values.moment(item.due_at, tx.zone, tx.actor.language)
    return DUE[late].filled(when=when).to(tx.actor.language)


def outcome(item: Item, language: str) -> tuple[str, str]:
    """How a task or flow stands, in a word and a colour; nothing while it waits for this person."""
    known = DECISIONS.get(item.decision) or DECISIONS.get(item.flow_status)
    if known is None or (item.status == "pending" and item.id is not None):
        return "", ""
    return known[0].to(language), known[1]


def short_facts(session: Session, item: Item) -> list[Fact]:
    """What a task is decided by: the fields that its step declares (`show`), else the columns of the record's list; as
    far as they may be seen."""
    record = reading.glance(session, item.record)
    if record is None:
        return []
    obj = record.definition
    view = next((v for v in obj.views.values() if v.kind == "list"), None)
    names = [n for n in (view.columns if view else obj.fields) if n in obj.fields and n not in obj.key]
    shown = access.visible_fields(session.tx, obj, record)
    found = [f for f in facts.facts_of(record, item.show or names, shown) if f.value]
    return found if item.show else found[:MOST_FACTS]


@dataclass(frozen=True, slots=True)
class Verb:
    name: str
    label: str
    icon: str
    kind: str
    key: str = ""                              # of the keyboard


KEYS = {"approve": "A", "done": "A", "answer": "A", "reject": "R"}
DIRECTLY = say(zh="{place}（改好后直接回到本步）", en="{place} (then straight back here)")
AGAIN = say(zh="{place}（之后重新审批）", en="{place} (all is asked again)")


def back(view: TaskView, language: str) -> list[tuple[str, str]]:
    """Where a task may be returned to: what the page posts, and its label."""
    found = []
    for place in view.back:
        for mode in place.modes:
            form = DIRECTLY if mode == "direct" else AGAIN if len(place.modes) > 1 else None
            label = place.label if form is None else form.filled(place=place.label)
            found.append((f"{place.name} {mode}", label.to(language)))
    return found


def verbs(view: TaskView, language: str) -> list[Verb]:
    """What may be done with a task, the way forward first."""
    kinds = {"approve": "primary", "done": "primary", "resubmit": "primary", "answer": "primary", "reject": "danger"}
    return [
        Verb(v, VERBS[v].to(language), ICONS.get(v, "point"), kinds.get(v, "secondary"), KEYS.get(v, ""))
        for v in view.verbs
        if v in VERBS and v not in APART
    ]
