"""Automations that run once, together, later or in order; and those that a balance, an alert or a failure starts."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator

import pytest

from engine.expressions.values import Ref
from engine.runtime.jobs import overseeing
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import Worker, drain
from engine.runtime.services import reading
from engine.runtime.storage import job_rows
from engine.runtime.storage.actors import SERVICE
from tests.services.shops import HEAD, Shop

APP = HEAD + """\
objects:
  item: {key: code, title: "{code}", fields: {code: {type: text, unique: true}}}
  move:
    fields: {item: {type: link, to: item}, qty: integer}
    posts: [{to: stock, keys: {item: item}, add: {on_hand: qty}}]
  bill:
    fields: {customer: text, month: text, amount: integer, note: text, flag: text, late: boolean}
  letter:
    fields:
      customer: text
      total: integer
      lines:
        type: lines
        pull: {from: bill as b where b.amount > 0, as: {bill: =b}}
        fields: {bill: {type: link, to: bill}}
  log: {fields: {what: text, about: text, n: integer}}
registers:
  stock: {keys: {item: {type: link, to: item}}, measures: {on_hand: integer}, formulas: {twice: on_hand * 2}}
alerts:
  empty: {over: stock, when: on_hand <= 0, say: "{item}", to: [{who: role(sales)}]}
  late: {over: bill, when: late, say: "{customer}", to: [{who: role(sales)}]}
automations:
  thank: {changed: bill, fields: note, once: [customer, month], do: [{create: log, with: {what: thank, about: =month}}]}
  bundle:
    every: day at 13:00
    each: bill as b where b.amount > 0
    one_per: customer
    do: [{create: letter, with: {customer: =b.customer, total: "=sum(rows, amount)"}, pull: this}]
  sized: {changed: bill, fields: amount, debounce: 10 minutes, do: [{create: log, with: {what: sized, n: =amount}}]}
  strict:
    changed: bill
    fields: flag
    on_failure: block
    do: [{refuse: "{flag} is bad", when: flag = 'bad'}, {create: log, with: {what: strict, about: =flag}}]
  loose: {changed: bill, fields: flag, do: [{refuse: no, when: flag = 'bad'}, {create: log, with: {what: loose}}]}
  told: {failed: strict, do: [{create: log, with: {what: failed, about: =customer & ' ' & failed.reason}}]}
  crossed:
    register: stock
    when: twice < 10 and twice.before >= 10
    do: [{create: log, with: {what: crossed, about: =item.code, n: =twice.before}}]
  emptied: {alert: empty, is: fired, do: [{create: log, with: {what: emptied, about: =item.code, n: =on_hand}}]}
  back: {alert: empty, is: resolved, do: [{create: log, with: {what: back, about: =trigger.item.code}}]}
  later: {alert: late, when: late, do: [{set: {late: false}}, {create: log, with: {what: late, about: =customer}}]}
  again: {alert: late, is: resolved, do: [{set: {late: true}}]}
