"""Requests that are too large, too deep or not what they say are refused before anything else looks at them."""

from __future__ import annotations

import base64
import json

import pytest

from tests.web.doors import Door

BAD = {
    "not JSON": b"{",
    "not an object": b"[]",
    "twice the same key": b'{"name": "a", "name": "b"}',
    "NaN": b'{"limit": NaN}',
    "Infinity": b'{"limit": -Infinity}',
    "too deep": b'{"name": ' + b"[" * 40 + b"]" * 40 + b"}",
    "very deep": b"[" * 100_000,
    "too many values": b'{"name": [' + b"1," * 20_000 + b"1]}",
    "too long a number": b'{"limit": ' + b"9" * 60 + b"}",
    "an exponent beyond reason": b'{"limit": 1e999}',
    "not UTF-8": b'{"name": "\xff"}',
    "half a character": b'{"name": "\\ud800"}',
    "NUL": b'{"name": "a\\u0000"}',
    "NUL in a key": b'{"a\\u0000": 1}',
    "a text without an end": b'{"name": "' + b'\\"' * 200_000,
    "quotes only": b'"' * 900_001,
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_unreadable_bodies_are_400(door: Door, body: bytes) -> None:
    li = door.program("li")
    answer = li.client.post("/api/shop/customer", data=body, headers={**li.headers, "Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert answer.mimetype == "application/problem+json" and answer.json["code"] == "unreadable"
    assert li.get("/api/shop/customer").json["items"] == []


def test_where_a_body_cannot_be_read_is_told_in_the_language_of_who_sent_it(door: Door) -> None:
    li = door.program("li")
    for language, body, told in (
        ("zh", b'{"name":\n "A"; }', "第 2 行第 5 个字符"),
        ("en", b'{"name": }', "line 1, character 10"),
        ("en", b'{"name": "\xff"}', "byte 11"),
    ):
        headers = {**li.headers, "Accept-Language": language, "Content-Type": "application/json"}
        answer = li.client.post("/api/shop/customer", data=body, headers=headers)
        assert answer.status_code == 400 and told in answer.json["detail"]
        assert "Expecting" not in answer.text and "codec" not in answer.text


def test_a_body_must_say_that_it_is_json(door: Door) -> None:
    li = door.program("li")
    answer = li.client.post(
        "/api/shop/customer", data=b'{"name": "A"}', headers={**li.headers, "Content-Type": "text/plain"}
    )
    assert answer.status_code == 400


def test_unknown_keys_are_refused(door: Door) -> None:
    answer = door.program("li").post("/api/shop/customer", {"name": "A", "creator": 1})
    assert answer.status_code == 400 and "creator" in answer.json["detail"]


def test_unknown_and_repeated_parameters_are_refused(door: Door) -> None:
    li = door.program("li")
    assert li.get("/api/shop/customer?fliter=1").status_code == 400
    assert li.get("/api/shop/customer?limit=5&limit=6").status_code == 400
    assert li.get("/api/shop/customer?limit=5000").status_code == 400


def test_too_large_a_body_is_413(door: Door) -> None:
    li = door.program("li")
    answer = li.client.post(
        "/api/shop/customer",
        data=json.dumps({"name": "x" * 1_100_000}),
        headers={**li.headers, "Content-Type": "application/json"},
    )
    assert answer.status_code == 413


def test_too_long_an_address_is_414(door: Door) -> None:
    assert door.program("li").get("/api/shop/customer?filter=" + "x" * 9_000).status_code == 414


def test_scalars_do_not_take_objects(door: Door) -> None:
    answer = door.program("li").post("/api/shop/customer", {"name": {"$ne": ""}})
    assert answer.status_code == 422 and answer.json["errors"][0]["field"] == "name"


def test_numbers_that_no_column_holds_are_corrected_not_crashed_on(door: Door) -> None:
    li = door.program("li")
    for limit in ("1e30", "99999999999999999999", 10**37):
        answer = li.post("/api/shop/customer", {"name": "A", "limit": limit})
        assert answer.status_code == 422 and answer.json["errors"][0]["field"] == "limit"


def test_numbers_of_records_are_bounded(door: Door) -> None:
    li, huge = door.program("li"), 1 << 63
    assert li.get(f"/api/shop/customer/{huge}").status_code == 404
    for items in ([{"op": "update", "id": huge}], [{"op": "delete", "id": -1}], [{"op": "delete", "id": True}]):
        assert li.post("/api/shop/customer/bulk", {"items": items}).status_code == 400
    assert li.post("/api/shop/customer/preview", {"id": huge}).status_code == 400
    for given in ({"to": huge}, {"to": {"x": 1}}, {"version": "1"}):
        assert li.post("/api/tasks/1/transfer", given).status_code == 400


@pytest.mark.parametrize("sort", ["limit", "created_at", "owner", "name"])
@pytest.mark.parametrize("value", ["x", "NaN", "1e999999", "Infinity", "9" * 30, {}, [], True])
def test_forged_cursors_are_400(door: Door, sort: str, value: object) -> None:
    li = door.program("li")
    for values in ([value, "9" * 30], [value, "x"], [value], [{}, {}]):
        cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
        answer = li.get(f"/api/shop/customer?sort={sort}&cursor={cursor}")
        assert answer.status_code == 400, answer.text


def test_a_question_with_a_sort_of_another_kind_is_400(door: Door) -> None:
    asked = {"from": "product", "show": {"a": "code"}, "sort": 1}
    assert door.program("li").post("/api/shop/query", asked).status_code == 400


@pytest.mark.parametrize("path", ["?search=%00", "?filter=name%20%3D%20'%00'", "?%00=1", "/%00"])
def test_nul_in_an_address_is_refused(door: Door, path: str) -> None:
    assert door.program("li").get(f"/api/shop/customer{path}").status_code == 400
