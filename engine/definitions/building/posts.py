"""Builds post rules: what a record contributes to which register. Books nothing; reads are judged later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from zlib import crc32

from engine.definitions.building.balances import own_key
from engine.definitions.desks import Desk, word
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar, made, with_pair, without
from engine.definitions.objects import Post, PostRow
from engine.definitions.outlines import Thing, maps
from engine.expressions.compiled import Expression
from engine.expressions.syntax import parse
from engine.expressions.trees import Invocation, Name, SourceTree, Tree
from engine.expressions.types import BOOLEAN, DATE, INTEGER, list_of, record_of
from engine.suggest import did_you_mean

NUMBERS_FUNCTION = "numbers"
NUMBERS = 30_000_000  # rule numbers times rows per rule stay within 31 bits


@dataclass(frozen=True, slots=True)
class Each:
    """`each: lines where stocked`: whose rows post, and which of them; or `each: numbers(0, nights) as n`."""

    field: str
    where: Expression | None
    numbers: Expression | None = None
    number: str = ""


def posts(desk: Desk, thing: Thing) -> tuple[Post, ...]:
    """The post rules of an object in the order in which they were declared."""
    node = thing.spec.get("posts")
    found: list[Post] = []
    for item in node if isinstance(node, List) else ():
        if isinstance(item, Map):
            found += _rules(desk, thing, item, found)
    return tuple(found)


def _rules(desk: Desk, thing: Thing, spec: Map, earlier: list[Post]) -> Iterator[Post]:
    """A rule; one whose rows differ in `each` becomes several, so that each has one scope for its days."""
    registers = [one.name for one in desk.outline.things.values() if one.kind == "register"]
    register = desk.one_of(spec.get("to"), registers, "register", "E-REF-005")
    if not register:
        return
    groups: dict[str, list[Map]] = {}
    for row in _rows(spec):
        groups.setdefault(word(row.get("each")), []).append(row)
    taken = {post.no for post in earlier}
    place = sum(post.register == register for post in earlier)
    for rows in groups.values():
        post = _rule(desk, thing, rows, desk.outline.things[register])
        if post is not None:
            no = _number(word(thing.spec.get("was")) or thing.name, register, place, taken)
            taken.add(no)
            yield replace(post, no=no, place=place)
            place += 1


def _number(thing: str, register: str, place: int, taken: set[int]) -> int:
    """The rule's number: the same as long as it stays the n-th of its object (by its former name, if it says `was`) to
    its register, for movements that are booked name the rule."""
    no = crc32(f"{thing}/{register}/{place}".encode()) % NUMBERS
    while no in taken:
        no += 1
    return no


def _rows(spec: Map) -> Iterator[Map]:
    """The entries of a rule, each with what they share written out."""
    rows = spec.get("rows")
    shared = without(spec, "rows")
    if not isinstance(rows, List):
        yield shared
        return
    for row in rows:
        if isinstance(row, Map):
            yield _joined(shared, row)


def _joined(shared: Map, row: Map) -> Map:
    for pair in row:
        held = shared.get(pair.key.text)
        value = pair.value
        if isinstance(held, Map) and isinstance(value, Map):
            value = Map((*(one for one in held if value.pair(one.key.text) is None), *value.pairs), value.at)
        shared = with_pair(shared, pair.key.text, value)
    return shared


def _rule(desk: Desk, thing: Thing, rows: list[Map], register: Thing) -> Post | None:
    """One rule out of rows that share their `each`."""
    first = rows[0]
    each = _each(desk, thing, first.get("each"))
    if each is None:
        return None
    item = f"{thing.name}.{each.field}" if each.field else thing.name
    names = desk.scope(item)
    if each.number:
        names = replace(names, params={each.number: INTEGER})
    built = tuple(
        PostRow(
            keys=_keys(desk, register, row, item, names),
            add=_add(desk, register, row, names),
            each=each.field,
            where=each.where,
            numbers=each.numbers,
            number=each.number,
        )
        for row in rows
    )
    if not any(row.get("add") for row in rows):
        desk.report("E-PST-001", "the rule adds nothing", first.at, "write `add: {measure: expression}`")
        return None
    states = desk.some_of(first.get("in"), thing.states, "state", "E-REF-008")
    return Post(
        location=first.at,
        register=register.name,
        no=0,
        rows=built,
        dated=_dated(desk, thing, first, register, names, bool(each.field)),
        until=desk.expression(first.get("until"), names, DATE),
        states=states,
        when=desk.expression(first.get("while"), names, BOOLEAN),
        since=_fixed_day(desk, first.get("since")),
        before=_fixed_day(desk, first.get("before")),
    )


def _fixed_day(desk: Desk, node: Node | None) -> dt.date | None:
    """A day of the calendar that a rule names."""
    if not isinstance(node, Scalar):
        return None
    try:
        return dt.date.fromisoformat(node.text)
    except ValueError:
        desk.report("E-VAL-003", f"`{node.text}` is no day", node.at, "write it as 2026-03-31")
        return None


def _each(desk: Desk, thing: Thing, node: Node | None) -> Each | None:
    """None after a problem."""
    if not isinstance(node, Scalar):
        return Each("", None)
    tree = parse(node.text, node.body, source=True)
    if not isinstance(tree, Tree):
        desk.problems.append(tree)
        return None
    where = tree.where if isinstance(tree, SourceTree) else None
    base = tree.base if isinstance(tree, SourceTree) else tree
    if isinstance(base, Invocation) and base.name == NUMBERS_FUNCTION:
        return _numbers(desk, thing, node, tree)
    lines = [name for name, spec in thing.fields.items() if word(spec.get("type")) == "lines"]
    if not isinstance(base, Name) or base.name not in lines:
        text = node.text[base.start : base.end]
        desk.report("E-PST-002", f"`{text}` are no lines of {thing.name}", node.at, did_you_mean(text, lines))
        return None
    if where is None:
        return Each(base.name, None)
    part = replace(node, text=" " * where.start + node.text[where.start : where.end])
    inner = desk.scope(thing.name).within(record_of(f"{thing.name}.{base.name}"), {})
    return Each(base.name, desk.condition(part, inner))


def _numbers(desk: Desk, thing: Thing, node: Scalar, tree: Tree) -> Each | None:
    """`numbers(0, nights) as n`: the record posts once per number; None after a problem."""
    if not isinstance(tree, SourceTree) or not tree.alias or tree.where or tree.sort or tree.moment or tree.between:
        hint = "write `numbers(0, nights) as n`; keys, days and amounts may then use `n`"
        desk.report("E-PST-002", "numbers that post need a name, and nothing else", node.at, hint)
        return None
    names = desk.scope(thing.name)
    if names.head(tree.alias) is not None:
        desk.report("E-APP-003", f"`{tree.alias}` stands for something else here", node.at, "take another name")
        return None
    part = replace(node, text=node.text[: tree.base.end])
    found = desk.expression(part, names, list_of(INTEGER))
    return None if found is None else Each("", None, found, tree.alias)


def _keys(desk: Desk, register: Thing, row: Map, item: str, names: Scope) -> dict[str, Expression]:
    """Register key → expression, in register order; one that links to this record or line is filled in."""
    node = row.get("keys")
    given = node if isinstance(node, Map) else Map((), row.at)
    keys = dict(maps(register.spec.get("keys")))
    for pair in given:
        if pair.key.text not in keys:
            hint = did_you_mean(pair.key.text, keys)
            desk.report("E-REF-007", f"the register {register.name} has no key `{pair.key.text}`", pair.key.at, hint)
    found = {}
    for name, spec in keys.items():
        kind = desk.outline.member(register.name, name)
        said = given.get(name)
        text = "" if said is not None or kind is None else own_key(desk.outline.things[item], kind)
        one = (
            desk.expression(said if said is not None else made(text, given.at), names, kind)
            if said is not None or text
            else None
        )
        if one is not None:
            found[name] = one
        elif said is None and word(spec.get("required")) == "true":
            desk.report(
                "E-PST-003",
                f"the key `{name}` of {register.name} is not given",
                row.at,
                f"add it to `keys`, as in {{{name}: …}}",
            )
    return found


def _add(desk: Desk, register: Thing, row: Map, names: Scope) -> dict[str, Expression]:
    node = row.get("add")
    measures = tuple(name for name, _ in maps(register.spec.get("measures")))
    found = {}
    for pair in node if isinstance(node, Map) else ():
        name = pair.key.text
        if name not in measures:
            what = "is a formula: it follows from measures" if name in register.formulas else "is no measure"
            desk.report("E-REF-011", f"`{name}` {what} of {register.name}", pair.key.at, did_you_mean(name, measures))
            continue
        one = desk.expression(pair.value, names, desk.outline.member(register.name, name))
        if one is not None:
            found[name] = one
    return found


def _dated(desk: Desk, thing: Thing, row: Map, register: Thing, names: Scope, line: bool) -> Expression | None:
    """The day from which the rule counts; without `dated:` the record's `date`, if it has one."""
    node = row.get("dated")
    if node is not None:
        return desk.expression(node, names, DATE)
    field = desk.outline.field(thing.name, "date")
    if word(register.spec.get("dated")) == "false" or field is None or field.type.name != "date":
        return None
    return desk.expression(made("parent.date" if line else "date", row.at), names)
