"""The JSON Schema of the language, for editors and for tools that write definitions. Knows no app."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from engine.definitions.language import ROOT, SHAPES
from engine.definitions.shapes import Either, Key, Letter, Many, Named, Shape, Shaped, Slot, Word

TEXTS = {"type": "object", "minProperties": 1, "additionalProperties": {"type": ["string", "number"]}}
SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}
LETTERS: dict[str, dict[str, Any]] = {
    "E": SCALAR,
    "V": {},
    "X": {},
    "T": {"anyOf": [{"type": ["string", "number"]}, TEXTS]},
    "L": {"anyOf": [{"type": ["string", "number"]}, TEXTS]},
    "W": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    "B": {"type": "boolean"},
    "I": {"type": "integer"},
}
TEXT: dict[str, Any] = {"type": ["string", "number"]}


@lru_cache(maxsize=8)
def json_schema(languages: tuple[str, ...] = ("zh", "en")) -> dict[str, Any]:
    """The schema (draft 2020-12) of a definition file whose labels are in these languages.

    `slot` beside a key names what it holds (`E`, `T`, `S` …). Files that are included may hold any part of an app, so
    nothing is required at the top: the checker says what the whole lacks."""
    definitions = {name: _shape(shape, languages) for name, shape in SHAPES.items()}
    definitions[ROOT.name].pop("required", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Formwork app",
        "$ref": f"#/$defs/{ROOT.name}",
        "$defs": definitions,
    }


def _shape(shape: Shape, languages: tuple[str, ...]) -> dict[str, Any]:
    whole = _family(shape, languages) if shape.variants else _object(shape, languages)
    whole["description"] = shape.doc
    if not shape.short:
        return whole
    short = shape.variants.get(shape.short, shape).keys[shape.short]
    return {"anyOf": [_slot(short.slot), whole], "description": shape.doc}


def _object(shape: Shape, languages: tuple[str, ...]) -> dict[str, Any]:
    properties = {name: _key(key) for name, key in shape.keys.items()}
    if shape.labelled or "name" in shape.keys:
        properties = {**{one: {"type": ["string", "number"]} for one in languages}, **properties}
    found: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "additionalProperties": _slot(shape.rest) if shape.rest is not None else False,
    }
    required = [name for name, key in shape.keys.items() if key.required]
    return {**found, "required": required} if required else found


def _family(shape: Shape, languages: tuple[str, ...]) -> dict[str, Any]:
    """Which kind it is is told by the first key that it has: one `if` per kind, so that messages speak of it only."""
    heads = [{"required": [head]} for head in shape.variants]
    kinds = [
        {
            "if": {**heads[place], "not": {"anyOf": heads[:place]}} if place else heads[0],
            "then": _object(one, languages),
        }
        for place, one in enumerate(shape.variants.values())
    ]
    return {"type": "object", "anyOf": heads, "allOf": kinds}


def _key(key: Key) -> dict[str, Any]:
    found = dict(_slot(key.slot))
    found["description"] = key.doc if key.active else f"{key.doc} (declared, not yet active)"
    if key.example:
        found["examples"] = [key.example]
    if key.default:
        found["default"] = key.default
    if isinstance(key.slot, Letter):
        found["slot"] = key.slot.letter
    return found


def _slot(slot: Slot) -> dict[str, Any]:
    match slot:
        case Letter(letter=letter):
            return dict(LETTERS.get(letter, TEXT))
        case Word(word=word):
            return {"const": word}
        case Many(of=of):
            return {"anyOf": [_slot(of), {"type": "array", "items": _slot(of)}]}
        case Named(of=of):
            return {"type": "object", "additionalProperties": _slot(of)}
        case Shaped(shape=shape):
            return {"$ref": f"#/$defs/{shape}"}
        case Either(options=options):
            return _either(options)


def _either(options: tuple[Slot, ...]) -> dict[str, Any]:
    words = [one.word for one in options if isinstance(one, Word)]
    others = [_slot(one) for one in options if not isinstance(one, Word)]
    if not others:
        return {"enum": words}
    return {"anyOf": [*([{"enum": words}] if words else []), *others]}
