"""The OpenAPI 3.1 document of an app, for the objects that a caller may see. Knows definitions only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from engine.definitions.app import App
from engine.definitions.objects import AMEND, Action, Object
from engine.kinds.fields.attached import Attachment
from engine.runtime.web.present import (
    openapi_answers,
    openapi_events,
    openapi_flows,
    openapi_periods,
    openapi_tasks,
    openapi_words,
    schemas,
)
from engine.runtime.web.present.openapi_comments import comment_paths
from engine.runtime.web.present.openapi_links import link_paths
from engine.runtime.web.present.openapi_papers import paper_paths
from engine.runtime.web.present.openapi_parts import (
    ACCEPT,
    ACT,
    CURSOR,
    FIELDS,
    FORM,
    ID,
    KEY,
    KNOWN,
    LISTING,
    MATCH,
    MOVES,
    OVERRIDE,
    PROBLEM,
    TABLE,
    THUMB,
    answer,
    body,
    failures,
    operation,
    page_of,
    query,
)
from engine.runtime.web.present.openapi_pulls import pull_paths
from engine.runtime.web.present.openapi_shares import share_paths

JSON = dict[str, Any]
ITEMS: JSON = {
    "type": "object",
    "properties": {
        "atomic": {"type": "boolean", "description": "True (the default): one refusal undoes them all."},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "op": {"type": "string", "description": "create, update, delete or an action"},
                    "id": {"type": "integer"},
                    "values": {"type": "object"},
                    "key": {"type": "string"},
                    "accept": {"type": "array", "items": {"type": "string"}, "description": "accepted warnings"},
                },
            },
        },
    },
}
def links_of(obj: Object) -> JSON:
    """Where the number of a new record leads."""
    given = {"parameters": {"id": "$response.body#/id"}}
    names = ("read", "update", "delete", "history", "allowed")
    return {name: {"operationId": f"{name}_{schemas.component(obj.name)}", **given} for name in names}


def list_paths(app: App, obj: Object) -> JSON:
    """List, create, preview and bulk of an object."""
    base = f"/api/{app.name}/{obj.name}"
    shown, taken = schemas.reference(obj.name), body(schemas.reference(obj.name + "_input"))
    listed = {"200": answer(page_of(shown)), **failures(400, 404)}
    made = {"201": {**answer(shown, "Created"), "links": links_of(obj)}, **failures(400, 403, 404, 409, 422)}
    seen = {"200": answer(openapi_answers.PREVIEW), **failures(400, 403, 404)}
    done = {"200": answer(openapi_answers.RESULTS), **failures(400, 403, 404, 409, 422, 423)}
    return {
        base: {
            "get": operation(obj, "list", "List", listed, parameters=LISTING),
            "post": operation(obj, "create", "Create", made, parameters=[ACCEPT, FORM, KEY], requestBody=taken),
        },
        f"{base}/preview": {
            "post": operation(
                obj,
                "preview",
                "Compute a draft without saving",
                seen,
                parameters=[openapi_periods.ACTION],
                requestBody=taken,
            )
        },
        f"{base}/bulk": {
            "post": operation(obj, "bulk", "Many at once", done, parameters=[KEY], requestBody=body(ITEMS))
        },
    }


def record_paths(app: App, obj: Object) -> JSON:
    """One record: read, change, delete, its history and what the caller may do."""
    base = f"/api/{app.name}/{obj.name}/{{id}}"
    shown, taken = schemas.reference(obj.name), schemas.reference(obj.name + "_input")
    told = {"200": answer(page_of(openapi_answers.EVENT)), **failures(400, 404)}
    return {
        base: {
            "parameters": [ID],
            "get": operation(
                obj, "read", "Read", {"200": answer(shown), **failures(400, 404)}, parameters=[FIELDS]
            ),
            "patch": operation(
                obj,
                "update",
                "Change",
                {"200": answer(shown), **failures(400, 403, 404, 409, 412, 422, 423)},
                parameters=[ACCEPT, OVERRIDE, KEY, MATCH],
                requestBody=body(taken),
            ),
            "delete": operation(
                obj,
                "delete",
                "Delete",
                {"204": {"description": "Deleted"}, **failures(400, 403, 404, 409, 412, 422, 423)},
                parameters=[KEY, MATCH],
            ),
        },
        f"{base}/history": {
            "parameters": [ID],
            "get": operation(obj, "history", "The audit trail", told, parameters=[CURSOR]),
        },
        **figure_paths(obj, base),
        **amendment_paths(obj, base),
        f"{base}/allowed": {
            "parameters": [ID],
            "get": operation(
                obj,
                "allowed",
                "Which fields and actions the caller may use",
                {"200": answer(openapi_answers.RIGHTS), **failures(404)},
            ),
        },
    }


def figure_paths(obj: Object, base: str) -> JSON:
    """The key figures of an object that has some."""
    told = {"200": answer(openapi_answers.FIGURES), **failures(404)}
    what = operation(obj, "figures", "The key figures that the caller may read", told)
    return {f"{base}/figures": {"parameters": [ID], "get": what}} if obj.figures else {}


def amendment_paths(obj: Object, base: str) -> JSON:
    """What was asked for to be changed after approval, of an object that has `amend`."""
    told = {"200": answer(openapi_answers.AMENDMENTS), **failures(400, 404)}
    what = operation(obj, "amendments", "The changes that were asked for after approval", told)
    return {f"{base}/amendments": {"parameters": [ID], "get": what}} if AMEND in obj.actions else {}


RESTORED = {
    "description": "Fields with which it comes back instead, where their values are taken by now.",
    "content": {"application/json": {"schema": {"type": "object"}}},
}
SHELVES = {
    "restore": "Bring it back out of the bin", "purge": "Delete it for good", "archive": "Put it into the archive",
    "unarchive": "Take it out of the archive",
}


def shelf_paths(app: App, obj: Object) -> JSON:
    """The bin and the archive of an object."""
    shown = {"200": answer(schemas.reference(obj.name)), **failures(400, 403, 404, 409, 412, 422, 423)}
    gone = {"204": {"description": "Gone"}, **failures(403, 404)}
    return {
        f"/api/{app.name}/{obj.name}/{{id}}/{verb}": {
            "parameters": [ID],
            "post": operation(
                obj, verb, said, gone if verb == "purge" else shown, parameters=[KEY],
                **({"requestBody": RESTORED} if verb == "restore" else {}),
            ),
        }
        for verb, said in SHELVES.items()
    }


def file_paths(app: App, obj: Object) -> JSON:
    """Where files of an object are sent to, listed and fetched; nothing for one without fields of files."""
    parts_of = [obj, *(app.objects[f"{obj.name}.{name}"] for name in obj.lines)]
    fields = [field for part in parts_of for field in part.fields.values()]
    if not any(isinstance(field, Attachment) for field in fields):
        return {}
    base = f"/api/{app.name}/{obj.name}"
    parts = {"file": {"type": "string", "format": "binary"}, "field": {"type": "string", "description": "Its path."}}
    sent = {"multipart/form-data": {"schema": {"type": "object", "properties": parts, "required": list(parts)}}}
    token = {"name": "token", "in": "path", "required": True, "schema": {"type": "string"}}
    content = {"description": "The content", "content": {"application/octet-stream": {}}}
    upload = {"201": answer(schemas.FILE), **failures(400, 403, 422)}
    listed = {"200": answer(page_of(schemas.FILE)), **failures(404)}
    return {
        f"{base}/files": {"post": operation(obj, "upload", "Send a file", upload, requestBody={"content": sent})},
        f"{base}/{{id}}/files": {"parameters": [ID], "get": operation(obj, "files", "Its files", listed)},
        f"{base}/{{id}}/files/{{token}}": {
            "parameters": [ID, token],
            "get": operation(
                obj, "download", "Fetch a file", {"200": content, **failures(400, 404)}, parameters=[THUMB]
            ),
        },
    }


def action_path(app: App, obj: Object, action: Action, language: str) -> JSON:
    """One action of an object."""
    answers = {"200": answer(schemas.reference(obj.name)), **failures(400, 403, 404, 409, 412, 422, 423)}
    asked = {f.name: schemas.field_schema(app, obj, f, language, given=False) for f in action.ask}
    schema = {**ACT, "properties": {**ACT["properties"], "input": {"type": "object", "properties": asked}}}
    return {
        f"/api/{app.name}/{obj.name}/{{id}}/actions/{action.name}": {
            "parameters": [ID],
            "post": operation(
                obj,
                f"act_{action.name}",
                action.label.to(language),
                answers,
                parameters=[KEY, MATCH],
                requestBody={**body(schema), "required": False},
            ),
        }
    }


def question_paths(app: App, registers: list[str], reports: list[str], language: str) -> JSON:
    """Registers, reports, ad-hoc questions and alerts."""
    found: JSON = {}

    def get(
        path: str, name: str, summary: str, *parameters: JSON, shown: JSON = TABLE, refused: tuple[int, ...] = ()
    ) -> None:
        found[f"/api/{app.name}{path}"] = {
            "get": {
                "operationId": name,
                "summary": summary,
                "parameters": list(parameters),
                "responses": {"200": answer(shown), **failures(400, 404, *refused)},
            }
        }

    for name in registers:
        at = query("at", "string", "As of this date")
        get(f"/registers/{name}", f"balances_{name}", "Balances", at, KNOWN, LISTING[0])
        moved = (KNOWN, LISTING[0], query("limit", "integer", "At most 200; 100 if not given"), CURSOR)
        get(f"/registers/{name}/movements", f"movements_{name}", "Movements", *moved, shown=MOVES)
        span = [query("from", "string", "First day"), query("to", "string", "Last day"), query("by", "string", "Keys")]
        get(f"/registers/{name}/turnovers", f"turnovers_{name}", "Opening, in, out, closing", *span, LISTING[0])
    for name in reports:
        label, refused = app.reports[name].label.to(language), (409, 422)
        params = [query(p.name, "string", p.label.to(language)) for p in app.reports[name].params.values()]
        get(f"/reports/{name}", f"report_{name}", label, *params, refused=refused)
        at = query("_at", "string", "The group, as JSON: columns by which the report is grouped and their values")
        behind = "The rows behind figures of a report"
        get(f"/reports/{name}/behind", f"behind_{name}", behind, at, *params, refused=refused)
    found[f"/api/{app.name}/query"] = {
        "post": {
            "operationId": "query",
            "summary": "An ad-hoc report: from, where, by, show, sort, limit",
            "requestBody": body({"type": "object"}),
            "responses": {"200": answer(TABLE), **failures(400, 404)},
        }
    }
    return found


def task_paths() -> JSON:
    """The caller's workflow tasks, of all apps, and what one does with them."""
    record: JSON = {"type": "object", "description": "The record as it is then.", "required": ["id", "version"]}
    decision = {**ACT, "properties": {**ACT["properties"], **openapi_tasks.DECISION}}
    return {
        "/api/tasks": {
            "get": {
                "tags": ["tasks"],
                "operationId": "list_tasks",
                "summary": "Workflow tasks, newest first",
                "parameters": [openapi_tasks.STATE, openapi_tasks.APP, *LISTING[-4:-2]],
                "responses": {"200": answer(page_of(openapi_tasks.TASK)), **failures(400)},
            }
        },
        "/api/tasks/{id}/{verb}": {
            "parameters": [openapi_tasks.ID, openapi_tasks.VERB],
            "post": {
                "tags": ["tasks"],
                "operationId": "decide_task",
                "summary": "Decide a task, hand it over or say something about it",
                "parameters": [KEY],
                "requestBody": {**body(decision), "required": False},
                "responses": {"200": answer(record), **failures(400, 403, 404, 409, 422, 423)},
            },
        },
    }


