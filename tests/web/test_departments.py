"""Departments on the administrator's pages: tree, heads, several places of a person; invitations; scopes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from engine.errors import Invalid
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services.identity import departments, people
from engine.runtime.storage import department_rows, event_rows
from tests.web.doors import PASSWORD, Browser, Door, peopled, told


@pytest.fixture
def house(database_url: str) -> Iterator[Door]:
    door = Door(peopled(database_url))
    people.add_user(door.shop.site, "boss", "Boss", PASSWORD, admin=True, language="en")
    yield door
    door.shop.site.database.close()


@pytest.fixture
def boss(house: Door) -> Browser:
    return house.browser("boss")


def made(boss: Browser, name: str, above: str = "", head: str = "") -> None:
    answer = boss.post("/departments/save", {"name": name, "above": above, "head": head})
    assert answer.status_code == 303, told(answer)


def kinds(door: Door, subject: str) -> list[str]:
    with door.shop.site.database.read() as connection:
        rows = event_rows.listed(connection)
    return [row["kind"] for row in rows if row["subject"] == subject]


def test_a_tree_is_built_moved_renamed_and_taken_down(house: Door, boss: Browser) -> None:
    assert "No departments yet" not in boss.get("/departments/").text or not departments.tree(house.shop.site)
    made(boss, "House", head="boss")
    made(boss, "Stores / <b>", above="House", head="wang")
    units = {unit.name: unit for unit in departments.tree(house.shop.site)}
    assert units["Stores / <b>"].depth == units["House"].depth + 1
    page = boss.get("/departments/").text
    assert "Stores / &lt;b&gt;" in page and "<b>" not in page.split("Stores /")[1][:40]
    form = {"known": "Stores / <b>", "name": "Stores", "above": "House", "head": "li"}
    assert boss.post("/departments/save", form).status_code == 303
    people.add_user(house.shop.site, "li", None, None, department="Stores")
    refused = boss.post("/departments/remove", {"name": "House"})
    assert refused.status_code == 422 and "Stores" in refused.text
    refused = boss.post("/departments/remove", {"name": "Stores"})
    assert refused.status_code == 422 and "1 people" in refused.text
    people.add_user(house.shop.site, "li", None, None, department="")
    for name in ("Stores", "House"):
        assert boss.post("/departments/remove", {"name": name}).status_code == 303
    assert "Stores" not in boss.get("/departments/").text
    assert kinds(house, "Stores") == ["department_removed", "department_changed"]


def test_mistakes_are_told_at_the_field(house: Door, boss: Browser) -> None:
    made(boss, "House")
    made(boss, "Stores", above="House")
    for form, text in (
        ({"name": " "}, "A name has 1 to 200"), ({"name": "House"}, "already"), ({"name": "x" * 201}, "A name has 1"),
        ({"name": "New", "above": "Nowhere"}, "no department “Nowhere”"),
        ({"name": "New", "head": "nobody"}, "nobody"),
        ({"known": "House", "name": "House", "above": "Stores"}, "itself or below it"),
        ({"known": "House", "name": "House", "above": "House"}, "itself or below it"),
    ):
        answer = boss.post("/departments/save", form)
        assert answer.status_code == 422 and text in told(answer), form
    assert boss.get("/departments/form?name=Nowhere").status_code == 404
    assert boss.post("/departments/save", {"known": "Nowhere", "name": "x"}).status_code == 404
    assert boss.post("/departments/remove", {"name": "Nowhere"}).status_code == 404
    for login in ("li", "ada"):
        other = house.browser(login)
        assert other.get("/departments/").status_code == 403
        assert other.post("/departments/save", {"name": "Mine", "head": login}).status_code == 403


def test_a_person_belongs_to_several(house: Door, boss: Browser) -> None:
    made(boss, "House", head="boss")
    made(boss, "Stores", above="House", head="wang")
    form = {"known": "li", "login": "li", "name": "Li", "department": "House", "position": "Clerk",
            "further": ["Stores", ""], "further_position": ["Keeper", "lost"], "roles.shop": ["sales"]}
    assert boss.post("/people/save", form).status_code == 303
    page = boss.get("/people/li").text
    assert 'value="Keeper"' in page and 'value="Clerk"' in page and "lost" not in page
    assert re.search("House · Clerk, Stores · Keeper", boss.get("/people/").text)
    assert "Keeper" in boss.get("/departments/form?name=Stores").text
    li = people.find(house.shop.site, "li")
    assert li is not None
    with house.shop.site.database.read() as connection:
        assert department_rows.places_of(connection, li.id) == [("House", "Clerk"), ("Stores", "Keeper")]
        assert department_rows.members(connection, ["Stores"]) == [li.id]
        assert department_rows.upwards(connection, li.id) == {"House", "Stores"}
    twice = boss.post("/people/save", {**form, "further": ["House"], "further_position": [""]})
    assert twice.status_code == 422 and "main department already" in told(twice)
    unknown = boss.post("/people/save", {**form, "department": "Nowhere"})
    assert unknown.status_code == 422 and "Nowhere" in told(unknown)
    assert "places_changed" in kinds(house, "li")
    with pytest.raises(Invalid):
        departments.remove(house.shop.site, "Stores")


def test_who_is_invited_sets_the_password(house: Door, boss: Browser) -> None:
    form = {"login": "mia", "name": "Mia", "email": "mia@example.com", "roles.shop": ["sales"]}
    site = house.shop.site
    assert boss.post("/people/save", form).status_code == 422, "no letters without the site's address"
    site.public_url = "https://erp.example"
    assert boss.post("/people/save", form).status_code == 303
    sent: list[EmailMessage] = []
    drain(site, handlers(site, sent.append), house.shop.now)
    text = next(one for one in sent if one["To"] == "mia@example.com").get_content()
    assert "mia" in text
    link = re.search(r"https://erp\.example(/reset\?token=(\S+))", text)
    assert link is not None
    stranger = house.browser()
    given = {"token": link[2], "new": "a long new one", "again": "a long new one"}
    assert stranger.get(link[1]).status_code == 200 and stranger.post("/reset", given).status_code == 303
    assert stranger.post("/reset", given).status_code == 404, "it works once"
    assert house.browser().post("/sign-in", {"login": "mia", "password": "a long new one"}).status_code == 303
    assert "invited" in kinds(house, "mia")


def test_scopes_of_a_token_are_chosen(house: Door) -> None:
    li = house.browser("li")
    page = li.get("/profile").text
    assert 'value="shop.customer:read"' in page and 'value="shop:write"' in page
    answer = li.post("/profile/tokens", {"name": "x", "scopes": ["shop.customer:read", "shop.sale:read,create"],
                                         "days": "5"})
    assert answer.status_code == 200 and "shop.customer:read shop.sale:create,read" in answer.text
    form = {"name": "mine", "scopes": ["shop.customer:read", "shop.sale:fly"], "days": "7"}
    wrong = li.post("/profile/tokens", form)
    kept = re.findall('<option value="([^"]+)" selected', wrong.text)
    assert wrong.status_code == 422 and set(form["scopes"]) <= set(kept), "what was chosen stays"
    assert 'value="mine"' in wrong.text and 'value="7"' in wrong.text
    assert "value=\"shop.customer:read\"" not in house.browser("ada").get("/profile").text, "sees none"
