"""Records and rights as JSON documents of the API. Knows records and access, no request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from engine.definitions.objects import Object
from engine.errors import FieldError, Unreadable
from engine.expressions.values import ErrorValue, Ref
from engine.kinds.fields.base import Field
from engine.runtime.services import reading
from engine.runtime.services.approvals.tasks import Item
from engine.runtime.services.audit import Event
from engine.runtime.services.discussions import Comment
from engine.runtime.services.records import Record
from engine.runtime.services.reporting import reasons
from engine.runtime.services.rights import access, editing
from engine.runtime.services.rights.access import Allowed, FieldRight
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import columns, titles
from engine.runtime.web.present.forms import load_titles
from engine.runtime.web.present.sheets import json_value
from engine.runtime.web.present.titles import titled
from engine.texts import say

JSON = dict[str, Any]
ERRORS = "errors"                              # beside the values, where some could not be computed
SYSTEM = ("id", "version", "state", "status")
SHELF = ("deleted_at", "archived_at", "anonymised_at")         # only where they are
TRAIL = ("creator", "created_at", "changed_by", "changed_at")
Read = Callable[[Record], Any]                 # how one value of a document is read out of a record
Layout = Sequence[tuple[str, Read]]            # the values of a document by name


def record(found: Record, fields: Sequence[str] | None = None) -> JSON:
    """A record with the fields that the actor may see; `fields` picks some (paths as `customer.region`)."""
    load_titles(found)
    tx, obj = found.session.tx, found.definition
    return document(found, layout(tx, obj, fields, access.visible_fields(tx, obj, found)), whole=fields is None)


def records(found: Sequence[Record], fields: Sequence[str] | None = None) -> list[JSON]:
    """Records of one object as `record` gives them; what is the same for all of them is asked once."""
    if not found:
        return []
    obj, tx = found[0].definition, found[0].session.tx
    titles.load(found[0].session, found, obj.fields.values())
    for name in obj.lines if fields is None else ():
        lines = [line for one in found for line in one.lines(name)]
        titles.load(found[0].session, lines, tx.app.objects[f"{obj.name}.{name}"].fields.values())
    rights = access.visible_in(tx, obj, found)
    whole, layouts = fields is None, {shown: layout(tx, obj, fields, shown) for shown in set(rights)}
    return [document(one, layouts[shown], whole=whole) for one, shown in zip(found, rights, strict=True)]


def flat(rows: Sequence[Mapping[Any, Any]], obj: Object, names: Sequence[str]) -> list[JSON]:
    """The same of rows whose values stand in columns of their own (see `reading.rows`)."""
    columns: dict[str, list[Any]] = {"id": [row["id"] for row in rows]}
    for name in names:
        if (field := obj.fields.get(name)) is None:
            columns[name] = [row[name] or None for row in rows]
            continue
        kept = type(field).from_row is Field.from_row
        values = [row[name] for row in rows] if kept else [field.from_row(row) for row in rows]
        columns[name] = values if type(field).to_json is Field.to_json else [field.to_json(one) for one in values]
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def document(found: Record, given: Layout, *, whole: bool) -> JSON:
    """A record by its layout: whole with the engine's own values around those of its fields."""
    if not whole:
        return {"id": found.id, **{path: read(found) for path, read in given}}
    head: JSON = {
        "id": found.id,
        "version": found.version,
        "state": found.state or None,
        "status": found.status or None,
    }
    values = {name: read(found) for name, read in given}
    stood = {name: moment(found.system[name]) for name in SHELF if found.system.get(name) is not None}
    return {**head, **values, **errors(found, values), **{name: system(found, name) for name in TRAIL}, **stood}


def layout(tx: Tx, obj: Object, fields: Sequence[str] | None, shown: frozenset[str]) -> Layout:
    """The values of a document, each with how it is read, for records that show these fields; paths that lead nowhere
    raise `Unreadable`."""
    if fields is not None:
        return [(path, picker(tx, obj, path, shown)) for path in fields if path != "id"]
    return [(f.name, reader(tx, obj, f, shown)) for f in obj.fields.values() if f.name in shown]


