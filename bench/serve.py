"""`python -m bench.serve engine|reference URL`: prepares the database, then serves; prints the port and the token."""

from __future__ import annotations

import datetime as dt
import gc
import hashlib
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import waitress
from sqlalchemy import Table, insert, select, text

from bench import references
from bench.apps import ORDERS, PRODUCTS
from engine.cli.serving import YOUNG
from engine.definitions.compile import app_from
from engine.runtime.services import commands, inputs
from engine.runtime.services.identity import people, signing
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx
from engine.runtime.web.app import create_app

TOKEN = "bench"  # noqa: S105 - a throw-away database
PLENTY = 1_000_000_000
DAY = dt.date(2020, 1, 1)
BATCH = 5_000
BASE = 10_000                                  # rows that are made one by one; more are copies
PASSWORD = "correct horse"  # noqa: S105 - a throw-away database


def main(kind: str, url: str, rows: int) -> None:
    """Serve until killed."""
    application = engine(url, rows) if kind == "engine" else reference(url, rows)
    settle()
    server = waitress.create_server(application[0], host="127.0.0.1", port=0, threads=8)
    print(server.effective_port, application[1], flush=True)
    server.run()


def settle() -> None:
    """What `formwork serve` does for the collector of garbage, done for both."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)


def engine(url: str, rows: int) -> tuple[Any, str, str]:
    """The engine over a fresh database, with products in stock and `rows` old orders; a token and a session."""
    site = Site(Database(url))
    site.publish(app_from(ORDERS).texts)
    people.add_user(site, "clerk", "Clerk", PASSWORD, roles={"bench": ["clerk"]})
    site.run("bench", SERVICE, _stock)
    live = site.apps()[0]
    with site.database.write() as connection:
        table = live.tables.objects["order"]
        for batch in _batches(min(rows, BASE)):
            values = [{**row, "status": "placed", "changed_at": row["created_at"]} for row in batch]
            connection.execute(insert(table), values)
        _grow(connection, table, rows)
    person = people.find(site, "clerk")
    assert person is not None
    cookie = signing.sign_in(site, "clerk", PASSWORD, "127.0.0.1").token
    return create_app(site), people.make_token(site, person.id), cookie


def _stock(tx: Tx) -> None:
    for number in range(PRODUCTS):
        commands.create(tx, "product", inputs.read(tx, "product", {"code": f"P{number}", "price": "10"}))
    lines = [{"product": f"P{number}", "qty": str(PLENTY)} for number in range(PRODUCTS)]
    receipt = commands.create(tx, "receipt", inputs.read(tx, "receipt", {"lines": lines}))
    commands.act(tx, "receipt", receipt.id or 0, "post")


def reference(url: str, rows: int) -> tuple[Any, str, str]:
    """The reference over a fresh database with the same content."""
    database = Database(url)
    with database.write() as connection:
        references.METADATA.create_all(connection)
        connection.execute(insert(references.TOKENS).values(token=hashlib.sha256(TOKEN.encode()).hexdigest(), user=1))
        connection.execute(insert(references.COUNTERS).values(name="order", last=0))
        connection.execute(
            insert(references.PRODUCTS),
            [{"code": f"P{number}", "on_hand": Decimal(PLENTY), "reserved": Decimal(0)} for number in range(PRODUCTS)],
        )
        for batch in _batches(min(rows, BASE)):
            values = [{**row, "created_at": row["created_at"].replace(tzinfo=None)} for row in batch]
            connection.execute(insert(references.ORDERS), values)
        _grow(connection, references.ORDERS, rows)
    return references.application(database), TOKEN, TOKEN


def _batches(rows: int) -> Iterator[list[dict[str, Any]]]:
    at = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    for start in range(0, rows, BATCH):
        yield [
            {
                "version": 1,
                "state": "placed",
                "created_at": at,
                "number": f"OLD{n}",
                "date": DAY + dt.timedelta(days=n % 1500),
                "customer": f"Customer {n % 997}",
                "total": Decimal(n % 5000),
                "search_text": f"customer {n % 997}",
            }
            for n in range(start, min(start + BATCH, rows))
        ]


def _grow(connection: Any, table: Table, rows: int) -> None:
    """Copies of the first rows under other numbers, made by the database itself, until there are `rows`."""
    names = [column.name for column in table.columns if column.name != "id"]
    for turn in range(1, rows // BASE):
        columns = [table.c.number + f"-{turn}" if name == "number" else table.c[name] for name in names]
        connection.execute(insert(table).from_select(names, select(*columns).where(table.c.id <= BASE)))
    connection.execute(text("ANALYZE"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
