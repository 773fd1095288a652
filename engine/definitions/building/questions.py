"""Builds reports and alerts. Asks nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.definitions.building.columns import beside, columns_scope, grouped, known_columns
from engine.definitions.building.declared import Place, Reader
from engine.definitions.building.fields import inputs
from engine.definitions.building.formats import format_of
from engine.definitions.desks import Desk, words
from engine.definitions.figures import Format
from engine.definitions.language import SHAPES
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.definitions.outlines import maps
from engine.definitions.questions import Report
from engine.expressions.compiled import Expression, Source
from engine.expressions.nodes import Operation
from engine.expressions.types import BOOLEAN, Type


def reports(desk: Desk, node: Node | None) -> dict[str, Report]:
    """All reports of the app."""
    return {name: one for name, spec in maps(node) if (one := _report(desk, name, spec)) is not None}


def _report(desk: Desk, name: str, spec: Map) -> Report | None:
    params = inputs(desk, spec.get("params"), Scope(desk.outline))
    base = Scope(desk.outline, params={key: field.type for key, field in params.items()})
    rows = desk.source(spec.get("from"), base)
    if rows is None:
        return None
    plain = columns_scope(rows, False)
    _no_hiding(desk, plain, params, spec)
    by = _columns(desk, spec.get("by"), plain)
    names = columns_scope(rows, grouped(rows, spec))
    show = _columns(desk, spec.get("show"), names, {key: one.type for key, one in by.items()})
    shown = {key: one.type for key, one in (*by.items(), *show.items())}
    columns = tuple(name for key in ("by", "show") for name, _ in maps(spec.get(key)))
    known_columns(desk, spec.get("sort"), columns)
    return Report(
        name=name,
        label=desk.label(spec.get("name"), name),
        by=by,
        source=narrowed(_as_of(desk, rows, spec, base), desk.condition(spec.get("where"), plain)),
        show=show,
        params=params,
        labels={
            key: desk.label(part.get("name"), key)
            for part_of in ("by", "show")
            for key, part in maps(spec.get(part_of))
        },
        formats=column_formats(desk, (spec.get("by"), spec.get("show")), {**by, **show}),
        across=desk.one_of(spec.get("across"), by, "column of `by`", "E-REF-012"),
        having=desk.condition(spec.get("having"), names.also(**shown)),
        sort=words(spec.get("sort")),
        limit=_number(spec.get("limit")),
        location=spec.at,
    )


def _as_of(desk: Desk, rows: Source, spec: Map, names: Scope) -> Source:
    """The source at the moment that `at` says; only a register knows what it held on a day."""
    moment = Reader(desk, Place(names)).only(spec, {"at": SHAPES["report"].keys["at"]}).get("at")
    if not isinstance(moment, Expression):
        return rows
    thing = desk.outline.things.get(rows.candidate.objects[0]) if rows.candidate.objects else None
    if thing is None or thing.kind != "register" or rows.node.moment is not None or rows.node.between is not None:
        hint = "only balances of a register are known as of a day, and only once: leave `at` out"
        desk.report("E-QST-003", "`at` fits no rows but balances of a register", spec.key_at("at"), hint)
        return rows
    reads = tuple(dict.fromkeys((*rows.reads, *moment.reads)))
    return replace(rows, node=replace(rows.node, moment=moment.node), reads=reads)


def narrowed(source: Source, where: Expression | None) -> Source:
    """The source with a further condition over its candidates."""
    if where is None:
        return source
    held = source.node.where
    both = where.node if held is None else Operation("and", (held, where.node), type=BOOLEAN)
    reads = tuple(dict.fromkeys((*source.reads, *where.reads)))
    return replace(source, node=replace(source.node, where=both), reads=reads)


def _no_hiding(desk: Desk, names: Scope, params: Iterable[str], spec: Map) -> None:
    row = names.row
    for name in params:
        if row is not None and names.member(row, name) is not None:
            node = spec.get("params")
            at = node.key_at(name) if isinstance(node, Map) else spec.at
            desk.report("E-QST-001", f"the parameter `{name}` has the name of a field", at, "take another name")


def _columns(
    desk: Desk, node: Node | None, names: Scope, left: Mapping[str, Type] | None = None
) -> dict[str, Expression]:
    """The columns of a report; with `left` each may also name those to its left."""
    found: dict[str, Expression] = {}
    for name, part in maps(node):
        known = {} if left is None else {**left, **{key: one.type for key, one in found.items()}}
        one = desk.expression(part.get("value"), beside(names, known))
        if one is not None:
            found[name] = one
    return found


def column_formats(desk: Desk, nodes: Iterable[Node | None], columns: Mapping[str, Expression]) -> dict[str, Format]:
    """How columns are shown that say so."""
    specs = [(name, part) for node in nodes for name, part in maps(node) if name in columns]
    made = {name: format_of(desk, part.get("format"), columns[name].type) for name, part in specs}
    return {name: one for name, one in made.items() if one is not None}


def _number(node: Node | None) -> int | None:
    return int(node.text) if isinstance(node, Scalar) else None


def _maps_in(node: Node | None) -> list[Map]:
    return [item for item in node if isinstance(item, Map)] if isinstance(node, List) else []
