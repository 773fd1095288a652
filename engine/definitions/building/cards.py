"""Builds dashboards and their cards. Draws nothing."""

from __future__ import annotations

from typing import Any

from engine.definitions.building.columns import base_of, known_columns
from engine.definitions.building.declared import Place, Reader
from engine.definitions.building.formats import format_of, shown_as
from engine.definitions.declared import Declared
from engine.definitions.desks import Desk, word, words
from engine.definitions.figures import Format
from engine.definitions.language import SHAPES
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.definitions.outlines import maps
from engine.definitions.questions import Card, Dashboard
from engine.expressions.compiled import Expression
from engine.expressions.types import NUMBER, record_of
from engine.kinds.cards import CARDS
from engine.suggest import did_you_mean

FIGURES = ("number", "gauge")
OF_REPORTS = ("bar", "line", "area", "pie", "funnel", "table", "pivot", "forecast")
COLUMN_KEYS = ("x", "y", "columns", "sort", "split", "rows", "values")
COMING = ("pivot", "view", "forecast")


def dashboards(desk: Desk, node: Node | None) -> dict[str, Dashboard]:
    """All dashboards of the app."""
    return {name: _dashboard(desk, name, spec) for name, spec in maps(node)}


def _dashboard(desk: Desk, name: str, spec: Map) -> Dashboard:
    items = _maps_in(spec.get("cards"))
    cards = tuple(one for place, item in enumerate(items, 1) if (one := _card(desk, item, place)) is not None)
    coming = tuple(waiting for item in items if (waiting := _coming(desk, item)) is not None)
    filters = _filters(desk, spec, items)
    who = desk.who(spec.get("by"), Scope(desk.outline))
    return Dashboard(
        name=name,
        label=desk.label(spec.get("name"), name),
        cards=cards,
        by=who,
        declared={"cards": coming, "filters": filters},
        location=spec.at,
    )


def _card(desk: Desk, spec: Map, place: int) -> Card | None:
    """One card; None after a problem, or where its kind is not built yet."""
    kind = next((name for name in CARDS if spec.pair(name) is not None), "")
    if not kind:
        return None
    names = Scope(desk.outline)
    options: dict[str, Any] = {
        "goal": desk.expression(spec.get("goal"), names, NUMBER),
        "sort": words(spec.get("sort")),
        "top": int(word(spec.get("top"), "0")) or None,
        "x": word(spec.get("x")),
        "y": words(spec.get("y")),
        "columns": words(spec.get("columns")),
        "split": word(spec.get("split")),
        "drill": _drill(desk, spec.get("drill")),
        "location": spec.at,
    }
    head = spec.get(kind)
    about = _about(desk, kind, head, spec, names)
    if about is None:
        return None
    title = word(head) if kind in (*OF_REPORTS, "list") else kind
    return Card(kind=kind, name=f"{kind}_{place}", label=_heading(desk, spec, title), **options, **about)


def _heading(desk: Desk, spec: Map, title: str) -> Any:
    """The heading of a card; without one that of the report or object that it shows."""
    if spec.get("name") is not None or not title:
        return desk.label(spec.get("name"), title)
    thing = desk.outline.things.get(title)
    return desk.label(None if thing is None else thing.spec.get("name"), title)


def _about(desk: Desk, kind: str, head: Node | None, spec: Map, names: Scope) -> dict[str, Any] | None:
    """What a card shows, by its kind."""
    if kind in FIGURES:
        return _figure(desk, kind, head, spec, names)
    if kind == "text":
        return {"text": desk.template(head, names)}
    if kind == "list":
        return _listing(desk, head, spec)
    return _report(desk, head, spec)


def _figure(desk: Desk, kind: str, head: Node | None, spec: Map, names: Scope) -> dict[str, Any] | None:
    """One figure, what it is compared with, and how it is shown. A gauge goes up to its goal."""
    value = desk.expression(head, names, NUMBER if kind == "gauge" else None)
    if kind == "gauge" and spec.get("goal") is None:
        desk.report("E-CRD-001", "a gauge has no end", spec.at, "add `goal:`, the figure at which it is full")
    before = desk.expression(spec.get("compare"), names, None if value is None else value.type)
    return None if value is None else {"value": value, "compare": before, "format": _format(desk, spec, value)}


def _report(desk: Desk, head: Node | None, spec: Map) -> dict[str, Any] | None:
    """A report and its columns that the card draws."""
    report = desk.named(head, "report")
    if not report:
        return None
    columns = tuple(desk.outline.things[report].formulas)
    for key in COLUMN_KEYS:
        known_columns(desk, spec.get(key), columns)
    if spec.get("split") is not None and len(words(spec.get("y"))) > 1:
        desk.report("E-CRD-002", "`split` draws one column", spec.key_at("split"), "name one column in `y`")
    return {"report": report}


