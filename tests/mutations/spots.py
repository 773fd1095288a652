"""The places of a definition at which one slip can be made, found by walking it along the declared language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.definitions.files import from_texts
from engine.definitions.language import ROOT, SHAPES
from engine.definitions.nodes import List, Map, Node, Pair, Scalar
from engine.definitions.shapes import Either, Letter, Many, Named, Shape, Shaped, Slot, Word
from engine.definitions.structures import Structure
from engine.errors import Location

NAMING = ("with", "set", "key", "keys", "add", "as", "rows", "data")  # maps whose keys name fields


@dataclass(frozen=True, slots=True)
class Spot:
    """One place. `kind`: key, required, field, word, form, or the letter of the slot; `path` is where it stands;
    `node` what stands there, `owner` the map that holds it, `pair` the key with its value."""

    kind: str
    path: str
    node: Node
    owner: Map | None = None
    pair: Pair | None = None
    known: tuple[str, ...] = ()

    @property
    def at(self) -> Location:
        return self.node.at


@dataclass(slots=True)
class Walk(Structure):
    """A walk that remembers what it met."""

    spots: list[Spot] = field(default_factory=list)

    def fit(self, node: Node, slot: Slot, where: str) -> Node | None:
        match slot:
            case Letter(letter="X" | "V"):
                self._free(node, where)
                self.spots.append(Spot("V", where, node))
            case Letter(letter=letter) if isinstance(node, Scalar):
                self.spots.append(Spot(letter, where, node))
            case Letter(letter="T" | "L") if isinstance(node, Map):
                self.spots += (Spot("T", where, one.value) for one in node if isinstance(one.value, Scalar))
            case Either(options=options) if isinstance(node, Scalar) and Word(node.text) in options:
                self.spots.append(Spot("word", where, node))
            case Shaped(shape=name) if _formed(self.shapes[name]) and not isinstance(node, Scalar):
                self.spots.append(Spot("form", where, node))
            case Named() | Many(of=Shaped()) if isinstance(node, (Map, List)):
                if not isinstance(slot, Many) or _formed(self.shapes[slot.of.shape]):  # type: ignore[union-attr]
                    self.spots.append(Spot("form", where, node))
        naming = isinstance(slot, Named) and isinstance(slot.of, Letter) and where.rpartition(".")[2] in NAMING
        if naming and isinstance(node, Map):
            self.spots += (Spot("field", where, one.key) for one in node)
        return Structure.fit(self, node, slot, where)

    def _free(self, node: Node, where: str) -> None:
        """Rows and lines are checked as values: their keys name fields."""
        if isinstance(node, Map):
            for one in node:
                self.spots.append(Spot("field", where, one.key))
                self._free(one.value, where)
        for item in node if isinstance(node, List) else ():
            self._free(item, where)

    def _value(self, pair: Pair, form: Shape, where: str) -> Node | None:
        if pair.key.text in form.keys:
            known = (*form.keys, *self.languages, *(self.shapes[form.family].variants if form.family else ()))
            self.spots.append(Spot("key", where, pair.key, known=known))
        return Structure._value(self, pair, form, where)

    def _missing(self, node: Map, form: Shape, where: str) -> None:
        for one in form.keys.values():
            pair = node.pair(one.name)
            if one.required and pair is not None:
                self.spots.append(Spot("required", f"{where}.{one.name}", pair.key, node, pair))
        for pair in node:
            self.spots.append(Spot("pair", where, pair.key, node, pair))
        Structure._missing(self, node, form, where)


def _formed(shape: Shape) -> bool:
    """Whether one plain word can never stand for the whole shape."""
    return not shape.short


def spots_of(texts: Mapping[str, str]) -> list[Spot]:
    """All places of an app, in the order of the walk; what nobody wrote is left out."""
    _, tree = from_texts(texts)
    languages = tree.get("languages")
    names = [one.text for one in languages if isinstance(one, Scalar)] if isinstance(languages, List) else ["en"]
    walk = Walk(SHAPES, frozenset(names))
    walk.tree(tree, ROOT.name)
    return [spot for spot in walk.spots if _written(spot, texts)]


def _written(spot: Spot, texts: Mapping[str, str]) -> bool:
    """Whether the text of a scalar stands where it says."""
    if spot.at.file not in texts:
        return False
    if not isinstance(spot.node, Scalar):
        return True
    lines = texts[spot.at.file].split("\n")
    rest = lines[spot.at.line - 1][spot.at.column - 1 :]
    return spot.node.text != "" and rest.lstrip("\"'").startswith(spot.node.text.split("\n")[0])
