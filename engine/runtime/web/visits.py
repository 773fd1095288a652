"""Who is visiting: the session cookie or the bearer token, the CSRF check, the language. Knows people, no page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import quote, urlsplit

from flask import Flask, abort, current_app, g, redirect, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response as BaseResponse

from engine.errors import BadDefinition, Failure, Forbidden, Unreadable
from engine.runtime.services.identity import people, scopes, signing
from engine.runtime.services.identity.people import Person
from engine.runtime.services.rights import access
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.live import Live, Tx
from engine.runtime.storage.patience import PATIENT
from engine.runtime.web import limits, tokens
from engine.runtime.web.languages import COOKIE, FALLBACK, LANGUAGES, negotiate
from engine.runtime.web.routes import Access, rule_of
from engine.runtime.web.snapshots import SAFE, end, in_hand, reading, site
from engine.texts import say

OPEN_AT_FIRST = ("/profile/second-factor", "/sign-out", "/language", "/theme", "/session", "/static/")
PROGRAMS = ("/api/", "/hooks/", "/metrics")     # addresses to which programs come
SAME_SITE = ("same-origin", "none")  # "none": the person typed the address
YEAR_SECONDS = 31_536_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Visit:
    """One request's visitor. `token` is the cookie's or bearer's value, `csrf` what unsafe requests must repeat."""

    person: Person | None = None
    token: str = ""
    csrf: str = ""
    bearer: bool = False
    stage: str = ""                            # what is still asked of who has just signed in, see `signing`

    @property
    def may_build(self) -> bool:
        return self.person is not None and (self.person.builder or self.person.admin)


STRANGER = Visit()


def install(app: Flask) -> None:
    """Know the visitor before each request, and turn away whoever may not come to the route."""
    app.before_request(receive)


def me() -> Person:
    """The visitor, on a route that lets persons in only."""
    person = visit().person
    assert person is not None, "the route demands a person"
    return person


def me_wholly() -> Person:
    """The same with all that the account may; a token that is narrowed to something of an app is refused."""
    person = me()
    if person.scopes is not None:
        raise Forbidden(access.beyond("people"), code="scope")
    return person


def receive() -> BaseResponse | None:
    """Load the visit, check the route's rule and the request's origin; an answer turns the request away."""
    g.visit = STRANGER
    if request.endpoint is not None:
        recognise()
    if not request.path.startswith(limits.FREE):
        limits.of(current_app).demand(*caller(g.visit))
    if request.endpoint is None:
        return None
    rule = rule_of(current_app._get_current_object(), request.endpoint)  # type: ignore[attr-defined]
    if rule is not Access.PUBLIC and g.visit.person is None:
        return send_to_sign_in()
    if g.visit.bearer:
        check_scope(rule)
    if g.visit.stage == signing.ENROL and not request.path.startswith(OPEN_AT_FIRST):
        return send_to_factor()
    if rule is Access.BUILDER and not g.visit.may_build:
        raise Forbidden(say(zh="只有应用设计者才能打开这里", en="Only builders may come here"))
    if rule is Access.ADMIN and not g.visit.person.admin:
        raise Forbidden(say(zh="只有管理员才能打开这里", en="Only administrators may come here"))
    if request.method not in SAFE and not g.visit.bearer:
        check_origin()
        if g.visit.person is not None:
            check_csrf(g.visit.csrf)
    return None


def caller(found: Visit) -> tuple[str, str]:
    """Whose requests these are, for `limits`: a token's, a person's or, of a stranger, an address's."""
    if found.person is None:
        return f"address:{limits.network(request.remote_addr or '')}", "strange"
    if found.bearer:
        return f"token:{people.digest(found.token)[:32]}", "known"
    return f"user:{found.person.id}", "known"


def recognise() -> None:
    """Know the visitor and, where a command follows, what they may do in its app: a command is a transaction of its
    own, so that all before it is asked at once."""
    header, cookie = request.headers.get("Authorization", ""), request.cookies.get(cookie_name(), "")
    if not header and not cookie:
        return
    with reading() as connection:
        g.visit = by_bearer(connection, header) if header else by_cookie(connection, cookie)
        app = (request.view_args or {}).get("app")
        if g.visit.person is not None and request.method not in SAFE:
            language()
        if app and g.visit.person is not None and request.method not in SAFE:
            with suppress(Failure, BadDefinition):      # whoever needs the app is told
                stand(connection, app)


