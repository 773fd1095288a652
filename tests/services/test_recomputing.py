"""Publishing computes again what means something else: stored formulas, derived states, what they read."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from engine.definitions.compile import app_from
from engine.definitions.meanings import changed
from engine.errors import Refused
from engine.runtime.services import reading
from engine.runtime.services.registers import verification
from engine.runtime.services.releases import publishing
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.plans import Operation
from tests.services.shops import Shop

BASE = """
app: shop
languages: [en]
timezone: Asia/Shanghai
calendar: works
calendars: {works: {week: {mon-fri: "9:00-17:00"}}}
roles: {sales: Sales, manager: Manager, store: Store}
decisions:
  rate: {inputs: {qty: money}, gives: quantity, formula: "if(qty > 10, 2, 1)"}
registers: {moved: {keys: {item: {type: link, to: item}}, measures: {qty: quantity}}}
objects:
  item:
    name: Order
    key: code
    title: "{code}"
    fields:
      code: {type: text, required: true}
      from: date
      until: date
      note: text
      lines:
        type: lines
        fields:
          qty: quantity
          price: money
          amount: {formula: qty * price, type: money, name: Amount}
      net: {formula: sum(lines.amount), type: money}
      total: {formula: net * 1.1, type: money, name: Total}
      points: {formula: rate(net), type: quantity}
      days: {formula: "working_days(from, until)", type: quantity}
    states:
      open: Open
      big: {name: Big, within: open, when: total > 100}
      long: {name: Long, within: open, when: days > 5}
access: {item: {sales: full}}
"""


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, BASE)
    for number, price in enumerate((1, 10, 50), 1):
        lines = [{"qty": "1", "price": str(price)}, {"qty": "1", "price": str(price)}]
        made.create("li", "item", code=f"n{number}", lines=lines, **{"from": "2026-05-04", "until": "2026-05-10"})
    yield made
    made.site.database.close()


def column(shop: Shop, name: str) -> list[object]:
    with shop.site.read("shop", SERVICE) as tx:
        items = sorted(reading.page(tx, "item", reading.Query()).items, key=lambda item: item.id or 0)
        return [item.get(name) for item in items]


def told(operations: tuple[Operation, ...]) -> dict[str, tuple[int, int]]:
    return {o.name: (o.rows, o.changed) for o in operations if o.kind == "compute again"}


# What is changed, into what, and which stored values change in how many of their rows.
CHANGES = {
    "formula": ("net * 1.1", '"net * 1.1 + if(net > 90, 1, 0)"', {"total": (3, 1), "status": (3, 0)}),
    "formula of lines": (
        "formula: qty * price", 'formula: "qty * price * if(price = 50, 1, 10)"',
        {"amount": (6, 4), "net": (3, 2), "total": (3, 2), "points": (3, 1), "status": (3, 1)},
    ),
    "derived state": ("when: total > 100", "when: total > 20", {"status": (3, 1)}),
    "decision": ("if(qty > 10, 2, 1)", "if(qty > 30, 2, 1)", {"points": (3, 1)}),
    "calendar": ("mon-fri", "mon-sat", {"status": (3, 2)}),
    "title": ('title: "{code}"', 'title: "{code} {note}"', {}),
    "label": ("name: Total", "name: Sum", {}),
    "renamed": ("qty * price, type: money, name: Amount", "1 * qty * price, type: money, name: Amount",
                {"amount": (6, 0), "net": (3, 0), "total": (3, 0), "points": (3, 0), "status": (3, 0)}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_means_something_else_is_computed_again(shop: Shop, change: str) -> None:
    old, new, expected = CHANGES[change]
    assert old in BASE
    app = app_from(BASE.replace(old, new))
    before = {name: column(shop, name) for name in ("net", "total", "points", "days", "status")}
    planned = shop.site.plan(app.texts)
    assert told(planned.operations) == expected
    assert {name: column(shop, name) for name in before} == before, "a plan changes nothing"
    done = shop.site.publish(app.texts)
    assert told(done.plan.operations) == expected
    assert verification.verify(shop.site, "shop") == []
    if change == "formula":
        assert column(shop, "total") == [Decimal("2.2"), 22, 111]
        (operation,) = (o for o in done.plan.operations if o.name == "total")
        assert operation.samples == ("n3: 110.00 → 111.00",)
        assert str(operation) == "compute again shop__item.total: 3 rows, 1 change"


def test_a_plan_keeps_nobody_waiting(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is worked out others sell, publish and plan; what it tells is of the moment in which it began."""
    old, new, _ = CHANGES["formula of lines"]
    texts = app_from(BASE.replace(old, new)).texts
    alone = [str(one) for one in shop.site.plan(texts).operations]
    rehearse, made = publishing.rehearse, []

    def meanwhile(*args: Any, **more: Any) -> Any:
        found = rehearse(*args, **more)
        made.append(shop.create("li", "item", code="new", lines=[{"qty": "1", "price": "2"}]))
        shop.site.publish(app_from(BASE.replace("name: Total", "name: Sum")).texts)
        return found

    monkeypatch.setattr(publishing, "rehearse", meanwhile)
    assert [str(one) for one in shop.site.plan(texts).operations] == alone and len(made) == 1
    if shop.site.database.dialect == "postgresql":
        with shop.site.database.read() as connection:
            names = connection.exec_driver_sql("select nspname from pg_namespace").scalars().all()
        assert not any(name.startswith("formwork_plan") for name in names), "nothing is left behind"


def test_what_cannot_be_computed_stands_in_the_way_by_its_title(shop: Shop) -> None:
    app = app_from(BASE.replace("net * 1.1", '"net * if(net > 90, 10^16, 1)"'))
    (blocked,) = shop.site.plan(app.texts).blocked
    assert blocked.name == "total"
    assert len(blocked.fails) == 1 and blocked.fails[0].startswith("n3: ")
    with pytest.raises(Refused, match="n3: "):
        shop.site.publish(app.texts)
    assert column(shop, "total") == [Decimal("2.2"), 22, 110]
    assert [v.number for v in shop.site.versions("shop")] == [1]


def test_records_are_found_by_what_is_searched_now(shop: Shop) -> None:
    with shop.site.read("shop", SERVICE) as tx:
        (first, *_) = reading.page(tx, "item", reading.Query()).items
    shop.update("li", first.ref, note="under the stairs")

    def found() -> int:
        with shop.site.read("shop", SERVICE) as tx:
            return len(reading.page(tx, "item", reading.Query(search="stairs")).items)

    assert found() == 0
    done = shop.site.publish(app_from(BASE.replace("note: text", "note: {type: text, search: true}")).texts)
    assert told(done.plan.operations) == {"search_text": (3, 1)}
    assert found() == 1


def test_names_and_labels_are_no_meaning() -> None:
    before = app_from(BASE)
    renamed = (
        BASE.replace("  item:\n    name: Order", "  thing:\n    name: Thing\n    was: item")
        .replace("to: item}", "to: thing}").replace("access: {item", "access: {thing")
        .replace("price: money", "cost: {type: money, was: price}").replace("qty * price", "qty * cost")
    )
    assert changed(before, app_from(renamed)) == frozenset()
    assert changed(before, app_from(BASE.replace("mon-fri", "mon-sat"))) == {("item", "status")}
    assert ("item", "total") in changed(None, before)
