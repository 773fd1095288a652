"""From a compiled app to its tables: one per object, one per lines field, three per register. Executes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import Column, Date, Index, Integer, MetaData, SmallInteger, String, Table, Text, text

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.definitions.registers import Register
from engine.kinds.fields.base import Field
from engine.kinds.fields.links import Links
from engine.runtime.storage import system
from engine.runtime.storage.moments import Moment
from engine.runtime.storage.stored_errors import error_column

LONGEST = 63  # bytes of an identifier on PostgreSQL


def identifier(*parts: str) -> str:
    """A name for the database: the parts joined, shortened with a digest where it would be too long."""
    name = "__".join(parts).replace(".", "__").lower()
    if len(name.encode()) <= LONGEST:
        return name
    return name[:50] + "_" + hashlib.sha256(name.encode()).hexdigest()[:10]


@dataclass(frozen=True, slots=True)
class RegisterTables:
    """`rows` hold the balances of every level, `moves` the movements (append only), `totals` the sums by month."""

    rows: Table
    moves: Table
    totals: Table


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables of one app, by the names of the definition."""

    metadata: MetaData
    objects: Mapping[str, Table]
    registers: Mapping[str, RegisterTables]
    links: Mapping[tuple[str, str], Table]     # (object, field that holds several links) → the pairs


def build(app: App) -> Tables:
    """The tables of `app`; the builtin `user` is the site's own table."""
    metadata = MetaData(naming_convention=system.NAMING)
    objects: dict[str, Table] = {"user": system.USERS}
    for obj in app.objects.values():
        if obj.name not in objects:
            objects[obj.name] = _object_table(app, obj, metadata)
    registers = {r.name: _register_tables(app, r, metadata) for r in app.registers.values()}
    links = {
        (obj.name, field.name): _pairs_table(app, obj, field, metadata)
        for obj in app.objects.values()
        for field in obj.fields.values()
        if isinstance(field, Links) and field.stored
    }
    return Tables(metadata, MappingProxyType(objects), MappingProxyType(registers), MappingProxyType(links))


def _pairs_table(app: App, obj: Object, field: Links, metadata: MetaData) -> Table:
    """Which records (or lines) `owner` link to which `target`; `of` is the number of the target's object."""
    name = identifier(app.name, obj.name, "to", field.name)
    owner, target = Column("owner", system.BIG, nullable=False), Column("target", system.BIG, nullable=False)
    table = Table(name, metadata, system.identity(), owner, target, Column("of", SmallInteger, nullable=False))
    Index(identifier("uq", name), table.c.owner, table.c.target, table.c.of, unique=True)
    Index(identifier("ix", name), table.c.target, table.c.of)
    return table


def field_columns(field: Field) -> tuple[Column[Any], ...]:
    """The columns of a stored field; which object a link to one of several names is kept as the object's number."""
    return tuple(Column(c.name, SmallInteger) if c.name.endswith("__of") else c for c in field.columns())


def _stored_columns(field: Field) -> tuple[Column[Any], ...]:
    """The columns of a field of an object; a formula that can be an error has one more for that."""
    return (*field_columns(field), *([Column(error_column(field.name), Text)] if field.may_fail else ()))


def _object_table(app: App, obj: Object, metadata: MetaData) -> Table:
    own = [c for f in obj.fields.values() if f.stored and f.kind != "lines" for c in _stored_columns(f)]
    table = Table(identifier(app.name, obj.name), metadata, system.identity(), *_system_columns(obj), *own)
    for link in obj.fields.values():
        if link.kind in ("link", "user") and link.stored:
            Index(identifier("ix", app.name, obj.name, link.name), table.c[link.name])
    _unique_indexes(app, obj, table)
    _view_indexes(app, obj, table)
    return table


def _system_columns(obj: Object) -> list[Column[Any]]:
    if obj.owner:
        return [
            Column("parent", system.BIG, nullable=False, index=True),
            Column("position", Integer, nullable=False),
        ]
    columns: list[Column[Any]] = [
        Column("version", Integer, nullable=False),
        Column("state", String(63), nullable=False, server_default=""),
        Column("status", String(63), nullable=False, server_default="", index=bool(obj.states)),
        Column("creator", system.BIG),
        Column("created_at", Moment, nullable=False),
        Column("changed_by", system.BIG),
        Column("changed_at", Moment, nullable=False),
        Column("ended_on", Date),
        Column("ended_from", String(63)),
        Column("search_text", Text, nullable=False, server_default=""),
        Column("deleted_at", Moment),          # when it went into the bin
        Column("archived_at", Moment),
        Column("anonymised_at", Moment),
        Column("purged_at", Moment),           # when it left the bin for good: the row stays, blank
    ]
    return columns


