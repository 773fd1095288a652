"""What has changed since somebody looked at a record, as rows of before and after. Knows no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.runtime.services import audit
from engine.runtime.services.approvals import amending
from engine.runtime.services.approvals.returned import Since
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.storage import people_rows
from engine.runtime.web.present import timelines, values
from engine.runtime.web.present.timelines import MOST_CHANGES, Changed
from engine.texts import Text, say

TITLES: Mapping[str, Text] = {
    "decided": say(zh="您上次处理（{when}）之后的变化", en="Changed since you decided ({when})"),
    "returned": say(zh="退回（{when}）之后的变化", en="Changed since it was sent back ({when})"),
    "earlier": say(zh="上一次审批（{when}）之后的变化", en="Changed since the last approval ended ({when})"),
}


ASKED = say(zh="等待审批的变更（{who}，{when}）", en="A change that waits to be approved ({who}, {when})")
ROW = say(zh="{lines}第 {row} 行", en="{lines} {row}")
NEW_ROW = say(zh="{lines}新行 {row}", en="{lines}, new row {row}")


@dataclass(frozen=True, slots=True)
class Revision:
    """The card; without `changes` it says that there are none. `asked`: they are asked for, not made."""

    title: str
    changes: Sequence[Changed]
    asked: bool = False


def of(record: Record, since: Since | None) -> Revision | None:
    """The card for whoever is asked again; None where nobody has looked at the record before."""
    if since is None:
        return None
    language = record.session.tx.actor.language
    title = TITLES[since.why].filled(when=timelines.when(record, since.at)).to(language)
    found = [timelines.changed(record, path, old, new, language) for path, (old, new) in since.changes.items()]
    return Revision(title, [one for one in found if one is not None][:MOST_CHANGES])


def asked(record: Record) -> Revision | None:
    """The card of a change that waits to be approved; None where none waits."""
    found = amending.waiting(record)
    if found is None:
        return None
    language = record.session.tx.actor.language
    person = people_rows.user(record.session.tx.connection, found.author) if found.author is not None else None
    who = str(person["name"]) if person is not None else record.session.tx.app.label.to(language)
    title = ASKED.filled(who=who, when=timelines.when(record, found.at)).to(language)
    changes = [_asked(record, path, *pair) for path, pair in audit.readable(record, found.changes).items()]
    told = [one for one in changes if one is not None][:MOST_CHANGES]
    return Revision(title, [*told, *_sums(record, language)], asked=True)


def _sums(record: Record, language: str) -> list[Changed]:
    """What the amounts that follow would become: the total of an order whose freight is changed."""
    draft = amending.proposed(record, amending.flow_of(record.definition))
    if draft is None or draft is record:
        return []
    seen = access.visible_fields(record.session.tx, record.definition, record)
    sums = [
        field for field in record.definition.fields.values()
        if field.computed and field.kind == "money" and field.show is None and field.name in seen
    ]
    found = [
        Changed(field.label.to(language), values.cell(record, field, language).text,
                values.cell(draft, field, language).text)
        for field in sums
    ]
    return [one for one in found if one.before != one.after]


def _asked(record: Record, path: str, before: Any, after: Any) -> Changed | None:
    """One field; of a row with its place among the lines, or that it is to come or to go."""
    language = record.session.tx.actor.language
    head, _, rest = path.partition(".")
    if not rest:
        return timelines.changed(record, path, before, after, language)
    row = rest.partition(".")[0]
    lines = record.definition.fields[head].label
    place = next((n for n, line in enumerate(record.lines(head), 1) if str(line.id) == row), None)
    words = ROW if place is not None else NEW_ROW
    label = words.filled(lines=lines, row=place or row.removeprefix(amending.NEW)).to(language)
    if before == amending.REMOVED:
        line = record.lines(head)[place - 1] if place is not None else None
        return Changed(label, _about(line, language), timelines.REMOVED.to(language))
    told = timelines.changed(record, path, before, after, language)
    return None if told is None else replace(told, label=f"{label} · {told.label.rpartition(' · ')[2]}")


def _about(line: Record | None, language: str) -> str:
    """What a row is about: the first of its fields that the reader sees."""
    if line is None:
        return ""
    seen = access.visible_fields(line.session.tx, line.definition, line)
    field = next((one for one in line.definition.fields.values() if one.stored and one.name in seen), None)
    return values.cell(line, field, language).text if field is not None else ""
