"""Records side by side: a row for each field, for each of the lines where their fields are compared. Knows no page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from engine.definitions.objects import Object, View
from engine.errors import NotFound, Unreadable
from engine.expressions.comparing import ordering_key, same_key
from engine.expressions.values import Value
from engine.runtime.services import reading, spoken
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access, sight
from engine.runtime.services.scoping import ReaderSession
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, cards, columns, shelves, values
from engine.runtime.web.present.columns import Column
from engine.runtime.web.present.values import Cell
from engine.texts import say

MOST = 12                                      # records side by side
FEW = say(zh="请勾选至少两条记录", en="Tick two records at least")
ROW = say(zh="{lines} {row}", en="{lines} {row}")
BLANK = say(zh="（无{field}）", en="(no {field})")
MANY = say(zh="一次最多对比 {most} 条记录", en="{most} records can be compared at most", most=MOST)


@dataclass(frozen=True, slots=True)
class Head:
    """A record that is compared. `here`: the one from whose page the comparison was opened."""

    title: str
    url: str
    status: Cell | None
    here: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A value; `moved`: it is not what stands to the left of it, `change`: by how much. `there`: whether the record
    has such a line at all."""

    cell: Cell
    moved: bool = False
    change: str = ""
    there: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """A field over all records; `same`: it says the same in all of them."""

    label: str
    kind: str
    cells: Sequence[Shown]
    same: bool


@dataclass(frozen=True, slots=True)
class Band:
    """Rows under a heading: a line's, or of the records themselves (then without one)."""

    title: str
    rows: Sequence[Row]

    @property
    def same(self) -> bool:
        return all(row.same for row in self.rows)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The page. `left_out`: how many further records there are."""

    title: str
    plural: str
    heads: Sequence[Head]
    bands: Sequence[Band]
    left_out: int = 0

    @property
    def same(self) -> bool:
        return all(band.same for band in self.bands)


# ---- which records


def views(tx: Tx, obj: Object) -> list[View]:
    """The comparisons of an object that are meant for the actor."""
    return [one for one in obj.views.values() if one.kind == "compare" and shelves.meant(tx, obj, one)]


def offered(tx: Tx, obj: Object) -> list[tuple[str, str]]:
    """Those that what is ticked in a list may go into: name and label."""
    return [(one.name, one.label.to(tx.actor.language)) for one in views(tx, obj)]


def beside(record: Record) -> list[tuple[str, str]]:
    """Those that have something to put beside this record: label and address."""
    tx, obj = record.session.tx, record.definition
    return [
        (one.label.to(tx.actor.language), addresses.record(tx.app.name, obj.name, record.id or 0, "compare", one.name))
        for one in views(tx, obj) if _beside(record, one) and len(_together(record, one)) > 1
    ]


def view_of(tx: Tx, obj: Object, name: str) -> View:
    """The named comparison. Raises `NotFound` where the actor has none of that name."""
    found = next((one for one in views(tx, obj) if one.name == name), None)
    if found is None:
        raise NotFound(access.GONE)
    return found


def around(record: Record, view: View) -> Comparison:
    """A record with those that the view puts beside it, as far as they are in sight."""
    if not _beside(record, view):
        raise NotFound(access.GONE)
    every = _together(record, view)
    place = next(n for n, one in enumerate(every) if one.ref == record.ref)
    first = max(0, min(place - MOST // 2, len(every) - MOST))
    kept = every[first:first + MOST]
    return _compared(view, kept, here=record, left_out=len(every) - len(kept))


def ticked(tx: Tx, obj: Object, view: View, ids: Sequence[int]) -> Comparison:
    """The records of these ids, in their order. Raises `Unreadable` for fewer than two or too many of them, `NotFound`
    for one that is not in sight."""
    ids = tuple(dict.fromkeys(ids))
    if len(ids) < 2:
        raise Unreadable(FEW)
    if len(ids) > MOST:
        raise Unreadable(MANY)
    return _compared(view, [reading.get(tx, obj.name, id) for id in ids])


def _beside(record: Record, view: View) -> bool:
    """Whether the view puts records beside one for the actor, who may see what it goes by."""
    return view.beside is not None and sight.may_evaluate(record.session.tx, record.object, [view.beside.node])


def _together(record: Record, view: View) -> list[Record]:
    """The record and those beside it, in the order of the view, else the oldest first."""
    tx = record.session.tx
    assert view.beside is not None, "asked for views that put records beside one"
    session = ReaderSession(tx)
    rows = session.listed(view.beside.node, record.frame())
    found = {row.ref: row for row in rows if isinstance(row, Record)} | {record.ref: record}
    kept = sorted(found.values(), key=lambda one: one.id or 0)
    sure = access.sure_fields(tx, record.definition) | set(reading.NEVER_NULL)
    for key in reversed(view.sort):
        name = key.removeprefix("-")
        if name in sure:
            kept.sort(key=lambda one: _order(one.get(name)), reverse=key.startswith("-"))
    return kept


def _order(value: Value) -> tuple[bool, Any]:
    """Blanks and what has no value last."""
    told = isinstance(value, (str, int, Decimal)) or hasattr(value, "isoformat")
    return (False, ordering_key(value)) if told else (True, 0)


# ---- what stands side by side


@dataclass(frozen=True, slots=True)
class Table:
    """The records with the fields that the actor may see in each of them."""

    view: View
    records: Sequence[Record]
    seen: Sequence[Collection[str]]

    @property
    def tx(self) -> Tx:
        return self.records[0].session.tx

    @property
    def object(self) -> Object:
        return self.records[0].definition


def _compared(view: View, records: Sequence[Record], *, here: Record | None = None, left_out: int = 0) -> Comparison:
    tx, obj = records[0].session.tx, records[0].definition
    table = Table(view, records, [access.visible_fields(tx, obj, one) for one in records])
    bands: list[Band] = []
    for lines, grouped in groupby(view.columns, lambda path: _lines_of(obj, path)):
        paths = list(grouped)
        bands += _lines(table, lines, paths) if lines else _own(table, paths)
    heads = [_head(table, n, here) for n in range(len(records))]
    return Comparison(view.label.to(tx.actor.language), obj.plural.to(tx.actor.language), heads, bands, left_out)


def _head(table: Table, n: int, here: Record | None) -> Head:
    record, tx, obj = table.records[n], table.tx, table.object
    status = values.status_of(record, "", tx.actor.language) if obj.states else None
    url = addresses.record(tx.app.name, obj.name, record.id or 0)
    title = cards.title_of(record, table.view, table.seen[n])
    return Head(title, url, status, here is not None and record.ref == here.ref)


def _lines_of(obj: Object, path: str) -> str:
    """The lines whose field a path names; blank for a field of the record."""
    head, _, tail = path.partition(".")
    return head if tail and head in obj.lines else ""


def _own(table: Table, paths: Sequence[str]) -> list[Band]:
    """One band with the records' own fields."""
    anywhere = frozenset().union(*table.seen)
    made = [columns.column(table.tx, table.object, path, table.tx.actor.language) for path in paths
            if path.partition(".")[0] in anywhere or path in spoken.SYSTEM_LABELS]
    rows = [_row(table, column, table.records, table.seen) for column in made if column is not None]
    return [Band("", rows)] if rows else []


