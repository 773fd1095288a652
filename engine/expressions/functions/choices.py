"""Functions that choose: conditions, cases, blanks and errors. Lazy ones evaluate only what they return."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from engine.expressions.arithmetic import NO_MATCH, wrong_value
from engine.expressions.comparing import equal
from engine.expressions.functions.base import Function, Param, join_types, number, unstored, value
from engine.expressions.scope import Frame
from engine.expressions.types import BOOLEAN, Type
from engine.expressions.values import ErrorValue

Run = Callable[[Frame], Any]
NO_CHOICE = wrong_value("没有这一项", "There is no value at this place")


def if_(frame: Frame, condition: Run, then: Run, otherwise: Run | None = None) -> Any:
    test = condition(frame)
    if test is True:
        return then(frame)
    if type(test) is ErrorValue:
        return test
    return otherwise(frame) if otherwise is not None else None


def ifs(frame: Frame, *pairs: Run) -> Any:
    """The value of the first condition that holds; none is `#N/A`."""
    for place in range(0, len(pairs) - 1, 2):
        test = pairs[place](frame)
        if test is True:
            return pairs[place + 1](frame)
        if type(test) is ErrorValue:
            return test
    return NO_MATCH


def switch(frame: Frame, subject: Run, *cases: Run) -> Any:
    """The value beside the first equal case; a lone last argument is the rest."""
    wanted = subject(frame)
    if type(wanted) is ErrorValue:
        return wanted
    for place in range(0, len(cases) - 1, 2):
        same = equal(wanted, cases[place](frame), frame.world.timezone)
        if same is True:
            return cases[place + 1](frame)
        if same is not False:
            return same
    return cases[-1](frame) if len(cases) % 2 else NO_MATCH


def choose(frame: Frame, place: Run, *values: Run) -> Any:
    index = place(frame)
    if type(index) is ErrorValue:
        return index
    if index is None or not 1 <= index < len(values) + 1:
        return NO_CHOICE
    return values[int(index) - 1](frame)


def iferror(frame: Frame, tried: Run, otherwise: Run) -> Any:
    result = tried(frame)
    return otherwise(frame) if type(result) is ErrorValue else result


def ifna(frame: Frame, tried: Run, otherwise: Run) -> Any:
    result = tried(frame)
    return otherwise(frame) if type(result) is ErrorValue and result.code == "#N/A" else result


def ifblank(frame: Frame, tried: Run, otherwise: Run) -> Any:
    result = tried(frame)
    return otherwise(frame) if result is None or result == "" else result


def iserror(frame: Frame, tried: Run) -> bool:
    return type(tried(frame)) is ErrorValue


def isblank(subject: Any) -> bool:
    return subject is None or subject == ""


def isnumber(subject: Any) -> bool:
    return isinstance(subject, Decimal)


def istext(subject: Any) -> bool:
    return isinstance(subject, str) and subject != ""


def xor(*tests: Any) -> bool:
    return sum(1 for test in tests if test is True) % 2 == 1


def later(types: Sequence[Type]) -> Type:
    return unstored(join_types(types[1:]))


def paired(types: Sequence[Type]) -> Type:
    return unstored(join_types(types[1::2]))


def switched(types: Sequence[Type]) -> Type:
    results = [types[i] for i in range(2, len(types), 2)]
    return unstored(join_types(results + ([types[-1]] if len(types) % 2 == 0 else [])))


def both(types: Sequence[Type]) -> Type:
    return unstored(join_types(types))


def lazy(name: str, body: Any, gives: Any, *params: Param, **options: Any) -> Function:
    return Function(name, params, gives, body, form="lazy", **options)


def condition(name: str = "condition", **options: Any) -> Param:
    return Param(name, "boolean", **options)


CHOICES: tuple[Function, ...] = (
    lazy("if", if_, later, condition(), value("then"), value("otherwise", optional=True), sql=True, browser=True),
    lazy(
        "ifs",
        ifs,
        paired,
        condition(),
        value(),
        condition(optional=True),
        value(optional=True, many=True),
        group=2,
        sql=True,
        browser=True,
    ),
    lazy(
        "switch",
        switch,
        switched,
        value(),
        Param("case", "case"),
        value("result"),
        Param("case", "case", optional=True),
        value("result", optional=True, many=True),
        group=2,
        sql=True,
        browser=True,
    ),
    lazy("choose", choose, later, number("place"), value(), value(optional=True, many=True), sql=True, browser=True),
    lazy("iferror", iferror, both, value(), value("otherwise"), sql=True, browser=True),
    lazy("ifna", ifna, both, value(), value("otherwise")),
    lazy("ifblank", ifblank, both, value(), value("otherwise"), sql=True, browser=True),
    lazy("iserror", iserror, BOOLEAN, value(), sql=True, browser=True),
    Function("isblank", (value(),), BOOLEAN, isblank, sql=True, browser=True),
    Function("isnumber", (value(),), BOOLEAN, isnumber, sql=True, browser=True),
    Function("istext", (value(),), BOOLEAN, istext, sql=True, browser=True),
    Function("xor", (condition(), condition(many=True)), BOOLEAN, xor, sql=True, browser=True),
)
