"""The kept rows of a register's coarser levels, made anew as sums of those with all keys. Knows no movements."""

from __future__ import annotations

from sqlalchemy import delete, func, insert, literal, select

from engine.definitions.registers import Register
from engine.runtime.storage import register_keys
from engine.runtime.storage.balances import tables
from engine.runtime.storage.live import Tx


def rebuild(tx: Tx, register: Register) -> None:
    """Give every level its rows, whatever levels there were before."""
    rows = tables(tx, register).rows
    tx.connection.execute(delete(rows).where(rows.c["_level"] != 0))
    for number, level in enumerate(register.levels, 1):
        kept = {
            column: name in level
            for name, field in register.keys.items()
            for column in register_keys.encode_key(tx.live, field, None)
        }
        blanks = register_keys.encode(tx.live, register, (None,) * len(register.keys))
        keys = [rows.c[c] if stays else literal(blanks[c], rows.c[c].type).label(c) for c, stays in kept.items()]
        sums = [func.sum(rows.c[name], type_=rows.c[name].type).label(name) for name in register.measures]
        grouped = (
            select(literal(number).label("_level"), *keys, *sums, func.max(rows.c["_last_on"]).label("_last_on"))
            .where(rows.c["_level"] == 0)
            .group_by(*(rows.c[c] for c, stays in kept.items() if stays))
        )
        columns = ["_level", *kept, *register.measures, "_last_on"]
        tx.connection.execute(insert(rows).from_select(columns, grouped))
