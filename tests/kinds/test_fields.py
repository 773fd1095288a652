"""What is particular to single kinds: notations, types, columns, numbering patterns, the registry."""

from __future__ import annotations

import datetime as dt
from dataclasses import FrozenInstanceError, dataclass
from decimal import Decimal
from importlib.metadata import EntryPoint
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from engine.expressions.types import Type
from engine.expressions.values import Key, Ref, Row, Rows
from engine.kinds.fields import BUILT_IN, KINDS, gather, register
from engine.kinds.fields.autonumber import Autonumber, pieces
from engine.kinds.fields.base import Field, Literal, Unfit
from engine.kinds.fields.text import OneLine
from tests.kinds.samples import FIELDS, field_of

D = Decimal


@pytest.mark.parametrize(("kind", "raw", "value"), [
    ("integer", "7", D(7)), ("integer", 7.0, D(7)), ("money", "1234.5", D("1234.5")), ("money", 0.1, D("0.1")),
    ("money", "+.5", D("0.5")), ("money", "-0", D(0)), ("quantity", " 3. ", D(3)), ("decimal", "1e3", D(1000)),
    ("decimal", 1e-7, D("0.0000001")), ("percent", "30%", D("0.3")), ("percent", "0.3", D("0.3")),
    ("percent", 0.3, D("0.3")),
    ("percent", "12.5 %", D("0.125")), ("percent", "-5％", D("-0.05")),
    ("boolean", "on", True), ("boolean", "0", False), ("boolean", 1, True), ("boolean", "TRUE", True),
    ("text", "  a \r\n b ", "a b"), ("text", 5, "5"), ("text", "e\u0301", "é"), ("long_text", "a\r\nb\rc", "a\nb\nc"),
    ("choice", "A级", "a"), ("choice", "grade B", "b"), ("choices", "c,a、a", ("a", "c")),
    ("tags", "x，y, x", ("x", "y")),
    ("link", 3, Ref("customer", 3)), ("link", "ALFKI", Key("ALFKI")), ("link", "3", Key("3")),
    ("link", Key("x"), Key("x")),
    ("link", {"id": 3, "title": "t"}, Ref("customer", 3)), ("link", {"code": "ALFKI"}, Key("ALFKI")),
    ("link", {"code": 7}, Key("7")),
    ("link", {"id": None}, None), ("link", {"code": ""}, None),
    ("link to several", {"id": 3, "object": "invoice"}, Ref("invoice", 3)),
    ("datetime", "2026-03-31T14:30", dt.datetime(2026, 3, 31, 6, 30, tzinfo=dt.UTC)),
    ("datetime", "2026-03-31 14:30:05+02:00", dt.datetime(2026, 3, 31, 12, 30, 5, tzinfo=dt.UTC)),
    ("datetime", "2026-03-31T14:30:05.25Z", dt.datetime(2026, 3, 31, 14, 30, 5, 250000, tzinfo=dt.UTC)),
    ("time", "14:30", dt.time(14, 30)),
], ids=repr)
def test_parse(kind: str, raw: object, value: object) -> None:
    assert FIELDS[kind].parse(raw) == value


@pytest.mark.parametrize(("kind", "text", "value"), [
    ("percent", "30", D("0.3")), ("percent", "30%", D("0.3")), ("link", "3", Ref("customer", 3)),
    ("link to several", "sales_order.lines/3", Ref("sales_order.lines", 3)), ("boolean", "on", True),
])
def test_parse_input(kind: str, text: str, value: object) -> None:
    assert FIELDS[kind].parse_input(text) == value


@pytest.mark.parametrize(("kind", "value", "zh", "en"), [
    ("integer", D(1234567), "1,234,567", "1,234,567"), ("decimal", D("1.5"), "1.500", "1.500"),
    ("quantity", D("1234.5"), "1,234.5 kg", "1,234.5 kg"), ("money", D("1234.5"), "¥1,234.50", "CN¥1,234.50"),
    ("money", D("-0.1234"), "-¥0.1234", "-CN¥0.1234"), ("percent", D("0.125"), "12.5%", "12.5%"),
    ("boolean", True, "是", "yes"), ("boolean", False, "否", "no"),
    ("date", dt.date(2026, 3, 31), "2026年3月31日", "Mar 31, 2026"),
    ("datetime", dt.datetime(2026, 3, 31, 6, 30, tzinfo=dt.UTC), "2026年3月31日 14:30", "Mar 31, 2026, 2:30\u202fPM"),
    ("time", dt.time(14, 30), "14:30", "2:30\u202fPM"), ("choice", "a", "A级", "grade A"),
    ("choice", "gone", "gone", "gone"),
    ("choices", ("a", "c"), "A级、C", "grade A, C"), ("tags", ("x", "y"), "x、y", "x, y"),
    ("link", Ref("customer", 3, "ALFKI Alfreds"), "ALFKI Alfreds", "ALFKI Alfreds"),
    ("link", Ref("customer", 3), "#3", "#3"),
    ("link", Key("ALFKI"), "ALFKI", "ALFKI"), ("text", "a", "a", "a"),
])
def test_format(kind: str, value: object, zh: str, en: str) -> None:
    assert (FIELDS[kind].format(value, "zh"), FIELDS[kind].format(value, "en")) == (zh, en)


