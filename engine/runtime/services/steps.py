"""Running the steps of an action, all in its transaction. How each kind of step acts is one small function here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.definitions.objects import Object
from engine.errors import Refused
from engine.expressions.compiled import Expression, Source
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Row, Rows, Value
from engine.kinds.actions.act import Act
from engine.kinds.actions.anonymise import Anonymise
from engine.kinds.actions.assign import Assign
from engine.kinds.actions.base import Coming, Step
from engine.kinds.actions.comment import Comment
from engine.kinds.actions.create import Create
from engine.kinds.actions.delete import Delete
from engine.kinds.actions.each import Each
from engine.kinds.actions.ensure import Ensure
from engine.kinds.actions.if_ import If
from engine.kinds.actions.mail import Mail
from engine.kinds.actions.notify import Notify
from engine.kinds.actions.refuse import Refuse
from engine.kinds.actions.run import RunAutomation
from engine.kinds.actions.set import Set
from engine.kinds.actions.signal import Signal
from engine.kinds.actions.start import Start
from engine.kinds.actions.update import Update
from engine.kinds.actions.wait import Wait
from engine.kinds.actions.webhook import Webhook
from engine.kinds.fields.base import Literal
from engine.kinds.fields.lines import Lines, Pull
from engine.runtime.services import changes, discussions, erasing, flow_calls, following, leaving, saving, telling
from engine.runtime.services.conditions import computed, holds
from engine.runtime.services.letters import enter as enter_letter
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.texts import Text

NOT_COPIED = ("autonumber", "lines")


@dataclass(slots=True)
class Run:
    """The steps of one action or automation in progress. `record` acts (None: an automation may have none); `names` are
    what earlier steps called their results; `row` is what `this` is inside of an `each` (a record, a line, a row of a
    register or report).

    `act` takes an action of another record in the same transaction, `tell` sends a notice; both come from above.
    `start` starts a flow at the end of the command.
    `touch` is asked before fields (none named: all) of a record that was there are changed; it may refuse."""

    session: Session
    record: Record | None
    act: Callable[[Record, str, Mapping[str, Any]], None]
    tell: Callable[[Record | None, Notify, Frame], None]
    names: dict[str, object] = field(default_factory=dict)
    created: list[Record] = field(default_factory=list)
    row: Row | None = None
    group: tuple[Record, ...] = ()             # records that share this run, the acting one first
    touch: Callable[[Record, Collection[str]], None] = lambda record, names: None
    start: Callable[[Record, str], None] = lambda record, flow: None

    def frame(self) -> Frame:
        row = self.record if self.row is None else self.row
        return Frame(self.session, names=self.names) if row is None else self.session.frame(row, **self.names)

    @property
    def own(self) -> Record:
        """The record that acts, where the checker has seen to it that there is one."""
        assert self.record is not None, "the checker refuses steps that need a record where there is none"
        return self.record


def run(steps: Iterable[Step], state: Run) -> None:
    """Run the steps in order."""
    for step in steps:
        if due(step, state.frame()):
            RUNNERS[type(step)](step, state)


def due(step: Step, frame: Frame) -> bool:
    """Whether a step is to be taken: its `when` holds and its `unless` does not."""
    return (step.when is None or holds(step.when, frame)) and (step.unless is None or not holds(step.unless, frame))


def evaluate(slot: Literal | Expression, frame: Frame) -> Any:
    """The value of a slot for a given field to read; an error refuses the command."""
    if isinstance(slot, Literal):
        return slot.value
    return changes.as_link(computed(slot, frame))


def given(values: Mapping[str, Literal | Expression], obj: Object, frame: Frame) -> dict[str, Any]:
    """Slots by field → values; lines given as a list of maps become lines."""
    return {name: as_given(obj.fields[name].kind, evaluate(value, frame), frame) for name, value in values.items()}


def as_given(kind: str, value: Any, frame: Frame) -> Any:
    if kind != "lines" or isinstance(value, changes.LinesValue):
        return value
    items = value.items if isinstance(value, Rows) else value or ()
    rows = [row for row in items if isinstance(row, Mapping)]
    return changes.LinesValue(
        tuple(
            changes.LineValues(
                {n: evaluate(v, frame) if isinstance(v, (Literal, Expression)) else v for n, v in row.items()}
            )
            for row in rows
        )
    )


def targets(expression: Expression | None, state: Run) -> list[Record]:
    """The records that `of` gives; without it the acting record."""
    if expression is None:
        return [state.own]
    value = evaluate(expression, state.frame())
    return records_in(state.session, value)


def records_in(session: Session, value: Value) -> list[Record]:
    if isinstance(value, Ref):
        return [found] if (found := session.record(value)) is not None else []
    if isinstance(value, Record):
        return [value]
    items = value.items if isinstance(value, Rows) else value if isinstance(value, tuple) else ()
    return [record for item in items for record in records_in(session, item)]


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
        changes.fill_new(session, record, values)
        if step.pull is not None:
            _pull_into(record, step.pull, state)
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


def _pull_into(record: Record, pull: str | Pull, state: Run) -> None:
    """Fill the new record's lines by its own pull, restricted to rows of the acting record, or by a pull of the
    step."""
    session = state.session
    if isinstance(pull, Pull):
        frame = state.frame()
        take(record, record.definition.taking, pull, _pulled(pull, frame, ()), frame)
        return
    for name in record.definition.lines:
        field_ = record.definition.fields[name]
        rule = field_.pull if isinstance(field_, Lines) else None
        if rule is not None:
            frame = session.frame(record)
            take(record, name, rule, _pulled(rule, frame, state.group or (state.own,)), frame)


def _pulled(rule: Pull, frame: Frame, of: Sequence[Record]) -> list[Row]:
    """The rows that a pull gives; with `of` only those of these records."""
    rows = rows_of(rule.source, frame)
    return [row for row in rows if not of or any(belongs(row, one) for one in of)]


def rows_of(source: Source, frame: Frame) -> list[Row]:
    """The rows of a source slot; an error refuses the command."""
    value = source.rows(frame)
    if isinstance(value, ErrorValue):
        raise Refused(value.reason, code="expression")
    items = value.items if isinstance(value, Rows) else value if isinstance(value, tuple) else ()
    return [item for item in items if isinstance(item, Row)]


def take(record: Record, name: str, rule: Pull, rows: Iterable[Row], frame: Frame) -> None:
    """Add one line per row; rows that would give no quantity are the guards' business, not this one's."""
    items = []
    for row in rows:
        at = frame.at(row, rule.source.alias)
        items.append(changes.LineValues({n: evaluate(v, at) for n, v in rule.values.items()}))
    changes.apply_lines(record.session, record, name, changes.LinesValue(tuple(items), whole=False))


def belongs(row: Row, record: Record) -> bool:
    """Whether a pulled row is the record, one of its lines, or links to it."""
    return isinstance(row, Record) and (row is record or row.root is record)


def _update(step: Update, state: Run) -> None:
    for record in targets(step.of, state):
        state.session.hold([record.root])
        _touch(state, record, step.values)
        changes.change(state.session, record, given(step.values, record.definition, state.frame()))


def _touch(state: Run, record: Record, names: Collection[str]) -> None:
    """Ask whether a record that was there may change; of a line, whether its record's lines may."""
    if not record.root.is_new:
        state.touch(record.root, names if record.parent is None else (record.definition.owner_field,))


