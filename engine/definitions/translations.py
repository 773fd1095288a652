"""Keeps in mind which texts are missing in a language of the app, and tells of them once per thing. Reads no key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.definitions.nodes import Map, Node, Scalar
from engine.errors import Location, Problem

HOLES = re.compile(r"\{[^{}]*\}")
Missing = tuple[Location, tuple[str, ...]]


@dataclass(slots=True)
class Untranslated:
    """The places of texts that are not given in each of `languages`."""

    languages: tuple[str, ...]
    found: dict[tuple[str, int, int], Missing] = field(default_factory=dict)

    def look(self, node: Node | None) -> None:
        """Looks at a text: a map of languages, or one for all of them."""
        missing: tuple[str, ...] = ()
        if isinstance(node, Map):
            missing = tuple(one for one in self.languages if one not in node.names())
        elif isinstance(node, Scalar) and wordy(node.text):
            missing = self.languages[1:]
        if node is not None and missing and len(self.languages) > 1:
            self.found.setdefault((node.at.file, node.at.line, node.at.column), (node.at, missing))

    def problems(self) -> Iterator[Problem]:
        """A warning for each thing of the app, where its first text stands."""
        groups: dict[str, list[Missing]] = {}
        for at, missing in self.found.values():
            groups.setdefault(".".join(at.path.split(".")[:2]), []).append((at, missing))
        for owner, found in groups.items():
            at, _ = min(found)
            rest = f" and {len(found) - 1} more of {owner}" if len(found) > 1 else ""
            languages = ", ".join(dict.fromkeys(one for _, some in found for one in some))
            message = f"this text{rest} {'are' if rest else 'is'} not given in {languages}"
            yield Problem("W-LANG-001", message, at, "write it once per language: `{zh: …, en: …}`", "warning")


def wordy(text: str) -> bool:
    """Whether a text holds words of a language; codes, units and mere holes are the same in all of them."""
    letters = [letter for letter in HOLES.sub("", text) if letter.isalpha()]
    return any(letter > "\u2e7f" for letter in letters) or (len(letters) > 3 and any(one.islower() for one in letters))
