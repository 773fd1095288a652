"""Random papers, edits, cancellations, back-dates and closings against plain sums, after every step."""

from __future__ import annotations

import copy
import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from engine.errors import Refused
from engine.expressions.values import Ref
from engine.runtime.services.registers import ledgers, periods, verification
from tests.conftest import SOAK
from tests.registers.models import DAY, Line, Model, Paper, Refusal
from tests.registers.warehouses import FIRST, Depot

NUMBERS = itertools.count(1)
QUANTITIES = st.integers(-6, 12)
AMOUNTS = st.integers(0, 9)
AGES = st.integers(0, 25)                      # days before today
CHOICES = st.integers(0, 1000)
PLACES = 2
WHAT = st.sampled_from(["qty", "date", "item", "add", "remove"])


class Warehouse(RuleBasedStateMachine):
    """One run: items and places of its own, so that the runs of a test share one database."""

    depot: Depot

    @initialize()
    def begin(self) -> None:
        self.model = Model()
        self.depot.today = FIRST
        if self.depot.read(periods.standing)[0].until is not None:
            self.depot.run(lambda tx: periods.reopen(tx, "books", None, "a new run"))
        made = [self.depot.create("item", code=f"i{next(NUMBERS)}") for _ in range(2)]
        self.items = [one.id for one in made]
        self.places = [self.depot.create("place", code=f"p{next(NUMBERS)}").id for _ in range(PLACES)]
        stock = [{"item": i, "place": p, "qty": 12} for i in self.items for p in self.places]
        self._new("entry", FIRST - 30 * DAY, stock)          # goods to begin with, so that orders get through

    # ---- what may be done

    @rule(lines=st.lists(st.tuples(CHOICES, CHOICES, QUANTITIES), min_size=1, max_size=3), age=AGES)
    def enter(self, lines: list[tuple[int, int, int]], age: int) -> None:
        rows = [{"item": self._item(i), "place": self._place(p), "qty": q} for i, p, q in lines]
        self._new("entry", self.depot.today - age * DAY, rows)

    @rule(lines=st.lists(st.tuples(CHOICES, CHOICES, AMOUNTS), min_size=1, max_size=2), age=AGES)
    def order(self, lines: list[tuple[int, int, int]], age: int) -> None:
        rows = [{"item": self._item(i), "place": self._place(p), "qty": q} for i, p, q in lines]
        self._new("order", self.depot.today - age * DAY, rows)

    @precondition(lambda self: self._open_lines())
    @rule(chosen=CHOICES, place=CHOICES, qty=AMOUNTS, age=AGES)
    def ship(self, chosen: int, place: int, qty: int, age: int) -> None:
        lines = self._open_lines()
        number, line = lines[chosen % len(lines)]
        row = {"line": number, "item": line.item, "place": self._place(place), "qty": qty}
        self._new("shipment", self.depot.today - age * DAY, [row])

    @precondition(lambda self: self.model.papers)
    @rule(chosen=CHOICES, qty=QUANTITIES, age=AGES, item=CHOICES, what=WHAT)
    def edit(self, chosen: int, qty: int, age: int, item: int, what: str) -> None:
        number = self._paper(chosen)
        paper = self.model.papers[number]
        if paper.state == "ended" or not paper.lines:
            return
        line = sorted(paper.lines)[chosen % len(paper.lines)]
        CHANGES[what](self, number, paper, line, abs(qty) if paper.kind != "entry" else qty, age, item)

    @precondition(lambda self: self.model.papers)
    @rule(chosen=CHOICES, action=st.sampled_from(["undo", "post", "cancel"]))
    def act(self, chosen: int, action: str) -> None:
        number = self._paper(chosen)
        start, goal = {"undo": ("posted", "draft"), "post": ("draft", "posted"), "cancel": ("posted", "ended")}[action]
        if self.model.papers[number].state != start:
            return

        def change(model: Model) -> None:
            model.papers[number].state = goal
            model.papers[number].ended = self.depot.today if action == "cancel" else None

        self._do(number, change, lambda: self.depot.act(Ref(*number), action))

    @rule(days=st.integers(1, 4))
    def sleep(self, days: int) -> None:
        self.depot.today += days * DAY

    @rule(age=st.integers(1, 25))
    def close(self, age: int) -> None:
        until = self.depot.today - age * DAY
        if self.model.closed is None or until > self.model.closed:
            self.depot.run(lambda tx: periods.close(tx, "books", until))
            self.model.closed = until

    @precondition(lambda self: self.model.closed is not None)
    @rule(age=st.integers(5, 60))
    def reopen(self, age: int) -> None:
        until = self.depot.today - age * DAY
        if self.model.closed is not None and until < self.model.closed:
            self.depot.run(lambda tx: periods.reopen(tx, "books", until, "late papers"))
            self.model.closed = until

    # ---- what must hold

    @invariant()
    def balances_are_the_sums(self) -> None:
        if getattr(self, "model", None) is not None:
            self._compare(None)
            for age in (1, 4, 11):
                self._compare(self.depot.today - age * DAY)

    @rule(age=AGES, days=AGES)
    def turnovers(self, age: int, days: int) -> None:
        first = self.depot.today - age * DAY
        last = first + days * DAY
        found = self._sheet("stock", lambda tx: ledgers.turnovers(tx, "stock", first, last, filter=self._mine()))
        for cell in self.model.cells():
            if cell[0] == "stock":
                row = found.get(cell[1], {})
                for part, since, until in (("opening", dt.date.min, first - DAY), ("closing", dt.date.min, last)):
                    assert row.get(f"{cell[2]}_{part}", 0) == self.model.total(cell, until, since)
                inside = row.get(f"{cell[2]}_inflow", 0) - row.get(f"{cell[2]}_outflow", 0)
                assert inside == self.model.total(cell, last, first)

    def teardown(self) -> None:
        if getattr(self, "model", None) is not None:
            assert verification.verify(self.depot.site, "depot") == []
            for (kind, id), paper in self.model.papers.items():
                if kind == "order" and paper.state == "posted":
                    open_ = sum(max(self._open(line), Decimal(0)) for line in paper.lines)
                    assert self.depot.status(Ref(kind, id)) == ("posted" if open_ else "shipped")

    # ---- parts

    def _new(self, kind: str, day: dt.date, rows: list[dict[str, Any]]) -> None:
        """A new paper is a draft first: its posting is what may be refused."""
        ref = self.depot.create(kind, date=day.isoformat(), lines=rows)
        made = [Line(r["item"], r["place"], Decimal(r["qty"]), r.get("line", 0)) for r in rows]
        self.model.papers[kind, ref.id] = Paper(kind, day, dict(zip(self.depot.lines(ref), made, strict=True)))
        self._post((kind, ref.id))

    def _post(self, number: tuple[str, int]) -> None:
        def change(model: Model) -> None:
            model.papers[number].state = "posted"

        self._do(number, change, lambda: self.depot.act(Ref(*number), "post"))

    def _do(self, number: tuple[str, int], change: Callable[[Model], None], act: Callable[[], Any]) -> None:
        """Change the model and the depot; both do it or both refuse."""
        after = copy.deepcopy(self.model)
        after.former = after.papers[number].day
        change(after)
        try:
            after.settle(number, self.depot.today)
        except Refusal as refusal:
            with pytest.raises(Refused) as refused:
                act()
            assert refused.value.code == str(refusal)
        else:
            act()
            self.model = after

    def _compare(self, at: dt.date | None) -> None:
        for register in ("stock", "progress"):
            def take(tx: Any, register: str = register) -> Any:
                return ledgers.balances(tx, register, at=at, filter=self._mine("" if register == "stock" else "line."))

            found = self._sheet(register, take)
            for cell in self.model.cells():
                if cell[0] == register:
                    shown = found.get(cell[1], {}).get(cell[2], 0)
                    assert shown == self.model.total(cell, at or dt.date.max), (cell, at)

    def _sheet(self, register: str, take: Callable[[Any], Any]) -> dict[tuple[int, ...], dict[str, Any]]:
        sheet = self.depot.read(take)
        names = [column.name for column in sheet.columns]
        keys = ("item", "place") if register == "stock" else ("line",)
        rows = (dict(zip(names, row, strict=True)) for row in sheet.rows)
        return {tuple(row[key].id for key in keys): row for row in rows}

    def _mine(self, path: str = "") -> str:
        """The rows of this run: those of all others are not read again after every step."""
        return " or ".join(f"{path}item.id = {id}" for id in self.items)

    def _item(self, chosen: int) -> int:
        return self.items[chosen % len(self.items)]

    def _place(self, chosen: int) -> int:
        return self.places[chosen % len(self.places)]

    def _paper(self, chosen: int) -> tuple[str, int]:
        return sorted(self.model.papers)[chosen % len(self.model.papers)]

    def _open(self, line: int) -> Decimal:
        return self.model.total(("progress", (line,), "ordered")) - self.model.total(("progress", (line,), "shipped"))

    def _open_lines(self) -> list[tuple[int, Line]]:
        papers = (p for p in self.model.papers.values() if p.kind == "order" and p.state == "posted")
        return [(number, line) for paper in papers for number, line in paper.lines.items()]


