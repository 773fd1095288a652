"""Cards of a board as plain data, answered as the reader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine.errors import NotFound
from engine.runtime.services.reporting import boards, reports
from engine.runtime.services.reporting.reports import Table
from engine.runtime.web.present import pivots
from engine.runtime.web.present.boards import filled
from tests.reports.markets import Market, cells


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    made = Market(f"sqlite:///{tmp_path_factory.mktemp('boards') / 'site.db'}")
    made.sell()
    yield made
    made.site.database.close()


def test_a_number_is_the_readers(market: Market) -> None:
    assert market.card("qian", 0).value == Decimal("166.37")
    mine = market.card("li", 0)
    assert (mine.value, mine.goal, mine.label.to("en")) == (Decimal("35.40"), Decimal(1000), "Total")
    assert "35.40" in mine.shown


def test_a_bar_chart_is_an_option_of_allowed_keys(market: Market) -> None:
    chart = market.card("qian", 1).chart
    assert chart is not None
    assert chart["xAxis"] == {"type": "category", "data": ["tea", "fish"]}
    assert [(s["type"], s["name"], [Decimal(n["value"]) for n in s["data"]]) for s in chart["series"]] == [
        ("bar", "Qty", [Decimal(6), Decimal("1.5")]), ("bar", "Amount", [Decimal("60.37"), Decimal(5)])]
    assert chart["tooltip"]["renderMode"] == "richText" and "formatter" not in json.dumps(chart)


def test_months_and_slices(market: Market) -> None:
    line, pie = market.card("qian", 2).chart, market.card("qian", 3).chart
    assert line is not None and line["xAxis"]["data"] == ["Jan 2026", "Feb 2026", "Mar 2026"]
    assert pie is not None and [slice_["name"] for slice_ in pie["series"][0]["data"]] == ["tea"]


def test_tables_and_lists(market: Market) -> None:
    table = market.card("qian", 4).table
    assert table is not None and [c.name for c in table.columns] == ["month", "total"]
    assert [row[1] for row in cells(table)] == ["100"] and table.more
    listed = market.card("li", 5)
    assert listed.table is not None and [c.name for c in listed.table.columns] == ["number", "day", "total", "state"]
    assert [row[0] for row in cells(listed.table)] == ["A1", "A2"]
    assert [ref.object for ref in listed.records] == ["order", "order"]
    state = listed.table.columns[3]
    assert (state.options["done"].to("en"), dict(state.colors)) == ("Done", {"done": "green"})


def test_values_of_a_column_as_headings(market: Market) -> None:
    def laid_out(name: str) -> Table:
        return market.read("qian", lambda tx: pivots.crossed(tx, tx.app.reports[name], reports.run(tx, name)))

    months = laid_out("crossed")
    assert [column.label.to("en") for column in months.columns[1:]] == [
        "Jan 2026 · Quantity", "Jan 2026 · Most", "Feb 2026 · Quantity", "Feb 2026 · Most", "Mar 2026 · Quantity",
        "Mar 2026 · Most", "Total · Quantity",
    ]
    assert cells(months) == [
        ("dry", "3", "10.2", "13", "9.99", None, None, "16"), ("wet", "1.5", "3.33", None, None, "1", "100", "2.5"),
    ]
    ages = laid_out("aged")
    assert [column.label.to("en") for column in ages.columns[1:]] == ["< 30", "30 – 59", "60 +", "Total"]
    assert cells(ages) == [
        ("fish", "1", None, "1.5", "2.5"), ("rice", None, "10", None, "10"), ("tea", None, "4", "2", "6"),
    ]
    card = market.read("qian", lambda tx: filled(tx, "board", 8))
    assert card.table is not None and len(card.table.heads) == 8 and len(card.table.rows) == 1
    assert [cell.text for cell in card.table.rows[0].cells][:2] == ["Dry", "3"]


def laid(market: Market, login: str, number: int) -> tuple[list[str], list[list[str]], list[str]]:
    """The headings, rows and sums of a card's table, as people read them."""
    table = market.read(login, lambda tx: filled(tx, "board", number)).table
    assert table is not None
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    return [head.label for head in table.heads], rows, list(table.total or ())


def test_a_pivot_stands_on_two_sides_of_a_report(database_url: str) -> None:
    market = Market(database_url)
    market.sell()
    assert laid(market, "qian", 9) == (
        ["Kind", "Jan 2026", "Feb 2026", "Mar 2026", "Total"],
        [["Dry", "3", "13", "", "16"], ["Wet", "1.5", "", "1", "2.5"]],
        ["Total", "4.5", "13", "1", "18.5"],
    )
    heads, rows, sums = laid(market, "qian", 10)             # what else stands in `by` comes to its side
    assert heads[:2] == ["Kind", "Product"] and [row[1] for row in rows] == ["tea", "rice"]
    assert sums[-1] == "18.5" and "" in sums, "of all rows that there are; the highest price adds up to nothing"
    assert laid(market, "li", 9)[1] == [["Dry", "3"], ["Wet", "1.5"]], "of one's own rows"
    market.site.database.close()


def test_a_declared_list_is_a_card(market: Market) -> None:
    card = market.read("li", lambda tx: filled(tx, "board", 11))
    assert card.label == "Finished" and card.url.endswith("/records/order?view=done")
    assert card.table is not None and [head.name for head in card.table.heads] == ["number", "owner", "status"]
    assert [[cell.text for cell in row.cells][0] for row in card.table.rows] == ["A1"] and card.table.rows[0].url
    assert laid(market, "qian", 12)[2] == ["Total", "CN¥166.37"], "the sums are those of all rows"


def test_texts_and_what_cannot_be_computed(market: Market) -> None:
    text, broken = market.card("li", 6).text, market.card("li", 7)
    assert text is not None and text.to("en") == "Today is Mar 15, 2026"
    assert broken.value is None and broken.reason is not None


def test_a_board_for_others_does_not_exist(market: Market) -> None:
    for login, index in (("zhou", 0), ("li", 99), ("li", -1)):
        with pytest.raises(NotFound):
            market.card(login, index)
    assert [b.name for b in market.read("li", boards.listing)] == ["board"]
    assert market.read("zhou", boards.listing) == []
