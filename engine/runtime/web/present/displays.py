"""The panel in which a person arranges a list: columns, their order, density, what it is sorted by. Knows no rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.definitions.objects import Object
from engine.runtime.services.lists.list_views import DENSITIES
from engine.runtime.services.reading import Query
from engine.runtime.services.rights import access
from engine.runtime.services.spoken import SYSTEM_LABELS
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import columns, groups, lists, shelves
from engine.runtime.web.present.places import MOST_SORTS
from engine.runtime.web.present.shelves import Chosen
from engine.texts import say

DENSITY_LABELS = {
    "profile": say(zh="按个人设置", en="As in the profile"),
    "compact": say(zh="紧凑", en="Compact"),
    "normal": say(zh="标准", en="Normal"),
    "roomy": say(zh="宽松", en="Roomy"),
}
STATED = ("status", "state")


@dataclass(frozen=True, slots=True)
class Display:
    """What the panel offers. `columns`: path, label, shown, in the order of the list, the others behind; `sorts`: what
    it is sorted by now (`-date`), with blanks for more; `orders`: path and label of what it may be sorted by."""

    view: str
    columns: Sequence[tuple[str, str, bool]]
    densities: Sequence[tuple[str, str, bool]]
    density: str
    sorts: Sequence[str]
    orders: Sequence[tuple[str, str]]
    arranged: bool
    totals: bool = False
    groups: Sequence[tuple[str, str]] = ()
    by: str = ""


def of(tx: Tx, obj: Object, chosen: Chosen, sort: Sequence[str]) -> Display:
    """The panel of the view that is looked at; `sort`: what the address asks to sort by, before the view's own."""
    language, kept = tx.actor.language, chosen.arrangement
    picked, sure = lists.picked_of(tx, obj, chosen), lists.sortable(tx, obj)
    sort = shelves.ordered(Query(sort=tuple(sort)), chosen.view, sure).sort
    there = {c.path for c in picked}
    others = [c for path in offered(tx, obj, chosen) if path not in there
              and (c := columns.column(tx, obj, path, language)) is not None]
    known = [*picked, *others]
    orders = [(c.path, c.label) for c in known if c.sortable and c.path in sure]
    return Display(
        view=chosen.key,
        columns=[(c.path, c.label, c.path in there) for c in known],
        densities=[(one, DENSITY_LABELS[one].to(language), one == kept.density) for one in DENSITIES],
        density=kept.density,
        sorts=[*sort[:MOST_SORTS], *[""] * max(0, 2 - len(sort))],
        orders=orders,
        arranged=bool(kept.columns or kept.widths or kept.totals or kept.density != "profile"),
        totals=kept.totals,
        groups=groups.choices(tx, obj),
        by=chosen.asked.get("group", ""),
    )


def offered(tx: Tx, obj: Object, chosen: Chosen) -> Iterable[str]:
    """The columns that a list can show: those of the view, all fields in sight, the engine's own."""
    shown = access.visible_fields(tx, obj)
    declared = chosen.view.columns if chosen.view is not None else ()
    fields = (f.name for f in obj.fields.values() if f.name in shown and f.kind != "lines")
    own = (name for name in SYSTEM_LABELS if name not in obj.fields and (obj.states or name not in STATED))
    return dict.fromkeys(path for path in (*declared, *fields, *own)
                         if path.partition(".")[0] in shown or path in SYSTEM_LABELS)
