"""Reading what comes in at an edge: raw values of a form or of JSON → values of the fields, every problem at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine.definitions.objects import Action, Object
from engine.digits import whole
from engine.errors import FieldError, Invalid, Unreadable
from engine.kinds.fields.base import Field, Unfit
from engine.runtime.services.changes import LinesValue, LineValues
from engine.runtime.services.pointing import pointing
from engine.runtime.storage.live import Tx
from engine.texts import say

LINE_KEYS = frozenset({"id", "delete"})


def read(tx: Tx, object: str, raw: Mapping[str, Any], *, form: bool = False) -> dict[str, Any]:
    """Values of an object's fields. `form`: text from controls, lines are all there are; else JSON, lines merged by id.

    Raises what `readable` found: `Unreadable` where a key is no field, else `Invalid`."""
    values, errors = readable(tx, object, raw, form=form)
    with pointing(tx.app, tx.app.objects[object]):
        refuse(errors)
    return values


def readable(
    tx: Tx, object: str, raw: Mapping[str, Any], *, form: bool = False
) -> tuple[dict[str, Any], list[FieldError]]:
    """The values that fit, and what is wrong with the rest: keys that are no fields, values that do not fit."""
    errors: list[FieldError] = []
    values = _read_row(tx, tx.app.objects[object], raw, form, "", errors)
    return values, errors


def refuse(errors: Sequence[FieldError]) -> None:
    """Raise what was found, if anything: all of it, and a key that is no field first."""
    unknown = next((one for one in errors if one.code == "unknown"), None)
    if unknown is not None:
        raise Unreadable(unknown.message, errors=errors)
    if errors:
        raise Invalid(errors[0].message, errors=errors)


def read_asked(tx: Tx, object: str, action: Action, raw: Mapping[str, Any], *, form: bool = False) -> dict[str, Any]:
    """Values for what an action asks: its own inputs and fields of the record. An input that a form does not send was
    left blank; one that JSON does not name is left out, for its default."""
    obj = tx.app.objects[object]
    asked = {f.name: f for f in action.ask}
    errors: list[FieldError] = []
    values: dict[str, Any] = dict.fromkeys(asked) if form else {}
    values |= {name: _read(tx, asked[name], value, form, name, errors) for name, value in raw.items() if name in asked}
    values.update(_read_row(tx, obj, {n: v for n, v in raw.items() if n not in asked}, form, "", errors))
    with pointing(tx.app, obj, action.ask):
        refuse(errors)
    return values


def readable_inputs(
    tx: Tx, action: Action, raw: Mapping[str, Any]
) -> tuple[dict[str, Any], list[FieldError]]:
    """Of what a program sent the values of the action's own inputs that fit, and what is wrong with the others."""
    errors: list[FieldError] = []
    values = {f.name: _read(tx, f, raw[f.name], False, f.name, errors) for f in action.ask if f.name in raw}
    wrong = {error.field for error in errors}
    return {name: value for name, value in values.items() if name not in wrong}, errors


def typed_value(tx: Tx, field: Field, typed: Any) -> Any:
    """What a control holds; None where it cannot be read."""
    return _read(tx, field, typed, True, field.name, [])


def _read_row(
    tx: Tx, obj: Object, raw: Mapping[str, Any], form: bool, prefix: str, errors: list[FieldError]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in raw.items():
        field = obj.fields.get(name)
        if field is None:
            text = say(
                zh="“{object}”没有字段 {name}", en="{object} has no field {name}", object=obj.label, name=prefix + name
            )
            errors.append(FieldError(prefix + name, text, "unknown"))
            continue
        before = len(errors)
        found = (
            _read_lines(tx, obj, field, value, form, prefix + name, errors) if field.kind == "lines"
            else _read(tx, field, value, form, prefix + name, errors)
        )
        if len(errors) == before or field.kind == "lines":
            values[name] = found
    return values


def _read(tx: Tx, field: Field, value: Any, form: bool, path: str, errors: list[FieldError]) -> Any:
    try:
        typed = form and isinstance(value, (str, list))
        found = field.seen_from(tx.timezone).parse_input(value) if typed else field.parse(value)
        field.check_exact(found)
        return found
    except Unfit as problem:
        errors.append(FieldError(path, problem.message, "type"))
        return None


def _read_lines(
    tx: Tx, obj: Object, field: Field, value: Any, form: bool, path: str, errors: list[FieldError]
) -> LinesValue:
    if isinstance(value, LinesValue):
        return value
    try:
        rows: Sequence[Any] = field.parse(value) or ()
    except Unfit as problem:
        errors.append(FieldError(path, problem.message, "type"))
        return LinesValue(())
    lines_object = tx.app.objects[f"{obj.name}.{field.name}"]
    items: list[LineValues] = []
    for index, row in enumerate(rows):
        at = f"{path}.{index}."
        given = _read_row(tx, lines_object, {n: v for n, v in row.items() if n not in LINE_KEYS}, form, at, errors)
        items.append(LineValues(given, _line_id(row.get("id"), at, errors), _removed(row.get("delete"), at, errors)))
    return LinesValue(tuple(items), whole=form or all(item.id is None and not item.remove for item in items))


def _removed(value: Any, at: str, errors: list[FieldError]) -> bool:
    """Whether a row is to go; what says neither yes nor no must not keep it in silence."""
    if value not in (None, "") and not isinstance(value, bool):
        text = say(zh="delete 只能是 true 或 false", en="delete is true or false")
        errors.append(FieldError(at + "delete", text, "type"))
    return value is True


def _line_id(value: Any, at: str, errors: list[FieldError]) -> int | None:
    if value in (None, ""):
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, Decimal) and value == value.to_integral_value():    # out of an expression
        return int(value)
    if isinstance(value, str) and (id := whole(value)) is not None:
        return id
    errors.append(FieldError(at + "id", say(zh="行编号不可读", en="The row's id cannot be read"), "type"))
    return None
