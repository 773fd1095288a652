"""Builds automations: their trigger, the rows that they go over, their steps. Runs none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.definitions.automations import Automation, Trigger
from engine.definitions.building import repeating
from engine.definitions.building.declared import Place, Reader
from engine.definitions.building.steps import Walk, discussed
from engine.definitions.building.webhooks import webhook
from engine.definitions.desks import Desk, word
from engine.definitions.flows import Flow
from engine.definitions.language import SHAPES
from engine.definitions.names import Scope
from engine.definitions.nodes import Map, Node, Scalar
from engine.definitions.outlines import maps
from engine.definitions.questions import Alert
from engine.definitions.schedules import Schedule, Unclear, schedule, time
from engine.definitions.shapes import Letter, Shape
from engine.expressions.compiled import Source
from engine.expressions.types import TEXT, USER, Type, record_of, rows_of
from engine.suggest import did_you_mean

NEWS = ("created", "changed", "saved", "deleted", "entered", "action", "flow")  # of a record, in its transaction
OPTIONS = ("is", "before", "after")
FAILURE: Mapping[str, Type] = {"failed.reason": TEXT}  # what the failure of another one says
COMMENT: Mapping[str, Type] = {"comment.text": TEXT, "comment.author": USER}    # what a comment that starts one says


@dataclass(frozen=True, slots=True)
class Known:
    """What automations name: the flows and alerts of the app, and the other automations that are built by then."""

    flows: Mapping[str, Flow]
    alerts: Mapping[str, Alert]
    others: Mapping[str, Automation] = field(default_factory=dict)


def automations(
    desk: Desk, node: Node | None, flows: Mapping[str, Flow], alerts: Mapping[str, Alert]
) -> dict[str, Automation]:
    """All automations of the app; those that follow the failure of another one come after it."""
    known = Known(flows, alerts)
    specs = dict(maps(node))
    built: dict[str, Automation] = {}
    for name in sorted(specs, key=lambda one: specs[one].pair("failed") is not None):
        found = _automation(desk, name, specs[name], replace(known, others=built))
        if found is not None:
            built[name] = found
    return {name: built[name] for name in specs if name in built}


def _automation(desk: Desk, name: str, spec: Map, known: Known) -> Automation | None:
    form = next((one for head, one in SHAPES["automation"].variants.items() if spec.pair(head)), None)
    if form is None:
        return None
    trigger = _trigger(desk, name, spec, form, known)
    if not trigger.object and not trigger.name and trigger.kind != "every":
        return None
    thing, names = _scope(desk, trigger, known)
    walk = Walk(desk, thing, names)
    when = desk.condition(spec.get("when"), names)
    each = desk.source(spec.get("each"), names, reports=True)
    inner = walk.inside(spec) if spec.get("each") is not None else walk
    if each is not None and spec.pair("one_per"):
        inner = Walk(desk, inner.thing, inner.names.also(rows=rows_of(*each.candidate.objects)))
    within = word(spec.get("run")) == "with"
    if within and (trigger.kind not in NEWS or each is not None):
        hint = "leave it out: rows that an automation goes over have a transaction each"
        message = "`run: with` joins the transaction in which one record changes"
        desk.report("E-AUT-004", message, spec.key_at("run"), hint)
    inner.waits = not within and not spec.pair("one_per") and _apart(desk, trigger, each)
    return Automation(
        name=name,
        label=desk.label(spec.get("name"), name),
        trigger=trigger,
        do=() if each is None and spec.pair("each") else inner.steps(spec.get("do")),
        when=when,
        each=each,
        within=within,
        once=repeating.fields(desk, spec, "once", inner.thing or _row(trigger)),
        one_per=repeating.fields(desk, spec, "one_per", "" if each is None else inner.thing),
        blocks=repeating.blocks(desk, spec, trigger, within),
        debounce=repeating.debounce(desk, spec, trigger, within, names),
        catch_up=repeating.catch_up(desk, spec, trigger),
        active=form.active and not _of_report(desk, each),
        declared=Reader(desk, Place(inner.names, inner.thing)).later(spec, form),
        location=spec.at,
    )


def _apart(desk: Desk, trigger: Trigger, each: Source | None) -> bool:
    """Whether each run has a transaction of its own, so that its steps may come later."""
    rows = () if each is None else each.candidate.objects
    return each is None or (not trigger.object and all(name in desk.known("rows") for name in rows))


def _row(trigger: Trigger) -> str:
    """The register whose row is at hand; "" without one."""
    return trigger.name if trigger.kind == "register" else ""


def _of_report(desk: Desk, each: Source | None) -> bool:
    """Whether the rows are those of a report, which no automation goes over yet (noted)."""
    things = () if each is None else (desk.outline.things.get(name) for name in each.candidate.objects)
    if each is None or not any(thing is not None and thing.kind == "report" for thing in things):
        return False
    desk.note("each of an automation over a report", each.at)
    return True


def _scope(desk: Desk, trigger: Trigger, known: Known) -> tuple[str, Scope]:
    """The object of the record at hand ("" = none), and what names mean: `trigger` is what started it."""
    if trigger.kind == "failed":
        return _failed(desk, known.others.get(trigger.name))
    if trigger.kind == "alert":
        return _alerted(desk, known.alerts.get(trigger.name))
    if trigger.object:
        names = desk.scope(trigger.object).also(trigger=record_of(trigger.object))
        return trigger.object, replace(names, words={**names.words, **COMMENT}) if trigger.kind == "comment" else names
    if trigger.kind == "register":
        return "", _moved(desk, trigger)
    told = {f"webhook.{name}": field.type for name, field in trigger.inputs.items()}
    return "", Scope(desk.outline, words=told)


def _moved(desk: Desk, trigger: Trigger) -> Scope:
    """A balance that moved is the row at hand; `available.before` is what a figure was."""
    thing = desk.outline.things.get(trigger.name)
    if thing is None:
        return Scope(desk.outline)
    row = record_of(trigger.name)
    figures = [*(name for name, _ in maps(thing.spec.get("measures"))), *thing.formulas]
    before: dict[str, Type] = {
        f"{name}.before": kind for name in figures if (kind := desk.outline.member(trigger.name, name)) is not None
    }
    return Scope(desk.outline, row, words={**before, "trigger": row})


def _alerted(desk: Desk, alert: Alert | None) -> tuple[str, Scope]:
    """The record that the alert is about, or the row of a register at its grain, is at hand."""
    if alert is None or len(alert.over.candidate.objects) != 1:
        return "", Scope(desk.outline)
    thing, row = alert.over.candidate.objects[0], alert.over.candidate
    if desk.outline.things[thing].kind == "register":
        return "", Scope(desk.outline, row, words={"trigger": row})
    return thing, desk.scope(thing).also(trigger=record_of(thing))


def _failed(desk: Desk, failed: Automation | None) -> tuple[str, Scope]:
    """The record for which the other one ran is at hand, if it was one; `failed.reason` says what went wrong."""
    rows = None if failed is None or failed.each is None else failed.each.candidate.objects
    thing = "" if failed is None else failed.trigger.object if rows is None else rows[0] if len(rows) == 1 else ""
    if thing not in desk.outline.things or desk.outline.things[thing].kind not in ("object", "lines"):
        return "", Scope(desk.outline, words=FAILURE)
    names = desk.scope(thing).also(trigger=record_of(thing))
    return thing, replace(names, words={**names.words, **FAILURE})


def _trigger(desk: Desk, name: str, spec: Map, form: Shape, known: Known) -> Trigger:
    kind, node = form.name, spec.get(form.name)
    if kind == "every":
        return Trigger(kind, schedule=_schedule(desk, node))
    if kind in ("entered", "action", "date"):
        return _of_object(desk, spec, form, node)
    if kind == "webhook":
        return webhook(desk, name, spec, node)
    if kind == "mail":
        return Trigger(kind, name=word(node))
    slot = next(iter(form.keys.values())).slot
    named = desk.named(node, slot.of if isinstance(slot, Letter) else "")  # `N:what`, as declared
    if kind == "flow":
        of = known.flows[named].object if named in known.flows else ""
        return Trigger(kind, of, named, options={"is": word(spec.get("is"))})
    if kind == "alert":
        watched = known.alerts[named].over.candidate.objects if named in known.alerts else ()
        about = watched[0] if len(watched) == 1 and desk.outline.things[watched[0]].kind != "register" else ""
        return Trigger(kind, about, named, options={"is": word(spec.get("is"))})
    if kind in ("register", "failed"):
        return Trigger(kind, name=named, options={"is": word(spec.get("is"))})
    if kind == "comment" and named:
        discussed(desk, named, spec.key_at("comment"))
    fields = desk.paths(spec.get("fields"), named) if named else ()
    return Trigger(kind, named, fields=fields)


def _of_object(desk: Desk, spec: Map, form: Shape, node: Node | None) -> Trigger:
    """`order.approved`: an object, and its state, action or date field."""
    kind = form.name
    if not isinstance(node, Scalar):
        return Trigger(kind)
    head, dot, name = desk.headed(node.text)
    what = {"entered": "state", "action": "action", "date": "field"}[kind]
    if not dot or not name:
        hint = f"write `{head or 'order'}.{what}`"
        desk.report("E-AUT-002", f"`{kind}: {node.text}` does not say which {what}", node.at, hint)
        return Trigger(kind)
    if head not in desk.known("object"):
        hint = did_you_mean(head, desk.known("object"))
        desk.report("E-REF-002", f"there is no object `{head}`", node.at, hint)
        return Trigger(kind)
    if kind == "date":
        return _date(desk, spec, node, head, name)
    known = desk.known("status" if kind == "entered" else "action", head)
    if name not in known:
        code = "E-REF-008" if kind == "entered" else "E-REF-009"
        desk.report(code, f"{head} has no {what} `{name}`", node.at, did_you_mean(name, known))
        return Trigger(kind, head)
    return Trigger(kind, head, name)


def _date(desk: Desk, spec: Map, node: Scalar, head: str, name: str) -> Trigger:
    found = desk.outline.path(head, name.split("."))
    kind = None if found is None else desk.outline.member(*found)
    if kind is None:
        hint = did_you_mean(name, tuple(desk.outline.members(head)))
        desk.report("E-REF-003", f"{head} has no field `{name}`", node.at, hint)
    elif kind.name not in ("date", "datetime", "any"):
        desk.report("E-AUT-002", f"`{node.text}` is no day but {kind}", node.at, "name a field of type date")
    if spec.pair("before") and spec.pair("after"):
        desk.report("E-AUT-002", "`before` and `after` at once", spec.key_at("after"), "keep one of the two")
    options = Reader(desk, Place(desk.scope(head), head)).only(spec, {
        key: one for key, one in SHAPES["automation"].variants["date"].keys.items() if key in OPTIONS
    })
    at = spec.get("at")
    if isinstance(at, Scalar):
        try:
            minute, hour = time(at.text).split()
            options = {**options, "at": dt.time(int(hour), int(minute))}
        except Unclear as reason:
            desk.report("E-AUT-001", reason.message, at.at, reason.hint)
    return Trigger("date", head, name, options=options)


def _schedule(desk: Desk, node: Node | None) -> Schedule | None:
    if not isinstance(node, Scalar):
        return None
    try:
        return schedule(node.text)
    except Unclear as reason:
        desk.report("E-AUT-001", reason.message, node.at, reason.hint)
        return None
