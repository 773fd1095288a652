"""What a function of the language declares: parameters, result, body, where it runs. Knows no particular one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from engine.expressions.operators import UnitClash, family, mixed_unit
from engine.expressions.types import ANY, Type

ParamKind = Literal[
    "number",
    "text",
    "boolean",
    "date",
    "moment",
    "time",
    "duration",
    "record",
    "user",
    "list",
    "range",
    "bound",
    "any",
    "role",
    "object",
    "word",
    "path",
    "source",
    "case",
    "table",
    "values",
]
Form = Literal["plain", "lazy", "aggregate"]
Gives: TypeAlias = "Type | Callable[[Sequence[Type]], Type]"

# Kinds of parameters that take a bare name of the definition instead of a value.
BARE = ("role", "object", "word", "path")


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter. `many`: it repeats (last one only); `together` repeating parameters repeat as a group (`ifs`)."""

    name: str
    kind: ParamKind
    optional: bool = False
    many: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language.

    `python` gets the values in order: numbers are never blank (0), texts never (""), a blank date gives a blank result
    before the body runs, and errors spread before it too. With `frame` the frame comes first. A `lazy` body gets the
    frame and closures. An `aggregate` body gets an iterator of the values (blanks left out unless `blanks`), then
    the further arguments.

    `row`: what an aggregate makes of its row expression: `none` it takes rows only, `value` it needs one, `optional`,
    `condition` a yes-or-no per row; `over` names the types that it adds up or orders. `scalars`: it takes two or more
    values too. `reads`: what it depends on besides its arguments (`@today`, `@now`, `@people` …). `sql` and `browser`:
    whether it runs there with exactly the same result. `group`: how many of the last parameters repeat together.
    `figure`: adds up what a measure was in a report's span of days: `opening`, `inflow` …; `turnover` its change.
    `coming`: declared and checked, not worked out yet. `of_report`: only columns of a report have what it needs.
    `window`: works over all rows of a report: gets their values in order (then the first argument, where there are
    two) and gives one result per row. `tree`: the body gets, after the arguments, the name of the link by which the
    first argument's records make a tree.
    """

    name: str
    params: tuple[Param, ...]
    gives: Gives
    python: Callable[..., Any]
    form: Form = "plain"
    frame: bool = False
    row: Literal["none", "value", "optional", "condition"] = "value"
    over: tuple[str, ...] = ()
    scalars: bool = False
    blanks: bool = False
    reads: str = ""
    sql: bool = False
    browser: bool = False
    group: int = 0
    tree: bool = False
    window: Callable[..., list[Any]] | None = None
    figure: str = ""
    coming: bool = False
    of_report: bool = False

    @property
    def least(self) -> int:
        """How many arguments it needs."""
        return sum(1 for param in self.params if not param.optional)

    @property
    def most(self) -> int | None:
        """How many arguments it takes; None = any number."""
        return None if any(param.many for param in self.params) else len(self.params)

    def param(self, place: int) -> Param:
        """The parameter that the argument at `place` (0-based) belongs to."""
        if place < len(self.params):
            return self.params[place]
        if self.group > 1:
            first = len(self.params) - self.group
            return self.params[first + (place - first) % self.group]
        return self.params[-1]

    def result(self, types: Sequence[Type]) -> Type:
        """The result type for these argument types."""
        return self.gives if isinstance(self.gives, Type) else self.gives(types)


def number(name: str = "number", **options: Any) -> Param:
    return Param(name, "number", **options)


def text(name: str = "text", **options: Any) -> Param:
    return Param(name, "text", **options)


def date(name: str = "date", **options: Any) -> Param:
    return Param(name, "date", **options)


def value(name: str = "value", **options: Any) -> Param:
    return Param(name, "any", **options)


def first_type(types: Sequence[Type]) -> Type:
    """The type of the first argument, as a value that is not stored."""
    return unstored(types[0]) if types else ANY


def unstored(kind: Type) -> Type:
    return Type(kind.name, kind.objects, kind.options, kind.of, kind.unit) if kind.scale is not None else kind


def join_types(types: Sequence[Type]) -> Type:
    """The type that holds all of these: blanks fit anything, a unit wins over none, choices join their options."""
    result: Type | None = None
    for kind in types:
        result = kind if result is None else join_two(result, kind)
    return result or ANY


def _joined_unit(left: str, right: str) -> str:
    """A unit wins over none, a currency over money of any; unlike ones leave what they have in common."""
    try:
        return mixed_unit(left, right)
    except UnitClash:
        return family(left) if family(left) == family(right) else ""


def join_two(left: Type, right: Type) -> Type:
    if left.name == "blank" or right.name == "any":
        return right
    if right.name == "blank" or left.name == "any" or left == right:
        return left
    if left.name == right.name == "number":
        return Type("number", unit=_joined_unit(left.unit, right.unit))
    if left.name == right.name == "choice":
        return Type("choice", options=tuple(dict.fromkeys(left.options + right.options)))
    if left.name == right.name and left.name in ("record", "rows"):
        return Type(left.name, objects=tuple(dict.fromkeys(left.objects + right.objects)))
    if left.name == right.name == "list":
        return Type("list", of=join_two(left.of or ANY, right.of or ANY))
    if {left.name, right.name} <= {"text", "choice"}:
        return Type("text")
    if {left.name, right.name} == {"date", "datetime"}:
        return Type("datetime")
    return ANY
