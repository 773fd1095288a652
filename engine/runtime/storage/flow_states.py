"""One running approval as plain frozen data: instance, tokens, visits, tasks. Knows no SQL and no rule of flows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

LIVE = ("running", "returned", "suspended")    # statuses of an instance that is not over
DECISIVE = ("approve", "reject", "done")
AGREED = ("approve", "done")                   # what counts as a yes: an approval, or work that is done
HUMAN = ("approve", "handle")                  # kinds of visits in which people are asked
OPEN = ("pending", "waiting", "held")          # statuses of a task that is not over
Status = Literal["running", "returned", "suspended", "approved", "rejected", "withdrawn", "terminated"]


@dataclass(frozen=True, slots=True)
class Instance:
    """One run of a flow over one record. `version` is the app's version that it was started with; `initiator` is None
    where nobody in particular started it; `raised` holds the names that checks raised when it was submitted. `caller`:
    the visit of another flow that waits for this one, which is its `depth`-th below the first."""

    id: int
    app: str
    flow: str
    version: int
    object: str
    record: int
    initiator: int | None
    status: Status = "running"
    round: int = 1
    raised: frozenset[str] = frozenset()
    lock_version: int = 1
    suspended_at: dt.datetime | None = None
    caller: int | None = None
    depth: int = 0
    chosen: Mapping[str, tuple[int, ...]] = field(default_factory=dict)    # who was chosen for a step
    title: str = field(default="", compare=False)      # what lists show of the record, as it is kept

    @property
    def live(self) -> bool:
        return self.status in LIVE


@dataclass(frozen=True, slots=True)
class Token:
    """A place where work goes on. `at` is the path of its step (`2.1.0`: step, arm, step); `fork` the visit that made
    it, `arm` its arm there. States: active · forked (its children work) · at_join · held · consumed · cancelled."""

    id: int
    at: str
    parent: int | None = None
    fork: int | None = None
    arm: int = 0
    state: str = "active"
    outcome: str = ""

    @property
    def live(self) -> bool:
        return self.state in ("active", "forked", "at_join", "held")


@dataclass(frozen=True, slots=True)
class Visit:
    """One arrival at a step; a step reached three times has three visits. `kind`: approve handle fork revise wait
    subflow.

    `mode`, `need`, `reject` and the tasks' assignees are kept as they were on arrival; `arms` are the arms chosen at a
    fork, or the records of a sub-flow; `voided_by` is the visit whose return took the decision back. `cause`: normal ·
    return · resume · admin. `resume_to`: the visit that sent the record back and is asked again once this one is
    through. `due_at`: when a wait ends."""

    id: int
    token: int
    at: str
    step: str
    kind: str
    seq: int
    round: int = 1
    status: str = "open"                       # open | closed | cancelled
    outcome: str = ""                          # approved | rejected | returned | skipped | resubmitted
    mode: str = ""
    need: str = ""
    reject: str = ""
    arms: tuple[int, ...] = ()
    trace: tuple[Mapping[str, object], ...] = ()
    cause: str = "normal"
    voided_by: int | None = None
    resume_to: int | None = None
    due_at: dt.datetime | None = None

    @property
    def closed(self) -> bool:
        return self.status == "closed"


@dataclass(frozen=True, slots=True)
class Task:
    """One slot of a visit: who is asked, and the answer. `assignee` answers; `owner` is the one whose decision it is.

    `status`: waiting · pending · held · done · cancelled; `decision`: approve · reject · done · return · resubmit;
    `via`: human · auto · added (by those who were added); `flag` says why somebody unexpected is asked; `moves` counts
    hand-overs. Where `assignee` is not `owner`, somebody helps. `added_by` is who added the slot; `parent` the slot
    that waits for it (None: it counts by itself), `rule` how those who were added decide: all · any · in_order.
    `nth`: the how-manieth answer of a person in this instance it was. `on_behalf`: who is away and would have been
    asked; `facts`: a digest of what the answer was about, where a step asks again only if that has changed."""

    id: int
    visit: int
    slot: int
    assignee: int
    owner: int
    origin: str = "resolved"
    status: str = "pending"
    decision: str = ""
    cancel_reason: str = ""
    via: str = ""
    done_by: int | None = None
    opinion: str = ""
    flag: str = ""
    moves: int = 0
    lock_version: int = 1
    parent: int | None = None
    added_by: int | None = None
    rule: str = ""
    nth: int = 0
    read_at: dt.datetime | None = None
    due_at: dt.datetime | None = None
    on_behalf: int | None = None
    facts: str = ""
    clock_at: dt.datetime | None = None        # since when its deadline counts


@dataclass(frozen=True, slots=True)
class State:
    """A whole instance. Rows that are not stored yet have negative ids, in the order in which they came to be."""

    instance: Instance
    tokens: Mapping[int, Token] = field(default_factory=dict)
    visits: Mapping[int, Visit] = field(default_factory=dict)
    tasks: Mapping[int, Task] = field(default_factory=dict)

    def decided_by_people(self) -> bool:
        """Whether a person approved or rejected anything that was not taken back."""
        return any(
            task.via == "human" and task.decision in DECISIVE and task.status == "done"
            and self.visits[task.visit].voided_by is None
            for task in self.tasks.values()
        )

    def tasks_of(self, visit: int) -> list[Task]:
        """The slots of one visit, in order."""
        return sorted((t for t in self.tasks.values() if t.visit == visit), key=lambda t: t.slot)

    def line(self, token: int | None) -> list[int]:
        """A token and those it came from: the path on which it stands."""
        found: list[int] = []
        while token is not None:
            found.append(token)
            token = self.tokens[token].parent
        return found
