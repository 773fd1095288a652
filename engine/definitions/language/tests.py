"""Declares samples and the steps of tests. Runs none."""

from __future__ import annotations

from engine.definitions.shapes import Key, Shape, family, key, later, shape

OF = key("of", "E", "the record; without it the one created or named last", example="so")
WITH = key("with", "{n: V}", "field: value", example="{customer: C00001, lines: [{product: P1, qty: 1}]}")
CALLED = key("called", "N", "its name in the steps that follow", example="so")
ACCEPT = key("accept", "P[]", "the warnings to which the person says: go on", example='["similar:name"]')
OVERRIDE = key("override", "{n: P}|P", "the reason with which checks or guards are passed", example="paid today")
REFUSED = key("refused", "B|P", "it must be refused: true, or a pattern of the message", example='"*out of stock*"')
NOTE = key("note", "P", "the remark of the person")
ABOUT = key("about", "P", "a pattern of the message", default='"*"', example='"*SO2026*"')
LETTER = "the address, or a pattern of it"
FILES = key("attached", "P[]", "names or patterns of files that go with it", example="'*.pdf'")
VIA = key("via", "inbox|email", "through what", default="inbox")
RIGHTS = "see, edit, create, delete or an action"
MAY = (
    key("of", "E", "the record; after `create` the object", example="so"),
    key("fields", "R[]", "with `see` and `edit`: these fields of it", example="credit_limit"),
)
COMMON: tuple[Key, ...] = (
    key("as", "N", "the sample person who acts, from here on", example="li"),
    key("at", "P", "the clock, from here on: a day, or a day and a time", example="2026-05-04 14:30"),
)


def _decided(name: str, doc: str) -> Shape:
    return shape(name, doc, key(name, "N*", "the step of the flow"), OF, WITH, NOTE, REFUSED)


DOING: tuple[Shape, ...] = (
    shape(
        "create",
        "creates a record",
        key("create", "N:object*", "the object", example="sales_order"),
        WITH,
        CALLED,
        ACCEPT,
        REFUSED,
    ),
    shape(
        "ensure",
        "creates a record unless there is one with this key",
        key("ensure", "N:object*", "the object"),
        key("key", "{n: V}*", "what tells it from others", example="{code: C1}"),
        WITH,
        CALLED,
        ACCEPT,
        REFUSED,
    ),
    shape("update", "changes a record", key("update", "E*", "the record"), WITH, ACCEPT, REFUSED),
    shape("delete", "deletes a record", key("delete", "E*", "the record"), REFUSED),
    shape("restore", "brings a record back out of the bin", key("restore", "E*", "the record"), WITH, ACCEPT, REFUSED),
    shape("archive", "puts a record into the archive", key("archive", "E*", "the record"), REFUSED),
    shape("unarchive", "takes a record out of the archive", key("unarchive", "E*", "the record"), REFUSED),
    shape("open", "opens a record", key("open", "E*", "the record"), REFUSED),
    shape(
        "act",
        "takes an action",
        key("act", "N*", "the action", example="submit"),
        OF,
        WITH,
        CALLED,
        ACCEPT,
        OVERRIDE,
        REFUSED,
    ),
    _decided("approve", "approves a step of a flow"),
    _decided("reject", "rejects a step of a flow"),
    _decided("return", "sends back from a step of a flow"),
    shape(
        "resubmit",
        "submits a record again that was sent back",
        key("resubmit", "E*", "the record"),
        WITH,
        NOTE,
        REFUSED,
    ),
    shape(
        "revoke",
        "whoever submitted it asks to take an approval back; the flow that decides on that begins",
        key("revoke", "N*", "the flow that approved it", example="order_approval"),
        OF,
        NOTE,
        REFUSED,
    ),
    shape(
        "withdraw",
        "whoever started an approval, of a change too, takes it back while it waits",
        key("withdraw", "N*", "the flow", example="order_change"),
        OF,
        NOTE,
        REFUSED,
    ),
    shape(
        "comment",
        "says something in the discussion of a record",
        key("comment", "P*", "what is said", example='"@wang please look"'),
        OF,
        REFUSED,
    ),
    shape(
        "share",
        "shares a record with somebody",
        key("share", "E*", "the record"),
        key("to", "N*", "the person", example="sun"),
        key("edit", "B", "to edit it, not to read it only", default="false"),
        REFUSED,
    ),
    shape(
        "webhook_in",
        "another system calls, signed; what follows is done at once",
        key("webhook_in", "N*", "the webhook", example="bank"),
        key("body", "{n: X}", "what it sends", example="{customer: C00001, amount: 100}"),
        REFUSED,
    ),
    shape("wait", "lets time pass and the background work be done", key("wait", "E*", "how long", example="2 days")),
    shape(
        "close",
        "closes a period",
        key("close", "N:period*", "the period"),
        key("until", "P*", "the last day that is closed", example="2026-03-31"),
        REFUSED,
    ),
    shape(
        "reopen",
        "opens a period again",
        key("reopen", "N:period*", "the period"),
        key("until", "P", "the last day that stays closed", default="nothing stays closed", example="2026-02-28"),
        key("reason", "P*", "why"),
        REFUSED,
    ),
    shape(
        "at_once",
        "takes actions at the same moment",
        key("at_once", "<teststep>[]*", "the actions, each in a transaction of its own"),
        key("succeed", "I*", "how many get through"),
    ),
)

