"""Slots and keys in words, and where they are explained. Knows no examples."""

from __future__ import annotations

from engine.definitions.language import MODULES, SHAPES
from engine.definitions.reference.leaves import anchor_of
from engine.definitions.shapes import LETTERS, Either, Key, Letter, Many, Named, Shape, Shaped, Slot, Word
from engine.kinds.fields import KINDS

PAGES = {shape.name: f"language-{module.__name__.rpartition('.')[2]}" for module in MODULES for shape in module.SHAPES}


def page_of(noun: str) -> str:
    """The page on which a noun is explained."""
    return PAGES.get(noun, "language")


def takes(slot: Slot) -> str:
    """What may stand in a slot: `an expression`, `a list of names; one may stand alone`."""
    match slot:
        case Letter(letter=letter):
            return LETTERS[letter]
        case Word(word=word):
            return f"`{word}`"
        case Many(of=of):
            return f"{_plural(of)}, or a list of such"
        case Named(key=key, of=of):
            return f"a map: {'field' if key == 'R' else 'name'} → {takes(of)}"
        case Shaped(shape=shape):
            return f"[{shape.replace('_', ' ')}]({anchor_of(shape)})"
        case Either(options=options):
            return _either(options)


def _plural(slot: Slot) -> str:
    return f"({takes(slot)})" if isinstance(slot, Either | Many) else takes(slot)


def _either(options: tuple[Slot, ...]) -> str:
    words = [takes(one) for one in options]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def sentence(text: str) -> str:
    """A doc as a sentence."""
    text = text.strip()
    if not text:
        return ""
    begun = text if text[0] == "`" else text[0].upper() + text[1:]
    return begun if begun.endswith((".", "!", "?")) else f"{begun}."


def about(key: Key) -> str:
    """What a key means, what it takes, its default, whether it must stand there and whether it is built."""
    parts = [sentence(key.doc), f"Takes {takes(key.slot)}."]
    if key.required:
        parts.append("Must be there.")
    if key.default:
        parts.append(f"Default: `{key.default}`.")
    if not key.active:
        parts.append("Declared, not yet active.")
    return " ".join(part for part in parts if part)


def shared(shape: Shape) -> dict[str, Key]:
    """The keys that several kinds of a family have in common; what they mean is said once."""
    found: dict[str, list[Key]] = {}
    for head, form in own(shape).items():
        for name, key in form.keys.items():
            if name != head:
                found.setdefault(name, []).append(key)
    common = {name: max(keys, key=keys.count) for name, keys in found.items()}
    return {name: key for name, key in common.items() if found[name].count(key) > 1}


def own(shape: Shape) -> dict[str, Shape]:
    """The kinds of a family that are not taken over from another one, where they are explained."""
    return {head: form for head, form in shape.variants.items() if form.family == shape.name}


def anchor_in(shape: Shape, form: Shape, key: Key, common: dict[str, Key]) -> str:
    """The anchor of a key of a noun, or of a kind of a family."""
    if form.family not in ("", shape.name):
        home = SHAPES[form.family]
        return anchor_in(home, form, key, shared(home))
    if not shape.variants or (key.name != form.name and common.get(key.name) == key):
        return anchor_of(shape.name, key.name)
    return anchor_of(shape.name, form.name, "" if key.name == form.name else key.name)


def said_of(kind: str) -> str:
    """What a kind of field is."""
    first = (KINDS[kind].__doc__ or "").strip().split("\n\n")[0]
    return sentence(" ".join(line.strip() for line in first.splitlines()))
