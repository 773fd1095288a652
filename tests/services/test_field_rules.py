"""Limits, checks, `where`, `edit`, copies and defaults of fields: none is passed by in silence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from engine.errors import Invalid, Refused
from engine.runtime.services import commands, inputs
from engine.runtime.services.reporting import reports
from tests.services.shops import SHOP, Shop

PRICE = "price: {type: money, min: 0, zh: 单价, en: Price}"
DATE = "      date: {type: date, required: true, default: =today(), zh: 日期, en: Date}\n      lines:"
QTY = "qty: {type: quantity, required: true, min: 0.001, zh: 数量, en: Quantity}\n    states"


@contextmanager
def shop_of(url: str, *fields: str, qty: str = "") -> Iterator[Shop]:
    """A shop whose products have further fields; `qty` says more of the quantity of a receipt's line."""
    text = SHOP.replace(PRICE, "\n      ".join((PRICE, *fields)), 1)
    text = text.replace(DATE, DATE.replace("lines:", "most: {type: quantity, zh: 上限, en: Most}\n      lines:"), 1)
    if qty:
        assert QTY in text
        text = text.replace(QTY, QTY.replace("zh: 数量", f"{qty}, zh: 数量"), 1)
    shop = Shop(url, text)
    try:
        yield shop
    finally:
        shop.site.database.close()


FACTOR = "factor: {type: quantity, zh: 系数, en: Factor}"


@pytest.mark.parametrize("limit", ["min", "max"])
def test_a_limit_that_cannot_be_computed_refuses(database_url: str, limit: str) -> None:
    rule = f"size: {{type: quantity, {limit}: 10 / factor, zh: 尺寸, en: Size}}"
    with shop_of(database_url, FACTOR, rule) as shop:
        with pytest.raises(Invalid, match="The limit of Size cannot be computed: Division by zero") as refused:
            shop.create("zhao", "product", code="a", factor="0", size="5")
        assert [(e.field, e.code) for e in refused.value.errors] == [("size", "expression")]
        shop.create("zhao", "product", code="a", factor="2", size="5")


def test_rules_are_judged_again_when_what_they_read_changes(database_url: str) -> None:
    fields = (
        "most: {type: quantity, zh: 上限, en: Most}",
        "size: {type: quantity, max: most, zh: 尺寸, en: Size}",
        "half: {formula: most / 2, type: quantity, zh: 一半, en: Half}",
        "part: {type: quantity, check: part <= half, zh: 部分, en: Part}",
        "group: {type: text, zh: 组, en: Group}",
        "twin: {type: link, to: product, where: group = this.group, zh: 同款, en: Twin}",
        "note: {type: text, zh: 备注, en: Note}",
    )
    with shop_of(database_url, *fields) as shop:
        twin = shop.create("zhao", "product", code="a", group="x")
        made = shop.create("zhao", "product", code="b", group="x", most="10", size="6", part="4", twin="a")
        with pytest.raises(Invalid) as refused:
            shop.update("zhao", made, most="5")
        assert [(e.field, e.code) for e in refused.value.errors] == [("size", "max"), ("part", "check")]
        with pytest.raises(Invalid, match="Twin may not be a"):
            shop.update("zhao", made, group="y")
        shop.update("zhao", twin, group="y")  # the rule is broken from outside: other changes stay possible
        shop.update("zhao", made, note="n", most="9")
        with pytest.raises(Invalid, match="Twin may not be a"):
            shop.update("zhao", made, group="z")


def test_lines_are_judged_again_when_the_head_changes(database_url: str) -> None:
    with shop_of(database_url, qty="max: parent.most") as shop:
        shop.create("zhao", "product", code="a")
        receipt = shop.create("zhao", "receipt", most="5", lines=[{"product": "a", "qty": "4"}])
        with pytest.raises(Invalid) as refused:
            shop.update("zhao", receipt, most="3")
        assert [(e.field, e.code) for e in refused.value.errors] == [("lines.0.qty", "max")]
        shop.update("zhao", receipt, most="4")


