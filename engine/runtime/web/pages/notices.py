"""The visitor's notices. Knows the notices service."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.digits import SMALL_DIGITS, whole
from engine.errors import Unreadable
from engine.runtime.services import discussions, notices
from engine.runtime.services.notices import Message
from engine.runtime.web import queries
from engine.runtime.web.present import addresses, values
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, page
from engine.runtime.web.visits import language, opened, run
from engine.texts import say

BLUEPRINT = Blueprint("notices", __name__)
LIMIT = 50
MOST_ID = 10**9
GONE = say(zh="没有这条通知", en="There is no such notice")
ICONS = {
    "task": "checklist", "incident": "alert-triangle", "alert": "alert-triangle", "flow": "checks",
    "comment": "message", "mention": "at",
}


@route(BLUEPRINT, "/apps/<app>/notices", Access.PERSON)
def index(app: str) -> ResponseReturnValue:
    """Notices, newest first."""
    before = queries.whole("before", 0, 1, MOST_ID) or None
    with opened(app) as tx:
        found = notices.inbox(tx, before=before, limit=LIMIT)
        rows = [
            {
                "text": n.text.to(language()),
                "when": values.moment(n.at, tx.zone, language()),
                "read": n.read,
                "id": n.id,
                "url": address(app, n),
                "icon": ICONS.get(n.kind, "bell"),
            }
            for n in found
        ]
        older = addresses.extended(addresses.notices(app), before=str(found[-1].id)) if len(found) == LIMIT else ""
        return page(
            tx,
            "notices/list.html",
            notices=rows,
            older_url=older,
            read_url=addresses.notices(app) + "/read",
            unread=any(not n.read for n in found),
        )


def address(app: str, notice: Message) -> str:
    """Where a notice leads: the record that it is about, or what was said there; blank if nowhere."""
    if notice.about is None:
        return ""
    if notice.kind == "incident":              # administrators may not see the record itself
        return addresses.extended(addresses.approvals(app), trouble="any")
    at = addresses.record(app, notice.about.object, notice.about.id)
    return at + "#story" if notice.kind in discussions.TOLD else at


@route(BLUEPRINT, "/apps/<app>/notices/read", Access.PERSON, methods=("POST",))
def mark_read(app: str) -> ResponseReturnValue:
    """Mark one (`id`) or all of them as read."""
    given = request.form.get("id", "")
    one = whole(given, SMALL_DIGITS)
    if given and one is None:
        raise Unreadable(GONE)                 # not all of them, for want of the one
    run(app, lambda tx: notices.mark_read(tx, None if one is None else [one]))
    return go(addresses.notices(app))
