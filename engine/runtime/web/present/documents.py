"""Records and rights as JSON documents of the API. Knows records and access, no request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from engine.errors import FieldError, Unreadable
from engine.expressions.values import ErrorValue, Ref
from engine.kinds.fields.base import Field
from engine.runtime.services import access, reasons
from engine.runtime.services.access import Allowed
from engine.runtime.services.audit import Event
from engine.runtime.services.records import Record
from engine.runtime.services.tasks import Item
from engine.runtime.web.present import columns, titles
from engine.runtime.web.present.forms import load_titles
from engine.runtime.web.present.sheets import json_value
from engine.runtime.web.present.titles import titled
from engine.texts import say

JSON = dict[str, Any]
ERRORS = "errors"                              # beside the values, where some could not be computed
SYSTEM = ("id", "version", "state", "status")
TRAIL = ("creator", "created_at", "changed_by", "changed_at")


def record(found: Record, fields: Sequence[str] | None = None) -> JSON:
    """A record with the fields that the actor may see; `fields` picks some (paths as `customer.region`)."""
    load_titles(found)
    return _document(found, fields, access.visible_fields(found.session.tx, found.definition, found))


def records(found: Sequence[Record], fields: Sequence[str] | None = None) -> list[JSON]:
    """Records of one object as `record` gives them; what is the same for all of them is asked once."""
    if not found:
        return []
    obj, tx = found[0].definition, found[0].session.tx
    titles.load(found[0].session, found, obj.fields.values())
    for name in obj.lines if fields is None else ():
        lines = [line for one in found for line in one.lines(name)]
        titles.load(found[0].session, lines, tx.app.objects[f"{obj.name}.{name}"].fields.values())
    same = access.visible_fields(tx, obj, found[0]) if access.uniform(tx, obj) else None
    return [_document(one, fields, access.visible_fields(tx, obj, one) if same is None else same) for one in found]


def _document(found: Record, fields: Sequence[str] | None, shown: Collection[str]) -> JSON:
    if fields is not None:
        return {"id": found.id, **{path: picked(found, path, shown) for path in fields if path != "id"}}
    head: JSON = {
        "id": found.id,
        "version": found.version,
        "state": found.state or None,
        "status": found.status or None,
    }
    values = {f.name: value(found, f, shown) for f in found.definition.fields.values() if f.name in shown}
    return {**head, **values, **errors(found, values), **{name: system(found, name) for name in TRAIL}}


def value(found: Record, field: Field, shown: Iterable[str]) -> Any:
    """One field's value; lines as a list of objects."""
    if field.kind == "lines":
        return [line(row, field.name, shown) for row in found.lines(field.name)]
    raw = found.get(field.name)
    if isinstance(raw, ErrorValue):
        return None
    return field.to_json(titled(found.session, raw))


def line(row: Record, name: str, shown: Iterable[str]) -> JSON:
    """One line with the columns that the actor may see."""
    fields = [f for f in row.definition.fields.values() if f"{name}.{f.name}" in shown]
    values = {f.name: value(row, f, shown) for f in fields}
    return {"id": row.id, **values, **errors(row, values)}


def errors(found: Record, values: JSON) -> JSON:
    """Why values are null that could not be computed: `{"errors": {"rate": {"code", "reason"}}}`; nothing else."""
    given = {name: found.get(name) for name, one in values.items() if one is None and name in found.definition.fields}
    told = {
        name: {
            "code": error.code,
            "reason": reasons.reason(found.session, error, found, name).to(found.session.tx.actor.language),
        }
        for name, error in given.items()
        if isinstance(error, ErrorValue)
    }
    return {ERRORS: told} if told and ERRORS not in values else {}


def system(found: Record, name: str) -> Any:
    """One of the engine's own columns."""
    raw = found.get(name)
    return json_value(titled(found.session, raw)) if raw is not None else None


def picked(found: Record, path: str, shown: Iterable[str]) -> Any:
    """The value at a path that a list asks for; through links as far as the actor sees."""
    head, _, tail = path.partition(".")
    if head in (*SYSTEM, *TRAIL) and head not in found.definition.fields:
        return system(found, head) if head in TRAIL else getattr(found, head) or None
    field = found.definition.fields.get(head)
    if field is None or head not in shown or columns.column(found.session.tx, found.definition, path, "en") is None:
        raise Unreadable(say(zh="没有字段 {name}", en="There is no field {name}", name=path))
    if not tail:
        return value(found, field, shown)
    ref = found.get(head)
    target = found.session.record(ref) if isinstance(ref, Ref) else None
    if target is None or not access.granted(target, "see"):
        return None
    return picked(target, tail, access.visible_fields(found.session.tx, target.definition, target))


def rights(allowed: Allowed, language: str) -> JSON:
    """What the actor may do with a record, each refusal with its reason."""

    def told(reason: Any) -> str | None:
        return None if reason is None else str(reason.to(language))

    return {
        "fields": {
            n: {"see": r.see, "edit": r.edit, "reason": told(r.reason)} for n, r in allowed.fields.items() if r.see
        },
        "actions": {
            n: {"ok": r.ok, "label": r.label.to(language), "reason": told(r.reason)} for n, r in allowed.actions.items()
        },
        "delete": allowed.delete,
    }


def problems(errors: Iterable[FieldError], language: str) -> list[JSON]:
    return [{"field": e.field, "message": e.message.to(language), "code": e.code} for e in errors]


def event(found: Event) -> JSON:
    """An entry of the audit trail."""
    return {
        "id": found.id,
        "at": moment(found.at),
        "actor": json_value(found.actor) if found.actor else None,
        "actor_name": found.actor_name,
        "event": found.event,
        "action": found.action or None,
        "comment": found.comment or None,
        "changes": {path: {"old": old, "new": new} for path, (old, new) in found.changes.items()},
    }


def task(item: Item, app: str, language: str) -> JSON:
    """A task or a flow in the inbox."""
    return {
        "id": item.id,
        "app": app,
        "flow": item.flow,
        "flow_label": item.flow_label.to(language),
        "step": item.step,
        "step_label": item.step_label.to(language),
        "kind": item.kind,
        "record": json_value(item.record),
        "initiator": json_value(item.initiator) if item.initiator else None,
        "status": item.status,
        "flow_status": item.flow_status,
        "decision": item.decision or None,
        "opinion": item.opinion or None,
        "version": item.version,
        "at": moment(item.at),
        "ended_at": moment(item.ended_at),
    }


def moment(at: dt.datetime | None) -> str | None:
    """An instant in UTC."""
    found = json_value(at)
    return None if found is None else str(found)


def listing(items: Sequence[Mapping[str, Any]], next: str | None, count: int | None) -> JSON:
    """The envelope of every list."""
    return {"items": list(items), "next": next, "count": count}
