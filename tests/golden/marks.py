"""The places and codes of the problems of a text, for golden tests. Knows no wording."""

from __future__ import annotations

from engine.definitions.compile import problems_of


def marks(text: str) -> list[str]:
    """`line:column code` of each problem, in their order."""
    return [f"{problem.at.line}:{problem.at.column} {problem.code}" for problem in problems_of(text)]
