"""The app that is measured: orders with lines that reserve stock."""

ORDERS = """
app: bench
languages: [en]
timezone: UTC
currency: EUR
roles: {clerk: Clerk}
objects:
  product:
    key: code
    title: "{code}"
    fields: {code: {type: text, required: true, unique: true}, price: {type: money, min: 0}}
  receipt:
    fields:
      date: {type: date, required: true, default: =today()}
      lines:
        type: lines
        fields: {product: {type: link, to: product, required: true}, qty: {type: quantity, required: true}}
    states: {draft: Draft, posted: Posted}
    effective: [posted]
    posts: [{to: stock, each: lines, keys: {product: product}, add: {on_hand: qty}}]
    actions: {post: {from: draft, to: posted}}
  order:
    key: number
    title: "{number}"
    fields:
      number: {type: autonumber, format: "SO{seq:8}"}
      date: {type: date, required: true, default: =today()}
      customer: {type: text, required: true, search: true}
      lines:
        type: lines
        min: 1
        fields:
          product: {type: link, to: product, required: true}
          qty: {type: quantity, required: true, min: 0.001}
          price: {type: money, required: true}
          amount: {formula: "round(qty * price, 2)", type: money}
      total: {formula: sum(lines.amount), type: money}
    states: {draft: Draft, placed: Placed}
    effective: [placed]
    posts: [{to: stock, each: lines, keys: {product: product}, add: {reserved: qty}}]
    actions: {place: {from: draft, to: placed}}
    views: {list: {list: [number, date, customer, total, status], sort: [-date]}}
registers:
  stock:
    keys: {product: {type: link, to: product}}
    measures: {on_hand: quantity, reserved: quantity}
    formulas: {available: on_hand - reserved}
    guards: [{that: available >= 0, say: "{product}: {need} short"}]
access:
  any: {clerk: full}
"""
PRODUCTS = 200
"""How many products the orders draw from."""
