"""Builds balance fields: which keys of the register they name, and which kept row serves them. Posts nothing."""

from __future__ import annotations

from engine.definitions.desks import Desk, word
from engine.definitions.nodes import Map, Scalar, made
from engine.definitions.outlines import Thing, maps
from engine.errors import Location
from engine.expressions.compiled import Expression
from engine.expressions.types import Type
from engine.kinds.fields.base import Balance, Field
from engine.suggest import did_you_mean


def balance(desk: Desk, thing: Thing, field: Field | None, spec: Map, node: Scalar) -> Balance | None:
    """`balance: stock.available` of a field of `thing`; None after a problem."""
    name, _, measure = node.text.rpartition(".")
    register = desk.outline.things.get(name)
    if register is None or register.kind != "register":
        known = [one.name for one in desk.outline.things.values() if one.kind == "register"]
        desk.report("E-REF-005", f"there is no register `{name}`", node.at, did_you_mean(name, known))
        return None
    sums = (*dict(maps(register.spec.get("measures"))), *register.formulas)
    if measure not in sums:
        desk.report(
            "E-REF-006",
            f"the register {name} has no measure or formula `{measure}`",
            node.at,
            did_you_mean(measure, sums),
        )
        return None
    if field is None:
        return None
    _check_type(desk, field, node, spec)
    own = word(spec.get("booked_by")) == "this"
    keys = {} if own and spec.get("keys") is None else _keys(desk, thing, register, spec, node.at)
    return Balance(
        register=name,
        measure=measure,
        keys=keys,
        without_this=word(spec.get("without")) == "this",
        booked_by_this=own,
        own=any(one.text.strip() in ("this", "parent") for one in keys.values()),
        level=tuple(keys),
    )


def _check_type(desk: Desk, field: Field, node: Scalar, spec: Map) -> None:
    kind = desk.outline.member(*node.text.rsplit(".", 1)) if spec.get("type") is not None else None
    if kind is not None and kind.name not in (field.type.name, "any"):
        desk.report("E-FLD-007", f"`{node.text}` is {kind}, the field is {field.type}", node.at, "leave out `type:`")


def _keys(desk: Desk, thing: Thing, register: Thing, spec: Map, at: Location) -> dict[str, Expression]:
    """Register key → expression, in register order; keys that are not matched are summed. A balance `without: this` is
    about the others: no key of it is this record unless that is said, else it would be nothing at all."""
    names = desk.scope(thing.name)
    given = spec.get("keys")
    said = given if isinstance(given, Map) else Map((), at)
    keys = dict(maps(register.spec.get("keys")))
    others = word(spec.get("without")) == "this"
    for pair in said:
        if pair.key.text not in keys:
            hint = did_you_mean(pair.key.text, keys)
            desk.report("E-REF-007", f"the register {register.name} has no key `{pair.key.text}`", pair.key.at, hint)
    found = {}
    for name in keys:
        node = said.get(name)
        text = matched(desk, thing, register, name) if node is None else ""
        text = "" if others and text in ("this", "parent") else text
        expression = (
            desk.expression(node if node is not None else made(text, at), names) if node is not None or text else None
        )
        if expression is not None:
            found[name] = expression
    return found


def matched(desk: Desk, thing: Thing, register: Thing, key: str) -> str:
    """What gives a key that is not said: the field of its name, this record or parent, the parent's field."""
    wanted = desk.outline.member(register.name, key)
    if wanted is None:
        return ""
    if key in thing.fields and _same(desk.outline.member(thing.name, key), wanted):
        return key
    itself = own_key(thing, wanted)
    if itself:
        return itself
    if thing.owner and _same(desk.outline.member(thing.owner, key), wanted):
        return f"parent.{key}"
    return ""


def own_key(thing: Thing, wanted: Type) -> str:
    """`this` or `parent` where a register's key links to this record or to the one that the line belongs to."""
    if wanted.name != "record":
        return ""
    if thing.name in wanted.objects:
        return "this"
    return "parent" if thing.owner and thing.owner in wanted.objects else ""


def _same(one: Type | None, wanted: Type) -> bool:
    if one is None or one.name != wanted.name:
        return False
    return one.name != "record" or bool(set(one.objects) & set(wanted.objects))
