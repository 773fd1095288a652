"""What people keep of a list: saved views, their counts, columns, widths, density. Writes through the service."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.definitions.objects import Object
from engine.digits import whole
from engine.errors import Invalid
from engine.runtime.services import commands, reading
from engine.runtime.services.lists import list_views
from engine.runtime.services.reading import Query
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web import queries
from engine.runtime.web.present import addresses, displays, lists, shelves
from engine.runtime.web.present.places import MOST_SORTS, Place
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import fragment, go, page, wants_fragment
from engine.runtime.web.visits import opened, run
from engine.texts import Text, say

BLUEPRINT = Blueprint("list_views", __name__)
ASKED = ("filter", "search", "sort", "view", "group", "cursor", "trail", "open", "shelf", "at", "span", "expanded")
GROUP = 50                                     # rows of a group that are shown below it
SAVED = say(zh="视图已保存", en="The view is saved")
GONE = say(zh="视图已删除", en="The view is gone")
FIRST = say(zh="以后先打开此视图", en="This view opens first from now on")
AS_DECLARED = say(zh="以后先打开默认视图", en="The usual view opens first again")
WRONG_WIDTH = say(zh="列宽无效", en="That is no width")


@route(BLUEPRINT, "/apps/<app>/records/<object>/tabs", Access.PERSON)
def tabs(app: str, object: str) -> ResponseReturnValue:
    """The tabs of the views, with how many records are in each."""
    queries.known(ASKED)
    with opened(app) as tx:
        obj = known(tx, object)
        chosen = shelves.choose(tx, obj, request.args)
        return fragment("records/_tabs.html", tabs=shelves.tabs(tx, obj, chosen, counted=True))


def known(tx: Tx, object: str) -> Object:
    """The object, if the visitor sees any of it."""
    obj = commands.known(tx, object)
    lists.demand_sight(tx, obj)
    return obj


@route(BLUEPRINT, "/apps/<app>/records/<object>/rows", Access.PERSON)
def rows(app: str, object: str) -> ResponseReturnValue:
    """The first rows of a list alone, for a group that is opened."""
    queries.known(ASKED)
    with opened(app) as tx:
        obj = known(tx, object)
        chosen = shelves.choose(tx, obj, request.args)
        asked = chosen.asked
        query = Query(asked.get("filter", ""), asked.get("search", ""), queries.names(asked.get("sort", "")), GROUP)
        sure = access.sure_fields(tx, obj) | set(reading.NEVER_NULL)
        found = reading.page(tx, obj.name, shelves.ordered(query, chosen.view, sure))
        picked = lists.picked_of(tx, obj, chosen)
        return fragment(
            "records/_rows.html", batch=lists.has_batch(tx, obj),
            heads=lists.carded(obj, [lists.plain_head(c) for c in picked], chosen.view, chosen.arrangement),
            rows=lists.rows(tx, obj, found, picked, tx.actor.language, chosen.view),
            more_url=chosen.place(tx, obj).url(group="") if found.next else "",
        )


@route(BLUEPRINT, "/apps/<app>/records/<object>/views", Access.PERSON, methods=("POST",))
def keep(app: str, object: str) -> ResponseReturnValue:
    """Keep what the list asks as a view (`do=new`), change one (`save`), take it away (`drop`), open it first
    (`first`), or the usual one (`usual`)."""
    form, key = request.form, request.form.get("key", "")
    question = {k: form.get(f"q.{k}", "") for k in list_views.ASKS}

    def command(tx: Tx) -> tuple[str, Text]:
        known(tx, object)
        match form.get("do", ""):
            case "save":
                list_views.change(tx, object, key, name=form.get("name", ""), roles=form.getlist("role"),
                                  question=question)
                return key, SAVED
            case "drop":
                list_views.remove(tx, object, key)
                return "", GONE
            case "first":
                list_views.open_first(tx, object, key or shelves.NOTHING)
                return key, FIRST
            case "usual":
                list_views.open_first(tx, object, "")
                return key, AS_DECLARED
        return list_views.save(tx, object, form.get("name", ""), question, form.getlist("role")).key, SAVED

    chosen, said = run(app, command)
    with opened(app) as tx:
        return go(Place(app, object, {}).view(chosen), said.to(tx.actor.language))


@route(BLUEPRINT, "/apps/<app>/records/<object>/arrange", Access.PERSON)
def arranging(app: str, object: str) -> ResponseReturnValue:
    """The panel in which the list of this address is arranged, or a page of it."""
    queries.known(ASKED)
    with opened(app) as tx:
        obj = known(tx, object)
        chosen = shelves.choose(tx, obj, request.args)
        panel = displays.of(tx, obj, chosen, queries.names(chosen.asked.get("sort", ""))[: queries.SORTS])
        path, back = addresses.records(app, object), urlencode(chosen.place(tx, obj).asked())
        if wants_fragment():
            return fragment("records/_arrange.html", d=panel, path=path, back=back)
        crumbs = [(obj.plural.to(tx.actor.language), path)]
        return page(tx, "records/arrange.html", crumbs=crumbs, d=panel, path=path, back=back)


@route(BLUEPRINT, "/apps/<app>/records/<object>/arrange", Access.PERSON, methods=("POST",))
def arrange(app: str, object: str) -> ResponseReturnValue:
    """Keep columns, their order and the density; what the list is sorted by goes into its address."""
    form, key = request.form, request.form.get("view", "")

    def command(tx: Tx) -> None:
        obj = known(tx, object)
        if form.get("do") == "reset":
            list_views.arrange(tx, object, key, columns=[], widths={}, density="profile", totals=False)
            return
        offered = set(displays.offered(tx, obj, shelves.choose(tx, obj, {"view": key})))
        chosen = [path for path in dict.fromkeys(form.getlist("column")) if path in offered]
        if not chosen:
            raise Invalid(say(zh="请至少选择一列", en="Choose one column at least"))
        list_views.arrange(tx, object, key, columns=chosen, density=form.get("density", "profile"),
                           totals=form.get("totals") == "true")

    run(app, command)
    back = {k: v for k, v in parse_qsl(form.get("back", "")) if k in ASKED and k not in ("cursor", "trail", "sort")}
    if form.get("do") != "reset":
        back = {k: v for k, v in back.items() if k != "group"}
        back |= {"group": form.get("group", "")} if form.get("group") or "~" in key else {}
        sorts = [one for one in dict.fromkeys(form.getlist("sort")) if one][:MOST_SORTS]
        back |= {"sort": ",".join(sorts)} if sorts and sorts != form.get("sorted", "").split(",") else kept_sort(form)
    return go(addresses.records(app, object, **back))


def kept_sort(form: Mapping[str, str]) -> dict[str, str]:
    """The order that the address asked for before."""
    return {k: v for k, v in parse_qsl(form.get("back", "")) if k == "sort"}


@route(BLUEPRINT, "/apps/<app>/records/<object>/width", Access.PERSON, methods=("POST",))
def width(app: str, object: str) -> ResponseReturnValue:
    """Keep how wide columns are: `view`, and `column` with `width` in pixels, one after the other."""
    form, key = request.form, request.form.get("view", "")
    pairs = list(zip(form.getlist("column"), form.getlist("width"), strict=False))
    if any(whole(text, 4) is None for _, text in pairs):
        raise Invalid(WRONG_WIDTH)

    def command(tx: Tx) -> None:
        obj = known(tx, object)
        offered = set(displays.offered(tx, obj, shelves.choose(tx, obj, {"view": key})))
        now = list_views.kept(tx, object).arrangement(key).widths
        widths = {**now, **{path: int(text) for path, text in pairs if path in offered}}
        list_views.arrange(tx, object, key, widths=widths)

    run(app, command)
    return "", 204
