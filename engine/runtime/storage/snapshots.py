"""All rows of a database in a form that both kinds of databases read and write. Knows no app, no file, no format.

A table travels as its `Shape`: columns with kinds that mean the same everywhere (`number.6` is NUMERIC on PostgreSQL
and a scaled integer on SQLite), and rows of JSON values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    Time,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import TypeDecorator, TypeEngine

from engine.expressions.numbers import Exact
from engine.runtime.storage import search_index
from engine.runtime.storage.database import is_postgres
from engine.runtime.storage.moments import Moment
from engine.runtime.storage.own_tables import METADATA
from engine.runtime.storage.patience import unhurried
from engine.runtime.storage.versions import PUBLISHING

LEFT_OUT = ("sys_session", "sys_login", "sys_worker", "sys_rate", "sys_figure",
            "sys_device", "sys_reset", "sys_errand")     # of the running site only
BATCH = 2000
DOCUMENT = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
TYPES: Mapping[str, TypeEngine[Any]] = {
    "integer": BigInteger(), "text": Text(), "boolean": Boolean(), "moment": Moment(), "date": Date(), "time": Time(),
    "json": DOCUMENT, "real": Float(), "bytes": LargeBinary(),
}
KINDS: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (Boolean, "boolean"), (DateTime, "moment"), (Date, "date"), (Time, "time"), (JSON, "json"), (Integer, "integer"),
    (Float, "real"), (LargeBinary, "bytes"), (String, "text"),
)
Row = list[Any]
WRITERS: Mapping[str, Callable[[Any], Any]] = {
    "number": str, "moment": dt.datetime.isoformat, "date": dt.date.isoformat, "time": dt.time.isoformat,
    "bytes": bytes.hex,
}
READERS: Mapping[str, Callable[[Any], Any]] = {
    "number": Decimal, "moment": dt.datetime.fromisoformat, "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat, "bytes": bytes.fromhex,
}


@dataclass(frozen=True, slots=True)
class Shape:
    """A table: its columns as (name, kind) in order, and the number that its next row must be above."""

    name: str
    columns: tuple[tuple[str, str], ...]
    last: int = 0

    @property
    def table(self) -> Table:
        """The table for reading and writing rows; its types are all that it knows."""
        columns = (
            Column(name, type_of(kind), primary_key=name == "id", autoincrement=name == "id")
            for name, kind in self.columns
        )
        return Table(self.name, MetaData(), *columns)


def kind_of(found: TypeEngine[Any]) -> str:
    """The kind of a column's type."""
    if isinstance(found, Exact):
        return f"number.{found.scale}"
    inner: Any = found.impl if isinstance(found, TypeDecorator) else found
    if isinstance(inner, Numeric) and not isinstance(inner, Float):
        return f"number.{inner.scale or 0}"
    return next((kind for base, kind in KINDS if isinstance(inner, base)), "text")


def type_of(kind: str) -> TypeEngine[Any]:
    """The type of a kind; KeyError for one that this engine does not know."""
    head, _, scale = kind.partition(".")
    return Exact(int(scale)) if head == "number" else TYPES[head]


def still(connection: Connection) -> bool:
    """Keep publishing away from this read transaction, however long it takes; False if somebody is at it now."""
    if not is_postgres(connection):
        return True                            # the snapshot holds the tables too
    unhurried(connection)
    return bool(connection.execute(select(func.pg_try_advisory_xact_lock_shared(PUBLISHING))).scalar_one())


def shapes(connection: Connection, known: Mapping[str, Table]) -> list[Shape]:
    """Every table that there is. `known` tables tell what their columns mean; others are taken as they stand."""
    inspector = inspect(connection)
    found = []
    for name in sorted(inspector.get_table_names()):
        if name in LEFT_OUT or name.startswith(search_index.NAME):
            continue
        declared: Mapping[str, Column[Any]] = dict(known[name].c) if name in known else {}
        columns = []
        for column in inspector.get_columns(name):
            kept = declared[column["name"]].type if column["name"] in declared else column["type"]
            columns.append((column["name"], kind_of(kept)))
        found.append(Shape(name, tuple(columns), _last(connection, name, tuple(columns))))
    return found


