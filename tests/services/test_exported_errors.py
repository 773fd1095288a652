"""Exports show the code of a formula's error, as a spreadsheet does; a blank would look like nothing to compute."""

from __future__ import annotations

import csv
import io
import json

from python_calamine import CalamineWorkbook

from engine.runtime.services.lists import exports
from engine.runtime.storage.actors import SERVICE
from tests.services.shops import Shop

APP = """
app: shop
languages: [en]
timezone: Asia/Shanghai
roles: {sales: Sales, manager: Manager, store: Store}
objects:
  item:
    key: code
    fields: {code: text, size: integer, share: {formula: 1 / size, type: percent}, note: text}
access: {item: {sales: full}}
"""


def exported(shop: Shop, kind: str) -> bytes:
    target = io.BytesIO()
    with shop.site.read("shop", SERVICE) as tx:
        exports.write(tx, "item", kind, target, fields=[] if kind == "jsonl" else ["code", "share", "note"])
    return target.getvalue()


def test_an_error_is_exported_by_its_code(database_url: str) -> None:
    shop = Shop(database_url, APP)
    shop.create("li", "item", code="a", size=0)
    rows = list(csv.reader(io.StringIO(exported(shop, "csv").decode("utf-8-sig"), newline="")))
    assert rows[1] == ["a", "#DIV/0!", ""]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(exported(shop, "xlsx"))).get_sheet_by_index(0)
    assert sheet.to_python()[1] == ["a", "#DIV/0!", ""]
    assert json.loads(exported(shop, "jsonl").splitlines()[0])["share"] == "#DIV/0!"
    shop.site.database.close()
