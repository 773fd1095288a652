"""Typed nodes as the JSON tree that the browser evaluates (README.md); what cannot run there gives None."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.expressions.arithmetic import plain_number
from engine.expressions.nodes import (
    Aggregate,
    Call,
    Get,
    Items,
    Literal,
    Node,
    Operation,
    Root,
    SortKey,
    Source,
    is_lines,
)
from engine.expressions.types import Type
from engine.expressions.values import Duration

JSON = Any
DAY = 86400
PLAIN = ("number", "text", "boolean", "date", "choice", "blank", "record")
# In the browser a date is a text and a link a number: these functions run there for what is surely one or the other.
KINDS = {"istext": ("text", "choice", "number", "blank"), "isnumber": ("text", "choice", "number", "blank")}


class NotInBrowser(Exception):
    """A part of the expression needs the server."""


def tree_of(node: Node) -> JSON | None:
    """The JSON tree of an expression, or None if any part of it needs the server."""
    try:
        return _tree(node)
    except NotInBrowser:
        return None


def _tree(node: Node) -> JSON:
    builder = BUILDERS.get(type(node))
    if builder is None:
        raise NotInBrowser(type(node).__name__)
    return builder(node)


def _literal(node: Literal) -> JSON:
    value = node.value
    if isinstance(value, Decimal):
        return {"number": plain_number(value)}
    if value is None or isinstance(value, (str, bool)):
        return value
    raise NotInBrowser("a constant that only the server knows")


def _path(node: Node) -> tuple[str, list[str]]:
    """Where a path begins (`get`, `this`, `name:…`) and its names."""
    if isinstance(node, Root):
        if node.word in ("row", "this"):
            return ("get" if node.word == "row" else "this"), []
        if node.word == "name":
            return f"name:{node.name}", []
        raise NotInBrowser(node.word)
    if isinstance(node, Get):
        start, names = _path(node.owner)
        if names and names != ["parent"] * len(names):
            raise NotInBrowser("values behind links")
        return start, [*names, node.name]
    raise NotInBrowser("a calculated record")


def _get(node: Get) -> JSON:
    if node.type.name not in PLAIN or (node.type.name == "record" and node.name in ("creator", "changed_by")):
        raise NotInBrowser(node.type.name)
    return _place(node)


def _place(node: Node) -> JSON:
    start, names = _path(node)
    return {"get": names, "from": start[5:]} if start.startswith("name:") else {start: names}


def _operation(node: Operation) -> JSON:
    op, types = node.op, [arg.type for arg in node.args]
    if op in ("under", "isa", "^"):
        raise NotInBrowser(op)
    if op in ("+", "-", "*", "/"):
        return _arithmetic(op, node.args, types)
    if op in ("=", "!=", "<", "<=", ">", ">=") and not _comparable(types):
        raise NotInBrowser("values that the browser would compare otherwise")
    if op == "&" and any(kind.name not in ("text", "choice", "number", "blank") for kind in types):
        raise NotInBrowser("values that the browser would write otherwise")
    return {"op": op, "args": [_tree(arg) for arg in node.args]}


def _comparable(types: list[Type]) -> bool:
    names = {kind.name for kind in types} - {"blank"}
    return names <= {"text", "choice"} or (len(names) <= 1 and names <= {"number", "date", "boolean", "record"})


def _arithmetic(op: str, args: tuple[Node, ...], types: list[Type]) -> JSON:
    left, right = args
    names = [kind.name for kind in types]
    if set(names) <= {"number", "blank"}:
        return {"op": op, "args": [_tree(left), _tree(right)]}
    if op == "+" and names[1] == "date":
        left, right, names = right, left, names[::-1]
    if names == ["date", "date"]:
        return {"call": "days", "args": [_tree(left), _tree(right)]}
    if names[0] != "date" or op not in ("+", "-"):
        raise NotInBrowser("moments and durations")
    sign = 1 if op == "+" else -1
    if isinstance(right, Literal) and isinstance(right.value, Duration):
        return _by_duration(_tree(left), right.value, sign)
    if names[1] != "number":
        raise NotInBrowser("a calculated duration")
    days = _tree(right)
    return {"call": "add_days", "args": [_tree(left), days if sign > 0 else {"op": "neg", "args": [days]}]}


def _by_duration(start: JSON, by: Duration, sign: int) -> JSON:
    if by.working_days or by.working_seconds or by.seconds % DAY:
        raise NotInBrowser("working time")
    if by.months:
        start = {"call": "edate", "args": [start, {"number": str(sign * by.months)}]}
    days = int(by.seconds / DAY)
    return {"call": "add_days", "args": [start, {"number": str(sign * days)}]} if days else start


def _call(node: Call) -> JSON:
    if not node.function.browser:
        raise NotInBrowser(node.function.name)
    if node.type.name not in PLAIN or any(arg.type.name not in PLAIN for arg in node.args):
        raise NotInBrowser("values that the browser does not know")
    if node.function.name in KINDS and node.args[0].type.name not in KINDS[node.function.name]:
        raise NotInBrowser("values whose kind the browser cannot tell")
    return {"call": node.function.name, "args": [_tree(arg) for arg in node.args]}


def _aggregate(node: Aggregate) -> JSON:
    function = node.function
    if not function.browser:
        raise NotInBrowser(function.name)
    tree: dict[str, JSON] = {"aggregate": function.name}
    if isinstance(node.source, Items):
        tree["values"] = [_tree(item) for item in node.source.items]
    else:
        _source(node.source, node.alias, tree)
    kind = node.value.type if node.value is not None else node.source.type.of
    if function.name == "join" and (kind is None or kind.name not in ("text", "choice", "number")):
        raise NotInBrowser("values that the browser would write otherwise")
    if node.value is not None:
        tree["value"] = _tree(node.value)
    elif function.name in ("first", "last"):
        raise NotInBrowser("a whole row")
    if node.args:
        tree["args"] = [_tree(arg) for arg in node.args]
    return tree


def _source(node: Node, alias: str, tree: dict[str, JSON]) -> None:
    source = node if isinstance(node, Source) else Source(node, alias, type=node.type)
    if not is_lines(source.base) or source.moment is not None or source.between is not None:
        raise NotInBrowser("rows of the database")
    tree["rows"] = _place(source.base)
    if source.alias:
        tree["as"] = source.alias
    if source.where is not None:
        tree["where"] = _tree(source.where)
    if source.sort:
        tree["sort"] = [_key(key) for key in source.sort]


def _key(key: SortKey) -> JSON:
    if key.value.type.name not in ("number", "date", "boolean"):
        raise NotInBrowser("a sort of texts")
    return {"by": _tree(key.value), "descending": key.descending}


def _items(node: Items) -> JSON:
    return {"list": [_tree(item) for item in node.items]}


def first_member(node: Get) -> JSON:
    """`first(lines sort …).price`: the member is the value of the aggregate."""
    owner = node.owner
    if isinstance(owner, Aggregate) and owner.function.name in ("first", "last") and owner.value is None:
        row = Root("row", type=owner.type)
        value = Get(row, node.name, type=node.type)
        return _aggregate(Aggregate(owner.function, owner.source, value, (), owner.alias, type=node.type))
    return _get(node)


BUILDERS: dict[type[Node], Callable[[Any], JSON]] = {
    Literal: _literal,
    Get: first_member,
    Operation: _operation,
    Call: _call,
    Aggregate: _aggregate,
    Items: _items,
}
