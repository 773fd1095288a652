"""Deciders of the sample company go through their tasks once a day. Knows tasks, not what the documents are about."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from random import Random

from PIL import Image, ImageDraw

from demo.desks import Desks
from engine.expressions.values import Ref
from engine.runtime.services import commands
from engine.runtime.services.approvals import tasks
from engine.runtime.services.approvals.asking_others import Company
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
        record, state = self._desks.run(login, lambda tx: _decide(tx, login, task, verb, comment))
        if state != "pending" and record in self._waiting:
            self._waiting.pop(record)(verb == "approve")


def _open_tasks(tx: Tx) -> list[int]:
    return [task.id for task in tasks.inbox(tx, "todo") if task.id is not None and task.kind == "approve"]


def _decide(tx: Tx, login: str, task: int, verb: str, comment: str) -> tuple[Ref, str]:
    """Signs whatever is decided: where no signature is asked for, none is kept."""
    record = commands.decide(tx, task, verb, comment=comment, company=Company(signature=_signature(login))).record
    return record.ref, record.state


@functools.cache
def _signature(login: str) -> bytes:
    """A PNG of 240 × 96 pixels: a line in ink that goes up and down in the manner of this person."""
    picture = Image.new("1", (240, 96), 1)
    hand = Random(login)
    ImageDraw.Draw(picture).line([(20 + 10 * step, hand.randint(20, 76)) for step in range(21)], 0, 3, "curve")
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()
