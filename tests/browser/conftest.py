"""A real browser for the tests: a page that fails the test on any script error or breach of the content policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect, sync_playwright

from tests.browser.browsers import FLAGS, chromium
from tests.conftest import unavailable

SECONDS = 10_000
expect.set_options(timeout=SECONDS)             # what is expected of a page on a busy machine, too
# Chromium says this itself for every answer of 400 and more; such answers are what many tests are about.
EXPECTED = ("Failed to load resource: the server responded with a status of",)
WATCH = """
document.addEventListener("securitypolicyviolation",
  (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


@dataclass
class Watch:
    """What went wrong in a page that no test asked for. `allow(text)` lets through what a test expects."""

    errors: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def allow(self, text: str) -> None:
        self.allowed.append(text)

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED):
            self.errors.append(f"{message.type}: {message.text}")

    def on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.errors.append(f"{response.status} {response.url}")

    def unexpected(self) -> list[str]:
        return [error for error in self.errors if not any(text in error for text in self.allowed)]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run; every test gets a context of its own in it."""
    path = chromium()
    if path is None:
        unavailable("no Chromium on this machine (Debian: apt-get install chromium fonts-noto-cjk)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def context_options() -> dict[str, object]:
    """How the page's browser presents itself; a test or module overrides it (viewport, language, colour scheme)."""
    return {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


@pytest.fixture
def context(browser: Browser, context_options: dict[str, object]) -> Iterator[BrowserContext]:
    """A browser without history, cookies or cache."""
    made = browser.new_context(**context_options)  # type: ignore[arg-type]
    made.set_default_timeout(SECONDS)
    made.add_init_script(WATCH)
    yield made
    made.close()


@pytest.fixture
def watch() -> Watch:
    """What the page complained about."""
    return Watch()


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Iterator[Page]:
    """An empty page. The test fails if anything in it went wrong: script errors, policy breaches, answers of 5xx."""
    made = context.new_page()
    made.on("console", watch.on_console)
    made.on("pageerror", lambda error: watch.errors.append(f"error: {error}"))
    made.on("response", watch.on_response)
    yield made
    unexpected = watch.unexpected()
    assert not unexpected, "the page complained:\n" + "\n".join(unexpected)


@pytest.fixture
def phone(context_options: dict[str, object]) -> dict[str, object]:
    """Take it before `page`: the page is then a phone's."""
    context_options.update(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, device_scale_factor=2
    )
    return context_options
