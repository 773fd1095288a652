"""SQL over notices. Knows no text and no reader's rights."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from engine.expressions.values import Ref
from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import NOTICES

TAKEN_BACK = (": …", "：…")                     # how a notice ends of what was taken back (`discussions.reword`)


def taken_back(row: Mapping[str, Any]) -> bool:
    """Whether what a notice told of was taken back."""
    return all(text.endswith(TAKEN_BACK) for text in row["text"].values())


def add(tx: Tx, users: Sequence[int], text: Mapping[str, str], kind: str, about: Ref | None) -> None:
    """One row per person."""
    common = {"app": tx.app.name, "text": dict(text), "kind": kind, "at": tx.now,
              "object": about.object if about else "", "record": about.id if about else None}
    if users:
        tx.connection.execute(insert(NOTICES), [{"user": user, **common} for user in users])


def sent(tx: Tx, users: Sequence[int], kind: str, about: Ref) -> list[tuple[int, int]]:
    """The notices of a kind about a record that this command has sent these people: each with its reader."""
    mine = NOTICES.c.app == tx.app.name, NOTICES.c.object == about.object, NOTICES.c.record == about.id
    now = NOTICES.c.user.in_(users), NOTICES.c.kind == kind, NOTICES.c.at == tx.now
    query = select(NOTICES.c.id, NOTICES.c.user).where(*mine, *now).order_by(NOTICES.c.id)
    return [(row.id, row.user) for row in tx.connection.execute(query)]


def one(connection: Connection, id: int) -> Mapping[str, Any] | None:
    found = connection.execute(select(NOTICES).where(NOTICES.c.id == id)).mappings().one_or_none()
    return None if found is None else dict(found)


def of_user(tx: Tx, user: int, *, before: int | None = None, limit: int = 50) -> list[Mapping[str, Any]]:
    """One person's notices in this app, newest first."""
    query = select(NOTICES).where(NOTICES.c.user == user, NOTICES.c.app == tx.app.name)
    if before is not None:
        query = query.where(NOTICES.c.id < before)
    return [dict(row) for row in tx.connection.execute(query.order_by(NOTICES.c.id.desc()).limit(limit)).mappings()]


def unread(tx: Tx, user: int) -> int:
    mine = (NOTICES.c.user == user) & (NOTICES.c.app == tx.app.name) & NOTICES.c.read_at.is_(None)
    return int(tx.connection.execute(select(func.count()).select_from(NOTICES).where(mine)).scalar_one())


def retell(tx: Tx, about: Ref, old: str, new: str) -> None:
    """Say something else in the notices about a record."""
    mine = NOTICES.c.app == tx.app.name, NOTICES.c.object == about.object, NOTICES.c.record == about.id
    for row in tx.connection.execute(select(NOTICES.c.id, NOTICES.c.text).where(*mine)).all():
        text = {language: said.replace(old, new) for language, said in row.text.items()}
        if text != row.text:
            tx.connection.execute(update(NOTICES).where(NOTICES.c.id == row.id).values(text=text))


def forget(tx: Tx, about: Ref) -> None:
    """Take away all notices about a record."""
    mine = NOTICES.c.app == tx.app.name, NOTICES.c.object == about.object, NOTICES.c.record == about.id
    tx.connection.execute(delete(NOTICES).where(*mine))


def reword(tx: Tx, about: Ref, kinds: Sequence[str], old: Collection[str], new: str) -> None:
    """End the notices of these kinds about a record that end with one of these texts with another one."""
    mine = NOTICES.c.app == tx.app.name, NOTICES.c.object == about.object, NOTICES.c.record == about.id
    query = select(NOTICES.c.id, NOTICES.c.text).where(*mine, NOTICES.c.kind.in_(kinds))
    tails = tuple(f"{mark}{tail}" for tail in old if tail for mark in (": ", "："))
    for row in tx.connection.execute(query).all():
        text = {language: _ended(said, tails, new) for language, said in row.text.items()}
        if text != row.text:
            tx.connection.execute(update(NOTICES).where(NOTICES.c.id == row.id).values(text=text))


def _ended(said: str, tails: Sequence[str], new: str) -> str:
    """With the last words replaced, not the mark before them."""
    tail = next((one for one in tails if said.endswith(one)), "")
    return said[: len(said) - len(tail.lstrip(":： "))] + new if tail else said


def mark_read(
    tx: Tx, user: int, ids: Sequence[int] | None, about: Ref | None = None, kinds: Sequence[str] = ()
) -> None:
    """Mark these (or all) of the person's unread notices; `about` a record only those of these kinds about it."""
    query = update(NOTICES).where(NOTICES.c.user == user, NOTICES.c.app == tx.app.name, NOTICES.c.read_at.is_(None))
    if ids is not None:
        query = query.where(NOTICES.c.id.in_(ids))
    if about is not None:
        query = query.where(NOTICES.c.object == about.object, NOTICES.c.record == about.id, NOTICES.c.kind.in_(kinds))
    tx.connection.execute(query.values(read_at=tx.now))


def waits(tx: Tx, user: int, about: Ref, kinds: Sequence[str]) -> bool:
    """Whether the person has an unread notice of these kinds about a record."""
    query = select(NOTICES.c.id).where(
        NOTICES.c.user == user, NOTICES.c.app == tx.app.name, NOTICES.c.read_at.is_(None),
        NOTICES.c.object == about.object, NOTICES.c.record == about.id, NOTICES.c.kind.in_(kinds),
    )
    return tx.connection.execute(query.limit(1)).first() is not None
