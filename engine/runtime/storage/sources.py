"""The rows of a source and totals over them: by the database where it can, with the errors that Python would give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import ColumnElement, CursorResult, FromClause, Select, func, select

from engine.definitions.objects import Object
from engine.definitions.registers import Register
from engine.expressions.arithmetic import Spread
from engine.expressions.evaluate import closure_of, in_order
from engine.expressions.functions.coming import NOT_ACTIVE
from engine.expressions.nodes import Get, Node, Operation, Source, Stored
from engine.expressions.scope import Columns, Figure, Frame
from engine.expressions.sql import NotInSql, blanked, compile_part
from engine.expressions.values import ErrorValue, Ref, Row, Value
from engine.runtime.storage import register_keys
from engine.runtime.storage.columns import source_of
from engine.runtime.storage.kept_questions import Compiled, compiled
from engine.runtime.storage.live import Tx
from engine.runtime.storage.queries import MOST_ROWS
from engine.texts import say

TOO_MANY = ErrorValue("#NUM!", say(zh="数据行太多，无法计算", en="There are too many rows to calculate with"))
UNKNOWN = ErrorValue("#VALUE!", say(zh="无法计算", en="It cannot be computed"))


class Maker(Protocol):
    """Who turns fetched rows into rows of expressions."""

    def adopt(self, obj: Object, row: Mapping[Any, Any]) -> Row: ...

    def adopt_all(self, obj: Object, fetched: Sequence[Mapping[Any, Any]]) -> Sequence[Row]: ...

    def prefetch(self, refs: Iterable[Ref]) -> None: ...

    def register_row(
        self, register: Register, keys: Mapping[str, Value], measures: Mapping[str, Decimal], extra: Mapping[str, Value]
    ) -> Row: ...

    def record(self, ref: Ref) -> Row | None: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A stored source in the database: its table with the rows that are alive, and its condition."""

    tx: Tx
    source: Source
    thing: str
    compiled: Compiled
    given: Mapping[str, Any]                   # what the condition and the value are asked with
    frame: Frame
    maker: Maker

    @property
    def table(self) -> FromClause:
        return self.compiled.table

    @property
    def where(self) -> Figure | None:
        return self.compiled.where

    def ask(self, key: Any, make: Callable[[], Select[Any]]) -> CursorResult[Any]:
        """The answer to a statement over the source, which is made once under its key."""
        return self.tx.connection.execute(self.compiled.statement(key, make), self.given)

    def select(self, *columns: Any) -> Select[Any]:
        """The rows that are alive."""
        query = select(*columns).select_from(self.table)
        return query.where(self.table.c.deleted_at.is_(None)) if "deleted_at" in self.table.c else query

    def kept(self, *columns: Any) -> Select[Any]:
        """The rows for which the condition holds."""
        query = self.select(*columns)
        return query if self.where is None else query.where(blanked(self.where))

    def failure(self, value: Node | None = None) -> ErrorValue | None:
        """What the condition is for the first row for which it is an error, else the value, where the condition
        holds."""
        where, measured = self.where, self.compiled.measured
        if where is not None and where.error is not None and self.source.where is not None:
            failing = where.error
            found = self._first(self.source.where, "condition", lambda: self.select(self.table).where(failing))
            if found is not None:
                return found
        if value is None or measured is None or measured.error is None:
            return None
        wrong = measured.error
        return self._first(value, "value", lambda: self.kept(self.table).where(wrong))

    def _first(self, node: Node, what: str, query: Callable[[], Select[Any]]) -> ErrorValue | None:
        found = self.ask(("error", what), lambda: query().order_by(self.table.c.id).limit(1))
        row = found.mappings().one_or_none()
        if row is None:
            return None
        return error_at(self.tx, self.thing, row, node, self.frame, self.maker, self.source.alias)


def error_at(
    tx: Tx, thing: str, row: Mapping[Any, Any], node: Node, frame: Frame, maker: Maker, alias: str = ""
) -> ErrorValue:
    """The error that an expression is for a fetched row, with the place where it arose."""
    made_row = made(tx, thing, row, maker)
    value = closure_of(node)(frame.at(made_row, alias))
    error = value if isinstance(value, ErrorValue) else UNKNOWN
    if error.at is None and thing in tx.app.objects and made_row.id is not None:
        return replace(error, at=(Ref(thing, made_row.id), ""))
    return error


def asked(
    tx: Tx, source: Source, frame: Frame, maker: Maker, value: Node | None = None, *, front: bool = False
) -> Asked | None:
    """A stored source in the database, None where it is not there; with a value over its rows. `front`: with as much
    of the front of its condition as SQL can say. Raises `NotInSql` for its condition, or the value."""
    if not isinstance(source.base, Stored):
        return None

    def compile() -> Compiled | None:
        found = source_of(tx.live, source, frame, None, outermost=True)
        if found is None:
            return None
        table, columns = found
        if front:
            return Compiled(table, _front(source, columns, frame), None)
        where, measured = (
            None if node is None else compile_part(node, columns, frame, source.alias) for node in (source.where, value)
        )
        return Compiled(table, where, measured)

    made = compiled(tx, source, value, frame, compile, front=front)
    return None if made is None else Asked(tx, source, source.base.name, *made, frame, maker)


def _front(source: Source, columns: Columns, frame: Frame) -> Figure | None:
    """The first conditions of several that must all hold, up to the first that SQL cannot say. `and` goes from left to
    right: a row for which one of them does not hold is none, whatever the rest would be."""
    sayable: list[Node] = []
    for one in _joined(source.where):
        try:
            compile_part(one, columns, frame, source.alias)
        except NotInSql:
            break
        sayable.append(one)
    if not sayable:
        return None
    assert source.where is not None
    both = Operation("and", tuple(sayable), type=source.where.type) if len(sayable) > 1 else sayable[0]
    return compile_part(both, columns, frame, source.alias)


