"""Pages of a list by keyset: what an object's rows are asked for in order, page after page. Knows no rights.

A list is asked for again and again with the same filter and order by everybody who sees all rows, so that its
statements are kept with the tables of the version: making one anew takes as long as asking it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, false, or_

from engine.expressions.compiled import Expression
from engine.expressions.nodes import Get, Items, Literal, Node, Operation, Root
from engine.expressions.scope import Frame
from engine.runtime.storage.live import Tx
from engine.runtime.storage.queries import Scoped, counted, search_of
from engine.runtime.storage.rows import plain
from engine.runtime.storage.search_conditions import UNRANKED, Search

NUMERAL = re.compile(r"-?[0-9]{1,14}(?:\.[0-9]{1,12})?", re.ASCII)  # what a cursor holds of a stored number
RANK = "_rank"
BEHIND = "_sort_"                              # what a row is sorted by that is no column of its table
KEPT = 300                                     # shapes of lists whose statements are kept, per object
CONSTANT = frozenset(("=", "!=", "<", "<=", ">", ">=", "and", "or", "not", "in", "blank", "+", "-", "*"))
MOST = bindparam("most", type_=Integer())
SHAPES = "listings"                            # where a table keeps them
LARGEST = 1 << 63


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list: rows, the cursor of the next page, and the count as asked."""

    rows: Sequence[Mapping[Any, Any]]
    next: str | None
    count: int | None


@dataclass(frozen=True, slots=True)
class SortColumn:
    """One key of the order. `filled`: it is never NULL, so the page's condition can use an index."""

    name: str
    column: ColumnElement[Any]
    descending: bool
    filled: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """The statements of a list: `whole` without an order, `parts` by which of a cursor's values are blank (none:
    without a cursor), `names` of the columns in which a row holds what it is sorted by."""

    where: Expression | None
    whole: Select[Any]
    keys: tuple[SortColumn, ...]
    names: tuple[str, ...]
    parts: dict[tuple[bool, ...], tuple[Select[Any], ...]]

    def of(self, blanks: tuple[bool, ...]) -> Sequence[Select[Any]]:
        """What is asked one after the other behind a cursor with these values blank."""
        if blanks not in self.parts:
            self.parts[blanks] = tuple(part.limit(MOST) for part in _in_order(self.whole, self.keys, blanks))
        return self.parts[blanks]


def page(
    tx: Tx,
    scope: Scoped,
    where: Expression | None,
    frame: Frame,
    *,
    search: str,
    sort: Sequence[SortColumn],
    limit: int,
    cursor: str | None,
    count: str,
    visible: Collection[str] | None = None,
    ranked: bool = False,
    only: tuple[str, ...] = (),
) -> Listing:
    """One page by keyset: the cursor holds the sort values of the last row; `id` is the last key. `ranked`: what fits
    the words best comes first. `only` these columns are read, and those of the order; none: all."""
    found = search_of(tx, scope, search, visible)
    rank = found.rank if ranked and found is not None else None
    best = () if rank is None else (SortColumn(RANK, rank, False, True),)
    shape = _shape(scope, where, frame, found, (*best, *sort), only)
    values = () if cursor is None else _read_cursor(cursor, shape.keys)
    number = counted(tx, shape.whole, count)
    if found is None or rank is None or found.first is None:
        fetched = _rows(tx, shape, values, limit + 1)
    else:
        fetched = _near_and_far(tx, scope, shape, found.first, values, limit + 1)
    last = fetched[limit - 1] if len(fetched) > limit else None
    following = None if last is None else _write_cursor([last[name] for name in shape.names])
    return Listing(fetched[:limit], following, number)


def _rows(tx: Tx, shape: Shape, values: Sequence[Any], most: int) -> list[Mapping[Any, Any]]:
    """The rows behind the values of a cursor (none: from the first one on)."""
    bound = {f"at_{place}": value for place, value in enumerate(values) if value is not None}
    fetched: list[Mapping[Any, Any]] = []
    for part in shape.of(tuple(value is None for value in values)):
        fetched += plain(tx.connection.execute(part, {**bound, "most": most - len(fetched)}))
        if len(fetched) >= most:
            break
    return fetched


def _near_and_far(
    tx: Tx, scope: Scoped, shape: Shape, first: Sequence[int], values: Sequence[Any], most: int
) -> list[Mapping[Any, Any]]:
    """The same where only a few rows are ranked: these, then the others in the order of the list."""
    rank, fetched = shape.keys[0].column, list[Mapping[Any, Any]]()
    if not values or values[0] < UNRANKED:
        near = replace(shape, whole=shape.whole.where(scope.table.c.id.in_(first), rank < UNRANKED), parts={})
        fetched = _rows(tx, near, values, most)
    if len(fetched) < most:
        far = replace(shape, whole=shape.whole.where(rank == UNRANKED), keys=shape.keys[1:], parts={})
        rest = values[1:] if values and values[0] == UNRANKED else ()
        fetched += _rows(tx, far, rest, most - len(fetched))
    return fetched


