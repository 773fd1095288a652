"""Decides which formulas are stored and in which order they are computed. Computes none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from engine.definitions.decisions import Decision
from engine.definitions.objects import Object
from engine.definitions.reading import Reader, Step


def settled(objects: Mapping[str, Object], decisions: Mapping[str, Decision]) -> dict[str, Object]:
    """The objects with `stored` of each field, and the order of stored formulas."""
    reader = Reader(objects, decisions)
    found = {}
    for name, obj in objects.items():
        fields = {key: replace(field, stored=reader.kept(name, key)) for key, field in obj.fields.items()}
        found[name] = replace(obj, fields=fields, formula_order=())
    order = Orderer(found, Reader(found, decisions))
    for name in found:
        order.follow(name)
    return {name: replace(obj, formula_order=tuple(order.orders[name])) for name, obj in found.items()}


class Orderer:
    """Stored formulas of objects, each after those that it reads (also on the way through lines and parents)."""

    def __init__(self, objects: Mapping[str, Object], reader: Reader) -> None:
        self.objects = objects
        self.reader = reader
        self.orders: dict[str, list[str]] = {name: [] for name in objects}
        self.seen: set[tuple[str, str]] = set()

    def follow(self, name: str) -> None:
        """Put the stored formulas of one object in order, and those that they read in other objects."""
        for field in self.objects[name].fields:
            self._visit((name, field))

    def _visit(self, place: tuple[str, str]) -> None:
        if place in self.seen:
            return
        self.seen.add(place)
        for step in self._formulas_read(place):
            self._visit((step.thing, step.name))
        field = self.objects[place[0]].fields[place[1]]
        if field.stored and field.formula is not None:
            self.orders[place[0]].append(place[1])

    def _formulas_read(self, place: tuple[str, str]) -> Iterator[Step]:
        field = self.objects[place[0]].fields[place[1]]
        for path in field.formula.reads if field.formula is not None else ():
            for step in self.reader.steps(place[0], path):
                if step.field is not None and step.field.formula is not None:
                    yield step
