"""Entering the jobs of automations: what may still follow from one cause, and in which order they run. Starts none."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from engine.expressions.values import Row
from engine.runtime.services import outbox
from engine.runtime.storage import job_rows
from engine.runtime.storage.live import Tx

LOG = logging.getLogger(__name__)
JOB = "automation"
DEEPEST = 8                                    # automations that start each other over commits
MOST_RUNS = 1_000                              # that follow from one run which nothing else has started
LONGEST = 180
Cause: TypeAlias = tuple[str, str, int]        # automation, object (or what else it is about), record


@dataclass(frozen=True, slots=True)
class Due:
    """One run that is to come: what it is of, what its job needs to know, and its moment if it waits for more."""

    cause: Cause
    args: Mapping[str, Any]
    at: dt.datetime | None = None


def enter(tx: Tx, due: Sequence[Due]) -> None:
    """Enter the jobs, but for runs that have led here. What may still follow is divided among them, so that branches
    cannot multiply without an end; those for whom nothing is left are not run: a failed job says so to the
    administrators."""
    fresh = [one for one in due if not _known(tx, one.cause)]
    left: int | None = tx.led.get("runs")
    begun = fresh if left is None else fresh[:left]
    share = MOST_RUNS - 1 if left is None else (left - len(begun)) // max(1, len(begun))
    for one in begun:
        args = {"automation": one.cause[0], **one.args, "runs": share, "causes": [*_causes(tx), list(one.cause)]}
        waits = "" if one.at is None else _key(tx, one.cause)
        outbox.enqueue(tx, JOB, args, run_at=one.at, gathers=waits, lane=_lane(tx, one.cause))
    for one in fresh[len(begun):]:
        LOG.warning("%s: automation %s of %s %s is not started: too many runs", tx.app.name, *one.cause)
        origin = " ".join(map(str, next(iter(_causes(tx)), ())))
        args = {"automation": one.cause[0], **one.args, "spent": MOST_RUNS}
        key = f"{JOB} spent {tx.app.name} {one.cause[0]} {tx.now.date()} {origin}"
        outbox.enqueue(tx, JOB, args, max_attempts=1, dedup_key=key[:LONGEST])


def ask(tx: Tx, name: str, record: Row | None) -> None:
    """Enter a run that a step asks for: for this record, if the automation is one of records."""
    automation = tx.app.automations.get(name)
    if automation is None or not automation.active:
        return
    of, id = ("", 0) if record is None or not automation.trigger.object else (record.object, record.id or 0)
    enter(tx, [Due((name, of, id), {"asked": True, **({"object": of, "record": id} if of else {})})])


def _causes(tx: Tx) -> list[list[Any]]:
    return list(tx.led.get("causes", ()))


def _known(tx: Tx, cause: Cause) -> bool:
    """Whether the run has led here, or too many have."""
    causes = _causes(tx)
    if list(cause) not in causes and len(causes) < DEEPEST:
        return False
    LOG.warning("%s: automation %s of %s %s is not started again by itself", tx.app.name, *cause)
    return True


def _lane(tx: Tx, cause: Cause) -> str:
    """Runs of one automation for one record follow each other."""
    key = _key(tx, cause)
    return f"{job_rows.STRICT}{key}" if tx.app.automations[cause[0]].blocks else key


def _key(tx: Tx, cause: Cause) -> str:
    text = f"{tx.app.name}:{cause[0]}:{cause[1]}:{cause[2]}"
    return text if len(text) <= LONGEST else hashlib.sha256(text.encode()).hexdigest()
