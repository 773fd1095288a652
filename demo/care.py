"""How the sample company looks after its customers: contacts, opportunities, targets."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from random import Random

from demo.desks import Agenda, Desks, act, create
from demo.masters import Client, Masters
from demo.seasons import expected, working_day
from engine.expressions.values import Ref

SELLERS = ("li", "sun", "wang")
CONTACTS = 0.5                                 # on an average day, of each salesperson
OPPORTUNITIES = 0.10
FORGOTTEN = 0.08                               # of the contacts that were planned
TOPICS = ("确认本月要货计划", "回访上次到货质量", "谈年度协议价格", "介绍新款电动工具", "催促逾期货款", "了解项目进度")
NEXT = ("送样品", "报价跟进", "约拜访时间", "确认合同", "对账")
PROJECTS = ("厂房扩建", "门店备货", "样板房装修", "物业年度维保", "二期水电安装", "仓库改造")
STEPS = ("know", "offer", "negotiate")
REASONS = ("price", "delivery", "rival", "cancelled")
MONTHLY_TARGET = {"li": 42_000, "sun": 36_000, "wang": 12_000}


class Care:
    """Every method is something that happens on the day at hand and plans what follows."""

    def __init__(self, desks: Desks, agenda: Agenda, masters: Masters, random: Random) -> None:
        self._desks, self._agenda, self._random = desks, agenda, random
        self._clients = {login: [c for c in masters.clients if c.owner == login] for login in SELLERS}

    def set_targets(self, start: dt.date, today: dt.date, scale: float) -> None:
        """The manager sets a target for everybody and every month, this one too."""
        day = start
        while day <= today:
            for login, amount in MONTHLY_TARGET.items():
                wanted = Decimal(round(amount * scale * expected(day.replace(day=2), start) / 500) * 500)
                values = {"person": self._desks.user(login), "month": day, "amount": wanted}
                self._desks.run("wang", lambda tx, v=values: create(tx, "target", **v))  # type: ignore[misc]
            day = (day + dt.timedelta(days=32)).replace(day=1)

    def look_after(self) -> None:
        """A day's calls and visits, and now and then something larger in sight."""
        for login in SELLERS:
            clients = self._clients[login]
            if clients and self._random.random() < CONTACTS:
                self._contact(login, self._random.choice(clients))
            if clients and self._random.random() < OPPORTUNITIES:
                self._opportunity(login, self._random.choice(clients))

    def _contact(self, login: str, client: Client) -> None:
        values: dict[str, object] = {
            "customer": client.ref,
            "how": self._random.choice(("call", "call", "wechat", "visit", "email")),
            "content": self._random.choice(TOPICS),
        }
        planned = self._random.random() < 0.5
        if planned:
            values["next_on"] = working_day(self._desks.day, self._random.randint(2, 12))
            values["next_what"] = self._random.choice(NEXT)
        contact = self._desks.run(login, lambda tx: create(tx, "follow_up", **values))
        if planned and self._random.random() > FORGOTTEN:
            self._agenda.later(self._random.randint(2, 13), lambda: self._done(login, contact))

    def _done(self, login: str, contact: Ref) -> None:
        self._desks.run(login, lambda tx: act(tx, contact, "finish"))

    def _opportunity(self, login: str, client: Client) -> None:
        values = {
            "name": self._random.choice(PROJECTS),
            "customer": client.ref,
            "amount": Decimal(self._random.randint(6, 90) * 1000),
            "expected_on": self._desks.day + dt.timedelta(days=self._random.randint(20, 90)),
        }
        found = self._desks.run(login, lambda tx: create(tx, "opportunity", **values))
        self._agenda.later(self._random.randint(3, 12), lambda: self._advance(login, found, 0))

    def _advance(self, login: str, found: Ref, step: int) -> None:
        """One stage further, won, lost, or forgotten for a while."""
        chance = self._random.random()
        if chance < 0.15:
            reason = self._random.choice(REASONS)
            self._desks.run(login, lambda tx: act(tx, found, "lose", reason=reason))
        elif step == len(STEPS):
            self._desks.run(login, lambda tx: act(tx, found, "win"))
        elif chance < 0.9:
            self._desks.run(login, lambda tx: act(tx, found, STEPS[step]))
            self._agenda.later(self._random.randint(5, 21), lambda: self._advance(login, found, step + 1))
