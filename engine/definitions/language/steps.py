"""Declares the steps of actions, of flows and of automations; the kinds that are built declare their own keys."""

from __future__ import annotations

from engine.definitions.shapes import Key, Shape, family, key, keys_of, shape
from engine.kinds.actions import STEPS as ACTION_STEPS
from engine.kinds.steps import STEPS as FLOW_STEPS

UNLESS = key("unless", "E", "not taken if this holds")
WHEN: tuple[Key, ...] = (key("when", "E", "taken only if this holds"), UNLESS)


def _built(name: str) -> Shape:
    kind = ACTION_STEPS[name]
    return shape(name, (kind.__doc__ or "").split("\n")[0], *keys_of(kind.options_schema, kind.needs))


STEP: Shape = family(
    "step",
    "a step of an action",
    *(_built(name) for name in ACTION_STEPS),
    common=WHEN,
)

FLOW_EXTRA: dict[str, tuple[Key, ...]] = {
    "approve": (
        key("hide", "R[]", "fields that the approver does not see"),
        key("in_order", "B", "one after the other"),
        key("pool", "B", "offered to many, the first takes it"),
        key("signature", "B", "asks for a signature, which is kept with the decision"),
        key("return", "<return>", "where it may be sent back to; not given: to the start and every earlier step"),
        key(
            "on_reject",
            "end|return|<going>",
            "what a refusal does: ends the flow, sends back, goes to a step",
            default="end",
        ),
        key("child_reject", "node|back_to_me", "what the refusal of an added approver does", default="node"),
        key("veto", "W", "whose no ends it"),
        key("wait_all", "B", "decides when all have answered"),
        key("add_sign", "(before|after|parallel|none)[]", "how an approver may add others; every way if not given"),
        key("auto", "never", "is never decided by the engine"),
        key("no_change", "B", "who approved before it was sent back is asked again only if something changed"),
        key("choose", "<choose>", "somebody chooses before who decides here: `by: chosen(…)` with the step's own name"),
        key("dedupe", "none|adjacent|earlier", "who decided before"),
        key("due", "<due>", "until when"),
    ),
}


def _flow_step(name: str) -> Shape:
    kind = FLOW_STEPS[name]
    slots = {"branch": "<arm>[]*", "parallel": "<arm>[]*"}
    own = [
        key(one.name, slots[one.name], one.doc) if one.name in slots else one
        for one in keys_of(kind.options_schema, kind.needs)
    ]
    return shape(name, "", *own, *FLOW_EXTRA.get(name, ()))


NOT_OF_WORK = ("reject", "veto", "on_reject", "child_reject", "opinion", "self", "on_empty", "dedupe", "auto")
WHOLE = _flow_step("approve")
SUBFLOW: Shape = shape(
    "subflow",
    "runs another flow and waits for it",
    key("subflow", "N:flow*", "the flow"),
    key("each", "S", "once per row; not given: over the record itself"),
    key("on_reject", "end|go_on|return", "what it does if one of them is not approved", default="end"),
    key("version", "latest|pinned", "which version runs", default="latest"),
    key("async", "B", "this flow does not wait for it"),
    key("when", "E", "taken only if this holds"),
)
HANDLE: Shape = shape(
    "handle",
    "work without a refusal",
    key("handle", "N*", "its name"),
    *(one for one in WHOLE.keys.values() if one.name not in ("approve", *NOT_OF_WORK)),
)
WAIT: Shape = shape(
    "wait",
    "waits so long, until a day, or for a signal",
    key("wait", "D|<signal>|E*", "so long, until this moment, or for a signal"),
    WHEN[0],
)
END: Shape = shape(
    "end",
    "ends the flow here, or this arm of a parallel block",
    key("end", "approved|rejected|branch", "how it ends"),
    key("when", "E", "taken only if this holds"),
)
OF_ACTIONS: tuple[Shape, ...] = tuple(
    one for name, one in STEP.variants.items() if name not in (*FLOW_STEPS, "wait", "start", "run")
)

FLOW_STEP: Shape = family(
    "flow_step",
    "a step of a flow",
    *(_flow_step(name) for name in FLOW_STEPS),
    HANDLE,
    WAIT,
    SUBFLOW,
    END,
    *OF_ACTIONS,
    common=(UNLESS,),
)

SHAPES: tuple[Shape, ...] = (
    STEP,
    FLOW_STEP,
    shape(
        "arm",
        "one arm of a branch or of a parallel block",
        key("when", "E", "taken if this holds"),
        key("name", "N", "its name"),
        key("label", "L", "its label; languages may also stand beside the keys"),
        key("steps", "<flow_step>[]", "its steps"),
        key("else", "<flow_step>[]", "the steps if no other arm is taken"),
        labelled=True,
    ),
    shape(
        "allocate",
        "spreads an amount over rows",
        key("each", "S", "for each of these lines, which is `this` then"),
        key("amount", "E:number*", "how much; below zero only by `share`: without it a negative amount is refused"),
        key("over", "S*", "over these rows, in their order"),
        key("limit", "E:number", "at most so much per row, in all that the step gives; neither this nor `share`: all"),
        key("share", "E:number", "in proportion to this; cents that are left go to the largest fractions"),
        key("set", "{R: V}", "fields of each row, `part` being what it gets; of `this` where rows are no records"),
        key("add", "{R: X}", "a new line per row: `{lines: {item: =item, amount: =part}}`"),
        key("split", "{R: V}", "the line of `each` becomes several, one per row and one for what is left over"),
        key("rest", "leave|refuse", "what is done with what is left over", default="leave"),
    ),
    shape(
        "mail",
        "a letter",
        key("to", "W:address*", "who gets it: people, or texts that are addresses", example="customer.email"),
        key("document", "N:document", "the print form that goes with it"),
        key("of", "E:record", "whose print form it is; not given: of the record at hand"),
        key("attach", "R", "files of the record that go with it"),
        key("pdf", "B", "the print form as PDF; `false`: only where it is found on the site", default="true"),
        key(
            "link", "P", "a form or page `by_link` for whoever gets it, about the record at hand",
            example="quote_answer.reply",
        ),
        key("thread", "E", "what the conversation is about: mail programs put its letters together"),
        key("subject", "T", "its subject; not given: that of the document"),
        key("text", "T", "its text"),
    ),
    shape(
        "return",
        "where a step may send back to",
        key("to", "N:target[]", "these steps, or `start`: whoever started it; not given: all that were asked before"),
        key(
            "mode",
            "rerun|direct",
            "what is asked again: everything since, or this step at once; not given: as one likes",
        ),
    ),
    shape("signal", "what is waited for", key("signal", "N*", "the name that it is given")),
    shape("going", "where to go on", key("goto", "N:step*", "at this step")),
    shape(
        "choose",
        "people to choose",
        key("among", "W", "among these; not given: everybody"),
        key("min", "I", "at least", default="1"),
        key("max", "I", "at most"),
        key("at", "N:target", "who chooses: `start`, whoever submits it, or who approves this step", default="start"),
    ),
    shape(
        "due",
        "until when",
        key("in", "D", "so long after it began"),
        key("at", "E:moment", "at this moment"),
        key("remind", "D[]", "reminders"),
        key("escalate", "<escalation>[]", "then these people"),
        key("then", "approve|reject|return", "then this"),
        key("calendar", "N:calendar", "whose working time counts"),
    ),
    shape("escalation", "who is told later", key("after", "D*", "so long after"), key("to", "W*", "these people")),
)
