"""Builds the fields of objects, lines and inputs with all their expressions. Knows no register's rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions.building.balances import balance
from engine.definitions.building.drafts import Unsettled, draft, with_defaults
from engine.definitions.building.field_rules import judge
from engine.definitions.desks import Desk, candidates, plain_field, word
from engine.definitions.names import Scope
from engine.definitions.nodes import Map, Node, Scalar
from engine.definitions.outlines import RESERVED, Thing, maps
from engine.definitions.shapes import slots_in
from engine.expressions.compiled import Expression
from engine.expressions.tokens import RESERVED as KEYWORDS
from engine.expressions.types import DURATION, NUMBER
from engine.kinds.fields.base import Field
from engine.kinds.fields.choice import COLORS
from engine.kinds.fields.lines import Lines, Pick, Pull
from engine.suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class Others:
    """What the expressions of an input know besides the row at hand: its rules all inputs, its default those before."""

    judged: Scope
    filled: Scope


def object_fields(desk: Desk, thing: Thing) -> dict[str, Field]:
    """The fields of an object or of lines, complete but for `stored`."""
    found = {}
    for name, spec in thing.fields.items():
        if name in RESERVED[thing.kind] or name in KEYWORDS:
            desk.report(
                "E-FLD-003", f"`{name}` is a word of the language or a system field", spec.at, "take another name"
            )
            continue
        field = desk.outline.field(thing.name, name)
        if isinstance(field, Unsettled):
            _explain(desk, spec, thing)
        if field is not None:
            found[name] = complete(desk, field, spec, desk.scope(thing.name, spec), thing)
            judge(desk, thing, found[name], spec)
    return found


def inputs(desk: Desk, node: Node | None, names: Scope, rows: Callable[[str], str] | None = None) -> dict[str, Field]:
    """Fields that belong to no object: what an action asks, a report's parameters, a decision's inputs. `rows` gives
    the thing whose rows an input of lines holds, where there may be one.

    The rules of one (`required`, `min`, `max`, `check`) name it and the others, like those of a field of an object; its
    `default` names those that stand before it."""
    specs = {name: desk.likes.named(part) for name, part in maps(node)}
    drafts = {name: draft(desk, spec, name, None) for name, spec in specs.items()}
    if rows is not None:
        drafts |= {name: replace(one, of=rows(name)) for name, one in drafts.items() if isinstance(one, Lines)}
    judged, known = names.also(**{name: field.type for name, field in drafts.items()}), names
    found = {}
    for name, field in drafts.items():
        found[name] = complete(desk, field, specs[name], names, None, Others(judged, known))
        known = known.also(**{name: field.type})
    return found


def _explain(desk: Desk, spec: Map, thing: Thing) -> None:
    """Why the kind of a field that copies or shows something was not found; formulas explain themselves."""
    copied, shown = spec.get("copy"), spec.get("balance")
    if isinstance(copied, Scalar) and desk.expression(copied, desk.scope(thing.name)) is not None:
        hint = "`copy: product.price` takes the price when the product is chosen"
        desk.report("E-FLD-005", f"`{copied.text}` does not begin with a link of this row", copied.at, hint)
    if isinstance(shown, Scalar):
        balance(desk, thing, None, Map((), shown.at), shown)


def complete(
    desk: Desk, field: Field, spec: Map, names: Scope, thing: Thing | None, others: Others | None = None
) -> Field:
    """The field with its expressions; `names` is the scope of the row that it belongs to, `others` what an input knows
    besides."""
    found: dict[str, Any] = {}
    _rules(desk, field, spec, names, found, others or Others(names, names))
    _computed(desk, field, spec, names, found, thing)
    _own(desk, field, spec, names, found)
    if thing is not None and field.refill:
        desk.paths(spec.get("refill"), thing.name)
    made = replace(field, **{name: value for name, value in found.items() if value is not None})
    return made if made.holds else replace(made, required=False, default=None)


def _rules(
    desk: Desk, field: Field, spec: Map, names: Scope, found: dict[str, Any], others: Others
) -> None:
    found["check"] = desk.condition(spec.get("check"), others.judged)
    required = spec.get("required")
    if isinstance(required, Scalar) and required.text not in ("true", "false"):
        found["required"] = desk.condition(required, others.judged)
    for key in ("show", "edit", "freeze"):
        found[key] = desk.condition(spec.get(key), names)
    limit = NUMBER if field.kind == "lines" else field.type
    for key in ("min", "max"):
        node = spec.get(key)
        if f"{key}_length" in field.options_schema and isinstance(node, Scalar) and node.text.isdigit():
            hint = f"write `{key}_length` for the length of a text"
            desk.report("E-KEY-009", f"`{key}` of a text is a text, not `{node.text}`", node.at, hint)
            continue
        found[key] = desk.expression(node, others.judged, limit)
    found["default"] = desk.value(spec.get("default"), field, others.filled) if field.holds else None
    if isinstance(spec.get("mark"), Map):
        found["mark"] = marks(desk, spec.get("mark"), names)


def marks(desk: Desk, node: Node | None, names: Scope) -> dict[str, Expression]:
    """Color → condition."""
    found = {}
    for pair in node if isinstance(node, Map) else ():
        if pair.key.text not in COLORS:
            hint = did_you_mean(pair.key.text, COLORS) or f"there are {', '.join(COLORS)}"
            desk.report("E-KEY-004", f"there is no color `{pair.key.text}`", pair.key.at, hint)
        found[pair.key.text] = desk.condition(pair.value, names)
    return {color: one for color, one in found.items() if one is not None}


def _computed(desk: Desk, field: Field, spec: Map, names: Scope, found: dict[str, Any], thing: Thing | None) -> None:
    given = [key for key in ("formula", "copy", "balance") if spec.get(key) is not None]
    if len(given) > 1:
        desk.report(
            "E-FLD-006",
            f"`{field.name}` has {' and '.join(given)}",
            spec.key_at(given[1]),
            "a field is computed in one way",
        )
    formula = spec.get("formula")
    if isinstance(formula, Scalar):
        found["formula"] = desk.expression(formula, names, field.type if spec.get("type") is not None else None)
    shown = spec.get("balance")
    if isinstance(shown, Scalar) and thing is not None:
        found["balance"] = balance(desk, thing, field, spec, shown)
    copied = spec.get("copy")
    if isinstance(copied, Scalar) and thing is not None:
        _check_copy(desk, copied, field, thing)


def _check_copy(desk: Desk, node: Scalar, field: Field, thing: Thing) -> None:
    """A copy begins with a link of the same row and ends in one value of the same sort."""
    head = node.text.split(".")[0]
    kind = desk.outline.member(thing.name, head)
    place = desk.outline.path(thing.name, node.text.split("."))
    if kind is None or place is None or kind.name != "record" or "." not in node.text:
        if desk.expression(node, desk.scope(thing.name)) is not None:
            hint = "`copy: product.price` takes the price when the product is chosen"
            desk.report("E-FLD-005", f"`{node.text}` does not begin with a link of this row", node.at, hint)
        return
    source = desk.outline.member(*place)
    if source is not None and source.name != field.type.name and "any" not in (source.name, field.type.name):
        desk.report("E-FLD-007", f"`{node.text}` is {source}, the field is {field.type}", node.at, "leave out `type:`")


def _own(desk: Desk, field: Field, spec: Map, names: Scope, found: dict[str, Any]) -> None:
    """The kind's own options that are expressions, sources or values."""
    for key, (notation, attribute) in slots_in(field.options_schema).items():
        node = spec.get(key)
        if node is None:
            continue
        match notation:
            case "E":
                row = field.type.of or field.type
                inner = names.within(row, {}) if row.name == "record" else names
                found[attribute] = desk.condition(node, inner)
            case "duration":
                found[attribute] = desk.expression(node, names, DURATION)
            case "S":
                found[attribute] = desk.source(node, names)
            case "V":
                found[attribute] = desk.value(node, _amount_field(desk, key), names)
            case "pull" if isinstance(node, Map):
                found[attribute] = pull(desk, node, names, field.type.objects[0])


def _amount_field(desk: Desk, key: str) -> Field:
    """What reads a V slot that is no field's: a currency of the world, a unit of the app, a text."""
    return with_defaults(desk, plain_field({"currency": "currency", "unit": "unit"}.get(key, "text"), key))


def pull(desk: Desk, node: Map, names: Scope, lines: str) -> Pull | None:
    """Where lines come from; in `as` bare names are the source row's."""
    source = desk.source(node.get("from"), names)
    if source is None:
        return None
    inner = candidates(source)
    values = dict(desk.values(node.get("as"), lines, inner))
    pick = node.get("pick")
    if not isinstance(pick, Map):
        return Pull(source, values)
    by = desk.expression(pick.get("by"), inner)
    return Pull(source, values, Pick(by, word(pick.get("default"), "all")))