@pytest.mark.parametrize(("kind", "value", "json"), [
    ("integer", D(7), 7), ("money", D("1234.5000"), "1234.50"), ("money", D("1.2345"), "1.2345"),
    ("quantity", D("3.000000"), "3"),
    ("quantity", D("1E+3"), "1000"), ("percent", D("0.300000"), "0.3"), ("date", dt.date(2026, 3, 31), "2026-03-31"),
    ("datetime", dt.datetime(2026, 3, 31, 6, 30, tzinfo=dt.UTC), "2026-03-31T06:30:00Z"),
    ("time", dt.time(9, 5), "09:05"),
    ("link", Ref("customer", 3, "t"), {"id": 3, "title": "t"}), ("link", Key("ALFKI"), "ALFKI"),
    ("link to several", Ref("invoice", 3, "t"), {"id": 3, "title": "t", "object": "invoice"}),
    ("choices", ("a",), ["a"]),
])
def test_json(kind: str, value: object, json: object) -> None:
    assert FIELDS[kind].to_json(value) == json


@pytest.mark.parametrize(("kind", "value", "held"), [
    ("money", D("1234.5"), "1234.50"), ("percent", D("0.125"), "12.5%"), ("boolean", False, "false"),
    ("link", Ref("customer", 3), "3"),
    ("link to several", Ref("invoice", 3), "invoice/3"),
    ("datetime", dt.datetime(2026, 3, 31, 6, 30, tzinfo=dt.UTC), "2026-03-31T14:30"),
    ("datetime", dt.datetime(2026, 3, 31, 6, 30, 5, 9, tzinfo=dt.UTC), "2026-03-31T14:30:05"),
    ("tags", ("x", "y"), "x,y"),
])
def test_input(kind: str, value: object, held: str) -> None:
    assert FIELDS[kind].to_input(value) == held


@pytest.mark.parametrize(("kind", "given_", "kept"), [
    ("money", D("2.34565"), D("2.3457")), ("money", D("-2.34565"), D("-2.3457")), ("integer", D("2.5"), D(3)),
    ("quantity", D(2) / D(3), D("0.666667")), ("percent", D("0.0000004"), D(0)),
])
def test_fit_rounds_half_up(kind: str, given_: Decimal, kept: Decimal) -> None:
    assert FIELDS[kind].fit(given_) == kept


@pytest.mark.parametrize("kind", ["integer", "decimal", "quantity", "money", "percent"])
def test_fit_refuses_what_cannot_be_stored(kind: str) -> None:
    with pytest.raises(Unfit):
        FIELDS[kind].fit(D(10) ** 20)


@pytest.mark.parametrize(("kind", "type"), [
    ("money", Type("number", unit="money:CNY", scale=4)), ("quantity", Type("number", unit="quantity:kg", scale=6)),
    ("percent", Type("number", unit="percent", scale=6)), ("integer", Type("number", scale=0)),
    ("decimal", Type("number", scale=3)), ("choice", Type("choice", options=("a", "b", "c"))),
    ("choices", Type("list", of=Type("choice", options=("a", "b", "c")))), ("tags", Type("list", of=Type("text"))),
    ("link to several", Type("record", objects=("invoice", "sales_order.lines"))),
    ("user", Type("record", objects=("user",))),
    ("text", Type("text")), ("date", Type("date")), ("datetime", Type("datetime")), ("time", Type("time")),
    ("boolean", Type("boolean")),
])
def test_types(kind: str, type: Type) -> None:
    assert FIELDS[kind].type == type


def test_columns() -> None:
    assert [column.name for column in FIELDS["money"].columns()] == ["it"]
    assert [column.name for column in FIELDS["link to several"].columns()] == ["it", "it__of"]
    assert field_of("lines").columns() == ()
    assert all(column.nullable for field in FIELDS.values() for column in field.columns())
    assert FIELDS["money"].columns()[0] is not FIELDS["money"].columns()[0]


def test_a_key_is_not_stored() -> None:
    with pytest.raises(ValueError, match="looked up"):
        FIELDS["link"].to_row(Key("ALFKI"))


@dataclass(frozen=True)
class Line(Row):
    """A row as expressions see it."""

    object: str = ""
    id: int | None = None

    def get(self, name: str) -> None:
        return None


def test_a_row_is_a_link_to_itself() -> None:
    assert FIELDS["link"].parse(Line("customer", 3)) == Ref("customer", 3)
    with pytest.raises(Unfit, match="not been saved"):
        FIELDS["link"].parse(Line("customer", None))
    with pytest.raises(Unfit, match="supplier"):
        FIELDS["link"].parse(Line("supplier", 3))


