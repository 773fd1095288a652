"""Print forms as PDF and letters with them: with the rights of whoever reads them, on both databases."""

from __future__ import annotations

import datetime as dt
import io
import re
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from PIL import Image

from engine.errors import Refused
from engine.expressions.values import Ref
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import reading
from engine.runtime.services.identity import people
from engine.runtime.services.papers import letters as writing
from engine.runtime.services.papers import presses, symbols
from engine.runtime.storage.file_stores import Folder
from engine.runtime.web.present import prints
from tests.services.sites import fresh
from tests.web.doors import Door, peopled

APP = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
currency: CNY
roles: {sales: {zh: 销售, en: Sales}, store: {zh: 仓管, en: Store}, manager: {zh: 经理, en: Manager}}
objects:
  client:
    name: {zh: 客户, en: Client}
    title: "{name}"
    fields:
      name: {type: text, required: true, zh: 名称, en: Name}
      email: {type: text, zh: 邮箱, en: E-mail}
      floor: {type: money, zh: 底价, en: Floor}
      speaks: {type: text, zh: 语言, en: Language}
      logo: {type: image, zh: 标志, en: Logo}
      secret: {type: image, zh: 底图, en: Secret}
  offer:
    name: {zh: 报价, en: Offer}
    title: "{code}"
    fields:
      code: {type: text, required: true, zh: 单号, en: Code}
      client: {type: link, to: client, zh: 客户, en: Client}
      ean: {type: text, zh: 条码, en: EAN}
      terms: {type: files, zh: 条款, en: Terms}
      lines:
        type: lines
        zh: 明细
        en: Lines
        fields: {what: {type: text, zh: 内容, en: What}, price: {type: money, zh: 价格, en: Price}}
    actions:
      send:
        do: [{mail: {to: client.email, document: sheet, attach: terms, thread: client, text: "Dear {client.name}"}}]
        zh: 发送
        en: Send
      tell:
        do:
          - mail:
              {to: role(store), document: sheet, pdf: false, subject: "Look\\r\\n at {code}", text: "{client.floor}"}
        zh: 告知
        en: Tell
      leak: {do: [{mail: {to: client.email, text: "{client.floor}"}}], zh: 泄露, en: Leak}
automations:
  thanks:
    created: offer
    when: code = 'auto'
    do: [{mail: {to: client.email, subject: "Thanks", text: "{client.floor}"}}]
documents:
  sheet:
    subject: {zh: "报价 {code}", en: "Offer {code}"}
    of: offer
    name: {zh: 报价单, en: Offer}
    language: client.speaks
    header: "Top {code}"
    footer: "Foot {client.name}"
    body:
      - image: client.logo
        width: 30 mm
      - {image: client.secret}
      - {heading: "{code}"}
      - {fields: [client]}
      - table:
          of: lines
          columns: {what: {value: what, zh: 内容, en: What}, price: {value: price, zh: 价格, en: Price}}
          total: [price]
  label:
    of: offer
    name: {zh: 标签, en: Label}
    size: 100 x 60 mm
    body:
      - {barcode: code, width: 60 mm}
      - columns: [[{barcode: ean}], [{qr: "'https://x.example/' & code", width: 20 mm}]]
  wide: {of: offer, size: A5 landscape, margin: 10 mm, body: [{text: "{code}"}], zh: 横, en: Wide}
  slip: {of: offer, per_page: client, body: [{text: "{code}"}], zh: 条, en: Slip}
access:
  client:
    sales: {see: true, create: true, edit: true, hide: [secret, floor]}
    manager: full
    store: {see: true, hide: floor}
  offer:
    sales: {see: true, create: true, edit: true, print: {when: code != 'closed'}}
    manager: full
    store: {see: true, edit: true}
