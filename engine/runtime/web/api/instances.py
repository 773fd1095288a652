"""Running approvals over REST, for administrators: which there are, one of them, what may be done to it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.errors import NotFound
from engine.runtime.services import commands
from engine.runtime.services.approvals import steering, supervising
from engine.runtime.services.approvals.steering import Steered
from engine.runtime.storage import flow_rows
from engine.runtime.storage.flow_lists import Sought
from engine.runtime.storage.live import Tx
from engine.runtime.storage.task_rows import MOST_COUNTED
from engine.runtime.web import bodies, queries, replies
from engine.runtime.web.api.tasks import person
from engine.runtime.web.present import documents, instances
from engine.runtime.web.replies import Reply
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import header_key, language, opened
from engine.texts import say

BLUEPRINT = Blueprint("api_instances", __name__)
ASKED = ("reason", "task", "to", "step")


@route(BLUEPRINT, "/api/<app>/instances", Access.ADMIN)
def index(app: str) -> ResponseReturnValue:
    """The approvals of an app, newest first: `status` (live: those that are not over; all) and `flow` narrow them."""
    queries.known(("status", "flow", "limit", "cursor"))
    state, flow = request.args.get("status", "live"), request.args.get("flow", "")
    if state not in supervising.STATUSES:
        queries.refuse("status", ", ".join(supervising.STATUSES))
    limit, before = queries.whole("limit", queries.LIMIT, 1, queries.MOST), queries.whole("cursor", 0, 1, 2**31)
    with opened(app) as tx:
        page = supervising.page(tx, Sought(state, flow), before=before or None, limit=limit)
        counted = page.count if page.count < MOST_COUNTED else None
        items = instances.briefs(tx, page.rows, language())
    return jsonify(documents.listing(items, str(page.next) if page.next is not None else None, counted))


@route(BLUEPRINT, "/api/<app>/instances/<int:id>", Access.ADMIN)
def show(app: str, id: int) -> ResponseReturnValue:
    """One approval: its tasks, what keeps it from going on, its history."""
    with opened(app) as tx:
        return jsonify(document(tx, id))


@route(BLUEPRINT, "/api/<app>/instances/<int:id>/<verb>", Access.ADMIN, methods=("POST",))
def steer(app: str, id: int, verb: str) -> ResponseReturnValue:
    """Reassign a task (`task`, `to`), jump to a `step`, suspend, resume, terminate, retry; always with a `reason`."""
    body = bodies.read_json(optional=True)
    check(body)

    def command(tx: Tx) -> Reply:
        to = person(tx, body["to"]) if body.get("to") is not None else 0
        given = Steered(str(body.get("reason") or ""), body.get("task") or 0, to, str(body.get("step") or ""))
        commands.steer(tx, id, verb, given)
        return Reply(200, document(tx, id))

    return jsonify(replies.once(app, header_key(), command).body)


def check(body: dict[str, Any]) -> None:
    """Refuse what no verb takes."""
    bodies.only(body, *ASKED)
    task, to = body.get("task"), body.get("to")
    if task is not None and not bodies.is_id(task):
        bodies.refuse(say(zh="task 是任务的编号", en="task is the number of a task"))
    if to is not None and not (bodies.is_id(to) or isinstance(to, str) and to):
        bodies.refuse(say(zh="to 是人员的账号或编号", en="to is the login or id of a person"))
    for name in ("reason", "step"):
        if not isinstance(body.get(name) or "", str):
            bodies.refuse(say(zh="{name} 是文本", en="{name} is a text", name=name))


def document(tx: Tx, id: int) -> dict[str, Any]:
    """An approval as JSON; `NotFound` where the app has none of this number."""
    steering.demand(tx)
    state = flow_rows.load(tx, id)
    if state is None:
        raise NotFound(steering.GONE)
    return instances.document(tx, state, language())
