"""`python -m bench.pages`: what a person waits for in a browser, page by page, on loopback.

Prints for each page, with an empty cache and with a warm one: bytes over the wire, milliseconds until the first paint
and until the modules run (interactive), and the layout shift (0 = nothing moved). Needs what tests of browsers need."""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.browser import stages
from tests.browser.browsers import FLAGS, chromium
from tests.browser.gallery import LOOKS, People
from tests.browser.page_kinds import Kind, kinds
from tests.browser.stages import Stage

PAGES = ("list", "form-new", "detail-approved", "inbox", "board")
ROUNDS = 5
ASKED = "asked: interactive 500 ms, shift 0, list, form and detail 180 kB cold and 10 kB warm"
# Once per page, though a context that several pages are measured in gets it several times.
WATCH = """
if (window.shift === undefined) {
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shift += one.value;
  }).observe({ type: "layout-shift", buffered: true });
  new MutationObserver((_, watcher) => {
    if (!document.documentElement?.dataset.ready) return;
    window.interactive = performance.now();
    watcher.disconnect();
  }).observe(document, { attributes: true, subtree: true, attributeFilter: ["data-ready"] });
}
"""
READ = """
() => ({
  bytes: [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .reduce((sum, one) => sum + one.transferSize, 0),
  paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
  interactive: window.interactive ?? 0,
  shift: window.shift,
})
"""


@dataclass(frozen=True)
class Measured:
    """One visit: bytes over the wire, milliseconds, layout shift."""

    bytes: float
    paint: float
    interactive: float
    shift: float


def visit(page: Page, url: str) -> Measured:
    """Open a page and read what the browser has noted a second later: what moves late has moved by then."""
    page.goto(url, wait_until="load")
    page.wait_for_timeout(1000)
    found: dict[str, Any] = page.evaluate(READ)
    return Measured(**found)


def cold(context: BrowserContext, url: str) -> Measured:
    """A visit with an empty cache."""
    page = direct(context, cached=False)
    found = visit(page, url)
    page.close()
    return found


def warm(context: BrowserContext, url: str) -> Measured:
    """A visit with what an earlier one has left."""
    page = direct(context, cached=True)
    page.goto(url, wait_until="load")
    found = visit(page, url)
    page.close()
    return found


def direct(context: BrowserContext, *, cached: bool) -> Page:
    """A page without a service worker: what passes through one is told by its size unpacked, not as it was sent."""
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": not cached})
    devtools.send("Network.setBypassServiceWorker", {"bypass": True})
    return page


def told(name: str, rounds: list[Measured]) -> str:
    """One line of figures; the medians of the rounds, of the shift the most."""
    middle = [statistics.median(getattr(one, part) for one in rounds) for part in ("bytes", "paint", "interactive")]
    shift = max(one.shift for one in rounds)
    times = f"paint {middle[1]:5.0f} ms  interactive {middle[2]:5.0f} ms"
    return f"{name:<26}{middle[0] / 1000:8.1f} kB  {times}  shift {shift:.3f}"


def measure(people: People, stage: Stage, kind: Kind) -> None:
    """Print one page's two lines."""
    context = people.of(kind.login)
    context.add_init_script(WATCH)
    url = kind.address(stage)
    for name, way in (("cold", cold), ("warm", warm)):
        print(told(f"{kind.name}, {name}", [way(context, url) for _ in range(ROUNDS)]), flush=True)


def main() -> None:
    """Every page in a wide window."""
    print(ASKED)
    with tempfile.TemporaryDirectory(prefix="formwork-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'stage.db'}"
        stages.build(url)
        with stages.opened(url) as stage, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            people = People(browser, stage, LOOKS[0])
            for kind in kinds(stage):
                if kind.name in PAGES:
                    measure(people, stage, kind)
            browser.close()


if __name__ == "__main__":
    main()
