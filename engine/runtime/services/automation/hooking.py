"""What another system tells by a webhook: its body as the inputs that automations declare, taken once per delivery; the
automations follow as jobs. Knows no HTTP and no secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine import json_texts
from engine.definitions.app import App
from engine.definitions.automations import Automation, Trigger
from engine.definitions.parts import parts_of
from engine.digits import whole
from engine.errors import FieldError, Invalid, NotFound
from engine.expressions.scope import Frame
from engine.expressions.values import Row, Rows, Value
from engine.json_texts import JsonNumber
from engine.kinds.actions.webhook import Webhook
from engine.kinds.fields.base import Field, Literal, Unfit
from engine.runtime.services import changes, field_rules, outbox, pointing
from engine.runtime.services.automation import following
from engine.runtime.services.sessions import Session
from engine.runtime.storage import replies
from engine.runtime.storage.live import Tx
from engine.texts import say

ACCEPTED = 202


def named(app: App, name: str) -> list[Automation]:
    """The automations that a webhook of this name starts; `NotFound` where there is none."""
    found = [
        one for one in app.automations.values()
        if one.active and one.trigger.kind == "webhook" and one.trigger.name == name
    ]
    if not found:
        raise NotFound(say(zh="没有名为 {name} 的 webhook", en="There is no webhook called {name}", name=name))
    return found


def out_and_in(app: App) -> tuple[set[str], set[str]]:
    """The names of the webhooks by which an app tells others something, and by which it is told."""
    told = {part.hook for part in parts_of(app) if isinstance(part, Webhook)}
    return told, {one.trigger.name for one in app.automations.values() if one.trigger.kind == "webhook"}


def receive(tx: Tx, name: str, id: str, digest: str, body: Any) -> dict[str, Any]:
    """Take a delivery: `{"id", "jobs"}`, and the same again for one that came before. `digest` identifies its bytes.

    Raises `Invalid` with every input that is missing or wrong, and for an id that was used for another body."""
    wanted, who = named(tx.app, name), f"hook:{tx.app.name}.{name}"
    kept = replies.claim(tx, who, id, digest)
    if kept is not None:
        if kept.digest != digest:
            raise Invalid(OTHER_BODY, code="idempotency")
        return dict(kept.reply)
    errors: list[FieldError] = []
    due = []
    for one in wanted:
        raw = picked(one.trigger, body)
        read(Session(tx), one.trigger, raw, errors)
        due.append({"automation": one.name, "inputs": json_texts.dumps(_exact(raw))})
    if errors:
        errors = list({(one.field, one.code): one for one in errors}.values())   # that of two automations once
        raise Invalid(errors[0].told, errors=errors)
    reply = {"id": id, "jobs": [outbox.enqueue(tx, following.JOB, args) for args in due]}
    replies.keep(tx, who, id, ACCEPTED, reply)
    return reply


OTHER_BODY = say(
    zh="这个 webhook-id 已用于另一个内容，请换一个",
    en="This webhook-id was used for another body; take a new one",
)


def picked(trigger: Trigger, body: Any) -> dict[str, Any]:
    """What the body says of each input, as it stands there; what is not there is left out."""
    found = _picked(trigger, trigger.inputs, body)
    for name, fields in trigger.rows.items():
        rows = found.get(name)
        if isinstance(rows, list):             # else it is told what it should be
            found[name] = [_picked(trigger, fields, row, name) if isinstance(row, Mapping) else row for row in rows]
    return found


def _picked(trigger: Trigger, fields: Iterable[str], body: Any, rows: str = "") -> dict[str, Any]:
    found = {name: _at(body, _path(trigger, name, rows)) for name in fields}
    return {name: value for name, value in found.items() if value is not None}


def _path(trigger: Trigger, name: str, rows: str = "") -> Sequence[str]:
    """Where an input stands in the body; of a field of `rows`, in a row of theirs."""
    return trigger.paths.get(f"{rows}.{name}" if rows else name, (name,))


def _at(body: Any, path: Sequence[str]) -> Any:
    for step in path:
        if isinstance(body, Mapping):
            body = body.get(step)
        elif isinstance(body, list) and (place := whole(step)) is not None and place < len(body):
            body = body[place]
        else:
            return None
    return body


def told(session: Session, automation: Automation, text: str) -> dict[str, Value]:
    """The names of a job's steps, `webhook.amount`, out of what was kept; `Invalid` for what fits no more."""
    errors: list[FieldError] = []
    values = read(session, automation.trigger, json_texts.loads_as_written(text), errors)
    if errors:
        raise Invalid(errors[0].told, errors=errors)
    return {f"webhook.{name}": value for name, value in values.items()}


