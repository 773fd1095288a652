"""Automations that wait, start flows and run each other; alerts that reach further people, last, and keep others
quiet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from engine.errors import Refused
from engine.expressions.values import Ref
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import commands, notices, reading
from engine.runtime.services.approvals import tasks
from engine.runtime.services.automation import alerts
from engine.runtime.storage import job_rows
from engine.runtime.storage.actors import SERVICE
from tests.services.shops import HEAD, Shop, app_from

APP = HEAD + """\
objects:
  lead:
    name: {zh: 线索, en: Lead}
    fields: {name: text, told: text, heat: integer, due: date, cold: boolean}
    states: {new: 新, checked: {zh: 已查, en: Checked}, refused: 拒}
    actions:
      check: {from: new, to: checked, by: flow}
      refuse: {from: new, to: refused, by: flow}
      review: {from: new, do: [{start: review}, {set: {told: "=told & 'r'"}}]}
      call: {do: [{run: call}, {run: sum}]}
  log: {fields: {what: text, lead: {type: link, to: lead, on_delete: clear}}}
flows:
  review:
    of: lead
    steps: [{approve: boss, by: role(manager), when: heat > 5}]
    on_approved: check
    on_rejected: refuse
automations:
  follow:
    created: lead
    do:
      - {set: {told: "=told & 'a'"}}
      - {create: log, with: {what: first, lead: =this}, called: first}
      - {wait: 2 days}
      - {update: first, with: {what: second}}
      - {wait: due, when: due is not blank}
      - {set: {told: "=told & 'b'"}}
      - {start: review}
  call: {changed: lead, fields: name, when: heat > 1, do: [{set: {told: "=told & 'c'"}}]}
  sum: {every: year 01-01 at 01:00, do: [{create: log, with: {what: sum}}]}
  rows:
    every: day at 13:00
    each: lead as l where l.name = 'row' and told is blank
    do: [{set: {told: 1}}, {wait: 1 hour}, {set: {told: "=l.told & '2'"}}]
alerts:
  hot:
    over: lead
    when: heat > 50
    say: "{name} is hot"
    to: {who: role(sales)}
    escalate: [{after: 1 hour, to: role(manager)}, {after: 3 hours, to: role(store)}]
    keep_firing: 30 minutes
    resolved: "{name} is over"
    inhibits: warm
  warm: {over: lead, when: heat > 20, say: "{name} is warm", to: {who: role(store)}, resolved: "{name} cooled"}
access: {any: {everyone: full}}
"""


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, APP)
    yield made
    made.site.database.close()


def work(shop: Shop, hours: float = 0) -> int:
    shop.now += dt.timedelta(hours=hours)
    return drain(shop.site, handlers(shop.site), shop.now)


def logs(shop: Shop) -> list[str]:
    with shop.site.read("shop", SERVICE) as tx:
        return [str(row.get("what")) for row in reading.page(tx, "log", reading.Query()).items]


def told(shop: Shop, login: str) -> list[str]:
    return [str(one.text.to("en")) for one in shop.run(login, lambda tx: notices.inbox(tx))]


def test_the_rest_comes_later_as_it_was_declared(shop: Shop) -> None:
    lead = shop.create("li", "lead", name="a", heat="9", due="2026-05-08")
    work(shop)
    assert shop.value(lead, "told") == "a" and logs(shop) == ["first"]
    text = APP.replace("told & 'b'", "told & 'x'").replace("{wait: 2 days}", "{wait: 9 days}")
    shop.site.publish(app_from(text).texts)
    work(shop, hours=47.9)
    assert logs(shop) == ["first"]
    work(shop, hours=0.2)
    assert logs(shop) == ["second"] and shop.value(lead, "told") == "a"
    work(shop, hours=24)                       # the 7th, noon: until the 8th
    assert shop.value(lead, "told") == "a"
    work(shop, hours=12)
    assert shop.value(lead, "told") == "ab"
    (task,) = shop.run("wang", lambda tx: tasks.inbox(tx, "todo"))
    shop.run("wang", lambda tx: commands.decide(tx, task.id or 0, "approve"))
    assert shop.value(lead, "state") == "checked"
    gone = shop.create("li", "lead", name="b")
    work(shop)
    shop.run("li", lambda tx: commands.delete(tx, "lead", gone.id))
    work(shop, hours=24 * 10)
    with shop.site.database.read() as connection:
        assert job_rows.listing(connection, "failed") == []


def test_a_flow_that_is_started_by_a_step_ends_at_once_or_runs_once(shop: Shop) -> None:
    cool, hot = shop.create("li", "lead", name="a", heat="1"), shop.create("li", "lead", name="b", heat="9")
    shop.act("li", cool, "review")
    assert (shop.value(cool, "state"), shop.value(cool, "told")) == ("checked", "r")
    shop.act("li", hot, "review")
    assert shop.value(hot, "state") == "new"
    with pytest.raises(Refused):
        shop.act("li", hot, "review")


def test_a_step_runs_an_automation_for_its_record_if_it_applies(shop: Shop) -> None:
    first, other = shop.create("li", "lead", name="a", heat="1"), shop.create("li", "lead", name="b", heat="2")
    work(shop)
    for one in (first, other):
        shop.act("li", one, "call")
    assert "sum" not in logs(shop)
    work(shop)
    assert [shop.value(one, "told") for one in (first, other)] == ["a", "ac"]
    assert logs(shop).count("sum") == 2


def test_each_row_waits_for_itself(shop: Shop) -> None:
    shop.create("li", "lead", name="row")
    with shop.site.database.write() as connection:
        for job in job_rows.of_kind(connection, "automation"):
            job_rows.stop(connection, int(str(job["id"])), shop.now)
    work(shop)
    work(shop, hours=1.1)
    assert shop.value(Ref("lead", 1), "told") == "1"
    work(shop, hours=1)
    assert shop.value(Ref("lead", 1), "told") == "12"


def test_an_alert_reaches_further_people_lasts_and_keeps_others_quiet(shop: Shop) -> None:
    lead = shop.create("li", "lead", name="a", heat="60")
    work(shop)
    assert "a is hot" in told(shop, "li") and told(shop, "zhao") == []
    work(shop, hours=1.1)
    assert told(shop, "wang") == ["a is hot"] and told(shop, "zhao") == []
    (mine,) = [one for one in shop.run("wang", lambda tx: alerts.open(tx)) if one.rule == "hot"]
    shop.run("wang", lambda tx: alerts.acknowledge(tx, mine.id))
    work(shop, hours=3)
    assert told(shop, "zhao") == []            # somebody sees to it
    shop.update("li", lead, heat="30")
    work(shop)
    work(shop, hours=0.4)
    shop.update("li", lead, heat="70")         # it was only a dip
    work(shop, hours=0.4)
    assert "a is over" not in told(shop, "li") and told(shop, "li").count("a is hot") == 1
    shop.update("li", lead, heat="30")
    work(shop)
    work(shop, hours=0.6)
    assert "a is over" in told(shop, "li") and "a is over" in told(shop, "wang")
    assert told(shop, "zhao") == ["a is warm"]         # what was kept quiet is told now
    shop.update("li", lead, heat="1")
    work(shop)
    assert "a cooled" in told(shop, "zhao")
