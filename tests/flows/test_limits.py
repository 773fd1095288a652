"""How often, how many and how deep: what ends where a flow would go on for ever."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, cast

import pytest

from engine.definitions.flows import Due
from engine.errors import Failure
from engine.runtime.services.approvals import deciding
from tests.flows.worlds import Case, Switches, approve, flow, subflow

A, B = 1, 2


def repeated(act: Callable[[int], object], most: int = 300) -> tuple[int, str]:
    """How often something is done before it is refused, and the code of the refusal."""
    for n in range(most):
        try:
            act(n)
        except Failure as failure:
            return n, failure.code
    return most, ""


def test_a_task_is_handed_on_ten_times() -> None:
    case = Case(flow(approve("a", A)))
    assert repeated(lambda n: case.give(case.pending()[0], 100 + n)) == (10, "too_many_transfers")
    case.ok(case.pending()[0])
    assert case.status == "approved"


def test_a_record_is_sent_back_fifty_times_and_then_decided() -> None:
    case = Case(flow(approve("a", A)))

    def around(_: int) -> None:
        case.ret(A)
        case.resubmit()

    assert repeated(around) == (50, "too_many_rounds")
    assert case.types().count("returned") == 50 and case.no(A).outcome == "rejected"


@pytest.mark.parametrize("rows", [200, 201])
def test_a_step_runs_two_hundred_flows(rows: int) -> None:
    switches = Switches(called={"rows": tuple(range(rows))})
    most, code = repeated(lambda _: Case(flow(subflow("rows")), switches), 1)
    assert (most, code) == ((1, "") if rows == 200 else (0, "too_many_calls"))


def test_a_flow_that_never_comes_to_rest_is_refused_as_a_whole() -> None:
    steps = [approve(f"a{n}", A, dedupe="earlier") for n in range(250)]
    case = Case(flow(*steps))
    assert repeated(lambda _: case.ok(A))[1] == "flow_loop"
    assert case.pending() == [A], "the decision is not kept"


def test_reminders_that_a_standstill_held_up_become_one() -> None:
    case = Case(flow(approve("a", A, due=Due(within=cast(Any, 10), remind=cast(Any, (-4, 0, 1))))))
    case.switches.now += dt.timedelta(hours=20)
    for one in sorted(case.timers, key=lambda timer: timer.at):
        case.do(deciding.TimerFired(one.kind, one.visit, one.task, one.index, one.at))
    assert case.told("reminder") == [A] and "overdue" in case.types()
