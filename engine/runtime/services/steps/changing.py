"""Steps that change records that are there: `set`, `update`, `assign`, `act`, `delete`, `anonymise`."""

from __future__ import annotations

from collections.abc import Mapping

from engine.expressions.compiled import Expression
from engine.expressions.values import Ref, Row, Value
from engine.kinds.actions.act import Act
from engine.kinds.actions.anonymise import Anonymise
from engine.kinds.actions.assign import Assign
from engine.kinds.actions.delete import Delete
from engine.kinds.actions.set import Set
from engine.kinds.actions.update import Update
from engine.kinds.fields.base import Literal
from engine.runtime.services import changes, erasing, leaving, saving
from engine.runtime.services.conditions import computed
from engine.runtime.services.pointing import pointing
from engine.runtime.services.records import Record
from engine.runtime.services.steps.runs import Run, runs
from engine.runtime.services.steps.slots import as_given, evaluate, given, records_in, targets


@runs(Update)
def _update(step: Update, state: Run) -> None:
    for record in targets(step.of, state):
        state.session.hold([record.root])
        state.touched(record, step.values)
        with pointing(state.session.tx.app, record.definition):
            changes.change(state.session, record, given(step.values, record.definition, state.frame()))


@runs(Delete)
def _delete(step: Delete, state: Run) -> None:
    for record in targets(step.of, state):
        state.touched(record, ())
        if record.parent is not None:
            record.parent.remove_line(record.definition.owner_field, record)
        else:
            state.session.hold([record])
            leaving.mark(state.session, record)


@runs(Anonymise)
def _anonymise(step: Anonymise, state: Run) -> None:
    for record in targets(step.of, state):
        state.session.hold([record.root])
        state.touched(record, ())
        saving.flush(state.session)
        erasing.anonymise(state.session, record.root)


@runs(Act)
def _act(step: Act, state: Run) -> None:
    for record in targets(step.of, state):
        kinds = {field.name: field.kind for field in record.definition.fields.values()}
        frame = state.frame()
        asked = {
            name: as_given(kinds.get(name, ""), evaluate(value, frame), frame) for name, value in step.values.items()
        }
        state.act(record, step.action, asked)


@runs(Set)
def _set(step: Set, state: Run) -> None:
    set_values(step.values, state)


def set_values(values: Mapping[str, Literal | Expression], state: Run) -> None:
    """`set`: a field of the record, of every line (`lines.reserve`), or of what those link to
    (`lines.request.bought`)."""
    for path, slot in values.items():
        for record in _holders(state.own, path.split(".")[:-1]):
            name = path.split(".")[-1]
            frame = state.session.frame(record, **state.names) if record.root is state.own else state.frame()
            if record.root is not state.own:
                state.session.hold([record.root])
            state.touched(record, (name,))
            target = record.definition.fields[name]
            changes.change(state.session, record, {name: as_given(target.kind, evaluate(slot, frame), frame)})


def _holders(record: Record, path: list[str]) -> list[Record]:
    found = [record]
    for name in path:
        found = [r for holder in found for r in records_in(record.session, holder.get(name))]
    return found


@runs(Assign)
def _assign(step: Assign, state: Run) -> None:
    frame = state.frame()
    people: list[Ref] = [ref for role in step.among.roles for ref in people_in(state.session.people("role", role))]
    for expression in step.among.people:
        people.extend(people_in(computed(expression, frame)))
    if not people:
        return
    unique = sorted({ref.id for ref in people})
    loads = state.session.loads(state.own.definition, step.field, unique)
    chosen = min(unique, key=lambda id: (loads.get(id, 0), id))  # the least loaded, among equals the lowest id
    state.own.set(step.field, Ref("user", chosen))


def people_in(value: Value) -> list[Ref]:
    items = value if isinstance(value, tuple) else (value,)
    return [Ref("user", item.id) for item in items if isinstance(item, (Ref, Row)) and item.id is not None]
