"""What one sees only as an approver is not one's to change; and a right to one column brings and takes no rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.errors import Forbidden, Invalid, Refused
from engine.expressions.values import Ref
from engine.runtime.services import commands, inputs, reading
from engine.runtime.services.rights import access
from engine.runtime.services.sessions import Session
from engine.runtime.storage.flow_tables import TASKS
from engine.runtime.storage.live import Tx
from engine.runtime.web.present import forms
from engine.runtime.web.present.blocks import Grid
from tests.services.shops import HEAD, Shop

RULES = HEAD + """
objects:
  order:
    fields:
      note: text
      lines: {type: lines, fields: {product: text, qty: integer, twice: {formula: qty * 2, type: integer}}}
      parts: {type: lines, fields: {qty: integer}}
    states: {draft: Draft, asked: {name: Asked, edit: [note, lines.product, lines.qty]}, done: {final: true}}
    actions:
      ask: {from: draft, to: asked, start: approval}
      approve: {from: asked, to: done, by: flow}
      reject: {from: asked, to: draft, by: flow}
      drop: {from: asked, to: done}
flows:
  approval:
    of: order
    lock: none
    steps: [{approve: boss, by: role(manager), edit: [lines.qty]}]
    on_approved: approve
    on_rejected: reject
access:
  order:
    sales: {see: true, create: true, edit: true}
    manager: {see: creator = me, edit: true, delete: true}
    store: {see: true, edit: [lines.qty, parts.qty, note]}
"""
GIVEN = {"note": "a", "lines": [{"product": "tea", "qty": 1}, {"product": "jam", "qty": 2}], "parts": [{"qty": 1}]}


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, RULES)
    yield made
    made.site.database.close()


def test_who_sees_a_record_only_by_an_approval_may_not_change_it(shop: Shop) -> None:
    order = shop.create("li", "order", **GIVEN)
    shop.act("li", order, "ask")
    with shop.site.read("shop", shop.actor("wang")) as tx:
        record = reading.get(tx, "order", order.id)
        allowed = access.allowed(record)
        assert allowed.fields["note"].see and not allowed.fields["note"].edit
        assert not allowed.delete and not allowed.actions["drop"].ok, "nor what hangs on `edit`"
    with pytest.raises(Forbidden):
        shop.update("wang", order, note="b")
    with pytest.raises(Forbidden):
        shop.run("wang", lambda tx: commands.delete(tx, "order", order.id))
    shop.update("li", order, note="c")
    assert shop.value(order, "note") == "c"


def test_nobody_writes_over_what_they_never_saw(database_url: str) -> None:
    rules = RULES.replace("store: {see: true,", "store: {see: [parts.qty, lines.product, lines.qty],")
    shop = Shop(database_url, rules.replace("parts.qty, note]}", "parts.qty, note, lines.product]}"))
    order = shop.create("li", "order", **GIVEN)
    first, _ = lines(shop, order)
    with pytest.raises(Invalid, match="may not fill|没有填写") as caught:
        shop.update("zhao", order, note="blind")
    assert caught.value.errors[0].field == "note" and shop.value(order, "note") == "a"
    with shop.site.read("shop", shop.actor("zhao")) as tx:
        allowed = access.allowed(reading.get(tx, "order", order.id))
        assert not allowed.fields["note"].see and not allowed.fields["note"].edit
    shop.update("zhao", order, lines=[{**first, "qty": 5}])
    assert shop.line(order, 0, "qty") == 5, "what is seen is changed as ever"
    shop.site.database.close()


def lines(shop: Shop, order: Ref) -> list[dict[str, Any]]:
    return [{"id": id} for id in shop.lines(order)]


def grid_of(shop: Shop, login: str, order: Ref, name: str) -> Grid:
    """The lines in the form that somebody changes the record with."""
    with shop.site.read("shop", shop.actor(login)) as tx:
        record = reading.get(tx, "order", order.id)
        grids = (block.grid for block in forms.of(record, access.allowed(record)).blocks)
        return next(grid for grid in grids if grid is not None and grid.name == name)


def test_a_right_to_a_column_neither_adds_nor_removes_rows(shop: Shop) -> None:
    order = shop.create("li", "order", **GIVEN)
    first, second = lines(shop, order)
    shop.update("zhao", order, lines=[{**first, "qty": 5}])
    assert [shop.line(order, index, "qty") for index in (0, 1)] == [5, 2]
    for given in ([{"qty": 7}], [{**second, "delete": True}], []):
        with pytest.raises(Invalid, match="add or remove rows|增加或删除") as caught:
            shop.update("zhao", order, lines=given)
        assert caught.value.errors[0].field == "lines"
    assert len(shop.lines(order)) == 2
    assert not grid_of(shop, "zhao", order, "parts").fixed, "every column that people fill"
    shop.act("li", order, "ask")
    for given in ([{"product": "rye", "qty": 7}], [{**second, "delete": True}]):
        with pytest.raises(Refused, match="neither come nor go|增加或删除"):
            shop.update("li", order, lines=given)
    shop.update("li", order, lines=[{**second, "qty": 9}])
    grid = grid_of(shop, "li", order, "lines")
    assert grid.fixed and grid.template is None and not grid.readonly


def test_a_step_that_opens_a_column_takes_no_rows_away(shop: Shop) -> None:
    order = shop.create("li", "order", **GIVEN)
    first, _ = lines(shop, order)
    shop.act("li", order, "ask")

    def decide(given: list[dict[str, Any]], form: bool) -> None:
        def work(tx: Any) -> None:
            values = inputs.read(tx, "order", {"lines": given}, form=form)
            task = tx.connection.execute(select(func.max(TASKS.c.id))).scalar_one()
            commands.decide(tx, task, "approve", values=values)

        shop.run("wang", work)

    for given, form in (([], False), ([{**first, "qty": 3}], True)):
        with pytest.raises(Invalid):
            decide(given, form)
    assert len(shop.lines(order)) == 2
    decide([{**first, "qty": 3}], False)
    assert [shop.line(order, index, "qty") for index in (0, 1)] == [3, 2]


def test_a_row_is_called_by_the_number_of_its_record(database_url: str) -> None:
    """Where that is a word of the title; a draft has none yet."""
    shop = Shop(database_url)
    shop.stocked(Bolt=10)
    for submit, called in ((True, "SO2026001 · 1"), (False, "订单 · Acme · 1")):
        sale = shop.sold(submit=submit, Bolt=1)
        [line] = shop.lines(sale)

        def title(tx: Tx, line: int = line) -> str:
            session = Session(tx)
            row = session.record(Ref("sale.lines", line))
            assert row is not None
            return session.title(row)

        assert shop.run("li", title) == called
    shop.site.database.close()
