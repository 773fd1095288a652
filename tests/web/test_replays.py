"""Before a version is published: what its flows would mean for the documents of the past."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from engine.definitions.compile import app_from
from engine.runtime.services.approvals import replays
from engine.runtime.services.approvals.replays import Replay, Way
from engine.runtime.storage import flow_rows
from tests.services.shops import Shop
from tests.web.claims import CLAIMS, claimed, decide
from tests.web.doors import Door, peopled


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Three claims: one that waits, one that was paid, one that finance has."""
    made = peopled(f"sqlite:///{tmp_path_factory.mktemp('replays') / 'site.db'}", CLAIMS)
    claimed(made, "50")
    decide(made, "wang", claimed(made, "300"), "approve")
    decide(made, "wang", claimed(made, "2000"), "approve")
    yield made
    made.site.database.close()


def replayed(shop: Shop, old: str, new: str) -> list[Replay]:
    assert old in CLAIMS
    with shop.site.read("shop", shop.actor("app")) as tx:
        before = [flow_rows.events_of(tx, n) for n in (1, 2, 3)]
        found = replays.replays(tx, app_from(CLAIMS.replace(old, new)))
        assert [flow_rows.events_of(tx, n) for n in (1, 2, 3)] == before
        return found


def way(found: Way) -> list[tuple[str, str]]:
    return [(asked.step.to("en"), ", ".join(ref.title for ref in asked.people)) for asked in found.asked]


def test_another_branch_and_other_people_are_told_for_each_document(shop: Shop) -> None:
    [found] = replayed(shop, "when: amount >= 1000", "when: amount >= 200")
    assert found.looked == 3 and [one.record.title for one in found.differences] == ["C002"]
    [one] = found.differences
    assert way(one.now) == [("Head of department", "Wang")]
    assert way(one.then) == [("Head of department", "Wang"), ("Second look", "Zhao")]
    [found] = replayed(shop, "by: role(store), name", "by: role(manager), name")
    assert [(d.record.title, way(d.then)[1]) for d in found.differences] == [("C003", ("Second look", "Wang"))]


def test_what_does_not_matter_is_not_told_and_what_cannot_be_told_is(shop: Shop) -> None:
    assert replayed(shop, "zh: 需用日期", "zh: 何时要") == []
    [found] = replayed(shop, "amount > 5000", "amount > 6000")
    assert (found.looked, found.differences, found.unknown) == (3, (), None)
    text = "wanted: {type: date, zh: 需用日期, en: Wanted on}"
    added = CLAIMS.replace("when: amount >= 1000", "when: rush").replace(text, f"{text}\n      rush: boolean")
    [found] = replayed(shop, CLAIMS, added)
    assert found.unknown is not None and "rush" in found.unknown.to("en")
    [found] = replayed(shop, "role(store), name", "nobody, name")
    assert [d.record.title for d in found.differences] == ["C003"]


def test_the_plan_shows_it(shop: Shop) -> None:
    ada = Door(shop).browser("ada")
    [path] = shop.app.texts
    texts = json.dumps({path: CLAIMS.replace("when: amount >= 1000", "when: amount >= 200")})
    page = ada.post("/builder/shop/replay", {"texts": texts}).text
    assert "Of the last 3 documents 1 would be decided otherwise" in page
    assert "Head of department (Wang) → Second look (Zhao)" in page
    assert "C002" not in page, "whoever builds need not see the documents"
    assert 'hx-post="/builder/shop/replay"' in ada.post("/builder/shop/plan", {"texts": texts}).text
