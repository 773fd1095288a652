"""Many creates, changes, deletes and actions in one request, all or nothing or each by itself. Knows commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from engine.errors import Failure, FieldError, Invalid, Unreadable
from engine.runtime.services import commands, inputs
from engine.runtime.storage.live import Tx
from engine.runtime.web import bodies, failures, replies
from engine.runtime.web.api import corrections
from engine.runtime.web.api.actions import take
from engine.runtime.web.present import documents
from engine.runtime.web.replies import Reply
from engine.runtime.web.routes import Access, route
from engine.runtime.web.visits import header_key, language
from engine.texts import say

BLUEPRINT = Blueprint("api_bulks", __name__)
MOST = 500
LONGEST = 150                                  # characters of a key
KEYS = ("op", "id", "values", "key", "accept")


@route(BLUEPRINT, "/api/<app>/<object>/bulk", Access.PERSON, methods=("POST",))
def bulk(app: str, object: str) -> ResponseReturnValue:
    """Carry the items out in their order; `atomic` (the default): one refusal undoes them all. Else the key of the
    request is that of each item, with its place, so that a request that comes again goes on where it stood."""
    body, whole = bodies.read_json(), header_key()
    bodies.only(body, "atomic", "items")
    items, atomic = read_items(body.get("items")), body.get("atomic", True)
    if not isinstance(atomic, bool):
        bodies.refuse(say(zh="atomic 只能是 true 或 false", en="atomic is true or false"))
    if atomic:
        reply = replies.once(app, whole, lambda tx: Reply(200, {"results": together(tx, object, items)}))
        return jsonify(reply.body)
    keys = [key_of(object, item) or (whole and f"bulk {number} {whole}") for number, item in enumerate(items)]
    return jsonify(results=[alone(app, object, item, key) for item, key in zip(items, keys, strict=True)])


def read_items(items: Any) -> list[Mapping[str, Any]]:
    """The items, of the right shape and not too many."""
    if not isinstance(items, list) or len(items) > MOST or not all(isinstance(item, dict) for item in items):
        bodies.refuse(
            say(zh="items 是最多 {most} 个对象的列表", en="items is a list of at most {most} objects", most=MOST)
        )
    for item in items:
        bodies.only(item, *KEYS)
        if not isinstance(item.get("op"), str) or not isinstance(item.get("values"), dict | None):
            bodies.refuse(say(zh="每项都要有 op，values 是对象", en="Each item has an op; its values are an object"))
        bodies.names_in(item, "accept")
        if not isinstance(item.get("key"), str | None) or len(item.get("key") or "") > LONGEST:
            bodies.refuse(say(zh="key 是最多 {most} 个字符的文本", en="A key is a text of {most} characters at most",
                              most=LONGEST))
        if item["op"] != "create" and not bodies.is_id(item.get("id")):
            bodies.refuse(say(zh="{op} 需要 id", en="{op} needs an id", op=item["op"]))
    return items


def together(tx: Tx, object: str, items: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """All items in one transaction; the first failure says at which item and undoes everything."""
    results = []
    for number, item in enumerate(items):
        try:
            with tx.connection.begin_nested():     # a refusal by the database leaves what follows able to read
                reply = replies.within(tx, key_of(object, item), lambda tx: done(tx, object, item), body=item)  # noqa: B023
                results.append(reply.body)
        except Failure as failure:
            corrected(tx, object, item, failure)
            located(failure, number)
            raise
    return results


def corrected(tx: Tx, object: str, item: Mapping[str, Any], failure: Failure) -> None:
    """Add whatever else is wrong with the values of an item."""
    if isinstance(failure, (Invalid, Unreadable)) and failure.errors and item["op"] in ("create", "update"):
        corrections.complete(tx, object, item.get("values") or {}, item.get("id"), failure)


def located(failure: Failure, number: int) -> None:
    """Make the failure of one item that of the whole request: message and errors are at `items.N` or below it."""
    errors = failure.errors or (FieldError("", failure.message, failure.code),)
    failure.errors = tuple(replace(e, field=f"items.{number}.{e.field}".rstrip(".")) for e in errors)
    failure.message = say(zh="items.{n}：{message}", en="items.{n}: {message}", n=number, message=failure.message)


def key_of(object: str, item: Mapping[str, Any]) -> str:
    """Under which the answer of an item is kept; blank without a key."""
    return f"{object}:{item['key']}" if item.get("key") else ""


def alone(app: str, object: str, item: Mapping[str, Any], key: str) -> dict[str, Any]:
    """One item in a transaction of its own; with a key it is carried out once."""

    def command(tx: Tx) -> Reply:
        try:
            with tx.connection.begin_nested():
                return done(tx, object, item)
        except (Invalid, Unreadable) as failure:
            corrected(tx, object, item, failure)
            raise

    try:
        reply = replies.once(app, key, command, body=item)
    except Failure as failure:
        problem = {"title": failures.TITLES[failure.status].to(language()), "detail": failure.message.to(language())}
        return {"status": failure.status, "problem": {**problem, **failures.problem_of(failure, language())}}
    result: dict[str, Any] = reply.body
    return result


def done(tx: Tx, object: str, item: Mapping[str, Any]) -> Reply:
    """One item carried out, as an answer that may be kept."""
    return Reply(200, carry_out(tx, object, item))


def carry_out(tx: Tx, object: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """One item: its status and the record as it is then."""
    commands.known(tx, object)
    values, id, accept = item.get("values") or {}, item.get("id"), bodies.names_in(item, "accept")
    verbs: dict[str, Callable[[], dict[str, Any]]] = {
        "create": lambda: made(201, commands.create(tx, object, inputs.read(tx, object, values), accept=accept)),
        "update": lambda: made(
            200, commands.update(tx, object, int(id or 0), inputs.read(tx, object, values), accept=accept)
        ),
        "delete": lambda: deleted(tx, object, int(id or 0)),
    }
    if item["op"] in verbs:
        return verbs[item["op"]]()
    given = {"input": values, "accept": accept}
    return {"status": 200, "record": take(tx, object, int(id or 0), item["op"], given, None).body}


def made(status: int, record: Any) -> dict[str, Any]:
    return {"status": status, "record": documents.record(record)}


def deleted(tx: Tx, object: str, id: int) -> dict[str, Any]:
    """Delete, and say so."""
    commands.delete(tx, object, id)
    return {"status": 204, "record": None}
