"""Rights explained, for administrators and builders: what somebody may do and by which rule; who sees a record."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.digits import whole
from engine.errors import NotFound, Unreadable
from engine.runtime.web.present import rights
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import page
from engine.runtime.web.visits import opened

BLUEPRINT = Blueprint("rights", __name__)


@route(BLUEPRINT, "/apps/<app>/rights", Access.BUILDER)
def show(app: str) -> ResponseReturnValue:
    """The page: who, what, which record; and the answer."""
    login, object, record = (request.args.get(name, "").strip() for name in ("person", "object", "record"))
    id = whole(record)
    with opened(app) as tx:
        if not object or not (login or id):
            return page(tx, "rights/show.html", view=rights.empty(tx, login, object, record))
        try:
            view = rights.view(tx, login, object, id)
        except (NotFound, Unreadable) as failure:
            wrong = failure.message.to(tx.actor.language)
            view = rights.empty(tx, login, object, record, wrong)
            return page(tx, "rights/show.html", view=view, status=failure.status)
        return page(tx, "rights/show.html", view=view)
