"""Print forms: the blocks of a document of one record. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import Location
from engine.texts import Text

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression, Template


SMALL = 110.0                                  # millimetres of the shorter side


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the paper. `values`: what the kind holds, compiled; of a table `of columns labels formats
    total`; of pictures and codes also `width`, in millimetres.

    `inside`: the lists of blocks within (the sides of `columns`, the body of `each`)."""

    kind: str                                  # text | heading | fields | table | columns | image | barcode | qr | …
    when: Expression | None
    values: Mapping[str, Any]
    inside: tuple[tuple[Block, ...], ...] = ()
    location: Location = Location("")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The paper: its sides and what stays free around, in millimetres. Labels and the like are `small`."""

    width: float = 210
    height: float = 297
    margin: float = 15

    @property
    def small(self) -> bool:
        return min(self.width, self.height) <= SMALL


@dataclass(frozen=True, slots=True)
class Document:
    """A print form of an object. `language`: gives one of the app's languages as text; None = the reader's. `per_page`:
    where several are printed, those with the same value share pages; None = each begins a page of its own."""

    name: str
    label: Text
    object: str
    body: tuple[Block, ...]
    subject: Template | None = None
    language: Expression | None = None
    sheet: Sheet = Sheet()
    header: Template | None = None
    footer: Template | None = None
    per_page: Expression | None = None
    location: Location = Location("")
