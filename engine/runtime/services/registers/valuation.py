"""Valued measures: what the engine finds as the value of what moved, against what it has booked. The documents in hand
are booked at once; others, whose cost has changed behind them, by a job."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.definitions.registers import Register, Valued
from engine.errors import Refused
from engine.expressions.values import ErrorValue, Ref
from engine.kinds.fields.base import Field
from engine.kinds.fields.money import Money
from engine.runtime.services import outbox
from engine.runtime.services.registers import gates, valuing
from engine.runtime.services.registers.analysis import given_rules
from engine.runtime.services.registers.holdings import RegisterRow
from engine.runtime.services.registers.valuing import Entry, Rules, Stock
from engine.runtime.services.sessions import Session
from engine.runtime.storage import register_keys, value_rows
from engine.runtime.storage.balances import Movement
from engine.runtime.storage.register_keys import Keys
from engine.runtime.storage.value_rows import Moved
from engine.texts import say

ZERO = Decimal(0)
JOB = "revalue"
Document = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Value that is still to be booked for a line, on its keys, for a day."""

    object: str
    doc: int
    line: int
    keys: Keys
    day: dt.date
    amount: Decimal


def engine_rule(register: Register, measure: str) -> int:
    """The number under which the engine books values of a measure; rules of documents have positive ones."""
    return -1 - list(register.measures).index(measure)


def adjustments(session: Session, register: Register, valued: Valued, group: Keys, since: dt.date) -> list[Adjustment]:
    """What is to be booked so that the group is worth from `since` on what it should be."""
    tx, engine = session.tx, engine_rule(register, valued.measure)
    since = valuing.first_days([since], valued.method)
    given = given_rules(tx.live, register.name, valued.measure)
    moved, kept = value_rows.moved(tx, register, valued, group, since, engine)
    entries = _entries(moved, given)
    places = {entry.place for entry in entries if entry.given is None}
    rules = Rules(
        valued.method,
        _scale(register.measures[valued.measure]),
        lambda: _start(session, register, valued, group),
        _kept(kept),
        value_rows.of_lines(tx, register, valued, places, since, engine, given),
    )
    wanted = valuing.worth(rules, entries, Stock(*value_rows.before(tx, register, valued, group, since, engine)))
    for one in kept:
        at = ((one.object, one.doc, one.line), one.day, one.keys)
        wanted[at] = wanted.get(at, ZERO) - one.value
    return [Adjustment(*place, keys, day, amount) for (place, day, keys), amount in wanted.items() if amount]


def _scale(measure: Field) -> int:
    """Amounts of money are found in whole cents."""
    return measure.decimals if isinstance(measure, Money) else measure.type.scale or 0


def _entries(moved: Sequence[Moved], given: Collection[tuple[str, int]]) -> list[Entry]:
    """Rows that say their value stand alone; the others of one line and day together, where its first one stands."""
    found: dict[tuple[Any, ...], list[Moved]] = {}
    for one in moved:
        place = (one.object, one.doc, one.line)
        says = (one.object, one.rule) in given or one.value
        found.setdefault((place, one.day, one.rule, one.keys) if says else (place, one.day), []).append(one)
    entries = []
    for at, parts in found.items():
        sums: dict[Any, Decimal] = {}
        for one in parts:
            sums[one.keys] = sums.get(one.keys, ZERO) + one.quantity
        value = sum((one.value for one in parts), ZERO) if len(at) > 2 else None
        if value is not None or any(sums.values()):
            entries.append(Entry(at[0], at[1], sums, value))
    return entries


def _kept(kept: Iterable[Moved]) -> dict[tuple[tuple[str, int, int], dt.date], Decimal]:
    found: dict[tuple[tuple[str, int, int], dt.date], Decimal] = {}
    for one in kept:
        at = ((one.object, one.doc, one.line), one.day)
        found[at] = found.get(at, ZERO) + one.value
    return found


def _start(session: Session, register: Register, valued: Valued, group: Keys) -> Decimal:
    """The cost of a piece of which nothing is owned."""
    if valued.start is None:
        return ZERO
    row = RegisterRow(session, register, dict(zip(register.keys, group, strict=True)), {})
    value = valued.start.value(session.frame(row))
    if isinstance(value, ErrorValue):
        text = say(
            zh="“{register}”的起始成本无法计算（{reason}）",
            en="The first cost of {register} cannot be computed ({reason})",
            register=register.label, reason=value.reason,
        )  # fmt: skip
        raise Refused(text, code="posting")
    return value if isinstance(value, Decimal) else ZERO


# ---- booking


def value(
    session: Session, register: Register, valued: Valued, moved: Iterable[Movement], documents: Collection[Document]
) -> Iterator[Movement]:
    """The movements that give the documents in hand their value, after `moved` was written; where others are concerned
    too, a job is entered."""
    for group, since in _touched(session, register, valued, moved).items():
        others = False
        for one in adjustments(session, register, valued, group, since):
            if (one.object, one.doc) in documents:
                yield _movement(session, register, valued, one)
            else:
                others = True
        if others:
            _enter(session, register, valued, group, since)


def _touched(
    session: Session, register: Register, valued: Valued, moved: Iterable[Movement]
) -> Mapping[Keys, dt.date]:
    """Group → the first day of it that changed."""
    found = dict(session.revalue.pop((register.name, valued.measure), {}))
    for movement in moved:
        if movement.rule >= 0 and any(movement.amounts.get(name) for name in (*valued.counted, valued.measure)):
            group = register_keys.at_level(register, valued.per, movement.keys)
            found[group] = min(found.get(group, movement.on_day), movement.on_day)
    return found


def _movement(session: Session, register: Register, valued: Valued, one: Adjustment) -> Movement:
    on_day = gates.carried_day(session, register, one.day)
    rule = engine_rule(register, valued.measure)
    return Movement(one.keys, one.day, on_day, rule, one.doc, one.line, {valued.measure: one.amount}, one.object)


def _enter(session: Session, register: Register, valued: Valued, group: Keys, since: dt.date) -> None:
    args = {
        "register": register.name, "measure": valued.measure, "since": since.isoformat(),
        "group": [[key.object, key.id] if isinstance(key, Ref) else _plain(key) for key in group],
    }  # fmt: skip
    if session.tx.write:
        outbox.enqueue(session.tx, JOB, args)


def _plain(key: object) -> object:
    if isinstance(key, dt.date):
        return {"date": key.isoformat()}
    return {"number": str(key)} if isinstance(key, Decimal) else key


def group_of(args: Mapping[str, Any]) -> Keys:
    """The keys of a group as a job holds them."""
    return tuple(_key(one) for one in args["group"])


def _key(one: Any) -> Any:
    if isinstance(one, (list, tuple)):
        return Ref(str(one[0]), int(one[1]))
    if isinstance(one, Mapping):
        return dt.date.fromisoformat(one["date"]) if "date" in one else Decimal(one["number"])
    return one
