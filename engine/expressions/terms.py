"""Values in the making as SQL: a column or a constant, and the condition under which Python would give an error."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Integer,
    String,
    Time,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    true,
    type_coerce,
)

from engine.expressions.calculations import Calculation
from engine.expressions.comparing import is_record
from engine.expressions.numbers import ANY_SCALE, add, bind_number, number_of, scale_of, widened
from engine.expressions.recording import given, given_number
from engine.expressions.types import BOOLEAN, Type
from engine.expressions.values import Duration, ErrorValue, Range, Ref, Rows

BOOL = Boolean()
TEXT_TYPE, DATE_TYPE, TIME_TYPE = String(), Date(), Time()


KINDS = {Duration: "a duration", Range: "a range", Rows: "a set of rows", tuple: "a list"}


class NotInSql(Exception):
    """This expression cannot run in the database with exactly Python's result; evaluate it in Python."""


@dataclass(frozen=True, slots=True)
class Term:
    """`column` (NULL is blank), or, where that is None, the constant `value`. `error`: true where it is an error.

    A record's column is its id and `object` what it is of. `certain`: a yes-or-no that is never NULL."""

    type: Type
    column: ColumnElement[Any] | None = None
    value: Any = None
    error: ColumnElement[bool] | None = None
    object: str = ""
    certain: bool = False
    place: int | None = None                   # of a constant that is recorded, see `recording`

    @property
    def constant(self) -> bool:
        return self.column is None


def constant(value: Any, kind: Type) -> Term:
    """A value that Python has calculated; an error is a term that always fails."""
    if isinstance(value, ErrorValue):
        return Term(kind, None, None, true())
    if is_record(value):
        reference = value if isinstance(value, Ref) else Ref(value.object, value.id or 0)
        return Term(kind, None, reference, object=reference.object)
    return Term(kind, None, value, certain=value is not None)


def either(*errors: ColumnElement[bool] | None) -> ColumnElement[bool] | None:
    """True where any of the errors is."""
    found = [error for error in errors if error is not None]
    return or_(*found) if len(found) > 1 else found[0] if found else None


def where_taken(condition: ColumnElement[bool], error: ColumnElement[bool] | None) -> ColumnElement[bool] | None:
    """An error that counts only where a branch is taken."""
    return None if error is None else and_(condition, error)


def bound(term: Term, beside: ColumnElement[Any] | None = None) -> ColumnElement[Any]:
    """The term as SQL; a constant takes the type of the column that it stands beside."""
    if term.column is not None:
        return term.column
    value = term.value
    if value is None:
        return null()
    if isinstance(value, bool):
        return true() if value else false()
    if isinstance(value, Decimal):
        return given_number(term.place, value, beside)
    if isinstance(value, Ref):
        kind = beside.type if beside is not None else Integer()
        return given(term.place, value.id, kind, lambda found, _: found.id)
    if isinstance(value, (str, dt.date, dt.time)):
        return given(term.place, value, _type_for(value, beside))
    raise NotInSql(f"{KINDS.get(type(value), 'this value')} has no form in SQL")


def _type_for(value: Any, beside: ColumnElement[Any] | None) -> Any:
    if isinstance(value, dt.datetime):
        if beside is None:
            raise NotInSql("a moment stands beside nothing that says how moments are stored")
        return beside.type
    return DATE_TYPE if isinstance(value, dt.date) else TIME_TYPE if isinstance(value, dt.time) else TEXT_TYPE


# Numbers


def as_number(term: Term, beside: ColumnElement[Any] | None = None) -> ColumnElement[Any]:
    """A number whose blank is 0."""
    if term.constant:
        if not isinstance(term.value, (Decimal, type(None))):
            raise NotInSql("no number")
        return bind_number(Decimal(0), beside) if term.value is None else given_number(term.place, term.value, beside)
    column = exact(term)
    return func.coalesce(column, literal(Decimal(0), column.type), type_=column.type)


def exact(term: Term) -> ColumnElement[Any]:
    """A number that may be blank."""
    try:
        return number_of(bound(term))
    except TypeError as error:
        raise NotInSql(str(error)) from error


