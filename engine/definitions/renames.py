"""Which name of one version of an app is which of another, by `was:`. Swaps and chains of names are taken at once;
what an earlier publishing has carried out already is not done again. Knows no database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.definitions.registers import Register
from engine.definitions.spaces import enclosing
from engine.kinds.fields.base import Field

Names = Mapping[str, str]                      # a name → the name that it says it had, "" where it says none


def moved(after: Names, before: Names | None) -> dict[str, str]:
    """New name → old name, of those that are to be renamed. A `was:` that the version before has too is done, unless
    its own name goes to another; one whose name still stands for something else is none. Without `before` whatever is
    no name any more counts."""
    if before is None:
        return {new: old for new, old in after.items() if old and old not in after}
    claims: dict[str, str] = {}
    said = {new: old for new, old in after.items() if old in before and old != new}
    for new, old in said.items():
        if before.get(new) != old and old not in claims.values():
            claims[new] = old
    while again := [new for new in said if new in claims.values() and new not in claims
                    and said[new] not in claims.values()]:
        claims[again[0]] = said[again[0]]
    while stays := [new for new, old in claims.items() if old in after and old not in claims]:
        for new in stays:
            del claims[new]
    return {**_back(after, before, claims), **claims}


def _back(after: Names, before: Names, claims: Mapping[str, str]) -> dict[str, str]:
    """Names that are taken back: what the version before called `total`, by its own words once `sum`, is `sum` again
    where only that name is left (an old version is published again)."""
    found: dict[str, str] = {}
    for old, former in before.items():
        free = former in after and former not in before and former not in claims
        if former and free and old not in after and old not in claims.values():
            found.setdefault(former, old)
    return found


class Renames:
    """Every rename between two versions; `before` is None where there is none, or it cannot be read."""

    def __init__(self, before: App | None, after: App) -> None:
        self.before = before
        self.after = after
        self._members: dict[str, Mapping[str, str]] = {}

    @cached_property
    def _objects(self) -> Mapping[str, str]:
        before = None if self.before is None else _said(self.before, self.before.objects)
        return moved(_found(self.after, self.after.objects, before), before)

    @cached_property
    def _registers(self) -> Mapping[str, str]:
        before = None if self.before is None else _said(self.before, self.before.registers)
        return moved(_found(self.after, self.after.registers, before), before)

    def thing(self, name: str) -> str:
        """The former name of an object, lines or register."""
        obj = self.after.objects.get(name)
        if obj is not None and obj.owner:
            return f"{self.thing(obj.owner)}.{self.field(obj.owner, obj.owner_field)}"
        return self._registers.get(name, name) if name in self.after.registers else self._objects.get(name, name)

    def field(self, thing: str, name: str) -> str:
        """The former name of a field, or of a register's key or measure."""
        if thing not in self._members:
            was = None if self.before is None else dict(_fields(self.before, self.thing(thing)))
            self._members[thing] = moved(dict(_fields(self.after, thing)), was)
        return self._members[thing].get(name, name)

    def states(self, thing: str) -> dict[str, str]:
        """New name → old name of an object's states, real and derived."""
        was = None if self.before is None else self.before.objects.get(self.thing(thing))
        now = {state.name: state.was for state in self.after.objects[thing].states.values()}
        return moved(now, {} if was is None else {state.name: state.was for state in was.states.values()})

    def things(self) -> dict[str, str]:
        """New name → old name of objects, lines and registers that have another one."""
        names = ((name, self.thing(name)) for name in (*self.after.objects, *self.after.registers))
        return {new: old for new, old in names if new != old}


def options(old: Field, new: Field) -> dict[str, str]:
    """Old code → new code of the options of a choice that are renamed."""
    before, after = getattr(old, "options", None), getattr(new, "options", None)
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return {}
    was = {code: one.was for code, one in before.items()}
    return {gone: code for code, gone in moved({code: one.was for code, one in after.items()}, was).items()}


def _fields(app: App, thing: str) -> Iterator[tuple[str, str]]:
    register = app.registers.get(thing)
    if register is not None:
        yield from ((one.name, one.was) for one in (*register.keys.values(), *register.measures.values()))
    elif thing in app.objects:
        yield from ((one.name, one.was) for one in app.objects[thing].fields.values())


def _said(app: App, things: Mapping[str, Object] | Mapping[str, Register]) -> Names:
    return {name: one.was for name, one in things.items() if not getattr(one, "owner", "")}


def _found(app: App, things: Mapping[str, Object] | Mapping[str, Register], before: Names | None) -> Names:
    """As `_said`, with the names that were meant: first those in the same namespace, as that was called."""
    found = {}
    for name, was in _said(app, things).items():
        meant = list(_meant(app, name, was))
        found[name] = next((one for one in meant if before is not None and one in before), was)
    return found


def _meant(app: App, name: str, was: str) -> Iterator[str]:
    space, _, own = name.rpartition(".")
    for around in enclosing(space):
        former = app.spaces.formerly(around)
        if was or former != around:
            yield f"{former}.{was or name.removeprefix(around + '.')}"
    if was:
        yield was