def _listing(desk: Desk, head: Node | None, spec: Map) -> dict[str, Any] | None:
    name = desk.named(head, "rows")
    if not name:
        return None
    desk.paths(spec.get("columns"), name)
    desk.paths(spec.get("sort"), name)
    where = desk.condition(spec.get("where"), Scope(desk.outline).within(record_of(name), {}))
    return {"object": name, "where": where}


def _drill(desk: Desk, node: Node | None) -> str:
    """What a card leads to: a report, a dashboard, the list of an object."""
    known = (*desk.known("report"), *desk.known("dashboard"), *desk.known("object"))
    return desk.one_of(node, known, "report, dashboard or object", "E-REF-015")


def _coming(desk: Desk, spec: Map) -> Declared | None:
    """A card that is checked and not drawn yet: what it names is known."""
    kind = next((name for name in COMING if spec.pair(name) is not None), "")
    if not kind:
        return None
    _drill(desk, spec.get("drill"))
    head = spec.get(kind)
    if kind == "view":
        view_of(desk, head)
        return Declared(kind, {"view": word(head)}, spec.at)
    about = _report(desk, head, spec)
    return None if about is None else Declared(kind, {**about, "spec": words(head)}, spec.at)


def view_of(desk: Desk, node: Node | None) -> tuple[str, str]:
    """`object.view`: both names; ("", "") after a problem."""
    if not isinstance(node, Scalar):
        return "", ""
    thing, _, name = node.text.rpartition(".")
    objects = desk.known("object")
    if thing not in objects:
        shown = thing or node.text
        hint = did_you_mean(shown, objects) or "write `object.view`"
        desk.report("E-REF-002", f"there is no object `{shown}`", node.at, hint)
        return "", ""
    known = desk.known("view", thing)
    if name not in known:
        desk.report("E-REF-016", f"there is no view of {thing} `{name}`", node.at, did_you_mean(name, known))
        return "", ""
    return thing, name


def _filters(desk: Desk, spec: Map, cards: list[Map]) -> dict[str, object]:
    """Choices for all cards: a parameter of one of their reports, or a field of what one of them shows."""
    shown = [word(node) for card in cards for kind in (*OF_REPORTS, "list") if (node := card.get(kind)) is not None]
    reports = [thing for name in shown if (thing := desk.outline.things.get(name)) is not None]
    params = tuple(dict.fromkeys(name for thing in reports for name, _ in maps(thing.spec.get("params"))))
    found: dict[str, object] = {}
    for name, one in maps(spec.get("filters")):
        if one.get("param") is None and one.get("field") is None:
            desk.report("E-CRD-003", f"the filter `{name}` narrows nothing", one.at, "name a `field` or a `param`")
        param = desk.one_of(one.get("param"), params, "parameter of the cards' reports", "E-REF-012")
        keys = {"default": SHAPES["board_filter"].keys["default"]}
        default = Reader(desk, Place(Scope(desk.outline))).only(one, keys)
        values = {"param": param, "field": _filter_field(desk, one, shown), **default}
        found[name] = Declared("board_filter", values, one.at)
    return found


def _filter_field(desk: Desk, spec: Map, shown: list[str]) -> str:
    """A field of the rows of at least one card."""
    node = spec.get("field")
    if not isinstance(node, Scalar):
        return ""
    bases = [base for name in shown for base in _base(desk, name)]
    if any(desk.outline.path(base, node.text.split(".")) is not None for base in bases):
        return node.text
    known = tuple(dict.fromkeys(name for base in bases for name in desk.outline.members(base)))
    desk.report("E-REF-003", f"no card of the board has a field `{node.text}`", node.at, did_you_mean(node.text, known))
    return ""


def _base(desk: Desk, name: str) -> tuple[str, ...]:
    """The objects or registers whose rows a report or list shows."""
    thing = desk.outline.things.get(name)
    if thing is None or thing.kind != "report":
        return (name,) if thing is not None else ()
    return base_of(desk.outline, thing)


def _format(desk: Desk, spec: Map, value: Expression) -> Format:
    """How a figure is shown: as `format` says, else as a field of its unit."""
    unit = value.type.unit.partition(":")[0]
    given = format_of(desk, spec.get("format"), value.type)
    return given or shown_as(desk, unit if unit in ("money", "quantity", "percent") else "decimal")


def _maps_in(node: Node | None) -> list[Map]:
    return [item for item in node if isinstance(item, Map)] if isinstance(node, List) else []
