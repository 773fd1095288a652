"""What stored values mean: a digest of each stored formula, derived state and search text with all that it reads.

Two versions of an app in which such a digest is the same keep the same values. Compares definitions, reads no data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeAlias

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.definitions.registers import Register
from engine.definitions.renames import Renames
from engine.expressions.compiled import Expression, Source, Template
from engine.expressions.functions.base import Function
from engine.expressions.nodes import Call, Decide, Each, Get, Lookup, Node, Root, Stored
from engine.expressions.types import Type
from engine.kinds.fields.base import Balance, Field

Member: TypeAlias = "tuple[str, str]"          # (object, lines or register; field, measure, formula, `status` …)

STATUS, SEARCH, POSTED = "status", "@search", "@posted"
TITLE, KEY, DECISION, CALENDARS, REPORT = "@title", "@key", "@decision", "@calendars", "@report"
# What a person reads or where a thing stands changes no value.
ASIDE = frozenset({
    "label", "labels", "formula_labels", "help", "placeholder", "icon", "color", "say", "at", "location", "start",
    "end", "run", "_run", "names", "reads", "hash", "no", "options", "place", "was",
})


def changed(before: App | None, after: App) -> frozenset[Member]:
    """The stored values of `after` that mean something else than in `before`, or are new; all without a `before`."""
    known = {} if before is None else dict(Meanings(before).kept())
    renames = Renames(before, after)
    found = set()
    for (thing, name), digest in Meanings(after, renames).kept():
        if digest != known.get((renames.thing(thing), renames.field(thing, name))):
            found.add((thing, name))
    return frozenset(found)


def reading(app: App, members: Iterable[Member]) -> frozenset[Member]:
    """The stored values of `app` that read any of these members, directly or through others: formulas, derived states,
    search texts, and what is posted to registers."""
    wanted = set(members)
    if not wanted:
        return frozenset()
    roots = {app.objects[thing].owner or thing for thing, _ in wanted if thing in app.objects}
    meanings = Meanings(app)
    return frozenset(
        one for one, _ in meanings.kept()
        if meanings.read_by(one) & wanted or (one[1] == SEARCH and one[0] in roots)
    )


class Meanings:
    """The digests of one app, each found once; with `renames` in the names of the version before."""

    def __init__(self, app: App, renames: Renames | None = None) -> None:
        self.app = app
        self.renames = renames or Renames(app, app)
        self._parts: dict[Member, tuple[str, frozenset[Member]]] = {}

    def kept(self) -> Iterator[tuple[Member, str]]:
        """Every stored value that nobody types, with the digest of its meaning."""
        for obj in self.app.objects.values():
            if obj.name == "user":
                continue
            for name in obj.formula_order:
                yield (obj.name, name), self.digest((obj.name, name))
            if any(state.within for state in obj.states.values()):
                yield (obj.name, STATUS), self.digest((obj.name, STATUS))
            if not obj.owner:
                yield (obj.name, SEARCH), self.digest((obj.name, SEARCH))
        for register in self.app.registers:
            yield (register, POSTED), self.digest((register, POSTED))

    def digest(self, member: Member) -> str:
        """Changes with the meaning of a member or of anything that it reads."""
        parts = sorted(
            f"{self.renames.thing(where)}.{self.renames.field(where, name)}={self._part((where, name))[0]}"
            for where, name in self.read_by(member)
        )
        return hashlib.sha256("\n".join([self.app.timezone, *parts]).encode()).hexdigest()

    def read_by(self, member: Member) -> set[Member]:
        """The member and all that it reads, directly or through others."""
        found: set[Member] = set()
        waiting = [member]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting.extend(self._part(one)[1])
        return found

    def _part(self, member: Member) -> tuple[str, frozenset[Member]]:
        """The member's own meaning as text, and what it reads directly."""
        if member not in self._parts:
            speller = Speller(self.renames, self._homes(*member))
            text = speller.spell(self._of(*member))
            self._parts[member] = text, frozenset(speller.reads)
        return self._parts[member]

    def _homes(self, thing: str, name: str) -> tuple[str, ...]:
        """What the row at hand may be in the expressions of a member."""
        if name != POSTED:
            return (thing,)
        posting = (obj for obj in self.app.objects.values() if any(post.register == thing for post in obj.posts))
        return tuple(home for obj in posting for home in (obj.name, *(f"{obj.name}.{lines}" for lines in obj.lines)))

    def _of(self, thing: str, name: str) -> object:
        """What the engine goes by for a member."""
        if name == DECISION:
            return self.app.decisions.get(thing)
        if name == CALENDARS:
            return self.app.calendar, self.app.calendars
        if name == REPORT:
            return self.app.reports.get(thing)
        register = self.app.registers.get(thing)
        if register is not None:
            return self._of_register(register, name)
        obj = self.app.objects.get(thing)
        return None if obj is None else self._of_object(obj, name)

    def _of_register(self, register: Register, name: str) -> object:
        if name == POSTED:
            posts = [
                (self.renames.thing(obj.name), obj.effective, obj.effective_while, post)
                for obj in self.app.objects.values()
                for post in obj.posts
                if post.register == register.name
            ]
            return register.dated, register.future, register.closed, register.keys, register.measures, posts
        field = register.keys.get(name) or register.measures.get(name)
        return register.formulas.get(name) if field is None else (field.kind, field.type)

    def _of_object(self, obj: Object, name: str) -> object:
        if name == STATUS:
            return [(state.name, state.within, state.when) for state in obj.states.values() if state.within]
        if name == SEARCH:
            parts = [obj, *(self.app.objects[f"{obj.name}.{lines}"] for lines in obj.lines)]
            return [(part.key, part.title, sorted(f.name for f in part.fields.values() if f.search),
                     sorted(f.name for f in part.fields.values() if f.similar)) for part in parts]
        if name in (TITLE, "title"):
            return obj.title, obj.key
        if name == KEY:
            return obj.key
        if name in obj.backs:
            return obj.backs[name]
        field = obj.fields.get(name)
        return None if field is None else _of_field(field)


