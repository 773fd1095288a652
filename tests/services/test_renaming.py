"""Names that change by `was:`, also in swaps and chains: data, bookings and numbers stay with what they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from engine.definitions.compile import app_from
from engine.definitions.renames import moved
from engine.runtime.services import reading
from engine.runtime.services.registers import verification
from engine.runtime.services.registers.analysis import ROWS_PER_RULE
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.operations import Plan
from tests.services.shops import Shop

BASE = """
app: shop
languages: [en]
timezone: Asia/Shanghai
roles: {sales: Sales, manager: Manager, store: Store}
access: {ANY}
objects:
"""
SHOPS: list[Shop] = []


@pytest.fixture
def url(database_url: str) -> Iterator[str]:
    yield database_url
    while SHOPS:
        SHOPS.pop().site.database.close()


def app(objects: str, registers: str = "") -> str:
    names = [line.strip().rstrip(":") for line in objects.splitlines() if line.startswith("  ") and line[2] != " "]
    grants = ", ".join(f"{name}: {{sales: full}}" for name in names)
    return BASE.replace("ANY", grants) + objects + registers


def made(url: str, text: str) -> Shop:
    shop = Shop(url, text)
    SHOPS.append(shop)
    return shop


def publish(shop: Shop, text: str) -> Plan:
    files = app_from(text).texts
    tried = shop.site.plan(files)
    plan = shop.site.publish(files).plan
    assert [str(o) for o in tried.operations] == [str(o) for o in plan.operations]
    assert verification.verify(shop.site, "shop") == []
    assert not shop.site.publish(files).changed, "and it is not done again"
    return plan


def rows(shop: Shop, thing: str, *names: str) -> list[Any]:
    with shop.site.read("shop", SERVICE) as tx:
        items = sorted(reading.page(tx, thing, reading.Query()).items, key=lambda item: item.id or 0)
        found = [tuple(item.get(name) for name in names) for item in items]
        return [one[0] for one in found] if len(names) == 1 else found


@pytest.mark.parametrize(("after", "before", "found"), [
    ({"b": "a"}, {"a": ""}, {"b": "a"}),
    ({"a": "b", "b": "a"}, {"a": "", "b": ""}, {"a": "b", "b": "a"}),
    ({"b": "a", "c": "b"}, {"a": "", "b": ""}, {"b": "a", "c": "b"}),
    ({"a": "", "b": "a", "c": "b"}, {"a": "", "b": ""}, {}),
    ({"b": "a", "a": ""}, {"a": ""}, {}),
    ({"a": "b", "b": "a"}, {"a": "b", "b": "a"}, {}),
    ({"b": "a", "c": "a"}, {"a": ""}, {"b": "a"}),
    ({"b": "a"}, {"a": "", "b": ""}, {"b": "a"}),
    ({"b": "c", "c": "b"}, {"b": "a", "c": "b"}, {"b": "c", "c": "b"}),
    ({"b": "a", "c": "b"}, {"b": "a", "c": "", "a": ""}, {"b": "a", "c": "b"}),
    ({"b": "a"}, None, {"b": "a"}),
    ({"a": ""}, {"b": "a"}, {"a": "b"}),
    ({"a": "", "b": ""}, {"b": "a"}, {}),
    ({"a": ""}, {"b": "a", "a": ""}, {}),
    ({"a": "", "c": "b"}, {"b": "a"}, {"c": "b"}),
    ({"a": ""}, {"b": "a", "c": "a"}, {"a": "b"}),
])
def test_a_name_is_taken_over_once_and_from_what_gives_it_up(
    after: dict[str, str], before: dict[str, str] | None, found: dict[str, str]
) -> None:
    assert moved(after, before) == found


FIELDS = """
  item:
    key: code
    fields:
      code: {type: text, required: true}
      a: {type: text, unique: true}
      b: {type: quantity}
      c: {type: link, to: item}
      twice: {formula: b / (b - 1), type: quantity}
