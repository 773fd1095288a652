"""Which objects' new records may be made many at a time: those whose rules look at the record alone. Writes nothing.

Rules that count, add up or book against a guard must see one record after the other: whether the tenth may be made can
hang on the ninth. Where every rule reads only the record and what it links to, many in one command give the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.expressions.compiled import Expression
from engine.kinds.fields.link import Link
from engine.kinds.fields.links import Links
from engine.runtime.storage.live import Live

HARMLESS = ("@today", "@now", "@me", "@old")
SYSTEM = ("id", "state", "status", "creator", "created_at", "changed_by", "changed_at", "version", "position")
BEYOND = ("title", "actions", "views", "form", "lock", "declared", "label", "plural", "help", "location")


@lru_cache(maxsize=256)
def alone(live: Live, name: str) -> bool:
    """Whether the rules for a new record of the object look at no other record of those made with it."""
    app, obj = live.app, live.app.objects[name]
    parts = [obj, *(app.objects[f"{name}.{lines}"] for lines in obj.lines)]
    if name == "user" or obj.owner or obj.single or any(_looks_around(app, part) for part in parts):
        return False
    if any(one.active and one.trigger.object == name and one.within for one in app.automations.values()):
        return False
    if any(post.reads or app.registers[post.register].guards for post in obj.posts):
        return False
    return all(_plain(app, obj, one) for grant in app.grants.get(name, ()) for one in expressions(grant))


def _looks_around(app: App, part: Object) -> bool:
    if any(rule.when is not None or rule.ranged or rule.warning for rule in part.unique):
        return True
    root = part.owner or part.name
    for field in part.fields.values():
        if isinstance(field, (Link, Links)) and root in getattr(field, "to", ()):
            return True
    return not all(_plain(app, part, one) for one in expressions(part))


def expressions(thing: Any, depth: int = 0) -> Iterator[Expression]:
    """Every expression inside a part of a definition, those aside that only draw or belong to actions."""
    if isinstance(thing, Expression):
        yield thing
    elif isinstance(thing, Mapping):
        for one in thing.values():
            yield from expressions(one, depth + 1)
    elif isinstance(thing, (tuple, list, frozenset)):
        for one in thing:
            yield from expressions(one, depth + 1)
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type) and depth < 8:
        for field in dataclasses.fields(thing):
            if field.name not in BEYOND and not (field.name == "definition" and depth):
                yield from expressions(getattr(thing, field.name), depth + 1)


def _plain(app: App, obj: Object, expression: Expression) -> bool:
    """Whether an expression reads fields of the record, of its lines and of records that it links to, nothing else."""
    return all(_within(app, obj, path) for path in expression.reads)


def _within(app: App, obj: Object, path: tuple[str, ...]) -> bool:
    if path[0].startswith("@"):
        return path[0] in HARMLESS and (path[0] != "@old" or _within(app, obj, path[1:] or ("id",)))
    here: list[Object] = [obj]
    for depth, name in enumerate(path):
        following: list[Object] = []
        for one in here:
            if name == "parent" and one.owner:
                following.append(app.objects[one.owner])
                continue
            field = one.fields.get(name)
            if field is None:
                if name in SYSTEM:
                    continue
                return _of_candidate(app, obj, path) if depth == 0 else False
            foreign = one.name.partition(".")[0] != obj.name.partition(".")[0]
            if field.balance is not None or foreign and field.formula is not None:
                return False
            if field.kind == "lines":
                following.append(app.objects[f"{one.name}.{name}"])
            following += [app.objects[to] for to in getattr(field, "to", ()) if to in app.objects]
        here = following
    return True


def _of_candidate(app: App, obj: Object, path: tuple[str, ...]) -> bool:
    """`where` of a link reads the record that is chosen."""
    targets = {to for field in obj.fields.values() for to in getattr(field, "to", ()) if to in app.objects}
    return bool(targets) and all(
        path[0] in app.objects[to].fields
        and not app.objects[to].fields[path[0]].computed
        and app.objects[to].fields[path[0]].kind != "lines"
        and len(path) == 1
        for to in targets
        if path[0] in app.objects[to].fields
    ) and any(path[0] in app.objects[to].fields for to in targets)
