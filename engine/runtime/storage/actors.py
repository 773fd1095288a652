"""Who acts: a person, the app's own service identity, or the public; loaded once per request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.expressions.values import Ref


@dataclass(frozen=True, slots=True)
class Shared:
    """What one person has shared with another of one object, as far as the first may still do so: the verb (`see` or
    `edit`), the records (`foreign`: those that the other sees by nothing else), the fields that go along (None:
    all)."""

    thing: str
    verb: str
    records: frozenset[int]
    foreign: frozenset[int]
    fields: frozenset[str] | None
    by: str                                    # the name of who shared them
    since: Mapping[int, dt.datetime] = field(compare=False, repr=False)   # since when, by record


@dataclass(frozen=True, slots=True)
class Actor:
    """The acting identity. `roles` hold the app's roles with everything they include; `admin` is the site's
    administrator.

    A `service` actor is an automation, an import's history step or a timer: bound by checks, guards, locks and states,
    not by row rules. `public` is somebody who did not sign in."""

    kind: Literal["user", "service", "public"]
    id: int = 0
    login: str = ""
    name: str = ""
    roles: frozenset[str] = frozenset()
    admin: bool = False
    builder: bool = False
    language: str = "zh"
    timezone: str = ""                         # in which the person types and reads moments; blank: the app's
    scopes: frozenset[str] | None = None  # of an API token; None = everything the person may
    shared: tuple[Shared, ...] = ()            # what others have shared with the person
    grantees: frozenset[str] = field(init=False, compare=False, repr=False)   # names under which grants apply

    def __post_init__(self) -> None:
        words = {"public"} if self.kind == "public" else {"everyone"}      # who has an account is not of the public
        object.__setattr__(self, "grantees", self.roles | words)

    @property
    def ref(self) -> Ref | None:
        """The user as a link, None for the service and the public."""
        return Ref("user", self.id, self.name) if self.kind == "user" else None


SERVICE = Actor("service", name="app")
PUBLIC = Actor("public")
