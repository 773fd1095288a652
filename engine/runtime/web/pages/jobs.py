"""Background jobs, for administrators: what waits, runs and failed; another try, taking back. Knows the site."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.errors import Failure, NotFound, Refused
from engine.runtime.jobs import overseeing
from engine.runtime.web.present import workloads
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import fragment, go, plain_page, wants_fragment
from engine.runtime.web.snapshots import site
from engine.runtime.web.visits import language, me
from engine.texts import Text, say

BLUEPRINT = Blueprint("jobs", __name__, url_prefix="/jobs")
AGAIN = say(zh="已重新排队", en="It runs again")
STOPPED = say(zh="已取消", en="Cancelled")


@route(BLUEPRINT, "/", Access.ADMIN)
def index() -> ResponseReturnValue:
    """The jobs that the address asks for; htmx asks again while something moves."""
    view = workloads.view(site(), request.args, language(), me().timezone)
    return fragment("jobs/_list.html", view=view) if wants_fragment() else plain_page("jobs/list.html", view=view)


@route(BLUEPRINT, "/<int:id>/retry", Access.ADMIN, methods=("POST",))
def retry(id: int) -> ResponseReturnValue:
    """Another try of one that failed or was cancelled."""
    try:
        overseeing.retry(site(), id, login())
    except (NotFound, Refused) as failure:
        return back(failure)
    return back(AGAIN)


@route(BLUEPRINT, "/<int:id>/cancel", Access.ADMIN, methods=("POST",))
def cancel(id: int) -> ResponseReturnValue:
    """Take back one that waits or runs."""
    try:
        overseeing.stop(site(), id, login())
    except (NotFound, Refused) as failure:
        return back(failure)
    return back(STOPPED)


def back(said: Text | Failure) -> ResponseReturnValue:
    """To the list from which the visitor came, with a message."""
    wrong = isinstance(said, Failure)
    text = said.message if isinstance(said, Failure) else said
    return go(workloads.address(request.form), text.to(language()), "danger" if wrong else "success")


def login() -> str:
    """Who is at it."""
    return me().login
