"""What is checked and not active yet says so where it is asked: never a number that only looks like an answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.errors import Refused
from engine.expressions.values import ErrorValue
from engine.runtime.services import commands, reading
from engine.runtime.services.reporting import reports
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database

TEXT = """
app: shop
languages: [en]
users: {fields: {limit: integer}}
objects:
  order:
    fields:
      qty: integer
      long: {formula: "sum(stays where state = 'open', time)"}
      times: {formula: count(order.stays)}
      asked: {formula: count(steps)}
      others: {formula: count(per)}
      rest: {formula: creator.limit - qty}
      mine: {formula: me.limit}
    states: {open: Open, done: {name: Done, final: true}}
    actions: {finish: {from: open, to: done, by: flow}, ask: {from: open, to: open, start: check}}
flows: {check: {of: order, steps: [{approve: boss, by: role(boss)}], on_approved: finish, on_rejected: finish}}
roles: {boss: Boss}
reports:
  per: {from: order, by: {state: state}, show: {n: count()}}
  held: {from: order.stays, by: {state: state}, show: {n: median(time)}}
  asked: {from: order.steps, show: {step: step}}
  both: {from: "pairs(order, qty, creator)", show: {a: a}}
  next: {from: order, by: {day: qty}, show: {n: "forecast(sum(qty), month, 3)"}}
access: {any: {boss: full}}
"""


@pytest.fixture
def site(database_url: str) -> Iterator[Site]:
    made = Site(Database(database_url))
    made.publish({"app.yaml": TEXT})
    made.run("shop", SERVICE, lambda tx: commands.create(tx, "order", {"qty": 2}))
    yield made
    made.database.close()


def test_formulas_show_the_reason(site: Site) -> None:
    with site.read("shop", SERVICE) as tx:
        record = reading.get(tx, "order", 1)
        for name in ("long", "times", "asked", "others"):
            found = record.get(name)
            assert isinstance(found, ErrorValue) and "not active" in found.reason.to("en"), name


@pytest.mark.parametrize("name", ["held", "asked", "both"])
def test_reports_are_refused(site: Site, name: str) -> None:
    with site.read("shop", SERVICE) as tx, pytest.raises(Refused) as refusal:
        reports.run(tx, name)
    assert "not active" in refusal.value.message.to("en")


def test_a_column_to_come_is_no_number(site: Site) -> None:
    with site.read("shop", SERVICE) as tx:
        found = reports.run(tx, "next").rows[0][1]
        assert isinstance(found, ErrorValue) and "not active" in found.reason.to("en")
