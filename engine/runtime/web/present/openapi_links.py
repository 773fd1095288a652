"""The part of the OpenAPI document that tells of links for people without an account. Knows schemas only."""

from __future__ import annotations

from typing import Any

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.definitions.surfaces import surfaces
from engine.runtime.web.present.openapi_parts import ID, answer, body, failures, operation, page_of
from engine.runtime.web.present.openapi_shares import NUMBER

JSON = dict[str, Any]
MOMENT: JSON = {"type": "string", "format": "date-time"}
LINK: JSON = {
    "type": "object",
    "required": ["id", "name", "whom", "by", "at", "until", "once", "uses", "used_at", "holds"],
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "whom": {"type": "string"},
        "by": {"type": "string"},
        "at": MOMENT,
        "until": MOMENT,
        "once": {"type": "boolean"},
        "uses": {"type": "integer"},
        "used_at": {"type": ["string", "null"], "format": "date-time"},
        "holds": {"type": "boolean", "description": "Whether who made it may still do so; else it opens nothing."},
    },
}
MADE: JSON = {
    **LINK, "required": [*LINK["required"], "url"],
    "properties": {**LINK["properties"], "url": {"type": "string", "description": "Told this once."}},
}


def link_paths(app: App, obj: Object) -> JSON:
    """Links about records; nothing where no form or page is opened by them, or nobody may make them."""
    names = [f"{one.object}.{one.name}" for one in surfaces(app) if one.by_link is not None and one.about == obj.name]
    if not names or not any("share" in grant.verbs for grant in app.grants.get(obj.name, ())):
        return {}
    base = f"/api/{app.name}/{obj.name}/{{id}}/links"
    asked = {
        "type": "object", "additionalProperties": False, "required": ["link"],
        "properties": {"link": {"type": "string", "enum": names}, "whom": {"type": "string", "maxLength": 200}},
    }
    made = {"201": answer(MADE, "Made"), **failures(400, 403, 404, 409, 422)}
    return {
        base: {
            "parameters": [ID],
            "get": operation(obj, "links", "Links to it for people without an account",
                             {"200": answer(page_of(LINK)), **failures(400, 404)}),
            "post": operation(obj, "make_link", "Make such a link", made, requestBody=body(asked)),
        },
        f"{base}/{{number}}": {
            "parameters": [ID, NUMBER],
            "delete": operation(obj, "end_link", "Take such a link back",
                                {"204": {"description": "It opens nothing any more"}, **failures(404)}),
        },
    }
