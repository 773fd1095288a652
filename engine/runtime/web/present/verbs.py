"""What can be done with a record: its page's buttons and the entries of its menu, in order. Knows no request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions.layouts import Button as Placed
from engine.definitions.layouts import parts_of
from engine.definitions.objects import Action, Object
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.rights.access import ActionRight
from engine.runtime.web.present import addresses, asks, comparing, papers, sharing
from engine.texts import say

BEGINNING = frozenset({"create", "ensure"})    # steps that lead on to another record
ON_A_PHONE = 2                                 # actions of a record that are buttons there; the others are in the menu
INTO_DIALOG = {"hx-target": "#dialog", "hx-swap": "innerHTML"}
EDIT = say(zh="编辑", en="Edit")
DELETE = say(zh="删除", en="Delete")
PRINT = say(zh="打印", en="Print")
ARCHIVE = say(zh="归档", en="Put into the archive")
UNARCHIVE = say(zh="取消归档", en="Take out of the archive")
RIGHTS = say(zh="谁可以查看", en="Who can see this")


@dataclass(frozen=True, slots=True)
class Button:
    """An action of the record. `asks`: it asks for something first; `reason` says why it is not possible now."""

    name: str
    label: str
    icon: str
    url: str
    ok: bool
    reason: str
    asks: bool
    primary: bool
    late: bool = False                         # on a phone it is among what is rarely wanted

    def entry(self, key: str, version: int) -> dict[str, Any]:
        """It as an entry of the menu, where a window is narrow; `key` begins its idempotency key."""
        item = {"label": self.label, "icon": self.icon, "narrow": True}
        if self.asks:
            return {**item, "url": self.url, "attrs": {"hx-get": self.url, **INTO_DIALOG}}
        sent = json.dumps({"_version": version, "_key": key + self.name})
        return {**item, "attrs": {"hx-post": self.url, "hx-vals": sent, **INTO_DIALOG}}


def buttons(record: Record, rights: Mapping[str, ActionRight]) -> list[Button]:
    """The record's actions: what leads on, what else can be done now (giving up last of it), what cannot; not what the
    state rules out."""
    obj, tx = record.definition, record.session.tx
    found = []
    for name, right in rights.items():
        action = obj.actions[name]
        if not right.ok and not near(record, action):
            continue
        url = addresses.record(tx.app.name, obj.name, record.id or 0, "actions", name)
        reason = right.reason.to(tx.actor.language) if right.reason is not None else ""
        label, asking = action.label.to(tx.actor.language), asks.needed(action)
        found.append(Button(name, label, action.icon, url, right.ok, reason, asking, False))
    possible = [b for b in found if b.ok]
    out = next((b for b in possible if leads_out(record, obj.actions[b.name])), None)
    forward = out or next((b for b in possible if moves_on(obj, obj.actions[b.name])), None)
    found.sort(key=lambda b: (not b.ok, b is not forward, gives_up(obj, obj.actions[b.name])))
    return [replace(b, primary=b is forward, late=b.ok and at >= ON_A_PHONE) for at, b in enumerate(found)]


def parted(record: Record, rights: Mapping[str, ActionRight]) -> tuple[list[Button], list[Button]]:
    """The record's actions on top of its page, and those that have their place among its fields."""
    places = {one.action for one in parts_of(record.definition.form) if isinstance(one, Placed)}
    on_top = buttons(record, {name: right for name, right in rights.items() if name not in places})
    return on_top, buttons(record, {name: right for name, right in rights.items() if name in places})


def narrow(
    record: Record, possible: Sequence[Button], key: str, edit_url: str, edit_reason: str
) -> list[dict[str, Any]]:
    """What the menu holds where a window is narrow: the actions that have no button there, and editing after them."""
    late = [b.entry(key, record.version) for b in possible if b.late]
    if sum(b.ok for b in possible) >= ON_A_PHONE and (edit_url or edit_reason):
        label = EDIT.to(record.session.tx.actor.language)
        edit = {"label": label, "icon": "pencil", "url": edit_url, "reason": edit_reason, "narrow": True}
        late.append({**edit, "disabled": not edit_url})
    return late


