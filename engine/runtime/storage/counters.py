"""Counters of number series: held from the moment they are taken until the commit, so no number is lost."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite

from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import COUNTERS


def take(tx: Tx, series: str) -> int:
    """The next number of the series."""
    dialect = postgresql if tx.postgres else sqlite
    make = dialect.insert(COUNTERS).values(app=tx.app.name, series=series, last=1)
    query = make.on_conflict_do_update(index_elements=["app", "series"], set_={"last": COUNTERS.c.last + 1})
    return int(tx.connection.execute(query.returning(COUNTERS.c.last)).scalar_one())


def pass_by(tx: Tx, series: str, number: int) -> None:
    """Move the series past a number that came from outside."""
    dialect = postgresql if tx.postgres else sqlite
    make = dialect.insert(COUNTERS).values(app=tx.app.name, series=series, last=number)
    higher = COUNTERS.c.last < make.excluded.last
    tx.connection.execute(
        make.on_conflict_do_update(index_elements=["app", "series"], set_={"last": make.excluded.last}, where=higher)
    )
