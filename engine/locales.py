"""Dates as people read them, in their language: one spelling for pages, papers, messages. Keeps the parsed patterns."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING

from babel.core import Locale, UnknownLocaleError

from engine.texts import Text

if TYPE_CHECKING:
    from babel.dates import DateTimePattern

FALLBACK = "en"
REGIONS = {"zh": "zh_Hans_CN", "en": "en_US"}


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """The locale of a language code (`zh`, `en`, `de`, `zh-Hant`); English where it is unknown."""
    try:
        return Locale.parse(REGIONS.get(language, language.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(REGIONS[FALLBACK])


@lru_cache(maxsize=256)
def _date_pattern(language: str, kind: str) -> DateTimePattern:
    from babel.dates import parse_pattern

    locale = locale_of(language)
    if kind == "date":
        return parse_pattern(locale.date_formats["medium"])
    if kind == "time":
        return parse_pattern(locale.time_formats["short"])
    joined = str(locale.datetime_formats["medium"])
    clock = locale.time_formats["medium" if kind == "instant" else "short"]
    parts = {"{1}": locale.date_formats["medium"].pattern, "{0}": clock.pattern}
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


def show_instant(value: dt.datetime, language: str) -> str:
    """Like `show_datetime`, to the second: `2026年3月31日 14:30:05`, for logs."""
    return str(_date_pattern(language, "instant").apply(value, locale_of(language)))


def show_month(value: dt.date, language: str) -> str:
    """`2026年3月`, `Mar 2026`."""
    from babel.dates import format_skeleton

    return str(format_skeleton("yMMM", value, locale=locale_of(language)))


def day_text(value: dt.date) -> Text:
    """A day in a message that is read in any of the languages."""
    return Text({language: show_date(value, language) for language in REGIONS})


def show_moment(value: dt.date | dt.time, language: str) -> str:
    """A day, a moment or a time of the day, each as above."""
    if isinstance(value, dt.datetime):
        return show_datetime(value, language)
    return show_date(value, language) if isinstance(value, dt.date) else show_time(value, language)
