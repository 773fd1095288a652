"""Every door × every kind of rule: what a rule refuses is refused at each door, with the same words, and nothing in the
database is changed; what a command brings about by itself happens exactly once, whichever door it came through."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine.expressions.values import Ref
from engine.runtime.storage.actors import SERVICE
from tests.clusters import fresh_database
from tests.conftest import unavailable
from tests.services.entrances import BY_THE_APP, DOORS, LATER, House, Order, Said, audits

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Rule:
    """What an order breaks. `order` prepares the records and gives the order; `says` is in every door's answer;
    `status`, `code` and `at` are what programs are told. `free`: the app itself is not bound by it."""

    order: Callable[[House, str], Order]
    says: str
    status: int
    code: str
    at: str = ""
    free: tuple[str, ...] = ()
    other: Mapping[str, str] = field(default_factory=dict)      # what it says at a door where that is something else


def new(**values: Any) -> Callable[[House, str], Order]:
    """The order to create a thing that breaks a rule by these values."""

    def order(house: House, code: str) -> Order:
        return Order("create", {**good(code), **values}, code=code)

    return order


def good(code: str) -> dict[str, Any]:
    return {"code": code, "name": f"Thing {code}", "kind": "red", "size": 5, "note": "", "shelf": code}


def made(house: House, code: str, login: str = "li", **values: Any) -> Ref:
    return house.shop.create(login, "thing", **{**good(code), **values})


def twin(house: House, code: str) -> Order:
    made(house, f"{code}-first", name=f"{code}-twin")
    return Order("create", {**good(code), "name": f"{code}-twin"}, code=code)


def full(house: House, code: str) -> Order:
    made(house, f"{code}-first", size=40)
    return Order("create", {**good(code), "size": 30, "shelf": f"{code}-first"}, code=code)


def theirs(house: House, code: str) -> Order:
    return Order("size", {"size": 7}, made(house, code, "wang"), code)


def seen(house: House, code: str) -> Order:
    return Order("size", {"size": 7}, made(house, f"seen{code}", "wang"), f"seen{code}")


def priced(house: House, code: str) -> Order:
    return Order("cost", {"cost": "3.00"}, made(house, code), code)


def sealed(house: House, code: str) -> Order:
    ref = made(house, code)
    house.shop.update("li", ref, note="sealed")
    return Order("size", {"size": 7}, ref, code)


def closed(house: House, code: str) -> Order:
    ref = made(house, code)
    house.shop.act("li", ref, "close")
    return Order("close", {}, ref, code)


def under_way(house: House, code: str) -> Order:
    ref = made(house, code)
    house.shop.act("li", ref, "submit")
    return Order("size", {"size": 7}, ref, code)


def shut(house: House, code: str) -> Order:
    """A field that the state does not open to people; what an action or automation sets is not an edit."""
    ref = made(house, code)
    house.shop.act("li", ref, "close")
    return Order("size", {"size": 7}, ref, code)


RULES = {
    "required": Rule(new(name=""), "Surname", 422, "invalid", "name"),
    "type": Rule(new(kind="purple"), "Colour: “purple” is none of the options", 422, "invalid", "kind",
                 other={"import": "kind “purple” is none of the options"}),      # the column stands beside it
    "check": Rule(new(size=55), "Size is below fifty", 422, "small", "size"),
    "unique": Rule(twin, "Surname", 422, "invalid", "name"),
    "row out of sight": Rule(theirs, "There is no such record", 404, "not_found", free=LATER,
                             other={"within": "points to a record that does not exist"}),
    "row in sight": Rule(seen, "You may not do this with seen", 403, "forbidden", free=BY_THE_APP),
    "field access": Rule(priced, "Cost", 422, "invalid", "cost", free=BY_THE_APP),
    "lock": Rule(sealed, "is locked", 409, "state", "size"),
    "state of a field": Rule(shut, "Size", 409, "state", "size", free=BY_THE_APP),
    "state of an action": Rule(closed, "Close is not possible while it is Closed", 409, "state"),
    "guard": Rule(full, "The shelf is full", 409, "guard"),
    "flow lock": Rule(under_way, "being approved", 423, "locked"),
}
# An import leaves an action out that its state does not allow any more: running the file again changes nothing.
SILENT = {("import", "state of an action")}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def house(
    request: pytest.FixtureRequest, _server: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """One site for all pairs: no test sees what another one made."""
    folder = tmp_path_factory.mktemp("house")
    if request.param == "sqlite":
        yield from opened(f"sqlite:///{folder / 'site.db'}", folder)
        return
    address, reason = _server
    if not address:
        unavailable(reason)
    with fresh_database(address, f"doors_{os.getpid()}_{next(_numbers)}") as url:
        yield from opened(url, folder)


def opened(url: str, folder: Path) -> Iterator[House]:
    house = House(url, folder)
    try:
        yield house
    finally:
        house.shop.site.database.close()


@pytest.fixture
def code(house: House) -> Iterator[str]:
    """A key that no other test uses; afterwards nothing is left to be tried again."""
    yield f"c{next(_numbers)}"
    house.clear()


def settled(house: House, door: str, order: Order) -> None:
    """What the records before the order have set off is over, and the errand of a door that comes later is left."""
    house.work()
    assert house.failures() == ""
    if door in LATER:
        house.errand(door, order, "app")


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("door", DOORS)
def test_no_door_lets_anything_by(house: House, code: str, door: str, rule: str) -> None:
    broken = RULES[rule]
    order = broken.order(house, code)
    settled(house, door, order)
    before = house.snapshot()
    said = DOORS[door](house, order)
    if door in broken.free:
        assert said.done, said.text
        assert order.target is not None and audits(house, order.target)[-1] == ("updated", who(house, door))
        return
    assert not said.done, "the door let it by"
    assert house.snapshot() == before, "a refusal has written"
    if (door, rule) not in SILENT:
        assert broken.says and broken.other.get(door, broken.says) in said.text
    check_answer(door, broken, said)


def check_answer(door: str, broken: Rule, said: Said) -> None:
    """Programs are told status, code and field; the page leads to the field."""
    if door in ("api", "bulk", "each"):
        place = ".".join(filter(None, ("items.0" if door == "bulk" else "", broken.at)))
        assert (said.status, said.code) == (broken.status, broken.code), said.text
        assert said.fields == ((place,) if place else ()), said.text
    if door == "page":
        assert said.status == broken.status, said.text
        if broken.at and broken.status == 422:
            assert broken.at in said.fields, said.text


def who(house: House, door: str) -> int | None:
    """Whom the audit names: the person (also for what is done in the person's transaction), None = the app."""
    return None if door in LATER else house.shop.actor("li").id


def done(house: House, door: str, code: str) -> Ref:
    """A good order through the door, and the record that it made."""
    order = new()(house, code)
    settled(house, door, order)
    said = DOORS[door](house, order)
    assert said.done, said.text
    with house.shop.site.read("shop", SERVICE) as tx:
        found = tx.connection.exec_driver_sql(f"select id from shop__thing where code = '{code}'").all()
    assert len(found) == 1
    return Ref("thing", found[0][0])


def last_number(house: House) -> int:
    with house.shop.site.database.read() as connection:
        return max((row[0] for row in connection.exec_driver_sql("select last from sys_counter")), default=0)


@pytest.mark.parametrize("door", DOORS)
def test_numbering_counts_once(house: House, code: str, door: str) -> None:
    before = last_number(house)
    ref = done(house, door, code)
    assert (house.shop.value(ref, "number"), last_number(house)) == (f"T{before + 1:04}", before + 1)


@pytest.mark.parametrize("door", DOORS)
def test_the_audit_notes_it_once(house: House, code: str, door: str) -> None:
    ref = done(house, door, code)
    assert audits(house, ref) == [("created", who(house, door))]


@pytest.mark.parametrize("door", DOORS)
def test_a_trigger_fires_once(house: House, code: str, door: str) -> None:
    done(house, door, code)
    for hours in (0, 1.01):
        house.work(hours)
        with house.shop.site.database.read() as connection:
            found = connection.exec_driver_sql(f"select count(*) from shop__log where what = '{code}'").scalar()
        assert found == 1
