"""Writes out what objects take over from others (`like:`) and fields from `types:`. Knows no expression."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from engine.definitions import groups
from engine.definitions.habits import kind_meant
from engine.definitions.nodes import List, Map, Node, Pair, Scalar, with_pair, without
from engine.errors import Problem
from engine.kinds.fields import KINDS
from engine.suggest import did_you_mean

WHOLE = frozenset({"name", "plural", "help", "title", "placeholder", "say", "confirm", "label", "format"})
ADDED = frozenset({"checks", "posts", "unique"})
MOST = 10_000                                  # fields of one app, written out
MOST_TOGETHER = 500                            # fields of one object, or of one group
OWN = frozenset({"abstract", "like", "was"})


@dataclass(slots=True)
class Likes:
    """One app's objects and named fields; `problems` collects what refers to nothing or to itself."""

    objects: Map
    types: Map
    problems: list[Problem] = field(default_factory=list)
    done: dict[str, Map] = field(default_factory=dict)
    count: int = 0

    @property
    def overfull(self) -> bool:
        """Whether the app has more fields than can be checked: some were left out."""
        return self.count > MOST

    def expanded(self) -> Map:
        """The objects in full, abstract ones left out."""
        for pair in self.types:
            if pair.key.text in KINDS:
                message = f"`{pair.key.text}` is a type of the language: nothing would use this one"
                self.problems.append(Problem("E-LIKE-003", message, pair.key.at, "take another name"))
        pairs = []
        for pair in self.objects:
            assert isinstance(pair.value, Map)
            full = self._object(pair.key.text, ())
            if not _says(pair.value, "abstract"):
                pairs.append(Pair(pair.key, full))
        return replace(self.objects, pairs=tuple(pairs))

    def named(self, spec: Map) -> Map:
        """A field in full: a name out of `types` gives way to what it stands for, and so do the fields of lines."""
        spec = self._resolved(spec, ())
        inner = spec.get("fields")
        if not isinstance(inner, Map):
            return spec
        return with_pair(spec, "fields", self._fields(inner))

    def _fields(self, fields: Map, inherited: Node | None = None) -> Map:
        """The fields in full; a group of fields gives way to its own. `inherited` ones are that already."""
        taken = {id(pair) for pair in inherited} if isinstance(inherited, Map) else set()
        found: dict[str, Pair] = {}
        for one in fields:
            for pair in self._counted(one, taken):
                if pair.key.text in found:
                    message = f"`{pair.key.text}` comes from a group of fields and stands here too"
                    self.problems.append(Problem("E-FLD-011", message, one.key.at, "take another name"))
                found.setdefault(pair.key.text, pair)
        return replace(fields, pairs=tuple(found.values()))

    def _counted(self, one: Pair, taken: set[int]) -> Iterator[Pair]:
        """What a field stands for, as long as the app has not too many of them: groups in groups multiply."""
        if not isinstance(one.value, Map) or self.overfull:
            return
        for pair in (one,) if id(one) in taken else self._written(one):
            self.count += 1
            if self.count > MOST:
                self._stop(one, f"with what `like` and `types` add, the app has more than {MOST:,} fields")
                return
            yield pair

    def _stop(self, one: Pair, message: str) -> None:
        """Writes out no further field: what comes after would take longer than anybody waits."""
        self.count = MOST + 1
        hint = "keep what is shared in an object that is linked to, or split the app"
        self.problems.append(Problem("E-APP-007", message, one.key.at, hint))

    def _written(self, one: Pair) -> Iterator[Pair]:
        assert isinstance(one.value, Map)
        spec = self.named(one.value)
        inner = spec.get("fields")
        if not groups.is_group(spec) or not isinstance(inner, Map):
            yield Pair(one.key, spec)
            return
        if len(inner.pairs) > MOST_TOGETHER:
            self._stop(one, f"the group `{one.key.text}` has more than {MOST_TOGETHER} fields")
            return
        self.problems += groups.misfits(one.key, spec)
        yield from groups.members(one.key, spec, inner)

    def _resolved(self, spec: Map, path: tuple[str, ...]) -> Map:
        kind = spec.get("type")
        if not isinstance(kind, Scalar) or kind.text in KINDS:
            return spec
        base = self.types.get(kind.text)
        if kind.text in path:
            self.problems.append(Problem("E-LIKE-002", f"the type `{kind.text}` is made of itself", kind.at))
            return without(spec, "type")
        if not isinstance(base, Map):
            known = (*KINDS, *self.types.names())
            self.problems.append(
                Problem("E-REF-001", f"there is no field type `{kind.text}`", kind.at, kind_meant(kind.text, known))
            )
            return spec  # of no kind: what it holds is not judged
        inner = self._resolved(base, (*path, kind.text))
        return merged(inner, without(spec, "type"))

    def _object(self, name: str, path: tuple[str, ...]) -> Map:
        if name in self.done:
            return self.done[name]
        node = self.objects.get(name)
        assert isinstance(node, Map)
        full, taken = node, Map((), node.at)
        for parent in _parents(node):
            inherited = self._parent(parent, (*path, name))
            if inherited is not None:
                full = merged(without(inherited, *OWN), full)
                known = inherited.get("fields")
                taken = replace(taken, pairs=(*taken.pairs, *(known if isinstance(known, Map) else ())))
        fields = full.get("fields")
        if isinstance(fields, Map):
            full = with_pair(full, "fields", self._fields(fields, taken))
        self.done[name] = full
        return full

    def _parent(self, parent: Scalar, path: tuple[str, ...]) -> Map | None:
        if parent.text in path:
            way = " → ".join((*path[path.index(parent.text) :], parent.text))
            self.problems.append(Problem("E-LIKE-001", f"`like:` goes in a circle: {way}", parent.at))
            return None
        if not isinstance(self.objects.get(parent.text), Map):
            hint = did_you_mean(parent.text, self.objects.names())
            self.problems.append(Problem("E-REF-002", f"there is no object `{parent.text}`", parent.at, hint))
            return None
        return self._object(parent.text, path)


def _parents(node: Map) -> list[Scalar]:
    found = node.get("like")
    return [item for item in found if isinstance(item, Scalar)] if isinstance(found, List) else []


def _says(node: Map, key: str) -> bool:
    found = node.get(key)
    return isinstance(found, Scalar) and found.text == "true"


def merged(below: Map, above: Map) -> Map:
    """What is taken over, refined by what is said anew: maps merge; rules are added; everything else is replaced."""
    pairs = {pair.key.text: pair for pair in below}
    for pair in above:
        held = pairs.get(pair.key.text)
        pairs[pair.key.text] = pair if held is None else Pair(pair.key, _refined(held, pair))
    return Map(tuple(pairs.values()), above.at)


def _refined(held: Pair, pair: Pair) -> Node:
    name, old, new = pair.key.text, held.value, pair.value
    if isinstance(old, Map) and isinstance(new, Map) and name not in WHOLE and not _another_kind(old, new):
        return merged(old, new)
    if name in ADDED and isinstance(old, List) and isinstance(new, List):
        return List((*old.items, *new.items), new.at)
    return new


def _another_kind(old: Map, new: Map) -> bool:
    """A field that is declared anew with another type takes nothing over."""
    before, after = old.get("type"), new.get("type")
    return isinstance(before, Scalar) and isinstance(after, Scalar) and before.text != after.text
