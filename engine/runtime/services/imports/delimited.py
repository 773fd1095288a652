"""Reads CSV and its kin; finds out encoding and separator where they are not given. Knows no field."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from engine.runtime.services.imports.questions import Choice, Question, Unclear
from engine.runtime.services.imports.rows import RISKY, FileSpec, Grid, unfit_file
from engine.texts import say

SAMPLE = 1_000_000
SEPARATORS = ",;\t|"
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)
COMMON_HANZI = range(0xB0, 0xD8)               # lead bytes of the 3,755 most used characters of GB 2312
WESTERN_LETTERS = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿŒœŠšŽžŸ"
MONEY_SIGNS = "£€¥"
WESTERN_SIGNS = "£€¥©®™°–—‘’“”„…·•«»§¼½¾²³ªº×¡¿ \u00a0"
CANDIDATES = ("gb18030", "cp1252", "cp1250", "cp1251", "big5", "shift_jis")
NOT_ASCII = re.compile(r"[^\s,;\t|]*[^\x00-\x7f]+[^\s,;\t|]*")
TAB = "\t"
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
    return _share_of_pairs(sample) > 0.5


def _share_of_pairs(sample: bytes) -> float:
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
    return pairs / high if high else 0.0


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


def delimited_grid(path: Path, spec: FileSpec) -> Grid:
    """A text file with separators. Raises `Unclear` where its encoding or separator may be this or that."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    encoding = spec.encoding or sure_encoding(sample, spec.file)
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
    except LookupError:
        raise unfit_file(spec.file, "不认识编码 {name}", "there is no encoding {name}", name=encoding) from None
    except UnicodeDecodeError as error:
        raise _undecodable(spec, encoding) from error
    separator = spec.separator or sure_separator(text.lstrip("\ufeff"), spec.file)
    return Grid(lambda: _cells(path, spec, encoding, separator), encoding, separator)


def sure_encoding(sample: bytes, file: str) -> str:
    """The encoding, if there is no doubt; else `Unclear` with what the text would read in each."""
    found = guess_encoding(sample)
    if found not in ("gb18030", "cp1252") or _reads_well(sample, found):
        return found
    readings = ((name, _excerpt(sample, name)) for name in CANDIDATES)
    choices = [Choice(name, f"{name}: {text}") for name, text in readings if text]
    raise Unclear([Question("encoding", say(
        "{file}：编码不明，请用 encoding 注明",
        "{file}: it is not clear which encoding this is; say so with `encoding`", file=file), tuple(choices))])


def _reads_well(sample: bytes, encoding: str) -> bool:
    """Whether the text looks like one that was written so: Chinese throughout, or Western letters within words."""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(sample)
    if encoding == "gb18030":
        odd = sum(char == "\ufffd" or "\ue000" <= char <= "\uf8ff" for char in text)
        return odd == 0 and _share_of_pairs(sample) >= 0.9
    return all(_western(text, at) for at, char in enumerate(text) if char > "\x7f")


def _western(text: str, at: int) -> bool:
    """Whether a sign above ASCII stands where Western writing has it: letters beside letters, signs beside none."""
    char, around = text[at], (text[at - 1:at], text[at + 1:at + 2])
    if char in WESTERN_LETTERS:
        high = sum(one > "\x7f" and one in WESTERN_LETTERS for one in around)
        return high < 2 and not (char.isupper() and around[0].islower())
    return char in WESTERN_SIGNS and not all(map(str.isalpha, around)) and not (
        char in MONEY_SIGNS and around[1].isalpha())


def _excerpt(sample: bytes, encoding: str) -> str:
    """The first words with signs above ASCII, as they read in an encoding; blank if it cannot be that one."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return ""
    return ", ".join(list(dict.fromkeys(NOT_ASCII.findall(text)))[:3])


def sure_separator(text: str, file: str) -> str:
    """The separator, if only one cuts every row into the same number of columns; else `Unclear`."""
    even: dict[str, int] = {}
    for separator in SEPARATORS:
        widths = {len(row) for row in csv.reader(text.splitlines()[:50], delimiter=separator) if row}
        if len(widths) == 1 and min(widths) > 1:
            even[separator] = min(widths)
    if len(even) < 2:
        return guess_separator(text)
    choices = tuple(Choice(sign, f"{'Tab' if sign == TAB else sign} ({count})") for sign, count in even.items())
    raise Unclear([Question("separator", say(
        "{file}：分隔符不明，请用 separator 注明",
        "{file}: it is not clear what separates the columns; say so with `separator`", file=file), choices)])


def _cells(path: Path, spec: FileSpec, encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of its first line."""
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=separator, strict=True)
        number = 1
        try:
            for row in reader:
                if number == 1 and row and row[0].startswith("\ufeff"):
                    row[0] = row[0].removeprefix("\ufeff")
                yield number, [unguarded(cell) if cell[:1] == "'" else cell for cell in row]
                number = reader.line_num + 1
        except UnicodeDecodeError as error:
            raise _undecodable(spec, encoding) from error
        except csv.Error as error:
            raise unfit_file(spec.file, "第 {row} 行无法读取（引号不成对？）",
                             "row {row} cannot be read (a quote without its partner?)", row=number) from error


def unguarded(text: str) -> str:
    """The text without the apostrophe that keeps a spreadsheet from reading it as a formula."""
    return text[1:] if text.startswith("'") and RISKY.match(text) else text


def _undecodable(spec: FileSpec, encoding: str) -> Exception:
    return unfit_file(spec.file, "不是 {name} 编码，请用 encoding 注明",
                      "this is not {name}; say what it is with `encoding`", name=encoding)
