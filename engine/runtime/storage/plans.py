"""A schema change as a plan: what the published tables need, compared with what the database has. Applies nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from sqlalchemy import Column, Connection, Index, Table, func, inspect, select, text
from sqlalchemy.engine.reflection import Inspector

from engine.definitions.app import App
from engine.definitions.renames import Renames
from engine.runtime.storage import refitting, renaming, retyping
from engine.runtime.storage.live import Live
from engine.runtime.storage.operations import Operation, Plan
from engine.runtime.storage.refitting import Archived, Earlier, Refit
from engine.runtime.storage.relinking import Names
from engine.runtime.storage.stored_errors import is_error_column
from engine.runtime.storage.tables import LONGEST, Tables
from engine.texts import Text, say

ANOTHER = say(
    zh="给登记簿另起名称：新的登记簿由 `formwork verify --repair` 按全部单据记账，旧的保留在数据库中",
    en="give the register another name: `formwork verify --repair` books the new one from all documents; the old one "
       "stays in the database",
)
FILLING = ("fill default", "fill links", "fill states", "compute default")
__all__ = ["Operation", "Plan", "additive", "archived", "compare", "rows_in"]


def additive(plan: Plan) -> Plan:
    """What a plan adds, without what it takes away or changes."""
    kinds = ("create table", "add column", "create index")
    return Plan(tuple(o for o in plan.operations if o.kind in kinds and not o.fails))


def compare(
    connection: Connection, app: App, tables: Tables, former: Live | None = None, earlier: Earlier = lambda *_: None,
    names: Names | None = None,
) -> Plan:
    """What must change so that the database has the tables of `app`; `former` is the live version, `earlier` finds
    what an archived column was, `names` what records are called."""
    inspector = inspect(connection)
    present = set(inspector.get_table_names())
    renames = Renames(None if former is None else former.app, app)
    things = {table.name: name for name, table in tables.objects.items() if name in app.objects}
    registers = {table.name: name for name, made in tables.registers.items() for table in renaming.parts(made)}
    formerly = renaming.former_tables(renames, tables, present)
    operations = list(renaming.in_the_way(formerly, present))
    for table in tables.metadata.sorted_tables:
        was = formerly.get(table.name, "")
        if not was and (table.name not in present or table.name in formerly.values()):
            operations.append(Operation("create table", table.name, thing=things.get(table.name, "")))
            continue
        if was:
            operations.append(Operation("rename table", table.name, was=was, rows=rows_in(connection, was)))
        actual = was or table.name
        columns = {c["name"]: c for c in inspector.get_columns(actual)}
        thing = things.get(table.name, "")
        refit = _refit(connection, renames, thing, table.name, actual, columns, former, names)
        moved = renaming.former_columns(renames, thing or registers.get(table.name, ""), columns)
        moved = {new: old for new, old in moved.items() if new in table.c}
        made = list(_alterations(connection, table, actual, columns, former, refit, earlier, moved))
        operations += sorted(made, key=_turn)
        anew = {o.name for o in made if o.into and o.kind in ("convert values", "change type")}
        operations += _indexes(connection, inspector, table, actual, columns, anew, moved)
        if table.name in registers:
            operations += _keys_changed(connection, inspector, table, actual, moved)
    named = {**registers, **things, **{table.name: pair[0] for pair, table in tables.links.items()}}
    operations.sort(key=_phase)
    return Plan(tuple(replace(o, thing=o.thing or named.get(o.table, "")) for o in operations))


def _phase(operation: Operation) -> int:
    """Indexes go first and come last: their names, and what they say of values, are of the whole."""
    return 0 if operation.kind == "drop index" else 3 if operation.kind == "create index" else (
        1 if operation.kind in ("archive table", "rename table") else 2
    )


def _keys_changed(
    connection: Connection, inspector: Inspector, table: Table, actual: str, moved: Mapping[str, str]
) -> Iterator[Operation]:
    """A register whose rows are told apart by other keys: its index is made anew. Booked rows stand in the way, unless
    keys only come: what is booked lies at the blank one until its documents are booked again."""
    found = {index["name"]: index["column_names"] for index in inspector.get_indexes(actual)}
    unique = [str(name) for name, one in found.items() if str(name).startswith("uq_")]
    for index in (index for index in table.indexes if index.unique and unique):
        held = found[unique[0]]
        if held == [moved.get(column.name, column.name) for column in index.columns]:
            continue
        wanted = {moved.get(column.name, column.name) for column in index.columns}
        count = 0 if set(filter(None, held)) <= wanted else rows_in(connection, actual)
        here = index.name in found             # else the register is renamed too, and its indexes are made anew anyway
        if here:
            yield Operation("drop index", table.name, str(index.name))
        yield Operation(
            "create index" if here else "look at values", table.name, str(index.name), rows=count, hint=ANOTHER,
            fails=(f"{count} balances are kept by the keys from before",) if count else (),
            reasons=(say(zh="{n} 个余额按原来的键保存", en="{n} balances are kept by the keys from before", n=count),)
            if count else (),
        )


def _turn(operation: Operation) -> int:
    """What is archived makes room for names, which are given next; values are filled in last."""
    turns = {"archive column": 0, "drop column": 0, "rename column": 1, **dict.fromkeys(FILLING, 3)}
    return turns.get(operation.kind, 2)


def _refit(
    connection: Connection, renames: Renames, thing: str, table: str, actual: str, columns: Mapping[str, Any],
    former: Live | None, names: Names | None,
) -> Refit | None:
    """An object beside what it was; None for the tables of registers and links."""
    if not thing:
        return None
    things = {} if former is None else former.app.objects
    was = things.get(renames.thing(thing))
    app = renames.after
    return Refit(connection, app, app.objects[thing], table, actual, columns, former, was, renames, names)


def rows_in(connection: Connection, table: str) -> int:
    """How many rows a table has."""
    return int(connection.execute(select(func.count()).select_from(text(f'"{table}"'))).scalar_one())


def _filled(connection: Connection, table: str, name: str) -> int:
    query = select(func.count()).select_from(text(f'"{table}"')).where(text(f'"{name}" IS NOT NULL'))
    return int(connection.execute(query).scalar_one())


def _alterations(
    connection: Connection, table: Table, actual: str, columns: Mapping[str, Any], former: Live | None,
    refit: Refit | None, earlier: Earlier, renames: Mapping[str, str],
) -> Iterator[Operation]:
    """What becomes of the columns of a table; `renames`: new name → old name."""
    rows = rows_in(connection, actual)
    known = {} if former is None else former.tables.metadata.tables
    kept_as: Mapping[str, Column[Any]] = dict(known[actual].c) if actual in known else {}
    moved, used, fresh = set(renames.values()), set[str](), set[str]()
    for column in table.columns:
        old = renames.get(column.name) or (column.name if column.name in columns and column.name not in moved else "")
        if old and old != column.name:
            yield Operation("rename column", table.name, column.name, old, rows)
        if old:
            used.add(old)
            yield from _change(refit, connection, table, column, columns, (actual, old), kept_as.get(old))
        else:
            found = _returning(refit, column, columns, earlier)
            if found is None or found.column is None:
                fresh.add(column.name)
                why = _stays(refit, column.name) if found is None else found.why
                yield Operation("add column", table.name, column.name, rows=rows, hint=why)
            else:
                used.add(found.name)
                filled = _filled(connection, actual, found.name)
                yield Operation("restore column", table.name, column.name, found.name, filled)
                yield from _change(refit, connection, table, column, columns, (actual, found.name), found.column)
    for field in () if refit is None else refit.obj.fields.values():
        if refit is not None and field.stored and field.name in table.c:
            yield from refitting.defaults(refit, field, fresh=fresh >= set(field.column_names()))
    yield from () if refit is None else (*refitting.states(refit), *refitting.alone(refit))
    yield from _taken_away(connection, table, actual, columns, used)


def _stays(refit: Refit | None, name: str) -> Text | None:
    """Why a new field does not take over the values of the name that it says it had: that is a field's name still."""
    field = refit.obj.fields.get(name) if refit is not None else None
    if refit is None or field is None or refit.was is None:
        return None
    if not (field.was and field.was in refit.was.fields and field.was in refit.obj.fields):
        return None
    return say(
        zh="“{was}”仍是字段，值留在那里，{name} 起初为空；若要改名并另设新的 {was}：先只发布改名，再加新字段",
        en="`{was}` is still a field and keeps its values, `{name}` starts blank; to rename it and add a new `{was}`, "
        "publish the rename alone first, then the new field",
        was=field.was, name=name,
    )


