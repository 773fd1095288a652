"""The commands that scripts outside rely on, in the order in which somebody would use them, each with its options."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from flask import Flask

from engine.builder.pages import blueprint
from engine.cli.main import formwork
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database
from engine.runtime.web.app import create_app

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = {
    "demo": "", "serve": "--publish --host --port --workers --no-worker", "worker": "", "check": "--json --strict",
    "test": "-k --coverage --json", "plan": "--json", "publish": "--yes", "versions": "--json", "rollback": "--yes",
    "pull": "", "import": "--map --dry-run --json", "export": "--filter -o", "verify": "--repair --json",
    "doctor": "--json", "backup": "", "restore": "--check", "token": "--scope --expires",
    "eval": "--sql --app --object --record", "schema": "", "reference": "", "new": "--template",
}
ONE = "/api/<app>/<object>/<int:id>"
ROUTES = {
    "/api/<app>/<object>": "GET POST", f"{ONE}": "GET PATCH DELETE", "/api/<app>/<object>/preview": "POST",
    f"{ONE}/actions/<action>": "POST", "/api/<app>/<object>/bulk": "POST", f"{ONE}/history": "GET",
    f"{ONE}/comments": "GET", f"{ONE}/files": "GET", f"{ONE}/allowed": "GET", "/api/tasks": "GET",
    "/api/tasks/<int:id>/<verb>": "POST", "/api/<app>/registers/<register>": "GET",
    "/api/<app>/registers/<register>/movements": "GET", "/api/<app>/registers/<register>/turnovers": "GET",
    "/api/<app>/reports/<report>": "GET", "/api/<app>/query": "POST", "/api/<app>/alerts": "GET",
    "/api/<app>/alerts/<int:id>/acknowledge": "POST", "/api/<app>/alerts/<int:id>/silence": "POST",
    "/hooks/<app>/<name>": "POST", "/healthz": "GET", "/readyz": "GET", "/metrics": "GET",
    "/api/<app>/openapi.json": "GET", "/api/<app>/docs": "GET",
}
APP = """
app: club
languages: [en]
roles: {clerk: {en: Clerk}}
objects:
  member:
    key: name
    fields: {name: {type: text, required: true, unique: true, search: true}, paid: {type: integer, default: 0}}
    posts: [{to: dues, keys: {member: this}, add: {sum: paid}}]
registers: {dues: {keys: {member: {type: link, to: member}}, measures: {sum: integer}, dated: false}}
access: {any: {clerk: full}}
samples: {people: [{id: ann, roles: [clerk]}]}
tests:
  a member pays: [{as: ann, create: member, with: {name: Bo, paid: 3}}, {expect: sum(dues.sum) = 3}]
  two members: [{as: ann, create: member, with: {name: Bo}}, {expect: count(member) = 1}]
"""
DRIVER = """
import contextlib, io, json, sys
from pathlib import Path
from engine.cli.main import main
found = []
for words in json.load(sys.stdin):
    if words[0] == "write":
        Path(words[1]).write_text(words[2], encoding="utf-8")
        continue
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(words)
        except SystemExit as end:
            code = end.code or 0
    found.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(found))
