"""Warnings of records that may be the same one: by name, number and phone, with the sight of the actor."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import Refused
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import commands, imports, inputs, previews, similars
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.live import Tx
from tests.services.shops import Shop
from tests.web.doors import Door, peopled

TEXT = """
app: shop
languages: [zh, en]
roles: {sales: 销售, manager: 经理, store: 仓库}
objects:
  client:
    title: "{name}"
    fields:
      name: {type: text, similar: warn, zh: 名称, en: Name}
      tax: {type: text, similar: warn, zh: 税号, en: Tax number}
      phone: {type: text, similar: warn, zh: 电话, en: Phone}
access:
  client:
    manager: full
    sales: {see: creator = me, create: true, edit: true}
"""


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, TEXT)
    yield made
    made.site.database.close()


def warned(shop: Shop, login: str = "wang", accept: tuple[str, ...] = (), **values: str) -> list[tuple[str, str]]:
    """The warnings of a new record by name, and their texts; nothing where it was made."""
    def create(tx: Tx) -> None:
        commands.create(tx, "client", inputs.read(tx, "client", values), accept=frozenset(accept))

    try:
        shop.run(login, create)
    except Refused as asked:
        return [(name, text.to("en")) for name, text in asked.warnings]
    return []


def test_a_new_record_is_compared_with_all(shop: Shop) -> None:
    first = {"name": "上海张三轴承有限公司", "tax": "91310000MA1K", "phone": "13800138000"}
    assert warned(shop, **first) == []
    names = [name for name, _ in warned(shop, name="上海张三轴承股份有限公司", phone="138-0013-8000")]
    assert names == ["similar:name", "similar:phone"]
    assert warned(shop, name="（上海）张三轴承")[0][1] == "There are records with a similar Name: 上海张三轴承有限公司"
    assert warned(shop, name="上海张山轴承")[0][0] == "similar:name", "a letter is different"
    assert warned(shop, tax="91310000MA1L", phone="13800138001") == [], "numbers agree wholly or not"
    assert warned(shop, accept=("similar:name",), name="上海张三轴承") == []
    assert warned(shop, name="北京李四五金有限公司") == []
    assert "out of your sight" in warned(shop, "li", name="北京李四五金")[0][1]


def test_it_is_told_while_one_types_and_where_a_value_changes(shop: Shop) -> None:
    shop.create("wang", "client", name="Acme Trading Co., Ltd.")
    other = shop.create("wang", "client", name="Zenith")
    with shop.site.read("shop", shop.actor("wang")) as tx:
        (one,) = previews.preview(tx, "client", {"name": "ACME trading"}).warnings
        assert (one.field, one.code) == ("name", "similar")
        assert previews.preview(tx, "client", {"name": "Acme Trad"}, other.id).warnings
    shop.update("wang", other, phone="1")
    with pytest.raises(Refused):
        shop.update("wang", other, name="acme-trading")
    shop.create("app", "client", name="Acme Trading")          # the app itself is not asked


@pytest.mark.parametrize(("one", "other", "same"), [
    ("上海张三有限公司", "上海张三有限责任公司", True), ("ＡＢＣ Co. Ltd", "abc", True), ("轴承", "轴瓦", False),
    ("有限公司", "有限公司", True), ("上海张三轴承", "上海李四轴承", False), ("138 0013 8000", "13800138000", True),
])
def test_what_is_alike(one: str, other: str, same: bool) -> None:
    assert similars.alike(one, other) is similars.alike(other, one) is same


def test_an_import_tells_it_and_takes_it_where_it_is_accepted(database_url: str, tmp_path: Path) -> None:
    shop = peopled(database_url, TEXT)
    shop.create("wang", "client", name="上海张三轴承有限公司")
    path = tmp_path / "clients.csv"
    path.write_text("Name\n上海张三轴承\n北京李四五金\n北京李四五金有限公司\n", encoding="utf-8")
    mapping = {"object": "client", "file": path.name, "fields": {"name": "Name"}}
    report = imports.run(shop.site, "shop", mapping, tmp_path, SERVICE, dry_run=True)
    assert (report.created, [error.row for error in report.errors]) == (1, [2, 4]), "the command asks too"
    assert "similar:name" in report.errors[0].message.to("en")
    report = imports.run(shop.site, "shop", {**mapping, "accept": ["similar:name"]}, tmp_path, SERVICE)
    assert (report.created, report.failed) == (3, 0)
    wang, api = Door(shop).program("wang"), "/api/shop/client"
    item = {"op": "create", "values": {"name": "北京李四"}}
    body = {"atomic": False, "items": [item, {**item, "accept": ["similar:name"]}, {**item, "accept": "all"}]}
    assert wang.post(f"{api}/bulk", body).status_code == 400
    answers = wang.post(f"{api}/bulk", {**body, "items": body["items"][:2]}).json["results"]
    assert [one["status"] for one in answers] == [409, 201]
    person = Door(shop).browser("wang")
    sent = {"file": (io.BytesIO("名称\n上海张三轴承\n".encode()), "more.csv")}
    url = str(person.post("/apps/shop/records/client/import", sent).location)
    offered = re.search(r'name="set.accept" value="([^"]*)"', person.get(url).text)
    assert offered, "what may only be warned of can be accepted"
    for accepted, created in (({}, 0), ({"set.accept": html.unescape(offered[1])}, 1)):
        person.post(url, {"col.0": "name", "do": "rehearse", **accepted})
        drain(shop.site, handlers(shop.site), shop.now)
        counts = dict(re.findall(r"<dt>([^<]*)</dt><dd>(\d+)</dd>", person.get(url).text))
        assert int(counts["Created"]) == created, counts
    shop.site.database.close()


def test_an_open_form_names_them_with_links(database_url: str) -> None:
    shop = peopled(database_url, TEXT)
    door = Door(shop)
    first = shop.create("wang", "client", name="上海张三轴承有限公司")
    wang = door.browser("wang")
    new = "/apps/shop/records/client/new"
    assert re.search(r'<input[^>]*name="name"[^>]*data-refresh', wang.get(new).text), "asked on leaving the field"
    told = wang.post("/apps/shop/records/client/preview", {"name": "上海张三轴承", "_changed": "name"}).json["likes"]
    assert f'href="/apps/shop/records/client/{first.id}"' in told and "Name" in told
    assert wang.post("/apps/shop/records/client/preview", {"name": "北京李四"}).json["likes"] == ""
    unseen = door.browser("li").post("/apps/shop/records/client/preview", {"name": "上海张三轴承"}).json["likes"]
    assert "1 out of your sight" in unseen and "<a " not in unseen and "上海张三" not in unseen
    again = wang.post(new, {"name": "上海张三轴承", "_key": "k1"})
    assert again.status_code == 409 and 'value="similar:name"' in again.text
    assert wang.post(new, {"name": "上海张三轴承", "_key": "k2", "_accept": "similar:name"}).status_code == 303
    shop.site.database.close()
