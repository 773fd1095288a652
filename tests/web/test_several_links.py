"""Fields of several links and of several people, at every door of both databases."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runtime.services import imports
from engine.runtime.services.lists import exports
from tests.web.doors import Door, peopled, told

TEXT = """
app: shop
languages: [zh, en]
roles: {sales: 销售, manager: 经理, store: 仓库}
objects:
  skill:
    key: name
    fields:
      name: {type: text, required: true, unique: true}
      open: {type: boolean, default: true}
  task:
    key: code
    fields:
      code: {type: text, required: true, unique: true}
      skills: {type: links, to: skill, where: open, back: tasks, zh: 技能, en: Skills}
      team: {type: users, back: joins, default: =me, zh: 成员, en: Team}
      many: {formula: count(skills)}
      names: {formula: "join(skills.name, '+')"}
      steps: {type: lines, fields: {what: text, needs: {type: links, to: skill}}}
    checks: [{that: "all(skills, len(name) < 9)", say: {zh: 过长, en: Too long a name}}]
access:
  skill: {sales: full, manager: full}
  task: {sales: {see: me in team, create: true, edit: me in team, export: true, import: true}, manager: full}
"""


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    made = Door(peopled(database_url, TEXT))
    for name in ("wood", "iron", "glass"):
        made.shop.create("li", "skill", name=name)
    yield made
    made.shop.site.database.close()


def test_through_the_api(door: Door) -> None:
    li, sun, wang = door.program("li"), door.program("sun"), door.program("wang")
    made = wang.post("/api/shop/task", {"code": "T1", "skills": ["iron", {"id": 1}, "iron"], "team": ["li"],
                                        "steps": [{"what": "x", "needs": ["glass"]}]})
    assert made.status_code == 201, told(made)
    path = f"/api/shop/task/{made.json['id']}"
    read = li.get(path).json
    assert [one["title"] for one in read["skills"]] == ["iron", "wood"]
    assert (read["many"], read["names"]) == (2, "iron+wood")
    assert [one["title"] for one in read["steps"][0]["needs"]] == ["glass"]
    assert sun.get(path).status_code == 404, "the row rule asks who is in the team"
    found = [row["code"] for row in wang.get("/api/shop/task?filter=count(skills) = 2").json["items"]]
    assert found == ["T1"]
    for condition, codes in (
        ("any(skills, name = 'wood')", ["T1"]), ("any(skills, name = 'glass')", []), ("count(skills) = 3", []),
        ("me in team", []),
        ("get(skill, 'iron') in skills", ["T1"]),
    ):
        answer = wang.get(f"/api/shop/task?filter={condition}")
        assert [row["code"] for row in answer.json["items"]] == codes, (condition, told(answer))
    changed = wang.patch(path, {"skills": ["glass"], "team": ["li", "sun"]})
    assert changed.status_code == 200, told(changed)
    assert [row["code"] for row in sun.get("/api/shop/task").json["items"]] == ["T1"]
    backs = [row["name"] for row in li.get("/api/shop/skill?filter=count(tasks) = 1").json["items"]]
    assert backs == ["glass"]
    assert wang.post("/api/shop/task", {"code": "T2", "skills": ["iron"]}).status_code == 201
    found = [row["code"] for row in wang.get("/api/shop/task?filter=any(skills, name = 'iron')").json["items"]]
    assert found == ["T2"], "of each record its own"
    history = wang.get(f"{path}/history").json["items"][0]["changes"]["skills"]
    assert [one["title"] for one in history["new"]] == ["glass"]
    assert wang.patch(path, {"skills": None}).status_code == 200 and wang.get(path).json["skills"] is None
    assert not li.get("/api/shop/skill?filter=exists(tasks)").json["items"]


def test_what_is_refused(door: Door) -> None:
    li = door.program("li")
    iron = li.get("/api/shop/skill?filter=name = 'iron'").json["items"][0]["id"]
    li.patch(f"/api/shop/skill/{iron}", {"open": False})
    for given in (["stone"], ["iron"], [999], ["wood", True]):
        answer = li.post("/api/shop/task", {"code": "T", "skills": given})
        assert answer.status_code == 422 and answer.json["errors"][0]["field"] == "skills", told(answer)


def test_through_the_form(door: Door) -> None:
    li = door.browser("li")
    page = li.get("/apps/shop/records/task/new").text
    assert 'name="skills"' in page and "multiple" in page and 'value="1" selected' in page, "the team begins with me"
    assert li.get("/apps/shop/records/task/lookup?field=skills&q=oo").status_code in (200, 404)
    made = li.post("/apps/shop/records/task/new", {"code": "F1", "skills": ["3", "1"], "team": ["1", "2"], "_key": "k"})
    assert made.status_code == 303, told(made)
    form = {"code": "F1", "skills": ["3", "1"], "team": ["1"], "_changed": "code"}
    seen = li.post(f"{made.location}/preview", form).json["values"]["skills"]
    assert (seen["value"], seen["titles"]) == (["3", "1"], ["glass", "wood"]), "the preview leaves them chosen"
    page = li.get(made.location).text
    assert '/records/skill/3">glass</a>, <a' in page and "Sun" in page
    assert "glass, wood" in li.get("/apps/shop/records/task").text
    edit = li.get(f"{made.location}/edit").text
    assert '<option value="3" selected' in edit and '<option value="1" selected' in edit
    emptied = li.post(f"{made.location}/edit", {"code": "F1", "skills": "", "team": ["1"], "_version": "1"})
    assert emptied.status_code == 303, told(emptied)
    assert "glass" not in li.get(made.location).text.partition("timeline")[0]


def test_a_list_is_filtered_by_what_it_includes(door: Door) -> None:
    li = door.browser("li")
    for code, skills in (("A", ["wood"]), ("B", ["iron", "wood"])):
        door.shop.create("li", "task", code=code, skills=skills)
    page = li.get("/apps/shop/records/task?filter=any(skills, id = 2)").text
    assert ">B<" in page and ">A<" not in page and "Skills includes iron" in page
    assert 'value="skills"' in page, "it is offered"


def test_by_import_and_export(door: Door, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("code,skills,team\nI1,\"wood, iron\",li;sun\nI2,stone,li\n", encoding="utf-8")
    actor = door.shop.actor("li")
    report = imports.run(door.shop.site, "shop", {"object": "task", "file": "in.csv"}, tmp_path, actor)
    assert (report.created, [(e.row, e.column) for e in report.errors]) == (1, [(3, "skills")])
    out = io.BytesIO()
    with door.shop.site.read("shop", actor) as tx:
        exports.write(tx, "task", "csv", out, plain=True, fields=["code", "skills", "team"])
    assert out.getvalue().decode("utf-8-sig").splitlines()[1] == 'I1,"wood, iron","li, sun"'
    out = io.BytesIO()
    with door.shop.site.read("shop", actor) as tx:
        exports.write(tx, "task", "jsonl", out, fields=["code", "skills"])
    assert b'"skills": ["wood", "iron"]' in out.getvalue()
