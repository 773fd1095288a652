"""Draws pages in their frame: menu, counters, messages. Knows visits and view models, no page of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from engine.runtime.services import notices
from engine.runtime.services.approvals import boxes
from engine.runtime.storage.live import Tx
from engine.runtime.web.languages import LANGUAGES
from engine.runtime.web.present import addresses, menus
from engine.runtime.web.present.menus import Shell
from engine.runtime.web.visits import apps, language, opened, token_of_forms, visit

FLASH = "flash"
BADGE = 100                                    # beyond it a badge says 99+
THEMES = ("light", "dark", "auto")
DENSITIES = ("normal", "compact")
KINDS = ("success", "info", "warning", "danger")


def still() -> Shell:
    """The frame of a page that must stand whatever has failed: nothing is asked of the database."""
    person = visit().person
    theme = person.theme if person is not None else request.cookies.get("theme", "auto")
    return Shell(
        language=language(),
        languages=menus.languages(LANGUAGES),
        theme=theme if theme in THEMES else "auto",
        density=person.density if person is not None else "normal",
        csrf=token_of_forms(),
        style_nonce=g.get("style_nonce", ""),
        flashes=flashes(),
        back=request.path.removesuffix("/preview") if g.get("secret_address") else "",
    )


def bare() -> Shell:
    """The frame of a page outside of any app."""
    person, base = visit().person, still()
    if person is None:
        return base
    user = {"name": person.name, "login": person.login, "initials": menus.initials(person.name)}
    known = [menus.app_entry(live.app, language()) for live in apps()]
    return replace(base, user=user, apps=known)


def within(tx: Tx, crumbs: Iterable[tuple[str, str]] = ()) -> Shell:
    """The frame of a page of an app."""
    name = tx.app.name
    public = tx.actor.kind != "user"
    return replace(
        bare(),
        app=menus.app_entry(tx.app, language()),
        menu=menus.menu(tx, request.path),
        tasks=0 if public else boxes.count(tx, "todo", most=BADGE),
        notices=0 if public else notices.unread(tx),
        home_url=addresses.app_home(name),
        search_url=addresses.search(name),
        palette_url="" if public else addresses.palette(name),
        tasks_url=addresses.tasks(name),
        notices_url=addresses.notices(name),
        builder_url=addresses.builder(name) if visit().may_build else "",
        crumbs=menus.trail(crumbs),
    )


def page(
    tx: Tx, template: str, *, crumbs: Iterable[tuple[str, str]] = (), status: int = 200, **context: Any
) -> Response:
    """A page of an app."""
    answer = make_response(render_template(template, shell=within(tx, crumbs), **context))
    answer.status_code = status
    return answer


def plain_page(template: str, *, status: int = 200, **context: Any) -> Response:
    """A page outside of any app; where there is only one app, its menu stays beside it."""
    answer = make_response(render_template(template, shell=around(), **context))
    answer.status_code = status
    return answer


def open_page(template: str, *, app: dict[str, str], status: int = 200, **context: Any) -> Response:
    """A page of an app for people without an account: nothing of it leads into the app."""
    answer = make_response(render_template(template, shell=replace(still(), app=app), **context))
    answer.status_code = status
    return answer


def around() -> Shell:
    """The frame of the only app, else the frame without one."""
    base = bare()
    if base.user is None or len(base.apps) != 1:
        return base
    with opened(base.apps[0]["name"]) as tx:
        return within(tx)


def fragment(template: str, *, status: int = 200, **context: Any) -> Response:
    """A piece of a page, for htmx."""
    answer = make_response(render_template(template, shell=bare(), **context))
    answer.status_code = status
    return answer


def told(template: str, **context: Any) -> str:
    """The markup of a piece of a page, to be sent along with something else."""
    return render_template(template, shell=bare(), **context)


def go(url: str, message: str = "", kind: str = "success") -> BaseResponse:
    """Lead on to another page, with a message that it shows once; htmx is told to go there."""
    if request.headers.get("HX-Request") and (beside_list(url) or in_inbox(url)):
        told = {"toast": {"text": message, "kind": kind}} if message else {}
        stays = beside_list(url) or url.rpartition("/")[2].isdigit()
        events = {"dialog:close": {}, **({"list:changed": {"url": url}} if stays else {"list:next": {}}), **told}
        return Response(status=204, headers={"HX-Trigger": json.dumps(events)})
    if request.headers.get("HX-Request"):
        answer: BaseResponse = Response(status=204, headers={"HX-Redirect": url})
    else:
        answer = redirect(url, 303)
    if message:
        answer.set_cookie(FLASH, json.dumps([kind, message]), max_age=60, httponly=True, samesite="Lax", path="/")
    return answer


def beside_list(url: str) -> bool:
    """Whether the request came from the list in which a record of this address stands: there it stays."""
    path = urlsplit(request.headers.get("HX-Current-URL", "")).path
    return "/records/" in path and url.partition("?")[0].removeprefix(path + "/").isdigit()


def in_inbox(url: str) -> bool:
    """Whether the request came from beside the inbox to which an address belongs: there the next task opens."""
    path = urlsplit(request.headers.get("HX-Current-URL", "")).path
    return path.endswith("/tasks") and url.partition("?")[0].startswith(path)


def flashes() -> list[dict[str, str]]:
    """The message that the page before left; a page shows it once, a fragment leaves it for the page."""
    if wants_fragment() or FLASH not in request.cookies:
        return []
    try:
        kind, text = json.loads(request.cookies.get(FLASH, "null"))
    except (ValueError, TypeError):
        return []
    g.flash_shown = True
    return [{"kind": kind if kind in KINDS else "info", "text": str(text)[:300]}]


def install(app: Flask) -> None:
    """Take back the message that a page has shown."""

    def shown(response: Response) -> Response:
        if g.get("flash_shown"):
            response.delete_cookie(FLASH, path="/", httponly=True, samesite="Lax")
        return response

    app.after_request(shown)


def wants_fragment() -> bool:
    """Whether htmx asks for a piece of the page."""
    return "HX-Request" in request.headers
