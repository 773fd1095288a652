"""Reading rows: by key and link, and lists with the reader's row rules in the statement itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from engine.definitions.objects import Object
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.values import Key, Ref, Value
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.link import Link
from engine.runtime.storage import search_conditions
from engine.runtime.storage.columns import ObjectColumns, as_engine, rule_condition
from engine.runtime.storage.live import Live, Tx
from engine.runtime.storage.rows import CHUNK, encode, plain, statement
from engine.runtime.storage.search_conditions import Search
from engine.runtime.storage.searching import search_text

__all__ = [
    "Scoped",
    "count",
    "find",
    "ids_after",
    "linking",
    "number_of",
    "scoped",
    "search_text",
]

MOST_ROWS = 20_000                             # rows that an expression may take into memory
CAPPED = 1001
PARTS = 100                                    # scopes in one statement, and records of each


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


def ids_with(tx: Tx, obj: Object, name: str, value: int, states: Iterable[str] | None) -> list[int]:
    """Ids of the records outside the bin that have this value in a column, in these states (None: in any)."""
    table = tx.live.tables.objects[obj.name]
    query = select(table.c.id).where(table.c[name] == value, table.c.deleted_at.is_(None)).order_by(table.c.id)
    if states is not None:
        query = query.where(table.c.state.in_(list(states)))
    return list(tx.connection.execute(query).scalars())


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
    shelf: str = ""                            # set where the rule is that of this shelf, over what `listed` gave

    def select(self) -> Select[Any]:
        """All columns of the rows in sight."""
        return select(self.table).where(self.rule)


def topmost(scope: Scoped, found: Scoped, where: Expression | None, frame: Frame, link: str) -> Scoped:
    """Of a scope the rows whose link leads to none of those that another scope of the same object finds."""
    above = found.select().with_only_columns(found.table.c.id)
    above = above if where is None else above.where(where.sql(found.columns, frame))
    column = scope.table.c[link]
    return replace(scope, rule=and_(scope.rule, or_(column.is_(None), column.not_in(above))))


def called(scope: Scoped, fields: Sequence[str], texts: Collection[str]) -> Scoped:
    """Of a scope the rows in which one of these fields holds one of the texts; no row without fields."""
    columns = [column for name in fields if (column := scope.columns.column(name)) is not None]
    wanted = sorted(texts)
    return replace(scope, rule=and_(scope.rule, or_(false(), *(column.in_(wanted) for column in columns))))


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
    if table is not None and None in rules:
        given, whole = table, tx.live.tables.objects[obj.name]
        rule = statement(whole, ("open", shelf), lambda: and_(*shelf_of(given, shelf), true()))
        return Scoped(tx.live, obj, table, ObjectColumns(tx.live, obj, table, frame), rule, shelf)
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
        return replace(scope, rule=false(), shelf="")
    theirs = select(deletable.table.c.id).where(deletable.rule)
    mine = or_(scope.table.c.changed_by == actor, scope.table.c.id.in_(theirs))
    return replace(scope, rule=and_(scope.rule, mine), shelf="")


def fitting(
    tx: Tx, query: Select[Any], scope: Scoped, where: Expression | None, frame: Frame, *,
    search: str, visible: Collection[str] | None = None,
) -> Select[Any]:
    """The rows of a scope that fit a condition and the words of a search."""
    found = search_of(tx, scope, search, visible)
    if where is not None:
        query = query.where(where.sql(scope.columns, frame))
    return query if found is None else query.where(found.condition)


def search_of(tx: Tx, scope: Scoped, search: str, visible: Collection[str] | None) -> Search | None:
    """What the words of a search come to; None without any."""
    return search_conditions.of(tx, scope.definition, scope.table, search, visible) if search else None


def counted(tx: Tx, query: Select[Any], mode: str) -> int | None:
    """How many rows a query gives: `exact`, `capped` (stops above a thousand) or `none`, which asks nothing."""
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
    return counted(tx, query, "exact") or 0


def among(tx: Tx, scope: Scoped, ids: Collection[int]) -> set[int]:
    """Those of these records that are in sight."""
    wanted, found = sorted(ids), set[int]()
    for start in range(0, len(wanted), CHUNK):
        query = scope.select().with_only_columns(scope.table.c.id)
        query = query.where(scope.table.c.id.in_(wanted[start : start + CHUNK]))
        found |= set(tx.connection.execute(query).scalars())
    return found


def among_each(tx: Tx, asked: Sequence[tuple[Scoped, Collection[int]]]) -> list[set[int]]:
    """The same of many scopes, each with records of its own: a hundred in one statement."""
    found: list[set[int]] = [set() for _ in asked]
    parts = [(n, scope, ids[start : start + PARTS]) for n, (scope, given) in enumerate(asked)
             for ids in [sorted(given)] for start in range(0, len(ids), PARTS)]
    for start in range(0, len(parts), PARTS):
        selects = [
            scope.select().with_only_columns(literal(n).label("n"), scope.table.c.id).where(scope.table.c.id.in_(ids))
            for n, scope, ids in parts[start : start + PARTS]
        ]
        for n, id in tx.connection.execute(union_all(*selects)):
            found[n].add(id)
    return found


def some(
    tx: Tx, scope: Scoped, where: Expression | None, frame: Frame, *,
    search: str, most: int, visible: Collection[str] | None = None,
) -> int:
    """How many rows in sight fit; counting stops at `most`."""
    query = fitting(tx, scope.select(), scope, where, frame, search=search, visible=visible)
    inner = query.with_only_columns(query.selected_columns["id"]).limit(most)
    return int(tx.connection.execute(select(func.count()).select_from(inner.subquery())).scalar_one())


def agreeing(tx: Tx, scope: Scoped, conditions: Iterable[tuple[Expression, Frame]], most: int) -> list[int]:
    """Ids of the rows in sight for which all conditions hold, the newest first. What a condition reads behind links is
    read as its frame says: out of sight it may be, as with row rules."""
    judged = [
        one.sql(ObjectColumns(tx.live, scope.definition, scope.table, frame), frame) for one, frame in conditions
    ]
    query = scope.select().with_only_columns(scope.table.c.id).where(*judged)
    return list(tx.connection.execute(query.order_by(scope.table.c.id.desc()).limit(most)).scalars())
