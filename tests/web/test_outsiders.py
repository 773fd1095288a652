"""People from outside: forms and pages without an account. They reach what is named, and nothing else."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from engine.errors import Invalid
from engine.runtime.services import attachments
from engine.runtime.services.identity import people, standings
from engine.runtime.storage.file_stores import Folder
from engine.runtime.web import limits
from tests.services.sites import fresh
from tests.web.doors import PASSWORD, Browser, Door, peopled, told

APP = """\
app: shop
languages: [en, zh]
roles: {sales: Sales, boss: Boss, clerk: Clerk, partner: {en: Partner, external: true, stands_for: customer}}
objects:
  customer: {key: name, title: "{name}", fields: {name: {type: text, required: true, unique: true}, secret: text}}
  product:
    key: name
    title: "{name}"
    fields: {name: {type: text, required: true, unique: true}, sold: boolean, cost: money}
  order:
    key: number
    title: "{number}"
    fields:
      number: {type: text, required: true, unique: true}
      customer: {type: link, to: customer}
      phone: phone
      tail: {formula: "right(phone, 4)"}
      buyer: {formula: customer.name}
      note: text
      contact: email
      closed: boolean
      lines: {type: lines, fields: {product: {type: link, to: product}, qty: integer, price: money}}
    views:
      all: {list: [number, note]}
      track:
        name: Track
        detail: [number, buyer, customer, lines.product, lines.qty]
        where: not closed
        public: {find: [number, tail], limit: 10 per minute}
      sight: {name: Sight, detail: [number, buyer, lines.qty], where: not closed, public: {by_link: 2 days, once: true}}
      look: {name: Look, detail: [number], where: not closed, public: {by_link: 2 days}}
    actions:
      ask: {by: role(sales), do: [{mail: {to: contact, text: "Was {number} good?", link: opinion.tell}}]}
  opinion:
    title: "{order.number} {stars}"
    fields:
      order: {type: link, to: order, required: true}
      stars: {type: integer, required: true, min: 1, max: 5}
      source: {type: choice, options: {web: Web, call: Call}}
    forms:
      tell:
        name: Tell
        fields: stars
        set: {source: web}
        public: {by_link: 14 days, of: order, once: true}
        thanks: "{stars} for {order.number}"
      often: {name: Often, fields: stars, public: {by_link: 14 days, of: order, limit: 20 per hour}}
  lead:
    title: "{company}"
    fields:
      company: {type: text, required: true}
      phone: phone
      product: {type: link, to: product, where: sold}
      message: long_text
      source: {type: choice, options: {web: Web, call: Call}}
      owner: user
      size: {formula: len(company)}
      papers: {type: files, accept: [pdf, png], size: 20 KB}
      proof: {type: file, accept: [pdf]}
      wants: {type: lines, fields: {product: {type: link, to: product}, qty: {type: integer, required: true}}}
    forms:
      enquiry:
        name: Enquiry
        fields: [company, [phone, product], message, wants]
        set: {source: web}
        public: {captcha: true, limit: 5 per hour, prefill: [product]}
        thanks: "Thank you, {company}"
      quick: {fields: company, public: {limit: 2 per hour}}
      drawing: {fields: [company, phone, papers], public: {captcha: true, limit: 20 per hour}}
automations:
  welcome: {created: lead, when: source = 'web', do: [{set: {message: =message & '!'}}]}
access:
  any: {sales: full}
  product: {public: {see: {when: sold, fields: [name]}}, partner: {see: {when: sold, fields: [name]}}}
  customer: {partner: {see: this = me.customer, edit: this = me.customer, hide: [secret]}}
  order:
    partner:
      see: {when: customer = me.customer, fields: [number, customer, phone, lines.product, lines.qty]}
      create: {when: customer = me.customer, fields: [number, customer, phone]}
      export: customer = me.customer
