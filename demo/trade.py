"""Quotations and orders of the sample company, as its salespeople enter them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from random import Random

from demo.aftersales import Aftersales
from demo.approvals import Approvals
from demo.baskets import Baskets
from demo.desks import Agenda, Desks, act, create, identity, lines, number, update
from demo.fulfilment import Deal, Fulfilment, OrderLine
from demo.masters import Client, Masters
from engine.errors import Refused
from engine.expressions.values import Ref
from engine.runtime.services import commands, reading
from engine.runtime.services.changes import LinesValue, LineValues
from engine.runtime.storage.live import Tx

BY_QUOTE, WON, LOST = 0.35, 0.62, 0.20  # of all business; of all quotations
SLOW, CANCELLED = 0.04, 0.03
SPREAD = 0.6  # of the orders that lack goods in their own warehouse
REVISED, IN_ADVANCE = 0.15, 0.04
ANSWERS = ("价格偏高，已向别家订货", "项目推迟", "客户改用其他品牌")
CARRIERS = ("德邦物流", "安能物流", "中通快运", "自有车辆", "客户自提")
CHANNELS = ("sales", "sales", "sales", "phone", "web")
SHIPS_AFTER = (1, 1, 2, 2, 3, 5)

Make = Callable[[Tx], Ref]


class Trade:
    """The sales side. Every method is something that happens on the day at hand and plans what follows."""

    def __init__(self, desks: Desks, agenda: Agenda, approvals: Approvals, masters: Masters, random: Random) -> None:
        self._desks, self._agenda, self._approvals, self._random = desks, agenda, approvals, random
        self._clients = masters.clients
        self._weights = [client.weight for client in masters.clients]
        self._codes = {place.id: code for code, place in masters.warehouses.items()}
        self._baskets = Baskets(masters, random)
        aftersales = Aftersales(desks, agenda, approvals, masters, random)
        self._fulfilment = Fulfilment(desks, agenda, masters, aftersales, random)

    def new_business(self) -> None:
        """A customer asks for something: a quotation, or at once an order."""
        client = self._random.choices(self._clients, self._weights)[0]
        if self._random.random() < BY_QUOTE:
            self._quote(client)
        else:
            self._order(client)

    def _quote(self, client: Client) -> None:
        rows, freight = lines(self._baskets.fill(client)), self._baskets.freight()
        quote, state = self._desks.run(client.owner, lambda tx: _offer(tx, client, rows, freight))
        if state == "pending":
            self._approvals.wait(quote, lambda approved: self._answer_later(client, quote) if approved else None)
        else:
            self._answer_later(client, quote)

    def _answer_later(self, client: Client, quote: Ref) -> None:
        self._agenda.later(self._random.randint(1, 12), lambda: self._answer(client, quote))

    def _answer(self, client: Client, quote: Ref) -> None:
        """The customer takes the quotation, declines it, or keeps silent."""
        chance, answer = self._random.random(), self._random.choice(ANSWERS)
        if self._random.random() < REVISED:
            self._revise(client, quote, answer)
        elif chance < WON:
            self._place(client, lambda tx: act(tx, quote, "order")[0])
        elif chance < WON + LOST:
            self._desks.run(client.owner, lambda tx: act(tx, quote, "lose", answer=answer))

    def _revise(self, client: Client, quote: Ref, answer: str) -> None:
        """The customer wants another price: a new version, which goes the same way."""
        newer, state = self._desks.run(client.owner, lambda tx: _next_version(tx, quote, answer))
        if state == "pending":
            self._approvals.wait(newer, lambda approved: self._answer_later(client, newer) if approved else None)
        else:
            self._answer_later(client, newer)

    def _order(self, client: Client) -> None:
        values = {
            "customer": client.ref,
            "channel": self._random.choice(CHANNELS),
            "wanted": self._desks.day + dt.timedelta(days=self._random.randint(3, 14)),
            "carrier": self._random.choice(CARRIERS),
            "lines": lines(self._baskets.fill(client)),
            "freight": self._baskets.freight(),
        }
        if self._random.random() < IN_ADVANCE:
            values["schedule"] = lines([
                {"share": Decimal("0.3"), "due": "order"}, {"share": Decimal("0.7"), "due": "terms"},
            ])
        if self._random.random() < SLOW:
            order = self._desks.run(client.owner, lambda tx: create(tx, "sales_order", **values))
            self._agenda.later(self._random.randint(1, 3), lambda: self._place(client, lambda tx: order))
        else:
            self._place(client, lambda tx: create(tx, "sales_order", **values))

    def _place(self, client: Client, make: Make) -> None:
        """Make an order and submit it; what the warehouse has not got comes from others or has to wait."""
        try:
            deal, state = self._submit(client, make, "")
        except Refused:
            deal, state = self._short(client, make)
        self._fulfilment.accept(deal)
        if state == "pending":
            self._approvals.wait(deal.order, lambda approved: self._decided(deal, approved))
        else:
            self._decided(deal, True)

    def _short(self, client: Client, make: Make) -> tuple[Deal, str]:
        """The customer takes goods out of several warehouses, or waits."""
        if self._random.random() < SPREAD:
            with suppress(Refused):
                return self._submit(client, make, "allot")
        return self._submit(client, make, "wait")

    def _submit(self, client: Client, make: Make, short: str) -> tuple[Deal, str]:
        codes = self._codes
        return self._desks.run(client.owner, lambda tx: _submit(tx, client, make(tx), short, codes))

    def _decided(self, deal: Deal, approved: bool) -> None:
        if not approved:
            self._fulfilment.drop(deal)
        elif self._random.random() < CANCELLED:
            self._agenda.later(1, lambda: self._cancel(deal))
        else:
            if deal.advance:
                self._agenda.later(1, lambda: self._fulfilment.collect_advance(deal))
            self._agenda.later(self._random.choice(SHIPS_AFTER), lambda: self._fulfilment.ship(deal))

    def _cancel(self, deal: Deal) -> None:
        self._desks.run(deal.client.owner, lambda tx: act(tx, deal.order, "cancel", reason="客户取消"))
        self._fulfilment.drop(deal)


def _offer(tx: Tx, client: Client, rows: object, freight: object) -> tuple[Ref, str]:
    quote = create(tx, "quote", customer=client.ref, lines=rows, freight=freight)
    return quote, commands.act(tx, quote.object, quote.id, "submit").record.state


def _submit(tx: Tx, client: Client, order: Ref, short: str, codes: Mapping[int, str]) -> tuple[Deal, str]:
    """Submit an order: what is known of it, and the state that it has come to.

    `short`: what is done about goods that its warehouse has not got (`allot`: other warehouses, `wait`: a back-order);
    `codes`: of warehouses by id."""
    enter_again(tx, order)
    if short == "wait":
        update(tx, order, backorder=True)
    elif short == "allot":
        act(tx, order, "allot")
    record = commands.act(tx, order.object, order.id, "submit", accept=["price"]).record
    found = tuple(
        OrderLine(
            line.ref, identity(line.get("product")), number(line.get("qty")), codes[identity(line.get("leaves"))]
        )
        for line in record.lines("lines")
    )
    return Deal(client, order, found, short != "wait", bool(record.lines("schedule"))), record.state


def _next_version(tx: Tx, quote: Ref, answer: str) -> tuple[Ref, str]:
    newer = act(tx, quote, "revise", answer=answer)[0]
    enter_again(tx, newer)
    return newer, commands.act(tx, newer.object, newer.id, "submit").record.state


def enter_again(tx: Tx, paper: Ref) -> None:
    """Lines whose price rule is over since they were written get the price of the day."""
    rows = reading.get(tx, paper.object, paper.id).lines("lines")
    if not any(row.get("stale") for row in rows):
        return
    entered = [
        LineValues({"product": Ref("product", identity(row.get("product"))), "qty": number(row.get("qty"))})
        if row.get("stale") else LineValues({}, row.id)
        for row in rows
    ]
    update(tx, paper, date=tx.today, lines=LinesValue(tuple(entered)))