LOOKING: tuple[Shape, ...] = (
    shape("expect", "says what holds", key("expect", "E[]*", "conditions", example="so.total = 495")),
    shape("told", "somebody got a notice", key("told", "N*", "the sample person"), ABOUT, VIA),
    shape("not_told", "somebody got no such notice", key("not_told", "N*", "the sample person"), ABOUT, VIA),
    shape("mailed", "a letter went to an address", key("mailed", "P*", LETTER), ABOUT, FILES),
    shape("not_mailed", "no such letter went out", key("not_mailed", "P*", LETTER), ABOUT, FILES),
    shape(
        "sends",
        "another system was told",
        key("sends", "N*", "the webhook", example="web_shop"),
        key("with", "{n: V}", "values that it was told; a text may be a pattern", example='{order: "SO2026*"}'),
    ),
    shape("fires", "an alert fires", key("fires", "N:alert*", "the alert"), key("of", "E", "about this record")),
    shape(
        "prints",
        "what stands on a print form of a record, as the person gets it",
        key("prints", "N:document*", "the print form", example="quotation"),
        OF,
        key("has", "P[]", "patterns of lines on it; a row of a table is a line", example='["*P2*2*100.00*"]'),
        key("lacks", "P[]", "patterns of lines that are not", example='["*cost*"]'),
        REFUSED,
    ),
    shape(
        "asks",
        "what a report answers, as the person gets it",
        key("asks", "N:report*", "the report", example="ageing"),
        key("with", "{n: V}", "its parameters; without them their defaults", example="{day: 2026-03-31}"),
        key("has", "{n: V}[]", "rows that it has; columns that are not named do not matter",
            example="[{customer: C1, owed: 90}]"),
        key("lacks", "{n: V}[]", "rows that it has not", example="[{customer: C2}]"),
        key("rows", "I", "how many rows it has", example="3"),
        REFUSED,
    ),
    shape(
        "shows",
        "a key figure stands on the page of a record, as the person sees it",
        key("shows", "N*", "the key figure", example="overdue"),
        OF,
        key("is", "E", "its value", example="250"),
        key("color", "P", "its color, by a mark", example="red"),
    ),
    shape(
        "hides",
        "the person is not shown a key figure of a record",
        key("hides", "N*", "the key figure", example="margin"),
        OF,
    ),
    shape("can", "the person may do this", key("can", "N[]*", RIGHTS), *MAY),
    shape("cannot", "the person may not do this", key("cannot", "N[]*", RIGHTS), *MAY),
)

COMING: tuple[Shape, ...] = (
    _decided("done", "finishes a step that asks for work"),
    shape(
        "fill",
        "a form is filled in: by the acting person, or, where it is `public`, by somebody without an account, who may "
        "also look a record up",
        key("fill", "P*", "the form, or the page that is `public`", example="lead.enquiry"),
        key("of", "E", "by a link about this record, where it is `by_link`", example="q"),
        WITH,
        CALLED,
        REFUSED,
    ),
    shape(
        "mail_in",
        "a mail comes in",
        later("mail_in", "P", "the trigger"),
        later("from", "P", "who sent it"),
        later("subject", "P", "its subject"),
        later("body", "P", "its text"),
    ),
    shape("run", "runs an automation", later("run", "N:automation", "the automation")),
    shape(
        "amend",
        "asks for a change of a record that counts already",
        key("amend", "E*", "the record"),
        WITH,
        CALLED,
        REFUSED,
    ),
    shape(
        "absent",
        "a person is away from now on",
        key("absent", "N*", "the person"),
        key("until", "P", "the last day; not given: for a year"),
        key("to", "N", "who stands in"),
    ),
)

ALONE: tuple[Shape, ...] = (shape("as", "somebody else acts from here on"), shape("at", "it is later from here on"))

TESTSTEP: Shape = family("teststep", "a step of a test", *DOING, *LOOKING, *COMING, *ALONE, common=COMMON)

SAMPLES: Shape = shape(
    "samples",
    "people and records in which every test begins",
    key("now", "P", "the day on which a test begins, at nine, or a day and a time", default="2026-01-05"),
    key("departments", "<sample_department>[]", "the departments"),
    key("people", "<sample_person>[]", "the people"),
    key("rows", "{n: X}", "object: its records", example="{warehouse: [{code: HZ}]}"),
)

SHAPES: tuple[Shape, ...] = (
    TESTSTEP,
    SAMPLES,
    shape(
        "sample_department",
        "a department",
        key("name", "P*", "its name"),
        key("above", "P", "the department above it"),
        short="name",
    ),
    shape(
        "sample_person",
        "a person of the tests",
        key("id", "N*", "the login", example="li"),
        key("name", "P", "the name; without it the login"),
        key("role", "N:role[]", "the roles", example="sales"),
        key("roles", "N:role[]", "the roles"),
        key("stands_for", "P", "the key of the record for which the role is held", example="S0001"),
        key("department", "P[]", "the department; of several the first is the main one"),
        key("position", "P", "the position held in the main department", example="Cashier"),
        key("heads", "P[]", "the departments that the person heads"),
        key("email", "P", "the mail address"),
        key("admin", "B", "administers the site", default="false"),
    ),
)