def test_lines() -> None:
    field = field_of("lines", of="sales_order.lines")
    assert field.type == Type("rows", objects=("sales_order.lines",))
    assert field.parse([{"id": 3, "qty": "2"}]) == ({"id": 3, "qty": "2"},)
    row = Line("sales_order.lines", 1)
    assert field.parse(Rows((row,))) == (row,)
    assert field.parse(None) is field.parse("") is None
    assert field.to_row([{"qty": 1}]) == {}
    assert [field.format(value, "en") for value in (None, ({},), ({}, {}))] == ["", "1 line", "2 lines"]
    assert field.format(({}, {}), "zh") == "2 行"
    assert field.to_json(({"qty": "1"},)) == [{"qty": "1"}]


def test_money_without_a_fixed_currency() -> None:
    assert field_of("money").format(D("1234.5"), "en") == "1,234.50"
    assert field_of("money", currency=Literal("JPY"), decimals=0).format(D(1234), "en") == "¥1,234"


DAY = dt.date(2026, 3, 5)


def numbered(pattern: str) -> Autonumber:
    return Autonumber(name="it", label=FIELDS["text"].label, pieces=pieces(pattern))


@pytest.mark.parametrize(("pattern", "number"), [
    ("{seq}", "7"), ("C{seq:5}", "C00007"), ("SO{yyyy}{mm}{seq:4}", "SO2026030007"),
    ("{yy}{mm}{dd}-{seq:3}/x", "260305-007/x"),
    ("{warehouse.code}{seq:2}", "MAIN07"), ("单{seq:2}号", "单07号"),
])
def test_numbering(pattern: str, number: str) -> None:
    field = numbered(pattern)
    around = field.around(DAY, {"warehouse.code": "MAIN"}.__getitem__)
    assert field.number(around, 7) == number
    assert field.count_in(around, number) == 7


@given(count=st.integers(1, 10**12), width=st.integers(1, 9))
def test_a_counter_is_read_back(count: int, width: int) -> None:
    field = numbered(f"SO{{yyyy}}{{seq:{width}}}-A")
    around = field.around(DAY, str)
    assert field.count_in(around, field.number(around, count)) == count


@pytest.mark.parametrize("number", ["SO2025-0001", "SO2026-", "SO2026-12", "SO2026-00a1", "SO2026-١٢٣٤", "X",
    "", "SO2026-" + "1" * 19])
def test_foreign_numbers_have_no_counter(number: str) -> None:
    field = numbered("SO{yyyy}-{seq:4}")
    assert field.count_in(field.around(DAY, str), number) is None


@pytest.mark.parametrize("pattern", ["SO", "", "{seq}{seq}", "{seq:0}", "{seq:x}", "{seq:19}", "{yyyy:2}{seq}",
    "{a b}{seq}", "{seq", "{seq}}", "{1}{seq}"])
def test_bad_patterns(pattern: str) -> None:
    with pytest.raises(Unfit) as caught:
        pieces(pattern)
    assert caught.value.message.to("zh")


def test_paths_of_a_pattern() -> None:
    assert numbered("{warehouse.code}{kind}{seq}").paths == ("warehouse.code", "kind")
    assert numbered("{seq:4}").width == 4


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: str(kind.kind))
def test_a_kind_is_complete(kind: type[Field]) -> None:
    assert kind.__module__ == f"engine.kinds.fields.{kind.kind}"
    assert kind.widget
    Draft202012Validator.check_schema({"type": "object", "properties": dict(kind.options_schema)})
    attributes = {schema.get("attribute", key) for key, schema in kind.options_schema.items()} - {"fields"}
    assert attributes <= set(kind.__dataclass_fields__)


def test_fields_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        FIELDS["text"].name = "other"  # type: ignore[misc]


@dataclass(frozen=True, kw_only=True)
class Isbn(OneLine):
    """A kind as a plugin brings it."""

    kind: ClassVar[str] = "isbn"


def entry(target: str) -> EntryPoint:
    return EntryPoint("it", f"{__name__}:{target}", "formwork.fields")


def test_plugins_come_through_the_same_door(monkeypatch: pytest.MonkeyPatch) -> None:
    brought: dict[str, Any] = {"Isbn": Isbn, "text": KINDS["text"], "int": int}
    monkeypatch.setattr(EntryPoint, "load", lambda point: brought[point.attr])
    kinds = gather([entry("Isbn")])
    assert kinds["isbn"] is Isbn
    assert set(kinds) == {*KINDS, "isbn"}
    with pytest.raises(ValueError, match="taken"):
        gather([entry("text")])
    with pytest.raises(ValueError, match="no kind of field"):
        gather([entry("int")])


def test_two_kinds_cannot_share_a_word() -> None:
    kinds: dict[str, type[Field]] = {}
    register(kinds, Isbn)
    with pytest.raises(ValueError, match="isbn"):
        register(kinds, Isbn)
