"""Judges the ways through flows: steps that are never reached, ends that never come, flows that run themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from engine.definitions import blocks
from engine.definitions.app import App
from engine.definitions.blocks import Place
from engine.definitions.flows import Approve, Branch, End, Flow, FlowStep, Parallel, Subflow
from engine.errors import Problem
from engine.expressions.compiled import Expression
from engine.expressions.holding import is_constant, value_of
from engine.expressions.nodes import Call
from engine.expressions.values import Duration

WHOLE = ("approved", "rejected")
UNITS = ("months", "seconds", "working_days", "working_seconds")
FIRST: Place = (-1,)                           # of `start`, which lies before every step


def reached(app: App) -> Iterator[Problem]:
    """Nothing stands behind a step at which every way ends."""
    for flow in app.flows.values():
        yield from _after(flow.steps)


def _after(steps: Sequence[FlowStep]) -> Iterator[Problem]:
    for step in steps:
        for arm in blocks.arms_of(step):
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


def outcomes(app: App) -> Iterator[Problem]:
    """A flow can be approved; `end: branch` ends an arm of a parallel step."""
    for flow in app.flows.values():
        ends = [(blocks.read(path), step) for path, step in blocks.walk(flow) if isinstance(step, End)]
        for place, step in ends:
            if step.outcome == "branch" and not blocks.parallel_arm(flow, place):
                message = "`end: branch` stands in no arm of a parallel step"
                yield Problem("E-FLW-030", message, step.location, "write `end: approved`, or leave it out")
        lost = next((step for step in flow.steps if _ends(step, ("rejected",))), None)
        if lost is not None and not any(step.outcome == "approved" for _, step in ends):
            message = f"the flow {flow.name} is never approved: every way is rejected here"
            yield Problem("E-FLW-031", message, lost.location, "end it `when: …`, or in an arm of a branch")


def asking(app: App) -> Iterator[Problem]:
    """Who is chosen for a step is asked there; a deadline does what it may in the place of a person."""
    for flow in app.flows.values():
        steps = [step for _, step in blocks.walk(flow) if isinstance(step, Approve)]
        choosing = {step.name for step in steps if step.choose is not None}
        for step in steps:
            asked = [(one, name) for one in step.by.people for name in _chosen(one)]
            if step.choose is not None and step.name not in {name for _, name in asked}:
                message = f"people are chosen for `{step.name}`, but it asks others"
                yield Problem("E-FLW-029", message, step.location, f"write `by: chosen({step.name})`")
            if step.choose is not None and step.choose.most is not None and step.choose.most < step.choose.least:
                message = f"at most {step.choose.most} are chosen for `{step.name}`, at least {step.choose.least}"
                yield Problem("E-FLW-029", message, step.location, "write a `max` that is not below `min`")
            for one, name in asked:
                if name not in choosing and name in {other.name for other in steps}:
                    message, hint = f"nobody is ever chosen for `{name}`", f"add `choose: {{among: …}}` to `{name}`"
                    yield Problem("E-FLW-029", message, one.at, hint)
            yield from _deadline(step)
            yield from _reminders(step)


def _chosen(expression: Expression) -> Iterator[str]:
    """The steps in `chosen(…)` of an expression."""
    for node in expression.node.walk():
        if isinstance(node, Call) and node.function.name == "chosen":
            yield str(getattr(node.args[0], "value", ""))


def _deadline(step: Approve) -> Iterator[Problem]:
    then = step.due.then if step.due is not None else ""
    if then == "approve" and (step.opinion or step.signature):
        what = "signature" if step.signature else "opinion"
        message = f"the deadline of `{step.name}` cannot approve: `{what}` asks for what only a person can give"
        hint = f"write `then: reject` or `then: return`, or take `{what}` out"
        yield Problem("E-FLW-032", message, step.location, hint)
    if then == "reject" and step.work:
        message = f"the deadline of `{step.name}` cannot refuse: it is work, which is done or sent back"
        hint = "write `then: approve` (it counts as done) or `then: return`"
        yield Problem("E-FLW-032", message, step.location, hint)


def _reminders(step: Approve) -> Iterator[Problem]:
    """Who has two days is not reminded three days before they are over."""
    within = step.due.within if step.due is not None else None
    span = _constant(within)
    if step.due is None or within is None or span is None:
        return
    for one in (*step.due.remind, *(level.after for level in step.due.escalate)):
        before = _constant(one)
        if before is not None and _begins_after(span, before):
            message = f"`{one.text}` is before `{step.name}` is asked: its deadline is `{within.text}` later"
            yield Problem("E-FLW-033", message, one.at, "say how long before the deadline, less than the deadline is")


def _constant(expression: Expression | None) -> Duration | None:
    """The duration that an expression gives, None where it hangs on the record."""
    if expression is None or not is_constant(expression.node):
        return None
    found = value_of(expression.node)
    return found if isinstance(found, Duration) else None


def _begins_after(span: Duration, before: Duration) -> bool:
    """Whether so long before the end is at the beginning or earlier, whatever the calendar: told in one unit only."""
    parts = [(getattr(span, unit), getattr(before, unit)) for unit in UNITS]
    told = [(long, early) for long, early in parts if long or early]
    return len(told) == 1 and told[0][0] > 0 and told[0][0] + told[0][1] <= 0


def jumps(app: App) -> Iterator[Problem]:
    """A refusal goes on within its own parallel arm, a return goes back along the way; what one takes, one decides."""
    for flow in app.flows.values():
        asked = {blocks.read(path): step for path, step in blocks.walk(flow) if isinstance(step, Approve)}
        named = {step.name: place for place, step in asked.items()}
        for place, step in asked.items():
            yield from _jumps(flow, step, place, named)


def _jumps(flow: Flow, step: Approve, place: Place, named: Mapping[str, Place]) -> Iterator[Problem]:
    arm = blocks.parallel_arm(flow, place)
    if step.goto == step.name:
        message = f"a refusal of `{step.name}` asks the same again: it is never refused"
        yield Problem("E-FLW-019", message, step.location, "name another step, or write `on_reject: return`")
    elif step.goto in named and blocks.parallel_arm(flow, named[step.goto]) != arm:
        message = f"a refusal of `{step.name}` cannot go on at `{step.goto}`: it stands in another parallel arm"
        yield Problem("E-FLW-019", message, step.location, "name a step of the same arm")
    elif step.goto in named and not _around(named[step.goto], place):
        message = f"a refusal of `{step.name}` cannot go on at `{step.goto}`: its arm is taken on a condition"
        yield Problem("E-FLW-019", message, step.location, "name a step that stands outside of branches")
    elif step.goto in named and named[step.goto] == (*place[:-1], place[-1] + 1):
        message = f"a refusal of `{step.name}` goes on at `{step.goto}`, as its approval does: it refuses nothing"
        yield Problem("E-FLW-019", message, step.location, "name a step before it, or one that an approval passes by")
    for name in step.return_to or ():
        where = named.get(name, FIRST)
        theirs = blocks.parallel_arm(flow, where) if name in named else arm
        if where >= place or arm[:len(theirs)] != theirs or _apart(where, place):
            message = f"`{step.name}` cannot return to `{name}`: no way leads from there to it"
            yield Problem("E-FLW-019", message, step.location, "name a step before it, or `start`")
    at = step.choose.at if step.choose is not None else "start"
    where = named.get(at, FIRST)
    if at != "start" and (where >= place or _apart(where, place)):
        message = f"people for `{step.name}` cannot be chosen at `{at}`: it does not come before"
        yield Problem("E-FLW-023", message, step.location, "name a step before it, or `start`")
    if step.pool and step.mode != "any":
        message = f"`{step.name}` is taken by one: `mode: {step.mode}` has no meaning"
        yield Problem("E-FLW-020", message, step.location, "write `mode: any`, or take `pool` out")


def _around(target: Place, place: Place) -> bool:
    """Whether a step lies in every arm in which its target lies."""
    return place[: len(target) - 1] == target[:-1]


def _apart(one: Place, other: Place) -> bool:
    """Whether two paths lie in different arms of one step."""
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    return same % 2 == 1


def circles(app: App) -> Iterator[Problem]:
    """A flow does not run itself, nor one that runs it."""
    inside = {
        flow.name: [
            (step.flow, step) for _, step in blocks.walk(flow) if isinstance(step, Subflow)
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

