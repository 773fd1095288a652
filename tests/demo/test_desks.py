"""The agenda of the sample company."""

from __future__ import annotations

import datetime as dt

from demo.desks import Agenda, Desks

MONDAY = dt.date(2026, 3, 2)


def opened() -> Agenda:
    """An agenda on a Monday; it asks the desks for nothing but the day."""
    return Agenda(Desks(None, MONDAY))  # type: ignore[arg-type]


def test_what_is_due_comes_by_day_then_in_the_order_of_planning() -> None:
    agenda, done = opened(), []
    agenda.plan(MONDAY + dt.timedelta(days=1), lambda: done.append("tomorrow"))
    agenda.plan(MONDAY, lambda: done.append("first"))
    agenda.plan(MONDAY, lambda: done.append("second"))
    for work in agenda.due(MONDAY):
        work()
    assert done == ["first", "second"]


def test_what_is_planned_meanwhile_for_the_same_day_is_done_too() -> None:
    agenda, done = opened(), []
    agenda.plan(MONDAY, lambda: agenda.plan(MONDAY, lambda: done.append("follow-up")))
    for work in agenda.due(MONDAY):
        work()
    assert done == ["follow-up"]


def test_later_is_an_open_day() -> None:
    agenda, done = opened(), []
    agenda.later(6, lambda: done.append("on Monday, not on Sunday"))
    assert [*agenda.due(MONDAY + dt.timedelta(days=6))] == []
    for work in agenda.due(MONDAY + dt.timedelta(days=7)):
        work()
    assert len(done) == 1
