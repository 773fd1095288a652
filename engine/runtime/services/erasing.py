"""Emptying: a record that leaves the bin for good, and the personal data of one that stays. Asks for no right.

The row of a purged record stays, blank: its number is never given again, and who did what when can still be read."""

from __future__ import annotations

from engine.definitions import personal
from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.kinds.fields.link import Link
from engine.runtime.services import audit, saving
from engine.runtime.services.records import Record
from engine.runtime.services.registers import postings
from engine.runtime.services.sessions import Session
from engine.runtime.storage import (
    amendment_rows,
    audit_rows,
    comment_rows,
    draft_rows,
    flow_rows,
    follower_rows,
    kept_words,
    letter_rows,
    notice_rows,
    open_link_rows,
    share_rows,
)

LEAST = 2                                      # letters of a text that is looked for among what is kept for a time


def purge(session: Session, record: Record) -> None:
    """Take all values out of a record in the bin: fields, lines, files (the nightly sweep finds that nobody has them),
    what its history and others say of it."""
    title = record.title
    for name in record.definition.lines:
        for line in list(record.lines(name)):
            record.remove_line(name, line)
    _blank(record, frozenset(_kept(record.definition)))
    record.system["purged_at"] = session.now
    _write(session, record)
    tx, id = session.tx, record.id or 0
    audit_rows.erase(tx, record.object, id, None)
    amendment_rows.erase(tx, record.object, id)
    comment_rows.remove(tx, record.object, id)
    letter_rows.erase(tx, record.object, id)
    follower_rows.remove(tx, record.object, id)
    share_rows.remove(tx, record.object, id)
    open_link_rows.remove(tx, record.object, id)
    draft_rows.remove(tx, record.object, id)
    notice_rows.forget(tx, record.ref)
    _rename(session, record, title)
    audit.append(session, [audit.entry(session, record, "purged", bare=True)])


def anonymise(session: Session, record: Record) -> None:
    """Take the personal data out of a record and its lines, for good: out of its history, of what is found by them, of
    what was said about it, of drafts of its form, of notices and approvals that name it, of answers and jobs that are
    kept for a time. Figures stay, and so do the links of others."""
    tx, title, id = session.tx, record.title, record.id or 0
    paths = personal.paths_of(tx.app, record.definition)
    words = {word for part in (record, *record.all_lines()) for word in _words(part)}
    words |= {word for word in audit_rows.texts(tx, record.object, id, paths) if len(word) >= LEAST}
    record.system["anonymised_at"] = session.now
    for part in (record, *record.all_lines()):
        _blank(part, personal.fields_of(part.definition))
    _write(session, record)
    if record.definition.posts and not record.deleted:
        for one in postings.settle(session, [record]):
            saving.refresh(session, one)
    audit_rows.erase(tx, record.object, id, paths)
    amendment_rows.erase(tx, record.object, id)
    comment_rows.erase(tx, record.object, id)
    letter_rows.erase(tx, record.object, id)
    open_link_rows.remove(tx, record.object, id)
    draft_rows.remove(tx, record.object, id)
    kept_words.erase(tx, words)
    _rename(session, record, title)
    audit.append(session, [audit.entry(session, record, "anonymised", bare=True)])


def _words(record: Record) -> set[str]:
    """The texts of the personal fields of a record or line, as far as they tell of somebody (a single letter does
    not)."""
    found = (record.values.get(name) for name in personal.fields_of(record.definition))
    return {value for value in found if isinstance(value, str) and len(value) >= LEAST}


def _kept(obj: Object) -> list[str]:
    """What holds values: not what is worked out, nor lines."""
    return [field.name for field in obj.fields.values() if field.kind != "lines"]


def _blank(record: Record, names: frozenset[str]) -> None:
    for name in names:
        field = record.definition.fields[name]
        if field.stored and field.formula is None and field.balance is None:
            record.set(name, None)


def _write(session: Session, record: Record) -> None:
    record.touch()
    for name in record.definition.lines:       # the text by which it is found holds those of all lines
        record.lines(name)
    saving.flush(session)


def _rename(session: Session, record: Record, old: str) -> None:
    """What others call the record: links in their histories, approvals, notices."""
    tx, new = session.tx, record.title
    assert record.id is not None, "what is emptied was there"
    audit_rows.untitle(tx, record.ref, _leading(tx.app, record.object))
    flow_rows.retitle(tx, record.object, record.id, new)
    if old.strip():
        notice_rows.retell(tx, record.ref, old, new)


def _leading(app: App, object: str) -> dict[str, set[str]]:
    """The fields that may link to an object, those of lines as `lines.name`, by the object that has them."""
    found: dict[str, set[str]] = {}
    for obj in app.objects.values():
        prefix = f"{obj.owner_field}." if obj.owner else ""
        for field in obj.fields.values():
            if isinstance(field, Link) and object in field.to:
                found.setdefault(obj.owner or obj.name, set()).add(prefix + field.name)
    return found
