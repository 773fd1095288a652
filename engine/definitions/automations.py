"""Automations: what happens by itself, when, and in which steps; what they are, not how they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.definitions.schedules import Schedule
from engine.errors import Location
from engine.texts import Text

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression, Source
    from engine.kinds.actions.base import Step
    from engine.kinds.fields.base import Field


@dataclass(frozen=True, slots=True)
class Trigger:
    """What starts an automation. `object`: whose records; `name`: the state, action, field, flow, register, alert,
    automation or outside name; `options`: its further keys (`is`, `before`, `after`, `at`), compiled."""

    kind: str                                  # created changed saved deleted entered action every …
    object: str = ""
    name: str = ""
    fields: tuple[str, ...] = ()               # only a change of these counts; empty = any
    schedule: Schedule | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Field] = field(default_factory=dict)              # of a webhook: what it must tell
    rows: Mapping[str, Mapping[str, Field]] = field(default_factory=dict)  # input that is lines → what a row must tell
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)     # input, `input.field` → where it stands in
                                               # the body, in the row


@dataclass(frozen=True, slots=True)
class Automation:
    """Steps that the engine takes. `within`: in the transaction that starts it, else after its commit, as a job of its
    own; `each`: once per row, each in its own transaction where the rows are records."""

    name: str
    label: Text
    trigger: Trigger
    do: tuple[Step, ...]
    when: Expression | None = None
    each: Source | None = None
    within: bool = False
    once: tuple[str, ...] = ()                 # paths of the row: never again for the same values
    one_per: tuple[str, ...] = ()              # paths of the rows: those that agree share one run
    blocks: bool = False                       # a failed run keeps back the next ones of its record
    debounce: Expression | None = None         # runs so long after a change, once for all of them
    catch_up: str = "once"                     # what is made up for after a standstill: once | skip | all
    active: bool = True                        # its trigger is built
    declared: Mapping[str, Any] = field(default_factory=dict)   # keys that are checked and not active yet
    location: Location = Location("")
