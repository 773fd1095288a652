"""What an administrator says about webhooks, out and in: addresses and secrets, which no definition and no database
holds; signatures after Standard Webhooks. Sends and receives nothing.

`FORMWORK_HOOKS` names a file that the owner of the process alone reads:

    [shop.crm]                     # app and name: of the step `webhook: crm`, of the trigger `webhook: crm`
    url = "https://crm.example/in" # out: where it goes
    secret = "whsec_…"             # out: what the receiver checks the signature with; base64
    plain = false                  # out: true = http is allowed
    private = false                # out: true = an address of the own network is allowed
    receive = "whsec_…"            # in: what the sender signs with; a list while it changes

The two secrets differ, so that what was sent to a system does not come back as if it were from there."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.errors import Failure
from engine.texts import say

SETTING = "FORMWORK_HOOKS"
WINDOW = 300                                   # seconds by which the clocks of both sides may differ
LONGEST = 200                                  # letters of a delivery's id


class Unset(Exception):
    """The settings of a webhook are missing or cannot be read; the message says what to write."""


class Unsigned(Failure):
    """A call that nobody who knows the secret has signed now. One answer for every reason but a clock that is off."""

    status, default_code = 401, "signature"


def section(app: str, name: str) -> Mapping[str, Any]:
    """What the settings say of a webhook, {} where nothing; raises `Unset` where they cannot be read."""
    place = os.environ.get(SETTING, "")
    if not place:
        raise Unset(f"the webhook {app}.{name} is not configured: {SETTING} names no file")
    try:
        found = tomllib.loads(Path(place).read_text(encoding="utf-8")).get(app, {}).get(name)
    except (OSError, ValueError, AttributeError) as error:
        raise Unset(f"{SETTING}: {error}") from None
    return found if isinstance(found, dict) else {}


def key_of(secret: str) -> bytes:
    """The key that a secret stands for: base64 after `whsec_`."""
    try:
        found = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not found:
        raise Unset(f"{SETTING}: a secret is base64 after whsec_")
    return found


def receiving(app: str, name: str) -> tuple[bytes, ...]:
    """The keys with which a sender may sign; raises `Unset` where there is none."""
    given = section(app, name).get("receive")
    secrets = [given] if isinstance(given, str) else given
    if not isinstance(secrets, list) or not secrets or not all(isinstance(one, str) for one in secrets):
        raise Unset(f"{SETTING}: there is no [{app}.{name}] with receive")
    return tuple(key_of(one) for one in secrets)


def signature(key: bytes, id: str, moment: int, body: bytes) -> str:
    """What stands in the header `webhook-signature`."""
    signed = hmac.new(key, f"{id}.{moment}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def verify(keys: Iterable[bytes], headers: Mapping[str, str], body: bytes, now: float) -> str:
    """The id of a delivery whose signature fits and is of this moment; raises `Unsigned`.

    `headers`: `webhook-id`, `webhook-timestamp` (seconds), `webhook-signature` (several, parted by spaces)."""
    id, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split()
    if not (0 < len(id) <= LONGEST and id.isascii() and id.isprintable() and moment.isascii() and moment.isdigit()):
        raise Unsigned(UNSIGNED)
    if len(moment) > len(str(int(now))) + 1:
        raise Unsigned(UNSIGNED)
    wanted = [signature(key, id, int(moment), body).encode() for key in keys]
    if not any(hmac.compare_digest(one, other.encode()) for one in wanted for other in given):
        raise Unsigned(UNSIGNED)
    if abs(now - int(moment)) > WINDOW:
        raise Unsigned(STALE)
    return id


UNSIGNED = say(
    zh="签名不正确：需要 webhook-id、webhook-timestamp、webhook-signature",
    en="The signature does not fit: webhook-id, webhook-timestamp and webhook-signature are wanted",
)
STALE = say(
    zh="webhook-timestamp 与此刻相差超过 5 分钟：请检查时钟并重新签名",
    en="webhook-timestamp is more than 5 minutes from now: look at the clock and sign again",
)
