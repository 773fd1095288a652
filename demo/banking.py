"""The statement of the bank: what customers transferred lately, matched with the books but for the last days."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import partial

from demo.desks import Desks, act, create, number
from engine.expressions.values import Ref
from engine.runtime.services import reading
from engine.runtime.services.reading import Query
from engine.runtime.storage.live import Tx

LATELY, UNMATCHED = 45, 5                      # days of the statement, the last of which nobody has looked at yet
INTEREST = Decimal("36.52")


class Statement:
    """Takes the lines of the bank in and matches them, as finance does."""

    def __init__(self, desks: Desks) -> None:
        self._desks = desks

    def take_in(self, today: dt.date) -> None:
        """A line for each transfer, the older ones matched; interest is none of the books', one payer is unknown."""
        for day, payer, customer, amount in self._desks.look("qian", partial(_transfers, today - dt.timedelta(LATELY))):
            line = self._line(day, payer, amount, "货款", customer)
            if (today - day).days > UNMATCHED:
                self._desks.run("qian", lambda tx, one=line: act(tx, one, "match"))  # type: ignore[misc]
        interest = self._line(today, "中国工商银行杭州分行", INTEREST, "活期存款利息", None)
        self._desks.run("qian", lambda tx: act(tx, interest, "ignore", reason="存款利息，记入财务费用"))
        self._line(today, "王建平", Decimal("1280.00"), "货款", None)

    def _line(self, day: dt.date, payer: str, amount: Decimal, purpose: str, customer: Ref | None) -> Ref:
        values = {"date": day, "payer": payer, "amount": amount, "purpose": purpose, "customer": customer,
                  "reference": f"ICBC{day:%Y%m%d}{self._next():05d}"}
        return self._desks.run("qian", lambda tx: create(tx, "bank_line", **values))

    def _next(self) -> int:
        return 1 + self._desks.look("qian", lambda tx: reading.page(
            tx, "bank_line", Query(limit=1, count="exact")).count or 0)


def _transfers(since: dt.date, tx: Tx) -> list[tuple[dt.date, str, Ref, Decimal]]:
    """Day, payer, customer and amount of what was transferred since a day, in its order."""
    asked = f"state = 'posted' and method = 'transfer' and date >= date({since.year}, {since.month}, {since.day})"
    found = reading.page(tx, "payment", Query(filter=asked, sort=("date", "number"), limit=200)).items
    rows = []
    for payment in found:
        day, customer = payment.get("date"), payment.get("customer")
        assert isinstance(day, dt.date) and customer is not None
        ref = Ref("customer", customer.id)  # type: ignore[union-attr, arg-type]
        payer = str(reading.get(tx, "customer", ref.id).get("name"))
        rows.append((day, payer, ref, number(payment.get("amount"))))
    return rows
