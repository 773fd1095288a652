"""Automations that run as jobs: after the commit that started them, or by the clock. One transaction each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.definitions.automations import Automation
from engine.errors import Refused
from engine.expressions.evaluate import evaluate
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Row, Rows
from engine.runtime.services import outbox, steps
from engine.runtime.services.approvals import pinning
from engine.runtime.services.automation import automations, dated, origins, pausing, repeats
from engine.runtime.services.automation.origins import Origin
from engine.runtime.services.conditions import holds
from engine.runtime.services.finishing import finish
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.services.taking import Command, begin
from engine.runtime.storage.live import Tx
from engine.texts import say

LATER = ("alert", "failed")                    # triggers about records whose `when` is asked when the job runs


def run(tx: Tx, args: Mapping[str, Any]) -> None:
    """Run one automation for what started it: a record's news, a planned time, or one row of those that it goes over.

    `args`: automation; object and record, or nothing; row: whether that record is one of the rows; causes;
    at: the step with which a run goes on that has waited, as of `version`; asked: a step has asked for it;
    inputs: what another system has told, as JSON; runs: how many may still follow; spent: none was left for this one,
    which is refused with the reason; due: the moment for which it has waited, of a day of the record."""
    name = str(args["automation"])
    automation = pinning.automation_of(tx, name, int(args["version"])) if "at" in args else tx.app.automations.get(name)
    if automation is None or not automation.active:
        return
    if "spent" in args:
        raise Refused(say(
            zh="自动化“{name}”没有运行：同一起因已引发 {most} 次运行，请检查自动化是否互相触发",
            en="The automation {name} was not run: {most} runs have followed from one cause; look whether automations "
               "start each other", name=automation.label, most=args["spent"],
        ), code="loop")
    tx.led = {name: args[name] for name in ("causes", "runs") if args.get(name) is not None}
    command = begin(tx)
    session = command.session
    if "rows" in args:
        _group(command, automation, args)
        finish(command)
        return
    record = _record(session, args)
    if "record" in args and (record is None or _gone(automation, record)):
        return
    if "due" in args and (record is None or not dated.is_meant(session, automation, record, args["due"])):
        return
    origin = origins.of(session, automation, args)
    if "at" in args:
        _resume(command, automation, record, origin, args)
    elif args.get("row"):
        assert record is not None, "a row of a job is a record"
        _row(command, automation, record, origin, args)
    elif not _planned(session, automation, record, origin, asked="asked" in args):
        return
    elif automation.each is None:
        automations.start(command, automation, record, _names(session, record, origin, args), origin.row, args=args)
    else:
        _rows(command, automation, record, origin, args)
    finish(command)


def _record(session: Session, args: Mapping[str, Any]) -> Record | None:
    if "record" not in args:
        return None
    record = session.record(Ref(str(args["object"]), int(args["record"])))
    if record is not None:
        session.hold([record.root])
    return record


def _gone(automation: Automation, record: Record) -> bool:
    return record.root.system.get("deleted_at") is not None and automation.trigger.kind not in ("deleted", "failed")


def _planned(
    session: Session, automation: Automation, record: Record | None, origin: Origin, *, asked: bool = False
) -> bool:
    """Whether a planned time, a call, an alert or a failure counts: on working days only, and while `when` holds.
    News of records and of balances were judged when they came; `asked`: by a step, which judges nothing."""
    trigger = automation.trigger
    plan = trigger.schedule
    if plan is not None and plan.working and not asked and not session.working.works(session.today):
        return False
    told = (record is not None and trigger.kind not in LATER) or trigger.kind == "register"
    if automation.when is None or (told and not asked):
        return True
    names: dict[str, object] = {"trigger": record, **origin.names}
    at_hand = record or origin.row
    return holds(automation.when, Frame(session, names=names) if at_hand is None else session.frame(at_hand, **names))


def _rows(
    command: Command, automation: Automation, record: Record | None, origin: Origin, args: Mapping[str, Any]
) -> None:
    """Every row (or those that agree, by `one_per`) gets a job of its own where it is a record; other rows (of
    registers, of reports) share this one."""
    session, source = command.session, automation.each
    assert source is not None, "without rows the steps run once"
    names = _names(session, record, origin, args)
    at_hand = record or origin.row
    frame = Frame(session, names=names) if at_hand is None else session.frame(at_hand, **names)
    rows = steps.rows_of(source, frame)
    for group in repeats.groups(session, automation, rows) if automation.one_per else ([row] for row in rows):
        first = group[0]
        if isinstance(first, Record) and first.id is not None and record is None:
            many = {"rows": [[row.object, row.id] for row in group]}
            outbox.enqueue(session.tx, automations.JOB, {
                "automation": automation.name, "causes": list(args.get("causes", ())),
                **(many if automation.one_per else {"object": first.object, "record": first.id, "row": True}),
                **{name: args[name] for name in origins.CARRIED if name in args},
            })
        else:
            _one(command, automation, group, names)


def _resume(
    command: Command, automation: Automation, record: Record | None, origin: Origin, args: Mapping[str, Any]
) -> None:
    """Go on with a run that has waited."""
    session = command.session
    names = _names(session, None if args.get("row") else record, origin, args)
    if args.get("row") and automation.each is not None and automation.each.alias:
        names[automation.each.alias] = record
    row = record if args.get("row") else origin.row
    known = {**names, **pausing.names(session, args)}
    automations.start(command, automation, record, known, row, args=args, at=int(args["at"]))


def _row(
    command: Command, automation: Automation, row: Record, origin: Origin, args: Mapping[str, Any]
) -> None:
    """One row in its own transaction, if it still belongs to those that are meant; refused where nobody can tell."""
    if _belongs(command.session, automation, row, origin):
        _one(command, automation, [row], {"trigger": None, **origin.names}, args)


def _belongs(session: Session, automation: Automation, row: Record, origin: Origin) -> bool:
    source = automation.each
    if source is None or source.where is None:
        return True
    frame = Frame(session, this=origin.row, names=origin.names)
    value = evaluate(source.where, frame.at(row, source.alias))
    if isinstance(value, ErrorValue):
        raise Refused(value.reason, code="expression")
    return value is True


def _group(command: Command, automation: Automation, args: Mapping[str, Any]) -> None:
    """Rows that agree, in one transaction: those that still belong to the ones that are meant, and still agree."""
    session, origin = command.session, origins.of(command.session, automation, args)
    found = [session.record(Ref(str(name), int(id))) for name, id in args["rows"]]
    records = [one for one in found if one is not None and one.root.system.get("deleted_at") is None]
    session.hold([one.root for one in records])
    records = [one for one in records if _belongs(session, automation, one, origin)]
    for group in repeats.groups(session, automation, records):
        _one(command, automation, group, {"trigger": None, **origin.names})


def _one(
    command: Command, automation: Automation, group: Sequence[Row], names: Mapping[str, object],
    args: Mapping[str, Any] | None = None,
) -> None:
    """The steps once, for one row or for several that agree: the first of them is at hand, `rows` are all."""
    row, alias = group[0], automation.each.alias if automation.each is not None else ""
    record = names["trigger"]
    at_hand = row if isinstance(row, Record) else record if isinstance(record, Record) else None
    known = {**names, **({alias: row} if alias else {}), **({"rows": Rows(tuple(group))} if automation.one_per else {})}
    together = tuple(one for one in group if isinstance(one, Record))
    automations.start(command, automation, at_hand, known, row, together, args)


def _names(
    session: Session, record: Record | None, origin: Origin, args: Mapping[str, Any]
) -> dict[str, object]:
    """What the steps know besides the row at hand: the record, the comment, the balance or the call that started
    them."""
    comment = {} if record is None else automations.said(session.tx, record, args.get("comment"))
    return {"trigger": record, **comment, **origin.names}
