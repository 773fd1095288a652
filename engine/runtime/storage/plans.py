"""A schema change as a plan: what the published tables need, compared with what the database has. Applies nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

from sqlalchemy import Column, Connection, Index, Table, func, inspect, select, text
from sqlalchemy.engine.reflection import Inspector

from engine.definitions.app import App
from engine.runtime.storage import retyping
from engine.runtime.storage.stored_errors import is_error_column
from engine.runtime.storage.tables import LONGEST, Tables, identifier

Kind = Literal[
    "create table",
    "add column",
    "rename column",
    "rename table",
    "create index",
    "drop index",
    "archive column",
    "drop column",
    "change type",
    "convert column",
    "compute again",
]


@dataclass(frozen=True, slots=True)
class Operation:
    """One change. `rows` how many rows it touches; `risk` says what could be lost or why it fails, "" if it is safe;
    `fails` with a sample of the rows that stand in the way. `into`: under which name a column is archived; `shift`: by
    how many digits SQLite's scaled integers move. `changed` of the rows get another value, `samples` shows some;
    `tried`: in how many records that was found out, 0 = in all. `thing`: the object, lines or register."""

    kind: Kind
    table: str
    name: str = ""
    was: str = ""
    rows: int = 0
    risk: str = ""
    fails: tuple[str, ...] = ()
    into: str = ""
    shift: int = 0
    changed: int = 0
    tried: int = 0
    samples: tuple[str, ...] = ()
    thing: str = ""

    def __str__(self) -> str:
        target = f"{self.table}.{self.name}" if self.name else self.table
        renamed = f" (was {self.was})" if self.was else ""
        return (
            f"{self.kind} {target}{renamed}"
            + (f": {self.rows} rows" if self.rows else "")
            + (f", {self.changed or 'none'} change" if self.kind == "compute again" else "")
            + (f" - {self.risk}" if self.risk else "")
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes of one publishing, in the order in which they are applied."""

    operations: tuple[Operation, ...]

    @property
    def blocked(self) -> tuple[Operation, ...]:
        """Changes that the data as it is forbids."""
        return tuple(o for o in self.operations if o.fails)

    @property
    def risky(self) -> tuple[Operation, ...]:
        return tuple(o for o in self.operations if o.risk)

    def then(self, *more: Operation) -> Plan:
        """The plan with more at its end."""
        return Plan((*self.operations, *more))


def additive(plan: Plan) -> Plan:
    """What a plan adds, without what it takes away or changes."""
    kinds = ("create table", "add column", "create index")
    return Plan(tuple(o for o in plan.operations if o.kind in kinds and not o.fails))


def compare(connection: Connection, app: App, tables: Tables, former: Tables | None = None) -> Plan:
    """What must change so that the database has the tables of `app`; `former` are those of the live version."""
    inspector = inspect(connection)
    present = set(inspector.get_table_names())
    operations: list[Operation] = []
    kept = {} if former is None else dict(former.metadata.tables)
    for table in tables.metadata.sorted_tables:
        was = _former_table(app, tables, table, present)
        if table.name in present or was:
            if was:
                operations.append(Operation("rename table", table.name, was=was, rows=_count(connection, was)))
            operations.extend(_alterations(connection, inspector, app, tables, table, was or table.name, kept))
        else:
            operations.append(Operation("create table", table.name))
    return Plan(tuple(operations))


def _count(connection: Connection, table: str) -> int:
    return int(connection.execute(select(func.count()).select_from(text(f'"{table}"'))).scalar_one())


def _former_table(app: App, tables: Tables, table: Table, present: set[str]) -> str:
    """The old name of a table whose object says `was:` and that has not been renamed yet."""
    if table.name in present:
        return ""
    for name, candidate in tables.objects.items():
        if candidate is table and name in app.objects:
            obj = app.objects[name]
            owner = app.objects[obj.owner] if obj.owner else obj
            if owner.was:
                former = owner.was + name[len(owner.name) :]
                return identifier(app.name, former) if identifier(app.name, former) in present else ""
    return ""


def _alterations(
    connection: Connection, inspector: Inspector, app: App, tables: Tables, table: Table, actual: str,
    former: Mapping[str, Table],
) -> Iterator[Operation]:
    columns = {c["name"]: c for c in inspector.get_columns(actual)}
    renames = _renames(app, tables, table, columns)
    rows = _count(connection, actual)
    kept_as: Mapping[str, Column[Any]] = dict(former[actual].c) if actual in former else {}
    for column in table.columns:
        old = column.name if column.name in columns else renames.get(column.name, "")
        if old and old != column.name:
            yield Operation("rename column", table.name, column.name, old, rows)
        if old:
            place = actual, old
            yield from _type_change(connection, table, column, columns[old], place, kept_as.get(old), columns)
        else:
            yield Operation("add column", table.name, column.name, rows=rows)
    kept = {c.name for c in table.columns} | set(renames.values())
    for name in sorted(columns.keys() - kept):
        if is_error_column(name):              # stands beside a value, says nothing by itself
            yield Operation("drop column", table.name, name)
        elif not name.startswith("zz_"):
            filled = int(
                connection.execute(
                    select(func.count()).select_from(text(f'"{actual}"')).where(text(f'"{name}" IS NOT NULL'))
                ).scalar_one()
            )
            yield Operation(
                "archive column",
                table.name,
                name,
                rows=filled,
                risk="kept in the database, no longer shown" if filled else "",
                into=archived(name, columns),
            )
    yield from _indexes(connection, inspector, table, actual, columns)


