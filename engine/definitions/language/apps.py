"""Declares the keys of the app itself: roles, access, menu, samples and tests. Builds nothing."""

from __future__ import annotations

from engine.definitions.shapes import Shape, key, later, shape

APP: Shape = shape(
    "app",
    "one app",
    key("app", "N*", "its name: letters, digits and _", example="sales_erp"),
    key("name", "L", "the label"),
    later("version", "P", "a number for people"),
    key("languages", "N[]", "the languages of its labels; the first is the default", default="en", example="[zh, en]"),
    key("timezone", "P", "whose day is today", default="UTC", example="Asia/Shanghai"),
    key("calendar", "N:calendar", "whose working time counts", example="china"),
    key("currency", "<currency>", "the currency of amounts", example="CNY"),
    key("units", "{n: P|L}", "the units that fields of type unit may hold", example="{kg: {zh: 千克, en: kg}}"),
    key(
        "include",
        "(P|{n: (P[]|{n: P[]})})[]",
        "further files, relative to this one; under a name, what they declare is called `name.…` outside of them. "
        "`{name: {file: parts/crm.yaml, was: sales}}` gives them another name, with their data",
        example="{crm: parts/crm.yaml}",
    ),
    later("needs", "{n: P}", "other apps that it uses"),
    later("plugins", "{n: P}", "plugins that it uses"),
    key("types", "{n: <field>}", "fields to use again by name"),
    key("calendars", "{n: <calendar>}", "working hours and holidays"),
    key("objects", "{n: <object>}*", "the kinds of records"),
    key("registers", "{n: <register>}", "what adds up postings"),
    key("periods", "{n: <period>}", "gates that are closed month by month"),
    key("decisions", "{n: <decision>}", "rules that may be called by name"),
    key("flows", "{n: <flow>}", "approvals"),
    key("automations", "{n: <automation>}", "what happens by itself"),
    key("alerts", "{n: <alert>}", "conditions that are watched"),
    key("reports", "{n: <report>}", "questions"),
    key("dashboards", "{n: <dashboard>}", "boards of cards"),
    key("documents", "{n: <document>}", "print forms"),
    key("roles", "{n: <role>}", "who there is"),
    key("access", "{N: {N: see|edit|full|<grant>}}", "thing: {role: what it may}"),
    key("menu", "<menu>[]", "the menu; without it everything is listed"),
    key("data", "{n: X}", "records that every installation has"),
    key("samples", "<samples>", "people and records for tests and trying out"),
    key("tests", "{t: <teststep>[]}", "sentence: steps that prove it"),
    later("given", "{t: <teststep>[]}", "named beginnings of tests"),
    later("users", "<users>", "own fields of people, read as `me.limit`"),
    labelled=True,
)

ROLE: Shape = shape(
    "role",
    "a role that people have",
    key("name", "L", "the label"),
    key("includes", "N:role[]", "the roles whose rights it has too"),
    key("external", "B", "people from outside: `internal` discussions are closed to them", default="false"),
    key(
        "stands_for",
        "N:object",
        "they act for one record of this object, which expressions call `me.supplier`; nobody has the role without one",
        example="supplier",
    ),
    short="name",
    labelled=True,
)

VERBS = ("see", "create", "edit", "delete", "export", "import", "print", "share")
PERMISSION = "B|E|R[]|<permission>"

GRANT: Shape = shape(
    "grant",
    "what a role may do with a thing",
    *(key(verb, PERMISSION, "true, a condition, fields, or {when, fields}") for verb in VERBS),
    key("hide", "<hidden>[]", "fields that are not seen", example="{fields: cost, unless: owner = me}"),
    key("readonly", "<hidden>[]", "fields that are not changed"),
    rest=PERMISSION,
)

SHAPES: tuple[Shape, ...] = (
    APP,
    ROLE,
    GRANT,
    shape("users", "what an app keeps of people", key("fields", "{n: <field>}", "the fields")),
    shape(
        "permission",
        "on which rows and for which fields",
        key("when", "E", "the rows"),
        key("fields", "R[]", "the fields"),
    ),
    shape(
        "hidden",
        "fields, and when",
        key("fields", "R[]*", "the fields"),
        key("when", "E", "only while this holds"),
        key("unless", "E", "not while this holds"),
        short="fields",
    ),
    shape(
        "menu",
        "an entry of the menu, or a group of entries",
        key("of", "N:place", "an object (or one view of it), register, report or dashboard", example="order.open"),
        key("name", "L", "the label"),
        key("icon", "P", "the name of an icon"),
        key("items", "<menu>[]", "the entries of the group"),
        short="of",
        labelled=True,
    ),
    shape(
        "currency",
        "the currency of amounts",
        key("base", "N*", "the currency"),
        later("others", "N[]", "further ones"),
        later("rates", "S", "the rows that hold the rates"),
        short="base",
    ),
    shape(
        "period",
        "a gate that is closed up to a day",
        key("name", "L", "the label"),
        key("of", "N:register[]*", "the registers that it closes"),
        key("by", "W", "who closes it, and opens it again", default="administrators", example="role(finance)"),
        labelled=True,
    ),
    shape(
        "calendar",
        "working time",
        key("week", "X*", "day or span of days: hours", example="{mon-fri: '9:00-12:00, 13:00-18:00'}"),
        key("closed", "S", "days off", example="holiday.day where off"),
        key("open", "S", "days that are worked besides"),
        key("timezone", "P", "whose hours; the app's unless said"),
    ),
)
