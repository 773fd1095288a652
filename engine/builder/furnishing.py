"""An app's samples brought into a site: departments, people and records, for tests, demonstrations and trying out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from engine.definitions.app import App
from engine.definitions.nodes import List, Map, Node, Scalar, plain_of
from engine.errors import Failure, Location, Refused
from engine.runtime.services.identity import people, standings
from engine.runtime.services.releases.seeding import sow
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE


class Unfit(Refused):
    """Samples that the app's own rules refuse; `at` is the person or row."""

    def __init__(self, reason: Failure, at: Location) -> None:
        super().__init__(reason.message, code=reason.code, errors=reason.errors)
        self.at = at


def samples_of(app: App) -> Mapping[str, Any]:
    """The samples as plain data: `now`, `departments`, `people`, `rows`."""
    found: Mapping[str, Any] = plain_of(app.samples)
    return found


def furnish(site: Site, app: App, *, password: str | None = None) -> None:
    """Bring the samples into a site on which the app is live. With a password everybody may sign in with it.

    Raises `Unfit` where the app's own rules refuse something."""
    samples = samples_of(app)
    for department in samples.get("departments") or ():
        people.add_department(site, str(department["name"]), above=str(department.get("above") or ""))
    staff = list(maps_in(app.samples.get("people")))
    for person in staff:
        _employ(site, app.name, person, password)
    for person in samples.get("people") or ():
        for department in person.get("heads") or ():
            people.add_department(site, str(department), head=str(person["id"]))
    rows = app.samples.get("rows")
    for object, listed in rows.items() if isinstance(rows, Map) else ():
        for row in maps_in(listed):
            _sow(site, app, object, row)
    for person in staff:
        _let_stand(site, app, person)


def _sow(site: Site, app: App, object: str, row: Map) -> None:
    try:
        site.run(app.name, SERVICE, partial(sow, object=object, raw=plain_of(row)))
    except Failure as reason:
        raise Unfit(reason, row.at) from reason


def _let_stand(site: Site, app: App, node: Map) -> None:
    """Who stands for a record holds the role for it."""
    person = plain_of(node)
    for role in roles_of(person):
        if app.roles[role].stands_for and person.get("stands_for"):
            try:
                standings.stand(site, str(person["id"]), app.name, role, str(person["stands_for"]))
            except Failure as reason:
                raise Unfit(reason, node.at) from reason


def _employ(site: Site, app: str, node: Map, password: str | None) -> None:
    person = plain_of(node)
    login, places = str(person["id"]), [str(name) for name in person.get("department") or ()]
    try:
        people.add_user(
            site,
            login,
            str(person.get("name") or login),
            password,
            roles={app: roles_of(person)},
            department=places[0] if places else None,
            position=str(person["position"]) if person.get("position") else None,
            further=dict.fromkeys(places[1:], "") if places[1:] else None,
            email=address_of(person),
            admin=True if person.get("admin") == "true" else None,
            rules=False,
        )
    except Failure as reason:
        raise Unfit(reason, node.at) from reason


def roles_of(person: Mapping[str, Any]) -> list[str]:
    """The roles of a sample person."""
    return [*(person.get("role") or ()), *(person.get("roles") or ())]


def address_of(person: Mapping[str, Any]) -> str:
    """The mail address of a sample person; without one an address at which nothing arrives."""
    return str(person.get("email") or f"{person['id']}@samples.invalid")


def maps_in(node: Node | None) -> Iterator[Map]:
    """The maps of a list."""
    return (item for item in node if isinstance(item, Map)) if isinstance(node, List) else iter(())


def text(node: Node | None) -> str:
    """The text of a scalar; blank where there is none."""
    return node.text if isinstance(node, Scalar) else ""


def texts(node: Node | None) -> list[str]:
    """The texts of a list, or of one that stands alone."""
    return [text(item) for item in node] if isinstance(node, List) else [text(node)] if node is not None else []
