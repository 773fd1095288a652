"""Runs an import: batches of records through the pipeline, each in a savepoint of its own, errors by row and column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from engine.definitions.objects import Action
from engine.errors import Failure, FieldError, Forbidden, Invalid, Refused
from engine.expressions.values import Ref, Value
from engine.runtime.services import access, commands
from engine.runtime.services.imports.differences import changed_values, new_values
from engine.runtime.services.imports.drafts import Draft, Drafts
from engine.runtime.services.imports.looking import look
from engine.runtime.services.imports.mappings import plan_of
from engine.runtime.services.imports.plans import Origin, Plan, Then
from engine.runtime.services.imports.rows import FileSpec
from engine.runtime.services.imports.values import Links, Read, RowError, blank_keys, holds, read_answers, read_draft
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.live import Tx
from engine.runtime.storage.lookups import ids_by
from engine.texts import Text, say

BATCH = 50
MOST_ERRORS = 20_000
Progress = Callable[[int], None]
Known = dict[tuple[Value, ...], int]


@dataclass(slots=True)
class Report:
    """What an import did, in records; `acted` counts actions. `errors` are the first 20,000, `failed` counts all.

    `notes` say what was recognised, `files` are the files as they were read."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    acted: int = 0
    failed: int = 0
    errors: list[RowError] = field(default_factory=list)
    notes: tuple[Text, ...] = ()
    files: tuple[FileSpec, ...] = ()

    def add(self, other: Report) -> None:
        """Take in what another part did."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.acted += other.acted
        self.failed += other.failed
        self.errors.extend(other.errors[:MOST_ERRORS - len(self.errors)])


@dataclass(slots=True)
class Batch:
    """The result of one batch; `waiting` are drafts that link to records which a later row may bring."""

    report: Report
    links: Links
    waiting: list[Draft] = field(default_factory=list)


class _Undo(Exception):
    """Takes back a trial run."""


def run(
    site: Site, app_name: str, mapping: Mapping[str, Any], base_folder: Path, actor: Actor, *,
    dry_run: bool = False, progress: Progress | None = None,
) -> Report:
    """Import files as the mapping says; they lie in `base_folder`. Running again changes nothing that is right already.

    50 records share a transaction, each in a savepoint: a record that fails leaves no trace and hinders no other. A
    `dry_run` is one transaction, taken back at the end. `progress` is told how many records have been seen.
    Raises `Invalid` for a mapping or a file that is wrong as a whole, `Forbidden` without the right to import."""
    with site.read(app_name, actor) as tx:
        plan = plan_of(mapping, tx.app, lambda spec, names: look(base_folder, spec, names))
        demand_import(tx, plan)
    told = progress or (lambda done: None)
    if dry_run:
        return _try(site, app_name, actor, plan, base_folder, told)
    return import_all(lambda work: site.run(app_name, actor, work), plan, Drafts(plan, base_folder), told)


def demand_import(tx: Tx, plan: Plan) -> None:
    """Raise `Forbidden` unless the actor may import records of the object."""
    if not access.may(tx, plan.object.name, "import"):
        raise Forbidden(say("您没有导入“{object}”的权限", "You may not import {object}", object=plan.object.label))


def _try(site: Site, app_name: str, actor: Actor, plan: Plan, folder: Path, progress: Progress) -> Report:
    report = Report()

    def work(tx: Tx) -> None:
        nonlocal report
        report = import_all(lambda part: part(tx), plan, Drafts(plan, folder), progress)
        raise _Undo

    try:
        site.run(app_name, actor, work)
    except _Undo:
        return report
    raise AssertionError("a trial run is always taken back")


def import_all(
    execute: Callable[[Callable[[Tx], Batch]], Batch], plan: Plan, drafts: Drafts, progress: Progress
) -> Report:
    """All batches; `execute` gives each its transaction. Drafts that wait are tried again until none moves."""
    files = (plan.file, *(part.file for part in plan.lines if part.file is not None))
    report, found, done = Report(notes=plan.notes, files=files), dict[tuple[str, str, str], Ref](), 0
    waiting: list[Draft] = []

    def pass_over(batch: list[Draft], last: bool) -> list[Draft]:
        result = execute(lambda tx: write_batch(tx, plan, batch, Links(found), last=last))
        found.update(result.links.fresh)
        report.add(result.report)
        return result.waiting

    for batch in batches(drafts):
        waiting += pass_over(batch, False)
        done += len(batch)
        progress(done)
    while waiting:
        waiting.reverse()                      # most often the next row is the one that was missing
        still = [draft for batch in batches(waiting) for draft in pass_over(batch, False)]
        if len(still) == len(waiting):
            for batch in batches(still):
                pass_over(batch, True)
            break
        waiting = still
    for row in drafts.left_over():
        assert row.fault is not None
        report.add(Report(failed=1, errors=[RowError(row.file, row.number, "", row.fault)]))
    report.errors.sort(key=lambda error: (error.file != plan.file.file, error.file, error.row))
    return report


def batches(drafts: Iterable[Draft]) -> Iterator[list[Draft]]:
    """Drafts in lists of `BATCH`."""
    remaining = iter(drafts)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def write_batch(tx: Tx, plan: Plan, drafts: list[Draft], links: Links, *, last: bool) -> Batch:
    """One batch in one transaction. `last`: a link to a record that is not there is an error, not a reason to wait."""
    batch = Batch(Report(), links)
    read = [(draft, read_draft(Session(tx), plan, draft, links)) for draft in drafts]
    known = _known(tx, plan, [one for _, one in read])
    for draft, one in read:
        if not last and one.missing & {plan.object.name, *(part.object.name for part in plan.lines)}:
            one = read_draft(Session(tx), plan, draft, links)      # an earlier row of this batch may have brought it
            if one.missing & {plan.object.name, *(part.object.name for part in plan.lines)}:
                batch.waiting.append(draft)
                continue
        batch.report.add(_one(tx, plan, draft, one, links, known))
    return batch


def _known(tx: Tx, plan: Plan, read: Iterable[Read]) -> Known:
    """The records that are there already, by key."""
    if not plan.key:
        return {}
    keys = [tuple(one.values[name] for name in plan.key) for one in read if not blank_keys(plan, one.values)]
    return {key: ids[0] for key, ids in ids_by(tx, plan.object, plan.key, keys).items()}


def _one(tx: Tx, plan: Plan, draft: Draft, read: Read, links: Links, known: Known) -> Report:
    """One record in a savepoint: created, updated or left as it is, then its actions."""
    row = draft.row
    errors = read.errors
    if not errors:
        text = say("关键字段不能为空", "the key may not be blank")
        blank = blank_keys(plan, read.values)
        errors = [RowError(row.file, row.number, plan.fields[name].column or name, text) for name in blank]
    if errors:
        return Report(failed=1, errors=errors)
    key = tuple(read.values[name] for name in plan.key)
    try:
        with tx.connection.begin_nested():
            report, record = _save(tx, plan, read, known.get(key) if key else None)
            report.acted = _act(tx, plan, row, record, links, new=bool(report.created))
    except Failure as failure:
        return Report(failed=1, errors=list(_row_errors(plan, draft, failure)))
    if key and record.id is not None:
        known[key] = record.id
    return report


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
