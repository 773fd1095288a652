"""Commands over published apps: plan, publish, versions, rollback, pull."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from pathlib import Path

import click

from engine import json_texts
from engine.cli.sites import compiled, open_site
from engine.definitions.app import App
from engine.runtime.services import wording
from engine.runtime.services.releases import differing
from engine.runtime.services.rights import reaching
from engine.runtime.services.site import Site
from engine.runtime.services.site import compiled as made_of
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.plans import Plan
from engine.texts import Text

FILE = click.argument("file", type=click.Path(path_type=Path))
APP = click.argument("app")


def show(plan: Plan, otherwise: Sequence[Text] = ()) -> None:
    """Print a plan, one operation a line, and what the app does otherwise then."""
    for operation in plan.operations:
        mark = "!" if operation.fails else "~" if operation.risk else "+"
        click.echo(f"{mark} {operation}")
        for reason in operation.fails:
            click.echo(f"    stands in the way: {reason}")
        for sample in operation.samples:
            click.echo(f"    {sample}")
        if operation.hint is not None:
            click.echo(f"    {operation.hint.to('en')}")
    if not plan.operations:
        click.echo("the tables stay as they are")
    for one in otherwise:
        click.echo(f"* {one.to('en')}")


def otherwise(site: Site, app: App) -> list[Text]:
    """What an app does otherwise than the version that is live."""
    live = next((live.app for live in site.apps() if live.app.name == app.name), None)
    if live is None:
        return differing.told(app, None)
    with site.read(app.name, SERVICE) as tx:
        return [*differing.told(app, live), *reaching.told(tx, app)]


@click.command()
@FILE
@click.option("--json", "as_json", is_flag=True, help="For programs: every change with counts, reasons and samples.")
def plan(file: Path, as_json: bool) -> int:
    """Show what publishing a definition would change."""
    app, site = compiled(file), open_site()
    found = site.plan(app.texts)
    if as_json:
        before = next((live.app for live in site.apps() if live.app.name == app.name), None)
        said = wording.told(found, app, before)
        changes = [wording.document(*both) for both in zip(found.operations, said, strict=True)]
        behaviour = [{language: one.to(language) for language in ("zh", "en")} for one in otherwise(site, app)]
        document = {"app": app.name, "blocked": bool(found.blocked), "changes": changes, "behaviour": behaviour}
        click.echo(json_texts.dumps(document))
    else:
        show(found, otherwise(site, app))
    return 1 if found.blocked else 0


@click.command()
@FILE
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("-m", "comment", default="", help="What the change is for.")
def publish(file: Path, yes: bool, comment: str) -> int:
    """Make a definition the live version, with the tables that it needs."""
    site, app = open_site(), compiled(file)
    seen = max((version.number for version in site.versions(app.name)), default=0)
    found = site.plan(app.texts)
    show(found, otherwise(site, app))
    if found.blocked:
        return 1
    if not yes:
        click.confirm("Publish?", abort=True)
    done = site.publish(app.texts, by=getpass.getuser(), comment=comment, seen=seen)
    click.echo(
        f"{app.name} version {done.number} is live"
        if done.changed
        else f"{app.name} version {done.number} was live already"
    )
    return 0


@click.command()
@APP
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def versions(app: str, as_json: bool) -> None:
    """List the published versions of an app, newest first."""
    found = open_site().versions(app)
    if as_json:
        listed = [
            {"number": one.number, "at": one.published_at.isoformat(), "digest": one.digest, "by": one.published_by,
             "comment": one.comment}
            for one in found
        ]
        click.echo(json_texts.dumps({"app": app, "versions": listed}))
        return
    for version in found:
        when, what = f"{version.published_at:%Y-%m-%d %H:%M}", version.digest[:12]
        click.echo(f"{version.number:>4}  {when}  {what}  {version.published_by}  {version.comment}")


@click.command()
@APP
@click.argument("version", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
def rollback(app: str, version: int, yes: bool) -> None:
    """Publish an old version's text again, as a new version."""
    if not yes:
        site = open_site()
        texts = site.texts(app, version)
        show(site.plan(texts), otherwise(site, made_of(texts)))
        click.confirm("Publish it again?", abort=True)
    done = open_site().roll_back(app, version, by=getpass.getuser())
    show(done.plan)
    click.echo(f"{app} version {done.number} is live")


@click.command()
@APP
@click.argument("folder", type=click.Path(path_type=Path), default=".")
def pull(app: str, folder: Path) -> None:
    """Write the live version's files into a folder."""
    for name, text in open_site().texts(app).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")
        click.echo(str(target))
