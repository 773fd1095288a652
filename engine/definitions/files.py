"""Gathers the files of an app: reads, follows `include:`, merges them into one tree. Knows no other key."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.definitions.nodes import List, Map, Node, Pair, Scalar, without
from engine.definitions.source import MAX_BYTES, decode, read
from engine.errors import Location, Problem

MAX_FILES = 200
Opener = Callable[[str], "tuple[str | None, list[Problem]]"]


@dataclass(slots=True)
class Files:
    """The files read so far: their texts byte for byte, by path relative to the app's folder.

    `unreadable`: a file is missing or is no tree. What stands in it would seem to be missing everywhere else."""

    open: Opener
    texts: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unreadable: bool = False

    def tree(self, main: str) -> Map:
        """The tree of the main file with all that it includes merged in."""
        found = self._read(main, Location(main))
        return found if found is not None else Map((), Location(main))

    def _read(self, name: str, at: Location) -> Map | None:
        text, problems = self.open(name)
        self.problems += problems
        self.unreadable |= text is None or bool(problems)
        if text is None:
            self.problems.append(
                Problem("E-FILE-001", f"there is no file `{name}`", at, "paths are relative to the file that includes")
            )
            return None
        self.texts[name] = text
        tree, problems = read(text, name)
        self.problems += problems
        self.unreadable |= tree is None
        return None if tree is None else self._with_includes(tree, name)

    def _with_includes(self, tree: Map, name: str) -> Map:
        wanted = tree.get("include")
        rest = without(tree, "include")
        self.problems += _misfits(wanted)
        for item in _texts(wanted):
            inner = self._include(item, name)
            if inner is not None:
                rest = self._merged(rest, inner)
        return rest

    def _include(self, item: Scalar, name: str) -> Map | None:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), item.text.strip()))
        if target.startswith(("..", "/")) or "\\" in target or ":" in target:
            self.problems.append(Problem("E-FILE-002", f"`{item.text}` lies outside of the app's folder", item.at))
        elif target in self.texts:
            self.problems.append(
                Problem("E-FILE-003", f"`{item.text}` is included already", item.at, "include each file once")
            )
        elif len(self.texts) >= MAX_FILES:
            self.problems.append(Problem("E-FILE-004", f"more than {MAX_FILES} files", item.at))
        else:
            return self._read(target, item.at)
        return None

    def _merged(self, left: Map, right: Map) -> Map:
        pairs = {pair.key.text: pair for pair in left}
        for pair in right:
            held = pairs.get(pair.key.text)
            pairs[pair.key.text] = pair if held is None else Pair(held.key, self._joined(held, pair))
        return replace(left, pairs=tuple(pairs.values()))

    def _joined(self, held: Pair, pair: Pair) -> Node:
        """The same key in two files: maps merge, lists follow one another, anything else is said twice."""
        if isinstance(held.value, Map) and isinstance(pair.value, Map):
            return self._merged(held.value, pair.value)
        if isinstance(held.value, List) and isinstance(pair.value, List):
            return replace(held.value, items=(*held.value.items, *pair.value.items))
        first = held.key.at
        message = f"`{pair.key.text}` is given already in {first.file}, line {first.line}"
        self.problems.append(
            Problem("E-FILE-005", message, pair.key.at, "maps merge across files; a value is given once")
        )
        return held.value


def _texts(node: Node | None) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [] if node.blank else [node]
    return [item for item in node if isinstance(item, Scalar)] if isinstance(node, List) else []


def _misfits(wanted: Node | None) -> Iterator[Problem]:
    """Whatever in `include` is no file's name."""
    for item in wanted if isinstance(wanted, List) else () if wanted is None else (wanted,):
        if not isinstance(item, Scalar) or item.blank:
            hint = "write `include: [crm.yaml]`: what a file declares joins this app under the names that it has there"
            yield Problem("E-KEY-003", "`include` takes the names of files, nothing else", item.at, hint)


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
    main = path / "app.yaml" if path.is_dir() else path
    root = main.parent.resolve()
    files = Files(lambda name: _open(root, name))
    return files, files.tree(main.name)


def texts_at(path: Path, names: Iterable[str]) -> dict[str, str | None]:
    """What these files of the app at a path hold now; None for one that cannot be read."""
    root = (path if path.is_dir() else path.parent).resolve()
    return {name: _open(root, name)[0] for name in names}


def _open(root: Path, name: str) -> tuple[str | None, list[Problem]]:
    target = (root / name).resolve()
    if not target.is_relative_to(root) or not target.is_file():
        return None, []
    if target.stat().st_size > MAX_BYTES:
        return "", [Problem("E-YAML-004", "the file is larger than 1 MB", Location(name), "split it with `include:`")]
    return decode(target.read_bytes(), name)
