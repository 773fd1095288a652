"""Awkward files of other people: each gives what its owner meant, or a question that names the key which answers it."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.runtime.services import imports, reading
from engine.runtime.services.imports.files import open_file
from engine.runtime.services.imports.looking import look
from engine.runtime.services.imports.questions import Unclear
from engine.runtime.services.imports.rows import FileSpec
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database
from tests.imports.shop import IMPORTER

DATA = Path(__file__).parents[3] / "shared" / "data" / "spreadsheets"
APP = """
app: shop
languages: [zh, en]
currency: GBP
roles: {importer: 导入员}
objects:
  payment:
    fields:
      line: {type: integer, en: Line Number}
      day: {type: date, required: true, en: Posting Date}
      merchant: {type: text, en: MCH.Merchant Name}
      code: {type: text, en: MCH.Merchant Category Code (MCC)}
      amount: {type: money, en: FIN.Transaction Amount}
      what: {type: text, en: Description}
  item:
    fields:
      text: {type: text, zh: 字符串标题}
      moment: {type: datetime, zh: 日期标题}
      number: {type: integer, zh: 数字标题}
  person: {fields: {name: {type: text, zh: 姓名}, age: {type: integer, zh: 年纪}}}
  artist:
    key: name
    fields:
      name: {type: text, required: true}
      profession: {type: text, required: true}
      age: integer
      has_kids: {type: boolean, en: Has kids}
      born: {type: date, en: Date of birth}
      died: {type: date, en: Date of death}
  thing: {fields: {truth: boolean, number: decimal, moment: datetime, text: text, note: text}}
  figure: {fields: {name: text, first: integer, second: integer}}
  award: {fields: {day: {type: date, en: Date}, nominee: {type: text, en: Nominee}, level: text, amount: money}}
access: {any: {importer: full}}
"""

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the spreadsheets are not beside the checkout")


@pytest.fixture
def site(sqlite_url: str) -> Iterator[Site]:
    database = Database(sqlite_url)
    site = Site(database)
    site.publish({"app.yaml": APP})
    yield site
    database.close()


def run(site: Site, object: str, file: str, **mapping: Any) -> imports.Report:
    return imports.run(site, "shop", {"object": object, "file": file, **mapping}, DATA, IMPORTER)


def found(site: Site, object: str) -> list[dict[str, Any]]:
    with site.read("shop", IMPORTER) as tx:
        records = reading.page(tx, object, reading.Query(limit=200)).items
        return [dict(record.values) for record in sorted(records, key=lambda record: record.id or 0)]


def asked(site: Site, object: str, file: str, **mapping: Any) -> list[tuple[str, list[Any]]]:
    with pytest.raises(Unclear) as failure:
        run(site, object, file, **mapping)
    return [(question.path, [choice.value for choice in question.choices]) for question in failure.value.questions]


def test_title_rows_pounds_and_days_first(site: Site) -> None:
    report = run(site, "payment", "card_spend_blank_rows_title.csv")
    assert (report.created, report.failed) == (5, 0)
    with (DATA / "expected" / "card_spend_blank_rows_title.clean.csv").open(encoding="utf-8", newline="") as file:
        wanted = list(csv.DictReader(file))
    for row, expected in zip(found(site, "payment"), wanted, strict=True):
        assert row["line"] == Decimal(expected["Line Number"])
        assert row["day"] == dt.datetime.strptime(expected["Posting Date"], "%d/%m/%Y").date()
        assert row["amount"] == Decimal(expected["FIN.Transaction Amount"].removeprefix("£"))
        assert (row["merchant"], row["what"]) == (expected["MCH.Merchant Name"], expected["Description"].strip())
    said = [note.to("en") for note in report.notes]
    assert any("row 6" in note for note in said) and any("D/M/YYYY" in note for note in said), said


def test_gbk(site: Site) -> None:
    report = run(site, "item", "gbk_encoded.csv")
    assert (report.created, report.failed) == (10, 0)
    assert "encoding: gb18030" in [note.to("en") for note in report.notes]
    first = found(site, "item")[0]
    assert (first["text"], first["number"]) == ("字符串0", 1)


def test_a_byte_order_mark_is_no_part_of_a_name(site: Site) -> None:
    assert (run(site, "person", "utf8_bom.csv").created, len(found(site, "person"))) == (10, 10)
    assert found(site, "person")[0] == {"name": "姓名0", "age": Decimal(20)}


def test_notes_around_a_table_are_no_records(site: Site) -> None:
    file = "title_notes_merged_cells.xlsx"
    assert asked(site, "artist", file) == [("sheet", ["arts", "other"])]
    assert asked(site, "artist", file, sheet="arts") == [("until", [15, 19])]
    report = run(site, "artist", file, sheet="arts", until=15)
    assert (report.created, report.failed) == (10, 0)
    first = found(site, "artist")[0]
    assert first == {"name": "David Bowie", "profession": "musician", "age": Decimal(69), "has_kids": True,
                     "born": dt.date(1947, 1, 8), "died": dt.date(2016, 1, 10)}


def test_a_header_that_nobody_knows_is_asked_for() -> None:
    questions = look(DATA, FileSpec("title_notes_merged_cells.xlsx", sheet="arts"), ()).questions
    assert [q.path for q in questions] == ["header"]
    assert [choice.value for choice in questions[0].choices] == [3, 5]
    assert "Name, Profession" in questions[0].choices[1].label


TYPES = [
    ("logical_coercion", "truth", "maybe boolean?", {5: "2016", 8: "cabbage"}),
    ("numeric_coercion", "number", "maybe numeric?", {3: "true", 4: "false", 5: "2014", 8: "cabbage"}),
    ("date_coercion", "moment", "maybe a datetime?", {5: "true", 6: "cabbage", 7: "4.3", 8: "39448"}),
    ("text_coercion", "text", "text", {}),
]


@pytest.mark.parametrize(("sheet", "field", "column", "wrong"), TYPES, ids=[one[0] for one in TYPES])
def test_mixed_types(site: Site, sheet: str, field: str, column: str, wrong: dict[int, str]) -> None:
    second = "description" if field == "truth" else "explanation"
    report = run(site, "thing", "mixed_types_per_column.xlsx", sheet=sheet, fields={field: column, "note": second})
    assert [(error.row, error.column) for error in report.errors] == [(row, column) for row in wrong]
    assert report.created + report.failed == {"truth": 10, "number": 7, "moment": 7, "text": 6}[field]
    if field == "text":
        texts = [row["text"] for row in found(site, "thing")]
        assert texts == [None, "cabbage", "true", "1.3", "2016-09-24", "36436153"]


def test_a_header_of_several_levels(site: Site) -> None:
    file = "three_level_header_crosstab.xlsx"
    assert asked(site, "figure", file, sheet="Data") == [("header", [[1, 2, 3]])]
    columns = open_file(DATA, FileSpec(file, sheet="Data", header=(1, 2, 3))).columns
    assert columns[1] == "Financial Period / 2008 / Qtr 1" and columns[12] == "Financial Period / 2010 / Qtr 4"


def test_a_template_with_a_sheet_of_lists(site: Site) -> None:
    file = "award_form_with_lookup_sheet.xlsx"
    assert asked(site, "award", file) == [("sheet", ["Sheet1", "Sheet2"])]
    seen = look(DATA, FileSpec(file, sheet="Sheet1"), ())
    app = site.apps()[0].app
    guessed = imports.guess(app, app.objects["award"], seen)
    assert guessed.fields["day"] == "Date ( Y-m-d )" and guessed.how["day"] == "similar" and not guessed.certain
