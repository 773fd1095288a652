"""Codes scanned and pasted into line items: rows found, added, counted; what is not known is named where it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axes import violations
from tests.browser.entering import enter
from tests.faults.servers import running
from tests.web.doors import Door, peopled

pytestmark = [pytest.mark.browser]
TEXT = """
app: shop
languages: [en, zh]
timezone: Asia/Shanghai
roles: {sales: 销售, manager: 经理, store: 仓库}
objects:
  part:
    name: {zh: 零件, en: Part}
    title: "{name}"
    key: name
    fields: {name: {type: text, required: true, search: true}, code: {type: barcode, kind: ean13, search: true}}
  count:
    name: {zh: 盘点, en: Count}
    title: "{day}"
    fields:
      day: {type: date, default: =today(), zh: 日期, en: Day}
      lines:
        type: lines
        scan: {find: part.code, set: {counted: =counted + 1, note: by hand}}
        zh: 明细
        en: Lines
        fields:
          part: {type: link, to: part, required: true, zh: 零件, en: Part}
          counted: {type: quantity, zh: 实盘, en: Counted}
          note: {type: text, zh: 说明, en: Note}
access: {part: {sales: full}, count: {sales: full}}
"""
CODES = {"Bolt": "6940000000010", "Nut": "6940000000027"}
CAMERA = """
window.BarcodeDetector = class { async detect() { return window.CODE ? [{ rawValue: window.CODE }] : []; } };
const still = () => { const c = document.createElement("canvas"); c.getContext("2d"); return c.captureStream(); };
Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia: async () => still() } });
HTMLMediaElement.prototype.play = async () => {};
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Door, str]]:
    door = Door(peopled(f"sqlite:///{tmp_path_factory.mktemp('scans') / 'site.db'}", TEXT))
    for name, code in CODES.items():
        door.shop.create("li", "part", name=name, code=code)
    with running(door.app, threads=4) as port:
        yield door, f"http://127.0.0.1:{port}"
    door.shop.site.database.close()


def rows(page: Page) -> list[list[str]]:
    """Article, quantity and note of each row."""
    return page.locator("[data-row]").evaluate_all(
        "all => all.map((row) => ['part', 'counted', 'note'].map((one) => {"
        "const c = row.querySelector(`[data-column=${one}] [data-path]`);"
        "return c.selectedOptions ? c.selectedOptions[0]?.textContent ?? '' : c.value; }))"
    )


def test_codes_are_counted_by_a_scanner_and_by_a_camera(shop: tuple[Door, str], page: Page) -> None:
    page.add_init_script(CAMERA)
    enter(page, shop[1], "records/count/new", login="li")
    expect(page.locator('[name="day"]')).to_be_focused()
    box = page.locator("[data-scan] input")
    said = page.locator("[data-scan] [role=status]")
    box.focus()
    for code in (CODES["Bolt"], CODES["Nut"], CODES["Bolt"], CODES["Bolt"]):
        page.keyboard.type(code)
        page.keyboard.press("Enter")
    expect(page.locator("[data-row]").first.locator('[data-column="counted"] [data-path]')).to_have_value("3")
    assert rows(page) == [["Bolt", "3", "by hand"], ["Nut", "1", "by hand"]]
    page.keyboard.type("000")
    page.keyboard.press("Enter")
    expect(said).to_have_text("“000” is not on the list")
    assert len(rows(page)) == 2 and not violations(page)
    note = page.locator('[data-column="note"] [data-path]').first
    for place in (box, note):                  # Enter takes what an input method offers, and does nothing else
        place.fill("luo")
        place.focus()
        place.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
        expect(place).to_be_focused()
        expect(place).to_have_value("luo")
    box.fill("")
    page.get_by_role("button", name="Scan with the camera").click()
    page.evaluate("code => { window.CODE = code; }", CODES["Nut"])
    expect(page.locator("[data-row]").nth(1).locator('[data-column="counted"] [data-path]')).to_have_value("2")
    page.get_by_role("button", name="Scan with the camera").click()
    expect(page.locator("video")).to_have_count(0)
    page.get_by_role("button", name="Save").first.click()
    page.wait_for_url("**/records/count/1")
    lines = shop[0].program("li").get("/api/shop/count/1").json["lines"]
    assert [(one["part"]["title"], one["counted"]) for one in lines] == [("Bolt", "3"), ("Nut", "2")]


def test_a_pasted_code_that_is_not_known_is_named_at_its_cell(shop: tuple[Door, str], page: Page) -> None:
    enter(page, shop[1], "records/count/new", login="li")
    page.locator('[data-column="counted"] [data-path]').first.focus()
    page.locator('[data-row] [data-column="part"] .ts-control input').last.evaluate(
        """(element) => {
          const data = new DataTransfer();
          data.setData("text/plain", "Nut\\t1\\nWhatever\\t2");
          const told = { bubbles: true, cancelable: true, clipboardData: data };
          element.dispatchEvent(new ClipboardEvent("paste", told));
        }"""
    )
    wrong = page.locator("[data-row]").nth(1).locator("[data-error]").first
    expect(wrong).to_have_text("“Whatever” is not on the list")
    page.wait_for_timeout(500)
    expect(wrong).to_be_visible()
    assert rows(page) == [["Nut", "1", ""], ["", "2", ""]]
