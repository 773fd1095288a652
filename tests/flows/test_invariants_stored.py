"""The invariants of approvals that storage promises, over random commands at the doors of the services.

I1 (a command that is refused leaves nothing), I2 (two who decide at once both come through), I5 (who decides is fixed
on arrival), I8 (the same key acts once); and, on what is stored, those of `test_invariants.py`."""

from __future__ import annotations

import os
import threading
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import func, select

from engine.errors import Busy, Failure
from engine.expressions.values import Ref
from engine.runtime.services import commands
from engine.runtime.services.approvals import pinning
from engine.runtime.services.approvals.asking_others import Company
from engine.runtime.services.approvals.steering import Steered
from engine.runtime.services.identity import people
from engine.runtime.storage import flow_rows
from engine.runtime.storage.flow_states import State
from engine.runtime.storage.flow_tables import EVENTS, INSTANCES, TASKS, TOKENS, VISITS
from engine.runtime.storage.live import Tx
from tests.flows.offices import Office
from tests.flows.test_invariants import check

COMMANDS = 5_000 if os.environ.get("FORMWORK_SOAK") else 60      # each is a transaction, on each kind of database
LONGEST = 250                                  # commands over the same approvals: reading histories costs their length
STEPS = """
      - {approve: head, by: manager_of(creator), return: {mode: rerun}, no_change: true}
      - parallel:
          - {steps: [{approve: money, by: role(finance), mode: all}]}
          - {steps: [{approve: board, by: role(board), mode: count, need: 2, child_reject: back_to_me}]}
      - {handle: pay, by: role(finance), pool: true}
      - {approve: last, by: role(board), mode: all, in_order: true}
"""
PEOPLE = ("wang", "qian", "sun", "chen", "fan", "zhou")
VERBS = ("approve", "approve", "approve", "approve", "done", "reject", "return", "transfer", "delegate", "answer", "cc",
         "take_back", "add_signer", "recall", "claim", "unclaim", "comment", "stash", "resubmit", "withdraw")
STEERED = ("reassign", "jump", "suspend", "resume")
TABLES = (INSTANCES, TOKENS, VISITS, TASKS, EVENTS)


class Trial:
    """Random people at one office, with the approvals since the last `begin`."""

    def __init__(self, url: str, seed: int) -> None:
        self.office = Office(url, STEPS, "any_time")
        self.dice = Random(seed)               # noqa: S311 - no secret
        self.done = self.acted = 0
        self.begin()

    def begin(self) -> None:
        """Three new claims; what was there before is left as it is."""
        with self.office.site.database.read() as connection:
            lasts = {table: connection.execute(select(func.max(table.c.id))).scalar() or 0 for table in TABLES}
        self.looks = [select(table).where(table.c.id > last).order_by(table.c.id) for table, last in lasts.items()]
        for _ in range(3):
            self.office.claim()
        self.look()

    def look(self) -> None:
        """Read what is stored now, and see that it is sound."""
        self.seen, self.known = self.picture(), self.states()
        self.check()

    def states(self) -> list[State]:
        def load(tx: Tx) -> list[State]:
            found = [flow_rows.load(tx, row.id) for row in tx.connection.execute(self.looks[0])]
            return [state for state in found if state is not None]

        return self.office.read("app", load)

    def picture(self) -> list[Any]:
        """All that is stored of these approvals."""
        with self.office.site.database.read() as connection:
            return [connection.execute(look).all() for look in self.looks]

    def act(self) -> None:
        """One command; what is refused leaves everything as it was, and what comes again acts once."""
        self.done += 1
        login, command, keyed = self.command(f"k{self.done}")
        try:
            self.office.run(login, command)
        except Failure as refusal:
            assert not isinstance(refusal, Busy)
            assert self.picture() == self.seen, "I1"
            return
        self.acted += 1
        self.look()
        if keyed:
            self.office.run(login, command)
            assert self.picture() == self.seen, "I8"

    def command(self, key: str) -> tuple[str, Any, bool]:
        """Who does what, and whether a key makes it act once."""
        dice, office = self.dice, self.office
        live = [state for state in self.known if state.instance.live]
        if not live:
            ref = office.claim(submit=False)
            return "li", lambda tx: commands.act(tx, "claim", ref.id, "submit").record.id, False
        state = dice.choice(live)
        tasks = [one for one in state.tasks.values() if one.status == "pending"] or list(state.tasks.values())
        task = dice.choice(tasks)
        to = office.id(dice.choice(PEOPLE))
        if dice.random() < 0.15:  # noqa: PLR2004
            verb, step = dice.choice(STEERED), dice.choice(("head", "pay", "last", "money"))
            given = Steered("so be it", task.id, to, step)
            return "admin", lambda tx: commands.steer(tx, state.instance.id, verb, given), False
        verb = dice.choice(VERBS)
        login = self.login(task.assignee if dice.random() < 0.9 else to)  # noqa: PLR2004
        company = Company(to, (to,), dice.choice(("before", "after", "parallel")))

        return login, lambda tx: commands.decide(tx, task.id, verb, comment="so", company=company, key=key), True

    def login(self, id: int) -> str:
        found = people.by_id(self.office.site, id)
        assert found is not None
        return found.login

    def check(self) -> None:
        """What holds in every stored state."""
        def look(tx: Tx) -> None:
            for state in self.known:
                check(cast(Any, SimpleNamespace(state=state, flow=pinning.flow_of(tx, state.instance))))
                assert flow_rows.unbroken(tx, state.instance.id)

        self.office.read("app", look)


@pytest.mark.parametrize("seed", [1])
def test_what_is_stored_is_sound_after_every_command(database_url: str, seed: int) -> None:
    trial = Trial(database_url, seed)
    for number in range(COMMANDS):
        if number and number % LONGEST == 0:
            trial.begin()
        if number % 10 == 5:  # noqa: PLR2004
            asked = [(one.id, one.assignee) for state in trial.known for one in state.tasks.values()]
            people.add_department(trial.office.site, "sales", head=trial.dice.choice(("wang", "zhou")))
            assert asked == [(one.id, one.assignee) for state in trial.states() for one in state.tasks.values()], "I5"
        trial.act()
    assert trial.acted > COMMANDS // 5, "most of the dice's commands are refused, many are not"
    assert trial.office.read("app", flow_rows.broken) == [], "also those that were left"
    trial.office.site.database.close()


def test_people_who_decide_at_once_all_come_through(database_url: str) -> None:
    """I2: different people, one approval, at the same time; nobody is told that something is locked."""
    steps = "[{approve: all, by: role(finance), mode: all}, {approve: two, by: role(board), mode: all}]"
    office = Office(database_url, steps)
    claims = [office.claim() for _ in range(4)]
    failures: list[BaseException] = []

    def decide(login: str, ref: Ref, start: threading.Barrier) -> None:
        try:
            start.wait()
            office.decide(login, ref, "approve")
        except BaseException as failure:       # noqa: BLE001 - whatever it is, the test fails by it
            failures.append(failure)

    for ref in claims:
        for pair in (("qian", "sun"), ("chen", "fan")):
            start = threading.Barrier(2)
            workers = [threading.Thread(target=decide, args=(login, ref, start)) for login in pair]
            for one in workers:
                one.start()
            for one in workers:
                one.join()
    assert failures == [] and [office.state(ref) for ref in claims] == ["paid"] * 4
    for ref in claims:
        view = office.view(ref)
        assert [step.name for step in view.steps] == ["all", "two"], "each step once"
        assert office.read("app", lambda tx, id=view.id: flow_rows.unbroken(tx, id))  # type: ignore[misc]
    office.site.database.close()
