"""Decides which stored formulas can be an error: these keep that beside their value. Computes none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.definitions.objects import Object
from engine.definitions.registers import Register
from engine.expressions.compiled import Expression
from engine.expressions.failing import can_fail
from engine.kinds.fields.base import Balance

PEOPLE = "user"                                # the site's own table has no columns of an app


def judged(objects: Mapping[str, Object], registers: Mapping[str, Register]) -> dict[str, Object]:
    """The objects with `may_fail` of each field and derived state."""
    judge = Judge(objects, registers)
    found = {}
    for name, obj in objects.items():
        fields = {
            key: replace(field, may_fail=name != PEOPLE and field.stored and judge.member(name, key))
            if field.formula is not None else field
            for key, field in obj.fields.items()
        }
        states = {key: replace(state, may_fail=judge.fails(state.when, name)) for key, state in obj.states.items()}
        found[name] = replace(obj, fields=fields, states=states)
    return found


class Judge:
    """The compiled objects and registers, and what is known about their members."""

    def __init__(self, objects: Mapping[str, Object], registers: Mapping[str, Register]) -> None:
        self.objects = objects
        self.registers = registers
        self._known: dict[tuple[str, str], bool] = {}

    def member(self, thing: str, name: str) -> bool:
        """Whether a member of an object or register can be an error."""
        place = (thing, name)
        if place not in self._known:
            self._known[place] = True          # in a circle nothing is known to be safe
            self._known[place] = self._judge(thing, name)
        return self._known[place]

    def _judge(self, thing: str, name: str) -> bool:
        if thing in self.registers:
            return self.fails(self.registers[thing].formulas.get(name), thing)
        obj = self.objects.get(thing)
        field = obj.fields.get(name) if obj is not None else None
        if field is None:
            return False
        return self.fails(field.formula, thing) or (field.balance is not None and self._balance(field.balance, thing))

    def _balance(self, balance: Balance, thing: str) -> bool:
        keys = (key for key in balance.keys.values() if key.text.strip() not in ("this", "parent"))
        return self.member(balance.register, balance.measure) or any(self.fails(key, thing) for key in keys)

    def fails(self, formula: Expression | None, thing: str) -> bool:
        """Whether an expression of a row of a thing can be an error; none cannot."""
        return formula is not None and can_fail(formula.node, self.member, thing)
