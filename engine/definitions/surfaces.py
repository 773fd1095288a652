"""What people without an account reach of an object: forms that they fill, pages of a record that they find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.definitions.access import Grant
from engine.errors import Location
from engine.kinds.fields.base import Literal
from engine.texts import Text

if TYPE_CHECKING:
    from engine.definitions.app import App
    from engine.definitions.layouts import Layout
    from engine.expressions.compiled import Expression, Template
    from engine.kinds.actions.base import Step

SECONDS: Mapping[str, int] = {"minute": 60, "hour": 3600, "day": 86_400}


@dataclass(frozen=True, slots=True)
class Limit:
    """So many times in so many seconds, from one address."""

    times: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Find:
    """Something that a stranger must know of a record: the field (or a path of links), and whether a record agrees
    with what they gave (which stands in the expression under `GIVEN`)."""

    path: str
    agrees: Expression


GIVEN = "stranger_gave"                                # what somebody typed, in `Find.agrees`


@dataclass(frozen=True, slots=True)
class Surface:
    """One form (`kind` form) or page of a record (view) for people without an account.

    Whoever comes there holds the role `role` and no other: `grant` says what it may, enforced like every grant. No
    person is ever given such a role, for its name has a blank in it."""

    object: str
    kind: str                                  # form | view
    name: str
    label: Text
    fields: tuple[str, ...]                    # in their order; of lines as `lines.qty`
    grant: Grant
    limit: Limit
    captcha: bool = False
    prefill: tuple[str, ...] = ()              # fields that the address may fill
    layout: Layout = ()                        # of a form
    set: Mapping[str, Literal | Expression] = field(default_factory=dict)   # what the engine gives a new record
    before: tuple[Step, ...] = ()              # steps that are taken before the record is saved
    thanks: Template | None = None
    find: tuple[Find, ...] = ()                # of a view
    by_link: Expression | None = None          # a length: so long a link works; of a form the only way to it
    once: bool = False                         # a link works one time
    of: str = ""                               # of a form by link: the field that leads to what the link is about
    about: str = ""                            # with `by_link`: the object whose record a link is about
    location: Location = Location("")

    @property
    def is_listed(self) -> bool:
        """Whether people come here by its address alone."""
        return bool(self.find) if self.kind == "view" else self.by_link is None

    @property
    def role(self) -> str:
        return role_of(self.kind, self.object, self.name)


def role_of(kind: str, object: str, name: str) -> str:
    """The role that whoever comes to a form or page holds."""
    return f"{kind} {object}.{name}"


def surfaces(app: App) -> Iterator[Surface]:
    """Everything that people without an account reach by forms and pages."""
    for obj in app.objects.values():
        yield from obj.surfaces


def surface(app: App, kind: str, object: str, name: str) -> Surface | None:
    """The form or page of this name; None where there is none."""
    obj = app.objects.get(object)
    found = () if obj is None else obj.surfaces
    return next((one for one in found if (one.kind, one.name) == (kind, name)), None)
