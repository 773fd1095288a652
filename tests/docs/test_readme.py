"""The first app of the README checks, publishes and does what the text says."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.definitions.compile import app_from, problems_of
from engine.errors import Refused
from engine.expressions.values import Ref
from engine.runtime.services import commands, inputs
from engine.runtime.services.approvals import tasks
from engine.runtime.services.identity import people
from engine.runtime.services.registers import ledgers
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database

README = Path(__file__).resolve().parents[2] / "README.md"
NOW = dt.datetime(2026, 5, 4, 4, tzinfo=dt.UTC)


@pytest.fixture
def text() -> str:
    found = re.search(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def site(text: str, database_url: str) -> Iterator[Site]:
    made = Site(Database(database_url), now=lambda: NOW)
    made.publish(app_from(text).texts)
    people.add_user(made, "ann", "Ann", None, roles={"leave": ["staff"]})
    people.add_user(made, "bob", "Bob", None, roles={"leave": ["boss"]})
    yield made
    made.database.close()


def test_it_has_thirty_lines_and_no_problem(text: str) -> None:
    assert len(text.splitlines()) <= 30
    assert problems_of(text) == ()


def ask(site: Site, start: str, end: str) -> Ref:
    actor = people.actor_for(site, people.find(site, "ann"), "leave")
    values = {"kind": "annual", "start": start, "end": end}
    made = site.run("leave", actor, lambda tx: commands.create(tx, "request", inputs.read(tx, "request", values)).ref)
    site.run("leave", actor, lambda tx: commands.act(tx, "request", made.id, "submit"))
    return made


def test_ann_asks_and_bob_decides(site: Site) -> None:
    bob = people.actor_for(site, people.find(site, "bob"), "leave")
    ask(site, "2026-05-05", "2026-05-05")
    assert site.run("leave", bob, lambda tx: tasks.counts(tx)["todo"]) == 0
    ask(site, "2026-06-01", "2026-06-19")
    (task,) = site.run("leave", bob, lambda tx: tasks.inbox(tx, "todo"))
    site.run("leave", bob, lambda tx: commands.decide(tx, task.id or 0, "approve"))
    with site.read("leave", bob) as tx:
        (row,) = ledgers.balances(tx, "taken").rows
    assert row[2] == 20
    with pytest.raises(Refused, match="1 days above the yearly 20"):
        ask(site, "2026-07-01", "2026-07-01")
