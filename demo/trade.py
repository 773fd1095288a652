"""Selling: quotations, orders, deliveries, invoices and payments of the sample company, as its people enter them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from demo.approvals import Approvals
from demo.catalogue import Article
from demo.desks import Agenda, Desks, act, create, lines, number, update
from demo.masters import Client, Masters
from demo.seasons import working_day
from engine.errors import Refused
from engine.expressions.values import Ref
from engine.runtime.services import commands
from engine.runtime.storage.live import Tx

BY_QUOTE, WON, LOST = 0.35, 0.62, 0.20  # of all business; of all quotations
SLOW, CANCELLED, IN_PARTS, TRACKED, SIGNED = 0.04, 0.03, 0.12, 0.35, 0.6
PAID_IN_PARTS, NEVER_PAID = 0.12, 0.02
DISCOUNTS = ("0", "0", "0", "0", "0", "0.02", "0.03", "0.05", "0.08", "0.12")
ANSWERS = ("价格偏高，已向别家订货", "项目推迟", "客户改用其他品牌")
CARRIERS = ("德邦物流", "安能物流", "中通快运", "自有车辆", "客户自提")
METHODS = ("transfer", "transfer", "transfer", "transfer", "draft", "online")
CHANNELS = ("sales", "sales", "sales", "phone", "web")


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line of a submitted order: its link, what and how much."""

    ref: Ref
    product: int
    qty: Decimal


class Trade:
    """The sales side. Every method is something that happens on the day at hand and plans what follows."""

    def __init__(self, desks: Desks, agenda: Agenda, approvals: Approvals, masters: Masters, random: Random) -> None:
        self._desks, self._agenda, self._approvals = desks, agenda, approvals
        self._masters, self._random = masters, random
        self._weights = [client.weight for client in masters.clients]
        self._popularity = [article.popularity for article in masters.articles]
        self._shelf_of = {shelf.product.id: code for (code, _), shelf in masters.shelves.items()}

    # ---- quotations

    def new_business(self) -> None:
        """A customer asks for something: a quotation, or at once an order."""
        client = self._random.choices(self._masters.clients, self._weights)[0]
        if self._random.random() < BY_QUOTE:
            self._quote(client)
        else:
            self._order(client)

    def _quote(self, client: Client) -> None:
        values = {"customer": client.ref, "lines": lines(self._basket(client)), "freight": self._freight()}
        quote, state = self._desks.run(client.owner, lambda tx: _submitted(tx, create(tx, "quote", **values)))
        if state == "pending":
            self._approvals.wait(quote, lambda approved: self._answer_later(client, quote) if approved else None)
        else:
            self._answer_later(client, quote)

    def _answer_later(self, client: Client, quote: Ref) -> None:
        self._later(self._random.randint(1, 12), lambda: self._answer(client, quote))

    def _answer(self, client: Client, quote: Ref) -> None:
        """The customer takes the quotation, declines it, or keeps silent."""
        chance, answer = self._random.random(), self._random.choice(ANSWERS)
        if chance < WON:
            self._place(client, lambda tx: act(tx, quote, "order")[0])
        elif chance < WON + LOST:
            self._desks.run(client.owner, lambda tx: act(tx, quote, "lose", answer=answer))

    # ---- orders

    def _order(self, client: Client) -> None:
        values = {
            "customer": client.ref,
            "channel": self._random.choice(CHANNELS),
            "wanted": self._desks.day + dt.timedelta(days=self._random.randint(3, 14)),
            "carrier": self._random.choice(CARRIERS),
            "lines": lines(self._basket(client)),
            "freight": self._freight(),
        }
        if self._random.random() < SLOW:
            order = self._desks.run(client.owner, lambda tx: create(tx, "sales_order", **values))
            self._later(self._random.randint(1, 3), lambda: self._place(client, lambda tx: order))
        else:
            self._place(client, lambda tx: create(tx, "sales_order", **values))

    def _place(self, client: Client, make: Callable[[Tx], Ref]) -> None:
        """Make an order and submit it; what the warehouse has not got is ordered as a back-order."""
        try:
            order, found, state = self._desks.run(client.owner, lambda tx: _submit(tx, make(tx)))
        except Refused:
            order, found, state = self._desks.run(client.owner, lambda tx: _submit(tx, make(tx), backorder=True))
        self._take(client, found, -1)
        if state == "pending":
            self._approvals.wait(order, lambda approved: self._ship_later(client, order, found, approved))
        else:
            self._ship_later(client, order, found, True)

    def _ship_later(self, client: Client, order: Ref, found: Sequence[OrderLine], approved: bool) -> None:
        if not approved:
            self._take(client, found, 1)
        elif self._random.random() < CANCELLED:
            self._later(1, lambda: self._cancel(client, order, found))
        else:
            self._later(self._random.choice((1, 1, 2, 2, 3, 5)), lambda: self._ship(client, order, found))

    def _cancel(self, client: Client, order: Ref, found: Sequence[OrderLine]) -> None:
        self._desks.run(client.owner, lambda tx: act(tx, order, "cancel", reason="客户取消"))
        self._take(client, found, 1)

    def _take(self, client: Client, found: Sequence[OrderLine], sign: int) -> None:
        """Keep in mind what is no longer free."""
        for line in found:
            code = self._shelf_of.get(line.product)
            if code is not None:
                self._masters.shelves[code, client.warehouse].position += sign * int(line.qty)

    # ---- deliveries

    def _ship(self, client: Client, order: Ref, found: Sequence[OrderLine]) -> None:
        parts = len(found) > 1 and self._random.random() < IN_PARTS
        some = found[:1] if parts else ()
        waybill = f"YD{self._random.randrange(10**9, 10**10)}" if self._random.random() < TRACKED else ""
        try:
            delivery = self._desks.run("zhao", lambda tx: self._delivery(tx, client, order, some, waybill))
        except Refused:  # the goods of a back-order have not come yet
            self._later(4, lambda: self._ship(client, order, found))
            return
        if self._random.random() < SIGNED:
            self._later(self._random.randint(1, 3), lambda: self._sign(delivery))
        self._later(self._random.randint(0, 4), lambda: self._bill(client, order))
        if parts:
            self._later(self._random.randint(3, 8), lambda: self._ship(client, order, ()))

    def _delivery(self, tx: Tx, client: Client, order: Ref, some: Sequence[OrderLine], waybill: str) -> Ref:
        """Ship what is left of an order, or only `some` of its lines."""
        if some:
            rows = lines([{"order_line": line.ref, "qty": line.qty} for line in some])
            warehouse = self._masters.warehouses[client.warehouse]
            delivery = create(tx, "delivery", customer=client.ref, warehouse=warehouse, lines=rows)
        else:
            delivery = act(tx, order, "ship")[0]
        if waybill:
            update(tx, delivery, waybill=waybill)
        act(tx, delivery, "post")
        return delivery

    def _sign(self, delivery: Ref) -> None:
        self._desks.run("zhao", lambda tx: act(tx, delivery, "sign", signed_on=self._desks.day))

    # ---- invoices and payments

    def _bill(self, client: Client, order: Ref) -> None:
        try:
            invoice, due, total = self._desks.run("qian", lambda tx: _bill(tx, order))
        except Refused:  # an earlier invoice has taken everything that was shipped
            return
        if self._random.random() < NEVER_PAID:
            return
        late = max((due - self._desks.day).days + client.late + self._random.randint(-3, 6), 1)
        if self._random.random() < PAID_IN_PARTS:
            half = (total / 2).quantize(Decimal("0.01"))
            self._later(late, lambda: self._pay(client, invoice, half))
            late += self._random.randint(10, 40)
        self._later(late, lambda: self._pay(client, invoice, None))

    def _pay(self, client: Client, invoice: Ref, part: Decimal | None) -> None:
        """Money comes in for an invoice: `part` of it, or what is open."""
        method = self._random.choice(METHODS)
        reference = f"{self._desks.day:%Y%m%d}{self._random.randrange(10**6):06d}"
        self._desks.run("qian", lambda tx: _pay(tx, client, invoice, part, method, reference))

    # ---- chance

    def _later(self, days: int, work: Callable[[], None]) -> None:
        self._agenda.plan(working_day(self._desks.day, days), work)

    def _freight(self) -> Decimal:
        return Decimal(self._random.choice((0, 0, 0, 50, 80, 120)))

    def _basket(self, client: Client) -> list[dict[str, Any]]:
        """What the customer wants: a few products, big customers more of each."""
        number = self._random.choice((1, 2, 2, 3, 3, 4, 5))
        chosen = dict.fromkeys(self._random.choices(self._masters.articles, self._popularity, k=number))
        rows = [self._row(client, article) for article in chosen]
        if self._random.random() < 0.06:
            rows.append({"product": self._random.choice(self._masters.services), "qty": Decimal(1)})
        return rows

    def _row(self, client: Client, article: Article) -> dict[str, Any]:
        size = self._random.lognormvariate(0, 0.6) * (0.6 + client.weight / 4)
        qty = max(round(article.lot * min(size, 5)), 1)
        discount = Decimal(self._random.choice(DISCOUNTS))
        return {"product": self._masters.products[article.code], "qty": Decimal(qty), "discount": discount}


