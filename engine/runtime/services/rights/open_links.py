"""Links by which people without an account come to a form or page about one record: made by somebody who may share that
record, or by a letter of the app. The token exists in the address only; kept is its digest."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from engine.definitions.surfaces import Surface, surface
from engine.errors import FieldError, Forbidden, Invalid, NotFound, Refused
from engine.expressions.values import Ref
from engine.runtime.services import audit, commands, discussions, events, reading
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access, sharing
from engine.runtime.services.rights.invitations import called, digest, enter, offered, sign
from engine.runtime.services.sessions import Session
from engine.runtime.storage import open_link_rows
from engine.runtime.storage.live import Tx
from engine.runtime.storage.open_link_rows import Row
from engine.texts import Text, plain, say

MOST = 50                                      # links of one record that are not over
WHOM = 200                                     # signs that tell for whom one is
GONE = say(
    zh="此链接已失效：已过期、已收回或已使用。请向发给您的人索取新链接",
    en="This link no longer works: it is too old, was taken back, or was used. Ask whoever sent it for another one",
)
NONE = say(zh="没有这个链接", en="There is no such link")


@dataclass(frozen=True, slots=True)
class Made:
    """A link as those see it who may share its record. `holds`: whether who made it may still do so."""

    number: int
    label: Text
    whom: str
    by: str
    at: dt.datetime
    until: dt.datetime
    once: bool
    uses: int
    used_at: dt.datetime | None
    holds: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """What a token stands for. `spent`: it was for one time, and has been used."""

    number: int
    surface: Surface
    about: Ref
    spent: bool


# ---- making them


def make(tx: Tx, object: str, id: int, name: str, whom: str = "") -> tuple[Made, str]:
    """A new link about a record, and its token, which is told this once. Raises `NotFound`, `Forbidden`, `Refused`, and
    `Invalid` naming `link` or `whom`."""
    record = reading.get(tx, commands.known(tx, object).name, id)
    access.demand(record, "share")
    if not sharing.may(record):
        raise Forbidden(sharing.OWN)
    one = next((one for one in offered(tx, record.definition) if called(one) == name), None)
    if one is None:
        raise _invalid("link", say(zh="请选择表单或页面", en="Choose a form or page"))
    if len(whom) > WHOM:
        raise _invalid("whom", say(zh="最多 {n} 个字", en="{n} characters at most", n=WHOM))
    if len(open_link_rows.of_record(tx, object, id)) >= MOST:
        raise Refused(say(zh="链接太多：请先收回不用的", en="There are too many links: take some back"), code="limit")
    number = enter(record, one, " ".join(whom.split()), tx.actor.id)
    token = sign(tx.connection, number, tx.now)
    assert token is not None, "it was entered just now"
    _noted(record, "link_made", "shared", number, _told(one.label, whom))
    return next(made for made in listing(record) if made.number == number), token


def listing(record: Record) -> list[Made]:
    """The links about a record that are not over, newest first, for those who may share it; nothing for others."""
    tx = record.session.tx
    if record.id is None or not (sharing.may(record) or tx.actor.admin):
        return []
    return [_made(record, row) for row in open_link_rows.of_record(tx, record.object, record.id)]


def _made(record: Record, row: Row) -> Made:
    tx = record.session.tx
    object, _, name = row["surface"].rpartition(".")
    one = surface(tx.app, row["kind"], object, name)
    return Made(
        row["id"], plain(row["surface"]) if one is None else one.label, row["whom"], row["by_name"] or "", row["at"],
        row["expires_at"], row["once"], row["uses"], row["used_at"],
        one is not None and one.by_link is not None and _holds(tx, row),
    )


def stop(tx: Tx, object: str, id: int, number: int) -> None:
    """Take a link back."""
    record = reading.get(tx, commands.known(tx, object).name, id)
    found = next((one for one in listing(record) if one.number == number), None)
    if found is None:
        raise NotFound(NONE)
    access.demand_scope(tx, object, "share")
    open_link_rows.revoke(tx, number)
    _noted(record, "link_ended", "unshared", number, _told(found.label, found.whom))


def _told(label: Text, whom: str) -> Text:
    return say(zh="链接“{label}”{whom}", en="link {label}{whom}", label=label, whom=f" → {whom}" if whom else "")


def _noted(record: Record, event: str, kind: str, number: int, text: Text) -> None:
    """In the log and in the record's history; neither holds the token."""
    tx = record.session.tx
    events.note(tx.connection, tx.now, event, by=tx.actor, subject=f"{record.object}/{record.id}", app=tx.app.name,
                object=record.object, record=record.id, link=number)
    comment = text.to(tx.app.languages[0])
    audit.append(record.session, [audit.entry(record.session, record, kind, comment=comment, bare=True)])


def _invalid(field: str, text: Text) -> Invalid:
    return Invalid(text, errors=[FieldError(field, text)])


# ---- following them


def opened(tx: Tx, token: str) -> Opened:
    """What a token stands for in this app. `NotFound`, in the same words, for whatever no longer works."""
    row = open_link_rows.one(tx.connection, tx.app.name, digest(token), tx.now)
    found = None if row is None else _known(tx, row)
    if row is None or found is None or not _holds(tx, row):
        raise NotFound(GONE)
    thing = tx.live.names.get(row["object"], "")
    if thing != found.about:
        raise NotFound(GONE)
    record = Session(tx).record(Ref(thing, row["record"]))
    if record is None or record.deleted:
        raise NotFound(GONE)
    return Opened(row["id"], found, record.ref, bool(row["once"] and row["uses"]))


def _known(tx: Tx, row: Row) -> Surface | None:
    object, _, name = row["surface"].rpartition(".")
    one = surface(tx.app, row["kind"], object, name)
    return one if one is not None and one.by_link is not None else None


def _holds(tx: Tx, row: Row) -> bool:
    """Whether whoever made a link may still share its record; letters of the app are nobody's."""
    if row["by"] is None:
        return True
    maker = discussions.actor_of(tx, row["by"])
    thing = tx.live.names.get(row["object"], "")
    if maker is None or thing not in tx.app.objects:
        return False
    record = Session(replace(tx, actor=maker)).record(Ref(thing, row["record"]))
    return record is not None and sharing.may(record)


def use(tx: Tx, number: int, address: str) -> None:
    """Count a use, in the transaction of what it does; `NotFound` where somebody was faster."""
    if not open_link_rows.use(tx.connection, number, tx.now):
        raise NotFound(GONE)
    events.note(tx.connection, tx.now, "link_used", app=tx.app.name, address=address, actor_name="", link=number)
