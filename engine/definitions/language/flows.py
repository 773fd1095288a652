"""Declares the keys of flows and of automations. Builds nothing."""

from __future__ import annotations

from engine.definitions.shapes import Shape, key, later, shape

FLOW: Shape = shape(
    "flow",
    "an approval: steps that end in an action",
    key("of", "N*", "the object"),
    key("steps", "<flow_step>[]*", "approve, branch, parallel, cc, notify"),
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
    later("material", "R[]", "fields whose change asks again"),
    later("require_human", "B", "somebody must decide"),
    later("start_by", "W", "who may start it"),
    later("recall", "next_decides|next_reads|never", "how long a decision may be taken back"),
    later("mail_decide", "B", "decided by mail"),
    key("on_approved", "N", "the action that it ends in"),
    key("on_rejected", "N", "the action when it is rejected"),
    key("on_withdrawn", "N", "the action when it is withdrawn", default="on_rejected"),
    later("on_terminated", "N:action", "the action when it is stopped"),
    labelled=True,
)

TRIGGERS = {
    "created": "N",
    "changed": "N",
    "saved": "N",
    "deleted": "N",
    "entered": "P",
    "action": "P",
    "flow": "N",
    "register": "N",
    "alert": "N",
    "every": "P",
    "date": "P",
    "mail": "N",
    "webhook": "N",
    "comment": "N",
    "failed": "N",
}

AUTOMATION: Shape = shape(
    "automation",
    "what happens by itself",
    *(later(name, notation, "the trigger") for name, notation in TRIGGERS.items()),
    *(later(name, "X", "") for name in ("fields", "is", "before", "after", "at")),
    later("do", "<step>[]", "the steps"),
    later("name", "L", "the label"),
    later("when", "E", "only while this holds"),
    later("each", "S", "once per row"),
    later("run", "after|with", "after the commit, or in the same transaction"),
    later("once", "R[]", "once per value"),
    later("one_per", "R[]", "one record per value"),
    later("catch_up", "once|skip|all", ""),
    later("on_failure", "block|skip", ""),
    later("debounce", "D", ""),
    labelled=True,
)

SHAPES: tuple[Shape, ...] = (FLOW, AUTOMATION)
