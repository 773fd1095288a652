"""The dialog in which somebody chooses what to pull into the lines of a form. Knows offers, no request."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.kinds.fields.base import Field
from engine.runtime.services.pickings import MOST, Offer, Offers, offered, rule_of
from engine.runtime.services.records import Record
from engine.runtime.services.rights.access import Allowed
from engine.runtime.web.present import controls, forms, sheets, titles, values
from engine.runtime.web.present.controls import Setting
from engine.runtime.web.present.forms import Form

FILES = ("file", "files", "image", "signature")


@dataclass(frozen=True, slots=True)
class Choice:
    """A row to tick: what it shows, by column (label and text), and as JSON what it puts into the form by column."""

    cells: Sequence[tuple[str, str]]
    values: str


@dataclass(frozen=True, slots=True)
class Choices:
    """The dialog. `heads` are (label, kind) pairs; each group has a title, "" where there is none."""

    name: str
    label: str
    heads: Sequence[tuple[str, str]]
    groups: Sequence[tuple[str, Sequence[Choice]]]
    ticked: bool
    count: int
    most: int                                  # so many are shown of more; 0 where these are all


def of(record: Record, allowed: Allowed, name: str) -> Choices:
    """What can be pulled into these lines of a draft."""
    found, tx = offered(record, name), record.session.tx
    language, field = tx.actor.language, record.definition.fields[name]
    form = Form(Setting(tx.app.name, record.object, language, {}, {}, frozenset()), record, allowed)
    lines = [offer.line for offer in found.items]
    shown = [one for one in form.shown(name) if one.kind not in FILES and not tells_source(found, one)]
    titles.load(record.session, lines, shown)
    typable = {one.name for one in form.shown(name) if not one.computed and not one.readonly}
    groups: dict[str, list[Choice]] = {}
    for offer in found.items:
        cells = [(one.label.to(language), values.cell(offer.line, one, language).text) for one in shown]
        filled = {n: put(form.setting, offer, n) for n in offer.given if n in typable}
        choice = Choice(cells, json.dumps(filled, ensure_ascii=False))
        groups.setdefault(grouped(record, name, offer), []).append(choice)
    heads = [(one.label.to(language), forms.kind_of(one)) for one in shown]
    most = MOST if found.more else 0
    return Choices(
        name, field.label.to(language), heads, list(groups.items()), found.ticked, len(found.items), most
    )


def tells_source(found: Offers, field: Field) -> bool:
    """Whether a column only says again of which record the rows are lines: their group does."""
    return bool(found.items) and all(
        one.group is not None and isinstance(one.source, Record) and one.line.get(field.name) == one.source.ref
        for one in found.items
    )


def grouped(record: Record, name: str, offer: Offer) -> str:
    """The title of an offer's group."""
    by = rule_of(record, name).pick.by
    if offer.group is None:
        return ""
    return str(offer.group) if by is None else sheets.shown(record.session.tx, by.type, offer.group)


def put(setting: Setting, offer: Offer, name: str) -> dict[str, Any]:
    """What a control of the line takes, and how that is called."""
    field = offer.line.definition.fields[name]
    made = controls.typable(setting, offer.line, field, name, offer.line.get(name))
    return {"value": made.value, "title": made.text}


def documents(record: Record, name: str) -> dict[str, Any]:
    """The same for programs: the values of each line as the API takes them."""
    found: Offers = offered(record, name)
    rule = rule_of(record, name)
    titles.load(record.session, [one.line for one in found.items], [
        one.line.definition.fields[n] for one in found.items[:1] for n in rule.values
    ])
    items = [
        {
            "source": {"object": one.source.object, "id": one.source.id},
            "group": grouped(record, name, one),
            "values": {n: value(one.line, n) for n in one.given},
        }
        for one in found.items
    ]
    return {"items": items, "more": found.more}


def value(line: Record, name: str) -> Any:
    """A value of a line as the API tells it."""
    return line.definition.fields[name].to_json(titles.titled(line.session, line.get(name)))
