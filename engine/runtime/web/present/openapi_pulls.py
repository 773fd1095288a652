"""The part of the OpenAPI document that tells of what can be pulled into lines. Knows definitions only."""

from __future__ import annotations

from typing import Any

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.kinds.fields.lines import Lines
from engine.runtime.web.present import schemas
from engine.runtime.web.present.openapi_parts import answer, body, failures, operation

JSON = dict[str, Any]
OFFERS: JSON = {
    "type": "object",
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "source": {
                        "type": "object",
                        "properties": {"object": {"type": "string"}, "id": {"type": ["integer", "null"]}},
                    },
                    "group": {"type": "string"},
                    "values": {"type": "object", "description": "A line, as the record takes it"},
                },
                "required": ["source", "group", "values"],
            },
        },
        "more": {"type": "boolean", "description": "There are others beyond the first 500"},
    },
    "required": ["items", "more"],
}


def pull_paths(app: App, obj: Object) -> JSON:
    """What the lines of a draft can be filled from; nothing for an object whose lines declare no pull."""
    names = [name for name in obj.lines if isinstance(f := obj.fields[name], Lines) and f.pull is not None]
    if not names:
        return {}
    named = {"name": "lines", "in": "path", "required": True, "schema": {"type": "string", "enum": names}}
    told = {"200": answer(OFFERS), **failures(400, 403, 404, 422)}
    taken = body(schemas.reference(obj.name + "_input"))
    summary = "What the lines of a draft can be filled from"
    return {
        f"/api/{app.name}/{obj.name}/pull/{{lines}}": {
            "parameters": [named], "post": operation(obj, "pull", summary, told, requestBody=taken),
        },
    }
