"""Finds the table in a file: the rows with the columns' names, and notes above and below it. Knows no field."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from decimal import Decimal

from engine.runtime.services.imports.questions import Choice, Question
from engine.runtime.services.imports.rows import (
    Cell,
    FileSpec,
    Grid,
    Opened,
    Row,
    Span,
    header_of,
    is_blank,
    row_of,
    unfit_file,
)
from engine.texts import Text, say

LOOKED_AT = 60                                 # rows among which the header is looked for
MOST_CHOICES = 5
LONGEST_SHOWN = 60
MOST_WORDS = 3                                 # a longer cell, alone in its row, is a sentence
FEW = 3                                        # rows of a table, of which nobody can tell what they have in common
TOTAL = re.compile(r"\s*(total|sum|subtotal|grand total|合计|总计|小计)", re.IGNORECASE)
Numbered = tuple[int, Sequence[Cell]]


@dataclass(slots=True)
class Found:
    """Where the table is, what has been recognised, and what has to be asked."""

    spec: FileSpec
    notes: list[Text] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


def table_of(grid: Grid, spec: FileSpec) -> Opened:
    """The columns and rows of the table; without a header row in the spec the first filled row is it."""
    rows = grid.rows()
    columns = columns_of(rows, spec, grid.merged)
    return Opened(columns, _body(spec, columns, rows))


def columns_of(rows: Iterator[Numbered], spec: FileSpec, merged: Sequence[Span]) -> tuple[str, ...]:
    """The columns' names; takes the rows up to the header. Levels of a header are joined: `2008 / Qtr 1`."""
    first, last = min(spec.header or (1,)), max(spec.header or (1,))
    levels: list[Numbered] = []
    for number, cells in rows:
        if number >= first and not all(map(is_blank, cells)):
            levels.append((number, cells))
            if number >= last:
                break
    if not levels:
        raise unfit_file(spec.file, "没有表头", "there is no header row")
    if len(spec.header) < 2:
        return header_of(spec.file, [plain(cell) for cell in levels[-1][1]])
    return header_of(spec.file, _joined(levels, merged))


def _joined(levels: Sequence[Numbered], merged: Sequence[Span]) -> list[str]:
    """One name per column out of several levels; a level above the last one holds on to the right until the next."""
    width = max(len(cells) for _, cells in levels)
    names: list[list[str]] = [[] for _ in range(width)]
    for index, (number, cells) in enumerate(levels):
        spans = [span for span in merged if span.top <= number <= span.bottom]
        above = ""
        for column in range(width):
            text = "" if column >= len(cells) or is_blank(cells[column]) else str(plain(cells[column])).strip()
            inside = any(span.left < column + 1 <= span.right for span in spans)
            if not text and index < len(levels) - 1 and (inside or not merged):
                text = above
            above = text
            if text:
                names[column].append(text)
    return [" / ".join(parts) for parts in names]


def _body(spec: FileSpec, columns: tuple[str, ...], rows: Iterator[Numbered]) -> Iterator[Row]:
    for number, cells in rows:
        if spec.until and number > spec.until:
            return
        row = row_of(spec.file, number, columns, cells)
        if row is not None:
            yield row


def plain(cell: Cell) -> object:
    return format(cell, "f") if isinstance(cell, Decimal) else cell


# ---- looking for it


def find_table(
    grid: Grid, spec: FileSpec, sample: Sequence[Numbered], known: Collection[str], *, whole: bool
) -> Found:
    """Where the table of a sample begins and ends. `known` are names that columns may have, in lower case; `whole`: the
    sample is all of the file."""
    found = Found(spec)
    filled = [(number, cells) for number, cells in sample if not all(map(is_blank, cells))]
    if not filled:
        return found
    if not spec.header:
        _find_header(found, grid, filled[:LOOKED_AT], known)
    if not spec.until and whole and found.spec.header and not found.questions:
        _find_end(found, filled)
    return found


def _find_header(found: Found, grid: Grid, rows: Sequence[Numbered], known: Collection[str]) -> None:
    hits = {number: sum(_name(cell) in known for cell in cells) for number, cells in rows}
    best = max(hits.values())
    first = rows[0][0]
    if best >= 2 or hits[first] or best == 1 and len([n for n in hits.values() if n]) == 1:
        number = next(number for number, count in hits.items() if count == best)
        _settle(found, number, first)
        return
    names = candidates(rows)
    if names and names[0] == first and _is_full(rows, first):
        _settle(found, first, first)
    elif len(names) == 1:
        _settle(found, names[0], first)
    else:
        _ask(found, rows, names or levels_of(rows, grid.merged))


