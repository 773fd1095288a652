"""The examples of the reference: whole definitions, and the shortest passage of them in which a key stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from engine.definitions.language import SHAPES
from engine.definitions.nodes import Map, Node, Pair, Scalar
from engine.definitions.shapes import Shape
from engine.definitions.source import read
from engine.definitions.structures import Structure
from engine.errors import Location

FOLDER = Path(__file__).parent / "examples"
LANGUAGES = frozenset(("zh", "en"))
MOST_LINES = 14

# Noun, kind (blank where the noun has none) and key.
Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Passage:
    """Some lines of an example: `path` says where they stand (`objects.loan.unique`). `written`: the key itself stands
    there, not a label by language or a value alone that stands for it."""

    text: str
    path: str
    file: str
    line: int
    written: bool = True

    @property
    def rank(self) -> tuple[bool, int]:
        """The smaller the better: first where the key is written, then the shortest."""
        return (not self.written, len(self.text))


@dataclass(slots=True)
class Watching(Structure):
    """A walk over an example that notes which key of which noun stands where."""

    seen: list[tuple[Place, Location, str]] = field(default_factory=list)

    def _map(self, node: Map, shape: Shape, where: str = "") -> Map | None:
        kind = node.get("type") if shape.name == "field" else None
        if isinstance(kind, Scalar):
            self.seen += ((("field", kind.text, one.key.text), one.key.at, where) for one in node)
        return Structure._map(self, node, shape, where)

    def _value(self, pair: Pair, form: Shape, where: str) -> Node | None:
        name = pair.key.text
        if name in form.keys:
            kind = form.name if form.family else ""
            path = f"{where}.{name}" if where else name
            self.seen.append(((form.family or form.name, kind, name), pair.key.at, path))
            if name == "type" and isinstance(pair.value, Scalar):
                self.seen.append((("type", "", pair.value.text), pair.key.at, path))
        return Structure._value(self, pair, form, where)


def files() -> Iterator[Path]:
    """The examples, in the order of their names."""
    return iter(sorted(FOLDER.glob("*.yaml")))


@lru_cache(maxsize=1)
def passages() -> Mapping[Place, Passage]:
    """For every key that stands in an example the shortest passage, if possible one in which it is written."""
    found: dict[Place, Passage] = {}
    for path in files():
        text = path.read_text("utf-8")
        lines = text.splitlines()
        for place, at, where in places(text, path.name):
            name = "type" if place[0] == "type" else place[2]
            written = lines[at.line - 1][at.column - 1 :].startswith((f"{name}:", f'"{name}":'))
            passage = Passage(cut(lines, at), where, path.name, at.line, written)
            held = found.get(place)
            if held is None or passage.rank < held.rank:
                found[place] = passage
    return found


def places(text: str, name: str) -> Iterable[tuple[Place, Location, str]]:
    """Every key of a definition with its place."""
    tree, _ = read(text, name)
    if tree is None:
        return ()
    walk = Watching(SHAPES, LANGUAGES)
    walk.tree(tree, "app")
    return walk.seen


def cut(lines: list[str], at: Location) -> str:
    """The passage around a key: its whole block, or the line where it stands between braces; not indented."""
    line = lines[at.line - 1]
    start = len(line) - len(line.lstrip(" "))
    body = start
    while line[body:].startswith("- "):
        body += 2
    inside = at.column - 1 > body
    taken = [line[start:]]
    for further in () if inside else lines[at.line :]:
        if further.strip() and len(further) - len(further.lstrip(" ")) <= start:
            break
        taken.append(further[start:])
    while taken and not taken[-1].strip():
        taken.pop()
    if len(taken) > MOST_LINES:
        taken = [*taken[: MOST_LINES - 1], " " * (len(taken[1]) - len(taken[1].lstrip(" "))) + "…"]
    return "\n".join(taken)
