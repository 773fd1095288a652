"""Builds print forms: their blocks, each read at its own place (the record, a row of a table, a row of `each`)."""

from __future__ import annotations

from dataclasses import dataclass

from engine.definitions.building.declared import Place, Reader
from engine.definitions.desks import Desk, candidates, scalars
from engine.definitions.documents import Block, Document
from engine.definitions.language import SHAPES
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar, made
from engine.definitions.outlines import maps
from engine.expressions.compiled import Expression
from engine.expressions.types import TEXT
from engine.suggest import did_you_mean

BLOCK = SHAPES["block"]
LATER = ("size", "per_page")


def documents(desk: Desk, node: Node | None) -> dict[str, Document]:
    """All print forms of the app."""
    return {name: one for name, spec in maps(node) if (one := _document(desk, name, spec)) is not None}


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
        language=desk.expression(spec.get("language"), names, TEXT),
        declared=Reader(desk, Place(names, of)).only(spec, {key: SHAPES["document"].keys[key] for key in LATER}),
        location=spec.at,
    )


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
            case "columns":
                sides = [item for item in head if isinstance(item, List)] if isinstance(head, List) else []
                return Block(kind, when, {}, tuple(self.blocks(side) for side in sides), spec.at)
            case "":
                return None
        reader = Reader(self.desk, Place(self.names, self.thing))
        value = reader.key(kind, head, BLOCK.variants[kind].keys[kind].slot) if head is not None else None
        return Block(kind, when, {} if value is None else {kind: value}, (), spec.at)

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
        return {"of": rows, "columns": columns, "labels": labels, "total": total}