def _submitted(tx: Tx, record: Ref) -> tuple[Ref, str]:
    return record, commands.act(tx, record.object, record.id, "submit").record.state


def _submit(tx: Tx, order: Ref, backorder: bool = False) -> tuple[Ref, list[OrderLine], str]:
    """Submit an order: itself, its lines, and the state that it has come to."""
    if backorder:
        update(tx, order, backorder=True)
    record = commands.act(tx, order.object, order.id, "submit", accept=["price"]).record
    found = [OrderLine(line.ref, _id(line.get("product")), number(line.get("qty"))) for line in record.lines("lines")]
    return order, found, record.state


def _bill(tx: Tx, order: Ref) -> tuple[Ref, dt.date, Decimal]:
    """Invoice what was shipped: the invoice, its due day and its total."""
    made = act(tx, order, "bill")[0]
    invoice = commands.act(tx, made.object, made.id, "post").record
    due = invoice.get("due_on")
    assert isinstance(due, dt.date), "an invoice has a due day"
    return made, due, number(invoice.get("total"))


def _pay(tx: Tx, client: Client, invoice: Ref, part: Decimal | None, method: str, reference: str) -> None:
    if part is None:
        payment = act(tx, invoice, "collect")[0]
        if method != "transfer":
            update(tx, payment, method=method, reference=reference)
    else:
        payment = create(
            tx,
            "payment",
            customer=client.ref,
            amount=part,
            method=method,
            reference=reference,
            lines=lines([{"item": invoice, "amount": part}]),
        )
    act(tx, payment, "post")


def _id(value: Any) -> int:
    assert value is not None and value.id is not None, "a line has its product"
    return int(value.id)
