"""Absences: a person is away from a moment until another one, and somebody stands in for approvals.

A person declares the own ones, an administrator those of everybody. Knows no running flow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from engine.errors import FieldError, Forbidden, Invalid, NotFound
from engine.expressions.values import Ref
from engine.runtime.services.identity.people import Person
from engine.runtime.services.site import Site
from engine.runtime.storage import absence_rows, people_rows
from engine.runtime.storage.absence_rows import Row
from engine.texts import Text, say

LONGEST = dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is away; `to` stands in (None: nobody, others of a role go on). `until` is exclusive; `flows` are
    `app.flow` or `app`, () = all. `mine`: the reader may end it."""

    id: int
    user: Ref
    to: Ref | None
    since: dt.datetime
    until: dt.datetime
    flows: tuple[str, ...]
    mine: bool


def declare(
    site: Site, by: Person, user: int, to: int | None, since: dt.datetime, until: dt.datetime,
    flows: Iterable[str] = (),
) -> int:
    """Enter an absence; its number. Raises `Forbidden` for others than the person and administrators, `Invalid` for a
    span that is none, a substitute who is none, and flows that there are not."""
    _may(by, user)
    chosen = tuple(dict.fromkeys(flows))
    known = _known(site) if chosen else frozenset()
    with site.database.write() as connection:
        now = site.now()
        errors = [
            *_span(since, until, now), *_substitute(connection, user, to),
            *(FieldError("flows", _no_flow(name)) for name in chosen if name not in known),
        ]
        if errors:
            raise Invalid(errors[0].message, errors=errors)
        return absence_rows.add(connection, {
            "user": user, "to": to, "since": since, "until": until, "flows": list(chosen), "created_at": now,
            "created_by": by.id,
        })


def _may(by: Person, user: int) -> None:
    if not by.admin and by.id != user:
        raise Forbidden(say(zh="只能登记自己的外出", en="You can only tell when you are away yourself"))


def _span(since: dt.datetime, until: dt.datetime, now: dt.datetime) -> Iterable[FieldError]:
    if until <= since:
        yield FieldError("until", say(zh="结束时间应晚于开始时间", en="The end comes after the beginning"), "span")
    elif until <= now:
        yield FieldError("until", say(zh="这段时间已经过去", en="This time is over"), "past")
    elif until - since > LONGEST:
        text = say(zh="最长一年；离职请用“交接”", en="A year at most: hand over the work of who leaves")
        yield FieldError("until", text, "too_long")


def _substitute(connection: Connection, user: int, to: int | None) -> Iterable[FieldError]:
    found = people_rows.user(connection, to) if to is not None else None
    if to == user:
        yield FieldError("to", say(zh="不能由本人代理", en="Nobody stands in for themselves"), "self")
    elif to is not None and (found is None or not found["active"]):
        yield FieldError("to", say(zh="该用户已停用或不存在", en="This person is not active"), "inactive")


def _no_flow(name: str) -> Text:
    return say(zh="没有流程 {name}", en="There is no flow {name}", name=name)


def _known(site: Site) -> frozenset[str]:
    """What an absence may be limited to."""
    found: set[str] = set()
    for live in site.apps():
        found |= {live.app.name, *(f"{live.app.name}.{flow}" for flow in live.app.flows)}
    return frozenset(found)


def end(site: Site, by: Person, id: int) -> None:
    """The person is back. `NotFound` for others than the person and administrators."""
    with site.database.write() as connection:
        row = absence_rows.one(connection, id)
        if row is None or not by.admin and row["user"] != by.id:
            raise NotFound(say(zh="没有这条外出记录", en="There is no such absence"))
        absence_rows.end(connection, id, site.now())


def listing(site: Site, by: Person, *, everybody: bool = False) -> list[Absence]:
    """What is or will be: the own absences and those in which one stands in; of everybody for administrators."""
    with site.database.read() as connection:
        rows = absence_rows.listing(connection, site.now(), None if everybody and by.admin else by.id)
        names = {row["id"]: row["name"] or row["login"] for row in people_rows.users(connection)}
    return [_absence(row, names, by) for row in rows]


def _absence(row: Row, names: dict[int, str], by: Person) -> Absence:
    to = None if row["to"] is None else Ref("user", row["to"], names.get(row["to"], ""))
    return Absence(
        row["id"], Ref("user", row["user"], names.get(row["user"], "")), to, row["since"], row["until"],
        tuple(row["flows"]), by.admin or row["user"] == by.id,
    )