"""


@pytest.mark.parametrize("name", OPTIONS)
def test_every_promised_option_is_there(name: str) -> None:
    command = formwork.get_command(click.Context(formwork), name)
    assert command is not None
    known = {word for option in command.params for word in option.opts}
    assert set(OPTIONS[name].split()) <= known


def test_every_promised_address_is_there(tmp_path: Path) -> None:
    site = Site(Database(f"sqlite:///{tmp_path / 'site.db'}"))
    made: Flask = create_app(site, None, blueprint())
    known: dict[str, set[str]] = {}
    for rule in made.url_map.iter_rules():
        known.setdefault(rule.rule, set()).update(rule.methods or ())
    missing = [route for route, methods in ROUTES.items() if not set(methods.split()) <= known.get(route, set())]
    site.database.close()
    assert missing == []


def walk(folder: Path, *steps: list[str]) -> list[tuple[int, str, str]]:
    """Exit code, output and what was told beside it, of each command; in one process that stands in the folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FORMWORK_", "DATABASE_URL"))}
    done = subprocess.run(                     # noqa: S603
        [sys.executable, "-c", DRIVER], input=json.dumps(steps), capture_output=True, text=True, cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return [(code, out, err) for code, out, err in json.loads(done.stdout)]


def test_from_a_file_to_a_site_and_back(tmp_path: Path) -> None:
    wider = APP.replace("paid: {type: integer, default: 0}", "paid: {type: integer, default: 0}, note: text")
    steps = [
        ["write", "club.yaml", APP], ["write", "members.csv", "Name,Paid\nAda,5\nBo,x\n"],
        ["check", "club.yaml", "--json", "--strict"], ["test", "club.yaml", "-k", "pays", "--json"],
        ["plan", "club.yaml", "--json"], ["publish", "club.yaml", "--yes", "-m", "first"],
        ["write", "club.yaml", wider], ["plan", "club.yaml"], ["publish", "club.yaml", "--yes"],
        ["versions", "club", "--json"], ["rollback", "club", "1", "--yes"], ["versions", "club"],
        ["pull", "club", "pulled"],
        ["user", "add", "ann", "--role", "club:clerk", "--password", "correct horse"], ["user", "list"],
        ["user", "passwd", "ann", "--password", "correct horses"], ["token", "ann", "--scope", "club:read", "--expires",
                                                                   "2999-01-01"], ["token", "ann", "--list"],
        ["import", "club.member", "members.csv", "--yes", "--dry-run", "--json"],
        ["import", "club.member", "members.csv", "--yes", "--json"],
        ["export", "club.member", "--filter", "paid > 1", "-o", "out.csv"],
        ["eval", "paid + 1", "--app", "club.yaml", "--object", "member", "--record", "1"],
        ["eval", "paid + 1", "--app", "club.yaml", "--object", "member", "--record", "1", "--sql"],
        ["verify", "--json"], ["doctor", "--json"], ["backup", "site.backup"], ["restore", "--check", "site.backup"],
        ["user", "disable", "ann"], ["user", "list"], ["schema"], ["reference", "object.unique"],
        ["new", "shop", "--template", "expenses"], ["import", "club.nothing", "members.csv", "--yes"],
    ]
    told = iter(walk(tmp_path, *steps))

    def next_json(code: int = 0) -> Any:
        found = next(told)
        assert found[0] == code, found
        return json.loads(found[1])

    def next_text(code: int = 0) -> str:
        found = next(told)
        assert found[0] == code and "Traceback" not in found[2], found
        return found[1] + found[2]

    assert next_json()["problems"] == []
    assert [one["name"] for one in next_json()["apps"][0]["tests"]] == ["a member pays"]
    assert next_json()["blocked"] is False
    assert "club version 1 is live" in next_text()
    assert "note" in next_text() and "club version 2 is live" in next_text()
    assert [(one["number"], one["comment"]) for one in next_json()["versions"]] == [(2, ""), (1, "first")]
    assert "club version 3 is live" in next_text() and next_text().split()[0] == "3"
    next_text()
    assert (tmp_path / "pulled" / "club.yaml").read_text(encoding="utf-8") == APP, "byte for byte"
    assert "ann is ready" in next_text() and "ann" in next_text() and "changed" in next_text()
    assert next_text().strip().startswith("fw_") and "club:read" in next_text()
    for rehearsed in (True, False):
        report = next_json(1)
        assert (report["rehearsed"], report["created"], report["failed"]) == (rehearsed, 1, 1)
        assert [(one["row"], one["column"]) for one in report["errors"]] == [(3, "Paid")]
    assert "1 records" in next_text() and "Ada" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert [next_json(), next_json()] == ["6", "6"]
    assert next_json() == [] and next(told)[0] in (0, 1)
    next_text()
    next_text()
    assert "disabled" in next_text() and "disabled" in next_text()
    assert next_json()["$schema"] and "unique" in next_text()
    assert next_text() and (tmp_path / "shop.yaml").is_file()
    assert "nothing" in next(told)[2]