def _joined(node: Node | None) -> Iterator[Node]:
    """The conditions that `and` joins, from left to right."""
    if isinstance(node, Operation) and node.op == "and":
        for one in node.args:
            yield from _joined(one)
    elif node is not None:
        yield node


def rows(tx: Tx, source: Source, frame: Frame, maker: Maker) -> Sequence[Row]:
    """The rows of a source over stored data: filtered and sorted by the database where it can, else here.

    Raises `Spread` where the condition is an error for a row, or where there are too many."""
    if isinstance(source.base, Get):
        return _filtered(_back_rows(source.base, frame), source, frame)
    here = source.where is None
    try:
        question = asked(tx, source, frame, maker)
        here = True
    except NotInSql:
        question = asked(tx, source, frame, maker, front=True)
    if question is None:                       # of a report, or kept history: declared, not yet active
        raise Spread(NOT_ACTIVE)
    error = question.failure()
    if error is not None:
        raise Spread(error)
    asking = question
    found = asking.ask(
        "rows", lambda: asking.kept(asking.table).order_by(asking.table.c.id).limit(MOST_ROWS + 1)
    ).mappings().all()
    if len(found) > MOST_ROWS:
        raise Spread(TOO_MANY)
    fetched = _all_made(tx, question.thing, found, maker)
    return in_order(source.sort, fetched, source.alias, frame) if here else _filtered(fetched, source, frame)


def _all_made(tx: Tx, thing: str, found: Sequence[Mapping[Any, Any]], maker: Maker) -> list[Row]:
    """Rows that were fetched together, with one statement for whatever belongs to all of them."""
    obj = tx.app.objects.get(thing)
    if obj is not None and not obj.owner:
        return list(maker.adopt_all(obj, found))
    if obj is not None:
        maker.prefetch(Ref(thing, row["id"]) for row in found)
        lines = (maker.record(Ref(thing, row["id"])) for row in found)
        return [line for line in lines if line is not None]    # those of records out of the reader's sight are none
    return [made(tx, thing, row, maker) for row in found]


def made(tx: Tx, thing: str, row: Mapping[Any, Any], maker: Maker) -> Row:
    """A fetched row of an object, of lines or of a register as expressions see it."""
    if thing in tx.app.objects:
        obj = tx.app.objects[thing]
        if obj.owner:
            found = maker.record(Ref(obj.name, row["id"]))
            assert found is not None
            return found
        return maker.adopt(obj, row)
    register = tx.app.registers[thing]
    keys = dict(zip(register.keys, register_keys.decode(tx.live, register, row), strict=True))
    measures = {name: row[name] or Decimal(0) for name in register.measures if name in row}
    extra: dict[str, Value] = {name: row[name] or Decimal(0) for name in row if "@" in name}
    if "_on_day" in row:
        extra |= {
            "date": row["_on_day"],
            "for_day": row["_for_day"],
            "booked_at": row["_booked_at"],
            "document": Ref(tx.live.names[row["_obj"]], row["_doc"]),
        }
    return maker.register_row(register, keys, measures, extra)


def _back_rows(base: Get, frame: Frame) -> Sequence[Row]:
    value = closure_of(base)(frame)
    if isinstance(value, ErrorValue):
        raise Spread(value)
    return list(getattr(value, "items", ()))


def _filtered(found: Iterable[Row], source: Source, frame: Frame) -> list[Row]:
    where = None if source.where is None else closure_of(source.where)
    kept: list[Row] = []
    for row in found:
        verdict = where is None or where(frame.at(row, source.alias))
        if isinstance(verdict, ErrorValue):
            raise Spread(verdict)
        if verdict is True:
            kept.append(row)
    return in_order(source.sort, kept, source.alias, frame)


AGGREGATES: Mapping[str, Callable[..., ColumnElement[Any]]] = {"sum": func.sum, "min": func.min, "max": func.max}


def total(
    tx: Tx, function: str, source: Source, value: Node | None, frame: Frame, maker: Maker
) -> tuple[bool, Value]:
    """`sum count min max exists` over a stored source in one statement (one more where a row may be an error);
    (False, None) where SQL cannot."""
    if function not in (*AGGREGATES, "count", "exists", "any") or (function == "any" and value is not None):
        return False, None
    try:
        question = asked(tx, source, frame, maker, value)
    except NotInSql:
        return False, None
    measured = None if question is None else question.compiled.measured
    if question is None or (measured is None) is (function in AGGREGATES) or not _exact(function, value):
        return False, None
    error = question.failure(value)
    return True, error if error is not None else _counted(question, function, measured)


def _exact(function: str, value: Node | None) -> bool:
    """Whether the database gives what Python gives."""
    if function not in AGGREGATES:
        return function != "count" or value is None
    return value is not None and value.type.name == "number" and value.type.scale is not None


def _counted(question: Asked, function: str, measured: Figure | None) -> Value:
    if function in ("exists", "any"):
        return question.ask("exists", lambda: question.kept(question.table.c.id).limit(1)).first() is not None
    if function == "count" or measured is None:
        return Decimal(question.ask("count", lambda: question.kept(func.count())).scalar_one())
    column = measured.column
    result: Value = question.ask(function, lambda: question.kept(AGGREGATES[function](column))).scalar_one()
    return Decimal(0) if result is None and function == "sum" else result