access: {any: {everyone: full}}
"""


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, APP)
    yield made
    made.site.database.close()


def work(shop: Shop, minutes: float = 0) -> int:
    shop.now += dt.timedelta(minutes=minutes)
    return drain(shop.site, handlers(shop.site), shop.now)


def logs(shop: Shop, what: str) -> list[tuple[str, int]]:
    with shop.site.read("shop", SERVICE) as tx:
        rows = reading.page(tx, "log", reading.Query(limit=200)).items
        return [(str(row.get("about") or ""), int(row.get("n") or 0)) for row in rows if row.get("what") == what]


def bill(shop: Shop, customer: str, amount: int = 0, month: str = "May") -> Ref:
    return shop.create("li", "bill", customer=customer, month=month, amount=str(amount))


def test_once_stands_and_falls_with_the_run_whoever_runs_it(shop: Shop) -> None:
    bills = [bill(shop, "Acme") for _ in range(8)] + [bill(shop, "Acme", month="June")]
    for one in bills:
        shop.update("li", one, note="x")
    worker = Worker(shop.site, handlers(shop.site), threads=4, poll=0.02, clock=lambda: shop.now)
    worker.start()                             # four at the same time: the database lets one in
    try:
        while any(job["state"] != "done" for job in _jobs(shop, "automation")):
            assert not [job["error"] for job in _jobs(shop, "automation") if job["state"] == "failed"]
    finally:
        worker.stop()
    assert Counter(about for about, _ in logs(shop, "thank")) == {"May": 1, "June": 1}
    shop.now += dt.timedelta(days=400)         # however long ago
    shop.update("li", bills[0], note="y")
    work(shop)
    assert len(logs(shop, "thank")) == 2


def _jobs(shop: Shop, kind: str) -> list[dict[str, object]]:
    with shop.site.database.read() as connection:
        return [dict(job) for job in job_rows.of_kind(connection, kind)]


def test_rows_that_agree_share_a_run(shop: Shop) -> None:
    for customer, amount in (("Acme", 3), ("Bolt", 5), ("Acme", 4), ("Acme", 0)):
        bill(shop, customer, amount)
    work(shop)
    work(shop, minutes=61)
    with shop.site.read("shop", SERVICE) as tx:
        letters = reading.page(tx, "letter", reading.Query(sort=("customer",))).items
        found = [(one.get("customer"), one.get("total"), len(one.lines("lines"))) for one in letters]
    assert found == [("Acme", 7, 2), ("Bolt", 5, 1)]


def test_changes_within_a_while_count_as_one(shop: Shop) -> None:
    first, other = bill(shop, "Acme"), bill(shop, "Bolt")
    shop.update("li", first, amount="1")
    work(shop, minutes=6)
    shop.update("li", first, amount="2")
    shop.update("li", other, amount="7")
    work(shop, minutes=5)
    assert logs(shop, "sized") == [("", 2)]
    worker = Worker(shop.site, handlers(shop.site), clock=lambda: shop.now)
    shop.now += dt.timedelta(minutes=6)
    worker.keep()
    (begun,) = worker.claim(1)
    shop.update("li", other, amount="8")       # what is running may have read the record before: this is another one
    worker.perform(begun)
    work(shop, minutes=11)
    assert [n for _, n in logs(shop, "sized")][:2] == [8, 8]


def test_runs_of_one_record_follow_each_other_and_wait_for_a_failed_one_if_they_are_told_to(shop: Shop) -> None:
    first, other = bill(shop, "Acme"), bill(shop, "Bolt")
    for flag in ("a", "b"):
        shop.update("li", first, flag=flag)
    worker = Worker(shop.site, handlers(shop.site), clock=lambda: shop.now)
    begun = [job for job in worker.claim(9) if job.kind == "automation"]
    assert Counter(job.args["automation"] for job in begun) == {"strict": 1, "loose": 1}
    for job in begun:
        worker.perform(job)
    work(shop)
    assert len(logs(shop, "strict")) == len(logs(shop, "loose")) == 2
    shop.update("li", first, flag="bad")
    work(shop)
    assert logs(shop, "failed") == [("Acme bad is bad", 0)]
    shop.update("li", first, flag="good")
    shop.update("li", other, flag="good")
    work(shop)
    assert [about for about, _ in logs(shop, "strict")] == ["good", "b", "b"] and len(logs(shop, "loose")) == 4
    (failed,) = [job for job in _jobs(shop, "automation") if job["error"] and job["args"]["automation"] == "strict"]  # type: ignore[index]
    overseeing.stop(shop.site, int(str(failed["id"])), "qian")
    work(shop)
    assert len(logs(shop, "strict")) == 4 and len(logs(shop, "failed")) == 1


def test_a_balance_that_crosses_a_line_and_an_alert_start_automations_once(shop: Shop) -> None:
    shop.create("li", "item", code="A")
    for qty in ("6", "-1", "-1", "-1"):
        shop.create("li", "move", item="A", qty=qty)
    work(shop)
    assert logs(shop, "crossed") == [("A", 10)] and logs(shop, "emptied") == []
    shop.create("li", "move", item="A", qty="-4")
    work(shop)
    assert logs(shop, "emptied") == [("A", -1)] and len(logs(shop, "crossed")) == 1
    shop.create("li", "move", item="A", qty="9")
    work(shop)
    assert logs(shop, "back") == [("A", 0)]


def test_automations_and_alerts_that_start_each_other_come_to_an_end(shop: Shop) -> None:
    one = bill(shop, "Acme")
    shop.update("li", one, late="true")
    assert work(shop) < 12
    assert logs(shop, "late") == [("Acme", 0)] and shop.value(one, "late") is True
