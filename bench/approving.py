"""`python -m bench.approving [TIMERS]`: approving over HTTP with one client and with eight, and what so many
timers cost that wait, on both databases. The server is a process of its own; its worker runs in it."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import waitress
from sqlalchemy import insert, text

from bench.inbox import APP, PASSWORD, middle
from bench.serve import settle
from engine.definitions.compile import app_from
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import Worker
from engine.runtime.services import commands, inputs, people
from engine.runtime.services.site import Site
from engine.runtime.storage import job_rows
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import JOBS
from engine.runtime.web.app import create_app
from tests.clusters import NoServer, fresh_database, running_cluster

TIMERS = 100_000
READY = 1_200                                  # approvals that wait when the clients begin
MOST = {1: 300, 8: 800}                        # decisions of so many clients together
BATCH = 5_000


def serve(url: str, timers: int) -> None:
    """Prepare approvals and timers, print port and token, and serve until killed."""
    site = Site(Database(url))
    site.publish(app_from(APP).texts)
    boss = people.add_user(site, "wang", "王强", PASSWORD, roles={"bench": ["boss"]}, language="zh")
    people.add_user(site, "li", "李敏", PASSWORD, roles={"bench": ["staff"]}, language="zh")
    actor = people.actor_for(site, people.find(site, "li"), "bench")

    def ask(tx: Tx) -> int:
        values = inputs.read(tx, "claim", {"number": "C", "amount": "100", "reason": "差旅"})
        return commands.act(tx, "claim", commands.create(tx, "claim", values).id or 0, "submit").record.id or 0

    for _ in range(READY):
        site.run("bench", actor, ask)
    wait(site, timers)
    Worker(site, handlers(site)).start()
    application = create_app(site)
    settle()
    server = waitress.create_server(application, host="127.0.0.1", port=0, threads=8)
    print(server.effective_port, people.make_token(site, boss), flush=True)
    server.run()


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
def served(url: str, timers: int) -> Iterator[tuple[int, str, int]]:
    """A server process of its own: its port, a token, its number."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.approving", "serve", url, str(timers)], stdout=subprocess.PIPE, text=True
    )  # noqa: S603
    try:
        assert process.stdout is not None
        port, token = process.stdout.readline().split()
        yield int(port), token, process.pid
    finally:
        process.kill()
        process.wait()


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

    threads = [threading.Thread(target=one, args=(share,)) for share in shares]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(times) / (time.monotonic() - began), sorted(times)


def measure(name: str, url: str, timers: int) -> None:
    """Print what approving takes, and what the worker does meanwhile with nothing to do."""
    with served(url, timers) as (port, token, pid):
        began = processor(pid)
        time.sleep(10)
        idle = (processor(pid) - began) / 10 * 100
        print(f"{name:<11} {timers:>8,} timers wait: {idle:.1f} % of one processor", flush=True)
        waiting = tasks_of(Client(port, token))
        for clients, most in MOST.items():
            mine, waiting = waiting[:most], waiting[most:]
            rate, times = decide(port, token, mine, clients)
            told = f"median {statistics.median(times):6.1f} ms  p95 {times[int(len(times) * 0.95)]:6.1f} ms"
            told += f"  load {os.getloadavg()[0]:.1f}"
            print(f"{name:<11} approve, {clients} clients {rate:8.1f}/s  {told}", flush=True)
    site = Site(Database(url))
    try:
        print(f"{name:<11} a worker's look at them {middle(lambda: look(site)):6.2f} ms", flush=True)
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


def processor(pid: int) -> float:
    """Seconds of the processor that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """On SQLite and, if there is a server, on PostgreSQL."""
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], int(sys.argv[3]))
        return
    timers = int(sys.argv[1]) if len(sys.argv) > 1 else TIMERS
    with tempfile.TemporaryDirectory(prefix="formwork-bench-") as folder:
        measure("SQLite", f"sqlite:///{Path(folder) / 'site.db'}", timers)
    try:
        with running_cluster() as address, fresh_database(address, "bench_approving") as url:
            measure("PostgreSQL", url, timers)
    except NoServer as error:
        print(f"PostgreSQL was not measured: {error}")


if __name__ == "__main__":
    main()
