"""Every kind of page breaks no rule of WCAG 2.2 AA, is no wider than its window, writes days as its reader does, and
nothing on it moves by itself.

In the usual run a few kinds are looked at once, in a window, theme and language that take turns; FORMWORK_SOAK=1 looks
at every kind in all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from engine.runtime.web.app import create_app
from tests.browser import stages
from tests.browser.axes import violations
from tests.browser.gallery import LOOKS, Look, People, judged
from tests.browser.page_kinds import LISTS, RECORDS, SITE, STRANGER, WORK, Kind, come, views
from tests.browser.stages import Stage
from tests.performance.weights import heavy

pytestmark = pytest.mark.browser
SOAK = os.environ.get("FORMWORK_SOAK") == "1"
# Kinds whose frame and parts are of different making.
SAMPLE = (
    "home", "list", "list-filter-panel", "form-refused", "conflict", "detail-approved", "action-dialog", "paper", "bin",
    "inbox-ticked",
    "register-turnovers", "import-rehearsed", "profile", "menu-open", "not-found", "form-new",
    "list-ticked", "alerts", "detail-customer",
)
# What moves without anybody having touched the page, as browsers count it: 0 = nothing.
WATCH = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shift += one.value;
}).observe({ type: "layout-shift", buffered: true });
"""
MOST_MOVED = 0.02
# Days and moments that stand on a page as programs write them.
RAW = r"""() => [document.body.innerText, ...[...document.querySelectorAll("svg text")].map((one) => one.textContent)]
  .flatMap((text) => text.match(/(?<![\w.-])\d{4}-\d\d(-\d\d)?(?![\w-])/g) ?? [])"""
ALL = (*STRANGER, *LISTS, *RECORDS, *WORK, *SITE)


class Lookers:
    """The people of every look; before they look everybody reads its language."""

    def __init__(self, browser: Browser, stage: Stage) -> None:
        self._browser, self._stage = browser, stage
        self._known: dict[Look, People] = {}

    def of(self, look: Look) -> People:
        """Those of one look."""
        self._stage.speak(look.language)
        return self._known.setdefault(look, People(self._browser, self._stage, look))


def looks_at(kind: Kind) -> list[Look]:
    """In which looks a kind is checked."""
    fitting = [look for look in LOOKS if look.device in kind.widths]
    return fitting if SOAK else [fitting[(SAMPLE.index(kind.name) * 3) % len(fitting)]]


CASES = [
    pytest.param(kind, look, id=f"{kind.name}-{look.name}")
    for kind in ALL if SOAK or kind.name in SAMPLE
    for look in looks_at(kind)
]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    url = f"sqlite:///{tmp_path_factory.mktemp('kinds') / 'stage.db'}"
    stages.build(url, scale=0.2, months=1)
    with stages.opened(url) as stage:
        yield stage


@pytest.fixture(scope="module")
def lookers(browser: Browser, stage: Stage) -> Lookers:
    return Lookers(browser, stage)


def test_pages_of_a_whole_company_are_light(stage: Stage) -> None:
    """As they leave the server: 50 products, and the pages that people spend their days with."""
    client = create_app(stage.site).test_client()
    client.post("/sign-in", data={"login": "wang", "password": stages.PASSWORD})
    order = stage.id("first(all sales_order where state = 'approved')")
    paths = ("product", "customer", "sales_order", "sales_order/new", f"sales_order/{order}")
    told = [heavy(client, f"/apps/{stages.SALES}/records/{path}") for path in paths]
    assert [one for one in told if one] == []


def wrong(lookers: Lookers, stage: Stage, kind: Kind, look: Look) -> list[str]:
    """What breaks a rule on a page."""
    page = lookers.of(look).of(kind.login).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(f"script: {error}"))
    page.add_init_script(WATCH)
    try:
        come(page, stage, kind)
        moved = 0.0 if kind.steps is not None else float(page.evaluate("window.shift"))
        errors += [f"moves by itself: {moved:.3f}"] if moved > MOST_MOVED else []
        raw = page.evaluate(RAW)
        errors += [f"days as programs write them: {raw[:3]}"] if raw else []
        return errors + judged(page) + violations(page)
    finally:
        page.close()


def test_the_menu_opens_as_it_was_left(lookers: Lookers, stage: Stage) -> None:
    """Before anything is painted: nothing of the page moves for it. What a page opens by itself is not remembered."""
    page = lookers.of(LOOKS[0]).of("wang").new_page()
    page.add_init_script(WATCH)
    address = f"{stage.url}/apps/{stages.SALES}/records/customer"
    page.goto(address)
    group = page.locator("details.fw-menu-group:not([open]) > summary").first
    name = group.inner_text()
    opened = page.locator("details.fw-menu-group[open] > summary", has_text=name)
    group.click()
    for stays in (True, False):
        page.goto(address)
        page.wait_for_function("document.documentElement.dataset.ready")
        assert opened.count() == stays and float(page.evaluate("window.shift")) < 0.005
        if stays:
            opened.click()
    page.goto(f"{stage.url}/apps/{stages.SALES}/records/product")
    assert page.locator("details.fw-menu-group[open]").count() == 1, "the groups of other pages are shut again"
    page.close()


@pytest.mark.parametrize(("kind", "look"), CASES)
def test_no_page_breaks_a_rule(lookers: Lookers, stage: Stage, kind: Kind, look: Look) -> None:
    assert wrong(lookers, stage, kind, look) == []


def test_no_view_breaks_a_rule(lookers: Lookers, stage: Stage) -> None:
    """The views of all apps: in the usual run the first of each kind in one look."""
    seen: dict[str, Kind] = {}
    for kind in views(stage):
        seen.setdefault(kind.name if SOAK else kind.name.split("-")[1], kind)
    looks = LOOKS if SOAK else (LOOKS[5], LOOKS[2])
    found = {f"{kind.name} {look.name}": wrong(lookers, stage, kind, look)
             for number, kind in enumerate(seen.values()) for look in (looks if SOAK else [looks[number % 2]])}
    assert {name: list for name, list in found.items() if list} == {}
