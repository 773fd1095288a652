"""Approval flows: nested blocks of steps; what they are, not how they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from engine.errors import Location
from engine.texts import Text

if TYPE_CHECKING:
    from engine.definitions.objects import Who
    from engine.expressions.compiled import Expression


@dataclass(frozen=True, slots=True)
class Approve:
    """A human decision. `mode`: any | all | count | fraction; `reject`: at_once | at_end (see the flow semantics)."""

    name: str
    label: Text
    by: Who
    when: Expression | None = None
    mode: str = "any"
    need: str = ""                             # `2` or `2/3` for count and fraction
    reject: str = "at_once"
    edit: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    show: tuple[str, ...] = ()
    self_rule: str = ""                        # "" = the flow's
    on_empty: str = ""
    opinion: bool = False
    declared: Mapping[str, Any] = field(default_factory=dict)  # keys that are checked and not active yet
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class Copy:
    """`cc`: notifies and lets read; never blocks."""

    name: str
    to: Who
    when: Expression | None = None
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
    location: Location = Location("")


FlowStep: TypeAlias = "Approve | Copy | Branch | Parallel | Notify"


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
    declared: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    location: Location = Location("")
