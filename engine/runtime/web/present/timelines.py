"""The story of a record: what was done to it and by whom, its approvals, in one line of time. Knows audit and flows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from engine.kinds.fields.base import Field, Unfit
from engine.runtime.services import audit, spoken
from engine.runtime.services.approvals.flow_views import InstanceView
from engine.runtime.services.audit import Event
from engine.runtime.services.records import Record
from engine.runtime.web.present import approvals, values
from engine.runtime.web.present.approvals import Said
from engine.texts import Text, say

DAY = say(zh="日期", en="Day")
VERBS: Mapping[str, Text] = {
    "created": say(zh="新建", en="created it"),
    "updated": say(zh="修改", en="changed it"),
    "deleted": say(zh="删除", en="deleted it"),
    "restored": say(zh="从回收站恢复", en="restored it"),
    "purged": say(zh="彻底删除", en="deleted it for good"),
    "archived": say(zh="归档", en="put it into the archive"),
    "unarchived": say(zh="取消归档", en="took it out of the archive"),
    "anonymised": say(zh="清除个人信息", en="removed the personal data"),
    "shared": say(zh="共享", en="shared it"),
    "unshared": say(zh="停止共享", en="stopped sharing it"),
}
CALCULATED = say(zh="重新计算", en="calculated it anew")
# What stands in the trail where no person acted.
NOBODY: Mapping[str, Text] = {"app": say(zh="系统", en="System"), "public": say(zh="访客", en="A visitor")}
ICONS = {"created": "plus", "updated": "pencil", "deleted": "trash", "action": "arrow-right", "flow": "checks"}
COLORS = {"created": "green", "deleted": "red", "action": "blue", "flow": "purple"}
ADDED = say(zh="新增", en="added")
REMOVED = say(zh="移除", en="removed")
MOST_CHANGES = 30


@dataclass(frozen=True, slots=True)
class Changed:
    """One value that changed."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the timeline, as the macro takes it."""

    who: str
    text: str
    when: str
    when_iso: str
    icon: str
    color: str
    detail: str = ""
    changes: Sequence[Changed] = ()
    said: Markup | None = None                 # a comment; `id`, `files`, `edited`, `fresh` and the addresses are its
    id: str = ""
    files: Markup = Markup("")
    edited: str = ""
    fresh: bool = False
    edit_url: str = ""
    remove_url: str = ""
    retry_url: str = ""                        # of a letter that did not go out


def dated(record: Record, instances: Sequence[InstanceView]) -> list[tuple[dt.datetime, Entry]]:
    """Everything that happened to the record, each with its moment; decisions of its approvals among it."""
    found = [(event.at, entry(record, event)) for event in folded(done(record))]
    language = record.session.tx.actor.language
    found += [(one.at, remark(record, one)) for one in approvals.story(instances, language)]
    return found


def newest_first(found: Sequence[tuple[dt.datetime, Entry]]) -> list[Entry]:
    """The entries of a timeline in their order."""
    return [one for _, one in sorted(found, key=lambda pair: pair[0], reverse=True)]


def done(record: Record) -> list[Event]:
    """What was done to the record; what was said about it stands in its own words."""
    return [event for event in audit.history(record.session, record) if event.event not in audit.DISCUSSED]


def folded(events: Sequence[Event]) -> list[Event]:
    """Newest first, what was only calculated anew in a row as one entry: from the first values to the last."""
    found: list[Event] = []
    for event in events:
        if event.derived and found and found[-1].derived:
            newer = found[-1]
            paths = (*newer.changes, *(path for path in event.changes if path not in newer.changes))
            merged = {
                path: (event.changes.get(path, newer.changes.get(path, (None, None)))[0],
                       newer.changes.get(path, event.changes.get(path, (None, None)))[1])
                for path in paths
            }
            found[-1] = replace(newer, changes={path: pair for path, pair in merged.items() if pair[0] != pair[1]})
        else:
            found.append(event)
    return found


def entry(record: Record, event: Event) -> Entry:
    """One event of the audit trail in words."""
    language = record.session.tx.actor.language
    # What a decision changed carries its verb, which may be called as an action is; its words stand with the decision.
    action = record.definition.actions.get(event.action) if event.event == "action" else None
    verb = VERBS.get(event.event)
    verb = CALCULATED if event.derived else verb
    text = action.label.to(language) if action is not None else verb.to(language) if verb is not None else event.event
    kind = "action" if action is not None else event.event
    # A new record's values are all on the page: repeating them in its first entry says nothing.
    changes = () if event.event == "created" else changes_of(record, event, language)
    nobody = NOBODY["app"] if event.derived else NOBODY.get(event.actor_name) if event.actor is None else None
    return Entry(
        nobody.to(language) if nobody is not None else event.actor_name,
        text,
        when(record, event.at),
        event.at.isoformat(),
        "point" if event.derived else ICONS.get(kind, "point"),
        COLORS.get(kind, "gray"),
        "" if event.event == "updated" and event.action else event.comment,
        changes,
    )


def remark(record: Record, said: Said) -> Entry:
    """A decision or comment of an approval."""
    return Entry(said.who, said.text, when(record, said.at), said.at.isoformat(), "checks", said.color, said.opinion)


def when(record: Record, at: dt.datetime) -> str:
    return values.moment(at, record.session.tx.zone, record.session.tx.actor.language)


def changes_of(record: Record, event: Event, language: str) -> list[Changed]:
    """The changed values with their labels; the engine's own steps from state to state by the states' labels."""
    found = [changed(record, path, old, new, language) for path, (old, new) in event.changes.items() if path != "state"]
    return [c for c in found if c is not None][:MOST_CHANGES]


def changed(record: Record, path: str, old: Any, new: Any, language: str) -> Changed | None:
    """One change; None where the field is no longer part of the app."""
    obj = record.definition
    if path == "status":
        labels = {s.name: s.label.to(language) for s in obj.states.values()}
        return Changed(
            spoken.SYSTEM_LABELS["status"].to(language), labels.get(old, old or ""), labels.get(new, new or "")
        )
    head, _, rest = path.partition(".")
    field = obj.fields.get(head)
    if field is None:
        return None
    label, timezone = field.label.to(language), record.session.tx.timezone
    if not rest:
        field = field.seen_from(timezone)
        return Changed(label, shown(field, old, language), shown(field, new, language))
    id, _, name = rest.partition(".")
    if not name:
        return Changed(f"{label} #{id}", REMOVED.to(language), "")
    inner = record.session.tx.app.objects[f"{obj.name}.{head}"].fields.get(name)
    if inner is None:
        return None
    inner = inner.seen_from(timezone)
    return Changed(f"{label} · {inner.label.to(language)}", shown(inner, old, language), shown(inner, new, language))


def shown(field: Field, stored: Any, language: str) -> str:
    """A value of the audit trail, which is JSON, for people."""
    if stored is None:
        return ""
    if isinstance(stored, Mapping) and "id" in stored:
        return str(stored.get("title") or stored.get("name") or f"#{stored.get('id')}")
    if isinstance(stored, list) and any(isinstance(one, Mapping) and "name" in one for one in stored):
        return ", ".join(shown(field, one, language) for one in stored)
    if isinstance(stored, Mapping) and "error" in stored:
        return str(stored["error"])
    try:
        return field.format(field.parse(stored), language)
    except Unfit:
        return str(stored)
