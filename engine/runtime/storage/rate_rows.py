"""Buckets of requests: how soon each caller may come again. One row per caller, kept by the database's clock."""

from __future__ import annotations

from sqlalchemy import Column, Connection, Float, String, Table, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from engine.runtime.storage.system import METADATA

FORGOTTEN = 3600.0                             # seconds after which a full bucket need not be kept

RATES = Table(
    "sys_rate",
    METADATA,
    Column("key", String(120), primary_key=True),              # user:7, token:…, address:…
    Column("busy_until", Float, nullable=False),               # when the bucket is full again, seconds since 1970
)


def take(connection: Connection, key: str, every: float, span: float) -> float:
    """Take one request out of a caller's bucket: one comes back each `every` seconds, and it holds `span` seconds'
    worth. 0.0, or the seconds until there is one again. PostgreSQL only: one statement, however many processes ask."""
    connection.execute(text("SET LOCAL synchronous_commit = off"))  # a crash may forget a request: nobody is harmed
    now = func.extract("epoch", func.clock_timestamp())
    build = insert(RATES).values(key=key, busy_until=now + every)
    after = func.greatest(RATES.c.busy_until, now) + every
    query = build.on_conflict_do_update(
        index_elements=[RATES.c.key], set_={"busy_until": after}, where=after <= now + span
    ).returning(RATES.c.busy_until)
    if connection.execute(query).first() is not None:
        return 0.0
    left = connection.execute(select(RATES.c.busy_until + every - span - now).where(RATES.c.key == key)).scalar()
    return max(0.001, float(left or 0.0))


def forget(connection: Connection) -> None:
    """Drop the buckets of callers that have not come for long."""
    now = func.extract("epoch", func.clock_timestamp())
    connection.execute(delete(RATES).where(RATES.c.busy_until < now - FORGOTTEN))
