"""Asking to take an approval back: its starter starts a small approval of its own; the old outcome stays as it is."""

from __future__ import annotations

from engine.definitions.flows import Flow
from engine.errors import Forbidden, NotFound, Refused
from engine.expressions.values import Ref
from engine.runtime.services.approvals import flows, pinning
from engine.runtime.services.approvals.flows import Decided
from engine.runtime.services.approvals.resolving import RecordScope
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import flow_rows
from engine.runtime.storage.flow_rows import Entry
from engine.runtime.storage.flow_states import State
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

ONLY = say(zh="只有发起人可以申请撤销", en="Only who submitted it may ask for that")
LATE = say(zh="已超过可申请撤销的期限", en="It is too late to ask for that")


def revoke(session: Session, instance: int, reason: str = "") -> Decided:
    """Start the flow that decides whether an approval is taken back. Raises `Forbidden` for others than its starter,
    `Refused` where it is too late, was not approved, or something is under way."""
    tx = session.tx
    state = flow_rows.load(tx, instance)
    if state is None or not flows.participates(session, state):
        raise NotFound(flows.GONE)
    record = session.record(Ref(state.instance.object, state.instance.record))
    if record is None or record.system.get("deleted_at") is not None:
        raise NotFound(flows.GONE)
    session.hold([record])
    access.demand_scope(tx, record.object, "decide")
    flow = pinning.flow_of(tx, state.instance)
    if state.instance.initiator != tx.actor.id or tx.actor.kind != "user":
        raise Forbidden(ONLY, code="not_initiator")
    why = refusal(session, record, flow, state)
    if why is not None:
        raise Refused(why, code="no_revoke")
    assert flow.revoke is not None, "a flow without it was refused"
    note = Entry("revoking", tx.actor.id, "", "", None, None, {"opinion": reason} if reason else {})
    flow_rows.save(tx, state, state, [note])
    return Decided(record.ref, flows.start(session, record, flow.revoke.flow, frozenset()))


def may(tx: Tx, instance: int) -> bool:
    """Whether the actor may ask to take an approval back, as pages offer it."""
    state, session = flow_rows.load(tx, instance), Session(tx)
    if state is None or state.instance.initiator != tx.actor.id or tx.actor.kind != "user":
        return False
    flow = pinning.flow_of(tx, state.instance)
    record = session.record(Ref(state.instance.object, state.instance.record)) if flow.revoke is not None else None
    return record is not None and refusal(session, record, flow, state) is None


def refusal(session: Session, record: Record, flow: Flow, state: State) -> Text | None:
    """Why an approval cannot be taken back; None where it can."""
    tx, run = session.tx, state.instance
    if flow.revoke is None or flow.revoke.flow not in tx.app.flows:
        return say(zh="本流程不支持申请撤销", en="Approvals of this flow are not taken back")
    if run.status != "approved":
        return say(zh="只有已通过的审批可以申请撤销", en="It was not approved")
    found = flow_rows.instances_of(tx, run.object, run.record)
    if any(one.live for one in found):
        return say(zh="已有进行中的审批", en="An approval is under way already")
    if any(one.id > run.id and one.status == "approved" for one in found):
        return say(zh="此后又有审批通过", en="Another approval has followed")
    ended = flow_rows.times_of(tx, run.id)[2]["ended_at"]
    scope = RecordScope(session, record, flow)
    return LATE if ended is None or tx.now >= scope.later(ended, flow.revoke.within, "") else None
