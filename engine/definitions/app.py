"""The compiled app: frozen, complete, checked. What the runtime interprets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.definitions.access import Grant
from engine.definitions.automations import Automation
from engine.definitions.documents import Document
from engine.definitions.flows import Flow
from engine.definitions.nodes import Map, Node
from engine.definitions.objects import Object
from engine.definitions.questions import Alert, Dashboard, Report
from engine.definitions.registers import Period, Register
from engine.definitions.spaces import Spaces
from engine.errors import Location
from engine.texts import Text

if TYPE_CHECKING:
    from engine.definitions.calendars import Calendar
    from engine.definitions.decisions import Decision


@dataclass(frozen=True, slots=True)
class Role:
    """A role; `includes` are roles whose rights it has too (transitively closed by the builder)."""

    name: str
    label: Text
    includes: tuple[str, ...] = ()
    external: bool = False                     # people from outside: internal discussions are closed to them
    stands_for: str = ""                       # the object for one record of which they act: `me.supplier`


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A menu group, or a link to an object, report or dashboard (`target`, `kind`)."""

    label: Text
    icon: str = ""
    kind: str = ""                             # object | report | dashboard | group
    target: str = ""
    items: tuple[MenuEntry, ...] = ()
    view: str = ""                             # the view of the object that it shows; "" = the first one


@dataclass(frozen=True, slots=True)
class App:
    """One app, compiled. `version` is the content hash of its texts; `texts` the files byte for byte."""

    name: str
    label: Text
    languages: tuple[str, ...]
    timezone: str
    currency: str
    objects: Mapping[str, Object]              # lines included, as `sales_order.lines`
    registers: Mapping[str, Register]
    flows: Mapping[str, Flow]
    alerts: Mapping[str, Alert]
    reports: Mapping[str, Report]
    dashboards: Mapping[str, Dashboard]
    decisions: Mapping[str, Decision]
    roles: Mapping[str, Role]
    grants: Mapping[str, tuple[Grant, ...]]    # thing → grants, `any` folded in
    menu: tuple[MenuEntry, ...]
    automations: Mapping[str, Automation] = field(default_factory=dict)
    documents: Mapping[str, Document] = field(default_factory=dict)      # print forms
    periods: Mapping[str, Period] = field(default_factory=dict)          # gates of registers
    declared: Mapping[str, object] = field(default_factory=dict)         # own keys that are not active yet
    data: Mapping[str, tuple[Mapping[str, object], ...]] = field(default_factory=dict)   # seed rows
    tests: Mapping[str, Node] = field(default_factory=dict)              # located trees, for whoever runs them
    samples: Map = Map((), Location(""))
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    calendar: str = ""                         # the one whose working time counts; blank: Monday to Friday
    texts: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    spaces: Spaces = field(default_factory=Spaces)  # the names in namespaces
    parts: list[object] = field(default_factory=list, init=False, repr=False, compare=False)   # see `parts.parts_of`

    @property
    def period_of(self) -> Mapping[str, str]:
        """Register → the period that closes it."""
        return {register: period.name for period in self.periods.values() for register in period.registers}
