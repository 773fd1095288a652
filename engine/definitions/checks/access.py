"""Judges access: what nobody may see, and objects that texts cannot name. Grants nothing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.access import Grant, Permission
from engine.definitions.app import App
from engine.definitions.objects import Object
from engine.errors import Location, Problem


def unseen(app: App) -> Iterator[Problem]:
    """Objects that no role may see; one warning where nothing is granted at all."""
    things = [obj for obj in app.objects.values() if not obj.owner and obj.name != "user"]
    if not app.grants:
        at = things[0].location if things else Location(next(iter(app.texts), ""))
        yield Problem(
            "W-ACC-001", "the app grants nothing to anybody", at, "add `access: {any: {everyone: edit}}`", "warning"
        )
        return
    for obj in things:
        if not any("see" in grant.verbs for grant in app.grants.get(obj.name, ())):
            yield Problem(
                "W-ACC-002", f"nobody may see {obj.name}", obj.location, f"add `access: {{{obj.name}: …}}`", "warning"
            )


def strangers(app: App) -> Iterator[Problem]:
    """What people without an account may do beyond seeing some fields, creating, and what forms offer them."""
    for name, grants in app.grants.items():
        for grant in grants:
            broad = [verb for verb, one in grant.verbs.items() if not _narrow(verb, one)]
            if grant.role == "public" and broad:
                yield Problem(
                    "W-ACC-003",
                    f"people without an account may {', '.join(broad)} {name}",
                    grant.location,
                    "name what they need, as in `public: {see: {when: published, fields: [name]}}`",
                    "warning",
                )


def blind(app: App) -> Iterator[Problem]:
    """Fields that a role is let edit by name and that nothing shows it: such an edit is refused."""
    for name, grants in app.grants.items():
        for grant in grants:
            edit, role = grant.verbs.get("edit"), app.roles.get(grant.role)
            if edit is None or edit.fields is None:
                continue
            held = {grant.role, "everyone", *(role.includes if role is not None else ())}
            seeing = [one for one in grants if one.role in held and "see" in one.verbs]
            unseen = [field for field in edit.fields if not any(_shows(one, field) for one in seeing)]
            if unseen and seeing:
                listed = ", ".join(f"`{field}`" for field in unseen)
                message = f"{grant.role} may edit {listed} of {name}, and never sees it: that is refused"
                hint = "name it in `see` too, or `set` it from what an action asks for"
                yield Problem("W-ACC-009", message, grant.location, hint, "warning")


def unasked(app: App) -> Iterator[Problem]:
    """Fields that an action asks for and a role that may take it never sees: then they are not asked of it."""
    for name, grants in app.grants.items():
        obj = app.objects.get(name)
        for grant in grants if obj is not None else ():
            role = app.roles.get(grant.role)
            held = {grant.role, "everyone", *(role.includes if role is not None else ())}
            seeing = [one for one in grants if one.role in held and "see" in one.verbs]
            for action in obj.actions.values() if obj is not None and seeing else ():
                missed = [f for f in action.ask_fields if not any(_shows(one, f) for one in seeing)]
                if action.name in grant.verbs and missed:
                    listed = ", ".join(f"`{field}`" for field in missed)
                    message = f"`{action.name}` of {name} asks for {listed}, which {grant.role} never sees"
                    hint = "name it in `see` too, or let the action ask for an input of its own"
                    yield Problem("W-ACC-010", message, grant.location, hint, "warning")


def _shows(grant: Grant, field: str) -> bool:
    """Whether a grant shows a field; of lines as a whole some column."""
    fields = grant.verbs["see"].fields
    gone = {name for rule in grant.hide if rule.always for name in rule.fields}
    named = fields is None or any(one == field or one.startswith(f"{field}.") for one in fields)
    return named and field not in gone and field.partition(".")[0] not in gone


def _narrow(verb: str, permission: Permission) -> bool:
    return verb == "create" or (verb == "see" and permission.fields is not None)


def portals(app: App) -> Iterator[Problem]:
    """What people who stand for a customer or supplier see of the records that belong to one: their own only."""
    stood = {role.name: role.stands_for for role in app.roles.values() if role.stands_for}
    for name, grants in app.grants.items():
        for grant in grants:
            target = stood.get(grant.role, "")
            member = target.rpartition(".")[2]
            if not target or not _belongs(app, name, target):
                continue
            loose = [verb for verb, one in grant.verbs.items() if not _asks(one, member) and verb != "create"]
            if loose:
                message = f"the role {grant.role} stands for one {target} and may {', '.join(loose)} the {name} of all"
                hint = f"narrow it: `see: {'this' if name == target else member} = me.{member}`"
                yield Problem("W-ACC-007", message, grant.location, hint, "warning")


def _belongs(app: App, name: str, target: str) -> bool:
    obj = app.objects.get(name)
    return name == target or obj is not None and any(target in getattr(f, "to", ()) for f in obj.fields.values())


def _asks(permission: Permission, member: str) -> bool:
    return permission.when is not None and any(path[:2] == ("@me", member) for path in permission.when.reads)


def keys(app: App) -> Iterator[Problem]:
    """A key of one field names one record only if no two records agree in it."""
    for obj in app.objects.values():
        if len(obj.key) == 1 and not obj.owner and not _is_unique(obj, obj.key[0]):
            yield Problem(
                "W-OBJ-001",
                f"two records of {obj.name} may have the same key `{obj.key[0]}`",
                obj.key_at,
                "say `unique: true` on the field",
                "warning",
            )


def _is_unique(obj: Object, name: str) -> bool:
    field = obj.fields.get(name)
    if field is None or field.unique or field.kind == "autonumber":
        return True
    return any(rule.fields == (name,) and rule.when is None for rule in obj.unique)
