"""Puts the rows of an import together: one draft per record, with the rows of its lines. Reads no value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from engine.runtime.services.imports.files import open_file
from engine.runtime.services.imports.plans import LinesPlan, Plan
from engine.runtime.services.imports.rows import Cell, Row
from engine.texts import say

JoinKey = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """One record to be: its row and, by lines field, the rows of its lines."""

    row: Row
    lines: Mapping[str, Sequence[Row]] = field(default_factory=dict)


@dataclass(slots=True)
class Joined:
    """The rows of a second file by the columns that join them; `used` are those that found their record."""

    plan: LinesPlan
    groups: dict[JoinKey, list[Row]]
    used: set[JoinKey] = field(default_factory=set)

    def of(self, row: Row) -> Sequence[Row]:
        """The rows that belong to a row of the main file, in their order."""
        key = join_key(row, [mine for mine, _ in self.plan.on])
        self.used.add(key)
        return self.groups.get(key, ())

    def left_over(self) -> Iterator[Row]:
        """Rows that no record took, each with the reason as its fault."""
        for key, rows in self.groups.items():
            if key not in self.used:
                for row in rows:
                    fault = say("主文件中没有 {key} 这条记录", "the main file has no record {key}", key=", ".join(key))
                    yield Row(row.file, row.number, row.cells, fault)


def join_key(row: Row, columns: Sequence[str]) -> JoinKey:
    """The cells that join two files, as texts: 10248 of a sheet and `10248` of a text file are the same."""
    return tuple(_text(row.cells.get(column)) for column in columns)


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell).strip()


@dataclass(slots=True)
class Drafts:
    """All drafts of a plan, to be taken once; afterwards `left_over` gives the rows of lines without a record."""

    plan: Plan
    folder: Path
    joined: list[Joined] = field(default_factory=list)

    def __iter__(self) -> Iterator[Draft]:
        self.joined = [Joined(part, _grouped(part, self.folder)) for part in self.plan.lines if part.file is not None]
        rows = open_file(self.folder, self.plan.file).rows
        same = [part for part in self.plan.lines if part.file is None and not part.column]
        if not same:
            for row in rows:
                yield self._draft(row, [row], same)
            return
        columns = [mine for mine, _ in same[0].on]
        torn = _torn(open_file(self.folder, self.plan.file).rows, columns)
        apart: dict[JoinKey, list[Row]] = {}
        for key, group in groupby(rows, lambda row: join_key(row, columns)):
            if key in torn:
                apart.setdefault(key, []).extend(group)
            else:
                together = list(group)
                yield self._draft(together[0], together, same)
        for together in apart.values():
            yield self._draft(together[0], together, same)

    def _draft(self, row: Row, together: Sequence[Row], same: Sequence[LinesPlan]) -> Draft:
        lines: dict[str, Sequence[Row]] = {part.name: together for part in same}
        lines |= {joined.plan.name: joined.of(row) for joined in self.joined}
        lines |= {part.name: _nested(row, part) for part in self.plan.lines if part.column}
        return Draft(row, lines)

    def left_over(self) -> Iterator[Row]:
        for joined in self.joined:
            yield from joined.left_over()


def _torn(rows: Iterator[Row], columns: Sequence[str]) -> set[JoinKey]:
    """The keys whose rows do not stand together; such records come last, whole."""
    seen: set[int] = set()                     # hashes: a file may have a million keys
    torn: set[JoinKey] = set()
    for key, _ in groupby(rows, lambda row: join_key(row, columns)):
        if hash(key) in seen:
            torn.add(key)
        seen.add(hash(key))
    return torn


def _grouped(part: LinesPlan, folder: Path) -> dict[JoinKey, list[Row]]:
    assert part.file is not None
    groups: dict[JoinKey, list[Row]] = {}
    columns = [theirs for _, theirs in part.on]
    for row in open_file(folder, part.file).rows:
        groups.setdefault(join_key(row, columns), []).append(row)
    return groups


def _nested(row: Row, part: LinesPlan) -> list[Row]:
    """The items of a list in a cell (JSON lines) as rows."""
    cell = row.cells.get(part.column)
    if cell is None:
        return []
    items = cell if isinstance(cell, list) else [cell]
    fault = say("{column} 应为对象的列表", "{column} must be a list of objects", column=part.column)
    return [Row(row.file, row.number, item) if isinstance(item, dict) else Row(row.file, row.number, {}, fault)
            for item in items]
