"""What the builder makes of flows, questions, decisions, access, the menu and seed rows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, cast

import pytest

from engine.definitions.compile import app_from
from engine.definitions.decisions import Decision
from engine.definitions.flows import Approve, Branch, Copy, Parallel
from engine.expressions.scope import Frame, World
from engine.expressions.values import ErrorValue, Key, Ref

BASE = """
app: shop
languages: [zh, en]
roles: {sales: 销售, boss: {zh: 老板, includes: sales}, owner: {includes: [boss]}}
objects:
  customer: {fields: {name: text}}
  order:
    fields: {customer: {type: link, to: customer}, person: {type: user}, qty: quantity, total: money,
        lines: {type: lines, fields: {qty: quantity, price: money}}}
    states: {draft: 草稿, pending: 待审, done: {zh: 完成, final: true}}
    actions:
      submit: {from: draft, to: pending, start: approval}
      approve: {from: pending, to: done, by: flow}
      reject: {from: pending, to: draft, by: flow}
"""
FLOW = """
flows:
  approval:
    of: order
    lock: [qty, lines]
    steps:
      - {approve: boss, by: role(boss), edit: [lines.price]}
      - {approve: people, by: [person, creator]}
      - {approve: most, by: role(sales), mode: fraction, need: 2/3, reject: at_end}
      - branch:
          - {when: total > 3, name: large, zh: 大额, steps: [{cc: person}]}
          - {when: total > 2, steps: []}
          - else: []
      - parallel: [{steps: [{approve: a, by: creator}]}, {when: qty > 1, steps: [{approve: b, by: creator}]}]
        join: any
    on_approved: approve
    on_rejected: reject
"""


def test_a_flow() -> None:
    flow = app_from(BASE + FLOW).flows["approval"]
    boss, people, most, branch, parallel = flow.steps
    assert isinstance(boss, Approve) and (boss.mode, boss.edit) == ("any", ("lines.price",))
    assert isinstance(people, Approve) and people.mode == "all" and len(people.by.people) == 2
    assert isinstance(most, Approve) and (most.mode, most.need, most.reject) == ("fraction", "2/3", "at_end")
    assert isinstance(branch, Branch) and [(arm.name, arm.when is None) for arm in branch.arms] == [
        ("large", False),
        ("arm_2", False),
        ("otherwise", True),
    ]
    assert branch.arms[0].label.to("zh") == "大额" and isinstance(branch.arms[0].steps[0], Copy)
    assert isinstance(parallel, Parallel) and (parallel.join, len(parallel.arms)) == ("any", 2)
    assert (flow.on_approved, flow.on_rejected, flow.on_withdrawn, flow.lock) == (
        "approve",
        "reject",
        "reject",
        "qty,lines",
    )


def test_the_digest_of_a_flow_is_its_text() -> None:
    one = app_from(BASE + FLOW).flows["approval"].digest
    assert one == app_from(BASE + FLOW + "# a comment\n").flows["approval"].digest
    assert one != app_from(BASE + FLOW.replace("total > 3", "total > 4")).flows["approval"].digest


def test_roles_include_all_that_is_below_them() -> None:
    roles = app_from(BASE + FLOW).roles
    assert {name: role.includes for name, role in roles.items()} == {
        "sales": (),
        "boss": ("sales",),
        "owner": ("boss", "sales"),
    }


def test_grants() -> None:
    app = app_from(
        BASE
        + FLOW
        + """
access:
  any: {owner: full}
  order:
    sales: {see: person = me, edit: {when: person = me, fields: [qty, lines]}, submit: true, export: false,
        hide: [total, lines.price]}
    boss: edit
  customer: {everyone: see}
"""
    )
    general, sales, boss = app.grants["order"]
    assert (general.thing, general.role, set(general.verbs)) == (
        "any",
        "owner",
        {"see", "create", "edit", "delete", "export", "import", "print", "share"},
    )
    assert set(sales.verbs) == {"see", "edit", "submit"}
    assert sales.verbs["see"].when is not None and sales.verbs["see"].fields is None
    assert sales.verbs["edit"].fields == ("qty", "lines", "lines.qty", "lines.price")
    assert [name for rule in sales.hide for name in rule.fields] == ["total", "lines.price"]
    assert set(boss.verbs) == {"see", "create", "edit"}
    assert [grant.role for grant in app.grants["customer"]] == ["owner", "everyone"]


def test_hiding_lines_hides_their_columns() -> None:
    app = app_from(BASE + FLOW + "access: {order: {sales: {see: true, hide: lines}}}")
    (rule,) = app.grants["order"][0].hide
    assert rule.fields == ("lines", "lines.qty", "lines.price")
    assert rule.always


def test_reports() -> None:
    app = app_from(
        BASE
        + FLOW
        + """
reports:
  sales:
    from: order as o where state = 'done'
    where: total > least
    params: {least: {type: money, default: 5}}
    by: {customer: customer, person: {value: person, zh: 业务员}}
    show: {orders: count(), total: sum(total), lines: sum(lines.qty)}
    having: total > 3
    sort: [-total, customer]
    limit: 10
