"""Accounts, for administrators: who there is, with which roles; added, changed, disabled. Knows people and the site."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from engine.errors import FieldError, Forbidden, Invalid
from engine.runtime.services.identity import departments, factors, people, resets, signing, standings
from engine.runtime.web.present import accounts, ownership
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, plain_page
from engine.runtime.web.snapshots import site
from engine.runtime.web.visits import language, me, visit
from engine.texts import say

BLUEPRINT = Blueprint("people", __name__, url_prefix="/people")
SAVED = say(zh="已保存", en="Saved")
INVITED = say(zh="已保存，邀请邮件即将发出", en="Saved; the invitation is on its way")


@route(BLUEPRINT, "/", Access.ADMIN)
def index() -> ResponseReturnValue:
    """Every account."""
    return plain_page("people/list.html", people=accounts.listing(site(), language()))


@route(BLUEPRINT, "/new", Access.ADMIN)
def new() -> ResponseReturnValue:
    """The form of a new account."""
    return plain_page("people/form.html", view=accounts.form(site(), "", language()), own=None, made="")


@route(BLUEPRINT, "/<login>", Access.ADMIN)
def edit(login: str) -> ResponseReturnValue:
    """The form of an account."""
    return shown(login)


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
        return plain_page("people/form.html", view=view, own=None, made="", status=422)
    sent = not form.get("known") and not password and invited(form)
    return go("/people/", (INVITED if sent else SAVED).to(language()))


def carry_out(login: str, password: str) -> None:
    """The change itself."""
    form, known = request.form, people.find(site(), request.form.get("known", "").strip())
    if known is None:
        accounts.check_login(login)
        if people.find(site(), login) is not None:
            text = say(zh="账号 {login} 已存在", en="There is an account {login} already", login=login)
            raise Invalid(text, errors=[FieldError("login", text)])
        if form.get("service") != "true" and (password or not invited(form)):
            people.check_password(password)
    elif known.login != login:
        raise Invalid(say(zh="账号不能改名", en="A login cannot be renamed"))
    elif password:
        people.set_password(site(), login, password, me())
    main, further = form.get("department", "").strip(), accounts.typed_places(form)
    departments.check_places(site(), main, further)
    roles = {live.app.name: form.getlist(f"roles.{live.app.name}") for live in site().apps()}
    people.add_user(
        site(),
        login,
        form.get("name", "").strip() or login,
        (password or None) if known is None else None,
        roles=roles,
        department=main,
        position=form.get("position", "").strip()[:100],
        further=further,
        admin=form.get("admin") == "true" or is_me(login),
        builder=form.get("builder") == "true",
        email=form.get("email", "").strip(),
        language=language() if known is None else None,
        service=form.get("service") == "true",
        by=me(),
    )
    if known is None and not password and invited(form):
        resets.invite(site(), login, me())
    for live in site().apps():
        for role in live.app.roles.values():
            if role.stands_for and f"stands.{live.app.name}.{role.name}" in form:
                key = form[f"stands.{live.app.name}.{role.name}"] if role.name in roles[live.app.name] else ""
                standings.stand(site(), login, live.app.name, role.name, key, me())


def invited(form: Mapping[str, str]) -> bool:
    """Whether a new account can be told by mail where to set its password."""
    return form.get("service") != "true" and bool(form.get("email", "").strip()) and bool(site().public_url)


def is_me(login: str) -> bool:
    """Nobody takes the administrator's right from themselves: the last one would be locked out."""
    return me().login == login


@route(BLUEPRINT, "/<login>/active", Access.ADMIN, methods=("POST",))
def set_active(login: str) -> ResponseReturnValue:
    """Disable or enable an account."""
    active = request.form.get("active") == "true"
    if not active and is_me(login):
        raise Invalid(say(zh="不能停用自己的账号", en="You cannot disable your own account"))
    people.set_active(site(), login, active, me())
    return go("/people/", SAVED.to(language()))


@route(BLUEPRINT, "/<login>/sessions/end", Access.ADMIN, methods=("POST",))
def end_sessions(login: str) -> ResponseReturnValue:
    """End every session of a person."""
    person = people.find(site(), login)
    if person is not None:
        signing.end_sessions(site(), person.id, me(), visit().token if is_me(login) else "")
    return go(f"/people/{login}", SAVED.to(language()))


@route(BLUEPRINT, "/<login>/second-factor/reset", Access.ADMIN, methods=("POST",))
def reset_factor(login: str) -> ResponseReturnValue:
    """Turn off the second factor of somebody who has lost it."""
    factors.reset(site(), login, me())
    return go(f"/people/{login}", SAVED.to(language()))


@route(BLUEPRINT, "/<login>/tokens", Access.ADMIN, methods=("POST",))
def make_token(login: str) -> ResponseReturnValue:
    """A token for a service account; it is shown once."""
    person = people.find(site(), login)
    if person is None or not person.service:
        raise Forbidden(say(zh="只能为服务账号新建令牌", en="Tokens are made here for service accounts only"))
    try:
        made = ownership.make_token(site(), person.id, request.form, me())
    except Invalid as failure:
        wrong = {e.field: e.message.to(language()) for e in failure.errors}
        return shown(login, status=422, errors=wrong)
    return shown(login, made=made)


@route(BLUEPRINT, "/<login>/tokens/<int:number>/revoke", Access.ADMIN, methods=("POST",))
def revoke_token(login: str, number: int) -> ResponseReturnValue:
    """Take a token of anybody back."""
    person = people.find(site(), login)
    if person is not None:
        people.revoke_token(site(), person.id, number, me())
    return go(f"/people/{login}", SAVED.to(language()))


def shown(login: str, *, status: int = 200, made: str = "", errors: Mapping[str, str] | None = None) -> Response:
    """The page of an account: its form, its sessions and tokens."""
    form = accounts.form(site(), login, language(), errors=errors)
    person = people.find(site(), login)
    own = None if person is None else ownership.view(site(), person, "", language(), me().timezone)
    typed = request.form if errors else {}
    return plain_page("people/form.html", status=status, view=form, own=own, made=made, typed=typed)
