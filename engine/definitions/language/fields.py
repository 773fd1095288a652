"""Declares the keys of fields; those of single kinds come from the kinds themselves. Builds nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.definitions.shapes import Either, Key, Shape, key, keys_of, later, shape
from engine.kinds.fields import KINDS
from engine.kinds.fields.choice import COLORS

COMMON: tuple[Key, ...] = (
    key("type", "N:type", "the kind of the field, or a name out of `types`", example="date"),
    key("name", "L", "the label; languages may also stand beside the keys", example="{zh: 数量, en: Quantity}"),
    key("help", "T", "a sentence below the field"),
    key("placeholder", "T", "a sample inside the empty field"),
    key("also", "P[]", "other names that an import accepts"),
    key("required", "E", "must be filled: true, or a condition over the row", example="kind = 'company'"),
    key("unique", "B", "no two records have the same value"),
    key(
        "default", "V",
        "fills a new record until somebody types; when the field is new, or required from now on, also the records "
        "that are there", example="=today()",
    ),
    key("refill", "R[]", "fills again with `default` when these change and nobody typed over it"),
    key("formula", "E", "is computed and never typed", example="round(qty * price, 2)"),
    key("freeze", "E", "keeps the formula's value from the moment this holds"),
    key("copy", "R", "takes the value when the link at its head is chosen, and never later", example="product.stocked"),
    key("balance", "R:register", "shows a register's measure or formula", example="stock.available"),
    key("keys", "{n: E}", "the keys of the balance where name and type do not tell"),
    key("without", "this", "leaves out what this record booked itself; no key is then this record unless that is said"),
    key("booked_by", "this", "only what this record or line booked itself"),
    key("show", "E", "is shown only while this holds"),
    key("edit", "E", "may be changed only while this holds"),
    key("min", "E", "the least value; of lines: their least number", example="0.001"),
    key("max", "E", "the largest value; of lines: their largest number"),
    key("check", "E", "must hold when the record is saved"),
    key("mark", "{n: E}", "color: condition; the first that holds colors the value", example="{red: free < qty}"),
    key("search", "B", "the search box finds records by it"),
    key("similar", "warn", "warns when a record with a similar text exists; the text is searched too"),
    key("personal", "B", "personal data: left out of logs, anonymised"),
    key("readonly", "B", "only actions and defaults write it"),
    later("translate", "B", "the value is kept in every language"),
    key("was", "N", "its former name: the column is renamed, the data stay"),
)

LATER: tuple[Key, ...] = (
    later("unit", "V", "the unit of the quantity"),
    later("rows", "<rows>", "rows that come and go with a source"),
    key("scan", "R|<scan>", "a scanned code finds a row of the lines, or adds one"),
)


def _kind_keys() -> Mapping[str, Key]:
    """Key → its declaration, over all kinds; a key that kinds read differently takes either form."""
    found: dict[str, Key] = {}
    for kind in KINDS.values():
        for one in keys_of(kind.options_schema):
            held = found.get(one.name)
            if held is None:
                found[one.name] = one
            elif held.slot != one.slot:
                found[one.name] = Key(one.name, Either((held.slot, one.slot)), held.doc or one.doc)
    return found


def _keys() -> tuple[Key, ...]:
    known = {one.name: one for one in COMMON}
    kinds = {name: one for name, one in _kind_keys().items() if name not in known}
    late = {one.name: one for one in LATER if one.name not in known and one.name not in kinds}
    explained = (one if one.doc else replace(one, doc=EXPLAINED.get(one.name, "")) for one in kinds.values())
    return (*known.values(), *explained, *late.values())


EXPLAINED = {
    "min_length": "the least number of characters",
    "max_length": "the largest number of characters",
    "fields": "what a line holds",
    "pull": "where lines come from",
}
COMMON_NAMES = frozenset(one.name for one in COMMON)
LATER_NAMES = frozenset((*(one.name for one in LATER), "valued"))

FIELD: Shape = shape(
    "field",
    "one field of an object or of its lines",
    *_keys(),
    short="type",
    labelled=True,
    signs=("type", "formula", "copy", "balance"),
)

MEASURE: Shape = shape(
    "measure",
    "what a register adds up: a number",
    *_keys(),
    key("valued", "<valued>", "the engine values what leaves (average or first in, first out)"),
    short="type",
    labelled=True,
)

SHAPES: tuple[Shape, ...] = (
    FIELD,
    MEASURE,
    shape(
        "valued",
        "how a measure is valued",
        key("quantity", "N:measure*", "the measure that is counted"),
        key("per", "N:key[]*", "the keys of the average"),
        key("method", "(moving average|period average|fifo)*", "how what leaves is valued"),
        key("start", "E:number", "the cost where nothing has come in yet"),
    ),
    shape(
        "option",
        "one option of a choice",
        key("name", "L", "the label"),
        key("color", "|".join(COLORS), "the color of its badge", example="red"),
        key("was", "N", "its former code: values are renamed with it"),
        short="name",
        labelled=True,
    ),
    shape(
        "pull",
        "where lines come from: `create` with `pull: this` takes the rows of the acting record; a form has a button "
        "that offers those in sight",
        key("from", "S*", "the rows", example="quote.lines as l where parent = this.quote"),
        key("as", "{R: V}*", "line field: value; bare names are the source row's", example="{qty: =qty}"),
        key("pick", "<pick>", "how the rows are offered"),
    ),
    shape(
        "pick",
        "how rows to pull are offered",
        key("by", "R", "grouped by this; without it by the records that they are lines of"),
        key("default", "all|none", "ticked beforehand", default="all"),
    ),
    shape(
        "rows",
        "rows that come and go with a source",
        key("each", "S*", "one line per row"),
        key("key", "R", "what tells the rows apart"),
        key("set", "{R: V}", "what a line takes from its row"),
    ),
    shape(
        "scan",
        "what a scanned code does in lines: it finds the row of what it names, or adds one",
        key("find", "R*", "the field that holds the code; over a link any code, key or title of what is linked"),
        key("set", "{R: V}", "what is set in a row that is found; in a new one where it is blank"),
    ),
)
