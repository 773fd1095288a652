"""kill -9 of the server, the worker and the database under load: what was acknowledged is there, nothing is half."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import random
import shutil
import signal
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import reading
from engine.runtime.services.identity import people
from engine.runtime.services.registers import verification
from engine.runtime.services.site import Site
from engine.runtime.storage import job_rows
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.alert_tables import ALERTS
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import AUDIT
from tests.clusters import Cluster, NoServer, address
from tests.conftest import SOAK, unavailable
from tests.faults.journals import PRODUCTS, Buyer, Journal, Life
from tests.faults.processes import Letters, Processes, letters, processes
from tests.services.shops import SHOP, Shop

ROUNDS = int(os.environ.get("FORMWORK_KILLS") or (200 if SOAK else 5))
BUYERS = 4
LOG = """
  log:
    fields: {what: {type: text, required: true}, sale: {type: link, to: sale}}
  delivery:
"""
AFTERWARDS = """
automations:
  approved: {entered: sale.approved, do: [{create: log, with: {what: approved, sale: =trigger}}]}
alerts:
  approved:
    over: sale where state = 'approved'
    when: total > 0
    say: "{number}"
    to: [{who: role(manager), via: [inbox, email]}]
access:
"""
TEXT = SHOP.replace("\n  delivery:\n", LOG, 1).replace("\naccess:\n", AFTERWARDS, 1)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of this test's own, since it is going to be crashed."""
    folder = Path(tempfile.mkdtemp(prefix="formwork-crash-", dir="/tmp"))
    made = Cluster(folder)
    try:
        made.start()
        yield made
    except (NoServer, OSError) as error:
        unavailable(str(error))
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def furnish(url: str) -> dict[str, str]:
    """A published shop with a full store and one customer; the tokens of its people."""
    shop = Shop(url, TEXT)
    shop.now = dt.datetime.now(dt.UTC)
    shop.stocked(**dict.fromkeys(PRODUCTS, 1_000_000))
    shop.create("li", "customer", name="Acme", limit="500")
    people.add_user(shop.site, "wang", "Wang", None, roles={"shop": ["manager"]}, email="wang@example.com")
    tokens = {}
    for login in ("li", "wang", "zhao"):
        person = people.find(shop.site, login)
        assert person is not None
        tokens[login] = people.make_token(shop.site, person.id)
    shop.site.database.close()
    return tokens


def trouble(made: Processes, journal: Journal, tokens: dict[str, str], faults: list[Callable[[], None]]) -> None:
    """Load, and in each round a fault at a random moment; then everything runs again."""
    chance = random.Random()
    ended = threading.Event()
    made.start()
    buyers = [Buyer(made.port, tokens, journal, ended, number) for number in range(BUYERS)]
    for buyer in buyers:
        buyer.start()
    try:
        for number in range(ROUNDS):
            _worked(journal, number + 1)
            time.sleep(chance.uniform(0.2, 1.5))
            faults[number % len(faults)]()
            made.start()
        _worked(journal, ROUNDS + 1)
    finally:
        ended.set()
        for buyer in buyers:
            buyer.join()
    made.kill("server", "worker")


def _worked(journal: Journal, rounds: int) -> None:
    """Wait until about as many sales are done as rounds have begun: on a slow machine little is under way otherwise."""
    patience = time.monotonic() + 60
    while time.monotonic() < patience and _steps(journal)["post"] < rounds - 1:
        time.sleep(0.05)


def _steps(journal: Journal) -> Counter[str]:
    return Counter(step for life in tuple(journal.lives) for step in tuple(life.answers))


def judge(url: str, journal: Journal, post: Letters, kills: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """The oracle: the journal against the database, after all that was left to do is done."""
    monkeypatch.setenv("FORMWORK_MAIL", post.address)
    with contextlib.closing(Database(url)) as database:
        site = Site(database)
        now = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=90)       # leases of the killed have run out by then
        drain(site, handlers(site), now)
        drain(site, handlers(site), now + dt.timedelta(minutes=10))    # and what was put off is due
        assert journal.surprises == []
        with site.read("shop", SERVICE) as tx:
            known = everything(tx, "sale")
            sales = {str(sale.get("note")): sale for sale in known}
            assert len(sales) == len(known)                            # no request was carried out twice
            assert set(sales) <= {life.note for life in journal.lives}
            shipped: dict[int, list[Any]] = {}
            for delivery in everything(tx, "delivery"):
                shipped.setdefault(delivery.get("sale").id, []).append(delivery)
            goods = {product.id: str(product.get("code")) for product in everything(tx, "product")}
            happened = done_to(tx, "sale")
            for life in journal.lives:
                sale = sales.get(life.note)
                if sale is None:
                    assert not life.sure("create"), f"lost: {life.note}"
                else:
                    compare(life, sale, happened[sale.id], shipped.get(sale.id, []), goods)
            numbers = sorted(int(str(s.get("number")).removeprefix("SO")[4:]) for s in known if s.get("number"))
            assert numbers == list(range(1, len(numbers) + 1))
            judge_jobs(tx, happened, post, kills)
        assert verification.verify(site, "shop") == []
        sent = sum(map(len, shipped.values()))
        return f"{len(sales)} sales, {sent} deliveries, {kills} kills, {journal.retried} retries"


