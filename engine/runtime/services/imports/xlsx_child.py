"""Reads a sheet of an XLSX workbook row by row in a process of its own with little memory and time: JSON lines, as
`sheet_child` writes them for other spreadsheets.

It is run by its path, not imported: it must know nothing of the engine. The library of `sheet_child` reads whole
sheets, which takes some hundred MB for half a million rows; here a row is forgotten once it is written. Arguments: the
file, the sheet (blank: the first with contents), `head` or `rows`, bytes of memory, seconds. Exit code 3: it is too
large."""

import datetime as dt
import json
import re
import runpy
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.cell import ERROR_CODES

JAIL = Path(__file__).parent.parent / "jail.py"
TOO_LARGE = 3
CHUNK = 1 << 16
MOST_COLUMNS = 1_000
MOST_GAP = 1_000                               # blank rows that are told one by one
MOST_MERGED = 1_000
RETURN = "_x000D_"                             # how a sign is written that XML cannot hold
MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b[^<>]*?\bref=\"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})\"")
ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
PLAIN = (type(None), bool, int)


def cell_of(value: object) -> object:
    """A cell as JSON; blank is None, and so is an error."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, str):
        return None if value in ERROR_CODES else value.replace(RETURN, "\r") or None
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dt.datetime):
        return {"d": value.date().isoformat()} if value.time() == dt.time() else {"m": value.isoformat()}
    if isinstance(value, dt.time):
        return {"t": value.isoformat()}
    if isinstance(value, dt.timedelta):
        return {"t": (dt.datetime.min + value).time().isoformat()} if value < dt.timedelta(days=1) else str(value)
    return str(value)


def column_of(letters: bytes) -> int:
    """A is 1, AA is 27."""
    found = 0
    for letter in letters:
        found = found * 26 + letter - 64
    return found


def rows_of(sheet: Any) -> Iterator[Sequence[object]]:
    sheet.reset_dimensions()                   # what the file says of its size may be anything
    rows: Iterator[Sequence[object]] = sheet.iter_rows(values_only=True)
    return rows


def is_filled(sheet: Any) -> bool:
    """Whether anything stands in a sheet; it is read up to there."""
    return any(value is not None and value != "" for row in rows_of(sheet) for value in row)


def merged_in(book: Any, sheet: Any) -> list[list[int]]:
    """The merged cells of a sheet, which stand behind all its rows: top, left, bottom, right from 1."""
    found: list[list[int]] = []
    rest = b""
    with book._archive.open(sheet._worksheet_path) as file:
        while chunk := file.read(CHUNK):
            text = rest + chunk
            if b"mergeCell" in text:
                for left, top, right, bottom in MERGED.findall(text):
                    found.append([int(top), column_of(left), int(bottom), column_of(right)])
                if len(found) >= MOST_MERGED:
                    break
            rest = text[text.rfind(b"<"):]
            rest = b"" if len(rest) > CHUNK else rest
    return found[:MOST_MERGED]


def tell(thing: object) -> None:
    sys.stdout.write(ENCODE(thing) + "\n")


def head(book: Any, wanted: str) -> None:
    """Tell of the sheets, and which one is read."""
    sheets = {one.title: one for one in book.worksheets}
    seen = [name for name, one in sheets.items() if one.sheet_state == "visible"]
    filled = [wanted] if wanted in sheets else [name for name in seen if is_filled(sheets[name])]
    name = wanted if wanted and wanted not in sheets else (filled or seen or list(sheets))[0]
    merged = merged_in(book, sheets[name]) if name in sheets else []
    tell({"sheets": seen, "filled": filled, "sheet": name if name in sheets else "", "merged": merged})


def rows(book: Any, name: str) -> None:
    """Tell every row of a sheet, short ones as wide as those above them; of a long gap the first blank ones."""
    width = blank = 0
    for number, row in enumerate(rows_of(book[name]), 1):
        blank = 0 if row else blank + 1
        if blank > MOST_GAP:
            continue
        if len(row) > MOST_COLUMNS:
            raise MemoryError
        cells = [cell_of(value) for value in row]
        width = max(width, len(cells))
        tell([number, cells + [None] * (width - len(cells)) if row else cells])


def main(path: str, wanted: str, what: str, memory: int, seconds: int) -> None:
    """Write what is asked for to the standard output."""
    runpy.run_path(str(JAIL))["enclose"](memory, seconds)
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        head(book, wanted) if what == "head" else rows(book, wanted)
    except MemoryError:
        raise SystemExit(TOO_LARGE) from None


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")   # type: ignore[union-attr]
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
