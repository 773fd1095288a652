"""SQL over people: users, roles, sessions, tokens, sign-in attempts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from engine.runtime.storage.share_tables import SHARES
from engine.runtime.storage.standing_tables import STANDS
from engine.runtime.storage.system import APPS, LOGINS, ROLES, SESSIONS, TOKENS, USERS

Row = Mapping[Any, Any]
SIGNING_IN = 7700102                           # the advisory lock of who notes an attempt
# What every request asks is built once: building a small statement costs more than running it.
SESSION = (
    select(
        USERS, SESSIONS.c.csrf, SESSIONS.c.seen_at, SESSIONS.c.created_at.label("session_created_at"),
        SESSIONS.c.stage, SESSIONS.c.how, SESSIONS.c.token.label("session_token"),
    )
    .join(USERS, USERS.c.id == SESSIONS.c.user)
    .where(SESSIONS.c.token == bindparam("token"))
)
TOKEN = (
    select(USERS, TOKENS.c.id.label("token_id"), TOKENS.c.scopes, TOKENS.c.expires_at, TOKENS.c.used_at)
    .join(USERS, USERS.c.id == TOKENS.c.user)
    .where(TOKENS.c.token == bindparam("token"))
)
STANDING = (
    select(
        APPS.c.version, ROLES.c.role, STANDS.c.record,
        select(SHARES.c.id).where(SHARES.c.app == bindparam("app")).exists().label("sharing"),
    )
    .outerjoin(ROLES, and_(ROLES.c.app == APPS.c.name, ROLES.c.user == bindparam("user")))
    .outerjoin(STANDS, and_(STANDS.c.app == ROLES.c.app, STANDS.c.user == ROLES.c.user, STANDS.c.role == ROLES.c.role))
    .where(APPS.c.name == bindparam("app"))
    .order_by(ROLES.c.role)
)


def user_by_login(connection: Connection, login: str) -> Row | None:
    return connection.execute(select(USERS).where(USERS.c.login == login)).mappings().one_or_none()


def user(connection: Connection, id: int) -> Row | None:
    return connection.execute(select(USERS).where(USERS.c.id == id)).mappings().one_or_none()


def users(connection: Connection) -> list[Row]:
    return list(connection.execute(select(USERS).order_by(USERS.c.login)).mappings())


def add_user(connection: Connection, values: Mapping[Any, Any]) -> int:
    return int(connection.execute(insert(USERS).values(**values).returning(USERS.c.id)).scalar_one())


def change_user(connection: Connection, id: int, values: Mapping[Any, Any]) -> None:
    connection.execute(update(USERS).where(USERS.c.id == id).values(**values))


def roles_of(connection: Connection, user: int, app: str) -> list[str]:
    query = select(ROLES.c.role).where(ROLES.c.user == user, ROLES.c.app == app).order_by(ROLES.c.role)
    return list(connection.execute(query).scalars())


def standing(connection: Connection, user: int, app: str) -> tuple[int | None, dict[str, int | None]]:
    """The number of an app's live version (None if there is no such app), and the roles that a person holds there, each
    with the record for which it is held."""
    return attending(connection, user, app)[:2]


def attending(connection: Connection, user: int, app: str) -> tuple[int | None, dict[str, int | None], bool]:
    """The same, and whether any record of the app is shared."""
    rows = connection.execute(STANDING, {"user": user, "app": app}).all()
    held = {row.role: row.record for row in rows if row.role is not None}
    return (rows[0].version if rows else None), held, bool(rows and rows[0].sharing)


def held_by(connection: Connection, users: Iterable[int], app: str) -> dict[int, dict[str, int | None]]:
    """The roles that these people hold in an app, each with the record for which it is held."""
    mine = and_(STANDS.c.app == ROLES.c.app, STANDS.c.user == ROLES.c.user, STANDS.c.role == ROLES.c.role)
    query = select(ROLES.c.user, ROLES.c.role, STANDS.c.record).outerjoin(STANDS, mine).where(
        ROLES.c.app == app, ROLES.c.user.in_(sorted(set(users))))
    found: dict[int, dict[str, int | None]] = {}
    for user, role, record in connection.execute(query):
        found.setdefault(user, {})[role] = record
    return found


def set_stand(connection: Connection, user: int, app: str, role: str, record: int | None) -> None:
    """Let a person hold a role for this record; None: for no record any more."""
    mine = STANDS.c.user == user, STANDS.c.app == app, STANDS.c.role == role
    connection.execute(delete(STANDS).where(*mine))
    if record is not None:
        connection.execute(insert(STANDS).values(user=user, app=app, role=role, record=record))


def set_roles(connection: Connection, user: int, app: str, roles: Iterable[str]) -> None:
    connection.execute(delete(ROLES).where(ROLES.c.user == user, ROLES.c.app == app))
    rows = [{"user": user, "app": app, "role": role} for role in sorted(set(roles))]
    if rows:
        connection.execute(insert(ROLES), rows)


def with_roles(connection: Connection, app: str, roles: Iterable[str]) -> list[int]:
    """Active users who hold one of these roles directly, ascending."""
    query = (
        select(USERS.c.id)
        .distinct()
        .join(ROLES, ROLES.c.user == USERS.c.id)
        .where(ROLES.c.app == app, ROLES.c.role.in_(list(roles)), USERS.c.active.is_(True))
        .order_by(USERS.c.id)
    )
    return list(connection.execute(query).scalars())


def held_roles(connection: Connection, app: str) -> set[str]:
    """The names of roles that people have in an app, also of such as it does not declare any more."""
    return set(connection.execute(select(ROLES.c.role).where(ROLES.c.app == app).distinct()).scalars())


def session(connection: Connection, token: str) -> Row | None:
    return connection.execute(SESSION, {"token": token}).mappings().one_or_none()


def add_session(connection: Connection, values: Mapping[Any, Any]) -> None:
    connection.execute(insert(SESSIONS).values(**values))


def see_session(connection: Connection, token: str, at: dt.datetime) -> None:
    connection.execute(update(SESSIONS).where(SESSIONS.c.token == token).values(seen_at=at))


def finish_stage(connection: Connection, token: str) -> None:
    """Nothing more is asked of this session."""
    connection.execute(update(SESSIONS).where(SESSIONS.c.token == token).values(stage=""))


def end_sessions(connection: Connection, *, token: str | None = None, user: int | None = None) -> None:
    """End one session, or all of a user."""
    if token is not None:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.token == token))
    if user is not None:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.user == user))


def token(connection: Connection, digest: str) -> Row | None:
    return connection.execute(TOKEN, {"token": digest}).mappings().one_or_none()


def add_token(connection: Connection, values: Mapping[Any, Any]) -> None:
    connection.execute(insert(TOKENS).values(**values))


def use_token(connection: Connection, id: int, at: dt.datetime) -> None:
    connection.execute(update(TOKENS).where(TOKENS.c.id == id).values(used_at=at))


def tokens(connection: Connection, user: int) -> list[Row]:
    """The tokens of a person, oldest first; the secret is in none of them."""
    columns = (c for c in TOKENS.c if c.name != "token")
    return list(connection.execute(select(*columns).where(TOKENS.c.user == user).order_by(TOKENS.c.id)).mappings())


def end_tokens(connection: Connection, user: int, id: int | None = None) -> int:
    """Take back one token of a person, or all; how many."""
    mine = TOKENS.c.user == user
    return connection.execute(delete(TOKENS).where(mine if id is None else mine & (TOKENS.c.id == id))).rowcount


def hold_logins(connection: Connection) -> None:
    """Attempts to sign in count each other, so they are noted one after the other."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(SIGNING_IN)))


def note_login(connection: Connection, login: str, address: str, at: dt.datetime) -> int:
    """Note an attempt, failed until it has succeeded; its number."""
    row = {"login": login[:100], "address": address, "ok": False, "at": at}
    return int(connection.execute(insert(LOGINS).values(row).returning(LOGINS.c.id)).scalar_one())


def login_succeeded(connection: Connection, attempt: int) -> None:
    connection.execute(update(LOGINS).where(LOGINS.c.id == attempt).values(ok=True))


def failed_logins(
    connection: Connection, since: dt.datetime, *, login: str | None = None, address: str | None = None
) -> int:
    query = select(func.count()).select_from(LOGINS).where(LOGINS.c.at >= since, LOGINS.c.ok.is_(False))
    if login is not None:
        query = query.where(LOGINS.c.login == login[:100])
    if address is not None:
        query = query.where(LOGINS.c.address == address)
    return int(connection.execute(query).scalar_one())
