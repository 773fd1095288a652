"""The menu and the frame of a page: what the visitor may open. Knows access and definitions, no request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.definitions.app import MenuEntry
from engine.errors import Forbidden
from engine.runtime.services.registers import periods
from engine.runtime.services.reporting import boards, reports
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses
from engine.texts import say

ICONS = {
    "object": "table",
    "report": "report-analytics",
    "dashboard": "chart-bar",
    "register": "stack-2",
    "group": "folder",
}


MOST_KEPT = 5000                               # answers whether a report is in sight
PERIODS = say(zh="账期", en="Periods")
APPROVALS = say(zh="流程管理", en="All approvals")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the menu as the layout takes it; a group has `items` and no address."""

    label: str
    icon: str
    url: str
    active: bool
    items: Sequence[Entry] = ()


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame of a page; the names are the layout's."""

    language: str
    languages: Sequence[dict[str, str]]
    theme: str = "auto"
    density: str = "normal"
    csrf: str = ""
    back: str = ""                             # where a choice leads back to, where browsers do not tell
    user: dict[str, str] | None = None
    app: dict[str, str] | None = None
    apps: Sequence[dict[str, str]] = ()
    menu: Sequence[Entry] = ()
    tasks: int = 0
    notices: int = 0
    home_url: str = "/"
    search_url: str = ""
    palette_url: str = ""
    tasks_url: str = ""
    notices_url: str = ""
    profile_url: str = "/profile"
    builder_url: str = ""
    style_nonce: str = ""
    crumbs: Sequence[dict[str, str]] = ()
    flashes: Sequence[dict[str, str]] = field(default_factory=list)


def menu(tx: Tx, path: str) -> list[Entry]:
    """What of the app's menu the actor may open; without a declared menu, everything that there is."""
    declared = tx.app.menu or by_itself(tx)
    found = [entry for item in declared if (entry := shown(tx, item, path)) is not None]
    if any(periods.may(tx, period) for period in tx.app.periods.values()):
        url = addresses.periods(tx.app.name)
        found.append(Entry(PERIODS.to(tx.actor.language), "lock", url, path.startswith(url)))
    if tx.actor.admin and tx.app.flows and tx.actor.kind == "user":
        url = addresses.approvals(tx.app.name)
        found.append(Entry(APPROVALS.to(tx.actor.language), "git-branch", url, path.startswith(url)))
    return found


def by_itself(tx: Tx) -> tuple[MenuEntry, ...]:
    """Boards, objects, reports and registers, each kind under its own heading if it has any."""
    app = tx.app
    found = [MenuEntry(d.label, "", "dashboard", d.name) for d in app.dashboards.values()]
    found += [
        MenuEntry(o.plural, o.icon, "object", o.name) for o in app.objects.values() if not o.owner and o.name != "user"
    ]
    found += [MenuEntry(r.label, "", "report", r.name) for r in app.reports.values()]
    return tuple(found)


def shown(tx: Tx, item: MenuEntry, path: str) -> Entry | None:
    """One entry for the actor; None if it leads nowhere that they may go. A group needs one such entry."""
    language = tx.actor.language
    obj = tx.app.objects.get(item.target) if item.kind == "object" else None
    icon = item.icon or (obj.icon if obj is not None else "") or ICONS.get(item.kind, "")
    # An entry that gives no name of its own leads to a list: it is called as the list is.
    label = obj.plural if obj is not None and item.label == obj.label else item.label
    if item.items or item.kind == "group":
        inner = [entry for one in item.items if (entry := shown(tx, one, path)) is not None]
        return Entry(item.label.to(language), icon, "", False, inner) if inner else None
    if not may_open(tx, item.kind, item.target):
        return None
    url = address(tx.app.name, item.kind, item.target)
    if item.view:
        return Entry(item.label.to(language), icon, addresses.records(tx.app.name, item.target, view=item.view), False)
    return Entry(label.to(language), icon, url, path == url or path.startswith(url + "/"))


def address(app: str, kind: str, target: str) -> str:
    """The page of a menu entry's target."""
    makers = {"report": addresses.report, "dashboard": addresses.board, "register": addresses.register}
    return makers.get(kind, addresses.records)(app, target)


def may_open(tx: Tx, kind: str, target: str) -> bool:
    """Whether the actor may see what an entry leads to."""
    if kind == "object":
        return access.may(tx, target, "see")
    if kind == "register":
        return access.may(tx, target, "see")
    if kind == "dashboard":
        return boards.may_see(tx, tx.app.dashboards[target])
    return kind == "report" and may_report(tx, target)


def may_report(tx: Tx, name: str) -> bool:
    """A report is open to those who may see what it reads; worked out once for all who have the same roles."""
    actor = tx.actor
    kept: dict[Any, bool] = tx.live.reading.setdefault("@menu", {})
    key = (name, actor.kind, actor.roles, actor.admin, actor.scopes, actor.shared)
    if key not in kept:
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[key] = _in_sight(tx, name)
    return kept[key]


def _in_sight(tx: Tx, name: str) -> bool:
    base = tx.app.reports[name].source.object
    if base in tx.app.reports:
        return may_report(tx, base)
    if base and not access.may(tx, base, "see"):
        return False
    try:
        reports.in_sight(tx, tx.app.reports[name])
    except Forbidden:
        return False
    return True


def initials(name: str) -> str:
    """Two letters for a name, or the last one or two characters of a Chinese one."""
    words = name.split()
    if name and not name.isascii():
        return name[-2:]
    return "".join(word[0] for word in words[:2]).upper()


def languages(known: dict[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "label": label} for code, label in known.items()]


def trail(parts: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Crumbs out of (label, address) pairs; the last one may have no address."""
    return [{"label": label, "url": url} for label, url in parts]


def app_entry(app: Any, language: str) -> dict[str, str]:
    """An app as the switcher shows it."""
    return {"name": app.name, "label": app.label.to(language), "url": addresses.app_home(app.name)}
