"""Builds registers: keys, measures, formulas, guards with their slacks, kept levels, lock order. Books nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.definitions.building.fields import complete
from engine.definitions.building.valued import check_grain, grain, valued_measures
from engine.definitions.desks import Desk, flag, scalars, word, words
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.definitions.objects import Object
from engine.definitions.outlines import MOVEMENT, Thing, maps
from engine.definitions.registers import Guard, Register
from engine.expressions.compiled import Expression
from engine.expressions.syntax import parse
from engine.expressions.trees import Operator, Tree
from engine.expressions.types import BOOLEAN, DATE, NUMBER, record_of
from engine.kinds.fields.base import Field
from engine.texts import say

DOCUMENT = ("document",)
REPAIRS = {"<": "<=", ">": ">="}


def registers(desk: Desk, node: Node | None) -> dict[str, Register]:
    """All registers, without the levels that balances need and without lock numbers."""
    found = {}
    for name, _ in maps(node):
        thing = desk.outline.things.get(name)
        if thing is not None and thing.kind == "register":
            found[name] = _register(desk, thing)
    return found


def _register(desk: Desk, thing: Thing) -> Register:
    spec = thing.spec
    keys = _fields(desk, thing, dict(maps(spec.get("keys"))))
    measures = _fields(desk, thing, dict(maps(spec.get("measures"))))
    for name, field in measures.items():
        if field.type.name != "number":
            desk.report(
                "E-REG-001", f"the measure `{name}` is {field.type}: only numbers add up", thing.fields[name].at
            )
    names = desk.scope(thing.name)
    formulas = {name: one for name, node in thing.formulas.items() if (one := desk.expression(node, names)) is not None}
    labels = {name: desk.label(part.get("name"), name) for name, part in maps(spec.get("formulas"))}
    for name in thing.formulas:
        if name in thing.fields:
            desk.report(
                "E-REG-002", f"`{name}` is a key or measure and a formula", thing.formulas[name].at, "take another name"
            )
    guards = tuple(
        guard for part in _maps_in(spec.get("guards")) if (guard := _guard(desk, thing, part, tuple(keys))) is not None
    )
    declared = [grain(desk, thing, item, tuple(keys)) for item in _lists_in(spec.get("levels"))]
    valued = valued_measures(desk, thing, tuple(keys), formulas)
    return Register(
        name=thing.name,
        label=desk.label(spec.get("name"), thing.name),
        keys=keys,
        measures=measures,
        formulas=formulas,
        formula_labels=labels,
        guards=guards,
        levels=_distinct(
            (*declared, *(guard.per for guard in guards), *(one.per for one in valued.values())), tuple(keys)
        ),
        dated=flag(spec.get("dated"), True),
        closed=word(spec.get("closed"), "refuse"),
        future=word(spec.get("future"), "refuse"),
        valued=valued,
        was=word(spec.get("was")),
        location=spec.at,
    )


def _fields(desk: Desk, thing: Thing, specs: Mapping[str, Map]) -> dict[str, Field]:
    found = {}
    for name, spec in specs.items():
        field = desk.outline.field(thing.name, name)
        if name in MOVEMENT or name == "document":
            desk.report("E-FLD-003", f"`{name}` is what a movement has anyway", spec.at, "take another name")
        elif field is not None:
            found[name] = complete(desk, field, spec, desk.scope(thing.name), thing)
    return found


def _guard(desk: Desk, thing: Thing, spec: Map, keys: tuple[str, ...]) -> Guard | None:
    names = guard_scope(desk, thing)
    that = desk.expression(spec.get("that"), names, BOOLEAN)
    node = spec.get("that")
    if that is None or not isinstance(node, Scalar):
        return None
    per = _per(desk, thing, spec.get("per"), keys)
    when, unless = (desk.condition(spec.get(key), names) for key in ("when", "unless"))
    for key, one in (("that", that), ("when", when), ("unless", unless)):
        place = spec.get(key)
        if one is not None and place is not None:
            check_grain(desk, one, per, keys, place.at)
    written = say(zh="{guard} 不成立", en="{guard} does not hold", guard=node.text)
    plain = say(zh=written.to("zh"), en=written.to("en"))
    return Guard(
        that=that,
        slacks=_slacks(desk, node, names),
        per=per,
        say=desk.message(spec.get("say"), texts_of(names, thing), plain),
        when=when,
        unless=unless,
        objects=desk.some_of(spec.get("for"), desk.outline.sources(), "object", "E-REF-002"),
        every_date=word(spec.get("at")) == "every date",
        override=desk.who(spec.get("override"), names),
        location=spec.at,
    )


def guard_scope(desk: Desk, thing: Thing) -> Scope:
    """The scope of a guard: bare names are keys, measures and formulas."""
    return Scope(desk.outline, record_of(thing.name))


def texts_of(names: Scope, thing: Thing) -> Scope:
    """The scope of a guard's message: also what is missing, the day, and each sum before the command."""
    before = {
        f"{name}.before": kind
        for name in (*thing.fields, *thing.formulas)
        if (kind := names.outline.member(thing.name, name)) is not None and kind.name == "number"
    }
    return names.also(need=NUMBER, day=DATE, **before)


