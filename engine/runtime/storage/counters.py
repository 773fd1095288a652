"""Counters of number series: held from the moment they are taken until the commit, so no number is lost."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import COUNTERS

TAKE = {
    name: dialect.insert(COUNTERS)
    .on_conflict_do_update(index_elements=["app", "series"], set_={"last": COUNTERS.c.last + 1})
    .returning(COUNTERS.c.last)
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}


def take(tx: Tx, series: str) -> int:
    """The next number of the series."""
    row = {"app": tx.app.name, "series": series, "last": 1}
    return int(tx.connection.execute(TAKE["postgresql" if tx.postgres else "sqlite"], row).scalar_one())


def pass_by(tx: Tx, series: str, number: int) -> None:
    """Move the series past a number that came from outside."""
    dialect = postgresql if tx.postgres else sqlite
    make = dialect.insert(COUNTERS).values(app=tx.app.name, series=series, last=number)
    higher = COUNTERS.c.last < make.excluded.last
    tx.connection.execute(
        make.on_conflict_do_update(index_elements=["app", "series"], set_={"last": make.excluded.last}, where=higher)
    )


def current(tx: Tx, series: str) -> int:
    """The last number that was taken, 0 if none was."""
    query = select(COUNTERS.c.last).where(COUNTERS.c.app == tx.app.name, COUNTERS.c.series == series)
    return int(tx.connection.execute(query).scalar_one_or_none() or 0)
