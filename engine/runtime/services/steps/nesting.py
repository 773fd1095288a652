"""Steps that hold steps: `each`, `if`."""

from __future__ import annotations

from dataclasses import replace

from engine.kinds.actions.each import ACTING, Each
from engine.kinds.actions.if_ import If
from engine.runtime.services.conditions import holds
from engine.runtime.services.records import Record
from engine.runtime.services.steps.runs import Run, run, runs
from engine.runtime.services.steps.slots import rows_of


@runs(Each)
def _each(step: Each, state: Run) -> None:
    acting = {} if state.record is None else {ACTING: state.record}
    for row in rows_of(step.source, state.frame()):
        names = {**acting, **state.names, **({step.alias: row} if step.alias else {})}
        record = row if isinstance(row, Record) else state.record
        run(step.do, replace(state, record=record, row=row, names=names, group=()))


@runs(If)
def _if(step: If, state: Run) -> None:
    run(step.then if holds(step.test, state.frame()) else step.otherwise, state)
