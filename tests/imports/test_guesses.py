"""A mapping is guessed from the columns' names and used only when somebody agrees; errors come as a workbook."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from engine.cli import importing
from engine.cli.main import main
from engine.runtime.services import imports
from engine.runtime.services.imports.looking import look
from engine.runtime.services.imports.questions import Unclear
from engine.runtime.services.imports.rows import FileSpec
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database
from tests.imports.shop import APP, Shop


def guessed(shop: Shop, object: str, text: str) -> imports.Guess:
    app = shop.site.apps()[0].app
    shop.file("a.csv", text)
    return imports.guess(app, app.objects[object], look(shop.folder, FileSpec("a.csv"), ()))


def test_names_labels_and_what_looks_like_them(sqlite_shop: Shop) -> None:
    found = guessed(sqlite_shop, "customer", "Code (required),名称,Grades,Since *,Fax\nA,Alfreds,a,2020-01-01,1\n")
    assert found.fields == {"code": "Code (required)", "name": "名称", "grade": "Grades", "since": "Since *"}
    assert found.how == {"name": "name", "code": "similar", "grade": "similar", "since": "similar"}
    assert (found.left, found.key, found.certain) == (["Fax"], ("code",), False)


def test_links_by_their_key(sqlite_shop: Shop) -> None:
    found = guessed(sqlite_shop, "sales_order", "Number,CustomerCode,Date\n1,A,2020-01-01\n")
    assert found.fields["customer"] == {"column": "CustomerCode", "by": "code"}


def test_what_must_be_filled_takes_the_next_column(sqlite_shop: Shop) -> None:
    found = guessed(sqlite_shop, "customer", "Kunde,Firma\nA,Alfreds\n")
    assert found.fields == {"code": "Kunde", "name": "Firma"}
    assert set(found.how.values()) == {"order"} and not found.certain


def test_the_text_of_a_guess_is_a_mapping(sqlite_shop: Shop) -> None:
    found = guessed(sqlite_shop, "customer", "Code,Firm name: x,Fax\nA,Alfreds,1\n")
    text = imports.mapping_text(found, {"header": 1, "encoding": "utf-8"})
    assert imports.read_mapping(text, "map.yaml")["fields"] == found.fields
    assert "please check" in text and "# not imported: Fax" in text


def test_doubtful_days_and_numbers_are_asked_and_answered(sqlite_shop: Shop) -> None:
    sqlite_shop.file("a.csv", "Code;Name;limit;since\nA;Alfreds;1.234;01/02/2020\n")
    with pytest.raises(Unclear) as failure:
        sqlite_shop.run({"object": "customer", "file": "a.csv"})
    asked = {q.path: [c.value for c in q.choices] for q in failure.value.questions}
    assert asked == {"numbers": ["1.234,5", "1,234.5"], "dates": ["D/M/YYYY", "M/D/YYYY"]}
    answers = {"numbers": "1.234,5", "dates": ["D/M/YYYY"]}
    assert sqlite_shop.run({"object": "customer", "file": "a.csv", **answers}).created == 1
    [found] = sqlite_shop.records("customer")
    assert (found["limit"], found["since"]) == ("1234.00", "2020-02-01")


@pytest.mark.parametrize(("cells", "value"), [
    ("1.234;5,50", "1234.00"), ("1.234;5.5", "1.234"), ("1.234.567;1", "1234567.00"), ("£512.20;1", "512.20"),
])
def test_other_cells_tell_how_numbers_are_written(sqlite_shop: Shop, cells: str, value: str) -> None:
    first, second = cells.split(";")
    sqlite_shop.file("a.csv", f"Code;Name;limit\nA;Alfreds;{first}\nB;Ana;{second}\n")
    assert sqlite_shop.run({"object": "customer", "file": "a.csv"}).failed == 0
    assert sqlite_shop.records("customer")[0]["limit"] == value


@pytest.mark.parametrize(("content", "path"), [
    ("Code,Name\nA,Łódź\n".encode("cp1250"), "encoding"),
    ("Code,Name\nA,Привет\n".encode("cp1251"), "encoding"),
    (b"Code,Name;x\nA,B;y\n", "separator"),
])
def test_doubtful_files_are_asked(sqlite_shop: Shop, content: bytes, path: str) -> None:
    (sqlite_shop.folder / "a.csv").write_bytes(content)
    with pytest.raises(Unclear) as failure:
        sqlite_shop.run({"object": "customer", "file": "a.csv"})
    assert [question.path for question in failure.value.questions] == [path]
    assert failure.value.questions[0].choices


def test_the_workbook_of_errors(sqlite_shop: Shop) -> None:
    rows = "Code,Name,limit,since\nA,Alfreds,5,2020-01-01\nB,,x,2020-01-02\nC,=1+1,-1,2020-01-03\n"
    sqlite_shop.file("a.csv", rows)
    report = sqlite_shop.run({"object": "customer", "file": "a.csv"})
    assert (report.created, report.failed) == (1, 2)
    target = io.BytesIO()
    assert imports.write_errors(sqlite_shop.folder, report.files, report.errors, target, "en") == 2
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(target.getvalue())).get_sheet_by_index(0).to_python()
    assert sheet[0] == ["Code", "Name", "limit", "since", "What is wrong", "Row"]
    assert sheet[1][:3] == ["B", "", "x"] and "limit:" in sheet[1][4] and sheet[1][5] == 3
    assert sheet[2][1] == "=1+1" and sheet[2][5] == 4
    (sqlite_shop.folder / "again.xlsx").write_bytes(target.getvalue())
    assert sqlite_shop.run({"object": "customer", "file": "again.xlsx"}).failed == 2   # the same rows, as a file


@pytest.fixture
def published(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    database = Database(sqlite_url)
    site = Site(database)
    site.publish({"app.yaml": APP})
    monkeypatch.setattr(importing, "open_site", lambda: site)
    yield site
    database.close()


def command(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["import", *arguments])
    return int(left.value.code or 0)


def test_the_command_shows_a_guess_and_waits(
    published: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("Code no.,Name,limit\nA,Alfreds,x\nB,Ana,5\n", encoding="utf-8")
    assert command("shop.customer", str(file)) == 1
    assert "--yes" in capsys.readouterr().err
    assert command("shop.customer", str(file), "--guess") == 0
    (tmp_path / "map.yaml").write_text(capsys.readouterr().out, encoding="utf-8")
    errors = tmp_path / "errors.xlsx"
    assert command(str(tmp_path / "map.yaml"), "--app", "shop", "--errors", str(errors)) == 1
    out = capsys.readouterr().out
    assert "a.csv:2: limit:" in out and "created 1, updated 0, unchanged 0, acted 0, failed 1" in out
    assert CalamineWorkbook.from_path(str(errors)).get_sheet_by_index(0).to_python()[1][0] == "A"


def test_the_command_asks_what_is_not_clear(
    published: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("Code,Name,since\nA,Alfreds,01/02/2020\n", encoding="utf-8")
    assert command("shop.customer", str(file)) == 1
    assert "how is the day 01/02/2020 to be read" in capsys.readouterr().err
    assert command("shop.customer", str(file), "--dates", "D/M/YYYY", "--dry-run") == 0
    assert "rehearsed: created 1" in capsys.readouterr().out
    assert command("shop.customer", str(file), "--dates", "D/M/YYYY") == 0
    file.write_bytes(b"\x00\x01")
    assert command("shop.customer", str(file), "--yes") == 1
    assert "no column belongs to a field" in capsys.readouterr().err
