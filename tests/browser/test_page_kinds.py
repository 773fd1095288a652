"""Every kind of page breaks no rule of WCAG 2.2 AA and is no wider than its window.

In the usual run each kind is looked at once, in a window, theme and language that take turns; FORMWORK_SOAK=1 looks at
it in all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import product

import pytest
from playwright.sync_api import Browser

from tests.browser import stages
from tests.browser.axes import violations
from tests.browser.gallery import LOOKS, Look, People, judged
from tests.browser.page_kinds import Kind, come, kinds
from tests.browser.stages import Stage

pytestmark = pytest.mark.browser
SOAK = os.environ.get("FORMWORK_SOAK") == "1"
# Kinds whose frame and parts another one of the same run has, too.
ALIKE = (
    "sign-in-refused", "list-filtered", "list-grouped-open", "list-empty", "form-master", "form-edit", "form-draft",
    "detail-draft", "detail-pending", "detail-customer", "detail-product", "paper-quote", "bin-empty", "inbox-empty",
    "inbox-done", "register-movements", "report-wide", "import-done", "person-new", "builder-version",
    "builder-reference", "palette", "form-long", "broken", "list-keys", "search", "many-asked",
)
SAMPLED = [LOOKS[i] for i in (0, 7, 5, 2, 1, 6, 4, 3)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    url = f"sqlite:///{tmp_path_factory.mktemp('kinds') / 'stage.db'}"
    stages.build(url, scale=0.2, months=1)
    with stages.opened(url) as stage:
        yield stage


def chosen(stage: Stage) -> Iterator[tuple[Look, Kind]]:
    """What is looked at, language by language: people read one at a time."""
    if SOAK:
        pairs = [(look, kind) for look, kind in product(LOOKS, kinds(stage)) if look.device in kind.widths]
    else:
        sample = [kind for kind in kinds(stage) if kind.name not in ALIKE]
        looks = [[look for look in SAMPLED if look.device in kind.widths] for kind in sample]
        pairs = [(looks[i][i % len(looks[i])], kind) for i, kind in enumerate(sample)]
    yield from sorted(pairs, key=lambda pair: (pair[0].language, LOOKS.index(pair[0])))


def test_no_page_breaks_a_rule(stage: Stage, browser: Browser) -> None:
    wrong: list[str] = []
    people: dict[str, People] = {}
    for look, kind in chosen(stage):
        if look.name not in people:
            stage.speak(look.language)
            people[look.name] = People(browser, stage, look)
        page = people[look.name].of(kind.login).new_page()
        come(page, stage, kind)
        wrong += [f"{kind.name} ({look.name}): {one}" for one in judged(page) + violations(page)]
        page.close()
    assert not wrong, "\n".join(wrong)
