"""The sweep after midnight: derived states that hang on the day (overdue, expired), or on rows to which no path leads,
are brought up to date."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.errors import Refused
from engine.expressions.compiled import Expression
from engine.runtime.services import finishing, saving
from engine.runtime.services.automation import deriving
from engine.runtime.services.records import Record
from engine.runtime.services.registers import guards, postings
from engine.runtime.services.sessions import Session
from engine.runtime.storage import queries, rows
from engine.runtime.storage.live import Tx

BATCH = 200
LOG = logging.getLogger(__name__)
CLOCKS = ("@today", "@now")


def swept(app: App) -> list[Object]:
    """The objects whose derived states depend on the day, or on rows to which no path leads from the record."""
    return [obj for obj in app.objects.values() if any(
        depends_on_day(app, obj, s.when) or looks_around(app, obj, s.when) for s in obj.states.values())]


def depends_on_day(app: App, obj: Object, rule: Expression | None, seen: frozenset[str] = frozenset()) -> bool:
    """Whether an expression over a record reads the clock, also through live formulas of the record."""
    for path in rule.reads if rule is not None else ():
        field = obj.fields.get(path[0])
        if path[0] in CLOCKS:
            return True
        formula = field.formula if field is not None and path[0] not in seen else None
        if formula is not None and depends_on_day(app, obj, formula, seen | {path[0]}):
            return True
    return False


def looks_around(app: App, obj: Object, rule: Expression | None, seen: frozenset[str] = frozenset()) -> bool:
    """Whether an expression over a record asks rows of objects, registers or reports, also through live formulas."""
    for path in rule.reads if rule is not None else ():
        field = obj.fields.get(path[0])
        name = path[0].removeprefix("@")
        if path[0] != name and (name in app.objects or name in app.registers or name in app.reports):
            return True
        formula = field.formula if field is not None and path[0] not in seen else None
        if formula is not None and looks_around(app, obj, formula, seen | {path[0]}):
            return True
    return False


def waiting(app: App) -> list[Object]:
    """The objects that post to registers in which future days wait."""
    registers = {r.name for r in app.registers.values() if r.future == "wait" and r.dated}
    return [obj for obj in app.objects.values() if any(post.register in registers for post in obj.posts)]


def run(tx: Tx, args: Mapping[str, Any]) -> None:
    """Sweep one app: book what waited for its day, then follow the day in derived states."""
    for obj in waiting(tx.app):
        last = 0
        while ids := queries.ids_after(tx, obj, last, BATCH):
            session = Session(tx)
            documents = session.adopt_all(obj, rows.fetch(tx, obj, ids, lock=True))
            unbooked = postings.differences(session, documents)
            for one in unbooked:
                if not one.bookable:
                    _stays(tx, one.document, one.text)
            for id in dict.fromkeys(one.document.id or 0 for one in unbooked if one.bookable):
                _book(tx, obj, id)
            last = ids[-1]
    _follow(tx)


def _book(tx: Tx, obj: Object, id: int) -> None:
    """Book what one document has waited with; what a guard or a closed day refuses goes on waiting."""
    session = Session(tx)
    (document,) = session.adopt_all(obj, rows.fetch(tx, obj, [id], lock=True))
    try:
        with tx.connection.begin_nested():
            for settled in postings.settle(session, [document]):
                saving.refresh(session, settled)
            guards.judge(session, frozenset({obj.name}), frozenset())
            finishing.watch(session)
    except Refused as refused:
        _stays(tx, document, refused.message.to("en"))


def _stays(tx: Tx, document: Record, why: str) -> None:
    LOG.warning("%s %s of %s waits: %s", document.object, document.id, tx.app.name, why)


def _follow(tx: Tx) -> None:
    for obj in swept(tx.app):
        last = 0
        while ids := queries.ids_after(tx, obj, last, BATCH):
            deriving.bring(tx, obj, ids)
            last = ids[-1]
