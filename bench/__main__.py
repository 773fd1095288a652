"""`python -m bench`: orders and lists over HTTP, the engine beside the reference, on both databases, in one run."""

from __future__ import annotations

import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.apps import PRODUCTS
from tests.clusters import NoServer, fresh_database, running_cluster

SECONDS = float(os.environ.get("BENCH_SECONDS", "6"))
WARM_UP = SECONDS / 4
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
ROWS = 100_000
PATHS = {
    "engine": (
        "/api/bench/order",
        "/api/bench/order/{id}/actions/place",
        "/api/bench/order?sort=-date&fields=number,date,customer,total,status&cursor={cursor}",
    ),
    "reference": ("/orders", "/orders/{id}/place", "/orders?after={cursor}"),
}


@dataclass(frozen=True)
class Figures:
    """What one measurement gave: operations a second, and milliseconds."""

    rate: float
    median: float
    p95: float


class Client:
    """One connection of one client."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: object = None) -> dict[str, object]:
        self.connection.request(method, path, None if body is None else json.dumps(body), self.headers)
        answer = self.connection.getresponse()
        raw = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {raw[:300]!r}")
        found: dict[str, object] = json.loads(raw)
        return found


@contextmanager
def served(kind: str, url: str) -> Iterator[tuple[int, str]]:
    """A server process of its own; its port and token."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.serve", kind, url, str(ROWS)], stdout=subprocess.PIPE, text=True
    )  # noqa: S603
    try:
        assert process.stdout is not None
        port, token = process.stdout.readline().split()
        yield int(port), token
    finally:
        process.kill()
        process.wait()


def order(kind: str, client: Client, chance: random.Random) -> None:
    """Create an order with five lines, then place it (which reserves)."""
    lines = [{"product": f"P{n}", "qty": "2", "price": "9.99"} for n in chance.sample(range(PRODUCTS), 5)]
    made = client.call("POST", PATHS[kind][0], {"customer": f"Customer {chance.randrange(1000)}", "lines": lines})
    client.call("POST", PATHS[kind][1].format(id=made["id"]), {})


def listing(kind: str, client: Client, chance: random.Random) -> None:
    """The first page of fifty, newest first."""
    page = client.call("GET", PATHS[kind][2].format(cursor=""))
    assert len(page["items"]) == 50  # type: ignore[arg-type]


def measure(
    kind: str, port: int, token: str, clients: int, work: Callable[[str, Client, random.Random], None]
) -> Figures:
    """Let clients work side by side for a while."""
    times: list[float] = []
    starts = time.monotonic() + WARM_UP
    ends = starts + SECONDS

    def one(seed: int) -> None:
        client, chance = Client(port, token), random.Random(seed)  # noqa: S311
        while (began := time.monotonic()) < ends:
            work(kind, client, chance)
            if began >= starts:
                times.append(time.monotonic() - began)

    threads = [threading.Thread(target=one, args=(seed,)) for seed in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ordered = sorted(times)
    return Figures(len(times) / SECONDS, 1000 * statistics.median(ordered), 1000 * ordered[int(len(ordered) * 0.95)])


SCENARIOS = (
    ("list of 50 at 100k rows, 1 client", 1, listing),
    ("order with 5 lines, 1 client", 1, order),
    ("order with 5 lines, 8 clients", 8, order),
)


def compare(name: str, urls: tuple[str, str]) -> None:
    """Both servers over databases of their own, measured in turns; medians of the rounds are printed."""
    with served("engine", urls[0]) as ours, served("reference", urls[1]) as theirs:
        for title, clients, work in SCENARIOS:
            found: dict[str, list[Figures]] = {"engine": [], "reference": []}
            for _ in range(ROUNDS):
                found["engine"].append(measure("engine", *ours, clients, work))
                found["reference"].append(measure("reference", *theirs, clients, work))
            rows = {
                kind: Figures(
                    *(statistics.median(getattr(f, part) for f in figures) for part in ("rate", "median", "p95"))
                )
                for kind, figures in found.items()
            }
            for kind, figures in rows.items():
                times = f"median {figures.median:7.1f} ms  p95 {figures.p95:7.1f} ms"
                print(f"{name:<11} {title:<34} {kind:<10} {figures.rate:8.1f}/s  {times}", flush=True)
            print(f"{name:<11} {title:<34} {'ratio':<10} {rows['engine'].rate / rows['reference'].rate:8.2f}")


def main() -> None:
    """Every scenario on SQLite and, if there is a server, on PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="formwork-bench-") as folder:
        compare("SQLite", (f"sqlite:///{Path(folder) / 'engine.db'}", f"sqlite:///{Path(folder) / 'reference.db'}"))
    try:
        with (
            running_cluster() as address,
            fresh_database(address, "bench_engine") as ours,
            fresh_database(address, "bench_reference") as theirs,
        ):
            compare("PostgreSQL", (ours, theirs))
    except NoServer as error:
        print(f"PostgreSQL was not measured: {error}")


if __name__ == "__main__":
    main()
