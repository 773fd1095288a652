"""Ranges, and rules by which no two overlap, at every door of both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from engine.runtime.services import imports
from tests.web.doors import Door, peopled, told

TEXT = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
roles: {sales: 销售, manager: 经理, store: 仓库}
objects:
  booking:
    name: {zh: 预订, en: Booking}
    key: code
    fields:
      code: {type: text, required: true, unique: true}
      room: {type: text, required: true, zh: 房间, en: Room}
      stay: {type: range, of: date, required: true, zh: 日期, en: Stay}
      slot: {type: range, of: datetime, zh: 时段, en: Slot}
      cancelled: {type: boolean, default: false}
      nights: {formula: stay.end - stay.start}
      early: {formula: "date(2026, 3, 2) in stay"}
      beside: {formula: "count(booking where overlaps(stay, this.stay) and id != this.id)"}
      whole: {formula: "range(stay.start, stay.start + 30)"}
      shifts:
        type: lines
        fields: {who: text, hours: {type: range, of: integer}}
    unique:
      - {of: [room, stay], when: not cancelled}
      - [room, slot]
      - [shifts.who, shifts.hours]
access: {booking: {sales: full}}
"""


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    made = Door(peopled(database_url, TEXT))
    yield made
    made.shop.site.database.close()


def test_through_the_api(door: Door) -> None:
    li = door.program("li")
    first = {"code": "A", "room": "1", "stay": {"start": "2026-03-01", "end": "2026-03-05"}}
    made = li.post("/api/shop/booking", first)
    assert made.status_code == 201, told(made)
    read = li.get(f"/api/shop/booking/{made.json['id']}").json
    assert (read["stay"], read["nights"], read["early"]) == (first["stay"], "4", True)
    assert read["whole"] == {"start": "2026-03-01", "end": "2026-03-31"}
    taken = li.post("/api/shop/booking", {"code": "B", "room": "1", "stay": "2026-03-05..2026-03-06"})
    assert taken.status_code == 422, told(taken)
    assert taken.json["errors"][0]["field"] == "stay" and "overlaps with A (Mar 1, 2026 – " in str(taken.json)
    for given in (
        {"code": "C", "room": "1", "stay": "2026-03-06..2026-03-07"}, {"code": "D", "room": "2", "stay": first["stay"]},
        {"code": "E", "room": "1", "stay": "2026-03-02..2026-03-03", "cancelled": True},
    ):
        assert li.post("/api/shop/booking", given).status_code == 201, given
    assert li.get(f"/api/shop/booking/{made.json['id']}").json["beside"] == 2
    cancelled = li.get("/api/shop/booking?filter=cancelled").json["items"][0]["id"]
    assert li.patch(f"/api/shop/booking/{cancelled}", {"cancelled": False}).status_code == 422
    found = li.get("/api/shop/booking?filter=stay.end >= date(2026, 3, 7)&sort=stay").json["items"]
    assert [row["code"] for row in found] == ["C"]
    for condition, codes in (
        ("overlaps(stay, range(date(2026, 3, 5), date(2026, 3, 6)))", ["A", "C", "D"]),
        ("overlaps(stay, range(date(2026, 3, 7), blank))", ["C"]),
        ("overlaps(stay, range(blank, date(2026, 3, 1)))", ["A", "D"]),
        ("date(2026, 3, 5) in stay", ["A", "D"]), ("date(2026, 3, 8) in stay", []), ("overlaps(stay, slot)", None),
        ("overlaps(stay, stay)", ["A", "C", "D", "E"]), ("now() in slot", []),
    ):
        answer = li.get("/api/shop/booking?" + urlencode({"filter": condition, "sort": "code"}))
        found = [row["code"] for row in answer.json["items"]] if answer.status_code == 200 else None
        assert found == codes, (condition, told(answer))
    open_end = li.post("/api/shop/booking", {"code": "F", "room": "1", "stay": ["2027-01-01", None]})
    assert open_end.status_code == 201, told(open_end)
    late = li.post("/api/shop/booking", {"code": "G", "room": "1", "stay": "2030-01-01..2030-01-02"})
    assert late.status_code == 422, "an open end never ends"


