"""The audit trail and the events under their seals: whatever is done to them behind the engine's back is found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, text

from engine.runtime.services import commands, sealing, shelving
from engine.runtime.services.identity import people
from engine.runtime.storage import event_rows
from engine.runtime.storage.live import Tx
from engine.runtime.storage.trails import Asked
from tests.services.shops import SHOP, Shop

PERSONAL = SHOP.replace("secret: {type: text,", "secret: {type: text, personal: true,").replace(
    "    manager: {see: true, edit: true}\n  sale:", "    manager: full\n  sale:")
Spoil = Callable[[Connection], object]


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, PERSONAL)
    for number in range(3):
        made.create("wang", "customer", name=f"C{number}", secret=f"of {number}")
        seal(made)
    yield made
    made.site.database.close()


def seal(shop: Shop, days: int = 0) -> int:
    return sealing.keep(shop.site.database, shop.now, days)


def damages(shop: Shop) -> list[tuple[str, str]]:
    with shop.site.database.read() as connection:
        return [(one.trail, one.text) for one in sealing.verify(connection)]


def spoil(shop: Shop, statement: str) -> None:
    with shop.site.database.write() as connection:
        connection.execute(text(statement))


def test_what_happens_is_noted_and_sealed(shop: Shop) -> None:
    assert damages(shop) == [] and seal(shop) == 0
    wang = people.find(shop.site, "wang")
    people.add_user(shop.site, "mia", None, "correct horse", roles={"shop": ["sales"]}, by=wang)
    people.add_user(shop.site, "mia", None, None, roles={"shop": ["store"]})
    people.set_active(shop.site, "mia", False)
    shop.site.publish({"app.yaml": PERSONAL.replace("Shop}", "Store}")}, by="ada", comment="renamed")
    with shop.site.database.read() as connection:
        rows = event_rows.listed(connection, Asked(limit=5))
    told = [(row["kind"], row["actor_name"], row["subject"]) for row in rows]
    assert told == [("published", "ada", "shop"), ("account_disabled", "", "mia"), ("roles_changed", "", "mia"),
                    ("roles_changed", "wang", "mia"), ("account_added", "wang", "mia")]
    assert rows[2]["details"] == {"before": ["sales"], "after": ["store"]}
    assert "correct horse" not in str(rows) and "argon2" not in str(rows)
    assert seal(shop) == 5 and damages(shop) == []


SPOILT = {
    "a value": ("UPDATE sys_audit SET comment = 'nothing happened' WHERE id = 2", "audit", "was changed"),
    "a name": ("UPDATE sys_audit SET actor_name = 'Sun' WHERE id = 2", "audit", "was changed"),
    "taken out": ("DELETE FROM sys_audit WHERE id = 2", "audit", "1 rows were sealed, 0 are there"),
    "another seal": ("UPDATE sys_audit SET seal = seal + 1 WHERE id = 1", "audit", "1 rows were sealed, 0"),
    "the seal too": ("UPDATE sys_seal SET digest = 'x' WHERE id = (SELECT min(id) FROM sys_seal)", "", "chain"),
    "a seal out": ("DELETE FROM sys_seal WHERE id = (SELECT min(id) FROM sys_seal WHERE trail = 'audit')", "audit",
                   "chain is broken"),
    "an event": ("UPDATE sys_event SET subject = 'nobody' WHERE id = 1", "events", "was changed"),
}


def test_what_is_done_to_them_is_found(shop: Shop) -> None:
    for how, (statement, trail, words) in SPOILT.items():
        with shop.site.database.engine.connect() as connection:      # taken back at its end
            connection.execute(text(statement))
            found = [(one.trail, one.text) for one in sealing.verify(connection)]
        assert found and all(one[0] == trail or not trail for one in found), (how, found)
        assert any(words in one[1] for one in found), (how, found)
    assert damages(shop) == []


def test_erasing_personal_data_breaks_no_chain_and_hides_no_change(shop: Shop) -> None:
    shop.run("wang", lambda tx: commands.delete(tx, "customer", 1))
    shop.run("wang", lambda tx: shelving.purge(tx, "customer", 1))
    with shop.site.database.read() as connection:
        assert "of 0" not in str(connection.execute(text("SELECT changes FROM sys_audit")).all())
    seal(shop)
    assert damages(shop) == []
    spoil(shop, "UPDATE sys_audit SET actor_name = 'Sun' WHERE id = 1")
    assert [one[0] for one in damages(shop)] == ["audit"], "an erased row is watched as the others are"


def test_old_rows_go_and_the_chain_stays(shop: Shop) -> None:
    shop.now += dt.timedelta(days=400)
    shop.create("wang", "customer", name="New")
    seal(shop, days=365)
    seal(shop)
    with shop.site.database.read() as connection:
        kept = connection.execute(text("SELECT count(*) FROM sys_audit")).scalar_one()
        told = event_rows.listed(connection, kinds=("emptied",))
    assert kept == 1 and told and damages(shop) == []
    spoil(shop, "UPDATE sys_seal SET rows = 7 WHERE id = (SELECT min(id) FROM sys_seal WHERE trail = 'audit')")
    assert damages(shop)


def test_what_takes_too_long_to_seal_is_left_to_the_next_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        shop.create("wang", "customer", name=f"Late {number}")
    monkeypatch.setattr(sealing, "BATCH", 2)
    assert [sealing.keep(shop.site.database, shop.now, seconds=0) for _ in range(3)] == [2, 1, 0]
    assert damages(shop) == []


def test_a_command_that_is_undone_leaves_no_row_to_seal(shop: Shop) -> None:
    def fails(tx: Tx) -> None:
        commands.create(tx, "customer", {"name": "Gone"})
        raise KeyError("undone")

    with pytest.raises(KeyError):
        shop.run("wang", fails)
    assert seal(shop) == 0 and damages(shop) == []
