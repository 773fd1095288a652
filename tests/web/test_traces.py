"""From a balance to its movements, their documents, who booked them and by which rule; as it was known at a moment."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape
from pathlib import Path

import pytest

from engine.runtime.services.registers import ledgers
from engine.runtime.web.pages import registers
from tests.services.shops import SHOP
from tests.web.doors import Door, peopled


def test_a_balance_leads_to_its_movements_and_they_to_their_documents(door: Door) -> None:
    bolt = door.shop.stocked(Bolt=9)["Bolt"]
    sale = door.shop.sold(Bolt=2)
    page = door.browser("li").get(f"/apps/shop/records/product/{bolt.id}").text
    found = re.search(r'<a href="([^"]*registers/stock[^"]*)">7', page)
    assert found, page
    movements = door.browser("li").get(unescape(found[1])).text
    assert f"/apps/shop/records/sale/{sale.id}" in movements
    assert "Sale: Reserved" in movements and "Receipt: On hand" in movements
    lines = door.browser("li").get(f"/apps/shop/records/sale/{sale.id}").text
    assert "registers/progress" in lines


def test_every_figure_of_a_register_leads_to_its_movements(door: Door) -> None:
    bolt = door.shop.stocked(Bolt=9, Nut=4)["Bolt"]
    li = door.browser("li")
    for view, figure in (("balances", "9"), ("turnovers", "9")):
        page = li.get(f"/apps/shop/registers/stock?view={view}").text
        links = [unescape(one) for one in re.findall(rf'<a href="([^"]*view=movements[^"]*)">{figure}<', page)]
        assert links and f"product.id+%3D+{bolt.id}" in links[0], page
        movements = li.get(links[0]).text
        assert "/apps/shop/records/receipt/" in movements and ">Nut</a>" not in movements
        assert ">0<" in page and not re.search(r"<a [^>]*>0<", page), "behind a nought is nothing"


def test_a_page_of_a_register_is_a_page_and_says_so(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    door.shop.stocked(Bolt=9, Nut=5)
    monkeypatch.setattr(registers, "MOST_ROWS", 1)
    for view in ("balances", "turnovers"):
        shown = door.browser("li").get(f"/apps/shop/registers/stock?view={view}").text
        assert shown.count("<tr") == 2 and "There are more rows than are shown here" in shown


def test_whoever_may_not_see_the_register_gets_no_way_to_it(tmp_path: Path) -> None:
    text = SHOP.replace("stock: {everyone: {see: true}}", "stock: {store: {see: true}}")
    door = Door(peopled(f"sqlite:///{tmp_path / 'site.db'}", text))
    page = f"/apps/shop/records/product/{door.shop.stocked(Bolt=9)['Bolt'].id}"
    assert "registers/stock" in door.browser("zhao").get(page).text
    assert "registers/stock" not in door.browser("li").get(page).text
    door.shop.site.database.close()


def test_movements_tell_their_cause_over_rest(door: Door) -> None:
    door.shop.stocked(Bolt=9)
    door.shop.sold(Bolt=2)
    found = door.program("li").get("/api/shop/registers/stock/movements").json
    assert found
    names = [column["name"] for column in found["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in found["rows"]]
    assert [row["rule"] for row in rows] == ["Sale: Reserved", "Receipt: On hand"]
    assert [row["booked_by"]["title"] for row in rows] == ["Li", "Zhao"]
    place = door.program("ada").get("/api/shop/registers/stock/movements").json
    assert place and place["rows"][0][names.index("rule")].startswith("reserved: to_ship (app.yaml:")


def test_as_it_was_known_then(door: Door) -> None:
    door.shop.stocked(Bolt=9)
    then = door.shop.now
    door.shop.now = then + dt.timedelta(hours=2)
    late = door.shop.create("zhao", "receipt", date="2026-05-02", lines=[{"product": "Bolt", "qty": "5"}])
    door.shop.act("zhao", late, "post")
    with door.shop.site.read("shop", door.shop.actor("zhao")) as tx:
        day = dt.date(2026, 5, 3)
        now, known = (ledgers.balances(tx, "stock", at=day, known_at=moment).rows[0][1] for moment in (None, then))
    assert (now, known) == (14, 9)
    asked = door.program("zhao").get("/api/shop/registers/stock?known=2026-05-04T12:30").json
    assert asked and float(asked["rows"][0][1]) == 9
    assert door.program("zhao").get("/api/shop/registers/stock?known=noon").status_code == 400
    assert "2026-05-04T12:30" in door.browser("zhao").get("/apps/shop/registers/stock?known=2026-05-04T12:30").text
