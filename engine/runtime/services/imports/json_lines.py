"""Reads JSON lines: one object per line. Knows no field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any

from engine.runtime.services.imports.rows import FileSpec, Opened, Row, unfit_file
from engine.texts import Text, say

LONGEST_LINE = 1_000_000
LOOKED_AT = 1000                               # rows whose keys are the columns


def open_json_lines(path: Path, spec: FileSpec) -> Opened:
    """The columns are the keys of the first rows, in the order in which they appear."""
    rows = _rows(path, spec)
    first = list(islice(rows, LOOKED_AT))
    columns = tuple(dict.fromkeys(key for row in first for key in row.cells))
    if not columns and all(row.fault is None for row in first):
        raise unfit_file(spec.file, "没有数据", "there is no data")
    return Opened(columns, chain(first, rows))


def _refuse(word: str) -> Any:
    raise ValueError(word)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


READER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_pairs)


def _rows(path: Path, spec: FileSpec) -> Iterator[Row]:
    try:
        with path.open(encoding=spec.encoding or "utf-8-sig") as file:
            number = 0
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    raise unfit_file(spec.file, "第 {row} 行过长", "line {row} is too long", row=number)
                if line.strip():
                    yield read_line(spec.file, number, line)
    except (UnicodeDecodeError, LookupError) as error:
        raise unfit_file(spec.file, "不是 UTF-8 编码，请用 encoding 注明",
                         "this is not UTF-8; say what it is with `encoding`") from error


def read_line(file: str, number: int, line: str) -> Row:
    """One line; numbers stay exact, a key that stands twice or NaN is a fault of the row."""
    try:
        found = READER.decode(line.strip())
    except (ValueError, RecursionError):
        return Row(file, number, {}, _fault())
    return Row(file, number, found) if isinstance(found, dict) else Row(file, number, {}, _fault())


def _fault() -> Text:
    return say("该行不是一个 JSON 对象", "the line is no JSON object")
