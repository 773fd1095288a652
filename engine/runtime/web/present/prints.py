"""Print forms as PDF: the data that the press sets, with the pictures in it. Knows no request."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import Failure
from engine.kinds.fields.attached import Attached
from engine.runtime.services import attachments, thumbs
from engine.runtime.services.papers import presses
from engine.runtime.services.records import Record
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import papers
from engine.runtime.web.present.papers import Paper, Picture, Piece, Printed
from engine.texts import say

SIDE = 1400                                    # pixels of the longer side of a picture
MOST_PICTURES, MORE = 20, 3                    # of one paper; so many times that of several together
LEAST, MOST = 5, 30                            # letters that count of a column, Chinese ones twice
SIZES = ((60, 9.0), (85, 8.5), (110, 7.5))     # so many letters in a row of the table: so large, in points
SMALLEST = 7.0
NOTHING = say(zh="无数据", en="No rows.")
UNFIT = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')


@dataclass(frozen=True, slots=True)
class Print:
    """A paper that is ready to be set: its name as a file, what is on it, its pictures by name."""

    name: str
    paper: Mapping[str, Any]
    pictures: Mapping[str, bytes]

    def pdf(self) -> bytes:
        """As PDF; takes a moment, and needs no transaction. `Refused` where it cannot be made."""
        return presses.pdf(self.paper, self.pictures)


def of(record: Record, name: str) -> Print:
    """A print form of a record, with the rights that it has on the screen (`papers.of`)."""
    return made(record.session.tx, [[papers.of(record, name)]])


def many(tx: Tx, object: str, ids: Sequence[int], name: str) -> Print:
    """A print form of several records in one file (`papers.many`)."""
    return made(tx, papers.many(tx, object, ids, name))


def made(tx: Tx, groups: Sequence[Sequence[Paper]]) -> Print:
    """Papers in one file; those of a group follow one another on its pages."""
    first, alone = groups[0][0], sum(map(len, groups)) == 1
    title = papers.heading(groups, tx.actor.language)
    tray = Tray(tx, MOST_PICTURES * (1 if alone else MORE))
    given = {
        "title": title,
        "author": tx.app.label.to(first.language),
        "parts": [part(group, tray) for group in groups],
    }
    return Print(f"{UNFIT.sub('-', title)[:120]}.pdf", given, tray.pictures)


def part(group: Sequence[Paper], tray: Tray) -> dict[str, Any]:
    """What begins on a page of its own."""
    first = group[0]
    sheet = first.sheet
    pieces: list[dict[str, Any]] = []
    for paper in group:
        pieces += [*([{"kind": "between"}] if pieces else []), *tray.pieces(paper)]
    return {
        "title": papers.heading([group], first.language),
        "language": first.language,
        "sheet": {"width": sheet.width, "height": sheet.height, "margin": sheet.margin, "small": sheet.small},
        "header": first.header,
        "footer": first.footer,
        "pieces": pieces,
    }


class Tray:
    """Turns the pieces of a paper into data, and gathers the pictures."""

    def __init__(self, tx: Tx, most: int) -> None:
        self.tx = tx
        self.most = most
        self.language = ""
        self.pictures: dict[str, bytes] = {}

    def pieces(self, paper: Paper) -> list[dict[str, Any]]:
        self.language = paper.language
        return [self.piece(one) for one in paper.pieces]

    def piece(self, piece: Piece) -> dict[str, Any]:
        found: dict[str, Any] = {"kind": piece.kind}
        match piece.kind:
            case "text" | "heading":
                found["text"] = piece.text
            case "fields":
                found["facts"] = [{"label": fact.label, "text": fact.text} for fact in piece.facts]
            case "table" if piece.table is not None:
                found["table"] = table(piece.table, NOTHING.to(self.language))
            case "columns":
                found["sides"] = [[self.piece(one) for one in side] for side in piece.sides]
            case "sign":
                found["labels"] = list(piece.labels)
            case "picture" if piece.picture is not None:
                return self.picture(piece.picture)
        return found

    def picture(self, picture: Picture) -> dict[str, Any]:
        """A code or a picture; where it cannot be drawn, what stands below it or its name."""
        file = "" if picture.file is None else self.drawn(picture.file)
        if not picture.svg and not file:
            return {"kind": "text", "text": picture.label or (picture.file.name if picture.file else "")}
        given = {"svg": picture.svg, "file": file, "label": picture.label, "width": picture.width}
        return {"kind": "picture", "picture": given}

    def drawn(self, one: Attached) -> str:
        """The name under which the press finds a picture; blank for one that cannot be drawn."""
        name = f"{one.digest}.webp"
        if name in self.pictures:
            return name
        if len(self.pictures) >= self.most or not thumbs.possible():
            return ""
        try:
            with attachments.content(self.tx, one) as stream:
                drawn = thumbs.draw(stream.read(), SIDE)
        except Failure:                        # its content is lost
            return ""
        if drawn:
            self.pictures[name] = drawn
        return name if drawn else ""


def table(given: Printed, nothing: str) -> dict[str, Any]:
    """A table: how wide its columns are follows from what stands in them."""
    columns = [[label, *(row[n] for row in given.rows), *given.total[n : n + 1]]
               for n, (label, _) in enumerate(given.heads)]
    weights = [max(LEAST, min(MOST, max(map(letters, texts)))) + 2 for texts in columns]
    size = next((points for most, points in SIZES if sum(weights) <= most), SMALLEST)
    heads = [{"label": label, "number": kind == "number", "weight": weight}
             for (label, kind), weight in zip(given.heads, weights, strict=True)]
    return {"heads": heads, "rows": [list(row) for row in given.rows], "total": list(given.total), "size": size,
            "none": nothing}


def letters(text: str) -> int:
    """How wide a text is: Chinese letters count twice; of several lines the widest."""
    return max((line_width(line) for line in text.splitlines()), default=0)


def line_width(line: Sequence[str]) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)
