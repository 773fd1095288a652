"""Builds the views of objects: what kind of field each stands on, what it shows. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

from engine.definitions.building.declared import Place, Reader
from engine.definitions.building.questions import narrowed
from engine.definitions.desks import Desk, candidates, flag, scalars
from engine.definitions.language import SHAPES
from engine.definitions.nodes import Map, Node, Scalar
from engine.definitions.objects import View
from engine.definitions.outlines import Thing, maps
from engine.expressions.compiled import Source
from engine.expressions.types import Type
from engine.kinds.fields.link import Link

DAYS = ("date", "datetime", "range")
GROUPS = ("choice", "record", "boolean")
# kind of view → the types of values that it may stand on, and what they are in words
STANDS_ON: Mapping[str, tuple[tuple[str, ...], str]] = {
    "kanban": (GROUPS, "a choice, a person, a link, yes or no, or the state"),
    "calendar": (DAYS, "a day, a moment or a range"),
    "timeline": (DAYS, "a day, a moment or a range"),
}
FIELD_KINDS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "gallery": (("image", "file", "files"), "a picture"),
    "map": (("location", "address"), "a place"),
}
COLORS = (("choice", "boolean"), "a choice, yes or no, or the state")
SPANNING = ("calendar", "timeline")            # a record may last from one day to another
OWN = (*SPANNING, "kanban", "tree", "gallery")  # they stand on a field of the object itself


def views(desk: Desk, thing: Thing) -> dict[str, View]:
    """All views of an object; one that stands on nothing is left out."""
    found = {}
    for name, spec in maps(thing.spec.get("views")):
        kind = next((head for head in SHAPES["view"].variants if spec.pair(head) is not None), "")
        if kind:
            found[name] = _view(desk, thing, name, kind, spec)
    _one_default(desk, thing, found)
    return found


def _view(desk: Desk, thing: Thing, name: str, kind: str, spec: Map) -> View:
    names = desk.scope(thing.name)
    head = desk.paths(spec.get(kind), thing.name)
    _check_head(desk, thing, kind, spec.get(kind))
    _fits(desk, thing, "color", spec.get("color"), *COLORS)
    if kind in SPANNING:
        _until(desk, thing, kind, spec)
    if kind == "timeline":
        _fits(desk, thing, "group", spec.get("group"), *STANDS_ON["kanban"])
        _is_own(desk, thing, "group", spec.get("group"))
    if kind == "list":
        _grouped(desk, thing, spec.get("group"))
        _among(desk, head, "card", spec.get("card"))
        _among(desk, head, "total", spec.get("total"))
    shape = SHAPES["view"].variants[kind]
    later = {key: one for key, one in shape.keys.items() if not one.active and key != kind}
    return View(
        name=name,
        kind=kind,
        columns=head,
        label=desk.label(spec.get("name"), name),
        where=None if kind == "compare" else desk.condition(spec.get("where"), names),
        sort=desk.paths(spec.get("sort"), thing.name),
        default=flag(spec.get("default")),
        card=desk.paths(spec.get("card"), thing.name) if shape.active else (),
        color=next(iter(desk.paths(spec.get("color"), thing.name)), "") if shape.active else "",
        until=next(iter(desk.paths(spec.get("until"), thing.name)), ""),
        total=None if spec.get("total") is None else desk.paths(spec.get("total"), thing.name),
        group=next(iter(desk.paths(spec.get("group"), thing.name)), "") if kind in ("timeline", "list") else "",
        title=None if "title" in later else desk.template(spec.get("title"), names),
        by=desk.who(spec.get("by"), names),
        beside=_beside(desk, thing, spec) if kind == "compare" else None,
        match=_match(desk, thing, spec.get("match")),
        declared=Reader(desk, Place(names, thing.name)).only(spec, later),
        location=spec.at,
    )


# ---- lists


def _grouped(desk: Desk, thing: Thing, node: Node | None) -> None:
    """Whether a list can be grouped by this: a field of the object itself, with few values."""
    _fits(desk, thing, "group", node, (*GROUPS, *DAYS[:2]), "a choice, a link, yes or no, a day, or the state")
    _is_own(desk, thing, "group", node)
    for item in scalars(node)[:1]:
        field = desk.outline.field(thing.name, item.text) if "." not in item.text else None
        if isinstance(field, Link) and len(field.to) > 1:
            desk.report("E-VIW-001", f"`group` takes a link to one object; `{item.text}` leads to several", item.at)


def _among(desk: Desk, columns: tuple[str, ...], what: str, node: Node | None) -> None:
    """A phone leaves columns of the list out, totals stand below them; neither adds any."""
    for item in scalars(node):
        if columns and item.text not in columns:
            hint = f"add it to `list`, or name some of {', '.join(columns)}"
            desk.report("E-VIW-001", f"`{what}` takes columns of the list; `{item.text}` is none", item.at, hint)


# ---- comparisons


def _beside(desk: Desk, thing: Thing, spec: Map) -> Source | None:
    """The records that stand beside `this`; None where only what is ticked is compared."""
    node = spec.get("where")
    if node is None:
        return None
    rows = desk.source(Scalar(thing.name, node.at, node.at), desk.scope(thing.name))
    where = None if rows is None else desk.condition(node, candidates(rows))
    return None if rows is None or where is None else narrowed(rows, where)


def _compared(desk: Desk, thing: Thing, node: Node | None) -> None:
    """Lines are compared field by field."""
    for item in scalars(node):
        field = desk.outline.field(thing.name, item.text) if "." not in item.text else None
        if field is not None and field.kind == "lines":
            inner = tuple(desk.outline.members(f"{thing.name}.{item.text}"))
            hint = f"name fields of them, as `{item.text}.{inner[0]}`" if inner else ""
            desk.report("E-VIW-001", f"`compare` takes fields; `{item.text}` are lines", item.at, hint)


def _match(desk: Desk, thing: Thing, node: Node | None) -> str:
    """The field of lines by which they stand side by side."""
    found = desk.paths(node, thing.name)
    if node is None or not found:
        return ""
    lines = desk.outline.field(thing.name, found[0].partition(".")[0])
    if "." in found[0] and lines is not None and lines.kind == "lines":
        return found[0]
    hint = "write `lines.product`: the field of the lines by which they are put side by side"
    desk.report("E-VIW-001", f"`{found[0]}` is no field of lines", node.at, hint)
    return ""


# ---- what a view stands on


def _check_head(desk: Desk, thing: Thing, kind: str, node: Node | None) -> None:
    """Whether what the view stands on is of a kind that it can stand on."""
    if kind in OWN:
        _is_own(desk, thing, kind, node)
    if kind in STANDS_ON:
        _fits(desk, thing, kind, node, *STANDS_ON[kind])
    if kind in FIELD_KINDS:
        _is_a(desk, thing, kind, node, *FIELD_KINDS[kind])
    if kind == "tree":
        _is_tree(desk, thing, node)
    if kind == "compare":
        _compared(desk, thing, node)


def _is_own(desk: Desk, thing: Thing, what: str, node: Node | None) -> None:
    """A view reads the field that it stands on from the record itself, and changes it there."""
    for item in scalars(node)[:1]:
        if "." in item.text and desk.outline.path(thing.name, item.text.split(".")) is not None:
            hint = f"copy it into a field of {thing.name} (`copy:` or a formula), and name that"
            desk.report("E-VIW-001", f"`{what}` takes a field of {thing.name} itself, not `{item.text}`", item.at, hint)


def _until(desk: Desk, thing: Thing, kind: str, spec: Map) -> None:
    """Whether the last day is of the same kind as the first one."""
    first = next((_type(desk, thing, item.text) for item in scalars(spec.get(kind))[:1]), None)
    if first is not None and first.name == "range" and first.of is not None and first.of.name not in DAYS:
        desk.report("E-VIW-001", f"`{kind}` takes {STANDS_ON[kind][1]}; this is {first}", spec.key_at(kind))
    for item in scalars(spec.get("until"))[:1]:
        last = _type(desk, thing, item.text)
        if first is None or last is None or "any" in (first.name, last.name):
            continue
        if first.name == "range":
            desk.report("E-VIW-001", "a range has its last day itself", spec.key_at("until"), "leave `until` out")
        elif last.name != first.name:
            hint = f"name the field of the last day, of the same type as `{scalars(spec.get(kind))[0].text}`"
            desk.report("E-VIW-001", f"`until` takes {first}, as `{kind}` has; `{item.text}` is {last}", item.at, hint)
        _is_own(desk, thing, "until", spec.get("until"))


def _fits(desk: Desk, thing: Thing, what: str, node: Node | None, kinds: tuple[str, ...], shown: str) -> None:
    for item in scalars(node)[:1]:
        found = _type(desk, thing, item.text)
        if item.text not in ("state", "status") and found is not None and found.name not in (*kinds, "any"):
            desk.report("E-VIW-001", f"`{what}` takes {shown}; `{item.text}` is {found}", item.at)


def _is_a(desk: Desk, thing: Thing, what: str, node: Node | None, kinds: tuple[str, ...], shown: str) -> None:
    for item in scalars(node)[:1]:
        place = desk.outline.path(thing.name, item.text.split("."))
        field = None if place is None else desk.outline.field(*place)
        if field is not None and field.kind not in (*kinds, "unsettled"):
            desk.report("E-VIW-001", f"`{what}` begins with {shown}; `{item.text}` is {field.type}", item.at)


def _is_tree(desk: Desk, thing: Thing, node: Node | None) -> None:
    for item in scalars(node):
        found = _type(desk, thing, item.text)
        field = desk.outline.field(thing.name, item.text) if "." not in item.text else None
        if isinstance(field, Link) and field.to == (thing.name,):
            if not field.climbs:
                hint = f"give `{item.text}` the key `tree: true`: then no record comes to stand below itself"
                desk.report("E-VIW-001", f"`{item.text}` makes no tree", item.at, hint)
        elif found is not None and found.objects != (thing.name,):
            hint = f"name a link to {thing.name} itself, with `tree: true`"
            message = f"`tree` takes the link to the {thing.name} above, not `{item.text}`"
            desk.report("E-VIW-001", message, item.at, hint)


def _type(desk: Desk, thing: Thing, path: str) -> Type | None:
    place = desk.outline.path(thing.name, path.split("."))
    return None if place is None else desk.outline.member(*place)


def _one_default(desk: Desk, thing: Thing, found: Mapping[str, View]) -> None:
    first = [view for view in found.values() if view.default]
    for view in first[1:]:
        if view.by is None and first[0].by is None:
            message = f"two views of {thing.name} are shown first: `{first[0].name}` and `{view.name}`"
            desk.report("E-VIW-002", message, view.location, "keep one `default: true`")
