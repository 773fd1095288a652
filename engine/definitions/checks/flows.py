"""Judges flows: that they end in actions that only they take, that somebody decides, that somebody starts them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions import blocks
from engine.definitions.app import App
from engine.definitions.coming import not_active
from engine.definitions.flows import Approve, Branch, Flow, FlowStep, Parallel, Subflow, Wait
from engine.definitions.objects import Action, Object
from engine.definitions.parts import expressions_of, parts_of
from engine.errors import Problem
from engine.expressions.compiled import Expression, Source
from engine.expressions.nodes import Call, Literal
from engine.kinds.actions.signal import Signal
from engine.suggest import did_you_mean


def by_flow(action: Action) -> bool:
    """Whether only a flow takes the action."""
    return action.by is not None and "flow" in action.by.words


def amendments(app: App) -> frozenset[str]:
    """The flows that changes after approval wait for: such a flow is started by the change and ends in it."""
    return frozenset(action.start for obj in app.objects.values() for action in obj.actions.values() if action.amends)


def called(app: App) -> frozenset[str]:
    """The flows that steps of other flows run: what they end in may be left to those."""
    steps = (step for flow in app.flows.values() for _, step in blocks.walk(flow))
    return frozenset(step.flow for step in steps if isinstance(step, Subflow))


def started(app: App) -> frozenset[str]:
    """The flows that actions start, in states which only an ending leads out of."""
    return frozenset(action.start for obj in app.objects.values() for action in obj.actions.values())


def revoking(app: App) -> frozenset[str]:
    """The flows that decide whether an approval is taken back: a no leaves everything as it is."""
    return frozenset(flow.revoke.flow for flow in app.flows.values() if flow.revoke is not None)


def calls_fit(app: App) -> Iterator[Problem]:
    """A step runs a flow over records of the object that the flow is about."""
    for flow in app.flows.values():
        for _, step in blocks.walk(flow):
            inner = app.flows.get(step.flow) if isinstance(step, Subflow) else None
            if inner is None or not isinstance(step, Subflow):
                continue
            given = (flow.object,) if step.each is None else step.each.candidate.objects
            if inner.object not in given:
                what = "the record itself" if step.each is None else f"`{step.each.text}`"
                rows = ", ".join(given) or "no records"
                message = f"the flow {inner.name} is about {inner.object}, {what} gives {rows}"
                yield Problem("E-FLW-022", message, step.location, f"name rows of {inner.object} in `each`")
        undoing = app.flows.get(flow.revoke.flow) if flow.revoke is not None else None
        if flow.revoke is not None and undoing is not None and undoing.object != flow.object:
            message = f"the flow {undoing.name} is about {undoing.object}, what it takes back is about {flow.object}"
            yield Problem("E-FLW-022", message, flow.revoke.location, f"name a flow of {flow.object}")


def endings(app: App) -> Iterator[Problem]:
    """A flow ends in actions that only a flow takes, and that are possible where the record waits."""
    amending = amendments(app) | called(app) - started(app)
    for flow in app.flows.values():
        obj = app.objects[flow.object]
        for key in ("on_approved", "on_rejected"):
            left = key == "on_rejected" and flow.name in revoking(app)
            if not getattr(flow, key) and flow.name not in amending and not left:
                yield Problem(
                    "E-FLW-011",
                    f"the flow {flow.name} does not say how it ends",
                    flow.location,
                    f"add `{key}:` with an action",
                )
        for name in dict.fromkeys((flow.on_approved, flow.on_rejected, flow.on_withdrawn, flow.on_terminated)):
            action = obj.actions.get(name)
            if action is not None:
                yield from _ending(app, flow, obj, action)


def unasked(app: App) -> Iterator[Problem]:
    """A condition of an action that only flows take is never asked: what is decided is decided."""
    for obj in app.objects.values():
        for action in obj.actions.values():
            by = action.by
            if action.when is None or by is None or not by_flow(action):
                continue
            if not by.roles and not by.people and not {*by.words} - {"flow", "actions", "nobody"}:
                message = f"`when` of `{action.name}` of {obj.name} is never asked: only flows take it"
                hint = "say it in `checks` of the action, which are judged then, or in `when` of a step of the flow"
                yield Problem("E-FLW-027", message, action.location, hint)


def _ending(app: App, flow: Flow, obj: Object, action: Action) -> Iterator[Problem]:
    if not by_flow(action):
        yield Problem(
            "E-FLW-012",
            f"the flow {flow.name} ends in `{action.name}`, which people may take too",
            action.location,
            "say `by: flow` on the action",
        )
    for starting in obj.actions.values():
        if starting.start != flow.name or not action.from_states:
            continue
        for waiting in starting.goals:
            if waiting in action.from_states:
                continue
            yield Problem(
                "E-FLW-013",
                f"`{action.name}` cannot be taken where the flow leaves the record (`{waiting}`)",
                action.location,
                f"add `{waiting}` to its `from`",
            )


def approvers(app: App) -> Iterator[Problem]:
    """Somebody must decide."""
    for flow in app.flows.values():
        if not any(isinstance(step, Approve) for _, step in blocks.walk(flow)):
            yield Problem(
                "E-FLW-010",
                f"nobody approves in the flow {flow.name}",
                flow.location,
                "add `- {approve: manager, by: …}`",
            )


def starts(app: App) -> Iterator[Problem]:
    """An action starts a flow of its own object."""
    for obj in app.objects.values():
        for action in obj.actions.values():
            flow = app.flows.get(action.start)
            if flow is not None and flow.object != obj.name:
                yield Problem(
                    "E-FLW-014", f"the flow {flow.name} is one of {flow.object}, not of {obj.name}", action.location
                )


def unused(app: App) -> Iterator[Problem]:
    """Flows that nothing starts, and actions for flows in which none ends."""
    amending = amendments(app) | called(app) | revoking(app)
    ended = {
        (flow.object, name)
        for flow in app.flows.values()
        for name in (flow.on_approved, flow.on_rejected, flow.on_withdrawn, flow.on_terminated)
    }
    for flow in app.flows.values():
        if flow.name not in started(app) and flow.name not in amending:
            yield Problem(
                "W-FLW-001",
                f"nothing starts the flow {flow.name}",
                flow.location,
                "an action starts it: `start:`",
                "warning",
            )
    for obj in app.objects.values():
        for action in obj.actions.values():
            if by_flow(action) and (obj.name, action.name) not in ended:
                yield Problem(
                    "W-ACT-001", f"no flow ends in `{action.name}` of {obj.name}", action.location, severity="warning"
                )


def signals(app: App) -> Iterator[Problem]:
    """A signal that is sent is waited for, and one that is waited for is sent."""
    waits = [(flow, step) for flow in app.flows.values() for _, step in blocks.walk(flow) if isinstance(step, Wait)]
    waited = {step.signal for _, step in waits if step.signal}
    sent = {part.name: part for part in parts_of(app) if isinstance(part, Signal)}
    for name, part in sent.items():
        if name not in waited:
            hint = did_you_mean(name, waited) or f"a flow waits for it: `{{wait: {{signal: {name}}}}}`"
            yield Problem("E-FLW-024", f"no flow waits for the signal `{name}`", part.location, hint)
    for flow, step in waits:
        if step.signal and step.signal not in sent:
            message = f"the flow {flow.name} waits for `{step.signal}`, and nothing sends it"
            hint = f"send it in an action or an automation: `{{signal: {step.signal}, of: …}}`"
            yield Problem("W-FLW-003", message, step.location, hint, "warning")


def titles(app: App) -> Iterator[Problem]:
    """Fields that a step hides and that the titles of its records, or of their lines, print all the same."""
    for flow in app.flows.values():
        obj = app.objects.get(flow.object)
        hiding = [step for _, step in blocks.walk(flow) if isinstance(step, Approve)] if obj is not None else []
        for step, path in ((one, tuple(hidden.split("."))) for one in hiding for hidden in one.hide):
            for owner in _titled(app, flow.object, path):
                message = f"the title of {owner} prints `{'.'.join(path)}`, which the step `{step.name}` hides"
                yield Problem("E-FLW-026", message, step.location, "take it out of the title, or out of `hide`")


def _titled(app: App, object: str, path: tuple[str, ...]) -> Iterator[str]:
    """The object and the lines of it whose titles print a field of the object."""
    lines = app.objects[object].lines
    inner = [(f"{object}.{name}", path[1:] if path[0] == name else ("parent", *path)) for name in lines]
    for name, seen in ((object, path), *inner):
        if seen and any(read[: len(seen)] == seen for read in _printed(app.objects[name])):
            yield name


def _printed(obj: Object) -> set[tuple[str, ...]]:
    """The paths that the title of a record prints: those of its template, its key, or its first text."""
    if obj.title is not None:
        return set(obj.title.reads)
    return {(name,) for name in (obj.key if obj.owner else obj.named_by)}      # lines are named by their record


def raised(app: App) -> Iterator[Problem]:
    """`raised(credit)` names a check that is there and raises."""
    for flow in app.flows.values():
        obj = app.objects[flow.object]
        checks = (*obj.checks, *(check for action in obj.actions.values() for check in action.checks))
        names = {check.called for check in checks if check.otherwise == "approve"}
        for expression in _conditions(flow):
            for name in raised_names(expression):
                if name not in names:
                    hint = (
                        did_you_mean(name, names)
                        or f"a check of {obj.name} raises it: `{{that: …, else: approve, called: {name}}}`"
                    )
                    yield Problem("E-CHK-002", f"no check of {obj.name} raises `{name}`", expression.at, hint)


def named(app: App) -> Iterator[Problem]:
    """`raised(…)` outside of flows names a check that raises, `decider(…)` and `chosen(…)` a step of a flow."""
    raising = {
        check.called
        for obj in app.objects.values()
        for check in (*obj.checks, *(one for action in obj.actions.values() for one in action.checks))
        if check.otherwise == "approve"
    }
    stepping = {name for flow in app.flows.values() for _, step in blocks.walk(flow) if (name := _name(step))}
    judged = {id(one) for flow in app.flows.values() for one in _conditions(flow)}
    for one in expressions_of(app):
        if isinstance(one, Expression):
            for call in calls(one, ("raised", "decider", "chosen")):
                name, of_check = str(getattr(call.args[0], "value", "")), call.function.name == "raised"
                known = raising if of_check else stepping
                if name in known or (of_check and id(one) in judged):
                    continue
                code = "E-CHK-002" if of_check else "E-FLW-018"
                message = f"no check raises `{name}`" if of_check else f"no flow has a step `{name}`"
                yield Problem(code, message, one.at.within(one.text, call.args[0].start), did_you_mean(name, known))


def coming(app: App) -> Iterator[Problem]:
    """What expressions may name and what is not worked out yet, each noted once."""
    noted: set[str] = set()
    for one in (one for one in expressions_of(app) if isinstance(one, (Expression, Source))):
        for node in one.node.walk():
            what = not_active(app, node)
            if what and what not in noted:
                noted.add(what)
                message = f"{what} is declared, not yet active"
                yield Problem("N-INACTIVE", message, one.at.within(one.text, node.start), severity="note")


def _name(step: FlowStep) -> str:
    return str(getattr(step, "name", ""))


def calls(expression: Expression, names: tuple[str, ...]) -> Iterator[Call]:
    """The calls of these functions in an expression."""
    for node in expression.node.walk():
        if isinstance(node, Call) and node.function.name in names:
            yield node


def _conditions(flow: Flow) -> Iterator[Expression]:
    for _, step in blocks.walk(flow):
        if isinstance(step, (Branch, Parallel)):
            conditions = [arm.when for arm in step.arms]
        else:
            conditions = [step.when, step.unless]
        yield from (one for one in conditions if one is not None)


def raised_names(expression: Expression) -> Iterator[str]:
    """The names in `raised(…)` of an expression."""
    for node in expression.node.walk():
        if isinstance(node, Call) and node.function.name == "raised":
            yield from (str(arg.value) for arg in node.args if isinstance(arg, Literal))
