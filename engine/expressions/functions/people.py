"""Functions about people, checks and records; what they ask is answered by the world. Knows no tables."""

from __future__ import annotations

from typing import Any

from engine.expressions.comparing import is_record, same_key
from engine.expressions.functions.base import Function, Param
from engine.expressions.members import along
from engine.expressions.scope import Frame
from engine.expressions.types import BOOLEAN, TEXT, USER, Type, list_of
from engine.expressions.values import Ref

PEOPLE = list_of(USER)


def as_ref(record: Any) -> Ref | None:
    """A record or link as a link."""
    if record is None or isinstance(record, Ref):
        return record
    return Ref(record.object, record.id) if is_record(record) else None


def has_role(frame: Frame, user: Any, role: str) -> bool:
    person = as_ref(user)
    return person is not None and frame.world.has_role(person, role)


def asked(question: str) -> Any:
    """The body of a question about the organisation."""

    def ask(frame: Frame, subject: Any = None) -> Any:
        return frame.world.people(question, as_ref(subject) if is_record(subject) else subject)

    return ask


def in_position(frame: Frame, position: str, *department: Any) -> Any:
    """Who holds a position, anywhere or in a department."""
    at = tuple(as_ref(one) if is_record(one) else one for one in department)
    return frame.world.people("in_position", (position, *at) if at else position)


def raised(frame: Frame, name: str) -> bool:
    return frame.world.raised(name)


def amended(frame: Frame, path: str) -> bool:
    """Whether the running change touches a field: `diff` names what changed, else the row is compared with what it
    was. A new record was nothing: nothing of it is amended."""
    changed = frame.names.get("diff")
    if changed is not None:
        names = [str(item) for item in changed]
        return any(name == path or name.startswith(path + ".") or path.startswith(name + ".") for name in names)
    if frame.old is None:
        return False
    now, before = (same_key(along(row, path.split("."), frame)) for row in (frame.this, frame.old))
    return bool(now != before)


def of_step(question: str) -> Any:
    """The body of a question about a step of the record's newest approval."""

    def ask(frame: Frame, step: str) -> Any:
        row = as_ref(frame.this)
        return frame.world.people(question, (row if row is not None and row.id is not None else None, step))

    return ask


def question(name: str, gives: Type, kind: Any = "user", **options: Any) -> Function:
    return Function(
        name,
        (Param("person" if kind == "user" else "department", kind),),
        gives,
        asked(name),
        frame=True,
        reads="@people",
        **options,
    )


PEOPLE_FUNCTIONS: tuple[Function, ...] = (
    Function("role", (Param("role", "role"),), PEOPLE, asked("role"), frame=True, reads="@people"),
    Function(
        "has_role", (Param("person", "user"), Param("role", "role")), BOOLEAN, has_role, frame=True, reads="@people"
    ),
    question("manager_of", USER),
    question("managers", PEOPLE),
    question("head", USER, "any"),
    question("heads", PEOPLE, "any"),
    question("team", PEOPLE),
    question("members", PEOPLE, "any"),
    question("departments", list_of(TEXT)),
    Function(
        "in_position", (Param("position", "text"), Param("department", "any", optional=True)), PEOPLE, in_position,
        frame=True, reads="@people",
    ),
    Function("decider", (Param("step", "word"),), USER, of_step("decider"), frame=True, reads="@flow"),
    Function("chosen", (Param("step", "word"),), PEOPLE, of_step("chosen"), frame=True, reads="@flow"),
    Function("raised", (Param("check", "word"),), BOOLEAN, raised, frame=True, reads="@raised"),
    Function("amended", (Param("field", "path"),), BOOLEAN, amended, frame=True, reads="@diff"),
)
