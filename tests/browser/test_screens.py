"""Every screen in a real browser, wide and on a phone: it stands, keeps to its width; and the form lives."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from engine.runtime.services import commands
from tests.browser.entering import enter
from tests.faults.servers import running
from tests.web.doors import Door, peopled

pytestmark = [pytest.mark.browser]
SCREENS = {
    "li": [
        "",
        "records/sale",
        "records/sale/new",
        "records/sale/1",
        "records/sale/2/edit",
        "records/customer",
        "notices",
        "tasks",
        "search?q=Acme",
        "records/sale?search=nothing",
        "registers/stock",
    ],
    "wang": ["tasks", "tasks/1", "records/sale/3"],
    "zhao": ["records/receipt/1", "registers/stock?view=turnovers", "registers/stock?view=movements"],
}


class Desk:
    """A person at a page of the shop."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url

    def sign_in(self, login: str) -> None:
        enter(self.page, self.url, login=login)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.url}/apps/shop/{path}")
        expect(self.page.locator("html[data-ready]")).to_be_attached()

    def pick(self, path: str, words: str) -> None:
        """Choose a linked record by typing."""
        self.page.locator(f'[id="f-{path}-ts-control"]').press_sequentially(words)
        self.page.locator(".ts-dropdown:visible [data-selectable]").first.click()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Door, str]]:
    """A shop with sales in several states, served."""
    door = Door(peopled(f"sqlite:///{tmp_path_factory.mktemp('screens') / 'site.db'}"))
    door.shop.stocked(Bolt=500, Nut=500)
    door.shop.sold(Bolt=3, Nut=2)
    door.shop.sold(submit=False, Bolt=1)
    door.shop.sold(Bolt=200)
    with running(door.app, threads=4) as port:
        yield door, f"http://127.0.0.1:{port}"
    door.shop.site.database.close()


@pytest.fixture
def desk(shop: tuple[Door, str], page: Page) -> Desk:
    return Desk(page, shop[1])


# Main actions that do not stand out from their ground.
FAINT = """() => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.setProperty("background-color", "var(--fw-accent)");
  const accent = getComputedStyle(probe).backgroundColor;
  probe.remove();
  const plain = (one) => !one.matches(":hover, :focus") && getComputedStyle(one).backgroundColor !== accent;
  return [...document.querySelectorAll("#content .fw-btn-primary")].filter(plain).map((one) => one.textContent.trim());
}"""


def stands(desk: Desk, login: str) -> None:
    """Each screen of a person is there and not wider than the window."""
    desk.sign_in(login)
    for path in SCREENS[login]:
        desk.open(path)
        expect(desk.page.locator("h1")).not_to_be_empty()
        expect(desk.page.locator(".fw-failure-note")).to_have_count(0)
        over = desk.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{path} is {over} px too wide"
        assert desk.page.evaluate(FAINT) == []


@pytest.mark.parametrize("login", SCREENS)
def test_screens_stand_on_a_desk(desk: Desk, login: str) -> None:
    stands(desk, login)


@pytest.mark.parametrize("login", SCREENS)
def test_screens_stand_on_a_phone(phone: dict[str, object], desk: Desk, login: str) -> None:
    stands(desk, login)


def test_totals_live_while_one_types_and_the_server_agrees(desk: Desk) -> None:
    desk.sign_in("li")
    desk.open("records/sale/new")
    desk.pick("customer", "Acme")
    desk.pick("lines.0.product", "Bolt")
    expect(desk.page.locator('[name="lines.0.price"]')).to_have_value("10.00")
    desk.page.fill('[name="lines.0.qty"]', "2.5")
    desk.page.locator('[name="lines.0.qty"]').press("Tab")
    expect(desk.page.locator('[data-field="total"]')).to_have_text(re.compile("25.00"))
    desk.page.get_by_role("button", name="Add row").click()
    desk.pick("lines.1.product", "Nut")
    desk.page.fill('[name="lines.1.qty"]', "4")
    desk.page.locator('[name="lines.1.qty"]').press("Tab")
    expect(desk.page.locator('[data-field="total"]')).to_have_text(re.compile("65.00"))
    desk.page.get_by_role("button", name="Save", exact=True).click()
    desk.page.wait_for_url(re.compile(r"/records/sale/\d+$"))
    expect(desk.page.locator("#content")).to_contain_text("65.00")