def test_moments_do_not_include_their_end(door: Door) -> None:
    li = door.program("li")
    for code, slot, status in (
        ("A", "2026-03-01T10:00..2026-03-01T11:00", 201), ("B", "2026-03-01T11:00..2026-03-01T12:00", 201),
        ("C", "2026-03-01T10:59..2026-03-01T11:01", 422), ("D", "2026-03-01T11:00..2026-03-01T11:00", 422),
    ):
        given = {"code": code, "room": "1", "stay": [f"2026-0{ord(code) - 60}-01", f"2026-0{ord(code) - 60}-02"]}
        answer = li.post("/api/shop/booking", {**given, "slot": slot})
        assert answer.status_code == status, told(answer)


def test_within_lines(door: Door) -> None:
    li = door.program("li")
    given = {"code": "A", "room": "1", "stay": "2026-03-01..2026-03-02"}
    shifts = [{"who": "a", "hours": "8..11"}, {"who": "b", "hours": "8..11"}, {"who": "a", "hours": "11..12"}]
    answer = li.post("/api/shop/booking", {**given, "shifts": shifts})
    assert answer.status_code == 422 and answer.json["errors"][0]["field"] == "shifts.2.hours", told(answer)
    shifts[2]["hours"] = "12..13"
    assert li.post("/api/shop/booking", {**given, "shifts": shifts}).status_code == 201


@pytest.mark.parametrize("stay", ["2026-03-05..2026-03-01", "2026-03-05", {"from": 1}, ["2026-03-01"], "a..b", 5])
def test_what_is_no_range(door: Door, stay: object) -> None:
    answer = door.program("li").post("/api/shop/booking", {"code": "A", "room": "1", "stay": stay})
    assert answer.status_code == 422 and answer.json["errors"][0]["field"] == "stay", told(answer)


def test_through_the_form_and_by_import(door: Door, tmp_path: Path) -> None:
    li = door.browser("li")
    page = li.get("/apps/shop/records/booking/new").text
    assert page.count('type="date" name="stay"') == 2 and page.count('type="datetime-local" name="slot"') == 2
    form = {"code": "F", "room": "1", "stay": ["2026-03-01", "2026-03-05"], "slot": ["", ""], "_key": "k"}
    made = li.post("/apps/shop/records/booking/new", form)
    assert made.status_code == 303, told(made)
    assert "Mar 1, 2026 – Mar 5, 2026" in li.get(made.location).text
    assert 'name="stay" value="2026-03-05"' in li.get(f"{made.location}/edit").text
    seen = li.post(f"{made.location}/preview", {**form, "_changed": "code"}).json["values"]["stay"]
    assert seen["ends"] == ["2026-03-01", "2026-03-05"], "the preview leaves both ends as they are"
    moved = {**form, "stay": ["2026-03-02", "2026-03-05"], "_version": "1", "_key": "k2"}
    changed = li.post(f"{made.location}/edit", moved)
    assert changed.status_code == 303, told(changed)
    assert "Mar 2, 2026 – Mar 5, 2026" in li.get(made.location).text and "#None" not in li.get(made.location).text
    wrong = li.post("/apps/shop/records/booking/new", {**form, "code": "G", "stay": ["2026-03-09", "2026-03-02"]})
    assert wrong.status_code == 422 and 'name="stay" value="2026-03-09"' in wrong.text
    (tmp_path / "in.csv").write_text("code,room,stay\nI,1,2026-03-05~2026-03-06\nJ,1,2026-04-05 to 2026-04-06\n")
    actor = door.shop.actor("li")
    report = imports.run(door.shop.site, "shop", {"object": "booking", "file": "in.csv"}, tmp_path, actor)
    assert (report.created, len(report.errors)) == (1, 1) and "overlaps" in str(report.errors[0].message)


def test_two_at_the_same_moment_give_one(door: Door) -> None:
    program = door.program("li")
    answers: list[int] = []

    def send(number: int) -> None:
        given = {"code": f"N{number}", "room": "9", "stay": f"2026-03-0{number + 1}..2026-03-08"}
        answer = door.app.test_client().post("/api/shop/booking", json=given, headers=program.headers)
        answers.append(answer.status_code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, *[422] * 5]
