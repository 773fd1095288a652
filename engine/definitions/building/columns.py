"""The scopes of a report's columns: the source's row and, where it is grouped, its group. Builds no report."""

from __future__ import annotations

from collections.abc import Mapping

from engine.definitions.desks import Desk, candidates, scalars
from engine.definitions.names import Scope
from engine.definitions.nodes import Map, Node, Scalar
from engine.definitions.outlines import Outline, Thing, maps
from engine.expressions.call_rules import REPORT, SPAN
from engine.expressions.compiled import Source, expression, source
from engine.expressions.nodes import Stored
from engine.expressions.types import BOOLEAN, Type, rows_of
from engine.suggest import did_you_mean


def report_scope(outline: Outline, thing: Thing) -> Scope:
    """The scope of a report's columns, for finding their types: the source's row, and its group where there is one."""
    base = Scope(outline, params=parameters(outline, thing.spec))
    node = thing.spec.get("from")
    found = source(node.text, node.body, base) if isinstance(node, Scalar) else []
    if isinstance(found, list):
        return base
    return columns_scope(found, grouped(found, thing.spec))


def grouped(source: Source, spec: Map) -> bool:
    """Whether a report adds rows up: by something, or all of them to one where its columns ask for it."""
    if spec.get("by") is not None:
        return True
    one, all_ = columns_scope(source, False), columns_scope(source, True)
    texts = (part.get("value") for _, part in maps(spec.get("show")))
    return any(
        isinstance(expression(node.text, node.body, one), list)
        and not isinstance(expression(node.text, node.body, all_), list)
        for node in texts
        if isinstance(node, Scalar)
    )


def beside(names: Scope, columns: Mapping[str, Type]) -> Scope:
    """The scope of a column with those to its left, where their names mean nothing else."""
    return names.also(**{name: kind for name, kind in columns.items() if names.head(name) is None})


def parameters(outline: Outline, spec: Map) -> dict[str, Type]:
    """The types of a report's parameters."""
    return {name: outline.input_type(part, name) for name, part in maps(spec.get("params"))}


def columns_scope(source: Source, grouped: bool) -> Scope:
    """The scope of a column: the candidate's, and in a group `rows` for what aggregates take."""
    words = (REPORT,) if source.node.between is None or movements(source) else (REPORT, SPAN)
    inner = candidates(source).also(**dict.fromkeys(words, BOOLEAN))
    return inner.also(rows=rows_of(*source.candidate.objects)) if grouped else inner


def movements(source: Source) -> bool:
    """Whether a source gives the movements of a register, not its balances."""
    return isinstance(source.base, Stored) and source.base.movements


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
