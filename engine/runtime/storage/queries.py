"""Reading rows: by key and link, and lists with the reader's row rules in the statement itself."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    true,
)

from engine.definitions.objects import Object
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.values import Key, Ref, Value
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.link import Link
from engine.runtime.storage.columns import ObjectColumns, as_engine, rule_condition
from engine.runtime.storage.live import Live, Tx
from engine.runtime.storage.rows import CHUNK, encode, plain, statement
from engine.runtime.storage.searching import matching, parts, search_text, searched

__all__ = [
    "Listing",
    "Scoped",
    "count",
    "find",
    "ids_after",
    "linking",
    "number_of",
    "page",
    "scoped",
    "search_text",
]

NUMERAL = re.compile(r"-?[0-9]{1,14}(?:\.[0-9]{1,12})?", re.ASCII)  # what a cursor holds of a stored number
MOST_ROWS = 20_000                             # rows that an expression may take into memory
CAPPED = 1001
BEHIND = "_sort_"                              # what a row is sorted by that is no column of its table


def find(tx: Tx, obj: Object, key: str) -> int | None:
    """The record whose declared key is this text: of a key field that is a link the linked record's key, of several
    key fields their texts joined by `/`."""
    if obj.name == "user":
        return matching_id(tx, obj, {"login": key.strip()})
    parts = [key.strip()] if len(obj.key) == 1 else [part.strip() for part in key.split("/")]
    fields = [obj.fields[name] for name in obj.key if name in obj.fields]
    if not fields or len(parts) != len(fields) or len(fields) != len(obj.key):
        return None
    values = {field.name: _spelled(tx, field, part) for field, part in zip(fields, parts, strict=True)}
    return None if None in values.values() else matching_id(tx, obj, encode(tx.live, obj, values))


def find_all(tx: Tx, obj: Object, keys: Collection[str]) -> dict[str, Mapping[Any, Any] | None]:
    """The records whose declared keys are these texts, as rows by the texts; nothing where a key is not one column."""
    fields = [obj.fields[name] for name in obj.key if name in obj.fields]
    if obj.name == "user" or obj.owner or len(obj.key) != 1 or len(fields) != 1 or isinstance(fields[0], Link):
        return {}
    spelled = {key: encode(tx.live, obj, {fields[0].name: _spelled(tx, fields[0], key.strip())}) for key in keys}
    wanted = {key: value.get(fields[0].name) for key, value in spelled.items() if len(value) == 1}
    table = tx.live.tables.objects[obj.name]
    column = table.c[fields[0].name]

    def build() -> Select[Any]:
        query = select(table).where(column.in_(bindparam("keys", expanding=True)), table.c.deleted_at.is_(None))
        return query.order_by(table.c.id.desc())

    rows: dict[Any, Mapping[Any, Any]] = {}
    values = [value for value in wanted.values() if value is not None]
    for start in range(0, len(values), CHUNK):
        found = tx.connection.execute(statement(table, ("keys",), build), {"keys": values[start : start + CHUNK]})
        rows |= {row[column.name]: row for row in plain(found)}       # of several the first
    return {key: rows.get(value) for key, value in wanted.items()}


def _spelled(tx: Tx, field: Field, text: str) -> Value:
    """The value that a text stands for in a key; None if it is none."""
    try:
        value = field.parse(text)
    except Unfit:
        return None
    if not isinstance(value, Key):
        return value  # type: ignore[no-any-return]
    targets = field.to if isinstance(field, Link) else ()
    found = ((target, find(tx, tx.live.object(target), value.text)) for target in targets)
    return next((Ref(target, id) for target, id in found if id is not None), None)


def matching_id(tx: Tx, obj: Object, values: Mapping[Any, Any]) -> int | None:
    """The first record that has these column values."""
    table = tx.live.tables.objects[obj.name]
    query = select(table.c.id).where(
        *(table.c[name].is_(None) if value is None else table.c[name] == value for name, value in values.items())
    )
    if "deleted_at" in table.c:
        query = query.where(table.c.deleted_at.is_(None))
    return tx.connection.execute(query.order_by(table.c.id).limit(1)).scalar_one_or_none()


def linking(tx: Tx, obj: Object, link: str, target: Ref) -> Sequence[Mapping[Any, Any]]:
    """The rows whose link field points to `target`; of more than may be taken into memory one too many."""
    table = tx.live.tables.objects[obj.name]
    pairs = tx.live.tables.links.get((obj.name, link))
    if pairs is not None:
        several = (pairs.c.target == target.id, pairs.c.of == tx.live.numbers.get(target.object, 0))
        query = select(table).where(table.c.id.in_(select(pairs.c.owner).where(*several)))
    else:
        query = select(table).where(table.c[link] == target.id)
    if link + "__of" in table.c:
        query = query.where(table.c[link + "__of"] == tx.live.numbers[target.object])
    if "deleted_at" in table.c:
        query = query.where(table.c.deleted_at.is_(None))
    return plain(tx.connection.execute(query.order_by(table.c.id).limit(MOST_ROWS + 1)))


def counts_by(tx: Tx, obj: Object, name: str, values: Iterable[int]) -> dict[int, int]:
    """How many records have each of these values in a column."""
    table = tx.live.tables.objects[obj.name]
    query = select(table.c[name], func.count()).where(table.c[name].in_(list(values))).group_by(table.c[name])
    return {row[0]: row[1] for row in tx.connection.execute(query)}


def shelved(tx: Tx, obj: Object, shelf: str, last: int, limit: int, *, before: dt.datetime | None = None) -> list[int]:
    """Ids above `last` of what stands on a shelf, ascending; of the bin what went there before a moment."""
    table = tx.live.tables.objects[obj.name]
    query = select(table.c.id).where(table.c.id > last, *shelf_of(table, shelf))
    if before is not None:
        query = query.where(table.c.deleted_at < before)
    return list(tx.connection.execute(query.order_by(table.c.id).limit(limit)).scalars())


def ids_after(tx: Tx, obj: Object, last: int, limit: int) -> list[int]:
    """Ids above `last`, ascending."""
    table = tx.live.tables.objects[obj.name]
    return list(
        tx.connection.execute(select(table.c.id).where(table.c.id > last).order_by(table.c.id).limit(limit)).scalars()
    )


def number_of(tx: Tx, obj: Object) -> int:
    """How many records there are, those in the bin included."""
    table = tx.live.tables.objects[obj.name]
    return int(tx.connection.execute(select(func.count()).select_from(table)).scalar_one())


# ---- lists


@dataclass(frozen=True, slots=True)
class Scoped:
    """What the actor may read of an object: its table, columns for expressions, and the row rule as a condition."""

    live: Live
    definition: Object
    table: FromClause
    columns: ObjectColumns
    rule: ColumnElement[bool]

    def select(self) -> Select[Any]:
        """All columns of the rows in sight."""
        return select(self.table).where(self.rule)


def shelf_of(table: FromClause, shelf: str) -> Sequence[ColumnElement[bool]]:
    """Which records are meant: `kept` (all but the bin), `current` (nor the archive), `archived`, `deleted`."""
    if "deleted_at" not in table.c:
        return []
    binned, archived = table.c.deleted_at.is_not(None), table.c.archived_at.is_not(None)
    return {
        "kept": [~binned], "current": [~binned, ~archived], "archived": [~binned, archived],
        "deleted": [binned, table.c.purged_at.is_(None)],
    }[shelf]


def scoped(
    tx: Tx,
    obj: Object,
    rules: Sequence[Expression | None],
    frame: Frame,
    *,
    also: Select[Any] | None = None,
    table: FromClause | None = None,
    shelf: str = "kept",
) -> Scoped:
    """The scope of an actor: `rules` are the row rules of the grants that apply, None for one without (all rows), no
    rule for nothing. A rule that SQL cannot run lets nothing through. `also` selects ids that are in sight besides.
    `table` is a name of the object's table that stands nowhere else in the statement (see `listed`)."""
    table = tx.live.tables.objects[obj.name].alias() if table is None else table
    columns = ObjectColumns(tx.live, obj, table, frame)
    alive = shelf_of(table, shelf)
    engine = as_engine(frame)                  # rules read as the engine, whatever the reader may see
    plain = ObjectColumns(tx.live, obj, table, engine)
    judged = plain.parent() if obj.owner else plain
    open_rows = [rule_condition(rule, judged, engine) for rule in rules if rule is not None and judged is not None]
    if also is not None:
        open_rows.append((table.c.parent if obj.owner else table.c.id).in_(also))
    seen = true() if None in rules else or_(false(), *open_rows)
    return Scoped(tx.live, obj, table, columns, and_(*alive, seen))


