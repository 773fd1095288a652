"""The filter of the inbox in its address, as choices and as chips that take it away. Knows the app, no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.digits import whole
from engine.errors import Unreadable
from engine.runtime.services.approvals.boxes import ALL, DUES, Wanted
from engine.runtime.services.rights import access
from engine.runtime.storage import task_rows
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses
from engine.runtime.web.present.places import Choice
from engine.texts import Text, say

DAYS = (1, 3, 7, 30)
KEYS = ("object", "flow", "submitter", "days", "due", "q", "sort")
DUE_WORDS: Mapping[str, Text] = {
    "overdue": say(zh="已逾期", en="overdue"), "today": say(zh="今天到期", en="due today"),
    "week": say(zh="7 天内到期", en="due in 7 days"), "none": say(zh="没有截止时间", en="without a deadline"),
}
UNREADABLE = say(zh="筛选条件有误", en="The filter cannot be read")
WAITED = say(zh="至少 {n} 天前", en="{n} days ago or more")
WAITED_ONE = say(zh="至少 1 天前", en="a day ago or more")
SORTS: Mapping[str, Text] = {
    "due": say(zh="按截止时间", en="By deadline"), "new": say(zh="最新在前", en="Newest first"),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """The panel of filters. `kept` are hidden fields of its form; `chips` take one condition away each."""

    objects: Sequence[Choice]
    flows: Sequence[Choice]
    days: Sequence[Choice]
    dues: Sequence[Choice]
    submitter: Choice | None
    submitters_url: str
    kept: Mapping[str, str]
    chips: Sequence[Choice]
    clear_url: str
    text: str
    sorts: Sequence[Choice] = ()


def read(address: Mapping[str, str]) -> Wanted:
    """What an address asks of a box. Raises `Unreadable` for values that it cannot have."""
    wanted = Wanted(address.get("object", ""), address.get("flow", ""), text=address.get("q", "").strip()[:200])
    days, due, submitter = address.get("days", ""), address.get("due", ""), address.get("submitter", "")
    if due not in ("", *DUES):
        raise Unreadable(UNREADABLE)
    return replace(wanted, due=due, days=min(number(days) or 0, 3650), submitter=number(submitter))


def number(text: str) -> int | None:
    """The number that a condition holds, None where it is left open. Raises `Unreadable` for what is none."""
    found = whole(text)
    if text and found is None:
        raise Unreadable(UNREADABLE)
    return found


def of(tx: Tx, box: str, wanted: Wanted, sort: str) -> Filters:
    """The panel for a box."""
    app, language = tx.app, tx.actor.language
    flows = [flow for flow in app.flows.values() if access.reaches(tx, flow.object, "see", "decide")]
    names = list(dict.fromkeys(flow.object for flow in flows))
    objects = [Choice(name, app.objects[name].label.to(language), name == wanted.object) for name in names]
    kinds = [Choice(flow.name, flow.label.to(language), flow.name == wanted.flow) for flow in flows]
    days = [Choice(str(n), waited(n, language), n == wanted.days) for n in DAYS]
    dues = [Choice(name, word.to(language), name == wanted.due) for name, word in DUE_WORDS.items()]
    person = None
    if wanted.submitter is not None:
        name = task_rows.names(tx, [wanted.submitter]).get(wanted.submitter, f"#{wanted.submitter}")
        person = Choice(str(wanted.submitter), name, True)
    url = addresses.extended(addresses.tasks(app.name), box=box)
    asked = as_address(wanted)
    sorts = [
        Choice(name, word.to(language), name == sort, addresses.extended(url, **asked, **_sort(name)))
        for name, word in SORTS.items()
    ] if box == "todo" else []
    return Filters(
        objects if len(objects) > 1 else (), kinds if len(kinds) > 1 else (), days, dues if box == "todo" else (),
        person, f"{addresses.tasks(app.name)}/submitters?box={box}", {"box": box, **_sort(sort)},
        _chips(url, asked, {"sort": sort} if sort != "due" else {}, _said(wanted, objects, kinds, person, language)),
        addresses.extended(url, **_sort(sort)), wanted.text, sorts,
    )


def waited(days: int, language: str) -> str:
    """How long ago at least."""
    return WAITED_ONE.to(language) if days == 1 else WAITED.filled(n=days).to(language)


def _sort(name: str) -> dict[str, str]:
    return {} if name == "due" else {"sort": name}


def as_address(wanted: Wanted) -> dict[str, str]:
    """The filter as an address says it; `read` is its inverse."""
    found = {
        "object": wanted.object, "flow": wanted.flow, "q": wanted.text, "due": wanted.due,
        "days": str(wanted.days) if wanted.days else "",
        "submitter": "" if wanted.submitter is None else str(wanted.submitter),
    }
    return {name: value for name, value in found.items() if value}


def _said(
    wanted: Wanted, objects: Sequence[Choice], flows: Sequence[Choice], person: Choice | None, language: str
) -> dict[str, str]:
    """What each condition of the filter says."""
    found = {"object": wanted.object, "flow": wanted.flow, "q": wanted.text}
    for name, choices in (("object", objects), ("flow", flows)):
        found[name] = next((choice.label for choice in choices if choice.chosen), found[name])
    if wanted.due:
        found["due"] = DUE_WORDS[wanted.due].to(language)
    if wanted.days:
        found["days"] = waited(wanted.days, language)
    if person is not None:
        found["submitter"] = person.label
    return {name: text for name, text in found.items() if text}


def _chips(url: str, asked: Mapping[str, str], kept: Mapping[str, str], said: Mapping[str, str]) -> list[Choice]:
    return [
        Choice(name, text, url=addresses.extended(url, **{k: v for k, v in asked.items() if k != name}, **kept))
        for name, text in said.items()
    ]


def is_blank(wanted: Wanted) -> bool:
    """Whether nothing is asked."""
    return wanted == ALL
