"""SQL over second factors, recovery codes, known devices, links of letters, identities and errands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from engine.runtime.storage.sign_in_tables import DEVICES, ERRANDS, FACTORS, IDENTITIES, LETTERS, RECOVERY_CODES
from engine.runtime.storage.system import ROLES, SESSIONS, USERS

Row = Mapping[Any, Any]
MOST_DEVICES = 10                              # of one person; the one not seen for longest is forgotten


# ---- second factors


def factor(connection: Connection, user: int) -> Row | None:
    return connection.execute(select(FACTORS).where(FACTORS.c.user == user)).mappings().one_or_none()


def put_factor(connection: Connection, user: int, secret: str) -> None:
    """A new secret that is not yet proven; one that was begun before is forgotten."""
    connection.execute(delete(FACTORS).where(FACTORS.c.user == user))
    connection.execute(insert(FACTORS).values(user=user, secret=secret, last_counter=0))


def confirm_factor(connection: Connection, user: int, at: dt.datetime) -> None:
    connection.execute(update(FACTORS).where(FACTORS.c.user == user).values(confirmed_at=at))


def secrets(connection: Connection) -> list[tuple[int, str]]:
    """Every person's secret as it is kept."""
    rows = connection.execute(select(FACTORS.c.user, FACTORS.c.secret).order_by(FACTORS.c.user))
    return [(user, secret) for user, secret in rows]


def change_secret(connection: Connection, user: int, before: str, after: str) -> None:
    """Keep the same secret otherwise, unless another one was made meanwhile."""
    mine = (FACTORS.c.user == user) & (FACTORS.c.secret == before)
    connection.execute(update(FACTORS).where(mine).values(secret=after))


def spend_counter(connection: Connection, user: int, counter: int) -> bool:
    """Take a code's counter; False where it, or a later one, has been taken."""
    unspent = (FACTORS.c.user == user) & (FACTORS.c.last_counter < counter)
    return connection.execute(update(FACTORS).where(unspent).values(last_counter=counter)).rowcount == 1


def drop_factor(connection: Connection, user: int) -> bool:
    connection.execute(delete(RECOVERY_CODES).where(RECOVERY_CODES.c.user == user))
    return connection.execute(delete(FACTORS).where(FACTORS.c.user == user)).rowcount == 1


def put_codes(connection: Connection, user: int, codes: Iterable[str]) -> None:
    """New recovery codes instead of all that there were."""
    connection.execute(delete(RECOVERY_CODES).where(RECOVERY_CODES.c.user == user))
    connection.execute(insert(RECOVERY_CODES), [{"user": user, "code": code} for code in codes])


def spend_code(connection: Connection, user: int, code: str, at: dt.datetime) -> bool:
    """Take a recovery code; False where there is none such, or it has been taken."""
    mine = (RECOVERY_CODES.c.user == user) & (RECOVERY_CODES.c.code == code) & RECOVERY_CODES.c.used_at.is_(None)
    return connection.execute(update(RECOVERY_CODES).where(mine).values(used_at=at)).rowcount == 1


def codes_left(connection: Connection, user: int) -> int:
    left = (RECOVERY_CODES.c.user == user) & RECOVERY_CODES.c.used_at.is_(None)
    return int(connection.execute(select(func.count()).select_from(RECOVERY_CODES).where(left)).scalar_one())


# ---- sessions and roles


def sessions(connection: Connection, user: int) -> list[Row]:
    """The sessions of a person, last seen first."""
    query = select(SESSIONS).where(SESSIONS.c.user == user, SESSIONS.c.stage != "code")
    return list(connection.execute(query.order_by(SESSIONS.c.seen_at.desc())).mappings())


def end_session(connection: Connection, user: int, prefix: str) -> int:
    """End the sessions of a person whose digest begins so."""
    mine = (SESSIONS.c.user == user) & SESSIONS.c.token.startswith(prefix, autoescape=True)
    return connection.execute(delete(SESSIONS).where(mine)).rowcount


def end_others(connection: Connection, user: int, kept: str) -> int:
    """End all sessions of a person but one."""
    return connection.execute(delete(SESSIONS).where(SESSIONS.c.user == user, SESSIONS.c.token != kept)).rowcount


