"""The balances that one transaction has in hand: kept rows read or held, sums over many rows, what a record booked
itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.definitions.registers import Register
from engine.expressions.values import ErrorValue, Ref, Row, Value
from engine.kinds.fields.base import Balance
from engine.runtime.services.records import Record
from engine.runtime.storage import balances
from engine.runtime.storage.balances import BalanceRow, Place
from engine.runtime.storage.register_keys import Keys

if TYPE_CHECKING:
    from engine.runtime.services.sessions import Session

ZERO = Decimal(0)
MOST = 500                                     # balances that are read because rows came together
NOTHING: Mapping[str, Value] = MappingProxyType({})


class Holdings:
    """The kept rows that a session has read or holds. Rows that it changes are written by `store`."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.tx = session.tx
        self._kept: dict[str, dict[Place, BalanceRow]] = {}

    def value(self, record: Record, balance: Balance) -> Value:
        """The value of a balance field: of the kept row if one fits, else the sum over all rows with these keys."""
        register = self.tx.app.registers[balance.register]
        given = self._given(record, balance)
        if not isinstance(given, dict):
            return given
        if balance.booked_by_this:
            measures = self._own(record, register, given)
        else:
            measures = dict(self._measures(register, given, record, balance))
            if balance.without_this:
                own = self._own(record, register, given)
                measures = {m: measures[m] - own[m] for m in measures}
        if balance.measure in measures:
            return measures[balance.measure]
        return self.formula(register, balance.measure, given, measures)

    def _given(self, record: Record, balance: Balance) -> dict[str, Value] | ErrorValue | Decimal:
        """The keys at which a balance field looks; what its value is where there are none."""
        frame = self.session.frame(record)
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
        return given

    def formula(
        self, register: Register, name: str, keys: Mapping[str, Value], measures: Mapping[str, Decimal]
    ) -> Value:
        """A formula of a register over these keys and measures."""
        return register.formulas[name].value(self.session.frame(RegisterRow(self.session, register, keys, measures)))

    def _measures(
        self, register: Register, given: Mapping[str, Value], record: Record, balance: Balance
    ) -> Mapping[str, Decimal]:
        level = self._level(register, given)
        if level is None:
            return balances.total(self.tx, register, given)
        place = _place(register, level, given)
        kept = self._kept.setdefault(register.name, {})
        if place not in kept:
            beside = (self._given(one, balance) for one in _beside(record))
            places = {place, *(_place(register, level, one) for one in beside if isinstance(one, dict))}
            kept.update(balances.read(self.tx, register, [one for one in places if one not in kept]))
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
            balances.booked(self.tx, self.tx.app.registers[name], [(document.object, document.id)])
            for name in registers
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
                given = {n: key_value(e.value(self.session.frame(record))) for n, e in field.balance.keys.items()}
                level = self._level(register, given)
                if level is not None:
                    yield register.name, Place(level, tuple(given.get(name) for name in register.keys))

    def lock(self, register: Register, places: Iterable[Place]) -> None:
        """Hold rows that are not held yet."""
        kept = self._kept.setdefault(register.name, {})
        wanted = [p for p in places if p not in kept or kept[p].id is None or not kept[p].held]
        for row in balances.lock(self.tx, register, wanted):
            row.held = True
            kept[Place(row.level, row.keys)] = row
        self.session.epoch += 1

    def look(self, register: Register, places: Iterable[Place]) -> None:
        """Read rows that are not in hand yet, without holding them."""
        kept = self._kept.setdefault(register.name, {})
        kept.update(balances.read(self.tx, register, [place for place in places if place not in kept]))

    def held(self, register: Register, place: Place) -> BalanceRow:
        return self._kept[register.name][place]

    def touched(self, register: Register) -> list[BalanceRow]:
        """Held rows that this command has changed."""
        return [row for row in self._kept.get(register.name, {}).values() if row.touched or row.moved_from]

    def rows_by_keys(self, register: Register) -> dict[Keys, BalanceRow]:
        """Held rows of level 0."""
        return {place.keys: row for place, row in self._kept[register.name].items() if place.level == 0}

    def store(self) -> None:
        """Write all rows that changed since they were last written."""
        changed = [row for kept in self._kept.values() for row in kept.values() if row.held and row.stale]
        balances.store(self.tx, changed)
        for row in changed:
            row.written, row.written_on = dict(row.measures), row.last_on


def _place(register: Register, level: int, given: Mapping[str, Value]) -> Place:
    return Place(level, tuple(given.get(name) for name in register.keys))


def _beside(record: Record) -> Sequence[Record]:
    """The rows whose balances are likely to be asked next: those that were loaded with this one, or its document's."""
    if record.mates or record.parent is None:
        return record.mates[:MOST]
    return record.parent.children.get(record.definition.owner_field, ())[:MOST]


def key_value(value: Value) -> Value:
    """A key's value as rows hold it: a record becomes its link."""
    if isinstance(value, Row) and value.id is not None:
        return Ref(value.object, value.id)
    return None if value == "" else value


class RegisterRow(Row):
    """Keys and measures of a register at some grain, as an expression sees them. Implements `Row`."""

    __slots__ = ("session", "register", "keys", "measures", "extra")

    def __init__(
        self,
        session: Session,
        register: Register,
        keys: Mapping[str, Value],
        measures: Mapping[str, Decimal],
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
        name, _, figure = name.partition("@")
        if figure:
            known = {one: self.extra.get(f"{one}@{figure}") for one in self.register.measures}
            then = {one: value for one, value in known.items() if isinstance(value, Decimal)}
            return self.session.holdings.formula(self.register, name, self.keys, then)
        return self.session.holdings.formula(self.register, name, self.keys, self.measures)
