"""Requests that are too large, too deep or not what they say are refused before anything else looks at them."""

from __future__ import annotations

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
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_unreadable_bodies_are_400(door: Door, body: bytes) -> None:
    li = door.program("li")
    answer = li.client.post("/api/shop/customer", data=body, headers={**li.headers, "Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert answer.mimetype == "application/problem+json" and answer.json["code"] == "unreadable"
    assert li.get("/api/shop/customer").json["items"] == []


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