def test_a_rule_that_time_has_broken_blocks_no_other_change(database_url: str) -> None:
    due = "due: {type: date, min: today(), zh: 到期, en: Due}"
    with shop_of(database_url, due) as shop:
        made = shop.create("zhao", "product", code="a", due="2026-05-04")
        shop.now += dt.timedelta(days=3)
        shop.update("zhao", made, price="3")
        with pytest.raises(Invalid, match="may not be below"):
            shop.update("zhao", made, due="2026-05-05")


def test_a_day_bounds_a_moment_by_its_day_in_the_zone_of_the_app(database_url: str) -> None:
    due = "due: {type: datetime, min: today(), max: today(), zh: 时刻, en: Moment}"
    with shop_of(database_url, due) as shop:
        for shown, word in (("2026-05-03T15:59:00Z", "below"), ("2026-05-04T16:00:00Z", "above")):
            with pytest.raises(Invalid, match=f"Moment may not be {word} 2026年5月4日"):
                shop.create("zhao", "product", code="a", due=shown)
        for code, shown in (("a", "2026-05-03T16:00:00Z"), ("b", "2026-05-04T15:59:00Z")):
            shop.create("zhao", "product", code=code, due=shown)


def test_edit_of_a_field_binds_every_command(database_url: str) -> None:
    fields = (
        "kind: {type: text, default: a, zh: 种类, en: Kind}",
        "grade: {type: text, default: B, edit: kind = 'x', zh: 等级, en: Grade}",
        "once: {type: text, edit: once is blank, zh: 一次, en: Once}",
        "factor: {type: quantity, zh: 系数, en: Factor}",
        "size: {type: quantity, edit: 10 / factor > 1, zh: 尺寸, en: Size}",
    )
    with shop_of(database_url, *fields) as shop:
        with pytest.raises(Invalid, match="Grade may not be filled in now") as refused:
            shop.create("zhao", "product", code="a", grade="A")
        assert [(e.field, e.code) for e in refused.value.errors] == [("grade", "closed")]
        shop.create("zhao", "product", code="same", grade="B")
        made = shop.create("zhao", "product", code="a", kind="x", grade="A", once="first")
        shop.update("zhao", made, grade="A", kind="y")
        with pytest.raises(Invalid, match="Grade may not"):
            shop.update("zhao", made, grade="C")
        with pytest.raises(Invalid, match="Once may not"):
            shop.update("zhao", made, once="second")
        with pytest.raises(Invalid, match="Whether Size may be filled in cannot be computed: Division by zero"):
            shop.update("zhao", made, size="3", factor="0")
        shop.update("zhao", made, size="3", factor="2")
        shop.run("app", lambda tx: commands.update(tx, "product", made.id, inputs.read(tx, "product", {"grade": "D"})))
        assert shop.value(made, "grade") == "D"


def test_edit_of_a_column_is_judged_by_line(database_url: str) -> None:
    with shop_of(database_url, qty="edit: parent.most is blank") as shop:
        shop.create("zhao", "product", code="a")
        receipt = shop.create("zhao", "receipt", lines=[{"product": "a", "qty": "4"}])
        shop.update("zhao", receipt, most="5")
        (line,) = shop.lines(receipt)
        with pytest.raises(Invalid) as refused:
            shop.update("zhao", receipt, lines=[{"id": line, "qty": "3"}])
        assert [e.field for e in refused.value.errors] == ["lines.0.qty"]
        shop.update("zhao", receipt, lines=[{"id": line, "qty": "4"}])


def test_the_steps_of_an_action_are_free_of_edit(database_url: str) -> None:
    text = SHOP.replace("note: {type: text, zh: 备注", "note: {type: text, edit: false, zh: 备注", 1)
    move = "from: draft\n        to: pending"
    text = text.replace(move, f"{move}\n        set: {{note: sent}}")
    shop = Shop(database_url, text)
    try:
        shop.stocked(chai=3)
        sale = shop.sold(chai=1)
        assert shop.value(sale, "note") == "sent"
    finally:
        shop.site.database.close()


