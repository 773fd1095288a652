"""Derived states that read other records follow them: over links, ways back, lines and formulas, on both databases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from engine.expressions.values import Ref
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import commands, reading
from engine.runtime.services.automation import sweeping
from engine.runtime.storage.actors import SERVICE
from tests.services.shops import Shop

TEXT = """
app: shop
languages: [en]
timezone: Asia/Shanghai
roles: {sales: Sales}
objects:
  grade:
    key: name
    title: "{name}"
    fields: {name: {type: text, required: true, unique: true}, risky: boolean}
  customer:
    key: name
    title: "{name}"
    fields:
      name: {type: text, required: true, unique: true}
      grade: {type: link, to: grade}
      blocked: boolean
      doubtful: {formula: blocked or grade.risky, type: boolean}
      badges: {type: links, to: grade}
    states: {active: Active, watched: {within: active, when: grade.risky}}
  product:
    key: name
    title: "{name}"
    fields: {name: {type: text, required: true, unique: true}, recalled: boolean}
  payment:
    title: "{n}"
    fields: {n: text, order: {type: link, to: order, back: payments}, sum: integer}
    states: {draft: Draft, posted: {name: Posted, edit: [n, order, sum]}}
    actions: {post: {from: draft, to: posted}}
  order:
    title: "{n}"
    fields:
      n: text
      customer: {type: link, to: customer}
      lines: {type: lines, fields: {product: {type: link, to: product}, qty: integer}}
    states:
      open: Open
      held: {within: open, when: customer.doubtful}
      watched: {within: open, when: customer.status = 'watched'}
      recalled: {within: open, when: "any(lines, product.recalled)"}
      paid: {within: open, when: "sum(payments where state = 'posted', sum) >= 10"}
      crowded: {within: open, when: "count(payment where sum = 7) > 0"}
      badged: {within: open, when: "any(customer.badges, risky)"}
      closed: {final: true}
    actions: {close: {from: open, to: closed}}
  parcel:
    title: "{n}"
    fields: {n: text, line: {type: link, to: order.lines}}
    states: {waiting: Waiting, stopped: {within: waiting, when: line.parent.customer.blocked}}
access: {any: {sales: full}}
"""


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, TEXT)
    made.create("li", "grade", name="A")
    made.create("li", "customer", name="Acme", grade="A")
    made.create("li", "product", name="Saw")
    yield made
    made.site.database.close()


@pytest.fixture
def order(shop: Shop) -> Ref:
    return shop.create("li", "order", n="1", customer="Acme", lines=[{"product": "Saw", "qty": 1}])


def status(shop: Shop, ref: Ref) -> object:
    drain(shop.site, handlers(shop.site), shop.now)
    return shop.value(ref, "status")


def named(shop: Shop, object: str, name: str) -> Ref:
    with shop.site.read("shop", SERVICE) as tx:
        found = reading.page(tx, object, reading.Query(filter=f"name = '{name}'")).items[0]
        return Ref(object, found.id or 0)


def test_a_field_behind_a_link_and_behind_a_formula_of_its_record(shop: Shop, order: Ref) -> None:
    acme = named(shop, "customer", "Acme")
    assert status(shop, order) == "open"
    shop.update("li", acme, blocked=True)
    assert shop.value(order, "status") == "open", "it follows by a job, after the commit"
    assert status(shop, order) == "held"
    shop.update("li", acme, blocked=False)
    assert status(shop, order) == "open"
    shop.update("li", acme, name="Acme Ltd")
    assert drain(shop.site, handlers(shop.site), shop.now) == 0, "what no state reads moves nothing"


def test_over_several_links_and_from_state_to_state(shop: Shop, order: Ref) -> None:
    grade = named(shop, "grade", "A")
    shop.update("li", grade, risky=True)
    assert status(shop, order) == "held" and shop.value(named(shop, "customer", "Acme"), "status") == "watched"
    shop.update("li", grade, risky=False)
    assert status(shop, order) == "open"


def test_lines_and_what_is_linked_from_a_line(shop: Shop, order: Ref) -> None:
    line = shop.value(order, "lines").items[0]
    parcel = shop.create("li", "parcel", n="P", line=Ref("order.lines", line.id))
    shop.update("li", named(shop, "product", "Saw"), recalled=True)
    assert status(shop, order) == "recalled"
    shop.update("li", named(shop, "customer", "Acme"), blocked=True)
    assert status(shop, parcel) == "stopped"


def test_a_record_and_its_own_lines_need_no_job(shop: Shop, order: Ref) -> None:
    status(shop, order)
    shop.update("li", order, lines=[{"product": "Saw", "qty": 5}])
    assert drain(shop.site, handlers(shop.site), shop.now) == 0


def test_ways_back(shop: Shop, order: Ref) -> None:
    """What is created, posted, moved to another record and deleted there."""
    other = shop.create("li", "order", n="2", customer="Acme")
    payment = shop.create("li", "payment", n="a", order=order, sum=10)
    assert status(shop, order) == "open"
    shop.act("li", payment, "post")
    assert status(shop, order) == "paid"
    shop.update("li", payment, order=other)
    assert (status(shop, order), status(shop, other)) == ("open", "paid")
    shop.run("li", lambda tx: commands.delete(tx, payment.object, payment.id))
    assert status(shop, other) == "open"


def test_several_links(shop: Shop, order: Ref) -> None:
    gold = shop.create("li", "grade", name="Gold")
    acme = named(shop, "customer", "Acme")
    shop.update("li", acme, badges=[gold])
    assert status(shop, order) == "open"
    shop.update("li", gold, risky=True)
    assert status(shop, order) == "badged"
    shop.update("li", acme, badges=[])
    assert status(shop, order) == "open"


def test_rows_to_which_no_path_leads_are_followed_at_night(shop: Shop, order: Ref) -> None:
    shop.create("li", "payment", n="b", sum=7)
    assert status(shop, order) == "open"
    shop.site.run("shop", SERVICE, lambda tx: sweeping.run(tx, {}))
    assert status(shop, order) == "crowded"


def test_what_has_ended_stays_and_the_history_tells_of_the_rest(shop: Shop, order: Ref) -> None:
    closed = shop.create("li", "order", n="3", customer="Acme")
    shop.act("li", closed, "close")
    shop.now += dt.timedelta(hours=1)
    shop.update("li", named(shop, "customer", "Acme"), blocked=True)
    assert (status(shop, order), status(shop, closed)) == ("held", "closed")
    with shop.site.read("shop", SERVICE) as tx:
        assert reading.get(tx, "order", order.id).version == 1, "nobody has changed the record"
