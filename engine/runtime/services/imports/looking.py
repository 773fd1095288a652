"""Looks at a file before it is imported: sheet, header, end, notation. What it finds is said, the rest is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from engine.runtime.services.imports.files import GRIDS, JSON_LINES, path_of
from engine.runtime.services.imports.headers import LOOKED_AT, find_table, plain, table_of
from engine.runtime.services.imports.json_lines import open_json_lines
from engine.runtime.services.imports.notations import day_forms, number_forms
from engine.runtime.services.imports.plans import Notation, Origin
from engine.runtime.services.imports.questions import Choice, Question
from engine.runtime.services.imports.rows import FileSpec, Grid, Opened, Row, ended, is_blank
from engine.texts import Text, say

SAMPLE_ROWS = 5_000
SAMPLE_CELLS = 100_000
DAYS = ("date", "datetime")


@dataclass(slots=True)
class Look:
    """A file with everything that could be recognised settled. `sample` are its first rows, `whole`: they are all."""

    spec: FileSpec
    columns: tuple[str, ...] = ()
    sample: list[Row] = field(default_factory=list)
    whole: bool = True
    notes: list[Text] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


def look(folder: Path, spec: FileSpec, known: Collection[str]) -> Look:
    """What a file is. `known` are names that its columns may have. Raises `Invalid` for a file that cannot be read."""
    path = path_of(folder, spec)
    names = frozenset(name.strip().lower() for name in known)
    if path.suffix.lower() in JSON_LINES:
        return _sampled(Look(spec), open_json_lines(path, spec))
    grid = GRIDS[path.suffix.lower()](path, spec)
    found = Look(replace(spec, encoding=grid.encoding, separator=grid.separator, sheet=grid.sheet))
    found.notes += _said(grid, spec)
    if not spec.sheet and len(grid.sheets) > 1:
        grid = _choose_sheet(found, path, grid, names)
        if found.questions:
            return found
    sample, whole = _first(grid.rows())
    table = find_table(grid, found.spec, sample, names, whole=whole)
    found.spec, found.notes = table.spec, found.notes + table.notes
    found.questions += table.questions
    return found if any(q.path == "header" for q in found.questions) else _sampled(found, table_of(grid, found.spec))


def _said(grid: Grid, spec: FileSpec) -> Iterator[Text]:
    if grid.encoding and not spec.encoding:
        yield say("编码：{encoding}", "encoding: {encoding}", encoding=grid.encoding)
    if grid.separator and not spec.separator:
        shown = "Tab" if grid.separator == "\t" else grid.separator
        yield say("分隔符：{separator}", "separator: {separator}", separator=shown)


def _choose_sheet(found: Look, path: Path, grid: Grid, known: Collection[str]) -> Grid:
    """Of several sheets the one that has the columns; if that is not clear it is asked."""
    grids = {name: GRIDS[path.suffix.lower()](path, replace(found.spec, sheet=name)) for name in grid.sheets[:20]}
    hits = {name: _hits(one, known) for name, one in grids.items()}
    best = [name for name, count in hits.items() if count == max(hits.values())]
    if max(hits.values()) < 2 or len(best) > 1:
        choices = tuple(Choice(name, name) for name in grid.sheets)
        found.questions.append(Question("sheet", say(
            "{file}：要导入哪个工作表？请用 sheet 注明", "{file}: which sheet? Say so with `sheet`",
            file=found.spec.file), choices))
        return grid
    found.spec = replace(found.spec, sheet=best[0])
    found.notes.append(say("工作表：{sheet}", "sheet: {sheet}", sheet=best[0]))
    return grids[best[0]]


def _hits(grid: Grid, known: Collection[str]) -> int:
    """How many known names stand in the row that has most of them."""
    with ended(grid.rows()) as rows:
        texts = ({str(plain(cell)).strip().lower() for cell in cells} for _, cells in islice(rows, LOOKED_AT))
        return max((len(row & set(known)) for row in texts), default=0)


def _first(rows: Iterator[tuple[int, Sequence[Any]]]) -> tuple[list[tuple[int, Sequence[Any]]], bool]:
    """The first rows, and whether there are no more."""
    sample: list[tuple[int, Sequence[Any]]] = []
    cells = 0
    with ended(rows) as open_rows:
        for row in open_rows:
            if len(sample) >= SAMPLE_ROWS or cells > SAMPLE_CELLS:
                return sample, False
            sample.append(row)
            cells += len(row[1])
    return sample, True


def _sampled(found: Look, opened: Opened) -> Look:
    most = max(1, min(SAMPLE_ROWS, SAMPLE_CELLS // max(1, len(opened.columns))))
    with ended(opened.rows) as rows:
        found.sample = list(islice(rows, most))
        found.whole = next(rows, None) is None
    found.columns = opened.columns
    nameless = [row for row in found.sample if row.nameless]
    if nameless:
        found.notes.append(say(
            "没有列名的列不导入（如第 {row} 行）", "cells in columns without a name are left out (as in row {row})",
            row=nameless[0].number))
    return found


# ---- numbers and days


def settle(
    origins: Mapping[str, Origin], found: Look, given: Notation, *, dates: bool, numbers: bool
) -> dict[str, Origin]:
    """The origins with the notation of their columns. What a column leaves open becomes a question of the look.

    `dates`, `numbers`: whether the mapping says how they are written."""
    texts = {name: _texts(found.sample, origin, given) for name, origin in origins.items()}
    kinds = {name: origin.target.type.name for name, origin in origins.items()}
    forms = {name: number_forms(texts[name]) for name in origins if kinds[name] == "number"}
    everywhere = set().union(*(evidence for evidence, _ in forms.values())) if forms else set()
    settled: dict[str, Origin] = {}
    for name, origin in origins.items():
        notation = origin.notation or given
        if kinds[name] == "number" and not numbers and origin.notation is None:
            notation = replace(notation, numbers=_numbers(found, origin, *forms[name], everywhere, given))
        if kinds[name] in DAYS and origin.notation is None:
            notation = replace(notation, dates=_days(found, origin, texts[name], given if dates else None))
        settled[name] = replace(origin, notation=notation, reads=kinds[name])
    return settled


def _texts(rows: Iterable[Row], origin: Origin, given: Notation) -> list[str]:
    if not origin.column:
        return []
    cells = (row.cells.get(origin.column) for row in rows)
    texts = (cell.strip() for cell in cells if isinstance(cell, str) and not is_blank(cell))
    return [text for text in texts if text not in given.blanks and text not in origin.map]


def _numbers(
    found: Look, origin: Origin, evidence: set[str], doubtful: str, everywhere: set[str], given: Notation
) -> str:
    sure = evidence or (everywhere if doubtful else set())
    if len(sure) == 1:
        [name] = sure
        if name != given.numbers:
            found.notes.append(say("{column}：数字按 {form} 读取", "{column}: numbers are read as {form}",
                                   column=origin.column, form=name))
        return name
    if doubtful and not sure and not any(q.path == "numbers" for q in found.questions):
        grouped = doubtful.replace(",", "").replace(".", "")
        decimal = doubtful.replace(",", ".")
        readings = ("1.234,5", "1,234.5") if "." in doubtful else ("1,234.5", "1.234,5")
        found.questions.append(Question("numbers", say(
            "列 {column}：{text} 是 {grouped} 还是 {decimal}？请用 numbers 注明",
            "column {column}: is {text} {grouped} or {decimal}? Say so with `numbers`", column=origin.column,
            text=doubtful, grouped=grouped, decimal=decimal),
            (Choice(readings[0], f"{readings[0]}: {grouped}"), Choice(readings[1], f"{readings[1]}: {decimal}"))))
    return given.numbers


def _days(found: Look, origin: Origin, texts: Sequence[str], given: Notation | None) -> tuple[str, ...]:
    if given is not None and given.dates and (not texts or any(
        form in given.dates for form in day_forms(texts)[0]
    ) or not day_forms(texts)[0]):
        return given.dates
    forms, example = day_forms(texts)
    if not forms:
        return given.dates if given is not None else ()
    if len(forms) == 1:
        found.notes.append(say(
            "{column}：日期按 {form} 读取（如 {text}）", "{column}: days are read as {form} (as {text})",
            column=origin.column, form=forms[0], text=example))
        return (forms[0],)
    if given is not None:
        return given.dates
    if not any(q.path == "dates" for q in found.questions):
        found.questions.append(Question("dates", say(
            "列 {column}：日期 {text} 怎样读？请用 dates 注明",
            "column {column}: how is the day {text} to be read? Say so with `dates`", column=origin.column,
            text=example), tuple(Choice(form) for form in forms)))
    return ()
