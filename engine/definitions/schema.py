"""The JSON Schema of the language, for editors and for tools that write definitions. Knows no app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.definitions.language import ROOT, SHAPES
from engine.definitions.language.fields import COMMON_NAMES
from engine.definitions.reference.leaves import anchor_of
from engine.definitions.reference.wording import anchor_in, page_of, said_of, sentence, shared
from engine.definitions.shapes import Either, Key, Letter, Many, Named, Shape, Shaped, Slot, Word
from engine.kinds.fields import KINDS

IDENTITY = "urn:formwork:language"
PAGES = "docs/{page}.md"  # where the reference stands; `{page}` is the name of a page

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
# Key → where the names are declared that may stand there, for completion.
NAMED = {"to": "objects", "start": "flows", "create": "objects", "ensure": "objects", "act": "objects.*.actions"}


@lru_cache(maxsize=8)
def json_schema(languages: tuple[str, ...] = ("zh", "en"), pages: str = PAGES) -> dict[str, Any]:
    """The schema (draft 2020-12) of a definition file whose labels are in these languages; `pages` is the address of
    the reference, to which every key links.

    `slot` beside a key names what it holds (`E`, `T`, `S` …). Files that are included may hold any part of an app, so
    nothing is required at the top: the checker says what the whole lacks."""
    writer = Writer(languages, pages)
    definitions = {name: writer.shape(shape) for name, shape in SHAPES.items()}
    definitions[ROOT.name].pop("required", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": IDENTITY,
        "title": "Formwork app",
        "$ref": f"#/$defs/{ROOT.name}",
        "$defs": {**definitions, **{f"field.{name}": writer.field_key(name) for name in SHAPES["field"].keys}},
    }


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes shapes as schemas, for labels in these languages and with links to these pages."""

    languages: tuple[str, ...]
    pages: str

    def shape(self, shape: Shape) -> dict[str, Any]:
        """A noun; where a value alone may stand for it, also that value."""
        whole = self._whole(shape)
        whole["description"] = sentence(shape.doc)
        if not shape.short:
            return whole
        short = shape.variants.get(shape.short, shape).keys[shape.short]
        alone = self._types() if shape.short == "type" else self._named(shape, short)
        return {"anyOf": [alone, whole], "description": sentence(shape.doc)}

    def _whole(self, shape: Shape) -> dict[str, Any]:
        if shape.variants:
            return self._family(shape)
        if shape.name == "field":
            return self._field(shape)
        return self._object(shape, lambda key: self._of(shape, key))

    def _of(self, shape: Shape, key: Key) -> dict[str, Any]:
        """A key of a plain noun; a measure shares its keys with fields."""
        if shape.name == "measure" and SHAPES["field"].keys.get(key.name) == key:
            return {"$ref": f"#/$defs/field.{key.name}"}
        return self._key(key, shape.name, anchor_of(shape.name, key.name))

    def _object(self, shape: Shape, write: Callable[[Key], dict[str, Any]]) -> dict[str, Any]:
        properties = {name: write(key) for name, key in shape.keys.items()}
        if shape.labelled or "name" in shape.keys:
            properties = {**self._labels(), **properties}
        found: dict[str, Any] = {
            "type": "object",
            "properties": properties,
            "additionalProperties": _slot(shape.rest) if shape.rest is not None else False,
        }
        required = [name for name, key in shape.keys.items() if key.required]
        return {**found, "required": required} if required else found

    def _labels(self) -> dict[str, Any]:
        return {one: {"type": ["string", "number"], "description": f"The label in {one}."} for one in self.languages}

    def _family(self, shape: Shape) -> dict[str, Any]:
        """Which kind it is is told by the first key that it has: one `if` per kind, so that messages speak of it."""
        heads = [{"required": [head]} for head in shape.variants]
        common = shared(shape)

        def write(form: Shape) -> Callable[[Key], dict[str, Any]]:
            return lambda key: self._key(key, shape.name, anchor_in(shape, form, key, common))

        kinds = [
            {
                "if": {**heads[place], "not": {"anyOf": heads[:place]}} if place else heads[0],
                "then": self._object(form, write(form)),
            }
            for place, form in enumerate(shape.variants.values())
        ]
        # What an editor offers before the kind is known: the keys that tell it. Their values are the kind's business.
        offered = {head: {"description": sentence(form.doc or head)} for head, form in shape.variants.items()}
        return {"type": "object", "properties": offered, "anyOf": heads, "allOf": kinds}

    def _field(self, shape: Shape) -> dict[str, Any]:
        """A field takes the keys of every field and those of its kind; without a kind of ours, any."""
        kinds = [
            {
                "if": {"required": ["type"], "properties": {"type": {"const": name}}},
                "then": self._keys_of(shape, name),
            }
            for name in KINDS
        ]
        other = {"not": {"required": ["type"], "properties": {"type": {"enum": list(KINDS)}}}}
        return {"type": "object", "allOf": [*kinds, {"if": other, "then": self._keys_of(shape, "")}]}

    def _keys_of(self, shape: Shape, kind: str) -> dict[str, Any]:
        own = KINDS[kind].options_schema if kind else shape.keys
        owned = {name for one in KINDS.values() for name in one.options_schema} - COMMON_NAMES
        names = [name for name in shape.keys if name not in owned or name in own]
        properties: dict[str, Any] = {name: {"$ref": f"#/$defs/field.{name}"} for name in names}
        for name in names:
            if kind and name in owned:
                key, anchor = shape.keys[name], anchor_of("type", kind, name)
                properties[name] = self._key(key, "field", anchor)
        return {"type": "object", "properties": {**self._labels(), **properties}, "additionalProperties": False}

    def field_key(self, name: str) -> dict[str, Any]:
        """A key that every field may have."""
        key = SHAPES["field"].keys[name]
        owner = next((kind for kind, one in KINDS.items() if name in one.options_schema), "")
        anchor = anchor_of("type", owner, name) if owner and name not in COMMON_NAMES else anchor_of("field", name)
        written = self._key(key, "field", anchor)
        return {**written, **self._types()} if name == "type" else written

    def _types(self) -> dict[str, Any]:
        said = [said_of(name) for name in KINDS]
        known = {"enum": list(KINDS), "enumDescriptions": said, "markdownEnumDescriptions": said}
        return {"anyOf": [known, {"type": "string", "description": "A name out of `types`."}]}

    def _named(self, shape: Shape, key: Key) -> dict[str, Any]:
        return self._key(key, shape.name, anchor_of(shape.name, key.name))

    def _key(self, key: Key, noun: str, anchor: str) -> dict[str, Any]:
        found = dict(_slot(key.slot))
        said = sentence(key.doc) if key.active else f"{sentence(key.doc)} Declared, not yet active."
        found["description"] = said
        found["markdownDescription"] = f"{said}\n\n[Reference]({self.pages.format(page=page_of(noun))}#{anchor})"
        if key.example:
            found["examples"] = [key.example]
        if key.default:
            found["default"] = {"true": True, "false": False}.get(key.default, key.default)
        if isinstance(key.slot, Letter):
            found["slot"] = key.slot.letter
            if key.slot.letter == "N" and key.name in NAMED:
                found["x-ref"] = NAMED[key.name]
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
