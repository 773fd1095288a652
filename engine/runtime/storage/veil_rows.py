"""SQL over the steps at which a person is or was asked, by record: for what these steps hide. Decides nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import exists, or_, select

from engine.runtime.storage.flow_states import LIVE
from engine.runtime.storage.flow_tables import INSTANCES, READERS, TASKS, VISITS
from engine.runtime.storage.live import Tx

OPEN = ("pending", "waiting", "held")


def asked_at(
    tx: Tx, object: str, user: int, steps: Collection[str], *, record: int | None = None
) -> Iterator[tuple[int, str, str]]:
    """(record, flow, step) where something waits for a person at one of these steps; with `record` of that one, also
    what is over."""
    mine = or_(TASKS.c.assignee == user, TASKS.c.owner == user)
    query = (
        select(INSTANCES.c.record, INSTANCES.c.flow, VISITS.c.step)
        .join_from(TASKS, VISITS, VISITS.c.id == TASKS.c.visit)
        .join(INSTANCES, INSTANCES.c.id == TASKS.c.instance)
        .where(INSTANCES.c.object == tx.live.numbers[object], VISITS.c.step.in_(sorted(steps)), mine)
    )
    if record is None:
        query = query.where(TASKS.c.status.in_(OPEN), INSTANCES.c.status.in_(LIVE))
    else:
        query = query.where(INSTANCES.c.record == record)
    for found, flow, step in tx.connection.execute(query):
        yield int(found), str(flow), str(step)


def handed_on(tx: Tx, object: str, user: int, record: int) -> set[str]:
    """The flows over a record in which a person was asked and has no task any more: somebody else has it."""
    mine = (TASKS.c.instance == INSTANCES.c.id) & or_(TASKS.c.assignee == user, TASKS.c.owner == user)
    query = (
        select(INSTANCES.c.flow).distinct().join(READERS, READERS.c.instance == INSTANCES.c.id)
        .where(INSTANCES.c.object == tx.live.numbers[object], INSTANCES.c.record == record, READERS.c.user == user)
        .where(READERS.c.cause == "task", ~exists().where(mine))
    )
    return {str(flow) for flow in tx.connection.execute(query).scalars()}
