"""The database: one engine, its settings, and transactions. Writers on SQLite take turns behind one fair gate."""

from __future__ import annotations

import fcntl
import sqlite3
import tempfile
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from engine import json_texts
from engine.errors import Busy
from engine.expressions import numbers
from engine.runtime.storage import patience, scratch, searching
from engine.runtime.storage.metrics import Counted, labelled
from engine.runtime.storage.patience import ENDLESS, PATIENT, QUICK
from engine.texts import Text, say

# A transaction on one snapshot; said with its BEGIN, which saves a way to the server and back.
SNAPSHOT: Mapping[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
READS_ONLY = "formwork reads only"             # of a connection to SQLite: it was last told not to write
LOCK_MESSAGES = (
    "deadlock detected", "could not obtain lock", "could not serialize", "database is locked", "due to lock timeout",
)
FULL_MESSAGES = ("database or disk is full", "disk I/O error", "No space left on device")
SLOW_MESSAGES = ("due to statement timeout", "interrupted")
# PostgreSQL's classes of errors: the connection broke, too many of them, the server stops or starts.
OUT_OF_RANGE = "22003"
AWAY_STATES = ("08", "53300", "57P")
AWAY = say(
    zh="数据库暂时无法访问。若不确定是否已保存，请先查看再重试",
    en="The database cannot be reached now. If it is unclear whether this was saved, look before you try again",
)
FULL = say(zh="服务器磁盘已满或读写出错，内容没有保存", en="The server's disk is full or failing; nothing was saved")
SLOW = say(zh="用时过长，已停止，内容没有保存", en="It took too long and was stopped; nothing was saved")
SLOW_SIGHT = say(
    zh="查询用时过长，已停止。请缩小范围（筛选条件、日期、搜索词）后重试",
    en="It took too long to look this up, and was stopped. Narrow it (a filter, dates, words to search) and try again",
)


class Gate:
    """A fair (first come, first served) lock, held together with an exclusive lock on a file.

    SQLite's own busy handler is unfair, and its write-ahead log has a defect that needs two writers or a writer and a
    checkpoint at once; one writer at a time, over all processes, rules both out."""

    def __init__(self, path: Path | None) -> None:
        self._waiting: deque[threading.Event] = deque()
        self._guard = threading.Lock()
        self._held = False
        self._file = open(path, "a") if path else None  # noqa: SIM115 - held open for the life of the process

    def acquire(self) -> None:
        with self._guard:
            if not self._held and not self._waiting:
                self._held = True
                turn = None
            else:
                turn = threading.Event()
                self._waiting.append(turn)
        if turn is not None:
            turn.wait()
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def release(self) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._held = False

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class Database:
    """An engine for SQLite (a file) or PostgreSQL. `url` as SQLAlchemy reads it; `postgresql://` means psycopg 3.

    Transactions raise `Busy` where the database is out of reach, its disk is full, or a statement took too long.

    `scratch`: a SQLite file that nobody needs after a crash, so that nothing waits for the disk."""

    def __init__(self, url: str, *, scratch: bool = False) -> None:
        parsed = make_url(url)
        if parsed.drivername in ("postgres", "postgresql"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.dialect = parsed.get_backend_name()
        self._snapshot = SNAPSHOT if self.dialect == "postgresql" else {}      # SQLite reads on one anyway
        self.counted = Counted()               # what this process has counted, see `metrics`
        if self.dialect == "sqlite":
            path = Path(parsed.database) if parsed.database and parsed.database != ":memory:" else None
            self.gate: Gate | None = Gate(path.with_name(path.name + ".lock") if path else None)
            self.engine = create_engine(
                parsed,
                json_serializer=json_texts.dumps,
                json_deserializer=json_texts.loads,
                connect_args={"timeout": 30, "isolation_level": None, "check_same_thread": False},
                query_cache_size=3000,
                pool_size=20,
                max_overflow=20,
            )
            event.listen(self.engine, "connect", _prepare_scratch if scratch else _prepare_sqlite)
            event.listen(self.engine, "connect", patience.install)
            event.listen(self.engine, "begin", _begin_sqlite)
            event.listen(self.engine, "before_cursor_execute", patience.begin)
            self._quick = self.engine
        else:
            self.gate = None
            # What a connection allows is said when it is made: to say it with each page would be a way to the server.
            self.engine, self._quick = _server(parsed, PATIENT), _server(parsed, QUICK)

    def __repr__(self) -> str:
        return f"Database({self.dialect})"

    @contextmanager
    def write(self, seconds: float | None = None) -> Iterator[Connection]:
        """A write transaction: committed at the end of the block, rolled back on any exception. `seconds` is what one
        statement may take where somebody waits; else a server allows `PATIENT`, `ENDLESS` is said."""
        if self.gate is not None:
            self.gate.acquire()
        try:
            with self.engine.connect() as plain:
                connection = plain.execution_options(seconds=seconds)
                with connection.begin():
                    if seconds == ENDLESS:
                        patience.unhurried(connection)
                    yield connection
        except DBAPIError as error:
            told = self._noted(error)
            if told is None:
                raise
            raise told from error
        finally:
            if self.gate is not None:
                self.gate.release()

    @contextmanager
    def read(self, seconds: float | None = None) -> Iterator[Connection]:
        """A read transaction on one snapshot; writing in it fails. `seconds` as of `write`."""
        try:
            with (self._quick if seconds == QUICK else self.engine).connect() as plain:
                connection = plain.execution_options(write=False, seconds=seconds, **self._snapshot)
                transaction = connection.begin()
                try:
                    yield connection
                finally:
                    transaction.rollback()
        except DBAPIError as error:
            told = self._noted(error, SLOW_SIGHT)
            if told is None:
                raise
            raise told from error

    def _noted(self, error: DBAPIError, slow: Text = SLOW) -> Busy | None:
        """What people are told of an error; it is counted by what went wrong."""
        told = _told(error, slow)
        kind = told.code if told is not None else "race" if lost_race(error) else type(error).__name__
        self.counted.add("formwork_database_errors_total", labelled(kind=kind))
        return told

    @contextmanager
    def aside(self, prefix: str) -> Iterator[tuple[Connection, bool]]:
        """A transaction for trying something out that is taken back, and whether it works on copies, so that nobody
        waits for it: of the SQLite file, of the server's tables that begin so; not where they are too large."""
        if self.file is None or self.file.stat().st_size > scratch.MOST_COPIED:
            with self._apart(prefix) as (connection, apart):
                yield connection, apart
            return
        with tempfile.TemporaryDirectory(prefix="formwork-") as folder:
            copy = Path(folder) / "copy.db"
            self.copy_to(copy)
            other = Database(f"sqlite:///{copy}", scratch=True)
            try:
                with other.write() as connection:
                    yield connection, True
            finally:
                other.close()

    @contextmanager
    def _apart(self, prefix: str) -> Iterator[tuple[Connection, bool]]:
        """Of a server: its tables as one snapshot has them, copied where that is possible."""
        if self.dialect == "postgresql":
            with self.read() as connection:
                possible = scratch.possible(connection, prefix)
            if possible:
                with self.engine.connect() as plain:
                    connection = plain.execution_options(isolation_level="REPEATABLE READ")
                    transaction = connection.begin()
                    try:
                        scratch.copy(connection, prefix)
                        yield connection, True
                    finally:
                        transaction.rollback()
                return
        with self.write() as connection:
            yield connection, False

    @property
    def engines(self) -> tuple[Engine, ...]:
        """All engines by which statements are sent."""
        return (self.engine,) if self._quick is self.engine else (self.engine, self._quick)

    @property
    def file(self) -> Path | None:
        """The SQLite file; None on a server, or in memory."""
        name = self.engine.url.database
        return Path(name) if self.dialect == "sqlite" and name and name != ":memory:" else None

    def copy_to(self, target: Path) -> None:
        """Copy a SQLite database as it stands into another file; nobody has to wait for it."""
        with self.engine.connect() as connection, closing(sqlite3.connect(target)) as copy:
            source: Any = connection.connection.dbapi_connection
            source.backup(copy)

    def restore(self, source: Path) -> None:
        """Make the contents those of another SQLite file. Nobody may be in a transaction."""
        with self.engine.connect() as connection, closing(sqlite3.connect(source)) as wanted:
            target: Any = connection.connection.dbapi_connection
            wanted.backup(target)

    def close(self) -> None:
        """Give back every connection."""
        for engine in self.engines:
            engine.dispose()
        if self.gate is not None:
            self.gate.close()


def _server(url: URL, seconds: int) -> Engine:
    """An engine for PostgreSQL on whose connections a statement may take so long."""
    return create_engine(
        url,
        json_serializer=json_texts.dumps,
        json_deserializer=json_texts.loads,
        pool_pre_ping=True,
        pool_size=20,
        max_overflow=20,
        query_cache_size=3000,
        connect_args={
            "prepare_threshold": None,
            "options": f"-c statement_timeout={seconds}s -c lock_timeout=10s -c timezone=UTC",
        },
    )


def _prepare_sqlite(connection: Any, record: object) -> None:
    for pragma in (
        "journal_mode=wal",
        "synchronous=FULL",
        "foreign_keys=on",
        "busy_timeout=30000",
        "cache_size=-65536",
    ):
        connection.execute(f"pragma {pragma}")
    numbers.register(connection)
    searching.register(connection)


def _prepare_scratch(connection: Any, record: object) -> None:
    _prepare_sqlite(connection, record)
    connection.execute("pragma synchronous=OFF")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    write = options.get("write", True)
    if connection.info.get(READS_ONLY, False) is write:        # said to the driver: it is no statement of anybody
        line: Any = connection.connection.dbapi_connection
        line.execute(f"pragma query_only={'OFF' if write else 'ON'}")
        connection.info[READS_ONLY] = not write
    patience.allow(connection, options.get("seconds"))
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def lost_race(error: DBAPIError) -> bool:
    """Whether the database gave up on a lock or found a deadlock: the command may be run again."""
    return any(message in str(error.orig) for message in LOCK_MESSAGES)


def out_of_range(error: StatementError) -> bool:
    """Whether a number is beyond what its column holds: the driver says so, or SQLite's column before it is asked."""
    return isinstance(error.orig, OverflowError) or getattr(error.orig, "sqlstate", None) == OUT_OF_RANGE


def _told(error: DBAPIError, slow: Text) -> Busy | None:
    """What people are told of an error that is no defect of ours; None for any other one."""
    state, words = getattr(error.orig, "sqlstate", None), str(error.orig)
    if error.connection_invalidated or (state or "").startswith(AWAY_STATES) or _unconnected(error, state):
        return Busy(AWAY, code="unreachable")
    for message, code, marks in ((FULL, "disk", FULL_MESSAGES), (slow, "slow", SLOW_MESSAGES)):
        if any(mark in words for mark in marks):
            return Busy(message, code=code)
    return None


def _unconnected(error: DBAPIError, state: str | None) -> bool:
    """Whether the server did not even answer: such an error of psycopg's has no SQLSTATE."""
    return type(error.orig).__module__.startswith("psycopg") and isinstance(error, OperationalError) and state is None


def is_postgres(source: Engine | Connection) -> bool:
    return source.dialect.name == "postgresql"
