"""What goes by itself, at night: the bin empties what has lain there long enough, and objects do with records whose
time is over what they declare (`keep`): anonymise, archive, delete. In pieces, each a transaction of its own."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.definitions.app import App
from engine.definitions.objects import Keep, Object
from engine.errors import Failure
from engine.expressions.values import Ref, Value
from engine.runtime.services import erasing, leaving, outbox, shelving
from engine.runtime.services.approvals import holding
from engine.runtime.services.finishing import finish
from engine.runtime.services.records import Record
from engine.runtime.services.registers import guards
from engine.runtime.services.sessions import Session
from engine.runtime.services.taking import begin
from engine.runtime.storage import queries, rows
from engine.runtime.storage.live import Tx

JOB = "keep"
BATCH = 200
BIN_DAYS = 90                                  # days that the bin keeps a record, unless the site says otherwise
LOG = logging.getLogger(__name__)


def wanted(app: App) -> bool:
    """Whether there is anything that could go by itself."""
    return any(not obj.owner and obj.name != "user" and obj.delete != "never" for obj in app.objects.values())


def run(tx: Tx, args: Mapping[str, Any], bin_days: int = BIN_DAYS) -> None:
    """One night's work, or the rest of it: `object` and `after` say where an earlier piece has stopped."""
    before = tx.now - dt.timedelta(days=bin_days)
    for obj in tx.app.objects.values():
        if obj.owner or obj.name == "user" or args.get("object", obj.name) != obj.name:
            continue
        for what, work in _works(obj, before).items():
            if args.get("what", what) == what and (last := work(tx, obj, int(args.get("after", 0)))):
                outbox.enqueue(tx, JOB, {"object": obj.name, "what": what, "after": last})


def _works(obj: Object, before: dt.datetime) -> dict[str, Callable[[Tx, Object, int], int]]:
    return {
        "bin": lambda tx, obj, after: _empty(tx, obj, after, before),
        **({"keep": _keep} if obj.keep is not None else {}),
    }


def _empty(tx: Tx, obj: Object, after: int, before: dt.datetime) -> int:
    """Purge a piece of what has lain in the bin since before a moment; the last id, 0 where nothing is left."""
    ids = queries.shelved(tx, obj, "deleted", after, BATCH, before=before)
    for record in _records(tx, obj, ids):
        binned = record.system["deleted_at"]   # somebody may have brought it back until it was held
        if binned is not None and binned < before and record.system["purged_at"] is None:
            erasing.purge(record.session, record)
    return ids[-1] if len(ids) == BATCH else 0


def _keep(tx: Tx, obj: Object, after: int) -> int:
    """Do what the object says with a piece of the records whose time is over."""
    rule = obj.keep
    assert rule is not None, "asked of objects that keep for a time"
    ids = queries.shelved(tx, obj, "current" if rule.then == "archive" else "kept", after, BATCH)
    for record in _records(tx, obj, ids):
        if not _over(record, rule):
            continue
        try:
            with tx.connection.begin_nested():
                _let_go(tx, record, rule.then)
        except Failure as failure:
            LOG.warning("%s: %s %s stays: %s", tx.app.name, obj.name, record.id, failure.message.to("en"))
    return ids[-1] if len(ids) == BATCH else 0


def _records(tx: Tx, obj: Object, ids: list[int]) -> Iterator[Record]:
    """The records, held, each in a session of its own."""
    for id in ids:
        session = Session(tx)
        for row in rows.fetch(tx, obj, [id], lock=True):
            yield session.adopt(obj, row)


def _over(record: Record, rule: Keep) -> bool:
    """Whether the time of a record is over: the day of `until` has come, and `unless` does not hold. What cannot be
    told keeps it."""
    done = {"anonymise": "anonymised_at", "archive": "archived_at", "delete": "deleted_at"}[rule.then]
    if record.system.get(done) is not None or record.system.get("deleted_at") is not None:
        return False
    frame = record.frame()
    return _passed(rule.until.value(frame), record) and (
        rule.unless is None or rule.unless.value(frame) in (False, None)
    )


def _passed(until: Value, record: Record) -> bool:
    if isinstance(until, dt.datetime):
        return until <= record.session.now
    return isinstance(until, dt.date) and until <= record.session.today


def _let_go(tx: Tx, record: Record, then: str) -> None:
    holding.refuse(record, ())            # what is being decided stays as it is until then
    if then == "archive":
        shelving.shelve(record.session, record, tx.now)
    elif then == "anonymise":
        erasing.anonymise(record.session, record)
        guards.judge(record.session, frozenset({record.object}), frozenset())   # a blank may take back what was booked
    else:
        command = begin(tx)
        found = command.session.record(Ref(record.object, record.id or 0))
        assert found is not None, "it is held"
        command.session.hold([found])
        leaving.mark(command.session, found)
        command.verbs[found] = ("deleted", "")
        finish(command)
