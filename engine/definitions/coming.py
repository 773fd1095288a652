"""What expressions may name, is checked and typed, and has no run-time part yet. Knows no place."""

from __future__ import annotations

from engine.definitions.app import App
from engine.definitions.outlines import HISTORIES, PEOPLE
from engine.expressions.nodes import Aggregate, Call, Each, Get, Node, Stored


def not_active(app: App, node: Node) -> str:
    """What of this node is declared, not yet active; blank where it works."""
    match node:
        case Call(function=function) | Aggregate(function=function) if function.coming:
            return f"`{function.name}(…)`"
        case Stored(name=name) if name in app.reports:
            return f"the report `{name}` as rows of an expression"
        case Stored() | Get() | Each() if (history := _history(app, node)):
            return f"`{history}`"
        case Get(owner=owner, name=name) if owner.type.objects == ("user",) and name in _own_fields(app):
            return f"the own field `{name}` of people"
    return ""


def _history(app: App, node: Node) -> str:
    """`stays` or `steps`, where a node gives the rows of one."""
    for thing in node.type.objects if node.type.name == "rows" else ():
        owner, _, name = thing.rpartition(".")
        if name in HISTORIES and owner in app.objects and thing not in app.objects:
            return name
    return ""


def _own_fields(app: App) -> tuple[str, ...]:
    fields = app.declared.get(PEOPLE)
    return tuple(fields) if isinstance(fields, dict) else ()
