"""The task inbox, one task, decisions one by one and in a batch. Knows tasks and the decide command."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.definitions.flows import CHOICE
from engine.digits import SMALL_DIGITS, whole
from engine.errors import Failure, FieldError, NotFound
from engine.runtime.services import commands, inputs, reading
from engine.runtime.services.approvals import boxes, flow_patches, returned, tasks
from engine.runtime.services.approvals.asking_others import Company
from engine.runtime.services.approvals.tasks import TaskView
from engine.runtime.services.identity import people
from engine.runtime.storage.live import Tx
from engine.runtime.web import forms as posted_forms
from engine.runtime.web import queries, signatures
from engine.runtime.web.forms import Posted
from engine.runtime.web.present import addresses, asks, details, inbox_filters, inboxes, revisions
from engine.runtime.web.present.blocks import Block
from engine.runtime.web.present.facts import Part
from engine.runtime.web.present.inboxes import VERBS
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import fragment, go, page, wants_fragment
from engine.runtime.web.snapshots import site
from engine.runtime.web.visits import language, opened, run
from engine.texts import say

BLUEPRINT = Blueprint("tasks", __name__)
LIMIT = 50
MOST_AT_ONCE = 500
DONE = say(zh="已处理", en="Done")
ASKED = say(zh="已提交撤销申请", en="It was asked for")
STAYING = {                                    # verbs after which the task is still there, and what is said then
    "urge": say(zh="已催办", en="They were reminded"), "claim": say(zh="已领取", en="It is yours now"),
    "stash": say(zh="已暂存", en="Kept"), "cc": say(zh="已抄送", en="They can read it now"),
}
OWN = ("to", "people", "copied", "signature", "signature_file", "kind", "rule", "back", "_facts")  # of no field
BATCH_VERBS = ("approve", "reject")


@route(BLUEPRINT, "/apps/<app>/tasks", Access.PERSON)
def index(app: str) -> ResponseReturnValue:
    """One box of the inbox, filtered and in the order that the address asks for."""
    asked = request.args
    sort = "new" if asked.get("sort") == "new" else "due"
    with opened(app) as tx:
        wanted, cursor = inbox_filters.read(asked), asked.get("cursor", "") or asked.get("before", "")
        view = inboxes.of(tx, asked.get("box", "todo"), wanted, sort=sort, cursor=cursor, limit=LIMIT)
        return page(tx, "tasks/list.html", view=view, batch_url=addresses.tasks(app) + "/batch")


@route(BLUEPRINT, "/apps/<app>/tasks/submitters", Access.PERSON)
def submitters(app: str) -> ResponseReturnValue:
    """People who submitted what is in a box, for the filter's control."""
    with opened(app) as tx:
        found = boxes.submitters(tx, request.args.get("box", "todo"), request.args.get("q", "")[:100])
        return jsonify(items=[{"id": one.id, "title": one.title} for one in found])


@route(BLUEPRINT, "/apps/<app>/tasks/<int:id>", Access.PERSON)
def show(app: str, id: int) -> ResponseReturnValue:
    """One task with its record and what may be done; a piece of the inbox where it stands beside its list."""
    with opened(app) as tx:
        view = tasks.get(tx, id)
        drawn = draw(tx, id, view, Posted({}, {}))
    if view.unread:
        run(app, lambda tx: tasks.mark_read(tx, id))
    return drawn


@route(BLUEPRINT, "/apps/<app>/tasks/<int:id>/<verb>", Access.PERSON, methods=("POST",))
def decide(app: str, id: int, verb: str) -> ResponseReturnValue:
    """Decide; a refusal shows the task again with its reason and what was typed."""
    if verb not in VERBS:
        raise NotFound(tasks.GONE)
    company = Company(
        next(reversed(ids_in("to")), None),
        tuple(ids_in("copied" if verb == "cc" else "people")),
        request.form.get("kind", "before"),
        request.form.get("rule", "all"),
        *returning_to(request.form.get("back", "")),
        {name.removeprefix(CHOICE): tuple(ids_in(name)) for name in request.form if name.startswith(CHOICE)},
        signatures.given(request.form.get("signature", ""), request.files.get("signature_file")),
        request.form.get("_facts", ""),
    )
    with opened(app) as tx:
        record = tasks.get(tx, id).item.record
        object = record.object
        form = request.form.copy()
        for name in (*OWN, *(one for one in form if one.startswith(CHOICE))):
            form.poplist(name)
        posted = posted_forms.read(tx.app, tx.app.objects[object], form)
    try:
        run(
            app,
            lambda tx: commands.decide(
                tx,
                id,
                verb,
                comment=posted.comment,
                values=inputs.read(tx, object, posted.raw, form=True),
                version=posted.version,
                company=company,
                key=posted.key,
            ),
        )
    except Failure as failure:
        if failure.status >= 500 or isinstance(failure, NotFound):
            raise
        with opened(app) as tx:
            return draw(tx, id, tasks.get(tx, id), posted, failure)
    if verb in STAYING:
        return go(addresses.task(app, id), STAYING[verb].to(language()))
    if verb == "revoke":
        return go(addresses.record(app, object, record.id), ASKED.to(language()))
    return go(addresses.tasks(app), DONE.to(language()))


@route(BLUEPRINT, "/apps/<app>/tasks/<int:id>/signature", Access.PERSON)
def signature(app: str, id: int) -> ResponseReturnValue:
    """The signature of a decision."""
    with opened(app) as tx:
        return signatures.shown(tx, id)


