"""The visitor's own settings: language, theme, density, mails, time zone, password. Knows people and visits."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from engine.definitions.building.apps import timezones
from engine.errors import Invalid, Unreadable
from engine.runtime.services.identity import people
from engine.runtime.web import languages, limits, visits
from engine.runtime.web.present import ownership
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import DENSITIES, THEMES, go, plain_page
from engine.runtime.web.snapshots import site
from engine.runtime.web.visits import language, me, visit
from engine.texts import say

BLUEPRINT = Blueprint("profiles", __name__)
YEAR_SECONDS = 31_536_000
AREAS = frozenset(["Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"])


def back() -> str:
    """The page that the visitor came from, if it is one of ours: told by a form where no address goes along."""
    if "back" in request.form:
        return visits.local_path(request.form["back"])
    referrer = request.referrer or ""
    prefix = request.host_url.rstrip("/")
    return visits.local_path(referrer.removeprefix(prefix)) if referrer.startswith(prefix + "/") else "/"


@route(BLUEPRINT, "/profile", Access.PERSON)
def show() -> ResponseReturnValue:
    """The profile page."""
    return profile()


def profile(status: int = 200, **more: object) -> Response:
    """The page with sessions, second factor and tokens; `more` as a refusal or a new token adds to it."""
    person = me()
    view = ownership.view(site(), person, visit().token, language(), person.timezone)
    now = dt.datetime.now(dt.UTC)
    quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)  # when clocks change, they do then
    begin, end = person.quiet
    when = "always" if not end else "daily" if begin == end else "hours"
    chosen = (when, begin or "22:00", end or "07:30")
    context = {"errors": {}, "made": "", "typed": {}, "zones": zones(quarter), "quiet": chosen, **more}
    return plain_page("profiles/show.html", status=status, person=person, view=view, **context)


@lru_cache(maxsize=2)
def zones(now: dt.datetime) -> list[tuple[str, str]]:
    """The zones that a person may choose, each with how far its clock is ahead of UTC now; from west to east."""
    places = [name for name in timezones() if name.partition("/")[0] in AREAS and "/" in name] + ["UTC"]
    offsets = {name: now.astimezone(ZoneInfo(name)) for name in places}
    order = sorted(places, key=lambda name: (offsets[name].replace(tzinfo=None), name))
    return [(name, f"UTC{offsets[name].isoformat()[-6:]} {name.replace('_', ' ')}") for name in order]


@route(BLUEPRINT, "/profile/density", Access.PERSON, methods=("POST",))
def set_density() -> ResponseReturnValue:
    """Choose how much a page shows at once."""
    density = request.form.get("density", "")
    if density not in DENSITIES:
        raise Unreadable(say(zh="没有这种密度", en="There is no such density"))
    people.set_density(site(), me().id, density)
    return go("/profile")


@route(BLUEPRINT, "/profile/mentions", Access.PERSON, methods=("POST",))
def set_mentions() -> ResponseReturnValue:
    """Choose whether comments that name the person come by mail."""
    wanted = request.form.get("mail", "")
    if wanted not in ("yes", "no"):
        raise Unreadable(say(zh="请选择“是”或“否”", en="Choose yes or no"))
    people.set_mail_mentions(site(), me().id, wanted == "yes")
    return go("/profile")


@route(BLUEPRINT, "/profile/quiet", Access.PERSON, methods=("POST",))
def set_quiet() -> ResponseReturnValue:
    """Choose when mails may come: at any time, not in the quiet hours, or once a day."""
    when, begin, end = (request.form.get(name, "") for name in ("when", "from", "until"))
    if when not in ("always", "hours", "daily"):
        raise Unreadable(say(zh="没有这种选择", en="There is no such choice"))
    times = {"always": ("", ""), "hours": (begin, end), "daily": (end, end)}[when]
    try:
        if when == "hours" and begin == end:
            raise Invalid(say(zh="两个时间须不同", en="The two times must differ"))
        if when != "always" and not end:
            raise Invalid(say(zh="请填写时间", en="Give the time"))
        people.set_quiet(site(), me().id, *times)
    except Invalid as failure:
        return profile(422, errors={"quiet": failure.message.to(language())}, quiet=(when, begin, end))
    return go("/profile", say(zh="邮件时间已保存", en="The time of mails is kept").to(language()))


@route(BLUEPRINT, "/profile/timezone", Access.PERSON, methods=("POST",))
def set_timezone() -> ResponseReturnValue:
    """Choose the time zone in which moments are typed and shown; blank for each app's own."""
    people.set_timezone(site(), me().id, request.form.get("timezone", ""))
    return go("/profile", say(zh="时区已保存", en="The time zone is kept").to(language()))


@route(BLUEPRINT, "/profile/password", Access.PERSON, methods=("POST",))
def change_password() -> ResponseReturnValue:
    """Change the own password; every session ends, so the person signs in anew."""
    person = me()
    limits.of(current_app).demand_proof(person.id)
    try:
        if request.form.get("new", "") != request.form.get("again", ""):
            raise Invalid(say(zh="两次输入的新密码不同", en="The new password was typed differently the second time"))
        people.change_password(site(), person.id, request.form.get("old", ""), request.form.get("new", ""))
    except Invalid as failure:
        wrong = {e.field: e.message.to(language()) for e in failure.errors} or {"again": failure.message.to(language())}
        return profile(422, errors=wrong)
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