def _lines(table: Table, lines: str, paths: Sequence[str]) -> list[Band]:
    """A band for each of the lines, with those of the other records that it stands beside."""
    inner = table.tx.app.objects[f"{table.object.name}.{lines}"]
    seen = [frozenset(n.removeprefix(f"{lines}.") for n in one if n.startswith(f"{lines}.")) for one in table.seen]
    anywhere = frozenset().union(*seen)
    tails = [path.partition(".")[2] for path in paths]
    made = [columns.column(table.tx, inner, tail, table.tx.actor.language) for tail in tails
            if tail.partition(".")[0] in anywhere]
    shown = [column for column in made if column is not None]
    match = table.view.match.removeprefix(f"{lines}.") if table.view.match.startswith(f"{lines}.") else ""
    if not all(match.partition(".")[0] in one for one in seen):
        match = ""                             # where a line stands would tell what it is
    heading = columns.column(table.tx, inner, match, table.tx.actor.language) if match else None
    sides = [_keyed(record.lines(lines), heading) for record in table.records]
    bands = []
    for key in dict.fromkeys(key for side in sides for key in side):
        there = [side.get(key) for side in sides]
        bands.append(Band(_heading(table, lines, heading, there, key), [_row(table, c, there, seen) for c in shown]))
    return bands if shown else []


def _keyed(lines: Sequence[Record], heading: Column | None) -> dict[Any, Record]:
    """The lines of one record by what they are about and, of those about the same, by their order; else by place."""
    if heading is None:
        return dict(enumerate(lines, 1))
    counts: Counter[Any] = Counter()
    found = {}
    for line in lines:
        key = same_key(line.get(heading.path.partition(".")[0]))
        counts[key] += 1
        found[key, counts[key]] = line
    return found


def _heading(table: Table, lines: str, heading: Column | None, there: Sequence[Record | None], key: Any) -> str:
    language = table.tx.actor.language
    if heading is None:
        return ROW.filled(lines=table.object.fields[lines].label, row=key).to(language)
    line = next(one for one in there if one is not None)
    (cell,) = columns.cells(table.tx, line, [heading], frozenset({heading.path.partition(".")[0]}), language)
    text = cell.text or BLANK.filled(field=heading.label).to(language)
    return text if key[1] == 1 else f"{text} ({key[1]})"


def _row(
    table: Table, column: Column, records: Sequence[Record | None], seen: Sequence[Collection[str]]
) -> Row:
    """One field of all of them."""
    language = table.tx.actor.language
    cells: list[Shown] = []
    for n, (record, fields) in enumerate(zip(records, seen, strict=True)):
        if record is None:
            cell = Cell(column.path, column.label, "")
        else:
            (cell,) = columns.cells(table.tx, record, [column], frozenset(fields), language)
        left = cells[n - 1] if n else None
        there = record is not None
        moved = left is not None and (left.there != there or left.cell.text != cell.text)
        change = _change(column, records[n - 1], record, language) if moved and left and cell.text else ""
        cells.append(Shown(cell, moved, change if left and left.cell.text else "", there))
    return Row(column.label, column.kind, cells, not any(one.moved for one in cells))


def _change(column: Column, left: Record | None, right: Record | None, language: str) -> str:
    """By how much a number has changed, with its sign; blank for what is no number."""
    if left is None or right is None or column.field is None or "." in column.path:
        return ""
    before, after = left.get(column.path), right.get(column.path)
    if not isinstance(before, Decimal) or not isinstance(after, Decimal):
        return ""
    shown = column.field.format(abs(after - before), language)
    return f"{'+' if after > before else '−'}{shown}"
