"""Approval flows: nested blocks of steps; what they are, not how they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from engine.errors import Location
from engine.texts import Text

if TYPE_CHECKING:
    from engine.definitions.objects import Who
    from engine.expressions.compiled import Expression, Source
    from engine.kinds.actions.base import Step


ADDED = ("before", "after", "parallel")
CHOICE = "choose_"                             # begins the names of inputs in which people are chosen for steps


@dataclass(frozen=True, slots=True)
class Choose:
    """Who decides a step is chosen before, `among` some (None: everybody): at `start`, or by who approves a step."""

    among: Who | None = None
    least: int = 1
    most: int | None = None
    at: str = "start"

    def input(self, step: str) -> str:
        """What the choice is called where it is asked for."""
        return f"{CHOICE}{step}"


@dataclass(frozen=True, slots=True)
class Approve:
    """A human decision, or work that people do (`work`: done, never refused). `mode`: any | all | count | fraction |
    percent; `reject`: at_once | at_end (see the flow semantics). `in_order`: one is asked after the other; `veto`:
    whose no rejects whatever the mode."""

    name: str
    label: Text
    by: Who
    when: Expression | None = None
    mode: str = "any"
    need: str = ""                             # `2`, `2/3` or `60%` for count, fraction and percent
    reject: str = "at_once"
    edit: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    show: tuple[str, ...] = ()
    self_rule: str = ""                        # "" = the flow's
    on_empty: str = ""
    opinion: bool = False
    in_order: bool = False
    work: bool = False
    pool: bool = False                         # offered to all, the first who takes it has it
    wait_all: bool = False                     # decides when all have answered
    return_to: tuple[str, ...] | None = None   # steps and `start`; None = whoever was asked before, and `start`
    return_mode: str = ""                      # rerun | direct; "" = as the one who returns it likes
    on_reject: str = "end"                     # end | return | goto
    goto: str = ""                             # the step where it goes on after a refusal
    veto: Who | None = None
    dedupe: str = ""                           # "" = the flow's
    auto: bool = True                          # whether a rule may answer for a person
    no_change: bool = False                    # who approved before a return is asked again only if facts changed
    unless: Expression | None = None
    due: Due | None = None
    choose: Choose | None = None
    add_sign: tuple[str, ...] = ADDED          # how an approver may add people
    child_reject: str = "node"                 # what the no of one who was added means: node | back_to_me
    hide: tuple[str, ...] = ()                 # fields that whoever is asked here does not see
    signature: bool = False                    # asks for a signature with a yes or a no
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who is told so long after (before) a deadline."""

    after: Expression
    to: Who


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline of each slot: `within` a duration from when it was asked, or `at` a moment of the record. `remind` and
    `escalate` count from the deadline; `then`: approve | reject | return in the place of the person."""

    within: Expression | None = None
    at: Expression | None = None
    remind: tuple[Expression, ...] = ()
    escalate: tuple[Escalation, ...] = ()
    then: str = ""
    calendar: str = ""                         # whose working time counts; "" = the app's


@dataclass(frozen=True, slots=True)
class Wait:
    """The flow goes on after a duration, or (`moment`) at a date or moment that the record tells; with `signal` when a
    step sends it."""

    name: str
    until: Expression | None
    moment: bool = False
    when: Expression | None = None
    unless: Expression | None = None
    location: Location = Location("")
    signal: str = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """`cc`: notifies and lets read; never blocks."""

    name: str
    to: Who
    when: Expression | None = None
    unless: Expression | None = None
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm of a branch or of a parallel block."""

    name: str
    label: Text
    when: Expression | None
    steps: tuple[FlowStep, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """Exclusive: the first arm whose `when` holds; the last arm is the `else` (its `when` is None)."""

    name: str
    arms: tuple[Arm, ...]
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class Parallel:
    """All arms whose `when` holds, at once; `join`: all | any | n; `on_reject`: end | wait | go_on."""

    name: str
    arms: tuple[Arm, ...]
    join: str = "all"
    on_reject: str = "end"
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class Notify:
    """A notice on the way."""

    name: str
    to: Who
    say: object                                # Template
    when: Expression | None = None
    unless: Expression | None = None
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class Do:
    """A step as actions have them (`set`, `create`, …), taken on the record in the transaction that reaches it."""

    name: str
    step: Step
    location: Location = Location("")

    @property
    def when(self) -> Expression | None:
        return self.step.when

    @property
    def unless(self) -> Expression | None:
        return self.step.unless


@dataclass(frozen=True, slots=True)
class End:
    """The flow ends here (`outcome`: approved | rejected), or the arm of a parallel block does (branch)."""

    name: str
    outcome: str
    when: Expression | None = None
    unless: Expression | None = None
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class Subflow:
    """Another flow over each of these records (`each` None: the record itself). `on_reject`: end | go_on | return;
    `pinned`: as it was when this flow was started; `apart`: this flow does not wait."""

    name: str
    flow: str
    each: Source | None = None
    on_reject: str = "end"
    pinned: bool = False
    apart: bool = False
    when: Expression | None = None
    unless: Expression | None = None
    location: Location = Location("")


FlowStep: TypeAlias = "Approve | Copy | Branch | Parallel | Notify | Do | End | Wait | Subflow"


@dataclass(frozen=True, slots=True)
class Revoke:
    """Until when (after the approval) its starter may ask to take it back, and the flow that decides on that."""

    within: Expression
    flow: str
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow over one object; it ends in an action of that object. `digest` identifies its compiled text."""

    name: str
    object: str
    label: Text
    steps: tuple[FlowStep, ...]
    on_approved: str
    on_rejected: str
    on_withdrawn: str = ""
    withdraw: str = "until_first_decision"
    lock: str = "all"
    self_rule: str = "ask"                     # ask | approve | manager | forbid
    dedupe: str = "none"
    on_empty: str = "admin"
    recall: str = "next_decides"               # until when one takes a decision back: next_decides next_reads never
    on_terminated: str = ""                    # "" = the one when it is withdrawn
    material: tuple[str, ...] = ()             # what must change for `no_change` to ask again; () = anything
    require_human: bool = False                # a person must have decided
    mail_decide: bool = False                  # a link in a mail decides without signing in
    start_by: Who | None = None                # None = whoever may take the action that starts it
    revoke: Revoke | None = None               # how an approval may be taken back afterwards
    declared: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    location: Location = Location("")
