"""An app's samples brought into a site: departments, people and records, for tests, demonstrations and trying out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from engine.definitions.app import App
from engine.definitions.nodes import plain_of
from engine.runtime.services import people
from engine.runtime.services.seeding import sow
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE


def samples_of(app: App) -> Mapping[str, Any]:
    """The samples as plain data: `now`, `departments`, `people`, `rows`."""
    found: Mapping[str, Any] = plain_of(app.samples)
    return found


def furnish(site: Site, app: App, *, password: str | None = None) -> None:
    """Bring the samples into a site on which the app is live. With a password everybody may sign in with it."""
    samples = samples_of(app)
    for department in samples.get("departments") or ():
        people.add_department(site, str(department["name"]), above=str(department.get("above") or ""))
    staff = samples.get("people") or ()
    for person in staff:
        _employ(site, app.name, person, password)
    for person in staff:
        for department in person.get("heads") or ():
            people.add_department(site, str(department), head=str(person["id"]))
    for object, rows in (samples.get("rows") or {}).items():
        for row in rows:
            site.run(app.name, SERVICE, partial(sow, object=object, raw=row))


def _employ(site: Site, app: str, person: Mapping[str, Any], password: str | None) -> None:
    login = str(person["id"])
    people.add_user(
        site,
        login,
        str(person.get("name") or login),
        password,
        roles={app: roles_of(person)},
        department=str(person.get("department") or ""),
        rules=False,
    )


def roles_of(person: Mapping[str, Any]) -> list[str]:
    """The roles of a sample person."""
    return [*(person.get("role") or ()), *(person.get("roles") or ())]