def ids_in(name: str) -> list[int]:
    """The people that the controls of a name hold."""
    return [id for one in request.form.getlist(name) if (id := whole(one)) is not None]


def returning_to(chosen: str) -> tuple[str, str]:
    """The step and the mode of a return, as the page posts them: `chief` or `chief direct`."""
    name, _, mode = chosen.partition(" ")
    return name, mode


def draw(
    tx: Tx, id: int, view: TaskView, posted: Posted, failure: Failure | None = None
) -> ResponseReturnValue:
    """The page of one task, or its panel in the inbox."""
    record = reading.get(tx, view.item.record.object, view.item.record.id)
    errors: tuple[FieldError, ...] = tuple(failure.errors) if failure else ()
    chosen, base = tx.actor.language, addresses.task(tx.app.name, id)
    blocks, detail = asks.of_step(record, open_fields(view), posted.typed, errors, view.require), details.of(record)
    context: dict[str, Any] = {
        "task": inboxes.row(tx, record.session, view.item),
        "detail": detail,
        "parts": beside(detail.parts, blocks),
        "since": None if detail.change else revisions.of(record, returned.changes(record, view)),
        "base": base,
        "edit_url": detail.edit_url if "resubmit" in view.verbs else "",
        "record_url": addresses.record(tx.app.name, record.object, record.id or 0),
        "blocks_open": blocks,
        "verbs": inboxes.verbs(view, chosen),
        "view": view,
        "choose": [(one, one.label.to(chosen)) for one in view.choose],
        "message": failure.message.to(chosen) if failure else "",
        "errors": {e.field: e.message.to(chosen) for e in errors},
        "colleagues": colleagues(tx) if "transfer" in view.verbs else [],
        "back": inboxes.back(view, chosen),
        "ways": [(way, inboxes.WAYS[way].to(chosen)) for way in view.add_sign],
        "rules": [(rule, inboxes.RULES[rule].to(chosen)) for rule in inboxes.RULES],
        "comment": posted.comment if failure is not None else stashed(view),
        "key": posted.key or secrets.token_urlsafe(16),
        "version": view.item.version,
        "seen": flow_patches.shown(record, open_fields(view)),
    }
    status = failure.status if failure else 200
    if wants_fragment():                       # beside the inbox, see frontend/panels.js
        return fragment("tasks/show.html", status=status, frame="panel.html", panel_url=base, **context)
    return page(tx, "tasks/show.html", status=status, **context)


def stashed(view: TaskView) -> str:
    """What the person has written and kept for later."""
    return view.item.opinion if {"approve", "done", "answer"} & {*view.verbs} else ""


def beside(parts: Sequence[Part], blocks: Sequence[Block]) -> list[Part]:
    """The parts of the record without the lines that stand open in the decision's own form."""
    open_lines = {block.grid.name for block in blocks if block.grid is not None}
    return [part for part in parts if part.grid is None or part.grid.name not in open_lines]


def open_fields(view: TaskView) -> tuple[str, ...]:
    """The fields that the step opens to whoever may decide; a revision is done in the record's own form."""
    return view.edit or () if {"approve", "done"} & {*view.verbs} else ()


def colleagues(tx: Tx) -> list[dict[str, Any]]:
    """The people to whom a task can be given."""
    return [
        {"id": p["id"], "name": p["name"] or p["login"]}
        for p in people.all_users(site())
        if p["active"] and p["id"] != tx.actor.id
    ]


@route(BLUEPRINT, "/apps/<app>/tasks/batch", Access.PERSON, methods=("POST",))
def batch(app: str) -> ResponseReturnValue:
    """Decide all ticked tasks (`id` as `task:version`), each by itself; what failed is listed with its reason."""
    verb = request.form.get("verb", "")
    if verb not in BATCH_VERBS:
        raise NotFound(tasks.GONE)
    failed: list[tuple[int, str]] = []
    well: list[tuple[str, str]] = []
    picked = picked_in(queries.ticked(MOST_AT_ONCE))
    comment = request.form.get("_comment", "").strip()
    for id, version in picked:
        try:
            well.append((decide_one(app, id, version, verb, comment) or f"#{id}", addresses.task(app, id)))
        except Failure as failure:
            failed.append((id, failure.message.to(language())))
    with opened(app) as tx:
        context: dict[str, Any] = {
            "label": VERBS[verb].to(language()),
            "done": len(well),
            "total": len(picked),
            "failed": [(called(tx, id), addresses.task(app, id), reason) for id, reason in failed],
            "well": well,
            "back": addresses.tasks(app),
        }
        return page(tx, "actions/bulk.html", **context)


def called(tx: Tx, id: int) -> str:
    """What the record of a task is called; its number where the person has nothing to do with it any more."""
    try:
        return tasks.get(tx, id).item.record.title or f"#{id}"
    except NotFound:
        return f"#{id}"


def picked_in(given: Sequence[str]) -> list[tuple[int, int]]:
    """The tasks and versions that are ticked; what is none of ours is left out."""
    pairs = (one.partition(":") for one in given)
    read = ((whole(id), whole(version, SMALL_DIGITS)) for id, _, version in pairs)
    return [(id, version) for id, version in read if id is not None and version is not None]


def decide_one(app: str, id: int, version: int, verb: str, comment: str) -> str:
    """One decision of a batch; what its record is called."""

    def decided(tx: Tx) -> str:
        tasks.refuse_in_batch(tx, id)
        return commands.decide(tx, id, verb, comment=comment, version=version).record.title

    return run(app, decided)
