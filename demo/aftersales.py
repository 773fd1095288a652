"""What customers of the sample company send back, and what they get for it."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from demo.approvals import Approvals
from demo.desks import Agenda, Desks, act, create, lines
from demo.masters import Client, Masters
from engine.expressions.values import Ref
from engine.runtime.services import commands
from engine.runtime.services.sessions import Session
from engine.runtime.storage.live import Tx

COMES_BACK = 0.035                             # of all deliveries
REPLACED, PAID_BACK = 0.25, 0.3
REASONS = ("damaged", "wrong", "quality", "quality", "unwanted")


class Aftersales:
    """Every method is something that happens on the day at hand and plans what follows."""

    def __init__(self, desks: Desks, agenda: Agenda, approvals: Approvals, masters: Masters, random: Random) -> None:
        self._desks, self._agenda, self._approvals = desks, agenda, approvals
        self._masters, self._random = masters, random

    def delivered(self, client: Client, delivery: Ref) -> None:
        """Now and then a piece comes back."""
        if self._random.random() < COMES_BACK:
            self._agenda.later(self._random.randint(3, 12), lambda: self._complain(client, delivery))

    def _complain(self, client: Client, delivery: Ref) -> None:
        replaced = self._random.random() < REPLACED
        values = {
            "customer": client.ref,
            "warehouse": self._masters.warehouses[client.warehouse],
            "why": self._random.choice(REASONS),
            "wish": "replace" if replaced else "refund",
        }
        paper, state = self._desks.run(client.owner, lambda tx: _ask(tx, delivery, values))
        if state == "pending":
            self._approvals.wait(paper, lambda approved: self._comes(client, paper, replaced) if approved else None)

    def _comes(self, client: Client, paper: Ref, replaced: bool) -> None:
        self._agenda.later(self._random.randint(2, 6), lambda: self._inspect(client, paper, replaced))

    def _inspect(self, client: Client, paper: Ref, replaced: bool) -> None:
        self._desks.run("zhao", lambda tx: act(tx, paper, "inspect"))
        if replaced:
            self._agenda.later(1, lambda: self._replace(client, paper))
        else:
            self._agenda.later(self._random.randint(1, 3), lambda: self._credit(client, paper))

    def _replace(self, client: Client, paper: Ref) -> None:
        """The order for other goods stays with the salesperson."""
        self._desks.run(client.owner, lambda tx: act(tx, paper, "replace"))

    def _credit(self, client: Client, paper: Ref) -> None:
        note, total = self._desks.run("qian", lambda tx: _note(tx, paper))
        if total and self._random.random() < PAID_BACK:
            refund, _ = self._desks.run("qian", lambda tx: _refund(tx, client, note, total))
            self._approvals.wait(refund, lambda approved: None)


def _ask(tx: Tx, delivery: Ref, values: dict[str, object]) -> tuple[Ref, str]:
    """A return of one piece of the first line."""
    record = Session(tx).record(delivery)
    assert record is not None, "what was delivered can be sent back"
    line = record.lines("lines")[0]
    rows = lines([{"delivery_line": line.ref, "qty": Decimal(1)}])
    paper = create(tx, "sales_return", lines=rows, **values)
    return paper, commands.act(tx, paper.object, paper.id, "submit").record.state


def _note(tx: Tx, paper: Ref) -> tuple[Ref, Decimal]:
    note = act(tx, paper, "credit")[0]
    total = commands.act(tx, note.object, note.id, "post").record.get("total")
    assert isinstance(total, Decimal), "a credit note has a total"
    return note, total


def _refund(tx: Tx, client: Client, note: Ref, total: Decimal) -> tuple[Ref, str]:
    refund = create(tx, "refund", customer=client.ref, lines=lines([{"item": note, "amount": total}]))
    return refund, commands.act(tx, refund.object, refund.id, "submit").record.state
