"""The start page of an app: what waits, recent work, the boards, what can be begun. Knows services, no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.definitions.app import MenuEntry
from engine.expressions.values import Ref
from engine.runtime.services import discussions, reading
from engine.runtime.services.approvals import tasks
from engine.runtime.services.automation import alerts
from engine.runtime.services.reporting import boards as board_service
from engine.runtime.services.sessions import Session
from engine.runtime.storage import follower_rows, recent_rows
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import addresses, boards, drafts, inboxes, menus, newcomers, values, warnings
from engine.runtime.web.present.boards import BoardFrame
from engine.runtime.web.present.drafts import Offer
from engine.runtime.web.present.inboxes import Row
from engine.runtime.web.present.warnings import Warning
from engine.texts import say

MOST_TASKS = 6
MOST_RECENT = 8
MOST_ALERTS = 5
MOST_CREATES = 12


@dataclass(frozen=True, slots=True)
class Recent:
    """A record that the person worked on."""

    title: str
    label: str
    icon: str
    url: str
    when: str


@dataclass(frozen=True, slots=True)
class Watched:
    """A record that the person follows; `unseen` comments of others."""

    title: str
    label: str
    icon: str
    url: str
    unseen: int


@dataclass(frozen=True, slots=True)
class HomeView:
    greeting: str
    tasks: Sequence[Row]
    tasks_url: str
    recent: Sequence[Recent]
    watched: Sequence[Watched]
    drafts: Sequence[Offer]
    alerts: Sequence[Warning]
    alerts_url: str
    boards: Sequence[BoardFrame]
    creates: Sequence[Mapping[str, str]]


def of(tx: Tx) -> HomeView:
    """The start page for the actor."""
    session = Session(tx)
    items = tasks.inbox(tx, "todo", limit=MOST_TASKS)
    session.prefetch([i.record for i in items])
    known = board_service.listing(tx)
    return HomeView(
        greeting=greeting(tx),
        tasks=[inboxes.row(tx, session, item) for item in items],
        tasks_url=addresses.tasks(tx.app.name),
        recent=recent(tx, session),
        watched=watched(tx, session),
        drafts=drafts.listing(tx, MOST_RECENT),
        alerts=warnings.of(tx, alerts.open(tx, limit=MOST_ALERTS)) if tx.app.alerts else (),
        alerts_url=addresses.alerts(tx.app.name),
        boards=[boards.frame(tx, board.name) for board in known[:1]],
        creates=creates(tx),
    )


def greeting(tx: Tx) -> str:
    """A word for the hour of the day in the app's time zone."""
    hour = tx.now.astimezone(tx.zone).hour
    word = (
        say(zh="早上好", en="Good morning")
        if 5 <= hour < 11
        else say(zh="下午好", en="Good afternoon")
        if 11 <= hour < 18
        else say(zh="晚上好", en="Good evening")
    )
    return say(zh="{word}，{name}", en="{word}, {name}", word=word, name=tx.actor.name).to(tx.actor.language)


def recent(tx: Tx, session: Session) -> list[Recent]:
    """The records that the actor worked on last and may still see."""
    found = []
    rows = [(Ref(name, id), at) for name, id, at in recent_rows.of_actor(tx, MOST_RECENT * 2) if name in tx.app.objects]
    session.prefetch([ref for ref, _ in rows])
    for ref, at in rows:
        record = reading.glance(session, ref)
        if (
            record is None
            or record.system.get("deleted_at") is not None
            or record.definition.owner
            or ref.object == "user"
        ):
            continue
        obj = record.definition
        found.append(
            Recent(
                record.title,
                obj.label.to(tx.actor.language),
                obj.icon,
                addresses.record(tx.app.name, obj.name, ref.id),
                values.moment(at, tx.zone, tx.actor.language),
            )
        )
    return found[:MOST_RECENT]


def watched(tx: Tx, session: Session) -> list[Watched]:
    """The records that the actor follows and may still see, the one talked about last first."""
    found = []
    rows = follower_rows.watched(tx, tx.actor.id, MOST_RECENT * 2) if tx.actor.kind == "user" else []
    session.prefetch(Ref(name, id) for name, id, _ in rows if name in tx.app.objects)
    for name, id, unseen in rows:
        record = reading.glance(session, Ref(name, id)) if name in tx.app.objects else None
        if record is None or record.system.get("deleted_at") or not discussions.is_open(tx, record.definition):
            continue
        obj = record.definition
        url = addresses.record(tx.app.name, name, id) + "#story"
        found.append(Watched(record.title, obj.label.to(tx.actor.language), obj.icon, url, unseen))
    return found[:MOST_RECENT]


def creates(tx: Tx) -> list[Mapping[str, str]]:
    """What the actor may begin, in the order of the menu."""
    wanted = [target for entry in tx.app.menu or menus.by_itself(tx) for target in objects_in(entry)]
    return newcomers.begun(tx, wanted, MOST_CREATES)


def objects_in(entry: MenuEntry) -> list[str]:
    """The objects that an entry of the menu leads to, those of its group too."""
    own = [entry.target] if entry.kind == "object" else []
    return own + [name for inner in entry.items for name in objects_in(inner)]
