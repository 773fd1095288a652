"""Workflow tasks over REST, of all apps. Knows tasks and the decide command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine.errors import NotFound
from engine.runtime.services import commands, inputs
from engine.runtime.services import reading as readings
from engine.runtime.services.approvals import flow_patches, tasks
from engine.runtime.services.approvals.asking_others import Company
from engine.runtime.services.approvals.deciding.company import KINDS, RULES
from engine.runtime.services.sessions import Session
from engine.runtime.storage import task_rows
from engine.runtime.storage.live import Tx
from engine.runtime.web import bodies, queries, replies, signatures
from engine.runtime.web.api.actions import envelope
from engine.runtime.web.present import documents
from engine.runtime.web.replies import Reply
from engine.runtime.web.routes import Access, route
from engine.runtime.web.snapshots import reading
from engine.runtime.web.visits import apps, header_key, language, opened
from engine.texts import say

BLUEPRINT = Blueprint("api_tasks", __name__)
ASKED = ("to", "version", "kind", "rule", "back", "mode", "choose", "signature", "seen")
MODES = ("rerun", "direct")
BOXES = {"open": "todo", "todo": "todo", "done": "done", "started": "started", "copied": "copied"}


@route(BLUEPRINT, "/api/tasks", Access.PERSON)
def index() -> ResponseReturnValue:
    """One box of the caller's tasks, newest first: `state` is open, done, started or copied; `app` narrows it."""
    queries.known(("state", "app", "limit", "cursor"))
    state = request.args.get("state", "open")
    if state not in BOXES:
        queries.refuse("state", ", ".join(BOXES))
    limit, before = queries.whole("limit", queries.LIMIT, 1, queries.MOST), queries.whole("cursor", 0, 1, 2**31)
    found = []
    for name in app_names():
        with opened(name) as tx:
            items = tasks.inbox(tx, BOXES[state], before=before or None, limit=limit)
            found += [(item.place, documents.task(item, name, language())) for item in items]
    found.sort(key=lambda pair: -pair[0])
    picked = found[:limit]
    more = str(picked[-1][0]) if len(found) >= limit and picked else None
    return jsonify(documents.listing([document for _, document in picked], more, None))


def app_names() -> list[str]:
    """The apps whose tasks are asked for."""
    wanted = request.args.get("app", "")
    return [live.app.name for live in apps() if wanted in ("", live.app.name)]


@route(BLUEPRINT, "/api/tasks/<int:id>", Access.PERSON)
def one(id: int) -> ResponseReturnValue:
    """One task: what the caller may do, which fields are open and must be filled in, and `seen`, to be given back."""
    app, _ = place_of(id)
    with opened(app) as tx:
        view = tasks.get(tx, id)
        record = readings.get(tx, view.item.record.object, view.item.record.id)
        return jsonify({
            **documents.task(view.item, app, language()),
            "verbs": [verb.replace("_", "-") for verb in view.verbs],
            "edit": None if view.edit is None else list(view.edit), "require": list(view.require),
            "seen": flow_patches.shown(record, view.edit or ()),
        })


@route(BLUEPRINT, "/api/tasks/<int:id>/<verb>", Access.PERSON, methods=("POST",))
def decide(id: int, verb: str) -> ResponseReturnValue:
    """Decide a task: approve, reject, return, transfer and delegate (with `to`), add-signer (with `to`, one or several,
    `kind` and `rule`), urge, comment …; answers with the record as it is."""
    body = envelope(bodies.read_json(optional=True), *ASKED)
    if body.get("version") is not None and not bodies.is_id(body["version"]):
        bodies.refuse(say(zh="version 必须是整数", en="version is an integer"))
    names, company = names_of(body), company_of(body)
    app, object = place_of(id)

    def command(tx: Tx) -> Reply:
        people = tuple(person(tx, name) for name in names)
        outcome = commands.decide(
            tx,
            id,
            verb.replace("-", "_"),
            comment=body.get("comment") or "",
            version=body.get("version"),
            company=replace(company, to=people[0] if len(people) == 1 else None, people=people,
                            choose=chosen(tx, body.get("choose"))),
            values=inputs.read(tx, object, body.get("input") or {}),
        )
        return Reply(200, documents.record(outcome.record))

    return jsonify(replies.once(app, header_key(), command).body)


@route(BLUEPRINT, "/api/tasks/<int:id>/signature", Access.PERSON)
def signature(id: int) -> ResponseReturnValue:
    """The signature of a decision that concerns the caller, as a picture."""
    with opened(place_of(id)[0]) as tx:
        return signatures.shown(tx, id)


def names_of(body: Mapping[str, Any]) -> list[int | str]:
    """The logins or numbers of the people whom a body names."""
    to = body.get("to")
    names = to if isinstance(to, list) else [] if to is None else [to]
    if not all(bodies.is_id(one) or (isinstance(one, str) and one) for one in names):
        bodies.refuse(say(
            zh="to 是人员的账号或编号，也可以是它们的列表", en="to is the login or id of a person, or a list of these"
        ))
    return names


def person(tx: Tx, name: int | str) -> int:
    """The number of a person who is named by it or by the login."""
    if isinstance(name, int):
        return name
    found = Session(tx).find("user", name)
    if found is None:
        bodies.refuse(say(zh="没有账号为“{login}”的人员", en="Nobody has the login “{login}”", login=name))
    return found.id


def chosen(tx: Tx, given: object) -> dict[str, tuple[int, ...]]:
    """People for later steps: the names of steps with logins or numbers."""
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(isinstance(one, list) for one in given.values()):
        bodies.refuse(say(zh="choose 是步骤名到人员列表的映射", en="choose maps names of steps to lists of people"))
    return {step: tuple(person(tx, name) for name in names_of({"to": users})) for step, users in given.items()}


def company_of(body: Mapping[str, Any]) -> Company:
    """How those who are added take part, or where a return goes; without the people."""
    kind, rule = body.get("kind", "before"), body.get("rule", "all")
    if kind not in KINDS or rule not in RULES:
        known = {"kinds": ", ".join(KINDS), "rules": ", ".join(RULES)}
        bodies.refuse(say(
            zh="kind 可为 {kinds}；rule 可为 {rules}", en="kind is one of {kinds}; rule is one of {rules}", **known
        ))
    back, mode = body.get("back") or "", body.get("mode") or ""
    if not isinstance(back, str) or mode not in ("", *MODES):
        bodies.refuse(say(zh="back 是步骤名，mode 可为 rerun、direct", en="back names a step, mode is rerun or direct"))
    signature = body.get("signature") or ""
    if not isinstance(signature, str):
        bodies.refuse(say(zh="signature 是图片的 data URL", en="signature is a picture as a data URL"))
    seen = body.get("seen") or ""
    if not isinstance(seen, str):
        bodies.refuse(say(zh="seen 是读取待办时得到的文本", en="seen is the text that came with the task"))
    return Company(kind=kind, rule=rule, back=back, mode=mode, signature=signatures.given(signature), seen=seen)


def place_of(id: int) -> tuple[str, str]:
    """The app and object of a task that concerns the caller."""
    with reading() as connection:
        row = task_rows.concerned(connection, id)
        if row is None:
            raise NotFound(tasks.GONE)
        with opened(row["app"]) as tx:
            return row["app"], tasks.object_of(tx, row)
