"""Accounts and their roles for the administrator's pages. Knows people and the site, no request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from engine.definitions.app import App
from engine.errors import FieldError, Invalid, NotFound
from engine.runtime.services.identity import departments, people, standings
from engine.runtime.services.site import Site
from engine.runtime.storage import department_rows, people_rows
from engine.runtime.web.present import departments as places
from engine.texts import listed, say

LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}")


@dataclass(frozen=True, slots=True)
class Account:
    """One account in the list."""

    login: str
    name: str
    email: str
    places: Sequence[tuple[str, str]]          # departments with the positions held there, the main one first
    position: str
    active: bool
    admin: bool
    builder: bool
    service: bool
    roles: str


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """The roles of one app to tick."""

    app: str
    label: str
    roles: Sequence[tuple[str, str, bool]]
    stands: Sequence[tuple[str, str, str, str]] = ()   # of roles held for a record: role, label, its key, its title


@dataclass(frozen=True, slots=True)
class AccountForm:
    """The form of an account; `known` is its login where it exists."""

    known: str
    login: str
    name: str
    email: str
    department: str
    position: str
    further: Sequence[tuple[str, str]]         # departments besides, with the positions held there
    admin: bool
    builder: bool
    service: bool
    choices: Sequence[RoleChoice]
    departments: Sequence[tuple[str, str]] = ()
    positions: Sequence[str] = ()
    invites: bool = False                      # whether letters can be sent with a way in
    errors: Mapping[str, str] = field(default_factory=dict)


def listing(site: Site, language: str) -> list[Account]:
    """Every account with its roles in words."""
    apps = [live.app for live in site.apps()]
    found = []
    with site.database.read() as connection:
        further = department_rows.further(connection)
    for row in people.all_users(site):
        held = {app.name: roles_held(site, row["id"], app.name) for app in apps}
        found.append(
            Account(
                row["login"],
                row["name"] or "",
                row["email"] or "",
                [*([(row["department"], row["position"])] if row["department"] else []), *further.get(row["id"], ())],
                row["position"],
                bool(row["active"]),
                bool(row["admin"]),
                bool(row["builder"]),
                bool(row["service"]),
                _in_words(apps, held, language),
            )
        )
    return found


def _in_words(apps: Sequence[App], held: Mapping[str, Sequence[str]], language: str) -> str:
    """The labels of roles; of several apps each with its name, for their roles may be called alike."""
    words = {
        app.label.to(language): listed([app.roles[role].label.to(language) for role in held[app.name]
                                        if role in app.roles], language)
        for app in apps if held[app.name]
    }
    told = [say(zh="{app}：{roles}", en="{app}: {roles}", app=app, roles=roles) for app, roles in words.items()]
    between = "；" if language.startswith("zh") else "; "
    return between.join(one.to(language) for one in told) if len(told) > 1 else "".join(words.values())


def roles_held(site: Site, user: int, app: str) -> list[str]:
    """The roles that somebody holds directly in an app."""
    with site.database.read() as connection:
        return people_rows.roles_of(connection, user, app)


def form(
    site: Site,
    login: str,
    language: str,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> AccountForm:
    """The form of an account, or of a new one; `typed` is what was sent and refused."""
    row = next((r for r in people.all_users(site) if r["login"] == login), None)
    if login and row is None and typed is None:
        raise NotFound(say(zh="没有用户 {login}", en="There is no user {login}", login=login))
    apps = [live.app for live in site.apps()]
    held = {app.name: roles_held(site, row["id"], app.name) if row is not None else [] for app in apps}
    asked = typed if typed is not None else {}
    with site.database.read() as connection:
        further = department_rows.further(connection).get(row["id"], []) if row is not None else []
        positions = department_rows.positions(connection)
    further = list(typed_places(typed).items()) if typed is not None else further
    choices = [
        RoleChoice(
            a.name,
            a.label.to(language),
            [(r.name, r.label.to(language), r.name in held[a.name]) for r in a.roles.values()],
            stands(site, login if row is not None else "", a, language, asked),
        )
        for a in apps
    ]
    known: Mapping[str, object] = row if row is not None else {}

    def said(name: str) -> str:
        return str(asked.get(name) or known.get(name) or "")

    return AccountForm(
        login if row is not None else "",
        login or said("login"),
        said("name"),
        said("email"),
        said("department"),
        said("position"),
        further,
        bool(known.get("admin")),
        bool(known.get("builder")),
        bool(known.get("service")) or asked.get("service") == "true",
        choices,
        places.choices(departments.tree(site)),
        positions,
        bool(site.public_url),
        errors or {},
    )


def stands(
    site: Site, login: str, app: App, language: str, asked: Mapping[str, str]
) -> list[tuple[str, str, str, str]]:
    """The roles that are held for one record each, with the record for which somebody holds them."""
    if not any(role.stands_for for role in app.roles.values()):
        return []
    found = standings.stands(site, login, app.name)
    return [
        (role.name, f"{role.label.to(language)}: {app.objects[role.stands_for].label.to(language)}",
         asked.get(f"stands.{app.name}.{role.name}", found[role.name][0]), found[role.name][1])
        for role in app.roles.values() if role.stands_for
    ]


def typed_places(typed: Mapping[str, str]) -> dict[str, str]:
    """The further departments that a form names, with the positions; lines without a department count for nothing."""
    names, held = (_listed(typed, name) for name in ("further", "further_position"))
    return {name: position.strip()[:100] for name, position in zip(names, held, strict=False) if name}


def _listed(typed: Mapping[str, str], name: str) -> list[str]:
    return typed.getlist(name) if isinstance(typed, MultiDict) else []


def check_login(login: str) -> None:
    """What a login may look like."""
    if not LOGIN.fullmatch(login):
        text = say(zh="账号只能用字母、数字和 . _ @ -", en="A login has letters, digits and . _ @ - only")
        raise Invalid(text, errors=[FieldError("login", text)])
