"""Judges what grants leave out: fields that nobody sees or fills, actions that nobody takes. Grants nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.definitions.access import Grant
from engine.definitions.app import App
from engine.definitions.objects import Action, Object, Who
from engine.definitions.occasions import Occasion
from engine.definitions.parts import parts_of
from engine.definitions.surfaces import Surface
from engine.errors import Problem
from engine.kinds.actions.act import Act
from engine.kinds.actions.base import Step
from engine.kinds.fields.base import Field
from engine.kinds.fields.lines import Pull

WRITING = ("set", "values", "key")  # attributes of actions, steps and pulls that map a field to its value


def unseen_registers(app: App) -> Iterator[Problem]:
    """Registers that no role may see."""
    for register in app.registers.values() if app.grants else ():
        if not any("see" in grant.verbs for grant in app.grants.get(register.name, ())):
            yield Problem(
                "W-ACC-002",
                f"nobody may see {register.name}",
                register.location,
                f"add `access: {{{register.name}: …}}`",
                "warning",
            )


def unseen_fields(app: App) -> Iterator[Problem]:
    """Fields that every grant leaves out, or hides from everybody."""
    for obj in _roots(app):
        grants = [grant for grant in app.grants.get(obj.name, ()) if "see" in grant.verbs]
        missing = [name for name in _paths(app, obj) if grants and not any(_shows(grant, name) for grant in grants)]
        if missing:
            hint = "name them in `see` of some role, or take them out"
            message = f"nobody may see {_listed(missing)} of {obj.name}"
            yield Problem("W-ACC-004", message, obj.location, hint, "warning")


def told_by_titles(app: App) -> Iterator[Problem]:
    """Fields that a title tells to a role which may see the record, but not the field."""
    for obj in _roots(app):
        heads = {path[0] for path in obj.title.reads} if obj.title is not None else set(obj.named_by)
        for role in app.roles.values():
            held = {role.name, *role.includes, "everyone"}
            grants = [one for one in app.grants.get(obj.name, ()) if one.role in held and "see" in one.verbs]
            told = [name for name in obj.fields
                    if name in heads and grants and not any(_shows(grant, name) for grant in grants)]
            if told:
                message = f"the title of {obj.name} tells {role.name} {_listed(told)}, which that role may not see"
                hint = f"write a `title` of {obj.name} without it, or let {role.name} see it"
                yield Problem("W-ACC-008", message, obj.location, hint, "warning")


def _roots(app: App) -> Iterator[Object]:
    return (obj for obj in app.objects.values() if not obj.owner and obj.name != "user")


def _paths(app: App, obj: Object) -> Iterator[str]:
    """The fields of an object and the columns of its lines."""
    for name in obj.fields:
        yield name
        inner = app.objects.get(f"{obj.name}.{name}")
        yield from () if inner is None else (f"{name}.{column}" for column in inner.fields)


def _shows(grant: Grant, name: str) -> bool:
    fields = grant.verbs["see"].fields
    return (fields is None or name in fields) and not any(rule.always and name in rule.fields for rule in grant.hide)


def untaken(app: App) -> Iterator[Problem]:
    """Actions that no role may take, and that no step takes either."""
    called = {part.action for part in parts_of(app) if isinstance(part, Act)}
    for obj in _roots(app):
        grants = app.grants.get(obj.name, ())
        for action in obj.actions.values() if grants else ():
            if action.name not in called and not _takes(app, grants, action):
                yield Problem(
                    "W-ACC-005",
                    f"nobody may take `{action.name}` of {obj.name}",
                    action.location,
                    "a role needs both: `by` of the action and a grant; or a step takes it (`act:`)",
                    "warning",
                )


def _takes(app: App, grants: tuple[Grant, ...], action: Action) -> bool:
    """Whether somebody may take an action: any person of whom nothing certain is known counts."""
    by = action.by
    if by is not None and "flow" in by.words:
        return True  # `checks/flows` tells where no flow ends in it
    if by is not None and set(by.words) <= {"nobody", "actions"} and by.words and not by.roles and not by.people:
        return False
    named = any(action.name in grant.verbs for grant in grants)
    free = by is not None and not named
    return any(
        _is_by(app, by, role)
        and _has(app, grants, role, ("see",))
        and (free or _has(app, grants, role, (action.name, "edit")))
        for role in (*app.roles, "everyone", "public")
    )


def _is_by(app: App, by: Who | None, role: str) -> bool:
    if by is None or by.people or by.words:
        return True
    held = (role, *app.roles[role].includes) if role in app.roles else (role,)
    return any(name in by.roles for name in held)


def _has(app: App, grants: tuple[Grant, ...], role: str, verbs: tuple[str, ...]) -> bool:
    held = (role, *app.roles[role].includes, "everyone") if role in app.roles else (role,)
    return any(grant.role in held and any(verb in grant.verbs for verb in verbs) for grant in grants)


def unfilled(app: App) -> Iterator[Problem]:
    """Fields that people may not fill and that nothing else fills."""
    written = {name for part in parts_of(app) for name in _written(part)} | _seeded(app)
    for obj in app.objects.values():
        makers = [grant for grant in app.grants.get(obj.name, ()) if "create" in grant.verbs]
        open_ = [field for field in obj.fields.values() if not _filled(field) and field.name not in written]
        closed = [field.name for field in open_ if field.readonly]
        asked = [field for field in open_ if field.required is True and not field.readonly and makers]
        barred = [field.name for field in asked if not any(_fills(grant, field) for grant in makers)]
        if closed:
            message = f"nothing fills {_listed(closed)} of {obj.name}, which people may only read"
            hint = "give it a default or a formula, or let an action set it"
            yield Problem("W-FLD-002", message, obj.location, hint, "warning")
        if barred:
            message = f"{_listed(barred)} of {obj.name} is required, and nobody who may create may fill it"
            hint = "name it in `create`, or give it a default"
            yield Problem("W-ACC-006", message, obj.location, hint, "warning")


def _filled(field: Field) -> bool:
    return field.computed or field.default is not None or field.kind == "autonumber"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _fills(grant: Grant, field: Field) -> bool:
    fields = grant.verbs["create"].fields
    closed = any(rule.always and field.name in rule.fields for rule in (*grant.readonly, *grant.hide))
    return (fields is None or field.name in fields) and not closed


def _written(part: object) -> Iterator[str]:
    """The names of fields that a step, an action, a form, a pull or a flow writes or asks for."""
    if isinstance(part, (Action, Step, Pull, Occasion, Surface)):
        for attribute in WRITING:
            found = getattr(part, attribute, None)
            yield from (name.rpartition(".")[2] for name in found) if isinstance(found, Mapping) else ()
    for attribute in ("ask_fields", "edit", "require"):
        found = getattr(part, attribute, None)
        if isinstance(found, tuple):
            yield from (str(name).rstrip("+").rpartition(".")[2] for name in found)
    name = getattr(part, "field", None)
    if isinstance(part, Step) and isinstance(name, str):
        yield name.rpartition(".")[2]


def _seeded(app: App) -> set[str]:
    return {name for rows in app.data.values() for row in rows for name in row}
