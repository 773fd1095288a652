"""Idempotent commands: a request that comes twice with one key is carried out once and answered alike. Knows visits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request

from engine.errors import Invalid
from engine.runtime.storage import replies
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.live import Tx
from engine.runtime.web.visits import run, visit
from engine.texts import say

LEFT_OUT = ("csrf_token", "_touched")


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of a command as it is kept: the status and whatever the handler needs to answer again (JSON)."""

    status: int
    body: Any


def once(
    app: str, key: str, command: Callable[[Tx], Reply], *, body: Any = None, acting: Actor | None = None
) -> Reply:
    """Run a command in one transaction, at most once per visitor and key (a blank key: always); as the visitor, or as
    `acting`.

    The answer is kept in the same transaction. The same key with another route or body (the request's, or `body` for
    a part of it) raises `Invalid`."""
    return run(app, lambda tx: within(tx, key, command, body=body), acting)


def within(tx: Tx, key: str, command: Callable[[Tx], Reply], *, body: Any = None) -> Reply:
    """The same in a transaction at hand."""
    if not key:
        return command(tx)
    who, digest = visitor(), fingerprint(body)
    kept = replies.claim(tx, who, key, digest)
    if kept is not None:
        if kept.digest != digest:
            raise Invalid(OTHER_BODY, code="idempotency")
        return Reply(kept.status, kept.reply)
    reply = command(tx)
    replies.keep(tx, who, key, reply.status, reply.body)
    return reply


OTHER_BODY = say(
    zh="这个 Idempotency-Key 已用于另一个请求，请换一个",
    en="This Idempotency-Key was used for another request; take a new one",
)


def visitor() -> str:
    """Whose keys these are."""
    person = visit().person
    return f"user:{person.id}" if person is not None else f"public:{request.remote_addr}"


def fingerprint(body: Any) -> str:
    """What identifies the request: its method, route and body (of a form without what changes by itself)."""
    total = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    if body is not None:
        total.update(json.dumps(body, sort_keys=True, default=str).encode())
    elif request.form:
        fields = sorted((k, v) for k, values in request.form.lists() if k not in LEFT_OUT for v in values)
        total.update(json.dumps(fields, ensure_ascii=False).encode())
    else:
        total.update(request.get_data())
    return total.hexdigest()
