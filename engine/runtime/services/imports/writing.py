"""Writes one batch of an import in one transaction: new records together where their rules permit, else one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.definitions.objects import Action
from engine.errors import Failure, FieldError, Invalid, Refused
from engine.expressions.values import Ref, Value
from engine.runtime.services import batching, commands
from engine.runtime.services.imports.differences import changed_values, new_values
from engine.runtime.services.imports.drafts import Draft
from engine.runtime.services.imports.plans import Origin, Plan, Then
from engine.runtime.services.imports.reports import Report
from engine.runtime.services.imports.values import Links, Read, RowError, blank_keys, holds, read_answers, read_draft
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.runtime.storage.lookups import ids_by
from engine.texts import Text, say

Key = tuple[Value, ...]
Known = dict[Key, int]


@dataclass(slots=True)
class Batch:
    """The result of one batch; `waiting` are drafts that link to records which a later row may bring."""

    report: Report
    links: Links
    waiting: list[Draft] = field(default_factory=list)


def write_batch(tx: Tx, plan: Plan, drafts: Sequence[Draft], links: Links, *, last: bool) -> Batch:
    """One batch in one transaction. `last`: a link to a record that is not there is an error, not a reason to wait."""
    tx.asking = True                           # whoever brings a file reads what is told of its rows
    return _Writer(tx, plan, links, last=last).write(drafts)


class _Writer:
    """Writes the drafts of one batch, in their order.

    `pending` are new records that are to be made together; whatever else writes makes them first. `stale` are records
    that this batch has changed since they were loaded."""

    def __init__(self, tx: Tx, plan: Plan, links: Links, *, last: bool) -> None:
        self.tx = tx
        self.plan = plan
        self.batch = Batch(Report(), links)
        self.last = last
        self.together = not plan.then and batching.alone(tx.live, plan.object.name)
        self.own = {plan.object.name, *(part.object.name for part in plan.lines)}
        self.session = Session(tx)
        self.known: Known = {}
        self.stale: set[int] = set()
        self.pending: dict[Key | int, tuple[Draft, Read]] = {}

    def write(self, drafts: Sequence[Draft]) -> Batch:
        links = self.batch.links
        wanted = [draft for draft in drafts if self._wanted(draft)]
        read = [(draft, read_draft(self.session, self.plan, draft, links)) for draft in wanted]
        self.known = _known(self.tx, self.plan, [one for _, one in read])
        refs = [Ref(self.plan.object.name, id) for id in self.known.values()]
        self.session.prefetch(refs)
        found = [record for record in map(self.session.record, refs) if record is not None]
        for part in self.plan.lines if found else ():
            self.session.prefetch_lines(found, part.name)
        for draft, one in read:
            if not self.last and one.missing & self.own:
                self._make()
                one = read_draft(Session(self.tx), self.plan, draft, links)    # an earlier row may have brought it
                if one.missing & self.own:
                    self.batch.waiting.append(draft)
                    continue
            self._one(draft, one)
        self._make()
        return self.batch

    def _wanted(self, draft: Draft) -> bool:
        """Whether the mapping's `where` lets the row in; one that it cannot judge fails."""
        if self.plan.where is None or draft.row.fault is not None:
            return True
        try:
            wanted = holds(self.session, self.plan, self.plan.where, draft.row)
        except Failure as failure:
            self.batch.report.add(Report(failed=1, errors=list(_row_errors(self.plan, draft, failure))))
            return False
        self.batch.report.skipped += not wanted
        return wanted

    def _one(self, draft: Draft, read: Read) -> None:
        errors = read.errors or _blank_key(self.plan, draft, read)
        if errors:
            self.batch.report.add(Report(failed=1, errors=errors))
            return
        key = tuple(read.values[name] for name in self.plan.key)
        id = self.known.get(key) if key else None
        if id is None and self.together and key not in self.pending:
            self.pending[key or len(self.pending)] = (draft, read)
            return
        if id is not None and id not in self.stale and not self.plan.then:
            record = self.session.record(Ref(self.plan.object.name, id))
            if record is not None and not changed_values(self.plan, read, record):
                self.batch.report.unchanged += 1
                return
        self._make()
        self._alone(draft, read)

    def _make(self) -> None:
        """Make the pending records together. Where some are refused, these alone and the others together; where nobody
        knows which, halves of them, down to the one that is wrong."""
        items, self.pending = list(self.pending.values()), {}
        self._together(items)

    def _together(self, items: Sequence[tuple[Draft, Read]]) -> None:
        if len(items) < 2:
            for draft, read in items:
                self._alone(draft, read)
            return
        values = [new_values(self.plan, read) for _, read in items]
        try:
            with self.tx.connection.begin_nested():
                records = commands.create_many(
                    self.tx, self.plan.object.name, values, accept=self.plan.accept, sound=True
                )
        except Failure as failure:
            middle, refused = len(items) // 2, set(failure.places)
            parts = [items[:middle], items[middle:]]
            if refused:
                sound = [item for place, item in enumerate(items) if place not in refused]
                parts = [sound, *([items[place]] for place in sorted(refused))]
            for part in parts:
                self._together(part)
            return
        self.batch.report.created += len(records)
        for (_, read), record in zip(items, records, strict=True):
            self._note(read, record)

    def _note(self, read: Read, record: Record) -> None:
        if self.plan.key and record.id is not None:
            self.known[tuple(read.values[name] for name in self.plan.key)] = record.id
            self.stale.add(record.id)

    def _alone(self, draft: Draft, read: Read) -> None:
        """One record in a savepoint: created, updated or left as it is, then its actions."""
        key = tuple(read.values[name] for name in self.plan.key)
        try:
            with self.tx.connection.begin_nested():
                report, record = _save(self.tx, self.plan, read, self.known.get(key) if key else None)
                links = self.batch.links
                report.acted = _act(self.tx, self.plan, draft.row, record, links, new=bool(report.created))
        except Failure as failure:
            self.batch.report.add(Report(failed=1, errors=list(_row_errors(self.plan, draft, failure))))
            return
        self.batch.report.add(report)
        self._note(read, record)


