"""What an expression depends on, as paths from the row at hand. Knows no meaning of operators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from engine.expressions.nodes import Aggregate, Call, Decide, Each, Get, Node, Root, Source, Stored

Path: TypeAlias = tuple[str, ...]
NO_ALIASES: Mapping[str, Path | None] = {}


def reads(*nodes: Node) -> tuple[Path, ...]:
    """The paths that nodes read, sorted; a path that others continue is left out."""
    reader = Reader()
    for node in nodes:
        reader.visit(node, (), NO_ALIASES)
    whole = {path for path in reader.bases if not any(other[: len(path)] == path for other in reader.found)}
    return tuple(sorted(reader.found | whole))


def read_of_this(node: Node, outward: bool) -> tuple[Path, ...]:
    """The paths that a node reads from the row that it belongs to; inside a source those of its candidates are left
    out."""
    reader = Reader()
    reader.visit(node, None if outward else (), NO_ALIASES)
    return tuple(sorted(reader.found | reader.bases))


class Reader:
    """Collects paths. A prefix is where the candidate's names hang; None: rows that are no part of the row at hand."""

    def __init__(self) -> None:
        self.found: set[Path] = set()
        self.bases: set[Path] = set()

    def visit(self, node: Node, prefix: Path | None, aliases: Mapping[str, Path | None]) -> None:
        if isinstance(node, (Get, Each, Root)):
            self._path(node, prefix, aliases)
        elif isinstance(node, Stored):
            self.found.add((f"@{node.name}",))
        elif isinstance(node, (Source, Aggregate)):
            self._rows(node, prefix, aliases)
        else:
            if isinstance(node, Call) and node.function.reads:
                self.found.add((node.function.reads,))
            if isinstance(node, Decide):
                self.found.add(("@decision", node.name))
            for part in node.parts():
                self.visit(part, prefix, aliases)

    def _path(self, node: Node, prefix: Path | None, aliases: Mapping[str, Path | None]) -> None:
        known, path = self._follow(node, prefix, aliases)
        if known and path is not None:
            self.found.add(path or ("@this",))

    def _follow(self, node: Node, prefix: Path | None, aliases: Mapping[str, Path | None]) -> tuple[bool, Path | None]:
        """Whether a node is a path, and which (None: of rows that do not count); other owners are visited."""
        if isinstance(node, Root):
            if node.word == "row":
                return True, prefix
            if node.word == "name" and node.name in aliases:
                return True, aliases[node.name]
            return True, () if node.word == "this" else (f"@{node.name or node.word}",)
        if isinstance(node, (Get, Each)):
            known, path = self._follow(node.owner, prefix, aliases)
            name = node.name.partition("@")[0] or node.name  # what a measure was at some time is that measure
            return known, None if path is None else (*path, name)
        if isinstance(node, Source):
            return True, self._source(node, prefix, aliases)[0]
        self.visit(node, prefix, aliases)
        return False, None

    def _source(
        self, node: Node, prefix: Path | None, aliases: Mapping[str, Path | None]
    ) -> tuple[Path | None, Mapping[str, Path | None]]:
        """Where the candidates of a source hang, and the aliases inside; notes what its clauses read."""
        if not isinstance(node, Source):
            known, path = self._follow(node, prefix, aliases)
            if known and path:
                self.bases.add(path)
            return path, aliases
        path, inner = self._source(node.base, prefix, aliases)
        if node.alias:
            inner = {**inner, node.alias: path}
        for part in filter(None, (node.moment, *(node.between or ()))):
            self.visit(part, prefix, aliases)
        for part in filter(None, (node.where, *(key.value for key in node.sort))):
            self.visit(part, path, inner)
        return path, inner

    def _rows(self, node: Node, prefix: Path | None, aliases: Mapping[str, Path | None]) -> None:
        if isinstance(node, Source):
            self._source(node, prefix, aliases)
        elif isinstance(node, Aggregate):
            path, inner = self._source(node.source, prefix, aliases)
            if node.value is not None:
                self.visit(node.value, path, inner)
            for arg in node.args:
                self.visit(arg, prefix, aliases)
