"""The last morning of the sample company: something to do for everybody who signs in."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from functools import partial

from demo.desks import Desks, act, create, lines
from demo.masters import Client, Masters
from demo.staff import EMPLOYEES
from engine.errors import Refused
from engine.expressions.values import Ref
from engine.runtime.services import commands, notices
from engine.runtime.services.approvals import tasks
from engine.runtime.storage.live import Tx

NEEDS_MANAGER, NEEDS_DIRECTOR = 12_000, 60_000  # yuan, above the limits of the approvals
SMALL = 3_000
NEARLY_MANAGER = 9_000


class OpenWork:
    """Leaves drafts, tasks and half-done documents on everybody's desk."""

    def __init__(self, desks: Desks, masters: Masters) -> None:
        self._desks, self._masters = desks, masters

    def leave(self) -> None:
        """One document for each kind of work that may wait; older notices have been read."""
        for employee in EMPLOYEES:
            self._desks.run(employee.login, notices.mark_read)
        li, sun = self._clients("li"), self._clients("sun")
        self._drafts(li[0])
        self._order(li[1], NEEDS_MANAGER)
        self._quote(sun[0])
        self._beyond_credit(min(sun, key=lambda client: client.limit))
        self._half_done(li[2], sun[1])
        self._from_two(li[0])
        self._purchases()
        self._stopped(li[0], sun[0])
        self._asked_for()

    def _clients(self, owner: str) -> list[Client]:
        """A salesperson's customers, the biggest first; at least three, the same one again where there are fewer."""
        mine = sorted((c for c in self._masters.clients if c.owner == owner), key=lambda client: -client.weight)
        return (mine or self._masters.clients) * 3

    def _drafts(self, client: Client) -> None:
        rows = lines(self._worth(client, SMALL))
        self._desks.run(client.owner, lambda tx: create(tx, "sales_order", customer=client.ref, lines=rows))
        self._desks.run(client.owner, lambda tx: create(tx, "quote", customer=client.ref, lines=rows))

    def _order(self, client: Client, amount: int) -> tuple[Ref, str]:
        """A submitted order of about this amount (yuan), and its state."""
        rows = lines(self._worth(client, amount))
        return self._desks.run(client.owner, lambda tx: _submitted(tx, "sales_order", customer=client.ref, lines=rows))

    def _quote(self, client: Client) -> None:
        """A quotation whose discount waits for the manager."""
        rows = lines([row | {"discount": Decimal("0.15")} for row in self._worth(client, SMALL)])
        self._desks.run(client.owner, lambda tx: _submitted(tx, "quote", customer=client.ref, lines=rows))

    def _beyond_credit(self, client: Client) -> None:
        """An order above the credit limit that the manager has agreed to: it lies with finance."""
        order, _ = self._order(client, client.limit + NEEDS_MANAGER)
        self._desks.run("wang", lambda tx: _agree(tx, order))

    def _half_done(self, first: Client, second: Client) -> None:
        """Goods packed but not gone, goods gone but not billed, an invoice not yet posted."""
        placed = [self._order(client, SMALL) for client in (first, second, first)]
        for (order, state), goes, is_billed in zip(placed, (False, True, True), (False, False, True), strict=True):
            if state == "approved":
                self._desks.run("zhao", lambda tx, o=order, g=goes: _pack(tx, o, g))  # type: ignore[misc]
                if is_billed:
                    self._desks.run("qian", lambda tx, o=order: act(tx, o, "bill"))  # type: ignore[misc]

    def _from_two(self, client: Client) -> None:
        """An order that leaves from two warehouses: its two deliveries are to be packed."""
        for (code, place), shelf in sorted(self._masters.shelves.items()):
            other = max(
                (s for (c, p), s in self._masters.shelves.items() if c == code and p != place), key=lambda s: s.free
            )
            qty = shelf.free + 5
            if place == client.warehouse and shelf.free > 0 and other.free > 10 and qty * shelf.article.price < SMALL:
                rows = lines([{"product": shelf.product, "qty": Decimal(qty)}])
                with suppress(Refused):
                    order = self._desks.run(client.owner, partial(_allotted, client, rows))
                    self._desks.run("zhao", partial(_pack, order=order, goes=False))
                    return

    def _stopped(self, first: Client, second: Client) -> None:
        """An order that the customer wants held, and one of which a change waits for the manager."""
        order, state = self._order(first, SMALL)
        if state == "approved":
            self._desks.run(first.owner, lambda tx: act(tx, order, "hold", reason="客户工地延期"))
        changed, state = self._order(second, NEARLY_MANAGER)
        if state == "approved":
            freight = Decimal(NEEDS_MANAGER - NEARLY_MANAGER + SMALL)
            why = "改为专车送到工地"
            self._desks.run(second.owner, lambda tx: act(tx, changed, "amend", change_reason=why, freight=freight))

    def _asked_for(self) -> None:
        """Two things that the warehouse wants bought."""
        for article, qty in zip(self._masters.articles[:2], (24, 60), strict=True):
            values = {"product": self._masters.products[article.code], "qty": Decimal(qty)}
            self._desks.run("zhao", lambda tx, v=values: create(tx, "purchase_request", **v))  # type: ignore[misc]

    def _purchases(self) -> None:
        """A large purchase waits for the director, a small one for its goods, one is still being written."""
        for amount, submit in ((NEEDS_DIRECTOR, True), (SMALL, True), (SMALL, False)):
            order = self._desks.run("zhou", lambda tx, a=amount: self._purchase(tx, a))  # type: ignore[misc]
            if submit:
                self._desks.run("zhou", lambda tx, o=order: act(tx, o, "submit"))  # type: ignore[misc]

    def _purchase(self, tx: Tx, amount: int) -> Ref:
        """Power tools from their maker, for about this amount (yuan)."""
        tools = [article for article in self._masters.articles if article.supplier == 0]
        each = Decimal(amount) / len(tools)
        rows = [
            {"product": self._masters.products[tool.code], "qty": (each / tool.cost).quantize(Decimal(1)) + 1}
            for tool in tools
        ]
        warehouse = self._masters.warehouses["HZ"]
        supplier = self._masters.suppliers[0]
        return create(tx, "purchase_order", supplier=supplier, warehouse=warehouse, lines=lines(rows))

    def _worth(self, client: Client, amount: int) -> list[dict[str, object]]:
        """Rows of about this amount (yuan) out of what stands free in the customer's warehouse."""
        shelves = [s for s in self._masters.shelves.values() if s.warehouse == client.warehouse and s.free > 0]
        rows: list[dict[str, object]] = []
        missing = Decimal(amount)
        for shelf in sorted(shelves, key=lambda s: -s.article.price * s.free):
            qty = min(shelf.free, int(missing / shelf.article.price) + 1)
            shelf.free -= qty
            missing -= qty * shelf.article.price
            rows.append({"product": shelf.product, "qty": Decimal(qty)})
            if missing <= 0:
                break
        return rows


def _submitted(tx: Tx, object: str, **values: object) -> tuple[Ref, str]:
    record = create(tx, object, **values)
    return record, commands.act(tx, object, record.id, "submit", accept=["price"]).record.state


def _pack(tx: Tx, order: Ref, goes: bool) -> None:
    """Make the deliveries; the goods leave if `goes`."""
    for delivery in act(tx, order, "ship"):
        if goes:
            act(tx, delivery, "post")


def _allotted(client: Client, rows: object, tx: Tx) -> Ref:
    """A submitted order whose goods come from wherever they are."""
    order = create(tx, "sales_order", customer=client.ref, lines=rows)
    act(tx, order, "allot")
    act(tx, order, "submit")
    return order


def _agree(tx: Tx, record: Ref) -> None:
    for task in tasks.inbox(tx, "todo"):
        if task.record == record and task.id is not None:
            commands.decide(tx, task.id, "approve", comment="同意，请财务确认额度")
