"""JSON Schemas of an app's records, as the API takes and gives them. Knows definitions only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.kinds.fields.attached import Attachment
from engine.kinds.fields.base import Field
from engine.texts import say

JSON = dict[str, Any]
LINK_SHAPE: JSON = {
    "type": "object",
    "description": "Another record: its id, how it is called, and its object where a link may lead to several.",
    "properties": {"id": {"type": "integer"}, "title": {"type": "string"}, "object": {"type": "string"}},
    "required": ["id", "title"],
    "examples": [{"id": 7, "title": "Acme"}],
}
LINK: JSON = {"anyOf": [{"$ref": "#/components/schemas/Link"}, {"type": "null"}]}
LINK_INPUT: JSON = {
    "description": "An id; the key of the record as text; or its key fields as an object.",
    "type": ["integer", "string", "object", "null"],
}
FILE_SHAPE: JSON = {
    "type": "object",
    "description": "A file: its id, name, size in bytes, type of content and digest.",
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "size": {"type": "integer"},
                   "type": {"type": "string"}, "sha256": {"type": "string"}, "field": {"type": "string"},
                   "url": {"type": "string"}},
}
FILE: JSON = {"anyOf": [{"$ref": "#/components/schemas/File"}, {"type": "null"}]}
FILE_INPUT: JSON = {
    "description": "The id of an upload (POST …/files), a file as the record gives it, or {name, text | base64}.",
    "type": ["string", "object", "null"],
}
REQUIRED = say(zh="。新建时必填：", en=". Required on create: ")
EXACT: JSON = {"type": ["string", "null"], "format": "decimal", "description": "An exact number in decimal notation."}
OF_TYPE: dict[str, JSON] = {
    "number": EXACT,
    "text": {"type": ["string", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "date": {"type": ["string", "null"], "format": "date"},
    "datetime": {"type": ["string", "null"], "format": "date-time"},
    "time": {"type": ["string", "null"], "format": "time"},
    "duration": {"type": ["string", "null"], "format": "duration"},
    "json": {"type": ["object", "array", "null"]},
    "range": {
        "type": ["object", "null"],
        "properties": {name: {"type": ["string", "number", "null"]} for name in ("start", "end")},
    },
    "choice": {"type": ["string", "null"]},
    "record": LINK,
    "list": {"type": ["array", "null"], "items": {}},
}
EXAMPLES: dict[str, Any] = {
    "number": "12.50", "text": "…", "boolean": True, "date": "2026-03-31", "datetime": "2026-03-31T08:00:00Z",
    "time": "08:30", "record": 7,
}
SYSTEM: JSON = {
    "id": {"type": "integer", "readOnly": True},
    "version": {"type": "integer", "readOnly": True, "description": "Grows with each change; the ETag holds it."},
    "state": {"type": ["string", "null"], "readOnly": True},
    "status": {
        "type": ["string", "null"], "readOnly": True, "description": "The derived state that holds, else the state.",
    },
    "creator": {**LINK, "readOnly": True},
    "created_at": {"type": ["string", "null"], "format": "date-time", "readOnly": True},
    "changed_by": {**LINK, "readOnly": True},
    "changed_at": {"type": ["string", "null"], "format": "date-time", "readOnly": True},
    "deleted_at": {"type": "string", "format": "date-time", "readOnly": True, "description": "In the bin since then."},
    "archived_at": {"type": "string", "format": "date-time", "readOnly": True},
    "anonymised_at": {"type": "string", "format": "date-time", "readOnly": True},
}

ERRORS: JSON = {
    "type": "object",
    "readOnly": True,
    "description": "Why fields are null that could not be computed; left out where there are none.",
    "additionalProperties": {
        "type": "object",
        "properties": {"code": {"type": "string"}, "reason": {"type": "string"}},
    },
}


@dataclass(frozen=True, slots=True)
class Reach:
    """The fields of an object (of its lines: `lines.qty`) that the caller may see, and those the caller may give;
    which of create, edit and delete the caller may ever do, and which actions take."""

    seen: frozenset[str]
    given: frozenset[str]
    verbs: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()


def component(name: str) -> str:
    """The name of an object's schema: component names allow no dot in some tools."""
    return name.replace(".", "_")


