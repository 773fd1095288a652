"""Schedules: one job per planned time, whatever dies, doubles or changes in between."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from engine.definitions.app import App
from engine.runtime.jobs import schedules
from engine.runtime.jobs.schedules import Schedule, Timetable, next_time
from engine.runtime.storage.schedule_tables import SCHEDULES
from tests.jobs.sites import START, SmallSite, empty_app

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def site(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallSite]:
    wanted: dict[int, list[Schedule]] = {0: [Schedule("hourly", "0 * * * *", "effect", {"what": "x"})], 1: []}
    wanted[2] = [Schedule("hourly", "30 * * * *", "effect", {"what": "y"})]
    place = SmallSite(database_url)
    monkeypatch.setattr(schedules, "wanted", lambda app: wanted[place.live.version])
    yield place
    place.database.close()


def test_each_planned_time_enters_one_job(site: SmallSite) -> None:
    tables = [Timetable(site), Timetable(site)]
    assert [t.keep(site.now) for t in tables] == [0, 0]
    assert [t.keep(site.later(minutes=59)) for t in tables] == [0, 1]        # 8:59, then 9:58
    assert [t.keep(site.now) for t in tables] == [0, 0]
    assert site.states() == ["ready"]


def test_missed_times_become_one(site: SmallSite) -> None:
    table = Timetable(site)
    table.keep(site.now)
    assert table.keep(site.later(hours=5)) == 1
    assert table.keep(site.later(minutes=59)) == 0 and table.keep(site.later(minutes=1)) == 1


@pytest.mark.parametrize(("mode", "made"), [("once", 1), ("skip", 0), ("all", 5)])
def test_what_is_made_up_for_after_a_standstill(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch, mode: str, made: int
) -> None:
    hourly = Schedule("hourly", "0 * * * *", "effect", {"what": "x", "catch_up": mode})
    monkeypatch.setattr(schedules, "wanted", lambda app: [hourly])
    table = Timetable(site)
    table.keep(site.now)
    assert table.keep(site.later(hours=5)) == made
    assert table.keep(site.later(hours=1)) == 1


def test_a_new_version_replaces_and_never_adds(site: SmallSite) -> None:
    table = Timetable(site)
    table.keep(site.now)
    for version in (2, 1):
        site.live = replace(site.live, version=version)
        table.keep(site.now)
        with site.database.read() as connection:
            rows = connection.execute(select(SCHEDULES)).mappings().all()
        assert [row["cron"] for row in rows] == (["30 * * * *"] if version == 2 else [])


def test_two_workers_adopt_at_once(site: SmallSite) -> None:
    first, second = Timetable(site), Timetable(site)
    first.keep(site.now)
    second.keep(site.now)
    with site.database.read() as connection:
        assert len(connection.execute(select(SCHEDULES)).all()) == 1


def test_69_wall_clock_times_over_the_change_of_the_clocks() -> None:
    cron, zone = "30 2 * * *", "Europe/Berlin"
    gap = next_time(cron, zone, dt.datetime(2026, 3, 28, 12, tzinfo=dt.UTC))
    assert gap == dt.datetime(2026, 3, 29, 1, 0, tzinfo=dt.UTC)              # 3:00, there is no 2:30
    assert next_time(cron, zone, gap).date() == dt.date(2026, 3, 30)
    fold = next_time(cron, zone, dt.datetime(2026, 10, 24, 12, tzinfo=dt.UTC))
    assert fold == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)
    assert next_time(cron, zone, fold) - fold == dt.timedelta(hours=25)
    assert next_time(cron, zone, fold + HOUR / 2) > fold + HOUR


def test_alerts_look_at_everything_once_an_hour() -> None:
    app: App = replace(empty_app(), alerts={"low": None})  # type: ignore[dict-item]
    [one] = schedules.wanted(app)
    assert (one.name, one.kind, one.args) == ("alert:low", "alerts", {"rule": "low", "keys": None})
    assert next_time(one.cron, "UTC", START) - START <= HOUR
