"""Declares the keys of flows and of automations. Builds nothing."""

from __future__ import annotations

from engine.definitions.shapes import Key, Shape, family, key, later, shape

FLOW: Shape = shape(
    "flow",
    "an approval: steps that end in an action",
    key("of", "N:object*", "the object"),
    key("steps", "<flow_step>[]*", "approve, branch, parallel, cc, notify, end, and the steps of actions"),
    key("name", "L", "the label"),
    key(
        "withdraw",
        "until_first_decision|any_time|never",
        "how long the starter may take it back",
        default="until_first_decision",
    ),
    key("lock", "all|none|R[]", "what nobody may change meanwhile", default="all"),
    key("self", "ask|approve|manager|forbid", "when the starter is the approver", default="ask"),
    key("dedupe", "none|adjacent|earlier", "whether a person is asked twice", default="none"),
    key("on_empty", "admin|skip|up|approve|reject|block", "when nobody is found", default="admin"),
    key("material", "R[]", "fields whose change asks again where a step says `no_change`; not given: all"),
    key("require_human", "B", "a person must have decided: else an administrator is asked at the end"),
    key("start_by", "W", "who may start it"),
    key("recall", "next_decides|next_reads|never", "how long a decision may be taken back", default="next_decides"),
    key("revoke", "<revoke>", "how whoever started it may ask to take an approval back afterwards"),
    key("mail_decide", "B", "whoever is asked may decide by a link in a mail, without signing in"),
    key("on_approved", "N", "the action that it ends in"),
    key("on_rejected", "N", "the action when it is rejected"),
    key("on_withdrawn", "N", "the action when it is withdrawn", default="on_rejected"),
    key("on_terminated", "N", "the action when an administrator ends it", default="on_withdrawn"),
    labelled=True,
)

AUTOMATION_KEYS: tuple[Key, ...] = (
    key("do", "<step>[]*", "the steps"),
    key("name", "L", "the label; languages may also stand beside the keys"),
    key("when", "E", "only while this holds"),
    key("each", "S", "once per row"),
    key("run", "after|with", "after the commit, or in the same transaction", default="after"),
    key("once", "R[]", "never again for a row with the same values of these fields"),
    key("one_per", "R[]", "once for all rows of `each` that agree in these fields; `rows` are theirs"),
    key("catch_up", "once|skip|all", "what is made up for after a standstill", default="once"),
    key(
        "on_failure",
        "block|skip",
        "whether the next run for the same record waits until a failed one has been seen to",
        default="skip",
    ),
    key("debounce", "D", "runs so long after a change; further changes of the record until then count as one with it"),
)
FIELDS = key("fields", "R[]", "only if one of these fields changed")


def _trigger(name: str, notation: str, doc: str, *keys: Key) -> Shape:
    return shape(name, doc, key(name, notation, doc), *keys)


def _later(name: str, notation: str, doc: str, *keys: Key) -> Shape:
    return shape(name, doc, later(name, notation, doc), *keys)


AUTOMATION: Shape = family(
    "automation",
    "what happens by itself",
    _trigger("created", "N:object", "a record was created"),
    _trigger("changed", "N:object", "a record was changed", FIELDS),
    _trigger("saved", "N:object", "a record was created or changed", FIELDS),
    _trigger("deleted", "N:object", "a record was deleted"),
    _trigger("entered", "P:object", "a record came into a state: `order.approved`"),
    _trigger("action", "P:object", "an action was taken: `order.ship`"),
    _trigger("every", "P", "regularly: `day at 08:00`"),
    _trigger(
        "flow",
        "N:flow",
        "a flow moved on",
        key("is", "started|approved|rejected|returned|withdrawn", "only if this happened to it"),
    ),
    _trigger("register", "N:register", "a balance moved: `available.before` is what a figure was"),
    _trigger(
        "alert",
        "N:alert",
        "an alert fired or is over; what it is about is the row at hand",
        key("is", "fired|resolved", "which of both"),
    ),
    _trigger(
        "date",
        "P:object",
        "a day or moment of a record has come: `order.due_on`",
        key("before", "D", "so long before"),
        key("after", "D", "so long after"),
        key("at", "P", "at this time of day; of a day its beginning, if not given"),
    ),
    _later("mail", "N", "a mail came in"),
    _trigger(
        "webhook",
        "N",
        "another system called: `webhook.amount` is an input of it",
        key(
            "inputs", "{n: <field>}", "what it must tell, by name and type; `lines` are a list of rows with fields",
            example="{amount: {type: money, required: true}}",
        ),
        key(
            "read", "{n: P}", "where an input stands in what is sent, if not under its own name",
            example="{amount: data.total}",
        ),
    ),
    _trigger("comment", "N:object", "a person wrote a comment: `comment.text` and `comment.author` tell what and who"),
    _trigger("failed", "N:automation", "a run of an automation was given up: `failed.reason` says why"),
    common=AUTOMATION_KEYS,
)

REVOKE: Shape = shape(
    "revoke",
    "asking to take an approval back: a small approval of its own",
    key("within", "D*", "so long after it was approved"),
    key("flow", "N:flow*", "the flow that decides on it; it ends in the action that takes the approval back"),
)

SHAPES: tuple[Shape, ...] = (FLOW, AUTOMATION, REVOKE)
