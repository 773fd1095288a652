"""Print forms: the blocks of a document filled with a record, read as the reader. Knows no request."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from engine.definitions.documents import Block, Document, Sheet
from engine.definitions.figures import Format
from engine.definitions.objects import Object
from engine.errors import Forbidden, NotFound, Unreadable
from engine.expressions.comparing import same_key
from engine.expressions.compiled import Expression, Source, Template
from engine.expressions.nodes import Node
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Ref, Row
from engine.kinds.fields import media
from engine.kinds.fields.attached import Attached
from engine.runtime.services import attachments, reading
from engine.runtime.services.papers import symbols
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access, sight
from engine.runtime.services.scoping import ReaderSession
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, columns, sheets
from engine.runtime.web.present.values import Cell
from engine.texts import say

MOST = 500                                     # rows of a table or of `each` that one paper takes
MOST_TOGETHER = 100                            # records that are printed together
SEVERAL = say(zh="{name} {count} 份", en="{name} ({count})", name="{name}", count="{count}")
NONE = say(zh="请先勾选记录", en="Tick some records first")
TOO_MANY = say(zh="一次最多打印 {most} 条记录", en="{most} records can be printed together at most", most=MOST_TOGETHER)


@dataclass(frozen=True, slots=True)
class Printed:
    """A table on paper: `heads` are (label, kind) pairs, `total` stands below, "" where a column has none."""

    heads: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[str]]
    total: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the paper: a text or heading, facts, a table, pieces side by side, a picture, lines to sign on, a new
    page."""

    kind: str
    text: str = ""
    facts: Sequence[Cell] = ()
    table: Printed | None = None
    sides: Sequence[Sequence[Piece]] = ()
    labels: Sequence[str] = ()
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A code (`svg`, its letters as `label`) or a picture of a record (`file`, found at `url`). `width` in
    millimetres; what there is not room for is made smaller."""

    svg: str = ""
    label: str = ""
    file: Attached | None = None
    url: str = ""
    width: float = 50

    @property
    def pixels(self) -> int:
        """How wide it is in a browser."""
        return round(self.width * 96 / 25.4)

    @property
    def source(self) -> str:
        """What a browser shows: the address of a picture, or of a code that stands in it."""
        if self.url:
            return self.url
        return f"data:image/svg+xml;base64,{base64.b64encode(self.svg.encode()).decode()}"


@dataclass(frozen=True, slots=True)
class Paper:
    """A filled print form in a language; `header` and `footer` stand on every page."""

    title: str
    record: str
    pieces: Sequence[Piece]
    sheet: Sheet = Sheet()
    language: str = ""
    header: str = ""
    footer: str = ""
    group: object = None                       # equal ones may share pages; None: this begins a page of its own


def named(record: Record) -> list[tuple[str, str]]:
    """The print forms of a record that the actor may print: name and label."""
    tx = record.session.tx
    forms = tx.app.documents.values() if access.granted(record, "print") else ()
    return [(one.name, one.label.to(tx.actor.language)) for one in forms if one.object == record.object]


def offered(record: Record) -> list[tuple[str, str]]:
    """The same: label and address of their pages."""
    base = addresses.record(record.session.tx.app.name, record.object, record.id or 0, "print")
    return [(label, f"{base}/{name}") for name, label in named(record)]


def of(record: Record, name: str) -> Paper:
    """A print form of a record. `NotFound` where there is none, `Forbidden` where it may not be printed."""
    tx = record.session.tx
    document = tx.app.documents.get(name)
    if document is None or document.object != record.object:
        raise NotFound(access.GONE)
    access.demand(record, "print")
    press = Press(in_language(record, document), document)
    header, footer = press.edges()
    title = document.label.to(press.language)
    return Paper(
        title, press.record.title, press.body(), document.sheet, press.language, header, footer, press.group()
    )


def offered_for_many(tx: Tx, obj: Object) -> list[tuple[str, str]]:
    """The print forms that many records of an object may go into: name and label; each record decides for itself."""
    forms = tx.app.documents.values() if access.may(tx, obj.name, "print") else ()
    return [(one.name, one.label.to(tx.actor.language)) for one in forms if one.object == obj.name]


def many(tx: Tx, object: str, ids: Sequence[int], name: str) -> list[list[Paper]]:
    """A print form of several records, in their order; those that may share pages stand together, where the first of
    them is. `Unreadable` for none or too many, `NotFound` and `Forbidden` with those that are not there or may not be
    printed: a paper that is missing in a pile would be noticed by nobody."""
    ids = tuple(dict.fromkeys(ids))
    if not ids:
        raise Unreadable(NONE)
    if len(ids) > MOST_TOGETHER:
        raise Unreadable(TOO_MANY)
    document, records, gone = tx.app.documents.get(name), [], []
    for id in ids:
        try:
            records.append(reading.get(tx, object, id))
        except NotFound:
            gone.append(f"{id}")
    if document is None or document.object != object:
        raise NotFound(access.GONE)
    if gone:
        raise NotFound(say(zh="没有编号为 {ids} 的记录", en="There is no record {ids}", ids=", ".join(gone)))
    closed = [one.title for one in records if not access.granted(one, "print")]
    if closed:
        raise Forbidden(say(zh="不能打印：{titles}", en="You cannot print {titles}", titles=", ".join(closed)))
    found: dict[Any, list[Paper]] = {}
    for place, paper in enumerate(of(record, name) for record in records):
        alike = (paper.group, paper.language, paper.header, paper.footer)
        found.setdefault(place if paper.group is None else alike, []).append(paper)
    return list(found.values())


def heading(groups: Sequence[Sequence[Paper]], language: str) -> str:
    """How papers are called together: one as what it is and of what, several as what they are and how many."""
    first, count = groups[0][0], sum(map(len, groups))
    if count == 1:
        return f"{first.title} {first.record}".strip()
    return SEVERAL.filled(name=first.title, count=count).to(language)


def in_language(record: Record, document: Document) -> Record:
    """The record as somebody with the language of the document reads it, with the same rights."""
    tx = record.session.tx
    found = None if document.language is None else document.language.value(record.frame())
    if not isinstance(found, str) or found not in tx.app.languages or found == tx.actor.language:
        return record
    other = replace(tx, actor=replace(tx.actor, language=found))
    return reading.get(other, record.object, record.id or 0)


class Press:
    """Fills the blocks of one document. What the reader may not see is left blank, or out."""

    def __init__(self, record: Record, document: Document) -> None:
        self.record = record
        self.document = document
        self.tx = record.session.tx
        self.reader = ReaderSession(self.tx)
        self.language = self.tx.actor.language

    def body(self) -> list[Piece]:
        """The whole paper."""
        return self.pieces(self.document.body, self.record, self.record.object, self.record.frame())

    def group(self) -> object:
        """With what others it may share pages; None without a `per_page`, or one that the reader may not see."""
        given = self.document.per_page
        if given is None or not self.readable(self.record.object, given.reads, [given.node]):
            return None
        return ("", same_key(given.value(self.record.frame())))

    def edges(self) -> tuple[str, str]:
        """What stands above and below every page."""
        frame, thing = self.record.frame(), self.record.object
        return self.text(self.document.header, thing, frame), self.text(self.document.footer, thing, frame)

    def pieces(self, blocks: Iterable[Block], row: Row, thing: str, frame: Frame) -> list[Piece]:
        """Blocks at a row: the record, or one of `each`."""
        found: list[Piece] = []
        for block in blocks:
            if block.when is None or block.when.value(frame) is True:
                found += self.piece(block, row, thing, frame)
        return found

    def piece(self, block: Block, row: Row, thing: str, frame: Frame) -> list[Piece]:
        """What one block shows."""
        match block.kind:
            case "text" | "heading":
                return [Piece(block.kind, text=self.text(block.values.get(block.kind), thing, frame))]
            case "fields":
                return [Piece("fields", facts=self.facts(block.values.get("fields", ()), row, thing))]
            case "table" if block.values:
                return [Piece("table", table=self.table(block.values, frame))]
            case "columns":
                return [Piece("columns", sides=[self.pieces(side, row, thing, frame) for side in block.inside])]
            case "each":
                return self.each(block, frame)
            case "document":
                return self.other(block, thing, frame)
            case "sign":
                labels = [one.to(self.language) for one in block.values.get("sign", ())]
                return [Piece("sign", labels=labels)]
            case "page_break":
                return [Piece("page_break")]
            case "image" | "barcode" | "qr" if block.values:
                found = self.image(block, row) if block.kind == "image" else self.code(block, thing, frame)
                return [] if found is None else [Piece("picture", picture=found)]
        return []

    def other(self, block: Block, thing: str, frame: Frame) -> list[Piece]:
        """Another print form in this one, of a record that the reader may see."""
        given: Expression = block.values["of"]
        found = given.value(frame) if self.readable(thing, given.reads, [given.node]) else None
        if not isinstance(found, (Ref, Row)) or found.id is None:
            return []
        try:
            record = reading.get(self.tx, found.object, found.id)
        except NotFound:
            return []
        return Press(record, self.tx.app.documents[block.values["document"]]).body()

    def code(self, block: Block, thing: str, frame: Frame) -> Picture | None:
        """A value as bars or as a square code; what no code can hold stands there as text."""
        given: Expression = block.values[block.kind]
        if not self.readable(thing, given.reads, [given.node]):
            return None
        text = self.shown(given, self.value(given, frame)).strip()
        drawn = symbols.qr(text) if block.kind == "qr" else symbols.bars(text)
        label = text if block.kind == "barcode" or not drawn else ""
        return Picture(svg=drawn, label=label, width=block.values["width"]) if text else None

    def image(self, block: Block, row: Row) -> Picture | None:
        """The picture at a path from a row, where the reader may see each step of it."""
        holder: object = row
        *path, name = str(block.values["image"]).split(".")
        for step in path:
            ref = holder.get(step) if isinstance(holder, Record) and self.shows(holder, step) else None
            holder = self.reader.record(ref) if isinstance(ref, Ref) else None
        if not isinstance(holder, Record) or not self.shows(holder, name):
            return None
        file = next((one for one in attachments.each(holder.get(name)) if media.is_picture(one.name)), None)
        if file is None:
            return None
        base = addresses.record(self.tx.app.name, holder.root.object, holder.root.id or 0, "files")
        return Picture(file=file, url=f"{base}/{file.token}", width=block.values["width"])

    def shows(self, row: Record, name: str) -> bool:
        """Whether the reader may see a field of a record or line."""
        prefix = f"{row.definition.owner_field}." if row.definition.owner else ""
        owner = row.root.definition
        return access.granted(row.root, "see") and f"{prefix}{name}" in access.visible_fields(self.tx, owner, row.root)

    def text(self, template: Template | None, thing: str, frame: Frame) -> str:
        if template is None or not self.readable(thing, template.reads, template.nodes):
            return ""
        return template.render(frame, self.language)

    def facts(self, names: Sequence[str], row: Row, thing: str) -> list[Cell]:
        """Fields with their labels, without blanks."""
        obj = self.tx.app.objects.get(thing)
        if obj is None or not isinstance(row, Record):
            return []
        made = [columns.column(self.tx, obj, name, self.language) for name in names]
        owner = self.tx.app.objects[obj.owner] if obj.owner else obj
        prefix = f"{obj.owner_field}." if obj.owner else ""
        seen = access.visible_fields(self.tx, owner, row)
        shown = frozenset(name.removeprefix(prefix) for name in seen if name.startswith(prefix))
        cells = columns.cells(self.tx, row, [one for one in made if one is not None], shown, self.language)
        return [cell for cell in cells if cell.text]

    def table(self, values: Mapping[str, object], frame: Frame) -> Printed:
        """Rows and columns; columns that the reader may not see are left out."""
        source, given, labels, formats = values["of"], values["columns"], values["labels"], values["formats"]
        assert isinstance(source, Source)
        assert isinstance(given, dict) and isinstance(labels, dict) and isinstance(formats, dict)
        thing = source.candidate.objects[0] if source.candidate.objects else ""
        kept: dict[str, Expression] = {
            name: one for name, one in given.items() if one is not None and self.readable(thing, one.reads, [one.node])
        }
        frames = [frame.at(row, source.alias) for row in self.rows(source, frame)]
        found = [{name: self.value(one, here) for name, one in kept.items()} for here in frames]
        summed = values.get("total")
        wanted = summed if isinstance(summed, tuple) else ()
        totals = [
            self.total(one, [row[name] for row in found], formats.get(name)) if name in wanted else ""
            for name, one in kept.items()
        ]
        return Printed(
            heads=[(labels[name].to(self.language), kept[name].type.name) for name in kept],
            rows=[[self.shown(kept[name], row[name], formats.get(name)) for name in kept] for row in found],
            total=totals if any(totals) else (),
        )

    def rows(self, source: Source, frame: Frame) -> Sequence[Row]:
        """The rows of a source that are in sight."""
        return self.reader.listed(source.node, frame)[:MOST]

    def each(self, block: Block, frame: Frame) -> list[Piece]:
        """The blocks of the body once per row."""
        source = block.values["each"]
        thing = source.candidate.objects[0] if source.candidate.objects else ""
        found: list[Piece] = []
        for row in self.rows(source, frame):
            found += self.pieces(block.inside[0], row, thing, frame.at(row, source.alias))
        return found

    def value(self, expression: Expression, frame: Frame) -> object:
        return reading.titled(self.record.session, expression.value(frame))

    def shown(self, expression: Expression, value: object, format: Format | None = None) -> str:
        given = format.show(value, self.language, self.tx.zone) if format is not None else None
        return sheets.shown(self.tx, expression.type, value) if given is None else given

    def total(self, expression: Expression, values: Sequence[object], format: Format | None = None) -> str:
        error = next((one for one in values if isinstance(one, ErrorValue)), None)
        if error is not None:
            return error.code                  # without a word the sum would look whole
        numbers = [one for one in values if isinstance(one, Decimal)]
        return self.shown(expression, sum(numbers[1:], numbers[0]), format) if numbers else ""

    def readable(self, thing: str, reads: Iterable[tuple[str, ...]], nodes: Iterable[Node]) -> bool:
        """Whether the reader may see what an expression reads: of its row, or (`this`) of the record."""
        paths = list(reads)
        if not sight.may_evaluate(self.tx, thing, nodes, this=self.record.object):
            return False
        return sight.may_read(self.tx, thing, paths) and sight.may_read(self.tx, self.record.object, paths)
