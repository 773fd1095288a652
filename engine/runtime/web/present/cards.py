"""A record as a card, on boards, calendars, galleries and trees: its title, a few cells, its colour. Knows no page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from engine.definitions.objects import Object, View
from engine.expressions.values import Ref
from engine.runtime.services import spoken
from engine.runtime.services.lists.moving import STATES
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access, sight
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, columns, titles, values
from engine.runtime.web.present.columns import Column
from engine.runtime.web.present.values import Cell

SHOWN = 3                                      # fields of a card where the view names none
YES = "amber"                                  # the colour of what is, where a view is coloured by yes or no


@dataclass(frozen=True, slots=True)
class Card:
    """A record as a card; `version` is what a move of it is based on."""

    id: int
    url: str
    title: str
    version: int
    color: str
    cells: Sequence[Cell]


def shown(tx: Tx, obj: Object, view: View, paths: Sequence[str] | None = None) -> list[Column]:
    """What a card shows below its title: these paths, else what the view names, else the first short fields."""
    language, seen = tx.actor.language, access.visible_fields(tx, obj)
    titled = {path[0] for path in obj.title.reads} if obj.title is not None else set()
    usual = [path for path in columns.by_itself(obj) if path not in (*titled, *view.columns[:1], "status")][:SHOWN]
    made = (columns.column(tx, obj, path, language) for path in (paths if paths is not None else view.card or usual)
            if path.split(".")[0] in seen or path in spoken.SYSTEM_LABELS)
    return [c for c in made if c is not None]


def any_list(obj: Object) -> str:
    """The key of a list in which all cards of a part of a view can be seen."""
    return next((v.name for v in obj.views.values() if v.kind == "list"), "~0")


def cards(tx: Tx, obj: Object, view: View, records: Sequence[Record], shown: Sequence[Column]) -> list[Card]:
    """Records as cards, with the titles of what they link to loaded at once."""
    if not records:
        return []
    titles.load(records[0].session, records, [c.field for c in shown if c.field is not None and "." not in c.path])
    return [card(tx, obj, view, record, shown, seen)
            for record, seen in zip(records, access.visible_in(tx, obj, records), strict=True)]


def card(
    tx: Tx, obj: Object, view: View, record: Record, shown: Sequence[Column], seen: Collection[str]
) -> Card:
    """One card; `seen` are the fields that the actor may see in this record."""
    language = tx.actor.language
    cells = [c for c in columns.cells(tx, record, shown, frozenset(seen), language) if c.text]
    url = addresses.record(tx.app.name, obj.name, record.id or 0)
    version = int(record.system.get("version") or 0)
    return Card(record.id or 0, url, title_of(record, view, seen), version, color_of(record, obj, view, seen), cells)


def title_of(record: Record, view: View, seen: Collection[str]) -> str:
    """How the view calls a record; its own title where the view says nothing, or names what the actor may not see."""
    if view.title is None or not all(_readable(record, path, seen) for path in view.title.reads):
        return record.title
    return view.title.render(record.frame(), record.session.tx.actor.language).strip() or record.title


def _readable(record: Record, path: Sequence[str], seen: Collection[str]) -> bool:
    """Whether the actor may see what a path reads: the record's field, and one of the record behind it; of lines and
    of what links here what they see in every row."""
    if path[0] in record.definition.fields and path[0] not in seen:
        return False
    ref = record.get(path[0]) if len(path) > 1 and path[0] in record.definition.fields else None
    target = record.session.record(ref) if isinstance(ref, Ref) else None
    if target is None:
        return len(path) == 1 or sight.may_read(record.session.tx, record.object, [tuple(path)])
    return len(path) == 2 and columns.readable(record.session.tx, target, path[1])


def color_of(record: Record, obj: Object, view: View, seen: Collection[str]) -> str:
    """The colour of a card or row, by the choice, state, or yes or no that the view names."""
    if view.color in STATES:
        return values.status_cell(obj, record.status, "", "en").color
    field = obj.fields.get(view.color)
    if field is None or field.name not in seen:
        return ""
    value = record.get(field.name)
    return YES if value is True else values.option_color(field, value)
