"""Quiet hours: mails wait for their end and come as one; silences and graver alerts that people saw to already."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from engine.errors import Invalid
from engine.runtime.services import quiet
from engine.runtime.services.automation import alerts
from engine.runtime.services.identity import people
from tests.alerts.test_alerts import LOW, WATCHED, Watch

KEYS = """    to: [{who: role(buyer), via: [inbox, email]}]
    resolved: "{product} is fine"
    severity: if(on_hand < 1, 'critical', if(on_hand < 2, 'warning', 'info'))
    repeat: 1 day
    escalate: [{after: 2 hours, to: role(boss)}]
"""
HERE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def watch(database_url: str) -> Iterator[Watch]:
    made = Watch(database_url, WATCHED.replace(LOW, KEYS))
    yield made
    made.market.site.database.close()


def at(hour: int, minute: int = 0, day: int = 4) -> dt.datetime:
    return dt.datetime(2026, 5, day, hour, minute, tzinfo=HERE)


@pytest.mark.parametrize(("begin", "end", "moment", "over"), [
    ("22:00", "07:30", at(21, 59), None),
    ("22:00", "07:30", at(22), at(7, 30, 5)),
    ("22:00", "07:30", at(1), at(7, 30)),
    ("22:00", "07:30", at(7, 30), None),
    ("12:00", "14:00", at(13), at(14)),
    ("12:00", "14:00", at(14), None),
    ("08:00", "08:00", at(7, 59), at(8)),
    ("08:00", "08:00", at(8), at(8, 0, 5)),
])
def test_when_quiet_hours_end(begin: str, end: str, moment: dt.datetime, over: dt.datetime | None) -> None:
    assert quiet.ends(begin, end, moment.astimezone(dt.UTC), HERE) == over


def test_99_what_comes_in_quiet_hours_is_one_mail_afterwards(watch: Watch) -> None:
    market = watch.market
    zhou = people.find(market.site, "zhou")
    assert zhou is not None
    with pytest.raises(Invalid):
        people.set_quiet(market.site, zhou.id, "22:00", "25:00")
    people.set_timezone(market.site, zhou.id, "Europe/Berlin")
    here = market.now.astimezone(ZoneInfo("Europe/Berlin"))
    begin, end = (f"{here + dt.timedelta(hours=hours):%H:%M}" for hours in (-1, 3))
    people.set_quiet(market.site, zhou.id, begin, end)
    watch.receive("tea", "3")
    watch.receive("fish", "0.5")
    watch.work()
    assert sorted(watch.told()) == ["fish: 0.5 left", "tea: 3 left"], "notices come as ever"
    (first,) = watch.mails
    assert first["Subject"] == "fish: 0.5 left", "what is critical does not wait"
    watch.receive("tea", "9")                  # over again, still in the quiet hours
    watch.receive("rice", "-1")
    watch.work(hours=1)
    assert len(watch.mails) == 2 and watch.mails[1]["Subject"] == "rice: -1 left"
    watch.receive("rice", "1")
    watch.work()
    watch.receive("fish", "0.4")
    watch.work(hours=1)
    market.create("app", "product", code="milk", kind="wet", least="4")
    watch.receive("milk", "2")
    watch.work()
    assert len(watch.mails) == 2
    watch.work(hours=1, minutes=1)
    (digest,) = watch.mails[2:]
    lines = digest.get_content().splitlines()
    assert digest["To"] == "zhou@example.org" and digest["Subject"].endswith(": 2 notices")
    assert lines[0].endswith(f" tea: 3 left (over at {here + dt.timedelta(hours=1):%H:%M})"), lines
    assert lines[0].startswith(f"{here:%H:%M} ") and lines[1].endswith(" milk: 2 left"), lines
    watch.receive("milk", "0.5")
    watch.work()
    assert len(watch.mails) == 3, "the same gravity: it was told already"
    watch.work(hours=30)
    assert len([mail for mail in watch.mails if "notices" in mail["Subject"]]) == 1, "nothing is said twice"


def test_99_what_gets_graver_is_told_again_though_somebody_saw_to_it(watch: Watch) -> None:
    market = watch.market
    watch.receive("tea", "3")
    watch.work()
    (view,) = watch.open()
    assert view.severity == "info"
    market.run("zhou", lambda tx: alerts.acknowledge(tx, view.id))
    watch.work(hours=2.1)
    assert "tea: 3 left" not in watch.told("qian") and len(watch.mails) == 1, "somebody sees to it"
    watch.receive("tea", "-1.5")
    watch.work()
    (view,) = watch.open()
    assert (view.severity, view.acknowledged_at) == ("warning", None)
    assert watch.told("qian")[0] == "tea: 1.5 left", "the next level is told now"
    assert watch.told() == ["tea: 1.5 left", "tea: 3 left"] and len(watch.mails) == 2
    market.run("zhou", lambda tx: alerts.acknowledge(tx, view.id))
    watch.receive("tea", "1.5")                # less grave, and as grave as before: nothing new
    watch.work()
    watch.receive("tea", "-1.5")
    watch.work()
    assert watch.open()[0].acknowledged_at is not None and len(watch.mails) == 2


def test_97_what_fires_after_a_silence_is_told_now(watch: Watch) -> None:
    market = watch.market
    watch.receive("tea", "3")
    watch.work()
    (view,) = watch.open()
    market.run("zhou", lambda tx: alerts.silence(tx, view.id, market.now + dt.timedelta(hours=1)))
    watch.receive("tea", "9")
    watch.work(minutes=10)
    assert watch.open() == [] and watch.told() == ["tea: 3 left"], "its end is not told in the silence"
    watch.work(minutes=51)
    assert watch.told()[0] == "tea is fine", "but afterwards: that it fired was told"
    watch.receive("tea", "-9")
    watch.work(minutes=1)
    assert watch.told() == ["tea: 3 left", "tea is fine", "tea: 3 left"], "not only after a day"
    (view,) = watch.open()
    market.run("zhou", lambda tx: alerts.silence(tx, view.id, market.now + dt.timedelta(hours=1)))
    watch.work(hours=1, minutes=1)
    assert len(watch.told()) == 4, "it fires still when the silence ends"
