"""The token of forms as pages carry it: another text in each answer, though the session's stays the same.

A compressed answer's length would else tell, guess by guess, what the token is. Knows no request."""

from __future__ import annotations

import base64
import hmac
import secrets
from binascii import Error

from engine.digits import whole

OF = "~"                                       # before the number of the person at the end of a session's token


def masked(token: str) -> str:
    """The token under a mask made for this answer; a blank one stays blank."""
    plain = token.encode()
    mask = secrets.token_bytes(len(plain))
    return base64.urlsafe_b64encode(mask + _xor(plain, mask)).decode()


def agrees(given: str, token: str) -> bool:
    """Whether what a request brings is the session's token, masked or (from a script's answer) plain."""
    return hmac.compare_digest(given.encode(), token.encode()) | hmac.compare_digest(_plain(given), token.encode())


def person_of(given: str) -> int:
    """Whose session a token was made for, though the session may be over; 0 where it does not say."""
    plain = _plain(given).decode(errors="replace") or given
    mark = plain.rpartition(OF)[2] if OF in plain else ""
    return whole(mark) or 0


def _plain(given: str) -> bytes:
    """The token beneath the mask; blank where there is none."""
    try:
        both = base64.b64decode(given.encode(), b"-_", validate=True)
    except (Error, ValueError):
        return b""
    half, odd = divmod(len(both), 2)
    return b"" if odd else _xor(both[:half], both[half:])


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
