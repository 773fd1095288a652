"""XLSX is read row by row: the same cells as a library that reads whole sheets gives, in little memory at any size."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import zipfile
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from engine.errors import Invalid
from engine.runtime.services.imports import sheets
from engine.runtime.services.imports.files import open_file
from engine.runtime.services.imports.rows import FileSpec
from engine.runtime.services.imports.sheets import sheet_grid

TEXTS = ["text", "  kept ", "a\nb", "a\rb", "_x0041_", "=x", "<&>", "𠮷中文", "'1"]
NUMBERS = [0, 1, -1.5, 0.1, 4.9500000000000002, 1e20, 123456789012345678]
FORMATS = ["yyyy-mm-dd", "yyyy-mm-dd hh:mm", "hh:mm", "[h]:mm:ss", "0.00", '"day" 0', "[Red]0.00", "General", "0_d",
           '[$-804]yyyy"年"m"月"d"日"', '#,##0.00\\ "d"', "[Blue]General", 'h"时"mm"分"', "@"]
MOMENTS = [0, 0.5, 1, 1.25, 59, 60, 61, 40521.534722222223, 44000, 2958465]
KB, MANY = 1024, 20_000
ROW_BYTES = 200                                # the library keeps a mark of each row


def every_kind(path: Path) -> None:
    """A workbook with every kind of cell, gaps, merged cells, a hidden sheet and an empty one."""
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("Empty")
    sheet = book.add_worksheet("One")
    book.add_worksheet("Hidden").hide()
    for row, text in enumerate(TEXTS):
        sheet.write_string(row, 1, text)
        sheet.write_boolean(row, 2, row % 2 == 0)
    for row, number in enumerate(NUMBERS, len(TEXTS) + 3):
        sheet.write_number(row, 0, number)
    for column, form in enumerate(FORMATS):
        style = book.add_format({"num_format": form})
        for row, moment in enumerate(MOMENTS, 30):
            sheet.write_number(row, column, moment, style)
    for column, (formula, last) in enumerate({"=1+1": "two", "=1/0": "#DIV/0!", "=2": 2.5, "=TRUE": True}.items()):
        sheet.write_formula(50, column, formula, None, last)
    sheet.write_rich_string(51, 0, book.add_format({"bold": True}), "bold", " and not")
    sheet.merge_range(52, 1, 53, 3, "merged")
    book.close()


def as_read(value: object) -> object:
    """A cell of the library as imports see it."""
    if isinstance(value, dt.timedelta):
        return (dt.datetime(1900, 1, 1) + value).time() if value < dt.timedelta(days=1) else str(value)
    return None if value == "" else value


def test_every_cell_reads_as_a_library_reads_it(tmp_path: Path) -> None:
    every_kind(tmp_path / "a.xlsx")
    grid = sheet_grid(tmp_path / "a.xlsx", FileSpec("a.xlsx"))
    assert (grid.sheet, grid.sheets, len(grid.merged)) == ("One", ("One",), 1)
    assert (grid.merged[0].top, grid.merged[0].left, grid.merged[0].right) == (53, 2, 4)
    expected = CalamineWorkbook.from_path(str(tmp_path / "a.xlsx")).get_sheet_by_name("One").to_python(
        skip_empty_area=False
    )
    found = dict(grid.rows())
    assert len(expected) >= 53
    for number, cells in enumerate(expected, 1):
        for mine, theirs in zip_longest(found.get(number, []), map(as_read, cells)):
            same = float(mine) == theirs if isinstance(theirs, float) and mine is not None else mine == theirs
            assert same, (number, mine, theirs)


def crafted(path: Path, rows: str, shared: str = "", prefix: str = "", before: str = "") -> Path:
    """A workbook of the fewest parts, with these rows."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relation = '<Relationship Id="{0}" Type="' + office + '/{1}" Target="{2}"/>'
    relations = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    name = f"xmlns:{prefix[:-1]}" if prefix else "xmlns"
    kind = '<Override PartName="/book/{0}.xml" ContentType="application/vnd.openxmlformats-officedocument.' \
           'spreadsheetml.{1}+xml"/>'
    parts = {"book": "sheet.main", "data": "worksheet", "texts": "sharedStrings"}
    kinds = "".join(kind.format(*one) for one in parts.items())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
                                                f'content-types">{kinds}</Types>')
        archive.writestr("_rels/.rels", relations.format(relation.format("r1", "officeDocument", "/book/book.xml")))
        archive.writestr("book/_rels/book.xml.rels", relations.format(
            relation.format("a", "worksheet", "data.xml") + relation.format("b", "sharedStrings", "texts.xml")))
        archive.writestr("book/book.xml", f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
                                          '<sheet name="Data" sheetId="1" r:id="a"/></sheets></workbook>')
        archive.writestr("book/texts.xml", f'<sst xmlns="{main}">{shared}</sst>')
        archive.writestr("book/data.xml", f'{before}<{prefix}worksheet {name}="{main}"><{prefix}sheetData>{rows}'
                                          f"</{prefix}sheetData></{prefix}worksheet>")
    return path


