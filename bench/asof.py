"""`python -m bench.asof`: balances of past days and turnovers over a million movements, beside the plain sum of all
movements, on both databases, in one run."""

from __future__ import annotations

import datetime as dt
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Select, case, func, select

from engine.definitions.compile import app_from
from engine.runtime.services.registers import ledgers, verification
from engine.runtime.services.site import Site
from engine.runtime.storage import spans
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx
from tests.clusters import NoServer, fresh_database, running_cluster

MOVEMENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
ITEMS, PLACES, DAYS = 1000, 3, 1080
ROUNDS = 5
MEASURES = ("on_hand", "reserved", "value")
FIRST = dt.date(2023, 1, 1)
NOW = dt.datetime(2025, 12, 20, 9, tzinfo=dt.UTC)
TEXT = """
app: bench
name: Bench
objects:
  item: {fields: {code: text}}
  place: {fields: {code: text}}
registers:
  stock:
    keys: {item: {type: link, to: item}, place: {type: link, to: place}}
    measures: {on_hand: quantity, reserved: quantity, value: {type: money, currency: EUR}}
access: {any: {everyone: full}}
"""
SPANS = {
    "a month ago": (dt.date(2025, 11, 1), dt.date(2025, 11, 30)),
    "mid of a month": (dt.date(2025, 9, 16), dt.date(2025, 10, 15)),
    "two years ago": (dt.date(2023, 11, 1), dt.date(2023, 11, 30)),
}
Rows = dict[tuple[Any, ...], tuple[Decimal, ...]]


NUMBERS = {
    "sqlite": "WITH RECURSIVE one(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM one WHERE n + 1 < {many}) ",
    "postgresql": "WITH one(n) AS (SELECT generate_series(0, {many} - 1)::bigint) ",
}
DAY = {
    "sqlite": f"date('{FIRST}', '+' || ({{of}}) || ' day')",
    "postgresql": f"(date '{FIRST}' + ({{of}})::int)",
}


def fill(tx: Tx) -> None:
    """Rows, movements of all sorts of days, totals by month and balances, as postings would have left them."""
    connection, both = tx.connection, tx.live.tables.registers["stock"]
    kind = connection.dialect.name
    rows, moves, totals = (one.name for one in (both.rows, both.moves, both.totals))

    def run(text: str) -> None:
        connection.exec_driver_sql(text.replace("%", "%%") if kind == "postgresql" else text)

    day = DAY[kind].format(of=f"(n * 104729 + n / 7) % {DAYS}")
    units = {}
    for name in MEASURES:                      # what a whole one is in the column
        bound = both.rows.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        units[name] = int(bound(Decimal(1))) if bound is not None else 1
    amounts = (f"((n * 31337) % 1100 - 500) * {units['on_hand']}", f"((n * 17) % 11 - 5) * {units['reserved']}",
               f"((n * 911) % 3001 - 1400) * {units['value']}")
    names = ", ".join(f'"{name}"' for name in MEASURES)
    sums = ", ".join(f'sum("{name}")' for name in MEASURES)
    many = NUMBERS[kind].format(many=ITEMS * PLACES)
    run(
        f'{many if kind == "postgresql" else ""}INSERT INTO {rows} (id, "_level", item, place) '
        f"{many if kind == 'sqlite' else ''}SELECT n + 1, 0, n / {PLACES} + 1, n % {PLACES} + 1 FROM one"
    )
    many = NUMBERS[kind].format(many=MOVEMENTS)
    run(
        f'{many if kind == "postgresql" else ""}INSERT INTO {moves} '
        f'("_row", "_on_day", "_for_day", "_obj", "_doc", "_line", "_rule", "_booked_at", {names}) '
        f"{many if kind == 'sqlite' else ''}SELECT (n * 7919) % {ITEMS * PLACES} + 1, {day}, {day}, 0, 0, 0, 0, "
        f"'2025-01-01 00:00:00', {', '.join(amounts)} FROM one"
    )
    month = 'CAST(substr("_on_day", 1, 4) || substr("_on_day", 6, 2) AS INTEGER)'
    if kind == "postgresql":
        month = """to_char("_on_day", 'YYYYMM')::int"""
    run(
        f'INSERT INTO {totals} ("_row", "_month", {names}) SELECT "_row", {month}, {sums} FROM {moves} GROUP BY 1, 2'
    )
    kept = ", ".join(f'"{n}" = (SELECT sum(m."{n}") FROM {moves} m WHERE m."_row" = {rows}.id)' for n in MEASURES)
    last = f'"_last_on" = (SELECT max(m."_on_day") FROM {moves} m WHERE m."_row" = {rows}.id)'
    run(f"UPDATE {rows} SET {kept}, {last}")


