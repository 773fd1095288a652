"""What a person worked on last, out of the audit trail."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select

from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import AUDIT

LOOKED_AT = 300  # the newest entries in which different records are looked for


def of_actor(tx: Tx, limit: int) -> list[tuple[str, int, dt.datetime]]:
    """Object, id and moment of the records that the actor created, changed or acted on, newest first."""
    mine = (
        select(AUDIT.c.object, AUDIT.c.record, AUDIT.c.at, AUDIT.c.id)
        .where(AUDIT.c.app == tx.app.name, AUDIT.c.actor == tx.actor.id)
        .order_by(AUDIT.c.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    newest = func.max(mine.c.id).label("newest")
    query = (
        select(mine.c.object, mine.c.record, func.max(mine.c.at, type_=AUDIT.c.at.type).label("at"), newest)
        .group_by(mine.c.object, mine.c.record)
        .order_by(newest.desc())
        .limit(limit)
    )
    names = tx.live.names
    return [(names[row.object], row.record, row.at) for row in tx.connection.execute(query) if row.object in names]
