"""Files in forms and on pages to read: their items, their links, their pictures. Knows records, no request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from engine.kinds.fields import media
from engine.kinds.fields.attached import Attached, Attachment, shown_size
from engine.kinds.fields.base import Field
from engine.runtime.services import attachments
from engine.runtime.services.records import Record
from engine.runtime.web.present import addresses

WIDGETS = ("file", "files", "image", "signature")


@dataclass(frozen=True, slots=True)
class FileItem:
    """A file as a page shows it: `url` where it is read (blank before it is saved), `picture` where it is drawn."""

    id: str
    title: str
    hint: str
    url: str = ""
    picture: str = ""


def small(url: str, one: Attached) -> str:
    """The address of a file's small picture; '' for what is no picture or has no address."""
    return f"{url}?thumb" if url and media.is_picture(one.name) else ""


def item(record: Record, one: Attached) -> FileItem:
    """One file of a record or line; without an address while no saved record has it."""
    root = record.root
    held = root.id is not None and any(file.token == one.token for _, file in attachments.of_record(root))
    url = ""
    if held and one.token:
        url = addresses.record(record.session.tx.app.name, root.object, root.id or 0, "files", one.token)
    return FileItem(one.token, one.name, shown_size(one.size), url, small(url, one))


def in_form(record: Record, field: Field, value: Any, typed: Any) -> Sequence[FileItem]:
    """The files that a control holds: those of the value or, after something went wrong, those that were sent."""
    if not isinstance(field, Attachment):
        return ()
    if typed is None:
        return [item(record, one) for one in attachments.each(value)]
    held = {one.token: one for _, one in attachments.of_record(record.root)}
    tokens = [token for token in (typed if isinstance(typed, list) else [typed]) if isinstance(token, str) and token]
    found = [held.get(token) or attachments.own(record.session.tx, token) for token in tokens]
    return [item(record, one) for one in found if one is not None]


def accepted(field: Field) -> str:
    """What a browser's chooser of files is told."""
    return ",".join(f".{end}" for end in field.extensions) if isinstance(field, Attachment) else ""


def read(record: Record, field: Field) -> Sequence[FileItem]:
    """The files of a value on a page to read."""
    if not isinstance(field, Attachment):
        return ()
    return [item(record, one) for one in attachments.each(record.get(field.name))]


def markup(record: Record, field: Field) -> Markup:
    """The files of a value as links, pictures as pictures; '' for any other value."""
    return together(read(record, field))


def together(items: Sequence[FileItem]) -> Markup:
    """Files as links, pictures as pictures; '' for none."""
    found = Markup("").join(drawn(one) for one in items)
    return Markup('<div class="fw-files">{}</div>').format(found) if found else found


def drawn(one: FileItem) -> Markup:
    """One file as a page shows it."""
    if not one.url:
        return Markup('<span class="fw-file">{} <small>{}</small></span>').format(one.title, one.hint)
    if one.picture:
        image = Markup('<img class="fw-picture" src="{}" alt="" loading="lazy">').format(one.picture)
        inner = image + escape(one.title)
    else:
        inner = escape(one.title)
    return Markup('<a class="fw-file" href="{}" download="{}">{} <small>{}</small></a>').format(
        one.url, one.title, inner, one.hint
    )

