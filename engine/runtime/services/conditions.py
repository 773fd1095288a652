"""Conditions and values that rules ask of a record. One that cannot be computed refuses: it never counts as "no"."""

from __future__ import annotations

from engine.errors import Refused
from engine.expressions.compiled import Expression
from engine.expressions.scope import Frame
from engine.expressions.values import ErrorValue, Value
from engine.texts import say


def holds(condition: Expression, frame: Frame) -> bool:
    """Whether a condition is true; blank counts as false.

    Raises `Refused` where it cannot be computed: a posting, a guard or a step that were left out then would leave a
    figure wrong without a word."""
    value = condition.value(frame)
    if isinstance(value, ErrorValue):
        raise Refused(
            say(
                zh="条件“{rule}”无法计算：{reason}",
                en="The condition {rule} cannot be computed: {reason}",
                rule=condition.text,
                reason=value.reason,
            ),
            code="expression",
        )
    return value is True


def computed(expression: Expression, frame: Frame) -> Value:
    """The value of an expression. Raises `Refused` where it cannot be computed."""
    value = expression.value(frame)
    if isinstance(value, ErrorValue):
        raise Refused(
            say(
                zh="“{rule}”无法计算：{reason}",
                en="{rule} cannot be computed: {reason}",
                rule=expression.text,
                reason=value.reason,
            ),
            code="expression",
        )
    return value
