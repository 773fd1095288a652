"""The part of the OpenAPI document that tells of shares of records. Knows schemas only."""

from __future__ import annotations

from typing import Any

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.runtime.web.present.openapi_parts import ID, KEY, answer, body, failures, operation, page_of

JSON = dict[str, Any]
WHOM: JSON = {
    "user": {"type": "string", "description": "A login."},
    "department": {"type": "string", "description": "With all below it."},
    "role": {"type": "string"},
}
DAY: JSON = {"type": ["string", "null"], "format": "date", "description": "The last day; null: no end."}
SHARE: JSON = {
    "type": "object",
    "required": ["id", "name", "edit", "until", "by", "at", "holds"],
    "properties": {
        "id": {"type": "integer"},
        **WHOM,
        "name": {"type": "string"},
        "edit": {"type": "boolean"},
        "until": DAY,
        "by": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "holds": {"type": "boolean", "description": "Whether who shared it may still do so; else it gives nothing."},
    },
}
SHARED: JSON = {
    "type": "object",
    "additionalProperties": False,
    "description": "One of user, department and role.",
    "properties": {**WHOM, "edit": {"type": "boolean", "default": False}, "until": DAY},
}
NUMBER: JSON = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}


def share_paths(app: App, obj: Object) -> JSON:
    """Shares of records; nothing for an object that nobody may share."""
    if not any("share" in grant.verbs for grant in app.grants.get(obj.name, ())):
        return {}
    base = f"/api/{app.name}/{obj.name}/{{id}}/shares"
    listed = {"200": answer(page_of(SHARE)), **failures(400, 404)}
    made = {"201": answer(SHARE, "Shared"), **failures(400, 403, 404, 409, 422)}
    gone = {"204": {"description": "It is shared no more"}, **failures(404)}
    return {
        base: {
            "parameters": [ID],
            "get": operation(obj, "shares", "With whom it is shared", listed),
            "post": operation(
                obj, "share_record", "Share it with a person, a department or a role", made, parameters=[KEY],
                requestBody=body(SHARED),
            ),
        },
        f"{base}/{{number}}": {
            "parameters": [ID, NUMBER],
            "delete": operation(obj, "stop_sharing", "Stop sharing it", gone),
        },
    }