def _last(connection: Connection, name: str, columns: tuple[tuple[str, str], ...]) -> int:
    """The highest number that a row of the table has had, as far as it is known."""
    if ("id", "integer") not in columns:
        return 0
    quoted = connection.dialect.identifier_preparer.quote(name)
    highest = connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {quoted}").scalar_one()
    sequence = _sequence(connection, name)
    if sequence is not None:
        highest = max(highest, connection.exec_driver_sql(f"SELECT last_value FROM {sequence}").scalar_one())
    return int(highest)


def _sequence(connection: Connection, name: str) -> str | None:
    if not is_postgres(connection):
        return None
    quoted = connection.dialect.identifier_preparer.quote(name)
    found: str | None = connection.execute(select(func.pg_get_serial_sequence(quoted, "id"))).scalar_one()
    return found


def rows(connection: Connection, shape: Shape) -> Iterator[Row]:
    """All rows of a table as JSON values, a stream."""
    writers = [WRITERS.get(kind.partition(".")[0]) for _, kind in shape.columns]
    found = connection.execute(select(*shape.table.c).execution_options(yield_per=BATCH))
    for row in found:
        yield [
            value if value is None or write is None else write(value) for value, write in zip(row, writers, strict=True)
        ]


def filled(connection: Connection) -> str:
    """The first table that holds anything, "" in an empty database."""
    for name in sorted(inspect(connection).get_table_names()):
        if name.startswith(search_index.NAME):
            continue
        quoted = connection.dialect.identifier_preparer.quote(name)
        if connection.exec_driver_sql(f"SELECT 1 FROM {quoted} LIMIT 1").first() is not None:
            return str(name)
    return ""


def prepare(connection: Connection, wanted: Sequence[Shape], known: Mapping[str, Table]) -> None:
    """Make the tables of the shapes that are missing: as declared, and with what was kept beside."""
    METADATA.create_all(connection)
    search_index.prepare(connection)
    present = set(inspect(connection).get_table_names())
    quote = connection.dialect.identifier_preparer.quote
    for shape in wanted:
        table = known.get(shape.name, shape.table)
        if shape.name not in present:
            connection.execute(CreateTable(table))
        for name, kind in shape.columns:
            if name not in table.c:            # kept by an earlier publishing: zz_…
                typed = type_of(kind).compile(connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {quote(shape.name)} ADD COLUMN {quote(name)} {typed}")


def in_order(wanted: Sequence[Shape]) -> tuple[list[Shape], list[Shape]]:
    """The site's own tables, such that no row comes before one that it refers to; and those of the apps."""
    places = {table.name: number for number, table in enumerate(METADATA.sorted_tables)}
    own = sorted((shape for shape in wanted if shape.name in places), key=lambda shape: places[shape.name])
    return own, [shape for shape in wanted if shape.name not in places]


def load(connection: Connection, shape: Shape, lines: Iterable[Row]) -> int:
    """Write rows into a table; how many. ValueError for a row that is none of the shape's."""
    readers = [(name, READERS.get(kind.partition(".")[0])) for name, kind in shape.columns]
    table, count = shape.table, 0
    stream = iter(_ordered(shape, lines))
    while some := list(islice(stream, BATCH)):
        connection.execute(insert(table), [
            {
                name: value if value is None or read is None else read(value)
                for (name, read), value in zip(readers, line, strict=True)
            }
            for line in some
        ])
        count += len(some)
    sequence = _sequence(connection, shape.name) if shape.last and ("id", "integer") in shape.columns else None
    if sequence is not None:
        connection.execute(select(func.setval(sequence, shape.last)))
    return count


def _ordered(shape: Shape, lines: Iterable[Row]) -> Iterable[Row]:
    """Rows of a table that refers to itself: those that others refer to come first."""
    declared = METADATA.tables.get(shape.name)
    own = [] if declared is None else [key for key in declared.foreign_keys if key.column.table is declared]
    if not own:
        return lines
    names = [name for name, _ in shape.columns]
    child, parent = names.index(own[0].parent.name), names.index(own[0].column.name)
    waiting, done, found = list(lines), {None}, []
    while waiting:
        ready = [line for line in waiting if line[child] in done]
        if not ready:
            raise ValueError(f"{shape.name} refers to rows that are not there")
        found += ready
        done |= {line[parent] for line in ready}
        waiting = [line for line in waiting if line[parent] not in done]
    return found
