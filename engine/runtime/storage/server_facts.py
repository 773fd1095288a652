"""What the database server says of itself: version, settings that durability hangs on, size. Judges nothing."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, text

from engine.runtime.storage.database import is_postgres

SYNCHRONOUS = {"0": "OFF", "1": "NORMAL", "2": "FULL", "3": "EXTRA"}
PRAGMAS = ("journal_mode", "synchronous", "foreign_keys", "page_size", "page_count")
SETTINGS = (
    "server_version", "fsync", "full_page_writes", "synchronous_commit", "data_checksums", "server_encoding",
    "lc_collate", "TimeZone", "max_connections",
)


def of(connection: Connection) -> Mapping[str, str]:
    """Facts by name; `size` in bytes."""
    return _postgres(connection) if is_postgres(connection) else _sqlite(connection)


def _sqlite(connection: Connection) -> dict[str, str]:
    found = {name: str(connection.exec_driver_sql(f"pragma {name}").scalar_one()) for name in PRAGMAS}
    found["synchronous"] = SYNCHRONOUS.get(found["synchronous"], found["synchronous"])
    found["size"] = str(int(found.pop("page_size")) * int(found.pop("page_count")))
    found["server_version"] = str(connection.exec_driver_sql("select sqlite_version()").scalar_one())
    return found


def _postgres(connection: Connection) -> dict[str, str]:
    query = text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names)")
    found = {row[0]: str(row[1]) for row in connection.execute(query, {"names": list(SETTINGS)})}
    mine = "SELECT datcollate, pg_database_size(oid) FROM pg_database WHERE datname = current_database()"
    collation, size = connection.exec_driver_sql(mine).one()
    superuser = connection.exec_driver_sql("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").scalar_one()
    return {**found, "lc_collate": str(collation), "size": str(size), "superuser": "on" if superuser else "off"}
