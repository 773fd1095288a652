"""Reads CSV and its kin; finds out encoding and separator where they are not given. Knows no field."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from engine.runtime.services.imports.rows import RISKY, FileSpec, Opened, Row, header_of, row_of, unfit_file

SAMPLE = 1_000_000
SEPARATORS = ",;\t|"
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)
COMMON_HANZI = range(0xB0, 0xD8)               # lead bytes of the 3,755 most used characters of GB 2312
HANZI_SIGNS = range(0xA1, 0xAA)                # and of its punctuation and letters


def guess_encoding(sample: bytes) -> str:
    """The encoding of a text by its first bytes: UTF-8 or UTF-16 by mark, UTF-8 if it is, else GB 18030 or cp1252."""
    for mark, name in MARKS:
        if sample.startswith(mark):
            return name
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
        return "utf-8"
    except UnicodeDecodeError:
        return "gb18030" if _looks_chinese(sample) else "cp1252"


def _looks_chinese(sample: bytes) -> bool:
    """Whether the bytes above ASCII are pairs of frequent Chinese characters; in Western text they stand alone."""
    pairs = high = at = 0
    while at < len(sample):
        if sample[at] < 0x80:
            at += 1
            continue
        high += 1
        following = sample[at + 1] if at + 1 < len(sample) else 0
        frequent = (sample[at] in COMMON_HANZI or sample[at] in HANZI_SIGNS) and following >= 0xA1
        pairs += frequent
        at += 2 if frequent else 1
    return pairs * 2 > high


def guess_separator(text: str) -> str:
    """The separator that cuts the first rows into most columns, and into the same number of them."""
    best, most = ",", 1.0
    for separator in SEPARATORS:
        rows = [row for row in csv.reader(text.splitlines()[:50], delimiter=separator) if row]
        if not rows:
            continue
        [(width, times)] = Counter(len(row) for row in rows).most_common(1)
        score = width * times / len(rows) if width > 1 else 1.0
        if score > most:
            best, most = separator, score
    return best


def open_delimited(path: Path, spec: FileSpec) -> Opened:
    """The columns and rows of a text file with separators."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    encoding = spec.encoding or guess_encoding(sample)
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
    except LookupError:
        raise unfit_file(spec.file, "不认识编码 {name}", "there is no encoding {name}", name=encoding) from None
    except UnicodeDecodeError as error:
        raise _undecodable(spec, encoding) from error
    separator = spec.separator or guess_separator(text.lstrip("\ufeff"))
    cells = _cells(path, spec, encoding, separator)
    for number, row in cells:
        if number >= spec.header and row:
            columns = header_of(spec.file, row)
            return Opened(columns, _rows(spec, columns, cells))
    raise unfit_file(spec.file, "没有表头", "there is no header row")


def _cells(path: Path, spec: FileSpec, encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of its first line."""
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=separator, strict=True)
        number = 1
        try:
            for row in reader:
                if number == 1 and row and row[0].startswith("\ufeff"):
                    row[0] = row[0].removeprefix("\ufeff")
                yield number, [unguarded(cell) for cell in row]
                number = reader.line_num + 1
        except UnicodeDecodeError as error:
            raise _undecodable(spec, encoding) from error
        except csv.Error as error:
            raise unfit_file(spec.file, "第 {row} 行无法读取（引号不成对？）",
                             "row {row} cannot be read (a quote without its partner?)", row=number) from error


def unguarded(text: str) -> str:
    """The text without the apostrophe that keeps a spreadsheet from reading it as a formula."""
    return text[1:] if text.startswith("'") and RISKY.match(text) else text


def _rows(spec: FileSpec, columns: tuple[str, ...], cells: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
    for number, found in cells:
        row = row_of(spec.file, number, columns, found)
        if row is not None:
            yield row


def _undecodable(spec: FileSpec, encoding: str) -> Exception:
    return unfit_file(spec.file, "不是 {name} 编码，请用 encoding 注明",
                      "this is not {name}; say what it is with `encoding`", name=encoding)
