"""Judges what people without an account reach: forms that can be filled, pages whose records can be found."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.app import App
from engine.definitions.checks.lists import refused
from engine.definitions.surfaces import Surface, surfaces
from engine.errors import Problem
from engine.kinds.fields.attached import Attachment
from engine.kinds.fields.base import Field
from engine.kinds.fields.link import Link


def fillable(app: App) -> Iterator[Problem]:
    """Forms that ask for all that is needed, and whose links offer something."""
    for one in surfaces(app):
        if one.kind == "form":
            yield from _lacking(app, one)
            yield from _unguarded(app, one)
        yield from _unseen(app, one)


def _lacking(app: App, form: Surface) -> Iterator[Problem]:
    obj = app.objects[form.object]
    given = {*form.fields, *form.set, form.of}
    missing = [f.name for f in obj.fields.values() if f.required is True and not filled(f) and f.name not in given]
    if missing:
        listed = ", ".join(f"`{name}`" for name in missing)
        hint = "name it in `fields`, or give it in `set`"
        yield Problem("E-PUB-004", f"the form {form.name} never gives {listed}, which is required", form.location, hint)


def _unguarded(app: App, form: Surface) -> Iterator[Problem]:
    """Files that anybody could fill the disk with, or of any sort."""
    fields = app.objects[form.object].fields
    taken = [one for name in form.fields if isinstance(one := fields.get(name), Attachment)]
    if taken and not form.captcha:
        message = f"the form {form.name} takes files (`{taken[0].name}`) from whoever comes, programs too"
        yield Problem("E-PUB-006", message, form.location, "ask the small question: `public: {captcha: true}`")
    for one in taken:
        if not one.accept:
            message = f"the form {form.name} takes files of every sort at `{one.name}`"
            hint = f"say which: `{one.name}: {{type: {one.kind}, accept: [image, pdf], size: 5 MB}}`"
            yield Problem("E-PUB-006", message, form.location, hint)


def filled(field: Field) -> bool:
    """Whether a required field has a value without anybody's doing."""
    return field.computed or field.default is not None or field.kind == "autonumber"


def _unseen(app: App, one: Surface) -> Iterator[Problem]:
    """Links of which strangers see nothing: none to choose from in a form, none on a page."""
    for path, link in _links(app, one):
        roots = [app.objects[to].owner or to for to in link.to]
        if not any(g.role == "public" and "see" in g.verbs for to in roots for g in app.grants.get(to, ())):
            to = " or ".join(roots)
            hint = f"grant it: `access: {{{roots[0]}: {{public: {{see: {{fields: [name]}}}}}}}}`"
            message = f"the {one.kind} {one.name} shows nothing at `{path}`: people without an account see no {to}"
            yield Problem("W-PUB-001", message, one.location, hint, "warning")


def _links(app: App, one: Surface) -> Iterator[tuple[str, Link]]:
    """The links that a stranger is to choose, or to see."""
    for path in one.grant.verbs["see"].fields or ():
        head, _, rest = path.partition(".")
        owner = app.objects.get(f"{one.object}.{head}" if rest else one.object)
        field = None if owner is None else owner.fields.get(rest or head)
        idle = field is not None and one.kind == "form" and (field.computed or field.readonly)
        if isinstance(field, Link) and "user" not in field.to and not idle:
            yield path, field


def findable(app: App) -> Iterator[Problem]:
    """What strangers must know of a record is looked up by the database."""
    for one in surfaces(app):
        for find in one.find:
            yield from refused(app, one.object, find.agrees, "E-PUB-005", f"no record is found by `{find.path}`")
