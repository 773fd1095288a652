"""Why a condition does not hold: its parts that fail, and the values of what they name. Judges nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from engine.expressions.compiled import Expression
from engine.expressions.evaluate import evaluate
from engine.expressions.nodes import Aggregate, Decide, Each, Get, Literal, Lookup, Node, Operation, Root, Source
from engine.expressions.scope import Frame
from engine.expressions.types import Type
from engine.expressions.values import Duration, ErrorValue, Ref, Row, Rows, Value
from engine.kinds.fields.locales import show_percent

COMPARED = ("=", "!=", "<", "<=", ">", ">=")
MOST_ROWS = 5
Titles: TypeAlias = Callable[[Ref], str]


@dataclass(frozen=True, slots=True)
class Explained:
    """The parts of a condition that do not hold (`expected`), and what their sides are instead (`got`)."""

    expected: str = ""
    got: str = ""


def explained(expression: Expression, frame: Frame, title: Titles) -> Explained:
    """Which parts of a condition are not true, with the values of all that they compare; `title` names records."""
    parts = list(_failing(expression.node, frame))
    got = dict.fromkeys(one for part in parts for one in _values(part, expression.text, frame, title))
    return Explained(" and ".join(_text(part, expression.text) for part in parts), ", ".join(got))


def _failing(node: Node, frame: Frame) -> Iterator[Node]:
    """Of conditions joined by `and` those that are not true."""
    if isinstance(node, Operation) and node.op == "and":
        for part in node.args:
            if evaluate(part, frame) is not True:
                yield from _failing(part, frame)
    else:
        yield node


def _values(node: Node, text: str, frame: Frame, title: Titles) -> Iterator[str]:
    """`name is value` for both sides of a comparison; of other conditions for the paths that they read."""
    if isinstance(node, Operation) and node.op in COMPARED:
        sides = [side for side in node.args if not _constant(side)]
    elif isinstance(node, Operation) and node.op in ("or", "not", "and"):
        for part in node.args:
            yield from _values(part, text, frame, title)
        return
    else:
        sides = list(_named(node))
    for side in sides:
        shown = _text(side, text)
        if shown:
            yield f"{shown} is {show(_titled(evaluate(side, frame), title), side.type)}"


def _titled(value: Value, title: Titles) -> Value:
    """The value with records as links that have a title."""
    if isinstance(value, Row) and value.id is not None:
        value = Ref(value.object, value.id)
    if isinstance(value, Ref):
        return replace(value, title=title(value))
    if isinstance(value, (Rows, tuple)):
        items = value.items if isinstance(value, Rows) else value
        return tuple(_titled(item, title) for item in items[: MOST_ROWS + 1])
    return value


def _constant(node: Node) -> bool:
    return isinstance(node, Literal) or (isinstance(node, Lookup) and isinstance(node.text, Literal))


def _named(node: Node) -> Iterator[Node]:
    """The outermost paths, totals and decisions of a condition."""
    if isinstance(node, (Get, Each, Aggregate, Decide)) or (isinstance(node, Root) and node.type.name != "record"):
        yield node
    elif not isinstance(node, Source):
        for part in node.parts():
            yield from _named(part)


def _text(node: Node, text: str) -> str:
    return text[node.start : node.end].strip()


def show(value: Value, kind: Type | None = None) -> str:
    """A value as an expression would write it; numbers by their kind, records by their title."""
    match value:
        case None:
            return "blank"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return number(value, "" if kind is None else kind.unit)
        case str():
            return f"'{value}'"
        case dt.date() | dt.time():
            return value.isoformat(" ") if isinstance(value, dt.datetime) else value.isoformat()
        case ErrorValue():
            return f"an error: {value.reason.to('en')}"
        case Duration():
            return _span(value)
    return _record(value, kind)


def _record(value: Value, kind: Type | None) -> str:
    if isinstance(value, Ref):
        return value.title or f"{value.object} {value.id}"
    if isinstance(value, Row):
        return f"{value.object} {value.id}"
    items = value if isinstance(value, tuple) else ()
    inner = kind.of if kind is not None else None
    shown = [show(item, inner) for item in items[:MOST_ROWS]]
    return f"[{', '.join(shown)}{', …' if len(items) > MOST_ROWS else ''}]"


def number(value: Decimal, unit: str) -> str:
    """A number without padding zeros; amounts of money with two decimals at least, shares in percent."""
    if unit == "percent":
        return show_percent(value, "en", 0, 10)
    plain = format(value.normalize() if value else Decimal(0), "f")
    whole, _, decimals = plain.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}" if unit.startswith("money") else plain


def _span(value: Duration) -> str:
    parts = (
        (value.months, "month"),
        (value.seconds / 86400, "day"),
        (value.working_days, "working day"),
        (value.working_seconds / 3600, "working hour"),
    )
    shown = [f"{number(Decimal(count), '')} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count]
    return " + ".join(shown) or "0 days"
