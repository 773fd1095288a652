"""Carrying out a plan: every operation inside the transaction that publishes the version, so it is all or nothing."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Table, update
from sqlalchemy.schema import CreateIndex, CreateTable

from engine.runtime.storage import conversions, relinking, renaming, retyping
from engine.runtime.storage.conversions import Place
from engine.runtime.storage.plans import Operation, Plan
from engine.runtime.storage.tables import Tables

NO_NUMBERS: Mapping[str, int] = {}


def apply(connection: Connection, tables: Tables, plan: Plan, numbers: Mapping[str, int] = NO_NUMBERS) -> None:
    """Carry out every operation in order; `numbers` are those of the objects."""
    by_name = {table.name: table for table in tables.metadata.sorted_tables}
    renamed: set[str] = set()
    for operation in plan.operations:
        if operation.kind in ("archive table", "rename table"):
            if "" not in renamed:              # all at once, with the first of them
                renaming.rename_tables(connection, by_name, plan.operations)
                renamed.add("")
            continue
        if operation.kind == "rename column":
            if operation.table not in renamed:
                renaming.rename_columns(connection, operation.table, plan.operations)
                renamed.add(operation.table)
            continue
        if not _fill(connection, by_name[operation.table], operation, numbers):
            _apply(connection, by_name[operation.table], operation)
    for operation in plan.operations:          # by now every column and table of pairs is there
        if operation.kind == "convert values" and operation.old is None:
            pairs = tables.links.get((operation.thing, operation.name))
            relinking.write(connection, by_name[operation.table], pairs, operation, numbers)


def _fill(connection: Connection, table: Table, operation: Operation, numbers: Mapping[str, int]) -> bool:
    """Carry out an operation that writes values; whether it was one."""
    name = operation.name
    if operation.kind == "fill default" and operation.fields is not None:
        row = operation.fields[1].to_row(operation.value)
        connection.execute(update(table).where(table.c[name].is_(None)).values(row))
    elif operation.kind == "fill links":
        row = {f"{name}__of": numbers[operation.value]}
        connection.execute(update(table).where(table.c[name].is_not(None)).values(row))
    elif operation.kind == "fill states":
        blank = table.c.state.is_(None) | (table.c.state == "")
        connection.execute(update(table).where(blank).values(state=operation.value, status=operation.value))
    elif operation.kind == "rename states":
        renaming.rename_states(connection, table, operation.value)
    elif operation.kind == "convert values" and operation.fields is not None:
        if operation.into:
            _apart(connection, table, operation)
        if operation.old is None:
            return True                        # to a link or from one: written when everything else is done
        place = Place(table.name, operation.old, operation.into or name)
        conversions.apply(connection, place, table.c[name], *operation.fields)
    else:
        return operation.kind in ("look at values", "compute again", "compute default")
    return True


def _apart(connection: Connection, table: Table, operation: Operation) -> None:
    """Archive a column, and make it anew with its new type."""
    quote = connection.dialect.identifier_preparer.quote
    name, archived = quote(table.name), quote(operation.into)
    connection.exec_driver_sql(f"ALTER TABLE {name} RENAME COLUMN {quote(operation.name)} TO {archived}")
    connection.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN {_column(connection, table, operation.name)}")


def _apply(connection: Connection, table: Table, operation: Operation) -> None:
    quote = connection.dialect.identifier_preparer.quote
    name = quote(table.name)
    if operation.kind == "create table":
        connection.execute(CreateTable(table))
        for index in sorted(table.indexes, key=lambda i: str(i.name)):
            connection.execute(CreateIndex(index))
    elif operation.kind == "restore column":
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
        _apart(connection, table, operation)
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
