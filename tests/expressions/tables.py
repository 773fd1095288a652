"""Tables and rows on which the SQL of expressions is held against Python's answers. Knows no test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    Engine,
    FromClause,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    false,
    func,
    insert,
    select,
)

from engine.expressions import numbers
from engine.expressions.nodes import Get, Source, Stored
from engine.expressions.numbers import Exact
from engine.expressions.scope import Columns, Figure
from engine.expressions.sql import blanked
from engine.expressions.values import ErrorValue, Ref
from engine.runtime.storage.stored_errors import encoded, error_column
from tests.expressions.worlds import Shop, Thing, lines

META = MetaData()
CUSTOMERS = Table(
    "customer",
    META,
    Column("id", BigInteger, primary_key=True),
    Column("name", String),
    Column("credit_limit", Exact(2)),
    Column("exposure", Exact(2)),
    Column("exposure__error", String),
    Column("blocked", Boolean),
)
ORDERS = Table(
    "order",
    META,
    Column("id", BigInteger, primary_key=True),
    Column("customer", BigInteger),
    Column("category", BigInteger),
    Column("date", Date),
    Column("due", Date),
    Column("state", String),
    Column("note", String),
    Column("total", Exact(2)),
    Column("qty", Exact(3)),
    Column("discount", Exact(4)),
    Column("score", Exact(6)),
    Column("score__error", String),
    Column("held", Boolean),
)
LINES = Table(
    "order_lines",
    META,
    Column("id", BigInteger, primary_key=True),
    Column("parent", BigInteger),
    Column("position", BigInteger),
    Column("product", BigInteger),
    Column("qty", Exact(3)),
    Column("qty__error", String),
    Column("price", Exact(2)),
    Column("amount", Exact(2)),
    Column("stocked", Boolean),
    Column("day", Date),
)
TABLES = {"order": ORDERS, "customer": CUSTOMERS, "order.lines": LINES}
LINKS = {("order", "customer"): "customer", ("order.lines", "parent"): "order"}


@dataclass(frozen=True)
class TableColumns:
    """The columns of one row of an aliased table."""

    name: str
    table: FromClause

    def column(self, name: str) -> ColumnElement[Any] | None:
        found = self.figure(name)
        return None if found is None else blanked(found)

    def figure(self, name: str) -> Figure | None:
        if name not in self.table.c:
            return None
        kept = self.table.c.get(error_column(name))
        return Figure(self.table.c[name], None if kept is None else kept.is_not(None))

    def isa(self, name: str, object: str) -> ColumnElement[bool] | None:
        target, column = LINKS.get((self.name, name)), self.column(name)
        if target is None or column is None:
            return None
        return func.coalesce(column, 0) != 0 if target == object else false()

    def follow(self, name: str) -> Columns | None:
        target = LINKS.get((self.name, name))
        return Followed(target, self.table.c[name]) if target else None

    def parent(self) -> Columns | None:
        return self.follow("parent")

    def source(self, source: Source) -> tuple[FromClause, Columns] | None:
        base = source.base
        if isinstance(base, Stored):
            table = TABLES[base.name].alias()
            return table, TableColumns(base.name, table)
        assert isinstance(base, Get)
        table = LINES.alias()
        rows = select(table).where(table.c.parent == self.table.c.id).correlate(self.table).subquery()
        return rows, TableColumns("order.lines", rows)


@dataclass(frozen=True)
class Followed:
    """The columns of a linked row, as scalar subqueries."""

    name: str
    id: ColumnElement[Any]

    def column(self, name: str) -> ColumnElement[Any] | None:
        found = self.figure(name)
        return None if found is None else blanked(found)

    def figure(self, name: str) -> Figure | None:
        table = TABLES[self.name].alias()
        found = TableColumns(self.name, table).figure(name)
        if found is None:
            return None
        error = None if found.error is None else func.coalesce(self._of(table, found.error), false())
        return Figure(self._of(table, found.column), error)

    def _of(self, table: FromClause, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return select(value).where(table.c.id == self.id).correlate_except(table).scalar_subquery()

    def isa(self, name: str, object: str) -> ColumnElement[bool] | None:
        return None                            # no column of these tables says of which object a link is

    def follow(self, name: str) -> Columns | None:
        target, column = LINKS.get((self.name, name)), self.column(name)
        return Followed(target, column) if target and column is not None else None

    def parent(self) -> Columns | None:
        return self.follow("parent")

    def source(self, source: Source) -> tuple[FromClause, Columns] | None:
        return None


def engine_for(url: str) -> Engine:
    """An engine whose SQLite connections calculate exactly."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, record: numbers.register(connection))
    return engine


def stored(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the database holds it: an error stands beside its value."""
    errors = {error_column(n): encoded(v) for n, v in row.items() if isinstance(v, ErrorValue)}
    plain = {name: None if isinstance(value, ErrorValue) else value for name, value in row.items()}
    return {name: None for name in map(str, table.c.keys()) if name.endswith("__error")} | plain | errors


@contextmanager
def filled(
    engine: Engine,
    customers: Sequence[Mapping[str, Any]],
    orders: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]],
) -> Iterator[Connection]:
    """A connection that sees these rows, and forgets them after."""
    with engine.connect() as connection:
        transaction = connection.begin()
        META.create_all(connection)
        for table, found in ((CUSTOMERS, customers), (ORDERS, orders), (LINES, rows)):
            if found:
                connection.execute(insert(table), [stored(table, row) for row in found])
        try:
            yield connection
        finally:
            transaction.rollback()


def shop_of(
    customers: Sequence[Mapping[str, Any]], orders: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]
) -> Shop:
    """The same rows in memory."""
    shop = Shop({"customer": [Thing("customer", c["id"], dict(c)) for c in customers], "order": [], "order.lines": []})
    for order in orders:
        thing = Thing("order", order["id"], dict(order))
        thing.values["customer"] = Ref("customer", order["customer"]) if order["customer"] else None
        own = [row for row in rows if row["parent"] == order["id"]]
        thing.values["lines"] = lines(
            *(
                {**row, "product": Ref("product", row["product"]) if row["product"] else None, "parent": thing}
                for row in own
            )
        )
        for line, row in zip(thing.values["lines"].items, own, strict=True):
            line.number = row["id"]
        shop.stored["order"].append(thing)
        shop.stored["order.lines"].extend(thing.values["lines"].items)
    return shop
