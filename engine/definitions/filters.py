"""Expressions that come in at run time (a list's filter, an ad-hoc report): checked against the compiled app."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.definitions.outlines import LINE, MOVEMENT, MOVEMENTS, RECORD, STATED
from engine.errors import Location, Problem
from engine.expressions.compiled import Expression, Source, expression, source
from engine.expressions.scope import Names, Signature, Symbol
from engine.expressions.types import ANY, BOOLEAN, TEXT, USER, Type, choice_of, list_of, record_of, rows_of

PLACE = Location("filter")


class NotReadable(Exception):
    """An expression from outside that does not check; `problems` say why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(p.message for p in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Reader:
    """The names of a compiled app as one reader may use them; implements `Names`.

    `visible` maps a thing to the members that the reader may see; a thing that is missing there is out of sight.
    `own` and `words` are for trying out a record's rules: its `this`, and `old`, `trigger` and the like. `space` is the
    namespace in which names of the app are looked up first."""

    app: App
    visible: Mapping[str, Collection[str]]
    this: Type | None = None
    aliases: Mapping[str, Type] | None = None
    decisions: bool = False
    own: Type | None = None
    words: Mapping[str, Type] | None = None
    space: str = ""

    @property
    def place(self) -> Location:
        """Where its expressions stand: in no file, but in a namespace."""
        return replace(PLACE, space=self.space)

    def head(self, name: str) -> Symbol | None:
        if name == "me":
            return Symbol("word", name, USER)
        if name == "this" and self.own is not None:
            return Symbol("word", name, self.own)
        if self.this is not None:
            kind = self.member(self.this, name)
            if kind is not None:
                return Symbol("word" if name == "parent" else "field", name, kind)
        if self.aliases and name in self.aliases:
            return Symbol("alias", name, self.aliases[name])
        if self.words and name in self.words:
            return Symbol("word", name, self.words[name])
        first = name.partition(".")[0]
        rows = None if first != name and self._begins(first) else self.source(name)
        if rows is not None:
            return Symbol("source", name, rows)
        return Symbol("reference", name, Type("text")) if name in self.app.roles else None

    def _begins(self, name: str) -> bool:
        """Whether a path that begins with this name belongs to the row at hand or to a word."""
        return name == "this" or self.head(name) is not None

    def inside(self, space: str) -> Reader:
        """The names as they are looked up in a namespace."""
        return replace(self, space=space)

    def role(self, name: str) -> str:
        """The full name of a role."""
        return self.app.spaces.full("role", name, self.space)

    def member(self, owner: Type, name: str) -> Type | None:
        kinds = [kind for thing in owner.objects if (kind := self._member(thing, name)) is not None]
        return kinds[0] if kinds and owner.name in ("record", "rows") else None

    def _member(self, thing: str, name: str) -> Type | None:
        bare = thing.removeprefix(MOVEMENTS)
        if bare in self.app.registers:
            return self._of_register(thing, bare, name)
        obj = self.app.objects.get(bare)
        if obj is None or not self._sees(obj, name):
            return None
        if name in obj.fields:
            return obj.fields[name].type
        if name in obj.backs:
            return rows_of(obj.backs[name][0])
        if name in STATED and not obj.owner and obj.states:
            return choice_of(*(one for one, state in obj.states.items() if name == "status" or not state.within))
        if obj.owner:
            return record_of(obj.owner) if name == "parent" else LINE.get(name)
        return RECORD.get(name)

    def _sees(self, obj: Object, name: str) -> bool:
        if obj.owner:
            seen = self.visible.get(obj.owner, ())
            return name not in obj.fields or f"{obj.owner_field}.{name}" in seen
        if obj.name not in self.visible:
            return False
        return name not in obj.fields or name in self.visible[obj.name]

    def _of_register(self, thing: str, bare: str, name: str) -> Type | None:
        register = self.app.registers[bare]
        if bare not in self.visible or (name not in self.visible[bare] and name not in (*MOVEMENT, "document")):
            return None
        field = register.keys.get(name) or register.measures.get(name)
        if field is not None:
            return field.type
        if thing.startswith(MOVEMENTS) and name in MOVEMENT:
            return MOVEMENT[name]
        formula = register.formulas.get(name)
        return None if formula is None else formula.type

    def members(self, owner: Type) -> tuple[str, ...]:
        names = ((thing, name) for thing in owner.objects for name in self._names(thing))
        return tuple(name for thing, name in names if self._member(thing, name) is not None)

    def _names(self, thing: str) -> Iterator[str]:
        bare = thing.removeprefix(MOVEMENTS)
        if bare in self.app.registers:
            register = self.app.registers[bare]
            yield from (*register.keys, *register.measures, *register.formulas)
        elif bare in self.app.objects:
            obj = self.app.objects[bare]
            yield from (*obj.fields, *obj.backs, *RECORD, *STATED)

    def source(self, name: str) -> Type | None:
        own = name.removeprefix(MOVEMENTS)
        bare = self.app.spaces.full("source", own, self.space)
        known = bare in self.app.objects or bare in self.app.registers
        whole = bare if own == name else MOVEMENTS + bare
        return rows_of(whole) if known and bare in self.visible else None

    def heads(self) -> tuple[str, ...]:
        own = () if self.this is None else self.members(self.this)
        words = (*(("this",) if self.own is not None else ()), *(self.words or ()))
        return (*own, "me", *words, *(name for name in self.visible))

    def decision(self, name: str) -> Signature | None:
        """Decisions run with the app's rights: only tests and administrators' tools may call them from outside."""
        name = self.app.spaces.full("decision", name, self.space)
        found = self.app.decisions.get(name) if self.decisions else None
        if found is None or found.gives is None:
            return None
        return Signature(name, tuple((n, f.type) for n, f in found.inputs.items()), found.gives.type)

    def roles(self) -> tuple[str, ...]:
        return tuple(self.app.roles)

    def within(self, candidate: Type, aliases: Mapping[str, Type]) -> Names:
        row = record_of(*candidate.objects) if candidate.name == "rows" else candidate
        return replace(self, this=row, aliases={**(self.aliases or {}), **aliases})


def everything(app: App) -> dict[str, frozenset[str]]:
    """All members of all things: what tests and administrators' tools may name."""
    found: dict[str, frozenset[str]] = {}
    for obj in app.objects.values():
        if not obj.owner:
            inner = (f"{line}.{name}" for line in obj.lines for name in app.objects[f"{obj.name}.{line}"].fields)
            found[obj.name] = frozenset((*obj.fields, *inner))
    for register in app.registers.values():
        found[register.name] = frozenset((*register.keys, *register.measures, *register.formulas))
    return found


def condition(reader: Reader, thing: str, text: str) -> Expression:
    """A condition over rows of an object or register; `NotReadable` if it does not check."""
    return value(reader, thing, text, BOOLEAN)


def value(reader: Reader, thing: str, text: str, expect: Type | None = None) -> Expression:
    """Any expression over rows of an object or register; `NotReadable` if it does not check."""
    found = expression(text, reader.place, reader.within(record_of(thing), {}), expect=expect)
    if isinstance(found, Expression):
        return found
    raise NotReadable(tuple(found))


def belonging(reader: Reader, thing: str, text: str, parameters: Mapping[str, Type] | None = None) -> Expression:
    """An expression as a definition has it on a record of `thing`: with `this`, `old`, `trigger` and `diff`, and with
    parameters as a report has them."""
    this = record_of(thing)
    words = {"old": this, "trigger": ANY, "diff": list_of(TEXT), **(parameters or {})}
    found = expression(text, reader.place, replace(reader, this=this, own=this, words=words))
    if isinstance(found, Expression):
        return found
    raise NotReadable(tuple(found))


def rows(reader: Reader, text: str) -> Source:
    """A source slot; `NotReadable` if it does not check."""
    found = source(text, reader.place, reader)
    if isinstance(found, Source):
        return found
    raise NotReadable(tuple(found))