def by_bearer(connection: Connection, header: str) -> Visit:
    """The visit that a token in the header stands for; another scheme than Bearer's stands for nobody."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        return Visit(bearer=True)
    return Visit(people.person_of_bearer(site(), connection, token.strip()), token.strip(), bearer=True)


def by_cookie(connection: Connection, token: str) -> Visit:
    """The visit that a session cookie stands for."""
    found = signing.session_of(site(), connection, token)
    return STRANGER if found is None else Visit(found.person, token, found.csrf, stage=found.stage)


def check_scope(rule: Access | None) -> None:
    """A token opens the API, no pages; one with scopes opens definitions and figures only where they say so."""
    if rule is Access.PUBLIC or request.path.startswith("/api/"):
        return
    figures = request.path == "/metrics"
    if rule is not Access.BUILDER and not figures:
        raise Forbidden(say(zh="令牌只能用于 API", en="Tokens are for the API"), code="scope")
    app, verb = str((request.view_args or {}).get("app", "")), "metrics" if figures else "build"
    if not scopes.covers(g.visit.person.scopes, app, "", verb):
        raise Forbidden(access.beyond(f"{app}:{verb}".lstrip(":")), code="scope")


def send_to_sign_in() -> BaseResponse:
    """A page leads to the sign-in page and back. Whatever else is asked (by programs, scripts of a page, a form that is
    sent) gets 401: a script asks for the password and goes on, a form is kept on the page of signing in."""
    scripted = request.headers.get("HX-Request") or request.accept_mimetypes.best == "application/json"
    if request.path.startswith(PROGRAMS) or scripted or request.method not in SAFE:
        abort(401)
    where = "/sign-in"
    if request.path != "/":
        where += "?next=" + quote(request.full_path.rstrip("?"))
    return redirect(where, 303)


def send_to_factor() -> BaseResponse:
    """Whoever must set up a second factor comes to no other page before that."""
    if request.path.startswith(PROGRAMS) or request.headers.get("HX-Request") or request.method not in SAFE:
        raise Forbidden(say(zh="请先设置两步验证", en="Set up your second factor first"), code="second_factor")
    return redirect("/profile/second-factor", 303)


def check_origin() -> None:
    """Refuse unsafe requests that another site made the browser send."""
    fetched_from = request.headers.get("Sec-Fetch-Site")
    if fetched_from is not None and fetched_from not in SAME_SITE:
        raise Forbidden(FOREIGN, code="cross_site")
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise Forbidden(FOREIGN, code="cross_site")


def check_csrf(expected: str) -> None:
    """The token of the session must come back in the header or, from a plain form, in the hidden field."""
    given = request.headers.get("X-CSRFToken") or ""
    if not given and request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        given = request.form.get("csrf_token", "")
    if not tokens.agrees(given, expected):
        raise Forbidden(STALE_PAGE, code="csrf")


FOREIGN = say(zh="该请求来自其他网站，已被拒绝", en="The request came from another site and was refused")
STALE_PAGE = say(
    zh="此页面是在您上次登录时打开的，所以还没有提交。",
    en="The page is older than your sign-in: nothing is saved yet.",
)


def token_of_forms() -> str:
    """What the forms of this answer carry: the session's token under a mask of this answer."""
    if "token_of_forms" not in g:
        g.token_of_forms = tokens.masked(visit().csrf)
    found: str = g.token_of_forms
    return found


def visit() -> Visit:
    """The visit of this request."""
    found: Visit = g.get("visit", STRANGER)
    return found


def stand(connection: Connection, app_name: str) -> tuple[Actor, Live]:
    """The visitor as an actor of an app, with the roles there, asked once in a request; and the app as it was live
    then. Raises NotFound where there is no such app."""
    known: dict[str, tuple[Actor, Live]] = g.setdefault("standing", {})
    if app_name not in known:
        acting, live = people.standing(site(), connection, visit().person, app_name)
        known[app_name] = replace(acting, language=language()), live
    return known[app_name]


