"""Alerts over a register and over records: fired after commit, told once, reminded, acknowledged, resolved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from engine.errors import Invalid, NotFound
from engine.expressions.values import Ref
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import notices
from engine.runtime.services.automation import alerting, alerts, watching
from engine.runtime.services.automation.alerts import AlertView
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.alert_tables import ALERTS
from engine.runtime.storage.system import JOBS
from engine.runtime.web.present import warnings
from tests.reports.markets import MARKET, Market

WATCHED = MARKET.replace("dashboards:\n", """alerts:
  low:
    over: stock
    per: [product]
    when: on_hand < product.least
    say: {zh: "{product} 只剩 {on_hand}", en: "{product}: {on_hand} left"}
    to: [{who: role(buyer), via: [inbox, email]}]
    repeat: 1 day
    zh: 低库存
    en: Low stock
  big:
    over: order where state = 'open'
    when: total > 50
    say: {zh: "{number} 很大", en: "{number} is big"}
    to: [{who: owner}]
    severity: info
  broken:
    over: stock
    per: [product]
    when: 1 / on_hand > 0
    say: x
    to: [{who: role(boss)}]
dashboards:
""")


class Watch:
    """A market with alerts, a worker run by hand, and a mailbox."""

    def __init__(self, url: str, text: str = WATCHED) -> None:
        self.market = Market(url, text)
        self.mails: list[EmailMessage] = []
        self.work()

    def work(self, **later: float) -> int:
        self.market.now += dt.timedelta(**later)
        return drain(self.market.site, handlers(self.market.site, self.mails.append), self.market.now)

    def receive(self, product: str, qty: str) -> None:
        receipt = self.market.create("app", "receipt", lines=[{"product": product, "qty": qty}])
        self.market.act("app", receipt, "post")

    def open(self, login: str = "zhou") -> list[AlertView]:
        return self.market.read(login, alerts.open)

    def texts(self, login: str = "zhou") -> list[str]:
        return sorted(view.text.to("en") for view in self.open(login))

    def told(self, login: str = "zhou") -> list[str]:
        return [message.text.to("en") for message in self.market.read(login, notices.inbox)]

    def product(self, code: str) -> Ref:
        ref = self.market.read("app", lambda tx: watching.Session(tx).find("product", code))
        assert ref is not None
        return ref


@pytest.fixture
def watch(database_url: str) -> Iterator[Watch]:
    made = Watch(database_url)
    yield made
    made.market.site.database.close()


def test_it_fires_after_the_commit_and_resolves_by_itself(watch: Watch) -> None:
    watch.receive("tea", "3")
    assert watch.open() == []
    watch.work()
    [view] = watch.open()
    assert (view.text.to("zh"), view.text.to("en"), view.severity) == ("tea 只剩 3", "tea: 3 left", "warning")
    assert (view.label.to("en"), view.about) == ("Low stock", watch.product("tea"))
    assert watch.told() == ["tea: 3 left"]
    watch.receive("tea", "1")
    watch.work()
    assert len(watch.open()) == 1 and watch.told() == ["tea: 3 left"]
    watch.receive("tea", "1")
    watch.work()
    assert watch.open() == []
    with watch.market.site.database.read() as connection:
        [row] = connection.execute(select(ALERTS).where(ALERTS.c.rule == "low")).mappings().all()
    assert row["resolved_at"] is not None


def test_a_linked_record_that_the_condition_reads_is_watched_too(watch: Watch) -> None:
    watch.receive("tea", "6")
    watch.receive("fish", "6")
    watch.work()
    assert watch.open() == []
    watch.market.update("app", watch.product("tea"), {"least": "7"})
    watch.work()
    assert watch.texts() == ["tea: 6 left"]


def test_reminders_until_somebody_sees_to_it(watch: Watch) -> None:
    watch.receive("tea", "3")
    watch.work()
    watch.work(hours=23)
    assert len(watch.told()) == 1
    watch.work(hours=2)
    assert len(watch.told()) == 2
    [view] = watch.open()
    acknowledged = watch.market.run("zhou", lambda tx: alerts.acknowledge(tx, view.id))
    assert acknowledged.acknowledged_by == watch.market.id("zhou")
    watch.work(days=3)
    assert len(watch.told()) == 2 and len(watch.open()) == 1


def test_it_concerns_its_receivers_only(watch: Watch) -> None:
    watch.receive("tea", "3")
    watch.work()
    [view] = watch.open()
    assert watch.open("li") == []
    with pytest.raises(NotFound):
        watch.market.run("li", lambda tx: alerts.acknowledge(tx, view.id))


def test_mail_goes_out_by_the_outbox_once(watch: Watch) -> None:
    watch.receive("tea", "3")
    watch.work()
    [mail] = watch.mails
    assert (mail["To"], mail["Subject"]) == ("zhou@example.org", "tea: 3 left")
    assert mail["Message-ID"].startswith("<job-")


def test_mail_that_is_not_configured_stays_visible(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORMWORK_MAIL", raising=False)
    watch.receive("tea", "3")
    drain(watch.market.site, handlers(watch.market.site), watch.market.now)
    with watch.market.site.database.read() as connection:
        [job] = connection.execute(select(JOBS).where(JOBS.c.kind == "mail")).mappings().all()
    assert job["state"] == "failed" and "not configured" in job["error"]


def test_records_fire_for_their_people_and_resolve_when_they_move_on(watch: Watch) -> None:
    refs = watch.market.sell()
    watch.work()
    assert watch.texts("sun") == ["B2 is big"] and watch.texts("li") == []
    assert [view.about for view in watch.open("sun")] == [refs[3]]
    watch.market.act("sun", refs[3], "finish")
    watch.work()
    assert watch.open("sun") == []


def test_an_error_neither_fires_nor_resolves(watch: Watch) -> None:
    watch.receive("rice", "2")
    watch.work()
    assert [view.rule for view in watch.open("qian")] == ["broken"]
    watch.receive("rice", "-2")                            # nothing left: the condition divides by zero
    watch.work()
    assert [view.rule for view in watch.open("qian")] == ["broken"]


def test_administrators_are_told_once_that_an_alert_cannot_be_told(watch: Watch) -> None:
    watch.receive("rice", "2")
    watch.receive("tea", "9")
    for product, qty in (("rice", "-2"), ("tea", "-9")):
        watch.receive(product, qty)
    watch.work()
    admin = replace(SERVICE, admin=True)

    def doubts() -> list[str]:
        with watch.market.site.read("market", admin, now=watch.market.now) as tx:
            return [view.text.to("en") for view in alerts.open(tx) if "cannot be told" in view.text.to("en")]

    assert len(doubts()) == 2 and "Division by zero" in doubts()[0]
    assert not [text for text in watch.texts("zhou") if "cannot be told" in text]
    watch.receive("rice", "1")
    watch.receive("tea", "1")
    watch.work()
    assert doubts() == []


BREAKING = WATCHED.replace("over: order where state = 'open'", "over: order where 1 / total > 0")


def test_a_source_that_is_an_error_ends_no_alert(database_url: str) -> None:
    watch = Watch(database_url, BREAKING)
    order = watch.market.create("sun", "order", day="2026-03-01", lines=[{"product": "tea", "qty": "9", "price": "9"}])
    watch.work()
    fired = [view.rule for view in watch.open("sun")]
    assert fired == ["big"]
    watch.market.update("sun", order, {"lines": []})
    watch.work()
    watch.market.run("app", lambda tx: alerting.run(tx, {"rule": "big", "keys": None}))
    assert [view.rule for view in watch.open("sun")] == fired
    watch.market.site.database.close()


def test_a_look_at_everything_finds_what_no_change_told(watch: Watch) -> None:
    watch.receive("tea", "3")
    watch.receive("fish", "0.5")
    assert watch.open() == []
    watch.market.run("app", lambda tx: alerting.run(tx, {"rule": "low", "keys": None}))
    assert watch.texts() == ["fish: 0.5 left", "tea: 3 left"]
    watch.market.run("app", lambda tx: alerting.run(tx, {"rule": "gone", "keys": None}))
    assert len(watch.open()) == 2


LOW = """    to: [{who: role(buyer), via: [inbox, email]}]
    repeat: 1 day
