"""Departments of the site: their tree, their heads, who belongs to them. Knows people's rows, no request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from engine.errors import FieldError, Invalid, NotFound
from engine.runtime.services import events
from engine.runtime.services.identity.people import Person
from engine.runtime.services.site import Site
from engine.runtime.storage import department_rows, people_rows
from engine.runtime.storage.actors import SERVICE
from engine.texts import Text, say

LONGEST = 200                                  # characters of a name


@dataclass(frozen=True, slots=True)
class Unit:
    """A department in its place: `depth` levels below the top; `people` active ones belong to it itself."""

    name: str
    depth: int
    above: str
    head: int | None
    people: int


def tree(site: Site) -> list[Unit]:
    """Every department, each followed by those below it; alphabetical on each level."""
    with site.database.read() as connection:
        rows, counts = department_rows.all_by_name(connection), department_rows.counts(connection)
    below: dict[str | None, list[str]] = {}
    for name in sorted(rows):
        below.setdefault(rows[name]["above"], []).append(name)
    found: dict[str, Unit] = {}

    def walk(name: str, depth: int) -> None:
        if name not in found:
            found[name] = Unit(name, depth, rows[name]["above"] or "", rows[name]["head"], counts.get(name, 0))
            for inner in below.get(name, ()):
                walk(inner, depth + 1)

    for name in [*below.get(None, ()), *sorted(rows)]:     # a circle in old data hangs below nothing: told, too
        walk(name, 0)
    return list(found.values())


def save(site: Site, known: str, name: str, *, above: str = "", head: str = "", by: Person | None = None) -> None:
    """Make a department (`known` blank) or change one: its name, the one above, its head (a login). A new name is
    carried into people, shares and the records that name it. Raises `Invalid` and `NotFound`."""
    with site.database.write() as connection:
        rows = department_rows.all_by_name(connection)
        if known and known not in rows:
            raise missing(known)
        values = _checked(connection, rows, known, name, above, head)
        if not known:
            department_rows.ensure(connection, name)
            department_rows.change(connection, name, values)
            events.note(connection, site.now(), "department_added", by=by, subject=name, above=above, head=head)
            return
        changed = {key: value for key, value in {"name": name, **values}.items() if rows[known][key] != value}
        if not changed:
            return
        department_rows.change(connection, known, changed)
        if "name" in changed:
            department_rows.rename_shares(connection, known, name)
            _rename_in_records(site, connection, known, name)
        told = {"before": known, "after": name} if "name" in changed else {}
        events.note(connection, site.now(), "department_changed", by=by, subject=name, above=above, head=head, **told)


def _rename_in_records(site: Site, connection: Connection, name: str, new: str) -> None:
    """Records keep departments by name: they name it as it is called now."""
    for live in site.apps_in(connection):
        tx = site.seen(connection, live, SERVICE)
        for obj in live.app.objects.values():
            for field in obj.fields.values():
                if field.kind == "department" and field.stored:
                    department_rows.rename_values(tx, obj.name, field.name, name, new)


def _checked(
    connection: Connection, rows: Mapping[str, Mapping[Any, Any]], known: str, name: str, above: str, head: str
) -> dict[str, Any]:
    """What is written of a department but its name. Raises `Invalid` with every error at its control."""
    wrong: dict[str, Text] = {}
    if not name or len(name) > LONGEST:
        wrong["name"] = say(zh="名称应有 1 到 {n} 个字符", en="A name has 1 to {n} characters", n=LONGEST)
    elif name != known and name in rows:
        wrong["name"] = say(zh="已有部门“{name}”", en="There is a department “{name}” already", name=name)
    if above and above not in rows:
        wrong["above"] = _none_called(above)
    elif known and above and known in _upwards(rows, above):
        wrong["above"] = say(zh="“{above}”是它自己或它的下级", en="“{above}” is itself or below it", above=above)
    row = people_rows.user_by_login(connection, head) if head else None
    if head and (row is None or not row["active"]):
        wrong["head"] = say(zh="没有在用的账号 {login}", en="There is no active account {login}", login=head)
    if wrong:
        errors = [FieldError(field, text) for field, text in wrong.items()]
        raise Invalid(errors[0].message, errors=errors)
    return {"above": above or None, "head": None if row is None else row["id"]}


def _upwards(rows: Mapping[str, Mapping[Any, Any]], name: str) -> set[str]:
    """A department and all above it."""
    found: set[str] = set()
    at: str | None = name
    while at is not None and at in rows and at not in found:
        found.add(at)
        at = rows[at]["above"]
    return found


def remove(site: Site, name: str, by: Person | None = None) -> None:
    """Remove a department to which nobody belongs and below which nothing stands. Raises `Invalid` and `NotFound`."""
    with site.database.write() as connection:
        rows = department_rows.all_by_name(connection)
        if name not in rows:
            raise missing(name)
        lower = sorted(one for one, row in rows.items() if row["above"] == name)
        people = department_rows.belonging(connection, name)
        if lower:
            raise Invalid(say(
                zh="“{name}”还有下级部门：{lower}。请先移动或删除它们", name=name, lower="、".join(lower),
                en="Other departments stand below “{name}”: {list}. Move or remove them first", list=", ".join(lower),
            ))
        if people:
            raise Invalid(say(
                zh="“{name}”还有 {n} 人（含已停用账号）。请先把他们调到别的部门", name=name, n=people,
                en="{n} people, disabled ones included, belong to “{name}”. Move them first",
            ))
        department_rows.remove(connection, name)
        events.note(connection, site.now(), "department_removed", by=by, subject=name)


def missing(name: str) -> NotFound:
    """The refusal of a department that is not there."""
    return NotFound(_none_called(name))


def _none_called(name: str) -> Text:
    return say(zh="没有部门“{name}”", en="There is no department “{name}”", name=name)


def check_places(site: Site, main: str, further: Mapping[str, str]) -> None:
    """Whether somebody may belong to these departments. Raises `Invalid`."""
    with site.database.read() as connection:
        known = department_rows.all_by_name(connection)
    unknown = next((name for name in (main, *further) if name and name not in known), None)
    text = None if unknown is None else _none_called(unknown)
    if text is None and main and main in further:
        text = say(zh="“{name}”已是主部门", en="“{name}” is the main department already", name=main)
    if text is not None:
        raise Invalid(text, errors=[FieldError("department", text)])