def actor(app_name: str) -> Actor:
    """The visitor as an actor of an app."""
    known: dict[str, tuple[Actor, Live]] = g.get("standing", {})
    if app_name in known:
        return known[app_name][0]
    with reading() as connection:
        return stand(connection, app_name)[0]


@contextmanager
def opened(app_name: str, acting: Actor | None = None) -> Iterator[Tx]:
    """A read transaction of the visitor (or of `acting`) on one app."""
    with reading() as connection:
        before = app_name in g.get("standing", {})
        visitor, live = stand(connection, app_name)
        if before and request.method not in SAFE:      # it may have been published since
            live = site().live(connection, app_name)
        yield site().seen(connection, live, acting or visitor)


def run(app_name: str, function: Callable[[Tx], T], acting: Actor | None = None) -> T:
    """Run one command of the visitor (or of `acting`) on one app, in one transaction."""
    acting = acting or actor(app_name)
    end()
    done = site().run(app_name, acting, function, seconds=PATIENT)
    g.pop("standing", None)                    # what is shown after it is asked for anew: it may have changed rights
    return done


def apps() -> list[Live]:
    """Every app that is live, by name."""
    with reading() as connection:
        return site().apps_in(connection)


def language() -> str:
    """The language of this answer: the person's, else the cookie's, the browser's, the app's first one."""
    if "language" not in g:
        person = visit().person
        chosen = person.language if person is not None and not visit().bearer else None
        accepted = [tag for tag, _ in request.accept_languages]
        g.language = negotiate(chosen, request.cookies.get(COOKIE), accepted) or of_app()
    found: str = g.language
    return found


def of_app() -> str:
    """The first language of the app at hand (or of the first one that is live) that we speak; English without one. A
    page of a failure stands also where the database does not: nothing is being read there any more."""
    others = in_hand()
    try:
        found = {live.app.name: live.app.languages for live in apps()}
    except Exception:
        if others:                             # read on that connection, which a failure has closed
            raise
        return FALLBACK
    wanted = (request.view_args or {}).get("app", "")
    listed = found.get(wanted) or next(iter(found.values()), ())
    return next((code for code in listed if code in LANGUAGES), FALLBACK)


def cookie_name() -> str:
    """The session cookie; the prefix makes browsers refuse it from anywhere but this host over https."""
    return "__Host-sid" if current_app.config["SECURE_COOKIES"] else "sid"


def remember(response: BaseResponse, token: str) -> None:
    """Give the browser its session."""
    secure = bool(current_app.config["SECURE_COOKIES"])
    response.set_cookie(cookie_name(), token, httponly=True, secure=secure, samesite="Lax", path="/")


def device() -> str:
    """What this browser shows of having been here before."""
    return request.cookies.get(device_name(), "")


def device_name() -> str:
    return "__Host-device" if current_app.config["SECURE_COOKIES"] else "device"


def welcome(response: BaseResponse, entered: signing.Entered) -> None:
    """Give the browser its session, and the sign by which it is known next time."""
    remember(response, entered.token)
    if entered.device:
        secure = bool(current_app.config["SECURE_COOKIES"])
        response.set_cookie(
            device_name(), entered.device, max_age=YEAR_SECONDS, httponly=True, secure=secure, samesite="Lax", path="/"
        )


def forget(response: BaseResponse) -> None:
    """Take the session cookie back."""
    response.delete_cookie(cookie_name(), path="/", secure=bool(current_app.config["SECURE_COOKIES"]), samesite="Lax")


def local_path(wanted: str, method: str = "GET") -> str:
    """A path of this site that a route matches, else the home page: nobody is sent elsewhere after signing in."""
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted:
        return "/"
    adapter = current_app.url_map.bind(request.host)
    return wanted if adapter.test(parts.path, method) else "/"


def header_key() -> str:
    """The idempotency key of an API request; blank without one."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > 200:
        raise Unreadable(say(zh="Idempotency-Key 最多 200 个字符", en="An Idempotency-Key has 200 characters at most"))
    return key


def link_address(app: str, token: str) -> str:
    """Where a link for people without an account is opened."""
    return f"{site().public_url or request.host_url.rstrip('/')}/open/{app}/link/{token}"