def test_what_was_typed_survives_a_refusal(desk: Desk) -> None:
    desk.sign_in("li")
    desk.open("records/sale/new")
    desk.pick("customer", "Acme")
    desk.page.fill('[name="note"]', "please keep")
    desk.pick("lines.0.product", "Bolt")
    desk.page.fill('[name="lines.0.qty"]', "many")
    desk.page.get_by_role("button", name="Save", exact=True).click()
    expect(desk.page.locator('[name="lines.0.qty"]')).to_have_attribute("aria-invalid", "true")
    expect(desk.page.locator('[name="lines.0.qty"]')).to_have_value("many")
    expect(desk.page.locator('[name="note"]')).to_have_value("please keep")
    desk.page.fill('[name="lines.0.qty"]', "1")
    desk.page.get_by_role("button", name="Save", exact=True).click()
    desk.page.wait_for_url(re.compile(r"/records/sale/\d+$"))


def test_enter_before_the_answer_takes_the_only_record_that_fits(desk: Desk) -> None:
    """Whoever knows the code does not wait for the list; of several that fit none is taken unseen."""
    desk.sign_in("li")
    desk.open("records/sale/new")
    box = desk.page.locator('[id="f-lines.0.product-ts-control"]')
    chosen = desk.page.locator('[name="lines.0.product"]')
    box.click()
    box.press_sequentially("t")
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator(".ts-dropdown:visible [data-selectable]:not(:has(.fw-fresh))")).to_have_count(2)
    expect(chosen).to_have_value("")
    box.fill("")
    box.press_sequentially("Bolt")
    desk.page.keyboard.press("Enter")
    expect(chosen.locator("option:checked")).to_have_text(re.compile("Bolt"))
    expect(desk.page.locator(".ts-dropdown:visible")).to_have_count(0)


def test_a_record_that_is_missing_is_made_in_passing(desk: Desk) -> None:
    """By keys alone; the form beneath keeps what was typed, and a refusal stays in the dialog."""
    desk.sign_in("li")
    desk.open("records/sale/new")
    desk.page.fill('[name="note"]', "for the new one")
    box = desk.page.locator('[id="f-customer-ts-control"]')
    box.click()
    box.press_sequentially("Newcomer")
    expect(desk.page.locator(".ts-dropdown:visible .fw-fresh.active")).to_be_visible()
    desk.page.keyboard.press("Enter")
    dialog = desk.page.locator("#dialog")
    expect(dialog.locator('[name="name"]')).to_have_value("Newcomer")
    dialog.locator('[name="limit"]').fill("much")
    dialog.locator("button[type=submit]").click()
    expect(dialog.locator('[name="limit"]')).to_have_attribute("aria-invalid", "true")
    dialog.locator('[name="limit"]').fill("70")
    dialog.locator("button[type=submit]").click()
    expect(dialog).to_be_hidden()
    expect(desk.page.locator('[name="customer"] option:checked')).to_have_text("Newcomer")
    expect(desk.page.locator('[name="note"]')).to_have_value("for the new one")


def test_the_quick_way_leads_by_keys_to_pages_records_and_buttons(desk: Desk) -> None:
    desk.sign_in("li")
    desk.page.keyboard.press("Control+k")
    words = desk.page.locator("#palette-words")
    expect(words).to_be_focused()
    words.press_sequentially("customer")
    desk.page.keyboard.press("Enter")            # before the answer: it means what the words find
    desk.page.wait_for_url(re.compile("/records/customer$"))
    desk.open("records/sale/1")
    desk.page.keyboard.press("Control+k")
    desk.page.locator("#palette-words").press_sequentially("cancel")
    here = desk.page.get_by_role("group", name="On this page").get_by_role("option")
    expect(here).to_have_count(1)
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator('#dialog [name="reason"]')).to_be_visible()


def test_an_action_asks_in_a_dialog_and_shows_its_refusal_there(desk: Desk) -> None:
    desk.sign_in("li")
    desk.open("records/sale/1")
    desk.page.get_by_role("button", name="Cancel").or_(desk.page.get_by_role("link", name="Cancel")).first.click()
    dialog = desk.page.locator("#dialog")
    expect(dialog).to_be_visible()
    dialog.locator("button[type=submit]").click()
    expect(dialog.locator('[name="reason"]')).to_have_attribute("aria-invalid", "true")
    desk.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_the_list_searches_as_one_types(desk: Desk) -> None:
    desk.sign_in("li")
    desk.open("records/customer")
    desk.page.locator("#content input[type=search]").press_sequentially("zebra")
    expect(desk.page.locator("#list")).to_contain_text("Nothing fits")
    expect(desk.page).to_have_url(re.compile("search=zebra"))


