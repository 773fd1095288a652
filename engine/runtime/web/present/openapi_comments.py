"""The part of the OpenAPI document that tells of discussions. Knows schemas only."""

from __future__ import annotations

from typing import Any

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.runtime.web.present.openapi_parts import ID, KEY, THUMB, answer, body, failures, operation, page_of
from engine.runtime.web.present.schemas import FILE, LINK

JSON = dict[str, Any]
MOMENT: JSON = {"type": ["string", "null"], "format": "date-time"}
COMMENT: JSON = {
    "type": "object",
    "required": ["id", "at", "author_name", "text"],
    "properties": {
        "id": {"type": "integer"},
        "at": MOMENT,
        "author": {"anyOf": [LINK, {"type": "null"}]},
        "author_name": {"type": "string"},
        "text": {"type": "string", "description": "Blank once it was taken back."},
        "mentions": {
            "type": "array",
            "items": {"type": "object", "properties": {"login": {"type": "string"}, "name": {"type": "string"}}},
        },
        "files": {"type": "array", "items": FILE},
        "edited_at": MOMENT,
        "deleted_at": MOMENT,
    },
}
SAID: JSON = {
    "type": "object",
    "additionalProperties": False,
    "required": ["text"],
    "properties": {"text": {"type": "string", "description": "A little Markdown; `@login` mentions a person."}},
}
SENT: JSON = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "file": {"type": "array", "items": {"type": "string", "format": "binary"}, "description": "Up to five."},
    },
}
FOLLOW: JSON = {
    "type": "object",
    "additionalProperties": False,
    "required": ["follow"],
    "properties": {"follow": {"type": "boolean"}},
}
FOLLOWS: JSON = {"type": "object", "properties": {"follows": {"type": "boolean"}}}
NUMBER: JSON = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
TOKEN: JSON = {"name": "token", "in": "path", "required": True, "schema": {"type": "string"}}
CURSOR: JSON = {"name": "cursor", "in": "query", "schema": {"type": "string"}, "description": "The `next` before"}


def comment_paths(app: App, obj: Object) -> JSON:
    """The discussion of records; nothing for an object without one."""
    if obj.discussion == "none":
        return {}
    base, said = f"/api/{app.name}/{obj.name}/{{id}}", body(SAID)
    sent = {"content": {**said["content"], "multipart/form-data": {"schema": SENT}}, "required": True}
    listed = {"200": answer(page_of(COMMENT)), **failures(400, 404)}
    made = {"201": answer(COMMENT, "Said"), **failures(400, 404, 409, 422)}
    changed = {"200": answer(COMMENT), **failures(400, 403, 404, 409, 422)}
    gone = {"204": {"description": "Taken back"}, **failures(403, 404, 409)}
    follows = {"200": answer(FOLLOWS), **failures(400, 404)}
    content = {"description": "The content", "content": {"application/octet-stream": {}}}
    return {
        f"{base}/comments": {
            "parameters": [ID],
            "get": operation(obj, "comments", "What was said", listed, parameters=[CURSOR]),
            "post": operation(obj, "comment", "Say something", made, parameters=[KEY], requestBody=sent),
        },
        f"{base}/comments/{{number}}": {
            "parameters": [ID, NUMBER],
            "patch": operation(obj, "change_comment", "Change the own comment", changed, requestBody=said),
            "delete": operation(obj, "remove_comment", "Take the own comment back", gone),
        },
        f"{base}/comments/{{number}}/files/{{token}}": {
            "parameters": [ID, NUMBER, TOKEN],
            "get": operation(
                obj, "comment_file", "Fetch its file", {"200": content, **failures(400, 404)}, parameters=[THUMB]
            ),
        },
        f"{base}/follow": {
            "parameters": [ID],
            "post": operation(obj, "follow", "Follow it, or no longer", follows, requestBody=body(FOLLOW)),
        },
    }
