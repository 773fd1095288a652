"""People of the site: accounts, passwords, tokens, and who acts in a request. How they sign in: `signing`."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Connection

from engine.definitions.building.apps import timezones
from engine.errors import Busy, FieldError, Invalid
from engine.runtime.services import events
from engine.runtime.services.identity.organisation import in_force
from engine.runtime.services.identity.scopes import check as checked_scopes
from engine.runtime.services.rights import shares
from engine.runtime.services.site import Site, unknown
from engine.runtime.storage import department_rows, people_rows, share_rows
from engine.runtime.storage.actors import PUBLIC, Actor
from engine.runtime.storage.live import Live
from engine.texts import say

HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
NOBODY = HASHER.hash(secrets.token_hex(16))  # verified for unknown logins, so that they take as long as known ones
CLOCK = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]")
IDLE = dt.timedelta(minutes=30)
ABSOLUTE = dt.timedelta(hours=12)
SEEN_EVERY = dt.timedelta(minutes=1)           # how exactly the last use of a token is kept
SHORTEST, LONGEST = 8, 128


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in person, before an app is chosen."""

    id: int
    login: str
    name: str
    language: str
    theme: str
    admin: bool
    builder: bool
    scopes: frozenset[str] | None = None
    density: str = "normal"
    timezone: str = ""
    service: bool = False                      # an account of a program
    mail_mentions: bool = True                 # whether comments that name the person are mailed
    quiet: tuple[str, str] = ("", "")          # no mails from … until (`HH:MM`); blank: at any time


def digest(token: str) -> str:
    """How a secret token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def verify(stored: str | None, password: str) -> bool:
    """Whether the password fits; takes as long without a stored one."""
    try:
        return HASHER.verify(stored or NOBODY, password) and stored is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def rehash(site: Site, row: Mapping[str, Any], password: str) -> None:
    """Keep the password as it is hashed today, where it was hashed otherwise."""
    if HASHER.check_needs_rehash(row["password"]):
        with site.database.write() as connection:
            people_rows.change_user(connection, row["id"], {"password": HASHER.hash(password)})


def person_of_bearer(site: Site, connection: Connection, token: str) -> Person | None:
    """The person behind an API token, if it is valid."""
    row = people_rows.token(connection, digest(token))
    if row is None or not row["active"] or (row["expires_at"] is not None and row["expires_at"] < site.now()):
        return None
    now = site.now()
    if row["used_at"] is None or now - row["used_at"] > SEEN_EVERY:
        with suppress(Busy), site.database.write() as connection:  # that it was used is worth no refusal
            people_rows.use_token(connection, row["token_id"], now)
    return person(row)


def make_token(
    site: Site, user: int, *, name: str = "", scopes: Iterable[str] | None = None, expires: dt.datetime | None = None,
    by: Person | None = None,
) -> str:
    """A new API token; shown once, kept as a digest. Scopes (see `scopes`) narrow what it may do; None = all that the
    person may. Raises `Invalid` for a scope that names what is not there."""
    kept = None if scopes is None else checked_scopes(scopes, (live.app for live in site.apps()))
    token = "fw_" + secrets.token_urlsafe(32)
    with site.database.write() as connection:
        people_rows.add_token(
            connection,
            {
                "token": digest(token),
                "user": user,
                "name": name,
                "scopes": kept,
                "created_at": site.now(),
                "expires_at": expires,
            },
        )
        events.note(connection, site.now(), "token_made", by=by, subject=_login(connection, user), name=name,
                    scopes=kept, until=None if expires is None else expires.isoformat())
    return token


def tokens_of(site: Site, user: int) -> list[Mapping[str, Any]]:
    """The tokens of a person: id, name, scopes, created_at, expires_at, used_at."""
    with site.database.read() as connection:
        return people_rows.tokens(connection, user)


def revoke_token(site: Site, user: int, id: int, by: Person | None = None) -> None:
    """Take a token back; it stops working at once."""
    with site.database.write() as connection:
        if people_rows.end_tokens(connection, user, id) == 0:
            raise Invalid(say(zh="没有编号为 {id} 的令牌", en="There is no token {id}", id=id))
        events.note(connection, site.now(), "token_revoked", by=by, subject=_login(connection, user), number=id)


def _login(connection: Connection, user: int) -> str:
    row = people_rows.user(connection, user)
    return "" if row is None else str(row["login"])


def person(row: Mapping[str, Any]) -> Person:
    """The person of an account's row."""
    scopes = row.get("scopes")
    return Person(
        row["id"],
        row["login"],
        row["name"] or row["login"],
        row["language"],
        row["theme"],
        row["admin"],
        row["builder"],
        None if scopes is None else frozenset(scopes),
        row["density"],
        row["timezone"],
        bool(row.get("service")),
        bool(row.get("mail_mentions", True)),
        (row.get("quiet_from") or "", row.get("quiet_until") or ""),
    )


