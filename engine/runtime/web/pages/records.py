"""Detail pages of records, and look-ups of links. Knows view models and services, draws through templates."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from engine.errors import Unreadable
from engine.runtime.services import commands, lookups, reading
from engine.runtime.services.papers import presses
from engine.runtime.services.records import Record
from engine.runtime.storage.live import Tx
from engine.runtime.web import forms as posted_forms
from engine.runtime.web import queries, uploads
from engine.runtime.web.present import addresses, candidates, courses, details, lists, papers, prints
from engine.runtime.web.present.papers import Paper
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import fragment, go, page, wants_fragment
from engine.runtime.web.visits import opened, run
from engine.texts import say

BLUEPRINT = Blueprint("records", __name__)
SUGGESTIONS = 20
MOST_NAMES = 2_000                              # texts of one paste


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>", Access.PERSON)
def show(app: str, object: str, id: int) -> ResponseReturnValue:
    """One record: its facts, lines, actions, what belongs to it, its history."""
    with opened(app) as tx:
        obj = commands.known(tx, object)
        record = reading.get(tx, obj.name, id)
        view = details.of(record)
        if wants_fragment() and "panel" in request.args:  # beside its list, see frontend/panels.js
            url = addresses.record(app, object, id)
            return fragment("records/detail.html", view=view, frame="panel.html", panel_url=url)
        crumbs = [(obj.plural.to(tx.actor.language), addresses.records(app, obj.name)), (view.title, "")]
        return page(tx, "records/detail.html", view=view, crumbs=crumbs)


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/related/<back>", Access.PERSON)
def related(app: str, object: str, id: int, back: str) -> ResponseReturnValue:
    """The records of another object that link to this one."""
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        return fragment("records/related.html", table=details.related(record, back), back=back)


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/related", Access.PERSON)
def counts(app: str, object: str, id: int) -> ResponseReturnValue:
    """How many records link to this one, for the tabs of its page."""
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        return fragment("records/_counts.html", counts=details.counts(record))


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/print/<document>", Access.PERSON, patient=True)
def paper(app: str, object: str, id: int, document: str) -> ResponseReturnValue:
    """A record in a print form, ready for the browser's printer."""
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        back = addresses.record(app, object, id)
        url = addresses.record(app, object, id, "print", document, "pdf")
        return paged(tx, [[papers.of(record, document)]], back, url)


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/print/<document>/pdf", Access.PERSON, patient=True)
def pdf(app: str, object: str, id: int, document: str) -> ResponseReturnValue:
    """The same as PDF."""
    with opened(app) as tx:
        made = prints.of(reading.get(tx, commands.known(tx, object).name, id), document)
    return uploads.made(made.name, presses.MEDIA, made.pdf())


def paged(tx: Tx, groups: Sequence[Sequence[Paper]], back: str, pdf: str) -> ResponseReturnValue:
    """Papers on the screen."""
    heading = papers.heading(groups, tx.actor.language)
    return page(tx, "records/paper.html", groups=groups, heading=heading, back_url=back, pdf_url=pdf)


@route(BLUEPRINT, "/apps/<app>/records/<object>/print/<document>", Access.PERSON, methods=("POST",))
def ticked(app: str, object: str, document: str) -> ResponseReturnValue:
    """Records that are ticked in a list, on their way to the page that shows them in a print form."""
    return go(addresses.papers(app, object, document, request.form.getlist("id")))


@route(BLUEPRINT, "/apps/<app>/records/<object>/print/<document>", Access.PERSON, patient=True)
def several(app: str, object: str, document: str) -> ResponseReturnValue:
    """Several records in a print form, ready for the browser's printer."""
    with opened(app) as tx:
        name, ids = commands.known(tx, object).name, queries.ids()
        groups = papers.many(tx, name, ids, document)
        url = addresses.papers(app, name, document, ids, "pdf")
        return paged(tx, groups, addresses.records(app, name), url)


@route(BLUEPRINT, "/apps/<app>/records/<object>/print/<document>/pdf", Access.PERSON, patient=True)
def several_pdf(app: str, object: str, document: str) -> ResponseReturnValue:
    """The same as one PDF."""
    with opened(app) as tx:
        made = prints.many(tx, commands.known(tx, object).name, queries.ids(), document)
    return uploads.made(made.name, presses.MEDIA, made.pdf())


@route(BLUEPRINT, "/apps/<app>/records/<object>/<int:id>/course", Access.PERSON)
def course(app: str, object: str, id: int) -> ResponseReturnValue:
    """The documents that a record came from, and those that came of it; a piece of its page."""
    with opened(app) as tx:
        record = reading.get(tx, commands.known(tx, object).name, id)
        return fragment("records/_course.html", course=courses.of(record))


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
        return offered(tx, object, path, lookups.lookup(tx, object, path, request.args.get("q", "").strip()))


@route(BLUEPRINT, "/apps/<app>/lookup/<object>/<path>", Access.PERSON, methods=("POST",))
def lookup_in_draft(app: str, object: str, path: str) -> ResponseReturnValue:
    """Candidates that depend on the rest of the form, which comes along; nothing is written."""
    with opened(app) as tx:
        draft = posted_forms.draft_at(tx, commands.known(tx, object), request.form)
        found = lookups.lookup(tx, object, path, request.form.get("_q", "").strip(), draft=draft)
        return offered(tx, object, path, found)


@route(BLUEPRINT, "/apps/<app>/lookup/<object>/<path>/named", Access.PERSON, methods=("POST",))
def named(app: str, object: str, path: str) -> ResponseReturnValue:
    """Which records many texts mean (cells of a spreadsheet, scanned codes): by text, None where it is not clear."""
    words = list(dict.fromkeys(word.strip() for word in request.form.getlist("q")))
    if len(words) > MOST_NAMES:
        raise Unreadable(say(zh="最多 {most} 行", en="{most} rows at most", most=MOST_NAMES))
    with opened(app) as tx:
        commands.known(tx, object)
        _, link = lookups.link_at(tx, object, path)
        found = lookups.named(tx, object, path, filter(None, words))
        return jsonify({
            "found": {word: candidates.candidate(tx, link, one) if one is not None else None
                      for word, one in found.items()}
        })


def offered(tx: Tx, object: str, path: str, found: Sequence[Record]) -> Response:
    """Candidates as the control of a link takes them."""
    _, link = lookups.link_at(tx, object, path)
    return jsonify(items=[candidates.candidate(tx, link, one) for one in found[:SUGGESTIONS]])


@route(BLUEPRINT, "/apps/<app>/search", Access.PERSON)
def search(app: str) -> ResponseReturnValue:
    """Everything that the visitor may see and that the words fit, a few of each object."""
    words = request.args.get("q", "").strip()[:200]
    with opened(app) as tx:
        return page(tx, "records/search.html", words=words, groups=lists.everywhere(tx, words) if words else [])
