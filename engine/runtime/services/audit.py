"""The audit trail of records: who did what when, and what it changed; read with the reader's field rights."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.definitions import personal
from engine.expressions.values import ErrorValue, Ref, Value
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import audit_rows

SHOWN = (str, bool, Decimal, dt.date)           # values that no field shows as if there were none
DISCUSSED = ("commented", "comment_changed", "comment_removed")    # what was said, not done: no new version


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a record's history. `changes`: field path → (old, new) as JSON values; line fields as
    `lines.17.qty`. `derived`: nobody changed the record, only its formulas came out otherwise."""

    id: int
    at: dt.datetime
    actor: Ref | None
    actor_name: str
    event: str
    action: str
    changes: Mapping[str, tuple[Any, Any]]
    comment: str
    derived: bool = False


def differences(record: Record) -> dict[str, list[Any]]:
    """What changed since the record was loaded, as JSON values; lines by their id."""
    found: dict[str, list[Any]] = {}
    before: Mapping[str, Any] = record.before or {}
    forgotten = record.root.system.get("anonymised_at") is not None
    untold = personal.fields_of(record.definition) if forgotten else frozenset()
    for field in record.definition.fields.values():
        if field.stored and field.kind != "lines" and field.name not in untold:
            _compare(record, found, field.name, before.get(field.name), record.values.get(field.name))
    for name in ("state", "status"):
        if (before.get(name) or "") != (record.system.get(name) or ""):
            found[name] = [before.get(name) or None, record.system.get(name) or None]
    for name, lines in record.children.items():
        for line in lines:
            for path, change in differences(line).items():
                found[f"{name}.{line.id}.{path}"] = change
    for line in (*record.removed, *record.taken_out):
        found[f"{line.object.rpartition('.')[2]}.{line.id}"] = ["removed", None]
    return found


def _compare(record: Record, found: dict[str, list[Any]], name: str, old: Value, new: Value) -> None:
    if old == new or old is None and new is None:
        return
    if old is None and type(new) in SHOWN:     # most entries are of new records
        found[name] = [None, record.definition.fields[name].to_json(new)]
        return
    pair = [_plain(record, name, old), _plain(record, name, new)]
    if pair[0] != pair[1]:
        found[name] = pair


def _plain(record: Record, name: str, value: Value) -> Any:
    """A value as JSON; an error by its code (`{"error": "#DIV/0!"}`)."""
    if value is None:
        return None
    if isinstance(value, ErrorValue):
        return {"error": value.code}
    shown = titled(record, value) if isinstance(value, (Ref, tuple)) else value
    return record.definition.fields[name].to_json(shown)


def titled(record: Record, value: Value) -> Value:
    """A link with the title that it has now: history must stay readable when the target is gone."""
    if isinstance(value, tuple):
        return tuple(titled(record, one) for one in value)
    if not isinstance(value, Ref):
        return value
    target = record.session.record(value)
    return value if target is None else Ref(value.object, value.id, target.title)


def entry(
    session: Session, record: Record, event: str, *, action: str = "", comment: str = "", bare: bool = False
) -> dict[str, Any] | None:
    """The entry for a record that is about to be committed; None if nothing changed and nothing was done.

    `bare`: without the changes, which stand in the entry of a later action of the same command."""
    changes = {} if bare else differences(record)
    if not changes and event == "updated":
        return None
    tx = session.tx
    return {
        "app": tx.app.name,
        "object": tx.live.numbers[record.object],
        "record": record.id,
        "at": tx.now,
        "actor": tx.actor.id or None,
        "actor_name": tx.actor.name or tx.actor.login or tx.actor.kind,
        "event": event,
        "action": action,
        "changes": changes,
        "comment": comment,
    }


def append(session: Session, entries: Iterable[dict[str, Any] | None]) -> None:
    """Write entries, in their order."""
    audit_rows.append(session.tx, [one for one in entries if one is not None])


def history(session: Session, record: Record, *, before: int | None = None) -> list[Event]:
    """The record's history, newest first, without fields that the reader may not see."""
    access.demand(record, "see")
    rows = audit_rows.of_record(session.tx, record.object, record.id or 0, before=before)
    return [_event(record, row) for row in rows]


def readable(record: Record, changes: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    """Changes by path (before, after) as far as the reader may see the fields; links out of sight without titles."""
    tx = record.session.tx
    visible = access.once(
        tx, ("told", record.object, record.id),
        lambda: access.visible_fields(tx, record.definition, record) | {"state", "status"},
    )
    return _untitled(record.session, record, {path: pair for path, pair in changes.items() if _shown(path, visible)})


def _untitled(session: Session, record: Record, changes: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    """Links to records out of the reader's sight show no title; those to records that are gone keep the one of then."""
    return {
        path: (_link(session, record, path, pair[0]), _link(session, record, path, pair[1]))
        for path, pair in changes.items()
    }


def _link(session: Session, record: Record, path: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_link(session, record, path, one) for one in value]
    if not isinstance(value, dict) or not isinstance(value.get("id"), int):
        return value
    parts = path.split(".")
    obj = record.definition if len(parts) == 1 else session.tx.live.object(f"{record.object}.{parts[0]}")
    field = obj.fields.get(parts[-1])
    targets: tuple[str, ...] = getattr(field, "to", ())
    target = value.get("object") or (targets[0] if targets else "")
    linked = session.record(Ref(target, value["id"])) if target in session.tx.app.objects else None
    return value if linked is None or access.granted(linked, "see") else {**value, "title": ""}


def _event(record: Record, row: Mapping[str, Any]) -> Event:
    changes = readable(record, {path: (pair[0], pair[1]) for path, pair in row["changes"].items()})
    actor = None if row["actor"] is None else Ref("user", row["actor"], row["actor_name"])
    derived = row["event"] == "updated" and not row["comment"] and all(_is_formula(record, p) for p in row["changes"])
    return Event(
        row["id"], row["at"], actor, row["actor_name"], row["event"], row["action"], changes, row["comment"], derived
    )


def _is_formula(record: Record, path: str) -> bool:
    """Whether a path of the changes leads to a formula of the record or of one of its lines."""
    parts = path.split(".")
    obj = record.definition
    if len(parts) == 3 and parts[0] in obj.lines:
        obj = record.session.tx.live.object(f"{obj.name}.{parts[0]}")
    elif len(parts) > 1:
        return False
    field = obj.fields.get(parts[-1])
    return field is not None and field.formula is not None


def _shown(path: str, visible: frozenset[str]) -> bool:
    parts = path.split(".")
    return parts[0] in visible and (len(parts) < 3 or f"{parts[0]}.{parts[2]}" in visible)
