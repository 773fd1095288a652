"""The kinds of steps in a flow and the keys of each. Knows not how a flow runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

PATHS: Mapping[str, Any] = {"type": ["string", "array"], "items": {"type": "string"}, "slot": "R[]"}
WHO: Mapping[str, Any] = {"slot": "W"}
LABEL: Mapping[str, Any] = {"type": ["string", "object"], "slot": "L"}
CONDITION: Mapping[str, Any] = {"type": ["string", "boolean"], "slot": "E"}
WORD: Mapping[str, Any] = {"type": "string", "slot": "N"}
STEPS_SCHEMA: Mapping[str, Any] = {"type": "array", "slot": "flowsteps"}
SELF = {"enum": ["ask", "approve", "manager", "forbid"]}
ON_EMPTY = {"enum": ["admin", "skip", "up", "approve", "reject", "block"]}
ARM: Mapping[str, Any] = {
    "type": "object", "additionalProperties": False, "required": ["steps"],
    "properties": {"when": CONDITION, "name": LABEL, "steps": STEPS_SCHEMA},
}


@dataclass(frozen=True, slots=True)
class StepKind:
    """One kind of flow step. `options_schema`: JSON Schema of its keys, its own word first; `needs` must be there."""

    name: str
    options_schema: Mapping[str, Any]
    needs: tuple[str, ...]


def _kinds(*kinds: StepKind) -> Mapping[str, StepKind]:
    return MappingProxyType({kind.name: kind for kind in kinds})


STEPS: Mapping[str, StepKind] = _kinds(
    StepKind("approve", {
        "approve": WORD, "name": LABEL, "by": WHO, "when": CONDITION,
        "mode": {"enum": ["any", "all", "count", "fraction", "percent"]},
        "need": {"type": ["integer", "string"], "description": "how many (count: 2), or which share (2/3, 60%)"},
        "reject": {"enum": ["at_once", "at_end"]},
        "edit": PATHS, "require": PATHS, "show": PATHS, "opinion": {"type": "boolean"},
        "self": SELF, "on_empty": ON_EMPTY,
    }, ("approve", "by")),
    StepKind("branch", {
        "branch": {
            "type": "array", "minItems": 1,
            "items": {
                "type": "object", "additionalProperties": False,
                "properties": {"when": CONDITION, "name": LABEL, "steps": STEPS_SCHEMA, "else": STEPS_SCHEMA},
            },
        },
        "name": LABEL,
    }, ("branch",)),
    StepKind("parallel", {
        "parallel": {"type": "array", "minItems": 1, "items": ARM},
        "name": LABEL,
        "join": {"type": ["string", "integer"], "description": "all, any, or how many arms must come to their end"},
        "on_reject": {"enum": ["end", "wait", "go_on"]},
    }, ("parallel",)),
    StepKind("cc", {"cc": WHO, "when": CONDITION}, ("cc",)),
    StepKind("notify", {
        "notify": WHO, "say": {"type": ["string", "object"], "slot": "T"}, "when": CONDITION,
    }, ("notify", "say")),
)
