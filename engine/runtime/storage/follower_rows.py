"""SQL over who follows which records and what they have seen of their discussions. Knows no rights."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from engine.runtime.storage.discussion_tables import COMMENTS, FOLLOWERS
from engine.runtime.storage.live import Tx


def follows(tx: Tx, object: str, record: int, user: int) -> bool | None:
    """Whether a person follows a record; None where nothing is known of it."""
    query = select(FOLLOWERS.c.follows).where(
        FOLLOWERS.c.object == tx.live.numbers[object], FOLLOWERS.c.record == record, FOLLOWERS.c.user == user
    )
    return tx.connection.execute(query).scalar_one_or_none()


def put(tx: Tx, object: str, record: int, user: int, follows: bool, *, kept: bool = False, seen: int = 0) -> None:
    """Note that a person follows a record or does not; `kept`: what is known already stays."""
    build = postgres_insert if tx.postgres else sqlite_insert
    query = build(FOLLOWERS).values(
        object=tx.live.numbers[object], record=record, user=user, app=tx.app.name, follows=follows, seen=seen, at=tx.now
    )
    key = ["object", "record", "user"]
    tx.connection.execute(
        query.on_conflict_do_nothing(index_elements=key)
        if kept
        else query.on_conflict_do_update(index_elements=key, set_={"follows": follows})
    )


def remove(tx: Tx, object: str, record: int) -> None:
    """Nobody follows a record that is no more."""
    number = tx.live.numbers[object]
    tx.connection.execute(delete(FOLLOWERS).where(FOLLOWERS.c.object == number, FOLLOWERS.c.record == record))


def of_record(tx: Tx, object: str, record: int) -> list[int]:
    """Who follows a record, ascending."""
    query = select(FOLLOWERS.c.user).where(
        FOLLOWERS.c.object == tx.live.numbers[object], FOLLOWERS.c.record == record, FOLLOWERS.c.follows.is_(True)
    )
    return sorted(tx.connection.execute(query).scalars())


def seen(tx: Tx, object: str, record: int, user: int) -> int | None:
    """The newest comment that a follower has seen; None for who does not follow."""
    query = select(FOLLOWERS.c.seen).where(
        FOLLOWERS.c.object == tx.live.numbers[object], FOLLOWERS.c.record == record, FOLLOWERS.c.user == user,
        FOLLOWERS.c.follows.is_(True),
    )
    return tx.connection.execute(query).scalar_one_or_none()


def see(tx: Tx, object: str, record: int, user: int, comment: int) -> None:
    """A follower has seen everything up to this comment."""
    mine = (FOLLOWERS.c.object == tx.live.numbers[object]) & (FOLLOWERS.c.record == record) & (FOLLOWERS.c.user == user)
    tx.connection.execute(update(FOLLOWERS).where(mine, FOLLOWERS.c.seen < comment).values(seen=comment))


def watched(tx: Tx, user: int, limit: int) -> list[tuple[str, int, int]]:
    """Object, id and number of unseen comments of others of the records that a person follows, the one talked about
    last first."""
    on = (COMMENTS.c.object == FOLLOWERS.c.object) & (COMMENTS.c.record == FOLLOWERS.c.record)
    unseen = (COMMENTS.c.id > FOLLOWERS.c.seen) & COMMENTS.c.deleted_at.is_(None) & (
        func.coalesce(COMMENTS.c.author, 0) != user
    )
    last = func.max(func.coalesce(COMMENTS.c.at, FOLLOWERS.c.at, type_=COMMENTS.c.at.type))
    query = (
        select(FOLLOWERS.c.object, FOLLOWERS.c.record, func.count(COMMENTS.c.id).filter(unseen))
        .select_from(FOLLOWERS)
        .outerjoin(COMMENTS, on)
        .where(FOLLOWERS.c.user == user, FOLLOWERS.c.app == tx.app.name, FOLLOWERS.c.follows.is_(True))
        .group_by(FOLLOWERS.c.object, FOLLOWERS.c.record)
        .order_by(last.desc(), FOLLOWERS.c.object, FOLLOWERS.c.record)
        .limit(limit)
    )
    names = tx.live.names
    return [(names[row[0]], row[1], row[2]) for row in tx.connection.execute(query) if row[0] in names]
