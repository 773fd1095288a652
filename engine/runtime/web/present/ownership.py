"""What belongs to an account, for its owner's profile and the administrator's page: sessions, second factor, tokens.

Knows services, no request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from engine.digits import SMALL_DIGITS, whole
from engine.errors import FieldError, Invalid
from engine.kinds.fields.locales import show_datetime
from engine.runtime.services.identity import factors, people, signing
from engine.runtime.services.identity.factors import Factor
from engine.runtime.services.identity.people import Person
from engine.runtime.services.rights import access
from engine.runtime.services.site import Site
from engine.texts import Text, say

HOW = {"password": say(zh="密码", en="password"), "oidc": say(zh="单点登录", en="single sign-on")}
BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
           ("Linux", "Linux"))
VERBS = (
    ("read", say(zh="读取", en="read")), ("create", say(zh="新建", en="create")), ("edit", say(zh="修改", en="edit")),
    ("act", say(zh="执行动作", en="take actions")), ("write", say(zh="读写全部", en="read and write everything")),
)
NEVER = say(zh="从未", en="never")
LONGEST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Seat:
    """A session as a row."""

    id: str
    device: str
    address: str
    how: str
    since: str
    seen: str
    current: bool


@dataclass(frozen=True, slots=True)
class Token:
    """An API token as a row."""

    number: int
    name: str
    scopes: str
    until: str
    used: str


@dataclass(frozen=True, slots=True)
class Ownership:
    """Everything that belongs to an account."""

    seats: Sequence[Seat]
    factor: Factor
    tokens: Sequence[Token]
    scopes: Sequence[tuple[str, Sequence[tuple[str, str]]]] = ()   # by app: what a token can be narrowed to, in words


def view(site: Site, person: Person, token: str, language: str, timezone: str = "") -> Ownership:
    """What the account has now; `token` is the session that asks. Times are in the reader's zone, if that is known,
    else in the apps'."""
    zone = ZoneInfo(timezone) if timezone else next((live.zone for live in site.apps()), ZoneInfo("UTC"))

    def at(moment: dt.datetime | None) -> str:
        return NEVER.to(language) if moment is None else show_datetime(moment.astimezone(zone), language)

    seats = [
        Seat(one.id, device(one.agent), one.address, HOW.get(one.how, Text({"en": one.how})).to(language),
             at(one.created_at), at(one.seen_at), one.current)
        for one in signing.sessions_of(site, person.id, token)
    ]
    everything = say(zh="全部权限", en="everything").to(language)
    tokens = [
        Token(row["id"], row["name"] or "—", everything if row["scopes"] is None else " ".join(row["scopes"]),
              at(row["expires_at"]), at(row["used_at"]))
        for row in people.tokens_of(site, person.id)
    ]
    return Ownership(seats, factors.of(site, person.id), tokens, scope_choices(site, person, language))


def scope_choices(site: Site, person: Person, language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """By app, the scopes that are mostly wanted: the whole app or one object that the person sees, to read or to write
    too. Further ones are typed."""
    found = []
    for live in site.apps():
        with site.read(live.app.name, people.actor_for(site, person, live.app.name)) as tx:
            seen = [obj for obj in live.app.objects.values() if not obj.owner and access.may(tx, obj.name, "see")]
        app, words = live.app, [(verb, label.to(language)) for verb, label in VERBS]
        if seen:
            inner = [(f"{app.name}:{verb}", f"{app.label.to(language)} · {label}") for verb, label in words]
            inner += [(f"{app.name}.{obj.name}:{verb}", f"{obj.label.to(language)} · {label}")
                      for obj in seen if obj.name != "user" for verb, label in words]
            found.append((app.label.to(language), inner))
    return found


def device(agent: str) -> str:
    """A browser and a system out of what the browser says of itself."""
    found = [next((name for mark, name in known if mark in agent), "") for known in (BROWSERS, SYSTEMS)]
    return " · ".join(one for one in found if one) or agent[:60] or "—"


def make_token(site: Site, user: int, form: Mapping[str, str], by: Person) -> str:
    """A token as the form asks for it: name, scopes, days. Raises `Invalid` naming the control."""
    scopes = " ".join(form.getlist("scopes") if isinstance(form, MultiDict) else [form.get("scopes", "")]).split()
    days = whole(form.get("days", "").strip(), SMALL_DIGITS)
    if days is None or not 1 <= days <= LONGEST_DAYS:
        text = say(zh="有效期为 1 到 {n} 天", en="It lasts 1 to {n} days", n=LONGEST_DAYS)
        raise Invalid(text, errors=[FieldError("days", text)])
    until = site.now() + dt.timedelta(days=days)
    name = form.get("name", "").strip()[:100]
    try:
        return people.make_token(site, user, name=name, scopes=scopes or None, expires=until, by=by)
    except Invalid as failure:
        raise Invalid(failure.message, errors=[FieldError("scopes", failure.message)]) from failure