def more(record: Record, refused: Sequence[Button], *, deletable: bool) -> list[dict[str, Any] | None]:
    """The menu of what is rarely wanted: actions that are not possible now, with the reason, what stands beside the
    record, and deleting."""
    found: list[dict[str, Any] | None] = [
        {"label": b.label, "icon": b.icon, "disabled": True, "reason": b.reason} for b in refused
    ]
    tx = record.session.tx
    found += [{"label": label, "icon": "columns", "url": url} for label, url in comparing.beside(record)]
    if tx.actor.builder and record.object != "user":
        url = addresses.rights(tx.app.name, object=record.object, record=str(record.id))
        found.append({"label": RIGHTS.to(tx.actor.language), "icon": "shield-check", "url": url})
    if sharing.offered(record):
        url = addresses.record(tx.app.name, record.object, record.id or 0, "shares")
        attributes = {"hx-get": url, **INTO_DIALOG}
        label = sharing.SHARE.to(tx.actor.language)
        found.append({"label": label, "icon": "user-share", "url": url, "attrs": attributes})
    if access.granted(record, "delete") and record.object != "user":
        found.append(shelving(record))
    if not deletable:
        return found
    language, app = record.session.tx.actor.language, record.session.tx.app.name
    question = say(zh="删除“{title}”？", en="Delete {title}?", title=record.title).to(language)
    attributes = {
        "hx-post": addresses.record(app, record.object, record.id or 0, "delete"),
        "hx-target": "#dialog",
        "hx-swap": "innerHTML",
        "hx-confirm": question,
        "hx-vals": json.dumps({"_version": record.version}),
    }
    delete = {"label": DELETE.to(language), "icon": "trash", "danger": True, "attrs": attributes}
    return [*found, None, delete] if found else [delete]


def shelving(record: Record) -> dict[str, Any]:
    """Into the archive, or out of it."""
    language, app = record.session.tx.actor.language, record.session.tx.app.name
    out = record.system.get("archived_at") is not None
    attributes = {
        "hx-post": addresses.record(app, record.object, record.id or 0, "unarchive" if out else "archive"),
        "hx-target": "#dialog",
        "hx-swap": "innerHTML",
        "hx-vals": json.dumps({"_version": record.version}),
    }
    return {"label": (UNARCHIVE if out else ARCHIVE).to(language), "icon": "archive", "attrs": attributes}


def prints(record: Record) -> list[dict[str, Any] | None]:
    """The menu's entries of print forms; where there are none, of the page as it is."""
    tx = record.session.tx
    offered = [{"label": label, "icon": "printer", "url": url} for label, url in papers.offered(record)]
    if offered or not access.granted(record, "print"):
        return [*offered]
    return [{"label": PRINT.to(tx.actor.language), "icon": "printer", "attrs": {"data-print": True}}]


def near(record: Record, action: Action) -> bool:
    """Whether the action belongs to the present state, so that its refusal is worth explaining."""
    return not action.from_states or record.state in action.from_states or record.status in action.from_states


def leads_out(record: Record, action: Action) -> bool:
    """Whether the action is written for the derived state that the record is in: what is on hold goes on first."""
    return record.status != record.state and record.status in action.from_states


def gives_up(obj: Object, action: Action) -> bool:
    """Whether the action ends the record where it counts no more."""
    goals = [obj.states[one] for one in action.goals if one in obj.states]
    return bool(goals) and all(goal.final and obj.effective and goal.name not in obj.effective for goal in goals)


def moves_on(obj: Object, action: Action) -> bool:
    """Whether the action leads forward: to a state declared after those that it comes from, to an approval, or to
    further records that are no copies; not out of the way (an early end from the first state on)."""
    order = list(obj.states)
    goals = [one for one in action.goals if one in order]
    if action.end is not None:
        return False
    if not goals:
        return any(step.kind in BEGINNING and getattr(step, "copy", None) is None for step in action.do)
    given_up = obj.states[goals[0]].final and obj.initial in action.from_states
    ahead = min(map(order.index, goals))
    return bool(action.start) or not given_up and all(order.index(s) < ahead for s in action.from_states if s in order)
