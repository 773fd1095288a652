"""Templates, sources, dependencies, the browser's tree and the tables of functions."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D
from typing import Any

import pytest

from engine.expressions import sql_functions, sql_rows
from engine.expressions.compiled import Source, Template, source, template
from engine.expressions.functions import FUNCTIONS
from engine.expressions.scope import Frame
from engine.expressions.values import Ref, Rows
from tests.expressions.worlds import HERE, Shop, ShopNames, Thing, checked, lines


@pytest.fixture
def order() -> Thing:
    thing = Thing(
        "order",
        1,
        {
            "number": "SO1",
            "total": D("1234.50"),
            "qty": D("2.000"),
            "discount": D("0.125"),
            "state": "draft",
            "kind": "credit",
            "customer": Ref("customer", 5),
            "owner": Ref("user", 2, "Wang"),
            "held": True,
            "score": None,
            "tags": ("a", "b"),
        },
    )
    thing.values["lines"] = lines({"qty": D(2), "price": D("1.50")}, {"qty": D(5)}, parent=thing)
    return thing


@pytest.fixture
def shop() -> Shop:
    return Shop({"customer": [Thing("customer", 5, {"title": "ALFKI Alfreds"})]})


def rendered(text: Any, order: Thing, shop: Shop, language: str = "en") -> str:
    made = template(text, HERE, ShopNames())
    assert isinstance(made, Template), [str(problem) for problem in made]
    return made.render(Frame(shop, order), language)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{number}: {total}", "SO1: 1234.5"),
        ("{total:0.00} {total:#,##0.0} {qty:0} {qty}", "1234.50 1,234.5 2 2"),
        ("{discount} {discount:0.00} {discount:0.0%}", "12.5% 0.13 12.5%"),
        ("{date(2026, 3, 1)} {date(2026, 3, 1):yyyy年M月d日}", "Mar 1, 2026 2026年3月1日"),
        ("{now()} {now():HH:mm}", "Apr 1, 2026, 2:30\u202fAM 02:30"),
        ("{customer} {owner}", "ALFKI Alfreds Wang"),
        ("{state} {kind}", "Draft credit"),
        ("{held} {tags} {lines.qty}", "yes a, b 2, 5"),
        ("[{score}] [{1 / 0}] [{sum(lines, qty * price)}]", "[] [] [3]"),
        ("{{{number}}}", "{SO1}"),
        ("{'{' & ':' & number}", "{:SO1"),
        ("no hole", "no hole"),
    ],
)
def test_a_template_shows_values_to_people(text: str, wanted: str, order: Thing, shop: Shop) -> None:
    assert rendered(text, order, shop) == wanted


def test_a_template_per_language(order: Thing, shop: Shop) -> None:
    texts = {"zh": "单 {number} {state} {held} {tags}", "en": "Order {number}"}
    assert rendered(texts, order, shop, "zh") == "单 SO1 草稿 是 a、b"
    assert rendered(texts, order, shop, "en") == "Order SO1"
    assert rendered(texts, order, shop, "de") == "Order SO1"


READS = [
    ("qty * total", {("qty",), ("total",)}),
    ("sum(lines, qty * price)", {("lines", "qty"), ("lines", "price")}),
    ("count(lines)", {("lines",)}),
    ("count(lines where stocked)", {("lines", "stocked")}),
    ("sum(lines as l where l.stocked, l.qty)", {("lines", "stocked"), ("lines", "qty")}),
    ("customer.exposure", {("customer", "exposure")}),
    ("count(order where customer = this.customer)", {("@order",), ("customer",)}),
    ("count(stock where on_hand > 1)", {("@stock",)}),
    ("sum(stock.on_hand)", {("@stock",)}),
    ("first(lines sort -qty).product", {("lines", "qty")}),
    ("due < today()", {("due",), ("@today",)}),
    ("owner = me", {("owner",), ("@me",)}),
    ("me.department = 'x'", {("@me", "department")}),
    ("old.qty > qty", {("@old", "qty"), ("qty",)}),
    ("price_for(first(lines).product, qty).price", {("@decision", "price_for"), ("lines",), ("qty",)}),
    ("raised(credit) or has_role(me, hr)", {("@raised",), ("@people",), ("@me",)}),
    ("1 + 2", set()),
]


@pytest.mark.parametrize(("text", "wanted"), READS)
def test_what_an_expression_reads(text: str, wanted: set[tuple[str, ...]]) -> None:
    assert set(checked(text).reads) == wanted


def test_a_source_runs_on_its_own(order: Thing, shop: Shop) -> None:
    made = source("lines as l where l.qty > 1 sort -qty", HERE, ShopNames())
    assert isinstance(made, Source)
    found = made.rows(Frame(shop, order))  # type: ignore[arg-type]
    assert isinstance(found, Rows)
    assert [row.get("qty") for row in found.items] == [D(5), D(2)]
    assert (made.object, made.alias, str(made.candidate)) == ("", "l", "record of order.lines")
    assert made.reads == (("lines", "qty"),)


def test_a_source_over_stored_rows_says_which() -> None:
    made = source("stock at date(2026, 1, 1) where on_hand > 0", HERE, ShopNames())
    assert isinstance(made, Source)
    assert made.object == "stock" and made.node.moment is not None
    with_value = source("order.total where held", HERE, ShopNames())
    assert isinstance(with_value, Source) and with_value.value is not None


BROWSER = [
    (
        "qty * total + 1",
        {"op": "+", "args": [{"op": "*", "args": [{"get": ["qty"]}, {"get": ["total"]}]}, {"number": "1"}]},
    ),
    ("state = 'draft'", {"op": "=", "args": [{"get": ["state"]}, "draft"]}),
    ("this.qty > 5%", {"op": ">", "args": [{"this": ["qty"]}, {"number": "0.05"}]}),
    (
        "round(sum(lines, qty * price), 2)",
        {
            "call": "round",
            "args": [
                {
                    "aggregate": "sum",
                    "rows": {"get": ["lines"]},
                    "value": {"op": "*", "args": [{"get": ["qty"]}, {"get": ["price"]}]},
                },
                {"number": "2"},
            ],
        },
    ),
    ("sum(lines.qty)", {"aggregate": "sum", "rows": {"get": ["lines"]}, "value": {"get": ["qty"]}}),
    (
        "count(lines as l where l.stocked and this.held)",
        {
            "aggregate": "count",
            "rows": {"get": ["lines"]},
            "as": "l",
            "where": {"op": "and", "args": [{"get": ["stocked"], "from": "l"}, {"this": ["held"]}]},
        },
    ),
    (
        "first(lines sort -qty).price",
        {
            "aggregate": "first",
            "rows": {"get": ["lines"]},
            "sort": [{"by": {"get": ["qty"]}, "descending": True}],
            "value": {"get": ["price"]},
        },
    ),
    ("max(qty, 0)", {"aggregate": "max", "values": [{"get": ["qty"]}, {"number": "0"}]}),
    (
        "join(lines.price, '+')",
        {"aggregate": "join", "rows": {"get": ["lines"]}, "value": {"get": ["price"]}, "args": ["+"]},
    ),
    ("date + 1 month", {"call": "edate", "args": [{"get": ["date"]}, {"number": "1"}]}),
    ("date - 3", {"call": "add_days", "args": [{"get": ["date"]}, {"op": "neg", "args": [{"number": "3"}]}]}),
    ("due - date", {"call": "days", "args": [{"get": ["due"]}, {"get": ["date"]}]}),
    ("if(held, 1, blank)", {"call": "if", "args": [{"get": ["held"]}, {"number": "1"}, None]}),
    ("state in ['draft']", {"op": "in", "args": [{"get": ["state"]}, {"list": ["draft"]}]}),
    ("due is not blank", {"op": "not", "args": [{"op": "blank", "args": [{"get": ["due"]}]}]}),
]


@pytest.mark.parametrize(("text", "wanted"), BROWSER)
def test_the_tree_for_the_browser(text: str, wanted: Any) -> None:
    assert checked(text).browser() == wanted


SERVER_ONLY = [
    "customer.exposure",
    "count(order)",
    "customer = 'ALFKI'",
    "qty ^ 2",
    "has_role(me, hr)",
    "moment + 1 hour",
    "median(lines.qty)",
    "moment > date",
    "price_for('P1', 1).price",
    "item is invoice",
    "date + 2 working days",
    "'' & date",
    "sum(lines, product.weight)",
]


@pytest.mark.parametrize("text", SERVER_ONLY)
def test_what_needs_the_server_has_no_tree(text: str) -> None:
    assert checked(text).browser() is None


def test_a_line_reads_its_record_in_the_browser() -> None:
    tree = checked("qty * parent.discount", ShopNames("order.lines")).browser()
    assert tree == {"op": "*", "args": [{"get": ["qty"]}, {"get": ["parent", "discount"]}]}


def in_sql() -> Iterator[str]:
    yield from sql_functions.FUNCTIONS
    yield from (*sql_rows.AGGREGATES, *sql_rows.VERDICTS, "first")


def test_the_functions_that_run_in_sql_say_so() -> None:
    assert {function.name for function in FUNCTIONS.values() if function.sql} == set(in_sql())


def test_every_function_of_the_language_is_there() -> None:
    wanted = """
        sum count count_unique average min max median product first last only exists any all list
        join large small if ifs switch choose iferror ifna ifblank isblank isnumber istext iserror
        xor round roundup rounddown trunc int abs mod power sqrt sign ceiling floor mround quotient
        pmt len left right mid upper lower proper trim find search substitute replace rept text
        value concat concatenate textjoin exact contains starts ends matches today now date time
        year quarter month day hour minute second weekday weeknum edate eomonth days datedif
        yearfrac week_start month_start month_end quarter_start year_start period working_days
        networkdays add_working_days workday is_working_day working_time length numbers root path
        inherited get nearest distance raised amended role has_role head heads manager_of managers
        team members decider chosen sumif sumifs countif countifs averageif averageifs minifs maxifs
        counta countblank sumproduct vlookup hlookup xlookup lookup index match
    """
    assert set(wanted.split()) <= set(FUNCTIONS)


def test_the_browser_tells_no_kinds_that_it_cannot_know() -> None:
    assert checked("istext(note)").browser() is not None
    assert checked("istext(date)").browser() is None
    assert checked("isnumber(customer)").browser() is None
