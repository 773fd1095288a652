"""The app's calendar counts: hours, days off, make-up days, on both databases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from engine.definitions.compile import app_from
from engine.definitions.filters import Reader, belonging, everything
from engine.expressions.values import Duration, ErrorValue
from engine.runtime.services import commands
from engine.runtime.services.sessions import Session
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.live import Tx
from tests.standing import stand

CHINA = """
app: works
timezone: Asia/Shanghai
calendar: china
calendars:
  china:
    week: {mon-fri: "9:00-12:00, 13:00-18:00"}
    closed: holiday.day where off
    open: holiday where not off
  short:
    week: {mon-thu: "8:00-12:00", sat: "8:00-10:00"}
    closed: "[date(2026, 10, 1)]"
objects:
  holiday:
    key: day
    fields: {day: {type: date, required: true}, off: {type: boolean, default: true}, name: text}
data:
  holiday:
    - {day: 2026-09-25}
    - {day: 2026-10-01}
    - {day: 2026-10-02}
    - {day: 2026-10-05}
    - {day: 2026-10-06}
    - {day: 2026-10-07}
    - {day: 2026-10-10, off: false}
"""


@pytest.fixture
def site(database_url: str) -> Iterator[Site]:
    site = stand(database_url, "china", lambda site: site.publish(app_from(CHINA).texts))
    yield site
    site.database.close()


def value(site: Site, text: str) -> Any:
    def asked(tx: Tx) -> Any:
        expression = belonging(Reader(tx.app, everything(tx.app)), "holiday", text)
        found = expression.value(Session(tx).frame(None))  # type: ignore[arg-type]
        return found.code if isinstance(found, ErrorValue) else found

    with site.read("works", SERVICE) as tx:
        return asked(tx)


@pytest.mark.parametrize(("text", "wanted"), [
    ("is_working_day(date(2026, 10, 1))", False),
    ("is_working_day(date(2026, 9, 30))", True),
    ("is_working_day(date(2026, 10, 10))", True),
    ("is_working_day(date(2026, 10, 11))", False),
    ("networkdays(date(2026, 9, 28), date(2026, 10, 11))", Decimal(6)),
    ("networkdays(date(2026, 10, 11), date(2026, 9, 28))", Decimal(-6)),
    ("networkdays(date(2026, 9, 28), date(2026, 10, 11), [date(2026, 9, 28), date(2026, 10, 4)])", Decimal(5)),
    ("networkdays(date(2026, 9, 28), date(2026, 10, 11), holiday.day)", Decimal(5)),
    ("networkdays(date(1, 1, 1), date(9999, 12, 31))", Decimal(2608615 - 6 + 1)),
    ("workday(date(2026, 9, 30), 1)", dt.date(2026, 10, 8)),
    ("workday(date(2026, 9, 30), 3)", dt.date(2026, 10, 10)),
    ("workday(date(2026, 10, 8), -1)", dt.date(2026, 9, 30)),
    ("workday(date(2026, 9, 30), 1, [date(2026, 10, 8)])", dt.date(2026, 10, 9)),
    ("date(2026, 9, 30) + 1 working day", dt.date(2026, 10, 8)),
    ("working_time(date(2026, 9, 30), date(2026, 10, 9))", Duration(working_seconds=Decimal(16 * 3600))),
    ("date(2026, 9, 30) + 9999999 working days", "#NUM!"),
])
def test_the_calendar_of_the_app(site: Site, text: str, wanted: Any) -> None:
    assert value(site, text) == wanted


def test_working_hours_skip_the_holidays(site: Site) -> None:
    def due(tx: Tx) -> Any:
        expression = belonging(Reader(tx.app, everything(tx.app)), "holiday", "now() + 8 working hours")
        return expression.value(Session(tx).frame(None))  # type: ignore[arg-type]

    site.now = lambda: dt.datetime(2026, 9, 30, 9, 0, tzinfo=dt.UTC)         # 17:00 in Shanghai
    with site.read("works", SERVICE) as tx:
        assert due(tx) == dt.datetime(2026, 10, 8, 9, 0, tzinfo=dt.UTC)


def test_a_day_that_is_entered_counts(site: Site) -> None:
    assert value(site, "is_working_day(date(2026, 10, 8))") is True
    site.run("works", SERVICE, lambda tx: commands.create(tx, "holiday", {"day": dt.date(2026, 10, 8)}).ref)
    assert value(site, "is_working_day(date(2026, 10, 8))") is False


def test_without_a_calendar_monday_to_friday_are_worked(site: Site) -> None:
    site.publish(app_from(CHINA[: CHINA.index("calendar:")] + CHINA[CHINA.index("objects:") :]).texts)
    assert value(site, "is_working_day(date(2026, 10, 1))") is True
    assert value(site, "networkdays(date(2026, 9, 28), date(2026, 10, 11))") == Decimal(10)


def test_a_calendar_with_hours_of_its_own(site: Site) -> None:
    site.publish(app_from(CHINA.replace("calendar: china", "calendar: short")).texts)
    assert value(site, "is_working_day(date(2026, 10, 2))") is False          # a Friday
    assert value(site, "is_working_day(date(2026, 10, 3))") is True           # a Saturday
    span = value(site, "working_time(date(2026, 9, 28), date(2026, 10, 5))")
    assert span == Duration(working_seconds=Decimal((3 * 4 + 2) * 3600))
