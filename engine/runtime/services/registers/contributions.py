"""What documents say they contribute to registers: amounts by coordinate. Books nothing, knows no kept row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.definitions.objects import Object, Post, PostRow
from engine.definitions.registers import Register
from engine.errors import Refused
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Row, Value
from engine.runtime.services.conditions import holds
from engine.runtime.services.records import Record
from engine.runtime.services.registers.analysis import ROWS_PER_RULE
from engine.runtime.services.sessions import Session
from engine.runtime.storage.register_keys import FIRST_DAY, Keys
from engine.texts import say

ZERO = Decimal(0)
MOST_NUMBERS = 1000  # of one `each: numbers(…)`


@dataclass(frozen=True, slots=True)
class Coordinate:
    """Where an amount stands: the rule's row, the line (0 = the record), the register's keys, the day."""

    rule: int
    line: int
    keys: Keys
    day: dt.date


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one row of a rule says for one item: `amount` of a measure from `start` on, until `end` if there is one.
    `was` is the first day as it was before this command, where another one is known."""

    rule: int
    line: int
    keys: Keys
    measure: str
    amount: Decimal
    start: dt.date
    end: dt.date | None = None
    was: dt.date | None = None

    def steps(self) -> Iterator[tuple[Coordinate, Decimal]]:
        """Its amounts by coordinate: added on the first day, taken back on the last."""
        yield Coordinate(self.rule, self.line, self.keys, self.start), self.amount
        if self.end is not None:
            yield Coordinate(self.rule, self.line, self.keys, self.end), -self.amount


def rows_of(document: Record, post: Post) -> tuple[PostRow, ...]:
    """The rows of a rule that count for the document now."""
    return post.rows if counts(document, post) else ()


def counts(document: Record, post: Post) -> bool:
    """Whether the document counts for this rule now, or did until it ended; a draft's rules are not even computed."""
    states, rule = _states(document.definition, post), document.definition.effective_while
    ended = document.system.get("ended_on") is not None and document.system.get("ended_from") in states
    standing = not document.deleted and (document.state in states or ended)
    return standing and (rule is None or holds(rule, document.session.frame(document)))


def _states(obj: Object, post: Post) -> set[str]:
    if not obj.states:
        return {""}
    return set(obj.effective) & set(post.states) if post.states else set(obj.effective)


def span(document: Record, post: Post, frame: Frame) -> tuple[dt.date, dt.date | None] | None:
    """The day from which the rule of a document that counts stands for the item of this frame, and the one on which it
    ends; None where its condition leaves the item out."""
    if post.when is not None and not holds(post.when, frame):
        return None
    start = _day(document, post.dated.value(frame) if post.dated else None)
    if (post.since is not None and start < post.since) or (post.before is not None and start >= post.before):
        return None
    until = post.until.value(frame) if post.until else None
    last = None if until is None else _day(document, until)
    if document.state not in _states(document.definition, post):
        ended = document.system["ended_on"]
        last = max(start, ended if last is None else min(last, ended))
    return start, last


def _day(document: Record, value: Value) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.astimezone(document.session.tx.live.zone).date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, ErrorValue):
        raise Refused(
            say(zh="{title}：记账日期无法计算", en="{title}: the posting date cannot be computed", title=document.title)
        )
    created = document.system.get("created_at")
    return created.astimezone(document.session.tx.live.zone).date() if created else document.session.tx.today


def items(session: Session, document: Record, row: PostRow) -> Iterator[tuple[Record, Frame]]:
    """What posts: the record, its lines, or the record once per number; each with the frame of its expressions."""
    if row.numbers is not None:
        for number in _numbers(session, document, row.numbers):
            yield document, session.frame(document, **{row.number: number})
    elif not row.each:
        if row.where is None or holds(row.where, session.frame(document)):
            yield document, session.frame(document)
    else:
        for line in document.lines(row.each):
            if row.where is None or holds(row.where, session.frame(document).at(line)):
                yield line, session.frame(line)


def _numbers(session: Session, document: Record, numbers: Expression) -> Sequence[Value]:
    found = numbers.value(session.frame(document))
    if isinstance(found, ErrorValue) or not isinstance(found, (list, tuple)) or len(found) > MOST_NUMBERS:
        text = say(
            zh="{title}：“{text}”应为不超过 {most} 个数", en="{title}: {text} should be at most {most} numbers",
            title=document.title, text=numbers.text.strip(), most=MOST_NUMBERS,
        )  # fmt: skip
        raise Refused(text, code="posting")
    return found


def _key(document: Record, register: Register, row: PostRow, frame: Frame, name: str) -> Value:
    expression = row.keys.get(name)
    value = expression.value(frame) if expression is not None else None
    if isinstance(value, ErrorValue):
        raise Refused(
            say(
                zh="{title}：{key} 无法计算",
                en="{title}: {key} cannot be computed",
                title=document.title,
                key=register.keys[name].label,
            )
        )
    if isinstance(value, Row) and value.id is not None:
        return Ref(value.object, value.id)
    if isinstance(value, dt.datetime):
        return value.astimezone(document.session.tx.live.zone).date()
    return None if value == "" else value


def keys_of(document: Record, register: Register, row: PostRow, frame: Frame) -> Keys:
    """The register's keys that this row gives; reads no balance."""
    return tuple(_key(document, register, row, frame, name) for name in register.keys)


def contributions(session: Session, document: Record, post: Post, register: Register) -> Iterator[Contribution]:
    """What one rule of a document says now. Raises `Refused` where a place, day or amount cannot be computed."""
    for index, row in enumerate(rows_of(document, post)):
        for item, frame in items(session, document, row):
            days = span(document, post, frame)
            if days is None:
                continue
            keys = keys_of(document, register, row, frame)
            line = 0 if item is document else item.id or 0
            start, end = days
            if not register.dated:
                start, end = FIRST_DAY, end and FIRST_DAY
            for measure, expression in row.add.items():
                amount = _amount(session, document, register, measure, expression.value(frame))
                was = _former(document, item, post) if post.reads and register.dated else None
                yield Contribution(post.no * ROWS_PER_RULE + index, line, keys, measure, amount, start, end, was)


def _former(document: Record, item: Record, post: Post) -> dt.date | None:
    """The first day of an item as it was before this command."""
    was = item.old()
    if was is None or post.dated is None or any(row.numbers is not None for row in post.rows):
        return None
    value = post.dated.value(Frame(document.session, this=was, old=was))
    return None if isinstance(value, ErrorValue) or value is None else _day(document, value)


def _amount(session: Session, document: Record, register: Register, measure: str, value: Value) -> Decimal:
    if value is None:
        return ZERO
    if isinstance(value, ErrorValue):
        text = say(
            zh="{title}：{measure} 无法计算（{reason}）",
            en="{title}: {measure} cannot be computed ({reason})",
            title=document.title,
            measure=register.measures[measure].label,
            reason=value.reason,
        )
        raise Refused(text, code="posting")
    fitted = session.fit(register.measures[measure], value)
    assert isinstance(fitted, Decimal), "a measure is a number"
    return fitted
