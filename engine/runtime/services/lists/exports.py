"""Exports: what the actor may see and export of an object, as CSV, a spreadsheet, or JSON lines. Changes nothing."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO, Protocol

import xlsxwriter

from engine import json_texts
from engine.definitions.objects import Object
from engine.errors import Forbidden, NotFound, Unreadable
from engine.expressions.values import ErrorValue, Ref, Value
from engine.kinds.fields.base import Field
from engine.kinds.fields.choice import Choice
from engine.runtime.services import reading
from engine.runtime.services.imports.rows import RISKY
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.texts import say

MOST = 100_000
PAGE = 200
SYSTEM = ("id", "status")
CELL_TEXT = 32_767                             # characters (of UTF-16) that a spreadsheet's cell holds
CELL_DIGITS = 15                               # a spreadsheet's numbers are exact so far


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a path (`customer`, `lines.qty`), its heading, its field (None for `id` and `status`)."""

    path: str
    heading: str
    field: Field | None


class TooLong(Exception):
    """A text is longer than a cell of this format takes; `column` counts from 0."""

    def __init__(self, column: int) -> None:
        self.column = column


class Writer(Protocol):
    """A file of rows in the making."""

    def row(self, cells: Sequence[object]) -> None:
        """Raises `TooLong`."""

    def close(self) -> None: ...


def write(
    tx: Tx, object: str, kind: str, target: BinaryIO, *,
    filter: str = "", search: str = "", sort: Sequence[str] = (), fields: Sequence[str] = (), plain: bool = False,
) -> int:
    """Write the object's records to `target` as `csv`, `xlsx` or `jsonl`; how many there were (100,000 at most).

    `fields` are paths; one within lines (`lines.qty`) makes a row per line. `plain`: names, codes and keys for programs
    instead of labels and titles. JSON lines are always plain, and hold the lines unless `fields` says otherwise.
    Raises `NotFound`, `Forbidden` without the right to export, `Unreadable` for unknown fields, filters or formats."""
    obj = tx.app.objects.get(object)
    if obj is None:
        raise NotFound(say("没有名为“{object}”的对象", "There is no object called {object}", object=object))
    if not access.may(tx, object, "export"):
        raise Forbidden(say("您没有导出“{object}”的权限", "You may not export {object}", object=obj.label))
    query = reading.Query(filter=filter, search=search, sort=tuple(sort), limit=PAGE)
    if kind == "jsonl":
        return _write_json_lines(tx, obj, query, fields, target)
    if kind not in WRITERS:
        raise Unreadable(say("不能导出为 {kind}，可用：csv xlsx jsonl",
                             "cannot export as {kind}; there are: csv xlsx jsonl", kind=kind))
    columns = columns_of(tx, obj, fields, plain)
    writer = WRITERS[kind](target)
    writer.row([column.heading for column in columns])
    count = 0
    for record in records(tx, obj, query):
        visible = access.visible_fields(tx, obj, record)
        for row in _rows(record, columns, visible, plain):
            try:
                writer.row(row)
            except TooLong as error:
                raise _too_long(record, columns[error.column]) from None
        count += 1
    writer.close()
    return count


def _too_long(record: Record, column: Column) -> Unreadable:
    return Unreadable(say(
        "{title} 的“{field}”超过 {most} 个字符，表格单元格放不下；请导出为 CSV，或不导出这个字段",
        "{field} of {title} has more than {most} characters, which no cell of a spreadsheet holds; export it as CSV, "
        "or without this field", title=record.title, field=column.heading, most=CELL_TEXT,
    ))


def records(tx: Tx, obj: Object, query: reading.Query) -> Iterator[Record]:
    """Page by page, what the actor may both see and export."""
    count, cursor = 0, None
    while count < MOST:
        page = reading.page(tx, obj.name, reading.Query(query.filter, query.search, query.sort, PAGE, cursor))
        for record in page.items:
            if access.granted(record, "export") and count < MOST:
                count += 1
                yield record
        if page.next is None:
            return
        cursor = page.next


