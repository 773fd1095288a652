"""Gathers the files of an app: reads, follows `include:`, merges them into one tree. Knows no other key."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.definitions.nodes import List, Map, Node, Pair, Scalar, without
from engine.definitions.source import MAX_BYTES, decode, read
from engine.definitions.spaces import Part, Spaces, misnamed, named, placed, spaces_of
from engine.errors import Location, Problem

MAX_FILES = 200
Opener = Callable[[str], "tuple[str | None, list[Problem]]"]


@dataclass(slots=True)
class Files:
    """The files read so far: their texts byte for byte, by path relative to the app's folder.

    `unreadable`: a file is missing or is no tree. What stands in it would seem to be missing everywhere else.
    `parts`: what is included under a name, to be joined when all names are known."""

    open: Opener
    texts: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unreadable: bool = False
    parts: list[Part] = field(default_factory=list)
    spaces: Spaces = field(default_factory=Spaces)
    _named: list[tuple[Scalar, str]] = field(default_factory=list)       # the names of namespaces, and where they lie
    _former: dict[str, str] = field(default_factory=dict)                # namespace → what it was called
    _taken: set[tuple[str, str]] = field(default_factory=set)            # namespace and file

    def tree(self, main: str) -> Map:
        """The tree of the main file with all that it includes merged in."""
        found = self._read(main, Location(main), "", ())
        if found is None:
            return Map((), Location(main))
        if self.parts:
            self.spaces = replace(spaces_of(found, self.parts), former=self._former)
            for key, around in self._named:
                if reason := misnamed(key.text, around, self.spaces):
                    hint = "take another name for the namespace"
                    self.problems.append(Problem("E-FILE-006", reason, key.at, hint))
            for part in self.parts:
                found = self._merged(found, named(part, self.spaces))
        return found

    def _read(self, name: str, at: Location, space: str, way: tuple[str, ...]) -> Map | None:
        self._taken.add((space, name))
        known = name in self.texts
        text, problems = self.open(name)
        self.problems += problems if not known else []
        self.unreadable |= text is None or bool(problems)
        if text is None:
            self.problems.append(
                Problem("E-FILE-001", f"there is no file `{name}`", at, "paths are relative to the file that includes")
            )
            return None
        self.texts[name] = text
        tree, problems = read(text, name)
        self.problems += problems if not known else []
        self.unreadable |= tree is None
        if tree is not None and space:
            inside = placed(tree, space)
            assert isinstance(inside, Map)
            tree = inside
        return None if tree is None else self._with_includes(tree, name, space, (*way, name))

    def _with_includes(self, tree: Map, name: str, space: str, way: tuple[str, ...]) -> Map:
        wanted = tree.get("include")
        rest = without(tree, "include")
        self.problems += _misfits(wanted)
        for item in wanted if isinstance(wanted, List) else () if wanted is None else (wanted,):
            if isinstance(item, Map):
                self._under_names(item, name, space, way)
            elif isinstance(item, Scalar) and not item.blank:
                inner = self._include(item, name, space, way)
                rest = rest if inner is None else self._merged(rest, inner)
        return rest

    def _under_names(self, node: Map, name: str, space: str, way: tuple[str, ...]) -> None:
        """`include: {crm: parts/crm.yaml}`: what the file declares is called `crm.…` outside."""
        for pair in node:
            inside = f"{space}.{pair.key.text}" if space else pair.key.text
            self._named.append((pair.key, space))
            was = pair.value.get("was") if isinstance(pair.value, Map) else None
            if isinstance(was, Scalar) and not was.blank:
                self._former[inside] = was.text
            for item in _texts(_files_of(pair.value)):
                inner = self._include(item, name, inside, way)
                if inner is not None:
                    self.parts.append(Part(inside, inner))

    def _include(self, item: Scalar, name: str, space: str, way: tuple[str, ...]) -> Map | None:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), item.text.strip()))
        if target.startswith(("..", "/")) or "\\" in target or ":" in target:
            self.problems.append(Problem("E-FILE-002", f"`{item.text}` lies outside of the app's folder", item.at))
        elif target in way:
            chain = " → ".join((*way[way.index(target) :], target))
            self.problems.append(
                Problem("E-FILE-003", f"`{item.text}` includes itself: {chain}", item.at, "leave it out here")
            )
        elif (space, target) in self._taken:
            self.problems.append(
                Problem("E-FILE-003", f"`{item.text}` is included already", item.at, "include each file once")
            )
        elif len(self._taken) >= MAX_FILES:
            self.problems.append(Problem("E-FILE-004", f"more than {MAX_FILES} files", item.at))
        else:
            return self._read(target, item.at, space, way)
        return None

    def _merged(self, left: Map, right: Map) -> Map:
        pairs = {pair.key.text: pair for pair in left}
        for pair in right:
            held = pairs.get(pair.key.text)
            pairs[pair.key.text] = pair if held is None else Pair(held.key, self._joined(held, pair))
        return replace(left, pairs=tuple(pairs.values()))

    def _joined(self, held: Pair, pair: Pair) -> Node:
        """The same key in two files: maps merge, lists follow one another, anything else is said twice. What one file
        says that is included under two names is said once."""
        if isinstance(held.value, Map) and isinstance(pair.value, Map):
            return self._merged(held.value, pair.value)
        if isinstance(held.value, List) and isinstance(pair.value, List):
            return replace(held.value, items=self._followed(held.value, pair.value))
        first = held.key.at
        if pair.key.text in ("role", "roles") and first.space != pair.key.at.space:  # of one person, in each namespace
            return List((*_items(held.value), *_items(pair.value)), held.value.at)
        if _spot(held.key) == _spot(pair.key) and first.space != pair.key.at.space:
            return held.value
        message = f"`{pair.key.text}` is given already in {first.file}, line {first.line}"
        self.problems.append(
            Problem("E-FILE-005", message, pair.key.at, "maps merge across files; a value is given once")
        )
        return held.value

    def _followed(self, held: List, more: List) -> tuple[Node, ...]:
        """The items of both; a person or row that stands in a file included under two names is one and the same."""
        items = {(_spot(item), "" if _shared(item) else item.at.space): item for item in held}
        for item in more:
            place = (_spot(item), "" if _shared(item) else item.at.space)
            first = items.get(place)
            again = isinstance(first, Map) and isinstance(item, Map) and first.at.space != item.at.space
            items[place] = self._merged(first, item) if again else item  # type: ignore[arg-type]
        return tuple(items.values())


def _items(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, List) else (node,)


def _spot(node: Node) -> tuple[str, int, int]:
    return node.at.file, node.at.line, node.at.column


def _shared(item: Node) -> bool:
    """Whether an item of a list belongs to the whole app (people, departments, rows), not to a namespace."""
    return isinstance(item, Map) and item.at.path.startswith(("samples", "data"))


def _texts(node: Node | None) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [] if node.blank else [node]
    return [item for item in node if isinstance(item, Scalar)] if isinstance(node, List) else []


def _files_of(value: Node) -> Node:
    """The files of a namespace: `crm.yaml`, a list, or `{file: crm.yaml, was: sales}` for one that is renamed."""
    known = isinstance(value, Map) and set(value.names()) <= {"file", "was"}
    return value.get("file") or value if isinstance(value, Map) and known else value


def _misfits(wanted: Node | None) -> Iterator[Problem]:
    """Whatever in `include` is no file's name, nor a namespace with its files."""
    for item in wanted if isinstance(wanted, List) else () if wanted is None else (wanted,):
        for file in (_files_of(pair.value) for pair in item) if isinstance(item, Map) else (item,):
            for one in file if isinstance(file, List) and isinstance(item, Map) else (file,):
                if not isinstance(one, Scalar) or one.blank:
                    hint = "write `include: [crm.yaml]`, or `include: {crm: crm.yaml}` to call what it declares `crm.…`"
                    yield Problem("E-KEY-003", "`include` takes the names of files, nothing else", one.at, hint)


