"""Cards of a board that are moved to another column: what is possible, and doing it. Knows view models and services."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.definitions.objects import View
from engine.errors import Failure, Refused
from engine.runtime.services import commands, reading
from engine.runtime.services.lists import moving
from engine.runtime.services.lists.moving import Way
from engine.runtime.services.records import Record
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, asks, kanbans
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import fragment, go, page, wants_fragment
from engine.runtime.web.visits import language, opened, run
from engine.texts import Text, say

BLUEPRINT = Blueprint("moves", __name__)
PATH = "/apps/<app>/records/<object>/<int:id>/moves"
MOVED = say(zh="已移到“{to}”", en="Moved to {to}")
NOWHERE = say(zh="这张卡片不能移到那里", en="The card cannot go there")
SEVERAL = say(zh="有几种方式可以到达，请选择", en="There are several ways to get there: choose one")


@route(BLUEPRINT, PATH, Access.PERSON)
def ways(app: str, object: str, id: int) -> ResponseReturnValue:
    """Where a card can go, and why not elsewhere: for the keyboard and the phone."""
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        return draw(tx, record, moving.board_of(record.definition, request.args.get("view", "")))


def targets(tx: Tx, record: Record, view: View) -> list[tuple[str, Text]]:
    """The columns of the board: key and label."""
    return kanbans.targets(tx, record.definition, view)


def draw(tx: Tx, record: Record, view: View, message: str = "", status: int = 200) -> ResponseReturnValue:
    """The dialog of the ways out of a column."""
    url = addresses.record(tx.app.name, record.object, record.id or 0)
    found = [drawn(record, way, url) for way in moving.ways(record, view, targets(tx, record, view))]
    version = record.system.get("version")
    context: dict[str, Any] = {"title": record.title, "ways": found, "url": url + "/moves", "view": view.name,
                               "version": version, "message": message, "status": status}
    if wants_fragment():
        return fragment("records/_moves.html", **context)
    return page(tx, "records/moves.html", **context)


def drawn(record: Record, way: Way, url: str) -> dict[str, object]:
    """A way as the dialog shows it; an action that asks something has an address of its own."""
    action = record.definition.actions.get(way.action)
    asking = action is not None and asks.needed(action)
    return {
        "to": way.to,
        "action": way.action,
        "label": way.label.to(language()),
        "ok": way.ok,
        "reason": way.reason.to(language()) if way.reason is not None else "",
        "ask": f"{url}/actions/{way.action}" if asking else "",
    }


@route(BLUEPRINT, PATH, Access.PERSON, methods=("POST",))
def move(app: str, object: str, id: int) -> ResponseReturnValue:
    """Move a card. A script is told `{done}`, or `{ask}` where the action asks something first, or `{choose}` where
    several lead there; a refusal says why."""
    form = request.form
    to, chosen = form.get("to", ""), form.get("action", "")
    version = form.get("_version", type=int)
    with opened(app) as tx:
        obj = commands.known(tx, object)
        view = moving.board_of(obj, form.get("view", ""))
        record = reading.get(tx, obj.name, id)
        moving.stale(record, version)
        labels = dict(targets(tx, record, view))
        found = [w for w in moving.ways(record, view, list(labels.items())) if w.to == to]
        open_ways = [w for w in found if w.ok and chosen in ("", w.action)]
        url = addresses.record(app, object, id)
        if not open_ways:
            raise Refused(next((w.reason for w in found if w.reason is not None), None) or NOWHERE)
        if len(open_ways) > 1:
            return jsonify(choose=f"{url}/moves?view={view.name}", said=SEVERAL.to(language()))
        action = obj.actions.get(open_ways[0].action)
        if action is not None and asks.needed(action):
            return jsonify(ask=f"{url}/actions/{action.name}")
    try:
        run(app, lambda tx: moving.move(tx, obj, id, view, to, action=open_ways[0].action, version=version))
    except Failure as failure:
        if not wants_fragment():
            raise
        with opened(app) as tx:
            said = failure.message.to(language())
            return draw(tx, reading.get(tx, object, id), view, said, failure.status)
    done = MOVED.filled(to=labels[to]).to(language())
    by_script = request.accept_mimetypes.best == "application/json"
    return jsonify(done=True, said=done) if by_script else go(url, done)