def _settle(found: Found, number: int, first: int) -> None:
    found.spec = replace(found.spec, header=(number,))
    if number != first:
        found.notes.append(say("第 {row} 行是列名，其上的内容略过",
                               "row {row} holds the columns' names; what stands above it is left out", row=number))


def _ask(found: Found, rows: Sequence[Numbered], names: Sequence[int | tuple[int, ...]]) -> None:
    by_number = dict(rows)
    choices = []
    for one in names[:MOST_CHOICES] or [number for number, _ in rows[:3]]:
        last = one if isinstance(one, int) else one[-1]
        shown = ", ".join(str(plain(cell)).strip() for cell in by_number[last] if not is_blank(cell))
        label = f"{one}" if isinstance(one, int) else f"{one[0]}-{one[-1]}"
        choices.append(Choice(one if isinstance(one, int) else list(one), f"{label}: {shown[:LONGEST_SHOWN]}"))
    found.questions.append(Question("header", say(
        "{file}：哪一行是列名？请用 header 注明", "{file}: which row holds the columns' names? Say so with `header`",
        file=found.spec.file), tuple(choices)))


def candidates(rows: Sequence[Numbered]) -> list[int]:
    """Rows that look like names of columns: most cells filled, all of them texts, each once, and data below."""
    width = max(_filled(cells) for _, cells in rows)
    found: list[int] = []
    for number, cells in rows:
        texts = [cell for cell in cells if not is_blank(cell)]
        if any(_is_datum(cell) for cell in texts):
            if found:
                break
            continue
        words = [str(cell).strip() for cell in texts]
        if len(words) * 10 >= width * 6 and len(set(words)) == len(words) and (len(words) > 1 or width == 1):
            found.append(number)
    return found[:MOST_CHOICES]


def levels_of(rows: Sequence[Numbered], merged: Sequence[Span]) -> list[tuple[int, ...]]:
    """A header of several levels: rows with cells merged across columns, and the row below them."""
    tops = [span.bottom for span in merged if span.right > span.left]
    numbers = [number for number, _ in rows]
    below = [number for number in numbers if tops and number > max(t for t in tops if t <= LOOKED_AT)] if tops else []
    if not below or below[0] <= numbers[0]:
        return []
    return [tuple(number for number in numbers if number <= below[0])]


def _is_full(rows: Sequence[Numbered], number: int) -> bool:
    return _filled(dict(rows)[number]) * 10 >= max(_filled(cells) for _, cells in rows) * 6


def _filled(cells: Sequence[Cell]) -> int:
    return sum(not is_blank(cell) for cell in cells)


def _is_datum(cell: Cell) -> bool:
    """Whether the cell is a value rather than a name: a number, a day, a truth value, also as text."""
    if isinstance(cell, (bool, int, Decimal, date, time)):
        return True
    text = str(cell).strip()
    return text[:1].isdigit() and not any(char.isalpha() for char in text) or text.strip("$€£¥-+()., ").isdigit()


def _name(cell: Cell) -> str:
    return "" if is_blank(cell) else str(plain(cell)).strip().lower()


def _is_remark(cell: Cell) -> bool:
    """Whether a cell reads like a note or the word before a total."""
    return isinstance(cell, str) and (TOTAL.match(cell) is not None or len(cell.split()) > MOST_WORDS)


def _find_end(found: Found, filled: Sequence[Numbered]) -> None:
    """Rows at the end that fill few of the columns, under rows that fill most, may be notes or totals."""
    body = [(number, _filled(cells)) for number, cells in filled if number > max(found.spec.header)]
    width = max((count for _, count in body), default=0)
    tail: list[int] = []
    while body and body[-1][1] * 3 <= width and width > 2:
        tail.insert(0, body.pop()[0])
    counts = sorted(count for _, count in body)
    if not tail or len(counts) < FEW or counts[len(counts) // 2] * 3 < width * 2:
        return
    if len(tail) == 1 and not any(_is_remark(cell) for cell in dict(filled)[tail[0]]):
        return                                 # a single row may just lack the others
    last = body[-1][0]
    choices = (Choice(last, str(last)), Choice(filled[-1][0], str(filled[-1][0])))
    found.questions.append(Question("until", say(
        "{file}：第 {from} 行起像是表后的备注或合计，表到哪一行为止？请用 until 注明",
        "{file}: from row {from} on there seem to be notes or totals; which is the table's last row? Say so with "
        "`until`",
        file=found.spec.file, **{"from": tail[0]}), choices))
