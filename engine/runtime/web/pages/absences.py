"""Absences as a page: when one is away and who stands in; for administrators those of everybody. Knows no flow."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from engine.digits import whole
from engine.errors import FieldError, Invalid
from engine.runtime.services.approvals import absences
from engine.runtime.services.identity import people
from engine.runtime.services.identity.people import Person
from engine.runtime.web.present import away
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, plain_page
from engine.runtime.web.snapshots import site
from engine.runtime.web.visits import language, me_wholly
from engine.texts import say

BLUEPRINT = Blueprint("absences", __name__, url_prefix="/absences")
KEPT = say(zh="已登记", en="It is noted")
BACK = say(zh="已结束", en="It is over")


@route(BLUEPRINT, "/", Access.PERSON)
def index() -> ResponseReturnValue:
    """What is or will be, and the form for the next one."""
    return shown(me_wholly())


@route(BLUEPRINT, "/", Access.PERSON, methods=("POST",))
def declare() -> ResponseReturnValue:
    """Note an absence; wrong answers show the form again with everything in it."""
    person, form = me_wholly(), request.form
    user = whole(form.get("user", "")) or person.id
    try:
        since, until = moment("since", person), moment("until", person)
        absences.declare(site(), person, user, whole(form.get("to", "")), since, until, form.getlist("flows"))
    except Invalid as failure:
        return shown(person, failure)
    return go("/absences/", KEPT.to(language()))


@route(BLUEPRINT, "/<int:id>/end", Access.PERSON, methods=("POST",))
def finish(id: int) -> ResponseReturnValue:
    """The person is back, or does not go."""
    absences.end(site(), me_wholly(), id)
    return go("/absences/", BACK.to(language()))


def moment(name: str, person: Person) -> dt.datetime:
    """A moment of the form, in the reader's zone."""
    try:
        return dt.datetime.fromisoformat(request.form.get(name, "")).replace(tzinfo=zone(person))
    except ValueError:
        text = say(zh="请填写时间", en="Say when")
        raise Invalid(text, errors=[FieldError(name, text, "required")]) from None


def zone(person: Person) -> ZoneInfo:
    """The zone in which the reader types and reads moments."""
    apart = next((live.zone for live in site().apps()), ZoneInfo("UTC"))
    return ZoneInfo(person.timezone) if person.timezone else apart


def shown(person: Person, failure: Invalid | None = None) -> Response:
    """The page."""
    wrong = {} if failure is None else {one.field: one.message.to(language()) for one in failure.errors}
    view = away.view(site(), person, zone(person), language())
    colleagues = [(p["id"], p["name"] or p["login"]) for p in people.all_users(site()) if p["active"]]
    return plain_page(
        "absences/list.html", status=200 if failure is None else 422, view=view, person=person, people=colleagues,
        errors=wrong, typed=request.form,
    )
