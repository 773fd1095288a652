"""Builds the filters of dashboards: what a reader chooses, and the rows of which cards it narrows. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.definitions.building.columns import base_of
from engine.definitions.building.drafts import draft
from engine.definitions.desks import Desk, flag
from engine.definitions.names import Scope
from engine.definitions.nodes import Map, Node, Scalar
from engine.definitions.outlines import maps
from engine.definitions.questions import BoardFilter, Card
from engine.errors import Location
from engine.expressions.compiled import Expression, expression
from engine.expressions.nodes import Aggregate, Stored
from engine.expressions.types import Type, range_of, record_of
from engine.kinds.fields import KINDS
from engine.kinds.fields.base import Field
from engine.kinds.fields.choice import Option
from engine.suggest import did_you_mean
from engine.texts import Text

DAYS = ("date", "datetime")                    # chosen as a period


def filters_of(desk: Desk, node: Node | None, cards: tuple[Card, ...]) -> dict[str, BoardFilter]:
    """The filters of a board with these cards, by name."""
    found = {}
    for name, spec in maps(node):
        made = _filter(desk, name, spec, cards)
        if made is not None:
            found[name] = made
    return found


def _filter(desk: Desk, name: str, spec: Map, cards: tuple[Card, ...]) -> BoardFilter | None:
    if spec.get("param") is None and spec.get("field") is None:
        desk.report("E-CRD-003", f"the filter `{name}` narrows nothing", spec.at, "name a `field` or a `param`")
        return None
    label = desk.label(spec.get("name"), name)
    param, asked = _param(desk, spec.get("param"), cards)
    paths = _paths(desk, spec.get("field"), cards)
    field = asked if asked is not None else _field(desk, name, spec, paths)
    if field is None:
        return None
    field = replace(field, name=name, label=label, required=False)
    default = desk.value(spec.get("default"), field, Scope(desk.outline))
    made = BoardFilter(name, label, replace(field, default=default), param, paths=paths, location=spec.at)
    return replace(made, conditions=_conditions(desk, made, flag(spec.get("under"))))


# ---- parameters of reports


def _param(desk: Desk, node: Node | None, cards: tuple[Card, ...]) -> tuple[str, Field | None]:
    """A parameter of the cards' reports, and a field that reads it: reports that have it take values of one type."""
    if node is None:
        return "", None
    known: dict[str, Map] = {}
    types: dict[str, set[str]] = {}
    for report in dict.fromkeys(card.report for card in cards if card.report):
        for name, spec in maps(desk.outline.things[report].spec.get("params")):
            known.setdefault(name, spec)
            types.setdefault(name, set()).add(repr(desk.outline.input_type(spec, name)))
    name = desk.one_of(node, tuple(known), "parameter of the cards' reports", "E-REF-012")
    if not name:
        return "", None
    if len(types[name]) > 1:
        hint = "give the parameters names of their own, or the same type"
        desk.report("E-CRD-008", f"`{name}` is of another type in another report of the board", node.at, hint)
        return "", None
    return name, draft(desk, desk.likes.named(known[name]), name, None)


# ---- fields of the rows


def things_of(desk: Desk, card: Card) -> tuple[str, ...]:
    """The objects, lines and registers whose rows a card is about."""
    if card.report:
        return base_of(desk.outline, desk.outline.things[card.report])
    if card.object:
        return (card.object,)
    nodes = (part for e in (card.value, card.goal) if e is not None for part in e.node.walk())
    sources = (part.source for part in nodes if isinstance(part, Aggregate))
    return tuple(dict.fromkeys(one.name for part in sources for one in part.walk() if isinstance(one, Stored)))


def _paths(desk: Desk, node: Node | None, cards: tuple[Card, ...]) -> dict[str, Expression]:
    """The field as each of the cards' things has it: its own, or of the record to which its lines belong."""
    if not isinstance(node, Scalar):
        return {}
    things = tuple(dict.fromkeys(thing for card in cards for thing in things_of(desk, card)))
    found = {thing: one for thing in things if (one := _path(desk, thing, node.text, node.body)) is not None}
    if not found:
        known = tuple(dict.fromkeys(name for thing in things for name in desk.outline.members(thing)))
        hint = did_you_mean(node.text, known)
        desk.report("E-REF-003", f"no card of the board has a field `{node.text}`", node.at, hint)
    return found


def _path(desk: Desk, thing: str, path: str, at: Location) -> Expression | None:
    for written in (path, f"parent.{path}"):
        if desk.outline.path(thing, written.split(".")) is not None:
            found = expression(written, at, Scope(desk.outline).within(record_of(thing), {}))
            return None if isinstance(found, list) else found
    return None


def _field(desk: Desk, name: str, spec: Map, paths: Mapping[str, Expression]) -> Field | None:
    """What the reader chooses with: by the type that the field has in the first thing."""
    if not paths:
        return None
    thing, path = next(iter(paths.items()))
    kind = path.type.of if path.type.name == "list" and path.type.of is not None else path.type
    if kind.name == "record":
        return KINDS["link"](name=name, label=Text({}), to=kind.objects)  # type: ignore[call-arg]
    if kind.name in DAYS:
        return KINDS["range"](name=name, label=Text({}), of="date")  # type: ignore[call-arg]
    if kind.name == "boolean":
        return KINDS["boolean"](name=name, label=Text({}))
    if kind.options:
        options = {code: Option(Text({"en": code})) for code in kind.options}
        return KINDS["choice"](name=name, label=Text({}), options=options)  # type: ignore[call-arg]
    hint = "take a link, a choice, a state, a day, or yes and no"
    desk.report("E-CRD-009", f"`{path.text}` of {thing} has no values to choose from", spec.key_at("field"), hint)
    return None


def _conditions(desk: Desk, made: BoardFilter, under: bool) -> dict[str, Expression]:
    """Of each thing the condition over a row that holds for what was chosen; that stands in it as a name."""
    found = {}
    for thing, path in made.paths.items():
        name, kind = _chosen(made, path.type)
        names = Scope(desk.outline, params={name: kind}).within(record_of(thing), {})
        one = expression(_condition(path, name, under), path.at, names)
        if isinstance(one, list):
            hint = "`under` is for links to records in a tree" if under else "name a field of the same type everywhere"
            desk.report("E-CRD-010", f"`{path.text}` of {thing} cannot be compared with a choice", made.location, hint)
            continue
        found[thing] = one
    return found


def _chosen(made: BoardFilter, kind: Type) -> tuple[str, Type]:
    """What was chosen has the type of the control; of a choice the options that the thing has."""
    if kind.name == "list" and kind.of is not None:
        kind = kind.of
    if kind.name == "datetime":
        return made.chosen_moments, range_of(kind)
    return made.chosen, kind if kind.options else made.input.type


def _condition(path: Expression, chosen: str, under: bool) -> str:
    if under:                                  # refused by the checker where there is no tree
        return f"{path.text} is under {chosen}"
    if path.type.name == "list":
        return f"{chosen} in {path.text}"
    return f"{path.text} in {chosen}" if path.type.name in DAYS else f"{path.text} = {chosen}"
