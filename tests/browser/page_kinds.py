"""The catalogue of every kind of page, each as something a person can come to on the stage; pictures and checks use it.

Whoever adds a kind of page adds it here. Views that an app declares (kanban, calendar, …) are found by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playwright.sync_api import Error, Page, expect

from engine.runtime.services import commands, inputs
from tests.browser.stages import PROJECTS, SALES, Stage

Steps = Callable[[Page, Stage], None]
WIDE, PHONE = "wide", "phone"
BOTH = (WIDE, PHONE)
SHEET = 718                                    # pixels of A4 between its margins
SLOW = 15_000                                  # milliseconds that a busy machine may take
# Done when nothing is under way any more: modules run, fragments and charts have come, nothing moves.
STILL = """
async () => {
  const waits = '.htmx-request, .fw-panel.is-loading, [hx-trigger*="load"].fw-related, .fw-spinner,'
    + '.ts-wrapper.loading';
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    return box.top < innerHeight && box.bottom > 0 && box.height > 0;
  };
  const moves = (one) => one.playState === "running" && one.effect.getTiming().iterations !== Infinity;
  const busy = () => !document.documentElement.dataset.ready
    || [...document.querySelectorAll(waits)].some(seen)
    || [...document.querySelectorAll("[data-chart]")].some((box) => seen(box) && !box.querySelector("svg"))
    || document.getAnimations().some(moves);
  for (let quiet = 0, waited = 0; quiet < 2 && waited < 160; waited++) {
    await new Promise((done) => setTimeout(done, 25));
    quiet = busy() ? 0 : quiet + 1;
  }
}
"""


@dataclass(frozen=True)
class Kind:
    """One kind of page: who comes to it ("" = a stranger), its path below the app (one that starts with / is the
    site's), the record whose id stands for `{}` in it, and what is done there first."""

    name: str
    login: str
    path: str
    of: str = ""
    steps: Steps | None = None
    widths: tuple[str, ...] = BOTH
    app: str = SALES

    def address(self, stage: Stage) -> str:
        """Where it is on this stage."""
        path = self.path.format(stage.id(self.of, self.app)) if self.of else self.path
        return stage.url + (path if path.startswith("/") else f"/apps/{self.app}/{path}")


def come(page: Page, stage: Stage, kind: Kind) -> None:
    """Open the page and do what makes it this kind of page; it stands still afterwards."""
    page.goto(kind.address(stage), wait_until="load")
    rest(page)
    if kind.steps is not None:
        kind.steps(page, stage)
        rest(page)


def rest(page: Page) -> None:
    """Wait until the page stands still; one that leads on is waited for anew."""
    for _ in range(3):
        try:
            page.evaluate(STILL)
            return
        except Error:
            page.wait_for_load_state("load")


def press(selector: str) -> Steps:
    """Press the first thing of a selector."""
    return lambda page, stage: page.locator(selector).first.click()


def follow(selector: str) -> Steps:
    """Press the first thing of a selector and wait for the page that it leads to."""

    def steps(page: Page, stage: Stage) -> None:
        before = page.url
        page.locator(selector).first.click()
        page.wait_for_url(lambda url: url != before)

    return steps


def to_something(page: Page, stage: Stage) -> None:
    """From a period without records to the nearest one that has some."""
    way = page.locator(".fw-scene-empty .fw-btn")
    if way.count():
        way.last.click()


def keys(*presses: str) -> Steps:
    """Press keys one after the other."""

    def steps(page: Page, stage: Stage) -> None:
        for one in presses:
            page.keyboard.press(one)

    return steps


def wrong_password(page: Page, stage: Stage) -> None:
    page.fill("#login", "li")
    page.fill("#password", "wrong")
    page.locator("#password").press("Enter")
    expect(page.locator(".fw-alert-danger")).to_be_visible(timeout=SLOW)


def ticked(page: Page, stage: Stage) -> None:
    for box in page.locator('[data-batch] tbody input[type="checkbox"]').all()[:3]:
        box.check()
    expect(page.locator("[data-batch-bar]")).to_be_in_viewport(timeout=SLOW)


def many_asked(page: Page, stage: Stage) -> None:
    ticked(page, stage)
    page.locator('[data-batch-bar] button[formaction*="/bulk/"]').first.click()
    page.wait_for_url("**/bulk/*")


def refused(page: Page, stage: Stage) -> None:
    """Two things wrong in a form."""
    page.locator('[name="freight"], [name="credit_limit"]').first.fill("much")
    page.locator("button.fw-btn-primary[form=record]").click()
    expect(page.locator(".fw-alert-danger")).to_be_visible(timeout=SLOW)


def overtaken(page: Page, stage: Stage) -> None:
    """Somebody else saves what one is editing."""
    id = int(re.findall(r"/(\d+)/edit", page.url)[0])
    values = {"remark": "请先确认库存"}
    stage.run("li", lambda tx: commands.update(tx, "sales_order", id, inputs.read(tx, "sales_order", values)))
    page.fill('[name="remark"]', "客户要求月底前到货")
    page.locator("button.fw-btn-primary[form=record]").click()
    expect(page.locator("#merge")).to_be_attached(timeout=SLOW)


def long_order(page: Page, stage: Stage) -> None:
    """Rows pasted as from a spreadsheet."""
    page.locator('[name="lines.0.qty"]').first.focus()
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.setData("text/plain", Array.from({ length: 200 }, (_, n) => `${n + 1}`).join("\\n"));
          const told = { bubbles: true, cancelable: true, clipboardData: data };
          document.activeElement.dispatchEvent(new ClipboardEvent("paste", told));
        }"""
    )
    expect(page.locator('[data-lines="lines"] [data-row]')).to_have_count(200, timeout=SLOW)


def searched(page: Page, stage: Stage) -> None:
    page.keyboard.press("Control+k")
    page.locator("#palette-words").press_sequentially("客")
    expect(page.locator("#palette [role=option], #dialog [role=option]").first).to_be_visible(timeout=SLOW)


def planned(page: Page, stage: Stage) -> None:
    """A change in the editor, as far as its plan."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("# one line more\n")
    page.locator("button.fw-btn-primary").first.click()
    page.wait_for_url("**/plan")


