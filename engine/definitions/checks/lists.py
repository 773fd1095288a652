"""Judges the rules that a list is read by: the database runs them, so they must be such that it can. Reads no rows."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.app import App
from engine.definitions.objects import Object, View
from engine.errors import Problem
from engine.expressions.beyond import Candidate, beyond, own_fields
from engine.expressions.compiled import Expression
from engine.expressions.nodes import Node

OWN = Candidate(this=True)
HINT = "keep the result in a formula of the record itself, and name that here"


def row_rules(app: App) -> Iterator[Problem]:
    """Conditions of `see` that no database runs: nobody would find a row by them."""
    for grants in app.grants.values():
        for grant in grants:
            rule = grant.verbs["see"].when if "see" in grant.verbs else None
            if rule is not None:
                yield from refused(app, grant.thing, rule, "E-ACC-004", "no list shows a row by this rule")


def views(app: App) -> Iterator[Problem]:
    """Conditions of views that no database runs."""
    for obj in app.objects.values():
        for view in obj.views.values():
            if view.where is not None:
                yield from refused(app, obj.name, view.where, "E-VIW-004", "no list is narrowed by this condition")
            yield from _unkept(obj, view)
            yield from _unadded(obj, view)


def _unkept(obj: Object, view: View) -> Iterator[Problem]:
    """A field that a view finds its records by, and that is worked out whenever it is read."""
    heads = view.columns[:1] if view.kind in ("kanban", "calendar", "timeline", "tree") else ()
    for name in (*heads, view.until, view.group):
        field = obj.fields.get(name)
        if field is not None and not field.stored:
            message = f"the view {view.name} cannot stand on `{name}`: it is worked out anew whenever it is read"
            hint = "name a field that people fill, or a formula that reads nothing beyond the record: that is kept"
            yield Problem("E-VIW-005", message, view.location, hint)


def _unadded(obj: Object, view: View) -> Iterator[Problem]:
    """A column that a list is to add up, and that has no sum."""
    for name in view.total or ():
        field = obj.fields.get(name)
        if field is None or not field.adds_up:
            hint = "numbers that are kept, in one unit, and balances in money are added up"
            yield Problem("E-VIW-001", f"the view {view.name} cannot add `{name}` up", view.location, hint)


def refused(app: App, thing: str, rule: Expression, code: str, why: str) -> Iterator[Problem]:
    """One problem at the first part that the database does not run, if there is one."""
    for part, through in _parts(app, thing, rule, ()):
        shown = rule.text[part.start : part.end]
        whole = f"`{shown}`" if not through else f"`{shown}`, by its formula,"
        message = f"{why}: {whole} cannot be worked out by the database"
        yield Problem(code, message, rule.at.within(rule.text, part.start), HINT, width=max(part.end - part.start, 1))
        return


def _parts(app: App, thing: str, rule: Expression, above: tuple[str, ...]) -> Iterator[tuple[Node, bool]]:
    """The parts of a rule that no database runs, and fields that are worked out by such a formula; `above` are the
    fields on whose way it was come."""
    yield from ((part, False) for part in beyond(rule.node, OWN))
    obj = app.objects.get(thing)
    for node in own_fields(rule.node):
        field = obj.fields.get(node.name) if obj is not None else None
        live = None if field is None or field.stored or node.name in above else field.formula
        if live is not None and next(_parts(app, thing, live, (*above, node.name)), None) is not None:
            yield node, True