"""
CANARIES = ("CANARY-SECRET", "CANARY-NOTE", "HiddenProduct", "987.65")
FORM, VIEW = "/open/shop/form/lead/enquiry", "/open/shop/view/order/track"


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def door(
    request: pytest.FixtureRequest, _server: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    with fresh(request.param, _server, tmp_path_factory, "outsiders") as url:
        made = Door(peopled(url, APP))
        shop = made.shop
        shop.site.files = Folder(tmp_path_factory.mktemp("files"))
        acme = shop.create("li", "customer", name="Acme", secret="CANARY-SECRET")
        for number, sold in (("Chair", True), ("HiddenProduct", False)):
            shop.create("li", "product", name=number, sold=sold, cost="987.65")
        orders = (("O1", "13800001111", False), ("O2", "13800002222", False), ("O3", "9993333", True))
        for number, phone, closed in orders:
            lines = [{"product": "Chair", "qty": 3, "price": "987.65"}]
            shop.create(
                "li", "order", number=number, phone=phone, customer={"id": acme.id}, note="CANARY-NOTE", closed=closed,
                lines=lines,
            )
        other = shop.create("li", "customer", name="OtherCo")
        shop.create("li", "order", number="OTHER-7", phone="5550000", customer={"id": other.id}, note="CANARY-NOTE")
        for login, key in (("ann", "Acme"), ("bob", "")):
            people.add_user(shop.site, login, login, PASSWORD, roles={"shop": ["partner"]}, language="en")
            standings.stand(shop.site, login, "shop", "partner", key)
        yield made
        shop.site.database.close()


@pytest.fixture(autouse=True)
def rested(door: Door) -> Iterator[None]:
    """Every test begins with full buckets."""
    limits.of(door.app)._busy_until.clear()
    with door.shop.site.database.write() as connection:
        if door.shop.site.database.dialect == "postgresql":
            connection.exec_driver_sql("delete from sys_rate")
    yield


def filled(page: str, **given: str) -> dict[str, Any]:
    """What a person sends who reads the page: its hidden fields, the answer to its question."""
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    found = {name: value for name, value in found.items() if "__index__" not in name and name != "back"}
    words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    asked = re.search(r"What is (\w+) plus (\w+)", page)
    if asked:
        found["_answer"] = str(words.index(asked[1]) + words.index(asked[2]))
    return {**found, **given}


def leads(door: Door) -> list[dict[str, Any]]:
    items = door.program("li").get("/api/shop/lead?sort=id").get_json()["items"]
    return list(items)


def closed_to(answer: TestResponse) -> bool:
    return not any(canary in answer.text for canary in CANARIES)


def test_somebody_without_an_account_sends_a_form_once(door: Door) -> None:
    before, stranger = len(leads(door)), door.browser()
    page = stranger.get(FORM)
    assert page.status_code == 200 and "Chair" in page.text and closed_to(page), told(page)
    assert "owner" not in page.text and "source" not in page.text
    sent = filled(page.text, company="Globex", message="Hello", **{"wants.0.qty": "2"})
    first, again = stranger.post(FORM, sent), stranger.post(FORM, sent)
    assert "Thank you, Globex" in first.text and first.status_code == again.status_code == 200, told(first)
    made = max(leads(door), key=lambda one: one["id"])
    assert len(leads(door)) == before + 1
    assert made["source"] == "web" and made["wants"][0]["qty"] == 2 and made["owner"] is None
    story = door.program("li").get(f"/api/shop/lead/{made['id']}/history").get_json()
    assert {entry["actor"] for entry in story["items"] if entry["event"] == "created"} == {None}


def test_what_the_form_does_not_name_is_refused(door: Door) -> None:
    before, stranger = len(leads(door)), door.browser()
    page = stranger.get(FORM).text
    for name, value in (("owner", "1"), ("source", "call"), ("size", "9"), ("nosuch", "x"), ("id", "1")):
        answer = stranger.post(FORM, filled(page, company="Evil", **{name: value}))
        assert answer.status_code == 400, (name, told(answer))
    hidden = door.program("li").get("/api/shop/product?filter=name='HiddenProduct'").get_json()["items"][0]["id"]
    for path in (FORM, f"{FORM}/preview"):
        answer = stranger.post(path, filled(page, company="Evil", product=str(hidden)))
        assert closed_to(answer) and (answer.status_code == 422 or path.endswith("preview")), told(answer)
    assert closed_to(stranger.get(f"{FORM}?product={hidden}&owner=1")) and len(leads(door)) == before


def test_a_wrong_answer_or_the_trap_makes_no_record(door: Door) -> None:
    before, stranger = len(leads(door)), door.browser()
    page = stranger.get(FORM).text
    wrong = stranger.post(FORM, {**filled(page, company="Bot"), "_answer": "99"})
    assert wrong.status_code == 422 and 'aria-invalid="true"' in wrong.text and 'value="Bot"' in wrong.text
    other = filled(stranger.get(FORM).text, company="Bot") | {"_key": "of another page"}
    assert stranger.post(FORM, other).status_code == 422
    assert "Thank you" in stranger.post(FORM, filled(page, company="Bot", _homepage="http://spam")).text
    assert len(leads(door)) == before


DRAWING = "/open/shop/form/lead/drawing"
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def uploads(door: Door) -> list[tuple[str, bool]]:
    """Names of all uploads, and whether a record has taken them."""
    with door.shop.site.database.read() as connection:
        rows = connection.exec_driver_sql("select name, held_at from sys_file order by at, name").all()
    return [(name, held is not None) for name, held in rows]


def contents(door: Door) -> int:
    store = door.shop.site.files
    assert store is not None
    return len(list(store.digests()))


def test_files_come_with_a_form_and_belong_to_its_record(door: Door) -> None:
    stranger = door.browser()
    page = stranger.get(DRAWING)
    assert 'enctype="multipart/form-data"' in page.text and "data-upload=" not in page.text
    two = [(io.BytesIO(PDF), "drawing.pdf"), (io.BytesIO(PDF + b"2"), "list.pdf")]
    answer = stranger.post(DRAWING, filled(page.text, company="Globex", papers=two))
    assert answer.status_code == 200, told(answer)
    made = max(leads(door), key=lambda one: one["id"])
    assert [one["name"] for one in made["papers"]] == ["drawing.pdf", "list.pdf"]
    address = f"/apps/shop/records/lead/{made['id']}/files/{made['papers'][0]['id']}"
    assert door.browser("li").get(address).data == PDF, "who sees the record reads them"
    assert stranger.get(address).status_code == 303 and door.browser("eve").get(address).status_code == 404
    assert ("drawing.pdf", True) in uploads(door)


def test_a_file_that_was_refused_is_kept_nowhere(door: Door) -> None:
    before, kept, stored, stranger = len(leads(door)), uploads(door), contents(door), door.browser()
    picture = b"\x89PNG\r\n\x1a\n" + bytes(9)
    wrong = {"drawing.exe": b"MZ", "drawing.pdf": picture, "big.pdf": PDF + bytes(30_000), "none.pdf": b""}
    for name, content in wrong.items():
        sent = filled(stranger.get(DRAWING).text, company="Evil", papers=(io.BytesIO(content), name))
        answer = stranger.post(DRAWING, sent)
        assert answer.status_code == 422 and name in answer.text and 'value="Evil"' in answer.text, told(answer)
    unanswered = filled(stranger.get(DRAWING).text, company="Bot", papers=(io.BytesIO(PDF), "a.pdf"))
    answer = stranger.post(DRAWING, {**unanswered, "_answer": "99"})
    assert answer.status_code == 422 and "Choose the file again" in answer.text
    other = stranger.post(DRAWING, filled(stranger.get(DRAWING).text, company="X", proof=(io.BytesIO(PDF), "a.pdf")))
    assert other.status_code == 400, "a field that the form has not takes none"
    plain = stranger.post(FORM, filled(stranger.get(FORM).text, company="X", papers=(io.BytesIO(PDF), "a.pdf")))
    assert plain.status_code == 400
    assert (len(leads(door)), uploads(door), contents(door)) == (before, kept, stored)


def test_a_form_that_is_sent_again_keeps_its_files_and_gives_each_once(door: Door) -> None:
    stranger = door.browser()
    sent = filled(stranger.get(DRAWING).text, company="", papers=(io.BytesIO(PDF + b"3"), "third.pdf"))
    page = stranger.post(DRAWING, sent)
    token = re.search(r'name="papers" value="([\w-]{32})" checked', page.text)
    assert page.status_code == 422 and token and ("third.pdf", False) in uploads(door), told(page)
    assert stranger.post(DRAWING, filled(page.text, company="Third", papers=token[1])).status_code == 200
    assert [one["name"] for one in max(leads(door), key=lambda one: one["id"])["papers"]] == ["third.pdf"]
    again = stranger.post(DRAWING, filled(stranger.get(DRAWING).text, company="Thief", papers=token[1]))
    assert again.status_code == 422, "what a record has is no stranger's any more"
    li = door.program("li").post("/api/shop/lead", {"company": "Mine", "papers": [token[1]]})
    assert li.status_code == 422, "nor anybody else's"


def test_strangers_together_leave_so_much_lying_about(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "PENDING", 100)
    stranger = door.browser()
    for content, status in ((PDF, 200), (PDF + bytes(200), 409)):
        sent = filled(stranger.get(DRAWING).text, company="Fills", papers=(io.BytesIO(content), "fills.pdf"))
        answer = stranger.post(DRAWING, sent)
        assert answer.status_code == status and (status == 200 or 'value="Fills"' in answer.text), told(answer)


def test_a_form_may_be_sent_so_often(door: Door) -> None:
    before, stranger, path = len(leads(door)), door.browser(), "/open/shop/form/lead/quick"
    codes = [stranger.post(path, filled(stranger.get(path).text, company=f"C{n}")).status_code for n in range(3)]
    assert codes == [200, 200, 429] and len(leads(door)) == before + 2


def test_a_record_is_found_by_who_knows_all_of_it(door: Door) -> None:
    stranger = door.browser()
    found = stranger.post(VIEW, {"number": "O1", "tail": "1111"})
    assert "Acme" in found.text and "Chair" in found.text and closed_to(found) and "13800001111" not in found.text
    refused = [
        stranger.post(VIEW, given)
        for given in (
            {"number": "O1", "tail": "2222"}, {"number": "O9", "tail": "1111"}, {"number": "O1", "tail": ""},
            {"number": "O3", "tail": "3333"}, {"number": "%", "tail": "%"}, {"tail": "1111"},
        )
    ]
    texts = {re.sub(r'value="[^"]*"|nonce="[^"]*"', "", answer.text) for answer in refused}
    assert len(texts) == 1 and {answer.status_code for answer in refused} == {200}
    assert "Acme" not in refused[0].text


def test_looking_up_is_bounded(door: Door) -> None:
    stranger = door.browser()
    codes = [stranger.post(VIEW, {"number": "O1", "tail": f"{n:04}"}).status_code for n in range(11)]
    assert codes == [200] * 10 + [429]


CLOSED = ("shop/form/lead/nosuch", "shop/form/order/enquiry", "shop/view/order/all", "nosuch/form/a/b")


@pytest.mark.parametrize("path", CLOSED)
def test_what_is_not_open_is_not_there(door: Door, path: str) -> None:
    answer = door.browser().get(f"/open/{path}")
    assert answer.status_code == 404 and closed_to(answer)


def test_who_has_signed_in_is_nobody_there_too(door: Door) -> None:
    li: Browser = door.browser("li")
    page = li.get(FORM)
    assert closed_to(page) and "owner" not in page.text
    answer = li.post(FORM, filled(page.text, company="Initech") | {"csrf_token": li.csrf})
    assert "Thank you, Initech" in answer.text, told(answer)
    made = max(leads(door), key=lambda one: one["id"])
    story = door.program("li").get(f"/api/shop/lead/{made['id']}/history").get_json()["items"]
    assert made["company"] == "Initech" and {one["actor"] for one in story if one["event"] == "created"} == {None}
    eve = door.program("eve")
    assert eve.get("/api/shop/product").status_code == 404, "what the public may is for visitors, not for who signs in"
    forged = li.client.post(FORM, data=filled(li.get(FORM).text, company="x") | {"csrf_token": ""}, headers={})
    assert forged.status_code == 403


# ---- people who stand for a customer

ASKED = (
    "/api/shop/order?count=exact", "/api/shop/order?search=OTHER", "/api/shop/order?filter=number='OTHER-7'",
    "/api/shop/customer?count=exact", "/api/shop/lead", "/apps/shop/records/order", "/apps/shop/records/customer",
    "/apps/shop/search?q=OTHER", "/apps/shop/palette/found?q=OTHER", "/apps/shop/lookup/order/customer?q=",
    "/apps/shop/records/order/export.csv", "/apps/shop/records/customer/export.csv",
)


def asked(door: Door, login: str, path: str) -> TestResponse:
    return (door.program(login) if path.startswith("/api/") else door.browser(login)).get(path)


def test_who_stands_for_a_customer_sees_that_customers_records_only(door: Door) -> None:
    told_all = {path: asked(door, "ann", path) for path in ASKED}
    for path, answer in told_all.items():
        assert "OtherCo" not in answer.text and closed_to(answer), path
        assert "OTHER-7" not in answer.text.replace("search=OTHER-7", "").replace(path, ""), path
    mine = told_all["/api/shop/order?count=exact"].get_json()
    assert mine["count"] == 3 and "note" not in mine["items"][0] and "price" not in mine["items"][0]["lines"][0]
    assert [one["name"] for one in told_all["/api/shop/customer?count=exact"].get_json()["items"]] == ["Acme"]
    for path in ASKED[:1] + ASKED[3:4]:
        assert asked(door, "bob", path).status_code in (403, 404), "without a customer the role is nothing"


def test_who_stands_for_a_customer_writes_for_that_customer_only(door: Door) -> None:
    li, ann = door.program("li"), door.program("ann")
    ids = {one["name"]: one["id"] for one in li.get("/api/shop/customer").get_json()["items"]}
    theirs = li.get("/api/shop/order?filter=number='OTHER-7'").get_json()["items"][0]["id"]
    assert ann.get(f"/api/shop/order/{theirs}").status_code == 404
    assert ann.get(f"/api/shop/order/{theirs}/history").status_code == 404
    assert ann.patch(f"/api/shop/customer/{ids['OtherCo']}", {"name": "x"}).status_code == 404
    for customer, status in ((ids["Acme"], 201), (ids["OtherCo"], 422)):
        answer = ann.post("/api/shop/order", {"number": f"NEW-{status}", "customer": customer})
        assert answer.status_code in (status, 403) and (status == 201) == (answer.status_code == 201), told(answer)
    assert ann.patch(f"/api/shop/customer/{ids['Acme']}", {"name": "Acme"}).status_code == 200


def test_an_administrator_says_for_whom_somebody_stands(door: Door) -> None:
    with pytest.raises(Invalid, match="NoSuchCo"):
        standings.stand(door.shop.site, "bob", "shop", "partner", "NoSuchCo")
    standings.stand(door.shop.site, "bob", "shop", "partner", "OtherCo")
    seen = asked(door, "bob", "/api/shop/customer?count=exact").get_json()
    assert [one["name"] for one in seen["items"]] == ["OtherCo"]
    assert standings.stands(door.shop.site, "bob", "shop") == {"partner": ("OtherCo", "OtherCo")}
    standings.stand(door.shop.site, "bob", "shop", "partner", "")
    assert asked(door, "bob", "/api/shop/customer?count=exact").status_code in (403, 404)


def test_only_an_administrator_opens_something_to_everybody(door: Door) -> None:
    site, ada = door.shop.site, door.browser("ada")
    before = max(one.number for one in site.versions("shop"))
    texts = {path: text.replace("[number, buyer, customer,", "[number, buyer, phone, customer,")
             for path, text in site.texts("shop").items()}
    shown = ada.post("/builder/shop/plan", {"texts": json.dumps(texts), "seen": str(before)})
    assert "Open to everybody: the page Track of" in shown.text and "phone" in shown.text, told(shown)
    refused = ada.post("/builder/shop/publish", {"texts": json.dumps(texts), "seen": str(before)})
    assert "Only an administrator may publish this" in refused.text, told(refused)
    assert max(one.number for one in site.versions("shop")) == before
    wider = {path: text.replace("customer: {partner: {see: this = me.customer,", "customer: {partner: {see: true,")
             for path, text in site.texts("shop").items()}
    shown = ada.post("/builder/shop/plan", {"texts": json.dumps(wider), "seen": str(before)})
    assert "Partner and Customer: rows in sight" in shown.text, "with how many rows that is"
    refused = ada.post("/builder/shop/publish", {"texts": json.dumps(wider), "seen": str(before)})
    assert "Only an administrator may publish this: Partner and Customer: see always" in refused.text, told(refused)