def everything(tx: Tx, object: str) -> list[Any]:
    found: list[Any] = []
    cursor = None
    while True:
        page = reading.page(tx, object, reading.Query(limit=200, cursor=cursor))
        found.extend(page.items)
        cursor = page.next
        if cursor is None:
            return found


def done_to(tx: Tx, object: str) -> dict[int, Counter[str]]:
    """How often each thing was done to each record, by the audit trail."""
    found: dict[int, Counter[str]] = {}
    mine = AUDIT.c.object == tx.live.numbers[object]
    for row in tx.connection.execute(select(AUDIT.c.record, AUDIT.c.event, AUDIT.c.action).where(mine)):
        if row.event in ("created", "action"):
            found.setdefault(row.record, Counter())[row.action or row.event] += 1
    return found


def compare(
    life: Life, sale: Any, happened: Counter[str], deliveries: list[Any], goods: dict[int, str]
) -> None:
    """One life against what is stored: what is sure is there, and what is there is whole and happened once."""
    lines = sale.lines("lines")
    assert [(goods[line.get("product").id], line.get("qty")) for line in lines] == [
        (line["product"], Decimal(line["qty"])) for line in life.lines
    ]
    assert sale.get("total") == sum(Decimal(line["qty"]) * 10 for line in life.lines)
    assert "created" in happened and all(count == 1 for name, count in happened.items() if name != "ship"), happened
    assert (sale.get("number") is not None) == ("submit" in happened)
    assert not life.sure("create") or sale.id == life.answers["create"]["id"]
    for step in ("submit", "approve", "cancel"):
        assert not life.sure(step) or step in happened, f"lost: {step} of {life.note}"
        assert step in life.asked or step not in happened or step == "approve"      # a small one approves itself
    assert not life.sure("submit") or sale.get("number") == life.answers["submit"]["number"]
    assert len(deliveries) <= 1, f"shipped twice: {life.note}"
    assert not life.sure("ship") or len(deliveries) == 1, f"lost: ship of {life.note}"
    for delivery in deliveries:
        assert "ship" in life.asked and len(delivery.lines("lines")) == len(lines)
        assert not life.sure("post") or delivery.state == "posted", f"lost: post of {life.note}"
        gone = delivery.state == "posted"
        assert [line.get("shipped") or 0 for line in lines] == [line.get("qty") if gone else 0 for line in lines]


def judge_jobs(tx: Tx, happened: dict[int, Counter[str]], post: Letters, kills: int) -> None:
    """Every job has ended well: effects in the database exactly once, a letter at least once, and again only where a
    worker died over it."""
    approved = {id for id, verbs in happened.items() if "approve" in verbs}
    assert Counter(log.get("sale").id for log in everything(tx, "log")) == Counter(approved)
    told = Counter(row.record for row in tx.connection.execute(select(ALERTS.c.record)))
    standing = {id for id in approved if "cancel" not in happened[id]}
    assert standing <= set(told) <= approved and set(told.values()) <= {1}
    assert set(job_rows.counts(tx.connection)) == {"done"}
    jobs = job_rows.listing(tx.connection, limit=1_000_000)
    mails = {f"<job-{job['id']}@formwork>" for job in jobs if job["kind"] == "mail"}
    assert set(post.got) == mails and len(mails) == sum(told.values())
    assert sum(count - 1 for count in post.got.values()) <= 4 * kills


@pytest.mark.timeout(600 + 30 * ROUNDS)
def test_server_and_worker_on_sqlite(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, tokens = Journal(), furnish(sqlite_url)
    with letters() as post, processes(sqlite_url, tmp_path, FORMWORK_MAIL=post.address) as made:
        trouble(made, journal, tokens, [
            lambda: made.kill("server", "worker"), lambda: made.kill("server"), lambda: made.kill("worker"),
        ])
        with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
            assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        print(judge(sqlite_url, journal, post, made.kills, monkeypatch))
    assert enough(journal)


@pytest.mark.postgres
@pytest.mark.timeout(600 + 30 * ROUNDS)
def test_server_worker_and_database_on_postgresql(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = cluster.url("postgres")
    journal, tokens = Journal(), furnish(url)

    def kill_backend() -> None:
        """One of the server's own processes: PostgreSQL throws out everybody and recovers from its log."""
        with psycopg.connect(address(url)) as connection:
            query = "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
            pids = [row[0] for row in connection.execute(query)]
        with contextlib.suppress(ProcessLookupError):
            os.kill(random.choice(pids), signal.SIGKILL)

    with letters() as post, processes(url, tmp_path, FORMWORK_MAIL=post.address) as made:
        trouble(made, journal, tokens, [
            lambda: made.kill("server", "worker"), kill_backend, lambda: made.kill("server"), cluster.crash,
            lambda: made.kill("worker"),
        ])
        print(judge(url, journal, post, made.kills + ROUNDS, monkeypatch))
    assert enough(journal)


def enough(journal: Journal) -> bool:
    """Whether the load was worth the name: work was acknowledged at every step."""
    steps = _steps(journal)
    return len(steps) >= 5 and steps["post"] >= ROUNDS
