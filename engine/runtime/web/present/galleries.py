"""A gallery: records as cards with their picture, a page at a time. Knows records and files, no request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.definitions.objects import Object, View
from engine.kinds.fields.attached import Attachment
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import cards, menus, uploads
from engine.runtime.web.present.cards import Card

PAGE = 48                                      # cards of a page


@dataclass(frozen=True, slots=True)
class Picture:
    """A card with its picture; without one the initials of its title stand in its place."""

    card: Card
    url: str
    initials: str
    more: int = 0                              # further pictures and files that the field holds


@dataclass(frozen=True, slots=True)
class Gallery:
    """The cards of a page."""

    view: str
    pictures: Sequence[Picture]
    template: str = "records/_gallery.html"


def of(tx: Tx, obj: Object, view: View, records: Sequence[Record]) -> Gallery:
    """The gallery of a page of records."""
    shown = cards.shown(tx, obj, view, (*view.columns[1:], *view.card) or None)
    drawn = cards.cards(tx, obj, view, records, shown)
    seen = access.visible_in(tx, obj, records)
    return Gallery(view.name, [picture(record, view, card, view.columns[0] in fields)
                               for record, card, fields in zip(records, drawn, seen, strict=True)])


def picture(record: Record, view: View, card: Card, visible: bool) -> Picture:
    """One card: its first picture, if the actor may see the field in this record."""
    field = record.definition.fields[view.columns[0]]
    held = uploads.read(record, field) if visible and isinstance(field, Attachment) else ()
    url = next((one.picture for one in held if one.picture), "")
    return Picture(card, url, letters(card.title), max(len(held) - 1, 0))


def letters(title: str) -> str:
    """Two letters that stand where there is no picture: of the first word that is no code, if there is one."""
    words = title.split()
    named = next((word for word in words if not word.isascii()), "")
    return named[:2] or menus.initials(title)
