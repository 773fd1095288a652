"""`formwork doctor`: a site that is well, and each thing that can be wrong with it."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import deploying, doctoring
from engine.cli.main import formwork
from engine.definitions.compile import app_from
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import Worker
from engine.runtime.services import backups, checkups, sealing
from engine.runtime.services.checkups import Finding
from engine.runtime.services.identity import people
from engine.runtime.services.papers import presses
from engine.runtime.storage import job_rows, site_rows
from engine.settings import load
from tests.services.shops import SHOP, Shop


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url)
    made.now = dt.datetime.now(dt.UTC)
    yield made
    made.site.database.close()


def told(shop: Shop) -> dict[str, Finding]:
    return {finding.what: finding for finding in checkups.examine(shop.site)}


def test_a_site_that_is_well(shop: Shop, tmp_path: Path) -> None:
    assert "no seal" in told(shop)["trails"].text
    sealing.keep(shop.site.database, shop.now)
    backups.make(shop.site, tmp_path / "site.backup")
    with shop.site.database.write() as connection:
        site_rows.see_worker(connection, "here:1", "default", 4, shop.now)
    found = told(shop)
    wrong = {what for what, finding in found.items() if finding.level != "ok"}
    assert wrong <= {"data_checksums", "role"}         # of the tests' PostgreSQL
    assert found["app shop"].text == "version 1" and "4 threads" in found["workers"].text


def test_what_is_missing_or_old(shop: Shop, tmp_path: Path) -> None:
    assert "none has been made" in told(shop)["backup"].text
    assert "none has been seen" in told(shop)["workers"].text
    backups.make(shop.site, tmp_path / "site.backup")
    shop.now += dt.timedelta(hours=30)
    late = told(shop)["backup"]
    assert (late.level, "30 hours ago" in late.text) == ("warning", True)


def test_a_machine_without_a_font_for_papers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctoring.papers().level == "ok"
    bare = presses.CHILD.read_text().replace("known = set(fonts.families())", "known = set()")
    child = tmp_path / "papers" / "press_child.py"
    child.parent.mkdir()
    child.write_text(bare)
    shutil.copy(presses.CHILD.parents[1] / "jail.py", tmp_path)
    monkeypatch.setattr(presses, "CHILD", child)
    assert (doctoring.papers().level, "fonts-noto-cjk" in doctoring.papers().text) == ("warning", True)


def test_a_site_that_other_people_reach_is_judged_more_strictly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    bare = load({"FORMWORK_RATE": "0", "FORMWORK_OIDC_ISSUER": "http://id.example"}, tmp_path / "none.toml")
    wrong = {one.what for one in deploying.strict(deploying.examine(bare)) if one.level == "error"}
    assert wrong == {"tls", "hosts", "debug", "rate", "oidc"}
    monkeypatch.setenv("FLASK_DEBUG", "0")
    monkeypatch.setenv("FORMWORK_MAIL", "smtp://mail.example")
    whole = load({
        "FORMWORK_PUBLIC_URL": "https://erp.example", "FORMWORK_TRUSTED_HOSTS": "erp.example",
        "FORMWORK_PROXY_HOPS": "1", "FORMWORK_SECOND_FACTOR": "admin",
    }, tmp_path / "none.toml")
    assert {one.level for one in deploying.examine(whole)} == {"ok"}
    late = [Finding("warning", "backup", "old"), Finding("warning", "data_checksums", "off")]
    assert [one.level for one in deploying.strict(late)] == ["error", "warning"]
    (tmp_path / "var").mkdir()
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(formwork, ["doctor", "--deploy"], standalone_mode=False)
    assert done.return_value == 1 and "ERROR   tls" in done.output, done.output


def test_jobs_that_nobody_does_and_jobs_given_up(shop: Shop) -> None:
    values = {"kind": "mail", "app": "shop", "args": {}, "state": "ready", "run_at": shop.now, "created_at": shop.now}
    with shop.site.database.write() as connection:
        job_rows.add(connection, values)
        job_rows.add(connection, {**values, "state": "failed", "error": "Hopeless: no address\nmore"})
    assert told(shop)["jobs"].level == "ok"
    shop.now += dt.timedelta(minutes=6)
    found = told(shop)
    assert found["jobs"].level == "error" and "is a worker running" in found["jobs"].text
    assert found["failed jobs"].text.endswith("mail of shop: Hopeless: no address")


def test_administrators_with_a_known_password(shop: Shop) -> None:
    people.add_user(shop.site, "root", "Root", "demo", admin=True, rules=False)
    found = told(shop)["passwords"]
    assert found.level == "error" and "root" in found.text


def test_tables_that_are_not_as_defined(shop: Shop) -> None:
    with shop.site.database.write() as connection:
        connection.exec_driver_sql("alter table shop__customer drop column secret")
    found = told(shop)["app shop"]
    assert found.level == "error" and "add column shop__customer.secret" in found.text
    assert shop.site.publish(app_from(SHOP).texts).changed
    assert told(shop)["app shop"].text == "version 2"


@pytest.mark.parametrize("name", ["synchronous", "fsync"])
def test_settings_that_lose_acknowledged_work(shop: Shop, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    kind = "SQLite" if shop.site.database.dialect == "sqlite" else "PostgreSQL"
    real = checkups.server_facts.of
    monkeypatch.setattr(checkups.server_facts, "of", lambda c: {**real(c), name: "OFF", "synchronous_commit": "off"})
    found = told(shop)
    for what in (["synchronous"] if kind == "SQLite" else ["fsync", "synchronous_commit"]):
        if what in (name, "synchronous_commit"):
            assert found[what].level == "error" and "power failure" in found[what].text


def test_what_the_server_says_is_read(shop: Shop) -> None:
    """The real settings, not those of a test double: SQLite with synchronous off, PostgreSQL per session."""
    if shop.site.database.dialect == "sqlite":
        with shop.site.database.engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None
            raw.execute("pragma synchronous=OFF")      # type: ignore[attr-defined]
        assert told(shop)["synchronous"].level == "error"
    else:
        with shop.site.database.write() as connection:
            name = connection.engine.url.database
            connection.exec_driver_sql(f'alter database "{name}" set synchronous_commit = off')
        shop.site.database.engine.dispose()
        assert told(shop)["synchronous_commit"].level == "error"


def test_a_worker_says_that_it_lives_and_that_it_ends(shop: Shop) -> None:
    worker = Worker(shop.site, handlers(shop.site), clock=lambda: shop.now)
    worker._beat()
    assert worker.name in told(shop)["workers"].text
    shop.now += dt.timedelta(minutes=5)
    assert "the last one was seen 5 minutes ago" in told(shop)["workers"].text
    worker.stop()
    assert "none has been seen" in told(shop)["workers"].text


# ---- the machine, the settings, the command


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "HOST", "PORT", "FORMWORK_MAIL", "FORMWORK_DATA_DIR", "FORMWORK_TRUSTED_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def examined() -> dict[str, Finding]:
    return {finding.what: finding for finding in doctoring.examine(load())}


def test_a_server_that_everybody_reaches(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "0.0.0.0")              # noqa: S104
    found = examined()
    assert found["trusted_hosts"].level == "error" and "FORMWORK_TRUSTED_HOSTS" in found["trusted_hosts"].text
    assert found["public_url"].level == "warning"
    monkeypatch.setenv("FORMWORK_TRUSTED_HOSTS", "erp.example.com")
    monkeypatch.setenv("FORMWORK_PUBLIC_URL", "https://erp.example.com")
    assert examined()["trusted_hosts"].level == "ok" and "public_url" not in examined()


def test_weak_secrets_and_open_files(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORMWORK_MAIL", "smtp://me:short@mail.example.com")
    (place / "formwork.toml").write_text('threads = 3\n')
    (place / "formwork.toml").chmod(0o644)
    found = examined()
    assert found["FORMWORK_MAIL"].level == "warning"
    assert found["permissions"].level == "error" and "formwork.toml" in found["permissions"].text
    (place / "formwork.toml").chmod(0o600)
    assert examined()["permissions"].level == "ok"
    assert doctoring.shown(load())["threads"] == ("3", "formwork.toml")
    assert "short" not in json.dumps(doctoring.shown(load()))


def test_little_room_on_the_disk(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, level in ((100, "error"), (5_000_000_000, "warning"), (50_000_000_000, "ok")):
        usage = type("Usage", (), {"free": free, "total": 100_000_000_000})
        monkeypatch.setattr(doctoring.shutil, "disk_usage", lambda folder, usage=usage: usage)
        assert examined()["disk"].level == level


def test_the_command(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = CliRunner().invoke(formwork, ["doctor", "--json"], standalone_mode=False)
    document = json.loads(answer.output)
    assert answer.return_value == 0 and document["settings"]["port"] == ["8000", "default"]
    assert {"level", "what", "text"} == set(document["findings"][0])
    assert CliRunner().invoke(formwork, ["doctor", "--strict"], standalone_mode=False).return_value == 1
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:secret-of-mine@/none?host=/nowhere")
    answer = CliRunner().invoke(formwork, ["doctor"], standalone_mode=False)
    assert answer.return_value == 1 and "cannot be opened" in answer.output and "secret-of-mine" not in answer.output
