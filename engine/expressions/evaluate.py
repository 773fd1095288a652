"""The meaning: turns typed nodes into closures over a frame, once; every other interpreter must agree with this one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from engine.expressions import operations
from engine.expressions.arithmetic import Spread, not_available
from engine.expressions.comparing import sort_rows
from engine.expressions.members import member
from engine.expressions.nodes import (
    Aggregate,
    Call,
    Decide,
    Each,
    Get,
    Items,
    Literal,
    Lookup,
    Node,
    Operation,
    Root,
    SortKey,
    Source,
    Stored,
    is_stored,
)
from engine.expressions.operations import Run
from engine.expressions.scope import Frame
from engine.expressions.trees_of_records import is_under
from engine.expressions.values import ErrorValue, Rows, Value
from engine.expressions.walking import candidates, caught, reader, spend, strict
from engine.texts import say


def evaluate(node: Node, frame: Frame) -> Value:
    """The value of a node; errors are values too."""
    closure = node.run or closure_of(node)
    return closure(frame)  # type: ignore[no-any-return]


def closure_of(node: Node) -> Run:
    """The closure of a node, built once and kept on it."""
    if node.run is None:
        object.__setattr__(node, "run", BUILDERS[type(node)](node))
    assert node.run is not None
    return node.run


def loops(node: Node) -> bool:
    """Whether evaluation goes through rows."""
    return any(isinstance(part, (Aggregate, Source, Each)) for part in node.walk())


# Leaves and paths


def _literal(node: Literal) -> Run:
    value = node.value
    return lambda frame: value


def _root(node: Root) -> Run:
    name = node.name
    roots: dict[str, Run] = {
        "row": lambda frame: frame.row if frame.row is not None else frame.this,
        "this": lambda frame: frame.this,
        "old": lambda frame: frame.old,
        "me": lambda frame: frame.world.me,
        "name": lambda frame: frame.names.get(name),
    }
    return roots[node.word]


def _get(node: Get) -> Run:
    name = node.name
    if isinstance(node.owner, Root) and node.owner.word == "row":

        def of_row(frame: Frame) -> Any:
            row = frame.row if frame.row is not None else frame.this
            return row.get(name) if row is not None else None

        return of_row
    owner = closure_of(node.owner)
    return lambda frame: member(owner(frame), name, frame)


def _each(node: Each) -> Run:
    owner, name = closure_of(node.owner), node.name
    rows = node.type.name == "rows"

    def run(frame: Frame) -> Any:
        items = owner(frame)
        if items is None or type(items) is ErrorValue:
            return items
        found: list[Any] = []
        items = items.items if isinstance(items, Rows) else items
        spend(items, frame)
        for item in items:
            value = member(item, name, frame)
            if isinstance(value, (Rows, tuple)):
                found.extend(value.items if isinstance(value, Rows) else value)
            else:
                found.append(value)
        return Rows(tuple(found)) if rows else tuple(found)

    return caught(run)


def _stored(node: Stored) -> Run:
    source = Source(node, type=node.type, start=node.start, end=node.end)
    return caught(lambda frame: Rows(tuple(frame.world.rows(source, frame))))


def _items(node: Items) -> Run:
    closures = [closure_of(item) for item in node.items]

    def run(frame: Frame) -> Any:
        values = tuple([closure(frame) for closure in closures])
        return next((value for value in values if type(value) is ErrorValue), values)

    return run


def _lookup(node: Lookup) -> Run:
    text, objects = closure_of(node.text), node.objects

    def run(frame: Frame) -> Any:
        key = text(frame)
        if key is None or key == "" or type(key) is ErrorValue:
            return key or None
        for name in objects:
            found = frame.world.find(name, key)
            if found is not None:
                return found
        reason = say(
            zh="没有“{key}”这一{object}", en="There is no {object} '{key}'", key=key, object=" / ".join(objects)
        )
        return not_available(reason)

    return run


# Operators


def _operation(node: Operation) -> Run:
    op, types = node.op, [arg.type for arg in node.args]
    closures = [closure_of(arg) for arg in node.args]
    if op in ("+", "-", "*", "/", "^"):
        return operations.arithmetic(op, closures[0], closures[1], types[0], types[1])
    if op in ("=", "!="):
        return operations.equality(closures[0], closures[1], op == "=", types[0], types[1])
    if op in ("<", "<=", ">", ">="):
        return operations.ordering(op, closures[0], closures[1], types[0], types[1])
    builders: Mapping[str, Callable[[list[Run]], Run]] = {
        "and": operations.all_of,
        "or": operations.any_of,
        "&": operations.joined,
        "not": lambda args: operations.negated(args[0]),
        "neg": lambda args: operations.negative(args[0]),
        "in": lambda args: operations.membership(args[0], args[1]),
        "blank": lambda args: operations.blankness(args[0]),
        "under": lambda args: is_under(args[0], args[1], args[2]),
        "isa": lambda args: _isa(args[0], args[1]),
    }
    return builders[op](closures)


def _isa(arg: Run, name: Run) -> Run:
    def run(frame: Frame) -> Any:
        value = arg(frame)
        if value is None or type(value) is ErrorValue:
            return value or False
        return value.object == name(frame)

    return run


# Functions


def _call(node: Call) -> Run:
    function = node.function
    closures = [closure_of(arg) for arg in node.args]
    if function.form == "lazy":
        body = function.python
        return lambda frame: body(frame, *closures)
    readers = [reader(function.param(place), closure) for place, closure in enumerate(closures)]
    return strict(function, readers)


def _decide(node: Decide) -> Run:
    name, closures = node.name, [closure_of(arg) for arg in node.args]

    def run(frame: Frame) -> Any:
        values = [closure(frame) for closure in closures]
        return next((value for value in values if type(value) is ErrorValue), None) or frame.world.decide(name, values)

    return run


# Sources and aggregates


def rows_of(node: Node) -> Callable[[Frame], Any]:
    """A closure that gives the items of a source node: a sequence, an error, or None."""
    closure = closure_of(node)

    def run(frame: Frame) -> Any:
        value = closure(frame)
        if isinstance(value, Rows):
            return value.items
        return () if value is None else value

    return run


def _source(node: Source) -> Run:
    if is_stored(node.base):
        return caught(lambda frame: Rows(tuple(frame.world.rows(node, frame))))
    base, rows = rows_of(node.base), node.type.name == "rows"

    def run(frame: Frame) -> Any:
        items = base(frame)
        if type(items) is ErrorValue:
            return items
        kept = refine(node, items, frame)
        return Rows(tuple(kept)) if rows else tuple(kept)

    return caught(run)


def refine(node: Source, items: Sequence[Any], frame: Frame) -> list[Any]:
    """The rows that a source's `where` keeps, in the order of its `sort`; a condition that is an error raises it."""
    where = closure_of(node.where) if node.where is not None else None
    if where is None:
        kept = list(items)
    else:
        kept = []
        for item, at in candidates(items, node.alias, frame):
            verdict = where(at)
            if verdict is True:
                kept.append(item)
            elif type(verdict) is ErrorValue:
                raise Spread(verdict)
    return in_order(node.sort, kept, node.alias, frame) if node.sort else kept


