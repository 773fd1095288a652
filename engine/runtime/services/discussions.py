"""What people say about a record: who may read it, how it is written, who follows and is told. Knows no page."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions.objects import Object
from engine.errors import NotFound
from engine.expressions.values import Ref
from engine.kinds.fields.attached import Attached
from engine.runtime.services import audit, notices
from engine.runtime.services.identity import organisation
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access, shares
from engine.runtime.services.sessions import Session
from engine.runtime.storage import comment_rows, follower_rows, notice_rows, people_rows
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

LONGEST = 4_000                                # letters of a comment
EDITABLE = dt.timedelta(hours=1)               # so long the author may change it or take it back
EXCERPT = 120
TOLD = ("comment", "mention")                  # the kinds of notices of discussions
PAGE = 100
MOST_TRIED = 100                               # people who are asked for their rights while somebody types a name
AT = re.compile(r"(?<![A-Za-z0-9_@.])@([\w.+\-@]{1,100})")
WORD = re.compile(r"[A-Za-z0-9_]")


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment as its reader gets it. `text` is empty once it was taken back; `changeable`: the reader may change
    it now, `removable`: take it back; `names` are those mentioned, by login."""

    id: int
    at: dt.datetime
    author: Ref | None
    author_name: str
    text: Text
    names: Mapping[str, str]
    files: tuple[Attached, ...] = ()
    edited_at: dt.datetime | None = None
    deleted_at: dt.datetime | None = None
    deleted_by: str = ""
    changeable: bool = False
    removable: bool = False


# ---- rights


def outside(actor: Actor, external: Mapping[str, bool]) -> bool:
    """Whether an actor belongs to nobody in the house: a stranger, or a person all of whose roles are from outside."""
    if actor.kind != "user":
        return actor.kind == "public"
    return bool(actor.roles) and all(external.get(role, False) for role in actor.roles)


def is_open(tx: Tx, obj: Object) -> bool:
    """Whether there is a discussion of these records that the actor may take part in."""
    if obj.discussion == "none":
        return False
    external = {role.name: role.external for role in tx.app.roles.values()}
    return obj.discussion == "public" or not outside(tx.actor, external)


def demand(record: Record) -> None:
    """Raise `NotFound` where the actor does not see the record, or its discussion."""
    access.demand(record, "see")
    obj = record.definition
    if not is_open(record.session.tx, obj):
        raise NotFound(say(
            zh="“{object}”没有讨论，或不对您开放", en="{object} has no discussion, or none that is open to you",
            object=obj.label,
        ))


def readers(tx: Tx, record: Ref, users: Iterable[int]) -> list[int]:
    """Those of these people who are active and see the record and its discussion, by their own rights."""
    return [user for user in users if (actor := actor_of(tx, user)) is not None and _reads(tx, record, actor)]


def actor_of(tx: Tx, user: int) -> Actor | None:
    """A person as an actor of this app; None for one who has left."""
    row = people_rows.user(tx.connection, user)
    if row is None or not row["active"]:
        return None
    roles = organisation.in_force(tx.app, people_rows.standing(tx.connection, user, tx.app.name)[1])
    actor = Actor("user", user, row["login"], row["name"] or row["login"], roles, row["admin"],
                  language=row["language"], timezone=row["timezone"])
    return shares.received(tx.connection, tx.live, actor, tx.now)


def _reads(tx: Tx, ref: Ref, actor: Actor) -> bool:
    theirs = replace(tx, actor=actor)
    record = Session(theirs).record(ref)
    return record is not None and is_open(theirs, record.definition) and access.granted(record, "see")


# ---- mentions


def mentions(text: str, known: Mapping[str, Any]) -> Iterator[tuple[int, int, str]]:
    """Where a text names people (`@li`): start, end and the login, the longest of those known that stands there."""
    for match in AT.finditer(text):
        run = match[1]
        for length in range(len(run), 0, -1):
            ends = length == len(run) or not (WORD.match(run[length]) and WORD.match(run[length - 1]))
            if ends and run[:length] in known:
                yield match.start(), match.start() + 1 + length, run[:length]
                break


def named(tx: Tx, text: Text) -> list[int]:
    """The active people whom a text names in any of its languages, each once."""
    if not any("@" in form for form in text.forms.values()):
        return []
    known = {row["login"]: int(row["id"]) for row in people_rows.users(tx.connection) if row["active"]}
    found = (known[login] for form in text.forms.values() for _, _, login in mentions(form, known))
    return list(dict.fromkeys(found))


def suggested(tx: Tx, record: Ref, words: str, limit: int = 8) -> list[tuple[str, str]]:
    """Login and name of people who can be mentioned here and whose login or name has these letters: the first among
    `MOST_TRIED` of them, since each is asked for their rights."""
    wanted, tried = words.casefold(), 0
    found: list[tuple[str, str]] = []
    for row in people_rows.users(tx.connection):
        fits = wanted in row["login"].casefold() or wanted in (row["name"] or "").casefold()
        if not fits or not row["active"]:
            continue
        tried += 1
        if readers(tx, record, [row["id"]]):
            found.append((row["login"], row["name"] or row["login"]))
        if len(found) == limit or tried == MOST_TRIED:
            break
    return found


