"""Builds dashboards and their cards. Draws nothing."""

from __future__ import annotations

from typing import Any

from engine.definitions.building.board_filters import filters_of
from engine.definitions.building.columns import known_columns
from engine.definitions.building.formats import format_of, shown_as
from engine.definitions.declared import Declared
from engine.definitions.desks import Desk, flag, word, words
from engine.definitions.figures import Format
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.definitions.outlines import maps
from engine.definitions.questions import Card, Dashboard
from engine.errors import Location
from engine.expressions.compiled import Expression
from engine.expressions.types import NUMBER, record_of
from engine.kinds.cards import CARDS
from engine.suggest import did_you_mean

FIGURES = ("number", "gauge")
OF_REPORTS = ("bar", "line", "area", "pie", "funnel", "table", "pivot", "forecast")
COLUMN_KEYS = ("x", "y", "columns", "sort", "split", "rows", "values")
COMING = ("forecast",)
BELONGING = {"rows": ("pivot",), "values": ("pivot",), "total": ("pivot", "table")}     # key → the cards that it is for


def dashboards(desk: Desk, node: Node | None) -> dict[str, Dashboard]:
    """All dashboards of the app."""
    return {name: _dashboard(desk, name, spec) for name, spec in maps(node)}


def _dashboard(desk: Desk, name: str, spec: Map) -> Dashboard:
    items = _maps_in(spec.get("cards"))
    cards = tuple(one for place, item in enumerate(items, 1) if (one := _card(desk, item, place)) is not None)
    coming = tuple(waiting for item in items if (waiting := _coming(desk, item)) is not None)
    who = desk.who(spec.get("by"), Scope(desk.outline))
    return Dashboard(
        name=name,
        label=desk.label(spec.get("name"), name),
        cards=cards,
        by=who,
        filters=filters_of(desk, spec.get("filters"), cards),
        declared={"cards": coming},
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
        "total": flag(spec.get("total")),
        "drill": _drill(desk, spec.get("drill")),
        "location": spec.at,
    }
    head = spec.get(kind)
    _belong(desk, kind, spec)
    about = _about(desk, kind, head, spec, names)
    if about is None:
        return None
    title = word(head) if kind in (*OF_REPORTS, "list") else about["object"] if kind == "view" else kind
    label = _heading(desk, spec, title) if kind != "view" else _view_heading(desk, spec, about)
    return Card(kind=kind, name=f"{kind}_{place}", label=label, **{**options, **about})


def _belong(desk: Desk, kind: str, spec: Map) -> None:
    """Keys that another kind of card has no use for."""
    for key, kinds in BELONGING.items():
        if spec.get(key) is not None and kind not in kinds:
            hint = f"leave it out, or take {' or '.join(f'`{one}:`' for one in kinds)}"
            desk.report("E-CRD-007", f"`{key}` means nothing on a card `{kind}`", spec.key_at(key), hint)


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
    if kind == "view":
        return _view(desk, head)
    return _pivot(desk, head, spec) if kind == "pivot" else _report(desk, head, spec)


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


def _pivot(desk: Desk, head: Node | None, spec: Map) -> dict[str, Any] | None:
    """A report of which one column of `by` makes headings, and others stand at the side."""
    about = _report(desk, head, spec)
    if about is None:
        return None
    report = desk.outline.things[about["report"]].spec
    by, show = (tuple(name for name, _ in maps(report.get(key))) for key in ("by", "show"))
    headings = words(spec.get("columns")) or words(report.get("across")) or by[-1:]
    rows = words(spec.get("rows")) or tuple(name for name in by if name not in headings)
    values = words(spec.get("values")) or show
    sides = {*rows, *headings}
    if not {*sides, *values} <= {*by, *show}:      # reported: there are no such columns
        return None
    if len(headings) != 1 or not rows or not sides <= set(by) or headings[0] in rows:
        hint = "name one column of the report's `by` in `columns` and others in `rows`"
        desk.report("E-CRD-005", "a pivot stands on two sides of a report", spec.at, hint)
        return None
    if not set(values) <= set(show):
        desk.report("E-CRD-005", "the cells of a pivot are what the report shows", spec.key_at("values"),
                    f"take of {', '.join(f'`{name}`' for name in show)}")
        return None
    return {**about, "rows": rows, "columns": headings, "values": values}


def _view(desk: Desk, head: Node | None) -> dict[str, Any] | None:
    """A list that an object declares."""
    thing, name = view_of(desk, head)
    if not name:
        return None
    views = dict(maps(desk.outline.things[thing].spec.get("views")))
    if views[name].pair("list") is None:
        known = [one for one, spec in views.items() if spec.pair("list") is not None]
        hint = f"take a list: {', '.join(known)}" if known else f"write `list: {thing}`"
        at = head.at if head is not None else Location("")
        desk.report("E-CRD-006", f"`{name}` is no list: a card has no room for it", at, hint)
        return None
    return {"object": thing, "view": name}


def _view_heading(desk: Desk, spec: Map, about: dict[str, Any]) -> Any:
    """The heading of a view: the card's own, else the view's, else that of many records."""
    view = dict(maps(desk.outline.things[about["object"]].spec.get("views")))[about["view"]]
    given = spec.get("name") or view.get("name") or desk.outline.things[about["object"]].spec.get("plural")
    return desk.label(given, about["object"])


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


def _format(desk: Desk, spec: Map, value: Expression) -> Format:
    """How a figure is shown: as `format` says, else as a field of its unit."""
    unit = value.type.unit.partition(":")[0]
    given = format_of(desk, spec.get("format"), value.type)
    return given or shown_as(desk, unit if unit in ("money", "quantity", "percent") else "decimal")


def _maps_in(node: Node | None) -> list[Map]:
    return [item for item in node if isinstance(item, Map)] if isinstance(node, List) else []
