"""The starter apps: they check without a word, and every page of theirs answers for everybody in both languages.
`make apps` runs the tests that they declare."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from engine.builder.furnishing import furnish, roles_of, samples_of
from engine.builder.pages import blueprint
from engine.builder.rehearsals import Clock, moment_of
from engine.definitions.app import App
from engine.definitions.compile import Loaded, load
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services.identity import people
from engine.runtime.services.registers import verification
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database
from engine.runtime.web.app import create_app
from tests.apps.asking import ask

TEMPLATES = sorted((Path(__file__).parents[2] / "apps" / "templates").glob("*.yaml"))
LINK = re.compile(r'(?:href|hx-get|data-href|src)="([^"#]+)')
SAME_RECORD = re.compile(r"/records/(\w+)/\d+")
PASSWORD = "correct horse"
MOST_PAGES = 160  # per person; that many say that the crawl goes round in circles


@pytest.fixture(scope="module", params=TEMPLATES, ids=lambda path: path.stem)
def loaded(request: pytest.FixtureRequest) -> Loaded:
    return load(request.param)


@pytest.fixture
def app(loaded: Loaded) -> App:
    assert loaded.app is not None
    return loaded.app


@pytest.fixture
def site(app: App, database_url: str) -> Iterator[Site]:
    """The app with its samples, on the day of the samples."""
    made = Site(Database(database_url), now=Clock(moment_of(app, str(samples_of(app)["now"]))))
    made.publish(app.texts, by="test")
    furnish(made, app)
    drain(made, handlers(made), made.now())
    yield made
    made.database.close()


def test_there_are_templates() -> None:
    assert [path.stem for path in TEMPLATES]


def test_it_checks_without_errors_and_warnings(loaded: Loaded) -> None:
    assert [str(problem) for problem in loaded.problems if problem.severity != "note"] == []


def test_every_label_is_there_in_both_languages(app: App) -> None:
    labels = {
        **{f"{o.name}.{f.name}": f.label for o in app.objects.values() if o.name != "user" for f in o.fields.values()},
        **{f"{o.name}.{s.name}": s.label for o in app.objects.values() for s in o.states.values()},
        **{f"{o.name}.{a.name}": a.label for o in app.objects.values() for a in o.actions.values()},
        **{f"{o.name}.{v.name}": v.label for o in app.objects.values() for v in o.views.values()},
        **{f"{r.name}.{k}": f.label for r in app.registers.values() for k, f in (*r.keys.items(), *r.measures.items())},
        **{role.name: role.label for role in app.roles.values()},
    }
    assert {name for name, label in labels.items() if not {"zh", "en"} <= set(label.forms)} == set()


def test_its_samples_stand_up_and_every_page_answers_for_every_role_in_both_languages(app: App, site: Site) -> None:
    assert verification.verify(site, app.name) == []
    assert {name for name, obj in app.objects.items() if not obj.owner and not count(site, app, name)} <= {"user"}
    server = create_app(site, None, blueprint())
    for login in one_of_each_role(app):
        people.set_password(site, login, PASSWORD)
        for language in ("zh", "en"):
            people.set_language(site, people.find(site, login).id, language)  # type: ignore[union-attr]
            seen = crawl(server.test_client(), login, app.name)
            kinds = {path.split("/")[3] for path in seen}
            assert {"records", "boards", "tasks"} <= kinds, f"{login} sees {kinds}"


def count(site: Site, app: App, name: str) -> object:
    """How many records of an object there are."""
    if name == "user":
        return 0
    return ask(site, app.name, f"count(all {name})")


def one_of_each_role(app: App) -> list[str]:
    """The first sample person with each set of roles."""
    first: dict[tuple[str, ...], str] = {}
    for person in samples_of(app)["people"]:
        first.setdefault(tuple(roles_of(person)), str(person["id"]))
    return list(first.values())


def crawl(client: FlaskClient, login: str, app: str) -> set[str]:
    """Follow every link from a person's home page; one record of each list stands for the others."""
    headers = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
    signed_in = client.post("/sign-in", data={"login": login, "password": PASSWORD}, headers=headers)
    assert signed_in.status_code == 303
    start = f"/apps/{app}/"
    seen, shapes, waiting = {start}, {start}, deque([start])
    while waiting:
        path = waiting.popleft()
        answer = client.get(path, headers=headers)
        assert answer.status_code in (200, 302, 303), f"{login}: {path}: {answer.status_code} {answer.text[:400]}"
        if not answer.content_type.startswith("text/html"):
            continue
        for link in map(unescape, LINK.findall(answer.text)):
            bare = link.partition("?")[0]
            shape = SAME_RECORD.sub(r"/records/\1/0", bare) + ("?view" if "?view=" in link else "")
            if bare.startswith(start) and shape not in shapes and "{" not in link:
                shapes.add(shape)
                seen.add(link)
                waiting.append(link)
        assert len(seen) < MOST_PAGES, sorted(seen)[-20:]
    return seen
