"""A new password by mail: asked for without telling whether there is such an account; a link that works once, for half
an hour. The link is made when the letter leaves, so that no job holds it."""

from __future__ import annotations

import datetime as dt
import secrets

from engine.errors import NotFound, TooMany
from engine.runtime.services import events
from engine.runtime.services.identity import people, signing
from engine.runtime.services.identity.people import Person, digest
from engine.runtime.services.site import Site
from engine.runtime.storage import job_rows, people_rows, sign_in_rows
from engine.texts import say

JOB = "reset"
VALID = dt.timedelta(minutes=30)
PER_LOGIN = 3                                  # letters in 15 minutes
GONE = say(zh="此链接已失效，请重新申请", en="This link works no more: ask for another one")


def ask(site: Site, text: str, address: str) -> None:
    """Send a letter to the account of this login or address, if there is one with a password. Nothing tells whether."""
    now, name = site.now(), f"reset:{text.strip().lower()}"[:100]
    with site.database.write() as connection:
        people_rows.hold_logins(connection)
        since = now - signing.WINDOW
        many = people_rows.failed_logins(connection, since, login=name) >= PER_LOGIN
        if people_rows.failed_logins(connection, since, address=address) >= signing.PER_ADDRESS:
            raise TooMany(signing.TOO_MANY, seconds=signing.WINDOW.total_seconds())
        people_rows.note_login(connection, name, address, now)
        row = None if many else sign_in_rows.by_login_or_mail(connection, text.strip())
        events.note(connection, now, "reset_asked", subject=text.strip(), address=address)
        if row is None or not row["active"] or row["service"] or not row["email"] or not row["password"]:
            return
        job_rows.add(connection, {
            "kind": JOB, "app": "", "args": {"user": row["id"]}, "state": "ready", "run_at": now, "created_at": now,
            "max_attempts": 4,
        })


def invite(site: Site, login: str, by: Person | None = None) -> None:
    """Send a new account a letter with which its person sets the first password; nobody knows one until then."""
    with site.database.write() as connection:
        row = people_rows.user_by_login(connection, login)
        if row is None or row["password"] or not row["email"]:
            return
        people_rows.change_user(connection, row["id"], {"password": people.HASHER.hash(secrets.token_urlsafe(32))})
        job_rows.add(connection, {
            "kind": JOB, "app": "", "args": {"user": row["id"], "login": login, "invited": True}, "state": "ready",
            "run_at": site.now(), "created_at": site.now(), "max_attempts": 4,
        })
        events.note(connection, site.now(), "invited", by=by, subject=login)


def link(site: Site, user: int, base: str) -> str:
    """The address of a page where the person may set a password; every earlier one works no more."""
    token = secrets.token_urlsafe(32)
    with site.database.write() as connection:
        sign_in_rows.put_letter(connection, digest(token), user, site.now() + VALID)
    return f"{base}/reset?token={token}"


def opened(site: Site, token: str) -> str:
    """The login that a link is for; `NotFound` where it works no more."""
    with site.database.read() as connection:
        row = sign_in_rows.letter(connection, digest(token), site.now())
    if row is None:
        raise NotFound(GONE, code="reset")
    return str(row["login"])


def complete(site: Site, token: str, password: str, address: str) -> None:
    """Set the password; sessions, tokens and known devices of the person end. Raises `NotFound` and `Invalid`."""
    people.check_password(password)
    hashed = people.HASHER.hash(password)
    now = site.now()
    with site.database.write() as connection:
        row = sign_in_rows.letter(connection, digest(token), now)
        if row is None or not sign_in_rows.spend_letter(connection, digest(token)):
            raise NotFound(GONE, code="reset")
        people_rows.change_user(connection, row["id"], {"password": hashed})
        people.shut_out(connection, row["id"])
        sign_in_rows.forget_devices(connection, row["id"])
        events.note(connection, now, "password_changed", by=people.person(row), subject=row["login"], address=address,
                    how="mail")
