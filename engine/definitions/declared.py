"""A construct whose meaning is still to be built, with every part of it checked and compiled. Knows no noun."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.errors import Location


@dataclass(frozen=True, slots=True)
class Declared:
    """What was declared: key → its value, compiled as its slot says: expressions, sources, templates and people; names,
    words and fields as texts; lists as tuples; maps as dicts; nouns inside as `Declared` again."""

    kind: str
    values: Mapping[str, object] = field(default_factory=dict)
    location: Location = Location("")
