"""What a new version means for the approvals of documents, in words. Knows no request."""

from __future__ import annotations

from typing import Any

from engine.runtime.services.approvals.replays import Replay, Way
from engine.texts import listed, say

SHOWN = 20                                     # documents that are told one by one
ASKED = say(zh="{step}（{people}）", en="{step} ({people})")
NOBODY = say(zh="按规则自动", en="by rule")
NONE = say(zh="无人审批", en="nobody is asked")
LOOKED = say(zh="最近 {n} 份单据中，{m} 份的审批会不同", en="Of the last {n} documents {m} would be decided otherwise")
SAME = say(zh="最近 {n} 份单据的审批都不变", en="The last {n} documents would be decided as now")
NEW = say(zh="还没有单据", en="There are no documents yet")


def shown(found: Replay, language: str) -> dict[str, Any]:
    """One flow for the page."""
    differing = len(found.differences)
    form = NEW if not found.looked else LOOKED if differing else SAME
    text = found.unknown or say(**form.forms, n=found.looked, m=differing)
    return {
        "label": found.flow.label.to(language),
        "text": text.to(language),
        "rows": [
            {"title": one.record.title, "now": in_words(one.now, language), "then": in_words(one.then, language)}
            for one in found.differences[:SHOWN]
        ],
        "more": max(0, differing - SHOWN),
    }


def in_words(way: Way, language: str) -> str:
    """A way as its steps with the people, one after the other."""
    parts = [
        ASKED.filled(step=one.step, people=listed((ref.title for ref in one.people), language) or NOBODY).to(language)
        for one in way.asked
    ]
    if way.stopped is not None:
        parts.append(way.stopped.to(language))
    return " → ".join(parts) or NONE.to(language)
