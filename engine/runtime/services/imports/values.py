"""From a draft to the values of a record: cells read by their fields, links looked up. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.definitions.objects import Object
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Key, Ref, Value
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.link import Link
from engine.runtime.services import conditions, linking
from engine.runtime.services.imports.cells import raw_of
from engine.runtime.services.imports.columns import ColumnRow
from engine.runtime.services.imports.drafts import Draft
from engine.runtime.services.imports.plans import Origin, Plan
from engine.runtime.services.imports.rows import Cell, Row
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import AS_THEY_ARE, Session
from engine.runtime.storage.live import Tx
from engine.runtime.storage.lookups import ids_by
from engine.texts import Text, say

WORDS = 4                                      # of a title are tried as the key


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row was not imported. `row` counts from 1 as an editor shows it; `column` blank = the row as a whole."""

    file: str
    row: int
    column: str
    message: Text


@dataclass(slots=True)
class Links:
    """Records found by key during an import, so that each is asked for once. `fresh` stands until the batch commits."""

    found: dict[tuple[str, str, str], Ref]
    fresh: dict[tuple[str, str, str], Ref] = field(default_factory=dict)

    def find(self, tx: Tx, link: Link, text: str, by: str) -> Ref | None:
        """The record of one of the link's objects whose field `by` reads as `text`; if it is blank, the declared key or
        the title. Raises `Unfit` where there are several."""
        for target in link.to:
            place = (target, by, text)
            known = self.found.get(place) or self.fresh.get(place)
            if known is not None:
                return known
            id = self._ask(tx, tx.app.objects[target], text, by)
            if id is not None:
                self.fresh[place] = Ref(target, id)
                return self.fresh[place]
        return None

    def _ask(self, tx: Tx, target: Object, text: str, by: str) -> int | None:
        ids = _ids(tx, target, text, by or key_of(target), by)
        if not ids and not by:
            ids = _titled(tx, target, text)
        seen = [id for id in ids if linking.seen(Session(tx), Ref(target.name, id))]
        if len(seen) > 1:
            raise Unfit(say(
                "有 {count} 个{object}是“{key}”，请用唯一的字段指明（by）",
                "“{key}” are {count} records of {object}: name them by a field that is unique (`by`)",
                count=len(seen), object=target.label, key=text))
        return seen[0] if seen else None


def _ids(tx: Tx, target: Object, text: str, name: str, by: str = "") -> Sequence[int]:
    """The records whose field `name` reads as `text`; none where there is no such field in sight."""
    if name not in target.fields or by and target.owner == "" and by not in access.sure_fields(tx, target):
        return ()
    try:
        value = target.fields[name].parse(text)
    except Unfit:
        return ()
    if value is None or isinstance(value, Key):
        return ()
    return ids_by(tx, target, [name], [(value,)]).get((value,), ())


def _titled(tx: Tx, target: Object, text: str) -> Sequence[int]:
    """The records whose title is `text`, as files for people say it: sought by the key in it, or the one field that it
    is, never by reading all of them."""
    if target.title is None:
        return ()
    session = Session(tx)
    read = {path[-1] for path in target.title.reads}
    if len(read) == 1:
        ids = _ids(tx, target, text, *read)
    else:
        ids = [id for word in text.split()[:WORDS] for id in _ids(tx, target, word, key_of(target))]
    records = (session.record(Ref(target.name, id)) for id in dict.fromkeys(ids))
    return [one.id for one in records if one is not None and one.id is not None and session.title(one) == text]


def key_of(obj: Object) -> str:
    """The one field by which texts name records of the object; blank where there is none."""
    if len(obj.key) == 1:
        return obj.key[0]
    return "login" if obj.name == "user" else ""


@dataclass(slots=True)
class Read:
    """What a draft gave: values by field, lines' values by lines field, and what is wrong.

    `missing` names objects of which a record was looked for in vain: a later row of the file may bring it."""

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)


def read_draft(session: Session, plan: Plan, draft: Draft, links: Links) -> Read:
    """The values of a draft; everything that is wrong with it is found at once."""
    read = Read()
    reader = _Reader(session, plan, links, read)
    if reader.sound(draft.row):
        read.values = reader.row(plan.fields, draft.row)
    for part in plan.lines:
        rows = [row for row in draft.lines.get(part.name, ()) if reader.sound(row)]
        read.lines[part.name] = [reader.row(part.fields, row) for row in rows]
    if read.errors:                            # it goes no further: what else can be known of it is told now
        read.errors += _lacking(plan, draft, read)
    return read


def _lacking(plan: Plan, draft: Draft, read: Read) -> Iterator[RowError]:
    """Cells that are blank where the field must have a value, of the key and in any case."""
    yield from _blanks(plan.object, plan.fields, draft.row, read.values, plan.key)
    for part in plan.lines:
        rows = (row for row in draft.lines.get(part.name, ()) if row.fault is None)
        for row, values in zip(rows, read.lines[part.name], strict=True):
            yield from _blanks(part.object, part.fields, row, values, ())


