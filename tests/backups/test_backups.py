"""Backups: made while others write, restored on either kind of database, refused when damaged or in the way."""

from __future__ import annotations

import contextlib
import json
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, inspect, update

from engine.definitions.compile import app_from
from engine.errors import Refused, Unreadable
from engine.runtime.services import backups, reading, sealing
from engine.runtime.services.identity import people
from engine.runtime.services.registers import verification
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from engine.runtime.storage.system import AUDIT
from tests.clusters import fresh_database
from tests.services.shops import SHOP, Shop

MORE = """
  all_kinds:
    fields:
      note: long_text
      big: {type: decimal, decimals: 6}
      on: {type: boolean}
      day: date
      met: datetime
      hour: time
      lasts: duration
      words: tags
      raw: json
      near: {type: links, to: product}
      color: {type: choice, options: {a: A, b: B}}
      span: {type: range, of: date}
  delivery:
"""
TEXT = SHOP.replace("\n  delivery:\n", MORE, 1).replace("\naccess:\n", "\naccess:\n  all_kinds: {store: full}\n", 1)
VALUES: dict[str, Any] = {
    "note": "一行\n“two” \\ \t", "big": "1234567890.123456", "on": True, "day": "2024-02-29",
    "met": "2026-01-01T12:30:00Z", "hour": "23:59", "words": ["x", "y z"],
    "raw": {"a": [1, 2.5, None, {"b": "ü"}], "n": 12345678901234567890}, "near": ["a", "b"], "color": "b",
}


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    """A shop with a bit of everything, also what earlier publishings have left."""
    older = TEXT.replace("note: {type: text, zh: 备注", "memo: {type: text, zh: 备注").replace("[note]", "[memo]")
    made = Shop(database_url, older)
    made.stocked(a=100, b=100)
    made.sold(a=3, b=2)
    made.site.publish(app_from(TEXT).texts)            # `memo` is kept as zz_memo
    made.create("zhao", "all_kinds", **VALUES)
    made.act("zhao", made.sold(a=1), "ship")
    yield made
    made.site.database.close()


@pytest.fixture
def other_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'other.db'}"


def state(site: Site) -> dict[str, Any]:
    """All that people can see of a shop, as plain values."""
    found: dict[str, Any] = {}
    with site.read("shop", SERVICE) as tx:
        for name, obj in tx.app.objects.items():
            if not obj.owner:
                for record in reading.page(tx, name, reading.Query(limit=200)).items:
                    found[f"{name} {record.id}"] = {
                        name: record.get(name) if field.kind == "json" else str(record.get(name))
                        for name, field in obj.fields.items()
                    }
    found["versions"] = [(v.number, v.digest, v.published_at) for v in site.versions("shop")]
    return found


def comes_back(shop: Shop, url: str, path: Path) -> None:
    """What people see is the same, page by page, and so is what comes next."""
    before = state(shop.site)
    manifest = backups.make(shop.site, path)
    assert manifest.apps == {"shop": 2} and manifest.rows > 50
    with contextlib.closing(Database(url)) as database:
        backups.restore(database, path)
        assert backups.verified(database) == []
        sealing.keep(database, shop.now)
        with database.write() as connection:       # somebody was at the trail
            connection.execute(update(AUDIT).where(AUDIT.c.id == 2).values(event="created", action="x"))
        (spoilt,) = map(str, backups.verified(database))
        assert spoilt.startswith("site: trail audit, seal ") and "was changed" in spoilt
        site = Site(database, now=lambda: shop.now)
        after = state(site)
        assert [after[name] for name in before] == [before[name] for name in before]
        assert people.find(site, "li") is not None
        same_shapes(shop.site.database, database)
        goes_on(shop, site)


def test_everything_comes_back_on_sqlite(shop: Shop, other_url: str, tmp_path: Path) -> None:
    comes_back(shop, other_url, tmp_path / "site.backup")


@pytest.mark.postgres
def test_everything_comes_back_on_postgresql(shop: Shop, postgres_server: str, tmp_path: Path) -> None:
    with fresh_database(postgres_server, f"restored_{tmp_path.name}"[:60].lower()) as url:
        comes_back(shop, url, tmp_path / "site.backup")


def same_shapes(one: Database, other: Database) -> None:
    """Tables, columns and indexes are the same, also those that no definition names any more."""
    told = []
    for database in (one, other):
        with database.read() as connection:
            inspector = inspect(connection)
            told.append({
                name: (
                    sorted(column["name"] for column in inspector.get_columns(name)),
                    sorted(str(index["name"]) for index in inspector.get_indexes(name)),
                )
                for name in inspector.get_table_names()
                if name.startswith("shop__")       # SQLite does not tell of the unique rules of the site's own
            })
            metadata = MetaData()
            metadata.reflect(connection, only=["shop__sale"])
            kept = connection.execute(metadata.tables["shop__sale"].select()).mappings().first()
            assert kept is not None and "zz_memo" in kept
    assert told[0] == told[1]