def both_numbers(left: Term, right: Term) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Two numbers whose blanks are 0, a constant in the scale of the other."""
    if left.constant:
        second = as_number(right)
        return as_number(left, second), second
    first = as_number(left)
    return first, as_number(right, first)


def arithmetic(op: str, left: Term, right: Term, kind: Type) -> Term:
    """`+ - * /` of two numbers; blanks are 0."""
    first, second = both_numbers(left, right)
    error = either(left.error, right.error)
    if op in ("+", "-"):
        return Term(kind, add("add" if op == "+" else "subtract", first, second), error=error)
    if op == "*":
        return Term(kind, Calculation("multiply", (first, second), ANY_SCALE), error=error)
    if right.constant and right.value:
        return Term(kind, Calculation("divide", (first, second), ANY_SCALE), error=error)
    zero = compared("eq", second, bind_number(Decimal(0), second))
    return Term(kind, Calculation("divide", (first, second), ANY_SCALE), error=either(error, zero))


def negative(term: Term, kind: Type) -> Term:
    number = as_number(term)
    return Term(kind, Calculation("negative", (number,), number.type), error=term.error)


def compared(op: str, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[bool]:
    """A comparison of two numbers (`lt le gt ge eq`), NULL where one is."""
    return Calculation(op, (left, right), BOOL)


def same_scale(terms: Sequence[Term]) -> list[ColumnElement[Any]]:
    """Numbers in one form, so that they can be branches of one CASE."""
    columns = [exact(term) for term in terms if not term.constant]
    scales = {scale_of(column) for column in columns}
    like = columns[0] if len(scales) == 1 and None not in scales else None
    given = [bound(term, like) if term.constant else exact(term) for term in terms]
    fits = like is not None and all(
        scale_of(g) == scale_of(like) or t.value is None and t.constant for g, t in zip(given, terms, strict=True)
    )
    return (
        given
        if fits
        else [g if t.constant and t.value is None else widened(g) for g, t in zip(given, terms, strict=True)]
    )


# Yes or no


def truth(term: Term) -> ColumnElement[bool]:
    """A condition that is true or false, never NULL: blank is false."""
    if term.constant:
        return true() if term.value is True else false()
    assert term.column is not None
    return term.column if term.certain else func.coalesce(term.column, false(), type_=BOOL)


def verdict(condition: ColumnElement[bool], error: ColumnElement[bool] | None = None) -> Term:
    """A yes-or-no that is never NULL."""
    return Term(BOOLEAN, condition, error=error, certain=True)


def conjunction(terms: Sequence[Term]) -> Term:
    """`and` from left to right: what follows a false cannot fail."""
    error: ColumnElement[bool] | None = None
    so_far: ColumnElement[bool] | None = None
    for term in terms:
        error = either(error, term.error if so_far is None else where_taken(so_far, term.error))
        so_far = truth(term) if so_far is None else and_(so_far, truth(term))
    return verdict(and_(*(truth(term) for term in terms)), error)


def disjunction(terms: Sequence[Term]) -> Term:
    """`or` from left to right: what follows a true cannot fail."""
    error: ColumnElement[bool] | None = None
    so_far: ColumnElement[bool] | None = None
    for term in terms:
        error = either(error, term.error if so_far is None else where_taken(not_(so_far), term.error))
        so_far = truth(term) if so_far is None else or_(so_far, truth(term))
    return verdict(or_(*(truth(term) for term in terms)), error)


def negation(term: Term) -> Term:
    return verdict(not_(truth(term)), term.error)


def blank(term: Term) -> Term:
    """`is blank`: NULL, or the empty text."""
    if term.constant:
        return Term(BOOLEAN, None, term.value in (None, "", ()) or term.value == Rows(()), term.error, certain=True)
    assert term.column is not None
    if term.type.name in ("list", "rows", "json", "any"):
        raise NotInSql("blankness of a list")
    empty = term.column.is_(None)
    return verdict(or_(empty, term.column == "") if term.type.name in ("text", "choice") else empty, term.error)


def ordered(op: str, left: Term, right: Term, zone: str) -> Term:
    """`< <= > >=`: false where a side is blank."""
    error = either(left.error, right.error)
    for term in (left, right):
        if term.constant and term.value in (None, ""):
            return Term(BOOLEAN, None, False, error, certain=True)
    first, second = comparable(left, right, zone)
    conditions = [c.is_not(None) for c, t in ((first, left), (second, right)) if not t.constant]
    if "number" in (left.type.name, right.type.name):
        return verdict(and_(*conditions, compared(ORDER[op], first, second)), error)
    return verdict(and_(*conditions, _plainly(op, first, second)), error)


ORDER = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "=": "eq"}


def _plainly(op: str, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[bool]:
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op]


def equal(left: Term, right: Term, zone: str) -> Term:
    """`=`: blank equals blank and the empty text only."""
    error = either(left.error, right.error)
    for one, other in ((left, right), (right, left)):
        if one.constant and one.value in (None, ""):
            return replace(blank(other), error=error)
    if "record" in (left.type.name, right.type.name):
        return same_record(left, right)
    first, second = comparable(left, right, zone)
    same = compared("eq", first, second) if "number" in (left.type.name, right.type.name) else first == second
    if left.constant or right.constant:
        column = second if left.constant else first
        return verdict(and_(column.is_not(None), same), error)
    neither = and_(first.is_(None), second.is_(None))
    return verdict(or_(neither, and_(first.is_not(None), second.is_not(None), same)), error)


def same_record(left: Term, right: Term) -> Term:
    """Whether two links name one record."""
    if not left.object or not right.object:
        raise NotInSql("a link to one of several objects")
    error = either(left.error, right.error)
    if left.object != right.object:
        both = [blank(term).column if not term.constant else false() for term in (left, right)]
        return verdict(and_(*(part for part in both if part is not None)), error)
    column = right.column if left.constant else left.column
    return (
        equal(replace(left, type=NUMBERLESS), replace(right, type=NUMBERLESS), "")
        if column is not None
        else Term(BOOLEAN, None, left.value == right.value, error, certain=True)
    )


NUMBERLESS = Type("boolean")  # ids compare as plain columns


def comparable(left: Term, right: Term, zone: str) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Both sides in one form: numbers in one scale, a moment beside a date by its day, text by code points."""
    names = {left.type.name, right.type.name}
    if "number" in names:
        if left.constant:
            second = exact(right)
            return given_number(left.place, left.value, second), second
        first = exact(left)
        return first, given_number(right.place, right.value, first) if right.constant else exact(right)
    if names == {"date", "datetime"}:
        return _as_day(left, zone), _as_day(right, zone)
    beside = right.column if left.constant else left.column
    first, second = bound(left, beside), bound(right, beside)
    if names <= {"text", "choice"}:
        return _points(first, left), _points(second, right)
    if names & {"list", "rows", "json", "any", "duration"}:
        raise NotInSql("values without an order in SQL")
    return first, second