"""


@pytest.fixture
def watched(database_url: str) -> Iterator[Callable[[str], Watch]]:
    made: list[Watch] = []

    def start(keys: str) -> Watch:
        assert LOW in WATCHED
        made.append(Watch(database_url, WATCHED.replace(LOW, f"    to: [{{who: role(buyer)}}]\n{keys}")))
        return made[0]

    yield start
    made[0].market.site.database.close()


def test_95_for_counts_anew_whenever_the_condition_was_false(watched: Callable[[str], Watch]) -> None:
    watch = watched("    for: 10 minutes\n")
    watch.receive("tea", "3")
    watch.work()
    watch.work(minutes=9)
    assert watch.open() == [] and watch.told() == []
    watch.receive("tea", "9")
    watch.work()
    watch.work(minutes=2)
    assert watch.told() == []
    watch.receive("tea", "-9")
    watch.work()
    watch.work(minutes=9)
    assert watch.told() == [] and watch.open() == []
    watch.work(minutes=1.1)
    assert watch.told() == ["tea: 3 left"] and watch.texts() == ["tea: 3 left"]


def test_those_who_were_told_are_told_the_end(watched: Callable[[str], Watch]) -> None:
    watch = watched("    resolved: {zh: 好了, en: \"{product} is fine: {on_hand}\"}\n")
    watch.receive("tea", "3")
    watch.work()
    watch.receive("tea", "9")
    watch.work()
    assert watch.told() == ["tea is fine: 12", "tea: 3 left"] and watch.open() == []


def test_within_the_cooldown_it_fires_and_nobody_is_told(watched: Callable[[str], Watch]) -> None:
    watch = watched("    cooldown: 2 hours\n")
    for change in ("3", "9", "-9"):
        watch.receive("tea", change)
        watch.work(minutes=10)
    assert watch.told() == ["tea: 3 left"] and watch.texts() == ["tea: 3 left"]
    watch.receive("tea", "9")
    watch.work(hours=3)
    watch.receive("tea", "-9")
    watch.work()
    assert len(watch.told()) == 1              # it was over three hours ago by the clock, but looked at just now
    watch.receive("tea", "9")
    watch.work()
    watch.work(hours=3)
    watch.receive("tea", "-9")
    watch.work()
    assert len(watch.told()) == 2


def test_how_grave_it_is_may_be_computed(watched: Callable[[str], Watch]) -> None:
    watch = watched("    severity: if(on_hand < 2, 'critical', 'info')\n")
    found = []
    for change in ("3", "9", "-11"):
        watch.receive("tea", change)
        watch.work()
        found += [(view.text.to("en"), view.severity) for view in watch.open()]
    assert found == [("tea: 3 left", "info"), ("tea: 1 left", "critical")]


def test_labels_survive_json() -> None:
    labels = {"product": Ref("product", 3), "lot": "x", "day": dt.date(2026, 1, 2), "none": None, "ok": True}
    assert watching.decoded(watching.coded(labels)) == labels
    assert watching.key_text(labels) == watching.key_text(dict(reversed(labels.items())))
    assert len(watching.key_text({"long": "x" * 1000})) == 64


def test_a_silence_holds_back_words_and_no_truth(watch: Watch) -> None:
    market = watch.market
    watch.receive("tea", "3")
    watch.work()
    [view] = watch.open()
    for wrong in (market.now, market.now + dt.timedelta(days=31)):
        with pytest.raises(Invalid):
            market.run("zhou", lambda tx, wrong=wrong: alerts.silence(tx, view.id, wrong))
    with pytest.raises(NotFound):
        market.run("lin", lambda tx: alerts.silence(tx, view.id, market.now + dt.timedelta(hours=4)))
    end = market.now + dt.timedelta(days=2)
    market.run("zhou", lambda tx: alerts.silence(tx, view.id, end))
    assert watch.open()[0].silenced_until == end and len(watch.told()) == 1
    watch.work(days=1)
    assert len(watch.told()) == 1, "no reminder in the silence"
    watch.receive("tea", "9")
    watch.work()
    assert watch.open() == []
    watch.receive("tea", "-10")
    watch.work()
    assert len(watch.open()) == 1 and len(watch.told()) == 1, "what fires again in the silence is silent"
    watch.work(days=1, minutes=1)
    assert len(watch.told()) == 2, "it still fires when the silence ends: at once"
    watch.work(days=1, minutes=1)
    assert len(watch.told()) == 3, "reminders go on"
    [view] = watch.open()
    market.run("zhou", lambda tx: alerts.silence(tx, view.id, market.now + dt.timedelta(hours=1)))
    market.run("zhou", lambda tx: alerts.silence(tx, view.id, None))
    assert watch.open()[0].silenced_until is None


GROUPED = WATCHED.replace(LOW, """    to: [{who: role(buyer), via: [inbox, email]}, {who: role(boss)}]
    resolved: "{product} is fine"
    repeat: 1 day
    group: [product.kind]
    group_wait: 1 minute
    group_interval: 10 minutes
