"""Judges forms: whether they ask for all that a new record needs, and what their steps make before there is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.definitions.app import App
from engine.definitions.checks.surfaces import filled
from engine.definitions.occasions import Occasion, occasions
from engine.definitions.parts import nodes_of
from engine.definitions.surfaces import Surface, surfaces
from engine.errors import Problem
from engine.expressions.nodes import Get, Node, Root
from engine.kinds.actions.act import Act
from engine.kinds.actions.base import Step
from engine.kinds.actions.comment import Comment
from engine.kinds.actions.create import Create
from engine.kinds.actions.each import Each
from engine.kinds.actions.if_ import If
from engine.kinds.actions.mail import Mail
from engine.kinds.actions.signal import Signal
from engine.kinds.actions.start import Start


def complete(app: App) -> Iterator[Problem]:
    """Every field that is always required is asked for or given."""
    for form in occasions(app):
        given = {*form.fields, *form.set}
        fields = app.objects[form.object].fields.values()
        missing = [one.name for one in fields if one.required is True and not filled(one) and one.name not in given]
        if missing:
            listed = ", ".join(f"`{name}`" for name in missing)
            message = f"the form {form.name} never gives {listed}, which is required"
            yield Problem("E-FRM-001", message, form.location, "name it in `fields`, or give it in `set`")


def early(app: App) -> Iterator[Problem]:
    """What is done before a record is saved leads to nothing that is not there yet."""
    forms: list[Occasion | Surface] = [*occasions(app), *surfaces(app)]
    for form in forms:
        for step in _needing(form.before):
            message = f"`{step.kind}` needs the record, which is not saved yet in `before` of the form {form.name}"
            hint = "read its fields only (`this.customer`); let an automation (`created: …`) do what needs the record"
            yield Problem("E-FRM-003", message, step.location, hint)


def _needing(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps that link to the record itself or do something to it."""
    for step in steps:
        match step:
            case Each():
                within: Iterable[object] = (step.source, step.when)
            case If():
                yield from _needing((*step.then, *step.otherwise))
                within = (step.test, step.when)
            case _:
                within = (step,)
        whole = isinstance(step, Comment) or isinstance(step, Act | Start | Signal) and step.of is None
        whole = whole or isinstance(step, Create) and step.pull == "this"
        whole = whole or isinstance(step, Mail) and bool(step.letter.document) and step.letter.of is None
        if whole or any(_links(part) for part in within):
            yield step


def _links(part: object) -> bool:
    """Whether the record stands somewhere as a whole, not as the owner of a field."""
    nodes: list[Node] = [] if part is None else list(nodes_of(part))
    owners = {id(node.owner) for node in nodes if isinstance(node, Get)}
    return any(isinstance(node, Root) and node.word == "this" and id(node) not in owners for node in nodes)
