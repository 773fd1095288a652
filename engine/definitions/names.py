"""The scopes in which expressions are checked: what a bare name, a member, a source means. Knows no expression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.expressions.functions.coming import PAIR_MEMBERS, PAIRS, pair_member
from engine.expressions.operators import family
from engine.expressions.scope import Signature, Symbol
from engine.expressions.types import USER, Type, record_of

if TYPE_CHECKING:
    from engine.definitions.outlines import Outline

MOVEMENTS = "movements of "

NONE: Mapping[str, Type] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Scope:
    """What the names mean in one place; implements `Names`.

    `this`    the row that the expression belongs to; None where there is none (a report, a dashboard).
    `row`     the candidate, inside a source: bare names are its fields only.
    `words`   what stands bare besides: `old`, `need`, `day`, `trigger`, the group's `rows`, `available.before`.
    `aliases` names given by `as`, and parameters.
    `local`   shorter names of fields of `this`, inside a group of fields: `street` for `ship_street`.
    `space`   the namespace in which names of the app are looked up first.
    """

    outline: Outline
    this: Type | None = None
    row: Type | None = None
    words: Mapping[str, Type] = field(default_factory=lambda: NONE)
    aliases: Mapping[str, Type] = field(default_factory=lambda: NONE)
    params: Mapping[str, Type] = field(default_factory=lambda: NONE)
    local: Mapping[str, str] = field(default_factory=dict)
    space: str = ""

    def head(self, name: str) -> Symbol | None:
        """A bare name: a field of the row at hand, a scope word, an alias or parameter, a thing of the app."""
        if name == "this":
            return None if self.this is None else Symbol("word", name, self.this)
        if name == "me":
            return Symbol("word", name, USER)
        at_hand = self.row or self.this
        name = self.local.get(name, name) if self.row is None else name
        kind = None if at_hand is None or "." in name else self.member(at_hand, name)
        if kind is not None:
            return Symbol("word" if name == "parent" else "field", name, kind)
        return self._besides(name)

    def _besides(self, name: str) -> Symbol | None:
        if name in self.words:
            return Symbol("word", name, self.words[name])
        if "." in name:  # words (`available.before`) and what is in a namespace; lines are members
            rows = None if self._known(name.partition(".")[0]) else self.source(name)
            return None if rows is None else Symbol("source", name, rows)
        if name in self.aliases:
            return Symbol("alias", name, self.aliases[name])
        if name in self.params:
            return Symbol("param", name, self.params[name])
        rows = self.source(name)
        return None if rows is None else Symbol("source", name, rows)

    def _known(self, name: str) -> bool:
        """Whether a path that begins with this name belongs to the row at hand or to a word."""
        return name == "this" or self.head(name) is not None

    def member(self, owner: Type, name: str) -> Type | None:
        """The type of `owner.name`; through a link to one of several objects where those that have it agree."""
        if owner.name not in ("record", "rows"):
            return None
        if owner.objects == (PAIRS,):
            return pair_member(owner, name)
        found: Type | None = None
        for thing in owner.objects:
            kind = self.outline.member(thing, name)
            if kind is None:
                continue
            if found is not None and not _agree(found, kind):
                return None
            found = kind if found is None else _both(found, kind)
        return found

    def members(self, owner: Type) -> Sequence[str]:
        """All member names of a type, for suggestions."""
        if owner.objects == (PAIRS,):
            return PAIR_MEMBERS
        names = (name for thing in owner.objects for name in self.outline.members(thing))
        return tuple(dict.fromkeys(names))

    def source(self, name: str) -> Type | None:
        """`rows of …` for an object, register or report."""
        own = name.removeprefix(MOVEMENTS)
        full = self.outline.spaces.full("source", own, self.space)
        thing = self.outline.things.get(full)
        if "." in full and thing is not None and thing.kind in ("lines", "history"):
            return None
        return self.outline.rows(MOVEMENTS + full if own != name else full)

    def heads(self) -> Sequence[str]:
        """All bare names here, for suggestions."""
        at_hand = self.row or self.this
        fields = () if at_hand is None else self.members(at_hand)
        words = ("this",) if self.this is not None else ()
        names = (*self.local, *fields, *words, "me", *self.words, *self.aliases, *self.params, *self.outline.sources())
        return tuple(dict.fromkeys(names))

    def decision(self, name: str) -> Signature | None:
        """A declared decision as a function."""
        return self.outline.signature(self.outline.spaces.full("decision", name, self.space))

    def roles(self) -> Sequence[str]:
        """The roles of the app."""
        return self.outline.roles

    def role(self, name: str) -> str:
        """The full name of a role."""
        return self.outline.spaces.full("role", name, self.space)

    def inside(self, space: str) -> Scope:
        """The scope of an expression that is written in a namespace."""
        return self if space == self.space else replace(self, space=space)

    def within(self, candidate: Type, aliases: Mapping[str, Type]) -> Scope:
        """The scope of a candidate of a source: bare names are its fields only."""
        row = replace(candidate, name="record") if candidate.name == "rows" else candidate
        return replace(self, row=row, aliases={**self.aliases, **aliases})

    def also(self, **words: Type) -> Scope:
        """The scope with further words."""
        return replace(self, words={**self.words, **words})


def _agree(one: Type, other: Type) -> bool:
    return one.name == other.name and family(one.unit) == family(other.unit) and one.of == other.of


def _both(one: Type, other: Type) -> Type:
    """The type of a member that several objects have."""
    objects = tuple(dict.fromkeys((*one.objects, *other.objects)))
    options = tuple(dict.fromkeys((*one.options, *other.options)))
    unit = one.unit if one.unit == other.unit else family(one.unit)
    return replace(one, objects=objects, options=options, unit=unit)


def on(outline: Outline, thing: str) -> Scope:
    """The scope of an expression that belongs to a record of `thing` (or to one of its lines)."""
    this = record_of(thing)
    return Scope(outline, this, words={"old": this})
