"""Small parts of closures: members of records, rows counted against a budget, arguments as a function wants them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from engine.expressions import moments
from engine.expressions.arithmetic import Spread, text_of
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


def member(owner: Any, name: str, frame: Frame) -> Any:
    """A member of a record, a link or a decision's results; of nothing it is blank."""
    if type(owner) is Ref:
        if name == "id":
            return Decimal(owner.id)
        owner = frame.world.record(owner)
    if owner is None or type(owner) is ErrorValue:
        return owner
    return owner.get(name)


def strict(function: Function, readers: Sequence[Run], dates: bool) -> Run:
    body, framed = function.python, function.frame
    needs = [function.param(place).kind in ("date", "moment", "time", "duration") for place in range(len(readers))]

    def run(frame: Frame) -> Any:
        values = []
        for read in readers:
            value = read(frame)
            if type(value) is ErrorValue:
                return value
            values.append(value)
        if dates and any(value is None and need for value, need in zip(values, needs, strict=True)):
            return None
        return body(frame, *values) if framed else body(*values)

    return run


def reader(param: Param, closure: Run) -> Run:
    """A closure whose value suits a parameter: numbers and texts are never blank, dates are days."""
    if param.kind == "number":
        return lambda frame: Decimal(0) if (value := closure(frame)) is None else value
    if param.kind == "text":
        return lambda frame: value if type(value := closure(frame)) in (str, ErrorValue) else text_of(value)
    if param.kind == "date":
        return lambda frame: (
            moments.day(value, frame.world) if type(value := closure(frame)) is not ErrorValue else value
        )
    if param.kind == "list":
        return lambda frame: (
            value.items if isinstance(value := closure(frame), Rows) else () if value is None else value
        )
    return closure


def steps(items: Any, frame: Frame) -> Iterator[Any]:
    """The items, counted against the expression's budget; raises `Spread` when it is used up."""
    budget = frame.names.get(BUDGET)
    for item in items:
        if budget is not None:
            budget[0] -= 1
            if budget[0] < 0:
                raise Spread(TOO_MUCH)
        yield item


def candidate(frame: Frame, row: Any, alias: str) -> Frame:
    """The frame of one candidate row."""
    return Frame(frame.world, frame.this, row, frame.old, {**frame.names, alias: row} if alias else frame.names)


def as_row(item: Any, frame: Frame) -> Any:
    """A linked record as a row."""
    return frame.world.record(item) if type(item) is Ref else item


def caught(closure: Run) -> Run:
    """A closure over rows that gives the error which one of their conditions is."""

    def run(frame: Frame) -> Any:
        try:
            return closure(frame)
        except Spread as spread:
            return spread.error

    return run