def _qty(run: Warehouse, number: tuple[str, int], paper: Paper, line: int, qty: int, age: int, item: int) -> None:
    def change(model: Model) -> None:
        lines = model.papers[number].lines
        lines[line] = Line(lines[line].item, lines[line].place, Decimal(qty), lines[line].order_line)

    run._do(number, change, lambda: run.depot.update(Ref(*number), lines=[{"id": line, "qty": qty}]))


def _item(run: Warehouse, number: tuple[str, int], paper: Paper, line: int, qty: int, age: int, item: int) -> None:
    def change(model: Model) -> None:
        lines = model.papers[number].lines
        lines[line] = Line(run._item(item), run._place(age), lines[line].qty, lines[line].order_line)

    row = {"id": line, "item": run._item(item), "place": run._place(age)}
    run._do(number, change, lambda: run.depot.update(Ref(*number), lines=[row]))


def _date(run: Warehouse, number: tuple[str, int], paper: Paper, line: int, qty: int, age: int, item: int) -> None:
    day = run.depot.today - age * DAY

    def change(model: Model) -> None:
        model.papers[number].day = day

    run._do(number, change, lambda: run.depot.update(Ref(*number), date=day.isoformat()))


def _add(run: Warehouse, number: tuple[str, int], paper: Paper, line: int, qty: int, age: int, item: int) -> None:
    """A further line; its number is known only once it stands, so that it is added with nothing and filled then."""
    row: dict[str, Any] = {"item": run._item(item), "place": run._place(age), "qty": 0}
    if paper.kind == "shipment":
        row["line"] = paper.lines[line].order_line
    run.depot.update(Ref(*number), lines=[*({"id": one} for one in sorted(paper.lines)), row])
    (new,) = set(run.depot.lines(Ref(*number))) - set(paper.lines)
    paper.lines[new] = Line(row["item"], row["place"], Decimal(0), row.get("line", 0))
    _qty(run, number, paper, new, qty, age, item)


def _remove(run: Warehouse, number: tuple[str, int], paper: Paper, line: int, qty: int, age: int, item: int) -> None:
    shipped = any(line == one.order_line for p in run.model.papers.values() for one in p.lines.values())
    if len(paper.lines) == 1 or shipped:
        return

    def change(model: Model) -> None:
        del model.papers[number].lines[line]

    run._do(number, change, lambda: run.depot.update(Ref(*number), lines=[{"id": line, "delete": True}]))


CHANGES: dict[str, Callable[..., None]] = {"qty": _qty, "item": _item, "date": _date, "add": _add, "remove": _remove}


@pytest.fixture
def depot(database_url: str) -> Iterator[Depot]:
    made = Depot(database_url)
    yield made
    made.site.database.close()


@pytest.mark.timeout(7200 if SOAK else 240)
def test_registers_are_plain_sums(depot: Depot) -> None:
    class Run(Warehouse):
        pass

    Run.depot = depot
    run_state_machine_as_test(
        Run, settings=settings(max_examples=60 if SOAK else 6, stateful_step_count=60 if SOAK else 25)
    )