def reader(tx: Tx, obj: Object, field: Field, shown: frozenset[str]) -> Read:
    """How a field is read: one value as JSON, lines as a list of objects with the columns that the actor may see."""
    name, to_json = field.name, field.to_json
    if field.kind == "lines":
        inner = tx.app.objects[f"{obj.name}.{name}"]
        given = [(f.name, reader(tx, inner, f, shown)) for f in inner.fields.values() if f"{name}.{f.name}" in shown]
        return lambda found: [line(row, given) for row in found.lines(name)]
    linked = field.type.name in reading.LINKING
    if field.formula is None and field.balance is None and not linked:
        return lambda found: to_json(None if type(raw := found.values.get(name)) is ErrorValue else raw)

    def read(found: Record) -> Any:
        raw = found.get(name)
        if isinstance(raw, ErrorValue):
            return None
        return to_json(titled(found.session, raw) if linked else raw)

    return read


def line(row: Record, given: Layout) -> JSON:
    """One line."""
    values = {name: read(row) for name, read in given}
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


def picker(tx: Tx, obj: Object, path: str, shown: frozenset[str]) -> Read:
    """How the value at a path is read that a list asks for; through links as far as the actor sees."""
    head, _, tail = path.partition(".")
    field = obj.fields.get(head)
    if field is None and head in TRAIL:
        return lambda found: system(found, head)
    if field is None and head in SYSTEM:
        return lambda found: getattr(found, head) or None
    lined = field is not None and field.kind == "lines"
    if field is None or head not in shown or (tail and not lined and columns.column(tx, obj, path, "en") is None):
        raise Unreadable(say(zh="没有字段 {name}", en="There is no field {name}", name=path))
    if not tail:
        return reader(tx, obj, field, shown)
    if lined:                                  # a list of what stands there in each of the lines
        inner = tx.app.objects[f"{obj.name}.{head}"]
        each = picker(tx, inner, tail, frozenset(name for name in inner.fields if f"{head}.{name}" in shown))
        return lambda found: [each(row) for row in found.lines(head)]

    def follow(found: Record) -> Any:
        ref = found.get(head)
        target = found.session.record(ref) if isinstance(ref, Ref) else None
        if target is None or not access.granted(target, "see"):
            return None
        return picker(tx, target.definition, tail, access.visible_fields(tx, target.definition, target))(target)

    return follow


def rights(allowed: Allowed, record: Record, language: str) -> JSON:
    """What the actor may do with a record, each refusal with its reason."""

    def told(reason: Any) -> str | None:
        return None if reason is None else str(reason.to(language))

    def closed(name: str, right: FieldRight) -> str | None:
        return None if right.edit else told(right.reason or editing.why_closed(record, name))

    seen = {name: right for name, right in allowed.fields.items() if right.see}
    return {
        "fields": {n: {"see": True, "edit": right.edit, "reason": closed(n, right)} for n, right in seen.items()},
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


def comment(found: Comment, base: str, language: str) -> JSON:
    """What somebody said about a record. `text` is blank once it was taken back."""
    return {
        "id": found.id,
        "at": moment(found.at),
        "author": json_value(found.author) if found.author else None,
        "author_name": found.author_name,
        "text": found.text.to(language),
        "mentions": [{"login": login, "name": name} for login, name in found.names.items()],
        "files": [{**one.document(), "url": f"{base}/{found.id}/files/{one.token}"} for one in found.files],
        "edited_at": moment(found.edited_at),
        "deleted_at": moment(found.deleted_at),
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
        "due_at": moment(item.due_at),
    }


def moment(at: dt.datetime | None) -> str | None:
    """An instant in UTC."""
    found = json_value(at)
    return None if found is None else str(found)


def listing(items: Sequence[Mapping[str, Any]], next: str | None, count: int | None) -> JSON:
    """The envelope of every list."""
    return {"items": list(items), "next": next, "count": count}
