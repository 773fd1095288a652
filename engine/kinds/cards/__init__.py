"""The kinds of cards on a dashboard and the keys of each. Knows not how they are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

NAME: Mapping[str, Any] = {"type": "string", "slot": "N"}
REPORT: Mapping[str, Any] = {"type": "string", "slot": "N:report"}
LISTED: Mapping[str, Any] = {"type": "string", "slot": "N:object"}
VIEW: Mapping[str, Any] = {"type": "string", "slot": "R:object"}
NAMES: Mapping[str, Any] = {"type": ["string", "array"], "items": {"type": "string"}, "slot": "N[]"}
SORTS: Mapping[str, Any] = {"type": ["string", "array"], "items": {"type": "string"}, "slot": "R[]"}
EXPRESSION: Mapping[str, Any] = {"type": ["string", "number", "boolean"], "slot": "E"}
FORMAT: Mapping[str, Any] = {
    "type": "string", "description": "how it is shown: a field type, or a pattern as in texts (`0.0%`)",
}
TOP: Mapping[str, Any] = {"type": "integer", "minimum": 1, "maximum": 1000, "description": "only the first rows"}
CHART: Mapping[str, Any] = {"x": NAME, "y": NAMES, "top": TOP}


@dataclass(frozen=True, slots=True)
class CardKind:
    """One kind of card. `options_schema`: JSON Schema of the keys it adds, its own word (with what it shows) first."""

    name: str
    options_schema: Mapping[str, Any]


def _kinds(*kinds: CardKind) -> Mapping[str, CardKind]:
    return MappingProxyType({kind.name: kind for kind in kinds})


CARDS: Mapping[str, CardKind] = _kinds(
    CardKind("number", {"number": EXPRESSION, "goal": EXPRESSION, "format": FORMAT}),
    CardKind("bar", {"bar": REPORT, **CHART}),
    CardKind("line", {"line": REPORT, **CHART}),
    CardKind("area", {"area": REPORT, **CHART}),
    CardKind("pie", {"pie": REPORT, **CHART}),
    CardKind("funnel", {"funnel": REPORT, **CHART}),
    CardKind("gauge", {"gauge": EXPRESSION, "goal": EXPRESSION, "format": FORMAT}),
    CardKind("table", {"table": REPORT, "columns": NAMES, "top": TOP}),
    CardKind("pivot", {"pivot": REPORT, "columns": NAMES, "top": TOP}),
    CardKind("view", {"view": VIEW, "top": TOP}),
    CardKind("list", {"list": LISTED, "columns": NAMES, "where": EXPRESSION, "sort": SORTS, "top": TOP}),
    CardKind("text", {"text": {"type": ["string", "object"], "slot": "T"}}),
)
