"""Lists and detail pages of records, and look-ups of links. Knows view models and services, draws through templates."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.definitions.objects import Object
from engine.errors import Invalid
from engine.runtime.services import access, commands, reading
from engine.runtime.services.reading import Query
from engine.runtime.web import forms as posted_forms
from engine.runtime.web import queries
from engine.runtime.web.present import addresses, controls, details, filters, lists, papers
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import fragment, go, page
from engine.runtime.web.visits import opened, run
from engine.texts import say

BLUEPRINT = Blueprint("records", __name__)
PICKED = ("add.field", "add.op", "add.value")
ASKED = ("filter", "search", "sort", "cursor", "trail", "view", *PICKED)
LIMIT = 50
SUGGESTIONS = 20


@route(BLUEPRINT, "/apps/<app>/records/<object>", Access.PERSON)
def index(app: str, object: str) -> ResponseReturnValue:
    """The list of an object; a condition picked in the panel becomes part of the address first."""
    queries.known(ASKED)
    asked = {k: v for k, v in request.args.items() if v and k not in PICKED}
    with opened(app) as tx:
        obj = commands.known(tx, object)
        lists.demand_sight(tx, obj)
        if request.args.get("add.field"):
            return go(narrowed(app, obj, asked, access.sure_fields(tx, obj)))
        query = Query(
            filter=asked.get("filter", ""),
            search=asked.get("search", ""),
            sort=queries.names(asked.get("sort", "")),
            limit=LIMIT,
            cursor=asked.get("cursor"),
            count="capped",
        )
        view = lists.of(tx, obj, query, asked)
        return page(tx, "records/list.html", view=view, asked=asked)


def narrowed(app: str, obj: Object, asked: Mapping[str, str], shown: frozenset[str]) -> str:
    """The list's address with the picked condition added to its filter."""
    name, operator, value = (request.args.get(key, "") for key in PICKED)
    field = next((f for f in filters.filterable(obj, shown) if f.name == name), None)
    if field is None:
        raise Invalid(say(zh="不能按 {name} 筛选", en="There is no filtering by {name}", name=name))
    condition = filters.compose(field, operator, value)
    parts = [p for p in filters.split(asked.get("filter", "")) if p != condition]
    kept = {k: v for k, v in asked.items() if k not in ("filter", "cursor", "trail")}
    return addresses.records(app, obj.name, **kept, filter=filters.joined(*parts, condition))


@route(BLUEPRINT, "/apps/<app>/records/<object>/filter", Access.PERSON)
def filter_control(app: str, object: str) -> ResponseReturnValue:
    """The comparison and the value's control for the field that was picked in the panel."""
    with opened(app) as tx:
        obj = commands.known(tx, object)
        lists.demand_sight(tx, obj)
        known = filters.filterable(obj, access.sure_fields(tx, obj))
        field = next((f for f in known if f.name == request.args.get("add.field")), None)
        if field is None:
            return fragment("records/filter.html", control=None, operators=[])
        control = controls.to_filter(tx, obj, field, "add.value")
        return fragment("records/filter.html", control=control, operators=filters.operators(field, tx.actor.language))


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>", Access.PERSON)
def show(app: str, object: str, id: int) -> ResponseReturnValue:
    """One record: its facts, lines, actions, what belongs to it, its history."""
    with opened(app) as tx:
        obj = commands.known(tx, object)
        record = reading.get(tx, obj.name, id)
        view = details.of(record)
        crumbs = [(obj.plural.to(tx.actor.language), addresses.records(app, obj.name)), (view.title, "")]
        return page(tx, "records/detail.html", view=view, crumbs=crumbs)


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/related/<back>", Access.PERSON)
def related(app: str, object: str, id: int, back: str) -> ResponseReturnValue:
    """The records of another object that link to this one."""
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        return fragment("records/related.html", table=details.related(record, back))


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/print/<document>", Access.PERSON)
def paper(app: str, object: str, id: int, document: str) -> ResponseReturnValue:
    """A record in a print form, ready for the browser's printer."""
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        back = addresses.record(app, object, id)
        return page(tx, "records/paper.html", paper=papers.of(record, document), back_url=back)


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/delete", Access.PERSON, methods=("POST",))
def delete(app: str, object: str, id: int) -> ResponseReturnValue:
    """Put a record into the bin."""
    version = request.form.get("_version", type=int)
    run(app, lambda tx: commands.delete(tx, object, id, version=version))
    with opened(app) as tx:
        message = say(zh="已删除", en="Deleted").to(tx.actor.language)
    return go(addresses.records(app, object), message)


@route(BLUEPRINT, "/apps/<app>/lookup/<object>/<path>", Access.PERSON)
def lookup(app: str, object: str, path: str) -> ResponseReturnValue:
    """Candidates for a link, for its control."""
    with opened(app) as tx:
        commands.known(tx, object)
        found = reading.lookup(tx, object, path, request.args.get("q", "").strip())
        return jsonify(items=[controls.candidate(tx, object, path, ref) for ref in found[:SUGGESTIONS]])


@route(BLUEPRINT, "/apps/<app>/lookup/<object>/<path>", Access.PERSON, methods=("POST",))
def lookup_in_draft(app: str, object: str, path: str) -> ResponseReturnValue:
    """Candidates that depend on the rest of the form, which comes along; nothing is written."""
    with opened(app) as tx:
        draft = posted_forms.draft_at(tx, commands.known(tx, object), request.form)
        found = reading.lookup(tx, object, path, request.form.get("_q", "").strip(), draft=draft)
        return jsonify(items=[controls.candidate(tx, object, path, ref) for ref in found[:SUGGESTIONS]])


@route(BLUEPRINT, "/apps/<app>/search", Access.PERSON)
def search(app: str) -> ResponseReturnValue:
    """Everything that the visitor may see and that the words fit, a few of each object."""
    words = request.args.get("q", "").strip()[:200]
    with opened(app) as tx:
        return page(tx, "records/search.html", words=words, groups=lists.everywhere(tx, words) if words else [])
