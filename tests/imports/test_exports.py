"""Exports hold what the actor may see, never a formula, and what they hold can be imported again."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from engine.errors import Forbidden, NotFound, Unreadable
from engine.runtime.services.lists import exports
from engine.runtime.storage.actors import Actor
from tests.imports.shop import CLERK, IMPORTER, Shop
from tests.imports.test_imports import ORDER_MAP, counts, stocked


def export(shop: Shop, object: str, kind: str, *, actor: Actor = IMPORTER, **options: Any) -> bytes:
    target = io.BytesIO()
    with shop.site.read("shop", actor) as tx:
        exports.write(tx, object, kind, target, **options)
    return target.getvalue()


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv_for_people(shop: Shop) -> None:
    stocked(shop)
    header, alfreds, ana = table(export(shop, "customer", "csv", sort=["code"]))
    assert header[:6] == ["id", "status", "Code", "Name", "grade", "limit"] or header[2:4] == ["Code", "Name"]
    row = dict(zip(header, alfreds, strict=True))
    assert (row["Code"], row["Name"]) == ("ALFKI", "Alfreds")
    assert "1000.5" in " ".join(alfreds) and "1996-07-04" in alfreds and "grade A" in alfreds and "true" in alfreds
    assert ana[2] == "ANATR"


def test_lines_and_links(shop: Shop) -> None:
    stocked(shop).run(ORDER_MAP)
    paths = ["number", "customer", "lines.product", "lines.qty", "total"]
    found = table(export(shop, "sales_order", "csv", fields=paths, sort=["number"], plain=True))
    assert found[0] == paths
    assert [[row[0], row[1], row[2]] for row in found[1:]] == [
        ["10248", "ALFKI", "11"], ["10248", "ALFKI", "42"], ["10249", "ANATR", "72"],
    ]
    titles = table(export(shop, "sales_order", "csv", fields=["customer"], sort=["number"]))
    assert titles[1] == ["ALFKI Alfreds"]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "jsonl"])
def test_what_was_exported_changes_nothing_when_imported(shop: Shop, kind: str) -> None:
    stocked(shop)
    shop.file("more.csv", "code,name,share,tags,called_at,secret\n=A,+B,12.5%,\"x,y\",2026-03-31 14:30,'-c\n")
    assert shop.run({"object": "customer", "file": "more.csv", "key": "code"}).failed == 0
    (shop.folder / f"out.{kind}").write_bytes(export(shop, "customer", kind, plain=True))
    assert counts(shop.run({"object": "customer", "file": f"out.{kind}"})) == (0, 0, 3, 0, 0)


def test_orders_move_to_another_site_as_json_lines(shop: Shop) -> None:
    stocked(shop).run(ORDER_MAP.partition("then:")[0])
    data = export(shop, "sales_order", "jsonl")
    first = json.loads(data.splitlines()[0])
    assert first["customer"] in ("ALFKI", "ANATR") and first["lines"][0]["product"] in ("11", "42", "72")
    (shop.folder / "out.jsonl").write_bytes(data)
    assert counts(shop.run({"object": "sales_order", "file": "out.jsonl"})) == (0, 0, 2, 0, 0)
    moved = data.replace(b'"number": "1024', b'"number": "2024')
    (shop.folder / "out.jsonl").write_bytes(moved)
    assert counts(shop.run({"object": "sales_order", "file": "out.jsonl"})) == (2, 0, 0, 0, 0)
    orders = {order["number"]: order["total"] for order in shop.records("sales_order")}
    assert orders["20248"] == orders["10248"] and orders["20249"] == orders["10249"]


def test_no_text_becomes_a_formula(sqlite_shop: Shop, tmp_path: Any) -> None:
    evil = ["=1+1", "+1", "-1", "@sum", "＝1", "'=1", "plain"]
    sqlite_shop.file("c.csv", "code,name\n" + "".join(f'{n},"{text}"\n' for n, text in enumerate(evil)))
    mapping = {"object": "customer", "file": "c.csv"}
    assert sqlite_shop.run(mapping).failed == 0
    names = [str(customer["name"]) for customer in sqlite_shop.records("customer")]
    written = [row[3] for row in table(export(sqlite_shop, "customer", "csv", sort=["code"]))[1:]]
    assert all(not cell.startswith(tuple("=+-@＝")) for cell in written)
    (tmp_path / "out.xlsx").write_bytes(export(sqlite_shop, "customer", "xlsx", sort=["code"]))
    sheet = CalamineWorkbook.from_path(str(tmp_path / "out.xlsx")).get_sheet_by_index(0).to_python()
    assert [row[3] for row in sheet[1:]] == names


def test_numbers_stay_numbers_in_a_sheet(sqlite_shop: Shop, tmp_path: Any) -> None:
    stocked(sqlite_shop)
    data = export(sqlite_shop, "customer", "xlsx", fields=["limit", "active"], sort=["code"])
    (tmp_path / "out.xlsx").write_bytes(data)
    sheet = CalamineWorkbook.from_path(str(tmp_path / "out.xlsx")).get_sheet_by_index(0).to_python()
    assert sheet[1] == [1000.5, True]


def test_filter_and_count(sqlite_shop: Shop) -> None:
    shop = stocked(sqlite_shop)
    assert len(table(export(shop, "customer", "csv", filter="code = 'ALFKI'"))) == 2
    shop.file("products.csv", "code,name\n" + "".join(f"n{n},p{n}\n" for n in range(450)))
    shop.run({"object": "product", "file": "products.csv"})
    with shop.site.read("shop", IMPORTER) as tx:
        assert exports.write(tx, "product", "jsonl", io.BytesIO()) == 453


def test_no_text_is_cut_in_a_sheet(sqlite_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert exports.CELL_TEXT == 32_767
    monkeypatch.setattr(exports, "CELL_TEXT", 100)
    shop = stocked(sqlite_shop)
    shop.file("c.csv", f"code,name,secret\nLONG,Long,{'x' * 101}\n")
    assert shop.run({"object": "customer", "file": "c.csv"}).failed == 0
    with pytest.raises(Unreadable, match=r"[Ss]ecret of LONG Long has more than 100 .* CSV"):
        export(shop, "customer", "xlsx")
    assert export(shop, "customer", "xlsx", fields=["code", "name"])
    assert "x" * 101 in export(shop, "customer", "csv").decode()


def test_json_lines_take_known_fields_only(sqlite_shop: Shop) -> None:
    shop = stocked(sqlite_shop)
    for name in ("nothing", "lines.qty"):
        with pytest.raises(Unreadable, match=name):
            export(shop, "customer", "jsonl", fields=["code", name])
    first = export(shop, "customer", "jsonl", fields=["id", "code"], sort=["code"]).splitlines()[0]
    assert sorted(json.loads(first)) == ["code", "id"]
    assert b'"lines": [' in export(shop.run(ORDER_MAP) and shop, "sales_order", "jsonl", fields=["lines"])


@pytest.mark.parametrize("options", [
    {"fields": ["nothing"]}, {"fields": ["lines"]}, {"filter": "nothing = 1"}, {"sort": ["nothing"]},
], ids=repr)
def test_unknown_things(sqlite_shop: Shop, options: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        export(sqlite_shop, "customer", "csv", **options)


def test_unknown_formats(sqlite_shop: Shop) -> None:
    with pytest.raises(Unreadable, match="pdf"):
        export(sqlite_shop, "customer", "pdf")


def test_unknown_objects(sqlite_shop: Shop) -> None:
    with pytest.raises(NotFound, match="no object called nope"):
        export(sqlite_shop, "nope", "csv")


def test_without_the_right_to_export(sqlite_shop: Shop) -> None:
    with pytest.raises(Forbidden):
        export(sqlite_shop, "customer", "csv", actor=CLERK)
