"""Deciders of the sample company go through their tasks once a day. Knows tasks, not what the documents are about."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from demo.desks import Desks
from engine.expressions.values import Ref
from engine.runtime.services import commands, tasks
from engine.runtime.storage.live import Tx

DECIDERS = ("wang", "qian", "chen")
REFUSED = 0.05
REASONS = ("折扣太大，请与客户再谈", "请先催回逾期货款", "交期太紧，请改约日期")

Then = Callable[[bool], None]


class Approvals:
    """Documents that wait for somebody, with what follows once they are decided (True: approved)."""

    def __init__(self, desks: Desks, random: Random) -> None:
        self._desks = desks
        self._random = random
        self._waiting: dict[Ref, Then] = {}

    def wait(self, record: Ref, then: Then) -> None:
        self._waiting[record] = then

    def decide_all(self) -> None:
        """Everybody decides what lies in the inbox; what follows happens at once."""
        for login in DECIDERS if self._waiting else ():
            for task in self._desks.look(login, _open_tasks):
                self._decide(login, task)

    def _decide(self, login: str, task: int) -> None:
        verb = "reject" if self._random.random() < REFUSED else "approve"
        comment = self._random.choice(REASONS) if verb == "reject" else "同意"
        record, state = self._desks.run(login, lambda tx: _decide(tx, task, verb, comment))
        if state != "pending" and record in self._waiting:
            self._waiting.pop(record)(verb == "approve")


def _open_tasks(tx: Tx) -> list[int]:
    return [task.id for task in tasks.inbox(tx, "todo") if task.id is not None and task.kind == "approve"]


def _decide(tx: Tx, task: int, verb: str, comment: str) -> tuple[Ref, str]:
    record = commands.decide(tx, task, verb, comment=comment).record
    return record.ref, record.state