"""
    )
    report = app.reports["sales"]
    assert (list(report.by), list(report.show), report.sort, report.limit) == (
        ["customer", "person"],
        ["orders", "total", "lines"],
        ("-total", "customer"),
        10,
    )
    assert report.source.where is not None and "least" in str(report.source.reads)
    assert report.labels["person"].to("zh") == "业务员"
    assert report.show["total"].type.unit == "money"


def test_alerts_and_boards() -> None:
    app = app_from(
        BASE
        + FLOW
        + """
registers:
  stock: {keys: {customer: {type: link, to: customer}, day: date}, measures: {qty: quantity}}
reports: {r: {from: order, by: {customer: customer}, show: {total: sum(total)}}}
alerts: {low: {over: stock, per: customer, when: qty < 3, say: {zh: "{customer} {qty}",
    en: "{customer}: {qty}"}, to: [{who: role(boss), via: [inbox, email]}], repeat: 1 day}}
dashboards:
  home: {by: role(boss), cards: [{number: sum(order.total), zh: 金额}, {bar: r, x: customer, y: total},
      {list: order, columns: [qty], where: state = 'done', sort: -qty, top: 5}, {text: "{today()}"}]}
"""
    )
    low = app.alerts["low"]
    assert (low.per, low.to[0].via, low.severity) == (("customer",), ("inbox", "email"), "warning")
    assert low.repeat is not None and low.repeat.text == "1 day"
    number, bar, listing, text = app.dashboards["home"].cards
    assert number.format is not None and number.format.field is not None
    assert number.format.field.kind == "money" and number.label.to("zh") == "金额"
    assert (bar.report, bar.x, bar.y) == ("r", "customer", ("total",))
    assert (listing.object, listing.columns, listing.sort, listing.top) == ("order", ("qty",), ("-qty",), 5)
    assert text.text is not None


def test_the_menu_and_seed_rows() -> None:
    app = app_from(
        BASE
        + FLOW
        + """
menu: [order, {name: {zh: 主数据, en: Masters}, icon: box, items: [customer]}]
data: {customer: [{name: 012}, {name: Berglunds}]}
"""
    )
    first, group = app.menu
    assert (first.kind, first.target, first.label.to("en")) == ("object", "order", "Order")
    assert (group.kind, group.label.to("zh"), group.items[0].target) == ("group", "主数据", "customer")
    assert app.data == {"customer": ({"name": "012"}, {"name": "Berglunds"})}


DECISIONS = """
decisions:
  twice: {inputs: {a: integer}, gives: integer, formula: a * 2}
  level:
    inputs: {days: integer, kind: text}
    gives: {level: integer, fee: money, text: text}
    rows:
      - [">= 60", any, 4, 100, 律师函]
      - [30..59, [a, b], 3, =days * 2, 催款]
      - ["< 0", blank, 1, 0, 早]
    otherwise: {level: 0, fee: 0, text: =blank}
  account: {inputs: {purpose: text}, gives: {type: link, to: customer}, rows: [[sales, Alfreds], [stock, Nobody]]}
  strict: {inputs: {day: date}, gives: text, hit: only, rows: [["<= 2026-05-04", early], [2026-05-01..2026-05-31, may]]}
"""


class Directory:
    """A world that knows one customer."""

    def find(self, object: str, key: str) -> Ref | None:
        return Ref("customer", 7) if (object, key) == ("customer", "Alfreds") else None


def decide(name: str, **given: Any) -> Any:
    decision: Decision = app_from(BASE + FLOW + DECISIONS).decisions[name]
    return decision.decide(Frame(cast(World, Directory()), names=given))


@pytest.mark.parametrize(
    ("days", "kind", "level", "fee"),
    [
        (60, "x", 4, 100),
        (59, "a", 3, 118),
        (30, "b", 3, 60),
        (30, "c", 0, 0),
        (-1, None, 1, 0),
        (-1, "a", 0, 0),
        (None, "a", 0, 0),
    ],
)
def test_tables_of_cases(days: int | None, kind: str | None, level: int, fee: int) -> None:
    found = decide("level", days=None if days is None else Decimal(days), kind=kind)
    assert (found["level"], found["fee"]) == (level, fee)


def test_decisions_with_one_result() -> None:
    assert decide("twice", a=Decimal(4)) == 8
    assert decide("account", purpose="sales") == Ref("customer", 7)


def test_decisions_without_an_answer() -> None:
    for found in (
        decide("account", purpose="none"),
        decide("account", purpose="stock"),
        decide("strict", day=dt.date(2026, 5, 2)),
    ):
        assert isinstance(found, ErrorValue) and found.code == "#N/A"
    assert decide("strict", day=dt.date(2026, 5, 20)) == "may"
    assert Key("Alfreds").text == "Alfreds"
