"""Departments, for administrators: the tree, each with its head; added, renamed, moved, removed. Knows the site."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.errors import Invalid
from engine.runtime.services.identity import departments
from engine.runtime.web.present import departments as shown
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, plain_page
from engine.runtime.web.snapshots import site
from engine.runtime.web.visits import language, me
from engine.texts import say

BLUEPRINT = Blueprint("departments", __name__, url_prefix="/departments")
SAVED, REMOVED = say(zh="已保存", en="Saved"), say(zh="已删除", en="Removed")


@route(BLUEPRINT, "/", Access.ADMIN)
def index() -> ResponseReturnValue:
    """The tree."""
    return plain_page("departments/list.html", lines=shown.listing(site()), refused="")


@route(BLUEPRINT, "/form", Access.ADMIN)
def edit() -> ResponseReturnValue:
    """The form of the department called `name`, of a new one without."""
    view = shown.form(site(), request.args.get("name", ""))
    return plain_page("departments/form.html", view=view)


@route(BLUEPRINT, "/save", Access.ADMIN, methods=("POST",))
def save() -> ResponseReturnValue:
    """Add or change a department; wrong answers show the form again."""
    form = request.form
    known, name = form.get("known", ""), form.get("name", "").strip()
    try:
        departments.save(site(), known, name, above=form.get("above", ""), head=form.get("head", ""), by=me())
    except Invalid as failure:
        wrong = {e.field: e.message.to(language()) for e in failure.errors}
        view = shown.form(site(), known, typed=form, errors=wrong)
        return plain_page("departments/form.html", view=view, status=422)
    return go("/departments/", SAVED.to(language()))


@route(BLUEPRINT, "/remove", Access.ADMIN, methods=("POST",))
def remove() -> ResponseReturnValue:
    """Remove a department that is empty; else the list says what is in the way."""
    try:
        departments.remove(site(), request.form.get("name", ""), me())
    except Invalid as failure:
        told = failure.message.to(language())
        return plain_page("departments/list.html", lines=shown.listing(site()), refused=told, status=422)
    return go("/departments/", REMOVED.to(language()))
