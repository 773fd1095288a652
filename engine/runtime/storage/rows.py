"""Rows of objects and lines: fetch, insert, update, lock. Speaks values of the definition, not of the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Connection, CursorResult, Select, Table, Update, bindparam, func, select
from sqlalchemy import delete as sql_delete
from sqlalchemy import insert as sql_insert
from sqlalchemy import update as sql_update
from sqlalchemy.exc import DBAPIError, OperationalError

from engine.definitions.objects import Object
from engine.expressions.numbers import Exact
from engine.expressions.values import ErrorValue, Ref, Value
from engine.kinds.fields.base import Field
from engine.kinds.fields.number import Number
from engine.runtime.storage.database import is_postgres
from engine.runtime.storage.given import among, bound
from engine.runtime.storage.live import Live, Tx
from engine.runtime.storage.stored_errors import decoded, encoded, error_column

CHUNK = 500
FEW = 8                                        # rows for which a statement of their own is not worth it
SYSTEM = (
    "id",
    "version",
    "state",
    "status",
    "creator",
    "created_at",
    "changed_by",
    "changed_at",
    "ended_on",
    "ended_from",
    "deleted_at",
    "archived_at",
    "anonymised_at",
    "purged_at",
)
LINE_SYSTEM = ("id", "parent", "position")
LAST = select(func.last_insert_rowid())         # on SQLite, of this connection
OF_RECORD, OF_LINE = itemgetter(*SYSTEM), itemgetter(*LINE_SYSTEM)


class Taken(Exception):
    """Another transaction holds a row that was asked for without waiting."""


def plain(result: CursorResult[Any]) -> list[dict[str, Any]]:
    """Rows as plain dicts: what is read field by field costs half of what the library's mappings cost."""
    names = tuple(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result.all()]


def decode(live: Live, obj: Object, row: Mapping[Any, Any]) -> dict[str, Value]:
    """Field values out of a fetched row; stored fields only."""
    names, pick, further = _reading(live, obj)
    values: dict[str, Value] = dict(zip(names, pick(row), strict=False))
    for name, failing, several, read in further:
        if failing and row[failing] is not None:
            values[name] = decoded(row[failing])
        elif several:
            number = row[several]
            values[name] = None if number is None else Ref(live.names[number], row[name])
        elif read is not None:
            values[name] = read(row)
    return values


def system(obj: Object, row: Mapping[Any, Any]) -> dict[str, Any]:
    """The engine's own values out of a fetched row."""
    names = LINE_SYSTEM if obj.owner else SYSTEM
    try:
        return dict(zip(names, (OF_LINE if obj.owner else OF_RECORD)(row), strict=True))
    except KeyError:                           # people have not all of them
        return {name: row[name] for name in names if name in row}


Further = tuple[str, str, str, Callable[[Any], Value] | None]
Reading = tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]], tuple[Further, ...]]


def _reading(live: Live, obj: Object) -> Reading:
    """How stored fields are read out of a row, found out once: the names of all, what picks their columns (whose values
    are most fields' values), and what the others are made of: name, the column of its error and of what it links to
    (blank where there is none), its reader (None where the column's value is the field's)."""
    known: Reading | None = live.reading.get(obj.name)
    if known is None:
        columns = live.tables.objects[obj.name].c
        every = [
            (
                field.name,
                error_column(field.name) if field.may_fail else "",
                field.name + "__of" if field.name + "__of" in columns else "",
                None if _as_it_is(field, columns.get(field.name)) else field.from_row,
            )
            for field in obj.fields.values()
            if field.stored and field.kind != "lines"
        ]
        names = tuple(name for name, *_ in every)
        pick = itemgetter(*(name if name in columns else "id" for name in names), "id", "id")
        further = tuple(one for one in every if any(one[1:]))
        known = live.reading[obj.name] = names, pick, further
    return known


def _as_it_is(field: Field, column: Column[Any] | None) -> bool:
    """Whether the value of its column is the field's: an exact column gives exact numbers."""
    exact = isinstance(field, Number) and column is not None and isinstance(column.type, Exact)
    return exact or type(field).from_row is Field.from_row


