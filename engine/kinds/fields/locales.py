"""Numbers and dates as people read them, in their language. Knows no field; keeps the parsed patterns."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from babel.numbers import NumberPattern, get_currency_symbol
from babel.numbers import parse_pattern as parse_number_pattern

from engine.locales import FALLBACK, REGIONS, locale_of, show_date, show_datetime, show_time

__all__ = [
    "FALLBACK", "REGIONS", "locale_of", "show_date", "show_datetime", "show_money", "show_number", "show_percent",
    "show_time",
]
GROUPED = "#,##0"


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
