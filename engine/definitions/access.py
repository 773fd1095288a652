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
class Hidden:
    """Fields that a grant takes out of sight, or out of reach: always, or as its condition says of the very record."""

    fields: tuple[str, ...]
    when: Expression | None = None
    unless: Expression | None = None

    @property
    def always(self) -> bool:
        return self.when is None and self.unless is None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a role may do with an object or a register. Verbs: see create edit delete export import and action names."""

    thing: str                                 # object or register name, or `any`
    role: str                                  # a role, `everyone` (signed in) or `public`
    verbs: Mapping[str, Permission]
    hide: tuple[Hidden, ...] = ()
    readonly: tuple[Hidden, ...] = ()
    location: Location = Location("")
