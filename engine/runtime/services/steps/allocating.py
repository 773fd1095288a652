"""The step `allocate`: who gets how much of an amount, and what is done with it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction

from engine.errors import Refused
from engine.expressions.compiled import Expression
from engine.expressions.nodes import Root
from engine.expressions.scope import Frame
from engine.expressions.values import Row
from engine.kinds.actions.allocate import Allocate, Plan
from engine.kinds.fields.base import Literal
from engine.kinds.fields.number import Number
from engine.runtime.services import changes
from engine.runtime.services.conditions import computed
from engine.runtime.services.records import Record
from engine.runtime.services.registers.holdings import RegisterRow
from engine.runtime.services.steps.creating import copied
from engine.runtime.services.steps.runs import Run, runs
from engine.runtime.services.steps.slots import given, rows_of
from engine.texts import Text, say

ZERO = Decimal(0)
SCALE = 6                                      # of what no field keeps
Values = Mapping[str, Literal | Expression]


@dataclass(slots=True)
class Spread:
    """One `allocate` in progress. `left` is what takers with a limit may still get: two lines of one product do not
    take the same piece."""

    plan: Plan
    state: Run
    left: dict[Hashable, Decimal] = field(default_factory=dict)


@runs(Allocate)
def _allocate(step: Allocate, state: Run) -> None:
    """Of every row of `each` in turn. Raises `Refused` where something is left over that may not."""
    plan = step.plan
    spread = Spread(plan, state)
    for one in _each(plan, state):
        frame = one.frame()
        amount = _number(plan.amount, frame)
        if amount < 0 and plan.share is None:
            raise Refused(_negative(one, amount), code="allocate")
        takers = _takers(spread, frame)
        unit = _unit(spread, one, takers, amount)
        share = _limited if plan.share is None else _shared
        parts = share(spread, frame, takers, amount, unit)
        rest = amount - sum(parts, ZERO)
        if rest > 0 and plan.rest == "refuse":
            raise Refused(_lacking(one, rest), code="allocate")
        takes = [(row, part) for row, part in zip(takers, parts, strict=True) if part or plan.share]
        _give(spread, one, takes, rest)


def _each(plan: Plan, state: Run) -> Iterator[Run]:
    """The run on every row of `each`, which is `this` there; on the acting record without it."""
    if plan.each is None:
        yield state
        return
    for row in rows_of(plan.each, state.frame()):
        names = {**state.names, **({plan.each.alias: row} if plan.each.alias else {})}
        yield replace(state, row=row, names=names, group=())


def _takers(spread: Spread, frame: Frame) -> list[Row]:
    """The rows that take, held before it is asked what they may still get: two commands at once would both give the
    same piece. Read again where another one has changed them meanwhile."""
    plan, session = spread.plan, spread.state.session
    found, epoch = rows_of(plan.over, frame), session.epoch
    if plan.set or plan.limit is not None:
        session.hold([row.root for row in found if isinstance(row, Record)])
    return found if session.epoch == epoch else rows_of(plan.over, frame)


def _number(expression: Expression, frame: Frame) -> Decimal:
    value = computed(expression, frame)
    return value if isinstance(value, Decimal) else ZERO


def _candidate(plan: Plan, frame: Frame, row: Row, part: Decimal | None = None) -> Frame:
    at = frame.at(row, plan.over.alias)
    return at if part is None else replace(at, names={**at.names, "part": part})


# ---- who gets how much


def _limited(
    spread: Spread, frame: Frame, takers: Sequence[Row], amount: Decimal, unit: Decimal
) -> list[Decimal]:
    """In the order of the takers, each up to its limit less what the step has already given it."""
    parts, rest, plan = [], amount, spread.plan
    for row in takers:
        key = _key(row)
        if plan.limit is not None and key not in spread.left and rest > 0:
            spread.left[key] = max(_number(plan.limit, _candidate(plan, frame, row)), ZERO)
        most = rest if plan.limit is None else min(rest, spread.left.get(key, ZERO))
        part = max(most, ZERO).quantize(unit, ROUND_DOWN)
        if plan.limit is not None and part:
            spread.left[key] -= part
        rest -= part
        parts.append(part)
    return parts


def _shared(
    spread: Spread, frame: Frame, takers: Sequence[Row], amount: Decimal, unit: Decimal
) -> list[Decimal]:
    """In proportion, in whole units (cents): what is left goes to the largest fractions, of equal ones to the first.

    10.00 over three equal rows: 3.34, 3.33, 3.33."""
    plan = spread.plan
    assert plan.share is not None, "only asked where there is one"
    weights = [Fraction(_number(plan.share, _candidate(plan, frame, row))) for row in takers]
    total, units = sum(weights), int(amount / unit)
    if not total:
        return [ZERO for _ in takers]
    exact = [units * weight / total for weight in weights]
    whole = [int(one // 1) for one in exact]
    fractions = sorted(range(len(exact)), key=lambda index: (whole[index] - exact[index], index))
    for index in fractions[: units - sum(whole)]:
        whole[index] += 1
    return [one * unit for one in whole]


def _key(row: Row) -> Hashable:
    if isinstance(row, RegisterRow):
        return row.register.name, tuple(row.keys.items())
    return row if row.id is None else (row.object, row.id)


def _unit(spread: Spread, one: Run, takers: Sequence[Row], amount: Decimal) -> Decimal:
    """What parts are whole multiples of: the last decimal that the field keeps which takes `part`; in proportion,
    cents, unless the amount is finer itself."""
    plan, first = spread.plan, takers[0] if takers else None
    values: Values = plan.set or plan.row or plan.split
    if plan.add:
        obj = spread.state.session.tx.app.objects[f"{spread.state.own.object}.{plan.add}"]
    else:
        obj = first.definition if plan.set and isinstance(first, Record) else _this(one).definition
    named = (name for name, value in values.items() if isinstance(value, Expression) and _reads(value, "part"))
    found = [kind for name in named if isinstance(kind := obj.fields[name], Number)]
    kept = Decimal(1).scaleb(-min((one.scale for one in found), default=SCALE))
    cent = Decimal(1).scaleb(-min((one.smallest for one in found), default=SCALE))
    return kept if plan.share is None or amount % cent else cent


def _reads(value: Expression, name: str) -> bool:
    return any(isinstance(node, Root) and node.name == name for node in value.node.walk())


def _negative(one: Run, amount: Decimal) -> Text:
    """Less than nothing is shared in proportion; nobody takes it up to a limit."""
    shown = format(amount.normalize(), "f")
    line = one.row if isinstance(one.row, Record) else None
    if line is None or line.parent is None:
        return say(zh="不能分配负数 {amount}", en="{amount} cannot be spread: it is below zero", amount=shown)
    return say(
        zh="第 {row} 行：不能分配负数 {amount}", en="Row {row}: {amount} cannot be spread, it is below zero",
        row=line.position, amount=shown,
    )


def _lacking(one: Run, rest: Decimal) -> Text:
    shown = format(rest.normalize(), "f")
    line = one.row if isinstance(one.row, Record) else None
    if line is None or line.parent is None:
        return say(zh="还有 {rest} 无处分配", en="{rest} is left over: nobody can take it", rest=shown)
    return say(
        zh="第 {row} 行还有 {rest} 无处分配", en="Row {row}: {rest} is left over, nobody can take it",
        row=line.position, rest=shown,
    )


# ---- what is done with it


def _give(spread: Spread, one: Run, takes: Sequence[tuple[Row, Decimal]], rest: Decimal) -> None:
    plan, frame = spread.plan, one.frame()
    if plan.split:
        _part_line(spread, one, takes, rest)
        return
    for row, part in takes:
        at = _candidate(plan, frame, row, part)
        if plan.set:
            _set(spread, row if isinstance(row, Record) else _this(one), plan.set, at)
        elif part:
            own = spread.state.own
            line = own.add_line(plan.add)
            changes.fill_new(own.session, line, given(plan.row, line.definition, at))


def _this(one: Run) -> Record:
    """The line of `each`, else the acting record."""
    return one.row if isinstance(one.row, Record) else one.own


def _set(spread: Spread, record: Record, values: Values, at: Frame) -> None:
    _change(spread, record, given(values, record.definition, at))


def _change(spread: Spread, record: Record, values: Mapping[str, object]) -> None:
    if spread.state.record is None or record.root is not spread.state.record.root:
        spread.state.session.hold([record.root])
    spread.state.touched(record, tuple(values))
    changes.change(spread.state.session, record, values)


def _part_line(spread: Spread, one: Run, takes: Sequence[tuple[Row, Decimal]], rest: Decimal) -> None:
    """The line takes what the first gives, new lines behind it the others; what is left over stays on a line that
    takes nothing of a taker."""
    line, plan = _this(one), spread.plan
    if not takes or line.parent is None:
        return
    frame, whole = one.frame(), copied(line)
    parts = [given(plan.split, line.definition, _candidate(plan, frame, row, part)) for row, part in takes]
    if rest > 0:
        own = {name: value for name, value in plan.split.items() if not _of_taker(plan, value)}
        parts.append(given(own, line.definition, replace(frame, names={**frame.names, "part": rest})))
    lines = line.parent.lines(line.definition.owner_field)
    _change(spread, line, parts[0])
    for index, values in enumerate(parts[1:], lines.index(line) + 1):
        new = line.parent.add_line(line.definition.owner_field)
        changes.fill_new(line.session, new, whole)
        changes.change(line.session, new, values)
        lines.insert(index, lines.pop())
    for position, other in enumerate(lines, 1):
        if other.position != position:
            other.position = position
            other.touch()


def _of_taker(plan: Plan, value: Literal | Expression) -> bool:
    """Whether a value reads the row that takes."""
    if isinstance(value, Literal):
        return False
    roots = (node for node in value.node.walk() if isinstance(node, Root))
    return any(root.word == "row" or (plan.over.alias and root.name == plan.over.alias) for root in roots)
