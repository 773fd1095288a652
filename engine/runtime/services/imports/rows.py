"""What every reader of files gives: numbered rows of cells under named columns. Knows no object and no field."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar

from engine.errors import Invalid
from engine.texts import Text, say

# What spreadsheets take for a formula. Exports put an apostrophe before such a text (and before one that begins with
# one already), imports take one away: what comes back is what went out.
RISKY = re.compile("'*[=+\\-@\t\r\0＝＋－＠]")
T = TypeVar("T")
MOST_ROWS = 2_000_000
MOST_COLUMNS = 200
MOST_BYTES = 1_000_000_000

Cell: TypeAlias = "None | str | bool | int | Decimal | dt.date | dt.datetime | dt.time | list[Any] | dict[str, Any]"


@dataclass(frozen=True, slots=True)
class FileSpec:
    """A file to read. `file` is relative to the import's folder; blank settings are found out."""

    file: str
    sheet: str = ""
    header: tuple[int, ...] = ()               # the rows that hold the columns' names, from 1; several are joined
    until: int = 0                             # the last row that belongs to the table; 0: it has no notes below
    encoding: str = ""
    separator: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Merged cells of a sheet: rows and columns from 1, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A file before it is known where its table is: `rows()` gives (number, cells) of every row, anew each time.

    `encoding`, `separator`, `sheet` are what it is read with; `sheets` are those that people see."""

    rows: Callable[[], Iterator[tuple[int, Sequence[Cell]]]] = field(repr=False)
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    merged: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file (from 1, as an editor or spreadsheet shows it) and its cells by column."""

    file: str
    number: int
    cells: Mapping[str, Cell]
    fault: Text | None = None                  # why the row could not be read
    nameless: bool = False                     # something stands in a column without a name; it is left out


@dataclass(slots=True)
class Opened:
    """An open file: its columns in order, and its rows (to be taken once)."""

    columns: tuple[str, ...]
    rows: Iterator[Row] = field(repr=False)


def unfit_file(file: str, zh: str, en: str, **holes: object) -> Invalid:
    """The failure of a whole file; the texts say what is wrong with it."""
    return Invalid(say(f"{{file}}：{zh}", f"{{file}}: {en}", file=file, **holes), code="file")


def is_blank(cell: Cell) -> bool:
    """Whether nothing stands in the cell."""
    return cell is None or isinstance(cell, str) and not cell.strip()


@contextmanager
def ended(rows: Iterator[T]) -> Iterator[Iterator[T]]:
    """Rows that may be left before their end: what they hold open is closed."""
    try:
        yield rows
    finally:
        close = getattr(rows, "close", None)
        if close is not None:
            close()


def header_of(file: str, cells: Sequence[object]) -> tuple[str, ...]:
    """The columns' names out of the header row: trimmed, each once; blank ones at the end are left away."""
    names = [str(cell).strip() if cell is not None else "" for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise unfit_file(file, "没有表头", "there is no header row")
    if len(names) > MOST_COLUMNS:
        raise unfit_file(file, "最多 {most} 列", "{most} columns at most", most=MOST_COLUMNS)
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise unfit_file(file, "列名重复：{names}", "columns stand twice: {names}", names=", ".join(twice))
    return tuple(names)


def row_of(file: str, number: int, columns: Sequence[str], cells: Sequence[Cell]) -> Row | None:
    """A row's cells under their columns; None for a blank row. Cells beyond the header are a fault."""
    if all(cell is None or cell == "" for cell in cells):
        return None
    fault = None
    if len(cells) > len(columns) and any(cell is not None and cell != "" for cell in cells[len(columns):]):
        fault = say("该行有 {count} 个单元格，表头只有 {columns} 列",
                    "the row has {count} cells, the header {columns} columns",
                    count=len(cells), columns=len(columns))
    found = {name: cell for name, cell in zip(columns, cells, strict=False) if name}
    nameless = len(found) < len(columns) and any(
        not name and not is_blank(cell) for name, cell in zip(columns, cells, strict=False)
    )
    return Row(file, number, found, fault, nameless)


def counted(file: str, rows: Iterator[Row]) -> Iterator[Row]:
    """The rows, up to the bound of an import."""
    for count, row in enumerate(rows, 1):
        if count > MOST_ROWS:
            raise unfit_file(file, "最多 {most} 行，请拆分文件", "{most} rows at most; split the file",
                             most=f"{MOST_ROWS:,}")
        yield row
