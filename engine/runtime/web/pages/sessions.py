"""Signing in and out. Knows people and visits."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.errors import Forbidden, TooMany
from engine.runtime.services import people
from engine.runtime.web import limits, visits
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, plain_page
from engine.runtime.web.snapshots import site
from engine.runtime.web.visits import language, visit

BLUEPRINT = Blueprint("sessions", __name__)
LONGEST_LOGIN, LONGEST_PASSWORD = 100, 128


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
    wanted = request.form.get("next", "")
    try:
        token = people.sign_in(
            site(),
            login,
            request.form.get("password", "")[:LONGEST_PASSWORD],
            limits.network(request.remote_addr or ""),
            request.user_agent.string,
        )
    except (Forbidden, TooMany) as refusal:
        status, message = (429 if isinstance(refusal, TooMany) else 401), refusal.message.to(language())
        shown = plain_page("sessions/sign_in.html", next=wanted, login=login, error=message, status=status)
        if isinstance(refusal, TooMany):
            shown.headers["Retry-After"] = str(round(refusal.seconds))
        return shown
    answer = go(visits.local_path(wanted or "/"))
    visits.remember(answer, token)
    return answer


@route(BLUEPRINT, "/sign-out", Access.PERSON, methods=("POST",))
def sign_out() -> ResponseReturnValue:
    """End the session."""
    people.sign_out(site(), visit().token)
    answer = go("/sign-in")
    visits.forget(answer)
    return answer
