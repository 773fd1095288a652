"""All approvals of an app for whoever looks after them: lists with filters, what is in trouble, how long steps take."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from engine.definitions import blocks
from engine.definitions.flows import Approve, Flow
from engine.errors import Unreadable
from engine.runtime.services.approvals import steering
from engine.runtime.storage import flow_lists
from engine.runtime.storage.flow_lists import Sought
from engine.runtime.storage.flow_rows import Row
from engine.runtime.storage.flow_states import LIVE
from engine.runtime.storage.live import Tx
from engine.runtime.storage.task_rows import MOST_COUNTED
from engine.texts import Text, say

STATUSES = ("live", "all", *LIVE, "approved", "rejected", "withdrawn", "terminated")
TROUBLES = ("any", "late", "stuck", "left", "failed")
DAYS = 90                                      # of the past that durations are taken from


@dataclass(frozen=True, slots=True)
class Page:
    """A page of approvals; `next` is the number after which the next one goes on, `count` stops at `MOST_COUNTED`,
    `troubles` are those of its approvals by number, of `TROUBLES`."""

    rows: Sequence[Row]
    next: int | None
    count: int
    troubles: Mapping[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Duration:
    """How long a step (or, without a name, a whole approval) took: seconds at the middle and for nine of ten; `open`
    arrivals that are not over, the oldest of which has taken `oldest` seconds so far."""

    name: str
    label: Text
    count: int
    median: float
    p90: float
    open: int = 0
    oldest: float = 0.0


def page(tx: Tx, sought: Sought, *, before: int | None = None, limit: int = 50) -> Page:
    """One page, newest first; for administrators. Raises `Forbidden`, `Unreadable` for what cannot be sought."""
    steering.demand(tx)
    if sought.status not in STATUSES or sought.trouble not in ("", *TROUBLES):
        raise Unreadable(say(zh="筛选条件有误", en="The filter cannot be read"))
    rows = flow_lists.page(tx, sought, before=before, limit=limit + 1)
    following = int(rows[limit - 1]["id"]) if len(rows) > limit else None
    found = flow_lists.troubles(tx, [row["id"] for row in rows[:limit]])
    return Page(rows[:limit], following, flow_lists.count(tx, sought, MOST_COUNTED), found)


def durations(tx: Tx, flow: Flow, *, days: int = DAYS) -> list[Duration]:
    """How long the steps of a flow have taken, in their order, and whole approvals at the end."""
    since = tx.now - dt.timedelta(days=days)
    ended: dict[str, list[float]] = {}
    still: dict[str, list[float]] = {}
    for step, start, end in flow_lists.timed(tx, flow.name, since):
        place = still if end is None else ended
        place.setdefault(step, []).append(((end or tx.now) - start).total_seconds())
    labels = {step.name: step.label for _, step in blocks.walk(flow) if isinstance(step, Approve)}
    found = [_lasting(name, label, ended.get(name, []), still.get(name, [])) for name, label in labels.items()]
    runs = flow_lists.lasted(tx, flow.name, since)
    whole = [(end - start).total_seconds() for start, end in runs if end is not None]
    going = [(tx.now - start).total_seconds() for start, end in runs if end is None]
    return [*found, _lasting("", say(zh="整个审批", en="The whole approval"), whole, going)]


def _lasting(name: str, label: Text, ended: Sequence[float], still: Sequence[float]) -> Duration:
    tenths = quantiles(ended, n=10, method="inclusive") if len(ended) > 1 else [*ended] * 9
    return Duration(
        name, label, len(ended), median(ended) if ended else 0.0, tenths[8] if ended else 0.0, len(still),
        max(still, default=0.0),
    )
