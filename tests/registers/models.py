"""What the registers of a warehouse should say, as plain sums over its papers. Knows nothing of the engine."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)
DAY = dt.timedelta(days=1)
Cell = tuple[str, tuple[int, ...], str]        # register, keys, measure


@dataclass(frozen=True)
class Line:
    item: int
    place: int
    qty: Decimal
    order_line: int = 0                        # of a shipment


@dataclass(frozen=True)
class Entry:
    """An amount of a line: the day that it belongs to and the one on which it counts."""

    line: int
    cell: Cell
    for_day: dt.date
    amount: Decimal
    on_day: dt.date


@dataclass
class Paper:
    """A paper with its lines by their ids; `ended` is the day from which it no longer counts."""

    kind: str
    day: dt.date
    lines: dict[int, Line]
    state: str = "draft"
    ended: dt.date | None = None

    def says(self) -> Iterator[tuple[int, Cell, dt.date, Decimal]]:
        """What each line contributes itself; what follows from balances is not among it."""
        if self.state == "draft":
            return
        for number, line in self.lines.items():
            for cell, amount in self._of(number, line):
                yield number, cell, self.day, amount
                if self.ended is not None:
                    yield number, cell, max(self.day, self.ended), -amount

    def _of(self, number: int, line: Line) -> Iterator[tuple[Cell, Decimal]]:
        stock: Cell = ("stock", (line.item, line.place), "on_hand")
        if self.kind == "entry":
            yield stock, line.qty
        elif self.kind == "order":
            yield ("progress", (number,), "ordered"), line.qty
        else:
            yield ("progress", (line.order_line,), "shipped"), line.qty
            yield stock, -line.qty


class Refusal(Exception):
    """The model says no."""


@dataclass
class Model:
    """All papers, and everything that was ever booked: an entry per change of a paper's cell and day."""

    papers: dict[tuple[str, int], Paper] = field(default_factory=dict)
    entries: dict[tuple[str, int], list[Entry]] = field(default_factory=lambda: defaultdict(list))
    closed: dt.date | None = None

    def all(self) -> Iterator[Entry]:
        for entries in self.entries.values():
            yield from entries

    def total(self, cell: Cell, until: dt.date = dt.date.max, since: dt.date = dt.date.min) -> Decimal:
        return sum((e.amount for e in self.all() if e.cell == cell and since <= e.on_day <= until), ZERO)

    def cells(self) -> set[Cell]:
        return {entry.cell for entry in self.all()}

    # ---- booking

    def settle(self, number: tuple[str, int], today: dt.date) -> None:
        """Book what a paper's change makes, and what follows from it for reservations. Raises `Refusal`."""
        before = [entry for entries in self.entries.values() for entry in entries]
        news = list(self._differences(number, today))
        touched = {entry.cell[1][0]: entry.for_day for entry in news if entry.cell[0] == "progress"}
        for entry in news:
            key = entry.cell[1][0]
            if entry.cell[0] == "progress":
                touched[key] = max(touched[key], entry.for_day)
        self.entries[number] += news
        for other, paper in self.papers.items():
            if paper.kind == "order":
                for line in {*paper.lines, *touched} if other == number else {*paper.lines} & touched.keys():
                    former = self.former if other == number else None
                    self._reserve(other, paper, line, touched.get(line), today, former)
        self._judge(before, today)

    def _differences(self, number: tuple[str, int], today: dt.date) -> Iterator[Entry]:
        """By line: two lines of a closed day that even each other out are booked, and so refused."""
        wanted: dict[tuple[int, Cell, dt.date], Decimal] = defaultdict(lambda: ZERO)
        for line, cell, day, amount in self.papers[number].says():
            wanted[line, cell, day] += amount
        for entry in self.entries[number]:
            if entry.cell[2] != "reserved":
                wanted[entry.line, entry.cell, entry.for_day] -= entry.amount
        for (line, cell, day), amount in wanted.items():
            if amount:
                yield self._entry(line, cell, day, amount, today)

    def _entry(self, line: int, cell: Cell, day: dt.date, amount: Decimal, today: dt.date) -> Entry:
        if self.closed is None or day > self.closed:
            return Entry(line, cell, day, amount, day)
        if cell[0] == "stock":
            raise Refusal("closed")
        return Entry(line, cell, day, amount, max(today, self.closed + DAY))

    def _reserve(
        self, number: tuple[str, int], paper: Paper, line: int, caused: dt.date | None, today: dt.date,
        former: dt.date | None,
    ) -> None:
        """A line reserves what is still to be shipped; a change counts from the day of what caused it."""
        booked = self.reserved.setdefault((number, line), [])
        held = paper.lines.get(line)
        cell: Cell | None = ("stock", (held.item, held.place), "reserved") if held else None
        news: list[Entry] = []
        stands = cell is not None and paper.state != "draft"
        days: dict[tuple[Cell, dt.date], Decimal] = defaultdict(lambda: ZERO)
        for entry in booked:
            days[entry.cell, entry.for_day] += entry.amount
        if stands:
            assert cell is not None
            self._stand(news, days, cell, paper, line, caused, today, former)
        for (other, day), amount in days.items():
            if amount and not (stands and other == cell):
                news.append(self._entry(line, other, day, -amount, today))
        booked += news
        self.entries[number] += news

    def _stand(
        self, news: list[Entry], days: dict[tuple[Cell, dt.date], Decimal], cell: Cell, paper: Paper, line: int,
        caused: dt.date | None, today: dt.date, former: dt.date | None,
    ) -> None:
        mine = {day: amount for (other, day), amount in days.items() if other == cell}
        moved: dict[dt.date, Decimal] = defaultdict(lambda: ZERO)
        for day, amount in mine.items():
            if day != paper.day and (day < paper.day or day == former):
                moved[day] -= amount
                moved[paper.day] += amount
        open_ = self.total(("progress", (line,), "ordered")) - self.total(("progress", (line,), "shipped"))
        wanted = max(open_, ZERO) if paper.ended is None else ZERO
        on = max(paper.day, paper.ended) if paper.ended is not None else max(paper.day, caused or paper.day)
        moved[on] += wanted - sum(mine.values(), ZERO)
        news += [self._entry(line, cell, day, amount, today) for day, amount in moved.items() if amount]

    reserved: dict[tuple[tuple[str, int], int], list[Entry]] = field(default_factory=dict)
    former: dt.date | None = None              # the day of the paper at hand before it was changed

    # ---- guards

    def _judge(self, before: list[Entry], today: dt.date) -> None:
        now = list(self.all())
        for line in {e.cell[1] for e in now if e.cell[0] == "progress"}:
            after, then = (_sum(some, "progress", line, ordered=1, shipped=-1) for some in (now, before))
            self._worse(after, then)
        stock = {e.cell[1] for e in now if e.cell[0] == "stock"}
        for item in {keys[0] for keys in stock}:
            after, then = (_sum(some, "stock", (item,), on_hand=1, reserved=-1) for some in (now, before))
            self._worse(after, then)
        for keys in stock:
            for day in {e.on_day for e in now if e.cell[1] == keys}:
                until = ([e for e in some if e.on_day <= day] for some in (now, before))
                after, then = (_sum(some, "stock", keys, on_hand=1) for some in until)
                self._worse(after, then)

    def _worse(self, after: Decimal, before: Decimal) -> None:
        if after < 0 and after < before:
            raise Refusal("guard")


def _sum(entries: list[Entry], register: str, keys: tuple[int, ...], **signs: int) -> Decimal:
    return sum(
        (
            e.amount * signs.get(e.cell[2], 0)
            for e in entries
            if e.cell[0] == register and e.cell[1][: len(keys)] == keys
        ),
        ZERO,
    )
