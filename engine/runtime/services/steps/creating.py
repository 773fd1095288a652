"""Steps that make records: `create` with its copies and pulls, `ensure`."""

from __future__ import annotations

from typing import Any

from engine.definitions.objects import Object
from engine.expressions.values import Value
from engine.kinds.actions.create import Create
from engine.kinds.actions.ensure import Ensure
from engine.runtime.services import changes, saving
from engine.runtime.services.pointing import pointing
from engine.runtime.services.records import Record
from engine.runtime.services.steps import pulling
from engine.runtime.services.steps.runs import Run, runs
from engine.runtime.services.steps.slots import evaluate, given, records_in

NOT_COPIED = ("autonumber", "lines")


@runs(Create)
def _create(step: Create, state: Run) -> None:
    session, frame = state.session, state.frame()
    obj = session.tx.live.object(step.object)
    above = evaluate(step.values["parent"], frame) if obj.owner and "parent" in step.values else None
    values = given({name: one for name, one in step.values.items() if name != "parent" or not obj.owner}, obj, frame)
    if step.copy is not None:
        source = next(iter(records_in(session, evaluate(step.copy, frame))), None)
        if source is not None:
            values = copied(source) | values
    if step.object in session.tx.app.objects and obj.owner:
        record = _create_line(obj, values, above, state)
    else:
        record = saving.start_new(session, obj)
        with pointing(session.tx.app, obj):
            changes.fill_new(session, record, values)
        if step.pull is not None:
            pulling.pull_into(record, step.pull, state)
        saving.flush(session)
    state.created.append(record)
    if step.called:
        state.names[step.called] = record


def _create_line(obj: Object, values: dict[str, Any], above: Value, state: Run) -> Record:
    """A new line of the record that `parent` gives, of the acting one without it."""
    values.pop("parent", None)                 # of a copied line
    parent = next(iter(records_in(state.session, above)), None) or state.own
    if parent is not state.record:
        state.session.hold([parent])
        if not parent.is_new:
            state.touch(parent, (obj.owner_field,))
    line = parent.add_line(obj.owner_field)
    changes.fill_new(state.session, line, values)
    return line


def copied(source: Record) -> dict[str, Any]:
    """All fields that a copy takes over: not numbers, states, balances and formulas; lines with theirs."""
    own = {
        f.name: source.values.get(f.name)
        for f in source.definition.fields.values()
        if f.kind not in NOT_COPIED and not f.computed and not f.unique
    }
    lines = {
        name: changes.LinesValue(tuple(changes.LineValues(copied(line)) for line in source.lines(name)))
        for name in source.definition.lines
    }
    return own | lines


@runs(Ensure)
def _ensure(step: Ensure, state: Run) -> None:
    session, frame = state.session, state.frame()
    obj = session.tx.live.object(step.object)
    key = {n: changes.resolve(session, obj.fields[n], evaluate(v, frame), n) for n, v in step.key.items()}
    found = session.matching(obj, key)
    if found is None:
        found = saving.start_new(session, obj)
        changes.fill_new(session, found, {**given(step.values, obj, frame), **key})
        saving.flush(session)
        state.created.append(found)
    if step.called:
        state.names[step.called] = found
