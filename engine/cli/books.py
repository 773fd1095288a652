"""Commands over periods: how they stand, closing them, opening them again."""

from __future__ import annotations

import datetime as dt
import json

import click

from engine.cli.sites import open_site
from engine.errors import NotFound
from engine.runtime.services.identity import people
from engine.runtime.services.registers import periods
from engine.runtime.services.registers.periods import Standing
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE, Actor
from engine.runtime.storage.live import Tx
from engine.texts import say

DAY = click.DateTime(formats=["%Y-%m-%d"])
AS = click.option("--as", "login", default="", help="In whose name; they must be allowed to. Else the site itself.")


@click.command("close")
@click.argument("target", required=False)
@click.option("--until", type=DAY, help="The last day that is closed, as 2026-03-31.")
@click.option("--reason", default="", help="Why; kept with the closing.")
@click.option("--json", "json_", is_flag=True, help="Machine-readable output.")
@AS
def close(target: str | None, until: dt.datetime | None, reason: str, json_: bool, login: str) -> int:
    """Close the period APP.PERIOD up to a day, it included. Without --until: show how periods stand."""
    site = open_site()
    app, _, name = (target or "").partition(".")
    if until is None:
        if reason or login:
            raise click.UsageError("Say up to which day: --until 2026-03-31")
        return _show(site, app, name, json_)
    _demand(target)
    site.run(app, actor(site, app, login), lambda tx: periods.close(tx, name, until.date(), reason))
    return _show(site, app, name, json_)


@click.command("reopen")
@click.argument("target")
@click.option("--until", type=DAY, help="What stays closed, as 2026-03-31; without it nothing does.")
@click.option("--reason", required=True, help="Why; kept with the reopening.")
@click.option("--json", "json_", is_flag=True, help="Machine-readable output.")
@AS
def reopen(target: str, until: dt.datetime | None, reason: str, json_: bool, login: str) -> int:
    """Open the period APP.PERIOD again."""
    site = open_site()
    app, _, name = target.partition(".")
    _demand(target)
    day = None if until is None else until.date()
    site.run(app, actor(site, app, login), lambda tx: periods.reopen(tx, name, day, reason))
    return _show(site, app, name, json_)


def _demand(target: str | None) -> None:
    if not target or "." not in target:
        raise click.UsageError("Name the app and the period as APP.PERIOD, for instance shop.books")


def actor(site: Site, app: str, login: str) -> Actor:
    """Who acts: the person, or the site itself."""
    if not login:
        return SERVICE
    found = people.find(site, login)
    person = None if found is None else people.by_id(site, found.id)
    if person is None:
        raise NotFound(say(zh="没有启用的账号 {login}", en="There is no active account {login}", login=login))
    return people.actor_for(site, person, app)


def _show(site: Site, app: str, name: str, json_: bool) -> int:
    """Print how periods stand."""
    names = [app] if app else [live.app.name for live in site.apps()]
    found: list[tuple[str, Standing]] = []
    for one in names:
        with site.read(one, SERVICE) as tx:
            found += [(one, standing) for standing in _standing(tx, name)]
    if json_:
        told = [
            {"app": a, "period": s.period.name, "registers": list(s.period.registers),
             "closed_until": None if s.until is None else s.until.isoformat()}
            for a, s in found
        ]  # fmt: skip
        click.echo(json.dumps(told, ensure_ascii=False))
        return 0
    for a, s in found:
        stands = "open" if s.until is None else f"closed up to {s.until.isoformat()}"
        click.echo(f"{a}.{s.period.name}: {stands} ({', '.join(s.period.registers)})")
    if not found:
        click.echo("no periods")
    return 0


def _standing(tx: Tx, name: str) -> list[Standing]:
    found = [one for one in periods.standing(tx) if name in ("", one.period.name)]
    if name and not found:
        raise NotFound(say(zh="没有名为 {name} 的账期", en="There is no period called {name}", name=name))
    return found
