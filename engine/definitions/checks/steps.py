"""Judges the steps that make records: whether what they make has all that is required. Runs none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.definitions.app import App
from engine.definitions.automations import Automation
from engine.definitions.objects import Object
from engine.definitions.parts import parts_of
from engine.errors import Problem
from engine.kinds.actions.assign import Assign
from engine.kinds.actions.create import Create
from engine.kinds.actions.ensure import Ensure
from engine.kinds.actions.set import Set
from engine.kinds.actions.update import Update
from engine.kinds.fields.base import Field, Literal
from engine.kinds.fields.lines import Lines, Pull


def unfilled(app: App) -> Iterator[Problem]:
    """Steps that create records or lines which are refused in any case: a required field has no value.

    What a later step or an automation may still fill counts as filled, and so does all that a copy gives."""
    for part in parts_of(app):
        if isinstance(part, (Create, Ensure)) and part.object in app.objects:
            for thing, missing in _missing(app, part):
                names = ", ".join(f"`{name}`" for name in missing)
                yield Problem(
                    "W-STP-001",
                    f"what it creates is refused in any case: {names} of {thing} is required, and nothing gives it",
                    part.location,
                    f"name it in `{'as' if _is_pulled(part, thing) else 'with'}`, or give the field a default",
                    "warning",
                )


def _missing(app: App, step: Create | Ensure) -> Iterator[tuple[str, list[str]]]:
    """The object and, for each kind of its lines that the step fills, the lines: with the names that are missing."""
    if isinstance(step, Create) and step.copy is not None:
        return
    obj = app.objects[step.object]
    pulls = dict(_pulls(app, step, obj))
    given = {*step.values, *(step.key if isinstance(step, Ensure) else ()), *pulls, *_later(app, step)}
    yield from _lacking(obj, given)
    for name, pull in pulls.items():
        if pull is not None:
            yield from _lacking(app.objects[f"{obj.name}.{name}"], {*pull.values, *_later(app, step)})
    for name, value in step.values.items():
        inner = app.objects.get(f"{obj.name}.{name}")
        rows = value.value if inner is not None and isinstance(value, Literal) else ()
        found = [one for row in rows if isinstance(row, Mapping) for one in _lacking(_sure(inner), row)]
        yield from found[:1]


def _sure(obj: Object | None) -> Object:
    assert obj is not None, "only lines have rows"
    return obj


def _lacking(obj: Object, given: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    known = set(given)
    names = [field.name for field in obj.fields.values() if _is_asked(field) and field.name not in known]
    if names:
        yield obj.name, names


def _is_asked(field: Field) -> bool:
    """Whether a value must be there that nothing but a person or a step gives."""
    return field.required is True and not field.computed and field.default is None and field.kind != "autonumber"


def _pulls(app: App, step: Create | Ensure, obj: Object) -> Iterator[tuple[str, Pull | None]]:
    """The lines that come from elsewhere, and by which pull."""
    wanted = step.pull if isinstance(step, Create) else None
    if isinstance(wanted, Pull):
        yield obj.taking, wanted
        return
    for name in obj.lines if wanted is not None else ():
        field = obj.fields[name]
        yield name, field.pull if isinstance(field, Lines) else None


def _is_pulled(step: Create | Ensure, thing: str) -> bool:
    return isinstance(step, Create) and step.pull is not None and thing != step.object


def _later(app: App, step: Create | Ensure) -> set[str]:
    """The fields of the object that something else may write in the same transaction."""
    found = {
        name
        for automation in app.automations.values()
        if automation.within
        for name in _written(automation, step.object)
    }
    if step.called:
        found |= {name for part in parts_of(app) if isinstance(part, Update) for name in _updated(part, step.object)}
        found |= {name for action in app.objects[step.object].actions.values() for name in action.set}
    return {name.rpartition(".")[2] for name in found}


def _written(automation: Automation, name: str) -> Iterator[str]:
    for part in parts_of(automation):
        if isinstance(part, Set):
            yield from part.values
        elif isinstance(part, Assign):
            yield part.field
        elif isinstance(part, Update):
            yield from _updated(part, name)


def _updated(step: Update, name: str) -> Iterable[str]:
    """The fields that an update of this object (or of whatever acts) writes."""
    kind = None if step.of is None else step.of.type.of or step.of.type
    return step.values if kind is None or name in kind.objects else ()
