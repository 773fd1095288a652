"""People of the site: accounts, sign-in, sessions, tokens, and who acts in a request."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Connection

from engine.definitions.building.apps import timezones
from engine.errors import Busy, FieldError, Forbidden, Invalid, TooMany
from engine.runtime.services.organisation import role_with_includes
from engine.runtime.services.scopes import check as checked_scopes
from engine.runtime.services.site import Site, unknown
from engine.runtime.storage import people_rows
from engine.runtime.storage.actors import PUBLIC, Actor
from engine.runtime.storage.live import Live
from engine.texts import say

HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
NOBODY = HASHER.hash(secrets.token_hex(16))  # verified for unknown logins, so that they take as long as known ones
IDLE = dt.timedelta(minutes=30)
ABSOLUTE = dt.timedelta(hours=12)
SEEN_EVERY = dt.timedelta(minutes=1)           # how exactly the last use of a token is kept
WINDOW = dt.timedelta(minutes=15)
PER_PAIR, PER_ADDRESS, PER_LOGIN = 5, 50, 50  # failed attempts in a window
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


@dataclass(frozen=True, slots=True)
class Opened:
    """A valid session: whose it is and its token against forged requests."""

    person: Person
    csrf: str


def digest(token: str) -> str:
    """How a secret token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign_in(site: Site, login: str, password: str, address: str, agent: str = "") -> str:
    """Open a session; its token for the cookie. The same answer for an unknown login and a wrong password."""
    now = site.now()
    with site.database.write() as connection:
        attempt = _attempt(connection, login, address, now)
        row = people_rows.user_by_login(connection, login)
    if attempt is None:
        raise TooMany(
            say(zh="尝试次数过多，请 15 分钟后再试", en="Too many attempts; try again in 15 minutes"),
            seconds=WINDOW.total_seconds(),
        )
    good = verify(row["password"] if row is not None else None, password) and row is not None and row["active"]
    if not good or row is None:
        raise Forbidden(say(zh="用户名或密码不对", en="The login or the password is wrong"), code="sign_in")
    token, csrf = secrets.token_urlsafe(32), f"{secrets.token_urlsafe(24)}~{row['id']}"    # whose forms carry it
    opened = {"token": digest(token), "user": row["id"], "csrf": csrf, "created_at": now, "seen_at": now}
    with site.database.write() as connection:
        people_rows.login_succeeded(connection, attempt)
        people_rows.add_session(connection, {**opened, "agent": agent[:300]})
    return token


def _attempt(connection: Connection, login: str, address: str, now: dt.datetime) -> int | None:
    """Note an attempt before its password is looked at, so that many at once count each other, whichever process they
    came to; its number, None where there were too many."""
    people_rows.hold_logins(connection)
    since = now - WINDOW
    tries = (
        people_rows.failed_logins(connection, since, login=login, address=address),
        people_rows.failed_logins(connection, since, address=address),
        people_rows.failed_logins(connection, since, login=login),
    )
    if tries[0] >= PER_PAIR or tries[1] >= PER_ADDRESS or tries[2] >= PER_LOGIN:
        return None
    return people_rows.note_login(connection, login, address, now)


def verify(stored: str | None, password: str) -> bool:
    """Whether the password fits; takes as long without a stored one."""
    try:
        return HASHER.verify(stored or NOBODY, password) and stored is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def session_of(site: Site, connection: Connection, token: str) -> Opened | None:
    """The session behind a cookie, if it is still valid. Being seen keeps it alive (written once a minute at most)."""
    now = site.now()
    row = people_rows.session(connection, digest(token))
    if row is None or not row["active"] or now - row["seen_at"] > IDLE or now - row["session_created_at"] > ABSOLUTE:
        return None
    if now - row["seen_at"] > dt.timedelta(minutes=1):
        with site.database.write() as writing:
            people_rows.see_session(writing, digest(token), now)
    return Opened(person(row), row["csrf"])


def sign_out(site: Site, token: str) -> None:
    with site.database.write() as connection:
        people_rows.end_sessions(connection, token=digest(token))


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
    site: Site, user: int, *, name: str = "", scopes: Iterable[str] | None = None, expires: dt.datetime | None = None
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
    return token


