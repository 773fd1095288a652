"""What is done with many ticked records at once: each by its own command, with a result for each. Asks once for all."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.definitions.objects import Object
from engine.digits import whole
from engine.errors import Failure, Invalid, NotFound
from engine.kinds.fields.base import Field
from engine.runtime.services import commands, inputs, reading
from engine.runtime.services.records import Record
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage import replies as kept
from engine.runtime.storage.live import Tx
from engine.runtime.web import forms as posted_forms
from engine.runtime.web import queries, replies
from engine.runtime.web.pages.actions import known
from engine.runtime.web.present import addresses, asks, cell_forms, controls
from engine.runtime.web.present.controls import Setting
from engine.runtime.web.routes import Access, route
from engine.runtime.web.shells import go, page
from engine.runtime.web.visits import language, opened, run
from engine.texts import Text, say

BLUEPRINT = Blueprint("bulks", __name__)
MOST_AT_ONCE = 500
EDIT, DELETE = "~edit", "~delete"
OWN = ("id", "_go", "_field")                  # what the form of many has beside that of one
CHANGE = say(zh="修改字段", en="Change a field")
REMOVE = say(zh="删除", en="Delete")
OUTCOME = "outcome of many"                    # what a kept answer of this module is marked with
FORGOTTEN = say(zh="这次批量操作的结果已不再保留", en="The result of that is no longer kept")
NONE = say(zh="请先勾选记录", en="Tick some records first")


@route(BLUEPRINT, "/apps/<app>/records/<object>/bulk/<name>", Access.PERSON, methods=("POST",))
def bulk(app: str, object: str, name: str) -> ResponseReturnValue:
    """Ask what has to be asked, then do it with every ticked record. What became of them is a page of its own: whoever
    reloads it does nothing twice."""
    ids = [id for one in queries.ticked(MOST_AT_ONCE) if (id := whole(one)) is not None]
    if not ids:
        raise Invalid(NONE)
    with opened(app) as tx:
        asked = question(tx, object, name, ids)
    if asked is not None:
        return asked
    label, command = command_of(app, object, name)
    failed: list[tuple[int, str]] = []
    for id in ids:
        try:
            run(app, lambda tx, id=id: command(tx, id))  # type: ignore[misc]
        except Failure as failure:
            failed.append((id, failure.message.to(language())))
    token, who = secrets.token_urlsafe(16), replies.visitor()
    outcome = {"object": object, "label": label.to(language()), "ids": ids, "failed": failed}

    def note(tx: Tx) -> None:
        kept.claim(tx, who, token, OUTCOME)
        kept.keep(tx, who, token, 200, outcome)

    run(app, note)
    return go(addresses.records(app, object) + f"/outcome/{token}")


@route(BLUEPRINT, "/apps/<app>/records/<object>/outcome/<token>", Access.PERSON)
def told(app: str, object: str, token: str) -> ResponseReturnValue:
    """The page that says what became of each."""
    with opened(app) as tx:
        commands.known(tx, object)
        outcome = kept.kept(tx, replies.visitor(), token)
        if not isinstance(outcome, dict) or outcome.get("object") != object:
            raise NotFound(FORGOTTEN)
        ids, failed = outcome["ids"], outcome["failed"]
        reasons = dict(failed)
        titles = {id: title_of(tx, object, id) for id in ids}
        context: dict[str, Any] = {
            "label": outcome["label"],
            "done": len(ids) - len(failed),
            "total": len(ids),
            "failed": [(titles[id], addresses.record(app, object, id), reason) for id, reason in failed],
            "well": [(titles[id], addresses.record(app, object, id)) for id in ids if id not in reasons],
            "back": addresses.records(app, object),
        }
        return page(tx, "actions/bulk.html", **context)


def title_of(tx: Tx, object: str, id: int) -> str:
    """The title of a record, its bare number where it is out of sight."""
    try:
        return reading.get(tx, object, id).title
    except NotFound:
        return f"#{id}"


def command_of(app: str, object: str, name: str) -> tuple[Text, Callable[[Tx, int], None]]:
    """What is done with each record, and how that is called. What was typed is read once."""
    with opened(app) as tx:
        if name == DELETE:
            return REMOVE, lambda tx, id: commands.delete(tx, object, id)
        if name == EDIT:
            field = field_of(tx, commands.known(tx, object), request.form.get("_field", ""))
            values = inputs.read(tx, object, typed(tx, object, {}), form=True)
            return field.label, lambda tx, id: None if commands.update(tx, object, id, values) else None
        action = known(tx, object, name)
        given = inputs.read_asked(tx, object, action, typed(tx, object, {f.name: f for f in action.ask}), form=True)
        return action.label, lambda tx, id: None if commands.act(tx, object, id, name, given=given) else None


def typed(tx: Tx, object: str, asked: dict[str, Field]) -> dict[str, Any]:
    """The raw values of the form, without what says for whom they are."""
    form = request.form.copy()
    for key in OWN:
        form.poplist(key)
    return dict(posted_forms.read(tx.app, tx.app.objects[object], form, asked).raw)


def question(tx: Tx, object: str, name: str, ids: Sequence[int]) -> ResponseReturnValue | None:
    """The page that asks, if something is to be asked and was not answered yet."""
    obj = commands.known(tx, object)
    if "_go" in request.form:
        return None
    record = first_of(tx, object, ids)
    url = addresses.records(tx.app.name, object) + f"/bulk/{name}"
    context: dict[str, Any] = {"url": url, "ids": ids, "view": None, "control": None, "choices": (), "field": ""}
    if name == DELETE:
        context |= {"label": REMOVE.to(language()), "sure": True}
    elif name == EDIT:
        wanted = request.form.get("_field", "")
        context |= {"label": CHANGE.to(language()), "choices": choices(tx, obj)}
        if wanted:
            context |= {"field": wanted, "control": control_of(record, field_of(tx, obj, wanted))}
    else:
        action = known(tx, object, name)
        if not asks.needed(action):
            return None
        context |= {"label": action.label.to(language()), "view": asks.of(record, action)}
    back = addresses.records(tx.app.name, object)
    return page(tx, "actions/bulk_ask.html", back=back, **context)


def first_of(tx: Tx, object: str, ids: Sequence[int]) -> Record:
    """The first ticked record that is in sight: what is asked is drawn for it."""
    for id in ids:
        try:
            return reading.get(tx, object, id)
        except NotFound:
            continue
    raise NotFound(access.GONE)


def choices(tx: Tx, obj: Object) -> list[tuple[str, str]]:
    """The fields that can be changed in many records at once."""
    open_fields = access.editable_fields(tx, obj, None, "edit") & access.visible_fields(tx, obj)
    fields = (f for f in obj.fields.values() if f.name in open_fields and cell_forms.editable(obj, f.name))
    return [(f.name, f.label.to(tx.actor.language)) for f in fields if not f.unique]


def field_of(tx: Tx, obj: Object, name: str) -> Field:
    """A field that can be changed so."""
    if name not in dict(choices(tx, obj)):
        raise Invalid(say(zh="不能批量修改 {name}", en="{name} cannot be changed in many records at once", name=name))
    return obj.fields[name]


def control_of(record: Record, field: Field) -> controls.Control:
    """The blank control of the field's new value."""
    session = Session(record.session.tx)
    setting = Setting(session.tx.app.name, record.object, session.tx.actor.language, {}, {}, frozenset())
    return controls.typable(setting, record, field, field.name, None)
