"""SQL over the steps at which a person is or was asked, by record: for what these steps hide. Decides nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Connection, exists, or_, select

from engine.runtime.storage.flow_states import LIVE, OPEN
from engine.runtime.storage.flow_tables import INSTANCES, READERS, TASKS, VISITS
from engine.runtime.storage.live import Tx


def older(connection: Connection, app: str, version: int, numbers: Mapping[str, int]) -> frozenset[str]:
    """The objects over which approvals run that other versions have started."""
    mine = (INSTANCES.c.app == app, INSTANCES.c.version != version, INSTANCES.c.status.in_(LIVE))
    found = set(connection.execute(select(INSTANCES.c.object).where(*mine).distinct()).scalars())
    return frozenset(name for name, number in numbers.items() if number in found)


def asked_at(
    tx: Tx, object: str, user: int, steps: Collection[str], *, record: int | None = None
) -> Iterator[tuple[int, int, str, str]]:
    """(record, version, flow, step) where something waits for a person: at one of these steps, or at any step of an
    approval that another version has started; with `record` of that one, also what is over."""
    mine = or_(TASKS.c.assignee == user, TASKS.c.owner == user)
    query = (
        select(INSTANCES.c.record, INSTANCES.c.version, INSTANCES.c.flow, VISITS.c.step)
        .join_from(TASKS, VISITS, VISITS.c.id == TASKS.c.visit)
        .join(INSTANCES, INSTANCES.c.id == TASKS.c.instance)
        .where(INSTANCES.c.object == tx.live.numbers[object], mine)
        .where(or_(VISITS.c.step.in_(sorted(steps)), INSTANCES.c.version != tx.live.version))
    )
    if record is None:
        query = query.where(TASKS.c.status.in_(OPEN), INSTANCES.c.status.in_(LIVE))
    else:
        query = query.where(INSTANCES.c.record == record)
    for found, version, flow, step in tx.connection.execute(query):
        yield int(found), int(version), str(flow), str(step)


def handed_on(tx: Tx, object: str, user: int, record: int) -> set[tuple[int, str]]:
    """(version, flow) over a record in which a person was asked and has no task any more: somebody else has it."""
    mine = (TASKS.c.instance == INSTANCES.c.id) & or_(TASKS.c.assignee == user, TASKS.c.owner == user)
    query = (
        select(INSTANCES.c.version, INSTANCES.c.flow).distinct().join(READERS, READERS.c.instance == INSTANCES.c.id)
        .where(INSTANCES.c.object == tx.live.numbers[object], INSTANCES.c.record == record, READERS.c.user == user)
        .where(READERS.c.cause == "task", ~exists().where(mine))
    )
    return {(int(version), str(flow)) for version, flow in tx.connection.execute(query)}
