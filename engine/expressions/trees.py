"""What the parser gives: located trees without types. Knows no names and no meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Tree:
    """A piece of an expression from offset `start` up to `end` of its text."""

    start: int
    end: int
    kind: ClassVar[str] = ""

    def parts(self) -> Iterator[Tree]:
        """The trees directly inside."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Constant(Tree):
    """A number, a text, true, false or blank as written; `percent` for `5%` (the value is already divided by 100)."""

    value: Decimal | str | bool | None
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Span(Tree):
    """A duration as written: `8 working hours`; `unit` in the singular."""

    amount: Decimal
    unit: str
    working: bool = False


@dataclass(frozen=True, slots=True)
class Name(Tree):
    """A bare name."""

    name: str


@dataclass(frozen=True, slots=True)
class Member(Tree):
    """`owner.name`; `at` is the offset of the name."""

    owner: Tree
    name: str
    at: int

    def parts(self) -> Iterator[Tree]:
        yield self.owner


@dataclass(frozen=True, slots=True)
class Brackets(Tree):
    """`[a, b]`."""

    items: tuple[Tree, ...]

    def parts(self) -> Iterator[Tree]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Operator(Tree):
    """An operator: `+ - * / ^ & = != < <= > >= and or not neg pos in blank under`; `at` is its offset."""

    op: str
    args: tuple[Tree, ...]
    at: int

    def parts(self) -> Iterator[Tree]:
        return iter(self.args)


@dataclass(frozen=True, slots=True)
class KindTest(Tree):
    """`item is invoice`; `at` is the offset of the name."""

    arg: Tree
    name: str
    at: int

    def parts(self) -> Iterator[Tree]:
        yield self.arg


@dataclass(frozen=True, slots=True)
class Invocation(Tree):
    """`name(args)`; the name in lower case and as written."""

    name: str
    written: str
    args: tuple[Tree, ...]

    def parts(self) -> Iterator[Tree]:
        return iter(self.args)


@dataclass(frozen=True, slots=True)
class Every(Tree):
    """`all warehouse`, `movements of stock`: stored rows by the name of their thing."""

    name: str
    movements: bool = False


@dataclass(frozen=True, slots=True)
class SortTree(Tree):
    """One key of `sort`."""

    key: Tree
    descending: bool

    def parts(self) -> Iterator[Tree]:
        yield self.key


@dataclass(frozen=True, slots=True)
class SourceTree(Tree):
    """`base as alias at moment between a and b where condition sort keys`."""

    base: Tree
    alias: str = ""
    moment: Tree | None = None
    between: tuple[Tree, Tree] | None = None
    where: Tree | None = None
    sort: tuple[SortTree, ...] = ()

    def parts(self) -> Iterator[Tree]:
        yield self.base
        yield from filter(None, (self.moment, *(self.between or ()), self.where, *self.sort))
