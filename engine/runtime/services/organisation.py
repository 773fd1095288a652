"""Questions about the organisation: who has a role, who heads whom. Reads people, changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from engine.definitions.app import App
from engine.expressions.values import Ref, Row, Value
from engine.runtime.storage import people_rows
from engine.runtime.storage.live import Tx

DEEPEST = 20  # levels of departments; a circle in the data ends there


def role_with_includes(app: App, roles: Iterable[str]) -> frozenset[str]:
    """The roles and everything that they include."""
    found = set(roles)
    for role in list(found):
        found.update(app.roles[role].includes if role in app.roles else ())
    return frozenset(found)


def holders(app: App, role: str) -> list[str]:
    """The roles whose members count as holding `role`."""
    return [r.name for r in app.roles.values() if r.name == role or role in r.includes]


def has_role(tx: Tx, user: int, role: str) -> bool:
    return role in role_with_includes(tx.app, people_rows.roles_of(tx.connection, user, tx.app.name))


def with_role(tx: Tx, role: str) -> list[Ref]:
    """Active people who hold the role, also through a role that includes it."""
    return [Ref("user", id) for id in people_rows.with_roles(tx.connection, tx.app.name, holders(tx.app, role))]


def managers_of(tx: Tx, user: int) -> list[Ref]:
    """The heads above a person, nearest first; who heads the own department starts one level up. No one twice."""
    found = people_rows.user(tx.connection, user)
    departments = people_rows.departments(tx.connection)
    at = found["department"] if found is not None else None
    heads: list[Ref] = []
    for _ in range(DEEPEST):
        if at is None or at not in departments:
            break
        head = departments[at]["head"]
        if head is not None and head != user and Ref("user", head) not in heads and _active(tx, head):
            heads.append(Ref("user", head))
        at = departments[at]["above"]
    return heads


def team(tx: Tx, user: int) -> list[Ref]:
    """A person and everybody in the departments that the person heads, with all below them."""
    departments = people_rows.departments(tx.connection)
    below = {name for name, row in departments.items() if row["head"] == user}
    for _ in range(DEEPEST):
        wider = below | {name for name, row in departments.items() if row["above"] in below}
        if wider == below:
            break
        below = wider
    found = people_rows.members(tx.connection, below) if below else []
    return [Ref("user", id) for id in dict.fromkeys([user, *found])]


def _active(tx: Tx, user: int) -> bool:
    found = people_rows.user(tx.connection, user)
    return found is not None and bool(found["active"])


def _id(value: Value) -> int | None:
    return value.id if isinstance(value, (Ref, Row)) else None


def _manager_of(tx: Tx, argument: Value) -> Value:
    id = _id(argument)
    managers = managers_of(tx, id) if id is not None else []
    return managers[0] if managers else None


def _managers(tx: Tx, argument: Value) -> Value:
    id = _id(argument)
    return tuple(managers_of(tx, id)) if id is not None else ()


def _team(tx: Tx, argument: Value) -> Value:
    id = _id(argument)
    return tuple(team(tx, id)) if id is not None else ()


def _role(tx: Tx, argument: Value) -> Value:
    return tuple(with_role(tx, str(argument)))


def departments(tx: Tx) -> list[str]:
    """The names of all departments, in their order."""
    return sorted(people_rows.departments(tx.connection))


LISTS: Mapping[str, Callable[[Tx], list[str]]] = {"departments": departments}


def listed(tx: Tx, name: str) -> list[str]:
    """The values that a field bound to a list of the site may take."""
    return LISTS[name](tx)


QUESTIONS: Mapping[str, Callable[[Tx, Value], Value]] = {
    "manager_of": _manager_of,
    "managers": _managers,
    "heads": _managers,
    "team": _team,
    "role": _role,
}


def answer(tx: Tx, question: str, argument: Value) -> Value:
    """The answer to a people function of the expression language."""
    return QUESTIONS[question](tx, argument)
