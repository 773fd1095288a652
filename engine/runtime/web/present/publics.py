"""What people without an account see: a form to fill, what is known of a record. Links lead nowhere from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.definitions.surfaces import Surface
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import facts, forms, values
from engine.runtime.web.present.blocks import Grid
from engine.runtime.web.present.facts import Fact
from engine.texts import say

STATES = ("state", "status")
STATUS = say(zh="状态", en="Status")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something that must be known of a record: the name of the control, its label, what was typed."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Told:
    """A record as strangers see it: its values and the tables of its lines."""

    facts: Sequence[Fact]
    grids: Sequence[Grid]


def wanted(tx: Tx, view: Surface, typed: dict[str, str]) -> list[Wanted]:
    """What is asked for on the page that finds a record."""
    return [Wanted(one.path, label_at(tx, view.object, one.path), typed.get(one.path, "")) for one in view.find]


def label_at(tx: Tx, object: str, path: str) -> str:
    """The label of the field at the end of a path of lines and links."""
    owner, label = object, path
    for name in path.split("."):
        field = tx.app.objects[owner].fields.get(name)
        if field is None:
            return path
        label = field.label.to(tx.actor.language)
        owner = f"{owner}.{name}" if field.kind == "lines" else next(iter(getattr(field, "to", ())), owner)
    return label


def told(record: Record, view: Surface) -> Told:
    """The fields of the page, as far as its grant shows them."""
    forms.load_titles(record)
    tx, obj = record.session.tx, record.definition
    shown = access.visible_fields(tx, obj, record)
    heads = list(dict.fromkeys(path.partition(".")[0] for path in view.fields))
    found = [fact for name in heads for fact in one(record, name, shown)]
    grids = [plain(facts.grid(record, name, shown)) for name in heads if name in obj.lines and name in shown]
    return Told(found, grids)


def one(record: Record, name: str, shown: frozenset[str]) -> list[Fact]:
    """The value of a field, or the state of the record."""
    language = record.session.tx.actor.language
    if name in STATES and name not in record.definition.fields:
        cell = values.status_of(record, STATUS.to(language), language)
        return [Fact(cell.label, cell.text, cell.color)]
    if name in record.definition.lines:
        return []
    return [replace(fact, url="") for fact in facts.facts_of(record, [name], shown)]


def plain(grid: Grid) -> Grid:
    """A table whose values lead nowhere."""
    rows = [replace(row, fields=[replace(cell, url="", trace=False) for cell in row.fields]) for row in grid.rows]
    return replace(grid, rows=rows)
