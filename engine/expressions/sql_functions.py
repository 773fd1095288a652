"""The functions that run in SQL with exactly Python's result; a test holds this table to the functions' own word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Integer, case, false, func, literal, not_, null, type_coerce

from engine.expressions import sql_numbers, terms
from engine.expressions.arithmetic import NO_MATCH
from engine.expressions.calculations import Calculation
from engine.expressions.functions.choices import NO_CHOICE
from engine.expressions.functions.numbers import bucket_names
from engine.expressions.nodes import Call
from engine.expressions.numbers import ANY_SCALE, Exact
from engine.expressions.sql_dates import day_of, days_between, moved, whole_number
from engine.expressions.terms import BOOL, DATE_TYPE, TEXT_TYPE, NotInSql, Term
from engine.expressions.types import Type

if TYPE_CHECKING:
    from engine.expressions.sql import Compiler

Builder = Callable[[Sequence[Term], Type, str], Term]


def call(compiler: Compiler, node: Call) -> Term:
    """A function of single values over the candidate."""
    builder = FUNCTIONS.get(node.function.name)
    if builder is None:
        raise NotInSql(node.function.name)
    return builder([compiler.term(arg) for arg in node.args], node.type, compiler.zone)


def spread(args: Sequence[Term]) -> ColumnElement[bool] | None:
    return terms.either(*(arg.error for arg in args))


def _if(args: Sequence[Term], kind: Type, zone: str) -> Term:
    otherwise = args[2] if len(args) > 2 else terms.constant(None, Type("blank"))
    return terms.chosen([args[0]], [args[1]], otherwise, kind)


def _ifs(args: Sequence[Term], kind: Type, zone: str) -> Term:
    return terms.chosen(args[0:-1:2], args[1::2], terms.constant(NO_MATCH, Type("blank")), kind)


def _switch(args: Sequence[Term], kind: Type, zone: str) -> Term:
    cases, results = args[1:-1:2], args[2::2]
    otherwise = args[-1] if len(args) % 2 == 0 else terms.constant(NO_MATCH, Type("blank"))
    conditions = [terms.equal(args[0], case_, zone) for case_ in cases]
    return terms.chosen(conditions, results, otherwise, kind)


def _iferror(args: Sequence[Term], kind: Type, zone: str) -> Term:
    tried, otherwise = args
    if tried.error is None:
        return tried
    failed = terms.verdict(tried.error)
    without = Term(tried.type, tried.column, tried.value, None, tried.object)
    return terms.chosen([failed], [otherwise], without, kind)


def _iserror(args: Sequence[Term], kind: Type, zone: str) -> Term:
    error = args[0].error
    return terms.constant(False, kind) if error is None else terms.verdict(error)


def _ifblank(args: Sequence[Term], kind: Type, zone: str) -> Term:
    tried, otherwise = args
    return terms.chosen(
        [terms.blank(tried)], [otherwise], Term(tried.type, tried.column, tried.value, None, tried.object), kind
    )


def _isblank(args: Sequence[Term], kind: Type, zone: str) -> Term:
    return terms.blank(args[0])


def _xor(args: Sequence[Term], kind: Type, zone: str) -> Term:
    result = terms.truth(args[0])
    for arg in args[1:]:
        other = terms.truth(arg)
        result = case((result, not_(other)), else_=other)
    return terms.verdict(result, spread(args))


def _places(args: Sequence[Term]) -> int:
    if len(args) < 2:
        return 0
    if not args[1].constant or not isinstance(args[1].value, Decimal):
        raise NotInSql("places that are not constant")
    return int(args[1].value)


def _rounding(op: str) -> Builder:
    def build(args: Sequence[Term], kind: Type, zone: str) -> Term:
        places = literal(Decimal(_places(args)), Exact(0))
        return Term(kind, Calculation(op, (terms.as_number(args[0]), places), ANY_SCALE), error=spread(args))

    return build


def _abs(args: Sequence[Term], kind: Type, zone: str) -> Term:
    number = terms.as_number(args[0])
    return Term(kind, Calculation("absolute", (number,), number.type), error=spread(args))


def _bucket(args: Sequence[Term], kind: Type, zone: str) -> Term:
    """The spans' names are constants; which one fits is a CASE."""
    value, listed = args
    bounds = [bound for bound in (listed.value or ()) if isinstance(bound, Decimal)] if listed.constant else []
    if not bounds or bounds != sorted(bounds) or value.type.name != "number":
        raise NotInSql("bounds that are not constant")
    names = [literal(name, TEXT_TYPE) for name in bucket_names(bounds)]
    below = [terms.ordered("<", value, terms.constant(bound, value.type), zone) for bound in bounds]
    whens: list[tuple[Any, Any]] = [(terms.truth(terms.blank(value)), null())]
    whens += [(terms.truth(test), name) for test, name in zip(below, names, strict=False)]
    return Term(kind, type_coerce(case(*whens, else_=names[-1]), TEXT_TYPE), error=spread(args))


def _text_test(op: str) -> Builder:
    """contains, starts, ends: blank text contains only blank text."""

    def build(args: Sequence[Term], kind: Type, zone: str) -> Term:
        whole, part = (terms.text_or_empty(arg) for arg in args)
        return terms.verdict(Calculation(op, (whole, part), BOOL), spread(args))

    return build


def _len(args: Sequence[Term], kind: Type, zone: str) -> Term:
    return Term(kind, func.length(terms.text_or_empty(args[0]), type_=Integer()), error=spread(args))


