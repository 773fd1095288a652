"""A database that is away, full or too slow: the person is told with a 503, and the next command works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import Busy
from engine.runtime.services.identity import people
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx
from engine.runtime.web.app import create_app
from tests.services.shops import Shop


def cut(tx: Tx) -> None:
    tx.connection.exec_driver_sql("select pg_terminate_backend(pg_backend_pid())")


def dawdle(tx: Tx) -> None:
    tx.connection.exec_driver_sql("set local statement_timeout = '50ms'")
    tx.connection.exec_driver_sql("select pg_sleep(5)")


@pytest.mark.postgres
@pytest.mark.parametrize(("act", "code"), [(cut, "unreachable"), (dawdle, "slow")])
def test_a_command_that_the_database_breaks_off(postgres_url: str, act: Callable[[Tx], None], code: str) -> None:
    shop = Shop(postgres_url)
    with pytest.raises(Busy) as told:
        shop.run("li", act)
    assert (told.value.code, told.value.status) == (code, 503)
    assert shop.create("li", "customer", name="Next").id
    shop.site.database.close()


def test_a_full_disk_loses_nothing_and_is_told(sqlite_url: str) -> None:
    shop = Shop(sqlite_url)

    def fill(tx: Tx) -> None:
        tx.connection.exec_driver_sql("pragma max_page_count = 1")          # no page more than there are now
        tx.connection.exec_driver_sql("create table filler (x)")
        tx.connection.exec_driver_sql("insert into filler values (zeroblob(10000000))")

    with pytest.raises(Busy, match="nothing was saved") as told:
        shop.run("li", fill)
    assert told.value.code == "disk"
    shop.run("li", lambda tx: tx.connection.exec_driver_sql("pragma max_page_count = 1000000"))
    assert shop.create("li", "customer", name="Next").id
    shop.site.database.close()


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    away = Database(f"postgresql://nobody@/none?host={tmp_path}")
    with pytest.raises(Busy, match="cannot be reached"), away.read():
        pass
    with pytest.raises(Busy, match="cannot be reached"), away.write():
        pass
    away.close()


@pytest.mark.postgres
def test_a_program_is_told_when_to_try_again(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(postgres_url)
    person = people.find(shop.site, "li")
    assert person is not None
    headers = {"Authorization": f"Bearer {people.make_token(shop.site, person.id)}", "Accept-Language": "en"}
    client = create_app(shop.site).test_client()
    with monkeypatch.context() as broken:
        broken.setattr("engine.runtime.services.commands.create", lambda tx, *_, **__: cut(tx))
        answer = client.post("/api/shop/customer", json={"name": "A"}, headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "look before you try again" in answer.get_json()["detail"]
    assert client.post("/api/shop/customer", json={"name": "A"}, headers=headers).status_code == 201
    shop.site.database.close()
