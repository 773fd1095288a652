"""The part of the OpenAPI document that tells of running approvals, absences and hand-overs. Knows schemas only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.definitions.app import App
from engine.runtime.services.approvals import supervising
from engine.runtime.services.approvals.steering import VERBS
from engine.runtime.web.present.openapi_parts import KEY, answer, body, failures, page_of, query
from engine.runtime.web.present.openapi_tasks import ID, MOMENT, OPEN, PERSON
from engine.runtime.web.present.schemas import LINK

JSON = dict[str, Any]
ASKED = list(supervising.STATUSES)
STATES = [one for one in ASKED if one not in ("live", "all")]
INSTANCE: JSON = {
    "type": "object",
    "required": ["id", "flow", "status", "record"],
    "properties": {
        "id": {"type": "integer"}, "flow": {"type": "string"}, "status": {"enum": STATES}, "record": LINK,
        "incidents": {"type": "array", "items": {"type": "object"}, "description": "Why it does not go on."},
        "tasks": {"type": "array", "items": {"type": "object"}},
        "history": {"type": "array", "items": {"type": "object"}},
    },
}
STEERED: JSON = {
    "type": "object",
    "additionalProperties": False,
    "required": ["reason"],
    "properties": {
        "reason": {"type": "string", "minLength": 1},
        "task": {"type": "integer", "minimum": 1, "description": "Which one is reassigned."},
        "to": {**PERSON, "description": "Who gets it."},
        "step": {"type": "string", "description": "Where it goes on after a jump."},
    },
}
ABSENCE: JSON = {
    "type": "object",
    "required": ["id", "user", "since", "until", "flows", "may_end"],
    "properties": {
        "id": {"type": "integer"}, "user": {"type": "object"}, "to": {"type": ["object", "null"]}, "since": MOMENT,
        "until": {**MOMENT, "description": "Exclusive."}, "flows": {"type": "array", "items": {"type": "string"}},
        "may_end": {"type": "boolean"},
    },
}
AWAY: JSON = {
    "type": "object",
    "additionalProperties": False,
    "required": ["since", "until"],
    "properties": {
        "user": {**PERSON, "description": "Of whom an administrator tells it; the caller, if not given."},
        "to": {**PERSON, "description": "Who stands in."},
        "since": {"type": "string", "format": "date-time"},
        "until": {"type": "string", "format": "date-time", "description": "Exclusive."},
        "flows": {"type": "array", "items": {"type": "string"}, "description": "`app` or `app.flow`; all, if blank."},
    },
}
HANDED: JSON = {
    "type": "object",
    "additionalProperties": False,
    "required": ["to"],
    "properties": {
        "to": PERSON, "reason": {"type": "string"},
        "fields": {"type": "array", "items": {"type": "string"}, "description": "`app.object.field` of records."},
        "disable": {"type": "boolean", "description": "Whether the account is disabled; true, if not given."},
    },
}
LOGIN: JSON = {"name": "login", "in": "path", "required": True, "schema": {"type": "string"}}
VERB: JSON = {"name": "verb", "in": "path", "required": True, "schema": {"type": "string", "enum": list(VERBS)}}
PAGED = [query("limit", "integer", "At most 200; 50 if not given"), query("cursor", "string", "The `next` before")]
PICTURE: JSON = {
    "description": "The picture",
    "content": {"application/octet-stream": {}},
}


def paths(app: App, admin: bool) -> JSON:
    """What everybody may ask for, and what administrators may."""
    found: JSON = {
        "/api/tasks/{id}": {
            "parameters": [ID],
            "get": _of("tasks", "read_task", "One task: what may be done", {"200": answer(OPEN), **failures(404)}),
        },
        "/api/tasks/{id}/signature": {
            "parameters": [ID],
            "get": _of("tasks", "read_signature", "The signature of a decision", {"200": PICTURE, **failures(404)}),
        },
        "/api/absences": {
            "get": _of(
                "absences", "list_absences", "Who is away and who stands in",
                {"200": answer(page_of(ABSENCE)), **failures(400, 403)},
                parameters=[query("all", "string", "true: of everybody, for administrators")],
            ),
            "post": _of(
                "absences", "declare_absence", "Tell when one is away",
                {"201": answer(ABSENCE, "Noted"), **failures(400, 403, 422)}, requestBody=body(AWAY),
            ),
        },
        "/api/absences/{id}/end": {
            "parameters": [ID],
            "post": _of("absences", "end_absence", "The person is back",
                        {"200": answer({"type": "object"}), **failures(403, 404)}),
        },
    }
    return found | (_steered(app) | _left() if admin else {})


def _steered(app: App) -> JSON:
    base = f"/api/{app.name}/instances"
    return {
        base: {
            "get": _of(
                "approvals", "list_instances", "Approvals, newest first",
                {"200": answer(page_of(INSTANCE)), **failures(400, 403)},
                parameters=[
                    {"name": "status", "in": "query", "schema": {"type": "string", "enum": ASKED}},
                    query("flow", "string", "Of this flow only"), *PAGED,
                ],
            ),
        },
        f"{base}/{{id}}": {
            "parameters": [ID],
            "get": _of("approvals", "read_instance", "One approval: tasks, incidents, history",
                       {"200": answer(INSTANCE), **failures(403, 404)}),
        },
        f"{base}/{{id}}/{{verb}}": {
            "parameters": [ID, VERB],
            "post": _of(
                "approvals", "steer_instance", "Put an approval right, with a reason",
                {"200": answer(INSTANCE), **failures(400, 403, 404, 409, 422, 423)}, parameters=[KEY],
                requestBody=body(STEERED),
            ),
        },
    }


def _left() -> JSON:
    return {
        "/api/people/{login}/estate": {
            "parameters": [LOGIN],
            "get": _of("people", "read_estate", "What would be handed over",
                       {"200": answer({"type": "object"}), **failures(403, 404)}),
        },
        "/api/people/{login}/hand-over": {
            "parameters": [LOGIN],
            "post": _of("people", "hand_over", "Give what a person has to another one",
                        {"200": answer({"type": "object"}), **failures(400, 403, 404, 422)}, requestBody=body(HANDED)),
        },
    }


def rights_paths(app: App, objects: Iterable[str]) -> JSON:
    """What builders and administrators may ask about the rights of others."""
    person: JSON = {**query("person", "string", "Whose rights: a login"), "required": True}
    asked = [person, *(query(name, "string", f"Only this {name}") for name in ("field", "action"))]
    told, failed = {"200": answer({"type": "object"})}, failures(400, 403, 404)
    found: JSON = {}
    for name in objects:
        base = f"/api/{app.name}/{name}"
        found |= {
            f"{base}/explain": {"get": _of(name, f"explain_{name}", "What somebody may do", told | failed,
                                           parameters=asked)},
            f"{base}/{{id}}/explain": {"parameters": [ID], "get": _of(
                name, f"explain_one_{name}", "What somebody may do with a record", told | failed, parameters=asked
            )},
            f"{base}/{{id}}/viewers": {"parameters": [ID], "get": _of(
                name, f"viewers_{name}", "Who can see a record, and why", told | failed
            )},
        }
    return found


def _of(tag: str, name: str, summary: str, responses: JSON, **more: Any) -> JSON:
    return {"tags": [tag], "operationId": name, "summary": summary, "responses": responses, **more}