def _per(desk: Desk, thing: Thing, node: Node | None, keys: tuple[str, ...]) -> tuple[str, ...]:
    if node is None:
        return keys
    if words(node) == DOCUMENT and "document" not in keys:
        return DOCUMENT
    return grain(desk, thing, scalars(node), keys)


def _slacks(desk: Desk, node: Scalar, names: Scope) -> tuple[Expression, ...]:
    """What is left of each comparison joined by `and`: right less left of `<=`, left less right of `>=`."""
    tree = parse(node.text, node.body)
    found: list[Expression] = []
    for part in _joined(tree) if isinstance(tree, Tree) else ():
        texts = _differences(part, node.text)
        if texts is None:
            _not_a_comparison(desk, part, node)
            continue
        for text in texts:
            one = desk.expression(replace(node, text=text), names)
            found += [] if one is None else [one]
    return tuple(found)


def _joined(tree: Tree) -> Iterable[Tree]:
    if isinstance(tree, Operator) and tree.op == "and":
        for part in tree.args:
            yield from _joined(part)
    else:
        yield tree


def _differences(tree: Tree, text: str) -> tuple[str, ...] | None:
    if not isinstance(tree, Operator) or tree.op not in ("<=", ">=", "="):
        return None
    left, right = (f"({text[one.start : one.end]})" for one in tree.args)
    return {
        "<=": (f"{right} - {left}",),
        ">=": (f"{left} - {right}",),
        "=": (f"{left} - {right}", f"{right} - {left}"),
    }[tree.op]


def _not_a_comparison(desk: Desk, tree: Tree, node: Scalar) -> None:
    repair = REPAIRS.get(tree.op, "") if isinstance(tree, Operator) else ""
    hint = (
        f"write `{repair}`"
        if repair
        else "write `a >= b`, `a <= b` or `a = b`, joined by `and`; use `when` for conditions"
    )
    desk.report(
        "E-REG-004", f"`{node.text[tree.start : tree.end]}` is not a comparison that a guard can hold", node.at, hint
    )


def _maps_in(node: Node | None) -> Iterable[Map]:
    return (item for item in node if isinstance(item, Map)) if isinstance(node, List) else ()


def _lists_in(node: Node | None) -> Iterable[tuple[Scalar, ...]]:
    return (scalars(item) for item in node) if isinstance(node, List) else ()


def _distinct(levels: Iterable[tuple[str, ...]], keys: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(dict.fromkeys(level for level in levels if level not in (keys, DOCUMENT)))


def finished(registers: Mapping[str, Register], objects: Mapping[str, Object]) -> dict[str, Register]:
    """The registers with the levels that balance fields need, numbered in lock order: guarded ones first."""
    needed: dict[str, list[tuple[str, ...]]] = {}
    for obj in objects.values():
        for field in obj.fields.values():
            if field.balance is not None and not field.balance.booked_by_this:
                needed.setdefault(field.balance.register, []).append(field.balance.level)
    order = sorted(registers.values(), key=lambda one: (not one.guards, one.name))
    numbers = {register.name: number for number, register in enumerate(order, 1)}
    return {
        name: replace(
            one,
            number=numbers[name],
            levels=_distinct((*one.levels, *sorted(set(needed.get(name, ())))), tuple(one.keys)),
        )
        for name, one in registers.items()
    }
