"""What an action asks before it is taken: its own inputs, fields of the record, a confirmation. Knows no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions.objects import Action
from engine.definitions.questions import Report
from engine.errors import FieldError
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue
from engine.kinds.fields.base import Field, Literal
from engine.runtime.services import access, changes, reading
from engine.runtime.services.access import Allowed, FieldRight
from engine.runtime.services.reading import Query
from engine.runtime.services.records import Record
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import controls, forms
from engine.runtime.web.present.blocks import Block
from engine.runtime.web.present.controls import Control, Option, Setting
from engine.runtime.web.present.forms import Form


@dataclass(frozen=True, slots=True)
class AskView:
    """The dialog of an action. `warnings` are answered by going on."""

    label: str
    title: str
    version: int
    confirm: str
    blocks: Sequence[Block]
    message: str = ""
    warnings: Sequence[tuple[str, str]] = ()


def needed(action: Action) -> bool:
    """Whether something is asked before the action is taken."""
    return bool(action.ask or action.ask_fields or action.confirm is not None)


def of(
    record: Record,
    action: Action,
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Sequence[FieldError] = (),
) -> AskView:
    """The dialog of an action over a record that the actor may see."""
    tx = record.session.tx
    setting = Setting(
        tx.app.name,
        record.object,
        tx.actor.language,
        typed or {},
        {e.field: e.message.to(tx.actor.language) for e in errors},
        frozenset(),
    )
    forms.load_titles(record)
    own = [asked(setting, record, field) for field in action.ask]
    blocks = ([Block(entries=own)] if own else []) + of_fields(setting, record, action.ask_fields)
    return AskView(
        label=action.label.to(tx.actor.language),
        title=record.title,
        version=record.version,
        confirm=action.confirm.to(tx.actor.language) if action.confirm is not None else "",
        blocks=blocks,
    )


def asked(setting: Setting, record: Record, field: Field) -> Control:
    """The control of one of the action's own inputs, with its default."""
    value = None if field.default is None else changes.slot(record.session, record, field, field.default)
    return controls.typable(setting, record, field, field.name, value)


def of_fields(setting: Setting, record: Record, names: Sequence[str]) -> list[Block]:
    """Fields of the record that are asked for; of line items the columns asked, the others to read."""
    if not names:
        return []
    form = Form(setting, record, opened(access.allowed(record), names))
    plain = [name for name in names if "." not in name and not form.is_lines(name)]
    lines = dict.fromkeys(name.split(".")[0] for name in names if form.is_lines(name.split(".")[0]))
    entries = [entry for name in plain for entry in form.entry(name)]
    return ([Block(entries=entries)] if entries else []) + form.grids(lines)


def opened(allowed: Allowed, names: Sequence[str]) -> Allowed:
    """The rights as they are while the action asks: what it asks for may be typed, nothing else."""
    wide = {name for name in names if "." not in name}

    def right(name: str, known: FieldRight) -> FieldRight:
        open_now = name in names or name.split(".")[0] in wide
        return FieldRight(known.see or open_now, open_now, None)

    return replace(allowed, fields={name: right(name, known) for name, known in allowed.fields.items()})


def of_step(
    record: Record, names: Sequence[str], typed: Mapping[str, Any], errors: Sequence[FieldError]
) -> Sequence[Block]:
    """The fields of a record that an approval's step lets its decider change."""
    if not names:
        return []
    language = record.session.tx.actor.language
    setting = Setting(
        record.session.tx.app.name,
        record.object,
        language,
        typed,
        {e.field: e.message.to(language) for e in errors},
        frozenset(),
    )
    forms.load_titles(record)
    return of_fields(setting, record, names)


def of_report(tx: Tx, report: Report, given: Mapping[str, str], errors: Sequence[FieldError]) -> list[Control]:
    """The controls of a report's parameters, with what was given or their defaults."""
    language = tx.actor.language
    wrong = {e.field: e.message.to(language) for e in errors}
    found = []
    for field in report.params.values():
        value = given.get(field.name)
        control = controls.free(tx, field, field.name, default_of(tx, field) if value is None else value)
        if field.type.name == "record":
            control = replace(control, widget="select", items=(), options=candidates(tx, field))
        found.append(replace(control, error=wrong.get(field.name, ""), required=field.required is True))
    return found


def candidates(tx: Tx, field: Field) -> list[Option]:
    """The records that a parameter may name, as far as a list of them is of use."""
    found = []
    for name in field.type.objects:
        if access.may(tx, name, "see"):
            page = reading.page(tx, name, Query(limit=reading.MOST))
            found += [Option(field.to_input(r.ref), r.title) for r in page.items]
    return found


def default_of(tx: Tx, field: Field) -> str:
    """What a parameter's control holds before anything is given."""
    if isinstance(field.default, Literal):
        return field.to_input(field.default.value)
    if field.default is None:
        return ""
    value = field.default.value(Frame(Session(tx)))
    return "" if isinstance(value, ErrorValue) else field.to_input(value)
