"""Reads a sheet of an XLSX workbook row by row in a process of its own with little memory and time: JSON lines, as
`sheet_child` writes them for other spreadsheets.

It is run by its path, not imported: it must know nothing of the engine. Libraries that read whole sheets take some
hundred MB for half a million rows; here a row is forgotten once it is written, and only shared texts are kept.
Arguments: the file, the sheet (blank: the first with contents), `head` or `rows`, bytes of memory, seconds. Exit code
3: it is too large."""

import datetime as dt
import json
import posixpath
import re
import resource
import sys
import zipfile
from collections.abc import Callable, Iterator
from typing import IO
from xml.parsers import expat

TOO_LARGE = 3
CHUNK = 1 << 16
MOST_COLUMNS = 1_000
MOST_GAP = 1_000                               # blank rows that are told one by one
MOST_MERGED = 1_000
BUILT_IN_DATES = frozenset((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)))     # 27 …: of Chinese and Japanese
BUILT_IN_SPAN = 46
LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
SPAN = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b[^<>]*?\bref=\"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})\"")
DIGITS = "0123456789"
DAY = 86_400_000                               # milliseconds
MODERN, EARLY, MAC = dt.datetime(1899, 12, 30), dt.datetime(1899, 12, 31), dt.datetime(1904, 1, 1)
LEAP = 60                                      # the day 1900-02-29 that spreadsheets count
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
COLUMNS: dict[str, int] = {}
DATE, DURATION = "date", "duration"


class Found(Exception):
    """Something stands in the sheet."""


class Book:
    """A workbook: its sheets, the texts that cells share, what its styles mean."""

    def __init__(self, path: str) -> None:
        self.archive = zipfile.ZipFile(path)
        self.parts = {name.lower().lstrip("/"): name for name in self.archive.namelist()}
        main = next((target for _, kind, target in self.relations("") if kind == "officeDocument"), "xl/workbook.xml")
        self.targets = {id: (kind, target) for id, kind, target in self.relations(main)}
        self.sheets: dict[str, str] = {}       # name → part
        self.seen: list[str] = []              # names of worksheets that people see
        self.from_1904 = False
        parse(self.open(main), self._workbook)

    def open(self, part: str) -> IO[bytes]:
        """A part of the archive, unpacked as it is read."""
        return self.archive.open(self.parts[part.lower()])

    def relations(self, part: str) -> Iterator[tuple[str, str, str]]:
        """What a part refers to: id, kind, part."""
        folder, name = posixpath.split(part)
        found: list[tuple[str, str, str]] = []

        def take(tag: str, given: dict[str, str]) -> None:
            if tag == "Relationship" and "Target" in given:
                target = posixpath.normpath(posixpath.join("/", folder, given["Target"])).lstrip("/")
                found.append((given.get("Id", ""), given.get("Type", "").rpartition("/")[2], target))

        where = posixpath.join(folder, "_rels", name + ".rels")
        if where.lower() in self.parts:
            parse(self.open(where), take)
        return iter(found)

    def _workbook(self, tag: str, given: dict[str, str]) -> None:
        if tag == "workbookPr":
            self.from_1904 = given.get("date1904", "") in ("1", "true")
        if tag != "sheet":
            return
        id = next((value for name, value in given.items() if name.endswith(":id")), "")
        kind, target = self.targets.get(id, ("", ""))
        if kind == "worksheet":
            self.sheets[given["name"]] = target
            if given.get("state", "visible") == "visible":
                self.seen.append(given["name"])

    def part_of(self, kind: str) -> IO[bytes] | None:
        """The one part of a kind that the workbook refers to."""
        target = next((target for found, target in self.targets.values() if found == kind), "")
        return self.open(target) if target.lower() in self.parts else None

    def shared(self) -> list[str]:
        """The texts that cells refer to by their number."""
        texts: list[str] = []
        pieces: list[str] = []
        reading = Reading()

        def start(tag: str, given: dict[str, str]) -> None:
            if tag == "si":
                pieces.clear()
            reading.start(tag)

        def end(tag: str) -> None:
            reading.end(tag)
            if tag == "si":
                texts.append(unescaped("".join(pieces)))

        def text(data: str) -> None:
            if reading.counts:
                pieces.append(data)

        part = self.part_of("sharedStrings")
        if part is not None:
            parse(part, start, end, text)
        return texts

    def styles(self) -> list[str]:
        """By the number of a cell's style whether its numbers are dates or durations."""
        formats: dict[int, str] = {}
        found: list[str] = []
        inside: list[str] = []

        def start(tag: str, given: dict[str, str]) -> None:
            inside.append(tag)
            if tag == "numFmt":
                formats[int(given["numFmtId"])] = given.get("formatCode", "")
            if tag == "xf" and "cellXfs" in inside:
                number = int(given.get("numFmtId", "0"))
                found.append(kind_of(number, formats.get(number)))

        def end(tag: str) -> None:
            inside.pop()

        part = self.part_of("styles")
        if part is not None:
            parse(part, start, end)
        return found


