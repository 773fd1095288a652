"""Forms for an occasion: what people with an account fill in instead of the whole form of a new record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.errors import Location
from engine.kinds.fields.base import Literal
from engine.texts import Text

if TYPE_CHECKING:
    from engine.definitions.app import App
    from engine.definitions.layouts import Layout
    from engine.definitions.objects import Who
    from engine.expressions.compiled import Expression, Template
    from engine.kinds.actions.base import Step


@dataclass(frozen=True, slots=True)
class Occasion:
    """One form for a new record of `object`: it asks `fields`, laid out as `layout`, and nothing else.

    It widens no right: who fills it may create such records, and what they may not give is not asked. `set` (and what
    the steps of `before` made, by the names that they were called) is given by the engine."""

    object: str
    name: str
    label: Text
    fields: tuple[str, ...]                    # in their order
    layout: Layout
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)   # of lines; not named: all of them
    by: Who | None = None                      # who is offered it; None = whoever may create such records
    before: tuple[Step, ...] = ()              # taken before the record is saved, in the same transaction
    set: Mapping[str, Literal | Expression] = field(default_factory=dict)
    acts: tuple[str, ...] | None = None        # actions that may follow at once; None: the first that leads on
    thanks: Template | None = None             # what is said when it is saved
    location: Location = Location("")

    def asks(self, path: str) -> bool:
        """Whether a field, or a column of lines (`lines.qty`), is asked for."""
        head, _, column = path.partition(".")
        return head in self.fields and (not column or column in self.columns.get(head, (column,)))


def occasions(app: App) -> Iterator[Occasion]:
    """All forms for an occasion."""
    for obj in app.objects.values():
        yield from obj.occasions.values()
