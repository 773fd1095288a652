"""Workers in processes of their own, killed and stopped: no job is lost, and what it does in the database is done
once."""

from __future__ import annotations

import datetime as dt
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from engine.runtime.services import outbox
from engine.runtime.storage import schedule_rows
from engine.runtime.storage.system import JOBS
from tests.conftest import SOAK
from tests.faults.labourers import enter, kill, running, tell_time, until, work
from tests.jobs.sites import START, SmallSite

MANY = 2000 if SOAK else 40                    # jobs
KILLS = 30 if SOAK else 2


@pytest.fixture
def site(database_url: str) -> Iterator[SmallSite]:
    place = SmallSite(database_url)
    yield place
    place.database.close()


def entered(site: SmallSite, count: int, kind: str = "effect") -> list[str]:
    names = [str(number) for number in range(count)]
    site.write(lambda tx: [outbox.enqueue(tx, kind, {"what": name}) for name in names])
    return names


@pytest.mark.timeout(600)
def test_workers_that_are_killed_lose_nothing_and_do_nothing_twice(
    site: SmallSite, database_url: str, tmp_path: Path
) -> None:
    names = entered(site, MANY)
    for number in range(KILLS):
        with running(work, database_url, tmp_path, 1) as (worker,):
            until(lambda goal=MANY * (number + 1) // (KILLS + 2): len(site.effects()) >= goal)
            kill(worker)
    with running(work, database_url, tmp_path, 1):
        until(lambda: set(site.states()) == {"done"})                  # those of the killed after their leases
    assert Counter(site.effects()) == Counter(names)


@pytest.mark.timeout(600)
def test_who_enters_jobs_and_is_killed_leaves_both_or_neither(
    site: SmallSite, database_url: str, tmp_path: Path
) -> None:
    for _ in range(KILLS):
        before = len(site.effects())
        with running(enter, database_url, tmp_path, 2) as processes:
            until(lambda seen=before: len(site.effects()) > seen + 20)
            for process in processes:
                kill(process)
    with site.database.read() as connection:
        jobs = [args["what"] for args in connection.execute(select(JOBS.c.args)).scalars()]
    assert Counter(jobs) == Counter(site.effects()) and len(set(jobs)) == len(jobs) > 40


@pytest.mark.timeout(300)
def test_what_a_worker_does_after_its_lease_is_refused(site: SmallSite, database_url: str, tmp_path: Path) -> None:
    entered(site, 1, "slow")
    with running(work, database_url, tmp_path, 1) as (first,):
        until((tmp_path / "claimed").exists)
        assert first.pid is not None
        os.kill(first.pid, signal.SIGSTOP)
        with running(work, database_url, tmp_path, 1):
            until(lambda: site.states() == ["done"])
        (tmp_path / "go").touch()
        os.kill(first.pid, signal.SIGCONT)
        until((tmp_path / "tried").exists)     # it writes its effect; at its end the job is not its own
    assert site.effects() == ["0"] and site.states() == ["done"]
    with site.database.read() as connection:
        assert connection.execute(select(JOBS.c.attempt)).scalars().all() == [2]


@pytest.mark.timeout(300)
def test_two_workers_share_a_queue(site: SmallSite, database_url: str, tmp_path: Path) -> None:
    with running(work, database_url, tmp_path, 2):
        until(lambda: len(list(tmp_path.glob("ready-*"))) == 2)
        names = entered(site, MANY)
        until(lambda: set(site.states()) == {"done"})
    assert Counter(site.effects()) == Counter(names)
    with site.database.read() as connection:
        assert len(set(connection.execute(select(JOBS.c.worker)).scalars())) == 2


@pytest.mark.timeout(300)
def test_planned_times_come_once_however_the_clock_jumps(site: SmallSite, database_url: str, tmp_path: Path) -> None:
    with site.database.write() as connection:
        schedule_rows.put(connection, None, {
            "app": "shop", "name": "each minute", "cron": "* * * * *", "timezone": "UTC", "kind": "effect",
            "args": {"what": "x"}, "enabled": True, "next_at": START + dt.timedelta(minutes=1),
        })
    made, minutes = [], (1, 2, 3, 183, 123, 184, 184, 185)
    (tmp_path / "clock").write_text(START.isoformat())
    with running(tell_time, database_url, tmp_path, 2):
        for minute in minutes:
            turn(tmp_path, (START + dt.timedelta(minutes=minute)).isoformat())
            made.append(len(site.states()))
    assert made == [1, 2, 3, 4, 4, 5, 5, 6]    # three hours ahead: one for all; an hour back: none again


def turn(folder: Path, now: str) -> None:
    """Let it be this moment, and both timetables have looked at it since."""
    (folder / "next").write_text(now)
    (folder / "next").replace(folder / "clock")
    for seen in folder.glob("seen-*"):
        seen.unlink()
    until(lambda: [one.read_text() for one in folder.glob("seen-*")] == [now, now])
