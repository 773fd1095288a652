"""Writing records: new and changed ones, their lines, their derived states and stored formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError

from engine.definitions.objects import Object
from engine.errors import FieldError, Invalid
from engine.expressions.values import ErrorValue, Value
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage import link_rows, rows, search_index, stored_errors
from engine.runtime.storage.queries import search_text
from engine.texts import say


def flush(session: Session) -> None:
    """Write what is new or changed so far; new records get their ids. Derived values are brought up to date first."""
    flusher, session.flusher = session.flusher, None  # evaluating formulas must not flush again
    try:
        if session.bulk and len(session.new) > 1:
            _insert_many(session, list(session.new))
        else:
            for record in list(session.new):
                _insert(session, record)
        session.new.clear()
        for record in list(session.unsaved):
            derive(session, record)
            _update(session, record)
    finally:
        session.flusher = flusher


def start_new(session: Session, obj: Object) -> Record:
    """A new record in its initial state; it is written by the next `flush`."""
    record = Record(session, obj)
    me = session.tx.actor.id or None
    record.system = {
        "version": 0,
        "state": obj.initial,
        "status": obj.initial,
        "creator": me,
        "created_at": session.now,
        "changed_by": me,
        "changed_at": session.now,
        "ended_on": None,
        "ended_from": None,
        **dict.fromkeys(("deleted_at", "archived_at", "anonymised_at", "purged_at")),
    }
    record.dirty = True
    session.new.append(record)
    session.unsaved.add(record)
    return record


def _insert(session: Session, record: Record) -> None:
    derive(session, record)
    table = session.tx.live.tables.objects[record.object]
    record.system["version"], record.counted = 1, True
    row = _row(session, record)
    try:
        record.id = rows.insert(session.tx, table, [row])[0]
    except IntegrityError as error:
        raise duplicate(session, record, error) from error
    _index(session, {record: row})
    link_rows.write(session.tx, record.definition, [(record.id, None, record.values)])
    session.records[record.object, record.id] = record
    session.held.add((record.object, record.id))
    session.epoch += 1
    _write_lines(session, record)
    _written(session, record)


def _insert_many(session: Session, records: list[Record]) -> None:
    """Write new records of one object, and all of their lines, with one statement each."""
    obj = records[0].definition
    table = session.tx.live.tables.objects[obj.name]
    for record in records:
        derive(session, record)
        record.system["version"], record.counted = 1, True
    given = [_row(session, record) for record in records]
    try:
        ids = rows.insert(session.tx, table, given)
    except IntegrityError as error:
        raise duplicate(session, records[0], error) from error
    for record, id in zip(records, ids, strict=True):
        record.id = id
        session.records[obj.name, id] = record
        session.held.add((obj.name, id))
    _index(session, dict(zip(records, given, strict=True)))
    link_rows.write(session.tx, obj, [(id, None, record.values) for id, record in zip(ids, records, strict=True)])
    session.epoch += 1
    for name in obj.lines:
        _insert_lines(session, [line for record in records for line in record.lines(name)])
    for record in records:
        for line in record.all_lines():
            line.dirty = line.derived = False
        _written(session, record)


def _row(session: Session, record: Record) -> dict[str, Any]:
    """All columns of a record as it stands."""
    values = rows.encode(session.tx.live, record.definition, record.values)
    if record.object == "user":
        columns = session.tx.live.tables.objects["user"].c
        return {name: value for name, value in values.items() if name in columns}
    system = {name: record.system.get(name) for name in rows.SYSTEM if name != "id"}
    return {**values, **system, "search_text": found_by(record)}


def found_by(record: Record) -> str:
    """The text by which the record is found, its lines included (those that are in hand)."""
    return search_text(record.definition, record.values, _line_values(record))


def reword(session: Session, record: Record, text: str) -> None:
    """Have a record that is there found by another text."""
    table = session.tx.live.tables.objects[record.object]
    rows.update(session.tx, table, record.id or 0, {"search_text": text})
    _index(session, {record: {"search_text": text}})


def _index(session: Session, written: Mapping[Record, Mapping[str, Any]]) -> None:
    """Have records of one object found by the texts that were written with them."""
    changed: dict[int, str] = {}
    for record, row in written.items():
        text = row.get("search_text", "")      # people have none
        if text != (record.found_by or ""):
            changed[record.id or 0] = record.found_by = text
    if changed:
        name = next(iter(written)).object
        search_index.write(session.tx.connection, session.tx.live.numbers[name], changed)


def _written(session: Session, record: Record) -> None:
    record.dirty = record.derived = False
    session.unsaved.discard(record)
    session.touched[record.object, record.id or 0] = record


def derive(session: Session, record: Record) -> bool:
    """Bring stored formulas (lines first) and the derived status up to date; True if anything changed."""
    changed = False
    for part in (*record.all_lines(), record):
        changed |= _store_formulas(part)
    status = derived_status(session, record)
    if status != record.status:
        record.system["status"] = status
        session.epoch += 1
        changed = True
    return changed


def _store_formulas(record: Record) -> bool:
    for name in record.definition.formula_order:
        value: Value = record.get(name)
        stored = _kept(record, name, value) if isinstance(value, ErrorValue) else value
        if name not in record.values or record.values[name] != stored:
            record.values[name] = stored
            record.derived = True
    return record.derived


def stale(record: Record) -> bool:
    """Whether a stored formula of the record or of its lines is not what it would be now."""
    return any(stale_formulas(part) for part in (record, *record.all_lines()))


def stale_formulas(record: Record) -> list[str]:
    """The stored formulas that are not what they would be now."""
    return [name for name in record.definition.formula_order if _now(record, name) != record.values.get(name)]


def _now(record: Record, name: str) -> Value:
    value = record.computed(name)
    return stored_errors.kept(value) if isinstance(value, ErrorValue) else value


def _kept(record: Record, name: str, error: ErrorValue) -> ErrorValue:
    """An error as it is stored. Raises `Invalid` for one that no column holds: a figure, date or text out of bounds."""
    field = record.definition.fields[name]
    if field.may_fail:
        return stored_errors.kept(error)
    text = say(zh="“{field}”无法计算：{reason}", en="{field} cannot be computed: {reason}", field=field.label,
               reason=error.reason)
    raise Invalid(text, errors=[FieldError(name, text, "expression")])


def derived_status(session: Session, record: Record) -> str:
    """The first derived state that lies within the record's state and holds, else the state itself.

    Where that cannot be told it stays as it is (`doubt` says why)."""
    found = _derived(session, record)
    if isinstance(found, str):
        return found
    known = record.definition.states.get(record.status)
    return record.status if known is not None and record.state in (known.name, *known.within) else record.state


def doubt(session: Session, record: Record) -> ErrorValue | None:
    """Why the derived state of a record cannot be told, None where it can."""
    if not any(state.may_fail and record.state in state.within for state in record.definition.states.values()):
        return None
    found = _derived(session, record)
    return found if isinstance(found, ErrorValue) else None


def _derived(session: Session, record: Record) -> str | ErrorValue:
    for state in record.definition.states.values():
        if record.state in state.within and state.when is not None:
            value = state.when.value(session.frame(record))
            if isinstance(value, ErrorValue):
                return value
            if value is True:
                return state.name
    return record.state


def _update(session: Session, record: Record) -> None:
    """Write a record and its lines as they stand."""
    _write_lines(session, record)
    derive(session, record)  # new lines have ids now, and with them balances of their own
    if not record.counted:
        record.system["version"], record.counted = record.version + 1, True
    record.system["changed_at"], record.system["changed_by"] = session.now, session.tx.actor.id or None
    row = _row(session, record)
    try:
        rows.update(session.tx, session.tx.live.tables.objects[record.object], record.id or 0, row)
    except IntegrityError as error:
        raise duplicate(session, record, error) from error
    _index(session, {record: row})
    link_rows.write(session.tx, record.definition, [(record.id or 0, record.before, record.values)])
    _written(session, record)


def _line_values(record: Record) -> list[tuple[Object, dict[str, Value]]]:
    return [(line.definition, line.values) for lines in record.children.values() for line in lines]


def _write_lines(session: Session, record: Record) -> None:
    live = session.tx.live
    for name in record.definition.lines:
        obj = live.object(f"{record.object}.{name}")
        table = live.tables.objects[obj.name]
        gone = [line for line in record.removed if line.object == obj.name]
        rows.remove(session.tx, table, [line.id for line in gone if line.id is not None])
        link_rows.forget(session.tx, obj, [line.id for line in gone if line.id is not None])
        record.taken_out.extend(gone)
        lines = record.lines(name)
        changed = [line for line in lines if line.id is not None and (line.dirty or line.derived)]
        rows.update_many(session.tx, table, {line.id or 0: _line_row(session, line) for line in changed})
        link_rows.write(session.tx, obj, [(line.id or 0, line.before, line.values) for line in changed])
        _insert_lines(session, [line for line in lines if line.id is None])
        for line in lines:
            line.dirty = line.derived = False
    record.removed.clear()


def _line_row(session: Session, line: Record) -> dict[str, Any]:
    names = [f.name for f in line.definition.fields.values() if f.stored and f.kind != "lines"]
    values = rows.encode(session.tx.live, line.definition, {name: line.values.get(name) for name in names})
    return {"position": line.position, **values}


def _insert_lines(session: Session, lines: list[Record]) -> None:
    if not lines:
        return
    obj = lines[0].definition
    values = [{"parent": line.root.id, **_line_row(session, line)} for line in lines]
    for line, id in zip(lines, rows.insert(session.tx, session.tx.live.tables.objects[obj.name], values), strict=True):
        line.id = id
        line.system["parent"] = line.root.id
        session.records[obj.name, id] = line
    link_rows.write(session.tx, obj, [(line.id or 0, None, line.values) for line in lines])
    session.epoch += 1


def refresh(session: Session, record: Record) -> None:
    """Derive again after balances moved, and write what that changed; not counted as a change of the record by its
    user."""
    if not derive(session, record):
        return
    live = session.tx.live
    for name in record.definition.lines:
        obj = live.object(f"{record.object}.{name}")
        changed = {line.id or 0: _formula_row(session, line) for line in record.lines(name) if line.derived}
        rows.update_many(session.tx, live.tables.objects[obj.name], changed)
        for line in record.lines(name):
            line.derived = False
    values = {**_formula_row(session, record), "status": record.status}
    rows.update(session.tx, live.tables.objects[record.object], record.id or 0, values)
    text = found_by(record)
    if record.found_by is not None and text != record.found_by:
        reword(session, record, text)
    record.derived = False
    session.refreshed[record.object, record.id or 0] = record


def _formula_row(session: Session, record: Record) -> dict[str, Any]:
    own = {name: record.values.get(name) for name in record.definition.formula_order}
    return rows.encode(session.tx.live, record.definition, own)


def duplicate(session: Session, record: Record, error: IntegrityError) -> Invalid:
    """The unique rule that a write broke, in words."""
    shown = str(error.orig)
    for field in record.definition.fields.values():
        if field.unique and (f"__{field.name}" in shown or f".{field.name}" in shown):
            text = say(
                zh="“{field}”的值 {value} 已存在",
                en="There is already one with {field} {value}",
                field=field.label,
                value=field.seen_from(session.tx.timezone).format(record.values.get(field.name), session.language),
            )
            return Invalid(text, errors=[FieldError(field.name, text, "unique")])
    for rule in record.definition.unique:
        if all(name in shown for name in rule.fields):
            names = ", ".join(record.definition.fields[n].label.to(session.language) for n in rule.fields)
            text = rule.say or say(zh="{names} 的组合已存在", en="There is already one with these {names}", names=names)
            return Invalid(text, errors=[FieldError(rule.fields[0], text, "unique")])
    text = say(zh="已有相同的记录", en="There is already such a record")
    return Invalid(text, errors=[FieldError("", text, "unique")])
