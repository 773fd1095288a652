"""What others have shared with a person, as far as they may do so now: who has lost a right shares nothing by it any
more. Gives the person as an actor with it; shares nothing itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from engine.definitions.objects import Object
from engine.expressions.scope import Frame
from engine.locales import day_text
from engine.runtime.services.identity.organisation import in_force
from engine.runtime.services.rights import access
from engine.runtime.services.rights.granting import Lent, sure
from engine.runtime.services.sessions import Session
from engine.runtime.storage import flow_rows, people_rows, queries, share_rows
from engine.runtime.storage.actors import Actor, Shared
from engine.runtime.storage.live import Live, Tx
from engine.texts import Text, say

Row = Mapping[Any, Any]


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
    day = day_text(share.since[record].astimezone(at.zone).date())
    return say(zh="{who} 于 {day} 共享", en="shared by {who} on {day}", who=share.by, day=day)


@dataclass(frozen=True, slots=True)
class _Group:
    """What one person shared of one object: the transaction of that person, the records, those for changing too."""

    tx: Tx
    obj: Object
    since: Mapping[int, dt.datetime]
    edited: frozenset[int]

    def asked(self) -> Iterator[tuple[str, set[int]]]:
        """The verbs that the person must hold of which records."""
        every = set(self.since)
        yield from (("see", every), ("share", every), ("edit", every & self.edited))


def _given(tx: Tx, rows: Iterable[Row]) -> Iterator[Shared]:
    """The shares by who gave them and of which object, each judged with the rights that this person has now. Those of
    many people take no more statements than those of one."""
    grouped: dict[tuple[int, str], list[Row]] = {}
    for row in rows:
        thing = tx.live.names.get(row["object"], "")
        if thing in tx.app.objects:
            grouped.setdefault((row["by"], thing), []).append(row)
    held = people_rows.held_by(tx.connection, (by for by, _ in grouped), tx.app.name) if grouped else {}
    groups = []
    for (by, thing), listed in grouped.items():
        sharer = Actor("user", by, listed[0]["login"], listed[0]["by_name"], in_force(tx.app, held.get(by, {})))
        since: dict[int, dt.datetime] = {}
        for row in listed:
            since.setdefault(row["record"], row["at"])
        edited = frozenset(row["record"] for row in listed if row["edit"])
        groups.append(_Group(replace(tx, actor=sharer), tx.app.objects[thing], since, edited))
    judged = iter(held_of([(one.tx, one.obj, verb, ids) for one in groups for verb, ids in one.asked()]))
    for group in groups:
        seen, sharing, editing = next(judged), next(judged), next(judged)
        for verb, meant in (("see", seen & sharing), ("edit", seen & sharing & editing)):
            if meant:
                found, fields = frozenset(meant), _fields(group.tx, group.obj, verb)
                yield Shared(group.obj.name, verb, found, found, fields, group.tx.actor.name, group.since)


def held_of(asked: Sequence[tuple[Tx, Object, str, set[int]]]) -> list[set[int]]:
    """Of each (transaction of a person, object, verb, records) those records on which grants of that person's own roles
    give the verb. All of them are looked at together."""
    found: list[set[int]] = []
    scopes: dict[int, tuple[queries.Scoped, set[int]]] = {}
    for n, (tx, obj, verb, records) in enumerate(asked):
        rules = [p.when for _, p in access.permissions(tx, obj.name, verb) if not isinstance(p, Lent)]
        found.append(records if None in rules else set())
        if records and rules and None not in rules:
            scopes[n] = queries.scoped(tx, obj, rules, Frame(Session(tx))), records
    if scopes:
        given = queries.among_each(asked[0][0], list(scopes.values()))
        for n, known in zip(scopes, given, strict=True):
            found[n] = known
    return found


def _fields(tx: Tx, obj: Object, verb: str) -> frozenset[str] | None:
    """The fields that go along: those that the actor sees, or changes, in every record that may be shared."""
    every = access.all_fields(tx, obj)
    given = sure(access.permissions(tx, obj.name, "share"), every) & access.sure_fields(tx, obj)
    if verb == "edit":
        given &= sure(access.permissions(tx, obj.name, "edit"), every)
        given -= {name for grant in access.grants(tx, obj.name) for rule in grant.readonly for name in rule.fields}
    return None if given == every else given
