"""What a person chooses in the profile is in force everywhere: the time zone of moments, the density."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.runtime.services import imports
from engine.runtime.services.identity import people
from engine.runtime.services.lists import exports
from tests.web.days import FIRM
from tests.web.doors import PASSWORD, Door, peopled, told
from tests.web.test_days import days_of
from tests.web.test_forms import control, saved

VISITS = "/apps/shop/records/visit"
UTC, BERLIN, SHANGHAI = "2026-05-04T18:00:00+00:00", "May 4, 2026, 8:00 PM", "May 5, 2026, 2:00 AM"


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    made = Door(peopled(database_url, FIRM))
    yield made
    made.shop.site.database.close()


def test_moments_are_typed_and_read_in_ones_own_time_zone(door: Door, tmp_path: Path) -> None:
    shop, here, there = door.shop, door.browser("wang"), door.browser("sun")
    assert here.post("/profile/timezone", {"timezone": "Mars/Base"}).status_code == 422
    assert here.post("/profile/timezone", {"timezone": "Europe/Berlin"}).status_code == 303
    assert '<option value="Europe/Berlin" selected>' in here.get("/profile").text
    form = {"subject": "Call", "begin": "2026-05-04T20:00", "day": "2026-05-04", "_key": "k1"}
    id = saved(here.post(f"{VISITS}/new", form))
    assert door.program("wang").get(f"/api/shop/visit/{id}").json["begin"] == "2026-05-04T18:00:00Z"
    for browser, shown, held in ((here, BERLIN, "2026-05-04T20:00"), (there, SHANGHAI, "2026-05-05T02:00")):
        page = browser.get(f"{VISITS}/{id}").text.replace("\u202f", " ")
        assert shown in page and "May 4, 2026<" in page, "a day is a day wherever one is"
        edit = browser.get(f"{VISITS}/{id}/edit").text
        assert held in control(edit, "begin")
        month = browser.get(f"{VISITS}?view=moments&at=2026-05-15").text
        assert days_of(month) == {held[:10]: ["Call"]} and f"{held[11:]}" in month
    moved = here.post(f"{VISITS}/{id}/edit", {**form, "begin": "2026-05-04T21:30", "_version": "1", "_key": "k2"})
    assert saved(moved) == id, told(moved)
    story = there.get(f"{VISITS}/{id}").text.replace("\u202f", " ")
    assert SHANGHAI in story and "May 5, 2026, 3:30 AM" in story, "the history, as its reader counts"
    (tmp_path / "in.csv").write_text("subject,begin\nFile,2026-05-04 20:00\n", encoding="utf-8")
    spec = {"object": "visit", "file": "in.csv"}
    assert imports.run(shop.site, "shop", spec, tmp_path, shop.actor("wang")).created == 1
    for zone, wanted in (("Europe/Berlin", "2026-05-04 20:00"), ("", "2026-05-05 02:00")):
        out = io.BytesIO()
        with shop.site.read("shop", replace(shop.actor("wang"), timezone=zone)) as tx:
            exports.write(tx, "visit", "csv", out, fields=["begin"], filter="subject = 'File'")
        assert wanted in out.getvalue().decode("utf-8-sig").replace("T", " ")


def test_pages_of_no_app_tell_times_in_the_readers_zone(door: Door) -> None:
    door.shop.now = dt.datetime(2026, 5, 4, 18, tzinfo=dt.UTC)
    people.add_user(door.shop.site, "boss", "Boss", PASSWORD, admin=True, language="en")
    boss = door.browser("boss")
    for zone, clock in (("", SHANGHAI), ("Europe/Berlin", BERLIN)):
        boss.post("/profile/timezone", {"timezone": zone})
        log = boss.get("/events/").text.replace("\u202f", " ")
        assert clock.replace(":00 ", ":00:00 ") in log, "to the second"
        for page in ("/profile", "/people/boss"):
            assert clock in boss.get(page).text.replace("\u202f", " "), page


def test_the_density_is_kept(door: Door) -> None:
    here = door.browser("li")
    assert 'data-density="compact"' not in here.get(VISITS).text
    here.post("/profile/density", {"density": "compact"})
    assert '<html lang="en" data-theme="auto" data-density="compact"' in here.get(VISITS).text
    assert here.post("/profile/density", {"density": "huge"}).status_code == 400


def test_quiet_hours_are_kept(door: Door) -> None:
    here = door.browser("li")
    for form, status in (
        ({"when": "sometimes"}, 400), ({"when": "hours", "from": "22:00", "until": "22:00"}, 422),
        ({"when": "daily", "until": ""}, 422), ({"when": "hours", "from": "22", "until": "7"}, 422),
        ({"when": "hours", "from": "22:15", "until": "07:45"}, 303),
    ):
        assert here.post("/profile/quiet", form).status_code == status, form
    page = here.get("/profile").text
    assert '<option value="hours" selected>' in page and 'value="22:15"' in page and 'value="07:45"' in page
    here.post("/profile/quiet", {"when": "daily", "from": "22:15", "until": "08:00"})
    assert '<option value="daily" selected>' in here.get("/profile").text
    here.post("/profile/quiet", {"when": "always"})
    assert '<option value="always" selected>' in here.get("/profile").text
