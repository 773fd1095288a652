"""The pages on the keys of the language: a topic per noun, per kind and per key. Knows no functions and no codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.definitions.language import MODULES, SHAPES
from engine.definitions.language.fields import COMMON_NAMES
from engine.definitions.reference.leaves import Block, Code, Page, Prose, Table, Topic, anchor_of
from engine.definitions.reference.passages import Passage, Place, passages
from engine.definitions.reference.wording import about, anchor_in, own, page_of, said_of, sentence, shared
from engine.definitions.shapes import LETTERS, Key, Shape
from engine.kinds.fields import KINDS

# Page → its title; the pages are the modules of the language.
TITLES: Mapping[str, str] = {
    "apps": "The app: people, rights, menu, data",
    "fields": "Fields",
    "objects": "Objects: states, actions, rules, pages",
    "steps": "Steps of actions, automations and flows",
    "flows": "Flows and automations",
    "registers": "Registers and decisions",
    "questions": "Reports, alerts, boards, print forms",
    "tests": "Samples and tests",
}


def pages() -> Iterator[Page]:
    """A page per module of the language."""
    for module in MODULES:
        name = module.__name__.rpartition(".")[2]
        shapes = [SHAPES[shape.name] for shape in module.SHAPES if shape.name != "measure"]
        topics = [topic for shape in shapes for topic in topics_of(shape)]
        topics += [topic for shape in module.SHAPES if shape.name == "measure" for topic in topics_of(shape)]
        yield Page(page_of(module.SHAPES[0].name), TITLES.get(name, name), (contents(topics),), tuple(topics))


def contents(topics: list[Topic]) -> Block:
    """The nouns and kinds of a page with their keys, as links."""
    rows = []
    for topic in topics:
        if topic.level == 2:
            rows.append((f"[{topic.title}]({topic.anchor})", ""))
        elif rows:
            head, keys = rows[-1]
            rows[-1] = (head, f"{keys} [{topic.title}]({topic.anchor})".strip())
    return Table(("noun", "keys and kinds"), tuple(rows))


def topics_of(shape: Shape) -> Iterator[Topic]:
    """A noun, its kinds and its keys."""
    notes = [Prose(text) for text in _notes(shape) if text]
    yield Topic(anchor_of(shape.name), shape.name.replace("_", " "), 2, tuple(notes))
    if shape.variants:
        yield from _family(shape)
        return
    for key in shape.keys.values():
        if _belongs(shape, key):
            example = passages().get((shape.name, "", key.name))
            yield Topic(anchor_of(shape.name, key.name), key.name, 3, _blocks(about(key), example))
    if shape.name == "field":
        yield from _types()


def _notes(shape: Shape) -> Iterator[str]:
    yield sentence(shape.doc)
    if shape.short and not shape.variants:
        yield f"A value alone stands for `{shape.short}`."
    if shape.labelled:
        yield "Labels by language (`zh`, `en` …) may stand beside its keys."
    if shape.name == "measure":
        yield "Takes every key of a [field](field), and these:"
    if not shape.active:
        yield "Declared, not yet active: it is checked, and means nothing yet."


def _belongs(shape: Shape, key: Key) -> bool:
    """Keys of one kind of field stand with the kind; a measure has its own keys only."""
    if shape.name == "measure":
        return SHAPES["field"].keys.get(key.name) != key
    if shape.name == "field":
        return key.name in COMMON_NAMES or not any(key.name in kind.options_schema for kind in KINDS.values())
    return True


def _blocks(text: str, example: Passage | None) -> tuple[Block, ...]:
    return (Prose(text),) if example is None else (Prose(text), Code(example.text))


def _family(shape: Shape) -> Iterator[Topic]:
    common = shared(shape)
    for name, key in common.items():
        if name in shape.variants:  # a step that says only this
            continue
        text = f"{about(key)} Of {_kinds_with(shape, key)}."
        yield Topic(anchor_of(shape.name, name), name, 3, _blocks(text, shortest(shape, name)))
    for head, form in own(shape).items():
        for key in form.keys.values():
            if key.name == head or common.get(key.name) != key:
                place = (shape.name, head, key.name)
                text = about(key) if key.name != head else f"{sentence(form.doc or key.doc)} {_head(key)}".strip()
                title = head if key.name == head else f"{head} · {key.name}"
                yield Topic(anchor_in(shape, form, key, common), title, 3, _blocks(text, passages().get(place)))


def _head(key: Key) -> str:
    text = about(key)
    return f"`{key.name}`: {text[0].lower()}{text[1:]}" if text else ""


def _kinds_with(shape: Shape, key: Key) -> str:
    heads = [head for head, form in own(shape).items() if form.keys.get(key.name) == key and head != key.name]
    return "every kind" if len(heads) == len(own(shape)) else ", ".join(f"`{head}`" for head in heads)


def shortest(shape: Shape, name: str) -> Passage | None:
    """The shortest passage in which any kind of the family has this key, if possible one in which it is written."""
    found = [one for (noun, head, key), one in passages().items() if (noun, key) == (shape.name, name) and head != name]
    return min(found, key=lambda one: one.rank, default=None)


def _types() -> Iterator[Topic]:
    for name in KINDS:
        anchor = anchor_of("type", name)
        yield Topic(anchor, f"type: {name}", 3, _blocks(said_of(name), passages().get(("type", "", name))))
        for key in own_keys(name):
            place = ("field", name, key.name)
            yield Topic(
                anchor_of("type", name, key.name), f"{name} · {key.name}", 3, _blocks(about(key), example_of(place))
            )


def own_keys(kind: str) -> Iterator[Key]:
    """The keys that only some kinds of fields take, this one among them."""
    for name in KINDS[kind].options_schema:
        if name in SHAPES["field"].keys and name not in COMMON_NAMES:
            yield SHAPES["field"].keys[name]


def wanted() -> Iterator[Place]:
    """Every key that must have an example: noun, kind, key. `("type", "", name)` is a kind of field."""
    for shape in SHAPES.values():
        common = shared(shape)
        yield from ((shape.name, "*", name) for name in common)
        if shape.variants:
            yield from (
                (shape.name, head, name)
                for head, form in own(shape).items()
                for name, key in form.keys.items()
                if name == head or common.get(name) != key
            )
        else:
            yield from ((shape.name, "", key.name) for key in shape.keys.values() if _belongs(shape, key))
    for name in KINDS:
        yield ("type", "", name)
        yield from (("field", name, key.name) for key in own_keys(name))


def example_of(place: Place) -> Passage | None:
    """The shortest passage that shows a key in its own place: with this kind of field, in this kind of step."""
    noun, kind, name = place
    return shortest(SHAPES[noun], name) if kind == "*" else passages().get(place)


def without_example() -> list[Place]:
    """The keys that no example shows."""
    return [place for place in wanted() if example_of(place) is None]


def overview() -> Page:
    """The front page: how to read the others."""
    slots = Table(("slot", "what may stand there"), tuple((f"`{letter}`", text) for letter, text in LETTERS.items()))
    nouns = Table(
        ("noun", "what it is"),
        tuple((f"[{name.replace('_', ' ')}]({anchor_of(name)})", sentence(one.doc)) for name, one in SHAPES.items()),
    )
    intro = (
        Prose(
            "A definition is YAML with the meaning of YAML 1.2: only `true` and `false` are yes and no; dates, `on` "
            "and `no` stay texts. The checker, the JSON Schema and these pages are made from the same declarations."
        ),
        slots,
        Prose("A list may be left out where it has one item: one may stand alone."),
        nouns,
    )
    coming = Topic("not-yet-active", "Declared, not yet active", 2, tuple(_coming()))
    return Page("language", "The definition language", intro, (coming,))


def _coming() -> Iterator[Block]:
    """What is checked and means nothing yet, by noun: the same marks from which the checker's notes come."""
    yield Prose(
        "The checker checks all of this like the rest, and says once per file that it has no effect yet "
        "([N-INACTIVE](n-inactive))."
    )
    rows = []
    for shape in SHAPES.values():
        names = [] if shape.name == "measure" else list(dict.fromkeys(_inactive(shape)))
        if names:
            rows.append((f"[{shape.name.replace('_', ' ')}]({anchor_of(shape.name)})", " ".join(names)))
    yield Table(("noun", "kinds and keys"), tuple(rows))


def _inactive(shape: Shape) -> Iterator[str]:
    if not shape.active:
        yield "all of it"
        return
    common = shared(shape)
    for form in own(shape).values() if shape.variants else (shape,):
        kind = form.name if form.family else ""
        if kind and not form.active:
            yield f"[{kind}]({anchor_of(shape.name, kind)})"
            continue
        for key in form.keys.values():
            if not key.active:
                name = f"{kind} · {key.name}" if kind and common.get(key.name) != key else key.name
                owner = next((one for one in KINDS if key.name in KINDS[one].options_schema), "")
                special = shape.name == "field" and owner and key.name not in COMMON_NAMES
                anchor = anchor_of("type", owner, key.name) if special else anchor_in(shape, form, key, common)
                yield f"[{name}]({anchor})"