class Reading:
    """Which texts of a rich text count: those of `t`, without how it is pronounced (`rPh`)."""

    def __init__(self) -> None:
        self.spoken = self.counts = False

    def start(self, tag: str) -> None:
        self.spoken = self.spoken or tag == "rPh"
        self.counts = tag == "t" and not self.spoken

    def end(self, tag: str) -> None:
        self.counts = False
        if tag == "rPh":
            self.spoken = False


def parse(
    part: IO[bytes], start: Callable[[str, dict[str, str]], None], end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Read a part from its beginning; tags are told without the prefix of their namespace, if its root has one."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse

    def root(tag: str, given: dict[str, str]) -> None:
        plain = ":" not in tag
        parser.StartElementHandler = start if plain else lambda tag, given: start(tag.rpartition(":")[2], given)
        if end is not None:
            parser.EndElementHandler = end if plain else lambda tag: end(tag.rpartition(":")[2])
        parser.StartElementHandler(tag, given)

    parser.StartElementHandler = root
    if text is not None:
        parser.CharacterDataHandler = text
    parser.ParseFile(part)


def refuse(*declared: object) -> None:
    """No spreadsheet declares a document type; what does wants to swell."""
    raise ValueError("a document type")


def unescaped(text: str) -> str:
    """`_x000D_` stands for a sign that XML cannot hold."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def kind_of(number: int, form: str | None) -> str:
    """What numbers in a format are."""
    if form is None:
        return DURATION if number == BUILT_IN_SPAN else DATE if number in BUILT_IN_DATES else ""
    bare = LITERAL.sub("", form.split(";")[0]).replace("General", "")
    return DURATION if SPAN.search(bare) else DATE if re.search("[ymdhs]", bare, re.IGNORECASE) else ""


def column_of(letters: str) -> int:
    """A is 0, AA is 26; whoever writes further to the right than anybody reads is refused."""
    known = COLUMNS.get(letters)
    if known is None:
        known = 0
        for letter in letters:
            known = known * 26 + ord(letter) - 64
        known = COLUMNS[letters] = known - 1
    if not 0 <= known < MOST_COLUMNS:
        raise MemoryError
    return known


def number_of(text: str, kind: str, from_1904: bool) -> object:
    """A number as it is written, or the day, moment or time that it stands for."""
    value = float(text)
    if not kind or not 0 <= value < 2_958_466:
        return int(value) if value.is_integer() else value
    if kind == DURATION:
        return clock_of(round(value * DAY))
    day, part = divmod(round(value * DAY), DAY)
    if day == 0:
        return clock_of(part)
    begin = MAC if from_1904 else EARLY if day < LEAP else MODERN
    at = begin + dt.timedelta(days=day, milliseconds=part)
    return {"m": at.isoformat()} if part else {"d": at.date().isoformat()}


def clock_of(milliseconds: int) -> object:
    """A time of the day; a longer span as text."""
    if milliseconds >= DAY:
        return str(dt.timedelta(milliseconds=milliseconds))
    return {"t": (MODERN + dt.timedelta(milliseconds=milliseconds)).time().isoformat()}


def value_of(text: str, kind: str, form: str, shared: list[str], from_1904: bool) -> object:
    """A cell of a kind (`t`), whose numbers are in a form; blank is None, and so is an error."""
    if kind == "s":
        return (shared[int(text)] if text else "") or None
    if kind in ("str", "inlineStr"):
        return unescaped(text) or None
    if not text or kind == "e":
        return None
    if kind == "b":
        return text.strip() == "1"
    return text if kind == "d" else number_of(text, form, from_1904)


def read_sheet(
    book: Book, part: str, shared: list[str], styles: list[str], take: Callable[[int, list[object]], None]
) -> None:
    """Give each row with its number from 1 and its cells from column A."""
    row: list[object] = []
    pieces: list[str] = []
    reading = Reading()
    at = column = 0
    kind = form = ""
    counts = False
    forms = {"": styles[0] if styles else "", **{str(number): form for number, form in enumerate(styles)}}

    def start(tag: str, given: dict[str, str]) -> None:
        nonlocal at, column, kind, form, counts
        if tag == "c":
            place = given.get("r")
            column = len(row) if place is None else column_of(place.rstrip(DIGITS))
            kind, form = given.get("t", ""), forms.get(given.get("s", ""), "")
            pieces.clear()
        elif tag == "v":
            pieces.clear()                     # of the formula
            counts = True
        elif tag == "row":
            at = int(given.get("r") or at + 1)
            row.clear()
        elif kind == "inlineStr":
            reading.start(tag)
            counts = reading.counts

    def end(tag: str) -> None:
        nonlocal counts
        counts = False
        if tag == "c":
            if pieces:
                if column >= len(row):
                    row.extend([None] * (column + 1 - len(row)))
                row[column] = value_of("".join(pieces), kind, form, shared, book.from_1904)
                pieces.clear()
        elif tag == "row":
            take(at, row)
        elif tag == "rPh":
            reading.end(tag)

    def text(data: str) -> None:
        if counts:
            pieces.append(data)

    parse(book.open(part), start, end, text)


def is_filled(book: Book, part: str) -> bool:
    """Whether anything stands in a sheet; it is read up to there."""

    def look(tag: str, given: dict[str, str]) -> None:
        if tag in ("v", "is"):
            raise Found

    try:
        parse(book.open(part), look)
    except Found:
        return True
    return False


def merged_in(book: Book, part: str) -> list[list[int]]:
    """The merged cells of a sheet, which stand behind all its rows: top, left, bottom, right from 1."""
    found: list[list[int]] = []
    rest = b""
    with book.open(part) as file:
        while chunk := file.read(CHUNK):
            text = rest + chunk
            if b"mergeCell" in text:
                for left, top, right, bottom in MERGED.findall(text):
                    found.append([int(top), column_of(left.decode()) + 1, int(bottom), column_of(right.decode()) + 1])
                if len(found) >= MOST_MERGED:
                    break
            rest = text[text.rfind(b"<"):]
            rest = b"" if len(rest) > CHUNK else rest
    return found[:MOST_MERGED]


def tell(thing: object) -> None:
    sys.stdout.write(ENCODE(thing) + "\n")


def head(book: Book, wanted: str) -> None:
    """Tell of the sheets, and which one is read."""
    filled = [wanted] if wanted in book.sheets else [one for one in book.seen if is_filled(book, book.sheets[one])]
    name = wanted if wanted and wanted not in book.sheets else (filled or book.seen or list(book.sheets))[0]
    known = name in book.sheets
    merged = merged_in(book, book.sheets[name]) if known else []
    tell({"sheets": book.seen, "filled": filled, "sheet": name if known else "", "merged": merged})


def rows(book: Book, name: str) -> None:
    """Tell every row of a sheet, blank ones between them too."""
    last = width = 0

    def take(number: int, cells: list[object]) -> None:
        nonlocal last, width
        if number <= last:
            raise ValueError("rows out of order")
        for blank in range(last + 1, min(number, last + MOST_GAP)):
            tell([blank, []])
        width = max(width, len(cells))         # a short row is blank to the width of those above it
        tell([number, cells + [None] * (width - len(cells))])
        last = number

    read_sheet(book, book.sheets[name], book.shared(), book.styles(), take)


def main(path: str, wanted: str, what: str, memory: int, seconds: int) -> None:
    """Write what is asked for to the standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    try:
        book = Book(path)
        head(book, wanted) if what == "head" else rows(book, wanted)
    except MemoryError:
        raise SystemExit(TOO_LARGE) from None


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")   # type: ignore[union-attr]
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
