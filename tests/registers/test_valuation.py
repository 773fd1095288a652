"""Valued measures: what leaves takes the cost of what came in; back-dates are valued anew; rounding loses nothing."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine.errors import Refused
from engine.expressions.values import Ref
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services.registers import ledgers, periods, verification
from tests.registers.warehouses import PAPERS, Depot

CELLAR = """
app: depot
name: Cellar
objects:
  item:
    key: code
    title: "{code}"
    fields: {code: {type: text, required: true, unique: true}, cost: {type: money, default: 7}}
PAPERS  receipt:
    like: paper
    fields:
      lines:
        type: lines
        fields:
          item: {type: link, to: item, required: true}
          place: {type: link, to: place, required: true}
          qty: quantity
          price: money
          amount: {formula: "round(qty * price, 2)", type: money}
    posts: [{to: stock, each: lines, keys: {item: item, place: place}, add: {on_hand: qty, value: amount}}]
  entry:
    like: paper
    fields:
      lines:
        type: lines
        fields:
          item: {type: link, to: item, required: true}
          place: {type: link, to: place, required: true}
          qty: quantity
          cost: {balance: stock.value, booked_by: this}
    posts:
      - {to: stock, each: lines, keys: {item: item, place: place}, add: {on_hand: qty}}
      - {to: profit, each: lines, keys: {item: item}, add: {cost: -cost}}
  transfer:
    like: paper
    fields:
      lines:
        type: lines
        fields:
          item: {type: link, to: item, required: true}
          origin: {type: link, to: place, required: true}
          goal: {type: link, to: place, required: true}
          qty: quantity
          arrived: quantity
    posts:
      - to: stock
        each: lines
        rows:
          - {keys: {item: item, place: origin}, add: {on_hand: -qty}}
          - {keys: {item: item, place: goal}, add: {on_hand: arrived}}
registers:
  stock:
    keys: {item: {type: link, to: item}, place: {type: link, to: place}}
    measures:
      on_hand: quantity
      value: {type: money, valued: {quantity: on_hand, per: [item], method: moving average, start: item.cost}}
    guards: [{that: on_hand >= 0, at: every date, say: "{need} missing on {day}"}]
  profit: {keys: {item: {type: link, to: item}}, measures: {cost: money}}
