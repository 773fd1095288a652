"""What people and programs see of a figure that could not be computed: blank with its reason, at every door."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.runtime.services.reporting import boards
from engine.runtime.storage.actors import SERVICE
from tests.web.doors import Door, peopled

TEXT = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
roles: {sales: 销售, manager: 经理, store: 仓库}
objects:
  mix:
    name: {zh: 配方, en: Mix}
    key: code
    title: "{code}"
    fields:
      code: {type: text, required: true}
      parts: {type: decimal, decimals: 2}
      weight: {type: decimal, decimals: 2}
      apiece: {formula: weight / parts, type: decimal, decimals: 2, zh: 每份, en: Apiece}
      bought: {balance: store.got}
      left: {formula: bought / parts, type: decimal, decimals: 2, zh: 剩余, en: Left}
      bits: {type: lines, fields: {n: integer, part: {formula: 1 / n, type: decimal, decimals: 2}}}
    states:
      open: {zh: 开, en: Open}
      heavy: {zh: 重, en: Heavy, within: open, when: apiece > 10}
  buy:
    name: {zh: 采购, en: Purchase}
    fields: {mix: {type: link, to: mix, required: true}, n: integer}
    posts: [{to: store, keys: {mix: mix}, add: {got: n}}]
registers:
  store: {keys: {mix: {type: link, to: mix}}, measures: {got: {type: decimal, decimals: 0}}, dated: false}
reports:
  eaches: {from: mix, show: {n: count(), whole: sum(apiece)}, by: {open: state}}
  heavy: {from: mix, where: apiece > 10, show: {code: code}}
dashboards:
  board:
    name: {zh: 看板, en: Board}
    by: [role(sales)]
    cards:
      - {number: "sum(mix, apiece)", name: {zh: 总, en: Total}}
      - {bar: eaches, x: open, y: [whole]}
access: {mix: {sales: full}, buy: {sales: full}, store: {sales: {see: true}}}
"""


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    made = Door(peopled(database_url, TEXT))
    yield made
    made.shop.site.database.close()


def test_pages_reports_and_the_api_say_why(door: Door) -> None:
    program = door.program("li")
    body = {"code": "A", "parts": 0, "weight": 3, "bits": [{"n": 2}, {"n": 0}]}
    made = program.post("/api/shop/mix", body).json
    assert made["apiece"] is None and made["errors"]["apiece"] == {"code": "#DIV/0!", "reason": "Division by zero"}
    assert made["bits"][0]["part"] == "0.50" and "errors" not in made["bits"][0]
    assert made["bits"][1]["errors"] == {"part": {"code": "#DIV/0!", "reason": "Division by zero"}}
    listed = program.get("/api/shop/mix").json["items"]
    assert listed[0]["errors"]["apiece"]["code"] == "#DIV/0!"
    li = door.browser("li")
    detail, page = li.get(f"/apps/shop/records/mix/{made['id']}").text, li.get("/apps/shop/records/mix").text
    why = '<span>Division by zero</span>'
    assert detail.count(why) >= 2 and why in page
    assert "The state cannot be told: Apiece: Division by zero" in detail and "The state cannot be told" in page
    assert "Apiece of A: Division by zero" in li.get("/apps/shop/reports/eaches").text
    for number in (0, 1):
        with door.shop.site.read("shop", SERVICE) as tx:
            reason = boards.card(tx, "board", number).reason
        assert reason is not None and reason.to("en") == "Apiece of A: Division by zero"
    refused = program.get("/api/shop/reports/heavy")
    assert refused.status_code in (409, 422) and "Apiece of A: Division by zero" in refused.text
    assert li.get("/apps/shop/reports/heavy").status_code < 500
    program.patch(f"/api/shop/mix/{made['id']}", {"parts": 1})
    assert "errors" not in program.get(f"/api/shop/mix/{made['id']}").json


def test_what_is_only_calculated_anew_is_one_entry_of_the_history(door: Door) -> None:
    program = door.program("li")
    mix = program.post("/api/shop/mix", {"code": "A", "parts": 2, "weight": 3}).json["id"]
    for n in (2, 4, 6):
        assert program.post("/api/shop/buy", {"mix": {"id": mix}, "n": n}).status_code == 201
    assert program.get(f"/api/shop/mix/{mix}").json["left"] == "6.00"
    told = program.get(f"/api/shop/mix/{mix}/history").json
    entries = told["items"] if isinstance(told, dict) else told
    assert len(entries) == 4, "the trail itself keeps everything"
    page = door.browser("li").get(f"/apps/shop/records/mix/{mix}").text
    assert page.count("calculated it anew") == 1 and "6.00" in page
    program.patch(f"/api/shop/mix/{mix}", {"weight": 9})
    page = door.browser("li").get(f"/apps/shop/records/mix/{mix}").text
    assert page.count("changed it") == 1
