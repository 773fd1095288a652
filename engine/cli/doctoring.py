"""`formwork doctor`: the effective settings with their sources, and everything that is wrong with a site."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

import click

from engine import __version__
from engine.cli import deploying
from engine.cli.sites import address, open_site
from engine.errors import Refused
from engine.runtime.jobs import calling, hooks
from engine.runtime.jobs.hooks import Unset
from engine.runtime.jobs.kinds import Hopeless
from engine.runtime.services import checkups
from engine.runtime.services.automation import hooking
from engine.runtime.services.checkups import Finding
from engine.runtime.services.identity import coffers
from engine.runtime.services.papers import presses
from engine.runtime.services.site import Site
from engine.settings import BadSetting, Settings, load

FEW = 0.10                                     # share of the disk that should be free
LEAST = 500_000_000                            # bytes without which a busy site stops within hours
WEAK = 12                                      # characters of a password that a program keeps
MARKS = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}


@click.command()
@click.option("--json", "json_", is_flag=True, help="Machine-readable output.")
@click.option("--strict", is_flag=True, help="Warnings count as problems too.")
@click.option("--deploy", is_flag=True, help="Judge the site as one that other people reach.")
def doctor(json_: bool, strict: bool, deploy: bool) -> int:
    """Show the effective settings and what is wrong with the site. Exit code 1 if something is."""
    settings = load()
    findings = list(examine(settings))
    if deploy:
        findings = list(deploying.strict([*deploying.examine(settings), *findings]))
    bad = ("error", "warning") if strict else ("error",)
    if json_:
        found = [{"level": f.level, "what": f.what, "text": f.text} for f in findings]
        click.echo(json.dumps({"settings": shown(settings), "findings": found}, ensure_ascii=False))
    else:
        for name, (value, source) in shown(settings).items():
            click.echo(f"{name:<16} {value}  ({source})")
        click.echo()
        for finding in findings:
            click.echo(f"{MARKS[finding.level]} {finding.what:<18} {finding.text}")
    return 1 if any(finding.level in bad for finding in findings) else 0


def shown(settings: Settings) -> dict[str, tuple[str, str]]:
    """Each setting with where it comes from; passwords are hidden."""
    values = {
        "database_url": _address(settings),
        "data_dir": str(settings.data_dir.resolve()),
        "host": settings.host,
        "port": str(settings.port),
        "public_url": settings.public_url or "-",
        "trusted_hosts": ", ".join(settings.trusted_hosts) or "-",
        "proxy_hops": str(settings.proxy_hops),
        "threads": str(settings.threads),
        "second_factor": ", ".join(settings.second_factor) or "-",
        "audit_days": str(settings.audit_days),
        "secret": "set" if settings.secret else "-",
        "oidc_issuer": settings.oidc.get("issuer") or "-",
        "mail": "set" if os.environ.get("FORMWORK_MAIL") else "-",
    }
    sources = {**settings.sources, "mail": "FORMWORK_MAIL" if os.environ.get("FORMWORK_MAIL") else "default"}
    return {name: (value, sources.get(name, "default")) for name, value in values.items()}


def _address(settings: Settings) -> str:
    return address("DATABASE_URL", settings.database_url).render_as_string(hide_password=True)


def examine(settings: Settings) -> Iterator[Finding]:
    """The machine first, then the database; one that cannot be opened ends the list."""
    yield Finding("ok", "formwork", f"{__version__}, Python {platform.python_version()}")
    yield from _door(settings)
    yield from _secrets(settings)
    try:
        site = open_site(settings)
    except BadSetting as bad:
        yield Finding("error", "database", str(bad))
        return
    yield from _disk(settings)
    yield from _permissions(settings)
    yield papers()
    yield from of_hooks(site)
    yield from of_factors(site)
    yield from checkups.examine(site)
    site.database.close()


def _door(settings: Settings) -> Iterator[Finding]:
    if settings.loopback:
        yield Finding("ok", "address", f"http://{settings.host}:{settings.port}, this machine only")
    elif not settings.trusted_hosts:
        text = f"{settings.host} answers to any host name: set FORMWORK_TRUSTED_HOSTS to those that people use"
        yield Finding("error", "trusted_hosts", text)
    else:
        yield Finding("ok", "trusted_hosts", ", ".join(settings.trusted_hosts))
    exposed = not settings.loopback or settings.proxy_hops > 0
    if exposed and not settings.public_url.startswith("https://"):
        text = f"{settings.public_url or 'not set'}: set it to the https address, so that cookies go over TLS only"
        yield Finding("warning", "public_url", text)


def _secrets(settings: Settings) -> Iterator[Finding]:
    settled = (("database_url", settings.database_url), ("FORMWORK_MAIL", os.environ.get("FORMWORK_MAIL", "")))
    for name, text in settled:
        password = address(name.upper(), text).password if "://" in text else None
        if password and len(str(password)) < WEAK:
            text = f"its password has less than {WEAK} characters: let a program make one (openssl rand -hex 16)"
            yield Finding("warning", name, text)


def of_factors(site: Site) -> Iterator[Finding]:
    """Whether the secrets of second factors are sealed, and open."""
    with site.database.read() as connection:
        number, clear, shut = coffers.standing(connection, site.coffer)
    if shut:
        text = f"{shut} of {number} cannot be opened: FORMWORK_SECRET is not the one that sealed them"
        yield Finding("error", "second factors", f"{text}. Put the former one behind it (new,former)")
    elif clear:
        text = f"{clear} of {number} are kept as they are: set FORMWORK_SECRET (openssl rand -hex 32) to seal them"
        yield Finding("warning", "second factors", text)
    else:
        yield Finding("ok", "second factors", f"{number}, sealed" if number else "nobody has one")


def of_hooks(site: Site) -> Iterator[Finding]:
    """Webhooks that definitions speak of and of which the settings say nothing, or nothing that can be used."""
    for live in site.apps():
        told, heard = hooking.out_and_in(live.app)
        for name, way in [*((one, "out") for one in sorted(told)), *((one, "in") for one in sorted(heard))]:
            what = f"webhook {way}"
            try:
                if way == "out":
                    calling.configured(live.app.name, name)
                else:
                    hooks.receiving(live.app.name, name)
            except (Hopeless, Unset) as wrong:
                yield Finding("warning", what, f"{live.app.name}.{name} is declared and cannot be used: {wrong}")
            else:
                yield Finding("ok", what, f"{live.app.name}.{name}")


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir if settings.data_dir.is_dir() else Path()
    usage = shutil.disk_usage(folder)
    text = f"{usage.free / 1e9:.1f} GB free of {usage.total / 1e9:.1f} GB"
    level: checkups.Level = "error" if usage.free < LEAST else "warning" if usage.free < FEW * usage.total else "ok"
    yield Finding(level, "disk", text + ("" if level == "ok" else ": make room, a full disk stops every command"))


def papers() -> Finding:
    """Whether print forms can be had as PDF here: it takes a font with Chinese characters."""
    try:
        presses.pdf(presses.SAMPLE, {})
    except Refused as refused:
        return Finding("warning", "papers", refused.message.to("en"))
    return Finding("ok", "papers", "PDF with Chinese characters")


def _permissions(settings: Settings) -> Iterator[Finding]:
    """Nobody else on this machine may read the data or the secrets."""
    url = address("DATABASE_URL", settings.database_url)
    files = [Path("formwork.toml"), *(Path(one) for one in (os.environ.get(hooks.SETTING),) if one)]
    if url.get_backend_name() == "sqlite" and url.database:
        database = Path(url.database)
        closed = database.parent.stat().st_mode & 0o077 == 0
        files += [] if closed else [database.with_name(database.name + end) for end in ("", "-wal")]
    open_ = [file for file in files if file.is_file() and file.stat().st_mode & 0o007]
    if open_:
        names = " ".join(map(str, open_))
        yield Finding("error", "permissions", f"everybody on this machine may read {names}: chmod o= {names}")
    else:
        yield Finding("ok", "permissions", "data and settings are not for everybody")
