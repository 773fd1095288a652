"""The verbs of the bin and of the archive: restore, purge, archive, unarchive. Who may delete a record may do these;
who deleted it may bring it back; what is purged takes the right to delete all of its like."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from engine.errors import Forbidden, Invalid, NotFound, Refused
from engine.expressions.values import Ref
from engine.kinds.fields.link import Link
from engine.runtime.services import audit, commands, erasing, leaving, saving
from engine.runtime.services.approvals import holding
from engine.runtime.services.finishing import finish
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.services.taking import begin
from engine.runtime.storage.live import Tx
from engine.texts import say, within

TAKEN = ("unique", "overlap")                  # codes of what another record has meanwhile


def restore(
    tx: Tx, object: str, id: int, *, values: Mapping[str, Any] | None = None, accept: Iterable[str] = ()
) -> Record:
    """Bring a record back out of the bin, and what went there along with it. Everything of it is judged as if it were
    new: what has become of the same number meanwhile, or of what it links to, is told (`Invalid`). `values` are what it
    comes back with instead, where another one has its number by now."""
    command = begin(tx, accept=frozenset(accept))
    record = _binned(command.session, object, id)
    moment = record.system["deleted_at"]
    waiting = [record]
    while waiting:
        one = waiting.pop()
        if not one.returned:
            _return(command.session, one)
            command.verbs[one] = ("restored", "")
            waiting += _companions(command.session, one, moment)
    if values:
        commands.give(command.session, record, values)
    try:
        finish(command)
    except Invalid as problem:
        raise _with_way_out(problem) from problem
    return record


def _with_way_out(problem: Invalid) -> Invalid:
    """Where values are taken: that the record can come back with others."""
    if not any(error.code in TAKEN for error in problem.errors):
        return problem
    text = say(
        zh="{reason}。请换一个值再恢复", en="{reason}. Give another value to bring it back", reason=problem.message
    )
    return Invalid(text, code=problem.code, errors=problem.errors)


def purge(tx: Tx, object: str, id: int) -> None:
    """Take a record out of the bin for good."""
    session = begin(tx).session
    record = _binned(session, object, id)
    if not may_purge(tx, record.object):
        text = say(zh="您没有权限彻底删除“{object}”", en="You may not delete {object} for good",
                   object=within(record.definition.plural))
        raise Forbidden(text)
    erasing.purge(session, record)


def may_purge(tx: Tx, object: str) -> bool:
    """Whether the actor may take records of an object out of the bin for good: who may delete all of them."""
    return access.unbound(tx.actor) or any(p.when is None for _, p in access.permissions(tx, object, "delete"))


def archive(tx: Tx, object: str, id: int, *, version: int | None = None) -> Record:
    """Put a record into the archive: it can be read, and is out of lists and choices."""
    session = begin(tx).session
    record = commands.hold(session, object, id, version)
    access.demand(record, "delete")
    holding.refuse(record, {})
    if record.system["archived_at"] is not None:
        text = say(zh="{title} 已归档", en="{title} is in the archive already", title=record.title)
        raise Refused(text, code="state")
    shelve(session, record, tx.now)
    return record


def unarchive(tx: Tx, object: str, id: int, *, version: int | None = None) -> Record:
    """Take a record out of the archive."""
    session = begin(tx).session
    record = commands.hold(session, object, id, version)
    access.demand(record, "delete")
    if record.system["archived_at"] is None:
        text = say(zh="{title} 不在归档中", en="{title} is not in the archive", title=record.title)
        raise Refused(text, code="state")
    shelve(session, record, None)
    return record


def shelve(session: Session, record: Record, at: dt.datetime | None) -> None:
    """Put a record into the archive or (None) take it out, and say so in its history."""
    record.system["archived_at"] = at
    record.touch()
    saving.flush(session)
    event = "archived" if at is not None else "unarchived"
    audit.append(session, [audit.entry(session, record, event, bare=True)])


def may_return(record: Record) -> bool:
    """Whether the actor may bring a record back."""
    tx = record.session.tx
    if access.unbound(tx.actor):
        return True
    mine = record.system.get("changed_by") == tx.actor.id and access.may(tx, record.object, "delete")
    return access.granted(record, "see") and (mine or access.granted(record, "delete"))


def demand(tx: Tx, object: str, id: int) -> None:
    """Raise `NotFound` for what is not in the bin, or not to be brought back by the actor."""
    _binned(Session(tx), object, id)


def _binned(session: Session, object: str, id: int) -> Record:
    """A record in the bin that the actor may bring back, held."""
    commands.known(session.tx, object)
    record = session.record(Ref(object, id))
    if record is None or not _is_binned(record) or not may_return(record):
        raise NotFound(access.GONE)
    session.hold([record])
    if not _is_binned(record):                 # somebody was faster
        raise NotFound(access.GONE)
    return record


def _is_binned(record: Record) -> bool:
    return record.system.get("deleted_at") is not None and record.system.get("purged_at") is None


def _return(session: Session, record: Record) -> None:
    record.system["deleted_at"] = None
    record.deleted, record.returned = False, True
    for part in (record, *record.all_lines()):
        for field in part.definition.fields.values():
            if isinstance(field, Link) and field.stored and field.formula is None and field.required is not True:
                value = part.values.get(field.name)
                there = tuple(one for one in leaving.refs(value) if not _is_no_more(session, one))
                if isinstance(value, tuple) and there != value:
                    part.set(field.name, there or None)
                elif isinstance(value, Ref) and not there:
                    part.set(field.name, None)
    record.touch()


def _is_no_more(session: Session, ref: Ref) -> bool:
    """Whether a link leads to what has been purged, or to a line that was taken out."""
    target = session.record(ref)
    return target is None or target.root.system.get("purged_at") is not None


def _companions(session: Session, record: Record, moment: dt.datetime) -> list[Record]:
    """What went into the bin along with a record because it links to it."""
    found = [record for record in leaving.cascaded(session, record) if record.system.get("deleted_at") == moment]
    session.hold(found)
    return [one for one in found if one.system.get("deleted_at") == moment]
