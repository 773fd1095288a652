"""The visitor's own settings: language, theme, password. Knows people and visits."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, Unreadable
from engine.runtime.services import people
from engine.runtime.web import languages, visits
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import THEMES, go, plain_page
from engine.runtime.web.snapshots import site
from engine.runtime.web.visits import language, visit
from engine.texts import say

BLUEPRINT = Blueprint("profiles", __name__)
YEAR_SECONDS = 31_536_000


def back() -> str:
    """The page that the visitor came from, if it is one of ours."""
    referrer = request.referrer or ""
    prefix = request.host_url.rstrip("/")
    return visits.local_path(referrer.removeprefix(prefix)) if referrer.startswith(prefix + "/") else "/"


@route(BLUEPRINT, "/profile", Access.PERSON)
def show() -> ResponseReturnValue:
    """The profile page."""
    return plain_page("profiles/show.html", person=visit().person, errors={})


@route(BLUEPRINT, "/profile/password", Access.PERSON, methods=("POST",))
def change_password() -> ResponseReturnValue:
    """Change the own password; every session ends, so the person signs in anew."""
    person = visit().person
    assert person is not None, "the route demands a person"
    try:
        if request.form.get("new", "") != request.form.get("again", ""):
            raise Invalid(say(zh="两次输入的新密码不同", en="The new password was typed differently the second time"))
        people.change_password(site(), person.id, request.form.get("old", ""), request.form.get("new", ""))
    except Invalid as failure:
        wrong = {e.field: e.message.to(language()) for e in failure.errors} or {"again": failure.message.to(language())}
        return plain_page("profiles/show.html", person=person, errors=wrong, status=422)
    answer = go(
        "/sign-in", say(zh="密码已修改，请重新登录", en="The password is changed; sign in again").to(language())
    )
    visits.forget(answer)
    return answer


@route(BLUEPRINT, "/language", Access.PUBLIC, methods=("POST",))
def set_language() -> ResponseReturnValue:
    """Choose the language: kept with the person, and in a cookie for the pages before signing in."""
    code = request.form.get("language", "")
    if code not in languages.LANGUAGES:
        raise Unreadable(say(zh="没有这种语言", en="There is no such language"))
    person = visit().person
    if person is not None:
        people.set_language(site(), person.id, code)
    answer = go(back())
    answer.set_cookie(languages.COOKIE, code, max_age=YEAR_SECONDS, samesite="Lax", path="/")
    return answer


@route(BLUEPRINT, "/theme", Access.PUBLIC, methods=("POST",))
def set_theme() -> ResponseReturnValue:
    """Choose light, dark or the system's."""
    theme = request.form.get("theme", "")
    if theme not in THEMES:
        raise Unreadable(say(zh="没有这种主题", en="There is no such theme"))
    person = visit().person
    if person is not None:
        people.set_theme(site(), person.id, theme)
    answer = go(back())
    answer.set_cookie("theme", theme, max_age=YEAR_SECONDS, samesite="Lax", path="/")
    return answer
