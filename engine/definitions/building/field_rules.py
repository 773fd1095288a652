"""Judges single fields by what their keys say of each other, at the very key. Compiles nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from engine.definitions.desks import Desk
from engine.definitions.nodes import Map, Scalar
from engine.definitions.outlines import Thing, link_targets
from engine.expressions.compiled import Expression
from engine.expressions.nodes import Literal as Constant
from engine.expressions.nodes import Operation
from engine.kinds.fields.autonumber import Autonumber
from engine.kinds.fields.base import Field, Literal
from engine.kinds.fields.link import Link
from engine.suggest import did_you_mean

# key → what it has no effect without, and where it is written
NEEDS: Mapping[str, tuple[str, ...]] = {
    "refill": ("default",),
    "freeze": ("formula",),
    "without": ("balance",),
    "booked_by": ("balance",),
    "keys": ("balance",),
}


def judge(desk: Desk, thing: Thing, field: Field, spec: Map) -> None:
    """Everything about one field of an object or of lines."""
    where = f"{thing.name}.{field.name}"
    for key, needed in NEEDS.items():
        if spec.get(key) is not None and all(spec.get(one) is None for one in needed):
            hint = f"add `{needed[0]}:`, or leave `{key}:` out"
            desk.report("E-FLD-009", f"`{where}`: `{key}` has no effect without `{needed[0]}`", spec.key_at(key), hint)
    if field.required and (field.formula is not None or field.balance is not None):
        message = f"`{where}` is computed: `required` has no effect"
        desk.report("W-FLD-001", message, spec.key_at("required"), severity="warning")
    for key, wrong in field.misfits():
        node = spec.get(key)
        desk.report("E-KEY-009", f"`{key}`: {wrong.to('en')}", spec.key_at(key) if node is None else node.at)
    _limits(desk, field, spec)
    if isinstance(field, Link):
        _link(desk, thing, field, spec)
    if isinstance(field, Autonumber):
        _number(desk, thing, field, spec)


def _limits(desk: Desk, field: Field, spec: Map) -> None:
    """Limits and a default that are written out as numbers."""
    least, most = constant(field.min), constant(field.max)
    if least is not None and most is not None and least > most:
        message = f"`{field.name}`: nothing is both at least {least} and at most {most}"
        desk.report("E-FLD-012", message, spec.key_at("max"), "exchange `min` and `max`")
        return
    given = field.default.value if isinstance(field.default, Literal) else constant(field.default)
    if isinstance(given, Decimal) and (least is not None and given < least or most is not None and given > most):
        desk.report("E-FLD-012", f"the default of `{field.name}` lies outside of its limits", spec.key_at("default"))


def constant(one: Any) -> Decimal | None:
    """The number that an expression is, None for anything else."""
    node = one.node if isinstance(one, Expression) else None
    sign = 1
    if isinstance(node, Operation) and node.op == "neg":
        node, sign = node.args[0], -1
    return sign * node.value if isinstance(node, Constant) and isinstance(node.value, Decimal) else None


def _link(desk: Desk, thing: Thing, field: Link, spec: Map) -> None:
    if field.tree and field.to != (thing.name,):
        message = f"`{field.name}` makes no tree: it leads to other objects than `{thing.name}`"
        desk.report("E-LNK-001", message, spec.key_at("tree"), f"write `to: {thing.name}`, or leave `tree:` out")
    if field.acyclic and field.to != (thing.name,):
        message = f"`{field.name}` makes no circle: it leads to other objects than `{thing.name}`"
        desk.report("E-LNK-005", message, spec.key_at("acyclic"), f"write `to: {thing.name}`, or leave `acyclic:` out")
    if field.on_delete == "clear" and field.required is True:
        message = f"`{field.name}` is required: deleting what it links to cannot clear it"
        hint = "write `on_delete: cascade` or `refuse`, or leave `required:` out"
        desk.report("E-LNK-006", message, spec.key_at("on_delete"), hint)
    trees = [name for name, one in thing.fields.items() if _says_tree(one) and link_targets(one) == (thing.name,)]
    if field.name in trees[1:]:
        message = f"`{thing.name}` is a tree by `{trees[0]}` already"
        desk.report("E-LNK-002", message, spec.key_at("tree"), "one link makes the tree")
    if field.source is not None and field.to:
        offered = field.source.candidate.objects
        strange = [name for name in offered if name not in field.to]
        if strange or field.source.candidate.name not in ("record", "any"):
            node = spec.get("from")
            message = f"`{field.name}` links to {' or '.join(field.to)}, and `from` gives {field.source.candidate}"
            desk.report("E-LNK-003", message, spec.at if node is None else node.at, "name rows of the linked object")


def _says_tree(spec: Map) -> bool:
    node = spec.get("tree")
    return isinstance(node, Scalar) and node.text == "true"


def _number(desk: Desk, thing: Thing, field: Autonumber, spec: Map) -> None:
    """A number is given by an action that there is, and out of fields that there are."""
    node = thing.spec.get("actions")
    actions = (*(node.names() if isinstance(node, Map) else ()), "create")
    if field.at and field.at not in actions:
        message = f"{thing.name} has no action `{field.at}`, which gives its number"
        desk.report("E-REF-009", message, _at(spec, "at"), did_you_mean(field.at, actions))
    for path in field.paths:
        if path.split(".")[0] not in thing.fields:
            message = f"{thing.name} has no field `{path}` for its number"
            lower = path.lower()
            hint = f"write `{{{lower}}}`; the counter is `{{seq:4}}`" if lower in ("yyyy", "yy", "mm", "dd") else ""
            desk.report("E-REF-003", message, _at(spec, "format"), hint or did_you_mean(path, tuple(thing.fields)))


def _at(spec: Map, key: str) -> Any:
    node = spec.get(key)
    return spec.at if node is None else node.at


def ways_back(desk: Desk) -> None:
    """Two links that give the same way back to one object."""
    seen: dict[tuple[str, str], str] = {}
    for thing, name, spec in _links(desk):
        back = spec.get("back")
        for target in link_targets(spec) if isinstance(back, Scalar) else ():
            assert isinstance(back, Scalar)
            held = seen.setdefault((target, back.text), f"{thing}.{name}")
            if held != f"{thing}.{name}":
                message = f"`{back.text}` is the way back from {target} to `{held}` already"
                desk.report("E-LNK-004", message, back.at, "take another name for `back:`")


def _links(desk: Desk) -> Iterator[tuple[str, str, Map]]:
    for thing in desk.outline.things.values():
        if thing.kind in ("object", "lines"):
            yield from ((thing.name, name, spec) for name, spec in thing.fields.items())