def _delete(step: Delete, state: Run) -> None:
    for record in targets(step.of, state):
        _touch(state, record, ())
        if record.parent is not None:
            record.parent.remove_line(record.definition.owner_field, record)
        else:
            state.session.hold([record])
            leaving.mark(state.session, record)


def _anonymise(step: Anonymise, state: Run) -> None:
    for record in targets(step.of, state):
        state.session.hold([record.root])
        _touch(state, record, ())
        saving.flush(state.session)
        erasing.anonymise(state.session, record.root)


def _act(step: Act, state: Run) -> None:
    for record in targets(step.of, state):
        kinds = {field.name: field.kind for field in record.definition.fields.values()}
        frame = state.frame()
        asked = {
            name: as_given(kinds.get(name, ""), evaluate(value, frame), frame) for name, value in step.values.items()
        }
        state.act(record, step.action, asked)


def set_values(values: Mapping[str, Literal | Expression], state: Run) -> None:
    """`set`: a field of the record, of every line (`lines.reserve`), or of what those link to
    (`lines.request.bought`)."""
    for path, slot in values.items():
        for record in _holders(state.own, path.split(".")[:-1]):
            name = path.split(".")[-1]
            frame = state.session.frame(record, **state.names) if record.root is state.own else state.frame()
            if record.root is not state.own:
                state.session.hold([record.root])
            _touch(state, record, (name,))
            target = record.definition.fields[name]
            changes.change(state.session, record, {name: as_given(target.kind, evaluate(slot, frame), frame)})