def listed(tx: Tx, obj: Object) -> FromClause:
    """The name under which lists read an object's table. It is made once: making one anew takes as long as the rest
    of a list's statement. A statement holds it once."""
    table = tx.live.tables.objects[obj.name]
    return statement(table, ("listed",), table.alias)  # type: ignore[no-any-return]


def returnable(scope: Scoped, deletable: Scoped | None, actor: int) -> Scoped:
    """Of a scope of the bin what the actor may delete (`deletable`, None: nothing), or has deleted."""
    if deletable is None:
        return replace(scope, rule=false())
    theirs = select(deletable.table.c.id).where(deletable.rule)
    return replace(scope, rule=and_(scope.rule, or_(scope.table.c.changed_by == actor, scope.table.c.id.in_(theirs))))


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
) -> Listing:
    """One page by keyset: the cursor holds the sort values of the last row; `id` is the last key."""
    query = fitting(scope.select(), scope, where, frame, search=search, visible=visible)
    counted = _count(tx, query, count)
    keys = [*sort, SortColumn("id", scope.table.c.id, bool(sort) and sort[-1].descending or not sort, True)]
    own = {key.name for key in keys if key.column is scope.table.c.get(key.name)}
    further = {key.name: key.column.label(BEHIND + key.name) for key in keys if key.name not in own}
    labelled = query.add_columns(*further.values()) if further else query
    fetched: list[Mapping[Any, Any]] = []
    for part in _in_order(labelled, keys, None if cursor is None else _read_cursor(cursor, keys)):
        fetched += plain(tx.connection.execute(part.limit(limit + 1 - len(fetched))))
        if len(fetched) > limit:
            break
    last = fetched[limit - 1] if len(fetched) > limit else None
    names = [key.name if key.name in own else BEHIND + key.name for key in keys]
    following = None if last is None else _write_cursor([last[name] for name in names])
    return Listing(fetched[:limit], following, counted)


