"""What the builder makes of registers, balances and post rules: levels, slacks, keys, order, numbers."""

from __future__ import annotations

from engine.definitions.app import App
from engine.definitions.compile import app_from

APP = """
app: shop
objects:
  product: {fields: {name: text, available: {balance: stock.available}}}
  warehouse: {fields: {name: text}}
  customer: {fields: {name: text, exposure: {balance: receivable.open}}}
  order:
    fields:
      date: date
      customer: {type: link, to: customer}
      warehouse: {type: link, to: warehouse}
      lines:
        type: lines
        fields:
          product: {type: link, to: product}
          qty: quantity
          price: money
          shipped: {balance: progress.shipped}
          to_ship: {balance: progress.to_ship}
          free: {balance: stock.available, without: this}
          cost: {balance: stock.value, booked_by: this}
      open: {balance: receivable.open}
      others: {balance: receivable.open, without: this}
      everywhere: {balance: stock.on_hand, keys: {warehouse: warehouse}}
    states: {draft: Draft, approved: Approved, done: {final: true}}
    effective: [approved, done]
    actions: {approve: {from: draft, to: approved}, finish: {from: approved, to: done}}
    posts:
      - {to: stock, each: lines where qty > 0, in: approved, keys: {product: product,
          warehouse: parent.warehouse}, add: {reserved: to_ship}}
      - {to: progress, each: lines, add: {ordered: qty}}
      - to: receivable
        rows:
          - {keys: {customer: customer}, add: {due: "sum(lines, qty * price)"}}
          - {each: lines, keys: {customer: parent.customer, item: parent}, add: {settled: price}}
  delivery:
    fields: {line: {type: link, to: order.lines}, qty: quantity}
    posts: [{to: progress, keys: {line: line}, add: {shipped: qty}}]
registers:
  progress:
    keys: {line: {type: link, to: order.lines}}
    measures: {ordered: quantity, shipped: quantity}
    formulas: {to_ship: "max(ordered - shipped, 0)"}
    guards: [{that: shipped <= ordered and ordered >= 0}, {that: ordered = ordered}]
  stock:
    keys: {product: {type: link, to: product}, warehouse: {type: link, to: warehouse}, batch: text}
    measures: {on_hand: quantity, reserved: quantity, value: money}
    formulas: {available: on_hand - reserved}
    guards:
      - {per: [warehouse, product], that: available >= 0, say: "{product}: {available.before},
          {need} on {day}", for: order, when: product.name is not blank}
      - {per: [warehouse, product], that: on_hand >= 0, at: every date}
  receivable:
    keys: {customer: {type: link, to: customer}, item: {type: link, to: [order, delivery]}}
    measures: {due: money, settled: money}
    formulas: {open: due - settled}
    levels: [[customer]]
  ledger:
    keys: {day: date}
    measures: {debit: money, credit: money}
    dated: false
    guards: [{per: document, that: debit = credit}]
"""


def app() -> App:
    return app_from(APP)


def test_balances_find_their_keys() -> None:
    objects = app().objects
    lines, order = objects["order.lines"].fields, objects["order"].fields

    def keys(field: object) -> dict[str, str]:
        return {name: one.text for name, one in field.balance.keys.items()}  # type: ignore[attr-defined]

    assert keys(lines["shipped"]) == {"line": "this"}
    assert keys(lines["free"]) == {"product": "product", "warehouse": "parent.warehouse"}
    assert keys(objects["product"].fields["available"]) == {"product": "this"}
    assert keys(order["open"]) == {"customer": "customer", "item": "this"}
    assert keys(order["others"]) == {"customer": "customer"}, "what others booked is not looked for at this record"
    assert keys(order["everywhere"]) == {"warehouse": "warehouse"}
    assert keys(lines["cost"]) == {}


def test_own_balances() -> None:
    objects = app().objects
    own = {
        f"{obj.name}.{field.name}"
        for obj in objects.values()
        for field in obj.fields.values()
        if field.balance is not None and field.balance.own
    }
    assert own == {"order.lines.shipped", "order.lines.to_ship", "order.open", "product.available", "customer.exposure"}


def test_levels_are_what_guards_and_balances_need() -> None:
    registers = app().registers
    assert registers["stock"].levels == (("product", "warehouse"), ("product",), ("warehouse",))
    assert registers["receivable"].levels == (("customer",),)
    assert registers["progress"].levels == ()
    assert registers["ledger"].levels == ()


def test_guarded_registers_are_locked_first() -> None:
    numbers = {one.name: one.number for one in app().registers.values()}
    assert numbers == {"ledger": 1, "progress": 2, "stock": 3, "receivable": 4}


def test_slacks() -> None:
    registers = app().registers
    assert [slack.text for slack in registers["progress"].guards[0].slacks] == [
        "(ordered) - (shipped)",
        "(ordered) - (0)",
    ]
    assert len(registers["progress"].guards[1].slacks) == 2
    guard = registers["stock"].guards[0]
    assert (guard.per, guard.every_date, guard.objects) == (("product", "warehouse"), False, ("order",))
    assert registers["stock"].guards[1].every_date
    assert registers["ledger"].guards[0].per == ("document",)
    assert registers["progress"].guards[0].per == ("line",)


def test_posts_stand_in_the_order_in_which_they_are_booked() -> None:
    order = app().objects["order"]
    assert [post.register for post in order.posts] == ["progress", "receivable", "receivable", "stock"]
    assert order.posts[-1].reads == (("progress", "to_ship"),)
    assert order.posts[-1].states == ("approved",)


def test_a_rule_whose_rows_differ_in_each_becomes_several() -> None:
    first, second = (post for post in app().objects["order"].posts if post.register == "receivable")
    assert ([row.each for row in first.rows], [row.each for row in second.rows]) == ([""], ["lines"])
    assert first.dated is not None and first.dated.text == "date"
    assert second.dated is not None and second.dated.text == "parent.date"


def test_keys_that_are_this_record_or_line_are_filled_in() -> None:
    posts = {post.register: post for post in app().objects["order"].posts}
    assert {name: one.text for name, one in posts["progress"].rows[0].keys.items()} == {"line": "this"}
    receivable = next(post for post in app().objects["order"].posts if post.register == "receivable")
    assert {name: one.text for name, one in receivable.rows[0].keys.items()} == {"customer": "customer", "item": "this"}


def test_rule_numbers_do_not_change_with_other_rules() -> None:
    less = app_from(APP.replace("      - {to: progress, each: lines, add: {ordered: qty}}\n", ""))
    before = {(post.register, post.rows[0].each): post.no for post in app().objects["order"].posts}
    after = {(post.register, post.rows[0].each): post.no for post in less.objects["order"].posts}
    assert all(before[key] == number for key, number in after.items())
    assert len(set(before.values())) == len(before)


def test_the_hash_of_a_rule_changes_with_its_meaning_only() -> None:
    def hashes(text: str) -> list[str]:
        return sorted(post.hash for post in app_from(text).objects["order"].posts)

    assert hashes(APP) == hashes(APP.replace("add: {ordered: qty}", "add: {ordered:   qty}") + "# a comment\n")
    assert hashes(APP) != hashes(APP.replace("add: {ordered: qty}", "add: {ordered: qty * 2}"))
    assert hashes(APP) != hashes(APP.replace("effective: [approved, done]", "effective: [approved]"))
