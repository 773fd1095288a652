"""What follows an order of the sample company: deliveries, signatures, invoices and payments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from random import Random

from demo.aftersales import Aftersales
from demo.desks import Agenda, Desks, act, create, lines, number, update
from demo.masters import Client, Masters, Shelf
from engine.errors import Refused
from engine.expressions.values import Ref
from engine.runtime.services import commands, reading
from engine.runtime.storage.live import Tx

IN_PARTS, TRACKED, SIGNED = 0.12, 0.35, 0.97
PAID_IN_PARTS, NEVER_PAID = 0.12, 0.02
METHODS = ("transfer", "transfer", "transfer", "transfer", "draft", "online")


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line of a submitted order: its link, what, how much, and the code of the warehouse that it leaves from."""

    ref: Ref
    product: int
    qty: Decimal
    warehouse: str


@dataclass(frozen=True, slots=True)
class Deal:
    """A submitted order. `reserved`: its goods were taken off the shelves at once (a back-order's when they leave)."""

    client: Client
    order: Ref
    lines: tuple[OrderLine, ...]
    reserved: bool
    advance: bool = False                      # a part is paid before shipment


class Fulfilment:
    """From an approved order to the money. Every method happens on the day at hand and plans what follows."""

    def __init__(
        self, desks: Desks, agenda: Agenda, masters: Masters, aftersales: Aftersales, random: Random
    ) -> None:
        self._desks, self._agenda, self._masters, self._random = desks, agenda, masters, random
        self._aftersales = aftersales
        self._codes = {shelf.product.id: code for (code, _), shelf in masters.shelves.items()}

    def accept(self, deal: Deal) -> None:
        """Keep in mind what is no longer free, or what a back-order waits for."""
        self._reckon(deal, 1)

    def drop(self, deal: Deal) -> None:
        """An order that comes to nothing."""
        self._reckon(deal, -1)

    def _reckon(self, deal: Deal, sign: int) -> None:
        for shelf, qty in self._shelves(deal):
            if deal.reserved:
                shelf.free -= sign * qty
            else:
                shelf.owed += sign * qty

    def _shelves(self, deal: Deal) -> Iterator[tuple[Shelf, int]]:
        """Where the goods of an order stand, and how many are wanted; services stand nowhere."""
        for line in deal.lines:
            code = self._codes.get(line.product)
            if code is not None:
                yield self._masters.shelves[code, line.warehouse], int(line.qty)

    def ship(self, deal: Deal) -> None:
        """The goods leave, now and then in two parts."""
        parts = deal.reserved and len(deal.lines) > 1 and self._random.random() < IN_PARTS
        some = deal.lines[:1] if parts else ()
        if self._leave(deal, some):
            if parts:
                self._agenda.later(self._random.randint(3, 8), lambda: self._rest(deal))
            for shelf, qty in () if deal.reserved else self._shelves(deal):
                shelf.free -= qty
                shelf.owed -= qty
        else:
            self._agenda.later(4, lambda: self.ship(deal))

    def _rest(self, deal: Deal) -> None:
        self._leave(deal, ())

    def _leave(self, deal: Deal, some: Sequence[OrderLine]) -> bool:
        """Ship what is left, or only `some` lines; false if the goods of a back-order have not come yet."""
        waybill = f"YD{self._random.randrange(10**9, 10**10)}" if self._random.random() < TRACKED else ""
        warehouse = self._masters.warehouses[deal.lines[0].warehouse]
        try:
            deliveries = self._desks.run("zhao", lambda tx: _deliver(tx, deal, warehouse, some, waybill))
        except Refused:
            return False
        for delivery in deliveries:
            if self._random.random() < SIGNED:
                self._agenda.later(self._random.randint(1, 3), partial(self._sign, delivery))
            self._aftersales.delivered(deal.client, delivery)
        self._agenda.later(self._random.randint(0, 4), lambda: self._bill(deal))
        return True

    def collect_advance(self, deal: Deal) -> None:
        """What was agreed to be paid before shipment comes in."""
        self._desks.run("qian", lambda tx: _advance(tx, deal.order))

    def _sign(self, delivery: Ref) -> None:
        self._desks.run("zhao", lambda tx: act(tx, delivery, "sign", signed_on=self._desks.day))

    def _bill(self, deal: Deal) -> None:
        try:
            invoice, due, total = self._desks.run("qian", lambda tx: _bill(tx, deal.order))
        except Refused:  # an earlier invoice has taken everything that was shipped
            return
        if self._random.random() < NEVER_PAID:
            return
        days = max((due - self._desks.day).days + deal.client.late + self._random.randint(-3, 6), 1)
        if self._random.random() < PAID_IN_PARTS:
            half = (total / 2).quantize(Decimal("0.01"))
            self._agenda.later(days, lambda: self._pay(deal.client, invoice, half))
            days += self._random.randint(10, 40)
        self._agenda.later(days, lambda: self._pay(deal.client, invoice, None))

    def _pay(self, client: Client, invoice: Ref, part: Decimal | None) -> None:
        """Money comes in for an invoice: `part` of it, or what is open."""
        method = self._random.choice(METHODS)
        reference = f"{self._desks.day:%Y%m%d}{self._random.randrange(10**6):06d}"
        self._desks.run("qian", lambda tx: _pay(tx, client, invoice, part, method, reference))


def _deliver(tx: Tx, deal: Deal, warehouse: Ref, some: Sequence[OrderLine], waybill: str) -> Sequence[Ref]:
    """A delivery of `some` lines from `warehouse`; without them one from each warehouse that the order leaves from."""
    if some:
        rows = lines([{"order_line": line.ref, "qty": line.qty} for line in some])
        deliveries: Sequence[Ref] = [create(tx, "delivery", customer=deal.client.ref, warehouse=warehouse, lines=rows)]
    else:
        deliveries = act(tx, deal.order, "ship")
    for place, delivery in enumerate(deliveries):
        if waybill:
            update(tx, delivery, waybill=f"{waybill}-{place + 1}" if place else waybill)
        act(tx, delivery, "post")
    return deliveries


def _bill(tx: Tx, order: Ref) -> tuple[Ref, dt.date, Decimal]:
    """Invoice what was shipped: the invoice, its due day and its total."""
    made = act(tx, order, "bill")[0]
    invoice = commands.act(tx, made.object, made.id, "post").record
    due = invoice.get("due_on")
    assert isinstance(due, dt.date), "an invoice has a due day"
    return made, due, number(invoice.get("total"))


def _advance(tx: Tx, order: Ref) -> None:
    act(tx, act(tx, order, "advance")[0], "post")


def _pay(tx: Tx, client: Client, invoice: Ref, part: Decimal | None, method: str, reference: str) -> None:
    due = number(reading.get(tx, invoice.object, invoice.id).get("open"))
    if due <= 0:  # advances, returns or credit notes have settled it meanwhile
        return
    if part is not None:
        amount = min(part, due)
        rows = lines([{"item": invoice, "amount": amount}])
        details = {"amount": amount, "method": method, "reference": reference, "lines": rows}
        payment = create(tx, "payment", customer=client.ref, **details)
    else:
        payment = act(tx, invoice, "collect")[0]
        if method != "transfer":
            update(tx, payment, method=method, reference=reference)
    act(tx, payment, "post")
