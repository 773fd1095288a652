"""What an action asks before it is taken: its own inputs, fields of the record, a confirmation. Knows no request."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions.objects import Action
from engine.definitions.questions import Report
from engine.errors import FieldError, Invalid
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Value
from engine.kinds.fields.base import Field, Literal, Unfit
from engine.kinds.fields.range import Interval
from engine.runtime.services import changes, inputs, reading
from engine.runtime.services.approvals import choices
from engine.runtime.services.previews import Preview
from engine.runtime.services.reading import Query
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.rights.access import Allowed, FieldRight
from engine.runtime.services.rights.editing import kept_by_system
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import controls, forms
from engine.runtime.web.present.blocks import Block, conditions
from engine.runtime.web.present.controls import Control, Option, Setting
from engine.runtime.web.present.forms import Form, FormView


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
        _refreshing(record, action),
    )
    forms.load_titles(record)
    own = among(record, action, of_inputs(setting, record, action.ask))
    blocks = ([Block(entries=own)] if own else []) + of_fields(setting, record, action.ask_fields)
    return AskView(
        label=action.label.to(tx.actor.language),
        title=record.title,
        version=record.version,
        confirm=action.confirm.to(tx.actor.language) if action.confirm is not None else "",
        blocks=blocks,
    )


def _refreshing(record: Record, action: Action) -> frozenset[str]:
    """Fields of the record among what is asked, on whose change the server works something out."""
    obj, app = record.definition, record.session.tx.app
    inner = {name: app.objects[f"{obj.name}.{name}"].fields for name in obj.lines}
    return controls.refreshing(obj.fields, inner) | conditions(obj) if action.ask_fields else frozenset()


def previewed(draft: Preview, action: Action, typed: Mapping[str, Any], errors: Sequence[FieldError]) -> FormView:
    """The fields of a record that an action asks for, as they would be with what stands in the dialog now."""
    asked = tuple(dict.fromkeys(name.split(".")[0] for name in action.ask_fields))
    allowed = opened(draft.record, action.ask_fields)
    return forms.of(draft.record, allowed, typed=typed, errors=errors, layout=asked)


def among(record: Record, action: Action, found: list[Control]) -> list[Control]:
    """The controls, those in which people are chosen for a step of the flow with the people who may be."""
    flow = record.session.tx.app.flows.get(action.start)
    wanted = {} if flow is None else {
        one.name: one for one in choices.wanted(record.session, record, flow, "start", {})
    }
    return [
        replace(one, widget="choices", url="", items=(), required=wanted[one.name].needed,
                options=[Option(str(id), name) for id, name in wanted[one.name].people])
        if one.name in wanted else one
        for one in found
    ]


def of_inputs(setting: Setting, record: Record, asked: Sequence[Field]) -> list[Control]:
    """The controls of an action's own inputs with their defaults, which know the inputs before them. Rules that hang on
    other inputs are not the controls': they are judged when all is sent."""
    names = {field.name: None for field in asked}
    known: dict[str, Value] = dict(names)
    found = []
    for field in asked:
        default = None if field.default is None else changes.slot(record.session, record, field, field.default, **known)
        known[field.name] = _typed(setting, record, field, default)
        found.append(controls.typable(setting, record, _apart(field, names), field.name, default))
    return found


def _typed(setting: Setting, record: Record, field: Field, default: Value) -> Value:
    """What stands in a control: what was typed, where that can be read, else its default."""
    if field.name not in setting.typed:
        return default
    try:
        value = inputs.typed_value(record.session.tx, field, setting.typed[field.name])
        return changes.resolve(record.session, field, value, field.name)
    except (Unfit, Invalid):
        return None


def _apart(field: Field, names: Collection[str]) -> Field:
    """An input without the rules that read other inputs."""
    kept: dict[str, Any] = {
        key: other for key, other in (("required", False), ("min", None), ("max", None), ("show", None))
        if isinstance(rule := getattr(field, key), Expression) and any(path[0][1:] in names for path in rule.reads)
    }
    return replace(field, **kept) if kept else field


