"""Forms for an occasion: offered to whom they are for, asking what they ask, on pages and over REST."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.web.doors import Browser, Door, peopled

TEXT = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
currency: CNY
roles: {sales: 销售, manager: 经理, store: 仓库}
objects:
  client:
    name: {zh: 客户, en: Client}
    key: phone
    title: "{phone}"
    fields:
      phone: {type: text, unique: true, zh: 电话, en: Phone}
      credit: {type: integer, zh: 额度, en: Credit}
  deal:
    name: {zh: 合同, en: Deal}
    title: "{client} {total}"
    fields:
      client: {type: link, to: client, required: true, zh: 客户, en: Client}
      caller: {type: text, zh: 来电, en: Caller}
      total: {type: money, required: true, min: 1, zh: 金额, en: Total}
      tax: {formula: "if(channel = 'phone', total * 0.1, 0)", type: money, zh: 税额, en: Tax}
      channel: {type: text, readonly: true, zh: 渠道, en: Channel}
      note: {type: text, zh: 备注, en: Note}
      secret: {type: text, zh: 底价, en: Secret}
    states: {draft: {zh: 草稿, en: Draft}, sent: {zh: 已提交, en: Sent}, done: {zh: 完成, en: Done, final: true}}
    actions:
      send:
        {from: draft, to: sent, by: role(sales), checks: [{that: total < 1000, say: Too much}], en: Send}
      close: {from: draft, to: done, by: role(manager), zh: 结案, en: Close}
      finish: {from: sent, to: done, zh: 完成, en: Finish}
    forms:
      phone:
        zh: 电话下单
        en: Order by phone
        fields: [caller, total, tax, secret]
        by: role(sales)
        before: [{ensure: client, key: {phone: =caller}, called: c}]
        set: {client: =c, channel: phone}
        acts: [send, close]
        thanks: {zh: "已登记 {client}，{total}", en: "Noted for {client}: {total}"}
      bare: {zh: 速记, en: Short, fields: [client, total], acts: []}
access:
  client: {sales: {see: true, create: true, edit: true}, manager: full}
  deal:
    sales: {see: true, create: true, edit: true, delete: true, send: true, hide: secret}
    manager: full
    store: {see: true}
"""
LIST = "/apps/shop/records/deal"
PHONE = f"{LIST}/new?_form=phone"


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    made = Door(peopled(database_url, TEXT))
    yield made
    made.shop.site.database.close()


def asked(page: str) -> list[str]:
    """The names of the controls of a form, those of its envelope left out."""
    names = re.findall(r'<(?:input|select|textarea)[^>]* name="([a-z][\w.]*)"', page)
    return [one for one in dict.fromkeys(names) if one not in ("csrf_token", "language", "theme", "q")]


def thens(page: str) -> list[str]:
    return re.findall(r'name="_then" value="(\w+)"', page)


def sent(person: Browser, **typed: str) -> tuple[int, str]:
    """What came of a form: its status, and the page that follows."""
    answer = person.post(f"{LIST}/new", {"_form": "phone", "_key": "k", **typed})
    where = answer.headers.get("Location", "")
    return answer.status_code, person.get(where).text if where else answer.text


def test_a_form_asks_what_it_asks(door: Door) -> None:
    li = door.browser("li")
    page = li.get(PHONE).text
    assert asked(page) == ["caller", "total"], "the secret is not theirs to see; what is computed is shown"
    assert ">Tax<" in page and "Order by phone" in page
    assert thens(page) == ["send"], "closing is the manager's"
    assert thens(li.get(f"{LIST}/new").text) == ["send"] and not thens(li.get(f"{LIST}/new?_form=bare").text)
    told = li.post(f"{LIST}/preview", {"_form": "phone", "total": "50", "_key": "k"}).json
    assert told["values"]["tax"]["value"] == "5.00", "what the form gives counts while one types"


def test_a_form_makes_gives_and_goes_on(door: Door) -> None:
    li = door.browser("li")
    status, page = sent(li, caller="138", total="50", _then="send")
    assert status == 303 and "Noted for 138: 50" in page and ">Sent<" in page
    assert ">phone<" in page and ">138<" in page, "the client was made before the record was saved"
    assert sent(li, caller="138", total="60", _key="k2")[0] == 303
    assert li.get("/apps/shop/records/client").text.count("<tr data-href") == 1, "and is found the next time"
    status, page = sent(li, caller="139", total="5000", _then="send", _key="k3")
    assert status == 409 and "Too much" in page and 'value="5000"' in page, "the form comes back with what was typed"
    assert asked(page) == ["caller", "total"] and thens(page) == ["send"]
    assert li.get("/apps/shop/records/client").text.count("<tr data-href") == 1, "with all that it made undone"
    status, page = sent(li, caller="139", _key="k4")
    assert status == 422 and "Total" in page


def test_what_a_form_does_not_ask_it_does_not_take(door: Door) -> None:
    li = door.browser("li")
    status, page = sent(li, caller="138", total="50", note="mine")
    assert status == 422 and "does not ask" in page
    assert not li.get(LIST).text.count("<tr data-href")


def test_a_form_is_for_whom_it_is_for(door: Door) -> None:
    boss, store = door.browser("wang"), door.browser("zhao")
    assert boss.get(PHONE).status_code == 403 and sent(boss, caller="138", total="50")[0] == 403
    assert store.get(PHONE).status_code == 403 and store.get(f"{LIST}/new?_form=bare").status_code == 403
    assert boss.get(f"{LIST}/new?_form=nosuch").status_code == 404
    found = boss.get(LIST).text
    assert "_form=bare" in found and "_form=phone" not in found
    assert "_form=" not in store.get(LIST).text
    home = door.browser("li").get("/apps/shop/").text
    assert home.index(">Deal<") < home.index(">Order by phone<") < home.index(">Short<")
    assert "Order by phone" in door.browser("li").get("/apps/shop/palette?q=phone").text


def test_a_draft_of_a_form_comes_back_in_it(door: Door) -> None:
    li = door.browser("li")
    typed = {"_form": "phone", "caller": "138", "total": "7", "_key": "k"}
    assert li.post(f"{LIST}/draft", typed).status_code == 204
    page = li.get(f"{LIST}/new?_draft=yes").text
    assert asked(page) == ["caller", "total"] and 'value="138"' in page and 'name="_form" value="phone"' in page


def test_programs_use_forms(door: Door) -> None:
    li, boss = door.program("li"), door.program("wang")
    made = li.post("/api/shop/deal?form=phone", {"caller": "138", "total": "50"})
    assert made.status_code == 201 and made.json["channel"] == "phone" and made.json["client"]["title"] == "138"
    wrong = li.post("/api/shop/deal?form=phone", {"caller": "138", "total": "50", "note": "x"})
    assert wrong.status_code == 422 and wrong.json["errors"][0]["field"] == "note"
    assert li.post("/api/shop/deal?form=nosuch", {"total": "1"}).status_code == 404
    assert boss.post("/api/shop/deal?form=phone", {"caller": "138", "total": "50"}).status_code == 403
    assert li.post("/api/shop/deal?form=phone", {"caller": "9"}).json["errors"][0]["field"] == "total"
