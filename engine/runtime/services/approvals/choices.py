"""People whom somebody chooses to decide a later step: who may be chosen, whether that must be now, what was chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.definitions import blocks
from engine.definitions.flows import Approve, Choose, Flow
from engine.errors import FieldError, Invalid
from engine.runtime.services.approvals.deciding import returning
from engine.runtime.services.approvals.resolving import active, resolve
from engine.runtime.services.conditions import holds
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage import people_rows, task_rows
from engine.runtime.storage.flow_states import Instance
from engine.texts import Text, say


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody is to be chosen for a step: the `people` who may be (numbers and names), how many, whom it is so far;
    `needed`: the way leads to the step as things are, so that it must be now."""

    step: str
    name: str                                  # of the input: `choose_…`
    label: Text
    people: tuple[tuple[int, str], ...]
    least: int
    most: int | None
    chosen: tuple[int, ...]
    needed: bool


def wanted(session: Session, record: Record, flow: Flow, at: str, chosen: Mapping[str, Sequence[int]]) -> list[Wanted]:
    """For which steps people are chosen at a step (`start`: when it is submitted)."""
    found = []
    for path, step, choose in _choosing(flow, at):
        users = _among(session, record, choose)
        names = task_rows.names(session.tx, users)
        before = tuple(user for user in chosen.get(step.name, ()) if user in users and active(session, user))
        way = returning.leads(flow, lambda one: holds(one, session.frame(record)), _place(flow, at), path)
        found.append(Wanted(
            step.name, choose.input(step.name), step.label, tuple((user, names[user]) for user in users), choose.least,
            choose.most, before, way and choose.least > 0,
        ))
    return found


def taken(
    session: Session, record: Record, flow: Flow, run: Instance, at: str, given: Mapping[str, Sequence[int]]
) -> Instance:
    """The instance with what was chosen at a step; `given`: people by step. Raises `Invalid` for too few, too many, and
    people who may not be chosen."""
    found, errors = dict(run.chosen), []
    for one in wanted(session, record, flow, at, run.chosen):
        users = tuple(dict.fromkeys(given.get(one.step, one.chosen)))
        found[one.step] = users
        text = _wrong(one, users)
        if text is not None:
            errors.append(FieldError(one.name, text, "choose"))
    if errors:
        raise Invalid(errors[0].message, code="choose", errors=errors)
    return replace(run, chosen={step: users for step, users in found.items() if users})


def _wrong(one: Wanted, users: Sequence[int]) -> Text | None:
    names = dict(one.people)
    most = one.most if one.most is not None else len(names)
    if set(users) - set(names):
        return say(zh="“{step}”不能选择该人员", en="Somebody who was chosen for {step} may not be", step=one.label)
    if len(users) > most or (users or one.needed) and len(users) < one.least:
        return say(zh="请为“{step}”选择 {a} 到 {b} 人", en="Choose {a} to {b} people for {step}", step=one.label,
                   a=one.least, b=most)
    return None


def _among(session: Session, record: Record, choose: Choose) -> tuple[int, ...]:
    """Who may be chosen."""
    if choose.among is not None:
        return resolve(session, choose.among, session.frame(record)).users
    return tuple(int(row["id"]) for row in people_rows.users(session.tx.connection) if row["active"])


def _choosing(flow: Flow, at: str) -> Iterator[tuple[str, Approve, Choose]]:
    for path, step in blocks.walk(flow):
        if isinstance(step, Approve) and step.choose is not None and step.choose.at == at:
            yield path, step, step.choose


def _place(flow: Flow, at: str) -> str:
    """The path of a step by its name; "": the beginning."""
    return next((path for path, step in blocks.walk(flow) if step.name == at), "")
