"""The OpenAPI document of an app, and a page that reads it out. Knows the document's maker and access."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from engine.definitions.objects import Object
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import menus, openapi
from engine.runtime.web.present.schemas import Reach
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import page
from engine.runtime.web.visits import opened

BLUEPRINT = Blueprint("api_openapi", __name__)


@route(BLUEPRINT, "/api/<app>/openapi.json", Access.PERSON)
def document(app: str) -> ResponseReturnValue:
    """OpenAPI 3.1, of what the caller may see."""
    with opened(app) as tx:
        return jsonify(made_for(tx))


@route(BLUEPRINT, "/api/<app>/docs", Access.PERSON)
def docs(app: str) -> ResponseReturnValue:
    """The same for people."""
    with opened(app) as tx:
        found = made_for(tx)
        return page(tx, "api/docs.html", document=found, groups=grouped(found))


def made_for(tx: Tx) -> dict[str, Any]:
    """The document for the objects, registers and reports that the actor may see."""
    app = tx.app
    objects = [o for o in app.objects.values() if not o.owner and access.may(tx, o.name, "see")]
    reach = {obj.name: reach_of(tx, obj) for obj in objects}
    registers = [name for name in app.registers if access.may(tx, name, "see")]
    reports = [name for name in app.reports if menus.may_report(tx, name)]
    return openapi.document(app, reach, registers, reports, tx.actor.language, tx.actor.admin, tx.actor.builder)


def reach_of(tx: Tx, obj: Object) -> Reach:
    """The fields that the actor sees of some record at least, and may give when creating or changing one."""
    given = access.editable_fields(tx, obj, None, "create") | access.editable_fields(tx, obj, None, "edit")
    verbs = frozenset(verb for verb in ("create", "edit", "delete") if access.may(tx, obj.name, verb))
    actions = frozenset(name for name, action in obj.actions.items() if access.may_act(tx, obj, action))
    return Reach(access.visible_fields(tx, obj), given, verbs, actions)


def grouped(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The operations by their tag, for the page."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            name = (operation.get("tags") or ["app"])[0]
            found.setdefault(name, []).append({"method": method.upper(), "path": path, **operation})
    return found