def _of_field(field: Field) -> object:
    return field.kind, field.type, field.stored, field.may_fail, field.formula, field.balance


class Speller:
    """Writes a part of an app as a text that is the same for the same meaning; collects what the part reads.

    Things and fields that were renamed have the names from before."""

    def __init__(self, renames: Renames, homes: tuple[str, ...]) -> None:
        self.app = renames.after
        self.renames = renames
        self.homes = homes
        self.reads: set[Member] = set()

    def spell(self, part: object) -> str:
        """The text of a part."""
        match part:
            case Type():
                return self._type(part)
            case Function():
                return part.name
            case Node():
                self._note(part)
            case Expression():
                return self.spell(part.node)
            case Source():
                return self._all((part.node, part.value))
            case Template():
                return self._all(part.forms)
            case Balance():
                self.reads |= {(part.register, part.measure), (part.register, POSTED)}
            case Field():
                return self._all((part.name, *_of_field(part)))  # type: ignore[misc]
        if isinstance(part, Mapping):
            return self._all(value for pair in part.items() for value in pair)
        if isinstance(part, (tuple, list)):
            return self._all(part)
        if isinstance(part, frozenset):
            return self._all(sorted(part, key=str))
        if is_dataclass(part) and not isinstance(part, type):
            return f"{type(part).__name__}{self._all(self._value(part, name) for name in _names(type(part)))}"
        return f"{type(part).__name__}:{part}"

    def _all(self, parts: Iterable[object]) -> str:
        return f"({','.join(self.spell(part) for part in parts)})"

    def _value(self, part: object, name: str) -> object:
        value = getattr(part, name)
        if name == "name" and isinstance(part, (Get, Each)):
            things = self._owners(part)
            return self.renames.field(things[0], value) if things else value
        return self.renames.thing(value) if name == "name" and isinstance(part, Stored) else value

    def _owners(self, node: Get | Each) -> tuple[str, ...]:
        """The things whose member it is; the row at hand has no type of its own."""
        kind = node.owner.type
        if isinstance(node.owner, Root) and kind.name == "any":
            return self.homes
        return kind.objects if kind.of is None else kind.of.objects

    def _type(self, kind: Type) -> str:
        things = ",".join(self.renames.thing(thing) for thing in kind.objects)
        inner = "" if kind.of is None else self._type(kind.of)
        return f"{kind.name}[{things}{inner}]{kind.unit}{kind.scale}"

    def _note(self, node: Node) -> None:
        """What a node reads beside the nodes inside it."""
        match node:
            case Get() | Each():
                member = node.name.partition("@")[0]
                self.reads |= {(thing, member) for thing in self._owners(node)}
            case Stored():
                self.reads.add((node.name, POSTED if node.name in self.app.registers else REPORT))
            case Lookup():
                self.reads |= {(thing, KEY) for thing in node.objects}
            case Decide():
                self.reads.add((node.name, DECISION))
            case Call() if node.function.reads == "@calendar":
                self.reads.add(("", CALENDARS))
        if node.type.name == "record":         # a record beside a text stands for its title
            self.reads |= {(thing, TITLE) for thing in node.type.objects}


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.init and field.name not in ASIDE)
