"""Automations that run as jobs: after the commit that started them, or by the clock. One transaction each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definitions.automations import Automation
from engine.errors import Refused
from engine.expressions.evaluate import evaluate
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Row
from engine.runtime.services import automations, dated, hooking, outbox, steps
from engine.runtime.services.conditions import holds
from engine.runtime.services.finishing import finish
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.services.taking import Command, begin
from engine.runtime.storage.live import Tx
from engine.texts import say


def run(tx: Tx, args: Mapping[str, Any]) -> None:
    """Run one automation for what started it: a record's news, a planned time, or one row of those that it goes over.

    `args`: automation; object and record, or nothing; row: whether that record is one of the rows; causes;
    inputs: what another system has told, as JSON; runs: how many may still follow; spent: none was left for this one,
    which is refused with the reason; due: the moment for which it has waited, of a day of the record."""
    automation = tx.app.automations.get(str(args["automation"]))
    if automation is None or not automation.active:
        return
    if "spent" in args:
        raise Refused(say(
            zh="自动化“{name}”没有运行：同一起因已引发 {most} 次运行，请检查自动化是否互相触发",
            en="The automation {name} was not run: {most} runs have followed from one cause; look whether automations "
               "start each other", name=automation.label, most=args["spent"],
        ), code="loop")
    command = begin(tx)
    command.runs = args.get("runs")
    command.causes = tuple((str(name), str(of), int(id)) for name, of, id in args.get("causes", ()))
    record = _record(command.session, args)
    if "record" in args and (record is None or _gone(automation, record)):
        return
    if "due" in args and (record is None or not dated.is_meant(command.session, automation, record, args["due"])):
        return
    if args.get("row"):
        assert record is not None, "a row of a job is a record"
        _row(command, automation, record, args)
    elif record is None and not _planned(command.session, automation, _told(command.session, automation, args)):
        return
    elif automation.each is None:
        automations.start(command, automation, record, _names(command.session, automation, record, args))
    else:
        _rows(command, automation, record, args)
    finish(command)


def _record(session: Session, args: Mapping[str, Any]) -> Record | None:
    if "record" not in args:
        return None
    record = session.record(Ref(str(args["object"]), int(args["record"])))
    if record is not None:
        session.hold([record.root])
    return record


def _gone(automation: Automation, record: Record) -> bool:
    return record.root.system.get("deleted_at") is not None and automation.trigger.kind != "deleted"


def _planned(session: Session, automation: Automation, names: Mapping[str, object]) -> bool:
    """Whether a planned time or a call counts: on working days only, and while `when` holds."""
    plan = automation.trigger.schedule
    if plan is not None and plan.working and not session.working.works(session.today):
        return False
    return automation.when is None or holds(automation.when, Frame(session, names=names))


def _rows(command: Command, automation: Automation, record: Record | None, args: Mapping[str, Any]) -> None:
    """Every row gets a job of its own where it is a record; other rows (of registers, of reports) share this one."""
    session, source = command.session, automation.each
    assert source is not None, "without rows the steps run once"
    names = _names(session, automation, record, args)
    frame = Frame(session, names=names) if record is None else session.frame(record, **names)
    for row in steps.rows_of(source, frame):
        if isinstance(row, Record) and row.id is not None and record is None:
            outbox.enqueue(session.tx, automations.JOB, {
                "automation": automation.name, "object": row.object, "record": row.id, "row": True,
                "causes": list(args.get("causes", ())), **({"inputs": args["inputs"]} if "inputs" in args else {}),
            })
        else:
            _one(command, automation, row, names)


def _row(command: Command, automation: Automation, row: Record, args: Mapping[str, Any]) -> None:
    """One row in its own transaction, if it still belongs to those that are meant; refused where nobody can tell."""
    source = automation.each
    if source is not None and source.where is not None:
        frame = Frame(command.session, names=_told(command.session, automation, args))
        value = evaluate(source.where, frame.at(row, source.alias))
        if isinstance(value, ErrorValue):
            raise Refused(value.reason, code="expression")
        if value is not True:
            return
    _one(command, automation, row, {"trigger": None, **_told(command.session, automation, args)})


def _one(command: Command, automation: Automation, row: Row, names: Mapping[str, object]) -> None:
    alias = automation.each.alias if automation.each is not None else ""
    record = names["trigger"]
    at_hand = row if isinstance(row, Record) else record if isinstance(record, Record) else None
    automations.start(command, automation, at_hand, {**names, **({alias: row} if alias else {})}, row)


def _told(session: Session, automation: Automation, args: Mapping[str, Any]) -> dict[str, object]:
    """What another system has told, where that started it."""
    return {} if "inputs" not in args else dict(hooking.told(session, automation, str(args["inputs"])))


def _names(
    session: Session, automation: Automation, record: Record | None, args: Mapping[str, Any]
) -> dict[str, object]:
    """What the steps know besides the row at hand: the record, the comment or the call that started them."""
    comment = {} if record is None else automations.said(session.tx, record, args.get("comment"))
    return {"trigger": record, **comment, **_told(session, automation, args)}
