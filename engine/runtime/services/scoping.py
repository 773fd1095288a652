"""A session that reads as its actor: sources give only rows in sight. For reports, boards and ad-hoc questions."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import Refused
from engine.expressions.arithmetic import Spread
from engine.expressions.compiled import Expression
from engine.expressions.nodes import Node, Source
from engine.expressions.scope import Frame
from engine.expressions.sql import NotInSql
from engine.expressions.values import ErrorValue, Ref, Row, Rows, Value
from engine.expressions.working import WorkingTime
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import report_queries
from engine.runtime.storage.live import Tx
from engine.texts import say


class ReaderSession(Session):
    """Formulas and balances of a row are still computed by the engine; which rows there are, also behind links, is
    the reader's. `engine` reads as the engine; `sight` gives the row rules that SQL applies to every hop."""

    def __init__(self, tx: Tx) -> None:
        super().__init__(tx)
        self.engine = Session(tx)
        self.loader.also = self.engine.loader
        self.sight = None if access.unbound(tx.actor) else self.rules

    @property
    def working(self) -> WorkingTime:
        return self.engine.working

    def frame(self, row: Row, **names: object) -> Frame:
        """What belongs to a row itself (its formulas, its title, row rules) is read as the engine."""
        return self.engine.frame(row, **names)

    def record(self, ref: Ref) -> Record | None:
        """The record behind a link, if it is in sight."""
        found = super().record(ref)
        return found if found is not None and self.sees(found) else None

    def back_rows(self, record: Record, name: str) -> Rows | ErrorValue:
        found = super().back_rows(record, name)
        return Rows(tuple(row for row in found.items if self.sees(row))) if isinstance(found, Rows) else found

    def rules(self, thing: str) -> Sequence[Expression | None]:
        """The row rules of the actor for an object or register: None = all rows, no rule at all = none."""
        if access.unbound(self.tx.actor) or thing == "user":
            return [None]
        return [permission.when for _, permission in access.permissions(self.tx, thing, "see")]

    def rows(self, source: Source, frame: Frame) -> Sequence[Row]:
        """The rows of a source that are in sight."""
        return [row for row in super().rows(source, frame) if self.sees(row)]

    def listed(self, source: Source, frame: Frame) -> Sequence[Row]:
        """The rows of a source for a page. Raises `Refused` where its condition cannot be told for one of them."""
        try:
            return self.rows(source, frame)
        except Spread as spread:
            why = spread.error.reason
            text = say(zh="这些记录无法确定：{why}", en="Which records belong here cannot be told: {why}", why=why)
            raise Refused(text, code="expression") from spread

    def total(self, function: str, source: Source, value: object, frame: Frame) -> tuple[bool, Value]:
        """An aggregate over the rows in sight, by the database where it is exact there."""
        if not isinstance(value, Node | None):
            return False, None
        try:
            rows = report_queries.base(self.tx, source, self.rules, frame)
            return report_queries.single(self.tx, rows, function, value, frame)
        except NotInSql:
            return False, None

    def sees(self, row: Row) -> bool:
        """Whether a row is in sight."""
        root = row.root if isinstance(row, Record) else row
        return any(rule is None or rule.value(self.frame(root)) is True for rule in self.rules(root.object))


def session_for(tx: Tx, *, as_reader: bool) -> Session:
    """A session that reads as the actor, or as the engine."""
    return ReaderSession(tx) if as_reader else Session(tx)
