"""`python -m bench.approving [TIMERS]`: approving over HTTP with one client and with eight, and what so many
timers cost that wait, on both databases. It is served by `formwork serve`, whose worker runs along."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from bench.inbox import APP, PASSWORD, middle
from engine.definitions.compile import app_from
from engine.runtime.services import commands, inputs
from engine.runtime.services.identity import people
from engine.runtime.services.site import Site
from engine.runtime.storage import job_rows
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import JOBS
from tests.clusters import NoServer, fresh_database, running_cluster

TIMERS = 100_000
READY = 1_200                                  # approvals that wait when the clients begin
MOST = {1: 300, 8: 800}                        # decisions of so many clients together
BATCH = 5_000


def prepare(url: str, timers: int) -> str:
    """Approvals that wait for one person, whose token it gives, and timers."""
    site = Site(Database(url))
    try:
        site.publish(app_from(APP).texts)
        boss = people.add_user(site, "wang", "王强", PASSWORD, roles={"bench": ["boss"]}, language="zh")
        people.add_user(site, "li", "李敏", PASSWORD, roles={"bench": ["staff"]}, language="zh")
        actor = people.actor_for(site, people.find(site, "li"), "bench")
        for _ in range(READY):
            site.run("bench", actor, ask)
        wait(site, timers)
        return people.make_token(site, boss)
    finally:
        site.database.close()


def ask(tx: Tx) -> int:
    """One claim that is submitted."""
    values = inputs.read(tx, "claim", {"number": "C", "amount": "100", "reason": "差旅"})
    return commands.act(tx, "claim", commands.create(tx, "claim", values).id or 0, "submit").record.id or 0


def wait(site: Site, count: int) -> None:
    """As many timers of approvals, due in the days to come."""
    now = dt.datetime.now(dt.UTC)
    with site.database.write() as connection:
        for start in range(0, count, BATCH):
            connection.execute(insert(JOBS), [
                {"kind": "flow_timer", "app": "bench", "state": "delayed", "created_at": now,
                 "run_at": now + dt.timedelta(days=1, seconds=n), "dedup_key": f"bench:{n}",
                 "args": {"instance": 1, "kind": "due", "visit": 1, "task": 1, "index": 0, "at": now.isoformat()}}
                for n in range(start, min(start + BATCH, count))
            ])
        connection.execute(text("ANALYZE"))


@contextmanager
def served(url: str, processes: int) -> Iterator[tuple[int, int]]:
    """`formwork serve` with its worker of jobs, as one process or several: its port, its number."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", "from engine.cli.main import main; main()", "serve", "--workers", str(processes)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        env={**os.environ, "DATABASE_URL": url, "HOST": "127.0.0.1", "PORT": str(port), "FORMWORK_RATE": "0"},
    )
    try:
        answers(port)
        yield port, server.pid
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def answers(port: int) -> None:
    """Wait until the server answers."""
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise SystemExit("the server does not answer")


class Client:
    """One connection of one client."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: object = None) -> Any:
        self.connection.request(method, path, None if body is None else json.dumps(body), self.headers)
        answer = self.connection.getresponse()
        raw = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {raw[:300]!r}")
        return json.loads(raw)


def decide(port: int, token: str, tasks: list[int], clients: int) -> tuple[float, list[float]]:
    """Let clients approve these tasks side by side: decisions a second, and the milliseconds of each, in order."""
    shares = [tasks[place::clients] for place in range(clients)]
    times: list[float] = []

    def one(share: list[int]) -> None:
        client = Client(port, token)
        for task in share:
            began = time.monotonic()
            client.call("POST", f"/api/tasks/{task}/approve", {})
            times.append(1000 * (time.monotonic() - began))

    began = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(one, shares))            # raises what went wrong
    return len(times) / (time.monotonic() - began), sorted(times)


def measure(name: str, url: str, token: str, processes: int) -> None:
    """Print what approving takes, and what the worker does meanwhile with nothing to do."""
    name = f"{name}, {processes} serving"
    with served(url, processes) as (port, pid):
        began = processor(pid)
        time.sleep(10)
        print(f"{name:<22} timers wait: {(processor(pid) - began) / 10 * 100:.1f} % of one processor", flush=True)
        waiting = tasks_of(Client(port, token))
        for clients, most in MOST.items():
            mine, waiting = waiting[:most], waiting[most:]
            began, rate, times = processor(pid), *decide(port, token, mine, clients)
            told = f"median {statistics.median(times):6.1f} ms  p95 {times[int(len(times) * 0.95)]:6.1f} ms"
            told += f"  processor {1000 * (processor(pid) - began) / len(times):5.1f} ms  load {os.getloadavg()[0]:.1f}"
            print(f"{name:<22} approve, {clients} clients {rate:8.1f}/s  {told}", flush=True)


def looked(name: str, url: str) -> None:
    """Print what a worker's look at waiting timers takes."""
    site = Site(Database(url))
    try:
        print(f"{name:<22} a worker's look at them {middle(lambda: look(site)):6.2f} ms", flush=True)
    finally:
        site.database.close()


def look(site: Site) -> None:
    """What a worker asks where nothing is due."""
    with site.database.write() as connection:
        job_rows.promote(connection, dt.datetime.now(dt.UTC))


def tasks_of(client: Client) -> list[int]:
    """All tasks that wait for the caller."""
    found: list[int] = []
    cursor = ""
    while True:
        page = client.call("GET", f"/api/tasks?limit=200{cursor}")
        found += [item["id"] for item in page["items"]]
        if not page.get("next"):
            return found
        cursor = f"&cursor={page['next']}"


def processor(group: int) -> float:
    """Seconds of the processor that the processes of a group have taken."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):                # it has ended meanwhile
            fields = stat.read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12]) if int(fields[2]) == group else 0
    return total / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """On SQLite and, if there is a server, on PostgreSQL, there with one process and with two."""
    timers = int(sys.argv[1]) if len(sys.argv) > 1 else TIMERS
    with tempfile.TemporaryDirectory(prefix="formwork-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'site.db'}"
        measure("SQLite", url, prepare(url, timers), 1)
        looked("SQLite", url)
    try:
        with running_cluster() as address:
            for processes in (1, 2):
                with fresh_database(address, f"bench_approving_{processes}") as url:
                    measure("PostgreSQL", url, prepare(url, timers), processes)
                    looked("PostgreSQL", url)
    except NoServer as error:
        print(f"PostgreSQL was not measured: {error}")


if __name__ == "__main__":
    main()
