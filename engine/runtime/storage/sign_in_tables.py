"""The tables of signing in beside passwords: second factors, known devices, links of letters, identities elsewhere."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, UniqueConstraint

from engine.runtime.storage.moments import Moment
from engine.runtime.storage.system import BIG, METADATA, identity

FACTORS = Table(
    "sys_second_factor",
    METADATA,
    Column("user", BIG, ForeignKey("sys_user.id"), primary_key=True, autoincrement=False),
    Column("secret", String(64), nullable=False),              # sealed, see `services.coffers`
    Column("confirmed_at", Moment),            # None: set up and not yet proven
    Column("last_counter", BigInteger, nullable=False, server_default="0"),    # no code is taken twice
)
RECOVERY_CODES = Table(
    "sys_recovery_code",
    METADATA,
    identity(),
    Column("user", BIG, ForeignKey("sys_user.id"), nullable=False, index=True),
    Column("code", String(64), nullable=False),                                # sha256
    Column("used_at", Moment),
)
DEVICES = Table(
    "sys_device",                              # browsers from which somebody has signed in before
    METADATA,
    identity(),
    Column("user", BIG, ForeignKey("sys_user.id"), nullable=False),
    Column("token", String(64), nullable=False),                               # sha256 of the cookie
    Column("seen_at", Moment, nullable=False),
    UniqueConstraint("user", "token"),
)
LETTERS = Table(
    "sys_reset",                               # links that let somebody set a password, sent by mail
    METADATA,
    Column("token", String(64), primary_key=True),                             # sha256
    Column("user", BIG, ForeignKey("sys_user.id"), nullable=False, index=True),
    Column("until", Moment, nullable=False),
)
IDENTITIES = Table(
    "sys_identity",                            # who somebody is at a provider of identities
    METADATA,
    identity(),
    Column("issuer", String(300), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("user", BIG, ForeignKey("sys_user.id"), nullable=False),
    UniqueConstraint("issuer", "subject"),
)
ERRANDS = Table(
    "sys_errand",                              # people who have been sent to the provider and are to come back
    METADATA,
    Column("state", String(64), primary_key=True),                             # sha256
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("next", String(2000), nullable=False, server_default=""),
    Column("until", Moment, nullable=False, index=True),
)
