"""What must hold of a site that other people reach, beside what `doctor` always looks at. Repairs nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace

from engine.cli.serving import provider_of
from engine.runtime.services.checkups import Finding
from engine.settings import BadSetting, Settings

# What may be a warning on a desk is an error where people work.
STRICT = ("public_url", "trusted_hosts", "workers", "backup", "role", "trails", "disk", "FORMWORK_MAIL", "database_url")
DEBUGGING = ("FLASK_DEBUG", "PYTHONDEVMODE", "WERKZEUG_DEBUG_PIN")


def strict(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings as they count for a site that is deployed."""
    for one in findings:
        yield replace(one, level="error") if one.level == "warning" and one.what in STRICT else one


def examine(settings: Settings) -> Iterator[Finding]:
    """What the settings say of a deployment."""
    yield from _address(settings)
    yield from _proxy(settings)
    if settings.demo:
        yield Finding("error", "demo", "accounts of a demo have known passwords: never serve one to others")
    on = [name for name in DEBUGGING if os.environ.get(name, "") not in ("", "0")]
    if on:
        yield Finding("error", "debug", f"{', '.join(on)} is set: unset it, errors would show what is inside")
    if not os.environ.get("FORMWORK_MAIL"):
        yield Finding("warning", "mail", "FORMWORK_MAIL is not set: no letters, also none for forgotten passwords")
    if not settings.second_factor:
        text = "nobody must have one: FORMWORK_SECOND_FACTOR=admin,builder demands it of those who may do everything"
        yield Finding("warning", "second_factor", text)
    else:
        yield Finding("ok", "second_factor", ", ".join(settings.second_factor))
    if not settings.rate or not settings.rate_strangers:
        yield Finding("error", "rate", "0 sets no limit: anybody may send as many requests as they can")
    try:
        provider = provider_of(settings)
    except BadSetting as bad:
        yield Finding("error", "oidc", str(bad))
        return
    if provider is not None:
        plain = provider.issuer.startswith("http://")
        text = f"{provider.issuer}" + (" is not https: tokens travel in clear" if plain else "")
        yield Finding("error" if plain else "ok", "oidc", text)


def _address(settings: Settings) -> Iterator[Finding]:
    if not settings.public_url.startswith("https://"):
        text = f"{settings.public_url or 'not set'}: the https address that people use; with it cookies need TLS"
        yield Finding("error", "tls", text)
    else:
        yield Finding("ok", "tls", f"{settings.public_url}: cookies are __Host-, Secure, HttpOnly, SameSite=Lax")
    if not settings.trusted_hosts:
        yield Finding("error", "hosts", "FORMWORK_TRUSTED_HOSTS is not set: links could be made for a forged host")


def _proxy(settings: Settings) -> Iterator[Finding]:
    """TLS ends at a proxy: how many there are must be known, else every visitor has the proxy's address."""
    if settings.proxy_hops == 0:
        text = "0: behind a proxy set FORMWORK_PROXY_HOPS=1, else limits count all visitors as one"
        yield Finding("warning" if settings.loopback else "error", "proxy_hops", text)
    elif not settings.loopback:
        text = f"{settings.host} is open beside the proxy: bind to 127.0.0.1, or headers of the proxy can be forged"
        yield Finding("warning", "proxy_hops", text)
    else:
        yield Finding("ok", "proxy_hops", str(settings.proxy_hops))
