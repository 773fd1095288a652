"""Rights explained, on the page and over REST: for administrators and builders, with as much as they may see."""

from __future__ import annotations

import pytest

from engine.runtime.services.identity import people
from tests.web.doors import PASSWORD, Door, Program


@pytest.fixture
def boss(door: Door) -> Program:
    people.add_user(door.shop.site, "boss", "Boss", PASSWORD, admin=True, language="en", roles={"shop": ["manager"]})
    return door.program("boss")


def test_rest_explains_and_names_who_sees(door: Door, boss: Program) -> None:
    door.shop.stocked(Bolt=9)
    sale = door.shop.sold(submit=False, Bolt=1)
    found = boss.get(f"/api/shop/sale/{sale.id}/explain?person=sun").json
    see = found["verbs"]["see"]
    assert see["ok"] is False and see["grounds"][0]["rule"] == "customer.owner = me"
    assert see["grounds"][0]["read"] == {"me": "Sun", "customer.owner": "Li"} and "Sales" in see["why"]
    narrow = boss.get("/api/shop/customer/1/explain?person=li&field=secret&action=").json
    assert list(narrow["fields"]) == ["secret"] and narrow["fields"]["secret"]["see"]["ok"] is False
    assert boss.get("/api/shop/sale/explain?person=eve").json["verbs"]["create"]["ok"] is False
    seers = boss.get(f"/api/shop/sale/{sale.id}/viewers").json["items"]
    assert {one["login"] for one in seers} == {"li", "wang", "boss"}
    for wrong in ("explain", "explain?person=li&field=nothing", "explain?person=li&odd=1"):
        assert boss.get(f"/api/shop/sale/{sale.id}/{wrong}").status_code == 400
    assert boss.get(f"/api/shop/sale/{sale.id}/explain?person=nobody").status_code == 404


def test_nobody_else_is_told(door: Door, boss: Program) -> None:
    door.shop.stocked(Bolt=9)
    sale = door.shop.sold(submit=False, Bolt=1)
    for path in (f"/api/shop/sale/{sale.id}/explain?person=wang", f"/api/shop/sale/{sale.id}/viewers"):
        assert door.program("li").get(path).status_code == 403
        assert door.program("boss", ("shop:read",)).get(path).status_code == 403
        assert door.program("ada").get(path).status_code == 404, "a builder without sight of the record"
    assert door.browser("li").get("/apps/shop/rights").status_code == 403


@pytest.mark.parametrize(
    ("language", "words"), [("en", "records where Owner of Customer = oneself"), ("zh", "此记录不符合")]
)
def test_the_page_explains(door: Door, boss: Program, language: str, words: str) -> None:
    door.shop.stocked(Bolt=9)
    sale = door.shop.sold(submit=False, Bolt=1)
    people.set_language(door.shop.site, people.find(door.shop.site, "boss").id, language)  # type: ignore[union-attr]
    browser = door.browser("boss", language)
    assert "fw-params" in browser.get("/apps/shop/rights").text
    page = browser.get(f"/apps/shop/rights?person=sun&object=sale&record={sale.id}").text
    assert words in page and "record=" in page
    assert 0 < page.count(words) < 6, "why is said of the record, not once more of each of its fields"
    alone = browser.get(f"/apps/shop/rights?object=sale&record={sale.id}").text
    assert "person=li" in alone and "person=sun" not in alone
    assert f"/apps/shop/rights?object=sale&amp;record={sale.id}" in browser.get(
        f"/apps/shop/records/sale/{sale.id}").text
    assert browser.get("/apps/shop/rights?person=sun&object=sale&record=4711").status_code == 404
    assert browser.get("/apps/shop/rights?person=sun&object=nothing").status_code == 400


def test_a_record_is_shared_on_its_page_and_over_rest(door: Door) -> None:
    mine = door.shop.create("li", "customer", name="Mine", limit="5")
    page, api = f"/apps/shop/records/customer/{mine.id}", f"/api/shop/customer/{mine.id}"
    li, sun = door.browser("li"), door.browser("sun")
    assert sun.get(page).status_code == 404 and f"{page}/shares" in li.get(page).text
    assert "sun" in li.get(f"{page}/shares").text and "zhao" not in li.get(f"{page}/shares").text
    wrong = li.post(f"{page}/shares", {"with": "user:zhao", "until": "2000-01-01"}, HX_Request="true")
    assert wrong.status_code == 422 and 'value="2000-01-01"' in wrong.text
    shared = li.post(f"{page}/shares", {"with": "user:sun", "edit": "true", "until": "2099-01-31"})
    assert "may edit until Jan 31, 2099" in shared.text
    nobody = li.post(f"{page}/shares", {"with": ""}, HX_Request="true")
    assert nobody.status_code == 422 and "Choose with whom" in nobody.text
    assert li.post(f"{page}/shares", {"with": "user:sun", "until": "9999-12-31"}, HX_Request="true").status_code == 422
    assert "Li shared Mine with you" in sun.get("/apps/shop/notices").text and "shared it" in sun.get(page).text
    theirs = door.program("sun").get(f"{api}/shares").json["items"]
    assert [(one["user"], one["edit"], one["until"]) for one in theirs] == [("sun", True, "2099-01-31")]
    program = door.program("li")
    made = program.call("POST", f"{api}/shares", {"role": "manager"})
    assert made.status_code == 201 and made.json["holds"] is True
    blind = program.call("POST", f"{api}/shares", {"user": "zhao"})
    assert blind.status_code == 422 and blind.json["errors"][0]["field"] == "user"
    for odd in ({}, {"user": "sun", "role": "manager"}, {"user": 5}, {"user": "sun", "until": "soon"}, {"to": "sun"}):
        assert program.call("POST", f"{api}/shares", odd).status_code == 400, odd
    assert door.program("li", ("shop:read",)).call("POST", f"{api}/shares", {"user": "sun"}).status_code == 403
    stop = f"{api}/shares/{theirs[0]['id']}"
    assert program.call("DELETE", stop).status_code == 204 and program.call("DELETE", stop).status_code == 404
    assert sun.get(page).status_code == 404
    assert li.post(f"{page}/shares/{made.json['id']}/stop").status_code == 200
    given = program.call("POST", f"{api}/shares", {"user": "sun"}).json["id"]
    back = sun.post(f"{page}/shares/{given}/stop", {}, HX_Request="true")
    assert back.headers["HX-Redirect"] == "/apps/shop/records/customer" and sun.get(page).status_code == 404
    assert program.get(f"{api}/shares").json["items"] == []
    paths = program.get("/api/shop/openapi.json").json["paths"]
    assert "/api/shop/customer/{id}/shares" in paths and "/api/shop/sale/{id}/shares" not in paths
