"""What the builder makes of objects and fields: inheritance, kinds, storage, order, actions, steps."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.definitions.compile import app_from
from engine.definitions.layouts import Section
from engine.definitions.objects import Object
from engine.expressions.values import Key
from engine.kinds.actions.create import Create
from engine.kinds.actions.each import Each
from engine.kinds.fields.base import Literal
from engine.kinds.fields.lines import Lines
from engine.kinds.fields.money import Money


def object_from(text: str, name: str = "order") -> Object:
    return app_from("app: shop\nlanguages: [zh, en]\ncurrency: CNY\n" + text).objects[name]


def test_a_short_form_is_a_whole_field() -> None:
    order = object_from("objects: {order: {fields: {birthday: date}}}")
    field = order.fields["birthday"]
    assert (field.kind, field.name, field.label.to("en"), field.required) == ("date", "birthday", "Birthday", False)


def test_labels_by_language_stand_beside_the_keys() -> None:
    order = object_from("""
objects:
  order:
    zh: 订单
    fields: {qty: {type: quantity, zh: 数量}}
    states: {draft: 草稿, done: {zh: 完成, color: green}}
""")
    assert (order.label.to("zh"), order.label.to("en"), order.plural.to("en")) == ("订单", "Order", "Orders")
    assert order.fields["qty"].label.to("zh") == "数量"
    assert [state.label.to("zh") for state in order.states.values()] == ["草稿", "完成"]
    assert order.initial == "draft"


def test_like_takes_over_and_is_refined() -> None:
    order = object_from("""
objects:
  document:
    abstract: true
    name: {zh: 单据, en: Document}
    fields: {number: {type: autonumber, gapless: true}, date: {type: date, required: true}}
    checks: [{that: date is not blank}]
    states: {draft: 草稿, cancelled: {zh: 作废, final: true}}
    actions: {cancel: {to: cancelled, ask: {reason: text}, confirm: true}}
  order:
    like: document
    fields: {number: {format: "SO{seq:4}", at: submit}, qty: quantity}
    checks: [{that: qty > 0}]
    states: {sent: 已发}
    actions: {submit: {from: draft, to: sent}, cancel: {from: [draft, sent]}}
""")
    assert list(order.fields) == ["number", "date", "qty"]
    number = order.fields["number"]
    assert (number.kind, number.gapless, number.at, number.width) == ("autonumber", True, "submit", 4)  # type: ignore[attr-defined]
    assert order.label.to("zh") == "单据"
    assert len(order.checks) == 2
    assert list(order.states) == ["draft", "cancelled", "sent"]
    cancel = order.actions["cancel"]
    assert (cancel.from_states, cancel.to, [field.name for field in cancel.ask]) == (
        ("draft", "sent"),
        "cancelled",
        ["reason"],
    )
    assert cancel.confirm is not None and "Cancel" in cancel.confirm.to("en")


def test_an_abstract_object_is_none_of_the_app() -> None:
    app = app_from("app: shop\nobjects: {a: {abstract: true, fields: {x: text}}, b: {like: a}}")
    assert set(app.objects) == {"user", "b"}


def test_types_are_fields_by_name() -> None:
    app = app_from("""
app: shop
types: {grade: {type: choice, options: {a: {name: A, color: green}, b: B}}}
objects: {customer: {fields: {grade: {type: grade, default: b}}}}
""")
    grade = app.objects["customer"].fields["grade"]
    assert (grade.kind, tuple(grade.options), grade.default) == ("choice", ("a", "b"), Literal("b"))  # type: ignore[attr-defined]
    assert grade.options["a"].color == "green"  # type: ignore[attr-defined]


def test_lines_are_an_object_too() -> None:
    app = app_from("app: shop\nobjects: {order: {fields: {lines: {type: lines, min: 1, fields: {qty: quantity}}}}}")
    lines, inner = app.objects["order"].fields["lines"], app.objects["order.lines"]
    assert isinstance(lines, Lines) and lines.of == "order.lines"
    assert (inner.owner, inner.owner_field, list(inner.fields)) == ("order", "lines", ["qty"])
    assert app.objects["order"].lines == ("lines",)


def test_the_kind_of_a_computed_field_follows_from_what_it_takes() -> None:
    app = app_from("""
app: shop
currency: EUR
objects:
  product: {fields: {price: money, kind: {type: choice, options: {a: A}}, weight: {type: quantity, decimals: 2}}}
  order:
    fields:
      product: {type: link, to: product}
      customer: {type: user}
      price: {copy: product.price}
      kind: {copy: product.kind}
      weight: {copy: product.weight}
      boss: {copy: customer.active}
      half: {formula: price / 2}
      twice: {formula: 1 + 1}
      day: {formula: today()}
      name: {formula: kind & '!'}
      big: {formula: price > 3}
