"""Judges computed fields: circles, keys without effect. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.app import App
from engine.definitions.reading import Reader
from engine.errors import Problem
from engine.kinds.fields.base import Field

Place = tuple[str, str]


def circles(app: App) -> Iterator[Problem]:
    """Formulas that need their own result, with the way there."""
    edges = _edges(app)
    done: set[Place] = set()
    for start in edges:
        way = _circle(edges, start, done)
        if way:
            field = app.objects[way[0][0]].fields[way[0][1]]
            shown = " → ".join(f"{thing}.{name}" for thing, name in (*way, way[0]))
            assert field.formula is not None
            yield Problem(
                "E-FLD-010",
                f"the formula needs its own result: {shown}",
                field.formula.at,
                "break the circle in one of these",
            )


def _edges(app: App) -> dict[Place, list[Place]]:
    """Formula → the formulas that it reads, on its own record or another."""
    reader = Reader(app.objects, app.decisions)
    found: dict[Place, list[Place]] = {}
    for obj in app.objects.values():
        for field in obj.fields.values():
            if field.formula is not None:
                steps = (step for path in field.formula.reads for step in reader.steps(obj.name, path))
                found[obj.name, field.name] = [
                    (step.thing, step.name)
                    for step in steps
                    if step.field is not None and step.field.formula is not None
                ]
    return found


def _circle(edges: dict[Place, list[Place]], start: Place, done: set[Place]) -> list[Place]:
    """The first circle that is met on the way from `start`; places judged already are not visited again."""
    stack: list[tuple[Place, Iterator[Place]]] = []
    on_way: list[Place] = []
    if start not in done:
        stack.append((start, iter(edges[start])))
        on_way.append(start)
    while stack:
        place, following = stack[-1]
        following_one = next(following, None)
        if following_one is None:
            done.add(place)
            stack.pop()
            on_way.pop()
        elif following_one in on_way:
            done.update(on_way)
            return on_way[on_way.index(following_one) :]
        elif following_one not in done:
            stack.append((following_one, iter(edges.get(following_one, ()))))
            on_way.append(following_one)
    return []


def circles_of_registers(app: App) -> Iterator[Problem]:
    """Formulas of a register that need their own result."""
    for register in app.registers.values():
        edges = {
            (register.name, name): [(register.name, path[0]) for path in one.reads if path[0] in register.formulas]
            for name, one in register.formulas.items()
        }
        done: set[Place] = set()
        for start in edges:
            way = _circle(edges, start, done)
            if way:
                shown = " → ".join(name for _, name in (*way, way[0]))
                at = register.formulas[way[0][1]].at
                yield Problem(
                    "E-FLD-010", f"the formula needs its own result: {shown}", at, "break the circle in one of these"
                )


def unstored_unique(app: App) -> Iterator[Problem]:
    """`unique` on a field that has no column."""
    for obj in app.objects.values():
        for field in obj.fields.values():
            if field.unique and field.type.name == "range":
                hint = f"write `unique: [[{field.name}]]` at the object: no two overlap"
                yield Problem("E-UNI-005", f"`{obj.name}.{field.name}` is a range", obj.location, hint)
            if field.unique and not _has_column(field):
                at = field.formula.at if field.formula is not None else obj.location
                yield Problem("E-UNI-001", f"`{obj.name}.{field.name}` is not stored: it cannot be unique", at)


def _has_column(field: Field) -> bool:
    return field.stored and field.formula is None and field.kind != "lines"
