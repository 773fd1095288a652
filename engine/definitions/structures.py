"""Checks a tree against the declared language and writes it out in full: short forms, lone items, labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from engine.definitions.habits import key_meant, map_meant, order_meant, word_meant
from engine.definitions.nodes import List, Map, Node, Pair, Scalar, made
from engine.definitions.shapes import (
    LETTERS,
    Either,
    Key,
    Letter,
    Many,
    Named,
    Shape,
    Shaped,
    Slot,
    Word,
)
from engine.definitions.spaces import Spaces
from engine.errors import Location, Problem
from engine.suggest import did_you_mean

NAME = re.compile(r"[^\W\d]\w*\Z")
DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*\Z")
PATH = re.compile(r"-?[^\W\d]\w*(\.[^\W\d]\w*)*\+?\Z")
WHOLE = re.compile(r"-?\d+\Z")
TRUTH = {
    **dict.fromkeys(("true", "yes", "y", "on", "1", "是"), "true"),
    **dict.fromkeys(("false", "no", "n", "off", "0", "否"), "false"),
}
HINTED = 200                                   # so many problems get a suggestion: finding one takes time
INACTIVE = "declared, not yet active"


@dataclass(slots=True)
class Structure:
    """One walk over one app. `languages` may stand beside keys; `problems` collects; `noted` tells each note once;
    `within`: inside a construct that is not active yet, of which a note has been given."""

    shapes: Mapping[str, Shape]
    languages: frozenset[str]
    spaces: Spaces = field(default_factory=Spaces)
    problems: list[Problem] = field(default_factory=list)
    noted: set[str] = field(default_factory=set)
    within: bool = False

    def tree(self, root: Map, shape: str) -> Map:
        """The whole tree written out; what does not fit is reported and left out."""
        return self._map(root, self.shapes[shape]) or Map((), root.at)

    def _report(self, code: str, message: str, at: Location, hint: str = "") -> None:
        self.problems.append(Problem(code, message, at, hint))

    def fit(self, node: Node, slot: Slot, where: str) -> Node | None:
        """The node written out as its slot wants it; None where it does not fit (reported). `where` names the key."""
        match slot:
            case Letter(letter="X"):
                return node
            case Letter(letter="V"):
                return self._filled(node, where)
            case Letter(letter=letter, of=of):
                return self._in_space(self._letter(node, letter, where), of)
            case Word(word=word):
                return self._words(node, (word,), where)
            case Many(of=of):
                return self._many(node, of, where)
            case Named():
                return self._named(node, slot, where)
            case Shaped(shape=name):
                return self._shaped(node, self.shapes[name], where)
            case Either():
                return self._either(node, slot, where)

    def _in_space(self, node: Node | None, of: str) -> Node | None:
        """A name inside a namespace by its full name: builders know no others."""
        if not of or not isinstance(node, Scalar) or not node.at.space:
            return node
        return replace(node, text=self.spaces.full(of, node.text, node.at.space))

    def _filled(self, node: Node, where: str) -> Node | None:
        if isinstance(node, Scalar) and node.blank:
            self._report("E-KEY-005", f"`{where}` has no value", node.at, "to empty a field write `=blank`")
            return None
        return node

    def _letter(self, node: Node, letter: str, where: str) -> Node | None:
        if letter in ("T", "L") and isinstance(node, Map):
            return self._languages(node, where)
        if letter == "W" and isinstance(node, List):
            return replace(
                node, items=tuple(kept for item in node if (kept := self._letter(item, "W", where)) is not None)
            )
        if not isinstance(node, Scalar):
            hint = _quote_hint(node) or ("write one value" if isinstance(node, List) else "")
            self._report("E-KEY-003", f"`{where}` takes {LETTERS[letter]}, not {_form(node)}", node.at, hint)
            return None
        if node.blank:
            self._report("E-KEY-005", f"`{where}` has no value", node.at, f"it takes {LETTERS[letter]}")
            return None
        return self._scalar(node, letter, where)

    def _scalar(self, node: Scalar, letter: str, where: str) -> Scalar | None:
        text = node.text
        if letter == "B" and text not in ("true", "false"):
            self._report(
                "E-KEY-006",
                f"`{where}` is true or false, not `{text}`",
                node.at,
                f"write `{TRUTH[text.lower()]}`" if text.lower() in TRUTH else "",
            )
        elif letter == "I" and not WHOLE.match(text):
            self._report("E-KEY-006", f"`{where}` is a whole number, not `{text}`", node.at)
        elif letter == "N" and not DOTTED.match(text):
            self._report(
                "E-KEY-007",
                f"`{text}` is not a name",
                node.at,
                "a name has letters, digits and _, and begins with a letter",
            )
        elif letter == "R" and not PATH.match(text) and " where " not in text:
            hint = order_meant(text) or "write `qty` or `lines.qty`"
            self._report("E-KEY-007", f"`{text}` is not a field", node.at, hint)
        else:
            return node
        return None

    def _languages(self, node: Map, where: str) -> Map | None:
        """A text per language."""
        kept = []
        for pair in node:
            name = pair.key.text
            if name not in self.languages:
                hint = _quote_hint(node) or did_you_mean(name, self.languages)
                self._report("E-LANG-001", f"`{name}` is none of the app's languages", pair.key.at, hint)
            elif not isinstance(pair.value, Scalar):
                self._report("E-KEY-003", f"`{where}.{name}` takes a text, not {_form(pair.value)}", pair.value.at)
            else:
                kept.append(pair)
        return replace(node, pairs=tuple(kept)) if kept else None

    def _words(self, node: Node, words: Iterable[str], where: str) -> Scalar | None:
        words = tuple(words)
        if isinstance(node, Scalar) and node.text in words:
            return node
        shown = f"`{node.text}`" if isinstance(node, Scalar) else _form(node)
        hint = word_meant(node.text, words) if isinstance(node, Scalar) else ""
        self._report("E-KEY-004", f"`{where}` is {' | '.join(words)}, not {shown}", node.at, hint)
        return None

    def _many(self, node: Node, of: Slot, where: str) -> List:
        alone = not isinstance(node, List) or (
            isinstance(of, Many) and not any(isinstance(item, List) for item in node)
        )
        if isinstance(node, Map) and isinstance(of, Shaped) and self._by_name(node, self.shapes[of.shape]):
            shape = self.shapes[of.shape]
            what, first = shape.name.replace("_", " "), next(iter(shape.keys))
            hint = f"write `[{{{first}: {node.pairs[0].key.text}, …}}]`"
            self._report("E-KEY-003", f"`{where}` is a list: each {what} in it is a map", node.at, hint)
            return List((), node.at)
        items = (node,) if alone else tuple(node) if isinstance(node, List) else ()
        kept = tuple(one for item in items if (one := self.fit(item, of, where)) is not None)
        return List(kept, node.at)

    def _by_name(self, node: Map, shape: Shape) -> bool:
        """Whether a map of names to maps was written where a list of maps is meant."""
        known = {*shape.keys, *self.languages}
        return bool(node.pairs) and not shape.variants and all(
            pair.key.text not in known and isinstance(pair.value, Map) for pair in node
        )

    def _named(self, node: Node, slot: Named, where: str) -> Map | None:
        if not isinstance(node, Map):
            self._report(
                "E-KEY-003",
                f"`{where}` is a map of names, not {_form(node)}",
                node.at,
                map_meant(node) or "write `name: …` on lines of their own",
            )
            return None
        kept = []
        for pair in node:
            name = pair.key.text
            pattern = {"R": PATH, "N": DOTTED}.get(slot.key, NAME)
            own = name.removeprefix(f"{pair.key.at.space}.") if pair.key.at.space else name
            if slot.key != "t" and not isinstance(slot.of, Letter) and not pattern.match(own):
                self._report(
                    "E-KEY-007",
                    f"`{name}` is not a name",
                    pair.key.at,
                    "a name has letters, digits and _, and begins with a letter",
                )
            elif (value := self.fit(pair.value, slot.of, f"{where}.{name}")) is not None:
                kept.append(Pair(pair.key, value))
        return replace(node, pairs=tuple(kept))

    def _either(self, node: Node, slot: Either, where: str) -> Node | None:
        words = [option.word for option in slot.options if isinstance(option, Word)]
        if isinstance(node, Scalar) and node.text in words:
            return node
        for option in slot.options:
            if may_be(node, option, self.shapes):
                return self.fit(node, option, where)
        if words and isinstance(node, Scalar):
            return self._words(node, words, where)
        self._report("E-KEY-003", f"`{where}` cannot be {_form(node)}", node.at, _quote_hint(node))
        return None

    def _shaped(self, node: Node, shape: Shape, where: str) -> Map | None:
        if isinstance(node, Map):
            return self._map(node, shape, where)
        if isinstance(node, Scalar) and node.blank and not shape.variants:
            return self._map(Map((), node.at), shape, where)
        if shape.short and not (isinstance(node, Scalar) and node.blank):
            pair = Pair(made(shape.short, node.at), node)
            return self._map(Map((pair,), node.at), shape, where)
        keys = ", ".join(list(shape.keys or shape.variants)[:4])
        self._report("E-KEY-003", f"`{where}` is a map ({keys} …), not {_form(node)}", node.at)
        return None

    def _map(self, node: Map, shape: Shape, where: str = "") -> Map | None:
        form = self._form_of(node, shape, where)
        if form is None:
            return None
        if not form.active and not self.within:
            return self._inactive_form(node, form, where)
        node = self._gathered(node, form) if form.labelled or "name" in form.keys else node
        kept = []
        for pair in node:
            value = self._value(pair, form, where)
            if value is not None:
                kept.append(Pair(pair.key, value))
        self._missing(node, form, where)
        names = {pair.key.text for pair in kept}
        return replace(node, pairs=tuple(kept), lost=tuple(name for name in node.names() if name not in names))

    def _form_of(self, node: Map, shape: Shape, where: str) -> Shape | None:
        """The shape itself, or of a family the kind whose head key the map has."""
        if not shape.variants:
            return shape
        found = next((form for head, form in shape.variants.items() if node.pair(head) is not None), None)
        if found is None:
            given = next(iter(node.names()), "")
            hint = did_you_mean(given, shape.variants) or f"it begins with one of {', '.join(shape.variants)}"
            kind = shape.name.replace("_", " ")
            self._report("E-KEY-008", f"`{where}` does not say which kind of {kind} it is", node.at, hint)
        return found

    def _gathered(self, node: Map, form: Shape) -> Map:
        """Labels that stand beside the keys become the map of `name`."""
        labels = tuple(pair for pair in node if pair.key.text in self.languages and pair.key.text not in form.keys)
        if not labels:
            return node
        rest = tuple(pair for pair in node if pair not in labels)
        target = "label" if "label" in form.keys else "name"
        named = node.pair(target)
        if named is not None:
            self._report(
                "E-LANG-003", "the label is given twice: as `name` and by language", named.key.at, "keep one of the two"
            )
            return replace(node, pairs=rest)
        label = Map(labels, labels[0].key.at)
        return replace(node, pairs=(*rest, Pair(made(target, label.at), label)))

    def _value(self, pair: Pair, form: Shape, where: str) -> Node | None:
        name = pair.key.text
        path = f"{where}.{name}" if where else name
        key = form.keys.get(name)
        if key is not None and key.active:
            return self.fit(pair.value, key.slot, path)
        if key is not None:
            return self._inactive(pair, key, form, path)
        if form.rest is not None:
            return self.fit(pair.value, form.rest, path)
        if form.family and name in self.shapes[form.family].variants and name not in form.keys:
            kinds = f"`{form.name}` and `{name}`"
            self._report("E-KEY-010", f"{_article(form.family)} is of one kind, not {kinds} at once", pair.key.at)
            return None
        if isinstance(pair.value, Scalar) and pair.value.blank and not NAME.match(name):
            hint = "a comma inside { } separates entries: put the text around it in quotes"
        elif len(self.problems) < HINTED:
            hint = key_meant(form.name, name, (*form.keys, *self.languages) if form.labelled else form.keys)
        else:
            hint = ""
        self._report("E-KEY-001", f"{_article(form.name)} has no key `{name}`", pair.key.at, hint)
        return None

    def _inactive(self, pair: Pair, key: Key, form: Shape, path: str) -> Node | None:
        """A key whose meaning is not built: it is checked as a whole, a note says so once."""
        common = form.family and key.name in self.shapes[form.family].keys
        self._note(f"`{form.family if common else form.name}.{key.name}`", pair.key.at)
        return replace(self, within=True).fit(pair.value, key.slot, path)

    def _inactive_form(self, node: Map, form: Shape, where: str) -> Map | None:
        """A kind, or a noun with a name, whose meaning is not built."""
        head = node.pair(form.name) if form.family else None
        name = form.name if form.family else where.rpartition(".")[2]
        at = node.at if head is None else head.key.at
        self._note(f"the {(form.family or form.name).replace('_', ' ')} `{name}`", at)
        return replace(self, within=True)._map(node, form, where)

    def _note(self, what: str, at: Location) -> None:
        if not self.within and what not in self.noted:
            self.noted.add(what)
            self.problems.append(Problem("N-INACTIVE", f"{what} is {INACTIVE}", at, severity="note"))

    def _missing(self, node: Map, form: Shape, where: str) -> None:
        for key in form.keys.values():
            if key.required and node.pair(key.name) is None:
                place = f" in `{where}`" if where else ""
                self._report("E-KEY-002", f"the key `{key.name}` is missing{place}", node.at, key.doc)


def may_be(node: Node, slot: Slot, shapes: Mapping[str, Shape]) -> bool:
    """Whether the node has the form of this alternative (not whether it is right)."""
    match slot:
        case Letter(letter="X" | "V"):
            return True
        case Letter(letter="B"):
            return isinstance(node, Scalar) and node.text in ("true", "false")
        case Letter(letter="D"):
            return isinstance(node, Scalar) and node.text[:1].isdigit()
        case Letter(letter="T" | "L"):
            return not isinstance(node, List)
        case Letter(letter="W"):
            return not isinstance(node, Map)
        case Letter():
            return isinstance(node, Scalar)
        case Many(of=of):
            return isinstance(node, List) or may_be(node, of, shapes)
        case Shaped(shape=name):
            return _may_be_shape(node, shapes[name])
        case Named():
            return isinstance(node, Map)
        case _:
            return False


def _may_be_shape(node: Node, shape: Shape) -> bool:
    if not isinstance(node, Map):
        return bool(shape.short)
    signs = shape.signs or shape.heads()
    return not signs or any(node.pair(sign) is not None for sign in signs)


def _form(node: Node) -> str:
    match node:
        case Map():
            return "a map"
        case List():
            return "a list"
        case Scalar():
            return "blank" if node.blank else f"`{node.text[:40]}`"


def _article(name: str) -> str:
    name = name.replace("_", " ")
    return f"an {name}" if name[:1] in "aeio" else f"a {name}"


def _quote_hint(node: Node) -> str:
    """`{number}` without quotes is a map with a blank value."""
    if isinstance(node, Map) and node.pairs and all(isinstance(one.value, Scalar) and one.value.blank for one in node):
        return 'a text that begins with { needs quotes: "{…}"'
    return ""
