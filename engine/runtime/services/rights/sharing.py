"""Sharing one record with a person, a department or a role, to read or to edit, perhaps up to a day. What that gives is
in `shares`; here it is given, listed and taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions.objects import Object
from engine.errors import FieldError, Forbidden, Invalid, NotFound, Refused
from engine.expressions.values import Ref
from engine.runtime.services import audit, commands, discussions, events, notices, reading
from engine.runtime.services.identity import organisation
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access, own, shares
from engine.runtime.services.sessions import Session
from engine.runtime.storage import department_rows, people_rows, share_rows
from engine.runtime.storage.live import Tx
from engine.texts import Text, plain, say

KINDS = ("user", "department", "role")
MOST = 1_000                                   # records of an object that one person, department or role has by shares
MOST_TOLD = 200                                # people who get a notice of one share
OWN = say(zh="只能共享凭自己的权限看到的记录", en="Only what you see by your own rights can be shared by you")
GONE = say(zh="没有这项共享", en="There is no such share")


@dataclass(frozen=True, slots=True)
class Share:
    """A record that somebody has shared. `grantee`: the login of a person, the name of a department or role; `until`:
    the last day on which it holds; `holds`: whether who shared it may still do so; `mine`: the reader may stop it."""

    number: int
    kind: str
    grantee: str
    name: Text
    edit: bool
    until: dt.date | None
    by: str
    at: dt.datetime
    holds: bool
    mine: bool


def may(record: Record) -> bool:
    """Whether the actor may share the record: by own rights, not by those of a share or an approval."""
    if record.object == "user" or record.id is None or record.deleted or not record.session.tx.actor.id:
        return False
    return own.holds(record, "see") and own.holds(record, "share")


def share(
    tx: Tx, object: str, id: int, kind: str, grantee: str, *, edit: bool = False, until: dt.date | None = None
) -> Share:
    """Share a record; whoever gets it is told. Sharing again with the same one replaces what was shared. Raises
    `NotFound`, `Forbidden`, `Refused`, and `Invalid` naming the kind, `edit` or `until`."""
    record = _known(tx, object, id)
    obj = record.definition
    access.demand(record, "share")
    if not may(record):
        raise Forbidden(OWN)
    if edit and not own.holds(record, "edit"):
        raise _invalid("edit", say(zh="您自己不能修改此记录", en="You may not edit this record yourself"))
    if until is not None and until < tx.today:
        raise _invalid("until", say(zh="结束日期已过", en="That day is over"))
    if until == dt.date.max:                   # no day comes after it, on which the share would be over
        raise _invalid("until", say(zh="结束日期太远：不限请留空", en="Too far: leave it blank for no end"))
    key, name = _grantee(tx, obj, kind, grantee)
    if share_rows.number_for(tx, object, kind, key, but=id) >= MOST:
        raise Refused(say(
            zh="{name} 已有 {n} 条共享的{object}：请改用角色的行规则", name=name, n=MOST, object=obj.label,
            en="{name} has {n} shared records of {object} already: give a role a rule instead",
        ), code="limit")
    number = share_rows.put(tx, object, id, kind, key, edit, _end(tx, until))
    _noted(record, "shared", kind, grantee, name, edit=edit, until=until)
    _tell(record, kind, key)
    return next(one for one in listing(record) if one.number == number)


def stop(tx: Tx, object: str, id: int, number: int) -> bool:
    """Take a share back: who shared it, who has it, who may share the record, an administrator who sees it. Whether it
    was the actor who had it."""
    record = _known(tx, object, id)
    found = next((one for one in listing(record) if one.number == number), None)
    if found is None or not found.mine:
        raise NotFound(GONE)
    access.demand_scope(tx, object, "share")
    share_rows.end(tx, number)
    _noted(record, "unshared", found.kind, found.grantee, found.name)
    return found.kind == "user" and found.grantee == tx.actor.login


def listing(record: Record) -> list[Share]:
    """With whom the record is shared, oldest first: all of it for who may share it and administrators, else what the
    reader has given and has."""
    tx = record.session.tx
    rows = [] if record.id is None else share_rows.of_record(tx, record.object, record.id)
    every = may(record) or tx.actor.admin
    by_place = any(row["kind"] == "department" for row in rows)
    mine = department_rows.upwards(tx.connection, tx.actor.id) if by_place else ()
    found = [_share(record, row, every, holds) for row, holds in zip(rows, _holding(record, rows), strict=True)]
    return [one for one, row in zip(found, rows, strict=True) if one.mine or _has(tx, row, mine)]


def _has(tx: Tx, row: Any, departments: Collection[str]) -> bool:
    if row["kind"] == "department":
        return row["grantee"] in departments
    if row["kind"] == "user":
        return bool(row["grantee"] == str(tx.actor.id))
    return row["kind"] == "role" and row["grantee"] in tx.actor.roles


def _holding(record: Record, rows: Sequence[Any]) -> list[bool]:
    """Of each share whether who gave it may still do so."""
    tx = record.session.tx
    people = {by: discussions.actor_of(tx, by) for by in {row["by"] for row in rows}}
    given = [(n, row, by) for n, row in enumerate(rows) if (by := people[row["by"]]) is not None]
    asked = [
        (n, (replace(tx, actor=replace(by, shared=())), record.definition, verb, {row["record"]}))
        for n, row, by in given for verb in (("see", "share", "edit") if row["edit"] else ("see", "share"))
    ]
    judged = zip(asked, shares.held_of([one for _, one in asked]), strict=True)
    lost = {n for (n, _), held in judged if not held}
    return [people[row["by"]] is not None and n not in lost for n, row in enumerate(rows)]


def _share(record: Record, row: Any, every: bool, holds: bool) -> Share:
    tx = record.session.tx
    own = row["by"] == tx.actor.id or row["kind"] == "user" and row["grantee"] == str(tx.actor.id)
    name = tx.app.roles[row["grantee"]].label if row["grantee"] in tx.app.roles and row["kind"] == "role" else None
    until = None if row["until"] is None else (row["until"] - dt.timedelta(seconds=1)).astimezone(tx.live.zone).date()
    return Share(
        row["id"], row["kind"], row["login"] or row["grantee"], name or plain(row["name"]), row["edit"], until,
        row["by_name"], row["at"], holds, every or own,
    )


def _known(tx: Tx, object: str, id: int) -> Record:
    return reading.get(tx, commands.known(tx, object).name, id)


def _end(tx: Tx, until: dt.date | None) -> dt.datetime | None:
    """The moment when a last day is over where the app is."""
    if until is None:
        return None
    return dt.datetime.combine(until + dt.timedelta(days=1), dt.time(), tx.live.zone).astimezone(dt.UTC)


def _invalid(field: str, text: Text) -> Invalid:
    return Invalid(text, errors=[FieldError(field, text)])


def _grantee(tx: Tx, obj: Object, kind: str, grantee: str) -> tuple[str, Text]:
    """Under which key somebody gets shares, and what they are called. Raises `Invalid` for nobody, and for who sees no
    record of the object at all: sharing gives records, not fields."""
    if kind == "department" and grantee in department_rows.all_by_name(tx.connection):
        return grantee, plain(grantee)
    if kind == "role" and grantee in tx.app.roles:
        if grantee in seeing(tx, obj):
            return grantee, tx.app.roles[grantee].label
        raise _blind(kind, tx.app.roles[grantee].label, obj)
    row = people_rows.user_by_login(tx.connection, grantee) if kind == "user" else None
    actor = None if row is None else discussions.actor_of(tx, row["id"])
    if actor is None:
        raise _invalid(kind, say(
            zh="没有这个人员、部门或角色：{name}", name=grantee,
            en="There is nobody, no department or role called {name}",
        ))
    if actor.id == tx.actor.id:
        raise _invalid(kind, say(zh="不能共享给自己", en="Sharing with yourself changes nothing"))
    if not (actor.roles | {"everyone"}) & seeing(tx, obj):
        raise _blind(kind, plain(actor.name), obj)
    return str(actor.id), plain(actor.name)


def _blind(kind: str, name: Text, obj: Object) -> Invalid:
    return _invalid(kind, say(
        zh="{name} 没有查看{object}的权限：共享只给记录，不给字段", name=name, object=obj.label,
        en="{name} may see no record of {object}: sharing gives records, not fields",
    ))


def seeing(tx: Tx, obj: Object) -> frozenset[str]:
    """The roles that see an object's records by some grant, those that include them too; `everyone` may be among them.
    Roles of people from outside are none of them."""
    direct = {grant.role for grant in tx.app.grants.get(obj.name, ()) if "see" in grant.verbs}
    inside = {name for name, role in tx.app.roles.items() if not (role.external or role.stands_for)}
    found = {name for name in inside if direct & ({name} | inside & set(tx.app.roles[name].includes))}
    return frozenset(inside if "everyone" in direct else found) | (direct & {"everyone"})


def _noted(record: Record, kind: str, whom: str, grantee: str, name: Text, **details: Any) -> None:
    """In the log and in the record's history."""
    tx = record.session.tx
    told = {key: str(value) if isinstance(value, dt.date) else value for key, value in details.items()}
    events.note(
        tx.connection, tx.now, kind, by=tx.actor, subject=grantee, app=tx.app.name,
        object=record.object, record=record.id, whom=whom, **told,
    )
    audit.append(record.session, [audit.entry(
        record.session, record, kind, comment=name.to(tx.app.languages[0]), bare=True
    )])


def _tell(record: Record, kind: str, key: str) -> None:
    tx = record.session.tx
    found = {
        "user": lambda: [Ref("user", int(key))], "department": lambda: organisation.members_of(tx, [key]),
        "role": lambda: organisation.with_role(tx, key),
    }[kind]()
    others = [one.id for one in found if one.id != tx.actor.id][:MOST_TOLD]
    who, title = tx.actor.name, record.title
    text = say(zh="{who} 与您共享了“{title}”", en="{who} shared {title} with you", who=who, title=title)
    notices.send(tx, [one for one in others if _sees(tx, record.ref, one)], text, about=record.ref)


def _sees(tx: Tx, ref: Ref, user: int) -> bool:
    actor = discussions.actor_of(tx, user)
    found = None if actor is None else Session(replace(tx, actor=actor)).record(ref)
    return found is not None and access.granted(found, "see")
