"""Declares the keys of registers and of decisions. Builds nothing."""

from __future__ import annotations

from engine.definitions.shapes import Shape, key, shape

REGISTER: Shape = shape(
    "register",
    "keyed sums of what records post",
    key("keys", "{n: <field>}*", "what tells its rows apart"),
    key("measures", "{n: <measure>}*", "what is added up"),
    key("name", "L", "the label"),
    key("formulas", "{n: <formula>}", "computed from measures", example="{available: on_hand - reserved}"),
    key("guards", "<guard>[]", "what must not get worse, whoever posts at the same moment"),
    key("closed", "refuse|carry", "what happens to bookings in a closed period", default="refuse"),
    key("future", "refuse|wait", "what happens to bookings of coming days", default="refuse"),
    key("dated", "B", "whether days matter", default="true"),
    key("levels", "N[][]", "grains that are kept as rows of their own", example="[[customer]]"),
    key("was", "N", "its former name: what is booked stays"),
    labelled=True,
)

GUARD: Shape = shape(
    "guard",
    "a comparison that holds under concurrency",
    key("that", "E*", "comparisons joined by and", example="available >= 0"),
    key("say", "T", "the message; knows need, day, x.before"),
    key("per", "N[]", "the grain: keys, or document", default="all keys"),
    key("unless", "E", "not asked while this holds"),
    key("when", "E", "asked only while this holds"),
    key("for", "N:object[]", "refuses only commands that change these objects"),
    key("override", "W", "these people may pass it, with a reason"),
    key("at", "every date", "also on every day between a back-dated change and today"),
    short="that",
)

DECISION: Shape = shape(
    "decision",
    "a rule that may be called by its name",
    key("inputs", "{n: <field>}*", "what it is asked with"),
    key("gives", "<field>|{n: <field>}*", "what it answers"),
    key("name", "L", "the label"),
    key("formula", "E", "computes the answer from the inputs"),
    key("rows", "X[][]", "a table of cases: a cell per input (a value, a list, any, <= x, a..b), then the results"),
    key("hit", "first|only|all", "which row counts", default="first"),
    key("from", "S", "records that hold the rules, and a name for the one at hand", example="price_rule as r"),
    key("match", "{R: X}", "how a record fits: a column is blank, or equal, under, contains, up_to, at_least an input"),
    key("when", "E", "and this holds, over the record and the inputs"),
    key(
        "prefer",
        "R[]",
        "which of several wins: one that fills an earlier column, or stands first in its order; among equals the one "
        "made first. Without it the columns of `match` in their order",
    ),
    key("give", "X", "what the record gives: a field of it, `=expression`, or one of them per result"),
    key("otherwise", "V", "the answer without a match"),
)

SHAPES: tuple[Shape, ...] = (
    REGISTER,
    GUARD,
    DECISION,
    shape(
        "formula",
        "a formula over measures and keys",
        key("formula", "E*", "the expression"),
        key("name", "L", "the label"),
        short="formula",
        labelled=True,
    ),
)
