"""The workbook of errors: the source's rows that failed, wrong cells marked, a message beside. Changes no data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter

from engine.runtime.services.imports.files import open_file
from engine.runtime.services.imports.rows import Cell, FileSpec, ended
from engine.runtime.services.imports.values import RowError
from engine.texts import say

ROW = say("行号", "Row")
WHAT = say("问题", "What is wrong")
LONGEST_NAME = 31                              # characters of a sheet's name
LONGEST_TEXT = 32_767
UNFIT_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", "_"))
DIGITS = 15                                    # a spreadsheet's numbers are exact so far


def write_errors(
    folder: Path, files: Sequence[FileSpec], errors: Sequence[RowError], target: BinaryIO, language: str
) -> int:
    """Write the workbook, a sheet per file that has errors; how many rows there are in it.

    The columns are those of the file, so that the rows can be put right there and imported again."""
    book = xlsxwriter.Workbook(target, {
        "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": False,
    })
    count = 0
    for spec in files:
        mine: dict[int, list[RowError]] = {}
        for error in errors:
            if error.file == spec.file:
                mine.setdefault(error.row, []).append(error)
        if mine:
            count += _Sheet(book, spec, language).write(folder, mine)
    if not book.worksheets():
        book.add_worksheet()
    book.close()
    return count


class _Sheet:
    """The sheet of one file."""

    def __init__(self, book: Any, spec: FileSpec, language: str) -> None:
        self.spec = spec
        self.language = language
        taken = {sheet.name.lower() for sheet in book.worksheets()}
        name = Path(spec.file).stem.translate(UNFIT_IN_NAMES)[:LONGEST_NAME - 3] or "errors"
        self.sheet = book.add_worksheet(name if name.lower() not in taken else f"{name} {len(taken) + 1}")
        self.bold = book.add_format({"bold": True})
        self.forms = {
            (kind, wrong): book.add_format({**style, **({"bg_color": "#FFC7CE"} if wrong else {})})
            for kind, style in (("text", {"quote_prefix": True}), ("plain", {}), ("day", {"num_format": "yyyy-mm-dd"}),
                                ("moment", {"num_format": "yyyy-mm-dd hh:mm:ss"}))
            for wrong in (False, True)
        }

    def write(self, folder: Path, errors: dict[int, list[RowError]]) -> int:
        opened = open_file(folder, self.spec)
        columns = [name for name in opened.columns if name]
        for index, heading in enumerate((*columns, WHAT.to(self.language), ROW.to(self.language))):
            self.sheet.write_string(0, index, heading, self.bold)
        line = 0
        with ended(opened.rows) as rows:
            for row in rows:
                found = errors.get(row.number)
                if found is not None:
                    line += 1
                    self._row(line, columns, row.cells, found)
                    self.sheet.write_number(line, len(columns) + 1, row.number)
                if line == len(errors):
                    break
        self.sheet.freeze_panes(1, 0)
        return line

    def _row(self, line: int, columns: Sequence[str], cells: Any, errors: Iterable[RowError]) -> None:
        wrong: dict[str, list[str]] = {}
        for error in errors:
            wrong.setdefault(error.column, []).append(error.message.to(self.language))
        for index, name in enumerate(columns):
            self._cell(line, index, cells.get(name), name in wrong)
            if name in wrong:
                self.sheet.write_comment(line, index, "\n".join(wrong[name])[:LONGEST_TEXT])
        said = [f"{name}: {text}" if name else text for name, texts in wrong.items() for text in texts]
        self.sheet.write_string(line, len(columns), "; ".join(said)[:LONGEST_TEXT], self.forms["text", True])

    def _cell(self, line: int, index: int, cell: Cell, wrong: bool) -> None:
        if cell is None or cell == "":
            self.sheet.write_blank(line, index, None, self.forms["plain", wrong])
        elif isinstance(cell, bool):
            self.sheet.write_boolean(line, index, cell, self.forms["plain", wrong])
        elif isinstance(cell, (int, Decimal)) and len(Decimal(cell).normalize().as_tuple().digits) <= DIGITS:
            self.sheet.write_number(line, index, float(cell), self.forms["plain", wrong])
        elif isinstance(cell, dt.date) and cell.year >= 1900:
            kind = "moment" if isinstance(cell, dt.datetime) else "day"
            self.sheet.write_datetime(line, index, cell, self.forms[kind, wrong])
        else:
            text = format(cell, "f") if isinstance(cell, Decimal) else str(cell)
            self.sheet.write_string(line, index, text[:LONGEST_TEXT], self.forms["text", wrong])
