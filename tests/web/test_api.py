"""The REST contract: bodies, codes, headers, exact numbers, links, paging, idempotency, stale edits, bulk, tasks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from engine.errors import Busy
from engine.runtime.services.identity import people
from engine.runtime.storage.live import Live
from engine.texts import say
from tests.web.doors import Door, Program, told

SALE = "/api/shop/sale"
UNTOLD = ("/openapi.json", "/docs")            # what tells of the others
# What an app may be without.
OF_SOME = {"periods", "reports", "alerts", "files", "print", "comments", "follow", "figures", "amendments",
           "links"}


def make(li: Program, **more: object) -> dict:  # type: ignore[type-arg]
    body = {"customer": "Acme", "lines": [{"product": "Bolt", "qty": "2.5"}], **more}
    answer = li.post(SALE, body)
    assert answer.status_code == 201, told(answer)
    return answer.json


@pytest.fixture
def li(door: Door) -> Program:
    door.shop.stocked(Bolt=100)
    program = door.program("li")
    assert program.post("/api/shop/customer", {"name": "Acme", "limit": 5000}).status_code == 201
    return program


def test_create_answers_with_the_record_as_it_is(li: Program) -> None:
    answer = li.post(
        SALE, {"customer": "Acme", "note": "n", "lines": [{"product": "Bolt", "qty": 2.5, "price": "3.10"}]}
    )
    record = answer.json
    assert (
        answer.status_code == 201
        and answer.headers["ETag"] == '"1"'
        and answer.headers["Location"] == f"{SALE}/{record['id']}"
    )
    assert record["version"] == 1 and record["state"] == record["status"] == "draft" and record["number"] is None
    assert record["customer"] == {"id": 1, "title": "Acme"} or record["customer"]["title"] == "Acme"
    line = record["lines"][0]
    assert (line["qty"], line["price"], line["amount"], record["total"]) == ("2.5", "3.10", "7.75", "7.75")
    assert record["date"] == "2026-05-04" and record["created_at"].endswith("Z") and isinstance(line["id"], int)


@pytest.mark.parametrize("given", [1, "Acme", {"name": "Acme"}, {"id": 1}])
def test_links_are_given_by_id_key_or_key_fields(li: Program, given: object) -> None:
    assert make(li, customer=given)["customer"]["title"] == "Acme"


def test_errors_are_problem_documents_with_every_field(li: Program) -> None:
    answer = li.post(SALE, {"customer": "Nobody", "lines": [{"product": "Bolt", "qty": "0"}]})
    assert answer.status_code == 422 and answer.mimetype == "application/problem+json"
    problem = answer.json
    assert {"type", "title", "status", "detail", "code", "errors"} <= problem.keys()
    assert all({"field", "message", "code"} == e.keys() for e in problem["errors"])
    chinese = li.post(SALE, {"customer": "Nobody"}, Accept_Language="zh-CN")
    assert "没有" in chinese.json["detail"]


def test_a_stale_match_is_412_and_a_missing_record_404(li: Program) -> None:
    made = make(li)
    url = f"{SALE}/{made['id']}"
    changed = li.patch(url, {"note": "first"}, If_Match='"1"')
    assert changed.status_code == 200 and changed.headers["ETag"] == '"2"' and changed.json["note"] == "first"
    stale = li.patch(url, {"note": "second"}, If_Match='"1"')
    assert stale.status_code == 412 and stale.json["current_version"] == 2
    assert li.call("DELETE", url, If_Match='"1"').status_code == 412
    assert li.patch(f"{SALE}/999", {"note": "x"}).status_code == 404
    assert li.get(url).json["note"] == "first"
    assert li.call("DELETE", url, If_Match='"2"').status_code == 204
    assert li.get(url).status_code == 404


def test_lines_are_patched_by_id(li: Program) -> None:
    made = make(li, lines=[{"product": "Bolt", "qty": 1}, {"product": "Bolt", "qty": 2}])
    first, second = made["lines"]
    changed = li.patch(
        f"{SALE}/{made['id']}", {"lines": [{"id": second["id"], "qty": "5"}, {"product": "Bolt", "qty": "7"}]}
    ).json
    assert [line["qty"] for line in changed["lines"]] == ["1", "5", "7"] and changed["lines"][0]["id"] == first["id"]
    for odd in ("yes", 1, [], {"x": 1}):
        refused = li.patch(f"{SALE}/{made['id']}", {"lines": [{"id": first["id"], "delete": odd}]})
        assert refused.status_code in (400, 422), "what is no yes keeps no row in silence"
        assert refused.json["errors"][0]["field"] == "lines.0.delete"
    removed = li.patch(f"{SALE}/{made['id']}", {"lines": [{"id": first["id"], "delete": True}]}).json
    assert [line["qty"] for line in removed["lines"]] == ["5", "7"]


def test_the_same_key_is_carried_out_once(li: Program) -> None:
    body = {"customer": "Acme", "lines": [{"product": "Bolt", "qty": 1}]}
    first, second = li.post(SALE, body, Idempotency_Key="k"), li.post(SALE, body, Idempotency_Key="k")
    assert first.status_code == second.status_code == 201 and first.json == second.json
    other = li.post(SALE, {**body, "note": "other"}, Idempotency_Key="k")
    assert other.status_code == 422 and other.json["code"] == "idempotency"
    assert li.get(SALE + "?count=exact").json["count"] == 1


def test_a_refused_request_does_not_use_up_its_key(li: Program) -> None:
    body = {"customer": "Acme", "lines": [{"product": "Bolt", "qty": 0}]}
    assert li.post(SALE, body, Idempotency_Key="k").status_code == 422
    assert li.post(SALE, {**body, "lines": [{"product": "Bolt", "qty": 1}]}, Idempotency_Key="k").status_code == 201


def test_keys_belong_to_their_owner(door: Door, li: Program) -> None:
    assert li.post("/api/shop/customer", {"name": "Mine"}, Idempotency_Key="k").status_code == 201
    assert door.program("sun").post("/api/shop/customer", {"name": "Theirs"}, Idempotency_Key="k").status_code == 201


def test_lists_filter_sort_pick_and_page(li: Program) -> None:
    for qty in (3, 1, 2):
        make(li, lines=[{"product": "Bolt", "qty": qty}])
    page = li.get(SALE + "?sort=-total&fields=total,customer.name&limit=2&count=exact").json
    assert [item["total"] for item in page["items"]] == ["30.00", "20.00"] and page["count"] == 3
    assert set(page["items"][0]) == {"id", "total", "customer.name"} and page["items"][0]["customer.name"] == "Acme"
    rest = li.get(f"{SALE}?sort=-total&fields=total&limit=2&cursor={page['next']}").json
    assert [item["total"] for item in rest["items"]] == ["10.00"] and rest["next"] is None and rest["count"] is None
    found = li.get(SALE).json["items"]
    assert len(found) == 3
    assert len(li.get(SALE + "?filter=total+%3E+15").json["items"]) == 2
    for bad in ("?filter=nothing+%3D+1", "?sort=nothing", "?fields=nothing", "?cursor=nothing", "?count=maybe"):
        assert li.get(SALE + bad).status_code == 400, bad


def test_a_preview_computes_and_saves_nothing(li: Program) -> None:
    answer = li.post(SALE + "/preview", {"customer": "Acme", "lines": [{"product": "Bolt", "qty": 3}]})
    assert answer.status_code == 200, told(answer)
    assert answer.json["values"]["total"] == "30.00" and answer.json["values"]["id"] is None
    assert answer.json["allowed"]["fields"]["customer"]["edit"] is True and answer.json["problems"] == []
    wrong = li.post(SALE + "/preview", {"lines": [{"product": "Bolt", "qty": "many"}]}).json
    assert "lines.0.qty" in [p["field"] for p in wrong["problems"]]
    assert li.get(SALE + "?count=exact").json["count"] == 0


def test_actions_answer_with_record_reason_or_warnings(li: Program) -> None:
    made = make(li)
    url = f"{SALE}/{made['id']}/actions"
    done = li.post(f"{url}/submit", {})
    assert done.status_code == 200 and done.json["state"] == "approved" and done.json["number"] == "SO2026001"
    again = li.post(f"{url}/submit", {})
    assert again.status_code == 409 and again.json["detail"]
    assert li.post(f"{url}/cancel", {"input": {}}).status_code == 422
    assert li.post(f"{url}/cancel", {"input": {"reason": "r"}, "comment": "c"}).json["state"] == "cancelled"
    free = make(li, lines=[{"product": "Bolt", "qty": 1, "price": 0}])
    warned = li.post(f"{SALE}/{free['id']}/actions/submit", {})
    assert warned.status_code == 409 and warned.json["warnings"] == [{"called": "free", "message": "Something is free"}]
    assert li.get(f"{SALE}/{free['id']}").json["state"] == "draft"
    assert li.post(f"{SALE}/{free['id']}/actions/submit", {"accept": ["free"]}).json["state"] == "approved"
    assert li.post(f"{SALE}/{free['id']}/actions/ship", {}).status_code == 403
    assert li.post(f"{SALE}/{free['id']}/actions/submit", {"accept": "free"}).status_code == 400


def test_stock_is_never_sold_twice(li: Program) -> None:
    made = make(li, lines=[{"product": "Bolt", "qty": 101}])
    short = li.post(f"{SALE}/{made['id']}/actions/submit", {})
    assert short.status_code == 409 and "1 short" in short.json["detail"]


def test_history_and_rights(li: Program) -> None:
    made = make(li)
    li.patch(f"{SALE}/{made['id']}", {"note": "new"})
    events = li.get(f"{SALE}/{made['id']}/history").json["items"]
    assert [e["event"] for e in events] == ["updated", "created"]
    assert events[0]["changes"]["note"] == {"old": None, "new": "new"} and events[0]["actor_name"] == "Li"
    rights = li.get(f"{SALE}/{made['id']}/allowed").json
    assert rights["actions"]["submit"]["ok"] is True and rights["actions"]["ship"]["ok"] is False
    assert rights["actions"]["ship"]["reason"] and rights["fields"]["total"]["edit"] is False


def test_bulk_is_all_or_nothing_or_each_by_itself(li: Program) -> None:
    made = make(li)
    items = [
        {"op": "create", "values": {"customer": "Acme", "lines": [{"product": "Bolt", "qty": 1}]}},
        {"op": "update", "id": made["id"], "values": {"note": "bulk"}},
        {"op": "create", "values": {"customer": "Acme", "lines": []}},
    ]
    together = li.post(SALE + "/bulk", {"items": items})
    assert together.status_code == 422 and "items.2: " in together.json["detail"]
    assert li.get(f"{SALE}/{made['id']}").json["note"] is None and li.get(SALE + "?count=exact").json["count"] == 1
    each = li.post(SALE + "/bulk", {"atomic": False, "items": items})
    assert [r["status"] for r in each.json["results"]] == [201, 200, 422] and each.json["results"][2]["problem"][
        "errors"
    ]
    keyed = {"atomic": False, "items": [{"op": "submit", "id": made["id"], "key": "k"}]}
    assert li.post(SALE + "/bulk", keyed).json == li.post(SALE + "/bulk", keyed).json
    count = li.get(SALE + "?count=exact").json["count"]
    for number, body in enumerate(({"atomic": False, "items": items}, {"items": [{**items[0], "key": "once"}]})):
        key = {} if number else {"Idempotency_Key": "all"}       # of the request, or of its items
        told_first, told_again = (li.post(SALE + "/bulk", body, **key).json["results"] for _ in range(2))
        assert told_first[0] == told_again[0] and told_first[0]["status"] == 201
        assert li.get(SALE + "?count=exact").json["count"] == count + number + 1
    for wrong in ({"atomic": "no", "items": []}, {"items": [{**items[0], "values": []}]},
                  {"atomic": False, "items": [items[0], {**items[0], "key": 7}]}):
        assert li.post(SALE + "/bulk", wrong).status_code == 400
    assert li.get(SALE + "?count=exact").json["count"] == count + 2
    assert li.post(SALE + "/bulk", {"items": [{"op": "delete"}]}).status_code == 400


def test_tasks_are_decided_over_the_api(door: Door, li: Program) -> None:
    made = make(li, lines=[{"product": "Bolt", "qty": 100}])
    door.shop.update(
        "wang",
        door.shop.value(
            door.shop.create("li", "sale", customer="Acme", lines=[{"product": "Bolt", "qty": 1}]), "customer"
        ),
        limit="10",
    )
    assert li.post(f"{SALE}/{made['id']}/actions/submit", {}).json["state"] == "pending"
    wang = door.program("wang")
    task = wang.get("/api/tasks?state=open").json["items"][0]
    assert task["app"] == "shop" and task["record"]["id"] == made["id"] and task["kind"] == "approve"
    assert li.post(f"/api/tasks/{task['id']}/approve", {}).status_code in (403, 404)
    assert door.program("sun").post(f"/api/tasks/{task['id']}/approve", {}).status_code == 404
    done = wang.post(f"/api/tasks/{task['id']}/approve", {"comment": "ok"})
    assert done.status_code == 200 and done.json["state"] == "approved"
    assert wang.post(f"/api/tasks/{task['id']}/approve", {}).status_code == 409
    assert wang.get("/api/tasks").json["items"] == [] and len(wang.get("/api/tasks?state=done").json["items"]) == 1


def test_registers_answer_in_columns_and_rows(li: Program) -> None:
    make(li)
    found = li.get("/api/shop/registers/stock").json
    assert [c["name"] for c in found["columns"]] == ["product", "on_hand", "reserved", "available"]
    assert found["columns"][0]["type"] == "link" and found["columns"][1]["type"] == "quantity"
    assert found["rows"][0][0]["title"] == "Bolt" and found["rows"][0][1:] == ["100", "0", "100"]
    assert li.get("/api/shop/registers/stock?at=2026-04-30").json["rows"] == []
    moves = li.get("/api/shop/registers/stock/movements").json
    assert len(moves["rows"]) == 1 and moves["next"] is None
    move = moves["items"][0]
    assert (move["product"]["title"], move["on_hand"], move["document"]["object"]) == ("Bolt", "100", "receipt")
    turned = li.get("/api/shop/registers/stock/turnovers?from=2026-05-01&to=2026-05-31&by=product").json
    assert [c["name"] for c in turned["columns"]][:5] == [
        "product",
        "on_hand_opening",
        "on_hand_inflow",
        "on_hand_outflow",
        "on_hand_closing",
    ]
    assert li.get("/api/shop/registers/stock?at=soon").status_code == 400
    assert li.get("/api/shop/registers/stock/turnovers?from=2026-05-31&to=2026-05-01").status_code == 400
    assert li.get("/api/shop/registers/nothing").status_code == 404


def test_questions_are_asked_over_the_api(li: Program) -> None:
    make(li)
    answer = li.post(
        "/api/shop/query",
        {"from": "sale", "by": {"customer": "customer"}, "show": {"n": "count()", "money": "sum(total)"}},
    )
    assert answer.status_code == 200, told(answer)
    assert [c["name"] for c in answer.json["columns"]] == ["customer", "n", "money"]
    assert answer.json["rows"][0][1:] == ["1", "25"] or answer.json["rows"][0][1:] == ["1", "25.00"]
    assert li.post("/api/shop/query", {"from": "nothing", "show": ["x"]}).status_code in (400, 404)
    assert li.post("/api/shop/query", {"form": "sale"}).status_code == 400
    assert li.post("/api/shop/query", {"from": "sale"}).json["errors"][0]["field"] == "show"
    assert li.get("/api/shop/reports/nothing").status_code == 404
    assert li.get("/api/shop/alerts").json == {"items": [], "next": None, "count": None}


def test_the_document_describes_what_the_caller_may_see(door: Door, li: Program) -> None:
    document = li.get("/api/shop/openapi.json").json
    assert document["openapi"] == "3.1.0" and "/api/shop/sale/{id}/actions/submit" in document["paths"]
    assert "/api/shop/receipt" not in document["paths"] and "receipt" not in document["components"]["schemas"]
    assert "/api/shop/receipt" in door.program("zhao").get("/api/shop/openapi.json").json["paths"]
    for name in ("sale", "sale_lines", "sale_input", "customer"):
        assert name in document["components"]["schemas"], name
    assert door.browser("li").get("/api/shop/docs").status_code == 200


def said_in(part: Any) -> Iterator[str]:
    """Every summary and description of a document."""
    for name, one in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        if name in ("summary", "description") and isinstance(one, str):
            yield one
        yield from said_in(one)


def test_the_document_speaks_the_language_of_whoever_reads_it(door: Door) -> None:
    people.add_user(door.shop.site, "gen", "Gen", None, admin=True, builder=True, language="zh",
                    roles={"shop": list(door.shop.site.apps()[0].app.roles)})
    told = door.program("gen").get("/api/shop/openapi.json", Accept_Language="zh").json
    assert {one for one in said_in(told) if one.isascii()} <= {"Reason"}     # a label that the app has in English only


def test_a_link_by_a_field_that_is_no_key_is_told(li: Program) -> None:
    assert li.post(SALE, {"customer": {"name": "Acme"}, "lines": [{"product": "Bolt", "qty": "1"}]}).status_code == 201
    for odd in ("$gt", "phone"):
        refused = li.post(SALE, {"customer": {odd: "Acme"}, "lines": [{"product": "Bolt", "qty": "1"}]})
        assert refused.status_code == 422
        assert refused.json["errors"][0]["message"] == f"Customer is named by name, not by {odd}"


def test_every_route_is_in_the_document_of_whoever_may_use_it(door: Door) -> None:
    people.add_user(door.shop.site, "root", "Root", None, admin=True, builder=True, language="en",
                    roles={"shop": list(door.shop.site.apps()[0].app.roles)})
    told = door.program("root").get("/api/shop/openapi.json").json["paths"]
    described = {re.sub(r"{[^}]*}", "_", path) for path in told}
    missing = []
    for rule in door.app.url_map.iter_rules():
        if not rule.rule.startswith("/api/") or rule.rule.endswith(UNTOLD) or OF_SOME & {*rule.rule.split("/")}:
            continue
        pattern = re.sub(r"<[^>]*>", "[^/]+", rule.rule)
        if not any(re.fullmatch(pattern, path) for path in described):
            missing.append(rule.rule)
    assert not missing, "\n".join(missing)


def test_every_reference_of_the_document_resolves(li: Program) -> None:
    document = li.get("/api/shop/openapi.json").json
    wanted: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                wanted.add(node["$ref"].rsplit("/", 1)[1])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)
    assert wanted <= document["components"]["schemas"].keys()
    operations = [o["operationId"] for path in document["paths"].values() for m, o in path.items() if m != "parameters"]
    assert len(operations) == len(set(operations))


def test_a_draft_of_the_past_tells_what_it_would_change(door: Door) -> None:
    """`later` of a preview; the form and the dialog of an action say the same in the reader's language."""
    door.shop.create("zhao", "product", code="Cog", price="10")
    for day, qty in (("2026-04-20", "5"), ("2026-04-30", "2")):
        made = door.shop.create("zhao", "receipt", date=day, lines=[{"product": "Cog", "qty": qty}])
        door.shop.act("zhao", made, "post")
    zhao, draft = door.program("zhao"), {"date": "2026-04-25", "lines": [{"product": "Cog", "qty": "3"}]}
    answer = zhao.post("/api/shop/receipt/preview?action=post", draft).json
    assert answer and answer["later"]["counting"] == "Posted" and answer["later"]["refusal"] is None
    (effect,) = answer["later"]["effects"]
    assert (effect["register"], effect["since"], effect["later_days"]) == ("stock", "2026-04-25", 1)
    assert effect["keys"]["product"]["title"] == "Cog"
    figure = {k: v for k, v in effect["figures"][0].items() if k in ("was", "becomes", "lowest", "lowest_on", "now")}
    assert {k: v.split(".")[0] for k, v in figure.items()} == {
        "was": "5", "becomes": "8", "lowest": "8", "lowest_on": "2026-04-25", "now": "10",
    }
    assert zhao.post("/api/shop/receipt/preview", {**draft, "date": "2026-05-04"}).json["later"] is None  # type: ignore[index]
    made = door.shop.create("zhao", "receipt", **draft)
    titles = {"en": "once it is “Posted”, earlier balances change", "zh": "进入“已过账”后将改变以往的结存"}
    for language, said in titles.items():
        people.set_language(door.shop.site, door.shop.actor("zhao").id, language)
        browser = door.browser("zhao", language=language)
        assert said in browser.get(f"/apps/shop/records/receipt/{made.id}/edit").text
        dialog = browser.post(f"/apps/shop/records/receipt/{made.id}/actions/post")
        assert dialog.status_code == 409 and said in dialog.text and 'value="@past"' in dialog.text
    done = browser.post(f"/apps/shop/records/receipt/{made.id}/actions/post", {"_accept": "@past"})
    assert done.status_code == 303


