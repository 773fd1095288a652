"""The modules of the repository as syntax trees: what each imports, also inside functions, and how long it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("engine", "demo", "bench")


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module; `typing_only` under `if TYPE_CHECKING`, `hidden` inside a function."""

    name: str
    line: int
    typing_only: bool
    hidden: bool


@dataclass(frozen=True, slots=True)
class Module:
    """A Python file, by its dotted name."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def lines(self) -> int:
        return len(self.path.read_text(encoding="utf-8").splitlines())

    @property
    def shown(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree."""
        return _nodes(self)

    def imports(self) -> tuple[Import, ...]:
        """Every import of the module, wherever it stands."""
        return _all_imports(self)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method."""
        return (node for node in self.nodes() if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@cache
def _nodes(module: Module) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(module.tree))


@cache
def _all_imports(module: Module) -> tuple[Import, ...]:
    return tuple(_imports(module.tree, typing_only=False, hidden=False))


def _imports(node: ast.AST, *, typing_only: bool, hidden: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, typing_only, hidden)
        elif isinstance(child, ast.ImportFrom):
            for alias in child.names:
                yield Import(f"{child.module or ''}.{alias.name}", child.lineno, typing_only, hidden)
        else:
            checking = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(child, typing_only=typing_only or checking, hidden=hidden or inside)


@cache
def modules() -> dict[str, Module]:
    """All modules of our own, by name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = Module(name, path, ast.parse(path.read_text(encoding="utf-8")))
    return found


def target(imported: str) -> str | None:
    """The module of ours that an imported name means (`engine.texts.say` → `engine.texts`); None for others."""
    known = modules()
    while imported:
        if imported in known:
            return imported
        imported = imported.rpartition(".")[0]
    return None
