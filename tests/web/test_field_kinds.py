"""The kinds of fields at every door of both databases: the API, the form, the page to read, import and export."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.runtime.services import imports
from engine.runtime.services.identity import people
from engine.runtime.services.lists import exports
from tests.web.doors import Door, peopled, told

TEXT = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
currency: CNY
units: {kg: {zh: 千克, en: kilogram}, pcs: {zh: 件, en: piece}}
roles: {sales: 销售, manager: 经理, store: 仓库}
objects:
  sheet:
    name: {zh: 单据, en: Sheet}
    key: code
    title: "{code}"
    fields:
      code: {type: text, required: true, unique: true, zh: 编码, en: Code}
      body: {type: rich_text, search: true, zh: 正文, en: Body}
      spent: {type: duration, min: 10 minutes, zh: 用时, en: Time spent}
      twice: {formula: spent * 2}
      long: {formula: "spent > 1 day"}
      part: {type: department, default: =me.department, zh: 部门, en: Department}
      place: {type: location, zh: 位置, en: Place}
      tint: {type: color, zh: 颜色, en: Color}
      stars: {type: rating, zh: 评分, en: Stars}
      ean: {type: barcode, kind: ean13, zh: 条码, en: EAN}
      extra: {type: json, zh: 附加, en: Extra}
      money: {type: currency, default: CNY, zh: 币种, en: Currency}
      unit: {type: unit, zh: 单位, en: Unit}
      tongue: {type: language, zh: 语言, en: Language}
      share: {type: percent, zh: 比例, en: Share}
      cost: {type: money, zh: 费用, en: Cost}
      band: {type: range, of: decimal, zh: 区间, en: Band}
      much: {type: integer, default: "=if(code = 'much', 1000000 * 1000000 * 1000000, 1)", zh: 多, en: Much}
      photo: {type: image, accept: [png], zh: 照片, en: Photo}
      ran: {type: clock, runs: code is not blank, limit: 8 hours, zh: 计时, en: Clock}
access: {sheet: {sales: full}}
"""
GIVEN: dict[str, Any] = {
    "code": "A1", "body": '<p>Hello <b onclick="x()">you</b></p><script>x()</script>', "spent": "1d 2h",
    "part": "Sales", "place": {"lat": "31.2304", "lng": "121.4737"}, "tint": "#ABC", "stars": 4, "ean": "4006381333931",
    "extra": {"a": [1, "二"]}, "money": "eur", "unit": "kilogram", "tongue": "de",
}
TAKEN: dict[str, Any] = {
    "body": "<p>Hello <b>you</b></p>", "spent": "P1DT2H", "twice": "P2DT4H", "long": True, "part": "Sales",
    "place": "31.2304, 121.4737", "tint": "#aabbcc", "stars": 4, "ean": "4006381333931", "extra": {"a": [1, "二"]},
    "money": "EUR", "unit": "kg", "tongue": "de", "photo": None, "ran": None,
}


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    made = Door(peopled(database_url, TEXT))
    people.add_department(made.shop.site, "Sales")
    yield made
    made.shop.site.database.close()


def test_through_the_api(door: Door) -> None:
    program = door.program("li")
    made = program.post("/api/shop/sheet", GIVEN)
    assert made.status_code == 201, told(made)
    read = program.get(f"/api/shop/sheet/{made.json['id']}").json
    assert {name: read[name] for name in TAKEN} == TAKEN
    for name in TAKEN:                         # a list that asks for plain columns is read in another way
        assert program.get(f"/api/shop/sheet?fields={name},status").json["items"] == [
            {"id": read["id"], name: read[name], "status": None}
        ]
    given = {"extra": [0.1], "spent": "90 minutes", "stars": None}
    assert program.patch(f"/api/shop/sheet/{made.json['id']}", given).status_code == 200
    read = program.get(f"/api/shop/sheet/{made.json['id']}").json
    assert (read["extra"], read["spent"], read["stars"]) == ([0.1], "PT1H30M", None)
    history = program.get(f"/api/shop/sheet/{made.json['id']}/history").json["items"][0]["changes"]
    assert history["spent"] == {"old": "P1DT2H", "new": "PT1H30M"}
    assert history["extra"] == {"old": {"a": [1, "二"]}, "new": [0.1]}
    assert [r["code"] for r in program.get("/api/shop/sheet?search=you").json["items"]] == ["A1"]
    assert not program.get("/api/shop/sheet?search=%3Cb%3E").json["items"], "the markup is not searched"


def test_numbers_of_json_keep_their_digits(door: Door) -> None:
    program, digits = door.program("li"), "12345678901234567890.123456789"
    for extra in (f"[{digits}, 1.10, 0.1, 12345678901234567890]", [digits]):
        made = program.post("/api/shop/sheet", {**GIVEN, "code": f"D{type(extra).__name__}", "extra": extra})
        assert made.status_code == 201, told(made)
        read = program.get(f"/api/shop/sheet/{made.json['id']}")
        assert digits in read.text and digits in made.text
        if isinstance(extra, str):
            assert f'"extra":[{digits},1.1,0.1,12345678901234567890]' in read.text
            changed = program.get(f"/api/shop/sheet/{made.json['id']}/history").text
            assert f"[{digits},1.1,0.1,12345678901234567890]" in changed
            page = door.browser("li").get(f"/apps/shop/records/sheet/{made.json['id']}/edit").text
            assert digits in page and "1.10" in page
            out = io.BytesIO()
            with door.shop.site.read("shop", door.shop.actor("li")) as tx:
                exports.write(tx, "sheet", "jsonl", out, fields=["extra"])
            assert f'"extra": [{digits}, 1.1, 0.1,'.encode() in out.getvalue()
    for number in ("1e400", "1e99999999999999999999"):
        refused = program.post("/api/shop/sheet", {**GIVEN, "code": "N", "extra": f"[{number}]"})
        assert refused.status_code == 422 and "too long" in told(refused)


