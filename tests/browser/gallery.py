"""Takes a picture of every kind of page, wide and on a phone, light and dark, in Chinese and English, with an index.

`python -m tests.browser.gallery [-o gallery] [--only list] [--look phone-dark-en]`: builds the stage anew, so that the
same code gives the same pictures. With `--axe` it also checks each page for accessibility. Not a test."""

from __future__ import annotations

import argparse
import html
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from tests.browser import stages
from tests.browser.axes import violations
from tests.browser.browsers import FLAGS, chromium
from tests.browser.page_kinds import PHONE, WIDE, Kind, come, kinds, rest
from tests.browser.stages import Stage

DEVICES: dict[str, dict[str, Any]] = {
    WIDE: {"viewport": {"width": 1440, "height": 900}},
    PHONE: {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
TALLEST = 2400                                 # pixels of a page that are shown; longer ones go on as they begin
SECONDS = 30_000
THUMB = 40                                     # pixels that a button has at least where thumbs press it
UNFIT = """
(thumb) => {
  const seen = (what) => [...document.querySelectorAll(what)].filter((one) => one.checkVisibility());
  const phone = innerWidth < 768 && !matchMedia("print").matches;
  const pressed = phone ? seen(".fw-btn, .dropdown-item, .fw-top .fw-icon-btn") : [];
  const small = pressed.filter((one) => one.getBoundingClientRect().height < thumb);
  const bars = phone ? seen(".fw-head .fw-actions").filter((one) => getComputedStyle(one).position === "fixed") : [];
  const off = bars.flatMap((bar) => [...bar.querySelectorAll(".fw-btn")].filter((one) => {
    const box = one.getBoundingClientRect();
    return one.checkVisibility() && (box.right > innerWidth || box.width < thumb);
  }));
  const high = phone && !document.querySelector(".fw-decide-buttons")
    ? seen(".fw-head .fw-actions .fw-btn").filter((one) => !bars.some((bar) => bar.contains(one))) : [];
  const blank = seen(".fw-form-row").filter((row) => row.offsetHeight === 0);
  const name = (one) => one.textContent.trim() || one.ariaLabel;
  return [...small.map((one) => `too small for a thumb: ${name(one)}`),
    ...off.map((one) => `beyond the bar: ${name(one)}`),
    ...high.map((one) => `out of reach of the thumb: ${name(one)}`), ...blank.map(() => "a gap for nothing")];
}
"""


@dataclass(frozen=True)
class Look:
    """A window, a theme and a language."""

    device: str
    theme: str
    language: str

    @property
    def name(self) -> str:
        return f"{self.device}-{self.theme}-{self.language}"

    def context(self, browser: Browser) -> BrowserContext:
        """A browser that looks like this, without history."""
        made = browser.new_context(
            **DEVICES[self.device],
            locale=LOCALES[self.language],
            timezone_id="Asia/Shanghai",
            color_scheme="dark" if self.theme == "dark" else "light",
            reduced_motion="reduce",
        )
        made.set_default_timeout(SECONDS)
        return made


LOOKS = tuple(Look(*one) for one in product(DEVICES, ("light", "dark"), LOCALES))


@dataclass(frozen=True)
class Shown:
    """A picture that was taken, and what went wrong on the way or breaks a rule."""

    kind: str
    look: str
    file: str
    troubles: tuple[str, ...]


class People:
    """The browsers of those who have signed in, one for each person."""

    def __init__(self, browser: Browser, stage: Stage, look: Look) -> None:
        self._browser, self._stage, self._look = browser, stage, look
        self._known: dict[str, BrowserContext] = {}

    def of(self, login: str) -> BrowserContext:
        """The browser of a person, signed in; "" is a stranger's."""
        if login not in self._known:
            context = self._known[login] = self._look.context(self._browser)
            if login:
                page = context.new_page()
                page.goto(f"{self._stage.url}/sign-in")
                page.fill("#login", login)
                page.fill("#password", stages.PASSWORD)
                page.locator("#password").press("Enter")
                page.wait_for_url(lambda url: "/sign-in" not in url)
                page.close()
        return self._known[login]


def take(people: People, stage: Stage, kind: Kind, look: Look, folder: Path, *, axe: bool) -> Shown:
    """One picture; what goes wrong is told in the index, and the others go on."""
    troubles: list[str] = []
    page = people.of(kind.login).new_page()
    page.on("pageerror", lambda error: troubles.append(f"script: {error}"))
    file = f"{look.name}/{kind.name}.png"
    try:
        come(page, stage, kind)
        troubles += judged(page) + (violations(page) if axe else [])
        stretch(page, look)
        page.screenshot(path=folder / file)
    except (Error, AssertionError) as error:
        troubles.append(f"steps: {str(error).splitlines()[0]}")
        with suppress(Error):
            page.screenshot(path=folder / file)
    page.close(run_before_unload=False)
    return Shown(kind.name, look.name, file, tuple(troubles))


def judged(page: Page) -> list[str]:
    """What no picture shows clearly: a page that is wider than its window."""
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return ([f"{over} px too wide"] if over > 0 else []) + page.evaluate(UNFIT, THUMB)


def stretch(page: Page, look: Look) -> None:
    """Make the window as high as the page, so that what sticks to its edges stands where it belongs."""
    size = page.viewport_size or DEVICES[look.device]["viewport"]
    tall = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    if tall > size["height"]:
        page.set_viewport_size({"width": size["width"], "height": tall})
        rest(page)


def walk(database: Path, look: Look, folder: Path, only: str, *, axe: bool) -> list[Shown]:
    """All pictures of one look, on a copy of the stage of its own."""
    copy = database.with_name(f"{look.name}.db")
    shutil.copy(database, copy)
    (folder / look.name).mkdir(parents=True, exist_ok=True)
    with stages.opened(f"sqlite:///{copy}") as stage, sync_playwright() as playwright:
        stage.speak(look.language)
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        people = People(browser, stage, look)
        wanted = [one for one in kinds(stage) if look.device in one.widths and only in one.name]
        found = []
        for one in wanted:
            started = time.monotonic()
            found.append(take(people, stage, one, look, folder, axe=axe))
            print(look.name, one.name, f"{time.monotonic() - started:.1f}", *found[-1].troubles, flush=True)
        browser.close()
    return found


def index(shown: list[Shown], minutes: float) -> str:
    """The contact sheet: a row for each kind of page, a column for each look, what went wrong on top."""
    by = {(one.kind, one.look): one for one in shown}
    looks = [look.name for look in LOOKS if any(one.look == look.name for one in shown)]
    troubles = "".join(_trouble(one) for one in shown if one.troubles)
    rows = "".join(f"<h2 id='{kind}'>{kind}</h2><p>{''.join(_shot(by.get((kind, look))) for look in looks)}</p>"
                   for kind in dict.fromkeys(one.kind for one in shown))
    style = ("body{font:14px system-ui;margin:24px}p{display:flex;gap:8px;overflow:auto}img{height:420px;width:auto;"
             "object-fit:cover;object-position:top;border:1px solid #bbb}pre{white-space:pre-wrap}")
    head = f"{len(shown)} pictures of {len({one.kind for one in shown})} kinds of pages, {minutes:.1f} minutes"
    return (f"<!doctype html><meta charset=utf-8><title>Gallery</title><style>{style}</style><h1>Gallery</h1>"
            f"<p>{head}</p><ul>{troubles}</ul>{rows}")


def _shot(one: Shown | None) -> str:
    return "" if one is None else f"<a href='{one.file}'><img loading=lazy src='{one.file}' title='{one.look}'></a>"


def _trouble(one: Shown) -> str:
    told = html.escape("\n".join(one.troubles))
    return f"<li>{one.look} <a href='#{one.kind}'>{one.kind}</a><pre>{told}</pre></li>"


def gallery(folder: Path, looks: list[Look], only: str, *, axe: bool) -> Iterator[Shown]:
    """Every picture that is asked for, look by look, two looks at a time."""
    with tempfile.TemporaryDirectory() as place:
        database = Path(place) / "stage.db"
        stages.build(f"sqlite:///{database}", scale=0.4, months=3)
        with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as pool:
            under_way = [pool.submit(walk, database, look, folder, only, axe=axe) for look in looks]
            for one in under_way:
                yield from one.result()


def main() -> int:
    """Takes the pictures; 1 if anything went wrong."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("-o", "--out", type=Path, default=Path("gallery"))
    asked.add_argument("--only", default="", help="a part of the names of kinds")
    asked.add_argument("--look", default="", help="a part of the names of looks")
    asked.add_argument("--axe", action="store_true", help="check each page for accessibility, too")
    chosen = asked.parse_args()
    started = time.monotonic()
    looks = [look for look in LOOKS if chosen.look in look.name]
    shown = list(gallery(chosen.out, looks, chosen.only, axe=chosen.axe))
    (chosen.out / "index.html").write_text(index(shown, (time.monotonic() - started) / 60), encoding="utf-8")
    for one in shown:
        for trouble in one.troubles:
            print(f"{one.look} {one.kind}: {trouble}", file=sys.stderr)
    print(f"{len(shown)} pictures in {chosen.out}/index.html after {time.monotonic() - started:.0f} s")
    return 1 if any(one.troubles for one in shown) else 0


if __name__ == "__main__":
    sys.exit(main())
