"""Constructs of flows: compiled from the declaration of their keys."""

from __future__ import annotations

from engine.definitions.compile import app_from
from engine.definitions.objects import Who
from engine.expressions.compiled import Expression

APP = """\
app: shop
objects:
  order:
    fields: {qty: quantity, until: date, boss: user}
    actions: {ok: {by: flow}, go: {start: f}}
flows:
  f:
    of: order
    material: qty
    mail_decide: true
    steps:
      - {approve: first, by: boss}
      - approve: a
        by: chosen(a)
        in_order: true
        pool: true
        choose: {among: boss, min: 2}
        signature: true
        due: {at: until, remind: [-2 hours, 1 day], escalate: [{after: 1 day, to: boss}], then: reject}
        on_reject: {goto: first}
        return: {to: start}
    on_approved: ok
    on_rejected: ok
"""


def test_every_part_is_compiled_as_its_slot_says() -> None:
    flow = app_from(APP).flows["f"]
    assert flow.declared == {} and flow.mail_decide and flow.material == ("qty",)
    step = flow.steps[1]
    assert step.in_order and step.pool
    assert step.signature and step.choose is not None and step.choose.least == 2
    due = step.due
    assert due.then == "reject" and [one.text for one in due.remind] == ["-2 hours", "1 day"]
    assert isinstance(due.at, Expression) and due.at.type.name == "date"
    (told,) = due.escalate
    assert isinstance(told.to, Who) and told.to.text == "boss"
    assert (step.on_reject, step.goto, step.return_to) == ("goto", "first", ("start",))
