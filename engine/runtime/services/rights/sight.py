"""Whether a reader may read what an expression reads: of a row, of what its links lead to, of other sources. Knows no
rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.expressions.nodes import Aggregate, Each, Get, Node, Root, Source, Stored
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx


def may_read(tx: Tx, thing: str, paths: Iterable[tuple[str, ...]]) -> bool:
    """Whether the actor may see every field on these paths from a row of `thing`; other sources (`@order`) too."""
    return access.unbound(tx.actor) or all(_sees(tx, thing, path) for path in paths)


def may_evaluate(tx: Tx, thing: str, nodes: Iterable[Node], *, this: str = "") -> bool:
    """Whether the actor may see everything that these expressions read from a row of `thing` ("" = from none), inside
    of sources and totals too: a total over what is hidden would tell it. `this`: what the record at hand is, where
    that is another thing."""
    here = (thing,) if thing else ()
    names = {"rows": here, "this": (this,) if this else here}
    return access.unbound(tx.actor) or all(_readable(tx, node, here, names) for node in nodes)


def _readable(tx: Tx, node: Node, here: tuple[str, ...], names: Mapping[str, tuple[str, ...]]) -> bool:
    """`here` are the things that a row at this place may be of, `names` those of aliases."""
    if isinstance(node, Stored):
        return access.may(tx, node.name, "see") if node.name in {*tx.app.objects, *tx.app.registers} else True
    if isinstance(node, (Get, Each)):
        name = node.name.partition("@")[0] or node.name
        owners = _things(node.owner, here, names)
        return _readable(tx, node.owner, here, names) and all(_sees_member(tx, owner, name) for owner in owners)
    if isinstance(node, Source):
        inside = _things(node, here, names)
        within = {**names, node.alias: inside} if node.alias else names
        outer = (node.base, *filter(None, (node.moment, *(node.between or ()))))
        inner = (*filter(None, (node.where,)), *(key.value for key in node.sort))
        return all(_readable(tx, one, here, names) for one in outer) and all(
            _readable(tx, one, inside, within) for one in inner
        )
    if isinstance(node, Aggregate):
        inside = _things(node.source, here, names)
        within = {**names, **dict.fromkeys(_aliases(node), inside)}
        valued = node.value is None or _readable(tx, node.value, inside, within)
        return valued and all(_readable(tx, one, here, names) for one in (node.source, *node.args))
    return all(_readable(tx, one, here, names) for one in node.parts())


def _aliases(node: Aggregate) -> list[str]:
    source: Node = node.source
    found = [node.alias]
    while isinstance(source, Source):
        found.append(source.alias)
        source = source.base
    return [name for name in found if name]


def _things(node: Node, here: tuple[str, ...], names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What the rows or records that a node gives may be of."""
    if isinstance(node, Root):
        known = names.get(node.name or node.word) if node.word in ("name", "this", "old") else None
        return known or (here if node.word == "row" else node.type.objects)
    if node.type.objects:
        return node.type.objects
    if isinstance(node, Source):
        return _things(node.base, here, names)
    return node.type.of.objects if node.type.of is not None else ()


def _sees(tx: Tx, thing: str, path: tuple[str, ...]) -> bool:
    if path[0].startswith("@"):
        name = path[0][1:]
        known = name in tx.app.objects or name in tx.app.registers
        return not known or access.may(tx, name, "see")
    here: tuple[str, ...] = (thing,) if thing else ()
    for name in path:
        if any(not _sees_member(tx, owner, name) for owner in here):
            return False
        here = tuple(target for owner in here for target in _targets(tx, owner, name))
        if not here:
            return True
    return True


def _sees_member(tx: Tx, owner: str, name: str) -> bool:
    register = tx.app.registers.get(owner)
    if register is not None:
        known = name in register.keys or name in register.measures or name in register.formulas
        return not known or name in access.visible_columns(tx, register)
    obj = tx.app.objects.get(owner)
    if obj is None or name not in obj.fields:
        return True
    if obj.owner:
        return f"{obj.owner_field}.{name}" in access.sure_fields(tx, tx.app.objects[obj.owner])
    return name in access.sure_fields(tx, obj)


def _targets(tx: Tx, owner: str, name: str) -> tuple[str, ...]:
    """What a member leads to: objects behind a link, lines, back-links, the parent."""
    register, obj = tx.app.registers.get(owner), tx.app.objects.get(owner)
    if register is not None:
        return tuple(getattr(register.keys.get(name), "to", ()))
    if obj is None:
        return ()
    if name == "parent" and obj.owner:
        return (obj.owner,)
    if name in obj.lines:
        return (f"{owner}.{name}",)
    if name in obj.backs:
        return (obj.backs[name][0],)
    return tuple(getattr(obj.fields.get(name), "to", ()))
