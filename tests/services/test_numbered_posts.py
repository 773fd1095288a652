"""`each: numbers(…) as n`: a record that posts once per night, and what its register keeps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine.definitions.compile import load
from engine.errors import Refused
from engine.runtime.services import commands, inputs
from engine.runtime.services.registers import verification
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from tests.apps.asking import ask

TEXT = """
app: hotel
name: Hotel
objects:
  room: {key: code, fields: {code: {type: text, required: true, unique: true}}}
  stay:
    fields: {room: {type: link, to: room}, first: date, nights: integer}
    posts:
      - {to: taken, each: "numbers(1, nights) as n", keys: {room: room, day: first + (n - 1) * 1 day}, add: {beds: 1}}
registers:
  taken:
    dated: false
    keys: {room: {type: link, to: room}, day: date}
    measures: {beds: integer}
    guards: [{that: beds <= 1, say: "{room.code} is taken on {day}"}]
access: {any: {everyone: full}}
"""
NOW = dt.datetime(2026, 5, 4, 9, tzinfo=dt.UTC)


@pytest.fixture
def site(database_url: str) -> Iterator[Site]:
    app = load({"hotel.yaml": TEXT}).app
    assert app is not None
    made = Site(Database(database_url), now=lambda: NOW)
    made.publish(app.texts)
    create(made, "room", code="A")
    yield made
    made.database.close()


def create(site: Site, object: str, **values: object) -> int:
    made = site.run(
        "hotel", SERVICE, lambda tx: commands.create(tx, object, inputs.read(tx, object, values)).id
    )
    assert made is not None
    return int(made)


def change(site: Site, id: int, **values: object) -> None:
    site.run("hotel", SERVICE, lambda tx: commands.update(tx, "stay", id, inputs.read(tx, "stay", values)))


def taken(site: Site) -> list[object]:
    return [ask(site, "hotel", f"sum(taken where day = date(2026, 5, {day}), beds)") for day in range(4, 9)]


def test_a_stay_takes_each_of_its_nights(site: Site) -> None:
    create(site, "stay", room="A", first="2026-05-05", nights=3)
    assert taken(site) == [Decimal(n) for n in (0, 1, 1, 1, 0)]
    assert verification.verify(site, "hotel") == []


def test_a_shorter_stay_gives_the_rest_back_and_a_deleted_one_all(site: Site) -> None:
    stay = create(site, "stay", room="A", first="2026-05-05", nights=3)
    change(site, stay, first="2026-05-06", nights=1)
    assert taken(site) == [Decimal(n) for n in (0, 0, 1, 0, 0)]
    change(site, stay, nights=0)
    assert taken(site) == [Decimal(0)] * 5
    assert verification.verify(site, "hotel") == []


def test_nights_that_overlap_are_refused_with_their_day(site: Site) -> None:
    create(site, "stay", room="A", first="2026-05-05", nights=3)
    with pytest.raises(Refused, match="A is taken on May 7, 2026"):
        create(site, "stay", room="A", first="2026-05-07", nights=2)
    create(site, "stay", room="A", first="2026-05-08", nights=1)


def test_more_numbers_than_one_rule_takes_are_refused(site: Site) -> None:
    with pytest.raises(Refused, match="at most 1000 numbers"):
        create(site, "stay", room="A", first="2026-05-05", nights=1001)
