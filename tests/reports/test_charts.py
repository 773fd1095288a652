"""Areas, funnels, dials, series per value, figures beside the ones before; reports of a day; menu entries of a view."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import unquote_plus

import pytest

from engine.runtime.services.reporting import reports
from engine.runtime.web.present import boards as screens
from engine.runtime.web.present import menus, sheets
from tests.reports.markets import MARKET, Market, cells

CARDS = """
      - {area: by_month, x: month, y: [total, orders]}
      - {funnel: by_product, x: product, y: [amount]}
      - {gauge: "sum(order, total)", goal: 1000, name: {zh: 进度, en: Progress}}
      - {bar: by_kind, x: kind, y: [qty], split: state}
      - {number: "sum(order, total)", compare: "sum(order, total) / 2", drill: by_month}
      - {number: "sum(order, total)", compare: "1 / count(order where total < 0)", drill: stock_list}
      - {bar: parts, x: month, y: [part]}
      - {table: parts}
      - {number: "1 / 3", format: 0.0%, goal: 1}
      - {number: "sum(order where state = 'done' and total > 5, total)", drill: order}
      - {number: "count(order where secret > 1)", drill: order}
      - {number: "count(order where total > 5)", drill: product}
      - {list: order, where: total > 5 and state = 'done', columns: [total], top: 1}
access:"""
DAY = """
  stock_on:
    {from: stock, at: day, params: {day: date}, show: {product: product, on_hand: on_hand}, sort: [product]}
  parts:
    from: order
    by: {month: {value: month_start(day), format: yyyy/MM}}
    show:
      part: {value: share(sum(total)), format: 0.0%}
      most: {value: max(total), format: money}
      made: {value: max(created_at), format: date}
      rate: {value: sum(total) / 1000, format: percent}
    sort: [month]
dashboards:"""
MENU = "menu: [order.done]\nregisters:\n"
BOARD = MARKET[MARKET.index("    cards:") : MARKET.index("\naccess:")]
FIRST = BOARD.count("\n      - ")  # The cards above stand after those that the market has already.


def text() -> str:
    return MARKET.replace("\naccess:", CARDS, 1).replace("dashboards:", DAY, 1).replace("registers:\n", MENU, 1)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    made = Market(f"sqlite:///{tmp_path_factory.mktemp('charts') / 'site.db'}", text())
    made.sell()
    yield made
    made.site.database.close()


def test_an_area_is_a_filled_line(market: Market) -> None:
    chart = market.card("qian", FIRST).chart
    assert chart is not None
    assert [(s["type"], s["areaStyle"], s["name"]) for s in chart["series"]] == [
        ("line", {"opacity": 0.25}, "Amount"),
        ("line", {"opacity": 0.25}, "Orders"),
    ]


def test_a_funnel_and_a_dial(market: Market) -> None:
    funnel, dial = market.card("qian", FIRST + 1).chart, market.card("qian", FIRST + 2).chart
    assert funnel is not None and [p["name"] for p in funnel["series"][0]["data"]] == ["tea", "fish"]
    assert dial is not None
    (series,) = dial["series"]
    assert (series["type"], series["max"], Decimal(series["data"][0]["value"])) == ("gauge", 1000.0, Decimal("166.37"))
    assert "166.37" in series["data"][0]["name"] and "formatter" not in json.dumps(dial)


def test_a_column_says_how_it_is_shown_and_other_programs_get_the_value(market: Market) -> None:
    """In the tooltips and on the axes of a chart, in tables and figures; the API's values stay as they are."""
    chart = market.card("qian", FIRST + 6).chart
    assert chart is not None
    (series,) = chart["series"]
    assert chart["xAxis"]["data"] == ["2026/01", "2026/02", "2026/03"] and chart["yAxis"]["percent"]
    assert series["shown"] == ["21.3%", "18.6%", "60.1%"]
    table = market.read("qian", lambda tx: screens.filled(tx, "board", FIRST + 7)).table
    assert table is not None
    assert [cell.text for cell in table.rows[0].cells] == ["2026/01", "21.3%", "CN¥25.20", "Mar 15, 2026", "3.54%"]
    assert market.card("qian", FIRST + 8).shown == "33.3%"
    raw = market.read("qian", lambda tx: sheets.as_json(reports.run(tx, "parts"), "en"))
    assert raw["rows"][0][0] == "2026-01-01" and raw["rows"][0][4] == "0.0354"


def test_one_series_per_value(market: Market) -> None:
    chart = market.card("qian", FIRST + 3).chart
    assert chart is not None
    assert len(chart["xAxis"]["data"]) == 2
    assert {s["name"]: [n and Decimal(n["value"]) for n in s["data"]] for s in chart["series"]} == {
        "Done": [Decimal(16), Decimal("1.5")],
        "Open": [None, Decimal(1)],
    }


def test_a_figure_stands_beside_the_one_before_and_leads_on(market: Market) -> None:
    shown, broken = (
        market.read("qian", lambda tx, number=number: screens.filled(tx, "board", number))
        for number in (FIRST + 4, FIRST + 5)
    )
    assert shown.change is not None and shown.change["text"].startswith("+100.0 %")
    assert (shown.drill_url, shown.drill_label) == ("/apps/market/reports/by_month", "By month")
    assert broken.change is None
    hidden = market.read("li", lambda tx: screens.filled(tx, "board", FIRST + 5))
    assert hidden.drill_url == ""


def test_a_figure_leads_to_the_very_records_that_it_counts(market: Market) -> None:
    def url(login: str, number: int, part: str = "drill_url") -> str:
        found = getattr(market.read(login, lambda tx: screens.filled(tx, "board", FIRST + number)), part)
        return unquote_plus(str(found)).removeprefix("/apps/market/records/")

    assert url("qian", 9) == "order?filter=state = 'done' and total > 5"
    assert url("qian", 10) == "order?filter=secret > 1"
    assert url("li", 10) == "order", "who may not ask for it gets the list"
    assert url("qian", 11) == "product", "what it counts is something else"
    assert url("qian", 12, "url") == "order?filter=total > 5 and state = 'done'", "further rows of a list are its own"


def test_a_menu_entry_leads_to_a_view(market: Market) -> None:
    (entry,) = market.read("qian", lambda tx: menus.menu(tx, "/apps/market/"))
    assert (entry.label, entry.url) == ("Finished", "/apps/market/records/order?view=done")


def test_a_report_of_a_day(database_url: str) -> None:
    market = Market(database_url, text())
    try:
        for day, qty in (("2026-01-10", "3"), ("2026-02-10", "4")):
            receipt = market.create("app", "receipt", date=day, lines=[{"product": "tea", "qty": qty}])
            market.act("app", receipt, "post")
        assert cells(market.ask("qian", "stock_on", day="2026-01-31")) == [("tea", "3")]
        assert cells(market.ask("qian", "stock_on", day="2026-02-28")) == [("tea", "7")]
    finally:
        market.site.database.close()