def encode(live: Live, obj: Object, values: Mapping[str, Value]) -> dict[str, Any]:
    """Column values of the given fields."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        field = obj.fields[name]
        if not field.stored or field.kind == "lines":
            continue
        error = value if isinstance(value, ErrorValue) else None
        columns = field.to_row(None if error is not None else value)
        if field.may_fail:
            columns[error_column(name)] = None if error is None else encoded(error)
        several = name + "__of"
        if several in columns and columns[several] is not None:
            columns[several] = live.numbers[columns[several]]
        found.update(columns)
    return found


def statement(table: Table, key: tuple[object, ...], build: Callable[[], Any]) -> Any:
    """A statement that is built once per table: most of the cost of a small statement is building it. Threads that
    build it at once all get the one that is kept: an alias and the condition over it must not come from two."""
    kept: dict[tuple[object, ...], Any] = table.info.setdefault("statements", {})
    found = kept.get(key)
    return kept.setdefault(key, build()) if found is None else found


def fetch(tx: Tx, obj: Object, ids: Iterable[int], *, lock: bool = False, wait: bool = True) -> list[Mapping[Any, Any]]:
    """Rows by id, ascending; with `lock` they are held until the end of the transaction.

    Raises `Taken` if somebody else holds one and `wait` is false."""
    table = tx.live.tables.objects[obj.name]
    wanted = sorted(set(ids))
    held = lock and tx.postgres

    def build(size: int) -> Select[Any]:
        query = select(table).where(among([table.c.id], size)).order_by(table.c.id)
        return query.with_for_update(key_share=True, nowait=not wait) if held else query

    found: list[Mapping[Any, Any]] = []
    for start in range(0, len(wanted), CHUNK):
        size, values = bound([(id,) for id in wanted[start : start + CHUNK]])
        query = statement(table, ("fetch", held, wait, size), partial(build, size))
        try:
            found.extend(plain(tx.connection.execute(query, values)))
        except OperationalError as error:
            if "could not obtain lock" in str(error.orig):
                raise Taken from error
            raise
    return found


def fetch_lines(tx: Tx, obj: Object, parents: Iterable[int]) -> list[Mapping[Any, Any]]:
    """Rows of a lines object for these parents, in their order."""
    table = tx.live.tables.objects[obj.name]
    wanted = sorted(set(parents))

    def build(size: int) -> Select[Any]:
        query = select(table).where(among([table.c.parent], size))
        return query.order_by(table.c.parent, table.c.position, table.c.id)

    found: list[Mapping[Any, Any]] = []
    for start in range(0, len(wanted), CHUNK):
        size, values = bound([(id,) for id in wanted[start : start + CHUNK]])
        query = statement(table, ("lines", size), partial(build, size))
        found.extend(plain(tx.connection.execute(query, values)))
    return found


def insert(tx: Tx, table: Table, rows: Sequence[Mapping[Any, Any]]) -> list[int]:
    """Insert rows with the same columns; their new ids in order."""
    if not rows:
        return []
    if len(rows) == 1:
        query = statement(table, ("insert",), lambda: sql_insert(table).returning(table.c.id))
        return [int(tx.connection.execute(query, dict(rows[0])).scalar_one())]
    if not tx.postgres:                        # one writer at a time: new ids follow each other
        put(tx.connection, table, rows)
        last = int(tx.connection.execute(LAST).scalar_one())
        return list(range(last - len(rows) + 1, last + 1))
    if len(rows) >= FEW:
        query = statement(table, ("next",), lambda: _next(table))
        ids = sorted(tx.connection.execute(query, {"count": len(rows)}).scalars())
        put(tx.connection, table, [{**row, "id": id} for row, id in zip(rows, ids, strict=True)])
        return ids
    query = statement(
        table, ("insert many",), lambda: sql_insert(table).returning(table.c.id, sort_by_parameter_order=True)
    )
    return [int(row[0]) for row in tx.connection.execute(query, [dict(row) for row in rows])]


def put(connection: Connection, table: Table, rows: Sequence[Mapping[Any, Any]]) -> None:
    """Insert rows with the same columns; many of them as the driver takes them (PostgreSQL: COPY), which costs half."""
    if len(rows) == 1:                         # as such: many mean more ways to the server and back
        connection.execute(statement(table, ("insert one",), lambda: sql_insert(table).inline()), dict(rows[0]))
        return
    if len(rows) < FEW:
        connection.execute(statement(table, ("insert plain",), lambda: sql_insert(table)), [dict(row) for row in rows])
        return
    names = tuple(rows[0])
    of = ("insert raw", connection.dialect.name, *names)
    sql, readers = statement(table, of, lambda: _raw(connection, table, names))
    pick = itemgetter(*names)
    taken = [tuple([one if read is None else read(one) for read, one in zip(readers, pick(row), strict=True)])
             for row in rows]
    if is_postgres(connection):
        _copy(connection, sql, taken)
    else:
        connection.exec_driver_sql(sql, taken)


def _copy(connection: Connection, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Rows by PostgreSQL's COPY, in the running transaction; what goes wrong is told as of any statement."""
    driver = connection.connection.dbapi_connection
    base: type[Exception] = connection.dialect.loaded_dbapi.Error
    assert driver is not None, "a connection in use has its driver's"
    try:
        with driver.cursor() as cursor, cursor.copy(sql) as copy:  # type: ignore[attr-defined]
            for row in rows:
                copy.write_row(row)
    except base as error:
        raise DBAPIError.instance(sql, None, error, base, dialect=connection.dialect) from error