def actor_for(site: Site, person: Person | None, app: str) -> Actor:
    """Who acts in this app: the person with the roles held there, or the public."""
    if person is None:
        return PUBLIC
    with site.database.read() as connection:
        return standing(site, connection, person, app)[0]


def standing(site: Site, connection: Connection, person: Person | None, app: str) -> tuple[Actor, Live]:
    """The same as one transaction sees it, with the app that is live in it; `NotFound` if there is none."""
    if person is None:
        return PUBLIC, site.live(connection, app)
    number, held, sharing = people_rows.attending(connection, person.id, app)
    if number is None:
        raise unknown(app)
    live = site.at_version(connection, app, number)
    actor = acting(person, in_force(live.app, held))
    return (shares.received(connection, live, actor, site.now()) if sharing else actor), live


def acting(person: Person, roles: frozenset[str]) -> Actor:
    """The person as an actor with these roles."""
    return Actor(
        "user",
        person.id,
        person.login,
        person.name,
        roles,
        person.admin,
        person.builder or person.admin,
        person.language,
        person.timezone,
        person.scopes,
    )


def by_id(site: Site, id: int) -> Person | None:
    """The active account of this id."""
    with site.database.read() as connection:
        row = people_rows.user(connection, id)
    return None if row is None or not row["active"] else person(row)


def find(site: Site, login: str) -> Person | None:
    with site.database.read() as connection:
        row = people_rows.user_by_login(connection, login)
    return None if row is None else person(row)


def add_user(
    site: Site,
    login: str,
    name: str | None,
    password: str | None,
    *,
    roles: Mapping[str, Iterable[str]] | None = None,
    department: str | None = None,
    admin: bool | None = None,
    builder: bool | None = None,
    email: str | None = None,
    language: str | None = None,
    rules: bool = True,
    service: bool | None = None,
    position: str | None = None,
    further: Mapping[str, str] | None = None,
    by: Person | None = None,
) -> int:
    """A new account, or what is given of the one with this login; the id.

    None is "not given": an existing account keeps what it has, also its roles in apps that `roles` does not name.
    An empty department or email is none; `further`: the departments besides, with the position held in each."""
    if password is not None and rules:
        check_password(password)
    given: dict[str, Any] = {
        "name": name,
        "admin": admin,
        "builder": builder,
        "service": service,
        "language": language,
        "position": position,
        "password": None if password is None else HASHER.hash(password),
    }
    values = {key: value for key, value in given.items() if value is not None}
    values.update({key: text or None for key, text in {"email": email, "department": department}.items()
                   if text is not None})
    with site.database.write() as connection:
        if department:
            department_rows.ensure(connection, department)
        known = people_rows.user_by_login(connection, login)
        if known is None:
            fresh = {"name": login, "created_at": site.now(), "active": True}
            id = people_rows.add_user(connection, {"login": login, **fresh, **values})
            events.note(connection, site.now(), "account_added", by=by, subject=login, **_plain(values))
        else:
            id = int(known["id"])
            changed = {name: value for name, value in values.items() if known[name] != value}
            if changed:
                people_rows.change_user(connection, id, changed)
                events.note(connection, site.now(), "account_changed", by=by, subject=login, **_plain(changed))
        if further is not None:
            _set_further(site, connection, id, login, further, by)
        for app, held in (roles or {}).items():
            set_roles(site, connection, id, login, app, held, by)
    return id


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """What was given of an account, for the events: that there is a password, not which."""
    return {name: True if name == "password" else value for name, value in values.items()}


def _set_further(
    site: Site, connection: Connection, user: int, login: str, places: Mapping[str, str], by: Person | None
) -> None:
    before = department_rows.further(connection).get(user, [])
    after = sorted(places.items())
    if before == after:
        return
    for name in places:
        department_rows.ensure(connection, name)
    department_rows.set_further(connection, user, places)
    told = [[f"{name} {held}".strip() for name, held in some] for some in (before, after)]
    events.note(connection, site.now(), "places_changed", by=by, subject=login, before=told[0], after=told[1])


def set_roles(
    site: Site, connection: Connection, user: int, login: str, app: str, roles: Iterable[str], by: Person | None = None
) -> None:
    """Give a person these roles of an app instead of those held."""
    before, after = people_rows.roles_of(connection, user, app), sorted(set(roles))
    if before != after:
        people_rows.set_roles(connection, user, app, after)
        events.note(connection, site.now(), "roles_changed", by=by, subject=login, app=app, before=before, after=after)