def in_order(sort: Sequence[SortKey], items: list[Any], alias: str, frame: Frame) -> list[Any]:
    """Rows sorted by keys in the candidate's scope."""
    closures = [closure_of(key.value) for key in sort]
    keys = [[closure(at) for closure in closures] for _, at in candidates(items, alias, frame)]
    return [items[place] for place in sort_rows(keys, [key.descending for key in sort])]


def _aggregate(node: Aggregate) -> Run:
    function, alias = node.function, node.alias
    source = rows_of(node.source)
    value = closure_of(node.value) if node.value is not None else None
    args = [reader(function.params[place + 1], closure_of(arg)) for place, arg in enumerate(node.args)]
    pushed = _pushed(node)

    def run(frame: Frame) -> Any:
        if pushed is not None:
            done, result = pushed(frame)
            if done:
                return result
        more = [arg(frame) for arg in args]
        items = source(frame)
        for given in (items, *more):
            if type(given) is ErrorValue:
                return given
        values = _values(items, value, alias, function.blanks, frame)
        return function.python(frame, values, *more) if function.frame else function.python(values, *more)

    return caught(run)


def _values(items: Sequence[Any], value: Run | None, alias: str, blanks: bool, frame: Frame) -> Iterator[Any]:
    if value is None:
        spend(items, frame)
        yield from items if blanks else (item for item in items if item is not None and item != "")
        return
    for _, at in candidates(items, alias, frame):
        found = value(at)
        if blanks or (found is not None and found != ""):
            yield found


def _pushed(node: Aggregate) -> Callable[[Frame], tuple[bool, Value]] | None:
    """The way to have an aggregate over stored rows done by the database."""
    source = node.source if isinstance(node.source, Source) else Source(node.source, node.alias, type=node.source.type)
    name, value = node.function.name, node.value
    if not is_stored(source.base) or node.args or (name == "count" and value is not None):
        return None
    return lambda frame: frame.world.total(name, source, value, frame)


BUILDERS: dict[type[Node], Callable[[Any], Run]] = {
    Literal: _literal,
    Root: _root,
    Get: _get,
    Each: _each,
    Stored: _stored,
    Items: _items,
    Lookup: _lookup,
    Operation: _operation,
    Call: _call,
    Decide: _decide,
    Source: _source,
    Aggregate: _aggregate,
}
