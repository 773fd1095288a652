"""The state of one check: the text, its place, the problems found, and the way down into the tree. Knows no rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from engine.errors import Location, Problem, Severity
from engine.expressions.faults import fault
from engine.expressions.nodes import Literal, Node
from engine.expressions.scope import Names
from engine.expressions.trees import Tree
from engine.expressions.types import ANY, Type

Rule: TypeAlias = "Callable[[Checker, Any, Names], Node]"  # the tree is of the kind that the rule stands for


class Checker:
    """One check of one text. `rules` says how each kind of tree gets its type."""

    def __init__(self, text: str, at: Location, rules: Mapping[type[Tree], Rule]) -> None:
        self.text = text
        self.at = at
        self.rules = rules
        self.problems: list[Problem] = []

    def node(self, tree: Tree, names: Names) -> Node:
        """The typed node of a tree; after a problem its type is `any`, so that nothing is reported twice."""
        return self.rules[type(tree)](self, tree, names)

    def wrong(
        self,
        code: str,
        tree: Tree,
        hint: str = "",
        *,
        offset: int | None = None,
        severity: Severity = "error",
        **holes: object,
    ) -> Node:
        """Notes a problem at a tree (or at `offset`) and gives a node that fits anywhere."""
        start = tree.start if offset is None else offset
        self.problems.append(fault(code, self.text, self.at, start, hint, holes, severity))
        return Literal(None, type=ANY, start=tree.start, end=tree.end)

    def attempt(self, tree: Tree, names: Names, rule: Callable[[Tree, Names], Node]) -> tuple[Node, list[Problem]]:
        """A node and the problems that it would give, without noting them."""
        kept, self.problems = self.problems, []
        node = rule(tree, names)
        found, self.problems = self.problems, kept
        return node, found

    def written(self, tree: Tree) -> str:
        """The tree as the author wrote it."""
        return self.text[tree.start : tree.end]


def shown(kind: Type) -> str:
    """A type in the words of a message."""
    words = {
        "number": "a number",
        "text": "a text",
        "boolean": "a yes-or-no value",
        "date": "a date",
        "datetime": "a moment",
        "time": "a time of day",
        "duration": "a duration",
        "choice": "a choice",
        "blank": "nothing",
        "any": "anything",
        "range": "a range",
        "json": "data",
    }
    if kind.unit:
        return {"money": "an amount of money", "quantity": "a quantity", "percent": "a percentage"}.get(
            kind.unit, f"an amount of {kind.unit.partition(':')[2]}"
        )
    if kind.name == "record":
        return "a record of " + " or ".join(kind.objects) if kind.objects else "a record"
    if kind.name == "rows":
        return "rows of " + " or ".join(kind.objects) if kind.objects else "rows"
    if kind.name == "list":
        return f"a list ({shown(kind.of)} each)" if kind.of else "a list"
    return words[kind.name]
