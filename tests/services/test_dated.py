"""Automations that the day of a record starts: at its moment, once, by the day as it stands then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from engine.expressions.values import Ref
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import commands
from engine.runtime.storage import job_rows
from tests.services.shops import HEAD, Shop, app_from

APP = HEAD + """\
objects:
  bill:
    fields:
      name: {type: text, required: true}
      issued: date
      days: {type: integer, default: 10}
      due: {formula: issued + days, type: date}
      meets: datetime
      paid: boolean
      told: text
automations:
  before: {date: bill.due, before: 3 days, at: "09:00", when: not paid, do: [{set: {told: "=told & 'b'"}}]}
  after: {date: bill.due, after: 2 working days, at: "17:30", when: not paid, do: [{set: {told: "=told & 'a'"}}]}
  hour: {date: bill.meets, before: 1 hour, do: [{set: {told: "=told & 'h'"}}]}
  day: {date: bill.issued, catch_up: skip, do: [{set: {told: "=told & 'd'"}}]}
access: {bill: {sales: full}}
"""
SHANGHAI = dt.timezone(dt.timedelta(hours=8))


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, APP)
    yield made
    made.site.database.close()


def at(shop: Shop, day: int, hour: int, minute: int = 0) -> str:
    """Let it be this moment of May 2026 in Shanghai, and the workers do what is due; what was told to the first."""
    shop.now = dt.datetime(2026, 5, 1, hour, minute, tzinfo=SHANGHAI).astimezone(dt.UTC) + dt.timedelta(days=day - 1)
    drain(shop.site, handlers(shop.site), shop.now)
    return told(shop, Ref("bill", 1))


def told(shop: Shop, ref: Ref) -> str:
    """What the automations have left behind."""
    return str(shop.value(ref, "told") or "")


def bill(shop: Shop, **values: Any) -> Ref:
    return shop.create("li", "bill", name="A", **values)


def test_each_comes_at_its_moment_and_once(shop: Shop) -> None:
    bill(shop, issued="2026-05-06", meets="2026-05-05T10:00:00+08:00")       # due on Saturday the 16th; it is the 4th
    assert at(shop, 5, 8, 59) == ""
    assert at(shop, 5, 9) == "h"
    assert at(shop, 6, 0) == "hd"
    assert (at(shop, 13, 8, 59), at(shop, 13, 9), at(shop, 14, 9)) == ("hd", "hdb", "hdb")
    assert (at(shop, 19, 17, 29), at(shop, 19, 17, 30), at(shop, 20, 0)) == ("hdb", "hdba", "hdba")


def test_a_day_that_moves_is_the_one_that_counts(shop: Shop) -> None:
    made = bill(shop, issued="2026-05-06")
    shop.update("li", made, issued="2026-05-08")
    assert (at(shop, 6, 0), at(shop, 8, 0), at(shop, 13, 9)) == ("", "d", "d")
    assert at(shop, 15, 9) == "db"
    shop.update("li", made, issued="")
    assert at(shop, 30, 0) == "db"


def test_what_no_longer_holds_at_the_moment_does_nothing(shop: Shop) -> None:
    made = bill(shop, issued="2026-05-06")
    shop.update("li", made, paid="true")
    assert at(shop, 30, 0) == ""                # and the day itself was skipped: it is weeks ago
    other = bill(shop, issued="2026-05-25")
    shop.run("li", lambda tx: commands.delete(tx, "bill", other.id))
    at(shop, 40, 0)                             # in the bin: nothing happens, and nothing fails
    with shop.site.database.read() as connection:
        assert not job_rows.listing(connection, "failed", "ready")


def test_days_that_are_past_when_they_are_set(shop: Shop) -> None:
    bill(shop, issued="2026-04-26")             # due the day after tomorrow: too late for three days before
    assert at(shop, 4, 12) == "b"
    old = bill(shop, issued="2026-01-01")
    at(shop, 5, 12)
    assert told(shop, old) == ""


def test_records_that_are_there_when_the_version_goes_live(database_url: str) -> None:
    shop = Shop(database_url, APP.partition("automations:")[0] + "access: {bill: {sales: full}}\n")
    bill(shop, issued="2026-05-06")
    shop.site.publish(app_from(APP).texts)
    assert at(shop, 4, 12) == ""
    assert at(shop, 13, 9) == "b"
    with shop.site.database.read() as connection:
        assert not job_rows.listing(connection, "failed")
    shop.site.database.close()