def troubled(page: Page, stage: Stage) -> None:
    """A mistake in the editor, told beneath it."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("nonsense: 1\n")
    expect(page.locator(".fw-editor-problems")).to_contain_text("nonsense", timeout=SLOW)


def edited_cell(page: Page, stage: Stage) -> None:
    page.locator("tr[data-href]:not([data-shut]) .fw-row-link").first.press("F2")
    expect(page.locator("[data-cell-form]")).to_be_visible(timeout=SLOW)


def signed_out(page: Page, stage: Stage) -> None:
    """The session ended while a form was filled in."""
    page.fill('[name="remark"]', "请周五前送到")
    kept = page.context.cookies()
    page.context.clear_cookies()
    page.locator("button.fw-btn-primary[form=record]").click()
    expect(page.locator("#again-password")).to_be_visible(timeout=SLOW)
    page.context.add_cookies(list(kept))  # type: ignore[arg-type]


def printed(page: Page, stage: Stage) -> None:
    """As it comes out of a printer: a sheet is as wide as it is, whatever window it is printed from."""
    page.set_viewport_size({"width": SHEET, "height": 1000})
    page.emulate_media(media="print")


FILTER, DISPLAY = ".fw-filter > summary", "details[data-popover]:not(.fw-filter) > summary"
ASKING = ".fw-actions a[hx-get]"
ORDER = "first(all sales_order where state = '{}' sort -number)"
STRANGER = (
    Kind("sign-in", "", "/sign-in"),
    Kind("forgotten", "", "/forgot"),
    Kind("sign-in-refused", "", "/sign-in", steps=wrong_password),
)
LISTS = (
    Kind("home", "wang", ""),
    Kind("list", "wang", "records/sales_order"),
    Kind("list-filtered", "wang", "records/sales_order?filter=total+%3E+5000+and+state+%3D+%27approved%27"),
    Kind("list-filter-panel", "wang", "records/customer?filter=credit_limit+%3E+1000", steps=press(FILTER)),
    Kind("list-display-panel", "wang", "records/customer", steps=press(DISPLAY)),
    Kind("list-grouped", "wang", "records/sales_order?group=customer"),
    Kind("list-grouped-open", "wang", "records/sales_order?group=date:month", steps=press("[data-group]")),
    Kind("list-unmatched", "wang", "records/sales_order?search=xyzzy"),
    Kind("list-unread", "wang", "records/sales_order?filter=total+%3E"),
    Kind("list-empty", "zhou", "records/product?view=off_sale"),
    Kind("list-ticked", "li", "records/sales_order", steps=ticked),
    Kind("list-panel", "wang", "records/sales_order", steps=press("tr[data-href] td:nth-child(3)"), widths=(WIDE,)),
    Kind("list-keys", "wang", "records/sales_order", steps=keys("?"), widths=(WIDE,)),
    Kind("list-cell", "wang", "records/sales_order", steps=edited_cell, widths=(WIDE,)),
    Kind("many-asked", "li", "records/sales_order", steps=many_asked),
    Kind("compare", "wang", "records/quote/compare/versions?id=1,2"),
    Kind("search", "wang", "search?q=杭州"),
)
RECORDS = (
    Kind("form-new", "li", "records/sales_order/new"),
    Kind("form-master", "wang", "records/customer/new"),
    Kind("form-occasion", "li", "records/sales_order/new?_form=phone"),
    Kind("form-edit", "li", "records/sales_order/{}/edit", of=ORDER.format("draft")),
    Kind("form-refused", "li", "records/sales_order/new", steps=refused),
    Kind("form-signed-out", "sun", "records/sales_order/new", steps=signed_out),
    Kind("form-draft", "li", "records/customer/new"),
    Kind("form-long", "sun", "records/sales_order/new", steps=long_order),
    Kind("conflict", "wang", "records/sales_order/{}/edit", of=ORDER.format("draft"), steps=overtaken),
    Kind("detail-draft", "li", "records/sales_order/{}", of=ORDER.format("draft")),
    Kind("detail-pending", "wang", "records/sales_order/{}", of=ORDER.format("pending")),
    Kind("detail-approved", "wang", "records/sales_order/{}", of=ORDER.format("approved")),
    Kind("detail-customer", "wang", "records/customer/{}", of="first(all customer where owner is not blank sort code)"),
    Kind("detail-posted", "qian", "records/invoice/{}", of="first(all invoice where state = 'posted' sort -number)"),
    Kind("detail-product", "zhou", "records/product/{}", of="first(all product sort code)"),
    Kind("action-dialog", "wang", "records/sales_order/{}", of=ORDER.format("approved"), steps=press(ASKING)),
    Kind("paper", "wang", "records/sales_order/{}", of=ORDER.format("approved"), steps=printed),
    Kind("bin", "li", "bin"),
    Kind("bin-empty", "qian", "bin"),
)
WORK = (
    Kind("inbox", "wang", "tasks"),
    Kind("inbox-empty", "zhao", "tasks"),
    Kind("inbox-done", "wang", "tasks?box=done"),
    Kind("inbox-ticked", "wang", "tasks", steps=press(".fw-task input[type=checkbox]")),
    Kind("inbox-beside", "wang", "tasks", steps=keys("j", "Enter"), widths=(WIDE,)),
    Kind("task", "wang", "tasks", steps=follow(".fw-task a")),
    Kind("approvals", "admin", "approvals?status=all"),
    Kind("approval", "admin", "approvals", steps=follow("tbody a")),
    Kind("flow", "analyst", "flows/order_approval"),
    Kind("notices", "li", "notices"),
    Kind("alerts", "zhou", "alerts"),
    Kind("board", "wang", "boards/sales_board"),
    Kind("register", "zhao", "registers/stock"),
    Kind("register-turnovers", "zhao", "registers/stock?view=turnovers"),
    Kind("register-movements", "zhao", "registers/stock?view=movements"),
    Kind("report", "wang", "reports/sales_by_month"),
    Kind("report-wide", "chen", "reports/profit_by_order"),
    Kind("periods", "qian", "periods"),
    Kind("import-start", "ma", "records/region/import"),
    Kind("import-mapping", "ma", "imports/1"),
    Kind("import-rehearsed", "ma", "imports/2"),
    Kind("import-done", "ma", "imports/3"),
)
SITE = (
    Kind("profile", "li", "/profile"),
    Kind("second-factor", "li", "/profile/second-factor"),
    Kind("absences", "admin", "/absences/"),
    Kind("departments", "admin", "/departments/"),
    Kind("department", "admin", "/departments/form?name=%E9%94%80%E5%94%AE%E9%83%A8"),
    Kind("hand-over", "admin", "/people/li/hand-over"),
    Kind("jobs", "admin", "/jobs/"),
    Kind("log", "admin", "/events/"),
    Kind("rights", "admin", "rights?person=li&object=sales_order&record=1"),
    Kind("people", "admin", "/people/"),
    Kind("person", "admin", "/people/li"),
    Kind("person-new", "admin", "/people/new"),
    Kind("builder", "analyst", f"/builder/{SALES}"),
    Kind("builder-problems", "analyst", f"/builder/{PROJECTS}", steps=troubled),
    Kind("builder-plan", "analyst", f"/builder/{PROJECTS}", steps=planned),
    Kind("builder-versions", "analyst", f"/builder/{SALES}/versions"),
    Kind("builder-version", "analyst", f"/builder/{SALES}/versions/1"),
    Kind("builder-reference", "analyst", f"/builder/{SALES}/reference"),
    Kind("builder-reference-page", "analyst", f"/builder/{SALES}/reference/language-objects"),
    Kind("api-docs", "analyst", f"/api/{SALES}/docs"),
    Kind("palette", "wang", "", steps=keys("Control+k"), widths=(WIDE,)),
    Kind("palette-found", "wang", "", steps=searched, widths=(WIDE,)),
    Kind("menu-open", "wang", "records/customer", steps=press(".fw-bottom [data-drawer]"), widths=(PHONE,)),
    Kind("account-menu", "wang", "", steps=press("button.fw-user")),
    Kind("not-found", "li", "records/nothing"),
    Kind("forbidden", "li", "/people/"),
    Kind("broken", "li", "/broken"),
)


def views(stage: Stage) -> Iterator[Kind]:
    """The views of every app that are more than a list, each as the person who is there to see them."""
    who = {SALES: "wang", PROJECTS: "gao"}
    for app in stage.apps:
        for name, obj in app.objects.items():
            for view in obj.views.values():
                if view.kind not in ("list", "detail", "compare"):
                    path = f"records/{name}?view={view.name}"
                    login = "zhou" if name == "purchase_order" else who.get(app.name, "chen")
                    yield Kind(f"view-{view.kind}-{name}", login, path, app=app.name, steps=to_something)


def kinds(stage: Stage) -> list[Kind]:
    """Every kind of page on this stage."""
    return [*STRANGER, *LISTS, *views(stage), *RECORDS, *WORK, *SITE]
