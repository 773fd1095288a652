"""Reads a spreadsheet file in a process of its own with little memory and time, and writes its rows as JSON lines.

It is run by its path, not imported: it must know nothing of the engine, so that it starts at once. Arguments: the file,
the sheet (blank: the first with contents), `head` or `rows`, bytes of memory, seconds. The head tells of the sheets,
each row is `[number, [cells]]`: dates and times are `{"d": …}`, `{"m": …}`, `{"t": …}`, numbers are written exactly.
XLSX, of which files are large, is read row by row by `xlsx_child`."""

import datetime as dt
import json
import runpy
import sys
from pathlib import Path

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

JAIL = Path(__file__).parent.parent / "jail.py"


def main(path: str, wanted: str, what: str, memory: int, seconds: int) -> None:
    """Write what is asked for of the sheet to the standard output."""
    runpy.run_path(str(JAIL))["enclose"](memory, seconds)
    book = CalamineWorkbook.from_path(path)
    seen = [
        meta.name for meta in book.sheets_metadata
        if meta.visible == SheetVisibleEnum.Visible and meta.typ == SheetTypeEnum.WorkSheet
    ]
    if wanted and wanted not in book.sheet_names:
        tell({"sheets": seen, "sheet": ""})
        return
    filled = [wanted] if wanted else [name for name in seen if book.get_sheet_by_name(name).end is not None]
    name = filled[0] if filled else (seen or book.sheet_names)[0]
    sheet = book.get_sheet_by_name(name)
    merged = [[top + 1, left + 1, bottom + 1, right + 1]
              for (top, left), (bottom, right) in sheet.merged_cell_ranges or []]
    if what == "head":
        tell({"sheets": seen, "filled": filled, "sheet": name, "merged": merged[:1000]})
        return
    for number, row in enumerate(sheet.iter_rows(), 1):
        tell([number, [cell_of(value) for value in row]])


def tell(thing: object) -> None:
    sys.stdout.write(json.dumps(thing, ensure_ascii=False, allow_nan=False) + "\n")


def cell_of(value: object) -> object:
    """A cell as JSON: blank is null, whole numbers have no point."""
    if value == "":
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dt.datetime):
        return {"m": value.isoformat()}
    if isinstance(value, dt.date):
        return {"d": value.isoformat()}
    if isinstance(value, dt.time):
        return {"t": value.isoformat()}
    if isinstance(value, dt.timedelta):
        seconds = int(value.total_seconds())
        within = 0 <= seconds < 86_400
        clock = dt.time(seconds // 3600 % 24, seconds // 60 % 60, seconds % 60).isoformat()
        return {"t": clock} if within else str(value)
    return value


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
