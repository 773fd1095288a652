"""A link for people without an account in a real browser: its page keeps the address from other sites and yet posts."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from engine.runtime.services.rights import open_links
from tests.faults.servers import running
from tests.web.doors import Door, peopled
from tests.web.test_outsiders import APP

pytestmark = [pytest.mark.browser]


def test_somebody_answers_by_a_link_and_opens_a_page_one_time(page: Page, tmp_path: Path) -> None:
    door = Door(peopled(f"sqlite:///{tmp_path / 'site.db'}", APP))
    shop = door.shop
    customer = shop.create("li", "customer", name="Acme")
    order = shop.create("li", "order", number="O1", customer={"id": customer.id})
    paths = [
        f"/open/shop/link/{shop.run('li', lambda tx, n=name: open_links.make(tx, 'order', order.id, n))[1]}"
        for name in ("opinion.tell", "order.sight")
    ]
    with running(door.app, threads=4) as port:
        base = f"http://127.0.0.1:{port}"
        page.goto(base + paths[0])
        page.fill("[name=stars]", "4")
        page.locator("#record button[type=submit]").click()
        expect(page.locator(".fw-open")).to_contain_text("4 for O1")
        page.goto(base + paths[1])
        expect(page.locator(".fw-open")).not_to_contain_text("Acme")
        page.locator(".fw-open button[type=submit]").click()
        expect(page.locator(".fw-open")).to_contain_text("Acme")
        for path in paths:
            answer = page.goto(base + path)
            assert answer is not None and answer.status == 404
    shop.site.database.close()
