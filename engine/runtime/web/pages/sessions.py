"""Signing in and out. Knows people and visits."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from engine.errors import Forbidden, TooMany
from engine.runtime.services import people
from engine.runtime.web import limits, resending, tokens, visits
from engine.runtime.web.resending import Resend
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, plain_page
from engine.runtime.web.snapshots import reading, site
from engine.runtime.web.visits import language, visit
from engine.texts import say

BLUEPRINT = Blueprint("sessions", __name__)
LONGEST_LOGIN, LONGEST_PASSWORD = 100, 128
NOT_YOURS = say(
    zh="之前未提交的表单不是您填写的，已丢弃", en="The form that was kept here was another person's: it was let go"
)


@route(BLUEPRINT, "/sign-in", Access.PUBLIC)
def form() -> ResponseReturnValue:
    """The sign-in page; whoever has signed in already is led on."""
    if visit().person is not None:
        return go(visits.local_path(request.args.get("next", "/")))
    return plain_page("sessions/sign_in.html", next=request.args.get("next", ""), login="", error="")


@route(BLUEPRINT, "/sign-in", Access.PUBLIC, methods=("POST",))
def sign_in() -> ResponseReturnValue:
    """Open a session; a wrong answer shows the form again and keeps the login."""
    login = request.form.get("login", "").strip()[:LONGEST_LOGIN]
    wanted, again = request.form.get("next", ""), resending.beside(request.form)
    scripted = request.accept_mimetypes.best == "application/json"
    try:
        token = people.sign_in(
            site(),
            login,
            request.form.get("password", "")[:LONGEST_PASSWORD],
            limits.network(request.remote_addr or ""),
            request.user_agent.string,
        )
    except (Forbidden, TooMany) as refusal:
        if scripted:
            raise
        status, message = (429 if isinstance(refusal, TooMany) else 401), refusal.message.to(language())
        shown = plain_page(
            "sessions/sign_in.html", next=wanted, login=login, error=message, again=again, status=status
        )
        if isinstance(refusal, TooMany):
            shown.headers["Retry-After"] = str(round(refusal.seconds))
        return shown
    answer = welcomed(token, visits.local_path(wanted or "/"), again, scripted=scripted)
    visits.remember(answer, token)
    return answer


def welcomed(token: str, where: str, again: Resend | None, *, scripted: bool) -> Response:
    """What follows signing in: the wanted page; for a script its new token; a form that is still to be sent."""
    if not scripted and again is None:
        return go(where)
    with reading() as connection:
        opened = people.session_of(site(), connection, token)
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
    person = visit().person
    assert person is not None, "the route demands a person"
    answer = jsonify(login=person.login, csrf=visit().csrf)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@route(BLUEPRINT, "/sign-out", Access.PERSON, methods=("POST",))
def sign_out() -> ResponseReturnValue:
    """End the session."""
    people.sign_out(site(), visit().token)
    answer = go("/sign-in")
    visits.forget(answer)
    return answer
