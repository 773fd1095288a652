"""Calendars, timelines, galleries and trees: what they show, to whom, and what moving a record means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from engine.expressions.values import Ref
from tests.web.days import FIRM
from tests.web.doors import Browser, Door, peopled, told

VISITS, JOBS, PLACES = (f"/apps/shop/records/{name}" for name in ("visit", "job", "place"))
BY_SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    made = Door(peopled(database_url, FIRM))
    yield made
    made.shop.site.database.close()


def placed(browser: Browser, path: str, **asked: Any) -> tuple[int, dict[str, Any]]:
    """What the script is told about a record that was dragged."""
    answer = browser.post(f"{path}/place", asked, **BY_SCRIPT)
    return answer.status_code, answer.json


def days_of(page: str) -> dict[str, list[str]]:
    """The titles of the bars by the day on which they begin, in a month or a week."""
    found = re.findall(r'<section class="fw-day.*?data-day="([^"]+)"(.*?)</section>', page, re.DOTALL)
    titled = re.compile(r'fw-row-link"[^>]*>(?:<small>[^<]*</small> )?([^<]+)<')
    return {day: titles for day, body in found if (titles := titled.findall(body))}


def test_calendars(door: Door) -> None:
    shop, li = door.shop, door.browser("li")
    shop.create("li", "holiday", day="2026-05-01")
    shop.create("li", "workday", day="2026-05-09")
    visit = shop.create("li", "visit", subject="Acme", day="2026-05-04", kind="call")
    for n in range(29):
        shop.create("li", "visit", subject=f"No {n:02}", day="2026-05-05")
    page = li.get(f"{VISITS}?view=days&at=2026-05-15").text
    assert days_of(page)["2026-05-04"] == ["Acme"] and len(days_of(page)["2026-05-05"]) == 4 and "+25 more" in page
    assert 'href="/apps/shop/records/visit/new?day=2026-05-06"' in page and "May 2026" in page
    assert page.index(">Sun<") < page.index(">Mon<"), "the week begins on Sunday in English"
    holiday = page[page.index('data-day="2026-05-01"') :]
    assert "Holiday" in holiday[: holiday.index("</header>")] and "Workday" in page
    assert days_of(li.get(f"{VISITS}?view=days&at=2026-05-15&search=Acme").text) == {"2026-05-04": ["Acme"]}
    day = li.get(f"{VISITS}?view=days&at=2026-05-05&span=day").text
    assert day.count("data-card") == 29
    june = li.get(f"{VISITS}?view=days&at=2026-06-15").text
    assert days_of(june) == {} and "The one before: May 5, 2026" in june and "The next one" not in june
    assert "visit?at=2026-05-05&amp;view=days" in june, "a period without any leads to the nearest"
    assert "without a day" not in june
    shop.create("li", "visit", subject="Some day")
    assert "1 without a day" in li.get(f"{VISITS}?view=days&at=2026-06-15").text
    march = li.get(f"{VISITS}?view=days&at=2026-03-15&search=Acme").text
    assert "The next one: May 4, 2026" in march and "The one before" not in march
    nothing = li.get(f"{VISITS}?view=days&at=2026-03-15&search=nobody").text
    assert "The next one" not in nothing and "The one before" not in nothing
    assert li.get(f"{VISITS}?view=days&at=x&span=y").status_code == 200
    path = f"{VISITS}/{visit.id}"
    assert placed(li, path, view="days", edge="move", days=1, _version=1)[1]["done"]
    assert str(shop.value(visit, "day")) == "2026-05-05"
    status, answer = placed(li, path, view="days", edge="move", days=5)
    assert status == 422 and "Sunday" in answer["detail"] + str(answer), answer
    assert placed(li, path, view="days", edge="move", days=1, _version=1)[0] == 409, "a card of an older version"
    status, answer = placed(li, path, view="days", edge="move", days=4)
    assert status == 200 and "edge=move" in answer["ask"], "a warning is answered in the dialog"
    dialog = li.get(answer["ask"], **{"HX-Request": "true"}).text
    assert 'value="2026-05-09"' in dialog
    sent = {"view": "days", "day": "2026-05-09", "_version": "2"}
    answered = li.post(f"{path}/place", sent, **{"HX-Request": "true"})
    assert "It is a Saturday" in answered.text and 'name="_accept" value="late_week"' in answered.text, told(answered)
    assert li.post(f"{path}/place", {**sent, "_accept": "late_week"}).status_code == 303
    assert str(shop.value(visit, "day")) == "2026-05-09"
    shop.act("li", visit, "finish", accept=("late_week",))
    status, answer = placed(li, path, view="days", edge="move", days=2)
    assert status == 403 and "cannot change while it is Done" in answer["detail"], answer
    assert placed(door.browser("zhao"), path, view="days", edge="move", days=2)[0] == 403
    assert placed(li, path, view="days", edge="move", days=10**9)[0] == 422
    shop.site.database.close()


def test_moments_ranges_and_timelines(door: Door) -> None:
    shop, li = door.shop, door.browser("li")
    lasting = {"start": "2026-04-28", "end": "2026-05-12"}
    late = shop.create("li", "visit", subject="Late", begin="2026-05-04T23:30", stay=lasting)
    shop.create("li", "visit", subject="Open", kind="trip", stay={"start": "2026-05-20", "end": None})
    month = li.get(f"{VISITS}?view=moments&at=2026-05-01").text
    assert days_of(month) == {"2026-05-04": ["Late"]}, "the app's time zone"
    week = li.get(f"{VISITS}?view=moments&at=2026-05-06&span=week").text
    assert "23:30" in week and days_of(week) == {"2026-05-04": ["Late"]}
    assert placed(li, f"{VISITS}/{late.id}", view="moments", edge="move", days=-4)[0] == 200
    assert shop.value(late, "begin").isoformat() == "2026-04-30T15:30:00+00:00"
    stays = li.get(f"{VISITS}?view=stays&at=2026-05-15").text
    assert stays.count(f'data-href="{VISITS}/{late.id}"') == 3, "a bar in each of its weeks"
    plan = li.get(f"{VISITS}?view=plan&at=2026-05-15").text
    assert "fw-at-1 fw-span-12 is-begun" in plan and "fw-at-20 fw-span-12 fw-mark-green is-open" in plan
    assert plan.index("Trip") < plan.index("(blank)"), "groups in the order of the options, blank last"
    assert placed(li, f"{VISITS}/{late.id}", view="plan", edge="end", days=3)[1]["done"]
    assert str(shop.value(late, "stay").end) == "2026-05-15" and str(shop.value(late, "stay").start) == "2026-04-28"
    assert placed(li, f"{VISITS}/{late.id}", view="plan", edge="start", days=40)[0] == 422, "it ends before it begins"
    job = shop.create("li", "job", name="Build", starts="2026-05-04", ends="2026-05-08")
    never = shop.create("li", "job", name="Someday")
    for span in ("week", "month", "quarter"):
        page = li.get(f"{JOBS}?at=2026-05-06&span={span}").text
        assert "Build" in page and "Not scheduled" in page and "Someday" in page
    assert placed(li, f"{JOBS}/{job.id}", view="plan", edge="move", days=7)[0] == 200
    assert (str(shop.value(job, "starts")), str(shop.value(job, "ends"))) == ("2026-05-11", "2026-05-15")
    assert placed(li, f"{JOBS}/{never.id}", view="plan", edge="move", day="2026-05-06")[0] == 200
    assert str(shop.value(never, "starts")) == "2026-05-06"
    assert placed(li, f"{JOBS}/{job.id}", view="all", edge="move", days=1)[0] == 404
    shop.site.database.close()


def test_trees(door: Door) -> None:
    shop, li, wang = door.shop, door.browser("li"), door.browser("wang")
    top = shop.create("wang", "place", name="Company")
    middle = shop.create("wang", "place", name="Sales", above=top.id, hidden=True)
    low = shop.create("wang", "place", name="North", above=middle.id)
    other = shop.create("wang", "place", name="Works", above=top.id)

    def shown(browser: Browser, **asked: str) -> list[str]:
        page = browser.get(PLACES + "?" + "&".join(f"{k}={v}" for k, v in asked.items())).text
        return re.findall(r'fw-row-link"[^>]*>([^<]+)</a>', page)

    assert shown(wang) == ["Company"]
    assert shown(wang, expanded=f"{top.id},{middle.id}") == ["Company", "Sales", "North", "Works"]
    assert shown(li, expanded=str(top.id)) == ["Company", "Works", "North"], "what is above is out of sight"
    branch = wang.get(f"{PLACES}/branch?view=tree&above={top.id}&level=2").text
    assert re.findall(r'fw-row-link"[^>]*>([^<]+)</a>', branch) == ["Sales", "Works"] and 'aria-level="2"' in branch
    assert "Company / Sales /" in wang.get(f"{PLACES}?view=tree&search=North").text
    assert "fw-node-path" not in li.get(f"{PLACES}?view=tree&search=North").text
    status, answer = placed(wang, f"{PLACES}/{top.id}", view="tree", above=low.id)
    assert status in (409, 422) and str(answer["detail"]), answer
    assert placed(wang, f"{PLACES}/{other.id}", view="tree", above=low.id)[1]["done"]
    assert shop.value(other, "above") == Ref("place", low.id)
    assert placed(li, f"{PLACES}/{other.id}", view="tree", above=middle.id)[0] == 422, "below what is out of sight"
    assert placed(wang, f"{PLACES}/{other.id}", view="tree", above="")[0] == 200
    assert shown(wang) == ["Company", "Works"]
    shop.site.database.close()


def test_galleries_and_views_that_are_not_offered(door: Door) -> None:
    shop, li, wang = door.shop, door.browser("li"), door.browser("wang")
    for n in range(50):
        shop.create("wang", "visit", subject=f"名片 {n}", kind="call", secret="2026-05-04")
    page = li.get(f"{VISITS}?view=called").text
    assert page.count("fw-picture-card") == 48 and "名片 49 (Call)" in page and ">名片<" in page and "cursor=" in page
    assert "Secrets" in wang.get(VISITS).text and "Secrets" not in li.get(VISITS).text
    refused = li.get(f"{VISITS}?view=secrets&at=2026-05-04").text
    assert "fw-calendar" not in refused, "a hidden day is not told by where a record stands"
    assert "fw-calendar" in wang.get(f"{VISITS}?view=secrets&at=2026-05-04").text
    assert placed(li, f"{VISITS}/1", view="secrets", edge="move", days=1)[0] == 404
    shop.site.database.close()


def test_a_title_of_a_view_tells_no_hidden_figure_of_lines(door: Door) -> None:
    door.shop.create("wang", "visit", subject="Acme", day="2026-05-04", costs=[{"cost": "4711"}])
    li, wang = (days_of(door.browser(who).get(f"{VISITS}?view=priced&at=2026-05-15").text) for who in ("li", "wang"))
    assert (li["2026-05-04"], wang["2026-05-04"]) == (["Acme"], ["Acme 4711"])
