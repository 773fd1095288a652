"""Jobs on both databases: nothing lost, nothing done twice inside the database, dead workers replaced."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, insert, update

from engine.errors import Locked, Refused
from engine.runtime.jobs.kinds import External, Handler, Hopeless, InTransaction
from engine.runtime.jobs.worker import Worker, drain, pause_after
from engine.runtime.services import outbox
from engine.runtime.storage import job_errors, job_rows
from engine.runtime.storage.live import Tx
from engine.runtime.storage.system import JOBS
from engine.texts import say
from tests.jobs.sites import EFFECTS, START, SmallSite


@pytest.fixture
def site(database_url: str) -> Iterator[SmallSite]:
    place = SmallSite(database_url)
    yield place
    place.database.close()


def effect(tx: Tx, args: Mapping[str, Any]) -> None:
    tx.connection.execute(insert(EFFECTS).values(what=args["what"]))


def broken(tx: Tx, args: Mapping[str, Any]) -> None:
    effect(tx, args)
    raise ValueError("not today")


def hopeless(tx: Tx, args: Mapping[str, Any]) -> None:
    raise Hopeless("nobody listens")


def forbidden(tx: Tx, args: Mapping[str, Any]) -> None:
    effect(tx, args)
    raise Refused(say("已锁定", "It is locked"), code="locked")


HANDLERS: dict[str, Handler] = {
    "effect": InTransaction(effect), "broken": InTransaction(broken), "hopeless": InTransaction(hopeless),
    "forbidden": InTransaction(forbidden, (Refused,)), "mail": External(lambda args, key: None),
    "webhook": External(lambda args, key: None),
}


def enter(site: SmallSite, kind: str = "effect", what: str = "x", **options: Any) -> int | None:
    return site.write(lambda tx: outbox.enqueue(tx, kind, {"what": what}, **options))


def worker(site: SmallSite, **options: Any) -> Worker:
    return Worker(site, HANDLERS, clock=site.clock, **options)


def test_a_job_runs_once_and_in_order(site: SmallSite) -> None:
    for what in "abc":
        enter(site, what=what)
    assert drain(site, HANDLERS, site.now) == 3
    assert site.effects() == ["a", "b", "c"] and site.states() == ["done"] * 3
    assert drain(site, HANDLERS, site.now) == 0


def test_one_job_of_a_lane_at_a_time_in_order_found_by_one_step_in_an_index(site: SmallSite) -> None:
    def claimed() -> list[int]:
        with site.database.write() as connection:
            found = job_rows.claim(connection, site.now, site.now, queue="default", limit=9, token="t", worker="w")
        return [job.id for job in found]

    def set_to(id: int, state: str) -> None:
        with site.database.write() as connection:
            connection.execute(update(JOBS).where(JOBS.c.id == id).values(state=state))

    lax, other, lax2, strict, strict2, alone = (
        enter(site, lane=lane) or 0 for lane in ("a", "b", "a", "!c", "!c", None)
    )
    with site.database.read() as connection:
        assert job_rows.ahead(connection, [lax, lax2, strict, strict2, alone]) == {lax2: lax, strict2: strict}
    assert claimed() == [lax, other, strict, alone], "the first of each lane"
    assert claimed() == [], "while these run, nothing of their lanes"
    set_to(lax, "failed")
    set_to(strict, "failed")
    assert claimed() == [lax2], "what failed keeps back only a strict lane"
    with site.database.read() as connection:
        assert job_rows.ahead(connection, [strict2]) == {strict2: strict}
    set_to(strict, "cancelled")
    assert claimed() == [strict2]
    if site.database.dialect == "sqlite":
        asked: list[tuple[str, Any]] = []
        with site.database.read() as connection:
            event.listen(site.database.engine, "before_cursor_execute", lambda *sent: asked.append((sent[2], sent[3])))
            job_rows.waiting(connection, site.now, "default")
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[0][0]}", asked[0][1]).all())
        assert "ix_sys_job_lane_open" in plan and "ix_sys_job_lane_failed" in plan, plan


def test_a_rolled_back_command_leaves_no_job(site: SmallSite) -> None:
    def act(tx: Tx) -> None:
        outbox.enqueue(tx, "effect", {"what": "x"})
        raise ValueError("rolled back")

    with pytest.raises(ValueError, match="rolled back"):
        site.write(act)
    assert site.states() == []


def test_a_key_enters_one_job_only(site: SmallSite) -> None:
    assert enter(site, dedup_key="k") is not None
    assert enter(site, dedup_key="k") is None
    assert drain(site, HANDLERS, site.now) == 1
    assert enter(site, dedup_key="k") is None


def test_a_later_job_waits_and_can_be_taken_back(site: SmallSite) -> None:
    enter(site, what="later", run_at=START + dt.timedelta(hours=1), dedup_key="later")
    enter(site, what="never", run_at=START + dt.timedelta(hours=1), dedup_key="never")
    assert drain(site, HANDLERS, site.now) == 0
    assert site.write(lambda tx: outbox.cancel(tx, "never")) and not site.write(lambda tx: outbox.cancel(tx, "gone"))
    assert drain(site, HANDLERS, site.later(hours=1)) == 1
    assert site.effects() == ["later"]


def test_a_failing_job_leaves_nothing_is_put_off_and_given_up_in_the_end(site: SmallSite) -> None:
    enter(site, "broken", max_attempts=3)
    for attempt in (1, 2):
        assert drain(site, HANDLERS, site.now) == 1
        assert site.states() == ["delayed"]
        site.later(seconds=2.5 * 2**attempt)
    assert drain(site, HANDLERS, site.now) == 1
    assert site.states() == ["failed"] and site.effects() == []
    with site.database.read() as connection:
        [row] = job_rows.listing(connection, "failed")
    assert row["error"] == "ValueError: not today" and row["attempt"] == 3


def test_what_stands_in_the_way_for_a_time_is_waited_for(site: SmallSite) -> None:
    shut = [True]

    def patient(tx: Tx, args: Mapping[str, Any]) -> None:
        effect(tx, args)
        if shut:
            raise Locked(say("审批中", "It is being approved"))

    known = {**HANDLERS, "patient": InTransaction(patient, (Refused,), (Locked,))}
    enter(site, "patient", max_attempts=2)
    for _ in range(5):
        assert drain(site, known, site.later(minutes=5)) == 1 and site.states() == ["delayed"] and not site.effects()
        assert drain(site, known, site.later(minutes=1)) == 0, "not at once again"
    with site.database.read() as connection:
        assert job_rows.waiting_long(connection) == ["It is being approved"]
    shut.clear()
    assert drain(site, known, site.later(minutes=5)) == 1 and site.states() == ["done"] and len(site.effects()) == 1


def test_what_a_rule_refuses_is_told_once(site: SmallSite) -> None:
    enter(site, "forbidden")
    assert drain(site, HANDLERS, site.now) == 1 and site.states() == ["failed"] and site.effects() == []
    with site.database.read() as connection:
        [row] = job_rows.listing(connection, "failed")
    assert row["error"].startswith("Hopeless: It is locked\n") and row["attempt"] == 1
    assert job_errors.told(row["error"]).spoken() == {"en": "It is locked", "zh": "已锁定"}, "in the reader's language"


@pytest.mark.parametrize("kind", ["mail", "webhook"])
def test_what_leaves_the_site_waits_while_the_outbox_is_held(site: SmallSite, kind: str) -> None:
    with site.database.write() as connection:
        outbox.hold(connection)
    enter(site, kind)
    enter(site, "effect")
    assert drain(site, HANDLERS, site.now) == 1 and sorted(site.states()) == ["done", "ready"]
    with site.database.write() as connection:
        assert outbox.held(connection) == 1
        assert (outbox.release(connection, site.now), outbox.held(connection)) == (1, None)
    assert drain(site, HANDLERS, site.now) == 1
    with site.database.write() as connection:
        outbox.hold(connection)
    enter(site, kind)
    with site.database.write() as connection:
        assert outbox.release(connection, site.now, discard=True) == 1
    assert drain(site, HANDLERS, site.now) == 0 and sorted(site.states()) == ["cancelled", "done", "done"]


def test_a_hopeless_or_unknown_job_is_given_up_at_once_and_can_be_tried_again(site: SmallSite) -> None:
    enter(site, "hopeless")
    id = enter(site, "unheard_of")
    assert drain(site, HANDLERS, site.now) == 2 and site.states() == ["failed", "failed"]
    assert id is not None
    with site.database.write() as connection:
        assert job_rows.retry(connection, id, site.now) and not job_rows.retry(connection, 0, site.now)
    assert drain(site, {**HANDLERS, "unheard_of": InTransaction(effect)}, site.now) == 1
    assert site.effects() == ["x"]


def test_a_dead_workers_job_is_taken_over_and_its_late_result_does_not_stand(site: SmallSite) -> None:
    enter(site)
    dead, survivor = worker(site), worker(site)
    [job] = dead.claim(4)
    assert survivor.claim(4) == []
    site.later(seconds=31)
    survivor.keep()
    [again] = survivor.claim(4)
    assert again.id == job.id and again.attempt == 2
    dead.perform(job)                          # a zombie wakes up: its effects are rolled back
    assert site.effects() == []
    survivor.perform(again)
    assert site.effects() == ["x"] and site.states() == ["done"]


def test_a_lease_that_is_kept_does_not_lapse(site: SmallSite) -> None:
    enter(site)
    busy, other = worker(site), worker(site)
    [job] = busy.claim(1)
    for _ in range(5):
        site.later(seconds=20)
        busy.keep()
        other.keep()
        assert other.claim(1) == []
    busy.perform(job)
    assert site.effects() == ["x"]


def test_a_job_that_kills_its_worker_ends_as_failed(site: SmallSite) -> None:
    enter(site, max_attempts=2)
    for _ in range(2):
        assert len(worker(site).claim(1)) == 1
        site.later(seconds=31)
        worker(site).keep()
    assert site.states() == ["failed"] and worker(site).claim(1) == []


def test_an_outside_effect_gets_the_same_key_in_each_attempt(site: SmallSite) -> None:
    keys: list[str] = []

    def send(args: Mapping[str, Any], key: str) -> None:
        keys.append(key)
        if len(keys) < 3:
            raise OSError("no route")

    enter(site, "send")
    for _ in range(3):
        drain(site, {"send": External(send)}, site.later(minutes=1))
    assert len(keys) == 3 and len(set(keys)) == 1 and site.states() == ["done"]


def test_two_workers_in_threads_run_everything_once_and_stop(site: SmallSite) -> None:
    workers = [Worker(site, HANDLERS, poll=0.05) for _ in range(2)]
    for one in workers:
        one.start()
    for number in range(30):
        enter(site, what=str(number))
    ends = time.monotonic() + 30
    while site.states().count("done") < 30 and time.monotonic() < ends:
        time.sleep(0.02)
    for one in workers:
        one.stop()
    assert sorted(site.effects(), key=int) == [str(number) for number in range(30)]


def test_stopping_gives_back_what_does_not_end(site: SmallSite) -> None:
    begun, release = threading.Event(), threading.Event()

    def wait(args: Mapping[str, Any], key: str) -> None:
        begun.set()
        release.wait(20)

    one = Worker(site, {"wait": External(wait)}, poll=0.05)
    one.start()
    enter(site, "wait")
    assert begun.wait(20)
    one.stop(0.3)
    assert site.states() == ["ready"]
    release.set()
    ended = time.monotonic() + 20
    while one.busy and time.monotonic() < ended:
        time.sleep(0.02)
    assert site.states() == ["ready"]          # what ended too late does not count


def test_old_jobs_are_deleted_failed_ones_stay(site: SmallSite) -> None:
    enter(site)
    enter(site, "hopeless")
    drain(site, HANDLERS, site.now)
    with site.database.write() as connection:
        assert job_rows.purge(connection, site.later(days=31)) == 1
        assert job_rows.counts(connection) == {"failed": 1}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> pytest.TempPathFactory:
    return tmp_path_factory


MOVES = st.tuples(st.sampled_from(["claim", "finish", "late", "tick", "keep"]), st.integers(0, 3))


@given(moves=st.lists(MOVES, max_size=30))
def test_any_interleaving_keeps_one_effect(folders: pytest.TempPathFactory, moves: list[tuple[str, int]]) -> None:
    site = SmallSite(f"sqlite:///{folders.mktemp('jobs') / 'site.db'}")
    enter(site, what="0", max_attempts=99)
    enter(site, what="1", max_attempts=99)
    workers = [worker(site), worker(site)]
    held: list[tuple[Worker, job_rows.Job]] = []
    for verb, pick in moves:
        one = workers[pick % 2]
        if verb == "claim":
            held.extend((one, job) for job in one.claim(1))
        elif verb in ("finish", "late") and held:
            holder, job = held.pop(pick % len(held) if verb == "late" else -1)
            holder.perform(job)
        elif verb == "tick":
            site.later(seconds=20)
        elif verb == "keep":
            one.keep()
        effects = site.effects()
        assert len(effects) == len(set(effects)) == site.states().count("done")
    site.database.close()


def test_pauses_double_up_to_an_hour() -> None:
    for attempt in range(1, 20):
        seconds = pause_after(attempt).total_seconds()
        assert 0.8 * min(3600, 2**attempt) <= seconds <= 1.2 * min(3600, 2**attempt)
