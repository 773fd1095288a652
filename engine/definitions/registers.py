"""Registers: keyed sums of what documents contribute, with guards that hold under concurrency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from engine.errors import Location
from engine.kinds.fields.base import Field
from engine.texts import Text

if TYPE_CHECKING:
    from engine.definitions.objects import Who
    from engine.expressions.compiled import Expression, Template


@dataclass(frozen=True, slots=True)
class Guard:
    """A comparison that must not get worse below zero slack: slack = left − right of `that`, at the grain `per`.

    `slacks`: one expression (left − right) per comparison that `that` joins with `and`; a guard refuses if any slack is
    negative after the command and smaller than before. `per` is `("document",)` for one document's own rows."""

    that: Expression
    slacks: tuple[Expression, ...]
    say: Template
    per: tuple[str, ...]                       # key names in register order; default all keys
    when: Expression | None = None
    unless: Expression | None = None
    objects: tuple[str, ...] = ()              # `for`: refuses only commands that change these
    every_date: bool = False
    override: Who | None = None
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class Valued:
    """How the engine values `measure`: what leaves takes the cost of what came in, counted by `quantity` (a measure, or
    a formula that sums measures: `counted` gives their factors), at one cost per `per`; `start` gives the cost where
    nothing is owned, over the register's keys."""

    measure: str
    quantity: str
    counted: Mapping[str, Decimal]
    per: tuple[str, ...]
    method: Literal["moving average", "period average", "fifo"]
    start: Expression | None = None
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class Period:
    """A gate of registers that is closed up to a day, by `by`; None = by nobody but an administrator."""

    name: str
    label: Text
    registers: tuple[str, ...]
    by: Who | None = None
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class Register:
    """A register. Rows are kept at level 0 (all keys) and at each of `levels` (a `per` or a declared level)."""

    name: str
    label: Text
    keys: Mapping[str, Field]
    measures: Mapping[str, Field]
    formulas: Mapping[str, Expression] = field(default_factory=dict)
    formula_labels: Mapping[str, Text] = field(default_factory=dict)
    guards: tuple[Guard, ...] = ()
    levels: tuple[tuple[str, ...], ...] = ()   # without level 0; level n is levels[n-1]
    dated: bool = True
    closed: str = "refuse"
    future: str = "refuse"
    valued: Mapping[str, Valued] = field(default_factory=dict)     # measure → how it is valued
    was: str = ""
    number: int = 0                            # lock order: guarded registers first, then by name
    location: Location = Location("")
