"""Judges conditions: those that never hold, always hold, hide or exclude one another. Says only what is certain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from engine.definitions.app import App
from engine.definitions.flows import Approve, Branch, Do, FlowStep, Parallel, Subflow, Wait
from engine.definitions.objects import Action, Check, Object
from engine.definitions.parts import expressions_of
from engine.definitions.registers import Register
from engine.errors import Location, Problem
from engine.expressions.compiled import Expression
from engine.expressions.domains import Listed
from engine.expressions.holding import (
    ANYHOW,
    Conditions,
    Situation,
    is_constant,
    itself,
    together,
    value_of,
)
from engine.expressions.linear import part_of
from engine.expressions.nodes import Call, Get, Literal, Node, Operation, Root
from engine.expressions.types import choice_of
from engine.expressions.values import ErrorValue
from engine.kinds.fields.base import Field

CATCHING = ("iferror", "ifna", "iserror")
COMPARED = 40                                  # checks that are held against one another: each costs milliseconds
Situations = Sequence[Situation]


def constant_errors(app: App) -> Iterator[Problem]:
    """Parts of expressions that nothing varies and that are errors: `1 / 0`."""
    for one in expressions_of(app):
        if isinstance(one, Expression):
            for node in _errors(one.node):
                value = value_of(node)
                at = one.at.within(one.text, node.start)
                reason = value.reason.to("en") if isinstance(value, ErrorValue) else ""
                message = f"`{one.text[node.start : node.end]}` is always an error: {reason}"
                yield Problem("E-CON-001", message, at)


def _errors(node: Node) -> Iterator[Node]:
    """The innermost constant errors in a node."""
    if isinstance(node, Call) and node.function.name in CATCHING:
        return
    inner = [found for part in node.parts() for found in _errors(part)]
    if inner:
        yield from inner
    elif isinstance(node, (Operation, Call)) and is_constant(node) and isinstance(value_of(node), ErrorValue):
        yield node


def objects(app: App) -> Iterator[Problem]:
    """The conditions of objects, their fields, actions, states and posts."""
    for obj in app.objects.values():
        own = _limits(obj)
        for what, expression, given in _of_object(obj, own):
            yield from judged(what, expression, given)
        yield from _excluding(obj.checks, own)
        for action in obj.actions.values():
            strict = islice(filter(_strict, obj.checks), COMPARED)
            before = together(own, *(_held(one.that) for one in strict), _possible(obj, action))
            yield from _excluding(action.checks, before)
        yield from _hidden_states(obj)


def _of_object(obj: Object, own: Situations) -> Iterator[tuple[str, Expression | None, Situations]]:
    for field in obj.fields.values():
        yield from ((f"{what} of `{field.name}`", one, own) for what, one in _of_field(field))
    for check in (*obj.checks, *(check for action in obj.actions.values() for check in action.checks)):
        yield "the check", check.that, own
        yield "the `when` of the check", check.when, own
    for action in obj.actions.values():
        yield f"the `when` of `{action.name}`", action.when, together(own, _coming(obj, action))
    for state in obj.states.values():
        yield f"the `when` of the state `{state.name}`", state.when, own
    for figure in obj.figures.values():
        yield f"the `when` of the figure `{figure.name}`", figure.when, own
        yield from ((f"the mark `{color}` of the figure `{figure.name}`", one, own)
                    for color, one in figure.mark.items())
    for post in obj.posts:
        yield "the `while` of the post", post.when, own
    for view in obj.views.values():
        yield f"the `where` of the view `{view.name}`", view.where, ANYHOW
    for rule in obj.unique:
        yield "the `when` of `unique`", rule.when, own


def _of_field(field: Field) -> Iterator[tuple[str, Expression | None]]:
    if isinstance(field.required, Expression):
        yield "`required`", field.required
    yield "`show`", field.show
    yield "`edit`", field.edit
    yield "`freeze`", field.freeze
    for color, one in field.mark.items():
        yield f"the mark `{color}`", one


def judged(
    what: str, expression: Expression | None, given: Situations = ANYHOW, reader: Conditions | None = None,
    plain: bool = False,
) -> Iterator[Problem]:
    """Whether a condition can hold and fail; a plain `true` or `false` is meant, unless `plain` asks for it."""
    if expression is None or isinstance(expression.node, Literal) and not plain:
        return
    reader = reader or Conditions(outward=expression.outward)
    holding = reader.holding(expression.node)
    if not together(given, holding):
        why = " here: what goes before or around it rules it out" if holding else ""
        yield Problem("W-CON-001", f"{what} never holds{why}", expression.at, "", "warning")
    elif not reader.failing(expression.node):
        yield Problem("W-CON-002", f"{what} always holds", expression.at, "leave it out", "warning")


def _held(expression: Expression | None) -> Situations:
    if expression is None:
        return ANYHOW
    return Conditions(outward=expression.outward).holding(expression.node)


def _missed(expression: Expression) -> Situations:
    return Conditions(outward=expression.outward).failing(expression.node)


def _limits(obj: Object) -> Situations:
    """What `min` and `max` of the fields leave possible, where they are constants."""
    found: list[Situations] = []
    for field in obj.fields.values():
        own = Get(Root("row", type=field.type), field.name, type=field.type)
        for op, bound in ((">=", field.min), ("<=", field.max)):
            if bound is not None and is_constant(bound.node) and not field.computed:
                beyond = Operation(op, (own, bound.node), type=bound.type)
                blank = Operation("blank", (own,), type=bound.type)
                found.append(Conditions().holding(Operation("or", (beyond, blank), type=bound.type)))
    return together(*found)


def _coming(obj: Object, action: Action) -> Situations:
    """The states in which an action may be taken."""
    real = {name for state in action.from_states for name in (obj.states[state].within or (state,))}
    kind = choice_of(*obj.states)
    state = part_of(Get(Root("row", type=kind), "state", type=kind))
    return ({state: Listed(frozenset(real))},) if real else ANYHOW


def _possible(obj: Object, action: Action) -> Situations:
    """What is certain of the record when the checks of an action are read: it may have changed it."""
    return ANYHOW if action.set or action.do or action.ask_fields else _held(action.when)


def _strict(check: Check) -> bool:
    return check.otherwise == "refuse" and check.when is None and check.override is None


def _excluding(checks: Sequence[Check], given: Situations) -> Iterator[Problem]:
    """Checks that no record can pass together with those before."""
    for check in islice(filter(_strict, checks), COMPARED):
        held = _held(check.that)
        if held and given and not together(given, held):
            message = "no record can pass this check and the others that are read with it"
            yield Problem("W-CON-004", message, check.that.at, "", "warning")
            return
        given = together(given, held)


def _hidden_states(obj: Object) -> Iterator[Problem]:
    derived = [state for state in obj.states.values() if state.within and state.when is not None]
    for place, state in enumerate(derived):
        assert state.when is not None
        before = [one.when for one in derived[:place] if set(state.within) <= set(one.within) and one.when is not None]
        yield from _hidden(f"the state `{state.name}`", state.when, before, ANYHOW, state.when.at)


def _hidden(
    what: str, when: Expression | None, before: Sequence[Expression], given: Situations, at: Location
) -> Iterator[Problem]:
    held = together(given, _held(when))
    if held and before and not together(held, *(_missed(one) for one in before)):
        message = f"{what} never comes: what stands before it takes all its cases"
        yield Problem("W-CON-003", message, at, "put the narrower condition first", "warning")


def flows(app: App) -> Iterator[Problem]:
    """The conditions of steps and arms, each as far as its way there leaves it possible."""
    for flow in app.flows.values():
        yield from _steps(flow.steps, _limits(app.objects[flow.object]))


def _steps(steps: Sequence[FlowStep], given: Situations) -> Iterator[Problem]:
    for step in steps:
        if isinstance(step, Branch):
            yield from _branch(step, given)
        elif isinstance(step, Parallel):
            for arm in step.arms:
                yield from judged(f"the arm `{arm.name}`", arm.when, given, plain=True)
                yield from _steps(arm.steps, together(given, _held(arm.when)))
        else:
            yield from judged(f"the `when` of `{step.name}`", step.when, given)
        given = ANYHOW if _waits(step) else given  # the record may change meanwhile


def _waits(step: FlowStep) -> bool:
    return isinstance(step, (Approve, Branch, Parallel, Do, Wait, Subflow))


def _branch(branch: Branch, given: Situations) -> Iterator[Problem]:
    before: list[Expression] = []
    for arm in branch.arms:
        yield from judged(f"the arm `{arm.name}`", arm.when, given, plain=True)
        at = branch.location if arm.when is None else arm.when.at
        yield from _hidden(f"the arm `{arm.name or 'else'}`", arm.when, before, given, at)
        yield from _steps(arm.steps, together(given, _held(arm.when), *(_missed(one) for one in before)))
        before += [] if arm.when is None else [arm.when]


def registers(app: App) -> Iterator[Problem]:
    """Guards that hold for everything or nothing, and alerts that a guard keeps from firing."""
    for register in app.registers.values():
        reader = Conditions(expand=_formulas(register.formulas))
        for guard in register.guards:
            yield from judged("the guard", guard.that, ANYHOW, reader)
            yield from judged("the `when` of the guard", guard.when, ANYHOW, reader)
    for alert in app.alerts.values():
        register_of = app.registers.get(alert.over.object)
        reader = Conditions() if register_of is None else Conditions(_formulas(register_of.formulas))
        around = ANYHOW if alert.over.where is None else reader.holding(alert.over.where)
        guarded = () if register_of is None else _guards(register_of, alert.per, reader)
        yield from judged(f"the `when` of the alert `{alert.name}`", alert.when, together(around, *guarded), reader)


def _guards(register: Register, per: tuple[str, ...], reader: Conditions) -> Iterator[Situations]:
    """What the guards of the same rows keep to."""
    grain = per or tuple(register.keys)
    for guard in register.guards:
        bound = guard.when is None and not guard.objects and guard.override is None
        if bound and set(guard.per or register.keys) == set(grain):
            yield reader.holding(guard.that.node)


def _formulas(formulas: Mapping[str, Expression]) -> Callable[[Node], Node]:
    """Formulas of a register in the place of their names; those that hang on themselves stay what they are."""
    formulas = {name: one for name, one in formulas.items() if name not in _below(formulas, name)}

    def expand(node: Node) -> Node:
        if isinstance(node, Get) and isinstance(node.owner, Root) and node.owner.word in ("row", "this"):
            found = formulas.get(node.name)
            return node if found is None else expand(found.node)
        return node

    return expand if formulas else itself


def _below(formulas: Mapping[str, Expression], name: str) -> set[str]:
    """The formulas that one reads, and those that these read."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        inner = {path[0] for path in formulas[waiting.pop()].reads if path[0] in formulas} - found
        found |= inner
        waiting += inner
    return found


def questions(app: App) -> Iterator[Problem]:
    """The conditions of reports, cards and grants."""
    for report in app.reports.values():
        yield from judged(f"the `having` of `{report.name}`", report.having)
        if report.source.where is not None and not Conditions(outward=True).holding(report.source.where):
            yield Problem("W-CON-001", f"the `where` of `{report.name}` never holds", report.source.at, "", "warning")
    for dashboard in app.dashboards.values():
        for card in dashboard.cards:
            yield from judged("the `where` of the card", card.where)
    for grants in app.grants.values():
        for grant in grants:
            for verb, permission in grant.verbs.items():
                yield from judged(f"the condition of `{verb}` for {grant.role}", permission.when)
