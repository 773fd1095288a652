"""Gives expressions and sources their types: the way from text to typed nodes, with all problems. Knows no rows."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import Location, Problem
from engine.expressions import habits, name_rules, operator_rules, source_rules, trees
from engine.expressions.call_rules import CallRules
from engine.expressions.checker import Checker, Rule, shown
from engine.expressions.functions import FUNCTIONS
from engine.expressions.nodes import Call, Literal, Node
from engine.expressions.operators import fits
from engine.expressions.scope import Names
from engine.expressions.source_rules import Parts
from engine.expressions.syntax import parse
from engine.expressions.trees import Tree
from engine.expressions.types import Type


def _source(checker: Checker, tree: Tree, names: Names) -> Node:
    assert isinstance(tree, trees.SourceTree)
    return source_rules.source_value(checker, tree, names, FUNCTIONS["list"])


RULES: Mapping[type[Tree], Rule] = {
    trees.Constant: name_rules.constant,
    trees.Span: name_rules.span,
    trees.Name: name_rules.name,
    trees.Member: name_rules.member,
    trees.Every: name_rules.every,
    trees.Operator: operator_rules.operator,
    trees.KindTest: operator_rules.kind_test,
    trees.Brackets: operator_rules.brackets,
    trees.Invocation: CallRules(FUNCTIONS),
    trees.SourceTree: _source,
}


def check_expression(text: str, at: Location, names: Names, expect: Type | None = None) -> Node | list[Problem]:
    """The typed node of an expression, or every problem in it."""
    tree = parse(text, at)
    if isinstance(tree, Problem):
        return [tree]
    checker = Checker(text, at, RULES)
    node = checker.node(tree, names)
    if expect is not None:
        node = expected(checker, node, tree, expect)
    return checker.problems or node


def check_source(text: str, at: Location, names: Names) -> Parts | list[Problem]:
    """The typed parts of a source, or every problem in it."""
    tree = parse(text, at, source=True)
    if isinstance(tree, Problem):
        return [tree]
    checker = Checker(text, at, RULES)
    parts = source_rules.source(checker, tree, names)
    if checker.problems or parts is None:
        return checker.problems
    return parts


def expected(checker: Checker, node: Node, tree: Tree, wanted: Type) -> Node:
    """The node as a value of the wanted type: texts become options or records, anything else must fit."""
    element = wanted.of if wanted.name == "list" and node.type.name in ("text", "choice") and wanted.of else wanted
    if wanted.name == "choice" and wanted.options:
        _check_branches(checker, node, wanted, tree)
    node = operator_rules.beside(checker, node, element, tree) if element.name == "record" else node
    if not fits(node.type, wanted):
        return checker.wrong(
            "E-TYP-007", tree, _repair(checker, node, tree, wanted), wanted=shown(wanted), found=shown(node.type)
        )
    return node


def _repair(checker: Checker, node: Node, tree: Tree, wanted: Type) -> str:
    written = checker.written(tree)
    if wanted.name == "boolean":
        return f"write `{written} != 0`" if node.type.name == "number" else f"write `{written} is not blank`"
    if wanted.name == "text" and node.type.name in ("number", "date", "datetime", "record"):
        return f"write `'' & {written}`"
    if node.type.name == "list" and node.type.of is not None and wanted.name != "list":
        return habits.one_of_many(written, node.type.of)
    if node.type.name == "rows" and wanted.name == "number":
        return f"write `count({written})`"
    if wanted.name == "date" and node.type.name == "text":
        return habits.day(written) or "write dates as `date(2026, 3, 31)`"
    if wanted.name == "date" and node.type.name == "number":
        return habits.day(written)
    return ""


def _check_branches(checker: Checker, node: Node, wanted: Type, tree: Tree) -> None:
    """Quoted results of `if` and its like are options too."""
    if isinstance(node, Literal) and isinstance(node.value, str):
        operator_rules.option(checker, node, wanted, trees.Tree(node.start, node.end))
    elif isinstance(node, Call) and node.function.form == "lazy":
        start = 1 if node.function.name in ("if", "choose", "switch", "ifs") else 0
        step = 2 if node.function.name in ("ifs",) else 1
        results = node.args[2::2] if node.function.name == "switch" else node.args[start::step]
        for result in results:
            _check_branches(checker, result, wanted, tree)
