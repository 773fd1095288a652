"""Columns and indexes that a later engine wants on the site's own tables: added where they are missing."""

from __future__ import annotations

from sqlalchemy import Connection, MetaData, inspect


def grow(connection: Connection, metadata: MetaData) -> list[str]:
    """Add the missing columns (blank, or with a default) and indexes of tables that stand; `table.column` and
    `table.index` of each. Those of later engines stay."""
    names = [table.name for table in metadata.sorted_tables]
    standing = inspect(connection).get_multi_columns(filter_names=names)
    indexed = inspect(connection).get_multi_indexes(filter_names=names)
    quote = connection.dialect.identifier_preparer.quote
    compiler = connection.dialect.ddl_compiler(connection.dialect, None)  # type: ignore[arg-type]
    added = []
    for (schema, name), columns in standing.items():
        present = {column["name"] for column in columns}
        for column in metadata.tables[name].columns:
            if column.name not in present:
                typed = compiler.get_column_specification(column)
                connection.exec_driver_sql(f"ALTER TABLE {quote(name)} ADD COLUMN {typed}")
                added.append(f"{name}.{column.name}")
        kept = {index["name"] for index in indexed.get((schema, name), ())}
        for index in sorted(metadata.tables[name].indexes, key=lambda one: one.name or ""):
            if index.name not in kept:
                index.create(connection)
                added.append(f"{name}.{index.name}")
    return added
