"""Reads the sheet of a spreadsheet file: its archive is looked at first, its contents are read by a process of its own.

What a hostile file costs is bounded: the child has little memory and time, and rows come from it one by one. Takes the
values that formulas last had."""

from __future__ import annotations

import datetime as dt
import json
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from engine.runtime.services.imports.rows import Cell, FileSpec, Grid, Span, ended, unfit_file

Child: TypeAlias = "tuple[Path, int]"          # a program that reads spreadsheets, and bytes of memory for it
UNREADABLE = ("不是可读的电子表格", "this is no spreadsheet that can be read")
MOST_ENTRIES = 200
MOST_ENTRY = 500_000_000
MOST_TOTAL = 1_000_000_000
MB = 1_000_000
MOST_WHOLE = 200 * MB                          # of the cells of an ODS, unpacked
MOST_RATIO = 100
SMALL = 1_000_000                              # below this any ratio is harmless
SECONDS = 300
TOO_LARGE = 3                                  # what a child ends with that lacks memory
STREAMED = (Path(__file__).with_name("xlsx_child.py"), 300_000_000)        # with bytes of memory
WHOLE = (Path(__file__).with_name("sheet_child.py"), 1_500_000_000)        # reads all of a sheet at once
# By the file's ending: the first that can read the file does. The library that streams minds what others overlook.
CHILDREN: Mapping[str, Sequence[Child]] = {".xlsx": (STREAMED, WHOLE), ".xlsm": (STREAMED, WHOLE), ".ods": (WHOLE,)}


class _Unreadable(Exception):
    """The program cannot read the file."""


def sheet_grid(path: Path, spec: FileSpec) -> Grid:
    """One sheet: the one named, else the first that has contents."""
    check_archive(path, spec.file)
    child, head = _opened(path, spec)
    if not head["sheet"]:
        raise unfit_file(spec.file, "没有工作表 {name}，有：{known}", "there is no sheet {name}; there are: {known}",
                         name=spec.sheet, known=", ".join(head["sheets"]))
    merged = tuple(Span(*span) for span in head["merged"])
    chosen = replace(spec, sheet=head["sheet"])
    return Grid(lambda: _rows(child, path, chosen), sheet=head["sheet"], sheets=tuple(head["filled"]), merged=merged)


def _opened(path: Path, spec: FileSpec) -> tuple[Child, dict[str, Any]]:
    """The program that can read a file, and what it tells of its sheets."""
    for child in CHILDREN[path.suffix.lower()]:
        try:
            with ended(_lines(child, path, spec, "head")) as lines:
                head = next(lines, None)
                list(lines)
        except _Unreadable:
            continue
        if isinstance(head, dict):
            return child, head
    raise unfit_file(spec.file, *UNREADABLE)


def _rows(child: Child, path: Path, spec: FileSpec) -> Iterator[tuple[int, list[Cell]]]:
    try:
        yield from _numbered(child, path, spec)
    except _Unreadable:
        raise unfit_file(spec.file, *UNREADABLE) from None


def _numbered(child: Child, path: Path, spec: FileSpec) -> Iterator[tuple[int, list[Cell]]]:
    with ended(_lines(child, path, spec, "rows")) as lines:
        for number, cells in lines:
            yield int(number), cells


def _lines(child: Child, path: Path, spec: FileSpec, what: str) -> Iterator[Any]:
    """What a program says, line by line. It ends with whoever listens. `what`: `head` or `rows`."""
    program, memory = child
    command = [sys.executable, "-I", str(program), str(path), spec.sheet, what, str(memory), str(SECONDS)]
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             env={}, encoding="utf-8")
    assert running.stdout is not None
    try:
        for line in running.stdout:
            yield READER.decode(line)
        if running.wait() != 0:
            raise _Unreadable if 0 < running.returncode != TOO_LARGE else unfit_file(
                spec.file, "电子表格过大或结构可疑，请另存为 CSV",
                "the spreadsheet is too large or looks odd; save it as CSV")
    finally:
        running.stdout.close()
        running.kill()
        running.wait()


def _cell(found: dict[str, str]) -> object:
    [(kind, text)] = found.items() if len(found) == 1 else [("", "")]
    if kind == "m":
        return dt.datetime.fromisoformat(text)
    if kind == "d":
        return dt.date.fromisoformat(text)
    return dt.time.fromisoformat(text) if kind == "t" else found


READER = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal, object_hook=_cell)


def check_archive(path: Path, file: str) -> None:
    """Refuse archives made to swell or to escape, before anything is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = list(islice(archive.infolist(), MOST_ENTRIES + 1))
    except (zipfile.BadZipFile, OSError) as error:
        raise unfit_file(file, *UNREADABLE) from error
    names = [entry.filename for entry in entries]
    odd = len(entries) > MOST_ENTRIES or len(set(names)) < len(names) or any(_is_odd(entry) for entry in entries)
    whole = sum(entry.file_size for entry in entries if entry.filename == "content.xml")
    if path.suffix.lower() == ".ods" and not odd and whole > MOST_WHOLE:
        raise unfit_file(
            file, "ODS 文件须整体读入，最多约一百万个单元格（{most} MB），此文件为 {size} MB：请另存为 XLSX 或 CSV",
            "an ODS is read as a whole, about a million cells at most ({most} MB), and this one has {size} MB: save it "
            "as XLSX or CSV, which are read row by row", most=MOST_WHOLE // MB, size=-(-whole // MB))
    if odd or sum(entry.file_size for entry in entries) > MOST_TOTAL:
        raise unfit_file(file, "电子表格的结构可疑或过大，请另存为新文件或 CSV",
                         "the spreadsheet's archive looks odd or is too large; save it anew, or as CSV")


def _is_odd(entry: zipfile.ZipInfo) -> bool:
    swells = entry.file_size > SMALL and entry.file_size > MOST_RATIO * max(entry.compress_size, 1)
    escapes = entry.filename.startswith(("/", "\\")) or ".." in Path(entry.filename.replace("\\", "/")).parts
    special = bool(entry.flag_bits & 1) or stat.S_ISLNK(entry.external_attr >> 16)
    return swells or escapes or special or entry.file_size > MOST_ENTRY
