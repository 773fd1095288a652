"""Every slip in a definition is reported at its own line: slips are made one by one in all the apps."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from engine.definitions.compile import load
from tests.mutations.slips import Slip, slips_of
from tests.mutations.spots import spots_of
from tests.mutations.verdicts import Verdict, allowed, excused, judged, report

APPS = Path(__file__).parents[2] / "apps"
DEFINITIONS = sorted((*APPS.glob("*.yaml"), *APPS.glob("templates/*.yaml")))
SAMPLE, SOAK = 40, 1200
LETTERS = 3_000_000  # checked per app in a sample: each slip checks the whole app again, so a large one takes fewer
LEAST = 99.0  # percent reported at their own line in a soak


def texts_of(path: Path) -> dict[str, str]:
    app = load(path).app
    assert app is not None
    return dict(app.texts)


def verdicts_on(path: Path, count: int, seed: int) -> list[Verdict]:
    texts = texts_of(path)
    found = list(judged(texts, itertools.islice(slips_of(texts, seed), count)))
    report(path.stem, found)
    return found


def wrong(verdicts: list[Verdict]) -> list[str]:
    excuses = allowed()
    return [
        f"{one.name}: {one.slip}: {one.said}" for one in verdicts if one.name != "caught" and not excused(one, excuses)
    ]


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.stem)
def test_a_sample_of_slips_is_reported_at_its_line(path: Path) -> None:
    count = max(10, min(SAMPLE, LETTERS // sum(map(len, texts_of(path).values()))))
    assert wrong(verdicts_on(path, count, seed=7)) == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.stem)
def test_many_slips_are_reported_at_their_line(path: Path) -> None:
    found = verdicts_on(path, SOAK, seed=11)
    assert len(found) >= 1000
    assert [one for one in found if one.name == "crashed"] == []
    assert 100 * sum(one.name == "caught" for one in found) / len(found) >= LEAST
    assert wrong(found) == []


SMALL = """\
app: shop
objects:
  order:
    fields: {qty: {type: integer, required: true}, twice: {formula: qty * 2}}
    states: {draft: {}, sent: {}}
    actions: {send: {from: draft, to: sent, when: qty > 0}}
tests:
  it counts:
    - {create: order, with: {qty: 2}, called: o}
    - {expect: o.twice = 4}
"""


def test_every_kind_of_slip_is_made() -> None:
    slips = [slip for seed in range(20) for slip in slips_of({"shop.yaml": SMALL}, seed)]
    assert {slip.kind for slip in slips} == {
        "typo", "type", "dangling", "expression", "indent", "duplicate", "removed"
    }
    assert all(slip.text != SMALL for slip in slips)


def test_places_are_found_along_the_language() -> None:
    found = {(spot.kind, spot.path) for spot in spots_of({"shop.yaml": SMALL})}
    assert ("E", "objects.order.actions.send.when") in found
    assert ("required", "objects.order.fields") not in found
    assert ("required", "app") in {(kind, path.strip(".")) for kind, path in found}


def test_what_is_not_reported_is_noticed() -> None:
    quiet = Slip("typo", "objects", "shop.yaml", SMALL.replace("it counts", "it is counted"), (8,), "it is counted")
    away = Slip("typo", "tests", "shop.yaml", SMALL.replace("qty: 2", "qyt: 2"), (3,), "qty → qyt")
    names = [verdict.name for verdict in judged({"shop.yaml": SMALL}, [quiet, away])]
    assert names == ["silent", "misplaced"]
    assert not excused(Verdict("crashed", quiet), [("typo", "*", "whatever")])