def _as_day(term: Term, zone: str) -> ColumnElement[Any]:
    if term.constant:
        if isinstance(term.value, dt.datetime):
            day = dt.datetime.astimezone(term.value, _zone(zone)).date()
            return given(term.place, day, DATE_TYPE, lambda found, _: dt.datetime.astimezone(found, _zone(zone)).date())
        return bound(term)
    assert term.column is not None
    return local_day(term.column, zone) if term.type.name == "datetime" else term.column


def _zone(name: str) -> dt.tzinfo:
    return ZoneInfo(name)


def local_day(column: ColumnElement[Any], zone: str) -> ColumnElement[Any]:
    """The day of a moment in a time zone."""
    return Calculation("local_day", (column, literal(zone, TEXT_TYPE)), DATE_TYPE)


def _points(column: ColumnElement[Any], term: Term) -> ColumnElement[Any]:
    """Text in the order of code points, the empty text as blank."""
    if term.constant:
        return column
    return Calculation("code_points", (func.nullif(column, "", type_=TEXT_TYPE),), TEXT_TYPE)


def text_or_empty(term: Term) -> ColumnElement[Any]:
    """A text whose blank is the empty text."""
    if term.constant:
        if not isinstance(term.value, (str, type(None))):
            raise NotInSql("a value other than text")
        return literal(term.value or "", TEXT_TYPE)
    if term.type.name not in ("text", "choice"):
        raise NotInSql("a value other than text")
    return func.coalesce(term.column, "", type_=TEXT_TYPE)


# Choices


def chosen(conditions: Sequence[Term], results: Sequence[Term], otherwise: Term, kind: Type) -> Term:
    """The result beside the first condition that holds, else `otherwise`."""
    errors: list[ColumnElement[bool] | None] = []
    before: list[ColumnElement[bool]] = []
    for condition, result in zip(conditions, results, strict=True):
        reached = and_(*before) if before else true()
        errors.append(where_taken(reached, condition.error) if before else condition.error)
        errors.append(where_taken(and_(reached, truth(condition)) if before else truth(condition), result.error))
        before.append(not_(truth(condition)))
    errors.append(where_taken(and_(*before), otherwise.error))
    values = branches([*results, otherwise], kind)
    whens = [(truth(condition), value) for condition, value in zip(conditions, values[:-1], strict=True)]
    column = case(*whens, else_=values[-1])
    objects = {term.object for term in (*results, otherwise) if not (term.constant and term.value is None)}
    like = next(
        (
            value.type
            for value, term in zip(values, (*results, otherwise), strict=True)
            if not (term.constant and term.value is None)
        ),
        None,
    )
    typed = type_as(column, like)
    return Term(kind, typed, error=either(*errors), object=objects.pop() if len(objects) == 1 else "")


def type_as(column: ColumnElement[Any], like: Any) -> ColumnElement[Any]:
    """A CASE whose result is read as one of its branches."""
    return column if like is None else type_coerce(column, like)


def branches(terms: Sequence[Term], kind: Type) -> list[ColumnElement[Any]]:
    """Values in one form."""
    if kind.name == "number":
        return same_scale(terms)
    if kind.name == "record" and len({term.object for term in terms if not (term.constant and term.value is None)}) > 1:
        raise NotInSql("links to several objects")
    names = {term.type.name for term in terms if term.type.name != "blank"}
    if len(names) > 1 and not names <= {"text", "choice"}:
        raise NotInSql("branches of different types")
    beside = next((term.column for term in terms if term.column is not None), None)
    return [bound(term, beside) for term in terms]