def _returning(
    refit: Refit | None, column: Column[Any], columns: Mapping[str, Any], earlier: Earlier
) -> Archived | None:
    field = None if refit is None else refit.obj.fields.get(column.name)
    return None if refit is None or field is None else refitting.archived(refit, field, columns, earlier)


def _taken_away(
    connection: Connection, table: Table, actual: str, columns: Mapping[str, Any], kept: set[str]
) -> Iterator[Operation]:
    """Columns that the new version has no more."""
    for name in sorted(columns.keys() - kept):
        if is_error_column(name):              # stands beside a value, says nothing by itself
            yield Operation("drop column", table.name, name)
        elif not name.startswith("zz_"):
            filled = _filled(connection, actual, name)
            yield Operation(
                "archive column",
                table.name,
                name,
                rows=filled,
                risk="kept in the database, no longer shown" if filled else "",
                into=archived(name, columns),
            )


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


def _change(
    refit: Refit | None, connection: Connection, table: Table, column: Column[Any], columns: Mapping[str, Any],
    place: tuple[str, str], former: Column[Any] | None,
) -> Iterator[Operation]:
    """How the values of a column change; `place`: table and column as the database has them now; `former`: the column
    of the version that wrote them."""
    table_now, name_now = place
    same = _family(column.type.compile(connection.dialect)) == _family(str(columns[name_now]["type"]))
    field = None if refit is None else refit.obj.fields.get(column.name)
    into = archived(column.name, columns)
    retyped = retyping.change(connection, table_now, name_now, former, column) if same and former is not None else None
    if field is not None and field.computed and (not same or (retyped is not None and retyped.fails)):
        yield Operation("change type", table.name, column.name, str(columns[name_now]["type"]), into=into)
        return
    if refit is not None and field is not None and former is not None:
        made = list(refitting.values(refit, field, former, name_now, same, into))
        yield from made
        if any(o.kind in ("convert values", "change type") for o in made):
            return
    filled = _filled(connection, table_now, name_now)
    if same:
        if retyped is not None:
            yield Operation(
                "convert column", table.name, column.name, retyped.what, filled, fails=retyped.fails,
                shift=retyped.shift,
            )
        return
    kind = columns[name_now]["type"]
    yield Operation(
        "change type", table.name, column.name, str(kind), filled,
        "the type of a field with values cannot change" if filled else "",
        (f"{filled} values of the old type {kind} stand in {table_now}.{name_now}",) if filled else (), into=into,
    )


def _indexes(
    connection: Connection, inspector: Inspector, table: Table, actual: str, columns: Mapping[str, Any],
    anew: set[str], moved: Mapping[str, str],
) -> Iterator[Operation]:
    """Indexes that go and come. Those over columns that are made `anew` stay with the archived ones otherwise; `moved`:
    new name → old name of columns."""
    present = {index["name"]: index["column_names"] for index in inspector.get_indexes(actual)}
    wanted = {str(index.name): index for index in table.indexes}
    for name in sorted(
        str(n) for n in present - wanted.keys() if n is not None and str(n).startswith(("ix_", "uq_", "ix__", "uq__"))
    ):
        yield Operation("drop index", table.name, name)
    for name, index in sorted(wanted.items()):
        stays = anew.isdisjoint(c.name for c in index.columns)
        if stays and moved and name in present:
            stays = list(present[name]) == [moved.get(c.name, c.name) for c in index.columns]
        if name in present and not stays:
            yield Operation("drop index", table.name, name)
        if name not in present or not stays:
            yield Operation(
                "create index",
                table.name,
                name,
                fails=_duplicates(connection, actual, index, columns) if index.unique and stays else (),
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
