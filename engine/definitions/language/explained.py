"""Sentences for kinds, and for keys of which none is said where they are declared; `*` speaks of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.definitions.shapes import Key, Shape

CONDITION = "taken only if this holds"
SENTENCES: Mapping[str, str] = {
    "step.create": "makes a new record, or a new line of a record",
    "step.update": "changes a record, or each of several",
    "step.delete": "puts a record, or each of several, into the bin",
    "step.act": "takes an action of this record or of another",
    "step.set": "sets fields of this record, of its lines, or of what those link to",
    "step.each": "takes the same steps for every row of a source",
    "step.if": "takes some steps or others",
    "step.notify": "tells people something, in the inbox; each reads it with their own rights",
    "step.refuse": "stops the command with a message",
    "step.ensure": "makes a record unless there is one with this key",
    "step.assign": "picks one of several people for a user field",
    "flow_step.approve": "people say yes or no",
    "flow_step.branch": "takes the first arm whose condition holds",
    "flow_step.parallel": "runs several arms side by side",
    "flow_step.cc": "gives people a copy to read",
    "flow_step.notify": "tells people something",
    "flow_step.approve.approve": "the step's name; expressions and `return` call it so",
    "flow_step.approve.by": "who decides",
    "flow_step.approve.mode": "how many of them decide; without it `any` one of a role, `all` of named people",
    "flow_step.approve.reject": "`at_once`: the first no ends it; `at_end`: all are heard first",
    "flow_step.approve.edit": "fields that the approver may change",
    "flow_step.approve.require": "fields that must be filled before it is approved",
    "flow_step.approve.show": "fields that stand beside the decision",
    "flow_step.approve.opinion": "asks for a remark",
    "flow_step.approve.self": "when the starter is the approver; overrides the flow's own word",
    "flow_step.approve.on_empty": "when nobody is found; overrides the flow's own word",
    "flow_step.branch.branch": "the arms; the first whose condition holds is taken",
    "flow_step.parallel.parallel": "the arms; all whose conditions hold run side by side",
    "flow_step.parallel.on_reject": "what a refusal in one arm does: ends the flow, waits for the others, or goes on",
    "flow_step.cc.cc": "who gets a copy to read; nobody waits for them",
    "flow_step.notify.notify": "who is told, in the inbox",
    "flow_step.notify.say": "the message",
    "flow_step.handle.by": "who does the work",
    "flow_step.handle.mode": "how many of them must have done it",
    "flow_step.handle.edit": "fields that they may change",
    "flow_step.handle.require": "fields that must be filled when it is done",
    "flow_step.handle.show": "fields that stand beside the work",
    "flow_step.subflow.on_reject": "what the refusal of an inner flow does",
    "flow_step.subflow.version": "whether a flow that is changed meanwhile goes on as it is now, or as it was",
    "flow_step.subflow.async": "does not wait for the inner flow",
    "flow_step.*.name": "the label of the step",
    "flow_step.*.when": CONDITION,
    "flow_step.*.on_reject": "what a refusal does",
    "automation.fields": "only when one of these fields changed",
    "automation.is": "only when it ended so (`approved`), or when the alert is `fired` or `resolved`",
    "automation.before": "so long before the date",
    "automation.after": "so long after the date",
    "automation.at": "at this time of the day",
    "automation.catch_up": "after a standstill: once, every time that was missed, or not at all",
    "automation.on_failure": "whether a failure blocks the later runs, or is skipped",
    "automation.debounce": "waits until nothing has happened for so long",
    "alert.keep_firing": "goes on for so long after the condition ended",
    "alert.no_data": "what no rows mean: keep as it is, resolve, or fire",
    "alert.group_wait": "so long others are waited for before the first message of a group",
    "alert.group_interval": "so long before the next message of a group",
    "alert.inhibits": "alerts that are silent while this one fires",
    "card.number.number": "the expression whose value is shown",
    "card.bar.bar": "the report that is drawn as bars",
    "card.line.line": "the report that is drawn as lines",
    "card.pie.pie": "the report that is drawn as a pie",
    "card.area.area": "the report that is drawn as areas",
    "card.funnel.funnel": "the report that is drawn as a funnel",
    "card.gauge.gauge": "the expression whose value the gauge shows",
    "card.pivot.pivot": "the report that is shown with headings at two sides",
    "card.table.table": "the report that is shown as a table",
    "card.list.list": "the object or register whose rows are listed",
    "card.view.view": "the view, as `object.view`",
    "card.forecast.forecast": "the report whose column is continued",
    "card.text.text": "the text",
    "card.*.x": "the report's column along the axis",
    "card.*.y": "the report's columns that are drawn",
    "card.*.columns": "the columns",
    "card.*.where": "only these rows",
    "card.*.sort": "`-date` for descending",
    "card.*.goal": "the value to reach",
    "card.*.top": "at most so many rows",
    "card.*.rows": "the columns that become headings at the left",
    "card.*.values": "the columns that are summed up",
    "card.*.total": "a last row with the sums",
    "document.body": "the blocks, one below the other",
    "document.subject": "the subject of the mail and the name of the file",
    "document.language": "the language in which it is printed",
    "document.size": "the paper, as `A4`",
    "document.name": "the label",
}


def explained(shape: Shape) -> Shape:
    """The shape with a sentence for every key that has none."""
    kinds = {
        head: replace(form, keys=_keys(form, form.family, head), doc=SENTENCES.get(f"{form.family}.{head}", form.doc))
        for head, form in shape.variants.items()
    }
    return replace(shape, keys=_keys(shape, shape.name, "*" if kinds else ""), variants=kinds)


def _keys(form: Shape, noun: str, kind: str) -> Mapping[str, Key]:
    return {name: key if key.doc else replace(key, doc=_sentence(noun, kind, name)) for name, key in form.keys.items()}


def _sentence(noun: str, kind: str, key: str) -> str:
    own = ".".join(part for part in (noun, kind, key) if part)
    return SENTENCES.get(own) or SENTENCES.get(f"{noun}.*.{key}", "")
