"""Declares the keys of reports, alerts, dashboards and documents. Builds nothing."""

from __future__ import annotations

from engine.definitions.shapes import Key, Shape, family, key, keys_of, later, shape
from engine.kinds.cards import CARDS

REPORT: Shape = shape(
    "report",
    "a question: rows of a source, grouped and shown",
    key("from", "S*", "the rows", example="invoice where state = 'posted'"),
    key("show", "{n: <column>}*", "column: expression"),
    key("name", "L", "the label"),
    key("params", "{n: <field>}", "what the reader chooses; bare names in the expressions"),
    key("where", "E", "only these rows"),
    key("at", "E:moment", "the balances of this day: of a register only", example="date(2026, 3, 31)"),
    key("by", "{n: <column>}", "grouped by these expressions"),
    key("across", "N", "the column of `by` whose values become headings on pages and boards; what adds up gets totals"),
    key("having", "E", "only groups for which this holds; may name what is shown"),
    key("sort", "R[]", "columns; `-total` for descending"),
    key("limit", "I", "at most so many rows"),
    labelled=True,
)

ALERT: Shape = shape(
    "alert",
    "a condition that is watched",
    key("over", "S*", "the rows", example="stock"),
    key("per", "N[]", "the grain of a register"),
    key("when", "E*", "the condition"),
    key("say", "T*", "the message"),
    key("to", "<receiver>[]*", "who is told"),
    key("name", "L", "the label"),
    key("severity", "info|warning|critical|E", "how grave it is, or an expression that says so", default="warning"),
    key("repeat", "D", "told again after so long", example="1 day"),
    key("for", "D", "must have lasted so long", example="2 hours"),
    key("group", "R[]", "those for which these are equal come as one message"),
    key("escalate", "<escalation>[]", "so long after it fired, unless somebody has acknowledged it, these people too"),
    key("resolved", "T", "the message when it is over, to those who were told"),
    key("keep_firing", "D", "is over only when the condition has not held for so long"),
    key("no_data", "keep|resolve|fire", "what it means when there are no rows at all: what fires goes on, is over, or "
        "the lack itself is an alert", default="resolve"),
    key("group_wait", "D", "so long the first of a group waits for others", default="30 seconds"),
    key("group_interval", "D", "from one message of a group to the next, with what is new", default="5 minutes"),
    key("cooldown", "D", "nobody is told again so soon after its end"),
    key("inhibits", "N:alert[]", "while it fires, nobody is told of these about the same thing"),
    labelled=True,
)

DASHBOARD: Shape = shape(
    "dashboard",
    "a board of cards",
    key("cards", "<card>[]*", "number, bar, line, pie, table, pivot, list, view, text"),
    key("name", "L", "the label"),
    key("by", "W", "for these people"),
    key("filters", "{n: <board_filter>}", "what the reader chooses for all cards"),
    labelled=True,
)

CARD_COMMON: tuple[Key, ...] = (
    key("name", "L", "the heading"),
    key("split", "N", "one series per value of this column"),
    key("rows", "N[]", "the columns that stand at the side of a pivot: all of `by` that are not its headings"),
    key("values", "N[]", "the columns that a pivot shows: all of `show`"),
    key("total", "B", "of a table or pivot: a row with the sums of what adds up"),
    key("compare", "E", "the value before, beside a figure", example="sum(sale.total)"),
    key("drill", "N:opened", "what a click opens: a report, a dashboard, or the list of an object; of a figure that "
        "counts or adds up this object, the very records of it"),
)
FORMAT = key("format", "P", "how it is shown: a field type, or a pattern as in texts", example="0.0%")
CARD_REST: tuple[Key, ...] = (
    key("x", "N", "the report's column along the axis"),
    key("y", "N[]", "the report's columns that are drawn"),
    key("columns", "R[]", "the columns"),
    key("where", "E", "only these"),
    key("sort", "R[]", "`-date` for descending"),
    key("top", "I", "only the first rows"),
    key("goal", "E", "the value to reach"),
    FORMAT,
)


def _card(name: str) -> Shape:
    own = keys_of(CARDS[name].options_schema, (name,))
    known = {one.name for one in own}
    return shape(name, "", *own, *(one for one in CARD_REST if one.name not in known))


def _coming(name: str, notation: str) -> Shape:
    return shape(name, "", later(name, notation, "a card that is not built yet"), *CARD_REST)


