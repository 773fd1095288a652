"""Whether a reader may read paths of fields: those of a row, and of what its links lead to. Knows no rows."""

from __future__ import annotations

from collections.abc import Iterable

from engine.runtime.services import access
from engine.runtime.storage.live import Tx


def may_read(tx: Tx, thing: str, paths: Iterable[tuple[str, ...]]) -> bool:
    """Whether the actor may see every field on these paths from a row of `thing`; other sources (`@order`) too."""
    return access.unbound(tx.actor) or all(_sees(tx, thing, path) for path in paths)


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
