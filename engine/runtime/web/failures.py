"""Failures as answers, mapped once: a problem document for programs, a fragment for htmx, a page for people."""

from __future__ import annotations

import logging
import math
import secrets
from collections.abc import Sequence
from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException, SecurityError

from engine.errors import Busy, Conflict, Failure, FieldError, Refused, TooMany
from engine.runtime.services.rights import access
from engine.runtime.web import providers, resending
from engine.runtime.web.resending import Resend
from engine.runtime.web.shells import still
from engine.runtime.web.visits import PROGRAMS, language, opened, visit
from engine.texts import Text, say

LOG = logging.getLogger("formwork.web")
RETRY_SECONDS = "1"
AGAIN = (401, 429, 500, 503)                   # refusals of which the very same form may be taken later
TITLES: dict[int, Text] = {
    400: say(zh="请求无法读取", en="The request cannot be read"),
    401: say(zh="请先登录", en="Please sign in"),
    403: say(zh="没有权限", en="Not allowed"),
    404: say(zh="找不到", en="Not found"),
    405: say(zh="此处不支持该操作", en="Not possible here"),
    409: say(zh="现在不能这样做", en="Not possible now"),
    412: say(zh="记录已被他人修改", en="Somebody else changed the record"),
    413: say(zh="内容太大", en="Too large"),
    414: say(zh="地址太长", en="The address is too long"),
    422: say(zh="有些内容需要修改", en="Something needs to be corrected"),
    423: say(zh="审批中，暂时锁定", en="Held by a running approval"),
    429: say(zh="请求过于频繁", en="Too many requests"),
    500: say(zh="系统出错了", en="Something went wrong"),
    503: say(zh="系统繁忙，请稍后再试", en="Busy, please try again"),
}
DETAILS: dict[int, Text] = {
    400: say(zh="请返回上一页，检查后再试。", en="Go back, check what you sent and try again."),
    401: say(zh="登录后再继续。", en="Sign in to go on."),
    403: say(zh="如果需要使用此功能，请联系管理员授权。", en="If you need this, ask an administrator for the right."),
    404: say(zh="它可能已被删除，或者您没有查看的权限。", en="It may have been deleted, or you may not see it."),
    405: say(zh="请返回上一页再试。", en="Go back and try again."),
    409: say(zh="请刷新后查看最新情况再决定。", en="Load the page anew, look at how things stand, then decide."),
    413: say(
        zh="没有保存。请返回上一页，减少行数或换用更小的文件后再提交。",
        en="Nothing was saved. Go back and send fewer lines or smaller files.",
    ),
    414: say(zh="请减少筛选条件。", en="Use fewer filter conditions."),
    422: say(zh="请返回上一页，按提示修改后再提交。", en="Go back, correct what is named and send it again."),
    429: say(zh="请稍等片刻再试。", en="Wait a moment and try again."),
    503: say(zh="内容没有保存，请稍后重试。", en="Nothing was saved; please try again in a moment."),
}


# What programs are told where the address or the way of asking is wrong: code, and what to do.
WRONG_ADDRESSES: dict[int, tuple[str, Text]] = {
    404: ("not_found", say(
        zh="没有这个地址；/api/{app}/openapi.json 列出了全部地址",
        en="There is no such address; /api/{app}/openapi.json lists them all",
    )),
    405: ("method", say(zh="这个地址不支持此方法；可用的见 Allow", en="This address takes other methods: see Allow")),
    413: ("too_large", say(zh="内容太大，请分成几次", en="The body is too large: send it in several parts")),
    414: ("too_long", say(zh="地址太长，请减少筛选条件", en="The address is too long: use fewer conditions")),
}


def install(app: Flask) -> None:
    """Register the handlers of all failures."""
    app.register_error_handler(Failure, failed)
    app.register_error_handler(HTTPException, refused_by_http)
    app.register_error_handler(Exception, broken)


def failed(failure: Failure) -> Response:
    """A command that was not carried out."""
    problem = problem_of(failure, language())
    answer = respond(status_of(failure), failure.message, problem=problem, reasons=failure.errors)
    if failure.code == "csrf":
        answer.headers["X-Refused"] = "csrf"   # the page's scripts get a new token and send it again
    if isinstance(failure, Busy):
        answer.headers["Retry-After"] = RETRY_SECONDS
    if isinstance(failure, TooMany):
        answer.headers["Retry-After"] = str(max(1, math.ceil(failure.seconds)))
    return answer


