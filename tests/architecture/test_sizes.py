"""Modules and functions stay small enough to be read at once."""

from __future__ import annotations

import ast
import statistics

from tests.architecture.modules import ROOT, Module, modules

MODULE_LINES = 400
TEST_LINES = 450
FUNCTION_LINES = 60
MEDIAN_LINES = 10
HANDLER_LINES = 25
NO_NAMES = ("utils", "util", "helpers", "helper", "manager", "managers", "misc", "common")


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines without the docstring: explaining is free."""
    said = ast.get_docstring(function, clean=False)
    return length(function) - (said.count("\n") + 1 if said else 0)


def test_no_module_is_longer_than_it_may_be() -> None:
    long = [f"{module.shown}: {module.lines}" for module in modules().values() if module.lines > MODULE_LINES]
    assert not long


def test_no_module_of_tests_is_longer_than_it_may_be() -> None:
    """Tests may be somewhat longer: their apps and tables of cases stand in them. Their functions may not."""
    found = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("*.py"))}
    long = [f"{path}: {lines}" for path, text in found.items() if (lines := len(text.splitlines())) > TEST_LINES]
    long += [
        f"{path}:{node.lineno} {node.name}: {length(node)}"
        for path, text in found.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and length(node) > FUNCTION_LINES
    ]
    assert not long


def test_no_function_is_longer_than_it_may_be() -> None:
    long = [
        f"{module.shown}:{function.lineno} {function.name}: {length(function)}"
        for module in modules().values()
        for function in module.functions()
        if length(function) > FUNCTION_LINES
    ]
    assert not long


def test_most_functions_are_short() -> None:
    lengths = [body_length(function) for module in modules().values() for function in module.functions()]
    assert statistics.median(lengths) <= MEDIAN_LINES


def test_every_module_says_what_it_is_for() -> None:
    silent = [module.shown for module in modules().values() if not ast.get_docstring(module.tree)]
    assert not silent


def test_names_of_modules_say_what_is_in_them() -> None:
    vague = [module.shown for module in modules().values() if module.path.stem in NO_NAMES]
    assert not vague


def test_base_modules_are_of_kinds_only() -> None:
    allowed = ("engine.kinds.", "engine.expressions.functions.")
    strayed = [m.shown for m in modules().values() if m.path.stem == "base" and not m.name.startswith(allowed)]
    assert not strayed


def dataclass_options(module: Module) -> list[tuple[str, int, set[str]]]:
    found = []
    for node in module.nodes():
        for decorator in getattr(node, "decorator_list", ()) if isinstance(node, ast.ClassDef) else ():
            call = decorator if isinstance(decorator, ast.Call) else None
            name = call.func if call else decorator
            if isinstance(name, ast.Name) and name.id == "dataclass":
                words = (
                    {k.arg or "" for k in call.keywords if getattr(k.value, "value", None) is True} if call else set()
                )
                found.append((node.name, node.lineno, words))
    return found


def test_the_compiled_app_is_frozen() -> None:
    nouns = [
        f"engine.definitions.{noun}"
        for noun in ("access", "app", "decisions", "flows", "objects", "questions", "registers")
    ]
    loose = [
        f"{module.shown}:{line} {name}"
        for module in modules().values()
        if module.name in nouns or module.name.startswith("engine.kinds")
        for name, line, words in dataclass_options(module)
        if "frozen" not in words and not name.startswith("_")
    ]
    assert not loose
