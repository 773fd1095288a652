"""The administrator's page of background jobs: what there is, why it failed, another try, taking back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import Worker, drain
from engine.runtime.services import outbox
from engine.runtime.services.identity import people
from engine.runtime.storage import job_rows
from engine.runtime.storage.actors import SERVICE
from engine.runtime.web.present import workloads
from tests.web.doors import PASSWORD, Browser, Door

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def root(door: Door) -> Browser:
    people.add_user(door.shop.site, "boss", "Boss", PASSWORD, admin=True, language="en")
    return door.browser("boss")


def enter(door: Door, kind: str, **args: object) -> int:
    id = door.shop.site.run("shop", SERVICE, lambda tx: outbox.enqueue(tx, kind, args, max_attempts=1), now=NOW)
    assert id is not None
    return id


def states(door: Door) -> dict[int, str]:
    with door.shop.site.database.read() as connection:
        return {job["id"]: job["state"] for job in job_rows.listing(connection)}


def test_only_administrators_come_here(door: Door) -> None:
    job = enter(door, "sweep")
    for login in ("li", "ada"):
        browser = door.browser(login)
        assert browser.get("/jobs/").status_code == 403
        assert browser.post(f"/jobs/{job}/cancel").status_code == 403
        assert browser.post(f"/jobs/{job}/retry").status_code == 403
    assert states(door)[job] == "ready" and "/jobs/" not in door.browser("li").get("/profile").text


def test_failed_jobs_tell_why_and_run_again(door: Door, root: Browser) -> None:
    failed, waits = enter(door, "nonsense", object="<b>sale</b>"), enter(door, "sweep")
    site = door.shop.site
    assert drain(site, {name: one for name, one in handlers(site).items() if name != "sweep"}, NOW) == 2
    with site.database.write() as connection:
        job_rows.retry(connection, waits, NOW)
    page = root.get("/jobs/?state=failed").text
    assert "no handler for jobs of kind" in page and "&lt;b&gt;sale" in page and page.count("/retry") == 1
    assert f"/jobs/{failed}/retry" in page and "1 / 1" in page
    everything = root.get("/jobs/").text
    assert "Daily update" in everything and "hx-trigger" in everything and "heard of" in everything
    done = root.post(f"/jobs/{failed}/retry", {"state": "failed"})
    assert done.location == "/jobs/?state=failed" and states(door)[failed] == "ready"
    again = root.post(f"/jobs/{failed}/retry")
    assert again.status_code == 303 and "look again" in root.get("/jobs/").text
    assert root.get("/jobs/?kind=sweep&state=waiting").text.count("/cancel") == 1
    assert "/cancel" not in root.get("/jobs/?app=other").text
    assert root.get("/jobs/?before=x&state=odd").status_code == 200


def test_what_waits_for_a_failed_job_says_so_and_goes_on_when_that_is_discarded(door: Door, root: Browser) -> None:
    site, lane = door.shop.site, f"{job_rows.STRICT}mark:sale:1"
    options: dict[str, Any] = {"max_attempts": 1, "lane": lane}
    first, second = (
        site.run("shop", SERVICE, lambda tx, kind=kind: outbox.enqueue(tx, kind, {}, **options), now=NOW)
        for kind in ("nonsense", "sweep")
    )
    assert first is not None and second is not None
    drain(site, handlers(site), NOW)
    assert states(door)[first] == "failed" and states(door)[second] == "ready"
    page = root.get("/jobs/").text
    assert f"waits for job {first}" in page and "Discard" in page and f"/jobs/{first}/retry" in page
    assert root.post(f"/jobs/{first}/cancel").location == "/jobs/"
    drain(site, handlers(site), NOW)
    assert (states(door)[first], states(door)[second]) == ("cancelled", "done")


def test_whoever_runs_a_cancelled_job_keeps_nothing_of_it(door: Door, root: Browser) -> None:
    job = enter(door, "sweep")
    worker = Worker(door.shop.site, handlers(door.shop.site), clock=lambda: NOW)
    [claimed] = worker.claim(1)
    assert root.post(f"/jobs/{job}/cancel").location == "/jobs/"
    worker.perform(claimed)
    assert states(door)[job] == "cancelled"


def test_in_chinese_and_in_pages(door: Door, root: Browser) -> None:
    for _ in range(52):
        enter(door, "sweep")
    page = root.get("/jobs/").text
    assert page.count("/cancel") == 50 and "before=3" in page
    assert root.get("/jobs/?before=3").text.count("/cancel") == 2
    people.add_user(door.shop.site, "lao", "老板", PASSWORD, admin=True, language="zh")
    chinese = door.browser("lao", "zh").get("/jobs/").text
    assert "后台任务" in chinese and "每日更新" in chinese and "等待中" in chinese


def test_every_kind_has_a_name(door: Door) -> None:
    assert set(handlers(door.shop.site)) <= set(workloads.KINDS)
    app, args = door.shop.app, {"object": "sale", "record": 7, "rule": "gone", "token": 1}
    assert workloads.about(args, app, "en") == "alert gone, object Sale, record 7"
    assert workloads.about({"register": "stock"}, app, "zh").startswith("账表 ")
    assert workloads.about(args, None, "en") == "alert gone, object sale, record 7"
