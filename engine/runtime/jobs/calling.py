"""Webhooks out of the outbox: signed after Standard Webhooks, sent to where the site's settings say. Writes no texts.

Addresses and secrets are in no definition and in no database: `FORMWORK_HOOKS` names a file that the owner alone reads,

    [shop.crm]                     # app and name of the step `webhook: crm`
    url = "https://crm.example/in"
    secret = "whsec_…"             # base64; what the receiver checks the signature with
    plain = false                  # true: http is allowed
    private = false                # true: an address of the own network is allowed"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.runtime.jobs import outbound
from engine.runtime.jobs.kinds import Hopeless
from engine.runtime.jobs.outbound import Barred, Target

SETTING = "FORMWORK_HOOKS"
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
    place = os.environ.get(SETTING, "")
    if not place:
        raise Hopeless(f"the webhook {app}.{name} is not configured: {SETTING} names no file")
    try:
        found = tomllib.loads(Path(place).read_text(encoding="utf-8")).get(app, {}).get(name)
    except (OSError, ValueError, AttributeError) as error:
        raise Hopeless(f"{SETTING}: {error}") from None
    if not isinstance(found, dict) or not isinstance(found.get("url"), str) or not isinstance(found.get("secret"), str):
        raise Hopeless(f"{SETTING}: there is no [{app}.{name}] with url and secret")
    target = Target(found["url"], found.get("plain") is True, found.get("private") is True)
    return Hook(target, key_of(found["secret"]))


def key_of(secret: str) -> bytes:
    """The key that a secret stands for: base64 after `whsec_`."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise Hopeless(f"{SETTING}: a secret is base64 after whsec_") from None


def signature(key: bytes, id: str, moment: int, body: bytes) -> str:
    """What stands in the header `webhook-signature`."""
    signed = hmac.new(key, f"{id}.{moment}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


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
        "webhook-signature": signature(hook.secret, str(args["id"]), moment, body),
    }
    try:
        status = call(hook.target, body, headers)
    except Barred as error:
        raise Hopeless(f"webhook {args['app']}.{args['hook']}: {error}") from None
    if 200 <= status < 300:  # noqa: PLR2004 - the class of success
        return
    text = f"webhook {args['app']}.{args['hook']} was answered with {status}"
    raise Unheard(text) if status in AGAIN or status >= 500 else Hopeless(text)  # noqa: PLR2004
