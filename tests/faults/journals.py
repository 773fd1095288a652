"""Clients that keep a journal of what they asked for and what was acknowledged, whatever becomes of the server."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.servers import Client

PATIENCE = 300                                 # seconds in which a request is answered at last
PRODUCTS = ("a", "b", "c", "d", "e")


@dataclass
class Life:
    """A sale as its client knows it: what was sent, and the answers that arrived (step → answer).

    `asked` are the steps that were sent at least once; one that is asked and not answered may stand or not."""

    note: str
    lines: list[dict[str, str]]
    asked: set[str] = field(default_factory=set)
    answers: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)

    def sure(self, step: str) -> bool:
        """Whether it certainly happened."""
        return step in self.answers


class Journal:
    """Everything that the clients have asked for; `retried` counts requests sent again with the same key."""

    def __init__(self) -> None:
        self.lives: list[Life] = []
        self.retried = 0
        self.surprises: list[str] = []


class Buyer(threading.Thread):
    """Makes sales, has them approved, shipped and posted, until `ended`; retries most of what got no answer."""

    def __init__(self, port: int, tokens: Mapping[str, str], journal: Journal, ended: threading.Event, seed: int):
        super().__init__(name=f"buyer-{seed}")
        self.port, self.tokens, self.journal, self.ended = port, tokens, journal, ended
        self.chance = random.Random(seed)
        self.number = 0

    def run(self) -> None:
        try:
            while not self.ended.is_set():
                self.live()
        except Exception as error:             # a thread's own failure must reach the test
            self.journal.surprises.append(f"{type(error).__name__}: {error}")

    def live(self) -> None:
        """One sale from its creation as far as it gets."""
        self.number += 1
        goods = self.chance.sample(PRODUCTS, self.chance.randint(2, 4))
        most = 5 if self.chance.random() < 0.7 else 60             # large ones need an approval
        lines = [{"product": code, "qty": str(self.chance.randint(1, most))} for code in goods]
        life = Life(f"{self.name}/{self.number}", lines)
        self.journal.lives.append(life)
        wanted = {"customer": "Acme", "note": life.note, "lines": lines}
        made = self.step(life, "create", "li", "/api/shop/sale", wanted)
        if made is None:
            return
        sale = f"/api/shop/sale/{made['id']}"
        sent = self.step(life, "submit", "li", f"{sale}/actions/submit", {})
        if sent is None or (sent["state"] == "pending" and self.approve(life, made["id"]) is None):
            return
        if self.chance.random() < 0.2:
            self.step(life, "cancel", "li", f"{sale}/actions/cancel", {"input": {"reason": "changed"}})
            return
        shipped = self.step(life, "ship", "zhao", f"{sale}/actions/ship", {})
        if shipped is not None:
            delivery = shipped["created"][0]["id"]
            self.step(life, "post", "zhao", f"/api/shop/delivery/{delivery}/actions/post", {})

    def approve(self, life: Life, sale: int) -> Any:
        listed = self.send("GET", "wang", "/api/tasks?limit=200", None, "", True)
        tasks = [] if listed is None else listed[1]["items"]
        mine = next((task["id"] for task in tasks if task["record"]["id"] == sale), None)
        if mine is None:
            return None
        return self.step(life, "approve", "wang", f"/api/tasks/{mine}/approve", {})

    def step(self, life: Life, name: str, login: str, path: str, body: Mapping[str, Any]) -> Any:
        """One command with a key of its own; None where it was refused or its answer is given up."""
        life.asked.add(name)
        answer = self.send("POST", login, path, body, f"{life.note}/{name}", self.chance.random() < 0.7)
        if answer is None:
            return None
        if answer[0] >= 400:
            life.refused[name] = answer[0]
            life.asked.discard(name)
            return None
        life.answers[name] = answer[1]
        return answer[1]

    def send(
        self, method: str, login: str, path: str, body: Mapping[str, Any] | None, key: str, again: bool
    ) -> tuple[int, Any] | None:
        """The answer; a request that got none is sent again with the same key, or given up (None)."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            client = Client(self.port, self.tokens[login])
            try:
                status, found = client.call(method, path, body, key)
                if status < 500:
                    return status, found
                if status != 503:
                    self.journal.surprises.append(f"{status} on {path}: {found}")
            except (OSError, http.client.HTTPException, ValueError):
                pass                           # refused, cut off before or in the middle of the answer
            finally:
                client.close()
            if not again or self.ended.is_set():
                return None
            self.journal.retried += 1
            time.sleep(0.1)
        self.journal.surprises.append(f"no answer to {path} for {PATIENCE} s")
        return None
