"""Posting: what documents say they contribute, against what they have booked; the difference is booked.

Follows the algorithm of the register design: coordinates first (they need no balance), then locks in one order, then
the rules stage by stage under these locks. Knows nothing of actions, flows or access."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.definitions.objects import Object, Post, PostRow
from engine.definitions.registers import Register
from engine.errors import FieldError, Refused
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Row, Value
from engine.runtime.services.analysis import analyse
from engine.runtime.services.conditions import holds
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage import balances, register_keys
from engine.runtime.storage.balances import BalanceRow, Movement, Place
from engine.runtime.storage.register_keys import FIRST_DAY, Keys
from engine.texts import say

ZERO = Decimal(0)
MOST_NUMBERS = 1000  # of one `each: numbers(…)`
ROWS_PER_RULE = 64  # a rule's number and its row's make one integer


@dataclass(frozen=True, slots=True)
class Coordinate:
    """Where an amount stands: the rule's row, the line (0 = the record), the register's keys, the day."""

    rule: int
    line: int
    keys: Keys
    day: dt.date


@dataclass(frozen=True, slots=True)
class Unbooked:
    """What a document should have booked in a register and has not; not `bookable` where a rule cannot be computed."""

    document: Record
    register: str
    text: str
    bookable: bool = True


def settle(session: Session, documents: Iterable[Record]) -> list[Record]:
    """Book the difference for these changed documents and for all whose rules read what moved.

    Gives the documents looked at (changed or affected). Movements and balances are written; guards are judged later, by
    `guards.judge`, once per command."""
    work = Settlement(session)
    work.discover(list(documents))
    work.lock()
    return work.book()


def differences(session: Session, documents: Iterable[Record]) -> list[Unbooked]:
    """What these documents should still book (they should not)."""
    work = Settlement(session)
    work.take(list(documents))
    found: list[Unbooked] = []
    for document in work.documents.values():
        for post in document.definition.posts:
            earlier = work.booked.get((document.object, document.id or 0, post.register), ())
            try:
                missing = _difference(session, document, post, earlier)
            except Refused as refused:
                found.append(Unbooked(document, post.register, refused.message.to("en"), bookable=False))
                continue
            for movement in missing:
                amounts = ", ".join(f"{name} {amount:+}" for name, amount in movement.amounts.items())
                found.append(Unbooked(document, post.register, f"{movement.for_day}: {amounts}"))
    return found


class Settlement:
    """The documents of one round, what they have booked so far (read once they are held) and the rows that they key."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.documents: dict[tuple[str, int], Record] = {}
        self.booked: dict[tuple[str, int, str], list[Movement]] = {}
        self.places: dict[str, set[Place]] = {}

    def discover(self, frontier: list[Record]) -> None:
        """Take in the documents and, to a fixed point, the owners of the rows that they key."""
        dependents = analyse(self.session.tx.live).dependents
        while frontier:
            self.take(frontier)
            owners: dict[str, set[int]] = {}
            for document in frontier:
                for register, keys in self._keys(document):
                    self._want(register, keys)
                    for key in keys:
                        if isinstance(key, Ref) and key.object in dependents.get(register.name, ()):
                            owners.setdefault(key.object, set()).add(key.id)
                for name, place in self.session.holdings.own_places(document):
                    self.places.setdefault(name, set()).add(place)
            roots = self.session.roots(owners)
            frontier = [r for r in roots if (r.object, r.id or 0) not in self.documents]
            self.session.hold(frontier)

    def take(self, documents: list[Record]) -> None:
        """Take in documents, with what they have booked so far."""
        posting = analyse(self.session.tx.live).posting
        wanted: dict[str, list[tuple[str, int]]] = {}
        for document in documents:
            assert document.id is not None, "documents are written before they are posted"
            self.documents[document.object, document.id] = document
            if not document.is_new or self.session.moved:
                for name in posting.get(document.object, ()):
                    wanted.setdefault(name, []).append((document.object, document.id))
        for name, references in wanted.items():
            for movement in balances.booked(self.session.tx, self.session.tx.app.registers[name], references):
                self.booked.setdefault((movement.object, movement.doc, name), []).append(movement)

    def _keys(self, document: Record) -> Iterator[tuple[Register, Keys]]:
        """Every row that the document keys now or has keyed before."""
        registers = self.session.tx.app.registers
        for post in document.definition.posts:
            register = registers[post.register]
            for row in post.rows if counts(document, post) else ():
                for _, frame in _items(self.session, document, row):
                    if periods(document, post, frame):
                        yield register, keys_of(document, register, row, frame)
            for movement in self.booked.get((document.object, document.id or 0, post.register), ()):
                yield register, movement.keys

    def _want(self, register: Register, keys: Keys) -> None:
        places = self.places.setdefault(register.name, set())
        places.add(Place(0, keys))
        places.update(
            Place(n, register_keys.at_level(register, level, keys)) for n, level in enumerate(register.levels, 1)
        )

    def lock(self) -> None:
        """Hold every balance row that these documents touch or read, registers in their order."""
        registers = self.session.tx.app.registers
        for name in sorted(self.places, key=lambda n: registers[n].number):
            self.session.holdings.lock(registers[name], self.places[name])

    def book(self) -> list[Record]:
        """Evaluate the rules stage by stage and write what is missing."""
        moved: dict[str, list[Movement]] = {}
        for stage in analyse(self.session.tx.live).stages:
            for name, post in stage:
                for document in self.documents.values():
                    if document.object == name:
                        earlier = self.booked.get((name, document.id or 0, post.register), ())
                        found = _difference(self.session, document, post, earlier)
                        _apply(self.session, post.register, found)
                        moved.setdefault(post.register, []).extend(found)
        for register_name, movements in moved.items():
            if movements:
                register = self.session.tx.app.registers[register_name]
                balances.write(self.session.tx, register, movements, self.session.holdings.rows_by_keys(register))
                self.session.moved.setdefault(register_name, []).extend(movements)
        self.session.holdings.store()
        return list(self.documents.values())


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


