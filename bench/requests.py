"""`python -m bench.requests [ROWS …]`: single requests to the engine and to the reference in one process, in turns.

Prints the medians of the processor's time and of the clock's for lists (first page, a page in the middle, filtered),
pages, forms and commands, with the ratio of the clock's; then what a line costs in orders of few and of many lines.
On PostgreSQL the server's own time is in the clock's only."""

from __future__ import annotations

import base64
import io
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import serve
from bench.apps import PRODUCTS
from tests.clusters import NoServer, fresh_database, running_cluster

SIZES = (10_000, 100_000, 1_000_000)
TIMES, FEW = 60, 15
LINES = (5, 50, 200)
LISTED = "/api/bench/order?sort=-date&fields=number,date,customer,total,status"
MIDDLE = base64.urlsafe_b64encode(json.dumps(["2022-01-01", "5000"]).encode()).decode().rstrip("=")
READ = (
    ("list, first page", LISTED, "/orders"),
    ("list, page in the middle", f"{LISTED}&cursor={MIDDLE}", "/orders?after=2022-01-01|5000"),
    ("list, filtered, first page", f"{LISTED}&filter=total%20%3E%204000", "/orders?over=4000"),
    (
        "list, filtered, page in the middle",
        f"{LISTED}&filter=total%20%3E%204000&cursor={MIDDLE}",
        "/orders?over=4000&after=2022-01-01|5000",
    ),
    ("list as a page", "/apps/bench/records/order", "/pages/orders"),
    ("form as a page", "/apps/bench/records/order/{id}/edit", "/pages/orders/{id}"),
    ("record as a page", "/apps/bench/records/order/{id}", "/pages/orders/{id}"),
)


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds of the processor and of the clock."""

    cpu: float
    clock: float


class Caller:
    """Calls one application without a network in between."""

    def __init__(self, application: Any, token: str, cookie: str) -> None:
        self.application, self.token, self.cookie = application, token, cookie

    def call(self, method: str, path: str, body: object = None) -> bytes:
        """The body of the answer; SystemExit where it is a refusal."""
        data = b"" if body is None else json.dumps(body).encode()
        bare, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": bare, "QUERY_STRING": query, "SERVER_PROTOCOL": "HTTP/1.1",
            "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "HTTP_HOST": "127.0.0.1", "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(data)), "CONTENT_TYPE": "application/json", "wsgi.input": io.BytesIO(data),
            "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http", "wsgi.multithread": True, "wsgi.version": (1, 0),
            "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip
        if path.startswith("/apps/"):
            environ["HTTP_COOKIE"] = f"sid={self.cookie}"
        else:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        told: list[str] = []
        answer = self.application(environ, lambda status, headers, error=None: told.append(status))
        content = b"".join(answer)
        answer.close()
        if not told[0].startswith("2"):
            raise SystemExit(f"{method} {path}: {told[0]} {content[:300]!r}")
        return content


def spent(work: Callable[[], object]) -> Spent:
    cpu, clock = time.process_time(), time.perf_counter()
    work()
    return Spent(1000 * (time.process_time() - cpu), 1000 * (time.perf_counter() - clock))


def in_turns(ours: Callable[[], object], theirs: Callable[[], object], times: int) -> tuple[Spent, Spent]:
    """The medians of both, taken in turns after a few that warm up."""
    for _ in range(3):
        ours(), theirs()
    pairs = [(spent(ours), spent(theirs)) for _ in range(times)]
    first, second = (
        Spent(statistics.median(one.cpu for one in column), statistics.median(one.clock for one in column))
        for column in zip(*pairs, strict=True)
    )
    return first, second


def order(caller: Caller, paths: tuple[str, str], chance: random.Random, lines: int) -> int:
    """Create an order and place it, which reserves; its id."""
    picked = chance.sample(range(PRODUCTS), lines)
    rows = [{"product": f"P{n}", "qty": "2", "price": "9.99"} for n in picked]
    made = json.loads(caller.call("POST", paths[0], {"customer": "Customer 7", "lines": rows}))
    caller.call("POST", paths[1].format(id=made["id"]), {})
    return int(made["id"])


def compare(name: str, urls: tuple[str, str], rows: int) -> None:
    """Every request at one size on one kind of database."""
    ours, theirs = Caller(*serve.engine(urls[0], rows)), Caller(*serve.reference(urls[1], rows))
    serve.settle()
    chances = random.Random(1), random.Random(1)  # noqa: S311 - which products are ordered
    engine, reference = ("/api/bench/order", "/api/bench/order/{id}/actions/place"), ("/orders", "/orders/{id}/place")
    ids = order(ours, engine, chances[0], 5), order(theirs, reference, chances[1], 5)
    for title, path, other in READ:
        mine, other = path.format(id=ids[0]), other.format(id=ids[1])
        found = in_turns(lambda p=mine: ours.call("GET", p), lambda p=other: theirs.call("GET", p), TIMES)  # type: ignore[misc]
        show(name, rows, title, found)
    for lines in LINES:
        found = in_turns(
            lambda n=lines: order(ours, engine, chances[0], n),  # type: ignore[misc]
            lambda n=lines: order(theirs, reference, chances[1], n),  # type: ignore[misc]
            TIMES if lines == LINES[0] else FEW,
        )
        show(name, rows, f"create and place, {lines} lines", found)
        print(f"{'':<12}{'':>9}  {'':<36} a line: {found[0].cpu / lines:.2f} ms CPU", flush=True)


def show(name: str, rows: int, title: str, found: tuple[Spent, Spent]) -> None:
    ours, theirs = found
    figures = f"{ours.cpu:7.2f} / {theirs.cpu:6.2f} ms CPU  {ours.clock:7.2f} / {theirs.clock:6.2f} ms"
    ratios = f"ratio {theirs.cpu / ours.cpu:.2f} CPU, {theirs.clock / ours.clock:.2f} clock"
    print(f"{name:<12}{rows:>9}  {title:<36} {figures}  {ratios}", flush=True)


def main(sizes: tuple[int, ...]) -> None:
    """Every size on SQLite and, if there is a server, on PostgreSQL."""
    for rows in sizes:
        with tempfile.TemporaryDirectory(prefix="formwork-bench-") as folder:
            files = (Path(folder) / "ours.db", Path(folder) / "theirs.db")
            compare("SQLite", (f"sqlite:///{files[0]}", f"sqlite:///{files[1]}"), rows)
    try:
        with running_cluster() as address:
            for rows in sizes:
                with fresh_database(address, "bench_ours") as ours, fresh_database(address, "bench_theirs") as theirs:
                    compare("PostgreSQL", (ours, theirs), rows)
    except NoServer as error:
        print(f"PostgreSQL was not measured: {error}")


if __name__ == "__main__":
    main(tuple(int(one) for one in sys.argv[1:]) or SIZES)
