"""The part of the OpenAPI document that tells of print forms. Knows definitions only."""

from __future__ import annotations

from typing import Any

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.runtime.web.present.openapi_parts import ID, answer, failures, operation, page_of
from engine.runtime.web.present.papers import MOST_TOGETHER

JSON = dict[str, Any]
FORM: JSON = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("name", "label", "url")},
    "required": ["name", "label", "url"],
}
SEVERAL: JSON = {
    "name": "id", "in": "query", "required": True, "schema": {"type": "string"}, "example": "3,5,8",
    "description": f"The records, in the order in which they are printed; {MOST_TOGETHER} at most",
}


def paper_paths(app: App, obj: Object) -> JSON:
    """The print forms of a record and each as PDF, also of several records; nothing for an object that has none."""
    names = [one.name for one in app.documents.values() if one.object == obj.name]
    if not names:
        return {}
    base = f"/api/{app.name}/{obj.name}/{{id}}/print"
    named = {"name": "document", "in": "path", "required": True, "schema": {"type": "string", "enum": names}}
    pdf = {"description": "The paper", "content": {"application/pdf": {}}}
    listed = {"200": answer(page_of(FORM)), **failures(400, 404)}
    return {
        base: {"parameters": [ID], "get": operation(obj, "papers", "Its print forms", listed)},
        f"{base}/{{document}}": {
            "parameters": [ID, named],
            "get": operation(obj, "print", "A print form as PDF", {"200": pdf, **failures(400, 403, 404, 409)}),
        },
        f"/api/{app.name}/{obj.name}/print/{{document}}": {
            "parameters": [named, SEVERAL],
            "get": operation(
                obj, "print_several", "Several records in one PDF", {"200": pdf, **failures(400, 403, 404, 409)}
            ),
        },
    }
