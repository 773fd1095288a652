"""What a reader chooses above a board narrows its cards: by a field of their rows, by a parameter of their reports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from engine.runtime.services.reporting import boards, narrowing
from engine.runtime.services.reporting.boards import CardView
from engine.runtime.web.present import boards as drawn
from tests.reports.markets import MARKET, Market, cells

FILTERS = """
    name: {zh: 看板, en: Board}
    filters:
      period: {field: day, name: {zh: 期间, en: Period}}
      owner: owner
      state: {field: state, zh: 状态, en: State}
      kind: {field: product.kind}
      since: {param: since, zh: 起, en: Since}
      made: created_at
"""
MORE = "    cards:\n      - {list: order, columns: [number], top: 9}\n"
BOARD = "\n    name: {zh: 看板, en: Board}\n"
TEXT = MARKET.replace("    cards:\n", MORE).replace(BOARD, FILTERS)
LIST_ALL, TOTAL, CHART, MONTHS, FIRST, LIST, PIVOT, VIEW = 0, 1, 2, 3, 5, 6, 10, 12
JANUARY = "2026-01-01..2026-01-31"


@pytest.fixture
def market(database_url: str) -> Iterator[Market]:
    made = Market(database_url, TEXT)
    made.sell()
    yield made
    made.site.database.close()


def card(market: Market, index: int, login: str = "qian", **given: Any) -> CardView:
    return market.read(login, lambda tx: boards.card(tx, "board", index, given))


def rows(view: CardView) -> list[tuple[Any, ...]]:
    assert view.table is not None, view.reason
    return cells(view.table)


def test_a_period_narrows_every_card_that_has_the_day(market: Market) -> None:
    assert card(market, TOTAL).value == Decimal("166.37")
    assert card(market, TOTAL, period=JANUARY).value == Decimal("35.40")
    assert card(market, TOTAL, period=["2026-02-01", ""]).value == Decimal("130.97"), "the end may stay open"
    assert card(market, TOTAL, period=["", "2026-01-10"]).value == Decimal("25.20"), "the last day counts"
    assert [row[0] for row in rows(card(market, CHART, period=JANUARY))] == ["tea", "fish"]
    assert [row[0] for row in rows(card(market, LIST, period="2026-01-15..2026-02-28"))] == ["A2", "B1"]
    assert [len(row) for row in rows(card(market, PIVOT, period=JANUARY))] == [3, 3], "one month is left as a heading"


def test_choices_come_together(market: Market) -> None:
    li = str(market.id("li"))
    assert card(market, TOTAL, owner=li).value == Decimal("35.40")
    assert card(market, TOTAL, state="open").value == Decimal(100)
    assert card(market, TOTAL, state="done", period="2026-02-01..2026-12-31").value == Decimal("30.97")
    assert rows(card(market, LIST, owner=li, period="2026-01-15..2026-01-31"))[0][0] == "A2"
    assert card(market, TOTAL, owner=str(market.id("sun")), login="li").value == Decimal(0), "one's own rows remain"
    table = market.read("qian", lambda tx: drawn.filled(tx, "board", VIEW, {"owner": str(market.id("sun"))})).table
    assert table is not None and [row.cells[0].text for row in table.rows] == ["B1"]


def test_a_parameter_goes_to_the_reports_that_have_it(market: Market) -> None:
    assert len(rows(card(market, MONTHS, since="2026-02-01"))) == 2
    assert rows(card(market, FIRST, since="2026-03-01")) == [(dt.date(2026, 3, 1), "100")]
    beside = card(market, TOTAL, since="2026-02-01").asked
    assert beside is not None and [one.name for one in beside.beside] == ["since"], "and a card says what misses it"
    told = market.read("qian", lambda tx: drawn.filled(tx, "board", TOTAL, {"since": "2026-02-01", "kind": "dry"}))
    assert told.beside == "Kind, Since" and told.value


def test_days_of_moments_are_those_of_the_app(market: Market) -> None:
    market.now = dt.datetime(2026, 3, 14, 16, 30, tzinfo=dt.UTC)          # half past midnight in Shanghai
    market.create("sun", "order", number="B3", day="2026-03-15", secret="7", lines=[])
    market.now = dt.datetime(2026, 3, 14, 15, 30, tzinfo=dt.UTC)
    market.create("sun", "order", number="B4", day="2026-03-15", secret="7", lines=[])
    found = [row[0] for row in rows(card(market, LIST_ALL, made="2026-03-14..2026-03-14"))]
    assert found == ["B4"]
    assert "B3" in [row[0] for row in rows(card(market, LIST_ALL, made="2026-03-15..2026-03-15"))]


def test_what_cannot_be_read_is_said(market: Market) -> None:
    for given in ({"period": "soon"}, {"state": "nosuch"}, {"owner": "li"}, {"period": "2026-03-01..2026-02-01"}):
        reason = card(market, TOTAL, **given).reason
        assert reason is not None and reason.to("en"), given
    assert card(market, TOTAL, nosuch="1", period="").value == Decimal("166.37"), "blank means everything"


def test_what_a_reader_may_not_see_narrows_nothing(database_url: str) -> None:
    made = Market(database_url, TEXT.replace("hide: secret", "hide: [secret, day]"))
    made.sell()
    with made.site.read("market", made.actor("li")) as tx:
        board = tx.app.dashboards["board"]
        assert "period" not in [one.name for one in narrowing.offered(tx, board)]
        assert narrowing.chosen(tx, board, {"period": JANUARY}) == {}
    made.site.database.close()


def test_defaults_hold_until_something_else_is_chosen(database_url: str) -> None:
    first = "=range(date(2026, 1, 1), month_end(date(2026, 1, 1)))"
    text = TEXT.replace("period: {field: day,", f'period: {{field: day, default: "{first}",')
    made = Market(database_url, text)
    made.sell()
    assert card(made, TOTAL).value == Decimal("35.40")
    assert card(made, TOTAL, period=["", ""]).value == Decimal("166.37")
    made.site.database.close()
