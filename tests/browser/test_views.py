"""Calendars, timelines, galleries, trees, kanbans and the record beside its list: with the mouse and the keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from engine.expressions.values import Ref
from tests.browser.axes import violations
from tests.browser.entering import come, enter
from tests.faults.servers import running
from tests.web.days import FIRM
from tests.web.doors import Door, peopled

pytestmark = [pytest.mark.browser]
Firm = tuple[Door, str]


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    """A firm, served; each test makes the records that it needs."""
    door = Door(peopled(f"sqlite:///{tmp_path_factory.mktemp('views') / 'site.db'}", FIRM))
    with running(door.app, threads=4) as port:
        yield door, f"http://127.0.0.1:{port}"
    door.shop.site.database.close()


def opened(page: Page, firm: Firm, path: str) -> None:
    """A person who has signed in, at a list."""
    enter(page, firm[1], f"records/{path}")


def again(page: Page, firm: Firm, path: str) -> None:
    """Another list."""
    come(page, f"{firm[1]}/apps/shop/records/{path}")


def on_day(page: Page, day: str) -> Locator:
    """The cards that begin on a day."""
    return page.locator("section", has=page.locator(f'[data-day="{day}"]')).locator("[data-card]")


def card(page: Page, words: str) -> Locator:
    return page.locator("#list [data-card]", has_text=words).first


def test_a_calendar(firm: Firm, page: Page) -> None:
    visit = firm[0].shop.create("wang", "visit", subject="Acme", day="2026-05-04", kind="call")
    opened(page, firm, "visit?view=days&at=2026-05-15")
    card(page, "Acme").drag_to(page.locator('[data-day="2026-05-06"]'))
    expect(on_day(page, "2026-05-06")).to_contain_text("Acme")
    card(page, "Acme").drag_to(page.locator('[data-day="2026-05-10"]'))
    expect(page.locator(".fw-toast").last).to_contain_text("Nobody is visited on a Sunday")
    expect(on_day(page, "2026-05-06")).to_contain_text("Acme")
    card(page, "Acme").locator("a.fw-row-link").focus()
    page.keyboard.press("m")
    page.locator('#dialog input[name="day"]').fill("2026-05-09")
    page.locator("#dialog button", has_text="Save").click()
    expect(page.locator("#dialog")).to_contain_text("It is a Saturday")
    page.locator("#dialog button", has_text="Save").click()
    expect(on_day(page, "2026-05-09")).to_contain_text("Acme")
    assert str(firm[0].shop.value(visit, "day")) == "2026-05-09"
    page.get_by_role("link", name="Later").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#scene-title")).to_have_text("June 2026")
    expect(page.get_by_role("link", name="Later")).to_be_focused()
    expect(page.locator('input[name="at"]').first).to_have_value("2026-06-01")
    page.keyboard.press("Enter")
    expect(page.locator("#scene-title")).to_have_text("July 2026")
    assert not violations(page)
    page.set_viewport_size({"width": 390, "height": 844})
    again(page, firm, "visit?view=days&at=2026-05-15")
    expect(page.locator(".fw-weekdays")).to_be_hidden()
    expect(page.locator(".fw-day:visible")).to_have_count(1)
    expect(page.locator(".fw-day:visible")).to_contain_text("Saturday, May 9, 2026")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_timeline(firm: Firm, page: Page) -> None:
    shop = firm[0].shop
    job = shop.create("wang", "job", name="Build", starts="2026-05-04", ends="2026-05-08")
    never = shop.create("wang", "job", name="Someday")
    opened(page, firm, "job?view=plan&at=2026-05-15")
    bar = card(page, "Build").locator("[data-bar]")
    track = card(page, "Build").locator("[data-track]").bounding_box()
    assert track is not None
    day = track["width"] / 31

    def dragged(x: float, days: int) -> None:
        box = bar.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + x % box["width"], box["y"] + 10)
        page.mouse.down()
        page.mouse.move(box["x"] + x % box["width"] + days * day, box["y"] + 10, steps=4)
        page.mouse.up()

    dragged(30, 7)
    expect(card(page, "Build")).to_contain_text("May 11 – May 15")
    expect(page.locator("#panel")).to_have_count(0)
    dragged(-3, 2)
    expect(card(page, "Build")).to_contain_text("May 11 – May 17")
    dragged(2, 12)
    expect(page.locator(".fw-toast").last).not_to_be_empty()
    expect(card(page, "Build")).to_contain_text("May 11 – May 17")
    assert (str(shop.value(job, "starts")), str(shop.value(job, "ends"))) == ("2026-05-11", "2026-05-17")
    card(page, "Someday").drag_to(card(page, "Build").locator("[data-track]"))
    expect(page.locator(".fw-later")).to_have_count(0)
    assert str(shop.value(never, "starts")) == "2026-05-16"
    assert not violations(page)


def test_a_tree(firm: Firm, page: Page) -> None:
    shop = firm[0].shop
    top = shop.create("wang", "place", name="Company")
    sales = shop.create("wang", "place", name="Sales", above=top.id)
    north = shop.create("wang", "place", name="North", above=sales.id)
    shop.create("wang", "place", name="Works")
    opened(page, firm, "place?view=tree")
    tree = page.get_by_role("tree")
    page.locator('[role="treeitem"][tabindex="0"]').focus()
    for name in ("Company", "Sales"):
        page.keyboard.press("ArrowRight")
        expect(tree.locator("[role=treeitem]:focus")).to_contain_text(name)
        expect(tree.locator("[role=treeitem]:focus")).to_have_attribute("aria-expanded", "true")
        page.keyboard.press("ArrowRight")
    expect(tree.locator("[role=treeitem]:focus")).to_contain_text("North")
    page.reload()
    expect(tree.get_by_text("North")).to_be_visible()
    page.locator(f'[data-node="{top.id}"] > .fw-node').drag_to(page.locator(f'[data-node="{north.id}"] > .fw-node'))
    expect(page.locator(".fw-toast").last).to_contain_text(re.compile("itself|below", re.IGNORECASE))
    page.locator(f'[data-node="{north.id}"] > .fw-node').drag_to(page.locator(".fw-node", has_text="Works"))
    expect(page.locator(".fw-node", has_text="Works")).to_contain_text("1")
    assert shop.value(north, "above") != Ref("place", sales.id)
    page.locator(f'[data-node="{top.id}"] > .fw-node').focus()
    page.keyboard.press("ArrowLeft")
    expect(tree.get_by_text("Sales")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_have_text("Company")
    assert not violations(page)


def test_a_gallery_and_the_record_beside_it(firm: Firm, page: Page) -> None:
    for name in ("First", "Second"):
        firm[0].shop.create("wang", "visit", subject=f"Pictured {name}", kind="trip")
    opened(page, firm, "visit?view=called&search=Pictured")
    card(page, "Pictured First").click()
    expect(page.locator("#panel-title")).to_have_text("Pictured First")
    assert not violations(page)
    again(page, firm, "visit?view=all&search=Pictured&sort=subject")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_have_text("Pictured First")
    page.keyboard.press("j")
    expect(page.locator("#panel-title")).to_have_text("Pictured Second")
    page.keyboard.press("k")
    expect(page.locator("#panel-title")).to_have_text("Pictured First")
    page.go_back()
    expect(page.locator("#panel")).to_have_count(0)
    cell = page.locator("tr", has_text="Pictured First").locator('td[data-path="day"]')
    page.locator("tr", has_text="Pictured First").locator("a").first.focus()
    cell.hover()
    cell.locator(".fw-cell-open").click()
    cell.locator('input[type="date"]').fill("2026-05-07")
    page.keyboard.press("Enter")
    expect(cell).to_contain_text("May 7, 2026")


def test_a_kanban(firm: Firm, page: Page) -> None:
    visit = firm[0].shop.create("wang", "visit", subject="Boarded", day="2026-05-04")
    opened(page, firm, "visit?view=board&search=Boarded")
    page.locator("[data-board]").evaluate("board => { board.dataset.before = '' }")
    card(page, "Boarded").drag_to(page.locator('[data-lane="done"]'))
    expect(page.locator('[data-lane="done"]')).to_contain_text("Boarded")
    expect(page.locator('[data-lane="open"]')).not_to_contain_text("Boarded")
    expect(page.locator(".fw-toast")).to_have_count(1)         # the card is there before the server has answered
    assert firm[0].shop.value(visit, "state") == "done"
    expect(page.locator("[data-board][data-before]")).to_have_count(0)     # drawn anew: no card vanishes under the hand
    card(page, "Boarded").drag_to(page.locator('[data-lane="open"]'))
    expect(page.locator(".fw-toast").last).to_contain_text("Nothing leads from Done to Open")
    expect(page.locator('[data-lane="done"]')).to_contain_text("Boarded")
    card(page, "Boarded").locator(".fw-tile-move").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_contain_text("Nothing leads from Done to Open")
