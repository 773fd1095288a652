"""The rows behind figures of reports, on both databases: they make up the figure, and are the reader's own."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine.errors import Forbidden, NotFound, Refused, Unreadable
from engine.expressions.sql import NotInSql
from engine.expressions.values import Ref
from engine.runtime.services.reporting import behind, boards, reports
from engine.runtime.services.reporting.behind import Behind
from engine.runtime.storage import report_queries
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import boards as screens
from tests.reports.markets import Market

GROUPED = ("by_month", "by_product", "by_kind", "crossed", "sides", "aged", "whole", "grand", "ranking", "stock_flows")


@pytest.fixture
def market(database_url: str) -> Iterator[Market]:
    made = Market(database_url)
    made.sell()
    yield made
    made.site.database.close()


def taken_apart(tx: Tx, name: str) -> list[tuple[dict[str, object], Behind]]:
    """Each row of a report as its cells, with what stands behind it."""
    report, table = tx.app.reports[name], reports.run(tx, name)
    found = []
    for row in table.rows:
        told = behind.told(behind.group_of(report, table, row))
        cells = {column.name: value for column, value in zip(table.columns, row, strict=True)}
        found.append((cells, behind.run(tx, report, behind.heard(report, told))))
    return found


def column(found: Behind, name: str) -> list[object]:
    place = [one.name for one in found.table.columns].index(name)
    return [row[place] for row in found.table.rows]


def sums_up(cells: dict[str, object], figure: str, found: Behind, name: str) -> bool:
    return name in found.added and sum(column(found, name), Decimal(0)) == cells[figure]  # type: ignore[arg-type]


@pytest.mark.parametrize("python", [False, True], ids=["sql", "python"])
def test_rows_make_up_the_figure(market: Market, python: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links, choices, months, spans and registers as groups; by SQL and by the language itself."""
    if python:
        def refuse(*_args: object) -> None:
            raise NotInSql("as a test")

        monkeypatch.setattr(report_queries, "base", refuse)
    found = {name: market.read("qian", lambda tx, name=name: taken_apart(tx, name)) for name in GROUPED}
    for cells, rows in found["by_month"]:
        assert sums_up(cells, "total", rows, "total") and len(rows.table.rows) == cells["orders"]
        assert column(rows, "day") == sorted(column(rows, "day"), reverse=True), "the latest first"
    for cells, rows in found["by_product"]:
        assert sums_up(cells, "qty", rows, "qty") and sums_up(cells, "amount", rows, "amount")
        assert len(rows.table.rows) == cells["n"]
    for name in ("by_kind", "crossed", "sides", "aged"):
        assert all(sums_up(cells, "qty", rows, "qty") for cells, rows in found[name]) and found[name]
    (cells, rows), = found["whole"]
    assert sums_up(cells, "total", rows, "total") and len(rows.table.rows) == 4
    (cells, rows), = found["grand"]
    assert sums_up(cells, "total", rows, "total") and column(rows, "number") == ["B2", "B1"]
    for cells, rows in found["stock_flows"]:
        assert rows.register == "stock" and rows.days == (dt.date(2026, 2, 1), dt.date(2026, 3, 1))
        assert sums_up(cells, "before", rows, "on_hand@opening") and sums_up(cells, "went", rows, "on_hand@outflow")


def test_what_a_row_shows(market: Market) -> None:
    (_, rows), *_ = market.read("qian", lambda tx: taken_apart(tx, "by_product"))
    assert [(c.name, c.label.to("en")) for c in rows.table.columns] == [
        ("record", "Order"), ("parent.day", "Day"), ("qty", "Quantity"), ("amount", "Amount"), ("price", "Price")]
    assert [str(ref.title) for ref in column(rows, "record") if isinstance(ref, Ref)] == ["B1", "A2", "A1"]


def test_a_reader_gets_own_rows_and_columns(market: Market) -> None:
    def shown(tx: Tx) -> Behind:
        return behind.run(tx, tx.app.reports["by_month"], {"month": dt.date(2026, 2, 1)})

    assert [str(ref) and ref.title for ref in column(market.read("sun", shown), "record")] == ["B1"]  # type: ignore[attr-defined]
    assert market.read("li", shown).table.rows == (), "it is an order of sun"
    with pytest.raises(Forbidden):
        market.read("zhou", shown)


def test_parameters_narrow_the_rows(market: Market) -> None:
    def shown(tx: Tx, since: str) -> int:
        group = {"month": dt.date(2026, 1, 1)}
        return len(behind.run(tx, tx.app.reports["by_month"], group, {"since": since}).table.rows)

    assert market.read("qian", lambda tx: [shown(tx, day) for day in ("2026-01-01", "2026-01-15", "2026-02-01")]) == [
        2, 1, 0]


@pytest.mark.parametrize("told", [
    "[]", "nonsense", '{"nosuch":1}', '{"product":5}', '{"product":["order",1]}', '{"product":["product","1"]}',
    '{"product":["product",-1]}', '{"product":["product",true]}', '{"product":["product",99999999999999999999]}',
    "[" * 9999,
])
def test_what_is_no_group(market: Market, told: str) -> None:
    with pytest.raises(Unreadable, match="product"):
        market.read("qian", lambda tx: behind.heard(tx.app.reports["by_product"], told))


@pytest.mark.parametrize("told", ['{"month":"soon"}', '{"month":true}', '{"month":["day",1]}', '{"month":20260101}'])
def test_what_is_no_day(market: Market, told: str) -> None:
    with pytest.raises(Unreadable, match="month"):
        market.read("qian", lambda tx: behind.heard(tx.app.reports["by_month"], told))


def test_a_report_of_single_rows_has_nothing_behind(market: Market) -> None:
    with pytest.raises(Refused):
        market.read("qian", lambda tx: behind.run(tx, tx.app.reports["all_orders"], {}))


def test_points_of_a_chart_lead_to_their_rows(market: Market) -> None:
    card = market.read("qian", lambda tx: screens.filled(tx, "board", 1))
    assert card.chart is not None
    points = [point for series in card.chart["series"] for point in series["data"]]
    assert len(points) == 4 and all(set(point) == {"value", "url"} for point in points)
    assert points[0]["url"].startswith("/apps/market/boards/board/cards/1/behind?_at=%7B%22product%22")
    at = json.dumps({"product": ["product", 1]})
    rows = market.read("qian", lambda tx: boards.behind_card(tx, "board", 1, {}, at))
    assert sum(column(rows, "qty")) == Decimal(points[0]["value"])  # type: ignore[arg-type, call-overload]
    with pytest.raises(NotFound):
        market.read("qian", lambda tx: boards.behind_card(tx, "board", 0, {}, at))
    with pytest.raises(NotFound):
        market.read("qian", lambda tx: boards.behind_card(tx, "board", 999, {}, at))
