"""Signals that have come for approvals of a record and are kept for them. Decides nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, or_, select, update

from engine.runtime.storage.flow_tables import INSTANCES, SIGNALS
from engine.runtime.storage.live import Tx

UNDONE = ("withdrawn", "terminated")           # approvals that leave what they had got to the next one


def keep(tx: Tx, object: str, record: int, name: str, instance: int | None = None) -> None:
    """Keep a signal for the approval that has got it, or for whichever will wait for it."""
    values = {
        "app": tx.app.name, "object": tx.live.numbers[object], "record": record, "name": name, "at": tx.now,
        "instance": instance,
    }
    tx.connection.execute(insert(SIGNALS).values(**values))


def found(tx: Tx, object: str, record: int, name: str, instance: int) -> int | None:
    """The number of a signal that is for this approval, or still for any; None where there is none."""
    undone = select(INSTANCES.c.id).where(INSTANCES.c.id == SIGNALS.c.instance, INSTANCES.c.status.in_(UNDONE))
    free: Any = or_(SIGNALS.c.instance.is_(None), SIGNALS.c.instance == instance, undone.exists())
    mine = SIGNALS.c.object == tx.live.numbers[object], SIGNALS.c.record == record, SIGNALS.c.name == name
    query = select(SIGNALS.c.id).where(*mine, free).order_by(SIGNALS.c.id).limit(1)
    return tx.connection.execute(query).scalar_one_or_none()


def take(tx: Tx, id: int, instance: int) -> None:
    """A signal is for this approval from now on."""
    tx.connection.execute(update(SIGNALS).where(SIGNALS.c.id == id).values(instance=instance))
