"""Who may do what: grants per thing and role; denied unless granted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import Location

if TYPE_CHECKING:
    from engine.expressions.compiled import Expression


@dataclass(frozen=True, slots=True)
class Permission:
    """One verb of one grant: on which rows (`when`, None = all) and for which fields (None = all)."""

    when: Expression | None = None
    fields: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a role may do with an object or a register. Verbs: see create edit delete export import and action names."""

    thing: str                                 # object or register name, or `any`
    role: str                                  # a role, `everyone` (signed in) or `public`
    verbs: Mapping[str, Permission]
    hide: tuple[str, ...] = ()
    readonly: tuple[str, ...] = ()
    location: Location = Location("")
