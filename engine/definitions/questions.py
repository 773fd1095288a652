"""What asks and shows: reports, alerts, dashboards and their cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.definitions.figures import Format
from engine.errors import Location
from engine.kinds.fields.base import Field
from engine.texts import Text

if TYPE_CHECKING:
    from engine.definitions.objects import Who
    from engine.expressions.compiled import Expression, Source, Template


@dataclass(frozen=True, slots=True)
class Report:
    """A question: rows of a source, grouped `by`, showing expressions. Without `by` one row per source row."""

    name: str
    label: Text
    source: Source
    by: Mapping[str, Expression]
    show: Mapping[str, Expression]
    labels: Mapping[str, Text]
    formats: Mapping[str, Format] = field(default_factory=dict)   # of columns that say how they are shown
    params: Mapping[str, Field] = field(default_factory=dict)
    across: str = ""
    having: Expression | None = None
    sort: tuple[str, ...] = ()
    limit: int | None = None
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is told, and through which channels (`inbox`, `email`)."""

    who: Who
    via: tuple[str, ...] = ("inbox",)


@dataclass(frozen=True, slots=True)
class Level:
    """Who is told too of an alert that nobody has acknowledged, so long after it fired."""

    after: Expression
    who: Who


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition watched over the rows of a register (at the grain `per`) or of an object."""

    name: str
    label: Text
    over: Source
    per: tuple[str, ...]
    when: Expression
    say: Template
    to: tuple[Receiver, ...]
    severity: str | Expression = "warning"     # info | warning | critical, or what gives one of them
    repeat: Expression | None = None           # None = told once
    lasting: Expression | None = None          # `for`: the condition has held so long
    resolved: Template | None = None           # what is said when it is over
    escalate: tuple[Level, ...] = ()
    keep_firing: Expression | None = None      # is over only when it has not held for so long
    inhibits: tuple[str, ...] = ()             # alerts of which nobody is told meanwhile
    cooldown: Expression | None = None         # so soon after its end nobody is told again
    group: tuple[Expression, ...] = ()         # alerts for which these are equal come as one message
    group_title: Template | None = None        # what they have in common, for people
    group_wait: Expression | None = None       # so long the first of a group waits for others; None = 30 seconds
    group_interval: Expression | None = None   # from one message of a group to the next; None = 5 minutes
    no_data: str = "resolve"                   # keep | resolve | fire: a look at everything finds no rows
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class Card:
    """One card of a dashboard; its `kind` is a module of `kinds/cards`."""

    kind: str                                  # number | bar | line | table | list | text …
    name: str
    label: Text
    value: Expression | None = None            # number
    report: str = ""                           # bar, line, table, pie …
    x: str = ""
    y: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()                 # pivot: at its side; its headings are `columns`
    values: tuple[str, ...] = ()               # pivot: what its cells show
    total: bool = False                        # table, pivot: a row with the sums
    object: str = ""                           # list, view
    view: str = ""                             # view: of the object
    where: Expression | None = None
    sort: tuple[str, ...] = ()
    top: int | None = None
    text: Template | None = None
    goal: Expression | None = None
    compare: Expression | None = None          # the value before: number, gauge
    split: str = ""                            # the column whose values make the series
    drill: str = ""                            # report, dashboard or object that the card leads to
    format: Format | None = None               # how a number is shown
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class BoardFilter:
    """What a reader chooses for all cards of a board: reports that have `param` get it, the rows of the other cards are
    those for which the condition of their thing holds."""

    name: str
    label: Text
    input: Field                               # reads and shows what is chosen; its `default` is chosen at first
    param: str = ""                            # a parameter of the cards' reports
    conditions: Mapping[str, Expression] = field(default_factory=dict)   # object, lines or register → over its rows
    paths: Mapping[str, Expression] = field(default_factory=dict)        # the field that each condition is about
    location: Location = Location("")

    @property
    def chosen(self) -> str:
        """What the chosen value is called in the conditions; no field has such a name."""
        return f"{self.name}__chosen"

    @property
    def chosen_moments(self) -> str:
        """What chosen days are called in conditions over moments."""
        return f"{self.name}__moments"


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A board of cards for those named in `by`."""

    name: str
    label: Text
    cards: tuple[Card, ...]                    # those that are built, in their order
    by: Who | None = None
    filters: Mapping[str, BoardFilter] = field(default_factory=dict)
    declared: Mapping[str, Any] = field(default_factory=dict)  # what is checked and not active yet
    location: Location = Location("")
