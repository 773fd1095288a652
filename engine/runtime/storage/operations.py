"""One change of a schema, and a plan of many: what it does, to how many rows, what could be lost, what fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Column

from engine.kinds.fields.base import Field
from engine.texts import Text

Kind = Literal[
    "create table",
    "add column",
    "rename column",
    "rename table",
    "archive table",
    "rename states",
    "create index",
    "drop index",
    "archive column",
    "drop column",
    "change type",
    "convert column",
    "compute again",
    "book again",
    "convert values",
    "restore column",
    "fill default",
    "compute default",
    "fill links",
    "fill states",
    "look at values",
]


@dataclass(frozen=True, slots=True)
class Operation:
    """One change. `rows` how many rows it touches; `risk` says what could be lost or why it fails, "" if it is safe;
    `fails` with a sample of the rows that stand in the way. `into`: under which name a column is archived; `shift`: by
    how many digits SQLite's scaled integers move. `changed` of the rows get another value, `samples` shows some;
    `tried`: in how many records that was found out, 0 = in all. `thing`: the object, lines or register.
    `told`: what happens, for people, where the kind does not say it; `reasons`: `fails` for them; `hint`: the way out;
    `fields` (and `old`, the column of the first as it is kept, unless one of them is a link): from which to which
    values are converted; `value`: what is filled in."""

    kind: Kind
    table: str
    name: str = ""
    was: str = ""
    rows: int = 0
    risk: str = ""
    fails: tuple[str, ...] = ()
    into: str = ""
    shift: int = 0
    changed: int = 0
    tried: int = 0
    samples: tuple[str, ...] = ()
    thing: str = ""
    hint: Text | None = None
    told: Text | None = None
    reasons: tuple[Text, ...] = ()
    fields: tuple[Field, Field] | None = None
    old: Column[Any] | None = None
    value: Any = None

    def __str__(self) -> str:
        target = f"{self.table}.{self.name}" if self.name else self.table
        renamed = f" (was {self.was})" if self.was else ""
        return (
            f"{self.kind} {target}{renamed}"
            + (f": {self.rows} rows" if self.rows else "")
            + (f", {self.changed or 'none'} change" if self.kind in ("compute again", "book again") else "")
            + (f" ({'; '.join(self.samples)})" if self.kind == "book again" and self.samples else "")
            + (f" - {self.risk}" if self.risk else "")
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes of one publishing, in the order in which they are applied."""

    operations: tuple[Operation, ...]

    @property
    def blocked(self) -> tuple[Operation, ...]:
        """Changes that the data as it is forbids."""
        return tuple(o for o in self.operations if o.fails)

    @property
    def risky(self) -> tuple[Operation, ...]:
        return tuple(o for o in self.operations if o.risk)

    def then(self, *more: Operation) -> Plan:
        """The plan with more at its end."""
        return Plan((*self.operations, *more))
