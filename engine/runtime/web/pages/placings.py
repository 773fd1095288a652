"""Records that get another place in a calendar, a timeline or a tree: by dragging, or in a dialog.

One field is changed, by the same command as everywhere: rules, locks, versions and rights are its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.definitions.objects import Object, View
from engine.digits import whole
from engine.errors import Failure, Forbidden, Invalid, NotFound, Refused
from engine.expressions.values import Ref
from engine.runtime.services import commands, inputs, reading
from engine.runtime.services.lists import spans_of_days
from engine.runtime.services.records import Record
from engine.runtime.storage.live import Tx
from engine.runtime.web import forms as posted_forms
from engine.runtime.web import queries
from engine.runtime.web.pages import lists as list_pages
from engine.runtime.web.present import addresses, branches, lists, placings, shelves
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import fragment, go, page, wants_fragment
from engine.runtime.web.visits import language, opened, run
from engine.texts import say

BLUEPRINT = Blueprint("placings", __name__)
PATH = "/apps/<app>/records/<object>/<int:id>/place"
MOVED = say(zh="已移动“{title}”", en="{title} is moved")
ENVELOPE = ("view", "edge", "days", "day", "above")


def view_of(obj: Object, name: str) -> View:
    """A view in which records have a place; raises `NotFound`."""
    view = obj.views.get(name)
    if view is not None and view.kind == "tree" and view.columns:
        return view
    return spans_of_days.view_of(obj, name)


def names_of(view: View) -> tuple[str, ...]:
    """The fields that say where a record stands."""
    return view.columns[:1] if view.kind == "tree" else spans_of_days.named(view)


@route(BLUEPRINT, PATH, Access.PERSON)
def ask(app: str, object: str, id: int) -> ResponseReturnValue:
    """The dialog; with what a drag asked for, as far as that can be."""
    queries.known(ENVELOPE)
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        view = view_of(record.definition, request.args.get("view", ""))
        demand_view(tx, record.definition, view)
        return draw(tx, record, view, asked_values(record, view))


def demand_view(tx: Tx, obj: Object, view: View) -> None:
    """A view that is not for the visitor does not exist for them."""
    if not shelves.meant(tx, obj, view):
        raise NotFound(say(zh="没有这个视图", en="There is no such view"))


def asked_values(record: Record, view: View) -> dict[str, Any]:
    """The values that a drag asks for: so many days later, on a day, below a record. Raises `Invalid`."""
    given = request.values
    if view.kind == "tree":
        above = given.get("above")
        if above is None:
            return {}
        id = whole(above)
        if above and id is None:
            raise Invalid(say(zh="没有这个上级", en="There is no such record above"))
        return {view.columns[0]: None if id is None else Ref(record.object, id)}
    if not given.get("edge"):
        return {}
    days, day = given.get("days", 0, type=int), None
    if given.get("day"):
        try:
            day = dt.date.fromisoformat(given["day"])
        except ValueError:
            raise Invalid(say(zh="没有这一天", en="There is no such day")) from None
    return spans_of_days.moved(record, view, given["edge"], days, day)


def draw(
    tx: Tx, record: Record, view: View, values: dict[str, Any],
    failure: Failure | None = None, typed: dict[str, Any] | None = None,
) -> ResponseReturnValue:
    """The dialog, or its page where there is no script."""
    placing = placings.of(record, view, names_of(view), values, failure, typed)
    status = failure.status if failure is not None else 200
    if wants_fragment():
        return fragment("records/_placing.html", placing=placing, status=status)
    return page(tx, "records/placing.html", placing=placing, status=status)


@route(BLUEPRINT, PATH, Access.PERSON, methods=("POST",))
def place(app: str, object: str, id: int) -> ResponseReturnValue:
    """Move a record. A script that dragged it is told `{done}`, or `{ask}` where a warning has to be answered; a
    refusal says why. The dialog sends the fields themselves."""
    with opened(app) as tx:
        obj = commands.known(tx, object)
        record = reading.get(tx, obj.name, id)
        view = view_of(obj, request.form.get("view", ""))
        demand_view(tx, obj, view)
        if "edge" in request.form or "above" in request.form:
            return dragged(app, obj, record, view)
    return sent(app, obj, id, view)


def dragged(app: str, obj: Object, record: Record, view: View) -> ResponseReturnValue:
    """Carry out what a drag asked for."""
    values, version, id = asked_values(record, view), request.form.get("_version", type=int), record.id or 0
    title, reason = record.title, placings.shut(record, names_of(view)[0], language())
    if reason:
        raise Forbidden(say(reason, reason))
    try:
        run(app, lambda tx: commands.update(tx, obj.name, id, values, version=version))
    except Refused as failure:
        if not failure.warnings:
            raise
        given = {key: request.form[key] for key in ENVELOPE if key in request.form}
        return jsonify(ask=addresses.extended(addresses.record(app, obj.name, id, "place"), **given))
    done = MOVED.filled(title=title).to(language())
    return jsonify(done=True, said=done)


def sent(app: str, obj: Object, id: int, view: View) -> ResponseReturnValue:
    """Carry out what the dialog sent; what is wrong comes back in it."""
    form = request.form.copy()
    form.poplist("view")
    names = names_of(view)

    def command(tx: Tx) -> None:
        posted = posted_forms.read(tx.app, obj, form)
        values = inputs.read(tx, obj.name, {name: posted.raw.get(name) for name in names}, form=True)
        commands.update(tx, obj.name, id, values, version=posted.version, accept=posted.accept)

    failure: Failure | None = None
    try:
        run(app, command)
    except Failure as refused:
        failure = refused
    with opened(app) as tx:
        record = reading.get(tx, obj.name, id)
        if failure is not None:
            posted = posted_forms.read(tx.app, obj, form)
            return draw(tx, record, view, {}, failure, {n: posted.typed[n] for n in names if n in posted.typed})
        done = MOVED.filled(title=record.title).to(language())
        return go(addresses.record(app, obj.name, id), done)


@route(BLUEPRINT, "/apps/<app>/records/<object>/branch", Access.PERSON)
def branch(app: str, object: str) -> ResponseReturnValue:
    """What hangs directly below a record of a tree, when it is opened."""
    queries.known((*list_pages.ASKED, "above", "level"))
    with opened(app) as tx:
        obj = commands.known(tx, object)
        lists.demand_sight(tx, obj)
        chosen = shelves.choose(tx, obj, {k: v for k, v in request.args.items() if k not in ("above", "level")})
        view = chosen.view
        if view is None or view.kind != "tree":
            raise NotFound(say(zh="没有这个视图", en="There is no such view"))
        asked = shelves.ordered(list_pages.query_of(chosen.asked), view, lists.sortable(tx, obj))
        above, level = request.args.get("above", 0, type=int), request.args.get("level", 2, type=int)
        nodes: Sequence[branches.Node] = branches.branch(tx, obj, view, asked, chosen.place(tx, obj), above, level)
        return fragment("records/_branch.html", nodes=nodes, view_key=view.name)
