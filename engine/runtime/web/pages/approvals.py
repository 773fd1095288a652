"""All approvals of an app for administrators, and flows as they are defined for builders. Knows view models only."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.digits import whole
from engine.errors import Failure, NotFound
from engine.runtime.services import commands
from engine.runtime.services.approvals import flow_marks, steering, supervising
from engine.runtime.services.approvals.steering import Steered
from engine.runtime.services.identity import people
from engine.runtime.web import queries
from engine.runtime.web.present import addresses, flow_pictures, supervision
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, page
from engine.runtime.web.snapshots import site
from engine.runtime.web.visits import language, opened, run
from engine.texts import say

BLUEPRINT = Blueprint("approvals", __name__)
LIMIT = 50
SUGGESTIONS = 20
DONE = say(zh="已处理", en="Done")
NO_FLOW = say(zh="没有这个流程", en="There is no such flow")


@route(BLUEPRINT, "/apps/<app>/approvals", Access.ADMIN)
def index(app: str) -> ResponseReturnValue:
    """All approvals that the address asks for."""
    with opened(app) as tx:
        wanted, days = supervision.sought(request.args), queries.whole("days", 0, 1, 3650)
        if days:
            wanted = replace(wanted, before=tx.now - dt.timedelta(days=days))
        before = queries.whole("before", 0, 1, 2**31) or None
        view = supervision.overview(tx, wanted, days, before=before, limit=LIMIT)
        return page(tx, "approvals/list.html", view=view, base=addresses.approvals(app))


@route(BLUEPRINT, "/apps/<app>/approvals/people", Access.ADMIN)
def named(app: str) -> ResponseReturnValue:
    """People by their names, for the filter and for reassigning."""
    words = request.args.get("q", "").strip().lower()[:100]
    found = [p for p in people.all_users(site()) if words in f"{p['name']} {p['login']}".lower()]
    return jsonify(items=[{"id": p["id"], "title": p["name"] or p["login"]} for p in found[:SUGGESTIONS]])


@route(BLUEPRINT, "/apps/<app>/approvals/<int:id>", Access.ADMIN)
def show(app: str, id: int) -> ResponseReturnValue:
    """One approval and what may be done to it."""
    return draw(app, id)


@route(BLUEPRINT, "/apps/<app>/approvals/<int:id>/<verb>", Access.ADMIN, methods=("POST",))
def steer(app: str, id: int, verb: str) -> ResponseReturnValue:
    """Reassign, jump, suspend, resume, terminate or retry; a refusal shows the page again with its reason."""
    if verb not in steering.VERBS:
        raise NotFound(steering.GONE)
    form = request.form
    task, to = (whole(form.get(name, "")) or 0 for name in ("task", "to"))
    given = Steered(form.get("reason", "").strip()[:1000], task, to, form.get("step", ""))
    try:
        run(app, lambda tx: commands.steer(tx, id, verb, given))
    except Failure as failure:
        if failure.status >= 500:
            raise
        return draw(app, id, failure, verb, given.reason)
    return go(addresses.approvals(app, str(id)), DONE.to(language()))


def draw(app: str, id: int, failure: Failure | None = None, verb: str = "", reason: str = "") -> ResponseReturnValue:
    """The page of one approval."""
    with opened(app) as tx:
        view, base = supervision.detail(tx, id), addresses.approvals(app)
        crumbs = [(say(zh="流程管理", en="All approvals").to(language()), base), (view.title, "")]
        message = failure.message.to(language()) if failure is not None else ""
        return page(
            tx, "approvals/show.html", crumbs=crumbs, status=failure.status if failure is not None else 200, view=view,
            base=f"{base}/{id}", people_url=f"{base}/people", message=message, wrong=verb, reason=reason,
        )


@route(BLUEPRINT, "/apps/<app>/flows/<name>", Access.BUILDER)
def flow(app: str, name: str) -> ResponseReturnValue:
    """A flow as it is defined, and how long its steps take."""
    with opened(app) as tx:
        found = tx.app.flows.get(name)
        if found is None:
            raise NotFound(NO_FLOW)
        picture = flow_pictures.of(tx, flow_marks.plain(found))
        timed = supervision.durations(supervising.durations(tx, found), language())
        others = [(one.label.to(language()), addresses.flow(app, one.name)) for one in tx.app.flows.values()]
        return page(
            tx, "approvals/flow.html", title=found.label.to(language()), picture=picture, timed=timed, others=others,
            here=addresses.flow(app, name), days=supervising.DAYS,
        )
