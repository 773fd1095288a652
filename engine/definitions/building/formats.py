"""Builds what `format` says of a column or a card: a field type, or a pattern as in texts. Shows nothing."""

from __future__ import annotations

from engine.definitions.building.drafts import with_defaults
from engine.definitions.desks import Desk
from engine.definitions.figures import Format
from engine.definitions.nodes import Node, Scalar
from engine.expressions.formats import format_problem
from engine.expressions.types import Type
from engine.kinds.fields import KINDS
from engine.suggest import did_you_mean
from engine.texts import Text

NUMBERS = ("integer", "decimal", "quantity", "money", "percent")
FITTING = {"number": NUMBERS, "date": ("date",), "datetime": ("datetime", "date", "time"), "time": ("time",)}
EVERY = tuple(dict.fromkeys(kind for kinds in FITTING.values() for kind in kinds))


def format_of(desk: Desk, node: Node | None, kind: Type | None) -> Format | None:
    """The format of values of a type (None: not known after a problem); None where there is none, or no such one."""
    if not isinstance(node, Scalar) or kind is None:
        return None
    fitting = EVERY if kind.name == "any" else FITTING.get(kind.name, ())
    if node.text in fitting:
        return shown_as(desk, node.text)
    if node.text not in KINDS and node.text.isidentifier() and format_problem(node.text, kind) is not None:
        hint = did_you_mean(node.text, fitting) or _ways(fitting, kind)
        desk.report("E-REF-001", f"there is no field type `{node.text}`", node.at, hint)
        return None
    if node.text in KINDS or format_problem(node.text, kind) is not None:
        desk.report("E-CRD-004", f"`{node.text}` shows no {kind}", node.at, _ways(fitting, kind))
        return None
    return Format(pattern=node.text)


def _ways(fitting: tuple[str, ...], kind: Type) -> str:
    """What may be written instead."""
    if not fitting:
        return "only numbers, days and times have formats: leave it out"
    pattern = "`0.0%`" if kind.name == "number" else "`HH:mm`" if kind.name == "time" else "`yyyy-MM`"
    return f"write {', '.join(fitting)} or a pattern as {pattern}"


def shown_as(desk: Desk, kind: str) -> Format:
    """As fields of a kind show what nobody typed."""
    return Format(with_defaults(desk, KINDS[kind](name="value", label=Text({}), stored=False)))
