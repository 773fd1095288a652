"""The site can be installed on a phone or desktop, says when it cannot be reached, and leaves nothing private there."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Watch
from tests.browser.entering import enter
from tests.faults.servers import running
from tests.web.doors import Door, peopled

pytestmark = pytest.mark.browser
ALL_KEPT = """
async () => (await Promise.all((await caches.keys()).map(async (name) =>
  (await (await caches.open(name)).keys()).map((one) => new URL(one.url).pathname)))).flat()
"""
SIZE = """
async (src) => {
  const image = new Image();
  image.src = src;
  await image.decode();
  return image.naturalWidth;
}
"""
OFFLINE = "async () => (await (await caches.match('/offline')).text())"
GOVERNED = "async () => { await navigator.serviceWorker.ready; return true; }"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The shop, served."""
    door = Door(peopled(f"sqlite:///{tmp_path_factory.mktemp('installing') / 'site.db'}"))
    with running(door.app, threads=4) as port:
        yield f"http://127.0.0.1:{port}"
    door.shop.site.database.close()


def test_nothing_keeps_a_browser_from_installing_it(context: BrowserContext, page: Page, shop: str) -> None:
    page.goto(f"{shop}/sign-in")
    assert page.evaluate(GOVERNED)
    devtools = context.new_cdp_session(page)
    found = devtools.send("Page.getAppManifest")
    assert found["errors"] == []
    told = json.loads(found["data"])
    assert told["name"] == "小店" and told["start_url"] == "/" and told["display"] == "standalone"
    errors = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one for one in errors if one["errorId"] != "in-incognito"] == []       # a test's browser keeps no profile
    for one in told["icons"]:
        size = page.evaluate(SIZE, one["src"])
        assert f"{size}x{size}" == one["sizes"]


def test_without_a_connection_it_says_so_and_nothing_private_was_kept(
    context: BrowserContext, page: Page, watch: Watch, shop: str
) -> None:
    watch.allow("ERR_INTERNET_DISCONNECTED")
    enter(page, shop, login="li")
    assert page.evaluate(GOVERNED)
    page.goto(f"{shop}/apps/shop/records/customer")
    expect(page.locator("html[data-ready]")).to_be_attached()
    kept = page.evaluate(ALL_KEPT)
    assert "/offline" in kept and any(path.endswith(".css") for path in kept)
    built = ("/static/vendor/", "/static/words/")
    assert [path for path in kept if path != "/offline" and not path.startswith(built)] == []
    words = page.evaluate(OFFLINE)
    assert "sign-out" not in words and 'csrf-token" content=""' in words
    context.set_offline(True)
    page.goto(f"{shop}/apps/shop/records/customer/1")
    expect(page.get_by_role("heading")).to_have_text("无法连接服务器")
    expect(page.locator(".fw-empty")).to_contain_text("The server cannot be reached")
    expect(page.locator(".fw-empty-mark")).to_have_css("border-top-style", "dashed")     # the styles were kept, too
    context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("h1")).not_to_have_text("无法连接服务器")
