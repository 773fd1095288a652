"""Importing a file in the browser: upload, look, rehearse, run, errors. And files of a list. Knows view models."""

from __future__ import annotations

import io

from flask import Blueprint, Response, request, send_file
from flask.typing import ResponseReturnValue

from engine.errors import Invalid
from engine.runtime.services import commands
from engine.runtime.services.imports import background, reviewing, write_errors
from engine.runtime.services.imports.running import demand_import
from engine.runtime.services.lists import exports
from engine.runtime.services.reading import Query
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web import queries
from engine.runtime.web.present import addresses, columns, importing, lists, shelves
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import fragment, go, page
from engine.runtime.web.visits import language, opened, run
from engine.texts import say

BLUEPRINT = Blueprint("imports", __name__)
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {"csv": "text/csv", "xlsx": SHEET}


@route(BLUEPRINT, "/apps/<app>/records/<object>/import", Access.PERSON)
def begin(app: str, object: str) -> ResponseReturnValue:
    """Where a file is chosen."""
    with opened(app) as tx:
        obj = commands.known(tx, object)
        lists.demand_sight(tx, obj)
        demand_import(tx, object)
        plural = obj.plural.to(tx.actor.language)
        crumbs = [(plural, addresses.records(app, object)), (say("导入", "Import").to(tx.actor.language), "")]
        return page(tx, "imports/start.html", crumbs=crumbs, plural=plural, url=addresses.imports(app, object))


@route(BLUEPRINT, "/apps/<app>/records/<object>/import", Access.PERSON, methods=("POST",), large=True)
def upload(app: str, object: str) -> ResponseReturnValue:
    """Keep the file and show what it is."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid(say("请选择一个文件", "Choose a file"))
    name, content = file.filename, file.read()
    id = run(app, lambda tx: background.upload(tx, object, name, content))
    return go(addresses.one_import(app, id))


@route(BLUEPRINT, "/apps/<app>/imports/<int:id>", Access.PERSON)
def show(app: str, id: int) -> ResponseReturnValue:
    """An import: its mapping while it may change, how far it is, what came of it."""
    with opened(app) as tx:
        view = view_of(tx, id)
        crumbs = [(view.plural, view.list_url), (view.file, "")]
        return page(tx, "imports/show.html", view=view, crumbs=crumbs)


def view_of(tx: Tx, id: int, *, brief: bool = False) -> importing.ImportView:
    """The view model; `brief` without a look at the file."""
    found = background.find(tx, id)
    still = found["state"] in ("new", "rehearsed", "failed") and not brief
    errors = background.errors_of(tx, id, importing.MOST_ERRORS)
    return importing.of(tx, found, reviewing.review(tx, id) if still else None, errors)


@route(BLUEPRINT, "/apps/<app>/imports/<int:id>/progress", Access.PERSON)
def progress(app: str, id: int) -> ResponseReturnValue:
    """How far it is, for the page that waits; leads to the page anew when it is done."""
    with opened(app) as tx:
        view = view_of(tx, id, brief=True)
        return fragment("imports/progress.html", view=view) if view.busy else go(view.url)


@route(BLUEPRINT, "/apps/<app>/imports/<int:id>", Access.PERSON, methods=("POST",))
def settle(app: str, id: int) -> ResponseReturnValue:
    """Keep the answers and the mapping of the form; rehearse if that is asked and nothing is open."""
    chosen = request.form.to_dict()
    with opened(app) as tx:
        seen = reviewing.review(tx, id)
    fields = importing.mapping_of(seen, chosen) if any(name.startswith("col.") for name in chosen) else None
    run(app, lambda tx: reviewing.configure(tx, id, importing.answers_of(chosen), fields))
    if chosen.get("do") == "rehearse":
        with opened(app) as tx:
            seen = reviewing.review(tx, id)
        if not seen.questions and seen.problem is None:
            run(app, lambda tx: background.start(tx, id, dry_run=True))
    return go(addresses.one_import(app, id))


@route(BLUEPRINT, "/apps/<app>/imports/<int:id>/run", Access.PERSON, methods=("POST",))
def carry_out(app: str, id: int) -> ResponseReturnValue:
    """Import what was rehearsed."""
    run(app, lambda tx: background.start(tx, id, dry_run=False))
    return go(addresses.one_import(app, id))


@route(BLUEPRINT, "/apps/<app>/imports/<int:id>/errors.xlsx", Access.PERSON, patient=True)
def errors(app: str, id: int) -> ResponseReturnValue:
    """The failed rows as a workbook, wrong cells marked."""
    target = io.BytesIO()
    with opened(app) as tx:
        found = background.find(tx, id)
        with background.unpacked(background.content_of(tx, id), found["file"]) as folder:
            spec = background.spec_of(tx, id, folder)
            write_errors(folder, [spec], background.errors_of(tx, id), target, language())
    return download(target, f"{found['file'].rpartition('.')[0]}-errors.xlsx", SHEET)


@route(BLUEPRINT, "/apps/<app>/records/<object>/export.<kind>", Access.PERSON, patient=True)
def export(app: str, object: str, kind: str) -> ResponseReturnValue:
    """The records of a list with its columns, conditions and order, as a file."""
    queries.known(("filter", "search", "sort", "view", "group"))
    target = io.BytesIO()
    with opened(app) as tx:
        obj = commands.known(tx, object)
        lists.demand_sight(tx, obj)
        chosen = shelves.choose(tx, obj, request.args)
        shown, sure = access.visible_fields(tx, obj), access.sure_fields(tx, obj)
        query = Query(filter=chosen.asked.get("filter", ""), search=chosen.asked.get("search", ""),
                      sort=queries.names(chosen.asked.get("sort", "")))
        query = shelves.ordered(query, chosen.view, sure)
        picked = columns.of_view(tx, obj, chosen.view, shown, language(), chosen.arrangement.columns)
        paths = [c.path for c in picked]
        fields = [path for path in paths if path in exports.SYSTEM or path in obj.fields]
        exports.write(tx, object, kind, target, filter=query.filter, search=query.search,
                      sort=query.sort, fields=fields)
        name = f"{obj.plural.to(language())}.{kind}"
    return download(target, name, KINDS.get(kind, "application/octet-stream"))


def download(target: io.BytesIO, name: str, kind: str) -> Response:
    """A file to keep."""
    target.seek(0)
    return send_file(target, mimetype=kind, as_attachment=True, download_name=name)
