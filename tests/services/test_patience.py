"""Statements that take too long are broken off: the person is told, nothing is half done, the next request works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from engine.errors import Busy
from engine.runtime.services.identity import people
from engine.runtime.storage import patience
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx
from engine.runtime.storage.patience import ENDLESS, PATIENT, QUICK
from engine.runtime.web import snapshots
from engine.runtime.web.app import create_app
from tests.services.shops import Shop

LONG = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000000) select count(*) from n"
SHOWN = "select current_setting('statement_timeout')"


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url)
    yield made
    made.site.database.close()


def hurry(connection: Connection) -> None:
    """What remains of the patience is some milliseconds."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("set local statement_timeout = '50ms'")
    else:
        connection.info[patience.WATCH].seconds = 0.05


def test_a_long_statement_of_a_command_is_taken_back(shop: Shop) -> None:
    def dawdle(tx: Tx) -> None:
        tx.connection.exec_driver_sql("update shop__customer set name = 'half done'")
        hurry(tx.connection)
        tx.connection.exec_driver_sql(LONG)

    shop.create("li", "customer", name="Whole")
    with pytest.raises(Busy, match="nothing was saved") as told:
        shop.run("li", dawdle)
    assert (told.value.code, told.value.status) == ("slow", 503)
    assert shop.create("li", "customer", name="Next").id
    with shop.site.database.read() as connection:
        names = connection.exec_driver_sql("select name from shop__customer").scalars().all()
    assert "half done" not in names and {"Whole", "Next"} <= set(names)


def test_who_looks_up_too_much_is_told_to_narrow_it(shop: Shop) -> None:
    with pytest.raises(Busy, match="Narrow it") as told, shop.site.database.read(QUICK) as connection:
        hurry(connection)
        connection.exec_driver_sql(LONG)
    assert told.value.code == "slow"
    with shop.site.database.read(QUICK) as connection:
        assert connection.exec_driver_sql("select 1").scalar_one() == 1


@pytest.mark.parametrize(
    ("path", "seconds"),
    [("/apps/shop/records/customer", QUICK), ("/api/shop/customer", QUICK),
     ("/apps/shop/records/customer/export.csv", PATIENT)],
)
def test_pages_have_seconds_and_exports_a_minute(
    shop: Shop, path: str, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float | None] = []
    reading = Database.read

    def noting(self: Database, seconds: float | None = None) -> object:
        asked.append(seconds)
        return reading(self, seconds)

    monkeypatch.setattr(Database, "read", noting)
    person = people.find(shop.site, "li")
    assert person is not None
    made = people.make_token(shop.site, person.id)
    client = create_app(shop.site).test_client()
    client.get(path, headers={"Authorization": f"Bearer {made}"})
    assert seconds in asked and asked[-1] in (QUICK, PATIENT)


@pytest.mark.parametrize(("seconds", "shown"), [(QUICK, "5s"), (PATIENT, "1min"), (None, "1min")])
@pytest.mark.postgres
def test_a_server_is_told_with_the_connection(postgres_url: str, seconds: float | None, shown: str) -> None:
    database = Database(postgres_url)
    with database.read(seconds) as connection:
        assert connection.exec_driver_sql(SHOWN).scalar_one() == shown
    database.close()


@pytest.mark.postgres
def test_publishing_takes_as_long_as_it_takes(postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.write(ENDLESS) as connection:
        assert connection.exec_driver_sql(SHOWN).scalar_one() == "0"
    with database.write() as connection:
        assert connection.exec_driver_sql(SHOWN).scalar_one() == "1min"
    database.close()


def test_a_watch_that_is_over_leaves_the_next_transaction_alone(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    small = LONG.replace("100000000", "2000000")
    with pytest.raises(Busy), database.read(0.001) as connection:
        connection.exec_driver_sql(LONG)
    for seconds in (None, PATIENT):            # the pool gives the same connection again
        with database.read(seconds) as connection:
            assert connection.exec_driver_sql(small).scalar_one() == 2000000
    database.close()


def test_a_page_that_takes_too_long_says_so_in_the_language_of_the_reader(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = people.find(shop.site, "li")
    assert person is not None
    headers = {"Authorization": f"Bearer {people.make_token(shop.site, person.id)}", "Accept-Language": "zh"}
    client = create_app(shop.site).test_client()

    def slowly(*_: object, **__: object) -> None:
        with snapshots.reading() as connection:
            hurry(connection)
            connection.exec_driver_sql(LONG)

    with monkeypatch.context() as broken:
        broken.setattr("engine.runtime.web.api.records.opened", slowly)
        answer = client.get("/api/shop/customer", headers=headers)
    assert answer.status_code == 503
    assert "缩小范围" in answer.get_json()["detail"]
    assert client.get("/api/shop/customer", headers=headers).status_code == 200


def test_what_only_reads_cannot_write(shop: Shop) -> None:
    """Whoever finds a way to smuggle a statement into a page that only shows something changes nothing by it."""
    for statement in ("update sys_user set name = 'owned'", "delete from sys_user", "create table owned (id integer)"):
        with pytest.raises(DBAPIError, match="(?i)read.?only"), shop.site.database.read() as connection:
            connection.exec_driver_sql(statement)
