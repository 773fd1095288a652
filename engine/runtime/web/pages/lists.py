"""Lists of records: what their address asks, and the panel in which they are filtered. Draws through templates."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.definitions.objects import Object
from engine.errors import Invalid, Unreadable
from engine.runtime.services import commands, reading
from engine.runtime.services.reading import Query
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web import queries
from engine.runtime.web.present import addresses, builders, conditions, filters, lists, shelves
from engine.runtime.web.present.conditions import Group
from engine.runtime.web.present.shelves import Chosen
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import fragment, go, page
from engine.runtime.web.visits import language, opened
from engine.texts import say

BLUEPRINT = Blueprint("lists", __name__)
PICKED = ("add.field", "add.op", "add.value")
PICTURED = ("at", "span", "expanded")          # which days a calendar shows, what is open in a tree
ASKED = ("filter", "search", "sort", "cursor", "trail", "view", "group", "shelf", "open", *PICTURED, *PICKED)
ROWS = ("do", "match", "r.")                   # what the panel sends: its button, how rows are joined, the rows
LIMIT = 50


def asked_of() -> dict[str, str]:
    """What the address asks, without what was picked in the panel. Raises `Unreadable` for what no list knows."""
    queries.known(ASKED, besides=ROWS)
    kept = {k: v for k, v in request.args.items() if k not in PICKED and not k.startswith(ROWS)}
    return {k: v for k, v in kept.items() if v or k in shelves.KEPT_BLANK}


def query_of(asked: Mapping[str, str]) -> Query:
    """The same as a question to records."""
    return Query(
        filter=asked.get("filter", ""),
        search=asked.get("search", ""),
        sort=queries.names(asked.get("sort", ""))[: queries.SORTS],
        limit=LIMIT,
        cursor=asked.get("cursor"),
        count="capped",
        shelf="archived" if asked.get("shelf") == "archived" else "current",
    )


@route(BLUEPRINT, "/apps/<app>/records/<object>", Access.PERSON)
def index(app: str, object: str) -> ResponseReturnValue:
    """The list of an object; a condition picked in the panel becomes part of the address first."""
    asked = asked_of()
    with opened(app) as tx:
        obj = commands.known(tx, object)
        lists.demand_sight(tx, obj)
        if request.args.get("add.field"):
            return go(narrowed(app, obj, asked, access.sure_fields(tx, obj)))
        if "do" in request.args:
            return built(tx, obj, shelves.choose(tx, obj, asked))
        chosen = shelves.choose(tx, obj, asked)
        try:
            view = lists.of(tx, obj, query_of(chosen.asked), chosen)
        except Unreadable as failure:
            if not chosen.asked.get("filter"):
                raise
            return unread(tx, obj, chosen, failure)
        return page(tx, "records/list.html", view=view, asked=chosen.asked)


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


def built(tx: Tx, obj: Object, chosen: Chosen) -> ResponseReturnValue:
    """The rows of the panel as the filter of the list; without a script, its other buttons draw the page anew."""
    subjects = lists.subjects_of(tx, obj, chosen)
    group = builders.from_form(request.args, subjects)
    if request.args.get("do") != "apply":
        return with_panel(tx, obj, chosen, group)
    try:
        text = conditions.write(subjects, group)
        reading.filter_of(tx, obj.name, text)
    except Invalid as failure:
        wrong = failure.errors[0].field if failure.errors else ""
        return with_panel(tx, obj, chosen, group, failure.message.to(language()), wrong, status=failure.status)
    except Unreadable as failure:
        return with_panel(tx, obj, chosen, group, failure.message.to(language()), status=failure.status)
    return go(chosen.place(tx, obj).url(filter=text))


def with_panel(
    tx: Tx, obj: Object, chosen: Chosen, group: Group, error: str = "", wrong: str = "", status: int = 200
) -> ResponseReturnValue:
    """The list as it was, with the open panel."""
    subjects = lists.subjects_of(tx, obj, chosen)
    text = chosen.asked.get("filter", "")
    panel = builders.of(tx, obj, subjects, group, expression=text, error=error, wrong=wrong, open=True)
    view = lists.of(tx, obj, query_of(chosen.asked), chosen, panel=panel)
    return page(tx, "records/list.html", view=view, asked=chosen.asked, status=status)


def unread(tx: Tx, obj: Object, chosen: Chosen, failure: Unreadable) -> ResponseReturnValue:
    """A filter that cannot be read: nothing is listed, the panel says why and keeps what was typed."""
    subjects = lists.subjects_of(tx, obj, chosen)
    text = chosen.asked.get("filter", "")
    said = failure.message.to(language())
    panel = builders.of(tx, obj, subjects, Group("all"), expression=text, error=said, open=True)
    view = lists.of(tx, obj, query_of(chosen.asked), chosen, panel=panel, unread=True)
    return page(tx, "records/list.html", view=view, asked=chosen.asked, status=failure.status)


@route(BLUEPRINT, "/apps/<app>/records/<object>/filter", Access.PERSON)
def rows(app: str, object: str) -> ResponseReturnValue:
    """The rows of the panel after one of its controls or buttons changed them."""
    asked = asked_of()
    with opened(app) as tx:
        obj = commands.known(tx, object)
        lists.demand_sight(tx, obj)
        subjects = lists.subjects_of(tx, obj, shelves.choose(tx, obj, asked))
        panel = builders.of(tx, obj, subjects, builders.from_form(request.args, subjects), open=True)
        return fragment("records/_filter.html", builder=panel, path=addresses.records(app, object))
