"""Lines of the record behind a link, asked for by the database: in filters and in row rules."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.builder.furnishing import furnish
from engine.definitions.compile import load
from engine.runtime.services import reading
from engine.runtime.services.identity import people
from engine.runtime.services.reading import Query
from engine.runtime.services.registers import ledgers
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database

TEXT = """
app: work
name: Work
roles: {member: Member, chief: Chief}
objects:
  project:
    key: name
    fields: {name: {type: text, required: true, unique: true}, members: {type: lines, fields: {person: user}}}
  note:
    fields: {project: {type: link, to: project}, hours: integer}
    posts: [{to: effort, keys: {project: project}, add: {hours: hours}}]
registers:
  effort: {keys: {project: {type: link, to: project}}, measures: {hours: integer}}
access:
  project: {chief: full, member: {see: "any(members, person = me)"}}
  note: {chief: full, member: {see: "any(project.members, person = me)"}}
  effort: {chief: see, member: {see: "any(project.members, person = me)"}}
samples:
  people: [{id: ann, role: member}, {id: bob, role: member}, {id: cora, role: chief}]
  rows:
    project: [{name: A, members: [{person: ann}]}, {name: B, members: [{person: ann}, {person: bob}]}, {name: C}]
    note: [{project: A, hours: 1}, {project: B, hours: 2}, {project: B, hours: 4}, {project: C, hours: 8}]
"""


@pytest.fixture
def site(database_url: str) -> Iterator[Site]:
    app = load({"work.yaml": TEXT}).app
    assert app is not None
    made = Site(Database(database_url))
    made.publish(app.texts)
    furnish(made, app)
    yield made
    made.database.close()


def notes(site: Site, login: str, filter: str = "") -> list[int]:
    """The hours of the notes that a person sees."""
    actor = people.actor_for(site, people.find(site, login), "work")
    with site.read("work", actor) as tx:
        page = reading.page(tx, "note", Query(filter=filter, sort=("hours",)))
        return [int(record.get("hours")) for record in page.items]  # type: ignore[arg-type]


def booked(site: Site, login: str) -> list[object]:
    """The hours in the register that a person sees."""
    actor = people.actor_for(site, people.find(site, login), "work")
    with site.read("work", actor) as tx:
        sheet = ledgers.balances(tx, "effort")
        return sorted(row[1] for row in sheet.rows)


def test_a_row_rule_over_lines_behind_a_link_shows_just_these_rows(site: Site) -> None:
    assert [notes(site, login) for login in ("ann", "bob", "cora")] == [[1, 2, 4], [2, 4], [1, 2, 4, 8]]
    assert [booked(site, login) for login in ("ann", "bob", "cora")] == [[1, 6], [6], [1, 6, 8]]


def test_a_filter_counts_lines_behind_a_link(site: Site) -> None:
    assert notes(site, "cora", "count(project.members) = 2") == [2, 4]
    assert notes(site, "cora", "count(project.members) = 0") == [8]
    assert notes(site, "ann", "count(project.members) < 2") == [1]
