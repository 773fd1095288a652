"""Builds roles and grants: who may do what with which rows and fields; denied unless granted. Asks nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.definitions.access import Grant, Hidden, Permission
from engine.definitions.app import Role
from engine.definitions.desks import WORDS, Desk, flag, scalars
from engine.definitions.language.apps import VERBS
from engine.definitions.names import Scope
from engine.definitions.nodes import List, Map, Node, Scalar
from engine.definitions.outlines import Thing, maps
from engine.expressions.compiled import Expression
from engine.suggest import did_you_mean

EVERYBODY = ("everyone", "public")
NOT_ROLES = frozenset({*WORDS, "any", "me", "this", "old", "parent", "trigger", "true", "false", "blank", "role"})
MEANT = {
    **dict.fromkeys(("read", "view", "show", "list", "get"), "see"),
    **dict.fromkeys(("write", "update", "change", "modify"), "edit"),
    **dict.fromkeys(("add", "insert", "new"), "create"),
    "remove": "delete",
}                                              # what other systems call the verbs
SHORT: Mapping[str, tuple[str, ...]] = {"see": ("see",), "edit": ("see", "create", "edit"), "full": VERBS}


def roles(desk: Desk, node: Node | None) -> dict[str, Role]:
    """The roles, with everything that they include, however far away."""
    specs = dict(maps(node))
    for name, spec in specs.items():
        if name in NOT_ROLES:
            desk.report("E-ACC-001", f"`{name}` is a word of the language", spec.at, "take another name")
    direct = {name: desk.some_of(spec.get("includes"), specs, "role", "E-REF-004") for name, spec in specs.items()}
    for name, spec in specs.items():
        if name in _closed(direct, name):
            desk.report("E-ACC-002", f"the role `{name}` includes itself", spec.key_at("includes"))
    return {
        name: Role(
            name,
            desk.label(spec.get("name"), name),
            tuple(one for one in _closed(direct, name) if one != name),
            flag(spec.get("external")),
            desk.named(spec.get("stands_for"), "object"),
        )
        for name, spec in specs.items()
    }


def _closed(direct: Mapping[str, tuple[str, ...]], name: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    waiting = list(direct[name])
    while waiting:
        one = waiting.pop(0)
        if one not in found:
            found[one] = None
            waiting += direct[one]
    return tuple(found)


def grants(desk: Desk, node: Node | None) -> dict[str, tuple[Grant, ...]]:
    """Thing → its grants; what is granted on `any` holds for every object and register, on `crm.any` for
    those of the namespace."""
    things = {
        one.name: one
        for one in desk.outline.things.values()
        if one.kind in ("object", "register") and one.name != "user"
    }
    found: dict[str, list[Grant]] = {name: [] for name in things}
    for pair in node if isinstance(node, Map) else ():
        name = pair.key.text
        if name == "any":
            for thing in things.values():
                found[thing.name] += _of_roles(desk, thing, pair.value, True)
        elif name.endswith(".any") and any(one.startswith(name[:-3]) for one in things):
            for thing in (one for one in things.values() if one.name.startswith(name[:-3])):
                found[thing.name] += _of_roles(desk, thing, pair.value, True)
        elif name in things:
            found[name] += _of_roles(desk, things[name], pair.value, False)
        else:
            hint = did_you_mean(name, (*things, "any"))
            desk.report("E-REF-014", f"there is no object or register `{name}`", pair.key.at, hint)
    return {name: tuple(listed) for name, listed in found.items() if listed}


def _of_roles(desk: Desk, thing: Thing, node: Node, general: bool) -> Iterator[Grant]:
    for pair in node if isinstance(node, Map) else ():
        role = desk.one_of(pair.key, (*desk.outline.roles, *EVERYBODY), "role", "E-REF-004")
        if role:
            yield _grant(desk, thing, role, pair.value, general)


def _grant(desk: Desk, thing: Thing, role: str, node: Node, general: bool) -> Grant:
    if isinstance(node, Scalar):
        verbs = {verb: Permission() for verb in SHORT.get(node.text, ())}
        return Grant("any" if general else thing.name, role, verbs, location=node.at)
    assert isinstance(node, Map)
    found = {}
    for pair in node:
        if pair.key.text in ("hide", "readonly"):
            continue
        if pair.key.text not in VERBS and pair.key.text not in thing.acts:
            meant = MEANT.get(pair.key.text)
            hint = f"write `{meant}`" if meant else did_you_mean(pair.key.text, (*VERBS, *thing.acts))
            desk.report("E-REF-009", f"{thing.name} has no action `{pair.key.text}`", pair.key.at, hint)
            continue
        permission = _permission(desk, thing, pair.value)
        if permission is not None:
            found[pair.key.text] = permission
    hide, readonly = (tuple(_hidden(desk, thing, node.get(key))) for key in ("hide", "readonly"))
    return Grant("any" if general else thing.name, role, found, hide, readonly, node.at)


def _permission(desk: Desk, thing: Thing, node: Node) -> Permission | None:
    """`true`, a condition, fields, or both; None for `false` and after a problem."""
    match node:
        case Scalar(text="true"):
            return Permission()
        case Scalar(text="false"):
            return None
        case Scalar():
            when = _when(desk, thing, node)
            return None if when is None else Permission(when=when)
        case List():
            return Permission(fields=fields_of(desk, thing, node))
        case Map():
            when = _when(desk, thing, node.get("when"))
            if when is None and node.get("when") is not None:
                return None
            given = node.get("fields")
            return Permission(when, None if given is None else fields_of(desk, thing, given))


def _when(desk: Desk, thing: Thing, node: Node | None) -> Expression | None:
    return desk.condition(
        node, desk.scope(thing.name) if thing.kind == "object" else Scope(desk.outline, desk.scope(thing.name).this)
    )


def fields_of(desk: Desk, thing: Thing, node: Node) -> tuple[str, ...]:
    """The fields that a permission names: `lines` means all columns with it, `lines.qty` shows the lines too."""
    found: dict[str, None] = {}
    for path in _paths(desk, thing, node):
        head, _, rest = path.partition(".")
        found[head] = None
        for inner in () if rest else _columns(desk, thing, head):
            found[f"{head}.{inner}"] = None
        found[path] = None
    return tuple(found)


def _hidden(desk: Desk, thing: Thing, node: Node | None) -> Iterator[Hidden]:
    """The rules of `hide` or `readonly`: fields (lines with all their columns), and when."""
    for item in node if isinstance(node, List) else ():
        given = item.get("fields") if isinstance(item, Map) else None
        if not isinstance(item, Map) or given is None:
            continue
        found: dict[str, None] = {}
        for path in _paths(desk, thing, given):
            found |= dict.fromkeys((path, *(f"{path}.{inner}" for inner in _columns(desk, thing, path))))
        conditions = [item.get(key) for key in ("when", "unless")]
        if thing.kind == "register" and any(conditions):
            hint = "name the fields alone, or give the role a report"
            desk.report("E-ACC-003", f"what is seen of the register {thing.name} hangs on no row", item.at, hint)
            continue
        when, unless = (_when(desk, thing, one) for one in conditions)
        if all((one is None) == (node is None) for one, node in zip((when, unless), conditions, strict=True)):
            yield Hidden(tuple(found), when, unless)


def _paths(desk: Desk, thing: Thing, node: Node) -> tuple[str, ...]:
    """Fields of the thing itself and of its lines; a link is not followed."""
    known = (*thing.fields, *thing.formulas)
    found = []
    for item in scalars(node):
        head, _, rest = item.text.partition(".")
        inner = _columns(desk, thing, head)
        if head not in known or (rest and rest not in inner):
            hint = did_you_mean(rest or head, inner if rest and inner else known)
            desk.report("E-REF-003", f"{thing.name} has no field `{item.text}`", item.at, hint)
        else:
            found.append(item.text)
    return tuple(found)


def _columns(desk: Desk, thing: Thing, name: str) -> tuple[str, ...]:
    lines = desk.outline.things.get(f"{thing.name}.{name}")
    return () if lines is None or lines.owner_field != name else tuple(lines.fields)
