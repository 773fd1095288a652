"""Questions about the organisation: who has a role, who heads whom. Reads people, changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from engine.definitions.app import App
from engine.expressions.values import ErrorValue, Ref, Row, Value
from engine.runtime.storage import department_rows, flow_rows, people_rows
from engine.runtime.storage.flow_states import DECISIVE
from engine.runtime.storage.live import Tx
from engine.texts import say

DEEPEST = 20  # levels of departments; a circle in the data ends there
NO_FLOW = ErrorValue("#N/A", say(zh="该记录没有审批", en="There is no approval of this record"))


def role_with_includes(app: App, roles: Iterable[str]) -> frozenset[str]:
    """The roles and everything that they include."""
    found = set(roles)
    for role in list(found):
        found.update(app.roles[role].includes if role in app.roles else ())
    return frozenset(found)


def in_force(app: App, held: Mapping[str, int | None]) -> frozenset[str]:
    """The roles that somebody acts in, of those held (each with the record for which it is). One that stands for a
    record is nothing without it, also where another role includes it."""
    own = [name for name in held if name in app.roles]
    bare = {one.name for one in app.roles.values() if one.stands_for and held.get(one.name) is None}
    return role_with_includes(app, (name for name in own if name not in bare)) - bare


def stood_for(app: App, held: Mapping[str, int | None], member: str) -> tuple[bool, Ref | None]:
    """Whether some role stands for an object that `me` names so (`me.supplier`), and the record for which it is."""
    roles = [one for one in app.roles.values() if one.stands_for and one.stands_for.rpartition(".")[2] == member]
    found = (Ref(one.stands_for, record) for one in roles if (record := held.get(one.name)) is not None)
    return bool(roles), next(found, None)


def holders(app: App, role: str) -> list[str]:
    """The roles whose members count as holding `role`."""
    return [r.name for r in app.roles.values() if r.name == role or role in r.includes]


def has_role(tx: Tx, user: int, role: str) -> bool:
    return role in in_force(tx.app, people_rows.standing(tx.connection, user, tx.app.name)[1])


def with_role(tx: Tx, role: str) -> list[Ref]:
    """Active people who hold the role, also through a role that includes it."""
    return [Ref("user", id) for id in people_rows.with_roles(tx.connection, tx.app.name, holders(tx.app, role))]


def managers_of(tx: Tx, user: int) -> list[Ref]:
    """The heads above a person, nearest first; who heads the own department starts one level up. No one twice."""
    found = people_rows.user(tx.connection, user)
    departments = department_rows.all_by_name(tx.connection)
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


def heads_of(tx: Tx, department: str) -> list[Ref]:
    """The heads of a department and of those above it, nearest first; no one twice."""
    departments = department_rows.all_by_name(tx.connection)
    at: str | None = department
    heads: list[Ref] = []
    for _ in range(DEEPEST):
        if at is None or at not in departments:
            break
        head = departments[at]["head"]
        if head is not None and Ref("user", head) not in heads and _active(tx, head):
            heads.append(Ref("user", head))
        at = departments[at]["above"]
    return heads


def below(tx: Tx, names: Iterable[str]) -> set[str]:
    """Departments with all below them."""
    departments = department_rows.all_by_name(tx.connection)
    found = set(names)
    for _ in range(DEEPEST):
        wider = found | {name for name, row in departments.items() if row["above"] in found}
        if wider == found:
            break
        found = wider
    return found


def members_of(tx: Tx, departments: Iterable[str]) -> list[Ref]:
    """The active people of departments and of all below them, each once."""
    names = below(tx, departments)
    return [Ref("user", id) for id in department_rows.members(tx.connection, names)] if names else []


def in_position(tx: Tx, position: str, department: str | None) -> list[Ref]:
    """The active people who hold a position, of a department only with all below it."""
    if department is None:
        return [Ref("user", id) for id in department_rows.in_position(tx.connection, position)]
    names = below(tx, [department])
    return [Ref("user", id) for id in department_rows.members(tx.connection, names, position)]


def team(tx: Tx, user: int) -> list[Ref]:
    """A person and everybody in the departments that the person heads, with all below them."""
    return list(dict.fromkeys([Ref("user", user), *members_of(tx, department_rows.heads(tx.connection, user))]))


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


def _departments_of(tx: Tx, argument: Value) -> Value:
    id = _id(argument)
    return tuple(name for name, _ in department_rows.places_of(tx.connection, id)) if id is not None else ()


def _in_position(tx: Tx, argument: Value) -> Value:
    """Who holds a position; `argument` is the position, or it and a department."""
    position, at = argument if isinstance(argument, tuple) else (argument, None)
    if position is None or position == "":
        return ()
    name = _department(tx, at)
    if isinstance(name, ErrorValue):
        return name
    return () if name is None and isinstance(argument, tuple) else tuple(in_position(tx, str(position), name))


def departments(tx: Tx) -> list[str]:
    """The names of all departments, in their order."""
    return sorted(department_rows.all_by_name(tx.connection))


LISTS: Mapping[str, Callable[[Tx], list[str]]] = {"departments": departments}


def listed(tx: Tx, name: str) -> list[str]:
    """The values that a field bound to a list of the site may take."""
    return LISTS[name](tx)


def _department(tx: Tx, argument: Value) -> str | ErrorValue | None:
    """The department that an argument names: by its name, or the one of a person."""
    if argument is None or argument == "":
        return None
    if isinstance(argument, (Ref, Row)) and argument.object == "user":
        found = people_rows.user(tx.connection, argument.id or 0)
        return found["department"] if found is not None else None
    name = str(argument)
    if name in department_rows.all_by_name(tx.connection):
        return name
    return ErrorValue("#N/A", say(zh="没有部门“{name}”", en="There is no department '{name}'", name=name))


def _of_department(answer: Callable[[Tx, str], Value], nothing: Value) -> Callable[[Tx, Value], Value]:
    """A question about a department; without one the answer is `nothing`."""

    def ask(tx: Tx, argument: Value) -> Value:
        name = _department(tx, argument)
        return name if isinstance(name, ErrorValue) else nothing if name is None else answer(tx, name)

    return ask


def _head(tx: Tx, department: str) -> Value:
    head = department_rows.all_by_name(tx.connection)[department]["head"]
    return Ref("user", head) if head is not None and _active(tx, head) else None


def _decider(tx: Tx, argument: Value) -> Value:
    """Who decided a step last, in the newest approval of a record; `argument` is the record and the step's name."""
    record, step = argument if isinstance(argument, tuple) else (None, "")
    if not isinstance(record, Ref):
        return NO_FLOW
    for instance in flow_rows.instances_of(tx, record.object, record.id):
        state = flow_rows.load(tx, instance.id)
        done = [] if state is None else [
            task
            for task in state.tasks.values()
            if task.status == "done"
            and task.decision in DECISIVE
            and state.visits[task.visit].step == step
            and state.visits[task.visit].voided_by is None
        ]
        if done:
            last = max(done, key=lambda task: task.id)
            return Ref("user", last.done_by if last.done_by is not None else last.assignee)
        return None
    return NO_FLOW


def _chosen(tx: Tx, argument: Value) -> Value:
    """Whom somebody has chosen for a step of the newest approval of a record; nobody where nobody has."""
    record, step = argument if isinstance(argument, tuple) else (None, "")
    found = flow_rows.instances_of(tx, record.object, record.id) if isinstance(record, Ref) else []
    if not found:
        return NO_FLOW
    return tuple(Ref("user", user) for user in found[0].chosen.get(str(step), ()))


QUESTIONS: Mapping[str, Callable[[Tx, Value], Value]] = {
    "manager_of": _manager_of,
    "managers": _managers,
    "head": _of_department(_head, None),
    "heads": _of_department(lambda tx, name: tuple(heads_of(tx, name)), ()),
    "members": _of_department(lambda tx, name: tuple(members_of(tx, [name])), ()),
    "departments": _departments_of,
    "in_position": _in_position,
    "decider": _decider,
    "chosen": _chosen,
    "team": _team,
    "role": _role,
}


def answer(tx: Tx, question: str, argument: Value) -> Value:
    """The answer to a people function of the expression language."""
    return QUESTIONS[question](tx, argument)
