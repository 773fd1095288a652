"""The meaning: values, blanks, errors, paths, sources, as Python gives them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as D
from typing import Any

import pytest

from engine.expressions.scope import Frame, Symbol
from engine.expressions.types import MONEY, QUANTITY, record_of, rows_of
from engine.expressions.values import Duration, ErrorValue, Ref, Rows
from tests.expressions.worlds import Shop, ShopNames, Thing, checked, lines, value_of


@pytest.fixture
def shop() -> Shop:
    category = [
        Thing("category", n, {"name": name, "above": above})
        for n, name, above in (
            (1, "all", None),
            (2, "food", Ref("category", 1)),
            (3, "tea", Ref("category", 2)),
            (4, "tools", Ref("category", 1)),
        )
    ]
    product = [
        Thing("product", 1, {"code": "P1", "category": Ref("category", 3), "weight": D(2)}),
        Thing("product", 2, {"code": "P2", "category": Ref("category", 4)}),
    ]
    customer = [
        Thing("customer", 5, {"name": "ALFKI", "credit_limit": D(100), "exposure": D(120)}),
        Thing("customer", 6, {"name": "BONAP"}),
    ]
    stock = [
        Thing("stock", 1, {"product": Ref("product", 1), "on_hand": D(7), "reserved": D(2)}),
        Thing("stock", 2, {"product": Ref("product", 2), "on_hand": D(9), "reserved": None}),
    ]
    rates = [
        Thing("rate", n, {"currency": code, "day": dt.date(2026, 1, n), "rate": D(rate)})
        for n, code, rate in ((1, "EUR", "7.5"), (2, "EUR", "7.6"), (3, "USD", "7.1"))
    ]
    warehouse = [
        Thing("warehouse", 1, {"name": "North", "place": "39.9, 116.4"}),
        Thing("warehouse", 2, {"name": "South", "place": "23.1, 113.3"}),
    ]
    return Shop(
        {
            "category": category,
            "product": product,
            "customer": customer,
            "stock": stock,
            "rate": rates,
            "warehouse": warehouse,
        },
        has={1: ("sales",)},
        names_raised=("credit",),
    )


@pytest.fixture
def order(shop: Shop) -> Thing:
    thing = Thing(
        "order",
        1,
        {
            "customer": Ref("customer", 5, "ALFKI"),
            "date": dt.date(2026, 1, 31),
            "state": "draft",
            "total": D("10.50"),
            "qty": D(3),
            "discount": D("0.05"),
            "held": True,
            "note": "Tea  for two",
            "kind": "credit",
            "item": Ref("invoice", 3),
            "tags": ("a", "b"),
            "moment": dt.datetime(2026, 3, 31, 16, 30, tzinfo=dt.UTC),
            "clock": dt.time(9, 30),
            "span": Duration(seconds=D(5400)),
        },
    )
    thing.values["lines"] = lines(
        {"product": Ref("product", 1), "qty": D(2), "price": D("1.50"), "stocked": True, "amount": D("3.00")},
        {"product": Ref("product", 2), "qty": D(5), "price": None, "stocked": False, "amount": None},
        {"product": Ref("product", 1), "qty": None, "price": D(4), "stocked": True, "amount": D(8)},
        parent=thing,
    )
    customer = shop.stored["customer"][0]
    customer.values["orders"] = Rows((thing,))
    shop.stored["order"] = [thing]
    return thing


CASES: list[tuple[str, Any]] = [
    # arithmetic, blanks, errors
    ("1 + 2 * 3", D(7)),
    ("-2 ^ 2", D(4)),
    ("2 ^ 3 ^ 2", D(64)),
    ("10 / 4", D("2.5")),
    ("1 / 3", D("0.333333333333")),
    ("2 / 3", D("0.666666666667")),
    ("-2 / 3", D("-0.666666666667")),
    ("5%", D("0.05")),
    ("total * 10%", D("1.05")),
    ("score + 1", D(1)),
    ("score * 5", D(0)),
    ("-score", D(0)),
    ("total / qty", D("3.5")),
    ("'a' & note & 1.50", "aTea  for two1.5"),
    ("'' & score", ""),
    ("0.1 + 0.2", D("0.3")),
    ("2 ^ -1", D("0.5")),
    ("2 ^ 0.5", D("1.414213562373")),
    ("blank = blank", True),
    ("score = blank", True),
    ("score = ''", True),
    ("score = 0", False),
    ("score <= 0", False),
    ("score >= 0", False),
    ("score != 0", True),
    ("note = ''", False),
    ("due is blank", True),
    ("due = blank", True),
    ("due < date", False),
    ("not score > 0", True),
    ("held and score > 0", False),
    ("owner is blank", True),
    ("iferror(1 / 0, 9)", D(9)),
    ("iferror(1 / score, 9)", D(9)),
    ("iserror(1 / 0)", True),
    ("ifna(ifs(false, 1), 5)", D(5)),
    ("score > 0 and 1 / score > 2", False),
    ("held or 1 / 0 > 1", True),
    # names and paths
    ("customer.exposure > customer.credit_limit", True),
    ("customer = 'ALFKI'", True),
    ("customer != 'BONAP'", True),
    ("customer in ['ALFKI', 'BONAP']", True),
    ("customer.name & '!'", "ALFKI!"),
    ("me = this.owner", False),
    ("this.qty", D(3)),
    ("state in ['draft', 'pending']", True),
    ("state not in ['approved']", True),
    ("item is invoice", True),
    ("item is not order", True),
    ("kind = 'credit'", True),
    ("'a' in tags", True),
    ("owner in role(hr)", False),
    ("first(lines).parent.qty", D(3)),
    # sources and aggregates
    ("sum(lines, qty * price)", D("3.0")),
    ("sum(lines.qty)", D(7)),
    ("sum(lines where stocked, amount)", D(11)),
    ("count(lines)", D(3)),
    ("count(lines.price)", D(2)),
    ("count(lines, price)", D(2)),
    ("max(lines.qty)", D(5)),
    ("min(lines.qty)", D(2)),
    ("max(qty, 5)", D(5)),
    ("max(score, 1)", D(1)),
    ("min(qty, 5, 1)", D(1)),
    ("sum(1, 2, 3)", D(6)),
    ("average(lines.qty)", D("3.5")),
    ("median(lines.qty)", D("3.5")),
    ("product(lines.qty)", D(10)),
    ("count_unique(lines.product)", D(2)),
    ("all(lines, qty > 1)", False),
    ("any(lines, qty > 4)", True),
    ("exists(lines where qty > 9)", False),
    ("exists(lines)", True),
    ("sum(lines where qty > 9, qty)", D(0)),
    ("max(lines where qty > 9, qty)", None),
    ("first(lines sort -qty).qty", D(5)),
    ("first(lines sort qty).qty", D(2)),
    ("last(lines).price", D(4)),
    ("first(lines where qty > 9)", None),
    ("first(lines where qty > 9).price", None),
    ("first(lines sort stocked then -amount).qty", D(5)),
    ("join(lines, qty, '+')", "2+5"),
    ("join(lines.product.code)", "P1, P2, P1"),
    ("list(lines, qty)", (D(2), D(5))),
    ("large(lines.qty, 1)", D(5)),
    ("small(lines, qty, 2)", D(5)),
    ("only(lines where qty = 5).qty", D(5)),
    ("lines.qty", (D(2), D(5), None)),
    ("(lines.qty where stocked)", (D(2),)),
    ("count(lines as l where count(this.lines where product = l.product) > 1)", D(2)),
    ("sum(stock.on_hand where product = 'P1')", D(7)),
    ("sum(stock, on_hand - reserved)", D(14)),
    ("count(all customer)", D(2)),
    ("count(customer.orders where state = 'draft')", D(1)),
    ("sum(customer.orders.lines.qty)", D(7)),
    ("count(stock where product in this.lines.product)", D(2)),
    ("first(rate where currency = 'EUR' sort -day).rate", D("7.6")),
    ("count(tags)", D(2)),
    ("first(lines).product.category is under 'food'", True),
    ("last(lines where not stocked).product.category is under 'food'", False),
    # people, records, trees
    ("has_role(me, sales)", True),
    ("has_role(me, hr)", False),
    ("manager_of(me)", Ref("user", 9)),
    ("raised(credit)", True),
    ("raised(stock)", False),
    ("get(customer, 'BONAP').name", "BONAP"),
    ("price_for('P1', qty).price", D(95)),
    ("limit_for(kind)", D("0.1")),
    ("path(first(lines).product.category)", "1 / 2 / 3"),
    ("length(above(first(lines).product.category))", D(3)),
    ("root(first(lines).product.category) = 'all'", True),
    ("inherited(first(lines).product.category, name)", "tea"),
    ("nearest(all warehouse, '24, 113').name", "South"),
    ("distance('0, 0', '0, 1')", D("111.195")),
    ("numbers(1, 3)", (D(1), D(2), D(3))),
    # choices
    ("if(held, 1, 2)", D(1)),
    ("if(score > 0, 1)", None),
    ("ifs(qty > 5, 'a', qty > 2, 'b')", "b"),
    ("switch(state, 'draft', 1, 'approved', 2)", D(1)),
    ("switch(qty, 1, 'a', 'z')", "z"),
    ("choose(2, 'a', 'b')", "b"),
    ("ifblank(score, 4)", D(4)),
    ("xor(held, qty > 1)", False),
    ("isnumber(qty)", True),
    ("istext(note)", True),
    ("isblank(due)", True),
    # dates
    ("date + 1", dt.date(2026, 2, 1)),
    ("date + 1 month", dt.date(2026, 2, 28)),
    ("date - 1 year", dt.date(2025, 1, 31)),
    ("due + 3", None),
    ("date(2026, 3, 1) - date", D(29)),
    ("today()", dt.date(2026, 4, 1)),
    ("date(moment)", dt.date(2026, 4, 1)),
    ("moment = today()", True),
    ("moment > date", True),
    ("moment + 2 hours", dt.datetime(2026, 3, 31, 18, 30, tzinfo=dt.UTC)),
    ("hour(moment)", D(0)),
    ("minute(clock)", D(30)),
    ("now() - moment", Duration(seconds=D(7200))),
    ("span / 1 hour", D("1.5")),
    ("span * 2 = 3 hours", True),
    ("2 * 1 day > span", True),
    ("date + qty * 1 day", dt.date(2026, 2, 3)),
    ("clock + 45 minutes", dt.time(10, 15)),
    ("year(date)", D(2026)),
    ("quarter(date)", D(1)),
    ("edate(date, 1)", dt.date(2026, 2, 28)),
    ("eomonth(date, 1)", dt.date(2026, 2, 28)),
    ("days(today(), date)", D(60)),
    ("weekday(date)", D(7)),
    ("weekday(date, 2)", D(6)),
    ("weeknum(date)", D(5)),
    ("weeknum(date, 21)", D(5)),
    ("datedif(date, today(), 'm')", D(2)),
    ("datedif(date, today(), 'md')", D(1)),
    ("yearfrac(date(2026, 1, 1), date(2026, 7, 1))", D("0.5")),
    ("yearfrac(date(2024, 1, 1), date(2025, 1, 1), 3)", D("1.002739726027")),
    ("week_start(date)", dt.date(2026, 1, 26)),
    ("month_start(date)", dt.date(2026, 1, 1)),
    ("month_end(date)", dt.date(2026, 1, 31)),
    ("quarter_start(date)", dt.date(2026, 1, 1)),
    ("quarter_end(date)", dt.date(2026, 3, 31)),
    ("year_start(date)", dt.date(2026, 1, 1)),
    ("period(date)", "2026-01"),
    ("period(date, 'quarter')", "2026-Q1"),
    ("working_days(date(2026, 3, 30), date(2026, 4, 5))", D(5)),
    ("networkdays(date(2026, 3, 30), date(2026, 4, 5))", D(5)),
    ("add_working_days(date(2026, 4, 3), 1)", dt.date(2026, 4, 6)),
    ("date(2026, 4, 3) + 2 working days", dt.date(2026, 4, 7)),
    ("is_working_day(date(2026, 4, 5))", False),
    ("date(2026, 13, 1)", dt.date(2027, 1, 1)),
    ("working_time(date(2026, 4, 1), date(2026, 4, 2))", Duration(working_seconds=D(28800))),
    ("time(9, 5)", dt.time(9, 5)),
    ("now() + 8 working hours", dt.datetime(2026, 4, 1, 10, 0, tzinfo=dt.UTC)),
    # numbers
    ("round(2.5)", D(3)),
    ("round(-2.5)", D(-3)),
    ("round(1.005, 2)", D("1.01")),
    ("round(1234, -2)", D(1200)),
    ("roundup(1.01)", D(2)),
    ("rounddown(-1.9)", D(-1)),
    ("trunc(1.99, 1)", D("1.9")),
    ("int(-1.5)", D(-2)),
    ("abs(-3)", D(3)),
    ("mod(-7, 3)", D(2)),
    ("mod(7, -3)", D(-2)),
    ("power(2, 10)", D(1024)),
    ("sqrt(2)", D("1.414213562373")),
    ("sign(-4)", D(-1)),
    ("ceiling(7, 5)", D(10)),
    ("floor(7, 5)", D(5)),
    ("ceiling(-7, -5)", D(-10)),
    ("mround(7, 5)", D(5)),
    ("quotient(7, 2)", D(3)),
    ("round(pmt(1%, 12, 1000), 2)", D("-88.85")),
    ("bucket(45, [0, 30, 60])", "30 – 59"),
    ("bucket(-1, [0, 30])", "< 0"),
    ("bucket(30, [0, 30])", "30 +"),
    ("bucket(score, [0])", None),
    ("bucket(1, [0.5, 2.5])", "0.5 – < 2.5"),
    # texts
    ("len(note)", D(12)),
    ("left(note, 3)", "Tea"),
    ("right(note, 3)", "two"),
    ("mid(note, 6, 3)", "for"),
    ("upper(note)", "TEA  FOR TWO"),
    ("proper('tea FOR two')", "Tea For Two"),
    ("trim(note)", "Tea for two"),
    ("find('for', note)", D(6)),
    ("search('F?R', note)", D(6)),
    ("substitute(note, 'two', '2')", "Tea  for 2"),
    ("substitute('aaa', 'a', 'b', 2)", "aba"),
    ("replace('abcd', 2, 2, 'X')", "aXd"),
    ("rept('ab', 3)", "ababab"),
    ("text(total, '0.00')", "10.50"),
    ("text(1234.5, '#,##0.00')", "1,234.50"),
    ("text(date, 'yyyy/MM/dd')", "2026/01/31"),
    ("value('1,234.5')", D("1234.5")),
    ("value('5%')", D("0.05")),
    ("concat('a', 1, blank, tags)", "a1ab"),
    ("textjoin('-', true, 'a', blank, 'b')", "a-b"),
    ("exact('a', 'A')", False),
    ("contains(note, 'for')", True),
    ("starts(note, 'Tea')", True),
    ("ends(note, 'x')", False),
    ("matches(note, 'tea*tw?')", True),
    ("matches('a*b', 'a?')", False),
    # look-alikes
    ("sumif(lines.qty, '>2')", D(5)),
    ("sumif(lines.stocked, true, lines.amount)", D(11)),
    ("countif(lines.qty, 2)", D(1)),
    ("sumifs(lines.amount, lines.stocked, true, lines.price, '>2')", D(8)),
    ("averageif(lines.qty, '>0')", D("3.5")),
    ("maxifs(lines.qty, lines.stocked, true)", D(2)),
    ("countifs(lines.stocked, true, lines.price, '>2')", D(1)),
    ("counta(lines.qty)", D(2)),
    ("countblank(lines.qty)", D(1)),
    ("sumproduct(lines.qty, lines.price)", D(3)),
    ("match(5, lines.qty, 0)", D(2)),
    ("index(lines.qty, 2)", D(5)),
    ("xlookup(5, lines.qty, lines.stocked)", False),
    ("lookup(25, [10, 20, 30], ['a', 'b', 'c'])", "b"),
    ("vlookup(2, [[1, 10], [2, 20]], 2, false)", D(20)),
    ("hlookup(2, [[1, 2], [10, 20]], 2, false)", D(20)),
    ("xlookup(9, lines.qty, lines.qty, 0)", D(0)),
]

ERRORS = [
    ("1 / 0", "#DIV/0!"),
    ("1 / score", "#DIV/0!"),
    ("1 + 1 / 0", "#DIV/0!"),
    ("1 / 0 > 1 and held", "#DIV/0!"),
    ("if(1 / 0 > 1, 1, 2)", "#DIV/0!"),
    ("sum(lines, 1 / (qty - 2))", "#DIV/0!"),
    ("count(lines where 1 / (qty - 2) > 0)", "#DIV/0!"),
    ("average(lines where qty > 9, qty)", "#DIV/0!"),
    ("ifs(false, 1)", "#N/A"),
    ("switch(qty, 1, 2)", "#N/A"),
    ("customer = 'NOBODY'", "#N/A"),
    ("get(customer, 'NOBODY').name", "#N/A"),
    ("only(lines)", "#VALUE!"),
    ("choose(3, 1, 2)", "#NUM!"),
    ("large(lines.qty, 3)", "#NUM!"),
    ("sqrt(-1)", "#NUM!"),
    ("(-8) ^ 0.5", "#NUM!"),
    ("2 ^ 101", "#NUM!"),
    ("0 ^ -1", "#DIV/0!"),
    ("date + 1 hour", "#VALUE!"),
    ("date + 99999999", "#NUM!"),
    ("find('x', note)", "#VALUE!"),
    ("left(note, -1)", "#VALUE!"),
    ("value('x')", "#VALUE!"),
    ("rept('abc', 99999)", "#VALUE!"),
    ("rept('a', 65536) & 'b'", "#VALUE!"),
    ("match(9, lines.qty, 0)", "#N/A"),
    ("index(lines.qty, 9)", "#REF!"),
    ("mod(1, 0)", "#DIV/0!"),
    ("distance('x', 'y')", "#VALUE!"),
    ("date(20260, 1, 1)", "#NUM!"),
    ("time(25)", "#NUM!"),
    ("numbers(1, 99999)", "#NUM!"),
    ("mround(5, -2)", "#NUM!"),
]


@pytest.mark.parametrize(("text", "wanted"), CASES)
def test_a_value(text: str, wanted: Any, order: Thing, shop: Shop) -> None:
    found = value_of(text, order, shop)
    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize(("text", "code"), ERRORS)
def test_an_error_is_a_value_that_spreads(text: str, code: str, order: Thing, shop: Shop) -> None:
    found = value_of(text, order, shop)
    assert isinstance(found, ErrorValue), found
    assert found.code == code
    assert found.reason.to("zh") and found.reason.to("en")


def test_units(shop: Shop) -> None:
    types = {
        "total * qty": "money",
        "total / total": "number",
        "total / qty": "money",
        "total * 5%": "money",
        "total + 1": "money",
        "qty / qty": "number",
        "round(total, 1)": "money",
        "sum(lines, qty * price)": "money",
        "if(held, total, 0)": "money",
        "max(discount, 5%)": "percent",
        "first(lines)": "record of order.lines",
    }
    assert {text: str(checked(text).type) for text in types} == types


def test_the_old_row_and_other_names(order: Thing, shop: Shop) -> None:
    names = ShopNames(
        more={
            "need": Symbol("param", "need", QUANTITY),
            "qty.before": Symbol("word", "qty.before", QUANTITY),
            "trigger": Symbol("word", "trigger", record_of("order")),
        }
    )
    old = Thing("order", 1, {"qty": D(2)})
    frame = Frame(shop, order, old=old, names={"need": D(4), "qty.before": D(1), "trigger": Ref("order", 1)})  # type: ignore[arg-type]
    assert checked("qty - old.qty + need + qty.before + trigger.qty", names).value(frame) == D(9)


def test_an_aggregate_over_the_group_of_a_report(order: Thing, shop: Shop) -> None:
    names = ShopNames("stock", more={"rows": Symbol("word", "rows", rows_of("order"))})
    frame = Frame(shop, names={"rows": Rows((order, Thing("order", 2, {"total": D(2), "qty": D(1)})))})  # type: ignore[arg-type]
    assert checked("sum(total)", names).value(frame) == D("12.50")
    assert checked("round(sum(total * qty) / count(), 2)", names).value(frame) == D("16.75")
    assert checked("sum(total)", names).type == MONEY.__class__("number", unit="money")


def test_a_billion_steps_end_early(shop: Shop) -> None:
    shop.stored["stock"] = [Thing("stock", n, {"on_hand": D(n)}) for n in range(2000)]
    found = value_of("count(stock as a where exists(stock where on_hand = a.on_hand + 5000))", Thing("order", 1), shop)
    assert isinstance(found, ErrorValue) and found.code == "#NUM!"
