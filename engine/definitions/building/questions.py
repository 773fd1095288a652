"""Builds reports, alerts, dashboards and their cards. Asks nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from engine.definitions.building.columns import columns_scope
from engine.definitions.building.drafts import with_defaults
from engine.definitions.building.fields import inputs
from engine.definitions.desks import Desk, plain_field, scalars, word, words
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.definitions.outlines import maps
from engine.definitions.questions import Alert, Card, Dashboard, Receiver, Report
from engine.expressions.compiled import Expression, Source
from engine.expressions.nodes import Operation
from engine.expressions.types import BOOLEAN, DURATION, NUMBER, Type, record_of
from engine.kinds.cards import CARDS
from engine.kinds.fields import KINDS
from engine.suggest import did_you_mean


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
    names = columns_scope(rows, spec.get("by") is not None)
    show = _columns(desk, spec.get("show"), names)
    shown = {key: one.type for key, one in (*by.items(), *show.items())}
    columns = tuple(name for key in ("by", "show") for name, _ in maps(spec.get(key)))
    _known_columns(desk, spec.get("sort"), columns)
    return Report(
        name=name,
        label=desk.label(spec.get("name"), name),
        by=by,
        source=narrowed(rows, desk.condition(spec.get("where"), plain)),
        show=show,
        params=params,
        labels={
            key: desk.label(part.get("name"), key)
            for part_of in ("by", "show")
            for key, part in maps(spec.get(part_of))
        },
        across=desk.one_of(spec.get("across"), columns, "column", "E-REF-012"),
        having=desk.condition(spec.get("having"), names.also(**shown)),
        sort=words(spec.get("sort")),
        limit=_number(spec.get("limit")),
        location=spec.at,
    )


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


def _columns(desk: Desk, node: Node | None, names: Scope) -> dict[str, Expression]:
    return {name: one for name, part in maps(node) if (one := desk.expression(part.get("value"), names)) is not None}


def _known_columns(desk: Desk, node: Node | None, columns: tuple[str, ...]) -> None:
    for item in scalars(node):
        name = item.text.removeprefix("-")
        if name not in columns:
            desk.report("E-REF-012", f"there is no column `{name}`", item.at, did_you_mean(name, columns))


def _number(node: Node | None) -> int | None:
    return int(node.text) if isinstance(node, Scalar) else None


def alerts(desk: Desk, node: Node | None) -> dict[str, Alert]:
    """All alerts of the app."""
    return {name: one for name, spec in maps(node) if (one := _alert(desk, name, spec)) is not None}


def _alert(desk: Desk, name: str, spec: Map) -> Alert | None:
    over = desk.source(spec.get("over"), Scope(desk.outline))
    if over is None:
        return None
    names = Scope(desk.outline, over.candidate, aliases={over.alias: over.candidate} if over.alias else {})
    when, say = desk.condition(spec.get("when"), names), desk.template(spec.get("say"), names)
    to = tuple(one for item in _maps_in(spec.get("to")) if (one := _receiver(desk, item, names)) is not None)
    repeat = spec.get("repeat")
    desk.expression(repeat, names, DURATION)
    per = _grain(desk, over.candidate, spec)
    if when is None or say is None:
        return None
    return Alert(
        name=name,
        label=desk.label(spec.get("name"), name),
        over=over,
        per=per,
        when=when,
        say=say,
        to=to,
        severity=word(spec.get("severity"), "warning"),
        repeat=word(repeat),
        location=spec.at,
    )


def _grain(desk: Desk, rows: Type, spec: Map) -> tuple[str, ...]:
    """The keys of the register that an alert tells apart, in its order; all without `per`."""
    thing = desk.outline.things.get(rows.objects[0]) if rows.objects else None
    if thing is None or thing.kind != "register":
        if spec.get("per") is not None:
            desk.report("E-QST-002", "`per` names keys of a register", spec.key_at("per"), "leave it out")
        return ()
    keys = dict(maps(thing.spec.get("keys")))
    chosen = desk.some_of(spec.get("per"), keys, f"key of {thing.name}", "E-REF-007")
    return tuple(key for key in keys if key in chosen) or tuple(keys)


def _receiver(desk: Desk, spec: Map, names: Scope) -> Receiver | None:
    who = desk.who(spec.get("who"), names)
    return None if who is None else Receiver(who, words(spec.get("via")) or ("inbox",))


def dashboards(desk: Desk, node: Node | None) -> dict[str, Dashboard]:
    """All dashboards of the app."""
    found = {}
    for name, spec in maps(node):
        cards = tuple(
            one
            for place, item in enumerate(_maps_in(spec.get("cards")), 1)
            if (one := _card(desk, item, place)) is not None
        )
        found[name] = Dashboard(
            name, desk.label(spec.get("name"), name), cards, desk.who(spec.get("by"), Scope(desk.outline)), spec.at
        )
    return found


def _card(desk: Desk, spec: Map, place: int) -> Card | None:
    """One card; None after a problem, or where its kind is not built yet."""
    kind = next((name for name in CARDS if spec.pair(name) is not None), "")
    if not kind:
        return None
    names = Scope(desk.outline)
    options: dict[str, Any] = {
        "goal": desk.expression(spec.get("goal"), names, NUMBER),
        "sort": words(spec.get("sort")),
        "top": _number(spec.get("top")),
        "x": word(spec.get("x")),
        "y": words(spec.get("y")),
        "columns": words(spec.get("columns")),
        "location": spec.at,
    }
    head = spec.get(kind)
    about = _about(desk, kind, head, spec, names)
    if about is None:
        return None
    title = word(head) if kind in ("list", "table", "bar", "line", "pie") else kind
    return Card(kind=kind, name=f"{kind}_{place}", label=_heading(desk, spec, title), **options, **about)


def _heading(desk: Desk, spec: Map, title: str) -> Any:
    """The heading of a card; without one that of the report or object that it shows."""
    if spec.get("name") is not None or not title:
        return desk.label(spec.get("name"), title)
    thing = desk.outline.things.get(title)
    return desk.label(None if thing is None else thing.spec.get("name"), title)


def _about(desk: Desk, kind: str, head: Node | None, spec: Map, names: Scope) -> dict[str, Any] | None:
    """What a card shows, by its kind."""
    if kind == "number":
        value = desk.expression(head, names)
        return None if value is None else {"value": value, "format": _format(desk, spec, value)}
    if kind == "text":
        return {"text": desk.template(head, names)}
    if kind == "list":
        return _listing(desk, head, spec)
    reports = [one.name for one in desk.outline.things.values() if one.kind == "report"]
    report = desk.one_of(head, reports, "report", "E-REF-013")
    if not report:
        return None
    columns = tuple(desk.outline.things[report].formulas)
    for key in ("x", "y", "columns", "sort"):
        _known_columns(desk, spec.get(key), columns)
    return {"report": report}


def _listing(desk: Desk, head: Node | None, spec: Map) -> dict[str, Any] | None:
    known = [one.name for one in desk.outline.things.values() if one.kind in ("object", "lines")]
    name = desk.one_of(head, known, "object", "E-REF-002")
    if not name:
        return None
    desk.paths(spec.get("columns"), name)
    desk.paths(spec.get("sort"), name)
    where = desk.condition(spec.get("where"), Scope(desk.outline).within(record_of(name), {}))
    return {"object": name, "where": where}


def _format(desk: Desk, spec: Map, value: Expression) -> Any:
    """The field that shows a number: of the kind given, else of the value's own."""
    from_type = {"money": "money", "quantity": "quantity", "percent": "percent"}.get(
        value.type.unit.partition(":")[0], "decimal"
    )
    kind = desk.one_of(spec.get("format"), KINDS, "field type", "E-REF-001") or from_type
    return with_defaults(desk, plain_field(kind))


def _maps_in(node: Node | None) -> list[Map]:
    return [item for item in node if isinstance(item, Map)] if isinstance(node, List) else []
