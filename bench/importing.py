"""`python -m bench.importing [ROWS]`: simple rows of a CSV file, the engine beside hand-written loaders, in one run."""

from __future__ import annotations

import csv
import datetime as dt
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from decimal import Decimal
from itertools import count, islice
from pathlib import Path

from sqlalchemy import JSON, Column, Date, Integer, MetaData, Numeric, String, Table, create_engine, insert

from engine.expressions.numbers import Exact
from engine.runtime.services import imports
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from tests.clusters import NoServer, fresh_database, running_cluster

ROWS = 20_000
ROUNDS = 3
BATCH = 200
APP = """
app: bench
languages: [en]
currency: EUR
objects:
  article:
    key: code
    fields:
      code: {type: text, required: true, unique: true}
      name: {type: text, required: true}
      group: {type: choice, options: {a: A, b: B, c: C}}
      price: {type: money, min: 0}
      made: date
      active: {type: boolean, default: true}
"""
META = MetaData()
ARTICLES = Table(
    "ref_article", META, Column("id", Integer, primary_key=True), Column("code", String, unique=True, nullable=False),
    Column("name", String, nullable=False), Column("group", String), Column("price", Numeric(18, 2)),
    Column("made", Date), Column("active", Integer),
)
HISTORY = Table("ref_audit", META, Column("id", Integer, primary_key=True), Column("record", Integer),
                Column("changes", JSON))


def write_file(folder: Path, count: int) -> Path:
    """So many rows to bring in."""
    path = folder / "articles.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("code,name,group,price,made,active\n")
        for n in range(count):
            day = f"2020-01-{n % 28 + 1:02}"
            file.write(f"A{n:06},Article number {n},{'abc'[n % 3]},{n % 1000}.50,{day},true\n")
    return path


@dataclass(frozen=True)
class Rates:
    """Rows a second by the clock, and rows for each second of this process's processor time."""

    clock: float
    processor: float


def rates(rows: int, work: Callable[[], object]) -> Rates:
    """What all rows took."""
    began, used = time.perf_counter(), time.process_time()
    work()
    return Rates(rows / (time.perf_counter() - began), rows / (time.process_time() - used))


def engine(url: str, path: Path, rows: int) -> Rates:
    """Through the pipeline: rules, rights, search text, history."""
    database = Database(url)
    site = Site(database)
    site.publish({"app.yaml": APP})
    found: list[imports.Report] = []
    mapping = {"object": "article", "file": path.name}
    rate = rates(rows, lambda: found.append(imports.run(site, "bench", mapping, path.parent, SERVICE)))
    assert (found[0].created, found[0].failed) == (rows, 0), found[0].errors[:3]
    database.close()
    return rate


def plain(url: str, path: Path, rows: int) -> Rates:
    """By hand and without any check or history: the rows by executemany, in transactions of 200."""
    made = create_engine(url)
    if made.dialect.name == "sqlite":
        ARTICLES.c.price.type = Exact(2)
    META.create_all(made)

    def work() -> None:
        with path.open(encoding="utf-8", newline="") as file:
            given = csv.DictReader(file)
            while batch := [checked(row) for row in islice(given, BATCH)]:
                with made.begin() as connection:
                    connection.execute(insert(ARTICLES), batch)

    found = rates(rows, work)
    made.dispose()
    return found


def reference(url: str, path: Path, rows: int) -> Rates:
    """By hand: the same checks, the rows and their history, in transactions of 200."""
    made = create_engine(url)
    if made.dialect.name == "sqlite":
        ARTICLES.c.price.type = Exact(2)
    META.create_all(made)

    def work() -> None:
        with path.open(encoding="utf-8", newline="") as file:
            given = csv.DictReader(file)
            while batch := [checked(row) for row in islice(given, BATCH)]:
                with made.begin() as connection:
                    query = insert(ARTICLES).returning(ARTICLES.c.id, sort_by_parameter_order=True)
                    ids = connection.execute(query, batch).scalars().all()
                    news = [{"record": id, "changes": {k: [None, str(v)] for k, v in row.items()}}
                            for id, row in zip(ids, batch, strict=True)]
                    connection.execute(insert(HISTORY), news)

    found = rates(rows, work)
    made.dispose()
    return found


def checked(row: dict[str, str]) -> dict[str, object]:
    """What a careful programmer checks."""
    if not row["code"] or not row["name"] or row["group"] not in ("a", "b", "c"):
        raise ValueError(row)
    price = Decimal(row["price"])
    if price < 0:
        raise ValueError(row)
    return {"code": row["code"].strip(), "name": row["name"].strip(), "group": row["group"], "price": price,
            "made": dt.date.fromisoformat(row["made"]), "active": int(row["active"] == "true")}


KINDS: dict[str, Callable[[str, Path, int], Rates]] = {"engine": engine, "by hand": reference, "executemany": plain}


def compare(name: str, fresh: Callable[[], AbstractContextManager[str]], path: Path, rows: int) -> None:
    """All of them in turns; medians are printed, and how the engine's processor time compares."""
    found: dict[str, list[Rates]] = {kind: [] for kind in KINDS}
    for _ in range(ROUNDS):
        for kind, work in KINDS.items():
            with fresh() as url:
                found[kind].append(work(url, path, rows))
    by_clock = {kind: statistics.median(one.clock for one in rates) for kind, rates in found.items()}
    by_processor = {kind: statistics.median(one.processor for one in rates) for kind, rates in found.items()}
    for kind in KINDS:
        ratio = by_processor["engine"] / by_processor[kind]
        print(f"{name:<11} import of {rows} simple rows  {kind:<12} {by_clock[kind]:8.0f} rows/s "
              f"{by_processor[kind]:8.0f} per processor second, engine/{kind} {ratio:.2f}", flush=True)


def main() -> None:
    """On SQLite and, if there is a server, on PostgreSQL."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory(prefix="formwork-bench-") as folder:
        path, numbers = write_file(Path(folder), rows), count()
        compare("SQLite", lambda: nullcontext(f"sqlite:///{Path(folder) / f'{next(numbers)}.db'}"), path, rows)
        try:
            with running_cluster() as address:
                compare("PostgreSQL", lambda: fresh_database(address, f"bench_{next(numbers)}"), path, rows)
        except NoServer as error:
            print(f"PostgreSQL was not measured: {error}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
