"""Judges what is said of rows: whether `this` inside of `each` is what its reader takes it for, whether checks tell
their rows. Runs none."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.app import App
from engine.definitions.parts import expressions_of, nodes_of, parts_of
from engine.errors import Problem
from engine.expressions.culprits import tellers
from engine.expressions.nodes import Each as Members
from engine.expressions.nodes import Get, Node, Root, Source, is_lines
from engine.kinds.actions.allocate import Plan
from engine.kinds.actions.each import ACTING, Each


def shadowed(app: App) -> Iterator[Problem]:
    """`this` inside of an `each` among the steps: it is the row, while what is written may well mean what acts.

    Nobody takes it for anything but the row where the row has no name and what acts has no such field."""
    for obj in app.objects.values():
        for action in obj.actions.values():
            yield from _inside(app, action.do, obj.name)
    for flow in app.flows.values():
        yield from _inside(app, flow.steps, flow.object)
    for automation in app.automations.values():
        rows = None if automation.each is None else automation.each.candidate.objects
        thing = automation.trigger.object if rows is None else rows[0] if len(rows) == 1 else ""
        yield from _inside(app, automation.do, thing)


def unpointed(app: App) -> Iterator[Problem]:
    """A check that is to be shown at a cell of lines, and does not tell in which row."""
    for obj in app.objects.values():
        for check in (*obj.checks, *(one for action in obj.actions.values() for one in action.checks)):
            lines, _, cell = check.at.partition(".")
            if cell and lines in obj.lines and not any(_over(part.source, lines) for part in tellers(check.that.node)):
                message = f"this says of no row that it breaks the rule: `{check.at}` cannot be shown"
                hint = f"write `all({lines}, …)` or `not any({lines}, …)`, or `at: {lines}`"
                yield Problem("W-CHK-001", message, check.that.at, hint, "warning")


def _over(source: Node, lines: str) -> bool:
    """Whether rows are those of the lines field."""
    while isinstance(source, Source):
        source = source.base
    return is_lines(source) and isinstance(source, Get) and source.name == lines


def _inside(app: App, steps: object, thing: str) -> Iterator[Problem]:
    """`thing`: what `this` is outside."""
    found = [part for part in parts_of(steps) if isinstance(part, Each)]
    inner = {id(part) for each in found for part in parts_of(each.do) if isinstance(part, Each)}
    for each in found:
        if id(each) in inner:
            continue
        rows = each.source.candidate.objects
        yield from _this(app, each, thing)
        yield from _inside(app, each.do, rows[0] if len(rows) == 1 else "")


def _this(app: App, each: Each, thing: str) -> Iterator[Problem]:
    """The expressions of one `each` that say `this`."""
    apart = [one.do if isinstance(one, Each) else one for one in parts_of(each.do) if isinstance(one, (Each, Plan))]
    beyond = {id(one) for part in apart for one in expressions_of(part)}
    rows = each.source.candidate.objects
    for one in expressions_of(each.do):
        names = () if id(one) in beyond else tuple(_said(list(nodes_of(one))))
        if not any(each.alias or _either(app, name, thing, rows) for name in names):
            continue
        row = f"the row `{each.alias}` of `each`" if each.alias else "the row of `each`"
        hint = f"write `{each.alias}` for the row" if each.alias else "give the row a name: `each: … as row`"
        hint += f", and `{ACTING}` for the record that acts" if thing else ""
        yield Problem("W-STP-002", f"`this` is {row} here, not the record that acts", one.at, hint, "warning")


def _said(nodes: list[Node]) -> Iterator[str]:
    """What is read of `this`, "" where it stands alone; bare names are read of the row without the word."""
    read = {id(node.owner): node.name for node in nodes if isinstance(node, (Get, Members))}
    return (read.get(id(node), "") for node in nodes if isinstance(node, Root) and node.word == "this")


def _either(app: App, name: str, thing: str, rows: tuple[str, ...]) -> bool:
    """Whether it could be read of what acts just as well as of the row."""
    if thing not in app.objects:
        return False
    own, others = app.objects[thing], [app.objects[one].fields for one in rows if one in app.objects]
    if not name:
        return thing in rows
    if name in ("parent", "position"):
        return bool(own.owner)
    return name in own.fields or not any(name in fields for fields in others)
