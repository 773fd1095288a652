"""The functions of the language: one visible table, one module per family."""

from __future__ import annotations

from collections.abc import Mapping

from engine.expressions.functions.aggregates import AGGREGATES
from engine.expressions.functions.base import Function
from engine.expressions.functions.choices import CHOICES
from engine.expressions.functions.coming import COMING
from engine.expressions.functions.dates import DATES
from engine.expressions.functions.lookups import LOOKUPS
from engine.expressions.functions.numbers import NUMBERS
from engine.expressions.functions.people import PEOPLE_FUNCTIONS
from engine.expressions.functions.ranges import RANGES
from engine.expressions.functions.records import RECORDS
from engine.expressions.functions.texts import TEXTS
from engine.expressions.functions.windows import WINDOWS

ALL: tuple[Function, ...] = (
    *AGGREGATES, *CHOICES, *NUMBERS, *TEXTS, *DATES, *RECORDS, *RANGES, *LOOKUPS, *PEOPLE_FUNCTIONS, *WINDOWS, *COMING,
)
ALIASES: Mapping[str, str] = {
    "avg": "average",
    "concatenate": "concat",
    "networkdays": "working_days",
    "workday": "add_working_days",
}

FUNCTIONS: Mapping[str, Function] = {
    **{function.name: function for function in ALL},
    **{alias: function for function in ALL for alias, name in ALIASES.items() if name == function.name},
}
