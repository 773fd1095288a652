"""The part of the OpenAPI document that tells of the administrator's log. Knows schemas only."""

from __future__ import annotations

from typing import Any

from engine.runtime.services import events
from engine.runtime.web.present.openapi_flows import PAGED
from engine.runtime.web.present.openapi_parts import answer, failures, page_of, query

JSON = dict[str, Any]
MOMENT: JSON = {"type": "string", "format": "date-time"}
EVENT: JSON = {
    "type": "object",
    "required": ["id", "at", "kind", "group", "by", "about", "app", "address", "details"],
    "properties": {
        "id": {"type": "integer"}, "at": MOMENT, "kind": {"type": "string"}, "group": {"type": "string"},
        "by": {"type": "string", "description": "A login, or the name of a command or job."},
        "about": {"type": "string", "description": "The login or name that it is about."},
        "app": {"type": "string"}, "address": {"type": "string"}, "details": {"type": "object"},
    },
}
ENTRY: JSON = {
    "type": "object",
    "required": ["id", "at", "event", "action", "by", "app", "object", "record", "fields"],
    "properties": {
        "id": {"type": "integer"}, "at": MOMENT, "event": {"type": "string"}, "action": {"type": ["string", "null"]},
        "by": {"type": "string"}, "app": {"type": "string"},
        "object": {"type": ["string", "null"], "description": "None where there is no such object any more."},
        "record": {"type": "integer"},
        "fields": {"type": "array", "items": {"type": "string"}, "description": "What changed, without the values."},
    },
}
ASKED: list[JSON] = [
    query("person", "string", "Who did it, or whom it is about: a login"), query("app", "string", "Of this app only"),
    query("since", "string", "From this moment on, ISO 8601"), query("until", "string", "Before this moment"),
    *PAGED,
]


def paths() -> JSON:
    """What administrators may ask."""
    return {
        "/api/site-events": {"get": {
            "tags": ["log"], "operationId": "list_events",
            "summary": "Signing in, accounts, rights, definitions: what happened, newest first",
            "parameters": [_one_of("group", list(events.GROUPS)), _one_of("kind", list(events.KINDS)), *ASKED],
            "responses": {"200": answer(page_of(EVENT)), **failures(400, 403)},
        }},
        "/api/site-trail": {"get": {
            "tags": ["log"], "operationId": "list_trail", "summary": "Who did what to which records, newest first",
            "parameters": ASKED, "responses": {"200": answer(page_of(ENTRY)), **failures(400, 403)},
        }},
    }


def _one_of(name: str, allowed: list[str]) -> JSON:
    return {"name": name, "in": "query", "schema": {"type": "string", "enum": allowed}}