def _next(table: Table) -> Select[Any]:
    """So many new ids, ascending."""
    counted = func.generate_series(1, bindparam("count")).table_valued("n").render_derived()
    sequence = func.pg_get_serial_sequence(f'"{table.name}"', "id")
    return select(func.nextval(sequence)).select_from(counted)


def _raw(connection: Connection, table: Table, names: tuple[str, ...]) -> tuple[str, list[Callable[[Any], Any] | None]]:
    """The statement that inserts these columns, and what makes of each value what the driver takes."""
    quote = connection.dialect.identifier_preparer.quote
    listed = ", ".join(quote(table.c[name].name) for name in names)
    marks = ", ".join("?" for _ in names)
    impls = [table.c[name].type.dialect_impl(connection.dialect) for name in names]
    sql = f"INSERT INTO {quote(table.name)} ({listed}) VALUES ({marks})"
    if is_postgres(connection):
        sql = f"COPY {quote(table.name)} ({listed}) FROM STDIN"
    return sql, [impl.bind_processor(connection.dialect) for impl in impls]


def update(tx: Tx, table: Table, id: int, values: Mapping[Any, Any]) -> None:
    """Change one row that this transaction holds."""
    update_many(tx, table, {id: values})


def update_many(tx: Tx, table: Table, changes: Mapping[int, Mapping[Any, Any]]) -> None:
    """Change several rows; rows that change the same columns go in one statement."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for id, values in changes.items():
        row = {"v_" + name: value for name, value in values.items()} | {"the_id": id}
        groups.setdefault(tuple(values), []).append(row)
    for columns, rows in groups.items():
        query = statement(table, ("update", *columns), lambda names=columns: _update_of(table, names))  # type: ignore[misc]
        tx.connection.execute(query, rows if len(rows) > 1 else rows[0])


def _update_of(table: Table, columns: Iterable[str]) -> Update:
    names = {name: bind_like(table, name) for name in columns}
    return sql_update(table).where(table.c.id == bind_like(table, "id", "the_id")).values(names)


def bind_like(table: Table, column: str, name: str = "") -> Any:
    """A bound parameter of the column's type, called `v_column` unless named."""
    return bindparam(name or "v_" + column, type_=table.c[column].type)


def remove(tx: Tx, table: Table, ids: Iterable[int]) -> None:
    """Delete rows for good (lines taken out, drafts)."""
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), CHUNK):
        tx.connection.execute(sql_delete(table).where(table.c.id.in_(wanted[start : start + CHUNK])))
