"""When conditions can hold: which values of their parts let them, told from the typed nodes alone. Errors are left out.

A *situation* maps parts of conditions to the values that they have in it; parts that it does not name may be anything.
What is not understood may hold and may fail, so that only what is certain is ever said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from engine.expressions.domains import EVERYTHING, Domain, Listed, Ordered, Span, everything
from engine.expressions.evaluate import evaluate
from engine.expressions.linear import Sum, part_of, sum_of
from engine.expressions.nodes import Call, Get, Items, Literal, Node, Operation
from engine.expressions.scope import Frame
from engine.expressions.types import Type

Situation: TypeAlias = "Mapping[Any, Domain]"
Expand: TypeAlias = "Callable[[Node], Node]"
MAX_SITUATIONS = 256
ANYHOW: tuple[Situation, ...] = ({},)
OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
MIRRORED = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
RELATIONS = {
    "=": {"="}, "!=": {"<", ">"}, "<": {"<"}, ">": {">"}, "<=": {"<", "="}, ">=": {">", "="}
}  # fmt: skip
FRAMED = ("date",)  # functions that get a frame for the sake of dates in texts only
NOBODY: Any = None  # a frame without a world: constants ask it nothing


class Filled(NamedTuple):
    """The value of a part or sum where blanks count as 0."""

    part: Any


def itself(node: Node) -> Node:
    """No name stands for anything else."""
    return node


def together(*lists: Sequence[Situation]) -> Sequence[Situation]:
    """The situations that are in each of the lists; none: they exclude one another."""
    found: Sequence[Situation] = ANYHOW
    for situations in lists:
        joined = [one for left in found for right in situations if (one := _joined(left, right)) is not None]
        found = joined if len(joined) <= MAX_SITUATIONS else ANYHOW
    return found


def _joined(left: Situation, right: Situation) -> Situation | None:
    found = dict(left)
    for part, domain in right.items():
        held = found.get(part)
        both = domain if held is None else held.both(domain)  # type: ignore[arg-type]
        if both.empty:
            return None
        found[part] = both
    return found if all(_possible(part, found) for part in found) else None


def _possible(part: Any, situation: Situation) -> bool:
    """Whether a sum can have a value that it has in the situation, as its summands do."""
    domain = situation[part]
    if not isinstance(part, Filled) or not isinstance(part.part, Sum) or not isinstance(domain, Ordered):
        return True
    low: Any = Decimal(0)
    high: Any = Decimal(0)
    for inner, factor in part.part.parts:
        known = situation.get(Filled(inner))
        if not isinstance(known, Ordered) or not known.spans:
            return True
        ends = (known.spans[0].low, known.spans[-1].high)
        least, most = ends if factor > 0 else (ends[1], ends[0])
        low = None if low is None or least is None else low + factor * least
        high = None if high is None or most is None else high + factor * most
    return not domain.both(Ordered((Span(low, high),))).empty


@dataclass(frozen=True, slots=True)
class Conditions:
    """Reads conditions; `expand` gives the node that a name stands for (a formula), or the node itself.

    `outward`: the conditions stand inside a source, so that `this` is another row than the one at hand."""

    expand: Expand = itself
    outward: bool = False

    def part(self, node: Node) -> Any:
        """What makes two nodes the same part."""
        return part_of(node, outside=not self.outward)

    def holding(self, node: Node) -> Sequence[Situation]:
        """The situations in which a condition may hold; none: it never does."""
        return self._of(node, True)

    def failing(self, node: Node) -> Sequence[Situation]:
        """The situations in which a condition may not hold; none: it always does."""
        return self._of(node, False)

    def _of(self, node: Node, holds: bool) -> Sequence[Situation]:
        node = self.expand(node)
        if isinstance(node, Literal):
            return ANYHOW if (node.value is True) == holds else ()
        op = node.op if isinstance(node, Operation) else node.function.name if isinstance(node, Call) else ""
        args = node.args if isinstance(node, (Operation, Call)) else ()
        if op == "not":
            return self._of(args[0], not holds)
        if op in ("and", "or"):
            sides = [self._of(arg, holds) for arg in args]
            return together(*sides) if (op == "and") == holds else _either(sides)
        if op in OPPOSITE:
            return self._comparison(op, args[0], args[1], holds)
        if op in ("blank", "isblank"):
            return self._blank(args[0], holds)
        if op == "in" and isinstance(args[1], Items):
            sides = [self._comparison("=", args[0], item, holds) for item in args[1].items]
            return _either(sides) if holds else together(*sides)
        if isinstance(node, Get) and node.type.name == "boolean":
            return self._listed("=", node, True, holds)
        return ANYHOW

    def _blank(self, node: Node, holds: bool) -> Sequence[Situation]:
        node = self.expand(node)
        if not _is_part(node) or node.type.name in ("rows", "list", "any"):
            return ANYHOW
        whole = everything(node.type)
        only = replace(whole, spans=(), blank=True) if isinstance(whole, Ordered) else Listed(frozenset(), blank=True)
        return ({self.part(node): only if holds else whole},)

    def _comparison(self, op: str, left: Node, right: Node, holds: bool) -> Sequence[Situation]:
        left, right = self.expand(left), self.expand(right)
        if is_constant(left) and not is_constant(right):
            left, right, op = right, left, MIRRORED[op]
        if isinstance(right, Literal) and right.value in (None, ""):
            if op in ("=", "!="):
                return self._blank(left, holds == (op == "="))
            return () if holds else ANYHOW
        kinds = {left.type.name, right.type.name}
        if kinds == {"number"}:
            return self._numbers(op, left, right, holds)
        if kinds == {"date"} and is_constant(right):
            return _ordered(op, self.part(left), left.type, value_of(right), holds)
        if is_constant(right):
            value = value_of(right)
            return self._listed(op, left, value, holds) if isinstance(value, (str, bool)) else ANYHOW
        if len(kinds) == 1 and kinds <= {"date", "datetime", "time", "text", "choice", "record"}:
            return _related(op, self.part(left), self.part(right), holds)
        return ANYHOW

    def _numbers(self, op: str, left: Node, right: Node, holds: bool) -> Sequence[Situation]:
        found = sum_of(left, right, self.expand, self.part)
        if found is None:
            return ANYHOW
        bare = [self.part(one) for one in (left, right) if _is_part(one)]
        certain = all(_is_part(one) or is_constant(one) for one in (left, right))
        if not found.parts:
            return _settled(op, found.rest, bare, certain, holds)
        factor = found.parts[0][1]
        whole = Sum(tuple((part, one / factor) for part, one in found.parts), Decimal(0))
        op = MIRRORED[op] if factor < 0 else op
        alone = len(whole.parts) == 1
        kind = left.type if alone and certain else Type("number")
        part = whole.parts[0][0] if alone else whole
        bound = -found.rest / factor
        if certain and (alone or op not in ("=", "!=")):
            return _ordered(op, part, kind, bound, holds)
        return _filled(op, part, bound, bare, holds)

    def _listed(self, op: str, node: Node, value: Any, holds: bool) -> Sequence[Situation]:
        if op not in ("=", "!=") or node.type.name not in ("text", "choice", "boolean"):
            return ANYHOW
        whole = everything(node.type, blank=True)
        one = Listed(frozenset((value,)))
        found = one if holds == (op == "=") else whole.less(one)  # type: ignore[arg-type]
        return () if found.empty else ({self.part(node): found},)


def _either(sides: Iterable[Sequence[Situation]]) -> Sequence[Situation]:
    found = [situation for side in sides for situation in side]
    return found if len(found) <= MAX_SITUATIONS else ANYHOW


def _ordered(op: str, part: Any, kind: Type, bound: Any, holds: bool) -> Sequence[Situation]:
    """Parts beside a constant: where one of them is blank only `!=` holds."""
    if not isinstance(bound, (Decimal, dt.date)) or isinstance(bound, dt.datetime):
        return ANYHOW
    whole = everything(kind)
    assert isinstance(whole, Ordered), "numbers and days are ordered"
    kept = whole.both(Ordered(_spans(op if holds else OPPOSITE[op], bound), unit=whole.unit))
    if (op == "!=") == holds:
        return ({part: replace(kept, blank=True)},)
    return () if kept.empty else ({part: kept, Filled(part): kept},)


def _filled(op: str, part: Any, bound: Decimal, bare: Sequence[Any], holds: bool) -> Sequence[Situation]:
    """Arithmetic beside a constant or another part: blanks in it count as 0, a `bare` side that is blank does not."""
    found: list[Situation] = [{Filled(part): Ordered(_spans(op if holds else OPPOSITE[op], bound))}]
    if len(bare) > 1:  # `a = b` where both may be blank
        return [*found, *_blanks(bare)]
    return [*found, *_blanks(bare)] if (op == "!=") == holds else found


def _settled(op: str, rest: Decimal, bare: Sequence[Any], certain: bool, holds: bool) -> Sequence[Situation]:
    """A comparison of two sides that differ by a constant."""
    true = not Ordered(_spans(op, Decimal(0))).both(Ordered((Span(rest, rest),))).empty
    if true == holds:
        return ANYHOW
    if certain:  # constants, or a part beside itself: blank is neither below nor above blank
        return _blanks(bare) if op in ("<=", ">=") and not holds else ()
    return _blanks(bare) if (op == "!=") == holds else ()


def _blanks(parts: Sequence[Any]) -> list[Situation]:
    return [{part: Ordered((), blank=True)} for part in parts]


def _spans(op: str, bound: Any) -> tuple[Span, ...]:
    """The values that stand so to a bound, upwards."""
    below, above = Span(None, bound, False, op != "<="), Span(bound, None, op != ">=", False)
    if op == "!=":
        return below, above
    if op == "=":
        return (Span(bound, bound),)
    return (below,) if op in ("<", "<=") else (above,) if op in (">", ">=") else (EVERYTHING,)


def _related(op: str, left: Any, right: Any, holds: bool) -> Sequence[Situation]:
    """Two parts beside each other: the order in which they stand; a blank side may go either way with `=`."""
    if left == right:
        if op in ("<=", ">="):
            return ANYHOW
        return ANYHOW if (op == "=") == holds else ()
    if repr(left) > repr(right):
        left, right, op = right, left, MIRRORED[op]
    wanted = frozenset(RELATIONS[op if holds else OPPOSITE[op]])
    return ({("beside", left, right): Listed(wanted, blank=op in ("=", "!=") or not holds)},)


def _is_part(node: Node) -> bool:
    """Whether a node is looked at as one thing: anything but arithmetic and constants."""
    arithmetic = isinstance(node, Operation) and node.op in ("+", "-", "neg", "*")
    return not arithmetic and not is_constant(node)


def is_constant(node: Node) -> bool:
    """Whether nothing in it varies."""
    return all(
        isinstance(one, (Literal, Operation)) or (isinstance(one, Call) and is_pure(one)) for one in node.walk()
    )


def is_pure(call: Call) -> bool:
    """Whether a function depends on nothing but its arguments."""
    function = call.function
    return not function.reads and function.form == "plain" and (not function.frame or function.name in FRAMED)


def value_of(node: Node) -> Any:
    """The value of what is constant."""
    return evaluate(node, Frame(NOBODY))