def columns_of(tx: Tx, obj: Object, paths: Sequence[str], plain: bool) -> list[Column]:
    """The columns asked for, else everything but lines; each heading stands once."""
    visible = access.visible_fields(tx, obj)
    wanted = list(paths) or [*SYSTEM, *(f.name for f in obj.fields.values() if f.kind != "lines" and f.name in visible)]
    found: list[Column] = []
    for path in wanted:
        field = _field(tx, obj, path)
        if path not in SYSTEM and (field is None or field.kind == "lines" or path not in visible):
            raise _unknown(obj, path)
        label = path if plain or field is None else field.label.to(tx.actor.language)
        taken = {column.heading for column in found}
        found.append(Column(path, f"{label} ({path})" if label in taken else label, field))
    if len({column.path.partition(".")[0] for column in found if "." in column.path}) > 1:
        raise Unreadable(say("一次只能导出一种明细", "the rows of one lines field at a time"))
    return found


def _unknown(obj: Object, path: str) -> Unreadable:
    return Unreadable(say("“{object}”没有字段 {path}", "{object} has no field {path}", object=obj.label, path=path))


def _field(tx: Tx, obj: Object, path: str) -> Field | None:
    head, _, tail = path.partition(".")
    if not tail:
        return obj.fields.get(head)
    inner = tx.app.objects.get(f"{obj.name}.{head}")
    return inner.fields.get(tail) if inner else None


def _rows(record: Record, columns: Sequence[Column], visible: frozenset[str], plain: bool) -> Iterator[list[object]]:
    """The record's row; one per line where a column is of lines (one with blanks where it has none)."""
    head = next((column.path.partition(".")[0] for column in columns if "." in column.path), "")
    lines: Sequence[Record | None] = record.lines(head) if head else ()
    for line in lines or (None,):
        cells: list[object] = []
        for column in columns:
            source: Record | None = line if "." in column.path else record
            name = column.path.rpartition(".")[2]
            hidden = column.path not in visible and column.path not in SYSTEM
            cells.append(None if source is None or hidden else _cell(source, name, column.field, plain))
        yield cells


def _cell(record: Record, name: str, field: Field | None, plain: bool) -> object:
    """A cell: numbers, dates and truth values as such, everything else as text."""
    value = record.get(name)
    if value is None or isinstance(value, ErrorValue):
        return None if value is None else value.code
    field = None if field is None else field.seen_from(record.session.tx.timezone)
    if isinstance(value, Ref):
        return link_text(record.session, value, plain)
    if isinstance(value, tuple) and any(isinstance(one, Ref) for one in value):
        texts = (link_text(record.session, one, plain) for one in value if isinstance(one, Ref))
        return ", ".join(text for text in texts if text)
    if field is None or isinstance(value, (bool, Decimal, dt.date, dt.time)):
        return record.label(name, record.session.language) if name == "status" and not plain else _local(field, value)
    if isinstance(field, Choice) and plain:
        return value
    return field.to_input(value) if plain else field.format(value, record.session.language)


def _local(field: Field | None, value: Value) -> object:
    """Moments in the reader's time zone, without an offset, as spreadsheets know them."""
    if isinstance(value, dt.datetime) and field is not None:
        return dt.datetime.fromisoformat(field.to_input(value))
    return value


def link_text(session: Session, ref: Ref, plain: bool) -> str:
    """The linked record's title, or its key for programs; blank where it is out of sight."""
    target = reading.glance(session, ref)
    if target is None:
        return ""
    return key_text(target) or target.title if plain else target.title


def key_text(record: Record) -> str:
    """The text of the record's declared key, if that is one field, and in sight."""
    names = record.definition.key or (("login",) if record.object == "user" else ())
    if len(names) != 1 or not access.shows_key(record):
        return ""
    field = record.definition.fields[names[0]]
    value = record.get(names[0])
    return "" if value is None or field.type.name == "record" else str(field.to_json(value))


# ---- formats


class CsvWriter:
    """UTF-8 with a mark, so that spreadsheets read it; texts that look like formulas get an apostrophe."""

    def __init__(self, target: BinaryIO) -> None:
        self.text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
        self.rows = csv.writer(self.text)

    def row(self, cells: Sequence[object]) -> None:
        self.rows.writerow([_csv_text(cell) for cell in cells])

    def close(self) -> None:
        self.text.detach()


