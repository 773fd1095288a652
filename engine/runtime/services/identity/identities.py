"""People who sign in by a provider of identities (OpenID Connect): sent off, come back, known by issuer, subject.

Nobody is recognised by an e-mail address: a provider may let people choose one. An account that is made here has no
password. Groups of the provider give the roles that the setting names, and take them away; other roles stay."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from engine.errors import Forbidden
from engine.runtime.services import events
from engine.runtime.services.identity import people, signing
from engine.runtime.services.identity.people import digest
from engine.runtime.services.identity.signing import Entered
from engine.runtime.services.site import Site
from engine.runtime.storage import people_rows, sign_in_rows
from engine.texts import say

AWAY = dt.timedelta(minutes=10)                # how long somebody may take at the provider
UNUSUAL = re.compile(r"[^A-Za-z0-9._@-]+")
STALE = say(
    zh="单点登录已过期或被中断，请重试", en="Signing in by the provider took too long or was broken off: try again"
)
BARRED = say(zh="该账号已停用", en="The account is disabled")


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider as the settings name it. `roles`: group → what it gives (`app:role`, `admin`, `builder`); `claim`
    holds the groups; `private`: it stands in the own network, also over http."""

    issuer: str
    client: str
    secret: str
    label: str = ""
    claim: str = "groups"
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    private: bool = False


@dataclass(frozen=True, slots=True)
class Errand:
    """What was agreed on when somebody was sent off."""

    nonce: str
    verifier: str
    next: str


def send_off(site: Site, wanted: str) -> tuple[str, str, str]:
    """Note that somebody goes to the provider; state, nonce and the challenge of the verifier (PKCE, S256)."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    now = site.now()
    values = {"state": digest(state), "nonce": nonce, "verifier": verifier, "next": wanted[:2000], "until": now + AWAY}
    with site.database.write() as connection:
        sign_in_rows.send_off(connection, values, now)
    hashed = hashlib.sha256(verifier.encode()).digest()
    return state, nonce, base64.urlsafe_b64encode(hashed).decode().rstrip("=")


def come_back(site: Site, state: str) -> Errand:
    """The errand of this state, once. Raises `Forbidden` for one that there is none of, or too late."""
    with site.database.write() as connection:
        row = sign_in_rows.come_back(connection, digest(state), site.now())
    if row is None:
        raise Forbidden(STALE, code="provider")
    return Errand(row["nonce"], row["verifier"], row["next"])


def arrive(
    site: Site, provider: Provider, claims: Mapping[str, Any], address: str, agent: str, device: str = ""
) -> Entered:
    """Open a session for whoever the provider vouches for; an account is made for somebody new."""
    subject = str(claims["sub"])
    with site.database.write() as connection:
        row = sign_in_rows.identified(connection, provider.issuer, subject)
        if row is None:
            row = _made(site, connection, provider, subject, claims)
        if not row["active"]:
            events.note(connection, site.now(), "refused", subject=row["login"], address=address, how="oidc")
            entered = None
        else:
            _groups(site, connection, row, provider, claims.get(provider.claim))
            row = people_rows.user(connection, row["id"]) or row
            entered = signing.enter(site, connection, row, address, agent, device, how="oidc")
    if entered is None:
        raise Forbidden(BARRED, code="provider")
    return entered


def _made(
    site: Site, connection: Connection, provider: Provider, subject: str, claims: Mapping[str, Any]
) -> Mapping[str, Any]:
    """A new account for an identity; its login is nobody else's."""
    wanted = UNUSUAL.sub("", str(claims.get("preferred_username") or "")).strip("._@-")[:80] or f"sso-{subject[:20]}"
    wanted = UNUSUAL.sub("", wanted) or "sso"
    login, number = wanted, 2
    while people_rows.user_by_login(connection, login) is not None:
        login, number = f"{wanted}-{number}", number + 1
    values = {"login": login, "name": str(claims.get("name") or login)[:200], "active": True, "created_at": site.now(),
              "email": str(claims.get("email") or "")[:320] or None}
    id = people_rows.add_user(connection, values)
    sign_in_rows.identify(connection, provider.issuer, subject, id)
    now = site.now()
    events.note(connection, now, "account_added", actor_name=provider.issuer, subject=login, email=values["email"])
    events.note(connection, now, "identity_linked", actor_name=provider.issuer, subject=login, identity=subject)
    made = people_rows.user(connection, id)
    assert made is not None, "it has just been added"
    return made


def _groups(
    site: Site, connection: Connection, row: Mapping[str, Any], provider: Provider, given: object
) -> None:
    """Give what the groups give of all that the setting maps, and take the rest of it away."""
    groups = [str(one) for one in given] if isinstance(given, list) else []
    mapped = {word for words in provider.roles.values() for word in words}
    now_held = {word for group in groups for word in provider.roles.get(group, ())}
    rights: dict[str, Any] = {word: word in now_held for word in ("admin", "builder") if word in mapped}
    changed: dict[str, Any] = {word: on for word, on in rights.items() if bool(row[word]) != on}
    if changed:
        people_rows.change_user(connection, row["id"], changed)
        events.note(connection, site.now(), "account_changed", actor_name=provider.issuer, subject=row["login"],
                    **changed)
    for app in sorted({word.partition(":")[0] for word in mapped if ":" in word}):
        of_app = {word.partition(":")[2] for word in mapped if word.startswith(f"{app}:")}
        kept = set(people_rows.roles_of(connection, row["id"], app)) - of_app
        roles = kept | {word.partition(":")[2] for word in now_held if word.startswith(f"{app}:")}
        people.set_roles(site, connection, row["id"], row["login"], app, roles)


def link(site: Site, login: str, issuer: str, subject: str) -> None:
    """Let an identity sign in as this account from now on; its password works no more."""
    person = people.find(site, login)
    if person is None:
        raise Forbidden(say(zh="没有用户 {login}", en="There is no user {login}", login=login))
    with site.database.write() as connection:
        sign_in_rows.identify(connection, issuer, subject, person.id)
        people_rows.change_user(connection, person.id, {"password": None})
        events.note(connection, site.now(), "identity_linked", subject=login, identity=subject)


def mapping(text: str) -> dict[str, tuple[str, ...]]:
    """`group=app:role, group=admin` as it stands in the settings. Raises ValueError for what is none."""
    found: dict[str, tuple[str, ...]] = {}
    for part in _parts(text):
        group, sign, word = (one.strip() for one in part.partition("="))
        if not sign or not group or not (word in ("admin", "builder") or ":" in word):
            raise ValueError(part)
        found[group] = (*found.get(group, ()), word)
    return found


def _parts(text: str) -> Iterable[str]:
    return (part.strip() for part in text.split(",") if part.strip())
