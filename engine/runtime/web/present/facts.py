"""A record to read: its values in the layout of its form, its lines as tables. Knows records and access, no request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from engine.definitions import layouts
from engine.definitions.layouts import Aside, Entry, Layout, Passage, Related, Section, Tabs, parts_of
from engine.expressions.values import Ref
from engine.kinds.fields.base import Field
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.web.present import addresses, controls, forms, titles, traces, uploads, values
from engine.runtime.web.present.blocks import Grid, LineColumn, LineRow, passage
from engine.runtime.web.present.verbs import Button

WIDE = ("textarea", "rich_text", "json", "tags", "choices")


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled value; `wide` takes the whole row; `reason` says why there is none."""

    label: str
    value: str
    badge_color: str = ""
    url: str = ""
    mark: str = ""
    wide: bool = False
    html: str = ""
    swatch: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the page: facts (titled or not), the table of a lines field, a text, tabs, the button of an action, or
    records that are loaded from `url` when the part comes into view."""

    title: str = ""
    facts: Sequence[Fact] = ()
    grid: Grid | None = None
    text: str = ""
    url: str = ""
    tabs: Sequence[PartTab] = ()
    button: Button | None = None               # of an action


@dataclass(frozen=True, slots=True)
class PartTab:
    """Parts of which one tab's are seen at a time. `id` is unique on the page."""

    id: str
    title: str
    parts: Sequence[Part]
    wrong: bool = False
    open: bool = False


def parts(record: Record, shown: frozenset[str], buttons: Iterable[Button] = ()) -> list[Part]:
    """The record in the layout of its form; what the actor may not see, and long blanks, are left out. `buttons`:
    those of the actions that have their place in it."""
    forms.load_titles(record)
    page = Page(record, shown, {one.name: one for one in buttons})
    return page.laid_out(record.definition.form or tuple(record.definition.fields), "part")


def aside(record: Record, shown: frozenset[str]) -> list[Fact]:
    """What the layout puts beside the page."""
    names = [n for part in parts_of(record.definition.form) if isinstance(part, Aside) for n in part.fields]
    return facts_of(record, names, shown)


class Page:
    """Builds the parts of one record's page."""

    def __init__(self, record: Record, shown: frozenset[str], buttons: Mapping[str, Button]) -> None:
        self.record = record
        self.buttons = buttons
        self.shown = shown
        self.language = record.session.tx.actor.language
        self.related = [part for part in parts_of(record.definition.form) if isinstance(part, Related)]

    def laid_out(self, layout: Layout, place: str) -> list[Part]:
        """The parts of a layout; loose fields between larger parts make parts without a title."""
        found: list[Part] = []
        loose: list[str] = []
        for number, entry in enumerate(layout):
            if self.is_loose(entry):
                loose += names_in(entry)
            else:
                found += [*gathered(self.record, loose, self.shown), *self.part(entry, f"{place}-{number}")]
        return found + gathered(self.record, loose, self.shown)

    def is_loose(self, entry: Entry) -> bool:
        """Whether an entry is fields only."""
        return isinstance(entry, tuple) or isinstance(entry, str) and entry not in self.record.definition.lines

    def part(self, entry: Entry, place: str) -> list[Part]:
        """What an entry larger than fields shows."""
        match entry:
            case str():
                return grids(self.record, [entry], self.shown)
            case Section():
                return self.section(entry, place)
            case Tabs():
                return self.tabs(entry, place)
            case Passage():
                text = passage(self.record, entry)
                return [Part(text=text)] if text else []
            case Related():
                return self.relation(entry)
            case layouts.Button(action=name) if name in self.buttons:
                return [Part(button=self.buttons[name])]
        return []

    def section(self, entry: Section, place: str) -> list[Part]:
        """A titled section; tables and texts within it follow it."""
        if entry.show is not None and not controls.holds(entry.show, self.record):
            return []
        names = [name for e in entry.entries if self.is_loose(e) for name in names_in(e)]
        facts = facts_of(self.record, names, self.shown)
        rest = self.laid_out(tuple(e for e in entry.entries if not self.is_loose(e)), place)
        return ([Part(entry.title.to(self.language), facts)] if facts else []) + rest

    def tabs(self, entry: Tabs, place: str) -> list[Part]:
        """The tabs in which there is something to see."""
        made = [(t.title.to(self.language), self.laid_out(t.entries, f"{place}-{n}")) for n, t in enumerate(entry.tabs)]
        kept = [(title, parts) for title, parts in made if parts]
        pages = [PartTab(f"{place}-{n}", title, parts, open=n == 0) for n, (title, parts) in enumerate(kept)]
        return [Part(tabs=pages)] if pages else []

    def relation(self, entry: Related) -> list[Part]:
        """Records that belong to this one, if the actor may see any of their kind."""
        tx = self.record.session.tx
        target = tx.app.objects[entry.source.candidate.objects[0]]
        if not access.may(tx, target.name, "see") or self.record.id is None:
            return []
        number = str(self.related.index(entry))
        url = addresses.record(tx.app.name, self.record.object, self.record.id, "related", number)
        return [Part(title=target.plural.to(self.language), url=url)]