def tokens_of(site: Site, user: int) -> list[Mapping[str, Any]]:
    """The tokens of a person: id, name, scopes, created_at, expires_at, used_at."""
    with site.database.read() as connection:
        return people_rows.tokens(connection, user)


def revoke_token(site: Site, user: int, id: int) -> None:
    """Take a token back; it stops working at once."""
    with site.database.write() as connection:
        if people_rows.end_tokens(connection, user, id) == 0:
            raise Invalid(say(zh="没有编号为 {id} 的令牌", en="There is no token {id}", id=id))


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
    number, held = people_rows.standing(connection, person.id, app)
    if number is None:
        raise unknown(app)
    live = site.at_version(connection, app, number)
    roles = role_with_includes(live.app, (role for role in held if role in live.app.roles))
    return acting(person, roles), live


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
) -> int:
    """A new account, or what is given of the one with this login; the id.

    None is "not given": an existing account keeps what it has, also its roles in apps that `roles` does not name.
    An empty department or email is none."""
    if password is not None and rules:
        check_password(password)
    given: dict[str, Any] = {
        "name": name,
        "admin": admin,
        "builder": builder,
        "language": language,
        "password": None if password is None else HASHER.hash(password),
    }
    values = {key: value for key, value in given.items() if value is not None}
    values.update({key: text or None for key, text in {"email": email, "department": department}.items()
                   if text is not None})
    with site.database.write() as connection:
        if department:
            people_rows.ensure_department(connection, department)
        known = people_rows.user_by_login(connection, login)
        if known is None:
            fresh = {"name": login, "created_at": site.now(), "active": True}
            id = people_rows.add_user(connection, {"login": login, **fresh, **values})
        else:
            id = int(known["id"])
            if values:
                people_rows.change_user(connection, id, values)
        for app, held in (roles or {}).items():
            people_rows.set_roles(connection, id, app, held)
    return id


def add_department(site: Site, name: str, *, head: str = "", above: str = "") -> None:
    """A department with its head (a login) and the department above it; an existing one is changed."""
    with site.database.write() as connection:
        people_rows.ensure_department(connection, name)
        values: dict[str, Any] = {}
        if head:
            row = people_rows.user_by_login(connection, head)
            values["head"] = None if row is None else row["id"]
        if above:
            people_rows.ensure_department(connection, above)
            values["above"] = above
        if values:
            people_rows.change_department(connection, name, values)


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


def set_password(site: Site, login: str, password: str) -> None:
    """An administrator's reset; sessions and tokens of the person end."""
    check_password(password)
    hashed = HASHER.hash(password)
    with site.database.write() as connection:
        row = people_rows.user_by_login(connection, login)
        if row is None:
            raise Invalid(say(zh="没有用户 {login}", en="There is no user {login}", login=login))
        people_rows.change_user(connection, row["id"], {"password": hashed})
        _shut_out(connection, row["id"])


def set_active(site: Site, login: str, active: bool) -> None:
    """Disable or enable an account; disabling ends its sessions and tokens."""
    with site.database.write() as connection:
        row = people_rows.user_by_login(connection, login)
        if row is None:
            raise Invalid(say(zh="没有用户 {login}", en="There is no user {login}", login=login))
        people_rows.change_user(connection, row["id"], {"active": active})
        if not active:
            _shut_out(connection, row["id"])


def _shut_out(connection: Connection, user: int) -> None:
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


def set_timezone(site: Site, user: int, timezone: str) -> None:
    """The zone in which a person types and reads moments; blank for each app's own. Raises `Invalid`."""
    if timezone and timezone not in timezones():
        raise Invalid(say(zh="没有时区 {name}", en="There is no time zone {name}", name=timezone))
    with site.database.write() as connection:
        people_rows.change_user(connection, user, {"timezone": timezone})


def all_users(site: Site) -> list[Mapping[str, Any]]:
    with site.database.read() as connection:
        return people_rows.users(connection)
