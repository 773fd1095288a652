"""SQL over departments: their tree and heads, who belongs to them in which position. A person has one main department
(`sys_user.department`) and any number of further ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, literal, select, union_all, update

from engine.runtime.storage.department_tables import MEMBERSHIPS
from engine.runtime.storage.live import Tx
from engine.runtime.storage.share_tables import SHARES
from engine.runtime.storage.system import DEPARTMENTS, USERS

Row = Mapping[Any, Any]
# Everybody's places: the main one and the further ones.
PLACES = union_all(
    select(USERS.c.id.label("user"), USERS.c.department.label("department"), USERS.c.position.label("position"))
    .where(USERS.c.department.is_not(None)),
    select(MEMBERSHIPS.c.user, MEMBERSHIPS.c.department, MEMBERSHIPS.c.position),
).subquery("places")


def all_by_name(connection: Connection) -> dict[str, Row]:
    """Every department by its name."""
    return {row["name"]: row for row in connection.execute(select(DEPARTMENTS)).mappings()}


def ensure(connection: Connection, name: str) -> bool:
    """Make the department if it does not exist; whether it was made."""
    if connection.execute(select(DEPARTMENTS.c.name).where(DEPARTMENTS.c.name == name)).first() is not None:
        return False
    connection.execute(insert(DEPARTMENTS).values(name=name))
    return True


def change(connection: Connection, name: str, values: Mapping[Any, Any]) -> None:
    """Change a department; a new name is carried into every place of people and of departments below."""
    connection.execute(update(DEPARTMENTS).where(DEPARTMENTS.c.name == name).values(**values))


def rename_shares(connection: Connection, name: str, new: str) -> None:
    """What is shared with a department stays shared with it under its new name."""
    mine = SHARES.c.kind == "department", SHARES.c.grantee == name
    connection.execute(update(SHARES).where(*mine).values(grantee=new))


def rename_values(tx: Tx, object: str, field: str, name: str, new: str) -> None:
    """What records say of a department in a field: its new name instead of the old one."""
    table = tx.live.tables.objects[object]
    tx.connection.execute(update(table).where(table.c[field] == name).values({field: new}))


def remove(connection: Connection, name: str) -> None:
    """Remove a department, with what is shared with it. Nobody may belong to it, nothing stand below it."""
    connection.execute(delete(SHARES).where(SHARES.c.kind == "department", SHARES.c.grantee == name))
    connection.execute(delete(DEPARTMENTS).where(DEPARTMENTS.c.name == name))


def above(user: ColumnElement[int]) -> Select[Any]:
    """The departments of a person and all above them; a circle in the data ends by itself."""
    mine = select(PLACES.c.department.label("name")).where(PLACES.c.user == user)
    found = mine.cte("upwards", recursive=True)
    further = select(DEPARTMENTS.c.above).join(found, DEPARTMENTS.c.name == found.c.name)
    found = found.union(further.where(DEPARTMENTS.c.above.is_not(None)))
    return select(found.c.name)


def upwards(connection: Connection, user: int) -> set[str]:
    """The names of a person's departments and of all above them."""
    return set(connection.execute(above(literal(user))).scalars())


def members(connection: Connection, departments: Iterable[str], position: str | None = None) -> list[int]:
    """The active people of these departments, ascending; with a position: who holds it there."""
    query = select(USERS.c.id).distinct().join(PLACES, PLACES.c.user == USERS.c.id).where(
        PLACES.c.department.in_(list(departments)), USERS.c.active.is_(True))
    if position is not None:
        query = query.where(PLACES.c.position == position)
    return list(connection.execute(query.order_by(USERS.c.id)).scalars())


def in_position(connection: Connection, position: str) -> list[int]:
    """The active people who hold a position anywhere, ascending; in the main place without a department, too."""
    further = select(MEMBERSHIPS.c.user).where(MEMBERSHIPS.c.position == position)
    query = select(USERS.c.id).where(
        (USERS.c.position == position) | USERS.c.id.in_(further), USERS.c.active.is_(True))
    return list(connection.execute(query.order_by(USERS.c.id)).scalars())


def places_of(connection: Connection, user: int) -> list[tuple[str, str]]:
    """The departments and positions of a person, the main one first, the further ones by name."""
    further = select(MEMBERSHIPS.c.department, MEMBERSHIPS.c.position).where(MEMBERSHIPS.c.user == user)
    main = select(USERS.c.department, USERS.c.position).where(USERS.c.id == user, USERS.c.department.is_not(None))
    return [
        (row.department, row.position)
        for query in (main, further.order_by(MEMBERSHIPS.c.department)) for row in connection.execute(query)
    ]


def further(connection: Connection) -> dict[int, list[tuple[str, str]]]:
    """The further departments and positions of everybody who has any, by name."""
    found: dict[int, list[tuple[str, str]]] = {}
    for row in connection.execute(select(MEMBERSHIPS).order_by(MEMBERSHIPS.c.user, MEMBERSHIPS.c.department)):
        found.setdefault(row.user, []).append((row.department, row.position))
    return found


def set_further(connection: Connection, user: int, places: Mapping[str, str]) -> None:
    """Let a person belong to these departments (name: position) besides the main one, and to no other."""
    connection.execute(delete(MEMBERSHIPS).where(MEMBERSHIPS.c.user == user))
    if places:
        rows = [{"user": user, "department": name, "position": held} for name, held in sorted(places.items())]
        connection.execute(insert(MEMBERSHIPS), rows)


def heads(connection: Connection, user: int) -> list[str]:
    """The departments that a person heads, by name."""
    query = select(DEPARTMENTS.c.name).where(DEPARTMENTS.c.head == user).order_by(DEPARTMENTS.c.name)
    return list(connection.execute(query).scalars())


def counts(connection: Connection) -> dict[str, int]:
    """How many active people belong to each department itself."""
    query = (
        select(PLACES.c.department, func.count()).join(USERS, USERS.c.id == PLACES.c.user)
        .where(USERS.c.active.is_(True)).group_by(PLACES.c.department)
    )
    return {name: int(count) for name, count in connection.execute(query)}


def belonging(connection: Connection, name: str) -> int:
    """How many people belong to a department itself, disabled ones too."""
    return int(connection.execute(
        select(func.count()).select_from(PLACES).where(PLACES.c.department == name)).scalar_one())


def positions(connection: Connection) -> list[str]:
    """Every position that somebody holds, by name."""
    query = union_all(select(USERS.c.position), select(MEMBERSHIPS.c.position)).subquery()
    held = select(query.c.position).distinct().where(query.c.position != "").order_by(query.c.position)
    return list(connection.execute(held).scalars())
