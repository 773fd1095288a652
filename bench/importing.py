"""`python -m bench.importing`: simple rows out of a CSV file, the engine beside a hand-written loader, in one run."""

from __future__ import annotations

import csv
import datetime as dt
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from itertools import islice
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


def write_file(folder: Path) -> Path:
    """The rows to bring in."""
    path = folder / "articles.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("code,name,group,price,made,active\n")
        for n in range(ROWS):
            day = f"2020-01-{n % 28 + 1:02}"
            file.write(f"A{n:06},Article number {n},{'abc'[n % 3]},{n % 1000}.50,{day},true\n")
    return path


def engine(url: str, path: Path) -> float:
    """Rows a second through the pipeline: rules, rights, search text, history."""
    database = Database(url)
    site = Site(database)
    site.publish({"app.yaml": APP})
    began = time.perf_counter()
    report = imports.run(site, "bench", {"object": "article", "file": path.name}, path.parent, SERVICE)
    seconds = time.perf_counter() - began
    assert (report.created, report.failed) == (ROWS, 0), report.errors[:3]
    database.close()
    return ROWS / seconds


def reference(url: str, path: Path) -> float:
    """Rows a second by hand: the same checks, the rows and their history, in transactions of 200."""
    made = create_engine(url)
    if made.dialect.name == "sqlite":
        ARTICLES.c.price.type = Exact(2)
    META.create_all(made)
    began = time.perf_counter()
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        while batch := [checked(row) for row in islice(rows, BATCH)]:
            with made.begin() as connection:
                query = insert(ARTICLES).returning(ARTICLES.c.id, sort_by_parameter_order=True)
                ids = connection.execute(query, batch).scalars().all()
                news = [{"record": id, "changes": {k: [None, str(v)] for k, v in row.items()}}
                        for id, row in zip(ids, batch, strict=True)]
                connection.execute(insert(HISTORY), news)
    seconds = time.perf_counter() - began
    made.dispose()
    return ROWS / seconds


def checked(row: dict[str, str]) -> dict[str, object]:
    """What a careful programmer checks."""
    if not row["code"] or not row["name"] or row["group"] not in ("a", "b", "c"):
        raise ValueError(row)
    price = Decimal(row["price"])
    if price < 0:
        raise ValueError(row)
    return {"code": row["code"].strip(), "name": row["name"].strip(), "group": row["group"], "price": price,
            "made": dt.date.fromisoformat(row["made"]), "active": int(row["active"] == "true")}


def compare(name: str, fresh: Callable[[], str], path: Path) -> None:
    """Both in turns; medians are printed."""
    found: dict[str, list[float]] = {"engine": [], "reference": []}
    for _ in range(ROUNDS):
        found["engine"].append(engine(fresh(), path))
        found["reference"].append(reference(fresh(), path))
    middle = {kind: statistics.median(rates) for kind, rates in found.items()}
    for kind, rate in middle.items():
        print(f"{name:<11} import of {ROWS} simple rows  {kind:<10} {rate:10.0f} rows/s", flush=True)
    print(f"{name:<11} import of {ROWS} simple rows  {'ratio':<10} {middle['engine'] / middle['reference']:10.2f}")


def main() -> None:
    """On SQLite and, if there is a server, on PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="formwork-bench-") as folder:
        path = write_file(Path(folder))
        files = (f"sqlite:///{Path(folder) / f'{n}.db'}" for n in range(1000))
        compare("SQLite", lambda: next(files), path)
        try:
            with running_cluster() as address:
                _on_server(address, path)
        except NoServer as error:
            print(f"PostgreSQL was not measured: {error}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def _on_server(address: str, path: Path) -> None:
    rates: dict[str, list[float]] = {"engine": [], "reference": []}
    for number in range(ROUNDS):
        for kind, work in (("engine", engine), ("reference", reference)):
            with fresh_database(address, f"bench_{kind}_{number}") as url:
                rates[kind].append(work(url, path))
    middle = {kind: statistics.median(found) for kind, found in rates.items()}
    for kind, rate in middle.items():
        print(f"{'PostgreSQL':<11} import of {ROWS} simple rows  {kind:<10} {rate:10.0f} rows/s", flush=True)
    print(f"{'PostgreSQL':<11} import of {ROWS} simple rows  {'ratio':<10} "
          f"{middle['engine'] / middle['reference']:10.2f}")


if __name__ == "__main__":
    main()
