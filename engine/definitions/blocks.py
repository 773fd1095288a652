"""Paths through the nested blocks of a flow: `2.1.0` is step 2, its arm 1, step 0 there. Knows no running instance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from engine.definitions.flows import Approve, Arm, Branch, Flow, FlowStep, Parallel
from engine.definitions.objects import Who
from engine.texts import say

# The last step of a flow in which somebody must decide: passed by where somebody has. No declared step is called so.
CONFIRM = Approve("~confirmation", say(zh="人工确认", en="Confirmation by a person"), Who(), auto=False)

Place: TypeAlias = tuple[int, ...]             # a path in parts: step, arm, step …


def steps_of(flow: Flow, block: Place) -> tuple[FlowStep, ...]:
    """The steps of a block: `()` is the flow itself, `(2, 1)` arm 1 of step 2."""
    steps = (*flow.steps, CONFIRM) if flow.require_human else flow.steps
    for index in range(0, len(block), 2):
        steps = arms_of(steps[block[index]])[block[index + 1]].steps
    return steps


def arms_of(step: FlowStep) -> tuple[Arm, ...]:
    """The arms of a step, none if it has no blocks."""
    return step.arms if isinstance(step, Branch | Parallel) else ()


def read(path: str) -> Place:
    return tuple(int(part) for part in path.split(".")) if path else ()


def write(path: Place) -> str:
    return ".".join(str(part) for part in path)


def step_at(flow: Flow, path: str) -> FlowStep:
    """The step at a path (the flow must be the one that the path was made from)."""
    *block, last = read(path)
    return steps_of(flow, tuple(block))[last]


def first_in(flow: Flow, block: Place) -> str | None:
    """The path of a block's first step, None if it is empty."""
    return write((*block, 0)) if steps_of(flow, block) else None


def following(flow: Flow, path: str) -> str | None:
    """The next step in the same block, None at its end."""
    *block, last = read(path)
    return write((*block, last + 1)) if last + 1 < len(steps_of(flow, tuple(block))) else None


def around(path: str) -> str:
    """The path of the step whose arm holds this step, '' at the top."""
    return write(read(path)[:-2])


def walk(flow: Flow, block: Place = ()) -> Iterator[tuple[str, FlowStep]]:
    """Every step with its path, outer before inner, in the order of the definition."""
    for index, step in enumerate(steps_of(flow, block)):
        path = (*block, index)
        yield write(path), step
        for arm in range(len(arms_of(step))):
            yield from walk(flow, (*path, arm))


def parallel_arm(flow: Flow, place: Place) -> Place:
    """The path of the innermost arm of a parallel step that a step stands in, () outside of any."""
    for end in range(len(place) - 1, 0, -2):
        if isinstance(step_at(flow, write(place[:end - 1])), Parallel):
            return place[:end]
    return ()