""").replace("  big:\n", """  lull:
    over: order where state = 'open'
    when: total > 500
    say: much
    to: [{who: role(buyer)}]
    no_data: fire
    en: Lull
  kept: {over: order where state = 'open', when: total > 20, say: "{number}", to: [{who: role(boss)}], no_data: keep}
  big:
""")


@pytest.fixture
def grouped(database_url: str) -> Iterator[Watch]:
    watch = Watch(database_url, GROUPED)
    for code, kind in (("tea", "dry"), ("rice", "dry"), ("fish", "wet")):
        watch.market.update("app", watch.product(code), {"kind": kind, "least": "5"})
    watch.market.create("sun", "order", day="2026-03-01", lines=[])
    watch.work()
    yield watch
    watch.market.site.database.close()


def test_alerts_of_one_group_come_as_one_message(grouped: Watch) -> None:
    watch = grouped
    watch.receive("tea", "3")
    watch.work()
    watch.receive("rice", "2")
    watch.receive("fish", "1")
    watch.work(seconds=30)
    [view] = [one for one in watch.open() if one.about == watch.product("tea")]
    assert watch.told() == [] and len(watch.texts()) == 3, "it fires at once, people are told a minute later"
    assert view.group is not None and view.group.to("en") == "Dry"
    assert view.told_at == watch.market.now + dt.timedelta(seconds=30)
    shown = watch.market.read("zhou", lambda tx: warnings.together(warnings.of(tx, alerts.open(tx))))
    assert [(one.text, one.group, bool(one.told)) for one in shown] == [
        ("fish: 1 left", "Wet", True), ("rice: 2 left", "Dry", True), ("tea: 3 left", "Dry", True),
    ]
    assert [one.place for one in shown] == ["", "first", "further"], "the page names a group once"
    watch.work(seconds=30)
    assert watch.told() == ["Low stock (Dry): 2 – tea: 3 left; rice: 2 left"]
    assert next(one for one in watch.open() if one.id == view.id).told_at is None
    watch.work(seconds=31)
    assert watch.told()[0] == "fish: 1 left", "another group, alone in it"
    assert [text for text in watch.told("qian") if text != "x"] == watch.told()
    assert [str(mail["Subject"]) for mail in watch.mails] == ["Low stock (Dry): 2", "fish: 1 left"]
    assert watch.mails[0].get_content().splitlines()[:2] == ["tea: 3 left", "rice: 2 left"]
    watch.receive("tea", "9")
    watch.receive("rice", "9")
    watch.work(minutes=2)
    watch.receive("rice", "-9")
    watch.work(minutes=1)
    assert len(watch.told()) == 2, "the next message of a group comes ten minutes after the last"
    watch.work(minutes=7)
    assert watch.told()[0] == "Low stock (Dry): 3 – tea is fine; rice is fine; rice: 2 left"
    watch.receive("fish", "9")
    watch.receive("fish", "-9")
    watch.work()
    watch.receive("fish", "9")
    watch.work()
    watch.work(hours=1)
    assert watch.told()[0] == "fish is fine" and len(watch.told()) == 4, "what begins and ends in the wait is not told"
    _outlives_its_job_and_minds_a_silence(watch)


def _outlives_its_job_and_minds_a_silence(watch: Watch) -> None:
    market, before = watch.market, len(watch.told())
    watch.receive("tea", "-9")
    watch.receive("fish", "-9")
    watch.work()
    view = next(one for one in watch.open() if one.about == watch.product("tea"))
    market.run("zhou", lambda tx: alerts.silence(tx, view.id, market.now + dt.timedelta(hours=1)))
    market.now += dt.timedelta(minutes=12)
    market.run("app", lambda tx: alerting.run(tx, {"rule": "low", "keys": None}))
    assert watch.told()[:-before] == ["fish: 1 left"], "a look at everything says what is due"
    watch.work()
    assert len(watch.told()) == before + 1, "and its job finds it said"
    watch.work(minutes=50)
    watch.work(minutes=1)
    assert watch.told()[0] == "tea: 3 left", "the silence is over"
    watch.work(days=1)
    watch.work(minutes=1)
    reminders = {"Low stock (Dry): 2 – tea: 3 left; rice: 2 left", "fish: 1 left"}
    assert set(watch.told()[:2]) == reminders, "reminders come together too"


def test_no_rows_are_an_alert_or_leave_what_fires(grouped: Watch) -> None:
    watch, market = grouped, grouped.market

    def look(rule: str) -> list[str]:
        market.run("app", lambda tx: alerting.run(tx, {"rule": rule, "keys": None}))
        watch.work()
        return [one.text.to("en") for one in watch.open("qian") + watch.open() if one.rule == rule]

    def end() -> None:                         # of all orders, and no change tells
        with market.site.database.write() as connection:
            connection.exec_driver_sql("UPDATE market__order SET state = 'done', status = 'done'")

    market.create("sun", "order", day="2026-03-01", lines=[{"product": "tea", "qty": "9", "price": "9"}])
    watch.work()
    [number] = watch.texts("qian")
    assert look("lull") == []
    end()
    assert look("kept") == [number] and look("lull") == ["Lull: there is no data"]
    assert watch.told() == ["Lull: there is no data"]
    market.create("sun", "order", day="2026-03-01", lines=[{"product": "tea", "qty": "1", "price": "1"}])
    watch.work()
    assert "Lull: there is no data" not in watch.texts(), "something again: seen with the change"
    assert look("kept") == []