"""
NASTY = '#panic("x") $a$ *b* #import "@preview/cetz:0.3.0" \\ "q" <l> @r'


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def door(
    request: pytest.FixtureRequest, _server: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    with fresh(request.param, _server, tmp_path_factory, "printed") as url:
        made = Door(peopled(url, APP))
        people.add_user(made.shop.site, "zhao", None, None, email="zhao@example.com")
        made.shop.site.files = Folder(tmp_path_factory.mktemp("files"))
        yield made
        made.shop.site.database.close()


def picture() -> bytes:
    found = io.BytesIO()
    Image.new("RGB", (60, 30), "#c00").save(found, "PNG")
    return found.getvalue()


@pytest.fixture(scope="module")
def offer(door: Door) -> int:
    li = door.program("wang")
    sent = {"data": {"file": (io.BytesIO(picture()), "logo.png"), "field": "logo"}, "headers": li.headers}
    logo = door.app.test_client().post("/api/shop/client/files", **sent).json["id"]
    client = li.post("/api/shop/client", {"name": "Acme", "speaks": "zh", "logo": logo}).json
    lines = [{"what": NASTY if n == 1 else f"螺栓 {n}", "price": n} for n in range(90)]
    return int(li.post(
        "/api/shop/offer", {"code": "OF-1", "client": client["id"], "ean": "6901234567892", "lines": lines}
    ).json["id"])


def given(door: Door, login: str, offer: int, name: str) -> prints.Print:
    found: prints.Print = door.shop.run(login, lambda tx: prints.of(reading.get(tx, "offer", offer), name))
    return found


def pages(pdf: bytes) -> int:
    return max(int(found) for found in re.findall(rb"/Count (\d+)", pdf))


def kinds(made: prints.Print, kind: str) -> list[Any]:
    (part,) = made.paper["parts"]
    return [piece for piece in part["pieces"] if piece["kind"] == kind]


def test_a_paper_goes_out_as_pdf_over_the_page_and_the_api(door: Door, offer: int) -> None:
    page = door.browser("li").get(f"/apps/shop/records/offer/{offer}/print/sheet")
    address = f"/apps/shop/records/offer/{offer}/print/sheet/pdf"
    assert f'href="{address}"' in page.text and "内容" in page.text and "Top OF-1" in page.text
    answer = door.browser("li").get(address)
    assert answer.mimetype == "application/pdf" and pages(answer.data) == 2     # ninety lines
    assert "UTF-8''%E6%8A%A5%E4%BB%B7%E5%8D%95%20OF-1.pdf" in answer.headers["Content-Disposition"]
    listed = door.program("li").get(f"/api/shop/offer/{offer}/print").json["items"]
    assert [one["name"] for one in listed] == ["sheet", "label", "wide", "slip"]
    small = door.program("li").get(listed[1]["url"])
    assert pages(small.data) == 1 and b"/MediaBox[0 0 283.46457 170.07874]" in small.data
    lying = door.program("li").get(listed[2]["url"])
    assert b"/MediaBox[0 0 595.2756 419.52756]" in lying.data


def test_a_paper_is_in_its_own_language_and_what_stands_in_it_is_no_source(door: Door, offer: int) -> None:
    made = given(door, "li", offer, "sheet")
    (part,) = made.paper["parts"]
    assert (part["language"], part["header"], part["footer"]) == ("zh", "Top OF-1", "Foot Acme")
    table = kinds(made, "table")[0]["table"]
    assert [head["label"] for head in table["heads"]] == ["内容", "价格"] and table["total"] == ["", "¥4,005.00"]
    assert table["rows"][1][0] == NASTY and len(table["rows"]) == 90
    shown = kinds(made, "picture")[0]["picture"]
    assert shown["width"] == 30 and made.pictures[shown["file"]][:4] == b"RIFF"


def test_codes_are_drawn_and_what_none_can_hold_is_written(door: Door, offer: int) -> None:
    first, sides = given(door, "li", offer, "label").paper["parts"][0]["pieces"]
    codes = [piece["picture"] for piece in (first, *(side[0] for side in sides["sides"]))]
    assert [(one["label"], one["width"]) for one in codes] == [("OF-1", 60), ("6901234567892", 55), ("", 20)]
    assert all(one["svg"].startswith("<svg ") for one in codes)
    assert symbols.bars("条码") == "" and symbols.bars("6901234567893") != symbols.bars("6901234567892")
    assert 'viewBox="0 0 117 ' in codes[1]["svg"]           # 95 modules of EAN 13 and what stays white


def test_rights_are_those_of_the_screen(door: Door, offer: int) -> None:
    door.program("wang").patch(f"/api/shop/offer/{offer}", {"code": "OF-1"})
    store = door.program("zhao")
    assert store.get(f"/api/shop/offer/{offer}/print").json["items"] == []
    assert store.get(f"/api/shop/offer/{offer}/print/sheet").status_code == 403
    assert door.browser("zhao").get(f"/apps/shop/records/offer/{offer}/print/sheet/pdf").status_code == 403
    assert door.program("li").get(f"/api/shop/offer/{offer}/print/nosuch").status_code == 404
    assert door.program("li").get("/api/shop/offer/999/print/sheet").status_code == 404


def test_a_picture_that_the_reader_may_not_see_is_not_on_the_paper(door: Door, offer: int) -> None:
    wang = door.program("wang")
    sent = {"data": {"file": (io.BytesIO(picture()), "s.png"), "field": "secret"}, "headers": wang.headers}
    token = door.app.test_client().post("/api/shop/client/files", **sent).json["id"]
    client = wang.get(f"/api/shop/offer/{offer}").json["client"]["id"]
    assert wang.patch(f"/api/shop/client/{client}", {"secret": token}).status_code == 200
    assert len(kinds(given(door, "wang", offer, "sheet"), "picture")) == 2
    assert len(kinds(given(door, "li", offer, "sheet"), "picture")) == 1
    assert token not in door.browser("li").get(f"/apps/shop/records/offer/{offer}/print/sheet").text


def pile(door: Door, *codes: str, client: int | None = None) -> list[int]:
    wang = door.program("wang")
    return [wang.post("/api/shop/offer", {"code": code, "client": client}).json["id"] for code in codes]


def test_several_records_go_into_one_pdf_each_on_pages_of_its_own(door: Door, offer: int) -> None:
    short, shorter = pile(door, "OF-7", "OF-8")
    browser = door.browser("li")
    listed = browser.get("/apps/shop/records/offer")
    assert 'formaction="/apps/shop/records/offer/print/sheet"' in listed.text
    asked = browser.post("/apps/shop/records/offer/print/sheet", {"id": [short, offer, shorter]})
    address = f"/apps/shop/records/offer/print/sheet?id={short},{offer},{shorter}"
    assert asked.status_code == 303 and asked.headers["Location"] == address
    page = browser.get(address)
    assert page.text.count("<article") == 3 and page.text.index("Top OF-7") < page.text.index("Top OF-1")
    answer = browser.get(address.replace("sheet?", "sheet/pdf?"))
    assert pages(answer.data) == 4                          # the one with ninety lines takes two
    assert '"Offer (3).pdf"' in answer.headers["Content-Disposition"]
    over_rest = door.program("li").get(f"/api/shop/offer/print/sheet?id={short},{offer},{short}")
    assert over_rest.mimetype == "application/pdf" and pages(over_rest.data) == 3      # nothing twice


def test_papers_with_the_same_value_share_pages(door: Door) -> None:
    wang = door.program("wang")
    one, other = (wang.post("/api/shop/client", {"name": name}).json["id"] for name in ("A", "B"))
    first, last = pile(door, "S-1", "S-3", client=one)
    (between,) = pile(door, "S-2", client=other)
    made: prints.Print = door.shop.run("li", lambda tx: prints.many(tx, "offer", [first, between, last], "slip"))
    texts = [[piece.get("text", piece["kind"]) for piece in part["pieces"]] for part in made.paper["parts"]]
    assert texts == [["S-1", "between", "S-3"], ["S-2"]] and pages(made.pdf()) == 2
    page = door.browser("li").get(f"/apps/shop/records/offer/print/slip?id={first},{between},{last}")
    assert page.text.count("<article") == 2 and page.text.count('class="fw-paper-one"') == 3


@pytest.mark.parametrize(
    ("login", "form", "ids", "status", "says"),
    [
        ("li", "sheet", "{good},{closed}", 403, "You cannot print closed"),
        ("zhao", "sheet", "{good}", 403, "You cannot print OF-9"),
        ("li", "sheet", "{good},99998,99999", 404, "There is no record 99998, 99999"),
        ("li", "nosuch", "{good}", 404, ""),
        ("li", "sheet", "", 400, "Tick some records"),
        ("li", "sheet", "a", 400, "3,5,8"),
        ("li", "sheet", ",".join(str(n) for n in range(1, 102)), 400, "100 records"),
    ],
)
def test_one_that_cannot_be_printed_refuses_them_all(
    door: Door, login: str, form: str, ids: str, status: int, says: str
) -> None:
    good, closed = pile(door, "OF-9", "closed")
    asked = ids.format(good=good, closed=closed)
    answer = door.program(login).get(f"/api/shop/offer/print/{form}?id={asked}")
    assert answer.status_code == status and says in answer.json["detail"], answer.json
    for more in ("", "/pdf"):
        assert door.browser(login).get(f"/apps/shop/records/offer/print/{form}{more}?id={asked}").status_code == status


def test_what_cannot_be_set_is_told(door: Door, offer: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presses, "MEMORY", 60_000_000)
    answer = door.program("li").get(f"/api/shop/offer/{offer}/print/sheet")
    assert answer.status_code == 409 and "PDF" in answer.json["detail"]
    monkeypatch.undo()
    with pytest.raises(Refused):                   # a template that does not end, data that are none
        presses.pdf({}, {})
    assert Ref("offer", offer).id == offer


# ---- letters


@pytest.fixture
def letters(door: Door, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EmailMessage]]:
    """What leaves by mail; the server takes nothing for gone@acme.example, and is away for busy@acme.example."""
    monkeypatch.setattr(door.shop.site, "public_url", "https://erp.example")
    yield []


def post(door: Door, sent: list[EmailMessage], minutes: int = 0) -> None:
    def mailer(message: EmailMessage) -> None:
        if "gone@" in message["To"]:
            raise smtplib.SMTPRecipientsRefused({message["To"]: (550, b"no such user")})
        if "busy@" in message["To"]:
            raise smtplib.SMTPServerDisconnected("away")
        sent.append(message)

    work = handlers(door.shop.site, mailer, press=prints.of)
    drain(door.shop.site, work, door.shop.now + dt.timedelta(minutes=minutes))


def made(door: Door, email: str, **more: Any) -> int:
    wang = door.program("wang")
    client = wang.post("/api/shop/client", {"name": "Acme", "email": email, "floor": "7.77", "speaks": "zh"}).json["id"]
    return int(wang.post("/api/shop/offer", {"code": "OF-2", "client": client, **more}).json["id"])


def act(door: Door, login: str, offer: int, action: str) -> Any:
    return door.program(login).post(f"/api/shop/offer/{offer}/actions/{action}")


def story(door: Door, login: str, offer: int) -> str:
    return door.browser(login).get(f"/apps/shop/records/offer/{offer}").text


def test_a_letter_leaves_after_the_commit_with_the_document_and_files(door: Door, letters: list[EmailMessage]) -> None:
    li = door.program("li")
    sent = {"data": {"file": (io.BytesIO(b"Terms"), "条款.txt"), "field": "terms"}, "headers": li.headers}
    token = door.app.test_client().post("/api/shop/offer/files", **sent).json["id"]
    offer = made(door, "buyer@acme.example")
    assert li.patch(f"/api/shop/offer/{offer}", {"terms": [token]}).status_code == 200
    assert act(door, "li", offer, "send").status_code == 200 and not letters
    assert "It waits to leave" in story(door, "li", offer)
    post(door, letters)
    post(door, letters)                                     # nothing goes twice
    (mail,) = letters
    assert (mail["To"], mail["Subject"]) == ("buyer@acme.example", "报价 OF-2")
    assert mail.get_body(("plain",)).get_content().strip() == "Dear Acme"
    files = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
    assert files["报价单 OF-2.pdf"].startswith(b"%PDF-") and "Terms" in files["条款.txt"]
    assert mail["References"] == f"<shop.client.{li.get(f'/api/shop/offer/{offer}').json['client']['id']}@formwork>"
    own = story(door, "li", offer)
    assert "sent a mail to buyer@acme.example" in own and "with Offer, 1 files" in own and "It left" in own
    assert "sent a mail to b…@acme.example" in story(door, "wang", offer)       # an address is its sender's business


def test_a_letter_says_what_its_reader_may_see(door: Door, letters: list[EmailMessage]) -> None:
    offer = made(door, "buyer@acme.example")
    answer = act(door, "li", offer, "leak")
    assert answer.status_code == 403 and "you may not see" in answer.json["detail"]
    assert act(door, "wang", offer, "leak").status_code == 200
    assert act(door, "zhao", offer, "send").status_code == 403      # who may not print sends no print form
    assert act(door, "wang", offer, "tell").status_code == 200
    post(door, letters)
    outside, inside = sorted(letters, key=lambda mail: str(mail["To"]) != "buyer@acme.example")
    assert "7.77" in outside.get_content() and inside["To"] == "zhao@example.com"
    assert inside["Subject"] == "Look at OF-2" and "7.77" not in inside.get_content()
    assert f"https://erp.example/apps/shop/records/offer/{offer}/print/sheet" in inside.get_content()


def test_an_address_that_refuses_mail_is_told_and_not_written_to_again(door: Door, letters: list[EmailMessage]) -> None:
    offer = made(door, "gone@acme.example")
    assert act(door, "li", offer, "send").status_code == 200
    post(door, letters)
    page = story(door, "li", offer)
    assert "It came back: 550 no such user" in page and "550" not in story(door, "zhao", offer)
    again = act(door, "li", offer, "send")
    assert again.status_code == 409 and "came back on" in again.json["detail"]
    url = re.search(r'hx-post="(/apps/shop/records/offer/\d+/letters/\d+/retry)"', page)
    assert url and url[1] not in story(door, "zhao", offer)
    assert door.browser("zhao").post(url[1]).status_code == 409
    assert door.browser("li").post(url[1]).status_code in (200, 303)
    assert "It waits to leave" in story(door, "li", offer)
    post(door, letters)
    assert "It came back" in story(door, "li", offer) and not letters


def test_what_is_away_is_tried_again_and_then_told(door: Door, letters: list[EmailMessage]) -> None:
    offer = made(door, "busy@acme.example")
    assert act(door, "li", offer, "send").status_code == 200
    post(door, letters)
    assert "It waits to leave" in story(door, "li", offer)
    for attempt in range(1, 9):
        post(door, letters, minutes=10_000 * attempt)
    assert "It did not leave: " in story(door, "li", offer)


def test_nobody_and_what_is_no_address_are_refused_to_people(door: Door, letters: list[EmailMessage]) -> None:
    blank = act(door, "li", made(door, ""), "send")
    assert blank.status_code == 409 and "client.email is blank" in blank.json["detail"]
    for wrong in ("nobody", "a@b.example\r\nBcc: all@x.example", "Li <li@b.example>"):
        assert act(door, "li", made(door, wrong), "send").status_code == 409
    made(door, "buyer@acme.example", code="auto")           # the app itself tells what it was declared to tell
    made(door, "", code="auto")
    post(door, letters)
    assert [(mail["Subject"], "7.77" in mail.get_content()) for mail in letters] == [("Thanks", True)]


def test_letters_of_an_hour_are_limited(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "PER_HOUR", 0)
    answer = act(door, "li", made(door, "buyer@acme.example"), "send")
    assert answer.status_code == 429 and "an hour" in answer.json["detail"]
