"""What is wrong though every part is right: small functions over the compiled app. Builds nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.definitions.app import App
from engine.definitions.checks import (
    access,
    conditions,
    flows,
    formulas,
    lists,
    machines,
    postings,
    registers,
    sight,
    steps,
    tests,
    uniques,
    ways,
)
from engine.errors import Problem

CHECKS: tuple[Callable[[App], Iterable[Problem]], ...] = (
    formulas.circles,
    formulas.circles_of_registers,
    formulas.unstored_unique,
    postings.reads,
    postings.effective,
    postings.lasting,
    uniques.conditions,
    registers.unused,
    registers.races,
    registers.followers,
    registers.worths,
    machines.unreachable,
    machines.inescapable,
    machines.waiting,
    flows.endings,
    flows.calls_fit,
    flows.approvers,
    flows.starts,
    flows.unused,
    flows.raised,
    flows.named,
    flows.coming,
    ways.reached,
    ways.circles,
    ways.jumps,
    conditions.constant_errors,
    conditions.objects,
    conditions.flows,
    conditions.registers,
    conditions.questions,
    access.unseen,
    access.strangers,
    access.keys,
    sight.unseen_registers,
    sight.unseen_fields,
    sight.untaken,
    sight.unfilled,
    steps.unfilled,
    lists.row_rules,
    lists.views,
    lists.days,
    tests.empty,
    tests.accepted,
)
