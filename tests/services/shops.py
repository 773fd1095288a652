"""A small shop as an app, on a fresh database: what the tests of the pipeline act on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from engine.definitions.compile import app_from
from engine.expressions.values import Ref
from engine.runtime.services import commands, inputs, reading
from engine.runtime.services.identity import people
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE, Actor
from engine.runtime.storage.live import Tx
from tests.standing import stand

T = TypeVar("T")
NOON = dt.datetime(2026, 5, 4, 4, 0, tzinfo=dt.UTC)

SHOP = """
app: shop
name: {zh: 小店, en: Shop}
languages: [zh, en]
timezone: Asia/Shanghai
currency: CNY
roles:
  sales: {zh: 销售, en: Sales}
  manager: {zh: 经理, en: Manager, includes: [sales]}
  store: {zh: 仓管, en: Store}
objects:
  product:
    name: {zh: 产品, en: Product}
    key: code
    title: "{code}"
    fields:
      code: {type: text, required: true, unique: true, zh: 编码, en: Code}
      price: {type: money, min: 0, zh: 单价, en: Price}
      available: {balance: stock.available, zh: 可用, en: Available}
  customer:
    name: {zh: 客户, en: Customer}
    key: name
    title: "{name}"
    fields:
      name: {type: text, required: true, unique: true, search: true, zh: 名称, en: Name}
      owner: {type: user, default: =me, zh: 业务员, en: Owner}
      limit: {type: money, default: 1000, zh: 额度, en: Limit}
      secret: {type: text, zh: 底价, en: Secret}
  receipt:
    name: {zh: 入库单, en: Receipt}
    fields:
      date: {type: date, required: true, default: =today(), zh: 日期, en: Date}
      lines:
        type: lines
        min: 1
        zh: 明细
        en: Lines
        fields:
          product: {type: link, to: product, required: true, zh: 产品, en: Product}
          qty: {type: quantity, required: true, min: 0.001, zh: 数量, en: Quantity}
    states:
      draft: {zh: 草稿, en: Draft}
      posted: {zh: 已过账, en: Posted, color: green}
      cancelled: {zh: 已作废, en: Cancelled, final: true}
    effective: [posted]
    posts: [{to: stock, each: lines, keys: {product: product}, add: {on_hand: qty}}]
    actions:
      post: {from: draft, to: posted, zh: 过账, en: Post}
      cancel: {from: posted, to: cancelled, end: =today(), zh: 作废, en: Cancel}
      undo: {from: posted, to: draft, zh: 反过账, en: Undo}
  sale:
    name: {zh: 订单, en: Sale}
    key: number
    title: "{number} {customer}"
    fields:
      number: {type: autonumber, format: "SO{yyyy}{seq:3}", at: submit, gapless: true, zh: 单号, en: Number}
      date: {type: date, required: true, default: =today(), zh: 日期, en: Date}
      customer: {type: link, to: customer, required: true, back: sales, zh: 客户, en: Customer}
      note: {type: text, zh: 备注, en: Note}
      lines:
        type: lines
        min: 1
        zh: 明细
        en: Lines
        fields:
          product: {type: link, to: product, required: true, zh: 产品, en: Product}
          qty: {type: quantity, required: true, min: 0.001, zh: 数量, en: Quantity}
          price: {type: money, default: =product.price, refill: product, zh: 单价, en: Price}
          amount: {formula: "round(qty * price, 2)", type: money, zh: 金额, en: Amount}
          shipped: {balance: progress.shipped, zh: 已发, en: Shipped}
          to_ship: {balance: progress.to_ship, zh: 未发, en: To ship}
      total: {formula: sum(lines.amount), type: money, zh: 合计, en: Total}
    states:
      draft: {zh: 草稿, en: Draft}
      pending: {zh: 待审核, en: Pending, color: amber}
      approved: {zh: 已审核, en: Approved, color: blue, edit: [note]}
      shipped: {zh: 已发货, en: Shipped, color: green, within: approved, when: sum(lines.to_ship) = 0}
      partly: {zh: 部分发货, en: Partly shipped, within: approved, when: sum(lines.shipped) > 0}
      cancelled: {zh: 已取消, en: Cancelled, final: true}
    effective: [pending, approved]
    posts:
      - {to: progress, each: lines, add: {ordered: qty}}
      - {to: stock, each: lines, keys: {product: product}, add: {reserved: to_ship}}
    actions:
      submit:
        from: draft
        to: pending
        start: approval
        zh: 提交
        en: Submit
        checks:
          - {that: total <= customer.limit, else: approve, called: limit, say: {zh: 超出额度, en: Above the limit}}
          - {that: "all(lines, price > 0)", else: warn, called: free, say: {zh: 有赠品, en: Something is free}}
      approve: {from: pending, to: approved, by: flow, zh: 批准, en: Approve}
      reject: {from: pending, to: draft, by: flow, zh: 驳回, en: Reject}
      ship:
        {from: approved, by: role(store), do: [{create: delivery, with: {sale: =this}, pull: this}], zh: 发货, en: Ship}
      cancel:
        from: [draft, pending, approved]
        to: cancelled
        ask: {reason: {type: text, required: true}}
        end: =today()
        zh: 取消
        en: Cancel
  delivery:
    name: {zh: 发货单, en: Delivery}
    fields:
      date: {type: date, required: true, default: =today(), zh: 日期, en: Date}
      sale: {type: link, to: sale, required: true, back: deliveries, zh: 订单, en: Sale}
      lines:
        type: lines
        min: 1
        zh: 明细
        en: Lines
        pull:
          from: "sale.lines as l where parent = this.sale and to_ship > 0"
          as: {line: =l, product: =product, qty: =to_ship}
        fields:
          line: {type: link, to: sale.lines, required: true, zh: 订单行, en: Line}
          product: {type: link, to: product, required: true, zh: 产品, en: Product}
          qty: {type: quantity, required: true, min: 0.001, zh: 数量, en: Quantity}
    states:
      draft: {zh: 草稿, en: Draft}
      posted: {zh: 已发货, en: Posted}
      cancelled: {zh: 已作废, en: Cancelled, final: true}
    effective: [posted]
    posts:
      - {to: progress, each: lines, keys: {line: line}, add: {shipped: qty}}
      - {to: stock, each: lines, keys: {product: product}, add: {on_hand: -qty}}
    actions:
      post: {from: draft, to: posted, by: role(store), zh: 过账, en: Post}
      cancel: {from: posted, to: cancelled, by: role(store), end: =today(), zh: 作废, en: Cancel}