"""


def test_fields_swap_move_on_and_take_the_names_of_what_goes(url: str) -> None:
    shop = made(url, app(FIELDS))
    shop.create("li", "item", code="one", a="x", b="2")
    shop.create("li", "item", code="two", a="y", b="1", c="one")
    swapped = app(FIELDS.replace("a: {type: text", "b: {was: a, type: text").replace(
        "b: {type: quantity", "a: {was: b, type: quantity").replace("b / (b - 1)", "a / (a - 1)").replace(
        "twice:", "double: {was: twice,").replace("double: {was: twice, {", "double: {was: twice, "))
    plan = publish(shop, swapped)
    assert {(o.name, o.was) for o in plan.operations if o.kind == "rename column" and "__" not in o.name} == {
        ("a", "b"), ("b", "a"), ("double", "twice")}
    assert not [o for o in plan.operations if o.kind in ("compute again", "archive column", "add column")]
    assert rows(shop, "item", "a", "b") == [(2, "x"), (1, "y")]
    assert rows(shop, "item", "double")[0] == 2 and rows(shop, "item", "double")[1].code == "#DIV/0!"
    with pytest.raises(Exception, match="already"):
        shop.create("li", "item", code="three", b="y")
    chained = app(FIELDS.replace("a: {type: text", "c: {was: b, type: text").replace(
        "b: {type: quantity", "b: {was: a, type: quantity").replace("      c: {type: link, to: item}\n", "").replace(
        "twice", "double"))
    plan = publish(shop, chained)
    assert [(o.name, o.into) for o in plan.operations if o.kind == "archive column"] == [("c", "zz_c")]
    assert rows(shop, "item", "b", "c") == [(2, "x"), (1, "y")]


def test_a_name_that_stands_for_something_else_keeps_its_values_and_the_plan_says_so(url: str) -> None:
    shop = made(url, app(FIELDS))
    shop.create("li", "item", code="one", a="x", b="2")
    renamed = FIELDS.replace("a: {type: text", "d: {was: a, type: text")
    both = renamed.replace("      b:", "      a: {type: text}\n      b:")
    tried = shop.site.plan(app_from(app(both)).texts)
    told = [o.hint.to("en") for o in tried.operations if (o.kind, o.name) == ("add column", "d") and o.hint]
    assert len(told) == 1 and "publish the rename alone first" in told[0]
    publish(shop, app(renamed))
    plan = publish(shop, app(both))
    assert [(o.name, o.hint) for o in plan.operations if o.kind == "add column"] == [("a", None)]
    assert rows(shop, "item", "d", "a") == [("x", None)]


OBJECTS = """
  bill:
    key: number
    fields:
      number: {type: autonumber, format: "B{seq:3}"}
      to: {type: links, to: [bill, order]}
      lines: {type: lines, fields: {qty: quantity}}
  order:
    key: number
    fields:
      number: {type: autonumber, format: "O{seq:3}"}
      lines: {type: lines, fields: {qty: quantity}}
      extras: {type: lines, fields: {qty: integer}}
  memo:
    fields: {text: text}
"""


def test_objects_and_lines_swap_with_their_numbers_and_links(url: str) -> None:
    shop = made(url, app(OBJECTS))
    order = shop.create("li", "order", lines=[{"qty": "5"}], extras=[{"qty": 9}])
    shop.create("li", "order")
    shop.create("li", "memo", text="y")
    shop.create("li", "bill", lines=[{"qty": "7"}], to=[{"id": order.id, "object": "order"}])
    swapped = OBJECTS.replace("  bill:", "  order_:\n    was: bill").replace("  order:", "  bill:\n    was: order")
    swapped = swapped.replace("order_", "order").replace("to: [bill, order]", "to: [order, bill]").replace(
        "lines: {type: lines, fields: {qty: quantity}}\n      extras: {type: lines",
        "extras: {type: lines, was: lines, fields: {qty: quantity}}\n      lines: {type: lines, was: extras")
    publish(shop, app(swapped))
    assert rows(shop, "order", "number") == ["B001"] and rows(shop, "bill", "number") == ["O001", "O002"]
    with shop.site.read("shop", SERVICE) as tx:
        first, _ = sorted(reading.page(tx, "bill", reading.Query()).items, key=lambda item: item.id or 0)
        assert [line.get("qty") for line in first.lines("extras")] == [5]
        assert [line.get("qty") for line in first.lines("lines")] == [9]
        (only,) = reading.page(tx, "order", reading.Query()).items
        assert [ref.object for ref in only.get("to")] == ["bill"]
    shop.create("li", "bill")
    assert rows(shop, "bill", "number")[-1] == "O003", "the series goes on"
    memo = OBJECTS[OBJECTS.index("  memo"):]
    gone = swapped.replace(memo, "").replace("  bill:\n    was: order", "  memo:\n    was: bill")
    gone = gone.replace("to: [order, bill]", "to: [order, memo]") + memo.replace("memo", "old")
    plan = publish(shop, app(gone))
    assert [o.into for o in plan.operations if o.kind == "archive table"] == ["zz_shop__memo_1"]
    assert rows(shop, "memo", "number") == ["O001", "O002", "O003"] and rows(shop, "old", "text") == []
    shop.create("li", "old", text="x")


BOOKS = """
  item:
    key: code
    fields:
      code: {type: text, required: true}
      size: {type: choice, options: {s: Small, l: Large}}
      sizes: {type: choices, options: {s: Small, l: Large}}
      n: quantity
      m: quantity
    states: {draft: Draft, open: Open, closed: Closed, busy: {within: open, when: n > 3, en: Busy}}
    effective: [open, closed]
    posts:
      - {to: held, keys: {item: this, size: size}, add: {n: n, m: m}}
      - {to: held, keys: {item: this, size: size}, add: {n: m}}
    actions: {start: {from: draft, to: open}, end: {from: open, to: closed}}
