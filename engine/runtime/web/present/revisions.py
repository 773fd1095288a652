"""What has changed since somebody looked at a record, as rows of before and after. Knows no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.runtime.services.approvals.returned import Since
from engine.runtime.services.records import Record
from engine.runtime.web.present import timelines
from engine.runtime.web.present.timelines import MOST_CHANGES, Changed
from engine.texts import Text, say

TITLES: Mapping[str, Text] = {
    "decided": say(zh="您上次处理（{when}）之后的变化", en="Changed since you decided ({when})"),
    "returned": say(zh="退回（{when}）之后的变化", en="Changed since it was sent back ({when})"),
    "earlier": say(zh="上一次审批（{when}）之后的变化", en="Changed since the last approval ended ({when})"),
}


@dataclass(frozen=True, slots=True)
class Revision:
    """The card; without `changes` it says that there are none."""

    title: str
    changes: Sequence[Changed]


def of(record: Record, since: Since | None) -> Revision | None:
    """The card for whoever is asked again; None where nobody has looked at the record before."""
    if since is None:
        return None
    language = record.session.tx.actor.language
    title = TITLES[since.why].filled(when=timelines.when(record, since.at)).to(language)
    found = [timelines.changed(record, path, old, new, language) for path, (old, new) in since.changes.items()]
    return Revision(title, [one for one in found if one is not None][:MOST_CHANGES])
