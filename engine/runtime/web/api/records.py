"""Records over REST: list, create, read, change, delete, preview, history, rights,
key figures. Knows services and documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.errors import Conflict, Invalid, Unreadable
from engine.runtime.services import audit, commands, discussions, inputs, occasions, previews, reading
from engine.runtime.services.rights import access
from engine.runtime.storage.live import Tx
from engine.runtime.web import bodies, queries, replies
from engine.runtime.web.api import corrections
from engine.runtime.web.present import conflicts, documents, foresights, key_figures
from engine.runtime.web.replies import Reply
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import header_key, language, opened
from engine.texts import say

BLUEPRINT = Blueprint("api_records", __name__)
ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')
ACCEPT, FORM, OVERRIDE = "accept", "form", "override"
HISTORY = 100  # entries of the audit trail that come at once


@route(BLUEPRINT, "/api/<app>/<object>", Access.PERSON)
def index(app: str, object: str) -> ResponseReturnValue:
    """A page of records."""
    asked = queries.from_address()
    with opened(app) as tx:
        plain = reading.rows(tx, object, asked.query, asked.fields) if asked.fields else None
        if plain is not None:
            items = documents.flat(plain.rows, tx.app.objects[object], asked.fields or ())
            return jsonify(documents.listing(items, plain.next, plain.count))
        page = reading.page(tx, object, asked.query)
        if asked.fields is None:
            reading.load_lines(page.items)
        return jsonify(documents.listing(documents.records(page.items, asked.fields), page.next, page.count))


@route(BLUEPRINT, "/api/<app>/<object>", Access.PERSON, methods=("POST",))
def create(app: str, object: str) -> ResponseReturnValue:
    """A new record; `accept` in the address names warnings that are accepted, `form` a form for an occasion."""
    queries.known((ACCEPT, FORM))
    body, form = bodies.read_json(), request.args.get(FORM)

    def command(tx: Tx) -> Reply:
        commands.known(tx, object)
        values = inputs.read(tx, object, body)
        if form is None:
            return Reply(201, documents.record(commands.create(tx, object, values, accept=accepted())))
        found = occasions.found(tx, object, form)
        return Reply(201, documents.record(occasions.create(tx, found, values, accept=accepted())))

    try:
        reply = replies.once(app, header_key(), command)
    except (Invalid, Unreadable) as failure:
        if form is not None:                   # what it gives besides is not known there
            raise
        raise corrections.completed(app, object, body, None, failure) from None
    return answer(reply, f"/api/{app}/{object}/{reply.body['id']}")


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>", Access.PERSON)
def read(app: str, object: str, id: int) -> ResponseReturnValue:
    """One record, or the `fields` of it that are asked for."""
    queries.known(("fields",))
    fields = queries.names(request.args.get("fields", "")) or None
    with opened(app) as tx:
        found = reading.get(tx, object, id)
        return answer(Reply(200, documents.record(found, fields)), version=found.version)


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>", Access.PERSON, methods=("PATCH",))
def update(app: str, object: str, id: int) -> ResponseReturnValue:
    """Change some fields; lines are merged by id. `accept` as of a new one."""
    queries.known((ACCEPT, OVERRIDE))
    body, version = bodies.read_json(), matched()

    def command(tx: Tx) -> Reply:
        commands.known(tx, object)
        changed = commands.update(tx, object, id, inputs.read(tx, object, body), version=version, accept=accepted(),
                                  override=request.args.get(OVERRIDE, ""))
        return Reply(200, documents.record(changed))

    try:
        return answer(replies.once(app, header_key(), command))
    except Conflict as conflict:
        raise explained(app, object, id, version, conflict, body) from None
    except (Invalid, Unreadable) as failure:
        raise corrections.completed(app, object, body, id, failure) from None


def explained(
    app: str, object: str, id: int, seen: int | None, conflict: Conflict, body: Mapping[str, Any] | None = None
) -> Conflict:
    """The conflict with the fields in which what was sent over the version `seen` differs from what stands."""
    if seen is not None and conflict.current_version > seen:
        with opened(app) as tx:
            theirs = reading.get(tx, object, id)
            mine = None if body is None else previews.preview(tx, object, inputs.read(tx, object, body), id).record
            conflict.conflicts = conflicts.document(theirs, mine, seen)
    return conflict


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>", Access.PERSON, methods=("DELETE",))
def delete(app: str, object: str, id: int) -> ResponseReturnValue:
    """Put a record into the bin."""
    version = matched()

    def command(tx: Tx) -> Reply:
        commands.delete(tx, object, id, version=version)
        return Reply(204, None)

    try:
        replies.once(app, header_key(), command)
    except Conflict as conflict:
        raise explained(app, object, id, version, conflict) from None
    return "", 204


@route(BLUEPRINT, "/api/<app>/<object>/preview", Access.PERSON, methods=("POST",))
def preview(app: str, object: str) -> ResponseReturnValue:
    """What a draft would be, computed and checked, nothing saved; with `id` a change of a stored record. `action` in
    the address: the one that is about to follow, whose own inputs stand beside the fields."""
    queries.known(("action",))
    body = bodies.read_json()
    id = body.pop("id", None)
    if id is not None and not bodies.is_id(id):
        raise Unreadable(say(zh="id 必须是整数", en="The id is an integer"))
    with opened(app) as tx:
        name = request.args.get("action", "")
        action = commands.known(tx, object).actions.get(name)
        given, unfit = ({}, []) if action is None else inputs.readable_inputs(tx, action, body)
        own = () if action is None else tuple(field.name for field in action.ask)
        values, unread = inputs.readable(tx, object, {key: one for key, one in body.items() if key not in own})
        unread += unfit
        if any(error.code == "unknown" for error in unread):
            inputs.refuse(unread)
        draft = previews.preview(tx, object, values, id, action=name, given=given)
        return jsonify(
            values=documents.record(draft.record),
            problems=documents.problems((*unread, *draft.errors), language()),
            warnings=documents.problems(draft.warnings, language()),
            allowed=documents.rights(draft.allowed, draft.record, language()),
            later=foresights.as_json(draft.later, language()),
        )


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>/history", Access.PERSON)
def history(app: str, object: str, id: int) -> ResponseReturnValue:
    """The audit trail of a record, newest first."""
    queries.known(("cursor",))
    cursor = queries.whole("cursor", 0, 1, 2**31)
    with opened(app) as tx:
        record = reading.get(tx, object, id)
        found = audit.history(record.session, record, before=cursor or None)
        more = str(found[-1].id) if len(found) == HISTORY else None
        silent = () if discussions.is_open(tx, record.definition) else audit.DISCUSSED
        return jsonify(documents.listing([documents.event(e) for e in found if e.event not in silent], more, None))


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>/allowed", Access.PERSON)
def allowed(app: str, object: str, id: int) -> ResponseReturnValue:
    """Which fields and actions the caller may use, each refusal with its reason."""
    queries.known(())
    with opened(app) as tx:
        record = reading.get(tx, object, id)
        return jsonify(documents.rights(access.allowed(record), record, language()))


@route(BLUEPRINT, "/api/<app>/<object>/<int:id>/figures", Access.PERSON)
def figures(app: str, object: str, id: int) -> ResponseReturnValue:
    """The key figures of a record that the caller may read."""
    queries.known(())
    with opened(app) as tx:
        record = reading.get(tx, object, id)
        [shown] = access.visible_in(tx, record.definition, [record])
        return jsonify(figures=[asdict(one) for one in key_figures.of(record, shown)])


def matched() -> int | None:
    """The version in `If-Match`; None without the header or with `*`."""
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        return None
    match = ETAG.fullmatch(header)
    if match is None:
        raise Conflict(UNREAD, current_version=0)
    return int(match[1])


UNREAD = say(
    zh='If-Match 不是版本：请照抄读取记录时得到的 ETag，如 "3"',
    en='If-Match names no version: give the ETag that came with the record, as "3"',
)


def accepted() -> tuple[str, ...]:
    """Warnings that are accepted, from the address: the body of a create holds fields only."""
    return tuple(queries.names(request.args.get(ACCEPT, "")))


def answer(reply: Reply, location: str = "", *, version: int | None = None) -> ResponseReturnValue:
    """A record's document with its ETag; `version` where the document does not say it."""
    made = jsonify(reply.body)
    made.status_code = reply.status
    body: Mapping[str, Any] = reply.body
    made.headers["ETag"] = f'"{body["version"] if version is None else version}"'
    if location:
        made.headers["Location"] = location
    return made
