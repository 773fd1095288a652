"""Posting: what documents say they contribute, against what they have booked; the difference is booked.

Follows the algorithm of the register design: coordinates first (they need no balance), then locks in one order, then
the rules stage by stage under these locks. Knows nothing of actions, flows or access."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.definitions.objects import Post
from engine.definitions.registers import Register, Valued
from engine.errors import FieldError, Invalid, Refused
from engine.expressions.values import Ref
from engine.locales import day_text
from engine.runtime.services.records import Record
from engine.runtime.services.registers import gates, series, valuation
from engine.runtime.services.registers.analysis import ROWS_PER_RULE, analyse
from engine.runtime.services.registers.contributions import (
    Coordinate,
    contributions,
    items,
    keys_of,
    rows_of,
    span,
)
from engine.runtime.services.sessions import MOST_PLACES, Session
from engine.runtime.storage import balances, register_keys
from engine.runtime.storage.balances import BalanceRow, Movement, Place
from engine.runtime.storage.register_keys import Keys
from engine.texts import say

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Unbooked:
    """What a document should have booked in a register and has not; not `bookable` where a rule cannot be computed."""

    document: Record
    register: str
    text: str
    bookable: bool = True


def settle(session: Session, documents: Iterable[Record], *, anew: Sequence[str] = ()) -> list[Record]:
    """Book the difference for these changed documents and for all whose rules read what moved. With `anew` also what
    they have booked in these registers by rules that are no more is taken back.

    Gives the documents looked at (changed or affected). Movements and balances are written; guards are judged later, by
    `guards.judge`, once per command."""
    work = Settlement(session, anew)
    work.discover(list(documents))
    work.lock()
    return work.book()


def differences(session: Session, documents: Iterable[Record], *, anew: Sequence[str] = ()) -> list[Unbooked]:
    """What these documents should still book (they should not). With `anew` also what they have booked in these
    registers by rules that are no more."""
    work = Settlement(session, anew)
    work.take(list(documents))
    found: list[Unbooked] = []
    for document in work.documents.values():
        for post in document.definition.posts:
            earlier = work.booked.get((document.object, document.id or 0, post.register), ())
            try:
                missing = _difference(session, document, post, earlier, {})
            except Refused as refused:
                found.append(Unbooked(document, post.register, refused.message.to("en"), bookable=False))
                continue
            for movement in missing:
                found.append(Unbooked(document, post.register, _told(movement)))
    for name, movement in work.orphans():
        found.append(Unbooked(work.documents[movement.object, movement.doc], name, _told(movement)))
    return found


def _told(movement: Movement) -> str:
    amounts = ", ".join(f"{name} {amount:+}" for name, amount in movement.amounts.items())
    return f"{movement.for_day}: {amounts}"


def withdraw(session: Session, register: Register, booked: Sequence[Movement]) -> None:
    """Take back what was booked by documents that are no more, on the days for which it was booked."""
    places = {Place(0, one.keys) for one in booked}
    for number, level in enumerate(register.levels, 1):
        places |= {Place(number, register_keys.at_level(register, level, one.keys)) for one in booked}
    session.holdings.lock(register, places)
    back = [
        replace(one, on_day=gates.carried_day(session, register, one.for_day),
                amounts={name: -amount for name, amount in one.amounts.items()})
        for one in booked
    ]
    _apply(session, register.name, back)
    balances.write(session.tx, register, back, session.holdings.rows_by_keys(register))
    session.holdings.store()


class Settlement:
    """The documents of one round, what they have booked so far (read once they are held) and the rows that they key."""

    def __init__(self, session: Session, anew: Sequence[str] = ()) -> None:
        self.session = session
        self.anew = anew
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
                for name in (*posting.get(document.object, ()), *self._left(document.object)):
                    wanted.setdefault(name, []).append((document.object, document.id))
        for name, references in wanted.items():
            for movement in balances.booked(self.session.tx, self.session.tx.app.registers[name], references):
                self.booked.setdefault((movement.object, movement.doc, name), []).append(movement)

    def _keys(self, document: Record) -> Iterator[tuple[Register, Keys]]:
        """Every row that the document keys now or has keyed before."""
        registers = self.session.tx.app.registers
        for post in document.definition.posts:
            register = registers[post.register]
            for row in rows_of(document, post):
                for _, frame in items(self.session, document, row):
                    if span(document, post, frame):
                        yield register, keys_of(document, register, row, frame)
            for movement in self.booked.get((document.object, document.id or 0, post.register), ()):
                yield register, movement.keys
        for name in self._left(document.object):
            for movement in self.booked.get((document.object, document.id or 0, name), ()):
                yield registers[name], movement.keys

    def _left(self, object: str) -> list[str]:
        """Registers to which an object has posted, of those that are posted anew, and no longer does."""
        posting = analyse(self.session.tx.live).posting.get(object, ())
        return [name for name in self.anew if name not in posting]

    def orphans(self) -> Iterator[tuple[str, Movement]]:
        """What rules have booked that are no more, taken back."""
        for (object, id, name), movements in self.booked.items():
            document = self.documents.get((object, id))
            if name not in self.anew or document is None:
                continue
            known = {p.no for p in document.definition.posts if p.register == name}
            register = self.session.tx.app.registers[name]
            for one in movements:
                if one.rule >= 0 and one.rule // ROWS_PER_RULE not in known:
                    place = Coordinate(one.rule, one.line, one.keys, one.for_day)
                    amounts = {measure: -amount for measure, amount in one.amounts.items()}
                    yield name, _movement(self.session, document, register, place, amounts)

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
        """Evaluate the rules stage by stage and write what is missing; valued measures follow what they count."""
        moved: dict[str, list[Movement]] = {}
        written: dict[str, int] = {}
        analysis = analyse(self.session.tx.live)
        for name, movement in self.orphans():
            _apply(self.session, name, [movement])
            moved.setdefault(name, []).append(movement)
        for number, stage in enumerate(analysis.stages):
            for name, post in stage:
                for document in self.documents.values():
                    if document.object == name:
                        earlier = self.booked.get((name, document.id or 0, post.register), ())
                        found = _difference(self.session, document, post, earlier, moved)
                        _apply(self.session, post.register, found)
                        moved.setdefault(post.register, []).extend(found)
            for register, valued in analysis.values.get(number, ()):
                self._value(register, valued, moved, written)
        for register_name, movements in moved.items():
            if movements:
                self._write(self.session.tx.app.registers[register_name], moved, written)
                self.session.moved.setdefault(register_name, []).extend(movements)
        self.session.holdings.store()
        return list(self.documents.values())

    def _value(
        self, register: Register, valued: Valued, moved: dict[str, list[Movement]], written: dict[str, int]
    ) -> None:
        """Book what a measure is worth, once all that it counts is written."""
        self._write(register, moved, written)
        news = moved.setdefault(register.name, [])
        worth = list(valuation.value(self.session, register, valued, news, self.documents.keys()))
        _apply(self.session, register.name, worth)
        news.extend(worth)
        self._write(register, moved, written)

    def _write(self, register: Register, moved: Mapping[str, Sequence[Movement]], written: dict[str, int]) -> None:
        """Write the movements of a register that are not written yet."""
        news = moved.get(register.name, ())[written.get(register.name, 0) :]
        written[register.name] = len(moved.get(register.name, ()))
        if news:
            _demand_room(self.session, register, news)
            balances.write(self.session.tx, register, news, self.session.holdings.rows_by_keys(register))


class Trial(Settlement):
    """A settlement in memory: what would be booked, on rows that are read and not held. Nothing is written, no value of
    a valued measure is found."""

    def take(self, documents: list[Record]) -> None:
        for document in documents:
            document.dirty = True              # what it keeps is computed from the balances as they would be
        super().take(documents)

    def lock(self) -> None:
        for name, places in self.places.items():
            self.session.holdings.look(self.session.tx.app.registers[name], places)

    def _value(
        self, register: Register, valued: Valued, moved: dict[str, list[Movement]], written: dict[str, int]
    ) -> None:
        """Values are told as such, see `backdating`."""

    def _write(self, register: Register, moved: Mapping[str, Sequence[Movement]], written: dict[str, int]) -> None:
        """Nothing is written."""


def _difference(
    session: Session, document: Record, post: Post, booked: Iterable[Movement], moved: Mapping[str, Sequence[Movement]]
) -> list[Movement]:
    """Desired less booked, for one rule of one document; `moved` is what this command has booked so far."""
    register = session.tx.app.registers[post.register]
    amounts: dict[Coordinate, dict[str, Decimal]] = {}
    for place, measure, amount in _missing(session, document, post, booked, moved):
        into = amounts.setdefault(place, {})
        into[measure] = into.get(measure, ZERO) + amount
    return [
        _movement(session, document, register, place, {m: a for m, a in found.items() if a})
        for place, found in amounts.items()
        if any(found.values())
    ]


def _missing(
    session: Session, document: Record, post: Post, booked: Iterable[Movement], moved: Mapping[str, Sequence[Movement]]
) -> Iterator[tuple[Coordinate, str, Decimal]]:
    register = session.tx.app.registers[post.register]
    first, last = post.no * ROWS_PER_RULE, (post.no + 1) * ROWS_PER_RULE
    mine = [movement for movement in booked if first <= movement.rule < last]
    waits = register.future == "wait" and register.dated      # the sweep after midnight books it on its day
    said = contributions(session, document, post, register)
    if post.reads:
        now = (replace(one, end=None) if waits and one.end and one.end > session.today else one for one in said)
        due = [one for one in now if not (waits and one.start > session.today)]
        yield from series.steps(due, mine, lambda line: _cause(session, document, post, line, moved))
        return
    for one in said:
        for place, amount in one.steps():
            if not (waits and place.day > session.today):
                yield place, one.measure, amount
    for movement in mine:
        for measure, amount in movement.amounts.items():
            yield Coordinate(movement.rule, movement.line, movement.keys, movement.for_day), measure, -amount


def _cause(
    session: Session, document: Record, post: Post, line: int, moved: Mapping[str, Sequence[Movement]]
) -> dt.date | None:
    """The day of what this command has moved in the balances that a rule of the document, or of this line, reads."""
    lines = {(one.object, one.id) for one in document.all_lines() if not line or one.id == line}
    wanted = {(document.object, document.id), *lines}
    days = []
    for register in {register for register, _ in post.reads}:
        for movement in (*session.moved.get(register, ()), *moved.get(register, ())):
            own = (movement.object, movement.doc) == (document.object, document.id) and line in (0, movement.line)
            if own or any((key.object, key.id) in wanted for key in movement.keys if isinstance(key, Ref)):
                days.append(movement.for_day)
    return max(days, default=None)


def _movement(
    session: Session, document: Record, register: Register, place: Coordinate, amounts: Mapping[str, Decimal]
) -> Movement:
    if register.dated and place.day > session.tx.today:
        text = say(
            zh="{title}：日期 {day} 在将来，不能记入“{register}”",
            en="{title}: {day} is in the future; {register} takes no future days",
            title=document.title,
            day=day_text(place.day),
            register=register.label,
        )
        raise Refused(text, code="future", errors=[FieldError("date", text, "future")])
    on_day = gates.on_day(session, register, place.day, document.title)
    return Movement(place.keys, place.day, on_day, place.rule, document.id or 0, place.line, amounts, document.object)


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


def _demand_room(session: Session, register: Register, movements: Iterable[Movement]) -> None:
    """Refuse bookings that no column holds, and those that make a balance too large for its own. Their rows have them
    already."""
    most = {name: MOST_PLACES - (field.type.scale or 0) for name, field in register.measures.items()}
    for movement in movements:
        rows = levels_of(session, register, movement.keys)
        for name, amount in movement.amounts.items():
            figures = (amount, *(row.measures[name] for row in rows))
            if any(figure and figure.adjusted() >= most[name] for figure in figures):
                text = say(zh="“{register}”中的{measure}会过大，无法保存",
                           en="{measure} of {register} would become too large to be kept",
                           register=register.label, measure=register.measures[name].label)
                raise Invalid(text, code="too_large")


def levels_of(session: Session, register: Register, keys: Keys) -> list[BalanceRow]:
    """The held rows of all levels to which these keys belong."""
    places = [Place(0, keys)]
    places += [Place(n, register_keys.at_level(register, level, keys)) for n, level in enumerate(register.levels, 1)]
    return [session.holdings.held(register, place) for place in places]
