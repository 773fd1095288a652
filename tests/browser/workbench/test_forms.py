"""Forms: guards, previews, links, the grid of lines with keys and paste."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import CDPSession, Page, Route, expect

from tests.browser.workbench.site import Workbench

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
PASTE = """(element, text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  element.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""

# Keys as a form notices them, each with the picture that follows.
TYPE = """async (element, keys) => {
  for (const key of keys) {
    element.value += key;
    element.dispatchEvent(new Event("input", {bubbles: true}));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  }
}"""

# After all that waits now, by a road that a stopped clock leaves open.
NEXT_TASK = """() => new Promise((done) => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => done();
  channel.port2.postMessage(0);
})"""


def cell(page: Page, row: int, column: str) -> object:
    return page.locator("[data-row]").nth(row).locator(f'[data-column="{column}"] [data-path]')


def test_a_form_is_sent_once(visit: Visit, workbench: Workbench) -> None:
    page = visit("form")
    page.locator("#f-note").fill("x")
    page.get_by_role("button", name="保存").dblclick()
    expect(page.locator("#saved")).to_be_visible()
    assert len([form for form in workbench.seen if "_key" in form and "_changed" not in form]) == 1


def test_leaving_with_changes_asks(visit: Visit) -> None:
    page = visit("form")
    asked: list[str] = []

    def answer(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.accept()  # type: ignore[attr-defined]

    page.on("dialog", answer)
    page.goto(page.url)
    assert asked == []
    page.locator("#f-note").fill("x")
    page.goto(page.url)
    assert asked == ["beforeunload"]


def test_control_enter_saves(visit: Visit) -> None:
    page = visit("form")
    page.locator("#f-note").fill("x")
    page.locator("#f-note").press("Control+Enter")
    expect(page.locator("#saved")).to_be_visible()


def test_a_link_is_searched_and_chosen_by_keys(visit: Visit, workbench: Workbench) -> None:
    page = visit("form")
    box = page.get_by_role("combobox", name="商品").nth(1)
    box.focus()
    box.press_sequentially("活动")
    expect(page.locator(".ts-dropdown .option", has_text="活动扳手")).to_be_visible()
    with page.expect_response("**/preview"):
        box.press("Enter")
    expect(page.locator('[name="lines.1.product"]')).to_have_value("3")
    expect(page.locator('[name="lines.1.price"]')).to_have_value("9.90")
    assert workbench.seen[-1]["_changed"] == ["lines.1.product"]
    assert "lines.1.product" in workbench.seen[-1]["_touched"][0].split(",")


def test_an_answer_to_older_words_is_not_offered(visit: Visit) -> None:
    page = visit("form")
    first = re.compile(r"[?&]q=(&|$)")
    held: list[Route] = []
    page.route(first, lambda route: held.append(route))  # noqa: PLW0108  # Playwright marks the handler: it must be a function
    page.clock.install()
    box = page.get_by_role("combobox", name="商品").nth(1)
    with page.expect_request(first):
        box.focus()
        page.clock.run_for(1000)
    page.clock.pause_at(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5))  # nothing more is asked while one types
    box.press_sequentially("活动")
    with page.expect_event("requestfinished", lambda request: bool(first.search(request.url))):
        held[0].continue_()
    page.evaluate(NEXT_TASK)
    expect(page.locator(".ts-dropdown .option")).to_have_count(0)
    page.clock.resume()
    expect(page.locator(".ts-dropdown .option")).to_have_count(1)
    expect(page.locator(".ts-dropdown .option")).to_contain_text("活动扳手")


def test_words_that_come_back_before_their_answer_are_searched_again(visit: Visit) -> None:
    page = visit("form")
    words = re.compile(r"[?&]q=%E6%B4%BB%E5%8A%A8(&|$)")
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route(words, hold_the_first)
    box = page.get_by_role("combobox", name="商品").nth(1)
    with page.expect_request(words):
        box.press_sequentially("活动")
    box.press("x")
    box.press("Backspace")
    expect(page.locator(".ts-dropdown .option")).to_contain_text("活动扳手")


def test_a_preview_shows_marks_and_parts_and_keeps_what_is_being_typed(visit: Visit) -> None:
    page = visit("form")
    expect(page.locator('[data-show="reason"]')).to_be_hidden()
    page.locator("#f-freight").fill("5")
    quantity = page.locator('[name="lines.0.qty"]')
    quantity.fill("1000")
    with page.expect_response("**/preview"):
        quantity.press("Tab")
    expect(page.locator('td:has([name="lines.0.qty"])')).to_have_class("fw-k-number fw-mark-red")
    expect(page.locator('[data-show="reason"]')).to_be_visible()
    expect(page.locator('[data-field="credit"]')).to_have_text("¥12,000.00")
    expect(page.locator("#f-freight")).to_have_value("5")


def test_enter_goes_down_and_adds_a_row_at_the_end(visit: Visit) -> None:
    page = visit("form")
    page.locator('[name="lines.0.qty"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator('[name="lines.1.qty"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-row]")).to_have_count(3)
    expect(page.locator("[data-row]").nth(2).locator("[data-number]")).to_have_text("3")
    page.locator('[name="lines.2.qty"]').fill("7")
    page.locator('[name="lines.2.price"]').focus()
    page.keyboard.press("Control+d")
    expect(page.locator('[name="lines.2.price"]')).to_have_value("0.35")


def test_rows_are_copied_and_removed_down_to_the_least(visit: Visit) -> None:
    page = visit("form")
    page.locator("[data-row-copy]").nth(1).click()
    expect(page.locator('[name="lines.2.qty"]')).to_have_value("200")
    expect(page.locator('[name="lines.2.product"]')).to_have_value("1")
    expect(page.locator('[name="lines.2.id"]')).to_have_value("")
    for _ in range(3):
        page.locator("[data-row-remove]").first.click()
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator("[data-number]").first).to_have_text("1")


def test_rows_are_moved_by_keys_and_by_their_handle(visit: Visit) -> None:
    """They are sent as they stand; whoever moves a row by keys stays in its cell."""
    page = visit("form")
    page.locator("[data-row-add]").click()
    quantities = page.locator("[data-row] [data-path$='.qty']")
    for place in range(quantities.count()):
        quantities.nth(place).fill(str(place + 1))

    def said() -> list[str]:
        found: list[str] = quantities.evaluate_all("(all) => all.map((one) => one.value)")
        return found

    before = said()
    assert len(before) >= 2
    quantities.last.focus()
    page.keyboard.press("Alt+Shift+ArrowUp")
    assert said() == [*before[:-2], before[-1], before[-2]]
    assert page.evaluate("document.activeElement.value") == before[-1]
    first, last = page.locator("[data-row-handle]").first, page.locator("[data-row-handle]").last
    end = last.bounding_box()
    first.hover()
    page.mouse.down()
    assert end is not None
    page.mouse.move(end["x"] + 4, end["y"] + end["height"] + 8, steps=8)
    page.mouse.up()
    moved = [*before[:-2], before[-1], before[-2]]
    assert said() == [*moved[1:], moved[0]]
    assert page.locator("[data-row] [data-number]").all_inner_texts() == [str(n + 1) for n in range(len(before))]


def test_cells_of_a_spreadsheet_fill_rows(visit: Visit, workbench: Workbench) -> None:
    page = visit("form")
    table = "内六角扳手 5mm\t1,200\t¥3.50\t5%\r\nHW-0003\t2\t0.10\r\n没有的东西\t1\t1\r\n"
    page.get_by_role("combobox", name="商品").nth(1).evaluate(PASTE, table)
    expect(page.locator("[data-row]")).to_have_count(4)
    expect(page.locator(".fw-toast-warning")).to_contain_text("没有的东西")
    expect(page.locator('[name="lines.1.qty"]')).to_have_value("1200")
    expect(page.locator('[name="lines.1.discount"]')).to_have_value("5%")
    expect(page.locator('[name="lines.2.product"]')).to_have_value("3")
    expect(page.locator('[name="lines.3.product"]')).to_have_value("")
    expect(page.locator('[name="lines.3.qty"]')).to_have_value("1")


def test_pasted_cells_pass_over_computed_columns_unless_these_were_copied_along(visit: Visit) -> None:
    page = visit("form")
    page.evaluate("""() => {
      for (const root of [document, ...[...document.querySelectorAll("template")].map((one) => one.content)])
        root.querySelectorAll('[data-path$=".qty"]').forEach((one) => (one.readOnly = true));
    }""")
    page.get_by_role("combobox", name="商品").nth(0).evaluate(PASTE, "HW-0003\t0.70\nHW-0003\t0.80\n")
    expect(page.locator('[name="lines.1.price"]')).to_have_value("0.80")
    expect(page.locator('[name="lines.0.price"]')).to_have_value("0.70")
    page.get_by_role("combobox", name="商品").nth(0).evaluate(PASTE, "HW-0003\t件\t0.90\nHW-0003\t件\t1.10\n")
    expect(page.locator('[name="lines.1.price"]')).to_have_value("1.10")


def test_two_hundred_lines_are_pasted_and_typed_into_without_lag(visit: Visit, workbench: Workbench) -> None:
    page = visit("form")
    table = "".join(f"{['活动扳手 10寸', 'HW-0001'][n % 2]}\t{n + 1}\t2\t0%\n" for n in range(200))
    page.locator("[data-lines]").evaluate("(grid) => { delete grid.dataset.max; }")
    page.get_by_role("combobox", name="商品").nth(0).evaluate(PASTE, table)
    expect(page.locator("[data-row]")).to_have_count(200)
    expect(page.locator('[name="lines.199.product"]')).to_have_value("1")
    expect(page.locator('[data-total="lines.amount"]')).to_have_text("40,200")
    assert [form["q"] for form in workbench.seen if "q" in form] == [["活动扳手 10寸", "HW-0001"]], "asked once"
    assert page.locator("[data-rows] .ts-wrapper").count() < 100, "boxes out of sight are not made"
    qty = page.locator('[name="lines.150.qty"]')
    qty.focus()
    meter = page.context.new_cdp_session(page)
    meter.send("Performance.enable", {"timeDomain": "threadTicks"})
    before, keys = script_seconds(meter), "12345678"
    qty.evaluate(TYPE, keys)
    assert (script_seconds(meter) - before) / len(keys) < 0.05, "seconds of the processor for a key"
    page.locator('[name="lines.60.product"]').focus()
    expect(page.locator('[id="f-lines.60.product-ts-control"]')).to_be_focused(timeout=20_000)


def script_seconds(meter: CDPSession) -> float:
    """How long the page's scripts have kept the processor busy."""
    metrics = meter.send("Performance.getMetrics")["metrics"]
    return next(float(one["value"]) for one in metrics if one["name"] == "ScriptDuration")


def test_one_pasted_cell_is_ordinary_text(visit: Visit) -> None:
    page = visit("form")
    page.locator('[name="lines.0.note"]').evaluate(PASTE, "one cell")
    expect(page.locator("[data-row]")).to_have_count(2)


def test_an_error_above_leads_to_its_field(visit: Visit) -> None:
    page = visit("form", search="errors")
    page.get_by_role("link", name="运费不能超过货款").click()
    expect(page.locator("#f-freight")).to_be_focused()


def test_figures_follow_what_is_typed_exactly(visit: Visit) -> None:
    page = visit("form")
    amount = page.locator('[data-field="lines.0.amount"]')
    expect(amount).to_have_text("0.3")
    expect(page.locator('[data-field="lines.1.amount"]')).to_have_text("66.5")
    expect(page.locator('[data-field="total"]')).to_have_text("¥79.30")
    page.locator('[name="lines.0.qty"]').fill("1,000,000.1")
    page.locator('[name="lines.0.price"]').fill("0.3")
    page.locator('[name="lines.0.discount"]').fill("10")
    expect(amount).to_have_text("270,000.03")
    expect(page.locator('[data-total="lines.amount"]')).to_have_text("270,066.53")
    expect(page.locator('[data-total="lines.qty"]')).to_have_text("1,000,200.1")
    page.locator("#f-freight").fill("")
    expect(page.locator('[data-field="total"]')).to_have_text("¥270,066.53")
    page.locator("[data-row-remove]").first.click()
    expect(page.locator('[data-field="total"]')).to_have_text("¥66.50")
    page.locator('[name="lines.1.price"]').fill("no number")
    expect(page.locator('[data-field="total"]')).to_have_text("")
