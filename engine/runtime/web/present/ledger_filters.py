"""What narrows a register on its page: a control for each key that can be picked, the rest as an expression. The
expression in the address stays the only truth: it is taken apart for the controls and put together of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions.registers import Register
from engine.digits import whole
from engine.expressions.values import Ref
from engine.kinds.fields.base import Field, Unfit
from engine.kinds.fields.link import Link
from engine.runtime.services import lookups
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, controls, filters
from engine.runtime.web.present.controls import Control, Item, Option
from engine.runtime.web.present.ledgers import key_condition
from engine.runtime.web.present.titles import titled

PICKED = "k."                                  # begins the names of the controls
FEW = 12                                       # records that a list of them shows; of more one searches
OF_ID = re.compile(r"(\w+)\.id = (\d+)")
OF_KIND = re.compile(r"(\w+) is (\w+)")


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A register's filter on the page: the controls of its keys, and what no control says."""

    controls: Sequence[Control]
    rest: str


def of(tx: Tx, register: Register, filter: str, typed: Mapping[str, str], wrong: Mapping[str, str]) -> Narrowed:
    """The controls of the keys that the actor sees, holding what the filter says of them, or what was `typed` where it
    could not be read (`wrong`: what is told of it)."""
    held, rest = _apart(register, pickable(tx, register), filter)
    found = []
    for name, key in pickable(tx, register).items():
        control = _control(tx, register, key, held.get(name))
        if name in wrong:
            control = replace(control, value=typed.get(name, ""), items=(), error=wrong[name])
        found.append(control)
    return Narrowed(found, filters.joined(*rest))


def pickable(tx: Tx, register: Register) -> dict[str, Field]:
    """The keys in the actor's sight of which a value can be picked."""
    visible = access.visible_columns(tx, register)
    known = {name: key for name, key in register.keys.items() if name in visible}
    return {name: key for name, key in known.items() if filters.sort_of(key) in filters.OF_TYPE}


def together(tx: Tx, register: Register, picked: Mapping[str, str], rest: str) -> tuple[str, dict[str, str]]:
    """The filter of what was picked and the rest; what could not be read is told by key."""
    conditions, wrong = [], {}
    for name, key in pickable(tx, register).items():
        try:
            value = key.parse_input(picked.get(name, ""))
        except Unfit as unfit:
            wrong[name] = unfit.message.to(tx.actor.language)
            continue
        if value is not None:
            conditions.append(key_condition(key, value))
    return filters.joined(*conditions, rest), wrong


def _apart(register: Register, keys: Mapping[str, Field], filter: str) -> tuple[dict[str, Any], list[str]]:
    """The values of keys that the conditions of a filter say, and the conditions that say something else."""
    parts = filters.split(filter)
    held: dict[str, Any] = {}
    for name, key in keys.items():
        value = _said(key, name, parts)
        spelled = [] if value is None else filters.split(key_condition(key, value))
        if spelled and all(part in parts for part in spelled):
            held[name] = value
            parts = [part for part in parts if part not in spelled]
    return held, parts


def _said(key: Field, name: str, parts: Sequence[str]) -> Any:
    """The value that conditions give a key; None where they give none."""
    if key.type.name == "record":
        ids = [whole(m[2]) for part in parts if (m := OF_ID.fullmatch(part)) and m[1] == name]
        kinds = [m[2] for part in parts if (m := OF_KIND.fullmatch(part)) and m[1] == name]
        kind = key.type.objects[0] if len(key.type.objects) == 1 else next(iter(kinds), "")
        return Ref(kind, ids[0]) if ids and ids[0] is not None and kind in key.type.objects else None
    for part in parts:
        match = filters.COMPARED.fullmatch(part)
        if match and match[1] == name and match[2] == "=":
            return _value(key, match[3])
    return None


def _value(key: Field, text: str) -> Any:
    if day := filters.DATE.fullmatch(text):
        text = f"{int(day[1]):04d}-{int(day[2]):02d}-{int(day[3]):02d}"
    try:
        return key.parse(filters.unquoted(text))
    except Unfit:
        return None


def _control(tx: Tx, register: Register, key: Field, value: Any) -> Control:
    name = PICKED + key.name
    control = controls.free(tx, key, name, "" if value is None else key.to_input(value))
    if not isinstance(key, Link):
        return control
    few = lookups.among(tx, key, "", limit=FEW + 1)
    title = "" if value is None else titled(Session(tx), value).title
    if len(few) > FEW:
        items = [Item(key.to_input(value), title)] if value is not None else []
        url = addresses.register(tx.app.name, register.name) + f"/lookup/{key.name}"
        return replace(control, widget="link", value="", items=items, url=url)
    options = [Option(key.to_input(Ref(one.object, one.id or 0)), one.title) for one in few]
    if value is not None and key.to_input(value) not in {one.code for one in options}:
        options.append(Option(key.to_input(value), title))
    return replace(control, widget="select", items=(), options=options)
