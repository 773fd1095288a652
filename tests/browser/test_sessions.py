"""Forms outlive a session that has ended, a server that is away and a slow line; nothing is sent twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Watch
from tests.browser.test_screens import Desk
from tests.faults.servers import running
from tests.web.doors import PASSWORD, Door, peopled

pytestmark = [pytest.mark.browser]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Door, str]]:
    """A shop, served."""
    door = Door(peopled(f"sqlite:///{tmp_path_factory.mktemp('sessions') / 'site.db'}"))
    door.shop.stocked(Bolt=9)
    door.shop.sold(submit=False, Bolt=1)
    with running(door.app, threads=4) as port:
        yield door, f"http://127.0.0.1:{port}"
    door.shop.site.database.close()


@pytest.fixture
def desk(shop: tuple[Door, str], page: Page) -> Desk:
    found = Desk(page, shop[1])
    found.sign_in("li")
    return found


def sign_in_again(page: Page) -> None:
    box = page.locator("dialog[open]", has=page.locator("#again-password"))
    box.locator("#again-password").fill("wrong")
    box.locator("button[type=submit]").click()
    expect(box.get_by_role("alert")).not_to_be_empty()
    box.locator("#again-password").fill(PASSWORD)
    box.locator("button[type=submit]").click()
    expect(box).to_have_count(0)


def names(shop: tuple[Door, str]) -> list[str]:
    return [item["name"] for item in shop[0].program("wang").get("/api/shop/customer").json["items"]]


def test_who_was_signed_out_signs_in_over_the_form_and_goes_on(desk: Desk, shop: tuple[Door, str]) -> None:
    page = desk.page
    desk.open("records/customer/new")
    page.fill('[name="name"]', "Typed before")
    page.context.clear_cookies()
    page.locator("button[form=record].fw-btn-primary").click()
    sign_in_again(page)
    expect(page.locator("h1")).to_have_text("Typed before")
    desk.open("records/sale/1")
    page.context.clear_cookies()               # a button of htmx, too: what it asked for comes after signing in
    submit = page.locator(".fw-actions form[hx-post$='/actions/submit'] button")
    submit.click()
    sign_in_again(page)
    expect(submit).to_have_count(0)
    assert names(shop).count("Typed before") == 1
    assert shop[0].program("li").get("/api/shop/sale/1").json["state"] != "draft"


def test_a_server_that_is_away_costs_nothing_that_was_typed(
    desk: Desk, shop: tuple[Door, str], watch: Watch
) -> None:
    watch.allow("net::ERR")
    page = desk.page
    desk.open("records/customer/new")
    page.fill('[name="name"]', "Typed meanwhile")
    page.context.set_offline(True)
    save = page.locator("button[form=record].fw-btn-primary")
    save.click()
    expect(page.locator(".fw-toast-danger").first).to_be_visible()
    expect(page.locator('[name="name"]')).to_have_value("Typed meanwhile")
    page.context.set_offline(False)
    save.click()
    expect(page.locator("h1")).to_have_text("Typed meanwhile")


def test_on_a_slow_line_one_sees_that_it_goes_and_sends_it_once(desk: Desk, shop: tuple[Door, str]) -> None:
    page = desk.page
    desk.open("records/customer/new")
    asked: list[Route] = []                    # what the page asks before it sends, held here
    sent: list[str] = []
    page.route("**/session", lambda route: asked.append(route))
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.fill('[name="name"]', "Slow one")
    save = page.locator("button[form=record].fw-btn-primary")
    save.click(no_wait_after=True)
    expect(page.locator("html.is-waiting")).to_be_attached()
    save.dispatch_event("click")
    for route in asked:
        route.continue_()
    expect(page.locator("h1")).to_have_text("Slow one")
    assert len(sent) == 1 and names(shop).count("Slow one") == 1
