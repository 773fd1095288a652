"""People out of a list: accounts that a CSV file names are made or changed, once all of it can be read. Asks nobody."""

from __future__ import annotations

import csv
import io
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from engine.cli.sites import open_site
from engine.kinds.fields.email import ADDRESS
from engine.runtime.services.identity import people, standings
from engine.runtime.services.sessions import Session
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.suggest import did_you_mean

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "login": ("login", "账号", "登录名"), "name": ("name", "姓名"), "email": ("email", "e-mail", "邮箱"),
    "department": ("department", "部门"), "position": ("position", "岗位"),
    "further": ("further departments", "兼任部门"), "language": ("language", "语言"), "roles": ("roles", "角色"),
}
LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}")
MOST = 10_000                                  # people in a list
LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Entry:
    """A row: what its columns say, blank cells left out; roles by app, with the key of the record each stands for."""

    line: int
    values: Mapping[str, str]
    roles: Mapping[str, Mapping[str, str]]


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only tell what would be done.")
def take(file: Path, dry_run: bool) -> None:
    """Add or change the people of a CSV file: login, name, email, department, position, further departments (`Sales;
    Stores/Keeper`), language, roles (`shop:sales; shop:partner=S0001`). What is blank stays as it is. New accounts
    have a password that nobody knows: people ask for one by mail at the page of signing in, or come by single
    sign-on."""
    site, wrong = open_site(), list[str]()
    entries = list(read(text_of(file), site, wrong))
    for said in wrong[:50]:
        click.echo(said, err=True)
    if wrong:
        raise click.ClickException(f"{len(wrong)} to be corrected; nothing was changed")
    made = changed = 0
    for entry in entries:
        known = people.find(site, entry.values["login"]) is not None
        made, changed = made + (not known), changed + known
        if not dry_run:
            enter(site, entry, known)
    click.echo(f"{made} new, {changed} known{' (nothing was changed)' if dry_run else ''}")


def text_of(file: Path) -> str:
    """The file as text: UTF-8, else as spreadsheets in China write it."""
    content = file.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", "replace")


def read(text: str, site: Site, wrong: list[str]) -> Iterator[Entry]:
    """The rows; what is wrong with any is noted."""
    head = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
    names = [_column(cell) for cell in next(rows, [])]
    wrong += [f"line 1: there is no column “{cell}”" for cell, name in zip(head.split(","), names, strict=False)
              if not name and cell.strip()]
    if "login" not in names or len(set(names) - {""}) < len([name for name in names if name]):
        wrong.append("line 1: one column is called login, and none twice")
        return
    seen: dict[str, int] = {}
    for number, cells in enumerate(rows, 2):
        values = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name and cell.strip()}
        if not values:
            continue
        login = values.get("login", "")
        found = list(_mistakes(values))
        if login.lower() in seen:
            found.append(f"{login} stands in line {seen[login.lower()]} already")
        seen.setdefault(login.lower(), number)
        roles = _roles(values.pop("roles", ""), site, found)
        wrong += [f"line {number}: {said}" for said in found]
        yield Entry(number, values, roles)
    if len(seen) > MOST:
        wrong.append(f"{MOST} people at a time at most")


def _column(cell: str) -> str:
    return next((name for name, words in COLUMNS.items() if cell.strip().lower() in words), "")


def _mistakes(values: Mapping[str, str]) -> Iterator[str]:
    login, email, language = (values.get(name, "") for name in ("login", "email", "language"))
    if not LOGIN.fullmatch(login):
        yield f"“{login}” is no login: letters, digits and . _ @ - only"
    if email and not ADDRESS.fullmatch(email):
        yield f"“{email}” is no e-mail address"
    if language and language not in LANGUAGES:
        yield f"there is no language {language}: {' or '.join(LANGUAGES)}"


def _roles(text: str, site: Site, wrong: list[str]) -> Mapping[str, Mapping[str, str]]:
    apps = {live.app.name: live.app for live in site.apps()}
    found: dict[str, dict[str, str]] = {}
    for part in (part.strip() for part in text.replace(",", ";").replace("；", ";").split(";")):
        app, colon, rest = part.partition(":")
        role, _, key = rest.partition("=")
        if not part:
            continue
        if not colon or app not in apps:
            wrong.append(f"“{part}” is no role of an app: write {next(iter(apps), 'app')}:role")
        elif role not in apps[app].roles:
            wrong.append(f"{app} has no role {role} ({did_you_mean(role, apps[app].roles)})")
        elif key and not apps[app].roles[role].stands_for:
            wrong.append(f"{app}:{role} stands for no record")
        elif key and not _is_there(site, app, apps[app].roles[role].stands_for, key):
            wrong.append(f"{app} has no {apps[app].roles[role].stands_for} {key}")
        else:
            found.setdefault(app, {})[role] = key
    return found


def _is_there(site: Site, app: str, object: str, key: str) -> bool:
    with site.read(app, SERVICE) as tx:
        return Session(tx).find(object, key) is not None


def _further(text: str) -> dict[str, str]:
    """Departments, each with the position held there after a slash."""
    parts = (part.partition("/") for part in text.replace("；", ";").split(";") if part.strip())
    return {name.strip(): position.strip()[:100] for name, _, position in parts}


def enter(site: Site, entry: Entry, known: bool) -> None:
    """Make or change one account."""
    values = entry.values
    people.add_user(
        site, values["login"], values.get("name"), None if known else secrets.token_urlsafe(32),
        roles={app: list(roles) for app, roles in entry.roles.items()}, department=values.get("department"),
        position=values.get("position"), further=_further(values["further"]) if "further" in values else None,
        email=values.get("email"), language=values.get("language"),
    )
    for app, held in entry.roles.items():
        for role, key in held.items():
            if key:
                standings.stand(site, values["login"], app, role, key)