def test_one_record_answers_with_the_fields_that_are_asked_for(li: Program) -> None:
    sale = make(li, note="n")
    answer = li.get(f"{SALE}/{sale['id']}?fields=note,customer.name,total")
    assert answer.json == {"id": sale["id"], "note": "n", "customer.name": "Acme", "total": sale["total"]}
    assert answer.headers["ETag"] == '"1"'
    answer = li.get(f"{SALE}/{sale['id']}?fields=lines.qty,lines.product.code")
    assert answer.status_code == 200, told(answer)
    assert answer.json["lines.qty"] == [line["qty"] for line in sale["lines"]] != [], told(answer)
    assert len(answer.json["lines.product.code"]) == len(sale["lines"]) and all(answer.json["lines.product.code"])
    for wrong, named in (("note,nosuch", "nosuch"), ("customer.nosuch", "nosuch"), ("lines.nosuch", "nosuch")):
        refused = li.get(f"{SALE}/{sale['id']}?fields={wrong}")
        assert refused.status_code == 400 and named in refused.json["detail"], told(refused)
    assert li.get(f"{SALE}/{sale['id']}?field=note").status_code == 400


def test_everything_that_is_wrong_is_told_at_once(li: Program) -> None:
    wrong = {"customer": "Nobody", "date": "tomorrow", "lines": [{"qty": "many"}, {"product": "Nut?", "qty": 0}]}
    found = {"customer": "not_found", "date": "type", "lines.0.qty": "type", "lines.0.product": "required",
             "lines.1.product": "not_found", "lines.1.qty": "min"}
    sale = make(li)
    doors = {
        "POST": lambda body: li.post(SALE, body).json,
        "PATCH": lambda body: li.patch(f"{SALE}/{sale['id']}", body).json,
        "bulk": lambda body: li.post(f"{SALE}/bulk", {"items": [{"op": "create", "values": body}]}).json,
        "each": lambda body: li.post(
            f"{SALE}/bulk", {"atomic": False, "items": [{"op": "update", "id": sale["id"], "values": body}]}
        ).json["results"][0]["problem"],
    }
    for name, send in doors.items():
        problem = send(wrong)
        told_of = {e["field"].removeprefix("items.0."): e["code"] for e in problem["errors"]}
        assert told_of == found, name
        problem = send({**wrong, "nosuch": 1})
        assert {e["field"].removeprefix("items.0."): e["code"] for e in problem["errors"]} == {
            **found, "nosuch": "unknown",
        }, name
        assert "nosuch" in problem["detail"], name
    assert li.post(SALE, {**wrong, "nosuch": 1}).status_code == 400 and li.post(SALE, wrong).status_code == 422


def test_people_are_named_by_their_login(li: Program) -> None:
    make(li)
    assert len(li.get(f"{SALE}?filter=creator = 'li'").json["items"]) == 1
    wrong = (("creator = '李敏'", "login"), ("creator = 'nobody'", "nobody"), ("creator in ['li', 'x']", "x"))
    for asked, word in wrong:
        refused = li.get(f"{SALE}?filter={asked}")
        assert refused.status_code == 400 and word in refused.json["detail"], told(refused)
    assert li.get(f"{SALE}?filter=creator.name = '李敏'").status_code == 200


def test_a_database_that_goes_away_is_told_as_such(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the answer could do without what was being read: the language, of an app, for who wishes none."""
    caller, site, asked = door.program("li"), door.shop.site, list[int]()
    caller.headers["Accept-Language"] = ""
    apps_in = site.apps_in

    def gone(connection: Connection) -> list[Live]:
        asked.append(1)
        if len(asked) > 1:
            raise Busy(say(zh="稍候", en="Later"))
        return apps_in(connection)

    monkeypatch.setattr(site, "apps_in", gone)
    answer = caller.get("/api/tasks")
    assert answer.status_code == 503 and len(asked) > 1, told(answer)
