"""The picture of a flow in a browser: drawn where there is room, a list where there is none; readable in every look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from engine.runtime.services.identity import people
from tests.browser.axes import violations
from tests.browser.entering import come, enter
from tests.faults.servers import running
from tests.web.claims import CLAIMS, claimed, decide
from tests.web.doors import PASSWORD, Door, peopled

pytestmark = [pytest.mark.browser]
BOXES = """() => [...document.querySelectorAll(".fw-flow-drawing .fw-flow-node:has(rect)")].map((node) => {
  const edge = node.querySelector("rect").getBoundingClientRect();
  return [...node.querySelectorAll("text")].every((text) => {
    const said = text.getBoundingClientRect();
    const across = said.left >= edge.left - 1 && said.right <= edge.right + 1;
    return across && said.top >= edge.top - 1 && said.bottom <= edge.bottom + 1;
  });
})"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A large claim that finance has, and an administrator."""
    door = Door(peopled(f"sqlite:///{tmp_path_factory.mktemp('pictures') / 'site.db'}", CLAIMS))
    roles = {"shop": ["manager"]}
    people.add_user(door.shop.site, "root", "Root", PASSWORD, roles=roles, admin=True, language="zh")
    decide(door.shop, "wang", claimed(door.shop, "6000"), "approve")
    with running(door.app, threads=4) as port:
        yield f"http://127.0.0.1:{port}"
    door.shop.site.database.close()


@pytest.mark.parametrize(("login", "theme"), [("root", "light"), ("wang", "dark")])
def test_texts_stand_within_their_boxes_and_can_be_read(site: str, page: Page, login: str, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    enter(page, site, "records/claim/1", login=login)
    drawing, listed = page.locator("svg.fw-flow-drawing"), page.locator(".fw-flow-list")
    expect(drawing).to_be_visible()
    assert drawing.get_attribute("aria-label") and all(page.evaluate(BOXES)) and len(page.evaluate(BOXES)) == 6
    assert listed.bounding_box() is None or listed.bounding_box()["width"] <= 1  # type: ignore[index]
    expect(listed.locator("li.is-current")).to_contain_text("Zhao")
    assert not violations(page)


def test_a_phone_shows_the_list_and_administrators_their_pages(site: str, phone: dict[str, object], page: Page) -> None:
    enter(page, site, "records/claim/1", login="root")
    expect(page.locator("svg.fw-flow-drawing")).to_be_hidden()
    expect(page.locator(".fw-flow-list li").first).to_be_visible()
    for path in ("approvals", "approvals/1", "flows/approval"):
        come(page, f"{site}/apps/shop/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert not violations(page), path
