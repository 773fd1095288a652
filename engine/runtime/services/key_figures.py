"""The key figures of a record for one reader. Knows no page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from engine.definitions.figures import KeyFigure
from engine.expressions.compiled import Expression
from engine.expressions.nodes import Node
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Value
from engine.runtime.services.records import Record
from engine.runtime.services.rights import sight
from engine.runtime.services.scoping import ReaderSession


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure and what it is now (an error where it cannot be told), with the color of the mark that holds."""

    figure: KeyFigure
    value: Value | ErrorValue
    color: str = ""


def of(record: Record, shown: Collection[str]) -> list[Reading]:
    """The figures of the record that the actor may read, in their order; `shown` are the fields that they see of it.

    What a figure counts or adds up of other records is what of these the actor sees."""
    frame = Frame(ReaderSession(record.session.tx), record)
    found = []
    for figure in record.definition.figures.values():
        marks = figure.mark or _of_field(record, figure)
        read = (figure.value, *(one for one in (figure.when, *figure.mark.values()) if one is not None))
        if not _may(record, shown, read) or (figure.when is not None and figure.when.value(frame) is not True):
            continue
        color = next((color for color, one in marks.items() if one.value(frame) is True), "")
        found.append(Reading(figure, figure.value.value(frame), color))
    return found


def _of_field(record: Record, figure: KeyFigure) -> dict[str, Expression]:
    """The marks of the field that a figure is alone: whoever sees the field sees them on it."""
    return dict(record.definition.fields[figure.field].mark) if figure.field else {}


def _may(record: Record, shown: Collection[str], read: Collection[Expression]) -> bool:
    """Whether the actor sees the fields of the record that expressions read, and everything that is read elsewhere."""
    fields = record.definition.fields
    own = {path[0] for one in read for path in one.reads if path[0] in fields}
    nodes: list[Node] = [one.node for one in read]
    return own <= set(shown) and sight.may_evaluate(record.session.tx, record.object, nodes)