def _blanks(
    obj: Object, origins: Mapping[str, Origin], row: Row, values: Mapping[str, Any], key: Sequence[str]
) -> Iterator[RowError]:
    for name in values:
        target = obj.fields[name]
        if values[name] is None and (name in key or target.required is True) and not target.copy:
            text = say("“{field}”必填", "{field} is required", field=target.label)
            yield RowError(row.file, row.number, origins[name].column or name, text)


def read_answers(session: Session, plan: Plan, origins: Mapping[str, Origin], row: Row, links: Links) -> Read:
    """The values for what an action asks."""
    read = Read()
    read.values = _Reader(session, plan, links, read).row(origins, row)
    return read


def holds(session: Session, plan: Plan, condition: Any, row: Row) -> bool:
    """Whether a condition over the columns holds for the row. Raises `Refused` where it cannot be computed."""
    return condition is None or conditions.holds(condition, _frame(session, plan, row))


def _frame(session: Session, plan: Plan, row: Row) -> Frame:
    return Frame(session, this=ColumnRow(row.cells, plan.notation.blanks))


class _Reader:
    """Reads the rows of one draft."""

    def __init__(self, session: Session, plan: Plan, links: Links, read: Read) -> None:
        self.session = session
        self.plan = plan
        self.links = links
        self.read = read

    def sound(self, row: Row) -> bool:
        """Whether the row could be read from its file; if not, that is noted."""
        if row.fault is not None:
            self.read.errors.append(RowError(row.file, row.number, "", row.fault))
        return row.fault is None

    def row(self, origins: Mapping[str, Origin], row: Row) -> dict[str, Any]:
        """Values by field. A blank cell leaves a field with a default alone; `=blank` empties it in any case."""
        return dict(self._given(origins, row))

    def _given(self, origins: Mapping[str, Origin], row: Row) -> Iterator[tuple[str, Any]]:
        for name, origin in origins.items():
            try:
                value = self._value(origin, row)
            except Unfit as problem:
                self.read.errors.append(RowError(row.file, row.number, origin.column or name, problem.message))
                continue
            leaves = value is None and origin.expression is None and not clears(origin.target)
            if not leaves:
                yield name, value

    def _value(self, origin: Origin, row: Row) -> Value:
        cell = row.cells.get(origin.column) if origin.expression is None else self._computed(origin.expression, row)
        if origin.map:
            cell = self._mapped(origin, cell)
        raw = raw_of(cell, origin.target, origin.notation or self.plan.notation, origin.reads)
        if raw is None:
            return None
        if origin.by and isinstance(raw, (str, int)):
            return self._linked(origin.target, str(raw), origin.by)
        value = origin.target.seen_from(self.session.tx.timezone).parse(raw)
        if type(value) in AS_THEY_ARE:         # most: no key, no list, nothing to round
            origin.target.check_value(value)
            return value  # type: ignore[no-any-return]
        if isinstance(value, Key):
            return self._linked(origin.target, value.text, "")
        if isinstance(value, tuple) and any(isinstance(one, Key) for one in value):
            found = (self._linked(origin.target, one.text, "") if isinstance(one, Key) else one for one in value)
            return tuple(dict.fromkeys(found))
        origin.target.check_value(value)
        return self.session.fit(origin.target, value)

    def _computed(self, expression: Expression, row: Row) -> Cell:
        value = expression.value(_frame(self.session, self.plan, row))
        if isinstance(value, ErrorValue):
            raise Unfit(value.reason)
        return value  # type: ignore[return-value]

    def _mapped(self, origin: Origin, cell: Cell) -> Cell:
        if cell is None or isinstance(cell, (list, dict)):
            return cell
        text = str(cell).strip()
        if text in origin.map:
            return origin.map[text]  # type: ignore[return-value]
        return cell

    def _linked(self, target: Field, text: str, by: str) -> Ref:
        assert isinstance(target, Link)
        found = self.links.find(self.session.tx, target, text, by)
        if found is None:
            self.read.missing |= set(target.to)
            label = self.session.tx.app.objects[target.to[0]].label
            raise Unfit(say("没有“{key}”这个{object}", "there is no {object} “{key}”", key=text, object=label))
        return found


def clears(target: Field) -> bool:
    """Whether a blank cell empties the field; one with a default, or numbered by the engine, is left alone."""
    return target.default is None and target.kind != "autonumber"


def blank_keys(plan: Plan, values: Mapping[str, Any]) -> Sequence[str]:
    """Key fields that the row leaves blank."""
    return [name for name in plan.key if values.get(name) is None]
