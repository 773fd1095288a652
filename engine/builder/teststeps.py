"""Steps of declared tests that do something: each takes the verbs of the pipeline as the acting person."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

from engine.builder.staging import Failed, Trial, mapping_of, text_of, texts_of
from engine.definitions.nodes import List, Map, Scalar
from engine.errors import Failure
from engine.expressions.values import Duration, Ref
from engine.runtime.services import commands, inputs, tasks
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.live import Tx

DECISIONS = ("approve", "reject", "return")


def create(trial: Trial, step: Map) -> None:
    object = text_of(step.get("create"))
    if object not in trial.app.objects:
        raise Failed(f"there is no object {object}", step.at)
    raw = trial.given(step.get("with"))
    accept = texts_of(step.get("accept"))
    record = trial.run(lambda tx: commands.create(tx, object, inputs.read(tx, object, raw), accept=accept).ref)
    trial.remember(record, step)


def update(trial: Trial, step: Map) -> None:
    target = step.get("update")
    assert target is not None
    ref = trial.record(target)
    raw = trial.given(step.get("with"))
    trial.run(lambda tx: commands.update(tx, ref.object, ref.id, inputs.read(tx, ref.object, raw)))


def delete(trial: Trial, step: Map) -> None:
    target = step.get("delete")
    assert target is not None
    ref = trial.record(target)
    trial.run(lambda tx: commands.delete(tx, ref.object, ref.id))


def act(trial: Trial, step: Map) -> None:
    created = trial.run(action_of(trial, step))
    if step.get("called") is not None:
        if not created:
            raise Failed("the action created nothing to be called so", step.at)
        trial.remember(created[0], step)


def action_of(trial: Trial, step: Map) -> Callable[[Tx], list[Ref]]:
    """The command of an `act` step; gives what it created."""
    ref, name = trial.of(step), text_of(step.get("act"))
    raw = trial.given(step.get("with"))
    accept, override = texts_of(step.get("accept")), mapping_of(step.get("override"))

    def take(tx: Tx) -> list[Ref]:
        action = tx.app.objects[ref.object].actions.get(name)
        given = inputs.read_asked(tx, ref.object, action, raw) if action is not None else {}
        done = commands.act(tx, ref.object, ref.id, name, given=given, accept=accept, override=override)
        return [record.ref for record in done.created if record.parent is None]

    return take


def decide(trial: Trial, step: Map) -> None:
    verb = next(v for v in DECISIONS if step.get(v) is not None)
    ref, name = trial.of(step), text_of(step.get(verb))
    raw = trial.given(step.get("with"))
    note = step.get("note")

    def decide(tx: Tx) -> None:
        mine = [t.id for t in tasks.inbox(tx, "todo") if t.record == ref and t.step == name and t.id is not None]
        if not mine:
            raise Failed(f"{tx.actor.login} has no task {name}", step.at)
        commands.decide(
            tx, mine[0], verb, comment="" if note is None else text_of(note), values=inputs.read(tx, ref.object, raw)
        )

    trial.run(decide)


def wait(trial: Trial, step: Map) -> None:
    node = step.get("wait")
    assert isinstance(node, Scalar)
    span = trial.evaluate(node)
    if not isinstance(span, Duration):
        raise Failed(f"{node.text} is no duration", node.at)
    trial.move_to(trial.clock.now + dt.timedelta(days=float(span.months) * 30, seconds=float(span.seconds)))
    trial.work_off()


def at_once(trial: Trial, step: Map) -> None:
    """Take actions at the same moment, each in a transaction and thread of its own; `succeed` says how many get
    through."""
    node = step.get("at_once")
    assert isinstance(node, List)
    prepared: list[tuple[Actor, Callable[[Tx], list[Ref]]]] = []
    for inner in node:
        assert isinstance(inner, Map)
        who = inner.get("as")
        prepared.append((trial.actor if who is None else trial.person(who), action_of(trial, inner)))
    results: list[Failure | None] = [None] * len(prepared)
    begun = threading.Barrier(len(prepared))

    def one(index: int) -> None:
        begun.wait()
        try:
            trial.run(prepared[index][1], prepared[index][0])
        except Failure as failure:
            results[index] = failure

    threads = [threading.Thread(target=one, args=(index,)) for index in range(len(prepared))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = sum(result is None for result in results)
    wanted = int(text_of(step.get("succeed")))
    if done != wanted:
        reasons = "; ".join(r.message.to("en") for r in results if r is not None)
        raise Failed(f"expected {wanted} to succeed, {done} did ({reasons})", node.at)