def _edge(op: str) -> Builder:
    def build(args: Sequence[Term], kind: Type, zone: str) -> Term:
        count = int(args[1].value) if len(args) > 1 and args[1].constant and isinstance(args[1].value, Decimal) else 1
        if (len(args) > 1 and not args[1].constant) or count < 0:
            raise NotInSql("a length that is not constant")
        return Term(
            kind,
            Calculation(op, (terms.text_or_empty(args[0]), literal(count, Integer())), TEXT_TYPE),
            error=spread(args),
        )

    return build


def _part(unit: str) -> Builder:
    def build(args: Sequence[Term], kind: Type, zone: str) -> Term:
        part = Calculation("part", (literal(unit, TEXT_TYPE), day_of(args[0], zone)), Exact(0))
        return Term(kind, part, error=spread(args))

    return build


def _start(unit: str) -> Builder:
    def build(args: Sequence[Term], kind: Type, zone: str) -> Term:
        start = Calculation("start_of", (literal(unit, TEXT_TYPE), day_of(args[0], zone)), DATE_TYPE)
        return Term(kind, start, error=spread(args))

    return build


def _months(op: str) -> Builder:
    def build(args: Sequence[Term], kind: Type, zone: str) -> Term:
        months = whole_number(args[1]) if len(args) > 1 else literal(0, Integer())
        start = day_of(args[0], zone)
        return moved(kind, start, Calculation(op, (start, func.coalesce(months, 0)), DATE_TYPE), spread(args))

    return build


def _month_end(args: Sequence[Term], kind: Type, zone: str) -> Term:
    """Of the date's own month, which the calendar has."""
    column = Calculation("month_end", (day_of(args[0], zone), literal(0, Integer())), DATE_TYPE)
    return Term(kind, column, error=spread(args))


def _days(args: Sequence[Term], kind: Type, zone: str) -> Term:
    for arg in args:
        if arg.type.name not in ("date", "blank"):
            raise NotInSql("days between moments")
    return days_between(args[0], args[1], kind)


def _choose(args: Sequence[Term], kind: Type, zone: str) -> Term:
    place, results = args[0], args[1:]
    bounds = [terms.constant(Decimal(bound), place.type) for bound in range(1, len(results) + 2)]
    below = [terms.ordered("<", place, bound, zone) for bound in bounds]
    wrong = terms.constant(NO_CHOICE, Type("blank"))
    conditions = [terms.disjunction([terms.blank(place), below[0]]), *below[1:]]
    return terms.chosen(conditions, [wrong, *results], wrong, kind)


def _is(*names: str) -> Builder:
    """Whether a value is there and of one of these types."""

    def build(args: Sequence[Term], kind: Type, zone: str) -> Term:
        if args[0].type.name not in names:
            if args[0].type.name not in ("number", "text", "choice", "boolean", "date", "datetime", "time", "record"):
                raise NotInSql("a value of any type")
            return terms.verdict(false(), args[0].error)
        return terms.negation(terms.blank(args[0]))

    return build


def _exact(args: Sequence[Term], kind: Type, zone: str) -> Term:
    first, second = (Calculation("code_points", (terms.text_or_empty(arg),), TEXT_TYPE) for arg in args)
    return terms.verdict(first == second, spread(args))


def _mid(args: Sequence[Term], kind: Type, zone: str) -> Term:
    start, count = (arg.value if arg.constant else None for arg in args[1:])
    if not isinstance(start, Decimal) or not isinstance(count, Decimal) or start < 1 or count < 0:
        raise NotInSql("a place that is not constant")
    bounds = [literal(int(bound), Integer()) for bound in (start, count)]
    return Term(kind, Calculation("mid", (terms.text_or_empty(args[0]), *bounds), TEXT_TYPE), error=spread(args))


FUNCTIONS: dict[str, Builder] = {
    "if": _if,
    "ifs": _ifs,
    "switch": _switch,
    "iferror": _iferror,
    "iserror": _iserror,
    "ifblank": _ifblank,
    "isblank": _isblank,
    "xor": _xor,
    "choose": _choose,
    "isnumber": _is("number"),
    "istext": _is("text", "choice"),
    "bucket": _bucket,
    "int": sql_numbers.whole("int"),
    "sign": sql_numbers.whole("sign"),
    "mod": sql_numbers.divided("mod"),
    "quotient": sql_numbers.divided("quotient"),
    "floor": sql_numbers.multiple("floor"),
    "ceiling": sql_numbers.multiple("ceiling"),
    "mround": sql_numbers.multiple("mround"),
    "round": _rounding("round"),
    "roundup": _rounding("roundup"),
    "rounddown": _rounding("rounddown"),
    "trunc": _rounding("rounddown"),
    "abs": _abs,
    "len": _len,
    "mid": _mid,
    "exact": _exact,
    "contains": _text_test("contains"),
    "starts": _text_test("starts"),
    "ends": _text_test("ends"),
    "left": _edge("left"),
    "right": _edge("right"),
    "year": _part("year"),
    "quarter": _part("quarter"),
    "month": _part("month"),
    "day": _part("day"),
    "weekday": sql_numbers.weekday,
    "quarter_end": sql_numbers.quarter_end,
    "period": sql_numbers.period,
    "week_start": _start("week"),
    "month_start": _start("month"),
    "quarter_start": _start("quarter"),
    "year_start": _start("year"),
    "edate": _months("add_months"),
    "eomonth": _months("month_end"),
    "month_end": _month_end,
    "days": _days,
}
