"""What a person at a desk does with the pages: sign in, open, choose, type, press, read. Knows macros, no app."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.browser.companies import PASSWORD


@dataclass
class Desk:
    """A browser's page at one site; every method ends when the page stands."""

    page: Page
    url: str
    app: str = "sales_erp"

    def sign_in(self, login: str) -> None:
        """Come in by the front door and land on the home page of the app."""
        self.page.goto(self.url)
        self.page.locator("#login").fill(login)
        self.page.locator("#password").fill(PASSWORD)
        self.page.locator("#password").press("Enter")
        expect(self.page).to_have_url(f"{self.url}/apps/{self.app}/")
        self.ready()

    def sign_out(self) -> None:
        """Leave by the person's menu."""
        self.page.locator("button.fw-user").click()
        self.page.get_by_role("button", name=re.compile("^(退出|Sign out)")).click()
        expect(self.page.locator("#login")).to_be_visible()

    def open(self, path: str) -> None:
        """Go to a page of the app by its address."""
        self.page.goto(f"{self.url}/apps/{self.app}/{path}")
        self.ready()

    def go(self, label: str) -> None:
        """Go to a page by the menu; a group that is closed is opened first."""
        link = self.page.get_by_role("link", name=label, exact=True, include_hidden=True)
        entry = self.page.locator(".fw-menu").locator(link)
        if not entry.is_visible():
            self.page.locator(".fw-menu details", has=link).locator("summary").click()
        entry.click()
        expect(self.page.locator("h1")).to_have_text(label)
        self.ready()

    def ready(self) -> None:
        """Wait until the page's modules run."""
        expect(self.page.locator("html[data-ready]")).to_be_attached()

    def press(self, name: str, leads_to: str) -> None:
        """Press the button of that name and wait for the page of that address (a pattern)."""
        self.page.get_by_role("button", name=name, exact=True).click()
        expect(self.page).to_have_url(re.compile(leads_to))
        self.ready()

    def act(self, name: str, status: str) -> None:
        """Take an action of the open record and wait until it stands in that status."""
        self.page.get_by_role("button", name=name, exact=True).click()
        expect(self.page.locator(".fw-heading .fw-badge")).to_have_text(status)
        self.ready()

    def choose(self, path: str, words: str, title: str) -> None:
        """Type into a link's box and take the suggestion of that title."""
        box = self.page.locator(f'[id="f-{path}-ts-control"]')
        box.click()
        box.press_sequentially(words)
        self.page.locator(".ts-dropdown:visible [data-selectable]", has_text=title).click()
        expect(self.page.locator(f'[name="{path}"] option:checked')).to_have_text(title)

    def control(self, path: str) -> Locator:
        """The control of a field."""
        return self.page.locator(f'[data-path="{path}"]')

    def type(self, path: str, text: str) -> None:
        """Type a value and leave the field."""
        self.control(path).fill(text)
        self.control(path).press("Tab")

    def figure(self, path: str) -> Locator:
        """A field that nobody types, in a form."""
        return self.page.locator(f'[data-field="{path}"]')

    def fact(self, label: str) -> Locator:
        """A value on the page of a record, by its label."""
        return self.page.locator(".fw-facts > div").filter(has=self.page.get_by_text(label, exact=True)).locator("dd")

    def row(self, words: str, within: str = ".fw-content") -> dict[str, str]:
        """The table row with these words, by the headings of its columns."""
        row = self.page.locator(f"{within} .fw-table tbody tr", has_text=words)
        expect(row).to_have_count(1)
        cells = row.locator("td[data-label]")
        labels = cells.evaluate_all("(cells) => cells.map((cell) => cell.dataset.label)")
        return dict(zip(labels, (text.strip() for text in cells.all_inner_texts()), strict=True))

    def line(self, words: str) -> dict[str, str]:
        """The line of a record with these words, by the headings of its columns."""
        return self.row(words, ".fw-lines")

    def card(self, label: str) -> Locator:
        """The figure of a board's number card."""
        return self.page.locator(f'.fw-card[aria-label="{label}"] .fw-stat-value')
