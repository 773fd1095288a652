"""Databases that are kept to be copied: a copy costs a fraction of what filled it. Knows nothing of the engine."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
from pathlib import Path

from tests.clusters import beside, drop_spare, maintenance, name_of, replace

_numbers = itertools.count(1)
_on_servers: list[str] = []
_folders: list[tempfile.TemporaryDirectory[str]] = []


def keep(url: str) -> str:
    """Copy a database that nobody has open; the address of the copy, which stays until the process ends."""
    if url.startswith("sqlite"):
        if not _folders:
            _folders.append(tempfile.TemporaryDirectory(prefix="formwork-kept-"))
            atexit.register(_folders[0].cleanup)
        kept = f"sqlite:///{_folders[0].name}/{next(_numbers)}.db"
        _copy_file(url, kept)
        return kept
    kept = beside(url, f"kept_{os.getpid()}_{next(_numbers)}")
    with maintenance(url) as execute:
        execute("CREATE DATABASE {} TEMPLATE {}", name_of(kept), name_of(url))
    _on_servers.append(kept)
    return kept


def pour(kept: str, url: str) -> None:
    """Put a copy of what was kept in the place of an empty database that nobody has open."""
    if kept.startswith("sqlite"):
        _copy_file(kept, url)
    else:
        replace(url, name_of(kept))


def drop_all() -> None:
    """Drop what was kept on a server that outlives the tests."""
    drop_spare()
    while _on_servers:
        with maintenance(_on_servers[-1]) as execute:
            execute("DROP DATABASE IF EXISTS {}", name_of(_on_servers.pop()))


def _copy_file(source: str, target: str) -> None:
    prefix = "sqlite:///"
    for suffix in ("", "-wal"):
        path = Path(source.removeprefix(prefix) + suffix)
        if path.exists():
            shutil.copyfile(path, target.removeprefix(prefix) + suffix)