""")
    fields = app.objects["order"].fields
    kinds = {name: field.kind for name, field in fields.items()}
    assert kinds["price"] == kinds["half"] == "money"
    assert (kinds["kind"], kinds["weight"], kinds["boss"]) == ("choice", "quantity", "boolean")
    assert (kinds["twice"], kinds["day"], kinds["name"], kinds["big"]) == ("decimal", "date", "text", "boolean")
    assert fields["weight"].decimals == 2  # type: ignore[attr-defined]
    assert isinstance(fields["price"], Money) and fields["price"].currency == Literal("EUR")
    assert fields["price"].copy == ("product", "price")


def test_which_formulas_are_stored() -> None:
    app = app_from("""
app: shop
objects:
  customer: {fields: {limit: money, owed: {formula: "sum(order.total where customer = this)", type: money}}}
  order:
    fields:
      customer: {type: link, to: customer}
      limit: {copy: customer.limit}
      date: date
      late: {formula: date < today()}
      mine: {formula: creator = me}
      far: {formula: customer.limit, type: money}
      near: {formula: limit * 2, type: money}
      lines: {type: lines, fields: {qty: quantity, price: money, amount: {formula: qty * price, type: money},
          share: {formula: amount / parent.total, type: percent}}}
      total: {formula: sum(lines.amount), type: money}
      left: {formula: near - total, type: money}
      doubtful: {formula: left > 0 and far > 0}
      shipped: {balance: progress.shipped}
      stock: {balance: supply.qty}
      open: {formula: total - shipped}
      rest: {formula: stock - 1, type: quantity}
      now_open: {formula: state = 'open'}
      changed: {formula: version > 3}
    states: {open: Open}
registers:
  progress: {keys: {order: {type: link, to: order}}, measures: {shipped: money}}
  supply: {keys: {day: date}, measures: {qty: quantity}}
""")
    order, lines = app.objects["order"], app.objects["order.lines"]
    stored = {field.name for field in order.fields.values() if field.formula is not None and field.stored}
    assert stored == {"near", "total", "left", "open", "now_open"}
    assert lines.fields["amount"].stored and lines.fields["share"].stored
    assert not app.objects["customer"].fields["owed"].stored
    assert order.fields["limit"].stored and not order.fields["shipped"].stored


def test_formulas_are_computed_in_the_order_of_their_needs() -> None:
    order = object_from("""
objects:
  order:
    fields:
      a: {formula: c + total, type: money}
      b: {formula: total, type: money}
      c: {formula: b * 2, type: money}
      lines: {type: lines, fields: {qty: quantity, price: money}}
      total: {formula: "sum(lines, qty * price)", type: money}
""")
    assert order.formula_order == ("total", "b", "c", "a")


def test_values_are_read_by_their_field() -> None:
    order = object_from("""
objects:
  customer: {key: name, fields: {name: {type: text, unique: true}}}
  order:
    fields:
      customer: {type: link, to: customer, default: Alfreds}
      qty: {type: quantity, default: 012}
      rate: {type: percent, default: 5%}
      day: {type: date, default: 2026-05-04}
      code: {type: text, default: 007}
      open: {type: boolean, default: true}
      terms: {type: lines, default: [{share: 30%, due: now}, {share: 70%, due: later}],
          fields: {share: percent, due: text}}
""")
    defaults = {
        field.name: field.default.value for field in order.fields.values() if isinstance(field.default, Literal)
    }
    assert defaults["customer"] == Key("Alfreds")
    assert (defaults["qty"], defaults["rate"], defaults["code"], defaults["open"]) == (
        Decimal(12),
        Decimal("0.05"),
        "007",
        True,
    )
    assert defaults["day"].isoformat() == "2026-05-04"
    assert defaults["terms"] == ({"share": Decimal("0.3"), "due": "now"}, {"share": Decimal("0.7"), "due": "later"})


def test_ways_back() -> None:
    app = app_from("""
app: shop
objects:
  customer: {fields: {name: text, worth: {formula: sum(orders.total), type: money}}}
  order: {fields: {customer: {type: link, to: customer, back: orders}, total: money}}
""")
    assert app.objects["customer"].backs == {"orders": ("order", "customer")}


def test_pull_reads_the_rows_of_its_source() -> None:
    order = object_from("""
objects:
  quote: {fields: {lines: {type: lines, fields: {product: text, qty: quantity}}}}
  order:
    fields:
      quote: {type: link, to: quote}
      lines:
        type: lines
        pull: {from: quote.lines as l where parent = this.quote, as: {product: =product, qty: =l.qty,
            note: old}, pick: {default: none}}
        fields: {product: text, qty: quantity, note: text}
""")
    lines = order.fields["lines"]
    assert isinstance(lines, Lines) and lines.pull is not None
    assert lines.pull.source.alias == "l" and lines.pull.pick.default == "none"
    assert lines.pull.values["note"] == Literal("old")
    assert lines.pull.values["product"].reads == (("product",),)  # type: ignore[union-attr]


def test_steps_of_an_action() -> None:
    order = object_from("""
