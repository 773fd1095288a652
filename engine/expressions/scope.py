"""The two doors through which expressions see the world: names when checked, a frame when evaluated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from engine.expressions.types import Type
from engine.expressions.values import Ref, Row, Value

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause

    from engine.expressions.nodes import Node, Source

SymbolKind = Literal["field", "word", "alias", "param", "source", "decision", "reference"]


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a name means where it stands.

    `field`: a field of the row at hand · `word`: a scope word (`this parent me old trigger diff …`) · `alias`: `as n` ·
    `param`: a report's parameter, an `ask` field, a guard's `need` · `source`: an object, register or report, as rows ·
    `decision`: a declared function · `reference`: a role, a state name … that stands bare as an argument.
    """

    kind: SymbolKind
    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Signature:
    """A declared decision as a function: parameter types in order, result type (a record of results has `results`)."""

    name: str
    inputs: tuple[tuple[str, Type], ...]
    gives: Type
    results: Mapping[str, Type] = field(default_factory=dict)


class Names(Protocol):
    """What the type checker asks. Implemented by `definitions/names.py`; never falls through silently.

    An implementation may offer `row`, the candidate's type, where a whole expression stands inside a source: then its
    `this` is another row than the candidate (`Expression.outward`); `inside(space)`, the names as they are looked up in
    a namespace; `role(name)`, the full name of a role there."""

    def head(self, name: str) -> Symbol | None:
        """A bare name in this scope: a field of the row at hand before a source; scope words; params."""

    def member(self, owner: Type, name: str) -> Type | None:
        """The type of `owner.name` where owner is a record: fields, back-links, lines, keys, measures, formulas,
        `@above` (the record above in a tree), and the system fields `id version state status creator created_at
        changed_by changed_at parent position`."""

    def members(self, owner: Type) -> Sequence[str]:
        """All member names, for suggestions."""

    def source(self, name: str) -> Type | None:
        """`rows of …` for an object, register or report of this name (`all warehouse`, `movements of stock`)."""

    def heads(self) -> Sequence[str]:
        """All bare names, for suggestions."""

    def decision(self, name: str) -> Signature | None: ...

    def roles(self) -> Sequence[str]: ...

    def within(self, candidate: Type, aliases: Mapping[str, Type]) -> Names:
        """The names inside a source's `where`, `sort` or row expression: bare = the candidate's fields only; the row at
        hand stays reachable as `this.` (its object unchanged), plus the aliases."""


class World(Protocol):
    """What evaluation asks of the outside. Implemented by `runtime/services/world.py`.

    It reads as the engine or as the actor."""

    @property
    def now(self) -> dt.datetime:
        """The command's instant, aware, UTC."""

    @property
    def today(self) -> dt.date:
        """The date of `now` in the app's time zone."""

    @property
    def timezone(self) -> str: ...

    @property
    def me(self) -> Ref | None: ...

    def record(self, ref: Ref) -> Row | None:
        """The record behind a link (None if it is gone)."""

    def find(self, object: str, key: str) -> Ref | None:
        """The record of `object` whose declared `key` equals the text."""

    def rows(self, source: Source, frame: Frame) -> Sequence[Row]:
        """The rows of a source over stored data (object, register, movements, report, back-link), filtered and sorted.

        `evaluate.refine(source, rows, frame)` filters and sorts in Python what SQL cannot; what it raises passes on."""

    def total(self, function: str, source: Source, value: Node | None, frame: Frame) -> tuple[bool, Value]:
        """An aggregate (`sum count min max …`) done in SQL if it can be: (True, result); else (False, None): the
        caller then evaluates over `rows`. `value` is the row expression's node, or None for `count`/`exists`."""

    def decide(self, name: str, arguments: Sequence[Value]) -> Value | Mapping[str, Value]: ...

    def has_role(self, user: Ref, role: str) -> bool: ...

    def people(self, question: str, argument: Value) -> Value:
        """Questions about the organisation: `manager_of`, `managers`, `head`, `heads`, `team`, `members`, `role`."""

    def raised(self, name: str) -> bool:
        """Whether a check of this name was raised in the running command or flow."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where an expression is evaluated.

    `this` the row that the expression belongs to; `row` the candidate inside `where`/row expressions (else None: bare
    names are `this`); `old` the row before the change; `names` aliases, parameters, `trigger`, `need`, `day` …
    """

    world: World
    this: Row | None = None
    row: Row | None = None
    old: Row | None = None
    names: Mapping[str, Any] = field(default_factory=dict)

    def at(self, row: Row, alias: str = "") -> Frame:
        """The frame for one candidate row."""
        return replace(self, row=row, names={**self.names, alias: row} if alias else self.names)


class Figure(NamedTuple):
    """A value in SQL: its typed column, and where it is an error (never NULL; None: it cannot be one).

    `condition`: it is a yes-or-no that is never NULL."""

    column: ColumnElement[Any]
    error: ColumnElement[bool] | None = None
    condition: bool = False


class Columns(Protocol):
    """What SQL compilation asks of one candidate row's tables. Implemented by `runtime/storage/columns.py`."""

    def figure(self, name: str) -> Figure | None:
        """A field of the candidate (a column, a stored or live formula, a balance …), None where SQL cannot give it.

        Where it is an error its column may hold anything."""

    def column(self, name: str) -> ColumnElement[Any] | None:
        """Its column alone; errors are NULL there, in a condition false."""

    def isa(self, name: str, object: str) -> ColumnElement[bool] | None:
        """Whether a link field leads to a record of this object; None where SQL cannot tell."""

    def follow(self, name: str) -> Columns | None:
        """The columns of the record behind a link field, as correlated scalar subqueries."""

    def parent(self) -> Columns | None: ...

    def source(self, source: Source) -> tuple[FromClause, Columns] | None:
        """The rows of another source, for a correlated subquery (`count(order where customer = this)`)."""