def of_fields(setting: Setting, record: Record, names: Sequence[str], *, shows: bool = False) -> list[Block]:
    """Fields of the record that are asked for, as far as the actor sees them; of line items the columns asked, the
    others to read. `shows`: also those that are hidden from the actor elsewhere."""
    if not names:
        return []
    moving = frozenset() if shows else frozenset(name for name in names if name in record.definition.lines)
    form = Form(setting, record, opened(record, names, shows=shows), moving=moving)
    plain = [name for name in names if "." not in name and not form.is_lines(name)]
    lines = dict.fromkeys(name.split(".")[0] for name in names if form.is_lines(name.split(".")[0]))
    entries = [entry for name in plain for entry in form.entry(name)]
    return ([Block(entries=entries)] if entries else []) + form.grids(lines)


def opened(record: Record, names: Sequence[str], *, shows: bool = False) -> Allowed:
    """The rights as they are while the action asks: what it asks for may be typed, nothing else; of lines as a whole
    what people fill in. No action shows what is hidden; a step of an approval does (`shows`), whose `edit` names what
    its deciders decide about."""
    wide = {name for name in names if "." not in name}
    allowed, app = access.allowed(record), record.session.tx.app
    kept = {
        f"{head}.{field.name}" for head in wide & set(record.definition.lines)
        for field in app.objects[f"{record.object}.{head}"].fields.values() if kept_by_system(field) is not None
    }

    def right(name: str, known: FieldRight) -> FieldRight:
        asked = name in names or name not in kept and name.split(".")[0] in wide
        open_now = (known.see or shows) and asked
        return FieldRight(known.see or open_now, open_now, None)

    return replace(allowed, fields={name: right(name, known) for name, known in allowed.fields.items()})


def of_step(
    record: Record, names: Sequence[str], typed: Mapping[str, Any], errors: Sequence[FieldError],
    require: Collection[str] = (),
) -> Sequence[Block]:
    """The fields of a record that an approval's step lets its decider change; some of them it must have (`require`)."""
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
    return [
        replace(block, entries=[
            replace(one, required=True) if isinstance(one, Control) and one.name in require else one
            for one in block.entries
        ])
        for block in of_fields(setting, record, names, shows=True)
    ]


def of_report(tx: Tx, report: Report, given: Mapping[str, Any], errors: Sequence[FieldError]) -> list[Control]:
    """The controls of a report's parameters, with what was given or their defaults."""
    language = tx.actor.language
    wrong = {e.field: e.message.to(language) for e in errors}
    found = []
    known: dict[str, Value] = {}
    for field in report.params.values():
        value, default = given.get(field.name), default_of(tx, field, known)
        known[field.name] = default if value is None else _read(field, value)
        shown = value if isinstance(value, str) else _shown(field, default)
        control = controls.free(tx, field, field.name, shown)
        if isinstance(field, Interval):
            held = default if value is None else _read(field, value)
            control = replace(control, **controls.ends_of(field, held, value, language))
        if field.type.name == "record":
            control = replace(control, widget="select", items=(), options=candidates(tx, field))
        found.append(replace(control, error=wrong.get(field.name, ""), required=field.required is True))
    return found


def candidates(tx: Tx, field: Field, most: int = reading.MOST) -> list[Option]:
    """The records that a parameter may name, as far as a list of them is of use."""
    found: list[Option] = []
    for name in field.type.objects:
        if access.may(tx, name, "see"):
            page = reading.page(tx, name, Query(limit=most))
            found += [Option(field.to_input(r.ref), r.title) for r in page.items]
    return found


def default_of(tx: Tx, field: Field, before: Mapping[str, Value]) -> Any:
    """What a parameter is before anything is given; it may name those `before` it."""
    if isinstance(field.default, Literal):
        return field.default.value
    if field.default is None:
        return None
    value = field.default.value(Frame(Session(tx), names=dict(before)))
    return None if isinstance(value, ErrorValue) else value


def _shown(field: Field, value: Any) -> str:
    return "" if value is None else field.to_input(value)


def _read(field: Field, typed: Any) -> Any:
    """What was given for a parameter; nothing where it cannot be read."""
    try:
        return field.parse_input(typed)
    except Unfit:
        return None
