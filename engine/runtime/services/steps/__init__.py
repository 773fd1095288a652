"""Running the steps of an action or automation, all in its transaction. Each module is a family of steps: a function
per kind, which registers itself with `runs`."""

from __future__ import annotations

from engine.runtime.services.steps import allocating, changing, creating, nesting, saying, starting
from engine.runtime.services.steps.changing import set_values
from engine.runtime.services.steps.runs import RUNNERS, Run, due, run
from engine.runtime.services.steps.slots import rows_of

FAMILIES = (allocating, changing, creating, nesting, saying, starting)

__all__ = ["FAMILIES", "RUNNERS", "Run", "due", "rows_of", "run", "set_values"]
