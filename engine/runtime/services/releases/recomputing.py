"""Stored values that nobody types, brought up to what the definition says: when it has changed, and when a site is
opened by another engine. Tells how many change, and shows some."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from engine.definitions.app import App
from engine.definitions.meanings import SEARCH, STATUS, Member
from engine.definitions.objects import Object
from engine.errors import Failure, Invalid
from engine.expressions.values import ErrorValue, Value
from engine.runtime.services import saving
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage import queries, rows, search_index
from engine.runtime.storage.live import Tx
from engine.runtime.storage.plans import Operation

BATCH = 200
SHOWN = 5
LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """What became of one stored value in the records of an object."""

    rows: int = 0
    changed: int = 0
    samples: list[str] = field(default_factory=list)
    fails: list[str] = field(default_factory=list)

    def note(self, told: str) -> None:
        """One that got another value."""
        self.changed += 1
        if len(self.samples) < SHOWN:
            self.samples.append(told)


Tallies = dict[Member, Tally]


def recompute(tx: Tx, members: Collection[Member], *, most: int | None = None) -> list[Operation]:
    """Compute these stored formulas, derived states and search texts again, one operation for each that there is a row
    of; with `most` only in so many records of an object. Records that cannot be computed stand in `fails`."""
    found: list[Operation] = []
    for obj in tx.app.objects.values():
        own = [member for member in members if tx.app.objects.get(member[0]) is not None and _root(tx, member) == obj]
        if own and obj.name != "user" and not obj.owner:
            tallies: Tallies = {member: Tally() for member in own}
            done = _all_of(tx, obj, tallies, most)
            everything = done if most is None or done < most else queries.number_of(tx, obj)
            found.extend(
                _operation(tx, member, tally, done if done < everything else 0)
                for member, tally in tallies.items()
                if tally.rows and (member[1] != SEARCH or tally.changed)
            )
    return found


def _root(tx: Tx, member: Member) -> Object:
    obj = tx.live.object(member[0])
    return tx.live.object(obj.owner) if obj.owner else obj


def _operation(tx: Tx, member: Member, tally: Tally, tried: int) -> Operation:
    thing, name = member
    table = tx.live.tables.objects[thing].name
    column = "search_text" if name == SEARCH else name
    return Operation(
        "compute again", table, column, rows=tally.rows, changed=tally.changed, samples=tuple(tally.samples),
        fails=tuple(tally.fails), tried=tried, thing=thing,
    )


def _all_of(tx: Tx, obj: Object, tallies: Tallies, most: int | None) -> int:
    """Bring the records of an object up to date; how many there were."""
    done, last = 0, 0
    while most is None or done < most:
        ids = queries.ids_after(tx, obj, last, BATCH)
        if not ids:
            break
        session = Session(tx)
        fetched = rows.fetch(tx, obj, ids)
        records = session.adopt_all(obj, fetched)
        for name in obj.lines:
            session.prefetch_lines(records, name)
        for record, row in zip(records, fetched, strict=True):
            _bring_up(session, record, row, tallies)
        done, last = done + len(ids), ids[-1]
    return done


def _bring_up(session: Session, record: Record, row: Mapping[object, object], tallies: Tallies) -> None:
    try:
        saving.refresh(session, record)
    except Invalid as invalid:
        _fail(record, invalid, tallies)
        return
    text = saving.found_by(record)
    if text != row["search_text"]:
        saving.reword(session, record, text)
    for part in (record, *record.all_lines()):
        for name in (*part.definition.formula_order, STATUS, SEARCH):
            tally = tallies.get((part.object, name))
            if tally is not None:
                tally.rows += 1
                if name == SEARCH:
                    tally.changed += text != row["search_text"]
                elif _before(part, name) != _now(part, name):
                    tally.note(f"{titled(part)}: {_told(part, name, _before(part, name))} → "
                               f"{_told(part, name, _now(part, name))}")


def _fail(record: Record, invalid: Invalid, tallies: Tallies) -> None:
    """A record that the new definition gives no value that can be kept."""
    names = {error.field for error in invalid.errors}
    at = next((member for member in tallies if member[1] in names), next(iter(tallies)))
    tallies[at].rows += 1
    if len(tallies[at].fails) < SHOWN:
        tallies[at].fails.append(f"{titled(record)}: {invalid.message.to(_language(record))}")


def _before(part: Record, name: str) -> Value:
    value: Value = (part.before or {}).get(name)
    return value


def _now(part: Record, name: str) -> Value:
    return part.status if name == STATUS else part.values.get(name)


def titled(part: Record) -> str:
    """The title of the record, with the number of the line in it."""
    title = part.session.title(part.root) or f"{part.root.object} {part.root.id}"
    return title if part.parent is None else f"{title}, {part.position}"


def _language(part: Record) -> str:
    return part.session.tx.app.languages[0]


def _told(part: Record, name: str, value: Value) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, ErrorValue):
        return value.code
    if name == STATUS:
        state = part.definition.states.get(str(value))
        return str(value) if state is None else state.label.to(_language(part))
    return part.definition.fields[name].format(value, _language(part)) or str(value)


def catch_up(tx: Tx) -> None:
    """Formulas that keep their errors are computed anew, and the texts by which records are found: an older engine had
    none or others.

    A record that cannot be brought up to date is told in the log and by `verify`; the others are."""
    stored = [
        (obj.name, field.name) for obj in tx.app.objects.values() for field in obj.fields.values() if field.may_fail
    ]
    texts = [(obj.name, SEARCH) for obj in found_by_words(tx.app)]
    try:
        tell(tx, recompute(tx, [*stored, *texts]))
    except Failure as failure:
        LOG.warning("%s is not up to date: %s", tx.app.name, failure.message)
    index_all(tx)


def found_by_words(app: App) -> list[Object]:
    """The objects whose records are found by their words."""
    return [obj for obj in app.objects.values() if not obj.owner and obj.name != "user"]


def index_all(tx: Tx) -> int:
    """Make the index of all records anew out of their texts; how many there are."""
    tables, numbers = tx.live.tables.objects, tx.live.numbers
    objects = found_by_words(tx.app)
    return sum(search_index.rebuild(tx.connection, numbers[obj.name], tables[obj.name]) for obj in objects)


def tell(tx: Tx, operations: Iterable[Operation]) -> None:
    """Write what could not be computed into the log."""
    for operation in operations:
        for reason in operation.fails:
            LOG.warning("%s of %s is not up to date: %s", operation.thing, tx.app.name, reason)
