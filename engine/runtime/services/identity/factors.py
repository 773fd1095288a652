"""The second factor: codes of an authenticator (TOTP, RFC 6238) and recovery codes. Knows accounts, no page.

A code works once: the counter of the last one is kept. Recovery codes are kept as digests, each works once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from engine.errors import FieldError, Forbidden, Invalid, Refused
from engine.runtime.services import events
from engine.runtime.services.identity import people
from engine.runtime.services.identity.organisation import role_with_includes
from engine.runtime.services.identity.people import Person, digest
from engine.runtime.services.site import Site
from engine.runtime.storage import people_rows, sign_in_rows
from engine.texts import say

SECONDS = 30                                   # that a code counts
EARLIER = 1                                    # codes before the present one that are taken: typing takes time
RECOVERY = 10                                  # codes at a time
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"    # without those that look alike
WRONG = say(zh="验证码不对，或已用过", en="The code is wrong, or has been used")


@dataclass(frozen=True, slots=True)
class Factor:
    """How it stands with somebody's second factor: on, the secret while it is being set up, recovery codes left, and
    whether the site wants it."""

    on: bool
    secret: str = ""
    left: int = 0
    demanded: bool = False


def is_on(connection: Connection, user: int) -> bool:
    row = sign_in_rows.factor(connection, user)
    return row is not None and row["confirmed_at"] is not None


def is_demanded(site: Site, connection: Connection, row: Mapping[str, Any]) -> bool:
    """Whether the site wants a second factor of this person: `everyone`, `admin`, `builder`, or roles as `app:role`."""
    wanted = set(site.second_factor)
    if not wanted:
        return False
    words = {"everyone"} | {word for word in ("admin", "builder") if row[word]}
    apps = {live.app.name: live.app for live in site.apps_in(connection)}
    for app, role in sign_in_rows.held(connection, row["id"]):
        roles = role_with_includes(apps[app], [role]) if app in apps else {role}
        words |= {f"{app}:{one}" for one in roles}
    return bool(words & wanted)


def of(site: Site, user: int) -> Factor:
    with site.database.read() as connection:
        row, account = sign_in_rows.factor(connection, user), people_rows.user(connection, user)
        demanded = account is not None and is_demanded(site, connection, account)
        if row is None:
            return Factor(False, demanded=demanded)
        on = row["confirmed_at"] is not None
        secret = "" if on else site.coffer.open(user, row["secret"]) or ""
        return Factor(on, secret, sign_in_rows.codes_left(connection, user), demanded)


def begin(site: Site, user: int) -> None:
    """Make a secret that is to be proven by a code."""
    import pyotp

    with site.database.write() as connection:
        if is_on(connection, user):
            raise Refused(say(zh="两步验证已启用", en="The second factor is on already"))
        sign_in_rows.put_factor(connection, user, site.coffer.seal(user, pyotp.random_base32()))


def address(site: Site, person: Person, issuer: str) -> str:
    """What an authenticator reads: `otpauth://…` with the secret that is being set up; blank without one."""
    import pyotp

    secret = of(site, person.id).secret
    return pyotp.TOTP(secret).provisioning_uri(name=person.login, issuer_name=issuer) if secret else ""


def confirm(site: Site, person: Person, code: str, kept: str) -> list[str]:
    """Turn it on by a code; the recovery codes, shown once. Every other session of the person ends, and its tokens."""
    now = site.now()
    with site.database.write() as connection:
        row = sign_in_rows.factor(connection, person.id)
        unproven = row is not None and row["confirmed_at"] is None
        if row is None or not unproven or not _spend(site, connection, row, code):
            raise Invalid(WRONG, errors=[FieldError("code", WRONG, "code")])
        sign_in_rows.confirm_factor(connection, person.id, now)
        codes = _fresh(connection, person.id)
        sign_in_rows.end_others(connection, person.id, digest(kept))
        people_rows.end_tokens(connection, person.id)
        people_rows.finish_stage(connection, digest(kept))
        events.note(connection, now, "factor_on", by=person, subject=person.login)
    return codes


def renew(site: Site, person: Person, code: str) -> list[str]:
    """New recovery codes instead of the old ones, for a code of the authenticator."""
    with site.database.write() as connection:
        row = sign_in_rows.factor(connection, person.id)
        if row is None or not _spend(site, connection, row, code):
            raise Invalid(WRONG, errors=[FieldError("code", WRONG, "code")])
        return _fresh(connection, person.id)


def turn_off(site: Site, person: Person, password: str, kept: str) -> None:
    """Turn the own one off, for the password. `Refused` where the site wants one: an administrator does it for a lost
    phone."""
    with site.database.read() as connection:
        row = people_rows.user(connection, person.id)
        if row is not None and is_demanded(site, connection, row):
            text = say(zh="您的角色必须使用两步验证；更换手机请联系管理员",
                       en="Your role demands a second factor; for another phone ask an administrator")
            raise Refused(text, code="demanded")
    if row is None or not people.verify(row["password"], password):
        text = say(zh="密码不对", en="The password is wrong")
        raise Invalid(text, errors=[FieldError("password", text, "wrong")])
    _off(site, person.id, person, kept)


def reset(site: Site, login: str, by: Person) -> None:
    """An administrator turns it off for somebody who has lost it; sessions and tokens of the person end."""
    if by.login == login:
        raise Forbidden(say(zh="请在个人资料中停用自己的两步验证", en="Turn your own one off in your profile"))
    found = people.find(site, login)
    if found is not None:
        _off(site, found.id, by, "")


def _off(site: Site, user: int, by: Person, kept: str) -> None:
    with site.database.write() as connection:
        row = people_rows.user(connection, user)
        if row is None or not sign_in_rows.drop_factor(connection, user):
            return
        sign_in_rows.end_others(connection, user, digest(kept) if kept else "")
        people_rows.end_tokens(connection, user)
        events.note(connection, site.now(), "factor_off", by=by, subject=row["login"])


def accept(site: Site, connection: Connection, user: int, code: str) -> str:
    """Take a code: `totp`, `recovery`, or blank where it is wrong or has been taken."""
    row = sign_in_rows.factor(connection, user)
    if row is None or row["confirmed_at"] is None:
        return ""
    if _spend(site, connection, row, code):
        return "totp"
    plain = "".join(c for c in code.lower() if c in LETTERS)
    spent = len(plain) == 10 and sign_in_rows.spend_code(connection, user, digest(plain), site.now())
    return "recovery" if spent else ""


def _spend(site: Site, connection: Connection, row: Mapping[str, Any], code: str) -> bool:
    """Take a code of the authenticator; a secret that does not open takes none."""
    import pyotp

    user, given = row["user"], code.replace(" ", "")
    secret = site.coffer.open(user, row["secret"])
    if secret is None or len(given) != 6 or not (given.isascii() and given.isdigit()):
        return False
    totp, counter = pyotp.TOTP(secret), int(site.now().timestamp()) // SECONDS
    for one in range(counter, counter - EARLIER - 1, -1):
        if secrets.compare_digest(totp.generate_otp(one), given):
            return sign_in_rows.spend_counter(connection, user, one)
    return False


def _fresh(connection: Connection, user: int) -> list[str]:
    codes = ["".join(secrets.choice(LETTERS) for _ in range(10)) for _ in range(RECOVERY)]
    sign_in_rows.put_codes(connection, user, map(digest, codes))
    return [f"{code[:5]}-{code[5:]}" for code in codes]