registers:
  progress:
    keys: {line: {type: link, to: sale.lines}}
    measures: {ordered: quantity, shipped: quantity}
    formulas: {to_ship: "max(ordered - shipped, 0)"}
    guards: [{that: shipped <= ordered, say: {zh: "超发 {need}", en: "{need} too many shipped"}}]
    closed: carry
  stock:
    keys: {product: {type: link, to: product}}
    measures: {on_hand: quantity, reserved: quantity}
    formulas: {available: on_hand - reserved}
    guards:
      - {that: available >= 0, say: {zh: "{product} 库存不足：缺 {need}", en: "{product}: {need} short"}}
      - that: on_hand >= 0
        at: every date
        say: {zh: "{product} 在 {day} 现存为负", en: "{product} below zero on {day}"}
flows:
  approval:
    of: sale
    steps: [{approve: manager, by: role(manager), when: raised(limit)}]
    on_approved: approve
    on_rejected: reject
access:
  product: {everyone: {see: true}, store: full}
  receipt: {store: full}
  delivery: {store: full, sales: {see: true}}
  customer:
    sales: {see: owner = me, create: true, edit: owner = me, share: owner = me, hide: secret}
    manager: {see: true, edit: true}
  sale:
    sales: {see: customer.owner = me, create: true, edit: customer.owner = me, delete: customer.owner = me}
    manager: {see: true, edit: true}
    store: {see: "state = 'approved'"}
  stock: {everyone: {see: true}}
  progress: {everyone: {see: true}}
