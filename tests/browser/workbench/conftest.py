"""The workbench for the tests of macros and modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.workbench.site import Workbench


@pytest.fixture(scope="session")
def workbench() -> Iterator[Workbench]:
    with Workbench() as running:
        yield running


@pytest.fixture
def visit(page: Page, workbench: Workbench) -> Callable[..., Page]:
    """Opens a page of the workbench and waits until its modules run; what was posted before is forgotten."""

    def go(name: str, **query: Any) -> Page:
        workbench.seen.clear()
        asked = "&".join(f"{key}={value}" for key, value in query.items())
        page.goto(f"{workbench.url}/{name}?{asked}")
        page.locator("html[data-ready]").wait_for(state="attached")
        return page

    return go
