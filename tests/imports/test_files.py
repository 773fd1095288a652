"""Files of every format give the same rows, with the numbers that an editor shows."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.runtime.services.imports.delimited import guess_encoding, guess_separator, unguarded
from engine.runtime.services.imports.files import open_file
from engine.runtime.services.imports.json_lines import read_line
from engine.runtime.services.imports.rows import FileSpec, Row
from engine.runtime.services.lists.exports import CsvWriter

D = Decimal
CHINESE = "编号,客户\n1,杭州五金有限公司\n2,上海贸易\n"
WESTERN = "id,name\n1,Bólido Comidas\n2,Müller Straße\n"


def read(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8", **spec: Any) -> list[Row]:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return list(open_file(folder, FileSpec(name, **spec)).rows)


def cells(rows: list[Row]) -> list[tuple[int, dict[str, Any]]]:
    return [(row.number, dict(row.cells)) for row in rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_chinese(tmp_path: Path, encoding: str) -> None:
    found = read(tmp_path, "a.csv", CHINESE, encoding)
    assert cells(found) == [(2, {"编号": "1", "客户": "杭州五金有限公司"}), (3, {"编号": "2", "客户": "上海贸易"})]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "latin-1"])
def test_western(tmp_path: Path, encoding: str) -> None:
    names = [row.cells["name"] for row in read(tmp_path, "a.csv", WESTERN, encoding)]
    assert names == ["Bólido Comidas", "Müller Straße"]


def test_a_named_encoding_wins(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("id\nŁódź\n".encode("cp1250"))
    assert next(open_file(tmp_path, FileSpec("a.csv", encoding="cp1250")).rows).cells == {"id": "Łódź"}


@pytest.mark.parametrize(("encoding", "why"), [("ascii", "this is not ascii"), ("klingon", "no encoding klingon")])
def test_a_wrong_encoding_is_named(tmp_path: Path, encoding: str, why: str) -> None:
    (tmp_path / "a.csv").write_bytes(WESTERN.encode())
    with pytest.raises(Invalid, match=why):
        open_file(tmp_path, FileSpec("a.csv", encoding=encoding))


def test_a_wrong_character_far_down_is_an_error_not_a_guess(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"id,name\n" + b"1,plain\n" * 150_000 + "2,Müller\n".encode("cp1252"))
    rows = open_file(tmp_path, FileSpec("a.csv")).rows
    with pytest.raises(Invalid, match="utf-8"):
        list(rows)


def test_a_cut_character_does_not_mislead() -> None:
    assert guess_encoding("编号".encode()[:-1]) == "utf-8"
    assert guess_encoding(b"plain") == "utf-8"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators(tmp_path: Path, separator: str) -> None:
    text = f"id{separator}name\n1{separator}\"a{separator}b\"\n2{separator}c\n"
    assert guess_separator(text) == separator
    assert [row.cells["name"] for row in read(tmp_path, "a.csv", text)] == [f"a{separator}b", "c"]


def test_commas_inside_semicolon_files(tmp_path: Path) -> None:
    assert read(tmp_path, "a.csv", "id;price\n1;1,5\n2;2,5\n")[0].cells == {"id": "1", "price": "1,5"}
    assert read(tmp_path, "b.csv", "name\na|b\n", separator=",")[0].cells == {"name": "a|b"}


def test_rows_count_as_an_editor_counts(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", 'title\n\n id , note \n1,"two\nlines"\n\n2,x\n,\n', header=(3,))
    assert cells(found) == [(4, {"id": "1", "note": "two\nlines"}), (7, {"id": "2", "note": "x"})]


def test_cells_beyond_the_header_are_a_fault(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "a,b\n1,2,3\n4\n5,6,\n")
    assert [row.fault is None for row in found] == [False, True, True]
    assert found[1].cells == {"a": "4"}


@pytest.mark.parametrize(("content", "why"), [
    ("", "header"), ("a,a\n1,2\n", "twice"), ('a,b\n"1,2\n', "quote"), ("\n\n", "header"),
    (",".join(f"c{n}" for n in range(201)) + "\n", "200"),
])
def test_unreadable_text_files(tmp_path: Path, content: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        read(tmp_path, "a.csv", content)


@pytest.mark.parametrize("name", ["../a.csv", "/etc/passwd", "sub/../../a.csv"])
def test_no_file_outside_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "a.csv").write_text("a\n1\n")
    with pytest.raises(Invalid, match="inside"):
        open_file(folder, FileSpec(name))


def test_a_link_does_not_lead_outside(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "a.csv").write_text("a\n1\n")
    (folder / "b.csv").symlink_to(tmp_path / "a.csv")
    with pytest.raises(Invalid, match="inside"):
        open_file(folder, FileSpec("b.csv"))


def test_missing_and_unknown_files(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no such file"):
        open_file(tmp_path, FileSpec("a.csv"))
    (tmp_path / "a.docx").write_text("x")
    with pytest.raises(Invalid, match="unknown type"):
        open_file(tmp_path, FileSpec("a.docx"))


# ---- sheets


def sheet(path: Path, rows: list[list[Any]], *, above: int = 0) -> None:
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False})
    book.add_worksheet("empty")
    page = book.add_worksheet("数据")
    for number, row in enumerate(rows):
        page.write_row(number + above, 0, row)
    book.close()


def test_a_sheet(tmp_path: Path) -> None:
    rows = [["id", "name", 2024, "day"], [10248, "=x", 0.1, dt.date(2026, 3, 31)], [], ["007", True, 1e15]]
    sheet(tmp_path / "a.xlsx", rows)
    found = list(open_file(tmp_path, FileSpec("a.xlsx", sheet="数据")).rows)
    assert cells(found) == [
        (2, {"id": D(10248), "name": "=x", "2024": D("0.1"), "day": dt.date(2026, 3, 31)}),
        (4, {"id": "007", "name": True, "2024": D(10**15), "day": None}),
    ]
    assert all(type(cell) is not float for row in found for cell in row.cells.values())


def test_a_sheet_that_starts_further_down(tmp_path: Path) -> None:
    sheet(tmp_path / "a.xlsx", [["id"], [1], [2]], above=3)
    found = list(open_file(tmp_path, FileSpec("a.xlsx", sheet="数据")).rows)
    assert cells(found) == [(5, {"id": D(1)}), (6, {"id": D(2)})]


def test_sheets_that_are_not_there(tmp_path: Path) -> None:
    sheet(tmp_path / "a.xlsx", [["id"], [1]])
    with pytest.raises(Invalid, match="empty, 数据"):
        open_file(tmp_path, FileSpec("a.xlsx", sheet="Data"))
    assert [row.cells for row in open_file(tmp_path, FileSpec("a.xlsx")).rows] == [{"id": D(1)}]   # the filled one
    book = xlsxwriter.Workbook(str(tmp_path / "b.xlsx"))
    book.add_worksheet("empty")
    book.close()
    with pytest.raises(Invalid, match="header"):
        open_file(tmp_path, FileSpec("b.xlsx"))


def archive(path: Path, entries: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in entries.items():
            book.writestr(name, content)


@pytest.mark.parametrize("entries", [
    {"xl/sheet.xml": b"0" * 5_000_000}, {"../evil.xml": b"x"}, {"/etc/x": b"x"}, {"a\\..\\b": b"x"},
    {f"f{n}": b"x" for n in range(201)},
], ids=["bomb", "up", "absolute", "backslash", "many"])
def test_odd_archives(tmp_path: Path, entries: dict[str, bytes]) -> None:
    archive(tmp_path / "a.xlsx", entries)
    with pytest.raises(Invalid, match="odd"):
        open_file(tmp_path, FileSpec("a.xlsx"))


@pytest.mark.parametrize("content", [b"no zip", b"PK\x03\x04broken", b""])
def test_no_spreadsheet(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(Invalid, match="spreadsheet"):
        open_file(tmp_path, FileSpec("a.xlsx"))


def test_an_archive_that_is_no_spreadsheet(tmp_path: Path) -> None:
    archive(tmp_path / "a.xlsx", {"hello.txt": b"x"})
    with pytest.raises(Invalid, match="no spreadsheet"):
        open_file(tmp_path, FileSpec("a.xlsx"))


# ---- JSON lines


def test_json_lines(tmp_path: Path) -> None:
    found = read(tmp_path, "a.jsonl", '{"id": 1, "price": 0.1}\n\n{"id": 2, "lines": [{"qty": "3"}]}\nnot json\n[1]\n')
    assert cells(found)[:2] == [(1, {"id": 1, "price": D("0.1")}), (3, {"id": 2, "lines": [{"qty": "3"}]})]
    assert [(row.number, row.fault is None) for row in found] == [(1, True), (3, True), (4, False), (5, False)]
    assert open_file(tmp_path, FileSpec("a.jsonl")).columns == ("id", "price", "lines")


@pytest.mark.parametrize("line", ['{"a": NaN}', '{"a": 1, "a": 2}', '{"a": -Infinity}', "[" * 100_000, "1", '"x"', "{"])
def test_bad_lines_of_json(line: str) -> None:
    assert read_line("a.jsonl", 7, line).fault is not None


def test_empty_json_lines(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no data"):
        read(tmp_path, "a.jsonl", "\n\n")


PLAIN = st.none() | st.booleans() | st.integers() | st.text()


@given(rows=st.lists(st.dictionaries(st.text(min_size=1), PLAIN, min_size=1)))
def test_json_lines_round_trip(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    if rows:
        assert [row.cells for row in read(tmp_path, "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))] == rows


TEXTS = st.text(st.characters(exclude_characters="\x00\r", exclude_categories=("Cs",)))


@given(rows=st.lists(st.lists(TEXTS, min_size=2, max_size=2).filter(any)))
def test_exported_texts_come_back(tmp_path: Path, rows: list[list[str]]) -> None:
    target = io.BytesIO()
    writer = CsvWriter(target)
    for row in [["a", "b"], *rows]:
        writer.row(row)
    writer.close()
    found = read(tmp_path, "a.csv", target.getvalue(), separator=",")
    assert [[row.cells["a"], row.cells["b"]] for row in found] == rows
    written = csv.reader(io.StringIO(target.getvalue().decode("utf-8-sig"), newline=""))
    for cell in (cell for row in written for cell in row):
        assert not cell.startswith(tuple("=+-@\t＝＋－＠"))


def test_apostrophes() -> None:
    assert unguarded("'=1+1") == "=1+1"
    assert unguarded("'hello'") == "'hello'"
    assert unguarded("''-x") == "'-x"