def read(
    session: Session, trigger: Trigger, raw: Mapping[str, Any], errors: list[FieldError]
) -> dict[str, Value]:
    """The values of the inputs: keys of records looked up, defaults filled in; what is wrong joins the errors."""
    found: list[FieldError] = []
    values = _read(session, Asked(trigger, trigger.inputs), raw, found)
    errors += found
    return values


@dataclass(frozen=True, slots=True)
class Asked:
    """What is read: all inputs of a trigger, or the fields of one row of them (`rows`, from 0 its `place`)."""

    trigger: Trigger
    fields: Mapping[str, Field]
    rows: str = ""
    place: int = 0

    def path(self, name: str) -> str:
        """Where a field stands in the body."""
        own = _path(self.trigger, name, self.rows)
        return ".".join((*_path(self.trigger, self.rows), str(self.place), *own) if self.rows else own)

    def told(self, field: Field, error: FieldError) -> FieldError:
        """The error with where it is, for places that do not show it beside its field."""
        error = pointing.of_field(error, field)
        return pointing.of_row(error, self.trigger.inputs[self.rows], self.place) if self.rows else error


def _read(session: Session, asked: Asked, raw: Mapping[str, Any], errors: list[FieldError]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    sound: list[Field] = []                    # what could be read, judged when all inputs have their values
    for name, field in asked.fields.items():
        path, before = asked.path(name), len(errors)
        try:
            if not asked.rows and name in asked.trigger.rows:
                values[name] = _rows(session, asked.trigger, field, raw.get(name), errors)
            else:
                values[name] = _value(session, field, raw.get(name), path, Frame(session, names=dict(values)))
        except Unfit as problem:
            values[name] = None
            errors.append(asked.told(field, FieldError(path, problem.message, "type")))
        except Invalid as problem:             # a link to nothing
            values[name] = None
            errors += (asked.told(field, one) for one in problem.errors)
        if len(errors) == before:
            sound.append(field)
    frame = Frame(session, names=dict(values))
    for field in sound:
        found = field_rules.given_errors(session, field, values[field.name], frame)
        errors += (asked.told(field, FieldError(asked.path(field.name), text, code)) for code, text in found)
    return values


def _rows(session: Session, trigger: Trigger, field: Field, raw: Any, errors: list[FieldError]) -> Rows:
    """The rows of an input, each read and judged by itself."""
    given = field.parse(raw) or ()
    thing = field.type.objects[0]
    every = (Asked(trigger, trigger.rows[field.name], field.name, place) for place in range(len(given)))
    return Rows(tuple(ToldRow(thing, _read(session, one, row, errors)) for one, row in zip(every, given, strict=True)))


class ToldRow(Row):
    """A row that came with a webhook. Implements `Row`."""

    __slots__ = ("_object", "values")

    def __init__(self, object: str, values: Mapping[str, Value]) -> None:
        self._object = object
        self.values = values

    @property
    def object(self) -> str:
        return self._object

    @property
    def id(self) -> int | None:
        return None

    def get(self, name: str) -> Value:
        return self.values.get(name)


def _value(session: Session, field: Field, raw: Any, path: str, frame: Frame) -> Value:
    given = None if raw is None else field.parse(raw)
    field.check_exact(given)
    if given is None and field.default is not None:
        if isinstance(field.default, Literal):
            given = field.default.value
        else:
            return changes.fitting(session, field, field.default.value(frame))
    return changes.resolve(session, field, given, path)


def _exact(value: Any) -> Any:
    """JSON as it came, with all the digits of its numbers."""
    if isinstance(value, Mapping):
        return {name: _exact(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_exact(inner) for inner in value]
    return JsonNumber(value) if isinstance(value, Decimal) else value
