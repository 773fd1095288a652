"""`formwork user add` on an account that exists changes what is given, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import accounts
from engine.definitions.compile import app_from
from engine.runtime.services.identity import people
from engine.runtime.services.site import Site
from engine.runtime.storage import people_rows
from engine.runtime.storage.database import Database

SECRET = "secret-ann"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    site = Site(Database(f"sqlite:///{tmp_path / 'site.db'}"))
    things = "objects: {day: {fields: {note: text}}}\n"
    for app, roles in (("lending", "{member: Member, keeper: Keeper}"), ("leave", "{boss: Boss}")):
        site.publish(app_from(f"app: {app}\nlanguages: [zh, en]\nroles: {roles}\n{things}").texts)
    monkeypatch.setattr(accounts, "open_site", lambda: site)
    yield site
    site.database.close()


def add(*arguments: str, typed: str | None = None) -> str:
    done = CliRunner().invoke(accounts.user, ["add", "ann", *arguments], input=typed)
    assert done.exit_code == 0, done.output
    return done.output


def ann(site: Site) -> dict[str, object]:
    with site.database.read() as connection:
        row = people_rows.user_by_login(connection, "ann")
        assert row is not None
        held = {app: people_rows.roles_of(connection, row["id"], app) for app in ("lending", "leave")}
    assert people.verify(row["password"], SECRET)
    wanted = ("name", "email", "department", "admin", "builder", "language")
    return {**{name: row[name] for name in wanted}, "roles": held}


def test_what_is_not_given_of_a_known_account_stays(site: Site) -> None:
    asked = add("--name", "Ann", "--email", "ann@example.com", "--department", "Sales", "--admin", "--builder",
                "--role", "leave:boss", "--role", "lending:member", typed=f"{SECRET}\n{SECRET}\n")
    assert "Password" in asked and "ann is ready" in asked
    people.set_language(site, people.add_user(site, "ann", None, None), "en")
    before = ann(site)
    assert before == {
        "name": "Ann", "email": "ann@example.com", "department": "Sales", "admin": True, "builder": True,
        "language": "en", "roles": {"lending": ["member"], "leave": ["boss"]},
    }
    assert add("--role", "lending:keeper") == "ann is changed\n"        # and no password is asked for
    assert ann(site) == {**before, "roles": {"lending": ["keeper"], "leave": ["boss"]}}
    add("--no-admin", "--email", "", "--department", "", "--name", "Ann Lee")
    assert ann(site) == {
        **before, "name": "Ann Lee", "email": None, "department": None, "admin": False,
        "roles": {"lending": ["keeper"], "leave": ["boss"]},
    }


def test_a_new_account_without_options_has_its_login_as_name_and_no_rights(site: Site) -> None:
    add("--password", SECRET)
    assert ann(site) == {
        "name": "ann", "email": None, "department": None, "admin": False, "builder": False, "language": "zh",
        "roles": {"lending": [], "leave": []},
    }


def test_a_token_that_would_never_work_is_not_made(site: Site) -> None:
    person = people.add_user(site, "ann", None, None)
    done = CliRunner().invoke(accounts.token, ["ann", "--expires", "2020-01-01"])
    assert done.exit_code == 2 and "would never work" in done.output
    assert people.tokens_of(site, person) == []
