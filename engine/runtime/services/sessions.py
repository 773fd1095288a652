"""A session: the records and balances that one transaction has in hand, and the world that its expressions see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.definitions.objects import Object
from engine.definitions.registers import Register
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Row, Rows, Value
from engine.kinds.fields.base import Balance, Field
from engine.runtime.services import organisation
from engine.runtime.services.records import Record
from engine.runtime.storage import balances, queries, rows
from engine.runtime.storage.balances import BalanceRow, Movement, Place
from engine.runtime.storage.live import Tx
from engine.runtime.storage.register_keys import Keys
from engine.texts import Text

if TYPE_CHECKING:
    from engine.expressions.compiled import Template
    from engine.expressions.nodes import Source

ZERO = Decimal(0)
NOTHING: Mapping[str, Value] = MappingProxyType({})


class Retry(Exception):
    """A lock was asked for out of order and was taken: run the command again, holding `known` from the start."""

    def __init__(self, known: frozenset[tuple[str, int]]) -> None:
        super().__init__("run again")
        self.known = known


class Session:
    """The unit of work of one transaction. Implements `World`; reads as the engine (row rules are the services' business).

    `moved` holds the movements written so far by register; `raised_names` the checks that asked for approval; `at_end`
    runs just before the commit, when numbers are known (notices, mails)."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.language = tx.actor.language
        self.epoch = 0
        self.records: dict[tuple[str, int], Record] = {}
        self.new: list[Record] = []
        self.held: set[tuple[str, int]] = set()
        self.touched: dict[tuple[str, int], Record] = {}       # written because the command changed them
        self.refreshed: dict[tuple[str, int], Record] = {}     # written because something that they derive from moved
        self.moved: dict[str, list[Movement]] = {}
        self.settled: set[Record] = set()      # posted as they stand; a later change takes them out again
        self.raised_names: set[str] = set()
        self.overridden: dict[str, str] = {}   # checks and guards passed by an override, with the reason
        self.at_end: list[Callable[[], None]] = []
        self.flusher: Callable[[], None] | None = None
        self._balances: dict[str, dict[Place, BalanceRow]] = {}

    # ---- what expressions ask (World)

    @property
    def now(self) -> dt.datetime:
        return self.tx.now

    @property
    def today(self) -> dt.date:
        return self.tx.today

    @property
    def timezone(self) -> str:
        return self.tx.app.timezone

    @property
    def me(self) -> Ref | None:
        return self.tx.actor.ref

    def frame(self, row: Row, **names: object) -> Frame:
        """The frame in which an expression of this row is evaluated."""
        old = row.old() if isinstance(row, Record) else None
        return Frame(self, this=row, old=old, names=names)

    def record(self, ref: Ref) -> Record | None:
        """The record or line behind a link; each row is loaded once."""
        known = self.records.get((ref.object, ref.id))
        if known is None:
            self.prefetch([ref])
            known = self.records.get((ref.object, ref.id))
        return known

    def find(self, object: str, key: str) -> Ref | None:
        """By the object's declared key."""
        self._flush()
        id = queries.find(self.tx, self.tx.live.object(object), key)
        return None if id is None else Ref(object, id)

    def rows(self, source: Source, frame: Frame) -> Sequence[Row]:
        """The rows of a source over stored data."""
        self._flush()
        return queries.rows(self.tx, source, frame, self)

    def total(self, function: str, source: Source, value: object, frame: Frame) -> tuple[bool, Value]:
        """An aggregate computed by the database where it can be."""
        self._flush()
        return queries.total(self.tx, function, source, value, frame)

    def decide(self, name: str, arguments: Sequence[Value]) -> Value | Mapping[str, Value]:
        """The result of a declared decision."""
        decision = self.tx.app.decisions[name]
        names = dict(zip(decision.inputs, arguments, strict=False))
        return decision.decide(Frame(self, names=names))

    def has_role(self, user: Ref, role: str) -> bool:
        return organisation.has_role(self.tx, user.id, role)

    def people(self, question: str, argument: Value) -> Value:
        return organisation.answer(self.tx, question, argument)

    def raised(self, name: str) -> bool:
        return name in self.raised_names

    def number(self, value: int | None) -> Value:
        return None if value is None else Decimal(value)

    # ---- records

    def prefetch(self, refs: Iterable[Ref]) -> None:
        """Load many records with one statement per object."""
        wanted: dict[str, set[int]] = {}
        for ref in refs:
            if (ref.object, ref.id) not in self.records:
                wanted.setdefault(ref.object, set()).add(ref.id)
        for name, ids in wanted.items():
            obj = self.tx.live.object(name)
            for row in rows.fetch(self.tx, obj, ids):
                self.adopt(obj, row)
        lines = [r for name, ids in wanted.items() if self.tx.live.object(name).owner for i in ids
                 if (r := self.records.get((name, i))) is not None and r.parent is None]
        self._attach_parents(lines)

    def _attach_parents(self, lines: Sequence[Record]) -> None:
        """Give lines that were loaded by themselves their parents, and make them members of the parents' lists."""
        by_owner: dict[str, set[int]] = {}
        for line in lines:
            by_owner.setdefault(line.definition.owner, set()).add(int(line.system["parent"]))
        self.prefetch(Ref(owner, id) for owner, ids in by_owner.items() for id in ids)
        for line in lines:
            line.parent = self.records[line.definition.owner, int(line.system["parent"])]

    def adopt(self, obj: Object, row: Mapping[str, object]) -> Record:
        """The record of a fetched row; the one already in hand wins."""
        id = int(row["id"])  # type: ignore[call-overload]
        known = self.records.get((obj.name, id))
        if known is not None:
            return known
        record = Record(self, obj, id=id)
        record.values = rows.decode(self.tx.live, obj, row)
        names = rows.LINE_SYSTEM if obj.owner else rows.SYSTEM
        record.system = {name: row[name] for name in names if name in row}
        record.position = int(record.system.get("position") or 0)
        record.before = {**record.values, **record.system}
        self.records[obj.name, id] = record
        return record

    def load_lines(self, record: Record, name: str) -> list[Record]:
        """The lines of one record; if several records are in hand their lines are loaded together by `prefetch_lines`."""
        self.prefetch_lines([record], name)
        return record.children[name]

    def prefetch_lines(self, records: Sequence[Record], name: str) -> None:
        """Load the lines of many records of one object with one statement."""
        waiting = {r.id: r for r in records if r.id is not None and name not in r.children}
        if not waiting:
            return
        lines_object = self.tx.live.object(f"{next(iter(waiting.values())).object}.{name}")
        for record in waiting.values():
            record.children[name] = []
        for row in rows.fetch_lines(self.tx, lines_object, waiting):
            line = self.adopt(lines_object, row)
            parent = waiting[int(row["parent"])]
            line.parent = parent
            parent.children[name].append(line)

    def hold(self, records: Iterable[Record]) -> None:
        """Lock records for writing, in the order of all locks; out of order without waiting (`Retry` if taken).

        What another transaction changed in between is read anew, so that decisions are never stale."""
        live = self.tx.live
        wanted = sorted(
            {(live.numbers.get(r.object, 0), r.id, r.object) for r in records if r.id is not None and (r.object, r.id) not in self.held}
        )
        top = max(((live.numbers.get(name, 0), id) for name, id in self.held), default=(0, 0))
        for number, id, name in wanted:
            assert id is not None
            try:
                fetched = rows.fetch(self.tx, live.object(name), [id], lock=True, wait=(number, id) > top)
            except rows.Taken as error:
                raise Retry(frozenset(self.held | {(n, i) for _, i, n in wanted if i is not None})) from error
            self.held.add((name, id))
            if fetched:
                self._refresh(self.records[name, id], fetched[0])

    def _refresh(self, record: Record, row: Mapping[str, object]) -> None:
        if record.dirty or not self.tx.postgres or int(row.get("version") or 0) == record.version:  # type: ignore[call-overload]
            return
        record.values = rows.decode(self.tx.live, record.definition, row)
        record.system = {name: row[name] for name in record.system}
        record.before = {**record.values, **record.system}
        for name in list(record.children):
            for line in record.children.pop(name):
                self.records.pop((line.object, line.id or 0), None)
        self.epoch += 1

    def roots(self, owners: Mapping[str, set[int]]) -> list[Record]:
        """The documents to which these records and lines belong."""
        self.prefetch(Ref(name, id) for name, ids in owners.items() for id in ids)
        found: dict[tuple[str, int], Record] = {}
        for name, ids in owners.items():
            for id in ids:
                record = self.records.get((name, id))
                if record is not None and record.root.id is not None:
                    found[record.root.object, record.root.id] = record.root
        return list(found.values())

    def back_rows(self, record: Record, name: str) -> Rows:
        """The records that link to this one by a declared back-link."""
        self._flush()
        target, link = record.definition.backs[name]
        obj = self.tx.live.object(target)
        return Rows(tuple(self.adopt(obj, row) for row in queries.linking(self.tx, obj, link, record.ref)))

    def title(self, record: Record) -> str:
        """The record's title: its declared template, else its key, else its first text, else its number."""
        obj = record.definition
        if obj.title is not None:
            return obj.title.render(self.frame(record), self.language).strip() or f"#{record.id}"
        names = obj.key or tuple(f.name for f in obj.fields.values() if f.kind in ("text", "autonumber"))[:1]
        shown = " ".join(obj.fields[n].format(record.get(n), self.language) for n in names).strip()
        return shown or (f"{record.root.title} · {record.position}" if record.parent is not None else f"#{record.id}")

    def rendered(self, template: Template, frame: Frame) -> Text:
        """A template in every language of the app."""
        return Text({language: template.render(frame, language) for language in self.tx.app.languages})

    def prefetch_links(self, *records: Record) -> None:
        """Load what these records and their lines link to, with one statement per object."""
        parts = [part for record in records for part in (record, *(line for lines in record.children.values() for line in lines))]
        self.prefetch(value for part in parts for value in part.values.values() if isinstance(value, Ref))

    def fit(self, field: Field, value: Value) -> Value:
        """A computed value as the field stores it: rounded half up to its scale, an error kept."""
        if isinstance(value, Row) and not isinstance(value, (Rows, str)) and value.id is not None:
            return Ref(value.object, value.id)
        scale = field.type.scale
        if isinstance(value, Decimal) and scale is not None:
            return round_half_up(value, scale)
        return value

    def _flush(self) -> None:
        if self.flusher is not None and self.tx.write:
            self.flusher()

    def register_row(
        self, register: Register, keys: Mapping[str, Value], measures: Mapping[str, Decimal], extra: Mapping[str, Value]
    ) -> RegisterRow:
        """A row of a register (or a movement, with its day and document) as expressions see it."""
        return RegisterRow(self, register, keys, measures, extra)

    def matching(self, obj: Object, values: Mapping[str, Value]) -> Record | None:
        """The first record that has these stored values."""
        self._flush()
        id = queries.matching_id(self.tx, obj, rows.encode(self.tx.live, obj, values))
        return None if id is None else self.record(Ref(obj.name, id))

    def loads(self, obj: Object, field: str, people: Iterable[int]) -> Mapping[int, int]:
        """How many records of the object each person has in a field."""
        self._flush()
        return queries.counts_by(self.tx, obj, field, people)

    # ---- balances

    def balance(self, record: Record, balance: Balance) -> Value:
        """The value of a balance field: of the kept row if one fits, else the sum over all rows with these keys."""
        register = self.tx.app.registers[balance.register]
        frame = self.frame(record)
        given: dict[str, Value] = {}
        for name, expression in balance.keys.items():
            value = expression.value(frame)
            if isinstance(value, ErrorValue):
                return value
            if isinstance(value, Row):
                if value.id is None:
                    return ZERO
                value = Ref(value.object, value.id)
            given[name] = value
        measures = dict(self._measures(register, given))
        if balance.without_this or balance.booked_by_this:
            own = self._own(record, register, given)
            measures = own if balance.booked_by_this else {m: measures[m] - own[m] for m in measures}
        if balance.measure in measures:
            return measures[balance.measure]
        return self.formula(register, balance.measure, given, measures)

    def formula(self, register: Register, name: str, keys: Mapping[str, Value], measures: Mapping[str, Decimal]) -> Value:
        """A formula of a register over these keys and measures."""
        return register.formulas[name].value(self.frame(RegisterRow(self, register, keys, measures)))

    def _measures(self, register: Register, given: Mapping[str, Value]) -> Mapping[str, Decimal]:
        keys: Keys = tuple(given.get(name) for name in register.keys)
        level = self._level(register, given)
        if level is None:
            return balances.total(self.tx, register, given)
        place = Place(level, keys)
        kept = self._balances.setdefault(register.name, {})
        if place not in kept:
            kept.update(balances.read(self.tx, register, [place]))
        return kept[place].measures

    def _level(self, register: Register, given: Mapping[str, Value]) -> int | None:
        names = tuple(name for name in register.keys if name in given)
        if names == tuple(register.keys):
            return 0
        return register.levels.index(names) + 1 if names in register.levels else None

    def _own(self, record: Record, register: Register, given: Mapping[str, Value]) -> dict[str, Decimal]:
        """What this record (or line) has itself booked on these keys."""
        own = dict.fromkeys(register.measures, ZERO)
        root = record.root
        if root.id is None:
            return own
        for movement in balances.booked(self.tx, register, [(root.object, root.id)]):
            if record is not root and movement.line != record.id:
                continue
            keys = dict(zip(register.keys, movement.keys, strict=True))
            if all(keys[name] == value for name, value in given.items()):
                for name, amount in movement.amounts.items():
                    own[name] += amount
        return own

    def has_booked(self, document: Record) -> bool:
        """Whether the document has ever booked anything that still stands."""
        registers = {post.register for post in document.definition.posts}
        return document.id is not None and any(
            balances.booked(self.tx, self.tx.app.registers[name], [(document.object, document.id)]) for name in registers
        )

    def own_places(self, document: Record) -> Iterable[tuple[str, Place]]:
        """The kept rows of own balances that the document's posts read."""
        if not any(post.reads for post in document.definition.posts):
            return
        for record in (document, *document.all_lines()):
            for field in record.definition.fields.values():
                if field.balance is None or not field.balance.own or record.id is None:
                    continue
                register = self.tx.app.registers[field.balance.register]
                given = {n: self.key_value(e.value(self.frame(record))) for n, e in field.balance.keys.items()}
                level = self._level(register, given)
                if level is not None:
                    yield register.name, Place(level, tuple(given.get(name) for name in register.keys))

    def key_value(self, value: Value) -> Value:
        """A key's value as rows hold it: a record becomes its link."""
        if isinstance(value, Row) and value.id is not None:
            return Ref(value.object, value.id)
        return None if value == "" else value

    def lock_balances(self, register: Register, places: Iterable[Place]) -> None:
        """Hold rows that are not held yet."""
        kept = self._balances.setdefault(register.name, {})
        wanted = [p for p in places if p not in kept or kept[p].id is None or not kept[p].held]
        for row in balances.lock(self.tx, register, wanted):
            row.held = True
            kept[Place(row.level, row.keys)] = row
        self.epoch += 1

    def held_balance(self, register: Register, place: Place) -> BalanceRow:
        return self._balances[register.name][place]

    def touched_balances(self, register: Register) -> list[BalanceRow]:
        """Held rows that this command has changed."""
        return [row for row in self._balances.get(register.name, {}).values() if row.touched or row.moved_from]

    def rows_by_keys(self, register: Register) -> dict[Keys, BalanceRow]:
        """Held rows of level 0."""
        return {place.keys: row for place, row in self._balances[register.name].items() if place.level == 0}

    def store_balances(self) -> None:
        """Write the measures of all rows that changed since they were last written."""
        changed = [row for kept in self._balances.values() for row in kept.values() if row.held and row.measures != row.written]
        balances.store(self.tx, changed)
        for row in changed:
            row.written = dict(row.measures)


class RegisterRow:
    """Keys and measures of a register at some grain, as an expression sees them. Implements `Row`."""

    __slots__ = ("session", "register", "keys", "measures", "extra")

    def __init__(
        self, session: Session, register: Register, keys: Mapping[str, Value], measures: Mapping[str, Decimal],
        extra: Mapping[str, Value] = NOTHING,
    ) -> None:
        self.session = session
        self.register = register
        self.keys = keys
        self.measures = measures
        self.extra = extra

    @property
    def object(self) -> str:
        return self.register.name

    @property
    def id(self) -> int | None:
        return None

    def get(self, name: str) -> Value:
        if name in self.measures:
            return self.measures[name]
        if name in self.register.keys:
            return self.keys.get(name)
        if name in self.extra:
            return self.extra[name]
        return self.session.formula(self.register, name, self.keys, self.measures)


def round_half_up(value: Decimal, scale: int) -> Decimal:
    """Commercial rounding to `scale` decimals."""
    return value.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP)