def test_a_copy_of_an_error_is_refused(database_url: str) -> None:
    fields = (
        FACTOR,
        "rate: {formula: 10 / factor, type: quantity, zh: 比率, en: Rate}",
        "base: {type: link, to: product, zh: 基础, en: Base}",
        "taken: {copy: base.rate, zh: 取值, en: Taken}",
    )
    with shop_of(database_url, *fields) as shop:
        shop.create("zhao", "product", code="a", factor="0")
        shop.create("zhao", "product", code="b", factor="2")
        with pytest.raises(Invalid, match="What Taken takes over cannot be computed: Division by zero") as refused:
            shop.create("zhao", "product", code="c", base="a")
        assert [e.field for e in refused.value.errors] == ["taken"]
        made = shop.create("zhao", "product", code="c", base="b")
        assert shop.value(made, "taken") == 5
        with pytest.raises(Invalid, match="What Taken takes over"):
            shop.update("zhao", made, base="a")


def test_a_default_that_cannot_be_computed_is_refused(database_url: str) -> None:
    size = "size: {type: quantity, default: =10 / factor, refill: factor, zh: 尺寸, en: Size}"
    with shop_of(database_url, FACTOR, size) as shop:
        with pytest.raises(Invalid, match="The default of Size cannot be computed: Division by zero") as refused:
            shop.create("zhao", "product", code="a", factor="0")
        assert [e.field for e in refused.value.errors] == ["size"]
        made = shop.create("zhao", "product", code="a", factor="0", size="1")
        with pytest.raises(Invalid, match="The default of Size"):
            shop.update("zhao", shop.create("zhao", "product", code="b", factor="2"), factor="0")
        assert shop.value(made, "size") == 1


def test_assigning_among_people_who_cannot_be_computed_refuses(database_url: str) -> None:
    action = "post: {from: draft, to: posted, zh: 过账, en: Post"
    text = SHOP.replace(DATE, DATE.replace("lines:", "who: {type: user, zh: 谁, en: Who}\n"
                                           "      factor: {type: quantity, zh: 系数, en: Factor}\n      lines:"), 1)
    among = 'do: [{assign: who, among: ["if(10 / factor > 1, creator, changed_by)"]}]'
    assert action in text
    shop = Shop(database_url, text.replace(action, f"{action}, {among}", 1))
    try:
        shop.create("zhao", "product", code="a")
        lines = [{"product": "a", "qty": "1"}]
        with pytest.raises(Refused, match="cannot be computed: Division by zero"):
            shop.act("zhao", shop.create("zhao", "receipt", factor="0", lines=lines), "post")
        good = shop.create("zhao", "receipt", factor="2", lines=lines)
        shop.act("zhao", good, "post")
        assert shop.value(good, "who") is not None
    finally:
        shop.site.database.close()


def test_an_action_opens_no_field_that_it_does_not_ask_for(database_url: str) -> None:
    text = SHOP.replace("note: {type: text, zh", "note: {type: text, readonly: true, zh", 1)
    text = text.replace("ask: {reason: {type: text, required: true}}", "ask: [lines.qty]", 1)
    shop = Shop(database_url, text)
    try:
        shop.stocked(chai=3)
        sale = shop.sold(submit=False, chai=1)
        (line,) = shop.lines(sale)
        for given in ({"note": "x"}, {"number": "X9"}, {"total": "1"}):
            with pytest.raises(Invalid) as refused:
                shop.act("li", sale, "submit", given)
            assert [(e.field, e.code) for e in refused.value.errors] == [(next(iter(given)), "closed")]
        shop.act("li", sale, "submit", {"date": "2026-05-03"})
        assert shop.value(sale, "date") == dt.date(2026, 5, 3)
        with pytest.raises(Refused, match="Lines cannot change"):
            shop.act("li", sale, "cancel", {"lines": [{"id": line, "qty": "1", "price": "0"}]})
        shop.act("li", sale, "cancel", {"lines": [{"id": line, "qty": "2"}]})
        assert shop.line(sale, 0, "qty") == 2
    finally:
        shop.site.database.close()


