"""Defaults that are worked out for records which are there: a field that is new, or required from now on, gets its
value from each record as it stands, in the transaction that publishes. Knows no tables of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.definitions.objects import Object
from engine.errors import Invalid
from engine.expressions.values import Value
from engine.kinds.fields.base import Field, Unfit
from engine.runtime.services import changes
from engine.runtime.services.records import Record
from engine.runtime.services.releases.recomputing import titled
from engine.runtime.services.sessions import Session
from engine.runtime.storage import link_rows, queries, rows
from engine.runtime.storage.live import Tx
from engine.runtime.storage.operations import Operation
from engine.runtime.storage.refitting import without
from engine.texts import Text, say

BATCH = 200
SHOWN = 5


@dataclass(slots=True)
class Filling:
    """What became of one field: records that lacked a value, those that got one, and why the others did not."""

    of: Field
    newly: bool                                # whether it is required from now on
    blank: int = 0
    filled: int = 0
    samples: list[str] = field(default_factory=list)
    reasons: list[Text] = field(default_factory=list)

    def note(self, part: Record, value: Value) -> None:
        """One that got a value."""
        self.filled += 1
        if len(self.samples) < SHOWN:
            language = part.session.tx.app.languages[0]
            self.samples.append(f"{titled(part)}: {self.of.format(value, language)}")

    def lacks(self, part: Record, why: Text) -> None:
        """One that stays blank."""
        if len(self.reasons) < SHOWN:
            self.reasons.append(say(zh="{who}：{why}", en="{who}: {why}", who=titled(part), why=why))


NOTHING = say(zh="默认值算出来是空", en="its default comes out blank")


def fill(tx: Tx, wanted: Sequence[Operation], *, most: int | None = None) -> list[Operation]:
    """Fill in the defaults that a plan wants worked out; the same operations with what came of them. With `most` only
    in so many records of an object."""
    found: dict[tuple[str, str], Operation] = {}
    for obj in tx.app.objects.values():
        own = [o for o in wanted if _root(tx, o.thing) is obj]
        if own:
            fillings = {(o.thing, o.name): Filling(tx.app.objects[o.thing].fields[o.name], bool(o.value)) for o in own}
            done = _all_of(tx, obj, fillings, most)
            tried = done if most is not None and done >= most and done < queries.number_of(tx, obj) else 0
            found |= {(o.thing, o.name): _operation(o, fillings[o.thing, o.name], tried) for o in own}
    return [found.get((o.thing, o.name), o) for o in wanted]


def _root(tx: Tx, thing: str) -> Object:
    obj = tx.live.object(thing)
    return tx.live.object(obj.owner) if obj.owner else obj


def _operation(wanted: Operation, filling: Filling, tried: int) -> Operation:
    left = filling.blank - filling.filled
    what = say(
        zh="默认值填入 {n} 条记录", en="the default is filled into {n} records", n=f"{filling.filled:,}"
    )
    if tried:
        what = say(zh="{what}（试算了前 {n} 条）", en="{what} (among the first {n} that were tried)", what=what,
                   n=f"{tried:,}")
    if left:
        what = say(zh="{what}；{rest}", en="{what}; {rest}", what=what, rest=without(left, newly=filling.newly))
    return Operation(
        "compute default", wanted.table, wanted.name, thing=wanted.thing, rows=filling.blank, changed=filling.filled,
        tried=tried, samples=tuple(filling.samples), reasons=tuple(filling.reasons), told=what,
        risk=without(left, newly=True).to("en") if left and filling.newly else "",
    )


def _all_of(tx: Tx, obj: Object, fillings: dict[tuple[str, str], Filling], most: int | None) -> int:
    done, last = 0, 0
    while most is None or done < most:
        ids = queries.ids_after(tx, obj, last, BATCH)
        if not ids:
            break
        session = Session(tx)
        records = [session.adopt(obj, row) for row in rows.fetch(tx, obj, ids, lock=True)]
        for name in obj.lines:
            session.prefetch_lines(records, name)
        for thing in dict.fromkeys(thing for thing, _ in fillings):
            parts = list(_parts(records, thing))
            _fill_in(session, parts, [one for (of, _), one in fillings.items() if of == thing])
        done, last = done + len(ids), ids[-1]
    return done


def _parts(records: Sequence[Record], thing: str) -> Iterator[Record]:
    """The records, or their lines, that are the thing."""
    for record in records:
        if record.object == thing:
            yield record
        else:
            yield from record.lines(thing.partition(".")[2])


def _fill_in(session: Session, parts: Sequence[Record], fillings: Sequence[Filling]) -> None:
    """The values of all fields of one thing: a later one may read an earlier one."""
    table = None
    written: dict[int, dict[str, Any]] = {}
    given = []
    for part in parts:
        before, made = dict(part.values), dict[str, Value]()
        for filling in fillings:
            if part.values.get(filling.of.name) is None:
                value = _worth(session, part, filling)
                if value is not None:
                    part.values[filling.of.name] = made[filling.of.name] = value
                    session.epoch += 1
        if made:
            table = session.tx.live.tables.objects[part.object]
            written[part.id or 0] = rows.encode(session.tx.live, part.definition, made)
            given.append((part.id or 0, before, part.values))
    if table is not None:
        rows.update_many(session.tx, table, written)
        link_rows.write(session.tx, parts[0].definition, given)


def _worth(session: Session, part: Record, filling: Filling) -> Value:
    """The default's value for one record, noted; None with the reason noted where there is none."""
    deleted = part.root.system.get("deleted_at") is not None
    filling.blank += not deleted
    assert filling.of.default is not None
    try:
        value = changes.slot(session, part, filling.of, filling.of.default)
        filling.of.check_value(value)
    except Invalid as invalid:
        value, why = None, invalid.errors[0].message if invalid.errors else invalid.message
    except Unfit as unfit:
        value, why = None, unfit.message
    else:
        why = NOTHING
        value = None if value == "" else value
    if value is None:
        filling.lacks(part, why)
    elif not deleted:
        filling.note(part, value)
    return value

