"""The job that gives documents their new cost after something came between: it books what has changed for them, and
what follows from it, a few at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from engine.definitions.registers import Register, Valued
from engine.expressions.values import Ref
from engine.runtime.services import finishing, saving
from engine.runtime.services.registers import postings, valuation
from engine.runtime.services.registers.valuation import Adjustment
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.runtime.storage.register_keys import Keys

MOST = 200  # documents in one transaction


def run(tx: Tx, args: Mapping[str, Any]) -> None:
    """Book the value of one group of a register anew from a day on. `args`: register, measure, group, since. What is
    left, for further documents, is entered as the next job. Closed days are carried."""
    register = tx.app.registers.get(str(args["register"]))
    valued = register.valued.get(str(args["measure"])) if register is not None else None
    if register is None or valued is None:
        return                                 # the definition has changed since
    session, group = Session(tx), valuation.group_of(args)
    since = dt.date.fromisoformat(str(args["since"]))
    found = valuation.adjustments(session, register, valued, group, since)
    book(session, register, valued, group, since, found)


def book(
    session: Session, register: Register, valued: Valued, group: Keys, since: dt.date, found: Sequence[Adjustment]
) -> None:
    """Book what was found to be missing, for so many documents as one transaction takes, and what follows from it."""
    session.carries = True
    wanted = list(dict.fromkeys(Ref(one.object, one.doc) for one in found))[:MOST]
    session.prefetch(wanted)
    documents = [record for ref in wanted if (record := session.record(ref)) is not None]
    if not documents:
        return
    session.hold(documents)
    session.revalue[register.name, valued.measure] = {group: since}
    for document in postings.settle(session, documents):
        saving.refresh(session, document)
    finishing.watch(session)
