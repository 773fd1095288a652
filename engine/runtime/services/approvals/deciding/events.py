"""What may happen to a flow, what follows from it, and what a decision may ask. Plain data; knows no storage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from engine.runtime.storage.flow_states import State

if TYPE_CHECKING:
    from engine.definitions.flows import Due
    from engine.definitions.objects import Who
    from engine.expressions.compiled import Expression, Source
    from engine.kinds.actions.base import Step


@dataclass(frozen=True, slots=True)
class Started:
    """The record was submitted; the state holds a new instance and nothing else."""

    actor: int | None


@dataclass(frozen=True, slots=True)
class OfTask:
    """What a person does with a task, and what they write about it."""

    task: int
    actor: int
    opinion: str = ""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What a person does with a task and another person."""

    task: int
    actor: int
    to: int
    opinion: str = ""


@dataclass(frozen=True, slots=True)
class TaskDecided:
    """A person answers a task: `approve`, `reject`, `done` (of work) or `return`: `to` the initiator (`start`) or an
    earlier step, after which everything runs again (`rerun`) or this step is asked at once (`direct`)."""

    task: int
    actor: int
    verb: str
    opinion: str = ""
    to: str = ""
    mode: str = ""
    signature: str = ""                        # the digest of what was drawn


@dataclass(frozen=True, slots=True)
class Recalled(OfTask):
    """Somebody takes back the decision that they made last, while nobody has built on it."""


@dataclass(frozen=True, slots=True)
class Claimed(OfTask):
    """One of many takes work that was offered to all of them."""


@dataclass(frozen=True, slots=True)
class Unclaimed(OfTask):
    """Who took it gives it back to all."""


@dataclass(frozen=True, slots=True)
class Resubmitted(OfTask):
    """The initiator sends a returned record on its way again."""


@dataclass(frozen=True, slots=True)
class Transferred(HandedOver):
    """An assignee gives the task to somebody else, who decides for himself."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The initiator takes the record back; `forced`: an action of the record ends the approval, whatever its policy."""

    actor: int | None
    forced: bool = False
    opinion: str = ""


@dataclass(frozen=True, slots=True)
class Commented:
    """A participant says something; nothing moves."""

    actor: int
    text: str
    task: int | None = None


@dataclass(frozen=True, slots=True)
class Copied:
    """A participant lets others read it: `people`; nothing moves."""

    actor: int
    people: tuple[int, ...]
    opinion: str = ""
    task: int | None = None


@dataclass(frozen=True, slots=True)
class Stashed(OfTask):
    """Who is asked keeps what they have written so far, and has decided nothing."""


@dataclass(frozen=True, slots=True)
class Delegated(HandedOver):
    """An assignee asks somebody to work on the task and answer; the decision stays with the assignee."""


@dataclass(frozen=True, slots=True)
class Answered(OfTask):
    """The helper answers: the task is its owner's again."""


@dataclass(frozen=True, slots=True)
class TakenBack(OfTask):
    """The owner ends a delegation."""


@dataclass(frozen=True, slots=True)
class SignersAdded:
    """An assignee adds people: `kind` before · after · parallel; `rule` all · any · in_order."""

    task: int
    actor: int
    people: tuple[int, ...]
    kind: str
    rule: str = "all"
    opinion: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class SignerRemoved(OfTask):
    """A slot that was added is taken back."""


@dataclass(frozen=True, slots=True)
class Urged:
    """The initiator or an administrator reminds those who are asked: `tasks`."""

    actor: int
    tasks: tuple[int, ...]
    opinion: str = ""


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A moment has come: `kind` due · remind · escalate (`index` of the level) of a task, or wait of a visit; `at`: the
    moment for which it was meant."""

    kind: str
    visit: int
    task: int | None = None
    index: int = 0
    at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Reassigned:
    """An administrator gives an open slot to somebody else."""

    actor: int
    task: int
    to: int
    reason: str


@dataclass(frozen=True, slots=True)
class Inherited:
    """All that waits for a person who leaves is somebody else's."""

    actor: int | None
    leaver: int
    to: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Jumped:
    """An administrator lets the flow go on at a step, whatever it waits for."""

    actor: int
    to: str
    reason: str


@dataclass(frozen=True, slots=True)
class Steered:
    """What an administrator does to the whole, and why."""

    actor: int
    reason: str


@dataclass(frozen=True, slots=True)
class Suspended(Steered):
    """Everything stops for a while: clocks stand, nobody decides."""


@dataclass(frozen=True, slots=True)
class Resumed(Steered):
    """… and goes on."""


@dataclass(frozen=True, slots=True)
class Superseded(Steered):
    """An administrator ends it to begin it anew, by the definition as it is now: at its initiator."""


