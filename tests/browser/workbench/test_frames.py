"""The frame of a page: theme, drawer, links on rows, dialogs, toasts, ticks."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.workbench.site import Workbench

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]


def test_the_theme_is_chosen_at_once_and_told_to_the_server(visit: Visit, workbench: Workbench) -> None:
    page = visit("list", theme="light")
    page.get_by_role("button", name="主题").click()
    with page.expect_response("**/theme"):
        page.get_by_role("button", name="深色").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert workbench.seen == [{"theme": ["dark"], "token": ["token-of-the-session"]}]


def test_without_a_choice_the_theme_is_the_system_s(visit: Visit, page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    visit("list", theme="auto")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_a_row_is_a_link_and_its_controls_are_not(visit: Visit) -> None:
    page = visit("list")
    page.set_viewport_size({"width": 1000, "height": 800})     # wide windows open it beside the list
    row = page.locator("tbody tr").nth(1)
    row.locator("input[type=checkbox]").check()
    expect(page.locator("[data-batch-bar]")).to_contain_text("已选 1 条")
    row.locator("td").nth(3).click()
    page.wait_for_url("**/detail?id=2")


def test_ticks_by_range_and_all(visit: Visit) -> None:
    page = visit("list")
    boxes = page.locator("tbody input[name=id]")
    boxes.nth(0).check()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(page.locator("[data-batch-bar]")).to_contain_text("已选 4 条")
    page.locator("[data-batch-all]").check()
    expect(page.locator("tbody input[name=id]:checked")).to_have_count(6)
    page.locator("[data-batch-all]").uncheck()
    expect(page.locator("[data-batch-bar]")).to_be_hidden()


def test_search_as_one_types_swaps_the_list_only(visit: Visit) -> None:
    page = visit("list")
    box = page.locator(".fw-search input")
    with page.expect_response("**/list?search=abc"):
        box.press_sequentially("abc")
    expect(page).to_have_url("http://127.0.0.1:" + page.url.split(":")[2].split("/")[0] + "/list?search=abc")
    expect(box).to_be_focused()
    expect(page.locator("tbody tr")).to_have_count(6)


def test_a_dialog_is_loaded_refused_corrected_and_closed(visit: Visit, workbench: Workbench) -> None:
    page = visit("detail")
    page.get_by_role("button", name="发货").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(page.locator(".fw-toast-success")).to_have_text("done")
    expect(dialog.get_by_label("说明")).to_be_focused()
    dialog.get_by_role("button", name="确认发货").click()
    expect(dialog.locator(".fw-error")).to_have_text("必填")
    dialog.get_by_label("说明").fill("ok")
    dialog.get_by_role("button", name="确认发货").click()
    expect(dialog).to_be_hidden()
    assert workbench.seen[-1] == {"token": ["token-of-the-session"]}


def test_a_dialog_closes_by_escape_and_by_the_backdrop(visit: Visit) -> None:
    page = visit("detail")
    for close in (lambda: page.keyboard.press("Escape"), lambda: page.mouse.click(5, 5)):
        page.get_by_role("button", name="发货").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        close()
        expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_disabled_button_says_why_and_does_nothing(visit: Visit) -> None:
    page = visit("detail")
    button = page.get_by_role("button", name="作废")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_accessible_description("已经发货的订单不能作废，请做退货")
    button.focus()
    button.press("Enter")
    expect(page).to_have_url(page.url)


def test_on_a_phone_the_menu_is_a_drawer(phone: object, visit: Visit) -> None:
    page = visit("list")
    expect(page.locator("#menu")).to_be_hidden()
    page.locator(".fw-bottom [data-drawer]").click()
    expect(page.locator("#menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#menu")).to_be_hidden()


@pytest.mark.parametrize("name", ["list", "form", "detail", "board", "editor", "signin"])
@pytest.mark.parametrize("width", [390, 768, 1440])
def test_no_page_is_wider_than_its_window(visit: Visit, page: Page, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    visit(name)
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


def test_charts_are_drawn_as_vectors(visit: Visit) -> None:
    page = visit("board")
    expect(page.locator("[data-chart] svg")).to_have_count(2)
    expect(page.locator("[data-chart]").first).to_have_accessible_name(re.compile("销售额的柱状图"))


def test_a_chart_tells_the_figure_under_the_mouse(visit: Visit) -> None:
    page = visit("board")
    chart = page.locator("[data-chart]").first
    box = chart.locator("svg").bounding_box()
    assert box is not None
    before = set(chart.locator("svg text").all_text_contents())
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] / 2 + 2, box["y"] + box["height"] / 2)
    told = chart.locator("svg text").filter(has_text=re.compile(r"\d,\d{3}"))
    expect(told.first).to_be_visible()
    assert set(chart.locator("svg text").all_text_contents()) - before, "what nobody pointed at was told before"


def test_a_cold_page_stays_light(visit: Visit, page: Page) -> None:
    received: list[int] = []
    page.on("response", lambda answer: received.append(int(answer.headers.get("content-length", 0))))
    visit("form")
    manifest = page.request.get(page.url.split("/form")[0] + "/static/vendor/manifest.json").json()
    wanted = {"core.css", "core.js", "theme.js", *manifest["core.js"]["imports"]}
    assert sum(manifest[name]["gzip"] for name in wanted) <= 180_000
    assert not any(name.startswith(("charts", "editor")) for name in wanted)


def shortcuts(page: Page) -> list[str]:
    """What the open list of keys says."""
    expect(page.locator("#dialog[open] .fw-keys > div").first).to_be_visible()
    return page.locator("#dialog[open] dt").all_inner_texts()


def test_the_list_of_keys_has_what_is_in_force_on_the_page(visit: Visit) -> None:
    """By `?` and by the menu; not while somebody types. A phone, which has no keys, does not offer it."""
    page = visit("list")
    page.keyboard.press("?")
    on_list = shortcuts(page)
    assert {"/", "J K", "X"} <= set(on_list) and not {"Ctrl+S Ctrl+↵", "Ctrl+D"} & set(on_list)
    page = visit("form", language="en")
    page.locator('[name="lines.0.note"]').focus()
    page.keyboard.press("?")
    expect(page.locator("#dialog")).to_be_hidden()
    expect(page.locator('[name="lines.0.note"]')).to_have_value(re.compile(r"\?$"))
    page.get_by_role("button", name="Account").click()
    offered = page.get_by_role("button", name="Keyboard shortcuts")
    page.set_viewport_size({"width": 390, "height": 800})
    expect(offered).to_be_hidden()
    page.set_viewport_size({"width": 1440, "height": 900})
    offered.click()
    on_form = shortcuts(page)
    assert {"Ctrl+S Ctrl+↵", "Ctrl+D", "Esc"} <= set(on_form) and "J K" not in on_form
    expect(page.locator("#dialog")).to_contain_text("Take the value of the row above")


def test_an_action_that_is_shut_tells_why_to_a_finger(visit: Visit) -> None:
    page = visit("detail")
    shut = page.get_by_role("button", name="作废")
    expect(shut).to_have_accessible_description("已经发货的订单不能作废，请做退货")
    shut.click(force=True)
    expect(page.locator(".fw-toast")).to_have_text("已经发货的订单不能作废，请做退货")
