"""A record to read: its values in the layout of its form, its lines as tables. Knows records and access, no request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from engine.kinds.fields.base import Field
from engine.runtime.services.records import Record
from engine.runtime.web.present import controls, forms, values
from engine.runtime.web.present.forms import Grid, LineColumn, LineRow

WIDE = ("textarea", "rich_text", "json", "tags", "choices")


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled value; `wide` takes the whole row."""

    label: str
    value: str
    badge_color: str = ""
    url: str = ""
    mark: str = ""
    wide: bool = False
    html: str = ""
    swatch: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A titled part of the page: facts, or the table of a lines field."""

    title: str = ""
    facts: Sequence[Fact] = ()
    grid: Grid | None = None


def parts(record: Record, shown: frozenset[str]) -> list[Part]:
    """The record in the layout of its form; what the actor may not see, and long blanks, are left out."""
    forms.load_titles(record)
    found: list[Part] = []
    loose: list[str] = []
    for entry in record.definition.form or tuple(record.definition.fields):
        if isinstance(entry, Mapping):
            found += gathered(record, loose, shown)
            found += section(record, entry, shown)
        else:
            for name in names_in(entry):
                if name in record.definition.lines:
                    found += [*gathered(record, loose, shown), *grids(record, [name], shown)]
                else:
                    loose.append(name)
    return found + gathered(record, loose, shown)


def names_in(entry: Any) -> Sequence[str]:
    """The fields of an entry of the layout: one, or several side by side."""
    return [entry] if isinstance(entry, str) else list(entry)


def section(record: Record, entry: Mapping[str, Any], shown: frozenset[str]) -> list[Part]:
    """A titled section; the tables within it follow it."""
    title = entry["section"].to(record.session.tx.actor.language) if "section" in entry else ""
    names = [n for one in entry.get("fields", ()) for n in ([one] if isinstance(one, str) else one)]
    lines = [n for n in names if n in record.definition.lines]
    facts = facts_of(record, [n for n in names if n not in lines], shown)
    return ([Part(title, facts)] if facts else []) + grids(record, lines, shown)


def gathered(record: Record, loose: list[str], shown: frozenset[str]) -> list[Part]:
    """The fields gathered so far as an untitled part."""
    facts = facts_of(record, loose, shown)
    loose.clear()
    return [Part(facts=facts)] if facts else []


def facts_of(record: Record, names: Iterable[str], shown: frozenset[str]) -> list[Fact]:
    """The values of these fields as the actor may see them."""
    fields = [record.definition.fields[n] for n in names if n in shown and n in record.definition.fields]
    found = [fact(record, f) for f in fields if f.show is None or controls.holds(f.show, record)]
    return [f for f in found if f.value or not f.wide]


def fact(record: Record, field: Field) -> Fact:
    """One labelled value."""
    cell = values.cell(record, field, record.session.tx.actor.language)
    html = Markup(field.markup(record.get(field.name)))  # what a kind calls safe is safe
    swatch = cell.text if field.widget == "color" else ""
    return Fact(cell.label, cell.text, cell.color, cell.url, cell.mark, field.widget in WIDE, html, swatch)


def grids(record: Record, names: Iterable[str], shown: frozenset[str]) -> list[Part]:
    """The tables of these lines fields."""
    return [Part(grid=grid(record, name, shown)) for name in names if name in shown]


def grid(record: Record, name: str, shown: frozenset[str]) -> Grid:
    """The lines of one field to read, with sums that mean something, without columns that are blank throughout."""
    language = record.session.tx.actor.language
    field = record.definition.fields[name]
    inner = record.session.tx.app.objects[f"{record.object}.{name}"]
    fields = [f for f in inner.fields.values() if f"{name}.{f.name}" in shown and f.kind != "lines"]
    summed = forms.summed_columns(record.definition, inner, name)
    lines = record.lines(name)
    read = [[controls.read(line, f, language) for f in fields] for line in lines]
    used = [n for n, f in enumerate(fields) if not lines or any(row[n].text and not row[n].hidden for row in read)]
    columns = [
        LineColumn(f.name, f.label.to(language), forms.kind_of(f), False, f.name in summed, None)
        for f in (fields[n] for n in used)
    ]
    rows = [LineRow(line.id or "", n, [read[n][c] for c in used], False) for n, line in enumerate(lines)]
    totals = (
        {f.name: f.format(forms.total_of(lines, f.name), language) for f in fields if f.name in summed} if lines else {}
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
