"""Automations: within a transaction, after it, by the clock; over rows; without going round in circles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest

from engine.errors import Invalid, Refused
from engine.expressions.values import Ref
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import commands, inputs, reading
from engine.runtime.services.approvals import tasks
from engine.runtime.services.automation import following
from engine.runtime.storage import job_rows
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.live import Tx
from tests.services.shops import NOON, SHOP, Shop

APP = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
roles: {sales: 销售, manager: 经理, store: 仓管}
objects:
  lead:
    fields:
      name: {type: text, required: true}
      size: {type: integer, default: 1}
      rank: {type: text, required: true}
      note: text
      seen: {type: integer, default: 0}
    effective: [new]
    posts: [POSTS]
    states: {new: 新, won: {zh: 赢}, large: {within: new, when: size > 100}}
    actions:
      win: {from: new, to: won}
      retire: {from: won, set: {note: retired}, by: role(manager)}
  log:
    unique: [{of: [what, lead]}]
    fields: {what: {type: text, required: true}, lead: {type: link, to: lead, on_delete: clear}, by: text}
AUTOMATIONS
access: {lead: {sales: full}, log: {everyone: {see: true}}}
"""
Open = Callable[[str], Shop]


@pytest.fixture
def opened(database_url: str) -> Iterator[Open]:
    made: list[Shop] = []

    def start(text: str) -> Shop:
        posts = "{to: sizes, add: {total: size}}" if "registers:" in text else ""
        made.append(Shop(database_url, APP.replace("AUTOMATIONS", f"automations:\n{text}").replace("POSTS", posts)))
        return made[0]

    yield start
    made[0].site.database.close()


def work(shop: Shop, hours: float = 0) -> int:
    shop.now += dt.timedelta(hours=hours)
    return drain(shop.site, handlers(shop.site), shop.now)


def logs(shop: Shop) -> list[tuple[str, str]]:
    with shop.site.read("shop", SERVICE) as tx:
        rows = reading.page(tx, "log", reading.Query()).items
        return sorted((str(row.get("what")), str(row.get("by") or "")) for row in rows)


def test_with_joins_the_transaction_before_its_checks(opened: Open) -> None:
    shop = opened("""
  rank: {created: lead, run: with, do: [{set: {rank: "=if(size > 10, 'big', 'small')"}, when: rank is blank}]}
  guard: {saved: lead, run: with, fields: size, when: size > 50, unless_: 1, do: [{refuse: "too large: {size}"}]}
""".replace(", unless_: 1", ""))
    lead = shop.create("li", "lead", name="a", size="20")
    assert shop.value(lead, "rank") == "big"
    with pytest.raises(Refused, match="too large: 60"):
        shop.create("li", "lead", name="b", size="60")
    with pytest.raises(Refused, match="too large: 51"):
        shop.update("li", lead, size="51")
    shop.update("li", lead, note="x")
    assert work(shop) == 0 and shop.value(lead, "note") == "x"


def test_after_the_commit_each_kind_of_news_is_told_once(opened: Open) -> None:
    shop = opened("""
  made: {created: lead, do: [{ensure: log, key: {what: made, lead: =this}}]}
  sized: {changed: lead, fields: size, when: size > old.size, do: [{create: log, with: {what: sized, lead: =this}}]}
  large: {entered: lead.large, do: [{create: log, with: {what: large, lead: =trigger}}]}
  won: {action: lead.win, do: [{create: log, with: {what: won, lead: =this}}, {act: retire}]}
  gone: {deleted: lead, do: [{create: log, with: {what: gone, by: =name}}]}
""")
    lead = shop.create("li", "lead", name="a", rank="x")
    assert logs(shop) == [] and work(shop) == 1
    assert logs(shop) == [("made", "")]
    shop.update("li", lead, note="only a note")
    shop.update("li", lead, size="0")
    assert work(shop) == 0
    shop.update("li", lead, size="200")
    work(shop)
    assert logs(shop) == [("large", ""), ("made", ""), ("sized", "")]
    shop.act("li", lead, "win")
    work(shop)
    assert shop.value(lead, "note") == "retired"
    other = shop.create("li", "lead", name="b", rank="x")
    work(shop)
    shop.run("li", lambda tx: commands.delete(tx, "lead", other.id))
    work(shop)
    assert ("gone", "b") in logs(shop)


def test_a_refused_command_leaves_no_job(opened: Open) -> None:
    shop = opened("  made: {created: lead, do: [{create: log, with: {what: made}}]}\n")

    def twice(tx: Tx) -> None:
        commands.create(tx, "lead", inputs.read(tx, "lead", {"name": "a", "rank": "x"}))
        commands.create(tx, "lead", inputs.read(tx, "lead", {"name": "b"}))

    with pytest.raises(Invalid):
        shop.run("li", twice)
    assert work(shop) == 0


