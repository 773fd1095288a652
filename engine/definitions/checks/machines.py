"""Judges the machines of objects: states that nothing reaches or leaves, actions that lead nowhere. Moves nothing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.app import App
from engine.definitions.objects import Action, Object, State
from engine.errors import Problem


def _real(obj: Object) -> list[State]:
    return [state for state in obj.states.values() if not state.within]


def _leads_from(obj: Object, action: Action) -> set[str]:
    """The real states from which an action may be taken."""
    if not action.from_states:
        return {state.name for state in _real(obj)}
    found = set()
    for name in action.from_states:
        state = obj.states[name]
        found |= set(state.within) or {name}
    return found


def unreachable(app: App) -> Iterator[Problem]:
    """Real states that no way from the first one leads to."""
    for obj in app.objects.values():
        ways: dict[str, set[str]] = {}
        for action in obj.actions.values():
            for name in _leads_from(obj, action) if action.goals else ():
                ways.setdefault(name, set()).update(action.goals)
        reached, coming = {obj.initial}, [obj.initial]
        while coming:
            found = ways.get(coming.pop(), set()) - reached
            reached |= found
            coming += found
        for state in _real(obj):
            if state.name not in reached:
                yield Problem(
                    "W-STA-001",
                    f"no action leads {obj.name} to the state `{state.name}`",
                    state.location,
                    f"add an action with `to: {state.name}`",
                    "warning",
                )


def inescapable(app: App) -> Iterator[Problem]:
    """States that are not final and that no action leaves."""
    for obj in app.objects.values():
        moving = [action for action in obj.actions.values() if action.goals]
        left = {name for action in moving for name in _leads_from(obj, action) if set(action.goals) - {name}}
        closed = {name for action in moving for name in action.from_states}
        for state in _real(obj) if moving else ():
            leaving = state.name in left
            if not state.final and not leaving:
                yield Problem(
                    "W-STA-002",
                    f"no action leads {obj.name} out of the state `{state.name}`",
                    state.location,
                    "say `final: true` if that is meant",
                    "warning",
                )
            if state.final and state.name in closed:
                yield Problem(
                    "E-STA-004",
                    f"the state `{state.name}` is final, yet an action leads out of it",
                    state.location,
                    "leave out `final`, or the action's `from`",
                )


def waiting(app: App) -> Iterator[Problem]:
    """Actions that start a flow must lead to the state in which the record waits."""
    for obj in app.objects.values():
        for action in obj.actions.values():
            if action.start and not action.goals and obj.states and not action.amends:
                yield Problem(
                    "E-ACT-003",
                    f"`{action.name}` starts a flow, but does not say where the record waits",
                    action.location,
                    "add `to: pending`",
                )

