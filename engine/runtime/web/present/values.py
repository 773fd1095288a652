"""How one value is shown: its text, its link, its colour, its side. Knows no page and no request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.expressions.values import ErrorValue, Ref
from engine.kinds.fields.base import Field
from engine.kinds.fields.locales import show_datetime
from engine.runtime.services import reading, saving
from engine.runtime.services.records import Record
from engine.runtime.services.reporting import reasons
from engine.runtime.web.present import addresses
from engine.runtime.web.present.titles import titled
from engine.texts import say

# Colour words of a definition that the skin knows under another name.
COLORS = {"grey": "gray", "amber": "yellow", "violet": "purple", "": "gray"}


GONE = say(zh="{title}（已删除）", en="{title} (deleted)", title="{title}")
NUMBERLESS = say(zh="未编号", en="No number yet")


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as it is shown; `color` makes it a badge, `mark` tints it, `reason` explains a blank error value."""

    name: str
    label: str
    text: str
    url: str = ""
    color: str = ""
    mark: str = ""
    reason: str = ""
    nought: bool = False                       # a zero among many, which says nothing where there is little room


def color_of(name: str) -> str:
    """The skin's colour for a colour word of the definition."""
    return COLORS.get(name, name)


def moment(value: Any, zone: ZoneInfo, language: str) -> str:
    """An instant as local time; blank gives ''."""
    return show_datetime(value.astimezone(zone), language) if isinstance(value, dt.datetime) else ""


def cell(record: Record, field: Field, language: str) -> Cell:
    """The cell of one field of a record or line."""
    value = titled(record.session, record.get(field.name))
    label = field.label.to(language)
    if isinstance(value, ErrorValue):
        why = reasons.reason(record.session, value, record, field.name)
        return Cell(field.name, label, "", reason=why.to(language))
    text = field.seen_from(record.session.tx.timezone).format(value, language)
    if isinstance(value, Ref) and is_gone(record, value):
        text = GONE.filled(title=text).to(language)
    if value is None and field.kind == "autonumber":
        text = NUMBERLESS.to(language)
    return Cell(
        field.name,
        label,
        text,
        url=link_of(record, field, value),
        color=option_color(field, value),
        mark=mark_of(record, field),
    )


def is_gone(record: Record, ref: Ref) -> bool:
    """Whether a link leads into the bin."""
    target = record.session.record(ref)
    return target is not None and target.root.system.get("deleted_at") is not None


def link_of(record: Record, field: Field, value: Any) -> str:
    """Where the value leads: the linked record, a mail address, a web page; blank if nowhere, or out of sight."""
    if isinstance(value, Ref):
        if is_gone(record, value):
            return ""
        return address_of(record.session.tx.app, value) if reading.glance(record.session, value) else ""
    schemes = {"email": "mailto:", "phone": "tel:"}
    if isinstance(value, str) and field.kind in schemes:
        return schemes[field.kind] + value
    return value if isinstance(value, str) and field.kind == "url" and value.startswith(("http://", "https://")) else ""


def address_of(app: App, ref: Ref) -> str:
    """The page of a linked record; people and lines have none."""
    obj = app.objects.get(ref.object)
    unpaged = ref.object == "user" or (obj is not None and obj.owner)
    return "" if unpaged else addresses.record(app.name, ref.object, ref.id)


def option_color(field: Field, value: Any) -> str:
    """The colour declared for the option of a choice."""
    options: Mapping[str, Any] = getattr(field, "options", None) or {}
    option = options.get(value) if isinstance(value, str) else None
    return "" if option is None else color_of(option.color)


def mark_of(record: Record, field: Field) -> str:
    """The colour whose `mark` condition holds first; blank if none does."""
    for color, condition in field.mark.items():
        if condition.value(record.frame()) is True:
            return color_of(color)
    return ""


def status_of(record: Record, label: str, language: str) -> Cell:
    """The badge of a record's status; with the reason where its derived state cannot be told."""
    cell = status_cell(record.definition, record.status, label, language)
    error = saving.doubt(record.session, record)
    if error is None:
        return cell
    why = reasons.reason(record.session, error, record).to(language)
    told = say(zh="状态无法确定：{why}", en="The state cannot be told: {why}", why=why)
    return replace(cell, reason=told.to(language))


def status_cell(obj: Object, status: str, label: str, language: str) -> Cell:
    """The badge of a record's status."""
    state = obj.states.get(status)
    if state is None:
        return Cell("status", label, status, color="gray")
    return Cell("status", label, state.label.to(language), color=color_of(state.color))
