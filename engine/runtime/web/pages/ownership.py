"""What belongs to the visitor: sessions, second factor, tokens; a new password by mail. Knows services and visits."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from engine.errors import Invalid, NotFound, TooMany
from engine.runtime.services.identity import factors, people, resets, signing
from engine.runtime.web import limits, pictures
from engine.runtime.web.pages.profiles import profile
from engine.runtime.web.present import ownership
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, plain_page
from engine.runtime.web.snapshots import site
from engine.runtime.web.visits import language, me, visit
from engine.texts import say

BLUEPRINT = Blueprint("ownership", __name__)
DONE = say(zh="已完成", en="Done")
ENDED = say(zh="会话已结束", en="The session has ended")
SENT = say(
    zh="如果该账号存在并登记了邮箱，重设密码的邮件正在路上（30 分钟内有效）。",
    en="If there is such an account with an e-mail address, a letter is on its way. Its link works for 30 minutes.",
)


# ---- sessions and tokens


@route(BLUEPRINT, "/profile/sessions/end", Access.PERSON, methods=("POST",))
def end_session() -> ResponseReturnValue:
    """End one of the own sessions, or all others."""
    id = request.form.get("id", "")
    if id:
        signing.end_session(site(), me().id, id, me())
    else:
        signing.end_sessions(site(), me().id, me(), visit().token)
    return go("/profile", ENDED.to(language()))


@route(BLUEPRINT, "/profile/tokens", Access.PERSON, methods=("POST",))
def make_token() -> ResponseReturnValue:
    """A token of the own; it is shown once."""
    try:
        made = ownership.make_token(site(), me().id, request.form, me())
    except Invalid as failure:
        return profile(422, errors={e.field: e.message.to(language()) for e in failure.errors}, typed=request.form)
    return profile(made=made)


@route(BLUEPRINT, "/profile/tokens/<int:number>/revoke", Access.PERSON, methods=("POST",))
def revoke_token(number: int) -> ResponseReturnValue:
    """Take an own token back."""
    people.revoke_token(site(), me().id, number, me())
    return go("/profile", DONE.to(language()))


# ---- the second factor


@route(BLUEPRINT, "/profile/second-factor", Access.PERSON)
def second_factor() -> ResponseReturnValue:
    """How it stands, and setting it up."""
    return factor_page()


def factor_page(status: int = 200, error: str = "", codes: tuple[str, ...] = ()) -> Response:
    """The page; `codes` are new recovery codes, shown this once."""
    stands = factors.of(site(), me().id)
    picture = pictures.qr(factors.address(site(), me(), "Formwork")) if stands.secret else ""
    return plain_page(
        "profiles/factor.html", status=status, factor=stands, picture=picture, error=error, codes=codes,
        demanded=visit().stage == signing.ENROL,
    )


@route(BLUEPRINT, "/profile/second-factor/begin", Access.PERSON, methods=("POST",))
def begin_factor() -> ResponseReturnValue:
    """Make a secret."""
    factors.begin(site(), me().id)
    return go("/profile/second-factor")


@route(BLUEPRINT, "/profile/second-factor/confirm", Access.PERSON, methods=("POST",))
def confirm_factor() -> ResponseReturnValue:
    """Prove the secret by a code; the recovery codes."""
    return with_codes(lambda code: factors.confirm(site(), me(), code, visit().token))


@route(BLUEPRINT, "/profile/second-factor/renew", Access.PERSON, methods=("POST",))
def renew_codes() -> ResponseReturnValue:
    """New recovery codes."""
    return with_codes(lambda code: factors.renew(site(), me(), code))


def with_codes(make: Callable[[str], list[str]]) -> ResponseReturnValue:
    """The page with what a code gave, or with why it gave nothing."""
    limits.of(current_app).demand_proof(me().id)
    try:
        codes = make(request.form.get("code", "")[:30])
    except Invalid as failure:
        return factor_page(422, failure.message.to(language()))
    return factor_page(codes=tuple(codes))


@route(BLUEPRINT, "/profile/second-factor/off", Access.PERSON, methods=("POST",))
def factor_off() -> ResponseReturnValue:
    """Turn it off, for the password."""
    limits.of(current_app).demand_proof(me().id)
    try:
        factors.turn_off(site(), me(), request.form.get("password", "")[:128], visit().token)
    except Invalid as failure:
        return factor_page(422, failure.message.to(language()))
    return go("/profile/second-factor", DONE.to(language()))


# ---- a new password by mail


@route(BLUEPRINT, "/forgot", Access.PUBLIC)
def forgot() -> ResponseReturnValue:
    """Asks for the login."""
    return plain_page("sessions/forgot.html", sent="", error="")


@route(BLUEPRINT, "/forgot", Access.PUBLIC, methods=("POST",))
def ask_reset() -> ResponseReturnValue:
    """The same answer whether there is such an account or not."""
    try:
        resets.ask(site(), request.form.get("login", "")[:320], limits.network(request.remote_addr or ""))
    except TooMany as refusal:
        return plain_page("sessions/forgot.html", sent="", error=refusal.message.to(language()), status=429)
    return plain_page("sessions/forgot.html", sent=SENT.to(language()), error="")


@route(BLUEPRINT, "/reset", Access.PUBLIC)
def reset_form() -> ResponseReturnValue:
    """The page to which a letter leads."""
    return reset_page(request.args.get("token", "")[:100])


def reset_page(token: str, status: int = 200, error: str = "") -> Response:
    """The form of a new password, or that the link works no more."""
    try:
        login = resets.opened(site(), token)
    except NotFound as gone:
        return plain_page("sessions/forgot.html", sent="", error=gone.message.to(language()), status=404)
    return plain_page("sessions/reset.html", token=token, login=login, error=error, status=status)


@route(BLUEPRINT, "/reset", Access.PUBLIC, methods=("POST",))
def reset() -> ResponseReturnValue:
    """Set the new password."""
    token, new = request.form.get("token", "")[:100], request.form.get("new", "")
    try:
        if new != request.form.get("again", ""):
            raise Invalid(say(zh="两次输入的新密码不同", en="The new password was typed differently the second time"))
        resets.complete(site(), token, new, limits.network(request.remote_addr or ""))
    except Invalid as failure:
        return reset_page(token, 422, failure.message.to(language()))
    except NotFound:
        return reset_page(token)
    return go("/sign-in", say(zh="密码已修改，请登录", en="The password is changed; sign in").to(language()))