def _shape(
    scope: Scoped, where: Expression | None, frame: Frame, found: Search | None, sort: Sequence[SortColumn],
    only: tuple[str, ...],
) -> Shape:
    """The statements of a list, kept where they are the same for everybody at any moment."""
    own = all(one.column is scope.table.c.get(one.name) for one in sort)
    if not scope.shelf or found or not own or (where is not None and not _constant(where.node, scope)):
        return _made(scope, where, frame, found, sort, only)
    kept: dict[Any, Shape] = scope.live.tables.objects[scope.definition.name].info.setdefault(SHAPES, {})
    key = (scope.shelf, id(where), only, *((one.name, one.descending, one.filled) for one in sort))
    shape = kept.get(key)
    if shape is None or shape.where is not where:
        if len(kept) >= KEPT:
            kept.clear()
        shape = kept[key] = _made(scope, where, frame, found, sort, only)
    return shape


def _constant(node: Node, scope: Scoped) -> bool:
    """Whether a condition reads nothing but stored columns of the row and constants: no day, no person, no record."""
    if isinstance(node, Get):
        return isinstance(node.owner, Root) and node.owner.word == "row" and node.name in scope.table.c
    known = isinstance(node, (Literal, Items)) or (isinstance(node, Operation) and node.op in CONSTANT)
    return known and all(_constant(part, scope) for part in node.parts())


def _made(
    scope: Scoped, where: Expression | None, frame: Frame, found: Search | None, sort: Sequence[SortColumn],
    only: tuple[str, ...],
) -> Shape:
    query = scope.select()
    if only:
        own = (*only, *(one.name for one in sort if one.column is scope.table.c.get(one.name)))
        query = query.with_only_columns(*(scope.table.c[name] for name in dict.fromkeys(own)))
    if where is not None:
        query = query.where(where.sql(scope.columns, frame))
    if found is not None:
        query = query.where(found.condition)
    falling = sort[-1].descending if sort and sort[-1].name != RANK else True      # the newest first, else as the rest
    keys = (*sort, SortColumn("id", scope.table.c.id, falling, True))
    further = [key for key in keys if key.column is not scope.table.c.get(key.name)]
    if further:
        query = query.add_columns(*(key.column.label(BEHIND + key.name) for key in further))
    names = tuple(BEHIND + key.name if key in further else key.name for key in keys)
    return Shape(where, query, keys, names, {})


def _in_order(query: Select[Any], keys: Sequence[SortColumn], blanks: Sequence[bool]) -> Iterator[Select[Any]]:
    """The rows behind the cursor in their order: those whose first key is filled, then those where it is blank. Asked
    for one after the other, an index over the key serves both; an order by `key IS NULL, key` no index serves."""
    first, *rest = keys
    filled = [replace(first, filled=True), *rest]
    if first.filled:
        yield _ordered(query.where(_after(filled, blanks)) if blanks else query, filled)
        return
    if not blanks or not blanks[0]:
        part = query.where(first.column.is_not(None))
        yield _ordered(part.where(_after(filled, blanks)) if blanks else part, filled)
    blank = bool(blanks) and blanks[0]
    yield _ordered(query.where(_after(keys, blanks) if blank else first.column.is_(None)), filled)


def _ordered(query: Select[Any], keys: Sequence[SortColumn]) -> Select[Any]:
    for key in keys:
        if not key.filled:
            query = query.order_by(key.column.is_(None))
        query = query.order_by(key.column.desc() if key.descending else key.column.asc())
    return query


def _after(keys: Sequence[SortColumn], blanks: Sequence[bool], place: int = 0) -> ColumnElement[bool]:
    """Rows behind the cursor, whose values are bound as `at_0`, `at_1` … Written as `a >= x AND (a > x OR rest)`: the
    plain OR form would not use an index."""
    key = keys[place]
    rest = _after(keys, blanks, place + 1) if place + 1 < len(keys) else None
    if blanks[place]:
        return and_(key.column.is_(None), rest) if rest is not None else false()
    value = bindparam(f"at_{place}", type_=key.column.type)
    beyond = key.column < value if key.descending else key.column > value
    at = key.column <= value if key.descending else key.column >= value
    inner = beyond if rest is None else and_(at, or_(beyond, rest))
    return inner if key.filled else or_(key.column.is_(None), inner)


def _write_cursor(values: Sequence[Any]) -> str:
    text = json.dumps([None if v is None else v.isoformat() if hasattr(v, "isoformat") else str(v) for v in values])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, keys: Sequence[SortColumn]) -> list[Any]:
    """The values of a cursor, by the types of the sort columns; ValueError for one that is not ours."""
    padded = cursor + "=" * (-len(cursor) % 4)
    values = json.loads(base64.urlsafe_b64decode(padded.encode()).decode())
    if not isinstance(values, list) or len(values) != len(keys):
        raise ValueError("not a cursor of this list")
    return [None if value is None else _typed(key.column, value) for key, value in zip(keys, values, strict=True)]


def _bounded(number: int) -> int:
    if abs(number) >= LARGEST:
        raise ValueError("not a cursor of this list")
    return number


def _typed(column: ColumnElement[Any], value: str) -> Any:
    python: Any = getattr(column.type, "python_type", str)
    if python is bool:
        return value == "True"
    if python is int:
        return _bounded(int(value))
    if python is Decimal:
        if NUMERAL.fullmatch(value) is None:
            raise ValueError("not a cursor of this list")
        return Decimal(value)
    return python.fromisoformat(value) if hasattr(python, "fromisoformat") else python(value)
