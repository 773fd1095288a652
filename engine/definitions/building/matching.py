"""Builds decisions whose rules are records: which of them fit the inputs, which one wins, what it gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from engine.definitions.building.questions import narrowed
from engine.definitions.decisions import ONLY, Matching
from engine.definitions.desks import Desk, scalars, word
from engine.definitions.names import Scope
from engine.definitions.nodes import Map, Node, Scalar
from engine.errors import Location
from engine.expressions.compiled import Expression, Source, from_node
from engine.expressions.functions import FUNCTIONS
from engine.expressions.nodes import Aggregate, SortKey
from engine.expressions.types import list_of
from engine.kinds.fields.base import Field, Literal
from engine.suggest import did_you_mean

ROW = "_row"  # the record at hand where `from` gives no name
OPS: Mapping[str, str] = {
    "equal": "{column} = {value}",
    "under": "{value} is under {column}",
    "contains": "{value} in {column}",
    "up_to": "{column} <= {value}",
    "at_least": "{column} >= {value}",
}
FILLED = ("equal", "under", "contains")  # where a record that says something beats one that does not


def matching(
    desk: Desk, spec: Map, asked: Mapping[str, Field], given: Mapping[str, Field], names: Scope
) -> Matching | None:
    """The `from`, `match`, `when`, `prefer` and `give` of a decision."""
    found = desk.source(spec.get("from"), names)
    if found is None:
        return None
    if not found.object or found.value is not None:
        at = spec.key_at("from")
        desk.report("E-DEC-005", f"`{found.text}` are no records of an object", at, "write `from: price_rule as r`")
        return None
    alias = found.alias or ROW
    inner = replace(names, aliases={**names.aliases, alias: found.candidate})
    for condition in _conditions(desk, spec, found, alias, inner, asked):
        found = narrowed(found, condition)
    sort = tuple(_sort(desk, spec, found.object, alias, inner))
    node = replace(found.node, alias=alias, sort=(*found.node.sort, *sort))
    listing = word(spec.get("hit")) == "all"
    kind = list_of(found.candidate) if listing else found.candidate
    pick = Aggregate(FUNCTIONS["list" if listing else "first"], node, None, (), alias, type=kind)
    gives = dict(_gives(desk, spec, alias, given, inner, found.object))
    return Matching(from_node(pick, found.text, found.at), alias, gives) if len(gives) == len(given) else None


def _conditions(
    desk: Desk, spec: Map, found: Source, alias: str, names: Scope, asked: Mapping[str, Field]
) -> Iterator[Expression]:
    """What a record must fulfil: every column of `match` is blank or fits, and `when` holds."""
    match = spec.get("match")
    for pair in match if isinstance(match, Map) else ():
        column = pair.key
        if not desk.paths(column, found.object):
            continue
        told = _told(desk, column, pair.value, asked)
        if told is None:
            continue
        op, value = told
        name = f"{alias}.{column.text}"
        front = f"{name} is blank or "
        before, after = OPS[op].format(column=name, value="\0").split("\0")
        one = desk.condition(_placed(front + before + "(", value, ")" + after), names)
        if one is not None:
            yield one
    when = desk.condition(spec.get("when"), names)
    if when is not None:
        yield when


def _told(desk: Desk, column: Scalar, node: Node, asked: Mapping[str, Field]) -> tuple[str, Scalar] | None:
    """The test of a column and what it is held against: the input of its name, or an expression over the inputs."""
    if isinstance(node, Map) and len(node.pairs) == 1 and isinstance(node.pairs[0].value, Scalar):
        op, value = node.pairs[0].key, node.pairs[0].value
    elif isinstance(node, Scalar):
        op, value = node, Scalar(column.text, node.at, node.at)
        if node.text in OPS and column.text not in asked:
            hint = f"name what it is held against: `{column.text}: {{{node.text}: …}}`"
            desk.report("E-DEC-005", f"there is no input `{column.text}`", node.at, hint)
            return None
    else:
        op, value = column, column
    if op.text not in OPS:
        hint = did_you_mean(op.text, OPS) or f"write `{column.text}: equal` or `{column.text}: {{equal: …}}`"
        desk.report("E-DEC-005", f"a column is matched by one of {', '.join(OPS)}", op.at, hint)
        return None
    return op.text, value


def _placed(before: str, value: Scalar, after: str) -> Scalar:
    """The value between texts of the engine, its characters where the author wrote them."""

    def at(offset: int) -> tuple[int, int]:
        inside = min(max(offset - len(before), 0), len(value.text))
        place = value.body.within(value.text, inside)
        return place.line, place.column

    body = Location(value.at.file, *at(0), value.at.path, at, value.at.space)
    return Scalar(before + value.text + after, value.at, body)


def _sort(desk: Desk, spec: Map, thing: str, alias: str, names: Scope) -> Iterator[SortKey]:
    """Which record wins: `prefer`, else the columns of `match` in their order; the first one made among equals."""
    match = spec.get("match")
    ops = {key: _op(node) for key, node in match.items()} if isinstance(match, Map) else {}
    prefer = spec.get("prefer")
    columns = tuple(pair.key for pair in match) if isinstance(match, Map) else ()
    for item in columns if prefer is None else scalars(prefer):
        if not desk.paths(item, thing):
            continue
        name = item.text.removeprefix("-")
        op = "" if item.text.startswith("-") else ops.get(name, "")
        text = f"if({alias}.{name} is blank, 1, 0)" if op in FILLED else f"{alias}.{name}"
        one = desk.expression(_placed(text, Scalar("", item.at, item.at), ""), names)
        if one is not None:
            largest = prefer is None and op == "up_to"
            yield SortKey(one.node, item.text.startswith("-") or largest)
    last = desk.expression(_placed(f"{alias}.id", Scalar("", spec.at, spec.at), ""), names)
    if last is not None:
        yield SortKey(last.node)


def _op(node: Node) -> str:
    return node.pairs[0].key.text if isinstance(node, Map) and node.pairs else word(node)


def _gives(
    desk: Desk, spec: Map, alias: str, given: Mapping[str, Field], names: Scope, thing: str
) -> Iterator[tuple[str, Literal | Expression]]:
    """What the record gives for each result: a field of it, or a value over it and the inputs; else itself."""
    node = spec.get("give")
    if not isinstance(node, Map) and set(given) != {ONLY}:
        hint = f"write `give: {{{', '.join(f'{name}: …' for name in given)}}}`"
        desk.report("E-DEC-005", "`give` gives every result", spec.at if node is None else node.at, hint)
        return
    for name, field in given.items():
        part = node.get(name) if isinstance(node, Map) else node
        if part is None and name == ONLY:
            part = Scalar("", spec.at, spec.at)
        if part is None:
            desk.report("E-DEC-005", f"`give` does not say `{name}`", node.at if node else spec.at, f"add `{name}: …`")
            continue
        one = _given(desk, part, alias, field, names, bare=name == ONLY or _is_field(desk, part, thing))
        if one is not None:
            yield name, one


def _is_field(desk: Desk, part: Node, thing: str) -> bool:
    """Whether a result among several is given by the name of a field of the record."""
    return isinstance(part, Scalar) and desk.outline.path(thing, part.text.split(".")) is not None


def _given(
    desk: Desk, part: Node, alias: str, field: Field, names: Scope, *, bare: bool
) -> Literal | Expression | None:
    if bare and isinstance(part, Scalar) and not part.text.startswith(("=", "＝")):
        path = part.text
        return desk.expression(_placed(f"{alias}." if path else alias, part, ""), names, field.type)
    return desk.value(part, field, names)