periods: {books: {of: [stock, profit]}}
access: {any: {everyone: full}}
""".replace("PAPERS", PAPERS)


class Cellar(Depot):
    """A depot whose goods are worth something; every day is of May 2026."""

    def __init__(self, url: str, text: str = CELLAR) -> None:
        super().__init__(url, text)
        self.create("item", code="tea")
        for code in ("main", "shop"):
            self.create("place", code=code)

    def receive(self, day: int, qty: object, price: object, place: str = "main") -> Ref:
        line = {"item": "tea", "place": place, "qty": str(qty), "price": str(price)}
        return self.paper("receipt", dt.date(2026, 5, day), line)

    def move(self, day: int, qty: object, place: str = "main") -> Ref:
        return self.paper("entry", dt.date(2026, 5, day), {"item": "tea", "place": place, "qty": str(qty)})

    def work(self) -> None:
        drain(self.site, handlers(self.site), self.now())

    def worth(self, day: int | None = None, place: str = "") -> tuple[Decimal, Decimal]:
        """Pieces and value, everywhere or in one place."""
        at = None if day is None else dt.date(2026, 5, day)
        where = f"place.code = '{place}'" if place else ""
        sheet = self.read(lambda tx: ledgers.balances(tx, "stock", at=at, filter=where))
        names = [column.name for column in sheet.columns]
        rows = [dict(zip(names, row, strict=True)) for row in sheet.rows]
        return sum((r["on_hand"] for r in rows), Decimal(0)), sum((r["value"] for r in rows), Decimal(0))

    def booked(self, ref: Ref) -> Decimal:
        """What one paper has booked as value."""
        sheet = self.read(lambda tx: ledgers.movements(tx, "stock", document=ref))
        names = [column.name for column in sheet.columns]
        return sum((row[names.index("value")] for row in sheet.rows), Decimal(0))

    def cost(self) -> Decimal:
        sheet = self.read(lambda tx: ledgers.balances(tx, "profit"))
        return sum((row[-1] for row in sheet.rows), Decimal(0))

    def check(self) -> None:
        self.work()
        assert verification.verify(self.site, "depot") == []


@pytest.fixture
def cellar(database_url: str) -> Iterator[Cellar]:
    made = Cellar(database_url)
    yield made
    made.check()
    made.site.database.close()


def test_the_average_moves_with_what_comes_in(cellar: Cellar) -> None:
    cellar.receive(1, 10, 10)
    first = cellar.move(3, -4)
    assert (cellar.worth(), cellar.booked(first)) == ((6, 60), -40)
    cellar.receive(5, 6, 14)
    second = cellar.move(8, -5)
    assert (cellar.worth(), cellar.booked(second), cellar.cost()) == ((7, 84), -60, 100)


def test_what_comes_between_is_valued_anew_behind_it(cellar: Cellar) -> None:
    cellar.receive(1, 10, 10)
    first = cellar.move(3, -4)
    cellar.receive(5, 6, 14)
    second = cellar.move(8, -5)
    cellar.receive(2, 10, 13)
    assert (cellar.booked(first), cellar.cost()) == (-40, 100)      # not inside of the command
    cellar.work()
    assert (cellar.booked(first), cellar.booked(second)) == (Decimal("-46"), Decimal("-60.91"))
    assert (cellar.worth(), cellar.cost()) == ((17, Decimal("207.09")), Decimal("106.91"))
    assert cellar.worth(day=3) == (16, Decimal("184"))


def test_a_closed_day_keeps_its_value_and_the_difference_is_carried(cellar: Cellar) -> None:
    cellar.receive(1, 10, 10)
    first = cellar.move(3, -4)
    cellar.run(lambda tx: periods.close(tx, "books", dt.date(2026, 5, 4)))
    late = cellar.create("receipt", date="2026-05-06", lines=[{"item": "tea", "place": "main", "qty": 2, "price": 40}])
    cellar.act(late, "post")
    assert cellar.booked(first) == -40         # what came later changes nothing before it
    cellar.run(lambda tx: periods.reopen(tx, "books", None, "a late bill"))
    cellar.receive(2, 10, 13)
    cellar.run(lambda tx: periods.close(tx, "books", dt.date(2026, 5, 4)))
    cellar.work()
    assert cellar.booked(first) == -46
    assert (cellar.worth(day=4)[1], cellar.cost()) == (190, 46)     # 230 less 40; the 6 are carried
    assert cellar.worth() == (18, 264)


def test_whoever_takes_the_last_piece_takes_the_rest(cellar: Cellar) -> None:
    cellar.receive(1, 3, "3.3333")
    for day in (2, 3, 4):
        cellar.move(day, -1)
    assert cellar.worth() == (0, 0)
    assert cellar.cost() == 10


def test_what_is_taken_back_comes_back_at_its_own_value(cellar: Cellar) -> None:
    cellar.receive(1, 10, 10)
    out = cellar.move(3, -4)
    cellar.receive(5, 6, 14)
    cellar.act(out, "cancel")
    assert (cellar.booked(out), cellar.worth(), cellar.cost()) == (0, (16, 184), 0)
    gone = cellar.move(6, -2)
    cellar.act(gone, "undo")
    assert (cellar.booked(gone), cellar.worth()) == (0, (16, 184))


def test_nothing_owned_takes_the_cost_at_the_start_and_keeps_it(cellar: Cellar) -> None:
    found = cellar.move(2, 3)
    assert cellar.booked(found) == 21
    tea = Ref("item", cellar.read(lambda tx: 1))
    cellar.update(tea, cost="9")
    cellar.check()
    assert cellar.worth() == (3, 21)


def test_a_transfer_moves_no_value_until_something_is_missing(cellar: Cellar) -> None:
    cellar.receive(1, 3, "3.3333")
    line = {"item": "tea", "origin": "main", "goal": "shop", "qty": 2, "arrived": 2}
    moved = cellar.paper("transfer", dt.date(2026, 5, 2), line)
    assert (cellar.booked(moved), cellar.worth()) == (0, (3, 10))
    assert cellar.worth(place="shop") == (2, Decimal("6.67"))
    (number,) = cellar.lines(moved)
    cellar.update(moved, lines=[{"id": number, "arrived": 1}])
    assert cellar.worth() == (2, Decimal("6.67"))


def test_a_measure_that_is_valued_later_is_valued_from_the_beginning(sqlite_url: str) -> None:
    plain = CELLAR.replace(
        "value: {type: money, valued: {quantity: on_hand, per: [item], method: moving average, start: item.cost}}",
        "value: money",
    )
    assert plain != CELLAR
    cellar = Cellar(sqlite_url, plain)
    cellar.receive(1, 10, 10)
    out = cellar.move(3, -4)
    assert cellar.booked(out) == 0
    cellar.site.publish({"app.yaml": CELLAR})
    assert (cellar.booked(out), cellar.worth(), cellar.cost()) == (-40, (6, 60), 40)
    cellar.check()
    cellar.site.database.close()


def test_guards_of_past_days_stand(cellar: Cellar) -> None:
    cellar.receive(18, 5, 1)
    with pytest.raises(Refused, match="5 missing on May 10, 2026"):
        cellar.move(10, -5)


@pytest.mark.parametrize("method", ["moving average", "period average", "fifo"])
def test_random_papers_agree_with_the_whole_course(sqlite_url: str, method: str) -> None:
    cellar = Cellar(sqlite_url, CELLAR.replace("moving average", method))
    chance = random.Random(7)
    papers: list[Ref] = []
    for _ in range(45):
        try:
            roll, day, place = chance.random(), chance.randint(1, 20), chance.choice(["main", "shop"])
            if roll < 0.35:
                papers.append(cellar.receive(day, chance.randint(1, 9), round(chance.randint(1, 99) / 7, 4), place))
            elif roll < 0.7:
                papers.append(cellar.move(day, chance.choice([-5, -3, -2, -1, -1, 2]), place))
            elif roll < 0.8:
                line = {"item": "tea", "origin": "main", "goal": "shop", "qty": 2, "arrived": chance.choice([1, 2])}
                papers.append(cellar.paper("transfer", dt.date(2026, 5, day), line))
            elif papers:
                cellar.act(chance.choice(papers), chance.choice(["undo", "cancel"]))
        except Refused:
            continue
        if chance.random() < 0.3:
            cellar.work()
    cellar.check()
    pieces, value = cellar.worth()
    assert pieces >= 0
    assert value == 0 or pieces
    cellar.site.database.close()


def test_fifo_takes_the_oldest_first(sqlite_url: str) -> None:
    cellar = Cellar(sqlite_url, CELLAR.replace("moving average", "fifo"))
    cellar.receive(1, 10, 10)
    cellar.receive(2, 10, 13)
    assert cellar.booked(cellar.move(3, -12)) == -126
    cellar.check()
    cellar.site.database.close()


def test_the_average_of_the_month(sqlite_url: str) -> None:
    cellar = Cellar(sqlite_url, CELLAR.replace("moving average", "period average"))
    cellar.receive(1, 10, 10)
    out = cellar.move(3, -4)
    cellar.receive(9, 10, 13)
    cellar.work()
    assert (cellar.booked(out), cellar.worth()) == (-46, (16, 184))
    cellar.check()
    cellar.site.database.close()