def plain_at(tx: Tx, day: dt.date) -> Select[Any]:
    """The reference: all movements up to the day, summed."""
    both = tx.live.tables.registers["stock"]
    sums = [func.sum(both.moves.c[name]).label(name) for name in MEASURES]
    query = select(both.rows.c.item, both.rows.c.place, *sums).join(both.moves, both.moves.c["_row"] == both.rows.c.id)
    return query.where(both.moves.c["_on_day"] <= day).group_by(both.rows.c.item, both.rows.c.place)


def plain_between(tx: Tx, first: dt.date, last: dt.date) -> Select[Any]:
    """The reference: opening, in, out and closing of one measure by one pass over all movements up to the day."""
    both = tx.live.tables.registers["stock"]
    day, column = both.moves.c["_on_day"], both.moves.c["on_hand"]

    def summed(condition: Any) -> Any:
        return func.sum(case((condition, column), else_=Decimal(0)), type_=column.type)

    sums = [summed(day < first), summed((day >= first) & (column > Decimal(0))), summed(day <= last)]
    query = select(both.rows.c.item, both.rows.c.place, *sums).join(both.moves, both.moves.c["_row"] == both.rows.c.id)
    return query.where(day <= last).group_by(both.rows.c.item, both.rows.c.place)


def engine_at(tx: Tx, day: dt.date) -> Select[Any]:
    table = spans.balances_at(tx.live, tx.app.registers["stock"], day)
    return select(table.c.item, table.c.place, table.c.on_hand, table.c.reserved, table.c.value)


def engine_between(tx: Tx, first: dt.date, last: dt.date) -> Select[Any]:
    table = spans.between(tx.live, tx.app.registers["stock"], first, last)
    shown = ("item", "place", "on_hand@opening", "on_hand@inflow", "on_hand@closing")
    return select(*(table.c[name] for name in shown))


def found(tx: Tx, query: Select[Any]) -> Rows:
    """Figures by keys, zeros left out."""
    rows = tx.connection.execute(query).all()
    return {tuple(row[:2]): tuple(row[2:]) for row in rows if any(row[2:])}


def timed(function: Callable[[], object]) -> float:
    """Milliseconds, the median of some rounds."""
    spent = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        function()
        spent.append((time.perf_counter() - start) * 1000)
    return statistics.median(spent)


def one_key(query: Select[Any]) -> Select[Any]:
    """The same for one row."""
    table = query.subquery()
    return select(table).where(table.c.item == 7, table.c.place == 2)


def balance_now(tx: Tx, label: str) -> None:
    """What one key stands at, as a page asks for it, beside the sum of its movements."""
    moves = tx.live.tables.registers["stock"].moves
    plain = select(func.sum(moves.c.on_hand)).where(moves.c["_row"] == 6 * PLACES + 3)

    def now() -> ledgers.Sheet:
        return ledgers.balances(tx, "stock", filter="item.id = 7 and place.id = 3")

    assert now().rows[0][2] == tx.connection.execute(plain).scalar_one()
    mine, theirs = timed(now), timed(lambda: tx.connection.execute(plain).all())
    print(f"{label:10} {'now':15} {'one row':10} {mine:8.1f} ms, plain {theirs:8.1f} ms: {theirs / mine:5.1f} ×")


def measure(url: str, label: str) -> None:
    """All comparisons on one database."""
    site = Site(Database(url), now=lambda: NOW)
    site.publish(app_from(TEXT).texts)
    site.run("bench", SERVICE, fill)
    with site.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    assert verification.verify(site, "bench") == [], "month totals, balances and movements agree"
    with site.read("bench", SERVICE) as tx:
        for name, (first, last) in SPANS.items():
            pairs: Mapping[str, Sequence[Select[Any]]] = {
                "balances": (engine_at(tx, last), plain_at(tx, last)),
                "one row": (one_key(engine_at(tx, last)), one_key(plain_at(tx, last))),
                "turnovers": (engine_between(tx, first, last), plain_between(tx, first, last)),
            }
            for what, (ours, plain) in pairs.items():
                assert found(tx, ours) == found(tx, plain), (name, what)
                mine, theirs = timed(lambda q=ours: tx.connection.execute(q).all()), timed(  # type: ignore[misc]
                    lambda q=plain: tx.connection.execute(q).all()  # type: ignore[misc]
                )
                print(f"{label:10} {name:15} {what:10} {mine:8.1f} ms, plain {theirs:8.1f} ms: {theirs / mine:5.1f} ×")
        balance_now(tx, label)
    site.database.close()


def main() -> None:
    """Both databases, as far as they are here."""
    with tempfile.TemporaryDirectory() as folder:
        measure(f"sqlite:///{Path(folder) / 'bench.db'}", "SQLite")
    try:
        with running_cluster() as cluster, fresh_database(cluster, "asof") as url:
            measure(url, "PostgreSQL")
    except NoServer as reason:
        print(f"PostgreSQL: skipped, {reason}")


if __name__ == "__main__":
    main()
