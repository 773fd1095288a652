"""Reads the sheet of a spreadsheet file, after looking at its archive. Takes the values that formulas last had."""

from __future__ import annotations

import datetime as dt
import stat
import zipfile
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from engine.runtime.services.imports.rows import Cell, FileSpec, Opened, Row, header_of, row_of, unfit_file

MOST_ENTRIES = 200
MOST_ENTRY = 50_000_000
MOST_TOTAL = 100_000_000
MOST_RATIO = 100
SMALL = 1_000_000                              # below this any ratio is harmless


def open_sheet(path: Path, spec: FileSpec) -> Opened:
    """The columns and rows of one sheet: the one named, else the first."""
    check_archive(path, spec.file)
    try:
        book = CalamineWorkbook.from_path(str(path))
        if spec.sheet and spec.sheet not in book.sheet_names:
            raise unfit_file(spec.file, "没有工作表 {name}，有：{known}",
                             "there is no sheet {name}; there are: {known}", name=spec.sheet,
                             known=", ".join(book.sheet_names))
        sheet = book.get_sheet_by_name(spec.sheet) if spec.sheet else book.get_sheet_by_index(0)
    except (CalamineError, OSError) as error:
        raise unfit_file(spec.file, "不是可读的电子表格", "this is no spreadsheet that can be read") from error
    cells = _cells(sheet)
    for number, found in cells:
        if number >= spec.header and any(cell is not None for cell in found):
            columns = header_of(spec.file, [_plain(cell) for cell in found])
            return Opened(columns, _rows(spec, columns, cells))
    raise unfit_file(spec.file, "没有表头", "there is no header row")


def _cells(sheet: CalamineSheet) -> Iterator[tuple[int, list[Cell]]]:
    for number, found in enumerate(sheet.iter_rows(), 1):      # blank rows above the first filled one are given too
        yield number, [cell_of(value) for value in found]


def cell_of(value: Any) -> Cell:
    """A cell's value: numbers exact by their shortest notation, whole ones without a point; blank is None."""
    if value == "" or value is None:
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        number = Decimal(repr(value))
        return Decimal(int(number)) if number == number.to_integral_value() else number
    if isinstance(value, dt.timedelta):
        seconds = int(value.total_seconds())
        return dt.time(seconds // 3600, seconds // 60 % 60, seconds % 60) if 0 <= seconds < 86_400 else str(value)
    found: Cell = value
    return found


def _plain(cell: Cell) -> object:
    return format(cell, "f") if isinstance(cell, Decimal) else cell


def _rows(spec: FileSpec, columns: tuple[str, ...], cells: Iterable[tuple[int, list[Cell]]]) -> Iterator[Row]:
    for number, found in cells:
        row = row_of(spec.file, number, columns, found)
        if row is not None:
            yield row


def check_archive(path: Path, file: str) -> None:
    """Refuse archives made to swell or to escape, before anything is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = list(islice(archive.infolist(), MOST_ENTRIES + 1))
    except (zipfile.BadZipFile, OSError) as error:
        raise unfit_file(file, "不是可读的电子表格", "this is no spreadsheet that can be read") from error
    names = [entry.filename for entry in entries]
    odd = len(entries) > MOST_ENTRIES or len(set(names)) < len(names) or any(_is_odd(entry) for entry in entries)
    if odd or sum(entry.file_size for entry in entries) > MOST_TOTAL:
        raise unfit_file(file, "电子表格的结构可疑或过大，请另存为新文件或 CSV",
                         "the spreadsheet's archive looks odd or is too large; save it anew, or as CSV")


def _is_odd(entry: zipfile.ZipInfo) -> bool:
    swells = entry.file_size > SMALL and entry.file_size > MOST_RATIO * max(entry.compress_size, 1)
    escapes = entry.filename.startswith(("/", "\\")) or ".." in Path(entry.filename.replace("\\", "/")).parts
    special = bool(entry.flag_bits & 1) or stat.S_ISLNK(entry.external_attr >> 16)
    return swells or escapes or special or entry.file_size > MOST_ENTRY
