"""What only a browser shows of files, discussions and drafts: dropped, pasted, drawn; chosen by keyboard; come back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from engine.runtime.storage.file_stores import Folder
from tests.browser.entering import enter
from tests.faults.servers import running
from tests.web.doors import Door, peopled

pytestmark = pytest.mark.browser
TEXT = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
roles: {sales: 销售, manager: 经理, store: 仓库}
objects:
  deal:
    name: {zh: 合同, en: Deal}
    title: "{code}"
    discussion: internal
    fields:
      code: {type: text, required: true, zh: 编码, en: Code}
      papers: {type: files, accept: [txt, png], zh: 附件, en: Papers}
      signed: {type: signature, zh: 签名, en: Signed}
access: {deal: {sales: full, manager: full}}
"""
# A file as the system hands it to a page that it is dropped on or pasted into.
HAND_OVER = """
(box, [kind, name, type, content]) => {
  const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type }));
  const options = { bubbles: true, cancelable: true };
  const event = kind === "drop" ? new DragEvent("drop", { ...options, dataTransfer: data })
    : new ClipboardEvent("paste", { ...options, clipboardData: data });
  box.dispatchEvent(event);
  return event.defaultPrevented;
}
"""
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The deals, served."""
    place = tmp_path_factory.mktemp("deals")
    made = peopled(f"sqlite:///{place / 'site.db'}", TEXT)
    made.site.files = Folder(place / "files")
    with running(Door(made).app, threads=4) as port:
        yield f"http://127.0.0.1:{port}"
    made.site.database.close()


@pytest.fixture
def desk(page: Page, shop: str) -> Page:
    """li, signed in."""
    enter(page, shop, login="li")
    return page


def new(desk: Page, shop: str, code: str) -> None:
    desk.goto(f"{shop}/apps/shop/records/deal/new")
    expect(desk.locator("html[data-ready]")).to_be_attached()
    desk.fill("[name=code]", code)


def save(desk: Page) -> None:
    desk.locator("button.fw-btn-primary[form=record]").click()
    desk.wait_for_url(re.compile(r"/records/deal/\d+"))              # `new` has a name of the same form
    expect(desk.locator("html[data-ready]")).to_be_attached()


def box_of(desk: Page, field: str) -> Locator:
    return desk.locator(f'[data-upload][data-path="{field}"]')


def test_files_are_dropped_pasted_and_drawn(desk: Page, shop: str) -> None:
    new(desk, shop, "F-1")
    papers = box_of(desk, "papers")
    assert papers.evaluate(HAND_OVER, ["drop", "note.txt", "text/plain", "aGVsbG8="])
    expect(papers.locator(".fw-file")).to_have_count(1)
    assert papers.evaluate(HAND_OVER, ["paste", "shot.png", "image/png", PNG])
    expect(papers.locator(".fw-file")).to_have_count(2)
    expect(papers.locator("img.fw-picture")).to_have_js_property("naturalWidth", 1)
    assert papers.evaluate(HAND_OVER, ["drop", "bad.exe", "", "TVo="])
    expect(papers.locator("[data-upload-state].is-wrong")).to_contain_text("bad.exe")
    canvas = box_of(desk, "signed").locator("canvas")
    canvas.scroll_into_view_if_needed()
    place = canvas.bounding_box()
    assert place is not None
    desk.mouse.move(place["x"] + 20, place["y"] + 20)
    desk.mouse.down()
    desk.mouse.move(place["x"] + 90, place["y"] + 40, steps=4)
    desk.mouse.up()
    expect(box_of(desk, "signed").locator("input[type=checkbox]:checked")).to_have_count(1)
    save(desk)
    expect(desk.locator(".fw-content a.fw-file")).to_have_count(3)
    expect(desk.locator(".fw-content img.fw-picture")).to_have_count(2)
    for picture in desk.locator(".fw-content img.fw-picture").all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0


def test_people_are_named_by_keyboard(desk: Page, shop: str) -> None:
    new(desk, shop, "T-1")
    save(desk)
    field = desk.locator("[data-mentions]")
    field.click()
    desk.keyboard.type("请 @n")
    expect(desk.locator("[role=option]")).to_have_count(2)     # Sun and Wang
    desk.keyboard.press("ArrowDown")
    expect(desk.locator("[role=option][aria-selected=true]")).to_contain_text("Wang")
    desk.keyboard.press("Enter")
    expect(field).to_have_value("请 @wang ")
    desk.keyboard.type("看 @")
    expect(desk.locator("[role=listbox]")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.locator("[role=listbox]")).to_have_count(0)
    desk.keyboard.press("Backspace")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".fw-said strong")).to_have_text("@Wang")
    expect(desk.locator("[data-mentions]")).to_have_value("")
    desk.locator(".fw-said-tools button").first.click()
    desk.locator(".fw-timeline [data-mentions]").fill("**neu**")
    desk.locator(".fw-timeline .fw-say button").click()
    expect(desk.locator(".fw-said strong")).to_have_text("neu")
    desk.locator(".fw-said-tools button").last.click()
    desk.locator("dialog button.fw-btn-primary, dialog button.fw-btn-danger").first.click()
    expect(desk.locator(".fw-said")).to_have_count(0)


def test_a_draft_comes_back(desk: Page, shop: str) -> None:
    new(desk, shop, "D-1")
    expect(desk.locator("[data-draft-state]")).not_to_be_empty()
    desk.on("dialog", lambda dialog: dialog.accept())
    desk.goto(f"{shop}/apps/shop/")
    desk.locator(".fw-home-row a", has_text="Deal").last.click()
    expect(desk.locator("[name=code]")).to_have_value("D-1")
    save(desk)
    desk.goto(f"{shop}/apps/shop/records/deal/new")
    expect(desk.locator(".fw-draft")).to_have_count(0)
