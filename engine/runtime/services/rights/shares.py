"""What others have shared with a person, as far as they may do so now: who has lost a right shares nothing by it any
more. Gives the person as an actor with it; shares nothing itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from engine.definitions.objects import Object
from engine.expressions.scope import Frame
from engine.runtime.services.identity.organisation import in_force
from engine.runtime.services.rights import access
from engine.runtime.services.rights.granting import Lent, sure
from engine.runtime.services.sessions import Session
from engine.runtime.storage import flow_rows, people_rows, queries, share_rows
from engine.runtime.storage.actors import Actor, Shared
from engine.runtime.storage.live import Live, Tx
from engine.texts import Text, say

Row = Mapping[Any, Any]
VERBS = ("see", "edit")


def received(connection: Connection, live: Live, actor: Actor, now: dt.datetime) -> Actor:
    """The actor with what is shared with that person now."""
    if actor.kind != "user":
        return actor
    rows = share_rows.received(connection, live.app.name, actor.id, actor.roles, now)
    if not rows:
        return actor
    tx = Tx(connection, live, actor, now, write=False)
    found = list(_given(tx, rows))
    records: dict[str, set[int]] = {}
    for one in found:
        records.setdefault(one.thing, set()).update(one.records)
    foreign = {thing: _foreign(tx, thing, meant) for thing, meant in records.items()}
    return replace(actor, shared=tuple(replace(one, foreign=one.records & foreign[one.thing]) for one in found))


def _foreign(tx: Tx, thing: str, records: set[int]) -> set[int]:
    """Those of these records that the actor sees neither by a role nor as somebody whom a flow asks."""
    obj = tx.app.objects[thing]
    rules = [permission.when for _, permission in access.permissions(tx, thing, "see")]
    also = flow_rows.readable(tx, thing, tx.actor.id) if any(f.object == thing for f in tx.app.flows.values()) else None
    known = records if None in rules else queries.among(
        tx, queries.scoped(tx, obj, rules, Frame(Session(tx)), also=also), records
    )
    return records - known


def told(share: Shared, record: int, at: Tx) -> Text:
    """Who shared the record when, in words."""
    day = share.since[record].astimezone(at.zone).date().isoformat()
    return say(zh="{who} 于 {day} 共享", en="shared by {who} on {day}", who=share.by, day=day)


def _given(tx: Tx, rows: Iterable[Row]) -> Iterator[Shared]:
    """The shares by who gave them and of which object, each judged with the rights that this person has now."""
    grouped: dict[tuple[int, str], list[Row]] = {}
    for row in rows:
        thing = tx.live.names.get(row["object"], "")
        if thing in tx.app.objects:
            grouped.setdefault((row["by"], thing), []).append(row)
    known: dict[int, Tx] = {}
    for (by, thing), listed in grouped.items():
        if by not in known:
            known[by] = replace(tx, actor=_sharer(tx, listed[0]))
        yield from _judged(known[by], tx.app.objects[thing], listed)


def _sharer(tx: Tx, row: Row) -> Actor:
    roles = in_force(tx.app, people_rows.standing(tx.connection, row["by"], tx.app.name)[1])
    return Actor("user", row["by"], row["login"], row["by_name"], roles)


def _judged(tx: Tx, obj: Object, rows: Iterable[Row]) -> Iterator[Shared]:
    """What the acting person may share of these rows: records that are in own sight and may be shared, with the fields
    that the person sees, or changes, in every record."""
    since: dict[int, dt.datetime] = {}
    edited: set[int] = set()
    for row in rows:
        since.setdefault(row["record"], row["at"])
        edited |= {row["record"]} if row["edit"] else set()
    records = within(tx, obj, "share", within(tx, obj, "see", set(since)))
    for verb in VERBS:
        meant = records if verb == "see" else within(tx, obj, "edit", records & edited)
        if meant:
            found = frozenset(meant)
            yield Shared(obj.name, verb, found, found, _fields(tx, obj, verb), tx.actor.name, since)


def within(tx: Tx, obj: Object, verb: str, records: set[int]) -> set[int]:
    """Those of these records on which grants of the actor's own roles give the verb."""
    rules = [p.when for _, p in access.permissions(tx, obj.name, verb) if not isinstance(p, Lent)]
    if not records or None in rules:
        return records
    return queries.among(tx, queries.scoped(tx, obj, rules, Frame(Session(tx))), records)


def _fields(tx: Tx, obj: Object, verb: str) -> frozenset[str] | None:
    """The fields that go along: those that the actor sees, or changes, in every record that may be shared."""
    every = access.all_fields(tx, obj)
    given = sure(access.permissions(tx, obj.name, "share"), every) & access.sure_fields(tx, obj)
    if verb == "edit":
        given &= sure(access.permissions(tx, obj.name, "edit"), every)
        given -= {name for grant in access.grants(tx, obj.name) for rule in grant.readonly for name in rule.fields}
    return None if given == every else given