def fitting(
    query: Select[Any], scope: Scoped, where: Expression | None, frame: Frame, *,
    search: str, visible: Collection[str] | None = None,
) -> Select[Any]:
    """The rows of a scope that fit a condition and the words of a search."""
    if where is not None:
        query = query.where(where.sql(scope.columns, frame))
    return query.where(matching(_searched(scope, visible), search)) if search else query


def _in_order(query: Select[Any], keys: Sequence[SortColumn], values: Sequence[Any] | None) -> Iterator[Select[Any]]:
    """The rows behind the cursor in their order: those whose first key is filled, then those where it is blank. Asked
    for one after the other, an index over the key serves both; an order by `key IS NULL, key` no index serves."""
    first, *rest = keys
    filled = [replace(first, filled=True), *rest]
    if first.filled:
        yield _ordered(query if values is None else query.where(_after(filled, values)), filled)
        return
    if values is None or values[0] is not None:
        part = query.where(first.column.is_not(None))
        yield _ordered(part if values is None else part.where(_after(filled, values)), filled)
    blank = values is not None and values[0] is None
    yield _ordered(query.where(_after(keys, values) if blank and values else first.column.is_(None)), filled)


def _ordered(query: Select[Any], keys: Sequence[SortColumn]) -> Select[Any]:
    for key in keys:
        if not key.filled:
            query = query.order_by(key.column.is_(None))
        query = query.order_by(key.column.desc() if key.descending else key.column.asc())
    return query


def _searched(scope: Scoped, visible: Collection[str] | None) -> ColumnElement[Any]:
    """The text that is searched: what the record is found by, without fields that the reader may not see."""
    obj, table = scope.definition, scope.table
    lines = [scope.live.app.objects[f"{obj.name}.{name}"] for name in obj.lines]
    if "search_text" in table.c and (visible is None or parts(obj, lines) <= set(visible)):
        return table.c.search_text
    names = [name for name in searched(obj) if (visible is None or name in visible) and name in table.c]
    text: ColumnElement[Any] = literal("")
    for name in names:
        text = text + " " + func.coalesce(cast(table.c[name], Text), "")
    return func.lower(text)


def _count(tx: Tx, query: Select[Any], mode: str) -> int | None:
    if mode == "none":
        return None
    inner = query.with_only_columns(func.count() if mode == "exact" else query.selected_columns["id"])
    if mode == "exact":
        return int(tx.connection.execute(inner).scalar_one())
    return int(tx.connection.execute(select(func.count()).select_from(inner.limit(CAPPED).subquery())).scalar_one())


def count(tx: Tx, scope: Scoped, where: Expression | None, frame: Frame) -> int:
    """How many rows in sight fit the condition."""
    query = scope.select()
    if where is not None:
        query = query.where(where.sql(scope.columns, frame))
    return _count(tx, query, "exact") or 0


def some(
    tx: Tx, scope: Scoped, where: Expression | None, frame: Frame, *,
    search: str, most: int, visible: Collection[str] | None = None,
) -> int:
    """How many rows in sight fit; counting stops at `most`."""
    query = fitting(scope.select(), scope, where, frame, search=search, visible=visible)
    inner = query.with_only_columns(query.selected_columns["id"]).limit(most)
    return int(tx.connection.execute(select(func.count()).select_from(inner.subquery())).scalar_one())


def _after(keys: Sequence[SortColumn], values: Sequence[Any]) -> ColumnElement[bool]:
    """Rows behind the cursor. Written as `a >= x AND (a > x OR rest)`: the plain OR form would not use an index."""
    key, value = keys[0], values[0]
    rest = _after(keys[1:], values[1:]) if len(keys) > 1 else None
    if value is None:
        return and_(key.column.is_(None), rest) if rest is not None else false()
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
    if abs(number) >= 1 << 63:
        raise ValueError("not a cursor of this list")
    return number


def _typed(column: ColumnElement[Any], value: str) -> Any:
    python: Any = getattr(column.type, "python_type", str)
    if python is bool:
        return literal(value == "True", column.type)  # SQLAlchemy compares booleans with bound values only
    if python is int:
        return _bounded(int(value))
    if python is Decimal:
        if NUMERAL.fullmatch(value) is None:
            raise ValueError("not a cursor of this list")
        return Decimal(value)
    return python.fromisoformat(value) if hasattr(python, "fromisoformat") else python(value)