NEEDED = {"create": ("create",), **dict.fromkeys(("preview", "pull"), ("create", "edit")),
          "update": ("edit",), "delete": ("delete",),
          "upload": ("create", "edit"), "bulk": ("create", "edit", "delete"),
          **dict.fromkeys(SHELVES, ("delete",))}


def reached(paths: JSON, within: schemas.Reach) -> JSON:
    """The operations of an object that the caller may ever carry out."""
    def open_to(operation: Any) -> bool:
        needed = NEEDED.get(operation["operationId"].partition("_")[0])
        return needed is None or bool(within.verbs & set(needed)) or (needed == NEEDED["bulk"] and bool(within.actions))

    found = {}
    for path, item in paths.items():
        kept = {name: part for name, part in item.items() if name == "parameters" or open_to(part)}
        if set(kept) - {"parameters"}:
            found[path] = kept
    known = {part["operationId"] for item in found.values() for name, part in item.items() if name != "parameters"}
    for item in found.values():
        for made in (part["responses"].get("201", {}) for name, part in item.items() if name != "parameters"):
            if "links" in made:
                made["links"] = {name: link for name, link in made["links"].items() if link["operationId"] in known}
    return found


def document(
    app: App, reach: Mapping[str, schemas.Reach], registers: list[str], reports: list[str], language: str,
    admin: bool = False, builder: bool = False,
) -> JSON:
    """The whole document for these objects, as far as the caller reaches into them, registers and reports."""
    paths: JSON = {}
    objects = [app.objects[name] for name in reach]
    for obj in objects:
        within = reach[obj.name]
        own = list_paths(app, obj) | record_paths(app, obj) | shelf_paths(app, obj) | file_paths(app, obj)
        own |= pull_paths(app, obj)
        paths |= reached(own, within) | comment_paths(app, obj) | paper_paths(app, obj) | share_paths(app, obj)
        paths |= link_paths(app, obj)
        for action in (action for action in obj.actions.values() if action.name in within.actions):
            paths |= action_path(app, obj, action, language)
    paths |= question_paths(app, registers, reports, language) | openapi_periods.paths(app)
    paths |= task_paths() | openapi_answers.alert_paths(app) | openapi_flows.paths(app, admin)
    paths |= openapi_flows.rights_paths(app, reach) if builder else {}
    paths |= openapi_events.paths() if admin else {}
    made: JSON = {
        "openapi": "3.1.0",
        "info": {"title": app.label.to(language), "version": app.version[:12] or "0"},
        "tags": [{"name": o.name, "description": o.label.to(language)} for o in objects],
        "security": [{"bearer": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": {**schemas.schemas(app, reach, language), "Problem": PROBLEM,
                        "Link": schemas.LINK_SHAPE, "File": schemas.FILE_SHAPE, "Rights": openapi_answers.RIGHTS_SHAPE},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "sid"},
            },
        },
    }
    return cast(JSON, openapi_words.spoken(made, language))
