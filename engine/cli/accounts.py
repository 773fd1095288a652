"""Commands over accounts: users, passwords, tokens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import click

from engine.cli import rosters
from engine.cli.sites import open_site
from engine.runtime.services.approvals import leavers
from engine.runtime.services.identity import people, standings
from engine.suggest import did_you_mean


@click.group()
def user() -> None:
    """Accounts: add, import, list, disable, passwd."""


user.add_command(rosters.take)


@user.command()
@click.argument("login")
@click.option("--name", default=None, help="The person's name.")
@click.option(
    "--role", "roles", multiple=True, metavar="APP:ROLE[=KEY]",
    help="A role held in an app, of one that stands for a record with its key; may be repeated.",
)
@click.option("--department", default=None, help="The main department.")
@click.option("--position", default=None, help="The position held there.")
@click.option("--email", default=None)
@click.option("--admin/--no-admin", default=None, help="An administrator of the site.")
@click.option("--builder/--no-builder", default=None, help="May edit and publish definitions.")
@click.option("--password", default=None, help="Asked for if the account is new.")
def add(
    login: str,
    name: str | None,
    roles: tuple[str, ...],
    department: str | None,
    position: str | None,
    email: str | None,
    admin: bool | None,
    builder: bool | None,
    password: str | None,
) -> None:
    """Add an account, or change the one with this login: what is not given stays as it is."""
    held: dict[str, list[str]] = {}
    stood: dict[tuple[str, str], str] = {}
    for role in roles:
        app, colon, code = role.partition(":")
        code, _, key = code.partition("=")
        stood[app, code] = key
        if not colon:
            raise click.UsageError(f"--role takes APP:ROLE, not “{role}”")
        held.setdefault(app, []).append(code)
    site = open_site()
    apps = [live.app.name for live in site.apps()]
    for app in held:
        if app not in apps:
            hint = did_you_mean(app, apps)
            raise click.UsageError(f"there is no app {app}" + (f" ({hint})" if hint else ""))
    for live in site.apps():
        for code in held.get(live.app.name, ()):
            if code not in live.app.roles:
                hint = did_you_mean(code, live.app.roles)
                raise click.UsageError(f"{live.app.name} has no role {code}" + (f" ({hint})" if hint else ""))
    known = people.find(site, login) is not None
    if not known and password is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    people.add_user(
        site,
        login,
        name,
        password,
        roles=held,
        department=department,
        position=position,
        admin=admin,
        builder=builder,
        email=email,
    )
    for (app, code), key in stood.items():
        if key:
            standings.stand(site, login, app, code, key)
    click.echo(f"{login} is changed" if known else f"{login} is ready")


@user.command(name="list")
def list_users() -> None:
    """List all accounts."""
    for row in people.all_users(open_site()):
        marks = " ".join(
            word
            for word, on in (("admin", row["admin"]), ("builder", row["builder"]), ("disabled", not row["active"]))
            if on
        )
        click.echo(f"{row['login']:<20} {row['name']:<20} {row['department'] or '':<16} {marks}".rstrip())


@user.command()
@click.argument("login")
def disable(login: str) -> None:
    """Disable an account; its sessions end."""
    people.set_active(open_site(), login, False)
    click.echo(f"{login} is disabled")


@user.command("hand-over")
@click.argument("login")
@click.option("--to", required=True, help="Who takes over.")
@click.option("--field", "fields", multiple=True, metavar="APP.OBJECT.FIELD", help="Records that name them there, too.")
@click.option("--reason", default="", help="Kept in the history of each approval.")
@click.option("--keep-account", is_flag=True, help="They can still sign in.")
@click.option("--show", is_flag=True, help="Only tell what would be handed over.")
def hand_over(login: str, to: str, fields: tuple[str, ...], reason: str, keep_account: bool, show: bool) -> None:
    """Give what waits for a person who leaves to another one, and disable the account."""
    site = open_site()
    found = [people.find(site, name) for name in (login, to)]
    for name, one in zip((login, to), found, strict=True):
        if one is None:
            raise click.UsageError(f"there is no user {name}")
    leaver, other = (one.id for one in found if one is not None)
    had = leavers.estate(site, leaver)
    if show:
        heads = ", ".join(had.departments) or "nothing"
        click.echo(f"{len(had.tasks)} approvals wait, {had.drafts} forms are in progress, heads {heads}")
        for owned in had.owned:
            click.echo(f"{owned.path:<40} {owned.count} records")
        return
    report = leavers.hand_over(site, None, leaver, other, reason=reason, fields=fields, disable=not keep_account)
    click.echo(f"{report.tasks} approvals, {report.records} records and {report.drafts} forms are {to}'s")
    for place, why in report.refused:
        click.echo(f"refused: {place}: {why.to('en')}")
    for name in report.named:
        click.echo(f"names {login}: {name}")


@user.command()
@click.argument("login")
@click.password_option()
def passwd(login: str, password: str) -> None:
    """Set an account's password; its sessions end."""
    people.set_password(open_site(), login, password)
    click.echo(f"the password of {login} is changed")


@click.command()
@click.argument("login")
@click.option(
    "--scope", "scopes", multiple=True, metavar="[APP[.THING]:]VERB,…",
    help="What it may do of what the user may: shop:read, shop.sale:create,submit. Without one: everything.",
)
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="The first day on which it no longer works.")
@click.option("--name", default="", help="What it is for, shown by --list.")
@click.option("--list", "listing", is_flag=True, help="Show the tokens of the user instead, with their last use.")
@click.option("--revoke", type=int, help="Take the token of this number back instead.")
def token(
    login: str, scopes: tuple[str, ...], expires: dt.datetime | None, name: str, listing: bool, revoke: int | None
) -> None:
    """Make an API token; it is shown once."""
    site = open_site()
    person = people.find(site, login)
    if person is None:
        raise click.UsageError(f"there is no user {login}")
    if listing:
        for row in people.tokens_of(site, person.id):
            click.echo(_told(row))
        return
    if revoke is not None:
        people.revoke_token(site, person.id, revoke)
        click.echo(f"token {revoke} of {login} works no more")
        return
    until = None if expires is None else expires.replace(tzinfo=dt.UTC)
    if until is not None and until <= site.now():
        raise click.UsageError(f"{until.date()} is over or has begun: the token would never work")
    click.echo(people.make_token(site, person.id, name=name, scopes=scopes or None, expires=until))


def _told(row: Mapping[str, Any]) -> str:
    """A token as one line: number, name, scopes, and its days."""
    def day(name: str) -> str:
        return row[name].date().isoformat() if row[name] is not None else "never"

    scopes = "everything" if row["scopes"] is None else " ".join(row["scopes"])
    days = f"made {day('created_at')}, used {day('used_at')}, ends {day('expires_at')}"
    return f"{row['id']:<5} {row['name']:<20} {scopes}  ({days})"
