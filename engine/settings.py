"""Settings of a site, from the environment and `formwork.toml`; and where the files that ship with the engine are."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The folder of this name (`static`, `apps`): inside an installed package, beside it in a checkout."""
    installed = PACKAGE / name
    return installed if installed.is_dir() else PACKAGE.parent / name


STATIC = shipped("static")
APPS = shipped("apps")
RATE, RATE_STRANGERS = 20.0, 10.0              # requests a second; five seconds' worth may come at once
SHORTEST = 32                                  # characters of the site's secret
OIDC = ("issuer", "client", "secret", "label", "groups", "roles", "private")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class BadSetting(Exception):
    """A setting that cannot be read; the text names it and what it may be."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The effective settings.

    `database_url` as SQLAlchemy reads it; `data_dir` holds SQLite's file and attachments; `public_url` is the address
    that people use ("" = the one that they asked for); `trusted_hosts` are the host names that are answered (empty: any
    on loopback); `proxy_hops` how many proxies stand before the server; `demo`: its accounts have known passwords;
    `sources`: where each setting comes from (a variable, a file, "default");
    `files` is where attachments lie, a folder or `s3://bucket/prefix` ("" = `files` in `data_dir`), `s3_endpoint` the
    address of a server other than Amazon's that speaks S3; `rate` and `rate_strangers` how many requests a second a
    person or token, and an address of which nobody has signed in, may send (0 = any number); `bin_days` is
    how long what was deleted can be brought back; `second_factor` of whom one is demanded (`everyone`, `admin`,
    `builder`, `app:role`); `audit_days` how long the trails are kept (0 = for ever); `secret` what is
    sealed in the database is sealed with, the newest first, which is neither shown nor kept;
    `oidc` names the provider of identities, see docs/operations.md."""

    database_url: str
    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    trusted_hosts: tuple[str, ...] = ()
    proxy_hops: int = 0
    threads: int = 8
    demo: bool = False
    files: str = ""
    s3_endpoint: str = ""
    rate: float = RATE
    rate_strangers: float = RATE_STRANGERS
    bin_days: int = 90
    second_factor: tuple[str, ...] = ()
    audit_days: int = 0
    secret: tuple[str, ...] = field(default=(), repr=False)
    oidc: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def loopback(self) -> bool:
        """Whether the server is reached from this machine only."""
        return self.host in LOOPBACK


def load(environment: Mapping[str, str] | None = None, file: Path = Path("formwork.toml")) -> Settings:
    """Settings from `FORMWORK_…`, `DATABASE_URL`, `HOST`, `PORT`; what they leave open comes from the file, then from
    the defaults. Raises `BadSetting`."""
    given = os.environ if environment is None else environment
    from_file: dict[str, object] = {}
    sources: dict[str, str] = {}
    if file.is_file():
        try:
            from_file = tomllib.loads(file.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise BadSetting(f"{file}: {error}") from error

    def find(name: str, default: str = "", *others: str) -> str:
        key = next((key for key in (f"FORMWORK_{name.upper()}", *others) if given.get(key)), "")
        value = given[key] if key else from_file.get(name, default)
        sources[name] = key or (str(file) if name in from_file else "default")
        return ",".join(map(str, value)) if isinstance(value, list) else str(value)

    data_dir = Path(find("data_dir", "var"))
    return Settings(
        database_url=find("database_url", f"sqlite:///{data_dir / 'formwork.db'}", "DATABASE_URL"),
        data_dir=data_dir,
        host=find("host", "127.0.0.1", "HOST"),
        port=_whole(find("port", "8000", "PORT"), "port"),
        public_url=find("public_url").rstrip("/"),
        trusted_hosts=tuple(h.strip() for h in find("trusted_hosts").split(",") if h.strip()),
        proxy_hops=_whole(find("proxy_hops", "0"), "proxy_hops"),
        threads=_whole(find("threads", "8"), "threads"),
        files=find("files"),
        s3_endpoint=find("s3_endpoint"),
        rate=_number(find("rate", f"{RATE:g}"), "rate"),
        rate_strangers=_number(find("rate_strangers", f"{RATE_STRANGERS:g}"), "rate_strangers"),
        second_factor=tuple(w.strip() for w in find("second_factor").split(",") if w.strip()),
        oidc={name: find(f"oidc_{name}") for name in OIDC},
        audit_days=_whole(find("audit_days", "0"), "audit_days"),
        secret=_secrets(find("secret")),
        bin_days=_whole(find("bin_days", "90"), "bin_days"),
        sources=sources,
    )


def _secrets(text: str) -> tuple[str, ...]:
    """The newest first; several while they are changed."""
    found = tuple(one.strip() for one in text.split(",") if one.strip())
    if any(len(one) < SHORTEST for one in found):
        raise BadSetting(f"secret must have at least {SHORTEST} characters: make it by openssl rand -hex 32")
    return found


def _number(text: str, name: str) -> float:
    if not re.fullmatch(r"\d{1,6}(\.\d{1,3})?", text):
        raise BadSetting(f"{name} must be a number such as 20 or 0.5, not “{text}”")
    return float(text)


def _whole(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise BadSetting(f"{name} must be a whole number, not “{text}”")
    return int(text)