COMING = {"forecast": "N:report"}
CARD: Shape = family(
    "card",
    "one card of a dashboard",
    *(_card(name) for name in CARDS),
    *(_coming(name, notation) for name, notation in COMING.items() if name not in CARDS),
    common=CARD_COMMON,
)

BOARD_FILTER: Shape = shape(
    "board_filter",
    "a choice of the reader that narrows all cards",
    key(
        "field",
        "R",
        "a field of the cards' rows, or of the record whose lines they are: a link, a choice, a state, yes and no, or "
        "a day, of which a period is chosen",
        example="customer.region",
    ),
    key("param", "N", "a parameter of the cards' reports; these follow it, not the field"),
    key("default", "V", "what is chosen at first; of days a period", example="=range(month_start(today()), today())"),
    key("under", "B", "a place in a tree stands for all below it", default="false"),
    key("name", "L", "the label"),
    short="field",
    labelled=True,
)

DOCUMENT: Shape = shape(
    "document",
    "a print form",
    key("of", "N:object*", "the object whose records it prints"),
    key("body", "<block>[]*", "its parts from top to bottom"),
    key("name", "L", "the label"),
    key("subject", "T", "the subject of a mail that it goes with and that has none of its own"),
    key("language", "E", "the language in which it is printed, as text: `'zh'`; the reader's where nothing is said"),
    key(
        "size",
        "P",
        "the paper: A3, A4, A5, A6, letter or legal, with `landscape` if it lies; or its sides",
        default="A4",
        example="100 x 150 mm",
    ),
    key("margin", "P", "what stays free at every side; 15 mm, of small paper 4 mm", example="12 mm"),
    key("header", "T", "stands above every page"),
    key("footer", "T", "stands below every page; paper larger than A6 is numbered beside it"),
    key(
        "per_page",
        "E",
        "where several are printed together: those with the same value follow one another on a page, if their header, "
        "footer and language are the same too; else each begins a page of its own",
        example="warehouse",
    ),
    labelled=True,
)

WIDTH = key("width", "P", "how wide it is; else a picture 50 mm, bars 55 mm, a square code 25 mm", example="40 mm")
BLOCK: Shape = family(
    "block",
    "a part of a print form",
    shape("text", "", key("text", "T", "a text with values in it")),
    shape("heading", "", key("heading", "T", "a heading")),
    shape("fields", "", key("fields", "R[]", "fields with their labels")),
    shape("table", "", key("table", "<print_table>", "rows of a source")),
    shape("columns", "", key("columns", "<block>[][]", "lists of parts, side by side")),
    shape("image", "", key("image", "R", "a picture: a field of the record or of what it links to"), WIDTH),
    shape("barcode", "", key("barcode", "E", "a value as bars, with its letters below: EAN 13 or Code 128"), WIDTH),
    shape("qr", "", key("qr", "E", "a value as a square code"), WIDTH),
    shape("sign", "", key("sign", "L[]", "lines to sign on, each with its label")),
    shape("each", "", key("each", "S", "these parts once per row"), key("body", "<block>[]*", "the parts of a row")),
    shape(
        "document",
        "",
        key("document", "N:document", "another print form in here, such as a letterhead", example="order_form"),
        key("of", "E:record*", "whose print form it is", example="this"),
    ),
    shape("page_break", "", key("page_break", "B", "what follows begins a new page")),
    short="text",
    common=(key("when", "E:boolean", "only while this holds"),),
)

PRINT_TABLE: Shape = shape(
    "print_table",
    "a table of a print form",
    key("of", "S*", "its rows", example="lines"),
    key("columns", "{n: <column>}*", "column: expression over a row"),
    key("total", "N[]", "columns whose sum stands below"),
)

SHAPES: tuple[Shape, ...] = (
    REPORT,
    ALERT,
    DASHBOARD,
    CARD,
    DOCUMENT,
    BOARD_FILTER,
    BLOCK,
    PRINT_TABLE,
    shape(
        "column",
        "a column of a report",
        key("value", "E*", "the expression"),
        key("name", "L", "the heading"),
        FORMAT,
        short="value",
        labelled=True,
    ),
    shape(
        "receiver",
        "who is told, and how",
        key("who", "W*", "the people"),
        key("via", "(inbox|email|sms|webhook|dingtalk|feishu|wecom)[]", "through what", default="inbox"),
        short="who",
    ),
)
