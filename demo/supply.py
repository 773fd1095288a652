"""Buying and counting: purchase orders, receipts and stock corrections of the sample company."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from random import Random

from demo.approvals import Approvals
from demo.desks import Agenda, Desks, act, create, identity, lines, number, update
from demo.masters import Masters, Shelf
from engine.expressions.values import Ref
from engine.runtime.services import commands, reading
from engine.runtime.services.changes import LinesValue, LineValues
from engine.runtime.storage.live import Tx

EVERY = {"HZ": 13, "NB": 18, "WX": 22}  # weeks between two purchases of a warehouse from one supplier
IN_PARTS, NOTED = 0.10, 0.30
DIFFERENCES = (-3, -2, -1, -1, 1, 2)
NEEDS_FINANCE = 200  # yuan taken away by one correction

Shelves = dict[int, Shelf]


class Supply:
    """The buying side. `busy` says how much more than on an average day of the first year is sold now."""

    def __init__(self, desks: Desks, agenda: Agenda, approvals: Approvals, masters: Masters, random: Random) -> None:
        self._desks, self._agenda, self._approvals = desks, agenda, approvals
        self._masters, self._random = masters, random

    def replenish(self, week: int, busy: float) -> None:
        """The week's purchases: each warehouse asks each supplier in its turn, or when a back-order waits."""
        for turn, supplier in enumerate(self._masters.suppliers):
            for code, every in EVERY.items():
                if (week + turn) % every == 0 or self._urgent(turn, code):
                    self._buy(supplier, turn, code, every, busy)

    def _urgent(self, turn: int, warehouse: str) -> bool:
        """Whether a back-order waits for something that is not even on the way."""
        return any(
            shelf.owed > max(shelf.free, 0) + shelf.coming
            for shelf in self._masters.shelves.values()
            if shelf.warehouse == warehouse and shelf.article.supplier == turn
        )

    def _buy(self, supplier: Ref, turn: int, warehouse: str, every: int, busy: float) -> None:
        wanted = {
            shelf.product.id: (shelf, qty)
            for shelf in self._masters.shelves.values()
            if shelf.warehouse == warehouse
            and shelf.article.supplier == turn
            and (qty := self._wanted(shelf, every, busy))
        }
        if not wanted:
            return
        rows = [{"product": s.product, "qty": Decimal(qty), "price": s.article.cost} for s, qty in wanted.values()]
        place = self._masters.warehouses[warehouse]
        order, state = self._desks.run("zhou", lambda tx: _order(tx, supplier, place, rows))
        shelves = {id: shelf for id, (shelf, _) in wanted.items()}
        for shelf, qty in wanted.values():
            shelf.coming += qty
        if state == "pending":
            self._approvals.wait(order, lambda approved: self._decided(order, shelves, approved))
        else:
            self._decided(order, shelves, True)

    def _decided(self, order: Ref, shelves: Shelves, approved: bool) -> None:
        if approved:
            self._agenda.later(self._random.randint(4, 10), lambda: self._receive(order, shelves))
        else:
            for shelf in shelves.values():
                shelf.coming = 0

    def _wanted(self, shelf: Shelf, every: int, busy: float) -> int:
        """What brings the shelf up to the next purchase and some safety; nothing while there is enough."""
        need = shelf.pace * busy * (every * 6 + 14) + shelf.article.lot
        missing = need + shelf.owed - shelf.free - shelf.coming
        enough = missing <= 0 if shelf.owed else missing < need * 0.25
        return 0 if enough else -(-round(missing) // 5) * 5

    def _receive(self, order: Ref, shelves: Shelves) -> None:
        """The goods come, now and then in two parts."""
        parts = self._random.random() < IN_PARTS
        self._arrive(order, shelves, parts)
        if parts:
            self._agenda.later(5, lambda: self._arrive(order, shelves, False))

    def _arrive(self, order: Ref, shelves: Shelves, part: bool) -> None:
        note = f"SH{self._random.randrange(10**7):07d}" if self._random.random() < NOTED else ""
        for product, qty in self._desks.run("zhao", lambda tx: _receive(tx, order, part, note)):
            shelves[product].coming -= qty
            shelves[product].free += qty

    def count(self) -> None:
        """The monthly count finds small differences."""
        for code, warehouse in self._masters.warehouses.items():
            shelves = [s for s in self._masters.shelves.values() if s.warehouse == code and s.free > 20]
            found = {
                id: self._random.choice(DIFFERENCES)
                for id in self._random.sample(range(len(shelves)), min(3, len(shelves)))
            }
            rows = [
                {"product": shelves[id].product, "qty": Decimal(qty), "note": "月末盘点"} for id, qty in found.items()
            ]
            sheet, state = self._desks.run("zhao", lambda tx, w=warehouse, r=rows: _adjust(tx, w, r))  # type: ignore[misc]
            if state == "pending":
                self._approvals.wait(sheet, partial(_found, shelves, found))
            else:
                _found(shelves, found, True)


def _found(shelves: Sequence[Shelf], found: Mapping[int, int], approved: bool) -> None:
    """What a count changed; nothing where finance did not believe it."""
    for id, qty in found.items() if approved else ():
        shelves[id].free += qty


def _order(tx: Tx, supplier: Ref, warehouse: Ref, rows: Sequence[Mapping[str, object]]) -> tuple[Ref, str]:
    order = create(tx, "purchase_order", supplier=supplier, warehouse=warehouse, lines=lines(rows))
    return order, commands.act(tx, order.object, order.id, "submit").record.state


def _receive(tx: Tx, order: Ref, part: bool, note: str) -> list[tuple[int, int]]:
    """Receive what is left of a purchase order, or half of it; product and quantity of each line."""
    receipt = act(tx, order, "receive")[0]
    if part:
        _halve(tx, receipt)
    if note:
        update(tx, receipt, delivery_note=note)
    record = commands.act(tx, receipt.object, receipt.id, "post").record
    return [(identity(line.get("product")), int(number(line.get("qty")))) for line in record.lines("lines")]


def _halve(tx: Tx, receipt: Ref) -> None:
    """Only half of each line has come."""
    record = commands.update(tx, receipt.object, receipt.id, {})
    kept = [(line.id, number(line.get("qty"))) for line in record.lines("lines")]
    rows = tuple(LineValues({"qty": (qty / 2).quantize(Decimal(1)) or Decimal(1)}, id=id) for id, qty in kept)
    commands.update(tx, receipt.object, receipt.id, {"lines": LinesValue(rows)})


def _adjust(tx: Tx, warehouse: Ref, rows: Sequence[Mapping[str, object]]) -> tuple[Ref, str]:
    """Post a correction, or ask finance where much would be gone; its state."""
    sheet = create(tx, "stock_adjustment", warehouse=warehouse, cause="count", lines=lines(rows))
    large = number(reading.get(tx, sheet.object, sheet.id).get("loss")) > NEEDS_FINANCE
    return sheet, commands.act(tx, sheet.object, sheet.id, "submit" if large else "post").record.state
