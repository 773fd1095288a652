"""Links by which people without an account come to one record's form or page: unguessable, bounded, taken back."""

from __future__ import annotations

import datetime as dt
import logging
import re
from email.message import EmailMessage
from typing import Any

import pytest

from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services.identity import people
from engine.runtime.web import failures
from tests.web.doors import Door, Program, told
from tests.web.test_outsiders import closed_to, door, filled, rested

__all__ = ["door", "rested"]
BASE = "/api/shop/order/{}/links"


def order(door: Door, number: str) -> int:
    found = door.program("li").get(f"/api/shop/order?filter=number='{number}'").get_json()["items"][0]["id"]
    return int(found)


def made(door: Door, number: str, name: str, who: str = "li") -> dict[str, Any]:
    answer = door.program(who).post(BASE.format(order(door, number)), {"link": name, "whom": "Ms Xu"})
    assert answer.status_code == 201, told(answer)
    link: dict[str, Any] = answer.get_json()
    return {**link, "path": "/" + link["url"].split("/", 3)[3]}


def ended(who: Program, number: str, link: dict[str, Any], door: Door) -> int:
    path = f"{BASE.format(order(door, number))}/{link['id']}"
    return who.client.delete(path, headers=who.headers).status_code


def opinions(door: Door) -> list[dict[str, Any]]:
    found = door.program("li").get("/api/shop/opinion?limit=100").get_json()["items"]
    return sorted(found, key=lambda one: int(one["id"]))


def test_a_form_by_link_takes_one_answer_about_its_record(door: Door) -> None:
    before, stranger, link = len(opinions(door)), door.browser(), made(door, "O1", "opinion.tell")
    page = stranger.get(link["path"])
    assert page.status_code == 200 and "O1" in page.text and closed_to(page), told(page)
    assert page.headers["Referrer-Policy"] == "strict-origin"
    wrong = stranger.post(link["path"], filled(page.text, stars="9"))
    assert wrong.status_code == 422 and len(opinions(door)) == before, "a refusal does not use it up"
    sent = filled(wrong.text, stars="4")
    first, again = stranger.post(link["path"], sent), stranger.post(link["path"], sent)
    assert "4 for O1" in first.text and "4 for O1" in again.text, told(first) + told(again)
    mine = opinions(door)[-1]
    assert len(opinions(door)) == before + 1 and mine["source"] == "web" and mine["order"]["id"] == order(door, "O1")
    assert stranger.post(link["path"] + "/preview", filled(page.text, stars="1")).status_code == 404
    another = stranger.post(link["path"], filled(page.text, stars="1"))
    assert another.status_code == 404 and stranger.get(link["path"]).status_code == 404
    assert len(opinions(door)) == before + 1
    row = door.program("li").get(BASE.format(order(door, "O1"))).get_json()["items"][0]
    assert row["uses"] == 1 and row["whom"] == "Ms Xu" and "url" not in row


def test_what_a_link_says_cannot_be_changed_by_who_has_it(door: Door) -> None:
    stranger, link = door.browser(), made(door, "O1", "opinion.often")
    page = stranger.get(link["path"]).text
    for name in ("order", "source"):
        answer = stranger.post(link["path"], filled(page, stars="3", **{name: str(order(door, "O2"))}))
        assert answer.status_code == 400, told(answer)
    for n in range(2):
        assert stranger.post(link["path"], filled(stranger.get(link["path"]).text, stars=str(n + 1))).status_code == 200
    assert [one["stars"] for one in opinions(door)][-2:] == [1, 2]


@pytest.mark.parametrize("path", ["form/opinion/tell", "form/opinion/often", "view/order/sight", "view/order/look"])
def test_what_is_by_link_is_not_there_without_one(door: Door, path: str) -> None:
    stranger = door.browser()
    assert stranger.get(f"/open/shop/{path}").status_code == 404
    assert stranger.post(f"/open/shop/{path}", {"stars": "5"}).status_code in (403, 404)
    assert stranger.get("/open/shop/link/" + "x" * 43).status_code == 404
    other = made(door, "O1", "opinion.often")["path"].replace("/shop/", "/nosuch/")
    assert stranger.get(other).status_code == 404


def test_a_page_by_link_shows_its_record_only_and_one_time(door: Door) -> None:
    stranger, link = door.browser(), made(door, "O1", "order.sight")
    first = stranger.get(link["path"])
    assert first.status_code == 200 and "Acme" not in first.text, "programs that look at mails use nothing up"
    shown = stranger.post(link["path"], filled(first.text))
    assert "Acme" in shown.text and "O2<" not in shown.text and closed_to(shown), told(shown)
    assert stranger.post(link["path"], filled(first.text)).status_code == 404
    assert stranger.get(link["path"]).status_code == 404
    look = made(door, "O2", "order.look")
    assert "O2" in stranger.get(look["path"]).text and "O2" in stranger.get(look["path"]).text
    closed = made(door, "O3", "order.look")
    assert stranger.get(closed["path"]).status_code == 404, "the page's condition holds here too"


def test_who_chooses_a_language_stays_at_the_link(door: Door) -> None:
    stranger, link = door.browser(), made(door, "O1", "opinion.often")
    page = stranger.get(link["path"]).text
    assert f'name="back" value="{link["path"]}"' in page
    sent = {"language": "zh", "back": link["path"], "csrf_token": filled(page)["csrf_token"]}
    answer = stranger.post("/language", sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, link["path"]), told(answer)
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        assert stranger.post("/language", {**sent, "back": elsewhere}).headers["Location"] == "/"


