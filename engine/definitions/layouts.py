"""What stands where on the page of a record: fields, sections, tabs, what stands aside. Draws nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from engine.texts import Text

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression, Source, Template


@dataclass(frozen=True, slots=True)
class Section:
    """Entries under a heading; `show`: only while this holds."""

    title: Text
    entries: Layout
    show: Expression | None = None


@dataclass(frozen=True, slots=True)
class Tab:
    """Entries of which the reader sees one tab's at a time."""

    title: Text
    entries: Layout


@dataclass(frozen=True, slots=True)
class Tabs:
    tabs: tuple[Tab, ...]


@dataclass(frozen=True, slots=True)
class Aside:
    """Fields beside the page's column."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """Rows of a source that belong to the record, as a table. `columns`: paths of the rows; none = the rows' own."""

    source: Source
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A text between the fields."""

    text: Template


@dataclass(frozen=True, slots=True)
class Suggest:
    """Records of an object that are offered beside the form. Not drawn yet."""

    object: str
    where: Expression | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """The button of an action, among the fields of a record's page instead of on top of it."""

    action: str


Entry: TypeAlias = "str | tuple[str, ...] | Section | Tabs | Aside | Related | Passage | Suggest | Button"
Layout: TypeAlias = tuple[Entry, ...]


def parts_of(layout: Layout) -> tuple[Entry, ...]:
    """Every entry with those inside of sections and tabs, in the order of the page."""
    found: list[Entry] = []
    for entry in layout:
        found.append(entry)
        if isinstance(entry, Section):
            found += parts_of(entry.entries)
        elif isinstance(entry, Tabs):
            found += [inner for tab in entry.tabs for inner in parts_of(tab.entries)]
    return tuple(found)
