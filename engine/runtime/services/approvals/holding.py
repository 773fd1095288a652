"""What a running approval holds: while it lasts the record, or some of its fields, cannot be changed. Decides nothing
about who may."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from engine.definitions.objects import AMEND
from engine.errors import Locked
from engine.runtime.services.approvals import pinning
from engine.runtime.services.records import Record
from engine.runtime.services.rights import revising
from engine.runtime.storage import amendment_rows, flow_rows
from engine.runtime.storage.live import Tx
from engine.texts import Text, say


@dataclass(frozen=True, slots=True)
class Lock:
    """A running approval that holds a record. `fields` empty = all of it."""

    instance: int
    flow: str
    label: Text
    fields: tuple[str, ...] = ()

    def on(self, names: Collection[str]) -> bool:
        """Whether it holds one of these fields (none: the record as a whole)."""
        return not self.fields or not names or bool(set(names) & set(self.fields))


def lock_of(record: Record) -> Lock | None:
    """The approval that keeps a record from being changed; none for who is to revise one that was returned."""
    if record.id is None:
        return None
    tx, amend = record.session.tx, record.definition.actions.get(AMEND)
    for running in flow_rows.instances_of(tx, record.object, record.id, live=True):
        flow = pinning.flow_of(tx, running)
        changing = amend is not None and amend.amends and flow.name == amend.start
        if changing and amendment_rows.waiting(tx, record.object, record.id) is not None:
            continue                           # what counts goes on while a change of it waits
        mine = running.status == "returned" and revising.mine(record)
        if flow.lock != "none" and not mine:
            fields = () if flow.lock == "all" else tuple(name.strip() for name in flow.lock.split(","))
            return Lock(running.id, flow.name, flow.label, fields)
    return None


def refuse(record: Record, names: Collection[str]) -> None:
    """Refuse to change fields of a record (none named: the record as a whole) that a running approval holds."""
    lock = lock_of(record)
    if lock is not None and lock.on(names):
        raise Locked(reason(record, lock))


def reason(record: Record, lock: Lock) -> Text:
    """Why the record cannot change, and the way out."""
    return say(
        zh="{title} 正在审批（{flow}），不能修改；可先撤回",
        en="{title} is being approved ({flow}) and cannot change; withdraw it first",
        title=record.title,
        flow=lock.label,
    )


def may_correct(tx: Tx) -> bool:
    """Whether the actor may change what an approval holds, with a reason: administrators, as far as they may edit the
    record at all, and no token that is narrowed to something else."""
    return tx.actor.admin and tx.actor.scopes is None