def goes_on(shop: Shop, site: Site) -> None:
    """New records get new ids and the next number."""
    last = shop.sold(a=1)
    wanted = shop.value(last, "number")
    old, shop.site = shop.site, site
    try:
        made = shop.sold(a=1)
        assert (made.id, shop.value(made, "number")) == (last.id, wanted)
        assert verification.verify(site, "shop") == []
    finally:
        shop.site = old


def test_made_while_others_write(shop: Shop, tmp_path: Path) -> None:
    """One moment is kept: whole documents, and all that was acknowledged before."""
    done: list[int] = []
    failures: list[BaseException] = []
    ended = threading.Event()

    def sell() -> None:
        try:
            while not ended.is_set():
                done.append(shop.sold("li", a=1).id)
                receipt = shop.create("zhao", "receipt", date="2026-05-01", lines=[{"product": "a", "qty": "5"}])
                shop.act("zhao", receipt, "post")
        except BaseException as error:
            failures.append(error)

    writers = [threading.Thread(target=sell) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        for number in range(3):
            sure = list(done)
            backups.make(shop.site, tmp_path / f"{number}.backup")
            with contextlib.closing(Database(f"sqlite:///{tmp_path}/copy{number}.db")) as database:
                backups.restore(database, tmp_path / f"{number}.backup")
                assert backups.verified(database) == []
                with Site(database).read("shop", SERVICE) as tx:
                    for id in sure:
                        sale = reading.get(tx, "sale", id)
                        assert sale.state == "approved" and len(sale.lines("lines")) == 1
    finally:
        ended.set()
        for writer in writers:
            writer.join()
    assert failures == [] and len(done) > 3


def test_only_an_empty_place_is_filled(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "site.backup"
    backups.make(shop.site, path)
    before = state(shop.site)
    with pytest.raises(Refused, match="not empty .*holds rows"):
        backups.restore(shop.site.database, path)
    assert state(shop.site) == before
    with pytest.raises(Refused, match="already"):
        backups.make(shop.site, path)


def spoil(path: Path, how: str) -> None:
    raw = bytearray(path.read_bytes())
    if how == "cut":
        del raw[len(raw) // 2 :]
    elif how == "flipped":
        raw[len(raw) // 3] ^= 0x10
    elif how == "other":
        raw = bytearray(b"PK no backup")
    path.write_bytes(bytes(raw))
    if how in ("fewer rows", "newer", "a table less"):
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        if how == "fewer rows":
            parts["tables/shop__sale.jsonl"] = parts["tables/shop__sale.jsonl"].split(b"\n", 1)[1]
        elif how == "newer":
            parts["manifest.json"] = json.dumps({**json.loads(parts["manifest.json"]), "format": 99}).encode()
        else:
            del parts["tables/shop__sale.jsonl"]
        with zipfile.ZipFile(path, "w") as archive:
            for name, part in parts.items():
                archive.writestr(name, part)


@pytest.mark.parametrize("how", ["cut", "flipped", "other", "fewer rows", "newer", "a table less"])
def test_a_damaged_backup_leaves_nothing(sqlite_url: str, other_url: str, tmp_path: Path, how: str) -> None:
    shop = Shop(sqlite_url, TEXT)
    shop.stocked(a=100)
    shop.sold(a=3)
    path = tmp_path / "site.backup"
    backups.make(shop.site, path)
    shop.site.database.close()
    spoil(path, how)
    with pytest.raises(Unreadable, match="newer Formwork" if how == "newer" else "damaged") as refused:
        backups.check(path)
    assert not any(word in str(refused.value) for word in ("Expecting", "column", "char ", "Errno", "object")), refused
    with contextlib.closing(Database(other_url)) as database:
        with pytest.raises(Unreadable):
            backups.restore(database, path)
        with database.read() as connection:
            assert inspect(connection).get_table_names() == []


def test_a_backup_that_fails_leaves_no_file(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(sqlite_url)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.runtime.services.backups._write_table", full)
    with pytest.raises(OSError, match="No space"):
        backups.make(shop.site, tmp_path / "site.backup")
    assert list(tmp_path.glob("*.backup*")) == []
    shop.site.database.close()


def test_only_its_owner_reads_it(sqlite_url: str, tmp_path: Path) -> None:
    shop = Shop(sqlite_url)
    backups.make(shop.site, tmp_path / "site.backup")
    assert (tmp_path / "site.backup").stat().st_mode & 0o077 == 0
    shop.site.database.close()
