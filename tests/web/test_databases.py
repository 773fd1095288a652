"""The same pages and calls over both databases: what one of them refuses or sorts differently shows here."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.web.doors import Door, peopled, told


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    made = Door(peopled(database_url))
    yield made
    made.shop.site.database.close()


def test_a_sale_from_the_form_to_the_books(door: Door) -> None:
    door.shop.stocked(Bolt=50, Nut=50)
    li, zhao = door.browser("li"), door.browser("zhao")
    acme = door.shop.create("li", "customer", name="Acme").id
    form = {
        "customer": str(acme),
        "date": "2026-05-04",
        "lines.0.product": "1",
        "lines.0.qty": "2",
        "lines.0.price": "10",
        "lines.0.id": "",
    }
    seen = li.post("/apps/shop/records/sale/preview", {**form, "_changed": "lines.0.qty"})
    assert seen.status_code == 200 and seen.json["values"]["total"]["text"].endswith("20.00")
    made = li.post("/apps/shop/records/sale/new", {**form, "_key": "k"})
    assert made.status_code == 303, told(made)
    assert li.post("/apps/shop/records/sale/new", {**form, "_key": "k"}).location == made.location
    edited = li.post(f"{made.location}/preview", {"note": "x", "_changed": "note"})
    assert edited.status_code == 200, told(edited)
    assert li.post(f"{made.location}/actions/submit", {"_version": "1"}).status_code == 303
    assert zhao.post(f"{made.location}/actions/ship", {}).status_code == 303
    for browser, path in (
        (li, "/apps/shop/"),
        (li, "/apps/shop/records/sale"),
        (li, made.location),
        (li, f"{made.location}/edit"),
        (li, "/apps/shop/search?q=Acme"),
        (li, "/apps/shop/records/sale?sort=-total&filter=total+%3E+1"),
        (zhao, "/apps/shop/tasks"),
        (zhao, "/apps/shop/registers/stock"),
        (zhao, "/apps/shop/registers/stock?view=movements"),
        (zhao, "/apps/shop/registers/stock?view=turnovers"),
        (zhao, "/apps/shop/notices"),
    ):
        answer = browser.get(path)
        assert answer.status_code == 200, (path, told(answer))


def test_the_same_key_at_the_same_time_makes_one(door: Door) -> None:
    program = door.program("li")
    answers: list[int] = []
    ids: set[int] = set()

    def send() -> None:
        answer = door.app.test_client().post(
            "/api/shop/customer", json={"name": "Once"}, headers={**program.headers, "Idempotency-Key": "same"}
        )
        answers.append(answer.status_code)
        ids.add(answer.get_json()["id"])

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [201] * 8 and len(ids) == 1
    assert program.get("/api/shop/customer?count=exact").json["count"] == 1


def test_an_approval_by_api(door: Door) -> None:
    door.shop.stocked(Bolt=500)
    door.shop.sold(Bolt=200)
    wang = door.program("wang")
    task = wang.get("/api/tasks").json["items"][0]
    assert (
        wang.post(f"/api/tasks/{task['id']}/approve", {"comment": "ok"}, Idempotency_Key="a").json["state"]
        == "approved"
    )
    assert wang.post(f"/api/tasks/{task['id']}/approve", {"comment": "ok"}, Idempotency_Key="a").status_code == 200
    assert [e["action"] for e in wang.get(f"/api/shop/sale/{task['record']['id']}/history").json["items"]][
        0
    ] == "approve"
