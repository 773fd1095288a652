"""Reports on both databases: exact sums, groups, rights; the same answer by SQL and by Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import event

from engine.errors import Forbidden, Invalid, NotFound, Unreadable
from engine.expressions.sql import NotInSql
from engine.runtime.services.reporting import reports
from engine.runtime.storage import report_queries
from tests.reports.markets import Market, cells

JAN, FEB, MAR = dt.date(2026, 1, 1), dt.date(2026, 2, 1), dt.date(2026, 3, 1)
NAMES = ("by_month", "by_product", "by_kind", "all_orders", "whole", "grand", "ranking", "ledger", "months", "before",
         "stock_flows", "stock_list", "stock_then", "per_order")


@pytest.fixture
def market(database_url: str) -> Iterator[Market]:
    made = Market(database_url)
    made.sell()
    yield made
    made.site.database.close()


def test_groups_with_exact_sums(market: Market) -> None:
    table = market.ask("qian", "by_month")
    assert [(c.name, c.label.to("en")) for c in table.columns] == [
        ("month", "Month"), ("orders", "Orders"), ("total", "Amount"), ("mean", "Mean"), ("last", "Last")]
    assert cells(table) == [
        (JAN, "2", "35.4", "17.7", dt.date(2026, 1, 20)),
        (FEB, "1", "30.97", "30.97", dt.date(2026, 2, 5)),
        (MAR, "1", "100", "100", dt.date(2026, 3, 5)),
    ]


def test_lines_having_sort_and_limit(market: Market) -> None:
    table = market.ask("qian", "by_product")
    assert cells(table) == [
        ("tea", "6", "60.37", "60.37", "3", "20.123333333333"), ("fish", "1.5", "5", "4.995", "1", "5")]
    assert table.more


def test_links_choices_and_totals_that_only_python_knows(market: Market) -> None:
    table = market.ask("qian", "by_kind")
    assert cells(table) == [
        ("dry", "done", "16", "2", "10.045"), ("wet", "done", "1.5", "1", "3.33"), ("wet", "open", "1", "1", "100")]
    assert {code: label.to("en") for code, label in table.columns[0].options.items()} == {"dry": "Dry", "wet": "Wet"}
    assert table.columns[1].options["open"].to("zh") == "开"


def test_what_a_decision_gives_has_its_labels_and_colors(market: Market) -> None:
    table = market.ask("qian", "judged")
    assert cells(table) == [("A1", "small"), ("A2", "small"), ("B1", "big"), ("B2", "big")]
    size = table.columns[1]
    assert {code: label.to("zh") for code, label in size.options.items()} == {"big": "大单", "small": "小单"}
    assert size.colors == {"big": "red"}


def test_rows_without_groups_are_cut_by_the_database(market: Market) -> None:
    table = market.ask("qian", "all_orders")
    assert [row[0] for row in cells(table)] == ["B2", "B1", "A1"] and table.more
    assert cells(table)[0][3:] == ("Sun", "open", "7")


def test_a_whole_table_in_one_row(market: Market) -> None:
    assert cells(market.ask("qian", "whole")) == [("166.37", "4")]
    assert cells(market.ask("li", "whole")) == [("35.4", "2")]


def test_a_grand_total_needs_no_groups(market: Market) -> None:
    assert cells(market.ask("qian", "grand")) == [("130.97", "2", "B1, B2")]


def test_columns_that_look_at_the_other_rows(market: Market) -> None:
    table = market.ask("qian", "ranking")
    assert cells(table) == [
        ("fish", "105", "0.6311", "1", "2", "105", "1.25", False),
        ("tea", "60.37", "0.3629", "2", "1", "165.37", "2", True),
    ]
    assert [c.type.name for c in table.columns] == ["record", *["number"] * 6, "boolean"]


def test_a_running_balance_in_the_order_of_the_rows(market: Market) -> None:
    table = market.ask("qian", "ledger")
    found = [(row[0], *row[2:]) for row in cells(table)]
    assert found == [
        ("A1", "25.2", "25.2", "26.2"), ("A2", "10.2", "35.4", "36.4"), ("B1", "30.97", "66.37", "67.37")]
    assert table.more


def test_what_stands_beside_a_window_is_of_the_row_itself(market: Market) -> None:
    assert [row[1] for row in cells(market.ask("qian", "months"))] == ["0", "35.4", "66.37"]
    found = [(row[0], row[2]) for row in cells(market.ask("qian", "before"))]
    assert found == [("A1", "0"), ("A2", "25.2"), ("B1", "35.4")]


def test_a_reader_runs_up_own_rows_only(market: Market) -> None:
    assert [row[3] for row in cells(market.ask("sun", "ledger"))] == ["30.97", "130.97"]


def test_what_a_register_did_in_a_span_of_days(market: Market) -> None:
    whole = cells(market.ask("qian", "stock_flows", since="2026-01-01", till="2026-12-31"))
    assert whole and all(row[1] == "0" and row[4] == row[5] for row in whole)
    assert all(Decimal(row[2]) >= 0 >= Decimal(row[3]) for row in whole)
    february = cells(market.ask("qian", "stock_flows", since="2026-02-01", till="2026-02-28"))
    for row in february:
        before, came, went, change, after, twice = (Decimal(str(cell)) for cell in row[1:])
        assert before + came + went == before + change == after and twice == 2 * after
    assert any(Decimal(row[1]) and Decimal(row[4]) for row in february)


def test_registers_now_and_then(market: Market) -> None:
    now = cells(market.ask("qian", "stock_list"))
    assert now == [("fish", "-1.5", "-3"), ("rice", "-10", "-20"), ("tea", "-6", "-12")]
    assert cells(market.ask("qian", "stock_then")) == [("fish", "-1.5"), ("tea", "-3")]


def test_parameters_are_read_and_checked(market: Market) -> None:
    assert [row[0] for row in cells(market.ask("qian", "by_month", since="2026-02-01"))] == [FEB, MAR]
    with pytest.raises(Invalid) as caught:
        market.ask("qian", "by_month", since="soon", until="x")
    assert [e.field for e in caught.value.errors] == ["since", "until"]


def test_a_reader_sees_own_rows_and_columns_only(market: Market) -> None:
    mine = market.ask("li", "all_orders")
    assert [c.name for c in mine.columns] == ["number", "day", "total", "owner", "state"]
    assert [row[0] for row in cells(mine)] == ["A1", "A2"]
    assert cells(market.ask("li", "by_product")) == [
        ("tea", "3", "30.4", "30.4", "2", "15.2"), ("fish", "1.5", "5", "4.995", "1", "5")]
    with pytest.raises(Forbidden):
        market.ask("li", "stock_list")
    with pytest.raises(Forbidden):
        market.ask("zhou", "by_month")
    with pytest.raises(NotFound):
        market.ask("qian", "nothing")


def test_python_gives_what_sql_gives(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [(login, name) for login in ("qian", "li", "app") for name in NAMES
             if login != "li" or not name.startswith("stock")]
    by_sql = [cells(market.ask(login, name)) for login, name in asked]

    def refuse(*args: object) -> None:
        raise NotInSql("not today")

    monkeypatch.setattr(report_queries, "base", refuse)
    assert [cells(market.ask(login, name)) for login, name in asked] == by_sql


def test_an_ad_hoc_question(market: Market) -> None:
    table = market.query("qian", **{
        "from": "order", "where": "state = 'done'", "by": {"owner": "owner"}, "sort": "-sum", "limit": 5,
        "show": {"n": "count()", "sum": "sum(total)"},
    })
    assert [c.name for c in table.columns] == ["owner", "n", "sum"]
    assert cells(table) == [("Li", "2", "35.4"), ("Sun", "1", "30.97")]
    listed = market.query("li", **{"from": "order", "show": ["number", "total"], "sort": ["number"]})
    assert cells(listed) == [("A1", "25.2"), ("A2", "10.2")] and listed.columns[0].label.to("en") == "Number"


WRONG: tuple[tuple[dict[str, object], str], ...] = (
    ({"from": "nothing", "show": ["x"]}, "from"),
    ({"from": "order", "show": ["secret"]}, "show"),
    ({"from": "order", "show": ["number"], "where": "secret = 1"}, "where"),
    ({"from": "stock", "show": ["on_hand"]}, "from"),
    ({"from": "order", "show": ["number"], "sort": ["secret"]}, "sort"),
    ({"from": "order", "show": ["number"], "limit": 0}, "limit"),
    ({"from": "order", "show": ["number"], "limit": 100000}, "limit"),
    ({"from": "order", "show": {"a": 1}}, "show"),
    ({"from": "order", "show": ["number"], "drop": "x"}, "drop"),
    ({"show": ["number"]}, "from"),
)


def test_what_cannot_be_asked(market: Market) -> None:
    for request, key in WRONG:
        with pytest.raises(Unreadable) as caught:
            market.query("li", **request)
        assert [e.field for e in caught.value.errors] == [key], request


def test_other_rows_inside_a_question_are_the_readers_too(market: Market) -> None:
    asked = {"from": "product", "show": {"code": "code", "n": "count(all order)"}, "sort": ["code"], "limit": 1}
    assert cells(market.query("qian", **asked)) == [("fish", "4")]
    assert cells(market.query("li", **asked)) == [("fish", "2")]


def test_one_statement_per_report(market: Market) -> None:
    said: list[str] = []

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        said.append(statement)

    with market.site.read("market", market.actor("qian")) as tx:
        event.listen(tx.connection, "before_cursor_execute", note)
        reports.run(tx, "by_month")
    assert len([s for s in said if s.startswith("SELECT")]) == 1