"""
# What the definition of a shop begins with; its objects follow.
HEAD = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
roles: {sales: {zh: 销售, en: Sales}, manager: {zh: 经理, en: Manager}, store: {zh: 仓管, en: Store}}
"""


class Shop:
    """A published shop with its people: li and sun sell, wang is their manager, zhao keeps the store."""

    def __init__(self, url: str, text: str = SHOP, more: Callable[[Site], None] | None = None) -> None:
        """`more` is done to the site too where it is made; it may hang on nothing but the text."""
        self.now = NOON
        self.customers: set[str] = set()
        self.app = app_from(text)

        def build(site: Site) -> None:
            site.publish(self.app.texts)
            for login, role in (("li", "sales"), ("sun", "sales"), ("wang", "manager"), ("zhao", "store")):
                people.add_user(site, login, login.title(), None, roles={"shop": [role]})
            if more is not None:
                more(site)

        self.site = stand(url, ("shop", text, more), build, now=lambda: self.now)

    def actor(self, login: str) -> Actor:
        if login == "app":
            return SERVICE
        return people.actor_for(self.site, people.find(self.site, login), "shop")

    def run(self, login: str, function: Callable[[Tx], T]) -> T:
        return self.site.run("shop", self.actor(login), function)

    def create(self, login: str, object: str, **values: Any) -> Ref:
        return self.run(login, lambda tx: commands.create(tx, object, inputs.read(tx, object, values)).ref)

    def update(self, login: str, ref: Ref, version: int | None = None, **values: Any) -> int:
        def change(tx: Tx) -> int:
            given = inputs.read(tx, ref.object, values)
            return commands.update(tx, ref.object, ref.id, given, version=version).version

        return self.run(login, change)

    def act(self, login: str, ref: Ref, action: str, given: Mapping[str, Any] | None = None, **more: Any) -> list[Ref]:
        def take(tx: Tx) -> list[Ref]:
            asked = inputs.read_asked(tx, ref.object, tx.app.objects[ref.object].actions[action], given or {})
            done = commands.act(tx, ref.object, ref.id, action, given=asked, **more)
            return [record.ref for record in done.created if record.parent is None]

        return self.run(login, take)

    def value(self, ref: Ref, name: str, login: str = "app") -> Any:
        with self.site.read("shop", self.actor(login)) as tx:
            return reading.get(tx, ref.object, ref.id).get(name)

    def line(self, ref: Ref, index: int, name: str) -> Any:
        with self.site.read("shop", SERVICE) as tx:
            return reading.get(tx, ref.object, ref.id).lines("lines")[index].get(name)

    def lines(self, ref: Ref) -> list[int]:
        with self.site.read("shop", SERVICE) as tx:
            return [line.id or 0 for line in reading.get(tx, ref.object, ref.id).lines("lines")]

    def stocked(self, **quantities: object) -> dict[str, Ref]:
        """Products with an opening stock."""
        made = {code: self.create("zhao", "product", code=code, price="10") for code in quantities}
        receipt = self.create("zhao", "receipt", date="2026-05-01",
                              lines=[{"product": code, "qty": str(qty)} for code, qty in quantities.items()])
        self.act("zhao", receipt, "post")
        return made

    def sold(self, login: str = "li", customer: str = "Acme", submit: bool = True, **quantities: object) -> Ref:
        """A sale to a customer, made if it is new."""
        if customer not in self.customers:
            self.create(login, "customer", name=customer)
            self.customers.add(customer)
        lines = [{"product": code, "qty": str(qty)} for code, qty in quantities.items()]
        sale = self.create(login, "sale", customer=customer, lines=lines)
        if submit:
            self.act(login, sale, "submit")
        return sale
