"""Where a refusal is about: the fields' labels and the rows' numbers in front of what is wrong with a value, for the
places that show a refusal as one text (a summary, a problem's detail, a log) and not beside its field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.digits import whole
from engine.errors import Failure, FieldError, Invalid
from engine.kinds.fields.base import Field
from engine.texts import Text, say

PLACED = say(zh="{place}：{message}", en="{place}: {message}")
ROW = say(zh="{lines}第 {row} 行", en="{lines} row {row}")
CELL = say(zh="{row}“{field}”", en="{row}, {field}")
FIELD = say(zh="“{field}”", en="{field}")


@contextmanager
def pointing(app: App, obj: Object, inputs: Iterable[Field] = ()) -> Iterator[None]:
    """A refusal of values of this object says where they are; what an inner command has said stays. `inputs` are known
    by their names besides the object's fields."""
    try:
        yield
    except Failure as failure:
        point(failure, app, obj, inputs)
        raise


def point(failure: Failure, app: App, obj: Object, inputs: Iterable[Field] = ()) -> None:
    """The same for a failure at hand."""
    if failure.pointed or not failure.errors:
        return
    own = failure.message
    failure.errors = tuple(at(one, app, obj, inputs) for one in failure.errors)
    spoken = next((one for one in failure.errors if one.message == own), None)
    if spoken is not None:                     # a summary of its own stays
        failure.message = summary(obj, failure.errors) if isinstance(failure, Invalid) else spoken.told
    failure.pointed = True


def summary(obj: Object, errors: Sequence[FieldError]) -> Text:
    """One text for all that is wrong with a record: that of the only error, or how many there are and the first."""
    if len(errors) == 1:
        return errors[0].told
    return say(
        zh="“{object}”有 {n} 处需要修改：{first}",
        en="{object} needs {n} corrections: {first}",
        object=obj.label,
        n=len(errors),
        first=errors[0].told,
    )


def at(error: FieldError, app: App, obj: Object, inputs: Iterable[Field] = ()) -> FieldError:
    """The error with its text for where it does not stand beside its field: `told`."""
    place = _place(error, app, obj, {one.name: one for one in inputs})
    return error if place is None else replace(error, told=PLACED.filled(place=place, message=error.message))


def of_field(error: FieldError, field: Field) -> FieldError:
    """The same for a value that belongs to no record: an input of a webhook, a parameter of a report."""
    if _named(field.label, error.message):
        return error
    return replace(error, told=PLACED.filled(place=FIELD.filled(field=field.label), message=error.message))


def of_row(error: FieldError, rows: Field, place: int) -> FieldError:
    """The same for a value in a row, from 0 the `place`, of such an input."""
    row = ROW.filled(lines=rows.label, row=place + 1)
    return replace(error, told=PLACED.filled(place=row, message=error.told))


def _place(error: FieldError, app: App, obj: Object, inputs: dict[str, Field]) -> Text | None:
    """Row and field, without a field that the message names itself; None where nothing is to be said."""
    head, *rest = error.field.split(".")
    field = inputs.get(head) or obj.fields.get(head)
    if field is None:
        return None
    row = None
    inner = app.objects.get(f"{obj.name}.{head}")
    if inner is not None and rest:
        index = whole(rest[0])
        if index is not None:
            row = ROW.filled(lines=field.label, row=index + 1)
            rest = rest[1:]
            field = inner.fields.get(rest[0]) if rest else None
        else:
            field = inner.fields.get(rest[0])
    if field is None or _named(field.label, error.message):
        return row
    return FIELD.filled(field=field.label) if row is None else CELL.filled(row=row, field=field.label)


def _named(label: Text, message: Text) -> bool:
    """Whether a message speaks of its field already: the label fills a hole of it, alone or among others."""
    forms = set(label.forms.values())
    return any(
        one == label or isinstance(one, str) and name == "names" and any(form in one for form in forms)
        for name, one in message.holes.items()
    )
