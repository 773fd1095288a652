"""Accounts, for administrators: who there is, with which roles; added, changed, disabled. Knows people and the site."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.errors import FieldError, Invalid
from engine.runtime.services import people
from engine.runtime.web.present import accounts
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, plain_page
from engine.runtime.web.snapshots import site
from engine.runtime.web.visits import language, visit
from engine.texts import say

BLUEPRINT = Blueprint("people", __name__, url_prefix="/people")
SAVED = say(zh="已保存", en="Saved")


@route(BLUEPRINT, "/", Access.ADMIN)
def index() -> ResponseReturnValue:
    """Every account."""
    return plain_page("people/list.html", people=accounts.listing(site(), language()))


@route(BLUEPRINT, "/new", Access.ADMIN)
def new() -> ResponseReturnValue:
    """The form of a new account."""
    return plain_page("people/form.html", view=accounts.form(site(), "", language()))


@route(BLUEPRINT, "/<login>", Access.ADMIN)
def edit(login: str) -> ResponseReturnValue:
    """The form of an account."""
    return plain_page("people/form.html", view=accounts.form(site(), login, language()))


@route(BLUEPRINT, "/save", Access.ADMIN, methods=("POST",))
def save() -> ResponseReturnValue:
    """Add or change an account; wrong answers show the form again with everything in it but the password."""
    form = request.form
    login, password = form.get("login", "").strip(), form.get("password", "")
    try:
        carry_out(login, password)
    except Invalid as failure:
        wrong = {e.field: e.message.to(language()) for e in failure.errors} or {"login": failure.message.to(language())}
        view = accounts.form(site(), login, language(), typed=form, errors=wrong)
        return plain_page("people/form.html", view=view, status=422)
    return go("/people/", SAVED.to(language()))


def carry_out(login: str, password: str) -> None:
    """The change itself."""
    form, known = request.form, people.find(site(), request.form.get("known", "").strip())
    if known is None:
        accounts.check_login(login)
        if people.find(site(), login) is not None:
            text = say(zh="账号 {login} 已存在", en="There is an account {login} already", login=login)
            raise Invalid(text, errors=[FieldError("login", text)])
        people.check_password(password)
    elif known.login != login:
        raise Invalid(say(zh="账号不能改名", en="A login cannot be renamed"))
    elif password:
        people.set_password(site(), login, password)
    roles = {live.app.name: form.getlist(f"roles.{live.app.name}") for live in site().apps()}
    people.add_user(
        site(),
        login,
        form.get("name", "").strip() or login,
        password if known is None else None,
        roles=roles,
        department=form.get("department", "").strip(),
        admin=form.get("admin") == "true" or is_me(login),
        builder=form.get("builder") == "true",
        email=form.get("email", "").strip(),
        language=language() if known is None else None,
    )


def is_me(login: str) -> bool:
    """Nobody takes the administrator's right from themselves: the last one would be locked out."""
    person = visit().person
    return person is not None and person.login == login


@route(BLUEPRINT, "/<login>/active", Access.ADMIN, methods=("POST",))
def set_active(login: str) -> ResponseReturnValue:
    """Disable or enable an account."""
    active = request.form.get("active") == "true"
    if not active and is_me(login):
        raise Invalid(say(zh="不能停用自己的账号", en="You cannot disable your own account"))
    people.set_active(site(), login, active)
    return go("/people/", SAVED.to(language()))
