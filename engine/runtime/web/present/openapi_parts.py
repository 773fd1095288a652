"""What operations of the OpenAPI document have in common: parameters, answers, envelopes. Knows no app."""

from __future__ import annotations

from typing import Any

from engine.definitions.objects import Object
from engine.runtime.web.present import schemas

JSON = dict[str, Any]
ID: JSON = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
KEY: JSON = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": 200},
    "description": "The same key with the same body is carried out once; kept for 7 days.",
}
MATCH: JSON = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "The ETag that was read; a stale one is answered with 412.",
}
PROBLEM: JSON = {
    "type": "object",
    "description": "RFC 9457",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}, "code": {"type": "string"}},
            },
        },
        "warnings": {
            "type": "array",
            "items": {"type": "object", "properties": {"called": {"type": "string"}, "message": {"type": "string"}}},
        },
        "current_version": {"type": "integer"},
        "conflicts": {
            "type": "array",
            "description": "With 409 and 412 of a stale edit: where what was sent differs from what stands.",
            "items": {
                "type": "object",
                "required": ["field", "theirs"],
                "properties": {
                    "field": {"type": "string"},
                    "base": {"description": "What stood there in the version that was seen; not for lines."},
                    "theirs": {"description": "What stands there now."},
                    "mine": {"description": "What was sent; not where nothing was."},
                },
            },
        },
    },
}
TABLE: JSON = {
    "type": "object",
    "properties": {
        "columns": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "type": {"type": "string"}, "label": {"type": "string"}},
            },
        },
        "rows": {"type": "array", "items": {"type": "array", "items": {}}},
        "next": {"type": ["string", "null"]},
    },
}
MOVES: JSON = {                                # a list, and the same as a table
    "type": "object",
    "properties": {
        **TABLE["properties"],
        "items": {"type": "array", "items": {"type": "object"}},
        "count": {"type": ["integer", "null"]},
    },
    "required": ["items", "next", "count"],
}
ACT: JSON = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "input": {"type": "object", "description": "What the action asks for."},
        "comment": {"type": "string"},
        "accept": {"type": "array", "items": {"type": "string"}, "description": "Warnings that are accepted."},
        "override": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


def query(name: str, kind: str, description: str) -> JSON:
    """A query parameter."""
    return {"name": name, "in": "query", "schema": {"type": kind}, "description": description}


OVERRIDE = query("override", "string", "Why an administrator changes what a running approval holds")
ACCEPT = query("accept", "string", "The names of warnings that are accepted, with commas between")
FORM = query("form", "string", "The form for an occasion by which it is made: only its fields are taken")
CURSOR = query("cursor", "string", "The `next` of the page before")
LIMIT = query("limit", "integer", "At most 200; 50 if not given")
KNOWN = query("known", "string", "As it was known at this moment")
THUMB = query("thumb", "string", "The picture small, as WebP; 404 of what is none")
FIELDS = query("fields", "string", "Only these fields")
LISTING = [
    query("filter", "string", "A condition in the expression language: state = 'approved' and total > 1000"),
    query("search", "string", "Words to look for in the searchable fields"),
    query("sort", "string", "Field names, `-` for descending: -date,number"),
    FIELDS,
    LIMIT,
    CURSOR,
    query("count", "string", "exact, capped or none"),
    query("state", "string", "current, archived, or deleted: what lies in the bin and the caller may bring back"),
]


def answer(schema: JSON, description: str = "Done") -> JSON:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def failures(*codes: int) -> JSON:
    """The problem answers that an operation may give."""
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    names = {
        400: "Unreadable",
        401: "Not signed in",
        403: "Not allowed",
        404: "No such thing, or not visible",
        409: "Refused by a state, a check or a guard; or a warning to accept",
        412: "Stale If-Match",
        422: "A value or a check",
        423: "Held by a running approval",
        429: "Too many requests: again after Retry-After",
        503: "Busy after several inner tries: again after Retry-After",
    }
    return {str(code): {"description": names[code], "content": problem} for code in (401, *codes, 429, 503)}


def body(schema: JSON) -> JSON:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def page_of(item: JSON) -> JSON:
    """The envelope of a list."""
    return {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": item},
            "next": {"type": ["string", "null"]},
            "count": {"type": ["integer", "null"]},
        },
    }


def operation(obj: Object, name: str, summary: str, responses: JSON, **more: Any) -> JSON:
    """One operation, tagged with its object."""
    return {
        "tags": [obj.name],
        "operationId": f"{name}_{schemas.component(obj.name)}",
        "summary": summary,
        "responses": responses,
        **more,
    }
