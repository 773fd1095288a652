"""Buying and counting: purchase orders, receipts and stock corrections of the sample company."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from demo.approvals import Approvals
from demo.desks import Agenda, Desks, act, create, lines, number, update
from demo.masters import Masters, Shelf
from demo.seasons import working_day
from engine.errors import Refused
from engine.expressions.values import Ref
from engine.runtime.services import commands
from engine.runtime.services.changes import LinesValue, LineValues
from engine.runtime.storage.live import Tx

EVERY = {"HZ": 8, "NB": 12, "WX": 15}  # weeks between two purchases of a warehouse from one supplier
IN_PARTS, NOTED = 0.10, 0.30


class Supply:
    """The buying side. `busy` says how much more than on an average day of the first year is sold now."""

    def __init__(self, desks: Desks, agenda: Agenda, approvals: Approvals, masters: Masters, random: Random) -> None:
        self._desks, self._agenda, self._approvals = desks, agenda, approvals
        self._masters, self._random = masters, random

    def replenish(self, week: int, busy: float) -> None:
        """The week's purchases: each warehouse asks each supplier in its turn."""
        for turn, supplier in enumerate(self._masters.suppliers):
            for code, every in EVERY.items():
                if (week + turn) % every == 0:
                    self._buy(supplier, turn, code, every, busy)

    def _buy(self, supplier: Ref, turn: int, warehouse: str, every: int, busy: float) -> None:
        rows = []
        for shelf in self._masters.shelves.values():
            if shelf.warehouse == warehouse and shelf.article.supplier == turn:
                qty = self._wanted(shelf, every, busy)
                if qty:
                    shelf.position += qty
                    rows.append({"product": shelf.product, "qty": Decimal(qty), "price": shelf.article.cost})
        if not rows:
            return
        values = {"supplier": supplier, "warehouse": self._masters.warehouses[warehouse], "lines": lines(rows)}
        order, state = self._desks.run("zhou", lambda tx: _order(tx, values))
        if state == "pending":
            self._approvals.wait(order, lambda approved: self._receive_later(order) if approved else None)
        else:
            self._receive_later(order)

    def _wanted(self, shelf: Shelf, every: int, busy: float) -> int:
        """What brings the shelf up to the next purchase and some safety; nothing while there is enough."""
        need = shelf.pace * busy * (every * 6 + 14) + 2 * shelf.article.lot
        missing = need - shelf.position
        return 0 if missing < need * 0.25 else -(-round(missing) // 5) * 5

    def _receive_later(self, order: Ref) -> None:
        self._agenda.plan(working_day(self._desks.day, self._random.randint(4, 10)), lambda: self._receive(order))

    def _receive(self, order: Ref) -> None:
        """The goods come, now and then in two parts."""
        parts = self._random.random() < IN_PARTS
        note = f"SH{self._random.randrange(10**7):07d}" if self._random.random() < NOTED else ""
        self._desks.run("zhao", lambda tx: _receive(tx, order, parts, note))
        if parts:
            self._agenda.plan(working_day(self._desks.day, 5), lambda: self._receive_rest(order))

    def _receive_rest(self, order: Ref) -> None:
        self._desks.run("zhao", lambda tx: _receive(tx, order, False, ""))

    def count(self) -> None:
        """The monthly count finds small differences."""
        for code, warehouse in self._masters.warehouses.items():
            shelves = [
                shelf for shelf in self._masters.shelves.values() if shelf.warehouse == code and shelf.position > 20
            ]
            some = self._random.sample(shelves, min(3, len(shelves)))
            rows = [
                {
                    "product": shelf.product,
                    "qty": Decimal(self._random.choice((-3, -2, -1, -1, 1, 2))),
                    "note": "月末盘点",
                }
                for shelf in some
            ]
            if not rows:
                continue
            try:
                self._desks.run("zhao", lambda tx, w=warehouse, r=rows: _adjust(tx, w, r))  # type: ignore[misc]
            except Refused:  # the missing piece was already promised: left for the next count
                continue
            for shelf, row in zip(some, rows, strict=True):
                shelf.position += int(row["qty"])  # type: ignore[call-overload]


def _order(tx: Tx, values: dict[str, object]) -> tuple[Ref, str]:
    order = create(tx, "purchase_order", **values)
    return order, commands.act(tx, order.object, order.id, "submit").record.state


def _receive(tx: Tx, order: Ref, part: bool, note: str) -> None:
    receipt = act(tx, order, "receive")[0]
    if part:
        _halve(tx, receipt)
    if note:
        update(tx, receipt, delivery_note=note)
    act(tx, receipt, "post")


def _halve(tx: Tx, receipt: Ref) -> None:
    """Only half of each line has come."""
    record = commands.update(tx, receipt.object, receipt.id, {})
    kept = [(line.id, number(line.get("qty"))) for line in record.lines("lines")]
    rows = tuple(LineValues({"qty": (qty / 2).quantize(Decimal(1)) or Decimal(1)}, id=id) for id, qty in kept)
    commands.update(tx, receipt.object, receipt.id, {"lines": LinesValue(rows)})


def _adjust(tx: Tx, warehouse: Ref, rows: list[dict[str, object]]) -> None:
    act(tx, create(tx, "stock_adjustment", warehouse=warehouse, cause="count", lines=lines(rows)), "post")
