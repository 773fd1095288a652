"""Builds how measures are valued: what is counted, at which grain. Finds no value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal

from engine.definitions.desks import Desk, scalars, word
from engine.definitions.nodes import Map, Scalar
from engine.definitions.outlines import Thing, maps
from engine.definitions.registers import Valued
from engine.errors import Location
from engine.expressions.compiled import Expression
from engine.expressions.linear import sum_of
from engine.expressions.nodes import Get, Root
from engine.expressions.nodes import Literal as Constant
from engine.expressions.nodes import Node as Typed
from engine.expressions.types import NUMBER

METHODS: Mapping[str, Literal["moving average", "period average", "fifo"]] = {
    "moving average": "moving average",
    "period average": "period average",
    "fifo": "fifo",
}


def _counted(
    quantity: str, measures: Mapping[str, object], formulas: Mapping[str, Expression]
) -> dict[str, Decimal] | None:
    """Measure → how often it counts; None for a formula that is no sum of measures."""
    if quantity in measures:
        return {quantity: Decimal(1)}

    def name(node: Typed) -> str:
        return node.name if isinstance(node, Get) and isinstance(node.owner, Root) else ""

    def expand(node: Typed) -> Typed:
        for _ in formulas:                     # at most as deep as there are formulas: a circle is reported elsewhere
            inner = formulas.get(name(node))
            node = node if inner is None else inner.node
        return node

    if quantity not in formulas:
        return None
    found = sum_of(formulas[quantity].node, Constant(Decimal(0), type=NUMBER), expand, name)
    if found is None or found.rest or any(part not in measures for part, _ in found.parts):
        return None
    return {str(part): factor for part, factor in found.parts}


def valued_measures(
    desk: Desk, thing: Thing, keys: tuple[str, ...], formulas: Mapping[str, Expression]
) -> dict[str, Valued]:
    """Measure → how the engine values it; what is counted is another measure, the cost is one per keys."""
    measures = dict(maps(thing.spec.get("measures")))
    found = {}
    for name, spec in measures.items():
        node = spec.get("valued")
        if isinstance(node, Map):
            known = tuple(one for one in (*measures, *formulas) if one != name)
            quantity = desk.named(node.get("quantity"), "measure", known=known)
            counted = _counted(quantity, measures, formulas)
            if quantity and not counted:
                message = f"`{quantity}` is no sum of measures: it cannot be counted for a value"
                desk.report("E-REG-006", message, node.at, "count a measure, or a formula such as `on_hand + coming`")
            per = grain(desk, thing, scalars(node.get("per")), keys)
            start = desk.expression(node.get("start"), desk.scope(thing.name), NUMBER)
            if start is not None:
                check_grain(desk, start, per, keys, node.at, "the cost at the start")
            method = word(node.get("method"))
            if counted and method in METHODS:
                found[name] = Valued(name, quantity, counted, per, METHODS[method], start, node.at)
    return found


def grain(desk: Desk, thing: Thing, items: Iterable[Scalar], keys: tuple[str, ...]) -> tuple[str, ...]:
    """Key names in the register's order."""
    chosen = {name for item in items if (name := desk.one_of(item, keys, f"key of {thing.name}", "E-REF-007"))}
    return tuple(key for key in keys if key in chosen)


def check_grain(
    desk: Desk, that: Expression, per: tuple[str, ...], keys: tuple[str, ...], at: Location, what: str = "the guard"
) -> None:
    """At a coarser grain the other keys are not known."""
    unknown = sorted({path[0] for path in that.reads} & set(keys) - set(per))
    if unknown:
        desk.report(
            "E-REG-003",
            f"{what} reads `{unknown[0]}`, which is not in its `per`",
            at,
            f"add `{unknown[0]}` to `per`",
        )
