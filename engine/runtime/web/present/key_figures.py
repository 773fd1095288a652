"""The key figures on top of a record's page. Knows no request."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from engine.expressions.values import ErrorValue
from engine.runtime.services import key_figures
from engine.runtime.services.key_figures import Reading
from engine.runtime.services.records import Record
from engine.runtime.web.present import sheets, values


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as it is shown; `value` for programs; `reason` says why there is none."""

    name: str
    label: str
    text: str
    value: Any
    color: str = ""
    reason: str = ""


def of(record: Record, shown: Collection[str]) -> list[Shown]:
    """The figures that the actor may read."""
    language = record.session.tx.actor.language
    return [
        Shown(one.figure.name, one.figure.label.to(language), text_of(record, one), sheets.json_value(one.value),
              one.color, reason_of(one, language))
        for one in key_figures.of(record, shown)
    ]


def text_of(record: Record, one: Reading) -> str:
    """The value as its format says, as its field shows it, else by its unit."""
    tx, figure = record.session.tx, one.figure
    if isinstance(one.value, ErrorValue):
        return ""
    formatted = figure.format.show(one.value, tx.actor.language, tx.zone) if figure.format is not None else None
    if formatted is None and figure.field:
        formatted = values.cell(record, record.definition.fields[figure.field], tx.actor.language).text
    return sheets.shown(tx, figure.value.type, one.value) if formatted is None else formatted


def reason_of(one: Reading, language: str) -> str:
    """Why there is no figure."""
    return one.value.reason.to(language) if isinstance(one.value, ErrorValue) else ""