def refused_by_http(error: HTTPException) -> Response | HTTPException:
    """Flask's own refusals (no route, wrong method, too large) and redirects."""
    status = error.code or 500
    if status < 400:
        return error
    code, told = WRONG_ADDRESSES.get(status, ("", None)) if request.path.startswith("/api/") else ("", None)
    answer = respond(status, told or DETAILS.get(status, TITLES[400]), problem={"code": code} if code else None)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def broken(error: Exception) -> Response:
    """A defect: logged with a number that the person can tell, and nothing else told."""
    number = secrets.token_hex(4)
    LOG.error("error %s on %s %s", number, request.method, told_path(), exc_info=error)
    message = say(
        zh="内容没有保存。请重试；若仍不行，请把编号 {number} 告诉管理员。",
        en="Nothing was saved. Try again; if it stays, tell an administrator the number {number}.",
        number=number,
    )
    return respond(500, message, problem={"code": "defect", "number": number})


def status_of(failure: Failure) -> int:
    """The HTTP status: a stale `If-Match` is 412, any other stale edit 409."""
    stale_match = isinstance(failure, Conflict) and "If-Match" in request.headers
    return 412 if stale_match else failure.status


def problem_of(failure: Failure, chosen: str) -> dict[str, Any]:
    """What a failure adds to the problem document."""
    found: dict[str, Any] = {"code": failure.code}
    if failure.errors:
        found["errors"] = [{"field": e.field, "message": e.message.to(chosen), "code": e.code} for e in failure.errors]
    if isinstance(failure, Refused) and failure.warnings:
        found["warnings"] = [{"called": called, "message": text.to(chosen)} for called, text in failure.warnings]
    if isinstance(failure, Conflict):
        if failure.current_version:
            found["current_version"] = failure.current_version
        if failure.conflicts:
            found["conflicts"] = list(failure.conflicts)
    return found


def respond(
    status: int, detail: Text, *, problem: dict[str, Any] | None = None, reasons: Sequence[FieldError] = ()
) -> Response:
    """The answer in the form that the caller reads. `reasons`: for people, beside the detail."""
    chosen = language()
    listed = [one.told.to(chosen) for one in reasons]
    title, shown = TITLES.get(status, TITLES[500]).to(chosen), detail.to(chosen)
    if wants_json():
        body = {"type": "about:blank", "title": title, "status": status, "detail": shown, **(problem or {})}
        answer = jsonify(body)
        answer.mimetype = "application/problem+json"
        if status == 401:
            answer.headers["WWW-Authenticate"] = "Bearer"
    else:
        answer = make_response(drawn(status, title, shown, problem or {}, [one for one in listed if one != shown]))
    answer.status_code = status
    return answer


def drawn(status: int, title: str, detail: str, problem: dict[str, Any], told: Sequence[str] = ()) -> str:
    """The fragment or page of a failure. A form that could not be taken can be sent again from it."""
    fragment = bool(request.headers.get("HX-Request"))
    again = None if fragment else kept(status, problem)
    context = {"status": status, "title": title, "detail": detail, "again": again, "shell": still()}
    if fragment:
        for_dialog = "dialog" in request.headers.get("HX-Target", "")
        return render_template("failures/fragment.html", for_dialog=for_dialog, **context)
    if status == 401:
        ways = {"next": "", "login": "", "error": "", "ended": True, "provider": providers.label(language())}
        return render_template("sessions/sign_in.html", **ways, **context)
    whole = request.full_path.rstrip("?") if request.method == "GET" else ""
    where = {"retry_url": whole, "back_url": came_from(), "near": nearby() if status in (403, 404) else ""}
    return render_template("failures/page.html", errors=told, **where, **context)


def kept(status: int, problem: dict[str, Any]) -> Resend | None:
    """What was sent, where sending the same again can help: signed out meanwhile, too often, a defect, busy."""
    if status not in AGAIN and problem.get("code") != "csrf":
        return None
    try:
        found = resending.of_request()
    except HTTPException:                      # a form that cannot be read
        return None
    here = visit().person
    return None if found is not None and here is not None and found.person != here.id else found


def told_path() -> str:
    """The address as logs hold it: of a link that is a secret its rule only."""
    secret = "token" in (request.view_args or {})
    return str(request.url_rule) if secret else request.path


def came_from() -> str:
    """The page before, if it is one of ours and another one."""
    try:
        base, referrer = request.host_url, request.referrer or ""
    except SecurityError:                      # a host that is not answered for
        return ""
    path = "/" + referrer.removeprefix(base)
    return path if referrer.startswith(base) and path != request.full_path.rstrip("?") else ""


def nearby() -> str:
    """The list in which a record that was looked for would stand, if the visitor may open it; blank elsewhere."""
    parts = request.path.split("/")
    if len(parts) <= 5 or parts[1] != "apps" or parts[3] != "records":
        return ""
    try:
        with opened(parts[2]) as tx:
            return "/".join(parts[:5]) if parts[4] in tx.app.objects and access.may(tx, parts[4], "see") else ""
    except Failure:
        return ""


def wants_json() -> bool:
    """Programs get problem documents: everything under their addresses, and whoever asks for JSON only."""
    return request.path.startswith(PROGRAMS) or request.accept_mimetypes.best == "application/json"
