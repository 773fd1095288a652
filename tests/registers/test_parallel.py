"""Many writers at once over the same rows: afterwards every balance is the plain sum of the papers as they stand."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections import defaultdict
from decimal import Decimal

import pytest

from engine.errors import Failure, Refused
from engine.expressions.values import Ref
from engine.runtime.services import reading
from engine.runtime.services.records import Record
from engine.runtime.services.registers import ledgers, verification
from engine.runtime.storage.live import Tx
from tests.conftest import SOAK
from tests.registers.warehouses import Depot

WRITERS = 5
ROUNDS = 60 if SOAK else 9
DAY = dt.timedelta(days=1)


class Writer(threading.Thread):
    """Makes, changes and takes back papers of its own; orders share the goods of all."""

    def __init__(self, depot: Depot, number: int, items: list[int], place: int) -> None:
        super().__init__()
        self.depot, self.items, self.place = depot, items, place
        self.chance = random.Random(number)
        self.papers: list[Ref] = []
        self.surprises: list[BaseException] = []

    def run(self) -> None:
        for _ in range(ROUNDS):
            try:
                self.chance.choice([self.enter, self.order, self.change, self.take_back])()
            except Refused:
                continue
            except (Failure, AssertionError) as failure:
                self.surprises.append(failure)
            except Exception as error:
                self.surprises.append(error)

    def _new(self, kind: str, rows: list[dict[str, int]]) -> Ref:
        day = self.depot.today - self.chance.randint(0, 6) * DAY
        ref = self.depot.create(kind, date=day.isoformat(), lines=rows)
        self.papers.append(ref)
        self.depot.act(ref, "post")
        return ref

    def enter(self) -> None:
        basket = self.chance.sample(self.items, 2)
        self._new("entry", [{"item": i, "place": self.place, "qty": self.chance.randint(-2, 6)} for i in basket])

    def order(self) -> None:
        item, qty = self.chance.choice(self.items), self.chance.randint(1, 4)
        ref = self._new("order", [{"item": item, "place": self.place, "qty": qty}])
        (line,) = self.depot.lines(ref)
        sent = self.chance.randint(1, qty)
        self._new("shipment", [{"line": line, "item": item, "place": self.place, "qty": sent}])

    def change(self) -> None:
        if self.papers:
            ref = self.chance.choice(self.papers)
            line = self.chance.choice(self.depot.lines(ref))
            self.depot.update(ref, lines=[{"id": line, "qty": self.chance.randint(0, 5)}])

    def take_back(self) -> None:
        if self.papers:
            self.depot.act(self.chance.choice(self.papers), self.chance.choice(["undo", "cancel", "post"]))


def stands(record: Record) -> bool:
    return record.state == "posted"


@pytest.mark.timeout(900 if SOAK else 240)
def test_parallel_writers_leave_plain_sums(database_url: str) -> None:
    depot = Depot(database_url)
    items = [depot.create("item", code=f"i{n}").id for n in range(4)]
    place = depot.create("place", code="p").id
    stock = depot.paper("entry", depot.today - 10 * DAY, *({"item": i, "place": place, "qty": 40} for i in items))
    writers = [Writer(depot, number, items, place) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [surprise for writer in writers for surprise in writer.surprises] == []
    papers = [stock, *(ref for writer in writers for ref in writer.papers)]

    def compare(tx: Tx) -> None:
        on_hand: dict[int, Decimal] = defaultdict(Decimal)
        reserved: dict[int, Decimal] = defaultdict(Decimal)
        shipped: dict[int, Decimal] = defaultdict(Decimal)
        records = [reading.get(tx, ref.object, ref.id) for ref in papers]
        for record in filter(stands, records):
            for line in record.lines("lines"):
                if record.object == "shipment":
                    shipped[line.values["line"].id] += line.values["qty"]
                if record.object != "order":
                    sign = 1 if record.object == "entry" else -1
                    on_hand[line.values["item"].id] += sign * line.values["qty"]
        for record in filter(stands, records):
            if record.object == "order":
                for line in record.lines("lines"):
                    reserved[line.values["item"].id] += max(line.values["qty"] - shipped[line.id or 0], Decimal(0))
        sheet = ledgers.balances(tx, "stock")
        names = [column.name for column in sheet.columns]
        found = {row[0].id: dict(zip(names, row, strict=True)) for row in sheet.rows}
        for item in items:
            row = found.get(item, {})
            assert row.get("on_hand", 0) == on_hand[item]
            assert row.get("reserved", 0) == reserved[item]
            assert row.get("available", 0) >= 0

    depot.read(compare)
    assert verification.verify(depot.site, "depot") == []
    depot.site.database.close()
