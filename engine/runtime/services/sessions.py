"""A session: the records and balances that one transaction has in hand, and the world that its expressions see."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from engine.definitions.objects import Object
from engine.definitions.registers import Register
from engine.errors import FieldError, Invalid
from engine.expressions.scope import Frame
from engine.expressions.values import Duration, ErrorValue, Ref, Row, Rows, Value
from engine.expressions.working import WorkingTime
from engine.kinds.fields.attached import Attachment
from engine.kinds.fields.base import Balance, Field, Unfit
from engine.kinds.fields.duration import LARGEST, inexact
from engine.runtime.services import calendars
from engine.runtime.services.identity import organisation
from engine.runtime.services.loading import Loader
from engine.runtime.services.records import Record
from engine.runtime.services.registers.analysis import things_in
from engine.runtime.services.registers.holdings import Holdings, RegisterRow
from engine.runtime.storage import people_rows, queries, rows, sources
from engine.runtime.storage.balances import Movement
from engine.runtime.storage.live import Tx
from engine.runtime.storage.register_keys import Keys
from engine.texts import Text, say

if TYPE_CHECKING:
    from engine.expressions.nodes import Node, Source
    from engine.expressions.templates import Template
    from engine.kinds.actions.base import Step


AS_THEY_ARE = (str, bool, dt.date, dt.datetime)        # kinds of values that no field stores in another way
SEPARATORS = " ·-–—:：/,，"                  # between parts of a title; left over where the number is missing
EMPTY_BRACKETS = re.compile(r"\(\s*\)|（\s*）")
MOST_PLACES = 18                               # stored numbers have at most this many digits, decimals included


class Retry(Exception):
    """A lock was asked for out of order and was taken: run the command again, holding `known` from the start."""

    def __init__(self, known: frozenset[tuple[str, int]]) -> None:
        super().__init__("run again")
        self.known = known


class Session:
    """The unit of work of one transaction. Implements `World`; reads as the engine (row rules are the services'
    business).

    `moved` holds the movements written so far by register; `raised_names` the checks that asked for approval; `at_end`
    runs just before the commit, when numbers are known (notices, mails)."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.language = tx.actor.language
        self.epoch = 0
        self.loader = Loader(self)
        self.records = self.loader.records
        self.new: list[Record] = []
        self.unsaved: set[Record] = set()      # documents with changes that are not in the database yet
        self.held: set[tuple[str, int]] = set()
        self.turns: set[str] = set()           # objects whose rows this command alone counts now, see `turns`
        self.left: set[Record] = set()         # what has left and was looked at, see `leaving`
        self.stayed: set[tuple[str, int]] = set()      # what cannot leave before the commit, see `leaving`
        self.touched: dict[tuple[str, int], Record] = {}  # written because the command changed them
        self.refreshed: dict[tuple[str, int], Record] = {}  # written because something that they derive from moved
        self.moved: dict[str, list[Movement]] = {}
        self.closed: dict[str, dt.date | None] = {}    # period → its last closed day, as held by this transaction
        self.revalue: dict[tuple[str, str], dict[Keys, dt.date]] = {}  # register, measure → groups to be valued anew
        self.carries = False                   # whether closed days are carried, also where a register refuses them
        self.settled: set[Record] = set()  # posted as they stand; a later change takes them out again
        self.numbered: set[tuple[Record, str]] = set()      # fields whose numbers this command has taken
        self.raised_names: set[str] = set()
        self.overridden: dict[str, str] = {}  # checks and guards passed by an override, with the reason
        self.at_end: list[Callable[[], None]] = []
        self.flusher: Callable[[], None] | None = None
        self.perform: Callable[[Record, Step], None] | None = None  # takes a step of a flow, in the running command
        self.flow_news: dict[Record, set[tuple[str, str]]] = {}     # flow, and what happened to it: started, approved …
        self.comment_news: dict[Record, int] = {}                   # the comment that a person wrote about it
        self.deciding: set[tuple[str, int | None]] = set()          # records whose flow is deciding at this moment
        self.came_back: dict[tuple[str, int], bool] = {}       # records → whether the actor is to revise them
        self.holdings = Holdings(self)
        self.hours: WorkingTime | None = None
        self.stands: dict[int, dict[str, int | None]] = {}     # person → roles, each with the record for which it is
        self.bulk = False                      # new records of one kind are written together (see `batching`)

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

    def stood_for(self, user: int, member: str) -> tuple[bool, Ref | None]:
        """The record for which a person stands, as `me.supplier` names it, and whether there is such a name."""
        if user not in self.stands:
            self.stands[user] = people_rows.standing(self.tx.connection, user, self.tx.app.name)[1]
        return organisation.stood_for(self.tx.app, self.stands[user], member)

    @property
    def working(self) -> WorkingTime:
        """The working time of the app's calendar; its days off are looked up once."""
        if self.hours is None:
            self.hours = calendars.working_time(self)
        return self.hours

    def frame(self, row: Row, **names: object) -> Frame:
        """The frame in which an expression of this row is evaluated."""
        old = row.old() if isinstance(row, Record) else None
        return Frame(self, this=row, old=old, names=names)

    def record(self, ref: Ref) -> Record | None:
        """The record or line behind a link; each row is loaded once."""
        return self.loader.record(ref)

    def find(self, object: str, key: str) -> Ref | None:
        """By the object's declared key."""
        self._flush(object)
        id = queries.find(self.tx, self.tx.live.object(object), key)
        return None if id is None else Ref(object, id)

    def find_all(self, object: str, keys: Iterable[str]) -> Mapping[str, Ref | None]:
        """The same for many keys with one statement; the records are in hand then. Keys that cannot be looked up
        together are left out."""
        self._flush(object)
        obj = self.tx.live.object(object)
        found = queries.find_all(self.tx, obj, set(keys))
        return {key: None if row is None else self.adopt(obj, row).ref for key, row in found.items()}

    def rows(self, source: Source, frame: Frame) -> Sequence[Row]:
        """The rows of a source over stored data."""
        self._flush_for(source)
        return sources.rows(self.tx, source, frame, self)

    def total(self, function: str, source: Source, value: Node | None, frame: Frame) -> tuple[bool, Value]:
        """An aggregate computed by the database where it can be."""
        self._flush_for(source)
        return sources.total(self.tx, function, source, value, frame, self)

    def decide(self, name: str, arguments: Sequence[Value]) -> Value | Mapping[str, Value]:
        """The result of a declared decision."""
        decision = self.tx.app.decisions[name]
        return decision.decide(Frame(self, names=dict(zip(decision.inputs, arguments, strict=False))))

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
        self.loader.prefetch(refs)

    def adopt(self, obj: Object, row: Mapping[str, object]) -> Record:
        """The record of a fetched row; the one already in hand wins."""
        return self.loader.adopt(obj, row)

    def adopt_all(self, obj: Object, fetched: Iterable[Mapping[Any, Any]]) -> list[Record]:
        """The records of rows that were fetched together: what is asked of one is loaded for all."""
        return self.loader.adopt_all(obj, fetched)

    def prefetch_lines(self, records: Sequence[Record], name: str) -> None:
        """Load the lines of many records of one object with one statement."""
        self.loader.prefetch_lines(records, name)

    def hold(self, records: Iterable[Record]) -> None:
        """Lock records for writing, in the order of all locks; out of order without waiting (`Retry` if taken).

        What another transaction changed in between is read anew, so that decisions are never stale."""
        if not self.tx.write:                  # a preview: nothing will be written, nothing is held
            return
        live = self.tx.live
        wanted = sorted(
            {
                (live.numbers.get(r.object, 0), r.id, r.object)
                for r in records
                if r.id is not None and (r.object, r.id) not in self.held
            }
        )
        top = max(((live.numbers.get(name, 0), id) for name, id in self.held), default=(0, 0))
        for number, id, name in wanted:
            assert id is not None
            if not self.tx.postgres:           # the only writer: nobody has changed what it read
                self.held.add((name, id))
                continue
            try:
                fetched = rows.fetch(self.tx, live.object(name), [id], lock=True, wait=(number, id) > top)
            except rows.Taken as error:
                raise Retry(frozenset(self.held | {(n, i) for _, i, n in wanted if i is not None})) from error
            self.held.add((name, id))
            if fetched:
                self._refresh(self.records[name, id], fetched[0])

    def reread(self, names: Iterable[str]) -> None:
        """Read the records of these objects anew that are in hand, not held and not changed here."""
        for name in names:
            ids = [id for thing, id in self.records if thing == name and (name, id) not in self.held]
            for row in rows.fetch(self.tx, self.tx.live.object(name), ids) if ids else ():
                self._refresh(self.records[name, int(row["id"])], row)
        self.epoch += 1

    def _refresh(self, record: Record, row: Mapping[str, object]) -> None:
        if record.dirty or not self.tx.postgres or int(row.get("version") or 0) == record.version:  # type: ignore[call-overload]
            return
        record.load(row)
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

    def back_rows(self, record: Record, name: str) -> Rows | ErrorValue:
        """The records that link to this one by a declared back-link: to one that is not written yet, none; an error
        where there are too many to take into memory."""
        if record.id is None:
            return Rows(())
        target, link = record.definition.backs[name]
        self._flush(self.tx.live.object(target).owner or target)
        obj = self.tx.live.object(target)
        found = queries.linking(self.tx, obj, link, record.ref)
        if len(found) > queries.MOST_ROWS:
            return sources.TOO_MANY
        return Rows(tuple(self.adopt_all(obj, found)))

    def title(self, record: Record) -> str:
        """The record's title: its declared template, else its key, else its first text, else its number. A document
        without a number says what it is: `Sales order · Northwind`, else `Sales order · Draft`."""
        obj = record.definition
        if obj.numbered_by and all(record.get(name) is None for name in obj.numbered_by):
            return self._unnumbered(record)
        if obj.title is not None:
            return obj.title.render(self.frame(record), self.language).strip() or f"#{record.id}"
        if record.parent is not None and not obj.key:
            return f"{self._short(record.parent)} · {record.position}"
        shown = " ".join(obj.fields[n].format(record.get(n), self.language) for n in obj.named_by).strip()
        return shown or f"#{record.id}"

    def _short(self, record: Record) -> str:
        """The title of a record, or its key alone where that is a word of it: enough to tell its rows from others."""
        title, obj = self.title(record), record.definition
        if len(obj.key) != 1:
            return title
        key = obj.fields[obj.key[0]].format(record.get(obj.key[0]), self.language)
        return key if key and key in title.split() else title

    def _unnumbered(self, record: Record) -> str:
        """The title of a document before it has a number: the rest of its title says which one, else its state does."""
        obj, language = record.definition, self.language
        rest = obj.title.render(self.frame(record), language) if obj.title is not None else ""
        rest = EMPTY_BRACKETS.sub("", rest).strip(SEPARATORS)
        state = obj.states.get(record.state)
        return f"{obj.label.to(language)} · {rest or (state.label.to(language) if state else f'#{record.id}')}"

    def rendered(self, template: Template, frame: Frame) -> Text:
        """A template in every language of the app."""
        return Text({language: template.render(frame, language) for language in self.tx.app.languages})

    def prefetch_links(self, *records: Record) -> None:
        """Load what these records and their lines link to, with one statement per object."""
        parts = [
            part
            for record in records
            for part in (record, *(line for lines in record.children.values() for line in lines))
        ]
        self.prefetch(value for part in parts for value in part.values.values() if isinstance(value, Ref))

    def fit(self, field: Field, value: Value) -> Value:
        """A computed value as the field stores it: rounded half up to its scale, an error kept."""
        if isinstance(field, Attachment):
            return self._file(field, value)
        if value is None or type(value) in AS_THEY_ARE:
            return value
        if type(value) is Decimal:
            return self._scaled(field, value)
        if isinstance(value, Row) and not isinstance(value, (Rows, str)) and value.id is not None:
            return Ref(value.object, value.id)
        if field.type.name == "list" and field.type.of is not None and field.type.of.name == "record":
            return refs_of(value)
        if isinstance(value, Duration):
            return self._length(field, value)
        return self._scaled(field, value) if isinstance(value, Decimal) else value

    def _scaled(self, field: Field, value: Decimal) -> Value:
        """A number as the field keeps it; a list of links takes none."""
        kind = field.type
        if kind.name == "list" and kind.of is not None and kind.of.name == "record":
            return refs_of(value)
        if kind.scale is None:
            return value
        if value.adjusted() >= MOST_PLACES - kind.scale and value:
            return self._too_large(field)
        return round_half_up(value, kind.scale)

    def _file(self, field: Attachment, value: Value) -> Value:
        """A file of another field; a text that was computed is none."""
        try:
            kept: Value = field.fit(value)
        except Unfit as unfit:
            raise Invalid(unfit.message, errors=[FieldError(field.name, unfit.message, "file")]) from None
        return kept

    def _too_large(self, field: Field) -> Value:
        """A figure that no column holds: refused where it would be written, an error where it is only shown."""
        text = say(zh="“{field}”的结果过大，无法保存", en="{field} comes out too large to be kept", field=field.label)
        if self.tx.write:
            raise Invalid(text, errors=[FieldError(field.name, text, "too_large")])
        return ErrorValue("#NUM!", text)

    def _length(self, field: Field, value: Duration) -> Value:
        """Months and working time have no fixed length: refused where they would be written, else an error. So is a
        time that no column holds."""
        if value.exact:
            return self._too_large(field) if abs(value.seconds) >= LARGEST else value
        if self.tx.write:
            raise Invalid(inexact(), errors=[FieldError(field.name, inexact(), "inexact")])
        return ErrorValue("#VALUE!", inexact())

    def _flush(self, *things: str) -> None:
        """Write unsaved documents of these objects before the database is asked about them."""
        if self.flusher is not None and any(root.object in things for root in self.unsaved):
            self.flusher()

    def _flush_for(self, source: Source) -> None:
        if self.flusher is not None and self.unsaved:
            self._flush(*things_in(self.tx.live, source))

    def balance(self, record: Record, balance: Balance) -> Value:
        """The value of a balance field."""
        return self.holdings.value(record, balance)

    def register_row(
        self, register: Register, keys: Mapping[str, Value], measures: Mapping[str, Decimal], extra: Mapping[str, Value]
    ) -> RegisterRow:
        """A row of a register (or a movement, with its day and document) as expressions see it."""
        return RegisterRow(self, register, keys, measures, extra)

    def matching(self, obj: Object, values: Mapping[str, Value]) -> Record | None:
        """The first record that has these stored values."""
        self._flush(obj.name)
        id = queries.matching_id(self.tx, obj, rows.encode(self.tx.live, obj, values))
        return None if id is None else self.record(Ref(obj.name, id))

    def loads(self, obj: Object, field: str, people: Iterable[int]) -> Mapping[int, int]:
        """How many records of the object each person has in a field."""
        self._flush(obj.name)
        return queries.counts_by(self.tx, obj, field, people)


def refs_of(value: Value) -> Value:
    """What an expression gave for several links: each record once, in its order; blank where there is none."""
    if isinstance(value, ErrorValue):
        return value
    items = value.items if isinstance(value, Rows) else value if isinstance(value, tuple) else (value,)
    found = (Ref(one.object, one.id) if isinstance(one, Row) and one.id is not None else one for one in items)
    return tuple(dict.fromkeys(one for one in found if isinstance(one, Ref))) or None


def round_half_up(value: Decimal, scale: int) -> Decimal:
    """Commercial rounding to `scale` decimals."""
    rounded = value.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP)
    return rounded if rounded else rounded.copy_abs()