def _renames(app: App, tables: Tables, table: Table, columns: Mapping[str, Any]) -> dict[str, str]:
    """New column → old column, by the fields' `was:`."""
    for name, candidate in tables.objects.items():
        if candidate is table and name in app.objects:
            return {
                f.name: f.was
                for f in app.objects[name].fields.values()
                if f.was and f.was in columns and f.name not in columns
            }
    return {}


def _family(kind: str) -> str:
    upper = kind.upper()
    if "TIMESTAMP" in upper or "DATETIME" in upper:
        return "moment"
    if upper.startswith("TIME"):               # PostgreSQL says TIME WITHOUT TIME ZONE, its reflection TIME
        return "time"
    for family, words in (
        ("text", ("CHAR", "TEXT")),
        ("number", ("INT", "NUMERIC", "DECIMAL")),
        ("date", ("DATE",)),
        ("boolean", ("BOOL",)),
    ):
        if any(word in upper for word in words):
            return family
    return upper.split("(")[0]


def archived(name: str, columns: Iterable[str]) -> str:
    """The name under which a column is kept, which none of the table has yet."""
    taken = set(columns)
    endings = ("" if number == 1 else f"_{number}" for number in count(1))
    names = (f"zz_{name}"[: LONGEST - len(end)] + end for end in endings)
    return next(one for one in names if one not in taken)


def _type_change(
    connection: Connection, table: Table, column: Column[Any], actual: Mapping[str, Any], place: tuple[str, str],
    former: Column[Any] | None, columns: Iterable[str],
) -> Iterator[Operation]:
    """`place`: table and column as the database has them now; `former`: the column of the live version."""
    wanted = column.type.compile(connection.dialect)
    table_now, name_now = place
    filled = int(
        connection.execute(
            select(func.count()).select_from(text(f'"{table_now}"')).where(text(f'"{name_now}" IS NOT NULL'))
        ).scalar_one()
    )
    if _family(wanted) == _family(str(actual["type"])):
        changed = retyping.change(connection, table_now, name_now, former, column) if former is not None else None
        if changed is not None:
            yield Operation(
                "convert column", table.name, column.name, changed.what, filled, fails=changed.fails,
                shift=changed.shift,
            )
        return
    fails = (f"{filled} values of the old type {actual['type']} stand in {table_now}.{name_now}",) if filled else ()
    yield Operation(
        "change type",
        table.name,
        column.name,
        str(actual["type"]),
        filled,
        "the type of a field with values cannot change" if filled else "",
        fails,
        into=archived(column.name, columns),
    )


def _indexes(
    connection: Connection, inspector: Inspector, table: Table, actual: str, columns: Mapping[str, Any]
) -> Iterator[Operation]:
    present = {index["name"] for index in inspector.get_indexes(actual)}
    wanted = {str(index.name): index for index in table.indexes}
    for name in sorted(
        str(n) for n in present - wanted.keys() if n is not None and str(n).startswith(("ix_", "uq_", "ix__", "uq__"))
    ):
        yield Operation("drop index", table.name, name)
    for name, index in wanted.items():
        if name not in present:
            yield Operation(
                "create index",
                table.name,
                name,
                fails=_duplicates(connection, actual, index, columns) if index.unique else (),
            )


def _duplicates(connection: Connection, actual: str, index: Index, columns: Mapping[str, Any]) -> tuple[str, ...]:
    """A sample of the values that stand in the way of a unique rule."""
    names = [c.name for c in index.columns]
    if any(name not in columns for name in names):
        return ()
    listed = ", ".join(f'"{name}"' for name in names)
    filled = " AND ".join(f'"{name}" IS NOT NULL' for name in names)
    alive = ' AND "deleted_at" IS NULL' if "deleted_at" in columns else ""
    query = text(
        f'SELECT {listed}, count(*) FROM "{actual}" WHERE {filled}{alive} GROUP BY {listed} HAVING count(*) > 1 LIMIT 5'
    )  # noqa: S608
    return tuple(_shown(row) for row in connection.execute(query))


def _shown(row: Sequence[Any]) -> str:
    return ", ".join(str(part) for part in row[:-1]) + f" occurs {row[-1]} times"
