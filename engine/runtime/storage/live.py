"""What is live: a compiled app with its tables and numbers; and the transaction that every service is handed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine.definitions import blocks
from engine.definitions.app import App
from engine.definitions.flows import Approve
from engine.definitions.objects import Object
from engine.expressions.nodes import Source
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.file_stores import Store
from engine.runtime.storage.tables import Tables


@dataclass(frozen=True, eq=False)
class Live:
    """One published version of an app. `numbers` gives each object's and lines' stable number, `names` the reverse."""

    app: App
    tables: Tables
    numbers: Mapping[str, int]
    version: int = 0
    reading: dict[str, Any] = field(default_factory=dict)       # object → how its rows are read, see `rows.decode`
    rights: dict[Any, dict[Any, Any]] = field(default_factory=dict)     # by roles → what follows, see `access`
    older: frozenset[str] = frozenset()        # objects over which approvals of other versions run
    hidden: dict[int, Mapping[tuple[str, str], tuple[str, ...]]] = field(default_factory=dict)     # see `veils.hiding`
    things: dict[int, tuple[Source, frozenset[str]]] = field(default_factory=dict)      # see `analysis.things_in`

    @cached_property
    def names(self) -> Mapping[int, str]:
        return {number: name for name, number in self.numbers.items()}

    @cached_property
    def veiling(self) -> frozenset[str]:
        """The objects over which a flow has a step that hides fields, or may have had one in another version."""
        steps = ((flow, step) for flow in self.app.flows.values() for _, step in blocks.walk(flow))
        return self.older | {flow.object for flow, step in steps if isinstance(step, Approve) and step.hide}

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.app.timezone)

    def object(self, name: str) -> Object:
        """The object or lines of this name; KeyError if there is none (callers check names that come from outside)."""
        return self.app.objects[name]


@dataclass(slots=True)
class Tx:
    """One transaction: the connection, what is live, who acts, and the instant that counts as now (aware, UTC).

    `after_commit` runs once the transaction has been committed, outside it (waking the worker)."""

    connection: Connection
    live: Live
    actor: Actor
    now: dt.datetime
    write: bool = True
    known: frozenset[tuple[str, int]] = frozenset()  # records that an earlier try of this command needed
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    files: Store | None = None                 # where contents lie; None on a site without a place for them
    led: Mapping[str, Any] = field(default_factory=dict)       # what led here and how much may follow, as JSON of a job
    asking: bool = False                       # somebody is there who can be asked, though the app itself acts
    # What steps hide from whom, see `services.veils`: a transaction in another person's sight has the same one.
    veils: dict[tuple[int, str], dict[int, frozenset[str]]] = field(default_factory=dict)

    @property
    def app(self) -> App:
        return self.live.app

    @property
    def timezone(self) -> str:
        """The time zone in which the actor types and reads moments. Days (`today`, filters, reports) are the app's."""
        return self.actor.timezone or self.live.app.timezone

    @property
    def zone(self) -> ZoneInfo:
        """The same as a zone."""
        return ZoneInfo(self.timezone)

    @property
    def today(self) -> dt.date:
        """The date of `now` in the app's time zone."""
        return self.now.astimezone(self.live.zone).date()

    @property
    def postgres(self) -> bool:
        return self.connection.dialect.name == "postgresql"
