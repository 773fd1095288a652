"""Small parts of closures: members of records, rows counted against a budget, arguments as a function wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from engine.expressions import moments
from engine.expressions.arithmetic import TOO_LARGE, ZERO, Spread, text_of
from engine.expressions.functions.base import Function, Param
from engine.expressions.operations import Run
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Rows
from engine.texts import say

LIMIT_STEPS = 1_000_000
BUDGET = "@steps"
TOO_MUCH = ErrorValue("#NUM!", say(zh="计算量过大", en="The calculation takes too many steps"))


def with_budget(closure: Run) -> Run:
    """The closure of a whole expression that goes through rows: it may take a million steps."""

    def start(frame: Frame) -> Any:
        if BUDGET in frame.names:
            return closure(frame)
        return closure(Frame(frame.world, frame.this, frame.row, frame.old, {**frame.names, BUDGET: [LIMIT_STEPS]}))

    return start


DATED = ("date", "moment", "time", "duration")


def strict(function: Function, readers: Sequence[Run]) -> Run:
    """The closure of a function that takes values: errors among them spread, a blank date gives a blank."""
    body, framed = function.python, function.frame
    dated = [place for place in range(len(readers)) if function.param(place).kind in DATED]
    if len(readers) == 1 and not dated and not framed:
        return _of_one(body, readers[0])

    def run(frame: Frame) -> Any:
        values = [read(frame) for read in readers]
        for value in values:
            if type(value) is ErrorValue:
                return value
        for place in dated:
            if values[place] is None:
                return None
        try:
            return body(frame, *values) if framed else body(*values)
        except Spread as spread:
            return spread.error
        except ArithmeticError:
            return TOO_LARGE

    return run


def _of_one(body: Callable[[Any], Any], read: Run) -> Run:
    def run(frame: Frame) -> Any:
        value = read(frame)
        try:
            return value if type(value) is ErrorValue else body(value)
        except ArithmeticError:
            return TOO_LARGE

    return run


def reader(param: Param, closure: Run) -> Run:
    """A closure whose value suits a parameter: numbers and texts are never blank, dates are days."""
    if param.kind == "number":
        return lambda frame: ZERO if (value := closure(frame)) is None else value
    if param.kind == "text":
        return lambda frame: value if type(value := closure(frame)) in (str, ErrorValue) else text_of(value)
    if param.kind == "date":
        return lambda frame: (
            moments.day(value, frame.world) if type(value := closure(frame)) is not ErrorValue else value
        )
    if param.kind in ("list", "table", "values"):
        return lambda frame: (
            value.items if isinstance(value := closure(frame), Rows) else () if value is None else value
        )
    return closure


def spend(items: Sequence[Any], frame: Frame) -> None:
    """Counts rows against the expression's budget; raises `Spread` when it is used up."""
    budget = frame.names.get(BUDGET)
    if budget is not None:
        budget[0] -= len(items)
        if budget[0] < 0:
            raise Spread(TOO_MUCH)


def candidates(items: Sequence[Any], alias: str, frame: Frame) -> Iterator[tuple[Any, Frame]]:
    """Each item with the frame in which it is the candidate; linked records are fetched.

    One frame serves all items, its row changed under way: closures never keep a frame, and making one per row would
    cost more than what most of them calculate."""
    spend(items, frame)
    names = {**frame.names, alias: None} if alias else frame.names
    at = Frame(frame.world, frame.this, None, frame.old, names)
    for item in items:
        row = frame.world.record(item) if type(item) is Ref else item
        object.__setattr__(at, "row", row)
        if alias:
            names[alias] = row  # type: ignore[index]
        yield item, at


def caught(closure: Run) -> Run:
    """A closure over rows that gives the error which one of their conditions is."""

    def run(frame: Frame) -> Any:
        try:
            return closure(frame)
        except Spread as spread:
            return spread.error
        except ArithmeticError:
            return TOO_LARGE

    return run
