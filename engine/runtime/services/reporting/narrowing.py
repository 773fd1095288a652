"""What a reader chose on a board, and its cards narrowed to that. Answers no card."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from engine.definitions.questions import BoardFilter, Card, Dashboard, Report
from engine.errors import FieldError, Invalid
from engine.expressions.compiled import Expression, both, from_node
from engine.expressions.nodes import Aggregate, Node, Operation, Source, Stored
from engine.expressions.scope import Frame
from engine.expressions.types import BOOLEAN
from engine.expressions.values import ErrorValue, Range, Value
from engine.kinds.fields.base import Literal, Unfit
from engine.runtime.services.reporting import reports
from engine.runtime.services.rights import sight
from engine.runtime.services.scoping import ReaderSession
from engine.runtime.services.sessions import Session
from engine.runtime.storage import report_queries
from engine.runtime.storage.live import Tx

N = TypeVar("N")
Given = Mapping[str, Any]                      # filter → what was typed: a text, of a period two; blank = everything


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A card as it is asked: narrowed where the choices reach it. `names` are the choices as its conditions call them,
    `params` those that its report gets; `beside` are the filters that are set and do not reach it."""

    card: Card
    names: Mapping[str, Value]
    params: Mapping[str, Value]
    report: Report | None
    beside: tuple[BoardFilter, ...] = ()


def offered(tx: Tx, board: Dashboard) -> list[BoardFilter]:
    """The filters whose field the actor may see in the rows of a card, and those of parameters."""
    return [one for one in board.filters.values() if one.param or any(
        sight.may_evaluate(tx, thing, [path.node]) for thing, path in one.paths.items())]


def chosen(tx: Tx, board: Dashboard, given: Given) -> dict[str, Value]:
    """The value of each filter that is set: what was given, else its default. Raises `Invalid` for what cannot be
    read."""
    session, errors = ReaderSession(tx), list[FieldError]()
    found: dict[str, Value] = {}
    for one in offered(tx, board):
        try:
            value = _read(session, one, given[one.name]) if one.name in given else first(tx, one)
        except Unfit as problem:
            errors.append(FieldError(one.name, problem.message))
            continue
        if value is not None:
            found[one.name] = value
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return found


def _read(session: Session, one: BoardFilter, raw: Any) -> Value:
    value = None if raw in reports.BLANK else one.input.parse_input(raw)
    one.input.check_value(value)
    return reports.linked(session, one.input, value)


def first(tx: Tx, one: BoardFilter) -> Value:
    """What a filter is set to at first."""
    default = one.input.default
    if default is None:
        return None
    session = ReaderSession(tx)
    value = default.value if isinstance(default, Literal) else default.value(Frame(session))
    return None if isinstance(value, ErrorValue) else reports.linked(session, one.input, value)


def narrowed(tx: Tx, board: Dashboard, card: Card, values: Mapping[str, Value]) -> Narrowed:
    """The card for these choices."""
    report = tx.app.reports.get(card.report)
    names: dict[str, Value] = {}
    params: dict[str, Value] = {}
    beside = []
    for name, value in values.items():
        one = board.filters[name]
        names |= {one.chosen: value, one.chosen_moments: _moments(tx, value)}
        if report is not None and one.param in report.params:
            params[one.param] = value
            continue
        reached, asked = _card(card, one, isinstance(value, Range)), _report(report, one)
        if reached is card and asked is report and card.kind != "text":
            beside.append(one)
        card, report = reached, asked
    return Narrowed(card, names, params, report, tuple(beside))


def _moments(tx: Tx, value: Value) -> Value:
    """Days as moments in the app's time zone: from the beginning of the first to the end of the last."""
    if not isinstance(value, Range):
        return None
    zone = tx.live.zone
    first, last = (day if isinstance(day, dt.date) else None for day in (value.start, value.end))
    start = None if first is None else dt.datetime.combine(first, dt.time(), zone)
    return Range(start, None if last is None else dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone))


def _report(report: Report | None, one: BoardFilter) -> Report | None:
    """The report over the chosen rows only."""
    if report is None:
        return None
    node = _only(report.source.node, one)
    return report if node is report.source.node else replace(report, source=replace(report.source, node=node))


def _card(card: Card, one: BoardFilter, period: bool) -> Card:
    """The card with its figures over the chosen rows only. Beside a chosen period stands no value before."""
    if card.object:
        return _listed(card, one)
    value, goal = (_figure(e, one) for e in (card.value, card.goal))
    if value is card.value:
        return card
    return replace(card, value=value, goal=goal, compare=None if period else _figure(card.compare, one))


def _listed(card: Card, one: BoardFilter) -> Card:
    condition = one.conditions.get(card.object)
    if condition is None:
        return card
    return replace(card, where=condition if card.where is None else both(card.where, condition))


def _figure(expression: Expression | None, one: BoardFilter) -> Expression | None:
    if expression is None:
        return None
    node = _over(expression.node, one)
    return expression if node is expression.node else from_node(node, expression.text, expression.at)


def _over(node: N, one: BoardFilter) -> N:
    """The same tree, what it adds up taken of the chosen rows only."""
    if isinstance(node, tuple):
        parts = tuple(_over(part, one) for part in node)
        return parts if any(a is not b for a, b in zip(parts, node, strict=True)) else node  # type: ignore[return-value]
    if not isinstance(node, Node):
        return node
    changes = {f.name: _over(getattr(node, f.name), one) for f in fields(node) if f.init}
    if isinstance(node, Aggregate):
        changes["source"] = _rows(changes["source"], one)
    return replace(node, **changes) if any(changes[name] is not getattr(node, name) for name in changes) else node


def _rows(source: Node, one: BoardFilter) -> Node:
    if isinstance(source, Stored) and source.name in one.conditions:
        source = Source(source, type=source.type, start=source.start, end=source.end)
    return _only(source, one) if isinstance(source, Source) else source


def _only(source: Source, one: BoardFilter) -> Source:
    """The rows of a source for which the condition holds, where there is one for them."""
    condition = one.conditions.get(report_queries.thing_of(source))
    if condition is None:
        return source
    where = condition.node if source.where is None else Operation("and", (source.where, condition.node), type=BOOLEAN)
    return replace(source, where=where)
