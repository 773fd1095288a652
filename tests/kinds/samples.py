"""One configured field per kind, and strategies for the values that each may hold. Knows no app."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from engine.expressions.values import Ref
from engine.kinds.fields import KINDS
from engine.kinds.fields.autonumber import pieces
from engine.kinds.fields.base import Field, Literal
from engine.kinds.fields.choice import Option
from engine.texts import plain, say

OPTIONS = {"a": Option(say("A级", "grade A"), "green"), "b": Option(say("B级", "grade B")), "c": Option(plain("C"))}


def field_of(kind: str, **options: Any) -> Field:
    """A field `it` of this kind."""
    return KINDS[kind](name="it", label=plain("it"), **options)


FIELDS: dict[str, Field] = {
    "text": field_of("text"),
    "long_text": field_of("long_text"),
    "address": field_of("address"),
    "integer": field_of("integer"),
    "decimal": field_of("decimal", decimals=3),
    "quantity": field_of("quantity", unit=Literal("kg")),
    "money": field_of("money", currency=Literal("CNY")),
    "percent": field_of("percent"),
    "boolean": field_of("boolean"),
    "date": field_of("date"),
    "datetime": field_of("datetime", timezone="Asia/Shanghai"),
    "time": field_of("time"),
    "choice": field_of("choice", options=OPTIONS),
    "choices": field_of("choices", options=OPTIONS),
    "tags": field_of("tags"),
    "link": field_of("link", to=("customer",)),
    "link to several": field_of("link", to=("invoice", "sales_order.lines")),
    "user": field_of("user"),
    "users": field_of("users"),
    "links": field_of("links", to=("customer",)),
    "links to several": field_of("links", to=("invoice", "sales_order.lines")),
    "email": field_of("email"),
    "phone": field_of("phone"),
    "url": field_of("url"),
    "rich_text": field_of("rich_text"),
    "range": field_of("range"),
    "range of moments": field_of("range", of="datetime", timezone="Asia/Shanghai"),
    "range of numbers": field_of("range", of="decimal"),
    "duration": field_of("duration"),
    "department": field_of("department"),
    "location": field_of("location"),
    "color": field_of("color"),
    "rating": field_of("rating"),
    "barcode": field_of("barcode", symbology="ean13"),
    "json": field_of("json"),
    "currency": field_of("currency"),
    "unit": field_of("unit", options=OPTIONS),
    "language": field_of("language"),
    "autonumber": field_of("autonumber", pieces=pieces("SO{yyyy}{seq:4}")),
}


def numbers(places: int, whole: int) -> st.SearchStrategy[Decimal]:
    """Decimals with up to `places` decimals and `whole` digits before the point."""
    bound = 10 ** (places + whole) - 1
    return st.builds(lambda n: Decimal(n).scaleb(-places), st.integers(-bound, bound))


WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=60)
IDS = st.integers(1, 2**63 - 1)
CODES = st.sampled_from(sorted(OPTIONS))

RAW: dict[str, st.SearchStrategy[Any]] = {
    "text": WORDS,
    "long_text": st.text(st.characters(exclude_categories=("Cs",), exclude_characters="".join(
        chr(n) for n in (*range(9), 11, 12, *range(14, 32), 127))), max_size=200),
    "address": WORDS,
    "integer": st.integers(-(10**15) + 1, 10**15 - 1).map(Decimal),
    "decimal": numbers(3, 15),
    "quantity": numbers(6, 12),
    "money": numbers(4, 14),
    "percent": numbers(6, 12),
    "boolean": st.booleans(),
    "date": st.dates(dt.date(1000, 1, 1)),
    "datetime": st.datetimes(dt.datetime(1000, 1, 2), dt.datetime(9999, 12, 30), timezones=st.just(dt.UTC)),
    "time": st.times(),
    "choice": CODES,
    "choices": st.lists(CODES, min_size=1),
    "tags": st.lists(WORDS.filter(lambda word: not set(word) & set(",，、")), max_size=5),
    "link": st.builds(Ref, st.just("customer"), IDS),
    "link to several": st.builds(Ref, st.sampled_from(["invoice", "sales_order.lines"]), IDS),
    "users": st.lists(st.builds(Ref, st.just("user"), IDS), max_size=4),
    "links": st.lists(st.builds(Ref, st.just("customer"), IDS), max_size=4),
    "links to several": st.lists(st.builds(Ref, st.sampled_from(["invoice", "sales_order.lines"]), IDS), max_size=4),
    "user": st.builds(Ref, st.just("user"), IDS),
    "email": st.sampled_from(["li@example.com", "a.b+c@mail.example.co", "王@例子.公司"]),
    "phone": st.sampled_from(["+86 571 8888-1234", "(206) 555-9857", "0571-88881234转12", "030-0074321"]),
    "url": st.sampled_from(["https://example.com", "http://例子.公司/路?q=1#x", "https://example.com:8443/a%20b"]),
    "range": st.sampled_from([
        "2026-03-01..2026-03-05", ["2026-03-01", None], {"start": None, "end": "2026-03-05"},
        "2026-03-01 至 2026-03-01",
    ]),
    "range of moments": st.sampled_from([
        "2026-03-01T10:00..2026-03-01T11:30", {"start": "2026-03-01T02:00:00Z", "end": ""},
    ]),
    "range of numbers": st.sampled_from(["1..2.5", "-3~4", [None, 7]]),
    "rich_text": st.sampled_from([
        "one & two\n\nthree < 4", "<p>a <strong>b</strong></p><ul><li>x</li></ul>", "<h2>t</h2><p><a href='https://a.b'>l</a></p>",
        "a <b>c", "<p>1 &lt; 2 &amp; 3</p>",
    ]),
    "duration": st.sampled_from(["1d 2h 30m", "1:30", "-90 minutes", "2天3小时", "PT0.5S", "3 weeks", "0m"]),
    "department": st.sampled_from(["Sales", "研发 & 测试"]),
    "location": st.tuples(st.integers(-90, 90), st.decimals(-180, 180, places=6)),
    "color": st.sampled_from(["#1E90FF", "abc", "#000000"]),
    "rating": st.integers(1, 5),
    "barcode": st.sampled_from(["4006381333931", "6901234567892"]),
    "json": st.recursive(
        st.none() | st.booleans() | st.integers(-(10**9), 10**9) | WORDS, lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(WORDS, inner, max_size=3), max_leaves=8,
    ).map(lambda inner: {"it": inner}),
    "currency": st.sampled_from(["CNY", "eur", "人民币", "US Dollar"]),
    "unit": CODES,
    "language": st.sampled_from(["zh", "en", "德语", "French"]),
    "autonumber": st.builds(lambda n: f"SO2026{n:04d}", st.integers(1, 10**9)),
}