def test_an_approval_is_given_on_a_phone(phone: dict[str, object], desk: Desk, shop: tuple[Door, str]) -> None:
    waiting = shop[0].shop.sold(Nut=150)
    desk.sign_in("wang")
    desk.open("tasks")
    desk.page.get_by_role("link", name=re.compile("SO2026")).first.click()
    desk.page.fill("#comment", "fine")
    desk.page.get_by_role("button", name="Approve").click()
    desk.page.wait_for_url("**/apps/shop/tasks")
    expect(desk.page.locator(".fw-toast")).to_contain_text("Done")
    assert shop[0].shop.value(waiting, "state") in ("approved", "pending")


def test_the_builder_checks_as_one_types_and_shows_the_plan(desk: Desk) -> None:
    desk.sign_in("ada")
    desk.page.goto(f"{desk.url}/builder/shop")
    problems = desk.page.locator(".fw-editor-problems")
    expect(problems).to_contain_text("No problems")
    desk.page.locator(".cm-content").click()
    desk.page.keyboard.press("Control+Home")
    desk.page.keyboard.type("nonsense: 1\n")
    expect(problems).to_contain_text("nonsense")
    for _ in range(len("nonsense: 1\n")):
        desk.page.keyboard.press("Backspace")
    desk.page.keyboard.type("# a comment\n")
    expect(problems).to_contain_text("No problems")
    desk.page.get_by_role("button", name="Check and show the plan").click()
    expect(desk.page.locator("h1")).to_have_text("Plan")
    expect(desk.page.locator("#content")).to_contain_text("app.yaml")
    desk.page.fill("#comment", "a comment")
    desk.page.get_by_role("button", name="Publish").click()
    expect(desk.page.locator("#content")).to_contain_text("Version 2")


def test_the_keyboard_stays_where_it_was_and_changes_are_said(desk: Desk, shop: tuple[Door, str]) -> None:
    shop[0].shop.run("li", lambda tx: [commands.create(tx, "customer", {"name": f"Many {n}"}) for n in range(105)])
    desk.sign_in("li")
    desk.open("records/customer")
    further = desk.page.locator("#list a[rel=next]")
    further.focus()
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url(re.compile("cursor="))
    expect(further).to_be_focused()
    expect(desk.page.locator("#said")).to_have_text(desk.page.locator(".fw-pages-count").inner_text())
    desk.page.keyboard.press("Enter")
    expect(further).to_have_count(0)
    expect(desk.page.locator("#list")).to_be_focused()
    desk.page.locator("#content input[type=search]").press_sequentially("zebra")
    expect(desk.page.locator("#said")).to_have_text("Nothing fits")


def test_a_record_is_shared_with_somebody_whose_name_is_typed(desk: Desk) -> None:
    page = desk.page
    desk.sign_in("li")
    desk.open("records/customer/1")
    page.locator(".fw-actions .dropdown-toggle").last.click()
    entry = page.locator(".dropdown-menu a[href$='/records/customer/1/shares']")
    assert entry.get_attribute("href"), "without a script it is a page"
    entry.click()
    dialog = page.locator("#dialog")
    typed = dialog.locator("#share-with-ts-control")
    expect(typed).to_be_focused()
    expect(dialog.locator(".ts-dropdown")).to_be_hidden()      # nobody has asked for it
    typed.press("ArrowDown")
    expect(dialog.locator(".ts-dropdown")).to_be_visible()
    dialog.locator("small").first.click()
    expect(dialog.locator(".ts-dropdown")).to_be_hidden()
    dialog.locator("button[form=share-form]").click()
    expect(typed).to_have_attribute("aria-invalid", "true")
    expect(dialog.locator(f"#{typed.get_attribute('aria-describedby')}")).not_to_be_empty()
    typed.press_sequentially("sun")
    choices = dialog.locator("[data-selectable]:visible")
    expect(choices).to_have_count(1)
    typed.press("Enter")
    dialog.locator("button[form=share-form]").click()
    expect(dialog.locator("tbody tr")).to_have_count(1)