def reference(name: str) -> JSON:
    return {"$ref": f"#/components/schemas/{component(name)}"}


def field_schema(app: App, obj: Object, field: Field, language: str, *, given: bool) -> JSON:
    """The schema of one field's value, as it is taken (`given` False) or given."""
    if field.kind == "lines":
        name = f"{obj.name}.{field.name}" + ("" if given else "_input")
        found: JSON = {"type": "array", "items": reference(name)}
    elif isinstance(field, Attachment):
        found = dict(FILE if given else FILE_INPUT)
        found = {"type": ["array", "null"], "items": found} if field.type.name == "list" else found
    elif field.type.of is not None and field.type.of.name == "record":
        found = {"type": ["array", "null"], "items": dict(LINK if given else LINK_INPUT)}
    elif field.type.name == "record" and not given:
        found = dict(LINK_INPUT)
    elif field.type.name == "number" and not given:
        found = {"type": ["string", "number", "null"], "format": "decimal"}
    else:
        found = dict(OF_TYPE.get(field.type.name, {}))
    found["description"] = ". ".join(part for part in (field.label.to(language), found.get("description", "")) if part)
    if field.type.name == "choice" and field.type.options:
        found["enum"] = [*field.type.options, None]
    if field.help is not None:
        found["description"] += ". " + field.help.to(language)
    example = EXAMPLES.get(field.type.name) if "enum" not in found else field.type.options[0]
    if example is not None and field.kind != "lines" and not isinstance(field, Attachment):
        found["examples"] = [{"id": 7, "title": "Acme"} if example == 7 and given else example]
    if field.computed and given:
        found["readOnly"] = True
    return found


def record_schema(app: App, obj: Object, language: str, seen: frozenset[str]) -> JSON:
    """The schema of a record (or line) as the API gives it; `seen` are the fields that the caller may see."""
    shown = [f for f in obj.fields.values() if _among(obj, f, seen)]
    fields = {f.name: field_schema(app, obj, f, language, given=True) for f in shown}
    system = {"id": SYSTEM["id"]} if obj.owner else dict(SYSTEM)
    if any(f.formula is not None or f.balance is not None for f in shown):
        system["errors"] = ERRORS
    described = {"description": obj.label.to(language)}
    return {"type": "object", **described, "properties": {**system, **fields}, "required": ["id"]}


def input_schema(app: App, obj: Object, language: str, given: frozenset[str]) -> JSON:
    """The schema of what create and PATCH take; `given` are the fields that the caller may give."""
    open_fields = [f for f in obj.fields.values() if not f.computed and not f.readonly and _among(obj, f, given)]
    fields = {f.name: field_schema(app, obj, f, language, given=False) for f in open_fields}
    line = {"id": {"type": "integer", "description": "The line to change; without it a new line."}} if obj.owner else {}
    required = [f.name for f in open_fields if f.required is True and f.default is None]
    schema: JSON = {"type": "object", "description": obj.label.to(language), "properties": {**line, **fields}}
    schema["additionalProperties"] = False
    if required:
        schema["description"] += REQUIRED.to(language) + ", ".join(required)
    return schema


def _among(obj: Object, field: Field, paths: frozenset[str]) -> bool:
    """Whether a field, or for lines one of their columns, is among these paths of the record."""
    path = f"{obj.owner_field}.{field.name}" if obj.owner else field.name
    return path in paths or field.kind == "lines" and any(one.startswith(f"{path}.") for one in paths)


def schemas(app: App, reach: Mapping[str, Reach], language: str) -> JSON:
    """All component schemas of these objects and of their lines."""
    found: JSON = {}
    for name, fields in reach.items():
        obj = app.objects[name]
        for part in (obj, *(app.objects[f"{name}.{lines}"] for lines in obj.lines)):
            found[component(part.name)] = record_schema(app, part, language, fields.seen)
            found[component(part.name) + "_input"] = input_schema(app, part, language, fields.given)
    return found
