"""Signing in: attempts and their limits, sessions, the second step. Knows people and factors, no cookie.

Who may try how often: five failures in 15 minutes for one login from one place, fifty from one place, fifty for one
login from all places together. The last would let a stranger lock somebody out; so it does not hold for a browser from
which the person has signed in before (which has its own five), nor for somebody with a second factor.

Who sends codes knows the password. Five wrong ones end an attempt, and ten for one login in 15 minutes, however many
attempts they belong to, all attempts; a browser from which the person has signed in before has its own ten."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from engine.errors import Forbidden, NotFound, TooMany
from engine.runtime.services import events
from engine.runtime.services.identity import factors, people
from engine.runtime.services.identity.people import ABSOLUTE, IDLE, Person, digest
from engine.runtime.services.site import Site
from engine.runtime.storage import people_rows, sign_in_rows
from engine.texts import say

WINDOW = dt.timedelta(minutes=15)
PER_PAIR, PER_ADDRESS, PER_LOGIN = 5, 50, 50   # failed attempts in a window
CODE_TRIES, PER_CODES = 5, 10                  # codes in one attempt to sign in; wrong ones of a login in a window
WAITING = dt.timedelta(minutes=10)             # how long the second step may take
# Stages of a session: none left, a code is asked for, a second factor must be set up first.
DONE, CODE, ENROL = "", "code", "enrol"
TOO_MANY = say(zh="尝试次数过多，请 15 分钟后再试", en="Too many attempts; try again in 15 minutes")
WRONG = say(zh="账号或密码不对", en="The login or the password is wrong")
EXPIRED = say(zh="登录已过期，请重新登录", en="This took too long, or too many codes were wrong: sign in again")


@dataclass(frozen=True, slots=True)
class Entered:
    """A session that was opened: the cookie's value, what is still asked, and the cookie of the known device."""

    token: str
    stage: str = DONE
    device: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A valid session: whose it is, its token against forged requests, and what is still asked."""

    person: Person
    csrf: str
    stage: str = DONE


def sign_in(site: Site, login: str, password: str, address: str, agent: str = "", device: str = "") -> Entered:
    """Open a session. The same answer for an unknown login and a wrong password; `device` is the cookie of a browser
    from which somebody has signed in before."""
    now = site.now()
    known = digest(device) if device else ""
    with site.database.write() as connection:
        row = people_rows.user_by_login(connection, login)
        familiar = row is not None and bool(known) and sign_in_rows.is_known(connection, row["id"], known)
        strong = row is not None and factors.is_on(connection, row["id"])
        place = f"device:{known[:40]}" if familiar else address
        attempt = _attempt(connection, login, place, now, anywhere=not (familiar or strong))
        if attempt is None:
            events.note(connection, now, "barred", subject=login, address=address)
    if attempt is None:
        raise TooMany(TOO_MANY, seconds=WINDOW.total_seconds())
    good = people.verify(row["password"] if row is not None else None, password)
    if not good or row is None or not row["active"] or row["service"]:
        with site.database.write() as connection:
            events.note(connection, now, "refused", subject=login, address=address, agent=agent[:100])
        raise Forbidden(WRONG, code="sign_in")
    people.rehash(site, row, password)
    with site.database.write() as connection:
        people_rows.login_succeeded(connection, attempt)
        return enter(site, connection, row, address, agent, device if familiar else "")


def _attempt(connection: Connection, login: str, address: str, now: dt.datetime, *, anywhere: bool) -> int | None:
    """Note an attempt before its password is looked at, so that many at once count each other, whichever process they
    came to; its number, None where there were too many. `anywhere`: those from all places count too."""
    people_rows.hold_logins(connection)
    since = now - WINDOW
    pair = people_rows.failed_logins(connection, since, login=login, address=address)
    if pair >= PER_PAIR or people_rows.failed_logins(connection, since, address=address) >= PER_ADDRESS:
        return None
    if anywhere and people_rows.failed_logins(connection, since, login=login) >= PER_LOGIN:
        return None
    return people_rows.note_login(connection, login, address, now)


def enter(
    site: Site, connection: Connection, row: Mapping[str, Any], address: str, agent: str, device: str = "",
    how: str = "password",
) -> Entered:
    """Open a session of an account whose first step is done. Without a second one the person is in."""
    now, stage = site.now(), DONE
    if factors.is_on(connection, row["id"]):
        stage = CODE
    elif factors.is_demanded(site, connection, row):
        stage = ENROL
    token = _open(connection, row["id"], now, stage, address, agent, how)
    if stage == CODE:
        return Entered(token, stage)
    return Entered(token, stage, _welcome(connection, row, now, address, agent, device, how))


def _open(
    connection: Connection, user: int, now: dt.datetime, stage: str, address: str, agent: str, how: str
) -> str:
    token = secrets.token_urlsafe(32)
    opened = {"token": digest(token), "user": user, "csrf": f"{secrets.token_urlsafe(24)}~{user}", "created_at": now,
              "seen_at": now, "agent": agent[:300], "stage": stage, "address": address[:64], "how": how}
    people_rows.add_session(connection, opened)
    return token


def _welcome(
    connection: Connection, row: Mapping[str, Any], now: dt.datetime, address: str, agent: str, device: str, how: str
) -> str:
    """Note that somebody is in; the cookie by which the browser is known next time."""
    kept = device or secrets.token_urlsafe(32)
    sign_in_rows.know(connection, row["id"], digest(kept), now)
    person = people.person(row)
    events.note(connection, now, "signed_in", by=person, subject=person.login, address=address, agent=agent[:100],
                how=how)
    return kept


def answer_code(site: Site, token: str, code: str, address: str, agent: str = "", device: str = "") -> Entered:
    """The second step: a code of the authenticator, or a recovery code. The session gets another token. Raises
    `Forbidden` for a wrong code, `NotFound` where the first step is too long ago or there were too many tries, and
    `TooMany` where too many codes of this login were wrong."""
    now = site.now()
    with site.database.write() as connection:
        people_rows.hold_logins(connection)
        row = people_rows.session(connection, digest(token))
        late = row is None or row["stage"] != CODE or now - row["session_created_at"] > WAITING or not row["active"]
        spent = not late and sign_in_rows.tried(connection, digest(token)) > CODE_TRIES
        place, barred = address, False
        if row is not None and not late:
            place, barred = _codes_barred(connection, row, address, device, now)
        entered = None
        if late or spent or row is None:
            people_rows.end_sessions(connection, token=digest(token))
        elif not barred:
            entered = _past_code(site, connection, row, code, address, agent, device)
            if not entered.token:
                people_rows.note_login(connection, _of_codes(row), place, now)
    if barred and not spent:
        raise TooMany(TOO_MANY, seconds=WINDOW.total_seconds())
    if entered is None:
        raise NotFound(EXPIRED, code="sign_in")
    if not entered.token:
        raise Forbidden(factors.WRONG, code="code")
    return entered


def _of_codes(row: Mapping[str, Any]) -> str:
    """Under which name the wrong codes of an account are counted: no login has a blank."""
    return f"code of {row['id']}"


def _codes_barred(
    connection: Connection, row: Mapping[str, Any], address: str, device: str, now: dt.datetime
) -> tuple[str, bool]:
    """From where a code comes, and whether there were too many wrong ones."""
    known, since = digest(device) if device else "", now - WINDOW
    if known and sign_in_rows.is_known(connection, row["id"], known):
        place = f"device:{known[:40]}"
        wrong = people_rows.failed_logins(connection, since, login=_of_codes(row), address=place)
    else:
        place, wrong = address, people_rows.failed_logins(connection, since, login=_of_codes(row))
    if wrong == PER_CODES:
        events.note(connection, now, "barred", subject=row["login"], address=address)
    return place, wrong >= PER_CODES


def _past_code(
    site: Site, connection: Connection, row: Mapping[str, Any], code: str, address: str, agent: str, device: str
) -> Entered:
    """What a code comes to; without a token where it is wrong."""
    person, now = people.person(row), site.now()
    by = factors.accept(site, connection, person.id, code)
    if not by:
        events.note(connection, now, "code_refused", by=person, subject=person.login, address=address)
        return Entered("")
    if by == "recovery":
        left = sign_in_rows.codes_left(connection, person.id)
        events.note(connection, now, "recovery_used", by=person, subject=person.login, address=address, left=left)
    people_rows.end_sessions(connection, token=row["session_token"])
    token = _open(connection, person.id, now, DONE, address, agent, row["how"])
    known = device if device and sign_in_rows.is_known(connection, person.id, digest(device)) else ""
    return Entered(token, DONE, _welcome(connection, row, now, address, agent, known, row["how"]))


def session_of(site: Site, connection: Connection, token: str) -> Opened | None:
    """The session behind a cookie, if it is still valid and nobody waits for a code. Being seen keeps it alive (written
    once a minute at most)."""
    now = site.now()
    row = people_rows.session(connection, digest(token))
    if row is None or not row["active"] or now - row["seen_at"] > IDLE or now - row["session_created_at"] > ABSOLUTE:
        return None
    if row["stage"] == CODE:
        return None
    if now - row["seen_at"] > dt.timedelta(minutes=1):
        with site.database.write() as writing:
            people_rows.see_session(writing, digest(token), now)
    return Opened(people.person(row), row["csrf"], row["stage"])


def sign_out(site: Site, token: str, person: Person | None = None) -> None:
    with site.database.write() as connection:
        people_rows.end_sessions(connection, token=digest(token))
        if person is not None:
            events.note(connection, site.now(), "signed_out", by=person, subject=person.login)


@dataclass(frozen=True, slots=True)
class Sitting:
    """One session in a list; `id` names it (the beginning of its digest), `current`: it is the one that asks."""

    id: str
    agent: str
    address: str
    how: str
    created_at: dt.datetime
    seen_at: dt.datetime
    current: bool


def sessions_of(site: Site, user: int, token: str = "") -> list[Sitting]:
    """The sessions of a person that are still alive, last seen first."""
    now, mine = site.now(), digest(token)
    with site.database.read() as connection:
        rows = sign_in_rows.sessions(connection, user)
    return [
        Sitting(row["token"][:16], row["agent"], row["address"], row["how"], row["created_at"], row["seen_at"],
                row["token"] == mine)
        for row in rows
        if now - row["seen_at"] <= IDLE and now - row["created_at"] <= ABSOLUTE
    ]


def end_session(site: Site, user: int, id: str, by: Person) -> None:
    """End one session of a person. Raises `NotFound` where there is none such."""
    with site.database.write() as connection:
        if len(id) != 16 or not id.isalnum() or sign_in_rows.end_session(connection, user, id) == 0:
            raise NotFound(say(zh="该会话已结束", en="This session has ended"))
        _note_end(site, connection, user, by)


def end_sessions(site: Site, user: int, by: Person, kept: str = "") -> int:
    """End all sessions of a person but the one with this token; how many."""
    with site.database.write() as connection:
        ended = sign_in_rows.end_others(connection, user, digest(kept))
        if ended:
            _note_end(site, connection, user, by)
    return ended


def _note_end(site: Site, connection: Connection, user: int, by: Person) -> None:
    row = people_rows.user(connection, user)
    events.note(connection, site.now(), "session_ended", by=by, subject=row["login"] if row is not None else "")
