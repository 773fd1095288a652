"""Secrets that the site must be able to read again, sealed with a key that is not in its database. Knows no page.

A sealed secret is bound to its account: moved to another one it does not open."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from engine.runtime.storage import sign_in_rows

CLEAR = 32                                     # letters of a secret as an authenticator has it (base32)
NONCE = 12
PURPOSE = b"formwork second factor 1"


@dataclass(frozen=True, slots=True)
class Coffer:
    """Seals by the first of the site's secrets and opens by any; without one secrets are kept as they are."""

    secrets: tuple[str, ...] = field(default=(), repr=False)

    def seal(self, user: int, secret: str) -> str:
        """A secret as it is kept."""
        if not self.secrets:
            return secret
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(NONCE)
        sealed = AESGCM(_key(self.secrets[0])).encrypt(nonce, base64.b32decode(secret), _bound(user))
        return base64.b85encode(nonce + sealed).decode()

    def open(self, user: int, kept: str) -> str | None:
        """The secret; None where none of the site's secrets opens it."""
        return kept if is_clear(kept) else _opened(self.secrets, user, kept)

    def is_newest(self, user: int, kept: str) -> bool:
        """Whether it is sealed by the first of the site's secrets."""
        return not is_clear(kept) and _opened(self.secrets[:1], user, kept) is not None


def is_clear(kept: str) -> bool:
    """Whether a secret is kept as it is."""
    return len(kept) == CLEAR


def _opened(secrets: Sequence[str], user: int, kept: str) -> str | None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    for secret in secrets:
        try:
            raw = base64.b85decode(kept)
            return base64.b32encode(AESGCM(_key(secret)).decrypt(raw[:NONCE], raw[NONCE:], _bound(user))).decode()
        except (InvalidTag, binascii.Error, ValueError):
            continue
    return None


def _key(secret: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())


def _bound(user: int) -> bytes:
    return f"user {user}".encode()


def seal_all(connection: Connection, coffer: Coffer) -> int:
    """Seal the secrets that are kept as they are, or by an older secret of the site; how many."""
    done = 0
    for user, kept in sign_in_rows.secrets(connection) if coffer.secrets else ():
        secret = None if coffer.is_newest(user, kept) else coffer.open(user, kept)
        if secret is not None:
            sign_in_rows.change_secret(connection, user, kept, coffer.seal(user, secret))
            done += 1
    return done


def standing(connection: Connection, coffer: Coffer) -> tuple[int, int, int]:
    """How many secrets there are, how many of them are kept as they are, and how many do not open."""
    kept = sign_in_rows.secrets(connection)
    return len(kept), sum(is_clear(one) for _, one in kept), sum(coffer.open(user, one) is None for user, one in kept)
