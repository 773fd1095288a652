"""Judges the ways through flows: steps that are never reached, and flows that run themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from engine.definitions.app import App
from engine.definitions.checks.flows import steps_of
from engine.definitions.flows import Branch, Coming, End, FlowStep, Parallel
from engine.errors import Problem

WHOLE = ("approved", "rejected")


def reached(app: App) -> Iterator[Problem]:
    """Nothing stands behind a step at which every way ends."""
    for flow in app.flows.values():
        yield from _after(flow.steps)


def _after(steps: Sequence[FlowStep]) -> Iterator[Problem]:
    for step in steps:
        for arm in step.arms if isinstance(step, (Branch, Parallel)) else ():
            yield from _after(arm.steps)
    for step, following in pairwise(steps):
        if _ends(step, (*WHOLE, "branch")):
            message = f"`{following.name}` is never reached: every way ends before it"
            yield Problem("E-FLW-017", message, following.location, "take it out, or end only `when: …`")
            return


def _ends(step: FlowStep, outcomes: tuple[str, ...]) -> bool:
    """Whether no way leads past a step. `end: branch` in an arm ends the arm alone, and the join goes on."""
    if isinstance(step, End):
        return step.outcome in outcomes and step.when is None and step.unless is None
    if isinstance(step, Branch):
        return all(any(_ends(inner, outcomes) for inner in arm.steps) for arm in step.arms)
    if isinstance(step, Parallel):
        certain = (arm for arm in step.arms if arm.when is None)
        return any(_ends(inner, WHOLE) for arm in certain for inner in arm.steps)
    return False


def circles(app: App) -> Iterator[Problem]:
    """A flow does not run itself, nor one that runs it."""
    inside = {
        flow.name: [
            (str(step.what.values.get("subflow", "")), step)
            for step in steps_of(flow.steps)
            if isinstance(step, Coming) and step.what.kind == "subflow"
        ]
        for flow in app.flows.values()
    }
    names = {flow: tuple(name for name, _ in parts) for flow, parts in inside.items()}
    for flow, parts in inside.items():
        for name, step in parts:
            if flow in _all_below(names, name):
                yield Problem("E-FLW-016", f"the flow {flow} runs itself, through `{name}`", step.location)


def _all_below(names: Mapping[str, Iterable[str]], name: str) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += names.get(one, ())
    return found