"""
HELD = """
registers:
  held:
    keys: {item: {type: link, to: item}, size: {type: choice, options: {s: Small, l: Large}}}
    measures: {n: quantity, m: quantity}
    levels: [[size]]
"""


def totals(shop: Shop, register: str, *names: str) -> list[tuple[Any, ...]]:
    with shop.site.database.read() as connection:
        live = shop.site.live(connection, "shop").tables.registers[register].rows
        kept = live.select().where(live.c["_level"] == 0, live.c[names[-1]] != 0).order_by(live.c.id)
        return [tuple(row._mapping[name] for name in names) for row in connection.execute(kept)]


def test_registers_keys_measures_states_and_options_have_other_names(url: str) -> None:
    shop = made(url, app(BOOKS, HELD))
    for code, size, n in (("one", "s", "2"), ("two", "l", "5")):
        ref = shop.create("li", "item", code=code, size=size, sizes=[size, "s"], n=n, m="1")
        shop.act("li", ref, "start")
    shop.act("li", ref, "end")
    options = "{l: {was: s, en: Small}, s: {was: l, en: Large}}"
    objects = BOOKS.replace("{s: Small, l: Large}", options)
    objects = objects.replace(
        "open: Open, closed: Closed", "closed: {was: open, en: Open}, open: {was: closed, en: Closed}")
    objects = objects.replace("from: draft, to: open", "from: draft, to: closed").replace("from: open, to: closed", (
        "from: closed, to: open")).replace("busy: {within: open", "hectic: {was: busy, within: closed")
    objects = objects.replace("to: held, keys: {item: this, size: size}", "to: kept, keys: {of: this, measure: size}")
    objects = objects.replace("add: {n: n, m: m}", "add: {m: n, n: m}").replace("add: {n: m}", "add: {m: m}")
    registers = HELD.replace("held:", "kept:\n    was: held").replace("item: {", "of: {was: item, ").replace(
        "size: {", "measure: {was: size, ").replace("[[size]]", "[[measure]]").replace("{s: Small, l: Large}", options)
    registers = registers.replace(
        "n: quantity, m: quantity", "m: {type: quantity, was: n}, n: {type: quantity, was: m}")
    plan = publish(shop, app(objects, registers))
    assert rows(shop, "item", "size") == ["l", "s"] and rows(shop, "item", "sizes") == [("l",), ("l", "s")]
    assert rows(shop, "item", "state", "status") == [("closed", "closed"), ("open", "open")]
    assert totals(shop, "kept", "of", "measure", "n", "m") == [(1, "l", 1, 3), (2, "s", 1, 6)]
    (states,) = (o for o in plan.operations if o.kind == "rename states")
    assert states.rows == 2
    bare = app(objects.replace("was: open, ", "").replace("was: closed, ", "").replace("was: busy, ", ""),
               registers.replace("    was: held\n", ""))
    publish(shop, bare)
    assert totals(shop, "kept", "of", "n") == [(1, 1), (2, 1)]


def test_what_was_booked_stays_with_its_rule_when_the_old_name_is_taken_out_of_the_text(url: str) -> None:
    shop = made(url, app(BOOKS, HELD))
    shop.act("li", shop.create("li", "item", code="one", size="s", n="2", m="1"), "start")
    renamed = BOOKS.replace("  item:\n", "  thing:\n    was: item\n")
    publish(shop, app(renamed, HELD.replace("to: item", "to: thing")))
    plan = publish(shop, app(renamed.replace("    was: item\n", ""), HELD.replace("to: item", "to: thing")))
    assert not [o for o in plan.operations if o.kind == "book again"]
    with shop.site.database.read() as connection:
        live = shop.site.live(connection, "shop")
        moves = live.tables.registers["held"].moves
        numbers = connection.execute(select(moves.c["_rule"])).scalars()
        booked = {number // ROWS_PER_RULE for number in numbers}
    assert booked == {post.no for post in live.app.objects["thing"].posts}


CRM = """
objects:
  customer:
    key: name
    fields: {name: text, group: {type: link, to: group}}
    posts: [{to: seen, keys: {customer: this}, add: {n: 1}}]
  group: {key: name, fields: {name: text}}
