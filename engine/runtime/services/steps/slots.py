"""What the slots of steps give: values to put into fields, the records and rows that are meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definitions.objects import Object
from engine.errors import Refused
from engine.expressions.compiled import Expression, Source
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Row, Rows, Value
from engine.kinds.fields.base import Literal
from engine.runtime.services import changes
from engine.runtime.services.conditions import computed
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.services.steps.runs import Run


def evaluate(slot: Literal | Expression, frame: Frame) -> Any:
    """The value of a slot for a given field to read; an error refuses the command."""
    if isinstance(slot, Literal):
        return slot.value
    return changes.as_link(computed(slot, frame))


def given(values: Mapping[str, Literal | Expression], obj: Object, frame: Frame) -> dict[str, Any]:
    """Slots by field → values; lines given as a list of maps become lines."""
    return {name: as_given(obj.fields[name].kind, evaluate(value, frame), frame) for name, value in values.items()}


def as_given(kind: str, value: Any, frame: Frame) -> Any:
    if kind != "lines" or isinstance(value, changes.LinesValue):
        return value
    items = value.items if isinstance(value, Rows) else value or ()
    rows = [row for row in items if isinstance(row, Mapping)]
    return changes.LinesValue(
        tuple(
            changes.LineValues(
                {n: evaluate(v, frame) if isinstance(v, (Literal, Expression)) else v for n, v in row.items()}
            )
            for row in rows
        )
    )


def targets(expression: Expression | None, state: Run) -> list[Record]:
    """The records that `of` gives; without it the acting record."""
    if expression is None:
        return [state.own]
    value = evaluate(expression, state.frame())
    return records_in(state.session, value)


def records_in(session: Session, value: Value) -> list[Record]:
    if isinstance(value, Ref):
        return [found] if (found := session.record(value)) is not None else []
    if isinstance(value, Record):
        return [value]
    items = value.items if isinstance(value, Rows) else value if isinstance(value, tuple) else ()
    return [record for item in items for record in records_in(session, item)]


def rows_of(source: Source, frame: Frame) -> list[Row]:
    """The rows of a source slot; an error refuses the command."""
    value = source.rows(frame)
    if isinstance(value, ErrorValue):
        raise Refused(value.reason, code="expression")
    items = value.items if isinstance(value, Rows) else value if isinstance(value, tuple) else ()
    return [item for item in items if isinstance(item, Row)]