def test_what_other_programs_write(tmp_path: Path) -> None:
    """Names with a prefix, rows and cells without an address, how a text is pronounced."""
    crafted(
        tmp_path / "a.xlsx",
        '<x:row><x:c t="inlineStr"><x:is><x:t>code</x:t></x:is></x:c><x:c t="s"><x:v>0</x:v></x:c></x:row>'
        '<x:row r="4"><x:c r="B4"><x:f>1+1</x:f><x:v>2</x:v></x:c></x:row>',
        '<si><r><t>na</t></r><r><t>me</t></r><rPh sb="0" eb="4"><t>NAMAE</t></rPh></si>', prefix="x:",
    )
    opened = open_file(tmp_path, FileSpec("a.xlsx"))
    assert opened.columns == ("code", "name") and [(row.number, row.cells["name"]) for row in opened.rows] == [(4, 2)]


ROW = '<row><c t="s"><v>0</v></c><c><v>12.5</v></c></row>'


HELD = """
import runpy, sys
runpy.run_path(sys.argv[1])["main"](sys.argv[2], "Data", "rows", int(sys.argv[3]), 60)
lines = open("/proc/self/status").read().splitlines()
print(*(line.split()[1] for line in lines if line.startswith("VmHWM")), file=sys.stderr)
"""


def most_held(path: Path) -> int:
    """The most memory in KB that the process holds which reads all rows of a workbook (Linux)."""
    program, memory = sheets.STREAMED
    told = subprocess.run([sys.executable, "-I", "-c", HELD, str(program), str(path), str(memory)],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    return int(told.stderr)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells")
def test_memory_hardly_grows_with_the_rows(tmp_path: Path) -> None:
    few = most_held(crafted(tmp_path / "few.xlsx", ROW * 100, "<si><t>A</t></si>"))
    many = most_held(crafted(tmp_path / "many.xlsx", ROW * MANY, "<si><t>A</t></si>"))
    assert many - few < MANY * ROW_BYTES / KB, (few, many)


def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: str, **given: Any) -> None:
    monkeypatch.setattr(sheets, "CHILDREN", {".xlsx": [(sheets.STREAMED[0], 100_000_000)]})
    crafted(tmp_path / "a.xlsx", **given)
    with pytest.raises(Invalid, match=message):
        list(open_file(tmp_path, FileSpec("a.xlsx")).rows)


def test_texts_beyond_the_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = "".join(f"<si><t>{number:0200}</t></si>" for number in range(200_000))
    monkeypatch.setattr(sheets, "MOST_RATIO", 10_000)
    refused(tmp_path, monkeypatch, "too large", rows=ROW, shared=many)


def test_a_document_type_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entity = '<!DOCTYPE worksheet [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    row = '<row><c t="inlineStr"><is><t>&b;</t></is></c></row>'
    refused(tmp_path, monkeypatch, "no spreadsheet", rows=row, before=entity)


BROKEN = ['<row><c t="s"><v>7</v></c></row>', "<row><c><v>x</v></c></row>",
          '<row r="x"/>', "<row>"]


@pytest.mark.parametrize("row", BROKEN)
def test_what_is_no_sheet_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str) -> None:
    refused(tmp_path, monkeypatch, "no spreadsheet", rows=row, shared="<si><t>A</t></si>")
