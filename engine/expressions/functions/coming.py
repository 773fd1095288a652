"""Functions of the language that are checked and typed, and not worked out yet: the checker notes each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.expressions.arithmetic import not_available
from engine.expressions.functions.base import Function, Param, first_type, number, text
from engine.expressions.operators import family
from engine.expressions.types import INTEGER, NUMBER, TEXT, Type
from engine.texts import say

NOT_ACTIVE = not_available(say(zh="此函数尚未启用", en="This function is not active yet"))


def nothing(*values: Any) -> Any:
    return NOT_ACTIVE


def other_amount(types: Sequence[Type]) -> Type:
    """Money stays money and a quantity a quantity, of which one the second argument says."""
    return Type("number", unit=family(types[0].unit))


def coming(name: str, gives: Any, *params: Param) -> Function:
    return Function(name, params, gives, nothing, coming=True)


PAIRS = "@pairs"                               # what the rows of `pairs(…)` are of
PAIR_MEMBERS = ("a", "b", "count", "support", "confidence", "lift")


def paired(types: Sequence[Type]) -> Type:
    return Type("rows", objects=(PAIRS,), of=types[0])


def pair_member(row: Type, name: str) -> Type | None:
    """Two items that meet, how often, in which part of all documents, and how much more often than by chance."""
    if name in ("a", "b"):
        return row.of
    return INTEGER if name == "count" else NUMBER if name in PAIR_MEMBERS else None


COMING: tuple[Function, ...] = (
    coming("convert", other_amount, number("amount"), text("to"), Param("day", "date", optional=True)),
    coming("record_link", TEXT, Param("record", "record")),
    coming("public_link", TEXT, Param("record", "record")),
    Function(
        "forecast",
        (number(), Param("unit", "word"), number("ahead")),
        first_type,
        nothing,
        coming=True,
        of_report=True,
    ),
    Function(
        "pairs",
        (Param("source", "source"), Param("item", "any"), Param("together", "any")),
        paired,
        nothing,
        form="aggregate",
        row="none",
        coming=True,
    ),
)
