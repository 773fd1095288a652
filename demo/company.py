"""Builds the sample company: its people, its basic data, and eighteen months of business up to today.

Today itself is the morning on which somebody signs in: what was done before is done, what waits is on the desks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from random import Random

from faker import Faker

from demo.approvals import Approvals
from demo.banking import Statement
from demo.care import Care
from demo.desks import Agenda, Desks
from demo.masters import lay_out
from demo.open_work import OpenWork
from demo.seasons import expected, is_open, months_before, poisson
from demo.staff import hire
from demo.stockroom import Stockroom
from demo.supply import Supply
from demo.trade import Trade
from engine.runtime.services.site import Site

SEED = 20260301
MONTHS = 18
DEALS_PER_DAY = 0.65  # on an average day of the first year, at scale 1
LINES_PER_DEAL = 2.6

Progress = Callable[[str, float], None]


def quiet(message: str, done: float) -> None:
    """Shows no progress."""


def build(
    site: Site,
    today: dt.date,
    scale: float = 1,
    progress: Progress = quiet,
    password: str = "demo",
    months: int = MONTHS,
) -> None:
    """Fill an empty site on which `sales_erp` is live, through the ordinary commands; the same day, the same company.

    `scale` multiplies customers and documents; `progress` gets a message (Chinese) and the part done (0 to 1)."""
    random, fake = Random(SEED), Faker("zh_CN")
    fake.seed_instance(SEED)
    start = months_before(today, months)
    deals = DEALS_PER_DAY * scale
    progress("创建人员", 0)
    hire(site, password)
    desks = Desks(site, start)
    agenda = Agenda(desks)
    progress("创建基础资料", 0.01)
    masters = lay_out(desks, random, fake, scale, deals * LINES_PER_DEAL)
    approvals = Approvals(desks, random)
    trade = Trade(desks, agenda, approvals, masters, random)
    supply = Supply(desks, agenda, approvals, masters, random)
    care, stockroom = Care(desks, agenda, masters, random), Stockroom(desks, agenda, approvals, masters, random)
    care.set_targets(start, today, scale)
    length = (today - start).days
    for number in range(1, length):
        day = start + dt.timedelta(days=number)
        if is_open(day):
            desks.open(day)
            _work(day, start, deals, random, agenda, approvals, trade, supply)
            _besides(day, care, stockroom)
            progress(f"{day:%Y 年 %m 月}", 0.05 + 0.95 * number / length)
    desks.open(today)
    stockroom.store_batches(today)
    OpenWork(desks, masters).leave()
    Statement(desks).take_in(today)
    desks.pass_midnight()
    progress("完成", 1)


def _work(
    day: dt.date,
    start: dt.date,
    deals: float,
    random: Random,
    agenda: Agenda,
    approvals: Approvals,
    trade: Trade,
    supply: Supply,
) -> None:
    """One day: decisions of yesterday's papers first, then what was planned, then what comes in."""
    busy = expected(day, start)
    approvals.decide_all()
    if day.weekday() == 0:
        supply.replenish((day - start).days // 7, busy)
    for work in agenda.due(day):
        work()
    for _ in range(poisson(random, deals * busy)):
        trade.new_business()
    if (day + dt.timedelta(days=3)).month != day.month and not _counted_later(day):
        supply.count()


def _besides(day: dt.date, care: Care, stockroom: Stockroom) -> None:
    """What is done beside the daily business: calls, a transfer every other week, a count and a loss every month."""
    care.look_after()
    if day.weekday() == 2 and day.isocalendar().week % 2 == 0:
        stockroom.transfer()
    if day.day == 25 or (day.day == 26 and day.weekday() == 0):
        stockroom.count(day.month)
        stockroom.lose()


def _counted_later(day: dt.date) -> bool:
    """Whether a later open day of the same month follows: the count is on the last one."""
    later = (day + dt.timedelta(days=n) for n in range(1, 4))
    return any(is_open(d) and d.month == day.month for d in later)