def test_an_automation_does_not_start_itself_again(opened: Open) -> None:
    shop = opened("""
  up: {changed: lead, fields: size, do: [{set: {seen: =seen + 1}}, {set: {size: =size + 1}}]}
  ping: {changed: lead, fields: note, do: [{set: {rank: "=rank & 'p'"}}]}
  pong: {changed: lead, fields: rank, do: [{set: {note: "=note & 'q'"}}]}
""")
    lead = shop.create("li", "lead", name="a", rank="r", note="n")
    shop.update("li", lead, size="5")
    assert work(shop) == 1
    assert (shop.value(lead, "size"), shop.value(lead, "seen")) == (6, 1)
    shop.update("li", lead, note="m")
    assert work(shop) == 2
    assert (shop.value(lead, "rank"), shop.value(lead, "note")) == ("rp", "mq")


def test_automations_that_multiply_are_stopped(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MOST_RUNS", 40)
    step = "{create: lead, with: {name: fork, rank: x}}"
    shop = opened(f"  fork: {{created: lead, when: name = 'fork', do: [{step}, {step}, {step}]}}\n")
    shop.create("li", "lead", name="fork", rank="x")
    work(shop)
    with shop.site.read("shop", SERVICE) as tx:
        assert 30 < reading.page(tx, "lead", reading.Query(limit=200, count=True)).count <= 1 + 3 * 40
    with shop.site.database.read() as connection:
        (stopped,) = job_rows.listing(connection, "failed")
    assert "40 runs have followed" in stopped["error"] and stopped["attempt"] == 1
    shop.create("li", "lead", name="fork", rank="x")
    assert work(shop) > 10                     # another cause has its own share


def test_a_chain_without_an_end_inside_a_transaction_is_refused(opened: Open) -> None:
    shop = opened(
        "  more: {created: lead, run: with, do: [{create: lead, with: {name: =name, rank: =rank, size: =size + 1}}]}\n"
    )
    with pytest.raises(Refused, match="without an end|没有尽头"):
        shop.create("li", "lead", name="a", rank="x")


def test_by_the_clock_every_record_has_its_own_transaction(opened: Open) -> None:
    shop = opened("""
  nightly:
    every: day at 13:00
    each: lead as l where size > 1
    do: [{refuse: "not this one", when: name = 'bad'}, {set: {seen: =l.seen + 1}}]
  monday: {every: monday at 13:00, do: [{create: log, with: {what: monday}}]}
  working: {every: working day at 13:00, do: [{create: log, with: {what: working}}]}
""")
    good, bad, small = (
        shop.create("li", "lead", name=name, rank="x", size=size)
        for name, size in (("good", "5"), ("bad", "6"), ("small", "1"))
    )
    work(shop)                                 # Monday, noon: the schedules are taken up
    work(shop, hours=1.1)
    seen = [shop.value(one, "seen") for one in (good, bad, small)]
    assert seen == [1, 0, 0] and [what for what, _ in logs(shop)] == ["monday", "working"]
    assert NOON.weekday() == 0


def test_a_row_of_which_nobody_can_tell_whether_it_is_meant_is_refused(opened: Open) -> None:
    shop = opened("""
  nightly:
    every: day at 13:00
    each: lead as l where 10 / l.size > 1
    do: [{each: lead where name = 'z', do: [{set: {size: 0}}]}, {set: {seen: =l.seen + 1}}]
""")
    first, last = (shop.create("li", "lead", name=name, rank="x", size="2") for name in ("a", "z"))
    work(shop)
    work(shop, hours=1.1)                      # the first row's run makes the last row's condition an error
    with shop.site.database.read() as connection:
        errors = [str(job["error"]) for job in job_rows.listing(connection) if job["error"]]
    assert len(errors) == 1 and "by zero" in errors[0]
    assert (shop.value(first, "seen"), shop.value(last, "seen")) == (1, 0)


def test_rows_of_a_register_share_one_run(opened: Open) -> None:
    shop = opened("""
  sums:
    every: 1 hour
    each: sizes as s where total > 5
    do: [{create: log, with: {what: "='' & s.lead.name", by: "='' & total"}}]
registers: {sizes: {keys: {lead: {type: link, to: lead}}, measures: {total: integer}}}
""")
    for name, size in (("a", "7"), ("b", "6"), ("c", "5")):
        shop.create("li", "lead", name=name, rank="x", size=size)
    work(shop)
    work(shop, hours=1.1)
    assert logs(shop) == [("a", "7"), ("b", "6")]


def test_what_a_running_approval_keeps_out_comes_after_it(database_url: str) -> None:
    text = "automations:\n  mark: {changed: customer, each: sale where state = 'pending' or state = 'approved', DO}\n"
    shop = Shop(database_url, SHOP + text.replace("DO", "do: [{set: {note: marked}}]"))
    shop.stocked(Bolt=1000)
    sale = shop.sold("li", "Acme", Bolt=200)               # waits for the manager
    shop.update("li", Ref("customer", 1), name="Acme & Co")
    for hours in (0, 1, 1):
        work(shop, hours=hours)
    assert shop.value(sale, "note") is None
    shop.run("wang", lambda tx: commands.decide(tx, tasks.inbox(tx, "todo")[0].id or 0, "approve"))
    work(shop, hours=1)
    assert shop.value(sale, "note") == "marked"
    shop.site.database.close()
