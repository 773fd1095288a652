"""SQL is executed on one floor only, and nothing evaluates text as a program."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.modules import Module, modules

RUNS_SQL = {"execute", "exec_driver_sql", "executemany", "scalars", "stream_results"}
MAY_RUN_SQL = ("engine.runtime.storage",)
# Text as SQL can carry what a user typed: built by hand only where the identifiers are our own.
MAY_WRITE_SQL = ("engine.runtime.storage", "engine.expressions")
NEVER = {"eval", "exec", "compile", "__import__"}


def calls(module: Module) -> Iterator[tuple[ast.Call, str, bool]]:
    """Every call: the node, the last name of what is called, and whether it is a method."""
    for node in module.nodes():
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node, node.func.attr, True
            elif isinstance(node.func, ast.Name):
                yield node, node.func.id, False


def within(module: Module, places: tuple[str, ...]) -> bool:
    return any(module.name == place or module.name.startswith(f"{place}.") for place in places)


def test_sql_is_executed_in_storage_only() -> None:
    strayed = [
        f"{module.shown}:{node.lineno} {name}"
        for module in modules().values()
        if module.name.startswith("engine.") and not within(module, MAY_RUN_SQL)
        for node, name, is_method in calls(module)
        if is_method and name in RUNS_SQL
    ]
    assert not strayed


def test_sql_is_not_written_as_text_elsewhere() -> None:
    strayed = [
        f"{module.shown}:{imported.line} {imported.name}"
        for module in modules().values()
        if module.name.startswith("engine.") and not within(module, MAY_WRITE_SQL)
        for imported in module.imports()
        if imported.name in ("sqlalchemy.text", "sqlalchemy.literal_column", "sqlalchemy.sql.text")
    ]
    assert not strayed


def test_nothing_evaluates_text_as_a_program() -> None:
    evaluated = [
        f"{module.shown}:{node.lineno} {name}"
        for module in modules().values()
        for node, name, is_method in calls(module)
        if not is_method and name in NEVER
    ]
    pickled = [
        f"{module.shown}:{imported.line} {imported.name}"
        for module in modules().values()
        for imported in module.imports()
        if imported.name.partition(".")[0] in ("pickle", "marshal", "shelve", "dill")
    ]
    assert not evaluated + pickled


def test_yaml_is_never_loaded_by_its_own_constructors() -> None:
    loaded = [
        f"{module.shown}:{node.lineno}"
        for module in modules().values()
        for node, name, is_method in calls(module)
        if is_method
        and name in ("load", "unsafe_load", "full_load", "load_all")
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "yaml"
    ]
    assert not loaded
