"""The part of the OpenAPI document that tells of answers beside records (history, rights, previews, results of bulk)
and of alerts. Knows schemas only."""

from __future__ import annotations

from typing import Any

from engine.definitions.app import App
from engine.runtime.web.present.openapi_parts import ID, KEY, answer, body, failures, page_of, query
from engine.runtime.web.present.schemas import LINK

JSON = dict[str, Any]
TEXT: JSON = {"type": "string"}
NO_TEXT: JSON = {"type": ["string", "null"]}
MOMENT: JSON = {"type": "string", "format": "date-time"}
NO_MOMENT: JSON = {"type": ["string", "null"], "format": "date-time"}
EVENT: JSON = {
    "type": "object",
    "required": ["id", "at", "actor_name", "event", "changes"],
    "properties": {
        "id": {"type": "integer"},
        "at": MOMENT,
        "actor": {"anyOf": [{"$ref": "#/components/schemas/Link"}, {"type": "integer"}, {"type": "null"}]},
        "actor_name": TEXT,
        "event": TEXT,
        "action": NO_TEXT,
        "comment": NO_TEXT,
        "changes": {
            "type": "object",
            "description": "By path (`note`, `lines.17.qty`), the value before and after.",
            "additionalProperties": {"type": "object", "properties": {"old": {}, "new": {}}},
        },
    },
}
RIGHTS_SHAPE: JSON = {
    "type": "object",
    "required": ["fields", "actions"],
    "properties": {
        "fields": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"see": {"type": "boolean"}, "edit": {"type": "boolean"}, "reason": NO_TEXT},
            },
        },
        "actions": {
            "type": "object",
            "additionalProperties": {
                "type": "object", "properties": {"ok": {"type": "boolean"}, "label": TEXT, "reason": NO_TEXT},
            },
        },
        "delete": {"type": "boolean"},
    },
}
RIGHTS: JSON = {"$ref": "#/components/schemas/Rights"}
AMENDMENT: JSON = {
    "type": "object",
    "required": ["id", "status", "author", "at", "ended_at", "changes"],
    "properties": {
        "id": {"type": "integer"},
        "status": {"enum": ["waiting", "approved", "rejected", "withdrawn", "terminated"]},
        "author": {"type": ["integer", "null"], "description": "Who asked; null for a program of its own."},
        "at": {"type": "string", "format": "date-time"},
        "ended_at": {"type": ["string", "null"], "format": "date-time"},
        "changes": {
            "type": "object",
            "description": "By path; `lines.7.qty` of a row by its id, `lines.+1.qty` of the first that is to come.",
            "additionalProperties": {"type": "object", "required": ["before", "after"]},
        },
    },
}
AMENDMENTS: JSON = {
    "type": "object",
    "required": ["items"],
    "properties": {"items": {"type": "array", "items": AMENDMENT}},
}
FIGURES: JSON = {
    "type": "object",
    "required": ["figures"],
    "properties": {
        "figures": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "label", "text", "value"],
                "properties": {
                    "name": TEXT,
                    "label": TEXT,
                    "text": {"type": "string", "description": "As people read it."},
                    "value": {"description": "Numbers as exact texts; null where there is none."},
                    "color": {"type": "string", "description": "Of the mark that holds, else blank."},
                    "reason": {"type": "string", "description": "Why there is no value, else blank."},
                },
            },
        },
    },
}
PREVIEW: JSON = {
    "type": "object",
    "required": ["values", "problems", "allowed"],
    "properties": {
        "values": {"type": "object", "description": "The draft as it would be."},
        "problems": {
            "type": "array",
            "items": {"type": "object", "properties": {"field": TEXT, "message": TEXT, "code": TEXT}},
        },
        "warnings": {
            "type": "array",
            "items": {"type": "object", "properties": {"field": TEXT, "message": TEXT, "code": TEXT}},
        },
        "allowed": RIGHTS,
    },
}
RESULTS: JSON = {
    "type": "object",
    "required": ["results"],
    "properties": {
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["status"],
                "properties": {
                    "status": {"type": "integer"},
                    "record": {"type": ["object", "null"]},
                    "problem": {"$ref": "#/components/schemas/Problem"},
                },
            },
        }
    },
}
ALERT: JSON = {
    "type": "object",
    "required": ["id", "rule", "text", "severity", "fired_at"],
    "properties": {
        "id": {"type": "integer"},
        "rule": TEXT,
        "label": TEXT,
        "text": TEXT,
        "severity": {"enum": ["info", "warning", "critical"]},
        "labels": {"type": "object", "description": "What tells it apart: key of the register, or the record."},
        "about": LINK,
        "fired_at": MOMENT,
        "resolved_at": NO_MOMENT,
        "acknowledged_by": {"type": ["integer", "null"]},
        "acknowledged_at": NO_MOMENT,
        "silenced_until": NO_MOMENT,
        "group": {"type": ["string", "null"], "description": "What it has in common with those it is told with."},
        "told_at": {**NO_MOMENT, "description": "When its group's next message says it; null: nothing waits."},
    },
}
SILENCE: JSON = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"until": {**NO_MOMENT, "description": "At most 30 days ahead; null ends the silence."}},
    "examples": [{"until": "2026-03-31T18:00:00Z"}],
}
NOTHING: JSON = {"type": "object"}


def alert_paths(app: App) -> JSON:
    """Alerts that concern the caller; nothing for an app without rules."""
    if not app.alerts:
        return {}
    base = f"/api/{app.name}/alerts"
    seen = [query("resolved", "boolean", "With those that are over"), query("limit", "integer", "At most 200"),
            query("cursor", "string", "The `next` of the page before")]
    one = {"200": answer(ALERT), **failures(400, 403, 404, 409, 422)}

    def post(name: str, summary: str, schema: JSON) -> JSON:
        sent = {**body(schema), "required": False}
        told = {"tags": ["alerts"], "operationId": f"{name}_alert", "summary": summary, "parameters": [KEY]}
        return {"parameters": [ID], "post": {**told, "requestBody": sent, "responses": one}}

    return {
        base: {
            "get": {
                "tags": ["alerts"], "operationId": "list_alerts", "summary": "Alerts, newest first", "parameters": seen,
                "responses": {"200": answer(page_of(ALERT)), **failures(400, 404)},
            }
        },
        f"{base}/{{id}}/acknowledge": post("acknowledge", "Say that somebody sees to it", NOTHING),
        f"{base}/{{id}}/silence": post("silence", "Tell nobody of it until a moment", SILENCE),
    }