registers: {seen: {keys: {customer: {type: link, to: customer}}, measures: {n: integer}}}
access: {customer: {sales: full}, group: {sales: full}}
"""
MAIN = BASE[: BASE.index("access")] + "include: INCLUDED\n"


def test_a_namespace_has_another_name(url: str) -> None:
    shop = made(url, app("  old:\n    fields: {a: text}\n"))
    shop.site.publish({"app.yaml": MAIN.replace("INCLUDED", "{crm: crm.yaml}"), "crm.yaml": CRM})
    shop.create("li", "crm.group", name="Best")
    shop.create("li", "crm.customer", name="Acme", group="Best")
    texts = {"app.yaml": MAIN.replace("INCLUDED", "{people: {file: crm.yaml, was: crm}}"),
             "crm.yaml": CRM.replace("  customer:\n", "  client:\n    was: customer\n").replace(
                 "to: customer", "to: client").replace("{customer: {sales", "{client: {sales").replace(
                 "keys: {customer: this}", "keys: {client: this}").replace(
                 "keys: {customer: {", "keys: {client: {was: customer, ")}
    plan = shop.site.publish(texts).plan
    assert not [o for o in plan.operations if o.kind in ("create table", "archive column")]
    assert rows(shop, "people.client", "name") == ["Acme"] and rows(shop, "people.group", "name") == ["Best"]
    assert verification.verify(shop.site, "shop") == []
    assert not shop.site.publish(texts).changed


def test_going_back_gives_the_old_names_back(url: str) -> None:
    first = app("""  order:
    fields: {sum: money, kind: {type: choice, options: {a: A, b: B}}, lines: {type: lines, fields: {qty: integer}}}
    states: {new: New, sent: {final: true}}
    actions: {send: {from: new, to: sent}}
""")
    second = app("""  sale:
    was: order
    fields:
      total: {type: money, was: sum}
      kind: {type: choice, options: {x: {en: X, was: a}, b: B}}
      rows: {type: lines, was: lines, fields: {pieces: {type: integer, was: qty}}}
    states: {new: New, gone: {final: true, was: sent}}
    actions: {send: {from: new, to: gone}}
""")
    shop = made(url, first)
    old = shop.create("li", "order", sum="10", kind="a", lines=[{"qty": 1}])
    shop.act("li", old, "send")
    publish(shop, second)
    shop.create("li", "sale", total="20", kind="x", rows=[{"pieces": 2}])
    plan = shop.site.roll_back("shop", 1).plan
    anew = {"archive column", "archive table", "create table", "add column", "drop column"}
    assert not anew & {o.kind for o in plan.operations}, plan
    assert rows(shop, "order", "sum", "kind", "state") == [(10, "a", "sent"), (20, "a", "new")]
    with shop.site.read("shop", SERVICE) as tx:
        lines = [reading.get(tx, "order", id).lines("lines") for id in (1, 2)]
        assert [[line.get("qty") for line in some] for some in lines] == [[1], [2]]
    assert verification.verify(shop.site, "shop") == []
