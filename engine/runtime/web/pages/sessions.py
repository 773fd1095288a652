"""Signing in and out: password, then code where one is asked for. Knows who signs in, and visits."""

from __future__ import annotations

import secrets

from flask import Blueprint, current_app, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from engine.errors import Forbidden, NotFound, TooMany
from engine.runtime.services.identity import identities, signing
from engine.runtime.web import limits, providers, resending, tokens, visits
from engine.runtime.web.resending import Resend
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, plain_page
from engine.runtime.web.snapshots import reading, site
from engine.runtime.web.visits import language, me, visit
from engine.texts import say

BLUEPRINT = Blueprint("sessions", __name__)
LONGEST_LOGIN, LONGEST_PASSWORD = 100, 128
STATE = "oidc"                                 # the cookie of whoever is at the provider
NOT_YOURS = say(
    zh="之前未提交的表单不是您填写的，已丢弃", en="The form that was kept here was another person's: it was let go"
)


@route(BLUEPRINT, "/sign-in", Access.PUBLIC)
def form() -> ResponseReturnValue:
    """The sign-in page; whoever has signed in already is led on."""
    if visit().person is not None:
        return go(visits.local_path(request.args.get("next", "/")))
    return asked(next=request.args.get("next", ""))


def asked(status: int = 200, **given: object) -> Response:
    """The sign-in page with the ways in that this site has."""
    shown = {"login": "", "error": "", "next": "", "provider": providers.label(language())}
    return plain_page("sessions/sign_in.html", status=status, **{**shown, **given})


@route(BLUEPRINT, "/sign-in", Access.PUBLIC, methods=("POST",))
def sign_in() -> ResponseReturnValue:
    """Open a session; a wrong answer shows the form again and keeps the login."""
    login = request.form.get("login", "").strip()[:LONGEST_LOGIN]
    wanted, again = request.form.get("next", ""), resending.beside(request.form)
    scripted = request.accept_mimetypes.best == "application/json"
    try:
        entered = signing.sign_in(
            site(),
            login,
            request.form.get("password", "")[:LONGEST_PASSWORD],
            limits.network(request.remote_addr or ""),
            request.user_agent.string,
            visits.device(),
        )
    except (Forbidden, TooMany) as refusal:
        if scripted:
            raise
        status, message = (429 if isinstance(refusal, TooMany) else 401), refusal.message.to(language())
        shown = asked(status, next=wanted, login=login, error=message, again=again)
        if isinstance(refusal, TooMany):
            shown.headers["Retry-After"] = str(round(refusal.seconds))
        return shown
    return arrived(entered, wanted, again, scripted=scripted)


def arrived(entered: signing.Entered, wanted: str, again: Resend | None = None, *, scripted: bool = False) -> Response:
    """The answer to whoever has passed a step: what is still asked, or the wanted page."""
    if entered.stage == signing.CODE:
        answer: Response = plain_page(
            "sessions/code.html", next=wanted, again=again, error="", status=403 if scripted else 200
        )
    elif entered.stage == signing.ENROL:
        answer = go("/profile/second-factor")
    else:
        answer = welcomed(entered.token, visits.local_path(wanted or "/"), again, scripted=scripted)
    visits.welcome(answer, entered)
    return answer


@route(BLUEPRINT, "/sign-in/code", Access.PUBLIC, methods=("POST",))
def code() -> ResponseReturnValue:
    """The second step; a wrong code shows the form again, too many lead back to the first step."""
    wanted, again = request.form.get("next", ""), resending.beside(request.form)
    token = request.cookies.get(visits.cookie_name(), "")
    given, place = request.form.get("code", "")[:30], limits.network(request.remote_addr or "")
    try:
        entered = signing.answer_code(site(), token, given, place, request.user_agent.string, visits.device())
    except Forbidden as refusal:
        error = refusal.message.to(language())
        return plain_page("sessions/code.html", next=wanted, again=again, error=error, status=401)
    except TooMany as refusal:
        error = refusal.message.to(language())
        shown = plain_page("sessions/code.html", next=wanted, again=again, error=error, status=429)
        shown.headers["Retry-After"] = str(round(refusal.seconds))
        return shown
    except NotFound as refusal:
        return asked(401, next=wanted, again=again, error=refusal.message.to(language()))
    return arrived(entered, wanted, again)


@route(BLUEPRINT, "/sign-in/oidc", Access.PUBLIC)
def send_off() -> ResponseReturnValue:
    """To the provider of identities; the browser keeps the state, so that nobody else can come back with it."""
    provider = providers.of(current_app)
    if provider is None:
        raise NotFound(say(zh="未配置单点登录", en="There is no provider of identities"))
    wanted = visits.local_path(request.args.get("next", "/"))
    state, nonce, challenge = identities.send_off(site(), wanted)
    try:
        answer = redirect(provider.address(way_back(), state, nonce, challenge), 303)
    except Forbidden as refusal:
        return asked(refusal.status, next=wanted, error=refusal.message.to(language()))
    secure = bool(current_app.config["SECURE_COOKIES"])
    answer.set_cookie(STATE, state, max_age=600, httponly=True, secure=secure, samesite="Lax", path="/sign-in/oidc")
    return answer


@route(BLUEPRINT, "/sign-in/oidc/back", Access.PUBLIC)
def come_back() -> ResponseReturnValue:
    """From the provider of identities, with a code that it redeems."""
    provider, state = providers.of(current_app), request.args.get("state", "")
    kept = request.cookies.get(STATE, "")
    try:
        if provider is None or not kept or not secrets.compare_digest(kept.encode(), state.encode()):
            raise Forbidden(identities.STALE, code="provider")
        errand = identities.come_back(site(), state)
        if not request.args.get("code"):
            raise Forbidden(providers.REFUSED, code="provider")
        claims = provider.claims(request.args["code"], way_back(), errand)
        place = limits.network(request.remote_addr or "")
        entered = identities.arrive(
            site(), provider.provider, claims, place, request.user_agent.string, visits.device()
        )
    except Forbidden as refusal:
        return asked(401, error=refusal.message.to(language()))
    answer = arrived(entered, errand.next)
    answer.delete_cookie(STATE, path="/sign-in/oidc")
    return answer


def way_back() -> str:
    """The address to which the provider sends people back: always the same one."""
    return (site().public_url or request.host_url.rstrip("/")) + "/sign-in/oidc/back"


def welcomed(token: str, where: str, again: Resend | None, *, scripted: bool) -> Response:
    """What follows signing in: the wanted page; for a script its new token; a form that is still to be sent."""
    if not scripted and again is None:
        return go(where)
    with reading() as connection:
        opened = signing.session_of(site(), connection, token)
    assert opened is not None, "the session has just been opened"
    if scripted:
        return jsonify(login=opened.person.login, csrf=opened.csrf)
    may = again is not None and visits.local_path(again.url, "POST") == again.url
    if again is not None and may and again.person != opened.person.id:
        return go(where, NOT_YOURS.to(opened.person.language))
    return plain_page("sessions/resend.html", again=again, csrf=tokens.masked(opened.csrf)) if may else go(where)


@route(BLUEPRINT, "/session", Access.PERSON)
def session() -> ResponseReturnValue:
    """Who is signed in, and the token that this session's forms carry: for the scripts of a page that is older."""
    answer = jsonify(login=me().login, csrf=visit().csrf)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@route(BLUEPRINT, "/sign-out", Access.PERSON, methods=("POST",))
def sign_out() -> ResponseReturnValue:
    """End the session."""
    signing.sign_out(site(), visit().token, visit().person)
    answer = go("/sign-in")
    visits.forget(answer)
    return answer