# ---- reading


def listing(record: Record, *, before: int | None = None) -> list[Comment]:
    """The comments of a record, newest first."""
    demand(record)
    tx = record.session.tx
    rows = comment_rows.of_record(tx, record.object, record.id or 0, before=before, limit=PAGE)
    mentioned = {user for row in rows for user in row["mentions"]}
    people = {user: found for user in mentioned if (found := people_rows.user(tx.connection, user)) is not None}
    return [_comment(tx, row, people) for row in rows]


def _comment(tx: Tx, row: Mapping[str, Any], people: Mapping[int, Mapping[str, Any]]) -> Comment:
    told = {found["login"]: found for user in row["mentions"] if (found := people.get(user)) is not None}
    named = {login for form in Text(row["text"]).forms.values() for _, _, login in mentions(form, told)}
    own, young = row["author"] is not None and row["author"] == tx.actor.id, tx.now - row["at"] <= EDITABLE
    standing = row["deleted_at"] is None
    return Comment(
        row["id"],
        row["at"],
        None if row["author"] is None else Ref("user", row["author"], row["author_name"]),
        row["author_name"],
        Text(row["text"]),
        {login: found["name"] or login for login, found in told.items() if login in named},
        tuple(files_of(row)),
        row["edited_at"],
        row["deleted_at"],
        row["deleted_by"],
        standing and own and young,
        standing and (own and young or tx.actor.admin),
    )


def files_of(row: Mapping[str, Any]) -> list[Attached]:
    """The files of a stored comment."""
    return [Attached(*one) for one in json.loads(row["files__file"] or "[]")]


def follows(record: Record) -> bool:
    """Whether the actor is told of what is said: who said so, and who created the record and said nothing of it."""
    tx = record.session.tx
    known = follower_rows.follows(tx, record.object, record.id or 0, tx.actor.id)
    return record.system.get("creator") == tx.actor.id if known is None else known


# ---- writing


def write(session: Session, record: Record, text: Text, files: Sequence[Attached] = ()) -> int:
    """Write a comment as the actor, and tell those whom it concerns; its number. Rights are the caller's business."""
    tx, ref = session.tx, record.root.ref
    told = [user for user in readers(tx, ref, named(tx, text)) if user != tx.actor.id]
    author = tx.actor.id or None
    id = comment_rows.add(tx, ref.object, ref.id, {
        "author": author,
        "author_name": tx.actor.name or tx.actor.login or tx.actor.kind,
        "text": dict(text.forms),
        "mentions": told,
        "files__file": json.dumps([[one.name, *one.stored()] for one in files]) if files else None,
    })
    if author is not None:
        follower_rows.put(tx, ref.object, ref.id, author, True, seen=id)
        follower_rows.see(tx, ref.object, ref.id, author, id)
    creator = record.root.system.get("creator")
    for user in (*([creator] if creator else ()), *told):
        follower_rows.put(tx, ref.object, ref.id, user, True, kept=True)
    others = [user for user in follower_rows.of_record(tx, ref.object, ref.id) if user not in (author, *told)]
    tell(record.root, text, told, readers(tx, ref, others))
    audit.append(session, [audit.entry(session, record.root, "commented", bare=True)])
    if author is not None:
        session.comment_news[record.root] = id
    return id


def tell(record: Record, text: Text, mentioned: Sequence[int], followers: Sequence[int]) -> None:
    """Tell people who may read it of a comment by the actor."""
    tx = record.session.tx
    holes: dict[str, object] = {"who": tx.actor.name or tx.actor.login, "title": record.title, "text": excerpt(text)}
    if tx.actor.kind != "user":
        holes["who"] = say(zh="系统", en="The system")
    to_you = say(zh="{who} 在“{title}”中提到了您：{text}", en="{who} mentioned you at {title}: {text}", **holes)
    notices.send(tx, mentioned, to_you, kind="mention", about=record.ref)
    notices.mail_later(tx, mentioned, "mention", record.ref)
    to_all = say(zh="{who} 评论了“{title}”：{text}", en="{who} commented on {title}: {text}", **holes)
    notices.send(tx, followers, to_all, kind="comment", about=record.ref)


def reword(tx: Tx, about: Ref, old: Text, new: str) -> None:
    """Notices of a comment say no longer what it no longer says."""
    notice_rows.reword(tx, about, TOLD, excerpt(old).forms.values(), new)


def excerpt(text: Text) -> Text:
    """The first words of a comment, in one line."""
    short = {language: " ".join(form.split()) for language, form in text.forms.items()}
    return Text({key: one if len(one) <= EXCERPT else one[:EXCERPT].rstrip() + "…" for key, one in short.items()})