def add_department(site: Site, name: str, *, head: str = "", above: str = "") -> None:
    """A department with its head (a login) and the department above it; an existing one is changed."""
    with site.database.write() as connection:
        department_rows.ensure(connection, name)
        values: dict[str, Any] = {}
        if head:
            row = people_rows.user_by_login(connection, head)
            values["head"] = None if row is None else row["id"]
        if above:
            department_rows.ensure(connection, above)
            values["above"] = above
        if values:
            department_rows.change(connection, name, values)


def check_password(password: str) -> None:
    """The rules for passwords."""
    if not SHORTEST <= len(password) <= LONGEST:
        text = say(zh="密码应有 {a} 到 {b} 个字符", en="A password has {a} to {b} characters", a=SHORTEST, b=LONGEST)
        raise Invalid(text, errors=[FieldError("password", text, "length")])


def change_password(site: Site, user: int, old: str, new: str) -> None:
    """Change the own password; every session of the person ends."""
    check_password(new)
    with site.database.read() as connection:
        row = people_rows.user(connection, user)
    if row is None or not verify(row["password"], old):
        text = say(zh="原密码不对", en="The old password is wrong")
        raise Invalid(text, errors=[FieldError("old", text, "wrong")])
    hashed = HASHER.hash(new)
    with site.database.write() as connection:
        people_rows.change_user(connection, user, {"password": hashed})
        people_rows.end_sessions(connection, user=user)
        events.note(connection, site.now(), "password_changed", by=person(row), subject=row["login"])


def set_password(site: Site, login: str, password: str, by: Person | None = None) -> None:
    """An administrator's reset; sessions and tokens of the person end."""
    check_password(password)
    hashed = HASHER.hash(password)
    with site.database.write() as connection:
        row = people_rows.user_by_login(connection, login)
        if row is None:
            raise Invalid(say(zh="没有用户 {login}", en="There is no user {login}", login=login))
        people_rows.change_user(connection, row["id"], {"password": hashed})
        shut_out(connection, row["id"])
        events.note(connection, site.now(), "password_set", by=by, subject=login)


def set_active(site: Site, login: str, active: bool, by: Person | None = None) -> None:
    """Disable or enable an account; disabling ends its sessions and tokens, and what it has shared or was shared."""
    with site.database.write() as connection:
        row = people_rows.user_by_login(connection, login)
        if row is None:
            raise Invalid(say(zh="没有用户 {login}", en="There is no user {login}", login=login))
        people_rows.change_user(connection, row["id"], {"active": active})
        if not active:
            shut_out(connection, row["id"])
            share_rows.end_of(connection, row["id"])
        kind = "account_enabled" if active else "account_disabled"
        events.note(connection, site.now(), kind, by=by, subject=login)


def shut_out(connection: Connection, user: int) -> None:
    """End the sessions and tokens of a person."""
    people_rows.end_sessions(connection, user=user)
    people_rows.end_tokens(connection, user)


def set_language(site: Site, user: int, language: str) -> None:
    with site.database.write() as connection:
        people_rows.change_user(connection, user, {"language": language})


def set_theme(site: Site, user: int, theme: str) -> None:
    with site.database.write() as connection:
        people_rows.change_user(connection, user, {"theme": theme})


def set_density(site: Site, user: int, density: str) -> None:
    with site.database.write() as connection:
        people_rows.change_user(connection, user, {"density": density})


def set_mail_mentions(site: Site, user: int, wanted: bool) -> None:
    """Whether comments that name a person are mailed too, where they are not read soon."""
    with site.database.write() as connection:
        people_rows.change_user(connection, user, {"mail_mentions": wanted})


def set_quiet(site: Site, user: int, begin: str, end: str) -> None:
    """From when until when (`HH:MM`) a person wants no mails; both blank for none, the same time twice for one mail a
    day. Raises `Invalid`."""
    if (begin or end) and not (CLOCK.fullmatch(begin) and CLOCK.fullmatch(end)):
        raise Invalid(say(zh="请填写两个时间，如 22:00 和 07:30", en="Give two times, as 22:00 and 07:30"))
    with site.database.write() as connection:
        people_rows.change_user(connection, user, {"quiet_from": begin, "quiet_until": end})


def set_timezone(site: Site, user: int, timezone: str) -> None:
    """The zone in which a person types and reads moments; blank for each app's own. Raises `Invalid`."""
    if timezone and timezone not in timezones():
        raise Invalid(say(zh="没有时区 {name}", en="There is no time zone {name}", name=timezone))
    with site.database.write() as connection:
        people_rows.change_user(connection, user, {"timezone": timezone})


def all_users(site: Site) -> list[Mapping[str, Any]]:
    with site.database.read() as connection:
        return people_rows.users(connection)