def _holders(record: Record, path: list[str]) -> list[Record]:
    found = [record]
    for name in path:
        found = [r for holder in found for r in records_in(record.session, holder.get(name))]
    return found


def _set(step: Set, state: Run) -> None:
    set_values(step.values, state)


def _each(step: Each, state: Run) -> None:
    for row in rows_of(step.source, state.frame()):
        names = {**state.names, **({step.alias: row} if step.alias else {})}
        record = row if isinstance(row, Record) else state.record
        run(step.do, replace(state, record=record, row=row, names=names, group=()))


def _if(step: If, state: Run) -> None:
    run(step.then if holds(step.test, state.frame()) else step.otherwise, state)


def _notify(step: Notify, state: Run) -> None:
    state.tell(state.record, step, state.frame())


def _comment(step: Comment, state: Run) -> None:
    """Written at the end of the command, when numbers are known."""
    session, frame = state.session, state.frame()
    record = (state.row if isinstance(state.row, Record) else state.own).root

    def write() -> None:
        forms = {name: step.say.render(frame, name)[: discussions.LONGEST] for name in session.tx.app.languages}
        if any(form.strip() for form in forms.values()) and not record.deleted:
            discussions.write(session, record, Text(forms))

    session.at_end.append(write)


def _webhook(step: Webhook, state: Run) -> None:
    telling.enter(state.session, state.record, step, state.frame())


def _start(step: Start, state: Run) -> None:
    for record in targets(step.of, state):
        state.start(record, step.flow)


def _run_automation(step: RunAutomation, state: Run) -> None:
    """Entered at the end of the command, when the record has its number."""
    tx, record = state.session.tx, state.record
    state.session.at_end.append(lambda: following.ask(tx, step.automation, record))


def _signal(step: Signal, state: Run) -> None:
    for record in targets(step.of, state):
        flow_calls.send(record.root, step.name, keep=step.early == "keep")


def _mail(step: Mail, state: Run) -> None:
    enter_letter(state.session, state.record, state.row or state.record, step.letter, state.frame())


def _refuse(step: Refuse, state: Run) -> None:
    raise Refused(state.session.rendered(step.say, state.frame()), code="refused")


def _nothing(step: Coming | Wait, state: Run) -> None:
    """A step that is not active yet; or a wait, which is the business of `pausing`."""


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


def _assign(step: Assign, state: Run) -> None:
    frame = state.frame()
    people: list[Ref] = [ref for role in step.among.roles for ref in records_refs(state.session.people("role", role))]
    for expression in step.among.people:
        people.extend(records_refs(computed(expression, frame)))
    if not people:
        return
    unique = sorted({ref.id for ref in people})
    loads = state.session.loads(state.own.definition, step.field, unique)
    chosen = min(unique, key=lambda id: (loads.get(id, 0), id))  # the least loaded, among equals the lowest id
    state.own.set(step.field, Ref("user", chosen))


def records_refs(value: Value) -> list[Ref]:
    items = value if isinstance(value, tuple) else (value,)
    return [Ref("user", item.id) for item in items if isinstance(item, (Ref, Row)) and item.id is not None]


RUNNERS: Mapping[type[Step], Callable[[Any, Run], None]] = {
    Create: _create,
    Update: _update,
    Delete: _delete,
    Anonymise: _anonymise,
    Act: _act,
    Set: _set,
    Each: _each,
    If: _if,
    Notify: _notify, Comment: _comment, Refuse: _refuse,
    Ensure: _ensure, Assign: _assign, Webhook: _webhook,
    Start: _start, RunAutomation: _run_automation, Wait: _nothing, Signal: _signal, Mail: _mail,
    Coming: _nothing,
}
