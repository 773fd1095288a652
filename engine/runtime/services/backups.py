"""Backups: a whole site in one file that either kind of database can be restored from. Knows no command line.

The file is a zip: `tables/NAME.jsonl` with one JSON list a row, `files/SHA-256` with the contents of attachments, and
at its end `manifest.json` with the shape, the count and the SHA-256 of every table, and which contents there are. It
has its name only once it is whole, on the disk and read back."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Table

from engine import __version__, json_texts
from engine.definitions.compile import load as load_app
from engine.errors import BadDefinition, Refused, Unreadable
from engine.runtime.services import attachments, outbox, sealing
from engine.runtime.services.registers import verification
from engine.runtime.services.site import Site
from engine.runtime.storage import file_rows, migrations, plans, search_index, site_rows, snapshots, tables, versions
from engine.runtime.storage.database import Database
from engine.runtime.storage.file_stores import Missing, Store, is_digest
from engine.runtime.storage.patience import ENDLESS
from engine.runtime.storage.snapshots import Shape
from engine.runtime.storage.system import METADATA
from engine.texts import Text, say

FORMAT = 2                                     # 2: contents of files
FACT = "backup"                                # when the last one was made, for `doctor`
MANIFEST = "manifest.json"
WAIT_SECONDS = 60                              # for somebody who publishes
COMPRESSION = 5
CHUNK = 262_144
Progress = Callable[[str, int], None]          # table, its rows


@dataclass(frozen=True, slots=True)
class Content:
    """One table of a backup."""

    name: str
    columns: tuple[tuple[str, str], ...]
    last: int
    rows: int
    sha256: str

    @property
    def shape(self) -> Shape:
        return Shape(self.name, self.columns, self.last)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: of which site, when, made by which version; `settings` are those without secrets, `files`
    the contents of attachments, `lost` those that the site itself no longer had."""

    made_at: str
    database: str
    apps: Mapping[str, int]
    tables: tuple[Content, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    formwork: str = __version__
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(content.rows for content in self.tables)


def silent(name: str, rows: int) -> None:
    """Shows no progress."""


# ---- making


def make(site: Site, path: Path, *, settings: Mapping[str, Any] | None = None, progress: Progress = silent) -> Manifest:
    """Write the whole site, as it is at one moment, into a new file that only its owner may read. Nobody has to stop.

    Raises `Refused` if the file exists or somebody publishes for too long; OSError if it cannot be written."""
    if path.exists():
        raise Refused(say(zh="文件 {path} 已存在", en="There is a file {path} already", path=path), code="exists")
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    try:
        handle = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w+b") as file:
            manifest = _write(site, file, settings or {}, progress)
            file.flush()
            os.fsync(file.fileno())
        check(partial)
        os.link(partial, path)                 # unlike a rename it replaces nothing
    finally:
        partial.unlink(missing_ok=True)
    _settle(path.parent)
    with site.database.write() as connection:
        site_rows.put_fact(connection, FACT, {"file": str(path.resolve()), "rows": manifest.rows}, site.now())
    return manifest


def _settle(folder: Path) -> None:
    """Have the folder's entry on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(site: Site, file: IO[bytes], settings: Mapping[str, Any], progress: Progress) -> Manifest:
    zipped = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION)
    with zipped as archive, _still(site) as reading:
        known: dict[str, Table] = dict(METADATA.tables)
        apps = {}
        for name in versions.apps(reading):
            live = site.live(reading, name)
            apps[name] = live.version
            known |= live.tables.metadata.tables
        contents = [_write_table(archive, reading, shape, progress) for shape in snapshots.shapes(reading, known)]
        files, lost = _write_files(archive, site.files, sorted(file_rows.digests(reading)))
        made_at = site.now().isoformat(timespec="seconds")
        manifest = Manifest(made_at, site.database.dialect, apps, tuple(contents), dict(settings), files, lost)
        archive.writestr(MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
    return manifest


@contextmanager
def _still(site: Site) -> Iterator[Connection]:
    """A snapshot during which nobody changes tables."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        with site.database.read() as connection:
            if snapshots.still(connection):
                yield connection
                return
        if time.monotonic() > until:
            raise Refused(say(zh="有人正在发布，请稍后再试", en="Somebody is publishing; try again later"), code="busy")
        time.sleep(0.5)


def _write_table(archive: zipfile.ZipFile, connection: Connection, shape: Shape, progress: Progress) -> Content:
    digest, count = hashlib.sha256(), 0
    with archive.open(_place(shape.name), "w", force_zip64=True) as file:
        for row in snapshots.rows(connection, shape):
            line = json_texts.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            digest.update(line)
            file.write(line)
            count += 1
    progress(shape.name, count)
    return Content(shape.name, shape.columns, shape.last, count, digest.hexdigest())


def _write_files(
    archive: zipfile.ZipFile, store: Store | None, digests: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The contents that uploads of the snapshot name: those written, and those that the site has no more. One is put
    away before its upload is noted, and swept long after, so that the snapshot's are there."""
    files, lost = [], []
    for digest in digests:
        try:
            found = None if store is None else store.open(digest)
        except Missing:
            found = None
        if found is None:
            lost.append(digest)
            continue
        place = zipfile.ZipInfo(_file(digest))             # most are compressed by themselves: kept as they are
        with found, archive.open(place, "w", force_zip64=True) as file:
            shutil.copyfileobj(found, file, CHUNK)
        files.append(digest)
    return tuple(files), tuple(lost)


def _place(table: str) -> str:
    return f"tables/{table}.jsonl"


def _file(digest: str) -> str:
    return f"files/{digest}"


# ---- reading


def check(path: Path, progress: Progress = silent) -> Manifest:
    """Read a backup from end to end and compare its checksums; raises `Unreadable` if it is damaged or is none."""
    with _opened(path) as (archive, manifest):
        for content in manifest.tables:
            count = sum(1 for _ in _lines(archive, content))
            progress(content.name, count)
        for digest in manifest.files:
            _checked(archive, digest)
    return manifest


class Damaged(Exception):
    """What is read is not what was written."""


@contextmanager
def _opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, _manifest(archive)
    except Damaged as error:
        raise damaged(path.name, str(error)) from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise damaged(path.name, "it is cut short, or its bytes are not those that were written") from error


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        return _manifest_of(json.loads(archive.read(MANIFEST)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Damaged(f"{MANIFEST} is missing or cannot be read") from error


def _manifest_of(found: Mapping[str, Any]) -> Manifest:
    if found["format"] > FORMAT:
        text = say(
            zh="此备份由更新的 Formwork {version} 生成，请用该版本恢复",
            en="This backup was made by a newer Formwork, {version}: restore it with that one",
            version=found["formwork"],
        )
        raise Unreadable(text, code="newer")
    listed = tuple(
        Content(**{**one, "columns": tuple((name, kind) for name, kind in one["columns"])}) for one in found["tables"]
    )
    names = {name: tuple(found.get(name, ())) for name in ("files", "lost")}
    return Manifest(**{**found, **names, "tables": listed})


def _checked(archive: zipfile.ZipFile, digest: str) -> None:
    """Read a content from end to end; `Damaged` if it is not the one that its name says."""
    if not is_digest(digest) or _file(digest) not in archive.namelist():
        raise Damaged(f"{_file(digest)} is missing")
    with archive.open(_file(digest)) as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != digest:  # type: ignore[arg-type]
            raise Damaged(f"{_file(digest)}: checksum")


def _lines(archive: zipfile.ZipFile, content: Content) -> Iterator[list[Any]]:
    """The rows of a table; `Damaged`, at the latest at the end, if they are not those that were written."""
    digest, count = hashlib.sha256(), 0
    if _place(content.name) not in archive.namelist():
        raise Damaged(f"{content.name} is missing")
    with archive.open(_place(content.name)) as file:
        for line in file:
            digest.update(line)
            count += 1
            yield _row(content, line)
    if (count, digest.hexdigest()) != (content.rows, content.sha256):
        raise Damaged(f"{content.name}: checksum")


def _row(content: Content, line: bytes) -> list[Any]:
    try:
        row = json_texts.loads(line)
    except ValueError as error:
        raise Damaged(f"{content.name}: a row cannot be read") from error
    if not isinstance(row, list) or len(row) != len(content.columns):
        raise Damaged(f"{content.name}: a row is cut")
    return row


def damaged(name: str, why: str) -> Unreadable:
    text: Text = say(
        zh="{name} 不是完整的备份文件（{why}）", en="{name} is no backup, or is damaged ({why})", name=name, why=why
    )
    return Unreadable(text, code="damaged")


# ---- restoring


def restore(database: Database, path: Path, progress: Progress = silent, *, files: Store | None = None) -> Manifest:
    """Fill an empty database from a backup, in one transaction; all of it stands afterwards, or nothing. Contents of
    files are put into `files` before, where equal ones may lie already.

    Raises `Refused` if the database holds anything, `Unreadable` for a damaged file, `BadDefinition` if this version of
    Formwork cannot read a definition that was live."""
    with _opened(path) as (archive, manifest), database.write(ENDLESS) as connection:
        held = snapshots.filled(connection)
        if held:
            raise Refused(
                say(
                    zh="数据库不是空的（{table} 中有数据）：只能恢复到空数据库",
                    en="The database is not empty ({table} holds rows): a backup is restored into an empty one only",
                    table=held,
                ),
                code="filled",
            )
        _put_files(archive, manifest, files)
        _fill(connection, archive, manifest, progress)
        outbox.hold(connection)
    return manifest


def _put_files(archive: zipfile.ZipFile, manifest: Manifest, store: Store | None) -> None:
    """Put the contents of files away; `Refused` where there is no place for them."""
    if not manifest.files:
        return
    if store is None:
        raise Refused(attachments.NO_PLACE, code="no_place")
    for digest in manifest.files:
        _checked(archive, digest)
        with archive.open(_file(digest)) as file:
            store.put(file, archive.getinfo(_file(digest)).file_size)


def _fill(connection: Connection, archive: zipfile.ZipFile, manifest: Manifest, progress: Progress) -> None:
    contents = {content.name: content for content in manifest.tables}
    own, others = snapshots.in_order([content.shape for content in manifest.tables])
    snapshots.prepare(connection, own, METADATA.tables)
    for shape in own:
        progress(shape.name, snapshots.load(connection, shape, _lines(archive, contents[shape.name])))
    built = {name: _tables(connection, name) for name in versions.apps(connection)}
    known = {name: table for _, made in built.values() for name, table in made.metadata.tables.items()}
    snapshots.prepare(connection, others, known)
    for shape in others:
        progress(shape.name, snapshots.load(connection, shape, _lines(archive, contents[shape.name])))
    for app, made in built.values():           # indexes, and what this version of Formwork has more
        plan = plans.compare(connection, app, made)
        if plan.blocked:
            listed = "; ".join(str(operation) for operation in plan.blocked)
            text = say(zh="数据与定义不符：{listed}", en="The data do not fit the definition: {listed}", listed=listed)
            raise Refused(text, code="plan")
        migrations.apply(connection, made, plan)
        numbers = versions.numbers(connection, app.name)
        for name, table in made.objects.items():
            if "search_text" in table.c:
                search_index.rebuild(connection, numbers[name], table)


def _tables(connection: Connection, name: str) -> tuple[Any, tables.Tables]:
    found = versions.live(connection, name)
    assert found is not None, "it is one of the live apps"
    loaded = load_app(versions.texts(connection, name, found[0]))
    if loaded.built is None:
        raise BadDefinition(loaded.problems)
    return loaded.built, tables.build(loaded.built)


def verified(database: Database) -> list[verification.Difference]:
    """What does not agree in a restored site: its books are recomputed, and the seals of its trails."""
    site = Site(database)
    found = [one for live in site.apps() for one in verification.verify(site, live.app.name)]
    with database.read() as connection:
        return found + sealing.differences(connection)


def last(connection: Connection) -> tuple[dt.datetime, Mapping[str, Any]] | None:
    """When the last backup was made and where."""
    return site_rows.fact(connection, FACT)