def _csv_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat(sep=" ") if isinstance(cell, dt.datetime) else cell.isoformat()
    text = str(cell)
    return "'" + text if RISKY.match(text) else text


class SheetWriter:
    """One sheet, written row by row; a text stays a text, whatever it looks like."""

    def __init__(self, target: BinaryIO) -> None:
        texts = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.book = xlsxwriter.Workbook(target, {"constant_memory": True, **texts})
        self.sheet = self.book.add_worksheet()
        self.quoted = self.book.add_format({"quote_prefix": True})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = self.book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self.time = self.book.add_format({"num_format": "hh:mm"})
        self.number = 0

    def row(self, cells: Sequence[object]) -> None:
        for column, cell in enumerate(cells):
            if cell is not None and cell != "":
                self._cell(column, cell)
        self.number += 1

    def _cell(self, column: int, cell: object) -> None:
        if isinstance(cell, bool):
            self.sheet.write_boolean(self.number, column, cell)
        elif isinstance(cell, Decimal) and len(cell.normalize().as_tuple().digits) <= CELL_DIGITS:
            self.sheet.write_number(self.number, column, float(cell))
        elif isinstance(cell, (dt.date, dt.time)) and (not isinstance(cell, dt.date) or cell.year >= 1900):
            day = self.moment if isinstance(cell, dt.datetime) else self.day
            self.sheet.write_datetime(self.number, column, cell, day if isinstance(cell, dt.date) else self.time)
        else:
            text = format(cell, "f") if isinstance(cell, Decimal) else str(cell)
            if len(text.encode("utf-16-le")) // 2 > CELL_TEXT:
                self._give_up()
                raise TooLong(column)
            self.sheet.write_string(self.number, column, text, self.quoted if RISKY.match(text) else None)

    def _give_up(self) -> None:
        """Close what the book holds open; the target gets nothing."""
        self.book.filename = io.BytesIO()
        self.close()

    def close(self) -> None:
        self.book.close()


WRITERS: Mapping[str, Callable[[BinaryIO], Writer]] = {"csv": CsvWriter, "xlsx": SheetWriter}


def _write_json_lines(tx: Tx, obj: Object, query: reading.Query, fields: Sequence[str], target: BinaryIO) -> int:
    visible = access.visible_fields(tx, obj)
    for name in fields:
        if name not in SYSTEM and (name not in obj.fields or name not in visible):
            raise _unknown(obj, name)
    count = 0
    for record in records(tx, obj, query):
        visible = access.visible_fields(tx, obj, record)
        system = {"id": record.id, "status": record.status}
        row: dict[str, Any] = {name: one for name, one in system.items() if not fields or name in fields}
        for field in obj.fields.values():
            if fields and field.name not in fields or field.name not in visible:
                continue
            row[field.name] = _json_lines_of(record, field, visible) if field.kind == "lines" else _json(record, field)
        target.write(json_texts.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n")
        count += 1
    return count


def _json_lines_of(record: Record, lines: Field, visible: frozenset[str]) -> list[dict[str, Any]]:
    return [
        {f.name: _json(line, f) for f in line.definition.fields.values() if f"{lines.name}.{f.name}" in visible}
        for line in record.lines(lines.name)
    ]


def _json(record: Record, field: Field) -> Any:
    """Like the API; but a link is its target's key, where that has one, so that another site understands it."""
    value = record.get(field.name)
    if isinstance(value, ErrorValue):
        return value.code
    if isinstance(value, tuple) and any(isinstance(one, Ref) for one in value):
        found = (_linked(record, field, one) for one in value if isinstance(one, Ref))
        return [one for one in found if one is not None]
    return _linked(record, field, value) if isinstance(value, Ref) else field.to_json(value)


def _linked(record: Record, field: Field, value: Ref) -> Any:
    """The key of a link's target, or the link as the API gives it; None where it is out of sight."""
    target = reading.glance(record.session, value)
    return None if target is None else key_text(target) or field.to_json(Ref(value.object, value.id, target.title))
