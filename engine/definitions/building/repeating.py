"""Builds how often an automation runs: once for the same values, once for rows that agree, in order, not too often,
and what is made up for."""

from __future__ import annotations

from engine.definitions.automations import Trigger
from engine.definitions.desks import Desk, word
from engine.definitions.names import Scope
from engine.definitions.nodes import Map
from engine.expressions.compiled import Expression
from engine.expressions.types import DURATION

OF_ONE_RECORD = ("created", "changed", "saved", "deleted", "entered", "action", "flow", "comment")


def fields(desk: Desk, spec: Map, key: str, thing: str) -> tuple[str, ...]:
    """`once`, `one_per`: fields of the row at hand (of `thing`, "" = there is none)."""
    if not spec.pair(key):
        return ()
    if not thing:
        _senseless(desk, spec, key, "there is no row at hand", "add `each: …`, whose rows have fields")
        return ()
    return desk.paths(spec.get(key), thing)


def blocks(desk: Desk, spec: Map, trigger: Trigger, within: bool) -> bool:
    """`on_failure`: whether a failed run keeps back the next ones of the same record."""
    if spec.pair("on_failure"):
        _of_news(desk, spec, "on_failure", trigger, within)
    return word(spec.get("on_failure")) == "block"


def debounce(desk: Desk, spec: Map, trigger: Trigger, within: bool, names: Scope) -> Expression | None:
    """How long it waits for further changes; None: not at all."""
    if not spec.pair("debounce"):
        return None
    _of_news(desk, spec, "debounce", trigger, within)
    return desk.expression(spec.get("debounce"), names, DURATION)


def catch_up(desk: Desk, spec: Map, trigger: Trigger) -> str:
    """What is made up for after a standstill, of what a clock starts."""
    if spec.pair("catch_up") and trigger.kind not in ("every", "date"):
        message = f"`catch_up` has no meaning where `{trigger.kind}` starts it"
        desk.report("E-AUT-007", message, spec.key_at("catch_up"), "take it out: news are never lost")
    return word(spec.get("catch_up"), "once")


def _of_news(desk: Desk, spec: Map, key: str, trigger: Trigger, within: bool) -> None:
    """Runs that follow each other for one record are those that its news start, each after its commit."""
    if within:
        _senseless(desk, spec, key, "it runs `with` the change itself", "leave one of the two out")
    elif trigger.kind not in OF_ONE_RECORD:
        _senseless(desk, spec, key, f"`{trigger.kind}` is no news of one record", "take it out")


def _senseless(desk: Desk, spec: Map, key: str, why: str, hint: str) -> None:
    desk.report("E-AUT-008", f"`{key}` has no meaning here: {why}", spec.key_at(key), hint)
