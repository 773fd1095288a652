"""Builds any construct from the declaration of its keys: slots are compiled, names looked up. Knows no noun."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from engine.definitions.declared import Declared
from engine.definitions.desks import Desk, formula
from engine.definitions.language import SHAPES
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar, plain_of
from engine.definitions.shapes import Either, Key, Letter, Many, Named, Shape, Shaped, Slot, Word
from engine.definitions.structures import may_be
from engine.expressions.types import BOOLEAN, DATE, DURATION, NUMBER, TEXT, Type

GIVES: Mapping[str, Type] = {
    "boolean": BOOLEAN, "number": NUMBER, "date": DATE, "text": TEXT, "duration": DURATION,
}
SORTS: Mapping[str, tuple[str, ...]] = {"moment": ("date", "datetime"), "record": ("record", "rows")}


@dataclass(frozen=True, slots=True)
class Place:
    """Where keys are read: the names of expressions, and the object whose fields, actions and states are named."""

    names: Scope
    thing: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Compiles constructs at a place.

    `elsewhere` key → the place where it is read instead (`limit` of an `allocate` stands on the candidate).
    `nouns`     shape → the builder of nouns that have one of their own (`step`).
    `known`     what → names that only the caller knows (`N:step` in a flow)."""

    desk: Desk
    place: Place
    elsewhere: Mapping[str, Place] = field(default_factory=dict)
    nouns: Mapping[str, Callable[[Map], object]] = field(default_factory=dict)
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def declared(self, spec: Map, shape: Shape) -> Declared:
        """The whole construct; what was wrong is reported and left out."""
        form = next((one for head, one in shape.variants.items() if spec.pair(head) is not None), shape)
        return Declared(form.name, self.only(spec, form.keys), spec.at)

    def only(self, spec: Map, keys: Mapping[str, Key]) -> dict[str, object]:
        """The values of these keys of a construct whose other keys have a builder."""
        return {
            name: value
            for name, one in keys.items()
            if (node := spec.get(name)) is not None and (value := self.key(name, node, one.slot)) is not None
        }

    def later(self, spec: Map, shape: Shape) -> dict[str, object]:
        """The keys of an active construct that are declared only."""
        return self.only(spec, {name: one for name, one in shape.keys.items() if not one.active})

    def key(self, name: str, node: Node, slot: Slot) -> object:
        """The value of one key, at its place."""
        moved = self.elsewhere.get(name)
        return (self if moved is None else replace(self, place=moved)).slot(node, slot)


    def slot(self, node: Node, slot: Slot) -> object:
        """The value of a slot; None where it is absent or wrong (reported)."""
        match slot:
            case Word(word=word):
                return word
            case Letter():
                return self._letter(node, slot)
            case Many(of=of):
                items = node.items if isinstance(node, List) else (node,)
                return tuple(value for item in items if (value := self.slot(item, of)) is not None)
            case Named():
                return self._named(node, slot)
            case Shaped(shape=name):
                return self._shaped(node, name)
            case Either(options=options):
                return self._either(node, options)

    def _shaped(self, node: Node, name: str) -> object:
        if not isinstance(node, Map):
            return None
        build = self.nouns.get(name)
        return self.declared(node, SHAPES[name]) if build is None else build(node)

    def _either(self, node: Node, options: tuple[Slot, ...]) -> object:
        words = [one.word for one in options if isinstance(one, Word)]
        if isinstance(node, Scalar) and node.text in words:
            return node.text
        chosen = next((one for one in options if may_be(node, one, SHAPES)), None)
        return None if chosen is None else self.slot(node, chosen)

    def _named(self, node: Node, slot: Named) -> object:
        if not isinstance(node, Map):
            return None
        if slot.key == "R" and slot.of == Letter("V"):
            return dict(self.desk.values(node, self.place.thing, self.place.names)) if self.place.thing else None
        if slot.key == "R" and self.place.thing:
            for pair in node:
                self.desk.paths(pair.key, self.place.thing)
        found = {pair.key.text: self.slot(pair.value, slot.of) for pair in node}
        return {name: value for name, value in found.items() if value is not None}

    def _letter(self, node: Node, slot: Letter) -> object:
        desk, names = self.desk, self.place.names
        match slot.letter:
            case "E":
                return self._expression(node, slot.of)
            case "S":
                return desk.source(node, names)
            case "T":
                return desk.template(node, names)
            case "W":
                return desk.who(node, names, addresses=slot.of == "address")
            case "D":
                return desk.expression(node, names, DURATION)
            case "L":
                return desk.text(node)
            case "V" | "X":
                return self.value(node)
            case "R":
                return next(iter(desk.paths(node, self.place.thing)), None) if self.place.thing else plain_of(node)
            case "N" if slot.of:
                return desk.named(node, slot.of, self.place.thing, self.known.get(slot.of)) or None
            case "B":
                return isinstance(node, Scalar) and node.text == "true"
            case "I":
                return int(node.text) if isinstance(node, Scalar) else None
        return plain_of(node)

    def _expression(self, node: Node, gives: str) -> object:
        found = self.desk.expression(node, self.place.names, GIVES.get(gives))
        wanted = SORTS.get(gives)
        if found is None or wanted is None or found.type.name in (*wanted, "any", "blank"):
            return found
        if found.type.name == "list" and found.type.of is not None and found.type.of.name in wanted:
            return found
        text = node.text if isinstance(node, Scalar) else ""
        self.desk.report("E-VAL-004", f"`{text}` does not give a {gives} but {found.type}", node.at)
        return None

    def value(self, node: Node) -> object:
        """A value that belongs to no field: `=expression`, or data; also inside of lists and maps."""
        if isinstance(node, Map):
            return {pair.key.text: self.value(pair.value) for pair in node}
        if isinstance(node, List):
            return tuple(self.value(item) for item in node)
        return self.desk.formula(node, self.place.names) if formula(node) else plain_of(node)
