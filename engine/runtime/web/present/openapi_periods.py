"""The parts of the OpenAPI document that tell of time in registers: periods, and what a back-dated document changes.
Knows definitions only."""

from __future__ import annotations

from typing import Any

from engine.definitions.app import App
from engine.runtime.web.present.openapi_parts import KEY, answer, body, failures, page_of

JSON = dict[str, Any]
DATE: JSON = {"type": "string", "format": "date"}
NO_DATE: JSON = {"type": ["string", "null"], "format": "date"}
PERIOD: JSON = {
    "type": "object",
    "required": ["name", "label", "registers", "closed_until", "may_close", "history"],
    "properties": {
        "name": {"type": "string"},
        "label": {"type": "string"},
        "registers": {"type": "array", "items": {"type": "string"}},
        "closed_until": {**NO_DATE, "description": "The last closed day; null = nothing is closed."},
        "may_close": {"type": "boolean"},
        "history": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "closed_until": NO_DATE,
                    "at": {"type": "string", "format": "date-time"},
                    "by": {"type": "string"},
                    "reason": {"type": "string"},
                },
            },
        },
    },
}
CLOSE: JSON = {
    "type": "object",
    "additionalProperties": False,
    "required": ["until"],
    "properties": {
        "until": {**DATE, "description": "The last day that is closed; one that is over."},
        "reason": {"type": "string"},
    },
}
REOPEN: JSON = {
    "type": "object",
    "additionalProperties": False,
    "required": ["reason"],
    "properties": {
        "until": {**NO_DATE, "description": "What stays closed; without it nothing does."},
        "reason": {"type": "string"},
    },
}
NAME: JSON = {"name": "period", "in": "path", "required": True}
ACTION: JSON = {
    "name": "action", "in": "query", "schema": {"type": "string"},
    "description": "The action that is about to follow, for `later`.",
}
AMOUNT: JSON = {"type": "string"}
FIGURE: JSON = {
    "type": "object",
    "properties": {
        "measure": {"type": "string"},
        "was": {**AMOUNT, "description": "At the end of the day `since`, as it is."},
        "becomes": {**AMOUNT, "description": "At the end of the day `since`, as it would be."},
        "lowest": {**AMOUNT, "description": "The lowest from then on."},
        "lowest_on": DATE,
        "now": {**AMOUNT, "description": "The balance now, as it would be."},
    },
}
LATER: JSON = {
    "type": ["object", "null"],
    "description": "What a document that is dated before today would change behind it; null where nothing.",
    "properties": {
        "counting": {"type": ["string", "null"], "description": "The state in which it counts, if not yet."},
        "refusal": {"type": ["string", "null"], "description": "What a guard or closed period would say."},
        "effects": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "register": {"type": "string"},
                    "label": {"type": "string"},
                    "keys": {"type": "object"},
                    "since": DATE,
                    "later_days": {"type": "integer", "description": "Days after it on which something is booked."},
                    "figures": {"type": "array", "items": FIGURE},
                },
            },
        },
        "more": {"type": "integer", "description": "Rows that are not told one by one."},
        "closed": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "register": {"type": "string"}, "period": {"type": "string"}, "until": DATE, "counts_on": DATE,
                },
            },
        },
        "revalued": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "register": {"type": "string"}, "measure": {"type": "string"}, "since": DATE,
                    "later_days": {"type": "integer"},
                },
            },
        },
    },
}  # fmt: skip


def paths(app: App) -> JSON:
    """How periods stand, closing them and opening them again; nothing where the app has none."""
    if not app.periods:
        return {}
    base = f"/api/{app.name}/periods"
    name = {**NAME, "schema": {"type": "string", "enum": list(app.periods)}}
    done = {"200": answer(PERIOD), **failures(400, 403, 404, 422)}

    def post(summary: str, schema: JSON) -> JSON:
        asked = {"parameters": [KEY], "requestBody": body(schema), "responses": done}
        return {"tags": ["periods"], "operationId": summary.split()[0].lower() + "_period", "summary": summary, **asked}

    return {
        base: {
            "get": {
                "tags": ["periods"],
                "operationId": "list_periods",
                "summary": "Periods and up to when they are closed",
                "responses": {"200": answer(page_of(PERIOD)), **failures(404)},
            }
        },
        f"{base}/{{period}}/close": {
            "parameters": [name],
            "post": post("Close up to a day", CLOSE),
        },
        f"{base}/{{period}}/reopen": {
            "parameters": [name],
            "post": post("Reopen what was closed", REOPEN),
        },
    }
