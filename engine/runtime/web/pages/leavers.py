"""Handing over the work of who leaves, as a page for administrators. Knows people and the site."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from engine.digits import whole
from engine.errors import FieldError, Invalid, NotFound
from engine.runtime.services.approvals import leavers
from engine.runtime.services.approvals.leavers import Report
from engine.runtime.services.identity import people
from engine.runtime.services.identity.people import Person
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import plain_page
from engine.runtime.web.snapshots import end, site
from engine.runtime.web.visits import language, me
from engine.texts import say

BLUEPRINT = Blueprint("leavers", __name__, url_prefix="/people")


@route(BLUEPRINT, "/<login>/hand-over", Access.ADMIN)
def show(login: str) -> ResponseReturnValue:
    """What a person has, and the form that gives it to somebody else."""
    return shown(known(login))


@route(BLUEPRINT, "/<login>/hand-over", Access.ADMIN, methods=("POST",))
def hand_over(login: str) -> ResponseReturnValue:
    """Give it; the page tells what became of it."""
    person, by, form = known(login), me(), request.form
    end()
    try:
        to = whole(form.get("to", ""))
        if to is None:
            text = say(zh="请选择接手人", en="Choose who takes over")
            raise Invalid(text, errors=[FieldError("to", text, "required")])
        report = leavers.hand_over(
            site(), by, person.id, to, reason=form.get("reason", "").strip()[:1000], fields=form.getlist("fields"),
            disable=form.get("disable") == "true",
        )
    except Invalid as failure:
        return shown(person, failure)
    return shown(person, report=report)


def known(login: str) -> Person:
    """The person of a login in the address."""
    person = people.find(site(), login)
    if person is None:
        raise NotFound(say(zh="没有用户 {login}", en="There is no user {login}", login=login))
    return person


def shown(person: Person, failure: Invalid | None = None, report: Report | None = None) -> Response:
    """The page, after a hand-over with what came of it."""
    wrong = {} if failure is None else {one.field: one.message.to(language()) for one in failure.errors}
    if failure is not None and not wrong:
        wrong = {"to": failure.message.to(language())}
    others = [
        (p["id"], p["name"] or p["login"])
        for p in people.all_users(site()) if p["active"] and p["id"] != person.id
    ]
    told = None if report is None else {
        "tasks": report.tasks, "records": report.records, "drafts": report.drafts,
        "refused": [(what, why.to(language())) for what, why in report.refused],
    }
    return plain_page(
        "people/hand_over.html", status=200 if failure is None else 422, person=person, people=others, errors=wrong,
        estate=leavers.estate(site(), person.id), report=told, typed=request.form,
    )