def periods(document: Record, post: Post, frame: Frame) -> list[tuple[dt.date, int]]:
    """The days on which the rule of a document that counts starts to count (+1) and ends (-1) for the item of this
    frame; empty where its condition leaves the item out."""
    if post.when is not None and not holds(post.when, frame):
        return []
    start = _day(document, post.dated.value(frame) if post.dated else None)
    until = post.until.value(frame) if post.until else None
    if document.state in _states(document.definition, post):
        ends = [] if until is None else [(_day(document, until), -1)]
        return [(start, 1), *ends]
    ended_on = document.system["ended_on"]
    end = min(_day(document, until), ended_on) if until is not None else ended_on
    return [(start, 1), (max(start, end), -1)]


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


def _items(session: Session, document: Record, row: PostRow) -> Iterator[tuple[Record, Frame]]:
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


def _difference(session: Session, document: Record, post: Post, booked: Iterable[Movement]) -> list[Movement]:
    """Desired less booked, for one rule of one document."""
    register = session.tx.app.registers[post.register]
    amounts: dict[Coordinate, dict[str, Decimal]] = {}
    for place, measure, amount in _desired(session, document, post, register):
        if register.future == "wait" and register.dated and place.day > session.today:
            continue                           # the sweep after midnight books it on its day
        into = amounts.setdefault(place, {})
        into[measure] = into.get(measure, ZERO) + amount
    first, last = post.no * ROWS_PER_RULE, (post.no + 1) * ROWS_PER_RULE
    for movement in booked:
        if first <= movement.rule < last:
            into = amounts.setdefault(Coordinate(movement.rule, movement.line, movement.keys, movement.for_day), {})
            for measure, amount in movement.amounts.items():
                into[measure] = into.get(measure, ZERO) - amount
    return [
        _movement(session, document, register, place, {m: a for m, a in found.items() if a})
        for place, found in amounts.items()
        if any(found.values())
    ]


def _desired(
    session: Session, document: Record, post: Post, register: Register
) -> Iterator[tuple[Coordinate, str, Decimal]]:
    for index, row in enumerate(post.rows if counts(document, post) else ()):
        for item, frame in _items(session, document, row):
            days = periods(document, post, frame)
            if not days:
                continue
            keys = keys_of(document, register, row, frame)
            line = 0 if item is document else item.id or 0
            for measure, expression in row.add.items():
                amount = _amount(session, document, register, measure, expression.value(frame))
                for day, sign in days:
                    at = day if register.dated else FIRST_DAY
                    yield Coordinate(post.no * ROWS_PER_RULE + index, line, keys, at), measure, sign * amount


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


def _movement(
    session: Session, document: Record, register: Register, place: Coordinate, amounts: Mapping[str, Decimal]
) -> Movement:
    if register.dated and place.day > session.tx.today:
        text = say(
            zh="{title}：日期 {day} 在将来，不能记入“{register}”",
            en="{title}: {day} is in the future; {register} takes no future days",
            title=document.title,
            day=place.day.isoformat(),
            register=register.label,
        )
        raise Refused(text, code="future", errors=[FieldError("date", text, "future")])
    return Movement(
        place.keys, place.day, place.day, place.rule, document.id or 0, place.line, amounts, document.object
    )


def _apply(session: Session, register_name: str, movements: Iterable[Movement]) -> None:
    """Add the movements to the held rows of every level."""
    register = session.tx.app.registers[register_name]
    for movement in movements:
        for row in levels_of(session, register, movement.keys):
            for measure, amount in movement.amounts.items():
                row.measures[measure] += amount
            row.last_on = max(filter(None, (row.last_on, movement.on_day)))
            row.moved_from = min(filter(None, (row.moved_from, movement.on_day)))
        session.epoch += 1


def levels_of(session: Session, register: Register, keys: Keys) -> list[BalanceRow]:
    """The held rows of all levels to which these keys belong."""
    places = [Place(0, keys)]
    places += [Place(n, register_keys.at_level(register, level, keys)) for n, level in enumerate(register.levels, 1)]
    return [session.holdings.held(register, place) for place in places]
