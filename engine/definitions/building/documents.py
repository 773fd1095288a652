"""Builds print forms: their blocks, each read at its own place (the record, a row of a table, a row of `each`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from engine.definitions.building.declared import Place, Reader
from engine.definitions.building.questions import column_formats
from engine.definitions.desks import Desk, candidates, scalars
from engine.definitions.documents import SMALL, Block, Document, Sheet
from engine.definitions.language import SHAPES
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar, made
from engine.definitions.outlines import maps
from engine.definitions.shapes import Letter
from engine.errors import Location
from engine.expressions.compiled import Expression
from engine.expressions.types import TEXT
from engine.suggest import did_you_mean

BLOCK = SHAPES["block"]
SIZES = {
    "a3": (297.0, 420.0), "a4": (210.0, 297.0), "a5": (148.0, 210.0), "a6": (105.0, 148.0),
    "letter": (215.9, 279.4), "legal": (215.9, 355.6),
}
SIDES = re.compile(r"(\d{2,4}(?:\.\d)?)\s*(?:mm)?\s*[x×*]\s*(\d{2,4}(?:\.\d)?)\s*mm")
LENGTH = re.compile(r"(\d{1,3}(?:\.\d)?)\s*mm")
MARGINS = (4.0, 15.0)                          # of small paper, and of any other
LARGEST = 1200.0                               # millimetres
PICTURES = ("image", "file", "signature")      # kinds of fields that hold one
DRAWN = {"image": 50.0, "barcode": 55.0, "qr": 25.0}        # how wide they are where nothing is said, in millimetres


def documents(desk: Desk, node: Node | None) -> dict[str, Document]:
    """All print forms of the app."""
    found = {name: one for name, spec in maps(node) if (one := _document(desk, name, spec)) is not None}
    for name, one in found.items():
        if name in (within := _within(found, one)):
            hint = "take the block `document` out of one of them"
            desk.report("E-DOC-005", f"`{name}` would stand in itself without an end", within[name], hint)
    return found


def _within(known: Mapping[str, Document], whole: Document) -> dict[str, Location]:
    """The print forms that stand in one, at any depth: where it names them, or names what they stand in."""
    found: dict[str, Location] = {}
    waiting: list[tuple[Block, Location | None]] = [(block, None) for block in whole.body]
    while waiting:
        block, outer = waiting.pop()
        waiting += [(one, outer) for side in block.inside for one in side]
        name = block.values.get("document", "")
        if name and name not in found:
            found[name] = outer or block.location
            waiting += [(one, found[name]) for one in known[name].body] if name in known else []
    return found


def _document(desk: Desk, name: str, spec: Map) -> Document | None:
    of = desk.named(spec.get("of"), "object")
    if not of:
        return None
    names = desk.scope(of)
    page = Page(desk, names, of)
    return Document(
        name=name,
        label=desk.label(spec.get("name"), name),
        object=of,
        body=page.blocks(spec.get("body")),
        subject=desk.template(spec.get("subject"), names),
        sheet=_sheet(desk, spec),
        header=desk.template(spec.get("header"), names),
        footer=desk.template(spec.get("footer"), names),
        language=desk.expression(spec.get("language"), names, TEXT),
        per_page=desk.expression(spec.get("per_page"), names),
        location=spec.at,
    )


def _sheet(desk: Desk, spec: Map) -> Sheet:
    """The paper as `size` and `margin` say it."""
    node, margin = spec.get("size"), length(desk, spec, "margin")
    text = node.text.strip().lower() if isinstance(node, Scalar) else "a4"
    name, _, turned = text.partition(" ")
    sides = SIDES.fullmatch(text)
    found = (float(sides[1]), float(sides[2])) if sides else SIZES.get(name)
    if found is None or (not sides and turned.strip() not in ("", "landscape", "portrait")) or max(found) > LARGEST:
        hint = "A4, A5 landscape, letter, or two sides: 100 x 150 mm"
        desk.report("E-DOC-002", f"`{text}` is no size of paper", spec.at if node is None else node.at, hint)
        return Sheet()
    width, height = reversed(found) if turned.strip() == "landscape" else found
    return Sheet(width, height, MARGINS[min(found) > SMALL] if margin is None else min(margin, min(found) / 3))


def length(desk: Desk, spec: Map, key: str) -> float | None:
    """So many millimetres; None where nothing is said, or it cannot be read (reported)."""
    node = spec.get(key)
    if not isinstance(node, Scalar):
        return None
    found = LENGTH.fullmatch(node.text.strip().lower())
    if found is None:
        desk.report("E-DOC-002", f"`{key}: {node.text}` is no length", node.at, "write `40 mm`")
        return None
    return float(found[1])


@dataclass(frozen=True, slots=True)
class Page:
    """Blocks at a place: `names` of its expressions, `thing` whose fields `fields`, `image` … name ("" = none)."""

    desk: Desk
    names: Scope
    thing: str

    def blocks(self, node: Node | None) -> tuple[Block, ...]:
        """A list of blocks; broken ones are left out."""
        items = [item for item in node if isinstance(item, Map)] if isinstance(node, List) else []
        return tuple(one for item in items if (one := self.block(item)) is not None)

    def block(self, spec: Map) -> Block | None:
        """One block; None after a problem."""
        kind = next((head for head in BLOCK.variants if spec.pair(head) is not None), "")
        when = self.desk.condition(spec.get("when"), self.names)
        head = spec.get(kind)
        if kind == "text" and isinstance(head, Scalar) and head.text == "page_break":
            kind, head = "page_break", made("true", head.at)
        match kind:
            case "table" if isinstance(head, Map):
                return Block(kind, when, self._table(head), (), spec.at)
            case "each":
                return self._each(spec, when)
            case "document":
                return self._other(spec, when)
            case "columns":
                sides = [item for item in head if isinstance(item, List)] if isinstance(head, List) else []
                return Block(kind, when, {}, tuple(self.blocks(side) for side in sides), spec.at)
            case "":
                return None
        if kind in DRAWN:
            return self._drawn(kind, spec, when)
        reader = Reader(self.desk, Place(self.names, self.thing))
        value = reader.key(kind, head, BLOCK.variants[kind].keys[kind].slot) if head is not None else None
        return Block(kind, when, {} if value is None else {kind: value}, (), spec.at)

    def _other(self, spec: Map, when: Expression | None) -> Block | None:
        """Another print form, of a record that an expression gives."""
        name = self.desk.named(spec.get("document"), "document")
        of = Reader(self.desk, Place(self.names, self.thing)).slot(spec.get("of") or spec, Letter("E", "record"))
        if not name or not isinstance(of, Expression):
            return None
        printed = self.desk.documents_of.get(name, "")
        if printed and of.type.objects and of.type.objects != (printed,):
            message = f"`{name}` prints {printed}, not {of.type.objects[0]}"
            self.desk.report("E-DOC-004", message, spec.key_at("document"), f"say of which {printed}: `of: …`")
        return Block("document", when, {"document": name, "of": of}, (), spec.at)

    def _drawn(self, kind: str, spec: Map, when: Expression | None) -> Block:
        """A picture or a code."""
        head, reader = spec.get(kind), Reader(self.desk, Place(self.names, self.thing))
        value = reader.key(kind, head, BLOCK.variants[kind].keys[kind].slot) if head is not None else None
        if kind == "image" and isinstance(value, str):
            found = self.desk.outline.path(self.thing, value.split("."))
            field = None if found is None else self.desk.outline.field(*found)
            if field is not None and field.kind not in PICTURES:
                hint = f"name a field of a picture: {', '.join(PICTURES)}"
                message = f"`{value}` is {field.kind}: it holds no picture"
                self.desk.report("E-DOC-003", message, spec.at if head is None else head.at, hint)
                value = None
        width = length(self.desk, spec, "width") or DRAWN[kind]
        return Block(kind, when, {} if value is None else {kind: value, "width": width}, (), spec.at)

    def _each(self, spec: Map, when: Expression | None) -> Block | None:
        rows = self.desk.source(spec.get("each"), self.names)
        if rows is None:
            return None
        inside = Page(self.desk, candidates(rows), rows.candidate.objects[0] if rows.candidate.objects else "")
        return Block("each", when, {"each": rows}, (inside.blocks(spec.get("body")),), spec.at)

    def _table(self, spec: Map) -> dict[str, object]:
        """Rows and their columns; totals are of columns."""
        rows = self.desk.source(spec.get("of"), self.names)
        if rows is None:
            return {}
        names = candidates(rows)
        columns = {name: self.desk.expression(one.get("value"), names) for name, one in maps(spec.get("columns"))}
        labels = {name: self.desk.label(one.get("name"), name) for name, one in maps(spec.get("columns"))}
        for item in scalars(spec.get("total")):
            column = columns.get(item.text)
            if item.text not in columns:
                hint = did_you_mean(item.text, columns)
                self.desk.report("E-REF-012", f"there is no column `{item.text}`", item.at, hint)
            elif column is not None and column.type.name not in ("number", "any"):
                self.desk.report("E-DOC-001", f"`{item.text}` is {column.type}: only numbers add up", item.at)
        total = tuple(item.text for item in scalars(spec.get("total")))
        known = {name: column for name, column in columns.items() if column is not None}
        formats = column_formats(self.desk, (spec.get("columns"),), known)
        return {"of": rows, "columns": columns, "labels": labels, "formats": formats, "total": total}