def _blank_key(plan: Plan, draft: Draft, read: Read) -> list[RowError]:
    text = say("关键字段不能为空", "the key may not be blank")
    row = draft.row
    return [RowError(row.file, row.number, plan.fields[name].column or name, text)
            for name in blank_keys(plan, read.values)]


def _known(tx: Tx, plan: Plan, read: Iterable[Read]) -> Known:
    """The records that are there already, by key."""
    if not plan.key:
        return {}
    keys = [tuple(one.values[name] for name in plan.key) for one in read if not blank_keys(plan, one.values)]
    return {key: ids[0] for key, ids in ids_by(tx, plan.object, plan.key, keys).items()}


def _save(tx: Tx, plan: Plan, read: Read, id: int | None) -> tuple[Report, Record]:
    name = plan.object.name
    if id is None:
        return Report(created=1), commands.create(tx, name, new_values(plan, read), accept=plan.accept)
    record = Session(tx).record(Ref(name, id))
    assert record is not None, "it was found in this transaction"
    changed = changed_values(plan, read, record)
    if not changed:
        return Report(unchanged=1), record
    return Report(updated=1), commands.update(tx, name, id, changed, accept=plan.accept)


def _act(tx: Tx, plan: Plan, row: Any, record: Record, links: Links, *, new: bool) -> int:
    """Take the plan's actions; how many were taken."""
    assert record.id is not None
    taken = 0
    for then in plan.then:
        session = Session(tx)
        if not holds(session, plan, then.when, row):
            continue
        current = session.record(Ref(record.object, record.id))
        assert current is not None
        if not new and not _still_due(plan.object.actions[then.action], current):
            continue
        answers = _answers(session, plan, then, row, links)
        commands.act(tx, record.object, record.id, then.action, given=answers, accept=plan.accept)
        taken += 1
    return taken


def _still_due(action: Action, record: Record) -> bool:
    """Of a record that was there before: only a move that it has not made yet, so that a second run does nothing."""
    here = {record.state, record.status}
    return bool(action.to) and action.to not in here and bool(here & set(action.from_states))


def _answers(session: Session, plan: Plan, then: Then, row: Any, links: Links) -> dict[str, Any]:
    read = read_answers(session, plan, then.values, row, links)
    if read.errors:
        names = {origin.column or name: name for name, origin in then.values.items()}
        raise Invalid(read.errors[0].message, errors=[FieldError(names[e.column], e.message) for e in read.errors])
    return read.values


# ---- from failures of the pipeline to rows and columns


def _row_errors(plan: Plan, draft: Draft, failure: Failure) -> Iterator[RowError]:
    row = draft.row
    if isinstance(failure, Refused) and failure.warnings:
        for name, message in failure.warnings:
            text = say("{message}（用 accept: {name} 接受此提醒）", "{message} (accept: {name} lets it pass)",
                       message=message, name=name)
            yield RowError(row.file, row.number, "", text)
    elif not failure.errors:
        yield RowError(row.file, row.number, "", failure.message)
    for error in failure.errors:
        yield _row_error(plan, draft, error.field, error.message)


def _row_error(plan: Plan, draft: Draft, path: str, message: Text) -> RowError:
    """The place of a field's path (`customer`, `lines.0.qty`) in the files."""
    head, _, tail = path.partition(".")
    index, _, inner = tail.partition(".")
    rows = draft.lines.get(head, ())
    part = next((part for part in plan.lines if part.name == head), None)
    if part is not None and index.isdigit() and int(index) < len(rows):
        return RowError(rows[int(index)].file, rows[int(index)].number, _column(part.fields, inner), message)
    origins: dict[str, Origin] = dict(plan.fields)
    for then in plan.then:
        origins = {**then.values, **origins}
    return RowError(draft.row.file, draft.row.number, _column(origins, head), message)


def _column(origins: Mapping[str, Origin], name: str) -> str:
    return origins[name].column or name if name in origins else name
