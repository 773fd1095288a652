"""The verbs of a discussion: comment, change, take back, follow, see. Each is a command of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import FieldError, Forbidden, Invalid, NotFound, Refused, TooMany
from engine.expressions.values import Ref
from engine.kinds.fields.attached import Attached
from engine.runtime.services import attachments, audit, commands, discussions, notices
from engine.runtime.services.attachments import Received
from engine.runtime.services.discussions import Comment
from engine.runtime.services.finishing import finish
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.services.taking import begin
from engine.runtime.storage import comment_rows, follower_rows
from engine.runtime.storage.live import Tx
from engine.texts import Text, say

MINUTE = dt.timedelta(minutes=1)
MOST = 20                                      # comments of one person in a minute
MOST_FILES = 5
GONE = say(zh="没有这条评论", en="There is no such comment")
TOO_LATE = say(zh="评论发出一小时后不能再改", en="A comment cannot be changed an hour after it was written")


def comment(tx: Tx, object: str, id: int, text: str, files: Sequence[Received] = ()) -> int:
    """Say something about a record that the actor sees; the number of the comment."""
    command = begin(tx)
    record = _talked_of(command.session, object, id)
    said = Text({tx.actor.language: _said(text, bool(files))})
    if len(files) > MOST_FILES:
        raise Invalid(say(zh="一条评论最多 {most} 个文件", en="{most} files in a comment at most", most=MOST_FILES))
    if tx.actor.kind == "user" and comment_rows.written(tx, tx.actor.id, tx.now - MINUTE) >= MOST:
        raise TooMany(say(zh="评论太频繁，请稍后再试", en="That is many comments at once; wait a minute"), seconds=60)
    kept: list[Attached] = [attachments.keep(tx, one, held=True) for one in files]
    made = discussions.write(command.session, record, said, kept)
    finish(command)
    return made


def change(tx: Tx, object: str, id: int, number: int, text: str) -> None:
    """Write the own comment anew, as long as it is young; whoever is newly named in it is told."""
    record, row = _own(Session(tx), object, id, number)
    if not _young(tx, row):
        raise Refused(TOO_LATE, code="state")
    said = Text({tx.actor.language: _said(text, bool(row["files__file"]))})
    ref = record.ref
    named = [one for one in discussions.readers(tx, ref, discussions.named(tx, said)) if one != tx.actor.id]
    ever = list(dict.fromkeys([*row["mentions"], *named]))     # who was told once is not told again
    comment_rows.change(tx, number, {"text": dict(said.forms), "mentions": ever, "edited_at": tx.now})
    discussions.reword(tx, ref, Text(row["text"]), discussions.excerpt(said).to(tx.actor.language))
    fresh = [user for user in named if user not in row["mentions"]]
    for user in fresh:
        follower_rows.put(tx, ref.object, ref.id, user, True, kept=True)
    discussions.tell(record, said, fresh, ())
    audit.append(record.session, [audit.entry(record.session, record, "comment_changed", bare=True)])


def take_back(tx: Tx, object: str, id: int, number: int) -> None:
    """Remove what was said; that something stood there stays. The author while it is young, administrators always."""
    record, row = _own(Session(tx), object, id, number, admin=True)
    if not _young(tx, row) and not tx.actor.admin:
        raise Refused(TOO_LATE, code="state")
    comment_rows.change(tx, number, {
        "text": {}, "mentions": [], "files__file": None, "deleted_at": tx.now,
        "deleted_by": tx.actor.name or tx.actor.login,
    })
    discussions.reword(tx, record.ref, Text(row["text"]), "…")
    audit.append(record.session, [audit.entry(record.session, record, "comment_removed", bare=True)])


def follow(tx: Tx, object: str, id: int, wanted: bool) -> None:
    """Be told of what is said about a record, or no longer."""
    record = _talked_of(Session(tx), object, id)
    newest = comment_rows.newest(tx, object, id)
    follower_rows.put(tx, record.object, id, tx.actor.id, wanted, seen=newest)


def see(tx: Tx, object: str, id: int) -> None:
    """The actor has read the discussion: nothing in it is new any more, nor are the notices of it."""
    record = _record(Session(tx), object, id)
    follower_rows.see(tx, object, id, tx.actor.id, comment_rows.newest(tx, object, id))
    notices.mark_read_about(tx, record.ref, discussions.TOLD)


def one(tx: Tx, object: str, id: int, number: int) -> Comment:
    """One comment that the actor may read; `NotFound` if it is not there."""
    record = _record(Session(tx), object, id)
    found = next((c for c in discussions.listing(record, before=number + 1) if c.id == number), None)
    if found is None:
        raise NotFound(GONE)
    return found


def file_of(tx: Tx, object: str, id: int, number: int, token: str) -> Attached:
    """The file of a comment by its token; `NotFound` if it has none such."""
    found = next((file for file in one(tx, object, id, number).files if file.token == token and token), None)
    if found is None:
        raise NotFound(attachments.GONE)
    return found


def _record(session: Session, object: str, id: int) -> Record:
    """The record, if the actor may take part in its discussion."""
    commands.known(session.tx, object)
    record = session.record(Ref(object, id))
    if record is None or record.system.get("deleted_at") is not None:
        raise NotFound(access.GONE)
    discussions.demand(record)
    return record


def _talked_of(session: Session, object: str, id: int) -> Record:
    """The record, if the actor (and the token with which it comes) may also say something."""
    record = _record(session, object, id)
    access.demand_scope(session.tx, object, "comment")
    return record


def _own(
    session: Session, object: str, id: int, number: int, *, admin: bool = False
) -> tuple[Record, Mapping[str, Any]]:
    """A comment that stands and is the actor's own, or any one for an administrator (`admin`)."""
    record = _talked_of(session, object, id)
    tx = session.tx
    row = comment_rows.one(tx, object, id, number)
    if row is None or row["deleted_at"] is not None:
        raise NotFound(GONE)
    if row["author"] != tx.actor.id and not (admin and tx.actor.admin):
        raise Forbidden(say(zh="只能修改自己的评论", en="Only your own comments can be changed"))
    return record, row


def _young(tx: Tx, row: Mapping[str, Any]) -> bool:
    return bool(tx.now - row["at"] <= discussions.EDITABLE)


def _said(text: str, more: bool) -> str:
    """What was typed, without blank ends; it may be blank where files come along (`more`)."""
    found = text.replace("\r\n", "\n").strip()
    wrong = None
    if not found and not more:
        wrong = say(zh="请写点什么", en="Write something")
    elif len(found) > discussions.LONGEST:
        wrong = say(zh="评论最多 {most} 个字", en="A comment has {most} letters at most", most=discussions.LONGEST)
    if wrong is not None:
        raise Invalid(wrong, errors=[FieldError("text", wrong, "text")])
    return found
