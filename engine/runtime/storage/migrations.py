"""Carrying out a plan: every operation inside the transaction that publishes the version, so it is all or nothing."""

from __future__ import annotations

from sqlalchemy import Connection, Table
from sqlalchemy.schema import CreateIndex, CreateTable

from engine.runtime.storage import retyping
from engine.runtime.storage.plans import Operation, Plan
from engine.runtime.storage.tables import Tables


def apply(connection: Connection, tables: Tables, plan: Plan) -> None:
    """Carry out every operation in order."""
    by_name = {table.name: table for table in tables.metadata.sorted_tables}
    for operation in plan.operations:
        _apply(connection, by_name[operation.table], operation)


def _apply(connection: Connection, table: Table, operation: Operation) -> None:
    quote = connection.dialect.identifier_preparer.quote
    name = quote(table.name)
    if operation.kind == "create table":
        connection.execute(CreateTable(table))
        for index in sorted(table.indexes, key=lambda i: str(i.name)):
            connection.execute(CreateIndex(index))
    elif operation.kind == "rename table":
        connection.exec_driver_sql(f"ALTER TABLE {quote(operation.was)} RENAME TO {name}")
    elif operation.kind == "rename column":
        connection.exec_driver_sql(
            f"ALTER TABLE {name} RENAME COLUMN {quote(operation.was)} TO {quote(operation.name)}"
        )
    elif operation.kind == "add column":
        connection.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN {_column(connection, table, operation.name)}")
    elif operation.kind == "archive column":
        archived = quote(operation.into)
        connection.exec_driver_sql(f"ALTER TABLE {name} RENAME COLUMN {quote(operation.name)} TO {archived}")
    elif operation.kind == "drop column":
        connection.exec_driver_sql(f"ALTER TABLE {name} DROP COLUMN {quote(operation.name)}")
    elif operation.kind == "change type":
        archived = quote(operation.into)
        connection.exec_driver_sql(f"ALTER TABLE {name} RENAME COLUMN {quote(operation.name)} TO {archived}")
        connection.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN {_column(connection, table, operation.name)}")
    elif operation.kind == "convert column":
        retyping.apply(connection, table.name, table.c[operation.name], operation.shift)
    elif operation.kind == "drop index":
        connection.exec_driver_sql(f"DROP INDEX {quote(operation.name)}")
    elif operation.kind == "create index":
        index = next(i for i in table.indexes if i.name == operation.name)
        connection.execute(CreateIndex(index))


def _column(connection: Connection, table: Table, name: str) -> str:
    """The column's definition for ALTER TABLE."""
    column = table.c[name]
    compiler = connection.dialect.ddl_compiler(connection.dialect, None)  # type: ignore[arg-type]
    return compiler.get_column_specification(column)
