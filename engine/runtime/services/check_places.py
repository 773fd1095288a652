"""Where a check of a record fails: at a field, or in the rows of it for which its condition does not hold."""

from __future__ import annotations

from collections.abc import Sequence

from engine.definitions.objects import Check
from engine.errors import FieldError
from engine.expressions.culprits import culprits
from engine.expressions.scope import Frame
from engine.runtime.services.pointing import PLACED
from engine.runtime.services.records import Record
from engine.texts import Text, say

MOST = 20                                      # rows that are named
ROWS = say(zh="{lines}第 {rows} 行", en="{lines} rows {rows}")
ROW = say(zh="{lines}第 {rows} 行", en="{lines} row {rows}")


def placed(record: Record, check: Check, message: Text, frame: Frame) -> tuple[Text, list[FieldError]]:
    """What a failed check says, and where. A message `at: lines.qty` stands in the rows at fault, one `at: lines`
    names them; where no row can be made out, it stands as it was written."""
    head, _, cell = check.at.partition(".")
    places = _places(record, head, check, frame) if head in record.definition.lines else []
    if not places:
        return message, [FieldError(check.at, message, check.called)]
    text = _named(record, head, places, message)
    if not cell:
        return text, [FieldError(head, text, check.called)]
    return text, [FieldError(f"{head}.{place}.{cell}", message, check.called) for place in places[:MOST]]


def _places(record: Record, lines: str, check: Check, frame: Frame) -> list[int]:
    """The rows at fault, from 0."""
    rows = list(record.lines(lines))
    guilty = {id(row) for row in culprits(check.that.node, frame)}
    return [place for place, row in enumerate(rows) if id(row) in guilty]


def _named(record: Record, lines: str, places: Sequence[int], message: Text) -> Text:
    shown = ", ".join(str(place + 1) for place in places[:MOST]) + (" …" if len(places) > MOST else "")
    words = ROWS if len(places) > 1 else ROW
    place = words.filled(lines=record.definition.fields[lines].label, rows=shown)
    return PLACED.filled(place=place, message=message)
