"""Tables and columns that get other names: which ones, and how, also where names swap or move on in a chain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Table, case, delete, insert, inspect, or_, select, update

from engine.definitions.renames import Renames
from engine.kinds.fields.base import Field
from engine.runtime.storage.alert_tables import ALERTS
from engine.runtime.storage.import_tables import IMPORTS
from engine.runtime.storage.operations import Operation
from engine.runtime.storage.stored_errors import error_column
from engine.runtime.storage.system import COUNTERS, NOTICES
from engine.runtime.storage.tables import LONGEST, RegisterTables, Tables, identifier

AWAY = "zz_on_its_way_"                        # before the names of what makes room for another


def parts(register: RegisterTables) -> tuple[Table, Table, Table]:
    return register.rows, register.moves, register.totals


def former_tables(renames: Renames, tables: Tables, present: set[str]) -> dict[str, str]:
    """New name → old name of the tables of objects, lines, fields of several links and registers that are renamed."""
    app = renames.after
    names = {
        table.name: identifier(app.name, renames.thing(thing))
        for thing, table in tables.objects.items() if thing in app.objects
    }
    for (thing, field), table in tables.links.items():
        names[table.name] = identifier(app.name, renames.thing(thing), "to", renames.field(thing, field))
    for name, made in tables.registers.items():
        was = "r_" + renames.thing(name)
        for table, ending in zip(parts(made), ((), ("move",), ("total",)), strict=True):
            names[table.name] = identifier(app.name, was, *ending)
    found = {new: old for new, old in names.items() if new != old and old in present}
    return found if renames.before is not None else {new: old for new, old in found.items() if new not in present}


def former_columns(renames: Renames, thing: str, columns: Mapping[str, Any]) -> dict[str, str]:
    """New column → old column of a thing's fields (keys and measures of a register) that are renamed."""
    found: dict[str, str] = {}
    for field in _fields(renames, thing):
        was = renames.field(thing, field.name)
        if was != field.name and was in columns and (renames.before is not None or field.name not in columns):
            earlier = replace(field, name=was)
            both = zip((*field.column_names(), error_column(field.name)),
                       (*earlier.column_names(), error_column(was)), strict=True)
            found |= {new: old for new, old in both if old in columns}
    return found


def _fields(renames: Renames, thing: str) -> Iterable[Field]:
    register = renames.after.registers.get(thing)
    if register is not None:
        return (*register.keys.values(), *register.measures.values())
    obj = renames.after.objects.get(thing)
    return () if obj is None else obj.fields.values()


def in_the_way(formerly: Mapping[str, str], present: set[str]) -> Iterator[Operation]:
    """Tables of what is gone, whose names others take: they are kept under names of their own."""
    for name in sorted(formerly.keys() & present - set(formerly.values())):
        into = next(one for n in range(1, 1000) if (one := f"zz_{name}"[: LONGEST - 4] + f"_{n}") not in present)
        yield Operation("archive table", name, into=into)


def rename_tables(connection: Connection, tables: Mapping[str, Table], operations: Iterable[Operation]) -> None:
    """Carry out all renames of tables: those in each other's way step aside first."""
    wanted = [o for o in operations if o.kind in ("archive table", "rename table")]
    for o in (o for o in wanted if o.kind == "archive table"):
        _rename_table(connection, o.table, o.into, None)
    renames = {o.table: o.was for o in wanted if o.kind == "rename table"}
    for new, now in _steps(renames):
        _rename_table(connection, now, new, tables.get(new))


def _steps(renames: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """New name, name at that moment: what has a name that another one wants makes room first."""
    aside = {old for old in renames.values() if old in renames}
    for old in sorted(aside):
        yield (AWAY + old)[:LONGEST], old
    for new, old in renames.items():
        yield new, (AWAY + old)[:LONGEST] if old in aside else old


def _rename_table(connection: Connection, old: str, new: str, table: Table | None) -> None:
    quote = connection.dialect.identifier_preparer.quote
    connection.exec_driver_sql(f"ALTER TABLE {quote(old)} RENAME TO {quote(new)}")
    if connection.dialect.name == "postgresql":  # its primary key is named after it, and would be in the way of another
        named = inspect(connection).get_pk_constraint(new)["name"]
        wanted = f"pk_{new}"[:LONGEST]
        if table is not None:
            wanted = str(connection.dialect.identifier_preparer.format_constraint(table.primary_key)).strip('"')
        if named and named != wanted:
            connection.exec_driver_sql(f"ALTER INDEX {quote(named)} RENAME TO {quote(wanted)}")


def rename_columns(connection: Connection, table: str, operations: Iterable[Operation]) -> None:
    """Carry out all renames of a table's columns, likewise."""
    quote = connection.dialect.identifier_preparer.quote
    renames = {o.name: o.was for o in operations if o.kind == "rename column" and o.table == table}
    for new, now in _steps(renames):
        connection.exec_driver_sql(f"ALTER TABLE {quote(table)} RENAME COLUMN {quote(now)} TO {quote(new)}")


def rename_states(connection: Connection, table: Table, codes: Mapping[str, str]) -> None:
    """Old name → new name of states, in every column that keeps one."""
    for kept in (table.c.state, table.c.status, table.c.ended_from):
        now = case(codes, value=kept, else_=kept)
        connection.execute(update(table).where(kept.in_(list(codes))).values({kept.name: now}))


def rename_kept(connection: Connection, renames: Renames) -> None:
    """What the site keeps by the names of objects: counters of number series, notices, alerts, imports."""
    app, things = renames.after.name, renames.things()
    back = {old: new for new, old in things.items()}
    for table in (NOTICES, ALERTS, IMPORTS) if back else ():
        kept = table.c.object
        query = update(table).where(table.c.app == app, kept.in_(list(back)))
        connection.execute(query.values(object=case(back, value=kept, else_=kept)))
    series = {}
    for thing, obj in renames.after.objects.items():
        for field in (one.name for one in obj.fields.values() if one.kind == "autonumber"):
            was = f"{renames.thing(thing)}.{renames.field(thing, field)}"
            if was != f"{thing}.{field}":
                series[was] = f"{thing}.{field}"
    if series:
        _rename_series(connection, app, series)


def _rename_series(connection: Connection, app: str, names: Mapping[str, str]) -> None:
    rows = connection.execute(select(COUNTERS.c.series, COUNTERS.c.last).where(COUNTERS.c.app == app)).all()
    moved = [(row[0], row[1]) for row in rows if str(row[0]).partition(":")[0] in names]
    fresh = {names[kept.partition(":")[0]] + kept[len(kept.partition(":")[0]):]: last for kept, last in moved}
    gone = [*(kept for kept, _ in moved), *fresh]
    connection.execute(delete(COUNTERS).where(COUNTERS.c.app == app, COUNTERS.c.series.in_(gone)))
    for kept, last in fresh.items():
        connection.execute(insert(COUNTERS).values(app=app, series=kept, last=last))


def renumber(connection: Connection, moves: Table, object: int, rules: Mapping[int, int], each: int) -> None:
    """Old number → new number of the posting rules of an object, in what they have booked; `each` is how many numbers
    a rule has for its rows."""
    rule = moves.c["_rule"]
    found = [(rule.between(old * each, old * each + each - 1), rule + (new - old) * each) for old, new in rules.items()]
    query = update(moves).where(moves.c["_obj"] == object, or_(*(of for of, _ in found)))
    connection.execute(query.values({"_rule": case(*found, else_=rule)}))
