"""Lines that are pulled: one for each row of a source, filled from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.expressions.scope import Frame
from engine.expressions.values import Row
from engine.kinds.fields.lines import Lines, Pull
from engine.runtime.services import changes
from engine.runtime.services.records import Record
from engine.runtime.services.steps.runs import Run
from engine.runtime.services.steps.slots import evaluate, rows_of


def pull_into(record: Record, pull: str | Pull, state: Run) -> None:
    """Fill the new record's lines by its own pull, restricted to rows of the acting record, or by a pull of the
    step."""
    session = state.session
    if isinstance(pull, Pull):
        frame = state.frame()
        take(record, record.definition.taking, pull, rows(pull, frame, ()), frame)
        return
    for name in record.definition.lines:
        field_ = record.definition.fields[name]
        rule = field_.pull if isinstance(field_, Lines) else None
        if rule is not None:
            frame = session.frame(record)
            take(record, name, rule, rows(rule, frame, state.group or (state.own,)), frame)


def rows(rule: Pull, frame: Frame, of: Sequence[Record]) -> list[Row]:
    """The rows that a pull gives; with `of` only those of these records."""
    return [row for row in rows_of(rule.source, frame) if not of or any(belongs(row, one) for one in of)]


def take(record: Record, name: str, rule: Pull, rows: Iterable[Row], frame: Frame) -> None:
    """Add one line per row; rows that would give no quantity are the guards' business, not this one's."""
    items = []
    for row in rows:
        at = frame.at(row, rule.source.alias)
        items.append(changes.LineValues({n: evaluate(v, at) for n, v in rule.values.items()}))
    changes.apply_lines(record.session, record, name, changes.LinesValue(tuple(items), whole=False))


def belongs(row: Row, record: Record) -> bool:
    """Whether a pulled row is the record or one of its lines."""
    return isinstance(row, Record) and (row is record or row.root is record)