def test_numbers_that_no_record_has_are_answered_so(door: Door) -> None:
    li = door.program("li")
    for number in ("0", "99999999", "99999999999999999999"):
        assert li.post(f"/api/shop/order/{number}/links", {"link": "order.look"}).status_code == 404
        path = f"{BASE.format(order(door, 'O1'))}/{number}"
        assert li.client.delete(path, headers=li.headers).status_code == 404


def test_a_link_ends_when_it_is_taken_back_and_by_time(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    li, stranger, link = door.program("li"), door.browser(), made(door, "O1", "opinion.often")
    page = stranger.get(link["path"]).text
    assert ended(li, "O1", link, door) == 204
    assert stranger.get(link["path"]).status_code == 404
    assert stranger.post(link["path"], filled(page, stars="3")).status_code == 404
    old = made(door, "O1", "opinion.often")
    assert stranger.get(old["path"]).status_code == 200
    monkeypatch.setattr(door.shop, "now", door.shop.now + dt.timedelta(days=14, seconds=1))
    assert stranger.get(old["path"]).status_code == 404


def test_a_link_of_somebody_who_has_left_opens_nothing(door: Door) -> None:
    site, stranger = door.shop.site, door.browser()
    people.add_user(site, "zoe", "zoe", "zoe long password 1", roles={"shop": ["sales"]}, language="en")
    link = made(door, "O1", "order.look", "zoe")
    assert stranger.get(link["path"]).status_code == 200
    person = people.find(site, "zoe")
    assert person is not None
    with site.database.write() as connection:
        people.set_roles(site, connection, person.id, "zoe", "shop", ["clerk"])
    assert stranger.get(link["path"]).status_code == 404, "who made it may share the record no more"
    assert door.program("li").get(BASE.format(order(door, "O1"))).get_json()["items"][0]["holds"] is False


def test_only_who_may_share_a_record_makes_links(door: Door) -> None:
    ann, id = door.program("ann"), order(door, "O1")
    assert ann.post(BASE.format(id), {"link": "order.look"}).status_code == 403
    assert ann.get(BASE.format(id)).get_json()["items"] == []
    assert door.program("eve").post(BASE.format(id), {"link": "order.look"}).status_code == 404
    li = door.program("li")
    for name in ("order.track", "lead.enquiry", "opinion.nosuch", ""):
        assert li.post(BASE.format(id), {"link": name}).status_code == 422
    link = made(door, "O1", "order.look")
    assert ended(ann, "O1", link, door) == 404
    assert ended(li, "O2", link, door) == 404, "of another record"


def test_the_dialog_makes_a_link_shows_it_once_and_takes_it_back(door: Door) -> None:
    li, id = door.browser("li"), order(door, "O2")
    page = li.get(f"/apps/shop/records/order/{id}/shares").text
    assert f'action="/apps/shop/records/order/{id}/links"' in page and "opinion.tell" in page
    answer = li.post(f"/apps/shop/records/order/{id}/links", {"link": "opinion.tell", "whom": "Mr Xu"})
    found = re.search(r'value="(http[^"]+/open/shop/link/[\w-]{43})"', answer.text)
    assert found and "Mr Xu" in answer.text, told(answer)
    again = li.get(f"/apps/shop/records/order/{id}/shares").text
    assert found[1].rpartition("/")[2] not in again and "Mr Xu" in again
    path = "/" + found[1].split("/", 3)[3]
    assert door.browser().get(path).status_code == 200
    stop = re.findall(rf'action="(/apps/shop/records/order/{id}/links/\d+/stop)"', again)[0]
    assert "Mr Xu" not in li.post(stop, {}).text and door.browser().get(path).status_code == 404


def test_a_mail_brings_a_link_whose_token_stands_nowhere_else(door: Door) -> None:
    site, li, id = door.shop.site, door.program("li"), order(door, "O2")
    assert li.patch(f"/api/shop/order/{id}", {"contact": "buyer@acme.example"}).status_code == 200
    assert li.post(f"/api/shop/order/{id}/actions/ask", {}).status_code == 200
    sent: list[EmailMessage] = []
    site.public_url = "https://erp.example"
    try:
        drain(site, handlers(site, sent.append), site.now() + dt.timedelta(minutes=1))
    finally:
        site.public_url = ""
    body = next(one.get_content() for one in sent if one["To"] == "buyer@acme.example")
    found = re.search(r"https://erp\.example(/open/shop/link/([\w-]{43}))", body)
    assert found, body
    with site.database.read() as connection:
        tables = ("sys_letter", "sys_job", "sys_open_link", "sys_event", "sys_audit", "sys_reply")
        kept = " ".join(str(tuple(r)) for t in tables for r in connection.exec_driver_sql(f"select * from {t}").all())
    assert found[2] not in kept and "Was O2 good?" in kept
    answer = door.browser().get(found[1])
    assert answer.status_code == 200 and "O2" in answer.text, told(answer)


def test_a_defect_behind_a_link_leaves_its_secret_in_no_log(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    link = made(door, "O1", "order.look")
    monkeypatch.setattr("engine.runtime.web.pages.publics.told", lambda *_: 1 / 0)
    monkeypatch.setitem(door.app.config, "PROPAGATE_EXCEPTIONS", False)
    with caplog.at_level(logging.ERROR, logger=failures.LOG.name):
        assert door.browser().get(link["path"]).status_code == 500
    assert link["path"].rpartition("/")[2] not in " ".join(one.getMessage() for one in caplog.records)
    assert "/open/<app>/link/<token>" in caplog.text