def test_an_action_that_asks_for_all_lines_opens_nothing_that_the_system_fills_in(database_url: str) -> None:
    text = SHOP.replace("ask: {reason: {type: text, required: true}}", "ask: [lines]", 1)
    text = text.replace("price: {type: money, default", "price: {type: money, readonly: true, default", 1)
    shop = Shop(database_url, text)
    try:
        shop.stocked(chai=3)
        sale = shop.sold(submit=False, chai=1)
        (line,) = shop.lines(sale)
        shop.act("li", sale, "submit")
        for cell, why in (("amount", "computed"), ("price", "filled in by the system")):
            with pytest.raises(Invalid, match=why) as refused:
                shop.act("li", sale, "cancel", {"lines": [{"id": line, cell: "1"}]})
            assert [e.field for e in refused.value.errors] == [f"lines.{cell}"]
        shop.act("li", sale, "cancel", {"lines": [{"id": line, "qty": "2"}]})
        assert shop.line(sale, 0, "qty") == 2
    finally:
        shop.site.database.close()


ASKING = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
roles: {sales: 销售}
objects:
  kind: {key: name, title: "{name}", fields: {name: {type: text, required: true}, on: {type: boolean, default: true}}}
  job:
    fields: {size: {type: integer, required: true}, note: text, doer: user}
    states: {new: 新, done: 完}
    actions:
      add:
        ask:
          more: {type: integer, required: size > 1, min: 1, max: size, en: More}
          word: {type: text, check: "word != '-' and (more > 1 or word = 'one')", en: Word}
          kind: {type: link, to: kind, where: on, en: Kind}
          who: {type: user, default: =me, en: Who}
          times: {type: integer, required: true, default: 1, en: Times}
        set: {size: =size + more * times, note: =word, doer: =who}
reports:
  large:
    params: {least: {type: integer, min: 1, check: least < 9}}
    from: job as j where size > least
    show: {size: size}
access: {job: {everyone: full}, kind: {everyone: full}}
"""


def test_what_an_action_or_a_report_asks_keeps_its_own_rules(database_url: str) -> None:
    shop = Shop(database_url, ASKING)
    try:
        off, on = shop.create("li", "kind", name="off", on=False), shop.create("li", "kind", name="on")
        job = shop.create("li", "job", size="5")
        wrong = (
            ({"word": "one"}, ["required"]),
            ({"more": "-4"}, ["min"]),
            ({"more": "6", "word": "-"}, ["max", "check"]),
            ({"more": "1", "word": "two"}, ["check"]),
            ({"more": "1", "kind": off}, ["not_offered"]),
        )
        for given, codes in wrong:
            with pytest.raises(Invalid) as refused:
                shop.act("li", job, "add", given)
            assert [e.code for e in refused.value.errors] == codes
        assert shop.value(job, "size") == 5
        shop.act("li", job, "add", {"more": "1", "word": "one", "kind": on, "who": "wang"})
        assert shop.value(job, "size") == 6
        shop.act("li", job, "add", {"more": "2", "times": "2"})
        assert (shop.value(job, "size"), shop.value(job, "doer").id) == (10, shop.actor("li").id), "defaults"
        with pytest.raises(Invalid) as refused:
            shop.run("li", lambda tx: commands.act(
                tx, "job", job.id, "add",
                given=inputs.read_asked(tx, "job", tx.app.objects["job"].actions["add"], {"more": "2"}, form=True),
            ))
        assert [(e.field, e.code) for e in refused.value.errors] == [("times", "required")], "a form left it blank"
        with shop.site.read("shop", shop.actor("li")) as tx:
            for least, code in ((0, "min"), (9, "check")):
                with pytest.raises(Invalid) as refused:
                    reports.run(tx, "large", {"least": least})
                assert [e.code for e in refused.value.errors] == [code]
    finally:
        shop.site.database.close()
