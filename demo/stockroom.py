"""What the warehouse of the sample company does beside shipping: transfers, counts by category, losses, batches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from random import Random

from demo.approvals import Approvals
from demo.desks import Agenda, Desks, act, create, identity, lines
from demo.masters import Masters, Shelf
from engine.expressions.values import Key, Ref
from engine.runtime.services import commands
from engine.runtime.services.changes import LinesValue, LineValues
from engine.runtime.storage.live import Tx

CENTRE, BRANCHES = "HZ", ("NB", "WX")
COUNTED = ("电动工具", "手动工具", "磨具钻头", "紧固件", "锁具门控", "管材管件", "阀门龙头", "开关照明", "劳保梯具")
DIFFERENCES = (-2, -1, -1, 0, 0, 0, 0, 0, 0, 1)
SMALL = 80                                     # yuan: dearer goods are counted without a difference
REASONS = ("damage", "damage", "sample", "theft")


class Stockroom:
    """Every method is something that happens on the day at hand and plans what follows."""

    def __init__(self, desks: Desks, agenda: Agenda, approvals: Approvals, masters: Masters, random: Random) -> None:
        self._desks, self._agenda, self._approvals = desks, agenda, approvals
        self._masters, self._random = masters, random

    def transfer(self) -> None:
        """What the centre has plenty of goes to a branch; it arrives two days later, now and then with a loss."""
        target = self._random.choice(BRANCHES)
        shelves = self._masters.shelves
        plenty = [s for s in shelves.values() if s.warehouse == CENTRE and s.free > 40 and not s.owed]
        chosen = self._random.sample(plenty, min(3, len(plenty)))
        if not chosen:
            return
        moved = [(shelf, shelf.free // 8 + 1) for shelf in chosen]
        rows = [{"product": shelf.product, "qty": Decimal(qty)} for shelf, qty in moved]
        source, place = self._masters.warehouses[CENTRE], self._masters.warehouses[target]
        sheet = self._desks.run("zhao", lambda tx: _send(tx, source, place, rows))
        for shelf, qty in moved:
            shelf.free -= qty
        lost = 1 if self._random.random() < 0.1 else 0
        self._agenda.later(2, lambda: self._arrive(sheet, target, moved, lost))

    def _arrive(self, sheet: Ref, target: str, moved: Sequence[tuple[Shelf, int]], lost: int) -> None:
        self._desks.run("zhao", lambda tx: _receive(tx, sheet, lost))
        for number, (shelf, qty) in enumerate(moved):
            self._masters.shelves[shelf.article.code, target].free += qty - (lost if number == 0 else 0)

    def count(self, month: int) -> None:
        """One category of the centre is counted; small differences are found."""
        category = COUNTED[month % len(COUNTED)]
        place = self._masters.warehouses[CENTRE]
        mine = {identity(s.product): s for s in self._masters.shelves.values() if s.warehouse == CENTRE}
        found = self._desks.run("zhao", lambda tx: self._sheet(tx, place, category, mine))
        for product, diff in found:
            mine[product].free += diff

    def _sheet(self, tx: Tx, place: Ref, category: str, shelves: Mapping[int, Shelf]) -> list[tuple[int, int]]:
        sheet = create(tx, "stocktake", warehouse=place, category=Key(category))
        record = commands.act(tx, sheet.object, sheet.id, "start").record
        rows, found = [], []
        for line in record.lines("lines"):
            product = identity(line.get("product"))
            shelf, book = shelves[product], int(str(line.get("book")).partition(".")[0])
            small = shelf.article.cost < SMALL and shelf.free > 5
            diff = self._random.choice(DIFFERENCES) if small else 0
            rows.append(LineValues({"counted": Decimal(book + diff)}, id=line.id))
            found.append((product, diff))
        commands.update(tx, sheet.object, sheet.id, {"lines": LinesValue(tuple(rows))})
        commands.act(tx, sheet.object, sheet.id, "finish", accept=["counted"])
        return found

    def lose(self) -> None:
        """Something is broken or given away; finance looks at what is dear."""
        shelves = [s for s in self._masters.shelves.values() if s.free > 10]
        shelf = self._random.choice(shelves)
        values = {
            "warehouse": self._masters.warehouses[shelf.warehouse],
            "why": self._random.choice(REASONS),
            "lines": lines([{"product": shelf.product, "qty": Decimal(self._random.randint(1, 3))}]),
        }
        sheet, state = self._desks.run("zhao", lambda tx: _submit(tx, values))
        shelf.free -= 3
        if state == "pending":
            self._approvals.wait(sheet, lambda approved: None)

    def store_batches(self, today: dt.date) -> None:
        """A glue with a shelf life, in three batches: one past its date, one about to expire, one fresh."""
        product = self._desks.run("zhou", lambda tx: _glue(tx, self._masters.suppliers[10]))
        place = self._masters.warehouses[CENTRE]
        dates = [("A2409", -20, 6), ("B2503", 18, 40), ("C2511", 300, 120)]
        self._desks.run("zhao", lambda tx: _batches(tx, product, place, today, dates))


def _send(tx: Tx, source: Ref, target: Ref, rows: Sequence[dict[str, object]]) -> Ref:
    sheet = create(tx, "transfer", source=source, target=target, lines=lines(rows))
    act(tx, sheet, "send")
    return sheet


def _receive(tx: Tx, sheet: Ref, lost: int) -> None:
    if lost:
        record = commands.update(tx, sheet.object, sheet.id, {})
        first = record.lines("lines")[0]
        rows = [LineValues({"arrived": Decimal(str(first.get("qty"))) - lost}, id=first.id)]
        rows += [LineValues({}, id=line.id) for line in record.lines("lines")[1:]]
        commands.update(tx, sheet.object, sheet.id, {"lines": LinesValue(tuple(rows))})
    act(tx, sheet, "receive")


def _submit(tx: Tx, values: dict[str, object]) -> tuple[Ref, str]:
    sheet = create(tx, "write_off", **values)
    return sheet, commands.act(tx, sheet.object, sheet.id, "submit").record.state


def _glue(tx: Tx, supplier: Ref) -> Ref:
    values = {"list_price": Decimal(48), "standard_cost": Decimal(29), "batched": True, "supplier": supplier}
    return create(tx, "product", code="ZJJ01", name="双组份植筋胶", specification="390ml", unit="支",
                  category=Key("涂料胶粘"), **values)


def _batches(tx: Tx, product: Ref, place: Ref, today: dt.date, dates: Sequence[tuple[str, int, int]]) -> None:
    rows = []
    for code, days, qty in dates:
        batch = create(tx, "batch", product=product, code=code, expires_on=today + dt.timedelta(days=days))
        rows.append({"product": product, "batch": batch, "qty": Decimal(qty)})
    act(tx, create(tx, "stock_adjustment", warehouse=place, cause="opening", lines=lines(rows)), "post")
