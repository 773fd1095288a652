"""Judges the names that become tables and columns, so that no two things share one. Knows no database.

A table is called `app__object`, `app__object__lines` or `app__r_register`; a column as its field, or `field__part`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.definitions.building.drafts import Unsettled
from engine.definitions.desks import Desk
from engine.definitions.likes import MOST_TOGETHER
from engine.definitions.nodes import Map, Scalar
from engine.definitions.outlines import Thing, key_at
from engine.errors import Location

JOINED = re.compile(r".*__|.*_\Z", re.DOTALL)
INDEXES = re.compile(r"(ix|uq|pk|fk)(_|\Z)", re.IGNORECASE)  # how the names of indexes and constraints begin
APPS = frozenset({"absences", "people", "tasks"})             # `/api/people` belongs to no app,
OBJECTS = frozenset({"alerts", "docs", "instances", "periods", "query", "registers", "reports"})  # these to no object
LONGEST = 63                                                  # bytes of a column's name on PostgreSQL
MOST_KEYS = 15                                                # of a register: an index has 32 columns, a key up to two
COLUMNS = {
    "object": frozenset(
        {"id", "version", "state", "status", "creator", "created_at", "changed_by", "changed_at"}
        | {"ended_on", "ended_from", "search_text", "deleted_at", "archived_at", "anonymised_at", "purged_at"}
    ),
    "lines": frozenset({"id", "parent", "position"}),
    "register": frozenset({"id"}),
}


def check_names(desk: Desk, tree: Map) -> None:
    """Reports what could not be stored, or would be stored where something else is."""
    app = tree.get("app")
    if isinstance(app, Scalar):
        _check_written(desk, app.text, app.at)
        if "." in app.text:
            desk.report("E-KEY-007", f"the app's name `{app.text}` holds a dot", app.at, "write `_` instead")
        if INDEXES.match(app.text):
            hint = "ix, uq, pk and fk are how the database's own names begin: take another name"
            desk.report("E-KEY-007", f"an app cannot be called `{app.text}`", app.at, hint)
        if app.text in APPS:
            hint = f"`/api/{app.text}` means something else on every site: take another name"
            desk.report("E-KEY-007", f"an app cannot be called `{app.text}`", app.at, hint)
    tables: dict[str, str] = {}
    for thing, at in _stored(desk, tree):
        table = ("r_" if thing.kind == "register" else "") + thing.name.lower()
        if table in tables:
            message = f"`{thing.name}` and `{tables[table]}` would be kept in the same table"
            desk.report("E-APP-003", message, at, "take another name for one of them")
        tables.setdefault(table, thing.name)
        if thing.kind != "lines":
            _check_written(desk, thing.name.rpartition(".")[2], at)
        if thing.kind == "object" and thing.name in OBJECTS:
            hint = f"`/api/<app>/{thing.name}` means something else in every app: take another name, in the singular"
            desk.report("E-KEY-007", f"an object cannot be called `{thing.name}`", at, hint)
        _check_columns(desk, thing, at)


def _stored(desk: Desk, tree: Map) -> Iterator[tuple[Thing, Location]]:
    """What gets a table, registers last; with the place of its name."""
    things = [one for one in desk.outline.things.values() if one.name != "user"]
    for thing in things:
        if thing.kind == "object":
            yield thing, key_at(tree.get("objects"), thing.name)
        elif thing.kind == "lines":
            yield thing, thing.spec.at
    for thing in things:
        if thing.kind == "register":
            yield thing, key_at(tree.get("registers"), thing.name)


def _check_written(desk: Desk, name: str, at: Location) -> None:
    if JOINED.match(name):
        message = f"`{name}` holds `__` or ends with `_`: the database joins names in this way"
        desk.report("E-KEY-007", message, at, "write single `_` between words")


def _check_columns(desk: Desk, thing: Thing, at: Location) -> None:
    taken: dict[str, str] = {}
    for name, spec in thing.fields.items():
        _check_written(desk, name, spec.at)
        if name.lower() in COLUMNS[thing.kind] or (thing.kind == "register" and name.startswith("_")):
            message = f"`{name}` is a column that the engine itself keeps"
            desk.report("E-FLD-003", message, spec.at, "take another name")
        for column in _columns(desk, thing, name):
            if column in taken and taken[column] != name:
                message = f"`{name}` and `{taken[column]}` would be kept in the same column"
                hint = "take another name: case, and what follows after 63 bytes, do not count in a database"
                desk.report("E-APP-003", message, spec.at, hint)
            taken.setdefault(column, name)
        _check_length(desk, thing, name, spec.at)
    if thing.kind == "lines" and thing.owner_field.lower() == "to":
        desk.report("E-FLD-003", "lines cannot be called `to`: links are kept there", at, "take another name")
    _check_size(desk, thing, at)


def _check_length(desk: Desk, thing: Thing, name: str, at: Location) -> None:
    """A field of several columns whose second one would have too long a name."""
    field = desk.outline.field(thing.name, name)
    parts = () if field is None or isinstance(field, Unsettled) else field.column_names()
    beyond = max((len(one.encode("utf-8", "surrogatepass")) for one in parts if one != name), default=0) - LONGEST
    if beyond > 0:
        message = f"`{name}` is too long for a field that is kept in {len(parts)} columns"
        desk.report("E-KEY-007", message, at, f"take a name of {len(name.encode()) - beyond} bytes at most")


def _columns(desk: Desk, thing: Thing, name: str) -> set[str]:
    """The names of a field's columns as a database compares them."""
    field = desk.outline.field(thing.name, name)
    names = [name]
    if field is not None and not isinstance(field, Unsettled):
        names += field.column_names()
    return {one.lower().encode("utf-8", "surrogatepass")[:LONGEST].decode("utf-8", "ignore") for one in names}


def _check_size(desk: Desk, thing: Thing, at: Location) -> None:
    if thing.kind == "register":
        keys = thing.spec.get("keys")
        if isinstance(keys, Map) and len(keys.pairs) > MOST_KEYS:
            message = f"{thing.name} has {len(keys.pairs)} keys: a register has {MOST_KEYS} at most"
            desk.report("E-APP-007", message, at, "keep fewer of them, or link to an object that holds them")
    if len(thing.fields) > MOST_TOGETHER:
        message = f"{thing.name} has {len(thing.fields)} fields: {MOST_TOGETHER} is the most"
        desk.report("E-APP-007", message, at, "move some into lines, or into an object that is linked to")
