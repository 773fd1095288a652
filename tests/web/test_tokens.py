"""Scopes of tokens × every kind of request that a token opens: what is not in scope is refused and writes nothing."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from engine.errors import Invalid
from engine.expressions.values import Ref
from engine.runtime.services.identity import people
from engine.runtime.services.site import Site
from engine.runtime.storage import alert_rows
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from engine.runtime.storage.file_stores import Folder
from tests.services.shops import SHOP
from tests.web.doors import SAME_ORIGIN, Door, Program, peopled, told

MORE = """
reports: {sold: {from: sale, by: {customer: customer}, show: {total: sum(total)}, name: {zh: 销售, en: Sold}}}
periods: {books: {of: [stock], by: role(sales), zh: 账, en: Books}}
alerts: {low: {over: stock, per: [product], when: available < 5, say: {zh: 少, en: low}, to: [{who: role(sales)}]}}
"""
WITH_FILES = SHOP.replace(
    "      secret: {type: text, zh: 底价, en: Secret}",
    "      secret: {type: text, zh: 底价, en: Secret}\n      papers: {type: files, zh: 文件, en: Papers}",
)

# What a request needs (any one of these scopes, besides reading), by its name in the tables below.
NEEDS = {
    "list": "sale:read", "one": "sale:read", "history": "sale:read", "allowed": "sale:read", "files": "customer:read",
    "filtered by": "customer:read", "asked about": "customer:read", "register": "stock:read", "report": "sale:read",
    "people": "user:read", "create": "sale:create", "preview": "sale:create", "bulk create": "sale:create",
    "change": "sale:edit", "upload": "customer:edit", "act": "sale:submit", "delete": "sale:delete",
    "decide": "sale:decide", "alert": "stock:acknowledge", "period": "stock:close",
}
SCOPES: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "all": ((), set(NEEDS)),
    "read": (("read",), {name for name, need in NEEDS.items() if need.endswith(":read")}),
    "shop:write": (("shop:write",), set(NEEDS)),
    "another app": (("elsewhere:write",), set()),
    "one object": (("shop.sale:read",), {"list", "one", "history", "allowed", "report"}),
    "sell": (
        ("shop.sale:read,create", "shop.customer:read", "shop.product:read"),
        {"list", "one", "history", "allowed", "report", "files", "filtered by", "asked about", "create", "preview",
         "bulk create"},
    ),
    "edit": (("read", "shop.sale:edit", "shop.customer:edit"), {
        name for name, need in NEEDS.items() if need.endswith((":read", ":edit"))
    }),
    "one action": (("shop.sale:read,submit",), {"list", "one", "history", "allowed", "report", "act"}),
    "all actions": (("shop.sale:read,act",), {"list", "one", "history", "allowed", "report", "act"}),
    "delete": (("shop.sale:read,delete",), {"list", "one", "history", "allowed", "report", "delete"}),
    "decide": (("shop.sale:decide",), {"decide"}),
    "alerts": (("shop.stock:read,acknowledge",), {"register", "alert"}),
    "periods": (("shop.stock:close",), {"period"}),
}
ALLOWED = (200, 201, 204)


@pytest.fixture
def furnished(database_url: str, tmp_path: Path) -> Iterator[tuple[Door, dict[str, Any]]]:
    """The shop with one of everything."""
    shop = peopled(database_url, WITH_FILES + MORE)
    shop.site.files = Folder(tmp_path / "files")
    shop.stocked(Bolt=1000)
    made = {"draft": shop.sold("li", "Acme", submit=False, Bolt=1), "customer": Ref("customer", 1)}
    shop.sold("li", "Acme", Bolt=200)           # above the limit: it waits for the manager
    with shop.site.read("shop", shop.actor("wang")) as tx:
        made["task"] = tx.connection.execute(text("select min(id) from sys_flow_task")).scalar()
    values = {"rule": "low", "key": "k", "labels": {}, "severity": "warning", "text": {"en": "low"}, "receivers": []}
    made["alert"] = shop.site.run("shop", SERVICE, lambda tx: alert_rows.fire(tx, values))
    yield Door(shop), made
    shop.site.database.close()


def requests(made: dict[str, Any]) -> dict[str, tuple[str, str, str, Any]]:
    """Who, method, path, body of each request of the matrix."""
    sale = {"customer": "Acme", "lines": [{"product": "Bolt", "qty": 1}]}
    draft, customer = f"/api/shop/sale/{made['draft'].id}", f"/api/shop/customer/{made['customer'].id}"
    return {
        "list": ("li", "GET", "/api/shop/sale", None),
        "one": ("li", "GET", draft, None),
        "history": ("li", "GET", f"{draft}/history", None),
        "allowed": ("li", "GET", f"{draft}/allowed", None),
        "files": ("li", "GET", f"{customer}/files", None),
        "filtered by": ("li", "GET", "/api/shop/customer?filter=name%20%3D%20'Acme'", None),
        "asked about": ("li", "POST", "/api/shop/query", {"from": "customer", "show": ["name"]}),
        "register": ("li", "GET", "/api/shop/registers/stock", None),
        "report": ("li", "GET", "/api/shop/reports/sold", None),
        "people": ("li", "GET", "/api/shop/user", None),
        "preview": ("li", "POST", "/api/shop/sale/preview", sale),
        "upload": ("li", "POST", "/api/shop/customer/files", "file"),
        "create": ("li", "POST", "/api/shop/sale", sale),
        "bulk create": ("li", "POST", "/api/shop/sale/bulk", {"items": [{"op": "create", "values": sale}]}),
        "change": ("li", "PATCH", draft, {"note": "x"}),
        "alert": ("li", "POST", f"/api/shop/alerts/{made['alert']}/acknowledge", {}),
        "period": ("li", "POST", "/api/shop/periods/books/close", {"until": "2026-03-31"}),
        "decide": ("wang", "POST", f"/api/tasks/{made['task']}/comment", {"comment": "why?"}),
        "delete": ("li", "DELETE", draft, None),
        "act": ("li", "POST", f"{draft}/actions/submit", {"accept": ["free"]}),
    }


def sent(caller: Program, method: str, path: str, body: Any) -> Any:
    if body != "file":
        return caller.call(method, path, body)
    data = {"file": (io.BytesIO(b"hello"), "a.txt"), "field": "papers"}
    return caller.client.post(path, data=data, headers=caller.headers, content_type="multipart/form-data")


def books(site: Site) -> dict[str, int]:
    """How many rows each table has, but for what any request notes. Every command writes its line of the audit."""
    with site.database.read() as connection:
        found = {}
        for name in set(inspect(connection).get_table_names()) - {"sys_token", "sys_reply"}:
            found[name] = connection.execute(text(f'select count(*) from "{name}"')).scalar_one()
        return found


def test_a_token_opens_what_its_scopes_say(furnished: tuple[Door, dict[str, Any]]) -> None:
    door, made = furnished
    table = requests(made)
    assert set(table) == set(NEEDS)
    wrong = []
    for title, (scopes, granted) in SCOPES.items():
        for name, (login, method, path, body) in table.items():
            if name in ("delete", "act", "period") and name in granted:
                continue                        # once each, below: they cannot be repeated
            caller = scoped(door, login, scopes)
            before = books(door.shop.site)
            answer = sent(caller, method, path, body)
            allowed = answer.status_code in ALLOWED
            if allowed != (name in granted) or (not allowed and answer.status_code not in (400, 403, 404, 422)):
                wrong.append((title, name, told(answer)))
            if not allowed and books(door.shop.site) != before:
                wrong.append((title, name, "was refused and has written"))
    assert not wrong, "\n".join(map(str, wrong))
    for scopes, name in ((("shop.stock:close",), "period"), (("shop.sale:read,submit",), "act")):
        login, method, path, body = table[name]
        assert (answer := sent(scoped(door, login, scopes), method, path, body)).status_code == 200, told(answer)
    spare = door.shop.sold("li", "Acme", submit=False, Bolt=1)
    eraser = scoped(door, "li", ("shop.sale:read,delete",))
    assert eraser.call("DELETE", f"/api/shop/sale/{spare.id}").status_code == 204


def scoped(door: Door, login: str, scopes: tuple[str, ...]) -> Program:
    """A program whose token has these scopes; those of an app that is not there are written past the check."""
    if not any(scope.startswith("elsewhere") for scope in scopes):
        return door.program(login, scopes or None)
    made = door.program(login, ("read",))
    with door.shop.site.database.write() as connection:
        newest = connection.execute(text("select max(id) from sys_token")).scalar_one()
        values = {"scopes": '["elsewhere:write"]', "id": newest}
        connection.execute(text("update sys_token set scopes = :scopes where id = :id"), values)
    return made


def test_scopes_hide_what_they_do_not_reach(furnished: tuple[Door, dict[str, Any]]) -> None:
    door, made = furnished
    caller = door.program("wang", ("shop.sale:read",))
    document: Any = caller.get("/api/shop/openapi.json").json
    assert "/api/shop/sale" in document["paths"] and "/api/shop/customer" not in document["paths"]
    assert "post" not in document["paths"]["/api/shop/sale"], "the document tells what the token may do"
    sale: Any = caller.get(f"/api/shop/sale/{made['draft'].id}").json
    assert sale["customer"] == {"id": 1, "title": "Out of your sight (#1)"}, "a link out of scope shows no title"
    assert caller.get("/api/shop/sale?filter=customer.limit%20%3E%201").status_code == 400
    rights: Any = caller.get(f"/api/shop/sale/{made['draft'].id}/allowed").json
    assert not any(action["ok"] for action in rights["actions"].values())
    assert not any(field["edit"] for field in rights["fields"].values())
    assert "shop.sale:submit" in rights["actions"]["submit"]["reason"]
    assert [item["app"] for item in caller.get("/api/tasks").json["items"]] == ["shop"]  # type: ignore[index]
    assert door.program("wang", ("shop.stock:read",)).get("/api/tasks").json["items"] == []  # type: ignore[index]


def test_tokens_open_the_api_alone(furnished: tuple[Door, dict[str, Any]]) -> None:
    door, _ = furnished
    for scopes in (None, ("read",)):
        caller = door.program("li", scopes)
        for path in ("/apps/shop/", "/profile", "/people/"):
            assert caller.get(path).status_code == 403, path
    assert door.program("ada").get("/builder/shop").status_code == 200
    assert door.program("ada", ("shop:read",)).get("/builder/shop").status_code == 403
    assert door.program("ada", ("shop:build",)).get("/builder/shop").status_code == 200
    assert door.program("li", ("shop:build",)).get("/builder/shop").status_code == 403


def test_tokens_end(furnished: tuple[Door, dict[str, Any]]) -> None:
    door, _ = furnished
    site, li = door.shop.site, people.find(door.shop.site, "li")
    assert li is not None
    token = people.make_token(site, li.id, name="till", scopes=["shop:read"], expires=site.now() + dt.timedelta(days=1))
    caller = Program(door.app.test_client(), token)
    assert caller.get("/api/shop/sale").status_code == 200
    (kept,) = people.tokens_of(site, li.id)
    assert (kept["name"], kept["scopes"], kept["used_at"]) == ("till", ["shop:read"], site.now())
    assert "token" not in kept
    door.shop.now += dt.timedelta(days=2)
    assert caller.get("/api/shop/sale").status_code == 401
    another = door.program("li")
    people.revoke_token(site, li.id, people.tokens_of(site, li.id)[-1]["id"])
    assert another.get("/api/shop/sale").status_code == 401
    for end in (lambda: people.set_password(site, "li", "correct horse"), lambda: people.set_active(site, "li", False)):
        caller = door.program("li")
        end()
        assert caller.get("/api/shop/sale").status_code == 401 and people.tokens_of(site, li.id) == []


@pytest.mark.parametrize(("scope", "words"), [
    ("shop.sael:read", "sale"), ("shpo:read", "shop"), ("shop.sale:sumbit", "submit"), ("shop.sale", "verb"),
    ("shop.sale:build", "verb"), ("", "verb"),
])
def test_a_wrong_scope_is_refused_with_the_way_out(door: Door, scope: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        door.program("li", (scope,))


def test_columns_that_an_older_engine_did_not_know_are_added(database_url: str) -> None:
    site = Site(Database(database_url))
    id = people.add_user(site, "li", "Li", None)
    people.make_token(site, id)
    with site.database.write() as connection:
        connection.execute(text("alter table sys_token drop column used_at"))
    site.database.close()
    again = Site(Database(database_url))
    assert people.tokens_of(again, id)[0]["used_at"] is None
    again.database.close()


def test_a_cookie_is_no_token(door: Door) -> None:
    assert door.browser("li").get("/api/shop/sale", **SAME_ORIGIN).status_code == 200