def _view_indexes(app: App, obj: Object, table: Table) -> None:
    """An index for each order in which a list is declared to stand and for each day by which a calendar or timeline is
    read, so that a page costs the same at any size; and one for row rules that ask who made a record (links and people
    among the fields have theirs)."""
    firsts = {view.sort[0].lstrip("-") for view in obj.views.values() if view.kind == "list" and view.sort}
    firsts |= {view.columns[0] for view in obj.views.values() if view.kind in ("calendar", "timeline") and view.columns}
    for name in sorted(firsts & set(table.c.keys())):
        if name != "id" and not any(list(index.columns)[0] is table.c[name] for index in table.indexes):
            Index(identifier("ix", app.name, obj.name, name, "id"), table.c[name], table.c.id)
    permissions = (p for grant in app.grants.get(obj.name, ()) for p in grant.verbs.values())
    if any(path[0] == "creator" for p in permissions if p.when is not None for path in p.when.reads):
        Index(identifier("ix", app.name, obj.name, "creator"), table.c.creator)


def _unique_indexes(app: App, obj: Object, table: Table) -> None:
    """Partial unique indexes: blank values never collide, nor do records in the bin."""
    alone = [(f.name,) for f in obj.fields.values() if f.unique and f.stored and f.type.name != "range"]
    plain = [u.fields for u in obj.unique if u.when is None and not u.ranged and not u.warning]
    groups = [names for names in plain if all("." not in name for name in names)]
    for names in (*alone, *groups):
        columns = [table.c[c.name] for name in names for c in obj.fields[name].columns()]
        where = text(
            " AND ".join([f'"{c.name}" IS NOT NULL' for c in columns] + ([] if obj.owner else ["deleted_at IS NULL"]))
        )
        Index(
            identifier("uq", app.name, obj.name, *names),
            *columns,
            unique=True,
            postgresql_where=where,
            sqlite_where=where,
        )


def key_columns(field: Field) -> tuple[Column[Any], ...]:
    """The columns of a register's key: never NULL (NULL would defeat the unique index), see `register_keys`."""
    found: list[Column[Any]] = []
    for column in field_columns(field):
        numeric = field.type.name in ("record", "boolean", "number")
        default = "0" if numeric else "''"
        kind = Date if field.kind == "date" else column.type
        found.append(
            Column(
                column.name,
                kind,
                nullable=False,
                server_default=text("'0001-01-01'" if field.kind == "date" else default),
            )
        )
    return tuple(found)


def _register_tables(app: App, register: Register, metadata: MetaData) -> RegisterTables:
    name = "r_" + register.name                # the engine's own columns start with `_`, which no key or measure does
    keys = [c for f in register.keys.values() for c in key_columns(f)]
    rows = Table(
        identifier(app.name, name),
        metadata,
        system.identity(),
        Column("_level", SmallInteger, nullable=False),
        *keys,
        *_measures(register),
        Column("_version", system.BIG, nullable=False, server_default="0"),
        Column("_last_on", Date),
        postgresql_with={"fillfactor": 75},
    )
    Index(identifier("uq", app.name, name), rows.c["_level"], *(rows.c[c.name] for c in keys), unique=True)
    moves = Table(
        identifier(app.name, name, "move"),
        metadata,
        system.identity(),
        Column("_row", system.BIG, nullable=False),
        Column("_on_day", Date, nullable=False),
        Column("_for_day", Date, nullable=False),
        Column("_obj", SmallInteger, nullable=False),
        Column("_doc", system.BIG, nullable=False),
        Column("_line", system.BIG, nullable=False, server_default="0"),
        Column("_rule", Integer, nullable=False),
        Column("_actor", system.BIG),
        Column("_booked_at", Moment, nullable=False),
        *_measures(register),
    )
    Index(identifier("ix", app.name, name, "doc"), moves.c["_obj"], moves.c["_doc"], moves.c["_line"])
    Index(identifier("ix", app.name, name, "row"), moves.c["_row"], moves.c["_on_day"], moves.c.id)
    totals = Table(
        identifier(app.name, name, "total"),
        metadata,
        Column("_row", system.BIG, primary_key=True, autoincrement=False),
        Column("_month", Integer, primary_key=True, autoincrement=False),  # 202603
        *_measures(register),
        sqlite_with_rowid=False,
    )
    return RegisterTables(rows, moves, totals)


def _measures(register: Register) -> list[Column[Any]]:
    return [
        Column(c.name, c.type, nullable=False, server_default="0")
        for field in register.measures.values()
        for c in field.columns()
    ]
