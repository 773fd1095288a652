"""Notices: short messages to people inside the app. Sends nothing out of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from engine.expressions.scope import Frame
from engine.expressions.values import Ref
from engine.kinds.actions.notify import Notify
from engine.runtime.services import outbox, quiet
from engine.runtime.services.approvals import resolving
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import notice_rows, people_rows, task_rows
from engine.runtime.storage.live import Tx
from engine.runtime.storage.task_rows import Asked
from engine.texts import Text

PATIENCE = dt.timedelta(minutes=2)             # so long a mail waits for the notice to be read


@dataclass(frozen=True, slots=True)
class Message:
    """A notice as its reader sees it: `about` is the record that it is about, if any."""

    id: int
    text: Text
    kind: str                                  # notice | task | alert | flow | comment | mention | incident
    at: dt.datetime
    read: bool
    about: Ref | None = None


def send(tx: Tx, users: Iterable[int], text: Text, *, kind: str = "notice", about: Ref | None = None) -> None:
    """Put a notice into people's inboxes, in this transaction. `text` must be readable by all of them."""
    languages = {language: text.to(language) for language in (*tx.app.languages, *text.forms)}
    notice_rows.add(tx, list(dict.fromkeys(users)), languages, kind, about)


def mail_later(tx: Tx, users: Sequence[int], kind: str, about: Ref) -> None:
    """Mail people what this command has just sent them about a record, after a while and unless they have read it by
    then. Where the site sends no mail, or somebody has no address, nothing is sent and nothing fails."""
    quiet_now = quiet.until(tx, users, tx.now + PATIENCE)
    for id, user in notice_rows.sent(tx, list(users), kind, about):
        row = people_rows.user(tx.connection, user) if user in quiet_now else None
        if row is None:
            outbox.enqueue(tx, "mail", {"notice": id}, dedup_key=f"notice:{id}", run_at=tx.now + PATIENCE)
        elif kind != "mention" or row["mail_mentions"]:
            quiet.hold(tx, {user: quiet_now[user]}, [{"text": {}, "notice": id}])


def letter(connection: Connection, id: int) -> Mapping[str, Any] | None:
    """What a mail of a notice says; None where it was read meanwhile, is gone, or its reader
    wants no such mails."""
    row = notice_rows.one(connection, id)
    if row is None or row["read_at"] is not None or notice_rows.taken_back(row):
        return None
    reader = people_rows.user(connection, row["user"])
    if row["kind"] == "mention" and reader is not None and not reader["mail_mentions"]:
        return None
    path = f"/apps/{row['app']}/records/{row['object']}/{row['record']}" if row["record"] is not None else ""
    return {"user": row["user"], "subject": row["text"], "text": row["text"], "path": path}


def tell(session: Session, record: Record | None, step: Notify, frame: Frame) -> None:
    """Run a `notify` step over a record (at the end of the command, when its number is known)."""
    people = resolving.resolve(session, step.to, frame).users
    forms = {language: step.say.render(frame, language) for language in session.tx.app.languages}
    about = record.root.ref if record is not None and record.root.id is not None else None
    send(session.tx, people, Text(forms), about=about)


def inbox(tx: Tx, *, before: int | None = None, limit: int = 50) -> list[Message]:
    """The actor's notices of this app, newest first; `before` is the last id of the page before. Who may see nothing of
    the app any more sees none of them either: they tell titles."""
    if not _is_of(tx):
        return []
    return [_message(row) for row in notice_rows.of_user(tx, tx.actor.id, before=before, limit=limit)]


def unread(tx: Tx) -> int:
    """How many of them wait to be read."""
    return notice_rows.unread(tx, tx.actor.id) if _is_of(tx) else 0


def _is_of(tx: Tx) -> bool:
    """Whether the actor still has a part in the app: some records of it to see, a task of an approval, or one that they
    were told of (a copy, a deadline that is over). Administrators see to the approvals of every app."""
    seen, me = any(access.may(tx, name, "see") for name in tx.app.objects if name != "user"), tx.actor.id or 0
    return seen or tx.actor.admin or bool(task_rows.count(tx, me, Asked(), 1)) or task_rows.told(tx, me)


def mark_read(tx: Tx, ids: Iterable[int] | None = None) -> None:
    """Mark the actor's notices as read: these, or all."""
    notice_rows.mark_read(tx, tx.actor.id, None if ids is None else list(ids))


def mark_read_about(tx: Tx, about: Ref, kinds: Iterable[str]) -> None:
    """Mark the actor's notices of these kinds about a record as read."""
    notice_rows.mark_read(tx, tx.actor.id, None, about, tuple(kinds))


def waits(tx: Tx, about: Ref, kinds: Iterable[str]) -> bool:
    """Whether the actor has an unread notice of these kinds about a record."""
    return notice_rows.waits(tx, tx.actor.id, about, tuple(kinds))


def _message(row: Mapping[str, object]) -> Message:
    forms, at, record = row["text"], row["at"], row["record"]
    assert isinstance(forms, dict) and isinstance(at, dt.datetime)
    about = Ref(str(row["object"]), int(str(record))) if record is not None else None
    return Message(int(str(row["id"])), Text(forms), str(row["kind"]), at, row["read_at"] is not None, about)
