"""What each kind refuses, and that it says why in both languages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.expressions.values import Key, Ref
from engine.kinds.fields.base import Unfit
from engine.texts import say
from tests.kinds.samples import FIELDS, field_of

NUMBERS = ("integer", "decimal", "quantity", "money", "percent")
NO_NUMBERS: tuple[object, ...] = (
    "NaN", "nan", "Infinity", "-inf", "١٢٣", "１２", "1_000", "1,000", "1,234.5", "0x10", "1e400", "1e-39", "--1",
    "1.2.3", "abc", "1 000", "9" * 39, "1" * 500, float("nan"), float("inf"), 10**39, Decimal("NaN"),
    Decimal("1e60"), True, [], {}, b"1",
)


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("raw", NO_NUMBERS, ids=repr)
def test_no_numbers(kind: str, raw: object) -> None:
    with pytest.raises(Unfit):
        FIELDS[kind].parse(raw)


def test_thousands_are_explained_and_read_from_people() -> None:
    with pytest.raises(Unfit, match="thousands"):
        FIELDS["money"].parse("1,234.50")
    assert FIELDS["money"].parse_input("1,234.50") == Decimal("1234.50")
    with pytest.raises(Unfit):
        FIELDS["money"].parse_input("1,23")


REFUSED: list[tuple[str, object]] = [
    ("text", True), ("text", 1.5), ("text", ["a"]), ("text", {"a": 1}), ("text", "a\x00b"), ("text", "\ud800"),
    ("text", "\x1b[31m"),
    ("boolean", "yes"), ("boolean", "2"), ("boolean", 2), ("boolean", []), ("boolean", "是"),
    ("date", "31.03.2026"), ("date", "2026-02-30"), ("date", "2026-3-1"), ("date", "20260331"), ("date", 20260331),
    ("date", "２０２６-03-31"), ("date", "2026-03-31T00:00"),
    ("datetime", "2026-03-31"), ("datetime", "2026-03-31T25:00"), ("datetime", 1.0), ("datetime", "2026-W01-1T00:00"),
    ("datetime", "0001-01-01T00:00"), ("time", "24:00"), ("time", "2:30"), ("time", 230), ("time", "12:60"),
    ("choice", "d"), ("choice", True), ("choice", ["a"]), ("choice", {}), ("choices", ["a", "d"]), ("choices", 1),
    ("tags", 5), ("tags", [1.5]), ("integer", "1.5"), ("integer", 1e-9), ("percent", 10**12),
    ("duration", "P11574075D"),
    ("link", 0), ("link", -1), ("link", 1.0), ("link", True), ("link", 2**63), ("link", {"id": "1"}), ("link", {}),
    ("link", {"id": 1, "name": "x"}), ("link", {"a": 1, "b": 2}), ("link", {"code": {"x": 1}}),
    ("link", {"code": 1.5}),
    ("link", Ref("supplier", 1)), ("link", {"id": 1, "object": "supplier"}), ("link", []),
    ("json", "[1e400]"), ("json", "[1e99999999999999999999]"), ("json", "[Infinity]"), ("json", f"[{'9' * 39}]"),
    ("json", f"[{'9' * 5000}]"), ("json", f"[0.{'9' * 39}]"),
    ("link to several", 1), ("link to several", {"id": 1}), ("link to several", Ref("customer", 1)),
]


@pytest.mark.parametrize(("name", "raw"), REFUSED, ids=repr)
def test_refused(name: str, raw: object) -> None:
    with pytest.raises(Unfit) as caught:
        FIELDS[name].parse(raw)
    assert caught.value.message.to("zh") != caught.value.message.to("en")


BROKEN: list[tuple[str, dict[str, Any], Any]] = [
    ("text", {"min_length": 3}, "ab"), ("text", {"max_length": 3}, "abcd"), ("text", {"pattern": "[A-Z]{3}"}, "ABCD"),
    ("text", {"pattern": "[A-Z]{3}", "placeholder": say("例", "as")}, "abc"), ("text", {}, "x" * 1001),
    ("text", {"unique": True}, "x" * 501), ("long_text", {}, "x" * 60_001),
    ("integer", {}, Decimal("1.5")), ("integer", {}, Decimal(10**15)), ("decimal", {"decimals": 2}, Decimal("1.234")),
    ("quantity", {}, Decimal("0.0000001")), ("money", {}, Decimal("1.00001")), ("money", {}, Decimal(10**14)),
    ("percent", {}, Decimal("0.0000001")), ("tags", {}, ("x" * 101,)), ("tags", {}, ("a,b",)),
    ("tags", {}, tuple(map(str, range(201)))),
    ("email", {}, "li"), ("email", {}, "li@host"), ("email", {}, "a@b@example.com"), ("email", {}, "a b@example.com"),
    ("email", {}, "a@example.com,b@example.com"), ("email", {}, "x" * 250 + "@example.com"),
    ("phone", {}, "12"), ("phone", {}, "call me"), ("phone", {}, "1" * 30),
    ("url", {}, "javascript:alert(1)"), ("url", {}, "example.com"), ("url", {}, "https://"),
    ("url", {}, "https://a b.com"),
    ("url", {}, "https://me:secret@example.com"), ("url", {}, "http://[::1"), ("url", {}, "data:text/html,x"),
]


@pytest.mark.parametrize(("kind", "options", "value"), BROKEN, ids=lambda part: repr(part)[:40])
def test_broken_rules(kind: str, options: dict[str, Any], value: Any) -> None:
    field = field_of(kind, **options)
    with pytest.raises(Unfit) as caught:
        field.check_value(field.parse(value))
    assert caught.value.message.to("zh") != caught.value.message.to("en")


@pytest.mark.parametrize("raw", ["2026-03-31", 5, {"id": 3}], ids=repr)
def test_lines_want_rows(raw: object) -> None:
    with pytest.raises(Unfit):
        field_of("lines").parse(raw)
    with pytest.raises(Unfit):
        field_of("lines").parse([raw] if not isinstance(raw, dict) else [raw, "x"])


def test_too_many_lines() -> None:
    assert len(field_of("lines").parse([{}] * 5000)) == 5000
    with pytest.raises(Unfit, match="5000"):
        field_of("lines").parse([{}] * 5001)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates() | st.datetimes()
    | st.decimals(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=5,
)


@pytest.mark.parametrize("name", sorted(FIELDS))
@given(raw=JUNK)
def test_junk_gives_a_value_or_a_reason(name: str, raw: object) -> None:
    field = FIELDS[name]
    try:
        value = field.parse(raw)
        field.check_value(value)
    except Unfit as reason:
        assert reason.message.to("zh") and reason.message.to("en")
    else:
        if not any(isinstance(part, Key) for part in (value if isinstance(value, tuple) else (value,))):
            again = field.parse(field.to_json(value))
            assert again == value or field.to_json(again) == field.to_json(value)  # JSON keeps `1.10` as it was written
            field.to_row(value)


@pytest.mark.parametrize("name", sorted(FIELDS))
@given(text=st.text())
def test_typed_junk_gives_a_value_or_a_reason(name: str, text: str) -> None:
    try:
        FIELDS[name].parse_input(text)
    except Unfit as reason:
        assert reason.message