roles: {boss: Boss}
objects:
  invoice:
    fields: {number: text, customer: text, lines: {type: lines, pull: {from: order.lines, as: {qty: =qty}},
        fields: {qty: quantity}}}
    actions: {post: {}}
  order:
    fields: {customer: text, lines: {type: lines, fields: {qty: quantity, done: boolean}}}
    actions:
      bill:
        by: [role(boss), creator]
        ask: {note: text}
        do:
          - {create: invoice, with: {customer: =customer, number: =note}, pull: this, called: made}
          - {act: post, of: made, when: made.number is not blank}
          - {each: lines as l where not done, do: [{update: l, with: {done: true}}, {set: {done: =l.qty > 0}}]}
          - {notify: role(boss), say: "{made.number} {customer}"}
""")
    bill = order.actions["bill"]
    assert bill.by is not None and bill.by.roles == ("boss",) and len(bill.by.people) == 1
    create, act, each, notify = bill.do
    assert isinstance(create, Create) and create.pull == "this" and create.called == "made"
    assert create.values["number"].reads == (("@note",),)  # type: ignore[union-attr]
    assert (act.kind, act.when is not None) == ("act", True)
    assert isinstance(each, Each) and each.alias == "l" and [step.kind for step in each.do] == ["update", "set"]
    assert notify.kind == "notify"


def test_the_people_are_an_object_of_every_app() -> None:
    user = app_from("app: shop\nobjects: {a: {fields: {b: text}}}").objects["user"]
    assert list(user.fields) == ["login", "name", "email", "department", "position", "active"]
    assert user.key == ("login",)


def test_the_form_and_the_views() -> None:
    order = object_from("""
objects:
  order:
    fields: {a: text, b: text, c: text, lines: {type: lines, fields: {qty: quantity}}}
    form: [a, [b, c], {section: {zh: 明细, en: Details}, fields: [lines]}]
    views: {open: {list: [a, b], where: a is not blank, sort: -b}}
""")
    first, row, section = order.form
    assert (first, row) == ("a", ("b", "c"))
    assert isinstance(section, Section) and section.entries == ("lines",) and section.title.to("en") == "Details"
    view = order.views["open"]
    assert (view.columns, view.sort, view.where is not None) == (("a", "b"), ("-b",), True)


def test_a_computed_share_is_shown_to_two_decimals() -> None:
    fields = "{fields: {done: decimal, all: decimal, typed: percent, share: {formula: done / all, type: percent}}}"
    app = app_from("app: shop\nobjects: {order: " + fields + "}\naccess: {any: {everyone: full}}\n")
    order, share = app.objects["order"], Decimal("0.042254")
    assert order.fields["share"].format(share, "en") == "4.23%"
    assert order.fields["typed"].format(share, "en") == "4.2254%"


GROUPS = """
app: shop
languages: [zh, en]
types:
  place: {fields: {point: {type: location, en: Point, zh: 位置}, far: {formula: point is not blank}}}
  addr:
    fields:
      street: {type: text, required: true, zh: 街道, en: Street}
      city: {type: text, show: street is not blank, default: =zip}
      zip: text
      whole: {formula: "street & ', ' & city", check: zip != whole}
      spot: place
objects:
  order:
    fields:
      note: text
      ship: {type: addr, zh: 收货, en: Delivery, edit: note is blank}
      bill: addr
      lines: {type: lines, fields: {to: addr}}
      tells: {formula: ship_whole & bill_zip}
access: {any: {everyone: full}}
"""


def test_a_group_of_fields_gives_its_fields_to_each_use() -> None:
    app = app_from(GROUPS)
    fields = app.objects["order"].fields
    names = ["street", "city", "zip", "whole", "spot_point", "spot_far"]
    assert list(fields)[1:7] == [f"ship_{name}" for name in names]
    ship = fields["ship_whole"].formula
    assert ship is not None and {path[0] for path in ship.reads} == {"ship_street", "ship_city"}
    far = fields["bill_spot_far"].formula
    assert far is not None and {path[0] for path in far.reads} == {"bill_spot_point"}
    assert fields["ship_street"].label.to("zh") == "收货 · 街道" and fields["ship_street"].required is True
    assert fields["bill_street"].label.to("en") == "Bill · Street"
    assert fields["ship_zip"].edit is not None and fields["bill_zip"].edit is None
    assert "to_spot_point" in app.objects["order.lines"].fields


def test_a_name_leaves_room_for_what_is_kept_beside_the_field() -> None:
    name = "n" * 60
    text = "app: shop\nlanguages: [en]\nobjects: {b: {fields: {x: text}}, a: {fields: {NAME: {type: link, to: TO}}}}\n"
    assert app_from(text.replace("NAME", name).replace("TO", "b")).objects["a"].fields[name]
    with pytest.raises(ValueError, match=r"too long for a field that is kept in 2 columns.*59 bytes at most"):
        app_from(text.replace("NAME", name).replace("TO", "[a, b]"))
