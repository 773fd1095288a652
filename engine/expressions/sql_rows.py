"""Rows in SQL: members of records, aggregates and first rows as correlated subqueries, trees. Executes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    case,
    distinct,
    exists,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    type_coerce,
)

from engine.expressions import terms
from engine.expressions.calculations import Calculation
from engine.expressions.evaluate import evaluate
from engine.expressions.nodes import Aggregate, Get, Items, Literal, Node, Operation, Root, Source, Stored
from engine.expressions.numbers import ANY_SCALE, Exact, best_of, blank_as_zero, scale_of
from engine.expressions.recording import RECORDING, OtherShape, spoil
from engine.expressions.scope import Columns, Frame
from engine.expressions.terms import NotInSql, Term
from engine.expressions.trees_of_records import chain
from engine.expressions.types import BOOLEAN, Type, list_of, rows_of
from engine.expressions.values import Ref

if TYPE_CHECKING:
    from engine.expressions.sql import Compiler

LIMIT_LEVELS = 32


def member_of(columns: Columns, node: Get) -> Term:
    """A field of a record."""
    found = columns.figure(node.name)
    if found is None:
        raise NotInSql(f"{node.name} is not in the database")
    if node.type.name == "duration":
        raise NotInSql("durations")
    single = node.type.name == "record" and len(node.type.objects) == 1
    return Term(node.type, found.column, error=found.error, object=node.type.objects[0] if single else "")


class Found:
    """The rows of a nested source: its table, the compiler of its candidates, the condition that keeps them."""

    def __init__(self, compiler: Compiler, node: Node, alias: str) -> None:
        source = node if isinstance(node, Source) else Source(node, alias, type=node.type)
        columns, source = _at_row(compiler, source)
        found = columns.source(source)
        if found is None:
            raise NotInSql("rows that are not in the database")
        self.table: FromClause = found[0]
        self.columns: Columns = found[1]
        self.source = source
        self.inner = compiler.inside(self.columns, source.alias)
        self.alive = [self.table.c.deleted_at.is_(None)] if "deleted_at" in self.table.c else []
        self.where = None if source.where is None else self.inner.term(source.where)

    def select(self, *columns: Any) -> Select[Any]:
        """The rows for which the condition is true."""
        kept = [] if self.where is None else [terms.truth(self.where)]
        return self._select(columns, *kept)

    def _select(self, columns: Sequence[Any], *conditions: ColumnElement[bool]) -> Select[Any]:
        query = select(*columns).select_from(self.table).where(*self.alive, *conditions)
        return query.correlate_except(self.table)

    def failed(self, value: Term | None = None) -> ColumnElement[bool] | None:
        """Whether the condition is an error for any row, or the value for one that the condition keeps."""
        return terms.either(
            None if self.where is None else self._any(self.where.error),
            None if value is None or value.error is None else exists(self.select(literal(1)).where(value.error)),
        )

    def _any(self, error: ColumnElement[bool] | None) -> ColumnElement[bool] | None:
        return None if error is None else exists(self._select([literal(1)], error))

    def in_order(self, query: Select[Any]) -> Select[Any]:
        """The query in the order of the sort and then of the rows; a key that is an error comes last, as a blank."""
        number, position = self.columns.column("id"), self.columns.column("position")
        if number is None:
            raise NotInSql("rows without an order")
        for key in self.source.sort:
            query = query.order_by(*_ordered(self.inner.term(key.value), key.descending))
        return query.order_by(*((position,) if position is not None else ()), number)


def _at_row(compiler: Compiler, source: Source) -> tuple[Columns, Source]:
    """Lines and back-links of any record in SQL, as if it were the candidate."""
    base = source.base
    if isinstance(base, Stored):
        return compiler.columns, source
    if not isinstance(base, Get):
        raise NotInSql("rows that are calculated")
    if isinstance(base.owner, Root) and base.owner.word == "row":
        return compiler.columns, source
    owner = Root("row", type=base.owner.type)
    return compiler.record(base.owner), replace(source, base=Get(owner, base.name, type=base.type))


def aggregate(compiler: Compiler, node: Aggregate) -> Term:
    """An aggregate over rows, or over values written out."""
    name = node.function.name
    if isinstance(node.source, Items):
        return _over_values(compiler, node, node.source)
    if name not in (*AGGREGATES, *VERDICTS, "first") or node.args:
        raise NotInSql(name)
    if name == "first":
        return _first(compiler, node, node.value)
    found = Found(compiler, node.source, node.alias)
    value = None if node.value is None else found.inner.term(node.value)
    if name in VERDICTS:
        return VERDICTS[name](found, value)
    made = AGGREGATES[name](found, value, node.type)
    return replace(made, error=terms.either(made.error, found.failed(value)))


def among_links(compiler: Compiler, left: Term, node: Get) -> Term:
    """`me in members`: whether a record is one of those that a field of several links holds."""
    kind = node.type.of
    assert kind is not None
    found = Found(compiler, replace(node, type=rows_of(*kind.objects)), "")
    same = terms.truth(terms.equal(replace(left, error=None), Term(kind, found.table.c.id, object=kind.objects[0]), ""))
    return terms.verdict(exists(found.select(literal(1)).where(same)), left.error)


def _over_values(compiler: Compiler, node: Aggregate, items: Items) -> Term:
    """`min(a, b)`, `max(a, b)`, `sum(a, b)`: blanks do not count."""
    values = [compiler.term(item) for item in items.items]
    error = terms.either(*(value.error for value in values))
    name = node.function.name
    if name == "average" and node.type.name != "number":
        raise NotInSql("a mean of such values")
    if name == "sum" and node.type.name == "number":
        return replace(_added(values, node.type), error=error)
    if name in ("count", "average"):
        filled = [case((terms.truth(terms.blank(value)), 0), else_=1) for value in values]
        count = Term(node.type, type_coerce(sum(filled[1:], start=filled[0]), Exact(0)))
        if name == "count":
            return replace(count, error=error)
        total = _added(values, node.type)
        mean = terms.arithmetic("/", replace(total, error=None), count, node.type)
        return replace(mean, error=terms.either(error, mean.error))
    if name not in ("min", "max") or node.type.name != "number":
        raise NotInSql(f"{name} of such values")
    columns = terms.same_scale(values)
    best = columns[0]
    for column in columns[1:]:
        best = best_of("greatest" if name == "max" else "least", best, column)
    return Term(node.type, best, error=error)


def _added(values: Sequence[Term], kind: Type) -> Term:
    """The sum of values written out."""
    total = replace(values[0], error=None)
    for value in values[1:]:
        total = terms.arithmetic("+", total, replace(value, error=None), kind)
    return total


def _numbered(value: Term | None) -> ColumnElement[Any]:
    if value is None or value.type.name != "number":
        raise NotInSql("no numbers")
    return terms.exact(value)


def _sum(found: Found, value: Term | None, kind: Type) -> Term:
    column = _numbered(value)
    return Term(kind, _scalar(found, blank_as_zero(added(column))))


def added(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """`sum` of a column, natively where it has a scale."""
    if scale_of(column) is not None:
        return func.sum(column, type_=column.type)
    return Calculation("sum", (column,), ANY_SCALE)


def _scalar(found: Found, column: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(found.select(column).scalar_subquery(), column.type)


def _count(found: Found, value: Term | None, kind: Type) -> Term:
    counted = func.count() if value is None else func.count(_countable(value))
    return Term(kind, _scalar(found, type_coerce(counted, Exact(0))))


def _countable(value: Term) -> ColumnElement[Any]:
    column = terms.bound(value)
    return func.nullif(column, "") if value.type.name in ("text", "choice") else column


def _count_unique(found: Found, value: Term | None, kind: Type) -> Term:
    if value is None:
        return _count(found, None, kind)
    if value.type.name == "number" and scale_of(terms.exact(value)) is None:
        raise NotInSql("calculated numbers")
    return Term(kind, _scalar(found, type_coerce(func.count(distinct(_countable(value))), Exact(0))))


def _average(found: Found, value: Term | None, kind: Type) -> Term:
    column = _numbered(value)
    total = Term(kind, _scalar(found, added(column)))
    count = Term(kind, _scalar(found, type_coerce(func.count(column), Exact(0))))
    return terms.arithmetic("/", total, count, kind)


def _extreme(name: str) -> Callable[[Found, Term | None, Type], Term]:
    def build(found: Found, value: Term | None, kind: Type) -> Term:
        if value is None or value.type.name not in ("number", "date"):
            raise NotInSql("values that SQL may order otherwise")
        column = terms.bound(value) if value.type.name == "date" else terms.exact(value)
        if value.type.name == "number" and scale_of(column) is None:
            best: ColumnElement[Any] = Calculation(name + "imum", (column,), ANY_SCALE)
        else:
            best = getattr(func, name)(column, type_=column.type)
        return Term(kind, _scalar(found, best))

    return build


def _exists(found: Found, value: Term | None) -> Term:
    """Whether some row is there, or one whose value is true (of other values: filled)."""
    if value is None:
        return terms.verdict(exists(found.select(literal(1))), found.failed())
    holds = terms.truth(value) if value.type.name == "boolean" else not_(terms.truth(terms.blank(value)))
    return _decided(found, value, holds, True)


def _every(found: Found, value: Term | None) -> Term:
    """Whether the value is true for all rows."""
    if value is None:
        raise NotInSql("all")
    return _decided(found, value, not_(terms.truth(value)), False)


def _decided(found: Found, value: Term, settles: ColumnElement[bool], outcome: bool) -> Term:
    """`outcome` if one row settles the matter. An error counts only where no row before it did."""
    if value.error is None:
        settled: ColumnElement[bool] = exists(found.select(literal(1)).where(settles))
        return terms.verdict(settled if outcome else not_(settled), found.failed())
    first = case((value.error, 1), else_=0)
    query = found.in_order(found.select(first).where(or_(value.error, settles))).limit(1)
    ending = func.coalesce(query.scalar_subquery(), 2, type_=Integer())
    error = terms.either(found.failed(), ending == 1)
    return terms.verdict(ending == 0 if outcome else ending != 0, error)


def _first(compiler: Compiler, node: Aggregate, value: Node | None) -> Term:
    """The first row, or its value, in the order of the sort and then of the rows."""
    found = Found(compiler, node.source, node.alias)
    number = found.columns.column("id")
    if number is None:
        raise NotInSql("rows without an order")
    term = Term(node.type, number, object=_one(node.type)) if value is None else found.inner.term(value)
    query = found.in_order(found.select(terms.bound(term))).limit(1)
    error = found.failed()
    if term.error is not None:
        failed = found.in_order(found.select(term.error)).limit(1).scalar_subquery()
        error = terms.either(error, func.coalesce(failed, false(), type_=terms.BOOL))
    column = type_coerce(query.scalar_subquery(), terms.bound(term).type)
    return Term(term.type, column, error=error, object=term.object)


def _ordered(key: Term, descending: bool) -> list[ColumnElement[Any]]:
    if key.type.name not in ("number", "date", "datetime", "boolean") or key.constant:
        raise NotInSql("a sort that SQL may do otherwise")
    column = terms.bound(key)
    if key.type.name == "number" and scale_of(terms.exact(key)) is None:
        raise NotInSql("a sort by calculated numbers")
    if key.error is not None:
        column = type_coerce(case((key.error, null()), else_=column), column.type)
    return [column.is_(None), column.desc() if descending else column.asc()]


def _one(kind: Type) -> str:
    return kind.objects[0] if len(kind.objects) == 1 else ""


def first_of(compiler: Compiler, node: Get, owner: Aggregate) -> Term:
    """`first(…).price`."""
    if owner.function.name != "first" or owner.value is not None:
        raise NotInSql("a member of a calculated record")
    row = Root("row", type=owner.type)
    term = _first(compiler, owner, Get(row, node.name, type=node.type))
    return replace(term, type=node.type)


def under(compiler: Compiler, node: Operation) -> Term:
    """`x is under y`: the records below y are looked up now, or, where x is known, it and those above it."""
    left, upper = compiler.term(node.args[0]), compiler.term(node.args[1])
    if left.constant and left.error is None and not upper.constant and upper.object:
        return _above(compiler, left, upper, _link(node.args[2]))
    if not upper.constant or upper.error is not None or not left.object:
        raise NotInSql("a tree whose top is not known")
    if upper.value is None:
        return Term(BOOLEAN, None, False, left.error, certain=True)
    column = terms.bound(left)
    below = [reference.id for reference in descendants(compiler, upper.value, _link(node.args[2]))]
    return terms.verdict(func.coalesce(column.in_(below), False, type_=terms.BOOL), left.error)


def _above(compiler: Compiler, left: Term, upper: Term, link: str) -> Term:
    """Whether a known record stands under that of a column."""
    def ids(lower: Any, frame: Frame) -> list[int]:
        found = [] if lower is None else [step.id for step in chain(lower, link, frame)]
        if lower is not None and not found:
            raise OtherShape
        return found

    known, column, recording = ids(left.value, compiler.frame), terms.bound(upper), RECORDING.get()
    if not known:
        return Term(BOOLEAN, None, False, upper.error, certain=True)
    if recording is None or left.place is None:
        spoil()
        among = column.in_(known)
    else:
        among = column.in_(recording.parameter(left.place, known, column.type, ids, several=True))
    return terms.verdict(func.coalesce(among, False, type_=terms.BOOL), upper.error)


def _link(node: Node) -> str:
    return str(node.value) if isinstance(node, Literal) else ""


def descendants(compiler: Compiler, top: Ref, link: str) -> list[Ref]:
    """A record and all below it, looked up now."""
    spoil()
    found, level = [top], [top]
    kind = Type("record", objects=(top.object,))
    for _ in range(LIMIT_LEVELS):
        above = Get(Root("row", type=kind), link, type=kind)
        listed = Items(tuple(Literal(reference, type=kind) for reference in level), type=list_of(kind))
        condition = Operation("in", (above, listed), type=BOOLEAN)
        rows: Any = evaluate(
            Source(Stored(top.object, type=rows_of(top.object)), where=condition, type=rows_of(top.object)),
            compiler.frame,
        )
        known = {reference.id for reference in found}
        level = [Ref(top.object, row.id) for row in getattr(rows, "items", ()) if row.id not in known]
        if not level:
            return found
        found += level
    raise NotInSql("a tree too deep")


AGGREGATES: dict[str, Callable[[Found, Term | None, Type], Term]] = {
    "sum": _sum,
    "count": _count,
    "count_unique": _count_unique,
    "average": _average,
    "min": _extreme("min"),
    "max": _extreme("max"),
}
VERDICTS: dict[str, Callable[[Found, Term | None], Term]] = {"exists": _exists, "any": _exists, "all": _every}
