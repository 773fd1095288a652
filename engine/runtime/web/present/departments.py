"""Departments for the administrator's pages: the tree, the form of one, the choices of a person's form. No request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.runtime.services.identity import departments, people
from engine.runtime.services.site import Site
from engine.runtime.storage import department_rows

INDENT = "\u3000"                              # one level of the tree, as wide as a Chinese letter


@dataclass(frozen=True, slots=True)
class Line:
    """A department in the list, `depth` levels below the top; `vacant`: whoever headed it is disabled or gone."""

    name: str
    depth: int
    head: str
    head_login: str
    vacant: bool
    people: int


@dataclass(frozen=True, slots=True)
class DepartmentForm:
    """The form of a department; `known` is its name where it exists, `places` those it can stand below."""

    known: str
    name: str
    above: str
    head: str
    places: Sequence[tuple[str, str]]
    staff: Sequence[tuple[str, str]]
    members: Sequence[tuple[str, str, str]] = ()   # login, name, position
    errors: Mapping[str, str] = field(default_factory=dict)


def listing(site: Site) -> list[Line]:
    """Every department in its place."""
    heads = {row["id"]: row for row in people.all_users(site)}
    found = []
    for unit in departments.tree(site):
        row = heads.get(unit.head) if unit.head is not None else None
        active = row is not None and bool(row["active"])
        found.append(Line(
            unit.name, unit.depth, "" if row is None else row["name"] or row["login"],
            "" if row is None else row["login"], unit.head is not None and not active, unit.people,
        ))
    return found


def form(
    site: Site, known: str, *, typed: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> DepartmentForm:
    """The form of a department, or of a new one (`known` blank); `typed` is what was sent and refused. Raises
    `NotFound`."""
    units = departments.tree(site)
    unit = next((one for one in units if one.name == known), None)
    if known and unit is None:
        raise departments.missing(known)
    rows = people.all_users(site)
    logins = {row["id"]: row["login"] for row in rows if row["active"]}
    head = "" if unit is None or unit.head is None else logins.get(unit.head, "")
    asked = typed if typed is not None else {"name": known, "above": unit.above if unit else "", "head": head}
    inner = _inner(units, known)
    with site.database.read() as connection:
        ids = department_rows.members(connection, [known]) if known else []
        held = {id: dict(department_rows.places_of(connection, id)).get(known, "") for id in ids}
    return DepartmentForm(
        known, asked.get("name", ""), asked.get("above", ""), asked.get("head", ""),
        [place for place, one in zip(choices(units), units, strict=True) if one.name not in inner],
        [(row["login"], row["name"] or row["login"]) for row in rows if row["active"] and not row["service"]],
        [(row["login"], row["name"] or row["login"], held[row["id"]]) for row in rows if row["id"] in held],
        errors or {},
    )


def choices(units: Sequence[departments.Unit]) -> list[tuple[str, str]]:
    """Departments to choose from, those below others further to the right."""
    return [(unit.name, INDENT * unit.depth + unit.name) for unit in units]


def _inner(units: Sequence[departments.Unit], known: str) -> set[str]:
    """A department and all below it: none of them can stand above it."""
    found = {known} if known else set()
    for unit in units:                         # each stands after the one above it
        if unit.above in found and unit.above:
            found.add(unit.name)
    return found
