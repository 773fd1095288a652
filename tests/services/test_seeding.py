"""Seed rows: expressions in them, and the way to their state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from engine.builder.furnishing import furnish
from engine.definitions.compile import load
from engine.errors import Refused
from engine.runtime.services.approvals import tasks
from engine.runtime.services.identity import people
from engine.runtime.services.releases.seeding import sow
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from tests.apps.asking import ask
from tests.demo.test_samples import TEXT

NOW = dt.datetime(2026, 5, 4, 9, tzinfo=dt.UTC)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    app = load({"shop.yaml": TEXT}).app
    assert app is not None
    made = Site(Database(f"sqlite:///{tmp_path / 'site.db'}"), now=lambda: NOW)
    made.publish(app.texts)
    furnish(made, app)
    yield made
    made.database.close()


def test_an_expression_in_a_row_is_worth_what_it_is_then(site: Site) -> None:
    assert ask(site, "shop", "first(sale sort id).day") == dt.date(2026, 5, 1)
    assert ask(site, "shop", "first(sale sort id).total") == Decimal(42)


def test_a_row_comes_to_its_state_by_several_actions_and_asks_nobody_on_the_way(site: Site) -> None:
    assert ask(site, "shop", "count(sale where state = 'done')") == 1
    li = people.actor_for(site, people.find(site, "li"), "shop")
    waiting = site.run("shop", li, lambda tx: [task.record for task in tasks.inbox(tx, "todo")])
    assert [record.id for record in waiting] == [ask(site, "shop", "first(sale where state = 'waiting').id")]


def test_a_state_that_nothing_leads_to_is_refused(site: Site) -> None:
    with pytest.raises(Refused, match="No action leads to the state nowhere"):
        site.run("shop", SERVICE, lambda tx: sow(tx, "sale", {"state": "nowhere"}))


def test_a_row_that_reads_itself_is_refused_with_the_reason(site: Site) -> None:
    with pytest.raises(Refused, match="=day: there is no name `day`"):
        site.run("shop", SERVICE, lambda tx: sow(tx, "sale", {"total": "=day"}))
