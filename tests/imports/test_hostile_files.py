"""Spreadsheets made to hurt: refused with a message, in bounded memory and time."""

from __future__ import annotations

import io
import resource
import struct
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from engine.errors import Invalid
from engine.runtime.services.imports import sheets
from engine.runtime.services.imports.files import open_file
from engine.runtime.services.imports.rows import FileSpec


def book_with(path: Path, cells: list[tuple[int, int, object]]) -> None:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for row, column, value in cells:
        sheet.write(row, column, value)
    book.close()


def test_two_cells_that_span_a_whole_sheet(tmp_path: Path) -> None:
    book_with(tmp_path / "a.xlsx", [(0, 0, "code"), (1_048_575, 16_383, "far away")])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Invalid, match="too large"):
        list(open_file(tmp_path, FileSpec("a.xlsx")).rows)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000, "the parent does not pay for it"


def test_an_archive_that_lies_about_its_size(tmp_path: Path) -> None:
    book_with(tmp_path / "good.xlsx", [(0, 0, "code"), (1, 0, "A")])
    with zipfile.ZipFile(tmp_path / "good.xlsx") as good:
        parts = {entry.filename: good.read(entry) for entry in good.infolist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(b"<sheetData>", b"<sheetData>" + b" " * 300_000_000)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bad:
        for part, content in parts.items():
            bad.writestr(part, content)
    true_size = struct.pack("<L", len(parts[name]))
    (tmp_path / "a.xlsx").write_bytes(target.getvalue().replace(true_size, struct.pack("<L", 1_000)))
    parts.clear()
    with pytest.raises(Invalid):
        list(open_file(tmp_path, FileSpec("a.xlsx")).rows)


def test_formulas_give_their_last_value_and_are_never_computed(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["code", "price"])
    sheet.write(1, 0, "A")
    sheet.write_formula(1, 1, '=WEBSERVICE("http://127.0.0.1/")', None, 42)
    book.close()
    [row] = open_file(tmp_path, FileSpec("a.xlsx")).rows
    assert row.cells == {"code": "A", "price": 42}


def test_a_reader_that_is_left_alone_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book_with(tmp_path / "a.xlsx", [(n, 0, f"row {n}") for n in range(20_000)])
    children: list[subprocess.Popen[str]] = []
    real = subprocess.Popen

    def watched(*arguments: Any, **options: Any) -> subprocess.Popen[str]:
        children.append(real(*arguments, **options))
        return children[-1]

    monkeypatch.setattr(sheets.subprocess, "Popen", watched)
    rows = open_file(tmp_path, FileSpec("a.xlsx")).rows
    next(rows)
    rows.close()  # type: ignore[attr-defined]
    assert children and all(child.returncode is not None for child in children)


def test_an_ods_that_is_too_large_to_be_read_whole_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_WHOLE", 1000)
    path = tmp_path / "large.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", "<a/>" * 300)
    with pytest.raises(Invalid, match="about a million cells at most .* save it as XLSX or CSV"):
        sheets.check_archive(path, path.name)
