"""Webhooks out of the outbox: signed, sent to where the site's settings (`hooks`) say. Writes no texts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.runtime.jobs import hooks, outbound
from engine.runtime.jobs.hooks import Unset
from engine.runtime.jobs.kinds import Hopeless
from engine.runtime.jobs.outbound import Barred, Target

AGAIN = (408, 425, 429)                        # besides 5xx: worth another try
Caller = Callable[[Target, bytes, Mapping[str, str]], int]


@dataclass(frozen=True, slots=True)
class Hook:
    """Where a webhook goes and how it is signed."""

    target: Target
    secret: bytes


class Unheard(Exception):
    """The other system did not take it; it is tried again."""


def configured(app: str, name: str) -> Hook:
    """The webhook of an app by its name; raises `Hopeless`, which says what to set, where there is none."""
    try:
        found = hooks.section(app, name)
        if not isinstance(found.get("url"), str) or not isinstance(found.get("secret"), str):
            raise Unset(f"{hooks.SETTING}: there is no [{app}.{name}] with url and secret")
        target = Target(found["url"], found.get("plain") is True, found.get("private") is True)
        return Hook(target, hooks.key_of(found["secret"]))
    except Unset as unset:
        raise Hopeless(str(unset)) from None


def send(args: Mapping[str, Any], call: Caller = outbound.post, now: Callable[[], float] = time.time) -> None:
    """Send one webhook: `args` has `app`, `hook`, `id` (the same in every attempt) and `body`. A refusal that will not
    change raises `Hopeless`, any other `Unheard` or OSError."""
    hook = configured(str(args["app"]), str(args["hook"]))
    body = json.dumps(args["body"], ensure_ascii=False, separators=(",", ":")).encode()
    moment = int(now())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Formwork",
        "Idempotency-Key": str(args["id"]),
        "webhook-id": str(args["id"]),
        "webhook-timestamp": str(moment),
        "webhook-signature": hooks.signature(hook.secret, str(args["id"]), moment, body),
    }
    try:
        status = call(hook.target, body, headers)
    except Barred as error:
        raise Hopeless(f"webhook {args['app']}.{args['hook']}: {error}") from None
    if 200 <= status < 300:  # noqa: PLR2004 - the class of success
        return
    text = f"webhook {args['app']}.{args['hook']} was answered with {status}"
    raise Unheard(text) if status in AGAIN or status >= 500 else Hopeless(text)  # noqa: PLR2004