MISFITS: list[tuple[str, Any]] = [
    ("spent", "5"), ("spent", "1 month"), ("spent", "5 minutes"), ("spent", "P99999999999D"),
    ("share", "99999999999999.99"), ("share", "1e30%"), ("share", "0.1234567"),
    ("cost", "1.23456"), ("cost", 0.00001), ("band", ["1.0000001", "2"]), ("part", "Nowhere"), ("place", "91, 0"),
    ("place", "here"),
    ("tint", "reddish"), ("stars", 6), ("stars", 0), ("ean", "4006381333930"), ("ean", "12"), ("extra", "{a: 1}"),
    ("extra", 5), ("money", "XXQ"), ("unit", "mile"), ("tongue", "xx"), ("photo", "a.png"),
    ("photo", {"name": "a.png"}), ("ran", "1h"),
]


def test_what_does_not_fit_is_refused_at_its_field(door: Door) -> None:
    program = door.program("li")
    for name, value in MISFITS:
        answer = program.post("/api/shop/sheet", {**GIVEN, name: value})
        assert answer.status_code == 422, (name, value, told(answer))
        assert [error["field"] for error in answer.json["errors"]] == [name], (name, value)
        assert "{{" not in answer.json["detail"], "braces are not doubled"
    much = {**GIVEN, "code": "much"}           # what is computed may not fit either
    assert program.post("/api/shop/sheet", much).json["errors"][0]["field"] == "much"
    assert [one["field"] for one in program.post("/api/shop/sheet/preview", much).json["problems"]] == ["much"]


def test_what_somebody_gives_is_never_rounded(door: Door) -> None:
    """Noughts behind say nothing; what an expression gives is rounded to what the field keeps."""
    program, li = door.program("li"), door.browser("li")
    made = program.post("/api/shop/sheet", {**GIVEN, "cost": "1.23450000", "share": 1e-6})
    assert (made.json["cost"], made.json["share"]) == ("1.2345", "0.000001")
    wrong = li.post("/apps/shop/records/sheet/new", {"code": "F3", "cost": "1,234.56789", "share": "1", "_key": "k3"})
    assert wrong.status_code == 422 and "4 decimals at most" in wrong.text and "1,234.56789" in wrong.text


def test_through_the_form(door: Door) -> None:
    li = door.browser("li")
    page = li.get("/apps/shop/records/sheet/new").text
    assert "<option value=\"Sales\"" in page and "★★★☆☆" in page and "kilogram" in page
    assert 'name="photo"' in page and 'name="ran"' not in page, "what cannot be kept is not asked for"
    form = {
        "code": "F1", "body": "one\ntwo < 3", "spent": "1:30", "part": "Sales", "place": "31.2，121.5",
        "tint": "#00ff00", "stars": "3", "ean": "", "extra": '{"k": true}',
        "money": "CNY", "unit": "pcs", "tongue": "zh", "_key": "k",
    }
    made = li.post("/apps/shop/records/sheet/new", form)
    assert made.status_code == 303, told(made)
    page = li.get(made.location).text
    for part in ("<p>one<br>two &lt; 3</p>", "1 hour 30 minutes", "★★★☆☆", "piece", "Chinese", 'fill="#00ff00"'):
        assert part in page, part
    edit = li.get(f"{made.location}/edit").text
    assert 'value="1h 30m"' in edit and "&#34;k&#34;: true" in edit
    assert li.get("/apps/shop/records/sheet?filter=stars+%3E%3D+3").status_code == 200
    assert li.get("/apps/shop/records/sheet?sort=spent").status_code == 200
    wrong = li.post("/apps/shop/records/sheet/new", {**form, "code": "F2", "spent": "soon", "_key": "k2"})
    assert wrong.status_code == 422 and "1 day 2 hours 30 minutes" in wrong.text


def test_by_import_and_export(door: Door, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(
        "code,spent,place,tint,stars,extra,money,unit,part\n"
        "I1,2 hours,\"31.2, 121.5\",#123456,5,\"{\"\"a\"\": 1}\",人民币,千克,Sales\nI2,ages,,,,,,,\n",
        encoding="utf-8",
    )
    actor = door.shop.actor("li")
    report = imports.run(door.shop.site, "shop", {"object": "sheet", "file": "in.csv"}, tmp_path, actor)
    assert (report.created, [(e.row, e.column) for e in report.errors]) == (1, [(3, "spent")])
    again = imports.run(door.shop.site, "shop", {"object": "sheet", "file": "in.csv"}, tmp_path, actor)
    assert (again.created, again.unchanged) == (0, 1)
    out = io.BytesIO()
    with door.shop.site.read("shop", actor) as tx:
        exports.write(tx, "sheet", "csv", out, plain=True, fields=["code", "spent", "stars", "money", "unit", "photo"])
    assert out.getvalue().decode("utf-8-sig").splitlines()[1] == "I1,2h,5,CNY,kg,"


def test_the_api_describes_them(door: Door) -> None:
    schemas = door.program("li").get("/api/shop/openapi.json").json["components"]["schemas"]
    given = schemas["sheet_input"]["properties"]
    assert "ran" not in given and "CNY" in given["money"]["enum"]
    assert given["photo"]["type"] == ["string", "object", "null"]
    assert {"$ref": "#/components/schemas/File"} in schemas["sheet"]["properties"]["photo"]["anyOf"]
    assert schemas["File"]["properties"]["sha256"]["type"] == "string"
    assert schemas["sheet"]["properties"]["spent"]["format"] == "duration"