def names_in(entry: Entry) -> Sequence[str]:
    """The fields of an entry of the layout: one, or several side by side."""
    return entry if isinstance(entry, tuple) else [entry] if isinstance(entry, str) else []


def gathered(record: Record, loose: list[str], shown: frozenset[str]) -> list[Part]:
    """The fields gathered so far as an untitled part."""
    facts = facts_of(record, loose, shown)
    loose.clear()
    return [Part(facts=facts)] if facts else []


def facts_of(record: Record, names: Iterable[str], shown: frozenset[str]) -> list[Fact]:
    """The values of these fields as the actor may see them."""
    fields = [record.definition.fields[n] for n in names if n in shown and n in record.definition.fields]
    found = [fact(record, f) for f in fields if f.holds and (f.show is None or controls.holds(f.show, record))]
    return [f for f in found if f.value or f.reason or not f.wide]


def fact(record: Record, field: Field) -> Fact:
    """One labelled value."""
    cell = values.cell(record, field, record.session.tx.actor.language)
    if cell.reason:
        return Fact(cell.label, "", wide=field.widget in WIDE, reason=cell.reason)
    html = linked(record, field) or uploads.markup(record, field)
    html = html or Markup(field.markup(record.get(field.name)))        # what a kind calls safe is safe
    swatch = cell.text if field.widget == "color" else ""
    url = cell.url or (traces.of_field(record, field) if record.get(field.name) else "")    # behind a nought is nothing
    return Fact(cell.label, cell.text, cell.color, url, cell.mark, field.widget in WIDE, html, swatch)


def linked(record: Record, field: Field) -> Markup:
    """Several links, each leading to its record; '' for any other value."""
    value = titles.titled(record.session, record.get(field.name))
    if not isinstance(value, tuple) or not any(isinstance(one, Ref) for one in value):
        return Markup("")
    found = ((one.title, values.link_of(record, field, one)) for one in value if isinstance(one, Ref))
    parts = (Markup('<a href="{}">{}</a>').format(url, title) if url else escape(title) for title, url in found)
    return Markup(", ").join(parts)


def grids(record: Record, names: Iterable[str], shown: frozenset[str]) -> list[Part]:
    """The tables of these lines fields."""
    return [Part(grid=grid(record, name, shown)) for name in names if name in shown]


def traced(line: Record, field: Field, control: controls.Control) -> controls.Control:
    """A value of a line; a balance leads to the movements behind it."""
    url = traces.of_field(line, field) if control.text and line.get(field.name) else ""
    return replace(control, url=url, trace=True) if url else control


def grid(record: Record, name: str, shown: frozenset[str]) -> Grid:
    """The lines of one field to read, with sums that mean something, without columns that are blank throughout."""
    language = record.session.tx.actor.language
    field = record.definition.fields[name]
    inner = record.session.tx.app.objects[f"{record.object}.{name}"]
    fields = [f for f in inner.fields.values() if f"{name}.{f.name}" in shown and f.kind != "lines"]
    summed = forms.summed_columns(record.definition, inner, name)
    lines = record.lines(name)
    read = [[traced(line, f, controls.read(line, f, language)) for f in fields] for line in lines]
    filled = [any((row[n].text or row[n].reason) and not row[n].hidden for row in read) for n in range(len(fields))]
    used = [n for n, wanted in enumerate(filled) if wanted or not lines]
    columns = [
        LineColumn(f.name, f.label.to(language), forms.kind_of(f), False, f.name in summed, None)
        for f in (fields[n] for n in used)
    ]
    rows = [LineRow(line.id or "", n, [read[n][c] for c in used], False) for n, line in enumerate(lines)]
    totals = (
        {f.name: forms.total_of(lines, f, language) for f in fields if f.name in summed} if lines else {}
    )
    return Grid(
        name=name,
        label=field.label.to(language),
        columns=columns,
        rows=rows,
        template=None,
        totals=totals,
        readonly=True,
        min=0,
        max=None,
        error="",
        hidden=False,
    )