def from_texts(texts: Mapping[str, str]) -> tuple[Files, Map]:
    """The app whose files are these texts; the main one is `app.yaml`, else the first that has the key `app`."""
    files = Files(lambda name: (texts.get(name), []))
    return files, files.tree(main_of(texts))


def main_of(texts: Mapping[str, str]) -> str:
    """The path of the file that an app begins with."""
    if "app.yaml" in texts or not texts:
        return "app.yaml"
    heads = (
        name
        for name, text in texts.items()
        if any(line.startswith(("app:", '"app"', "{")) for line in text.splitlines())
    )
    return next(heads, next(iter(texts)))


def from_path(path: Path) -> tuple[Files, Map]:
    """The app at a path: a file, or a folder with an `app.yaml`. Nothing outside of its folder is read."""
    main = path / "app.yaml" if os.path.isdir(path) else path
    root = _real(main.parent)
    files = Files(lambda name: _open(root, name))
    return files, files.tree(main.name)


def texts_at(path: Path, names: Iterable[str]) -> dict[str, str | None]:
    """What these files of the app at a path hold now; None for one that cannot be read."""
    root = _real(path if os.path.isdir(path) else path.parent)
    return {name: _open(root, name)[0] for name in names}


def _real(path: Path) -> Path:
    """Where a path leads; unlike `Path.resolve` it takes links that lead to themselves and names that are too long."""
    return Path(os.path.realpath(path))


def _open(root: Path, name: str) -> tuple[str | None, list[Problem]]:
    try:
        target = _real(root / name)
        if not target.is_relative_to(root) or not target.is_file():
            return None, []
        if target.stat().st_size > MAX_BYTES:
            way_out = "split it with `include:`"
            return "", [Problem("E-YAML-004", "the file is larger than 1 MB", Location(name), way_out)]
        return decode(target.read_bytes(), name)
    except (OSError, ValueError):              # a name too long, a file that may not be read
        return None, []