def tried(connection: Connection, token: str) -> int:
    """Note one more try of a code in a session; how many there were."""
    counted = update(SESSIONS).where(SESSIONS.c.token == token).values(tries=SESSIONS.c.tries + 1)
    return int(connection.execute(counted.returning(SESSIONS.c.tries)).scalar_one())


def held(connection: Connection, user: int) -> list[tuple[str, str]]:
    """All (app, role) that a person holds directly."""
    query = select(ROLES.c.app, ROLES.c.role).where(ROLES.c.user == user).order_by(ROLES.c.app, ROLES.c.role)
    return [(app, role) for app, role in connection.execute(query)]


# ---- known devices


def is_known(connection: Connection, user: int, token: str) -> bool:
    query = select(DEVICES.c.id).where(DEVICES.c.user == user, DEVICES.c.token == token)
    return connection.execute(query).first() is not None


def know(connection: Connection, user: int, token: str, at: dt.datetime) -> None:
    """Remember a device, or that it was seen."""
    mine = (DEVICES.c.user == user) & (DEVICES.c.token == token)
    if connection.execute(update(DEVICES).where(mine).values(seen_at=at)).rowcount == 0:
        connection.execute(insert(DEVICES).values(user=user, token=token, seen_at=at))
    listed = select(DEVICES.c.id).where(DEVICES.c.user == user).order_by(DEVICES.c.seen_at.desc(), DEVICES.c.id.desc())
    old = list(connection.execute(listed.offset(MOST_DEVICES)).scalars())
    if old:
        connection.execute(delete(DEVICES).where(DEVICES.c.id.in_(old)))


def forget_devices(connection: Connection, user: int) -> None:
    connection.execute(delete(DEVICES).where(DEVICES.c.user == user))


# ---- links of letters


def put_letter(connection: Connection, token: str, user: int, until: dt.datetime) -> None:
    """The one link that works for this person from now on."""
    connection.execute(delete(LETTERS).where(LETTERS.c.user == user))
    connection.execute(insert(LETTERS).values(token=token, user=user, until=until))


def letter(connection: Connection, token: str, now: dt.datetime) -> Row | None:
    """The active account that a link is for, while it works."""
    query = select(USERS).join(LETTERS, LETTERS.c.user == USERS.c.id)
    query = query.where(LETTERS.c.token == token, LETTERS.c.until > now, USERS.c.active.is_(True))
    return connection.execute(query).mappings().one_or_none()


def spend_letter(connection: Connection, token: str) -> bool:
    return connection.execute(delete(LETTERS).where(LETTERS.c.token == token)).rowcount == 1


def by_login_or_mail(connection: Connection, text: str) -> Row | None:
    """The one account of this login or, where it is the only one, of this address."""
    found = connection.execute(select(USERS).where(USERS.c.login == text)).mappings().one_or_none()
    if found is not None:
        return found
    listed = connection.execute(select(USERS).where(func.lower(USERS.c.email) == text.lower()).limit(2)).mappings()
    rows: list[Row] = list(listed)
    return rows[0] if len(rows) == 1 else None


# ---- identities


def identified(connection: Connection, issuer: str, subject: str) -> Row | None:
    """The account of an identity."""
    query = select(USERS).join(IDENTITIES, IDENTITIES.c.user == USERS.c.id)
    query = query.where(IDENTITIES.c.issuer == issuer, IDENTITIES.c.subject == subject)
    return connection.execute(query).mappings().one_or_none()


def identify(connection: Connection, issuer: str, subject: str, user: int) -> None:
    connection.execute(insert(IDENTITIES).values(issuer=issuer, subject=subject, user=user))


def send_off(connection: Connection, values: Mapping[Any, Any], now: dt.datetime) -> None:
    """Note an errand; those that nobody came back from are forgotten."""
    connection.execute(delete(ERRANDS).where(ERRANDS.c.until < now))
    connection.execute(insert(ERRANDS).values(**values))


def come_back(connection: Connection, state: str, now: dt.datetime) -> Row | None:
    """Take an errand, once, in time."""
    taken = delete(ERRANDS).where(ERRANDS.c.state == state).returning(*ERRANDS.c)
    row = connection.execute(taken).mappings().one_or_none()
    return row if row is not None and row["until"] > now else None
