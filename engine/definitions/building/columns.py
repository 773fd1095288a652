"""The scopes of a report's columns: the source's row and, where it is grouped, its group. Builds no report."""

from __future__ import annotations

from engine.definitions.desks import Desk, candidates, scalars
from engine.definitions.names import Scope
from engine.definitions.nodes import Map, Node, Scalar
from engine.definitions.outlines import Outline, Thing, maps
from engine.expressions.compiled import Source, source
from engine.expressions.types import Type, rows_of
from engine.suggest import did_you_mean


def report_scope(outline: Outline, thing: Thing) -> Scope:
    """The scope of a report's columns, for finding their types: the source's row, and its group where there is one."""
    base = Scope(outline, params=parameters(outline, thing.spec))
    node = thing.spec.get("from")
    found = source(node.text, node.body, base) if isinstance(node, Scalar) else []
    if isinstance(found, list):
        return base
    return columns_scope(found, thing.spec.get("by") is not None)


def parameters(outline: Outline, spec: Map) -> dict[str, Type]:
    """The types of a report's parameters."""
    return {name: outline.input_type(part, name) for name, part in maps(spec.get("params"))}


def columns_scope(source: Source, grouped: bool) -> Scope:
    """The scope of a column: the candidate's, and in a group `rows` for what aggregates take."""
    inner = candidates(source)
    return inner.also(rows=rows_of(*source.candidate.objects)) if grouped else inner


def base_of(outline: Outline, thing: Thing) -> tuple[str, ...]:
    """The objects or registers whose rows a report is over."""
    node = thing.spec.get("from")
    names = Scope(outline, params=parameters(outline, thing.spec))
    found = source(node.text, node.body, names) if isinstance(node, Scalar) else []
    return () if isinstance(found, list) else found.candidate.objects


def known_columns(desk: Desk, node: Node | None, columns: tuple[str, ...]) -> None:
    """Reports names that are no columns of a report."""
    for item in scalars(node):
        name = item.text.removeprefix("-")
        if name not in columns:
            desk.report("E-REF-012", f"there is no column `{name}`", item.at, did_you_mean(name, columns))
