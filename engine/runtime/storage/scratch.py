"""Copies of tables in a schema of their own, in which a change is tried out: of PostgreSQL, so that nobody waits.
All of it is one transaction that is taken back. Knows no app."""

from __future__ import annotations

import uuid

from sqlalchemy import Connection, text

from engine.runtime.storage import patience

MOST_COPIED = 2 * 10**9                        # bytes of tables that are copied to try something out

SIZE = text(
    "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c"
    " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND starts_with(c.relname, :prefix)"
)
TABLES = text(
    "SELECT quote_ident(c.relname) FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace"
    " AND c.relkind = 'r' AND starts_with(c.relname, :prefix) ORDER BY 1"
)
# Primary keys, unique constraints, exclusions and checks bring their indexes along.
CONSTRAINTS = text(
    "SELECT quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE conrelid = to_regclass(:table) AND contype IN ('p', 'u', 'x', 'c')"
)
INDEXES = text(
    "SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i WHERE i.indrelid = to_regclass(:table)"
    " AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))"
)


def possible(connection: Connection, prefix: str) -> bool:
    """Whether the tables may and should be copied: by the rights of the role, and by their size."""
    may = connection.execute(text("SELECT has_database_privilege(current_database(), 'CREATE')")).scalar_one()
    return bool(may) and int(connection.execute(SIZE, {"prefix": prefix}).scalar_one()) <= MOST_COPIED


def copy(connection: Connection, prefix: str) -> None:
    """Copy every table whose name begins so, with its rows, constraints and indexes; from here on to the end of the
    transaction their names mean the copies."""
    source = str(connection.execute(text("SELECT quote_ident(current_schema())")).scalar_one())
    tables = list(connection.execute(TABLES, {"prefix": prefix}).scalars())
    schema = f"formwork_plan_{uuid.uuid4().hex[:12]}"
    do = connection.exec_driver_sql
    patience.unhurried(connection)
    do(f"CREATE SCHEMA {schema}")
    for table in tables:
        do(f"CREATE UNLOGGED TABLE {schema}.{table} (LIKE {source}.{table} INCLUDING DEFAULTS INCLUDING STORAGE)")
        do(f"INSERT INTO {schema}.{table} SELECT * FROM {source}.{table}")
        for name, rule in connection.execute(CONSTRAINTS, {"table": f"{source}.{table}"}).all():
            do(f"ALTER TABLE {schema}.{table} ADD CONSTRAINT {name} {rule}".replace("%", "%%"))
        for made in connection.execute(INDEXES, {"table": f"{source}.{table}"}).scalars():
            do(str(made).replace(f" ON {source}.", f" ON {schema}.", 1).replace("%", "%%"))
        do(f"ANALYZE {schema}.{table}")
    do(f"SET LOCAL search_path TO {schema}, {source}")
