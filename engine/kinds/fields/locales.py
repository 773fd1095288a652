"""Numbers and dates as people read them, in their language. Knows no field; keeps the parsed patterns."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from babel.core import Locale, UnknownLocaleError
from babel.numbers import NumberPattern, get_currency_symbol
from babel.numbers import parse_pattern as parse_number_pattern

if TYPE_CHECKING:
    from babel.dates import DateTimePattern

FALLBACK = "en"
REGIONS = {"zh": "zh_Hans_CN", "en": "en_US"}
GROUPED = "#,##0"


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """The locale of a language code (`zh`, `en`, `de`, `zh-Hant`); English where it is unknown."""
    try:
        return Locale.parse(REGIONS.get(language, language.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(REGIONS[FALLBACK])


@lru_cache(maxsize=256)
def _number_pattern(pattern: str) -> NumberPattern:
    return parse_number_pattern(pattern)


def show_number(value: Decimal, language: str, least: int = 0, most: int = 12) -> str:
    """Grouped digits with between `least` and `most` decimals: `1,234.50`."""
    pattern = _number_pattern(GROUPED + _decimals(least, most))
    return str(pattern.apply(value, locale_of(language)))


def show_money(value: Decimal, language: str, currency: str, least: int, most: int) -> str:
    """An amount with the sign of its currency (`¥1,234.50`); plain where the currency is blank."""
    if not currency:
        return show_number(value, language, least, most)
    locale = locale_of(language)
    standard = locale.currency_formats["standard"].pattern.split(";")[0]
    pattern = _number_pattern(standard.replace("0.00", "0" + _decimals(least, most)))
    # Babel looks up the currency's name, in its plural, for every amount; the sign is all that a pattern asks for.
    return str(pattern.apply(value, locale)).replace("¤", _currency_sign(currency, language))


@lru_cache(maxsize=1024)
def _currency_sign(currency: str, language: str) -> str:
    return str(get_currency_symbol(currency, locale_of(language)))


def show_percent(value: Decimal, language: str, least: int = 0, most: int = 4) -> str:
    """A fraction as a percentage: 0.125 gives `12.5%`."""
    pattern = _number_pattern(GROUPED + _decimals(least, most) + "%")
    return str(pattern.apply(value, locale_of(language)))


def _decimals(least: int, most: int) -> str:
    return "." + "0" * least + "#" * (most - least) if most else ""


@lru_cache(maxsize=256)
def _date_pattern(language: str, kind: str) -> DateTimePattern:
    from babel.dates import parse_pattern

    locale = locale_of(language)
    if kind == "date":
        return parse_pattern(locale.date_formats["medium"])
    if kind == "time":
        return parse_pattern(locale.time_formats["short"])
    joined = str(locale.datetime_formats["medium"])
    parts = {"{1}": locale.date_formats["medium"].pattern, "{0}": locale.time_formats["short"].pattern}
    for hole, pattern in parts.items():
        joined = joined.replace(hole, pattern)
    return parse_pattern(joined)


def show_date(value: dt.date, language: str) -> str:
    """`2026年3月31日`, `Mar 31, 2026`."""
    return str(_date_pattern(language, "date").apply(value, locale_of(language)))


def show_time(value: dt.time, language: str) -> str:
    """Hours and minutes: `14:30`, `2:30 PM`."""
    return str(_date_pattern(language, "time").apply(value, locale_of(language)))


def show_datetime(value: dt.datetime, language: str) -> str:
    """Date, hours and minutes, as they stand in `value` (the caller has put it in the reader's time zone)."""
    return str(_date_pattern(language, "datetime").apply(value, locale_of(language)))