@dataclass(frozen=True, slots=True)
class Renewed(Steered):
    """… which begins at its initiator, who looks at it before everything runs."""


@dataclass(frozen=True, slots=True)
class Reckoned:
    """Working time has changed: what is due is reckoned anew."""


@dataclass(frozen=True, slots=True)
class Terminated:
    """An administrator (None: the flow that waits for this one) ends it."""

    actor: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """An administrator has changed fields of the record that is being approved."""

    actor: int
    fields: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Halted:
    """It stands still (`kinds`: stuck, left, failed); `users` are told to see to it."""

    kinds: tuple[str, ...]
    users: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Retried:
    """An administrator lets what has failed be tried again: `jobs`."""

    actor: int
    jobs: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class ChildEnded:
    """Flows that a step has started stand so: how each of them ended, "" while it runs."""

    visit: int
    outcomes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signalled:
    """Something has come for which steps wait; `actor` sent it, if a person did."""
    signal: str
    actor: int | None = None


Event: TypeAlias = (
    "Started | TaskDecided | Resubmitted | Transferred | Withdrawn | Commented | Delegated | Answered | TakenBack | "
    "SignersAdded | SignerRemoved | Urged | Recalled | Claimed | Unclaimed | TimerFired | Reassigned | Inherited | "
    "Jumped | Suspended | Resumed | Terminated | Retried | ChildEnded | Copied | Stashed | Superseded | Renewed | "
    "Reckoned | Signalled | Halted | Corrected"
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """Who was found for a step, without duplicates or inactive people; `trace` tells how, for explanations. `loose`:
    those who are meant because of a role only, any of whom may do."""

    users: tuple[int, ...]
    trace: tuple[Mapping[str, object], ...] = ()
    loose: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody is away at this moment; `to` stands in, if anybody does."""

    to: int | None = None


class Scope(Protocol):
    """What a decision asks about the record and the organisation; only `perform` changes any of it."""

    def holds(self, condition: Expression) -> bool:
        """Whether a condition is true; raises `Refused` if it gives an error (an error never decides anything)."""

    def resolve(self, who: Who) -> Resolved: ...

    def manager(self, user: int) -> int | None:
        """The active person above `user`, None if that place is vacant."""

    def admins(self) -> Sequence[int]:
        """Active people who look after flows that found nobody."""

    def active(self, user: int) -> bool: ...

    def away(self, user: int) -> Away | None:
        """Whether this person is away now, as far as this flow is concerned."""

    def facts(self, fields: Sequence[str]) -> str:
        """A digest of these fields of the record (none named: all that it holds), to tell whether they changed."""

    def rows(self, each: Source | None) -> Sequence[int]:
        """The records over which a step starts a flow; the record itself where it says none."""

    def perform(self, step: Step) -> None:
        """Take a step on the record at once, so that what is asked next sees what it did."""

    @property
    def now(self) -> dt.datetime:
        """The moment of the command."""

    def deadline(self, due: Due) -> dt.datetime | None:
        """When something that is asked now is due, None where the field that says so is blank."""

    def later(self, moment: dt.datetime, by: Expression, calendar: str) -> dt.datetime:
        """A moment so much later (earlier), in working time where the duration says so."""

    def until(self, expression: Expression) -> dt.datetime | None:
        """The moment until which a flow waits, None where there is none."""

    def signalled(self, name: str) -> bool:
        """Whether a signal has come already that was kept for this approval."""

    def missing(self, fields: Sequence[str]) -> Sequence[str]:
        """Which of these fields of the record are empty."""


@dataclass(frozen=True, slots=True)
class Note:
    """One entry for the history. `visit` and `task` may be ids of rows that are not stored yet (negative)."""

    type: str
    at: str = ""
    step: str = ""
    visit: int | None = None
    task: int | None = None
    actor: int | None = None
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """Somebody is to be told. `kind`: task · cc · notify · approved · rejected · returned · delegated · answered ·
    urged · reminder · escalated · blocked · no_substitute · terminated; `at` the step's path."""

    kind: str
    users: tuple[int, ...]
    at: str = ""
    task: int | None = None


@dataclass(frozen=True, slots=True)
class Timer:
    """Something is to be looked at again at a moment; see `TimerFired`. Ids may be of rows that are not stored yet."""

    kind: str
    at: dt.datetime
    visit: int
    task: int | None = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from an event: the state after it, entries for the history in order, people to tell.

    `outcome` is set when the flow is over: approved · rejected · withdrawn · terminated."""

    state: State
    notes: tuple[Note, ...]
    notices: tuple[Notice, ...]
    outcome: str = ""
    timers: tuple[Timer, ...] = ()
