"""Steps of declared tests that decide: tasks of flows, records that came back, approvals that are taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from engine.builder.staging import Failed, Trial, text
from engine.definitions.flows import CHOICE
from engine.definitions.nodes import List, Map
from engine.expressions.values import Ref
from engine.runtime.services import commands, inputs
from engine.runtime.services.approvals import tasks
from engine.runtime.services.approvals.asking_others import Company
from engine.runtime.storage import flow_rows
from engine.runtime.storage.live import Tx

DECISIONS = ("approve", "reject", "return", "done")
SIGNED = b"\x89PNG\r\n\x1a\n"               # a signature, as far as a step looks at it
Command: TypeAlias = Callable[[Tx], list[Ref]]


def decide(trial: Trial, step: Map) -> Command:
    verb = next(v for v in DECISIONS if step.get(v) is not None)
    ref, name = trial.of(step), text(step.get(verb))
    raw, note = trial.given(step.get("with")), text(step.get("note"))
    company = Company(choose=chosen(trial, step), signature=SIGNED)     # where the step asks for one
    values = {key: value for key, value in raw.items() if not key.startswith(CHOICE)}

    def take(tx: Tx) -> list[Ref]:
        mine = [t.id for t in tasks.inbox(tx, "todo") if t.record == ref and t.step == name and t.id is not None]
        if not mine:
            raise Failed(f"{tx.actor.login or 'the app'} has no task {name}", step.at)
        given = inputs.read(tx, ref.object, values)
        commands.decide(tx, mine[0], verb, comment=note, values=given, company=company)
        return []

    return take


def resubmit(trial: Trial, step: Map) -> Command:
    """Whoever submitted a record that was sent back submits it again, changed or not."""
    ref, raw, note = trial.record(step.get("resubmit")), trial.given(step.get("with")), text(step.get("note"))
    company = Company(choose=chosen(trial, step))
    values = {key: value for key, value in raw.items() if not key.startswith(CHOICE)}

    def take(tx: Tx) -> list[Ref]:
        back = [t.id for state in flow_rows.under_way(tx, ref.object, ref.id) for t in state.tasks.values()
                if t.status == "pending" and state.visits[t.visit].kind == "revise"]
        if not back:
            raise Failed("it was not sent back", step.at)
        given = inputs.read(tx, ref.object, values)
        commands.decide(tx, back[0], "resubmit", comment=note, values=given, company=company)
        return []

    return take


def revoke(trial: Trial, step: Map) -> Command:
    """Asking to take back the newest approval of a record by a flow."""
    ref, name, note = trial.of(step), text(step.get("revoke")), text(step.get("note"))

    def take(tx: Tx) -> list[Ref]:
        runs = [one for one in flow_rows.instances_of(tx, ref.object, ref.id) if one.flow == name]
        if not runs:
            raise Failed(f"there has been no approval {name} of it", step.at)
        newest = next((one for one in runs if one.status == "approved"), runs[0])
        commands.revoke(tx, newest.id, note)
        return []

    return take


def withdraw(trial: Trial, step: Map) -> Command:
    """Whoever started an approval, of a change too, takes it back while it waits."""
    ref, name, note = trial.of(step), text(step.get("withdraw")), text(step.get("note"))

    def take(tx: Tx) -> list[Ref]:
        runs = flow_rows.under_way(tx, ref.object, ref.id, name)
        mine = [t.id for state in runs for t in state.tasks.values() if t.status == "pending"]
        if not mine:
            raise Failed(f"no approval {name} of it is under way", step.at)
        commands.decide(tx, mine[0], "withdraw", comment=note)
        return []

    return take


def chosen(trial: Trial, step: Map) -> dict[str, tuple[int, ...]]:
    """Whom a decision chooses for later steps, by step."""
    given = step.get("with")
    told = [(pair.key.text, pair.value) for pair in (given if isinstance(given, Map) else ())]
    return {
        name.removeprefix(CHOICE): tuple(trial.person(one).id for one in (node if isinstance(node, List) else (node,)))
        for name, node in told if name.startswith(CHOICE)
    }


COMMANDS: Mapping[str, Callable[[Trial, Map], Command]] = {
    "resubmit": resubmit,
    "revoke": revoke,
    "withdraw": withdraw,
    **dict.fromkeys(DECISIONS, decide),
}
