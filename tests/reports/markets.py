"""A market with orders, lines and stock, and questions about them. What the tests of reports and boards act on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from engine.definitions.compile import app_from
from engine.expressions.values import Ref
from engine.runtime.services import commands, inputs
from engine.runtime.services.identity import people
from engine.runtime.services.reporting import boards, reports
from engine.runtime.services.reporting.boards import CardView
from engine.runtime.services.reporting.reports import Table
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE, Actor
from engine.runtime.storage.live import Tx
from tests.standing import stand

T = TypeVar("T")
NOON = dt.datetime(2026, 3, 15, 4, 0, tzinfo=dt.UTC)

MARKET = """
app: market
name: {zh: 集市, en: Market}
languages: [zh, en]
timezone: Asia/Shanghai
currency: CNY
roles: {sales: 销售, boss: 老板, buyer: 采购}
objects:
  product:
    key: code
    title: "{code}"
    fields:
      code: {type: text, required: true, unique: true, zh: 编码, en: Code}
      least: {type: quantity, zh: 最低, en: Least}
      kind: {type: choice, options: {dry: {zh: 干货, en: Dry}, wet: {zh: 生鲜, en: Wet}}, zh: 类别, en: Kind}
  order:
    title: "{number}"
    fields:
      number: {type: text, zh: 单号, en: Number}
      owner: {type: user, default: =me, zh: 业务员, en: Owner}
      day: {type: date, required: true, zh: 日期, en: Day}
      secret: {type: money, zh: 底价, en: Secret}
      lines:
        type: lines
        zh: 明细
        en: Lines
        fields:
          product: {type: link, to: product, zh: 产品, en: Product}
          qty: {type: quantity, required: true, zh: 数量, en: Quantity}
          price: {type: money, required: true, zh: 单价, en: Price}
          amount: {formula: "round(qty * price, 2)", type: money, zh: 金额, en: Amount}
      total: {formula: sum(lines.amount), type: money, zh: 合计, en: Total}
    states: {open: {zh: 开, en: Open}, done: {zh: 完成, en: Done, color: green}}
    effective: [done]
    actions:
      finish: {from: open, to: done, zh: 完成, en: Finish}
    posts: [{to: stock, each: lines, keys: {product: product}, add: {on_hand: -qty}, dated: parent.day}]
    views: {done: {list: [number, owner, secret, status], where: state = 'done', sort: day, zh: 已完成, en: Finished}}
  receipt:
    fields:
      date: {type: date, default: =today()}
      lines:
        type: lines
        fields:
          product: {type: link, to: product}
          qty: quantity
    states: {draft: {zh: 草稿, en: Draft}, posted: {zh: 已过账, en: Posted}}
    effective: [posted]
    actions: {post: {from: draft, to: posted, zh: 过账, en: Post}}
    posts: [{to: stock, each: lines, keys: {product: product}, add: {on_hand: qty}}]
registers:
  stock:
    keys: {product: {type: link, to: product, zh: 产品, en: Product}}
    measures: {on_hand: {type: quantity, zh: 现存, en: On hand}}
    formulas: {double: on_hand * 2}
decisions:
  size_of:
    inputs: {n: money}
    gives: {type: choice, options: {big: {zh: 大单, en: Big, color: red}, small: {zh: 小单, en: Small}}}
    rows: [[">= 30", big]]
    otherwise: small
reports:
  judged: {from: order, show: {number: number, size: size_of(total)}, sort: [number]}
  by_month:
    name: {zh: 按月, en: By month}
    params: {since: {type: date, default: "=date(2026, 1, 1)", zh: 起, en: Since}}
    from: order where day >= since
    by: {month: {value: month_start(day), zh: 月, en: Month}}
    show:
      orders: {value: count(), zh: 单数, en: Orders}
      total: {value: sum(total), zh: 金额, en: Amount}
      mean: {value: average(total), zh: 均值, en: Mean}
      last: {value: max(day), zh: 最近, en: Last}
    sort: [month]
  by_product:
    from: order.lines where parent.state = 'done'
    by: {product: product}
    show: {qty: sum(qty), amount: sum(amount), worth: sum(qty * price), n: count(), share: sum(amount) / count()}
    having: qty > 1
    sort: [-amount]
    limit: 2
  by_kind:
    from: order.lines
    by: {kind: product.kind, state: parent.state}
    show: {qty: sum(qty), products: count_unique(product), middle: median(price)}
    sort: [kind, state]
  crossed:
    from: order.lines
    by: {kind: product.kind, month: month_start(parent.day)}
    across: month
    show: {qty: {value: sum(qty), zh: 数量, en: Quantity}, most: {value: max(price), zh: 最高价, en: Most}}
    sort: [kind]
  sides:
    from: order.lines
    by: {kind: product.kind, product: product, month: month_start(parent.day)}
    show: {qty: {value: sum(qty), zh: 数量, en: Quantity}, most: max(price)}
    sort: [kind, product, month]
    limit: 3
  aged:
    from: order.lines
    by: {product: product, age: "bucket(days(date(2026, 3, 15), parent.day), [30, 60])"}
    across: age
    show: {qty: sum(qty)}
    sort: [product]
  all_orders:
    from: order
    show: {number: number, day: day, total: total, owner: owner, state: state, secret: secret}
    sort: [-total]
    limit: 3
  whole:
    from: order
    by: {}
    show: {total: sum(total), n: count()}
  grand: {from: "order where day >= date(2026, 2, 1)", show: {total: sum(total), n: count(), titles: join(number)}}
  ranking:
    from: order.lines
    by: {product: product}
    show:
      amount: sum(amount)
      part: "round(share(sum(amount)), 4)"
      place: rank(-amount)
      half: "ntile(2, amount)"
      sum_so_far: running(amount)
      most: "percentile(qty, 50%)"
      late: place > 1
    sort: [-amount]
    having: place < 3
  stock_flows:
    from: stock between since and till
    params:
      since: {type: date, default: "=date(2026, 2, 1)"}
      till: {type: date, default: "=date(2026, 3, 1)"}
    by: {product: product}
    show:
      before: opening(on_hand)
      came: inflow(on_hand)
      went: outflow(on_hand)
      change: turnover(on_hand)
      after: closing(on_hand)
      twice: closing(double)
    sort: [product]
  months:
    from: order
    by: {month: month_start(day)}
    show: {above: "if(sum(total) = 0, 0, running(sum(total)) - sum(total))", n: count()}
    sort: [month]
  before: {from: order, show: {number: number, day: day, above: running(total) - total}, sort: [day], limit: 3}
  ledger:
    from: order
    show: {number: number, day: day, total: total, balance: running(total), next: balance + 1}
    sort: [day]
    limit: 3
  stock_list: {from: stock, show: {product: product, on_hand: on_hand, double: double}, sort: [product]}
  stock_then: {from: "stock at date(2026, 1, 31)", show: {product: product, on_hand: on_hand}, sort: [product]}
  per_order:
    from: order
    by: {day: day}
    show: {orders: count(), lines: "sum(count(lines))"}
    sort: [day]
dashboards:
  board:
    name: {zh: 看板, en: Board}
    by: [role(sales), role(boss)]
    cards:
      - {number: "sum(order, total)", name: {zh: 总额, en: Total}, goal: 1000}
      - {bar: by_product, x: product, y: [qty, amount], name: {zh: 产品, en: Products}}
      - {line: by_month, x: month, y: [total]}
      - {pie: by_product, x: product, y: [amount], top: 1}
      - {table: by_month, columns: [month, total], top: 1, sort: [-month]}
      - {list: order, where: state = 'done', columns: [number, day, total, secret, state], sort: day, top: 2}
      - {text: {zh: "今天 {today()}", en: "Today is {today()}"}}
      - {number: "1 / count(order where total < 0)"}
      - {table: crossed, top: 1}
      - {pivot: sides, rows: [kind], columns: [month], values: [qty], total: true}
      - {pivot: sides, sort: [-product], top: 2, total: true}
      - {view: order.done, top: 1}
      - {table: by_month, columns: [month, total], top: 1, total: true}
access:
  product: {everyone: {see: true}}
  order: {sales: {see: owner = me, create: true, edit: owner = me, finish: owner = me, hide: secret}, boss: full}
  receipt: {boss: full}
  stock: {boss: {see: true}, buyer: {see: true}}
"""
ORDERS = (
    ("li", "A1", "2026-01-10", (("tea", "2", "10.10"), ("fish", "1.5", "3.33"))),
    ("li", "A2", "2026-01-20", (("tea", "1", "10.20"),)),
    ("sun", "B1", "2026-02-05", (("rice", "10", "0.10"), ("tea", "3", "9.99"))),
    ("sun", "B2", "2026-03-05", (("fish", "1", "100"),)),
)


class Market:
    """li and sun sell, qian is the boss, zhou buys; four orders, three of them done."""

    def __init__(self, url: str, text: str = MARKET) -> None:
        self.now = NOON
        self.site = stand(url, ("market", text), lambda site: self._open(site, text), now=lambda: self.now)

    def _open(self, site: Site, text: str) -> None:
        self.site = site
        site.publish(app_from(text).texts)
        for login, role in (("li", "sales"), ("sun", "sales"), ("qian", "boss"), ("zhou", "buyer")):
            people.add_user(site, login, login.title(), None, roles={"market": [role]}, language="en",
                            email=f"{login}@example.org" if login == "zhou" else None)
        for code, kind, least in (("tea", "dry", "5"), ("fish", "wet", "1"), ("rice", "dry", "0")):
            self.create("app", "product", code=code, kind=kind, least=least)

    def sell(self) -> list[Ref]:
        """Enter the orders; the last one stays open."""
        found = []
        for login, number, day, lines in ORDERS:
            rows = [{"product": p, "qty": q, "price": c} for p, q, c in lines]
            found.append(self.create(login, "order", number=number, day=day, secret="7", lines=rows))
            if number != "B2":
                self.act(login, found[-1], "finish")
        return found

    def actor(self, login: str) -> Actor:
        return SERVICE if login == "app" else people.actor_for(self.site, people.find(self.site, login), "market")

    def id(self, login: str) -> int:
        return self.actor(login).id

    def run(self, login: str, function: Callable[[Tx], T]) -> T:
        return self.site.run("market", self.actor(login), function)

    def read(self, login: str, function: Callable[[Tx], T]) -> T:
        with self.site.read("market", self.actor(login)) as tx:
            return function(tx)

    def create(self, login: str, object: str, **values: Any) -> Ref:
        who = "app" if "secret" in values else login
        values = {**values, "owner": self.id(login)} if who != login else values
        return self.run(who, lambda tx: commands.create(tx, object, inputs.read(tx, object, values)).ref)

    def act(self, login: str, ref: Ref, action: str) -> None:
        self.run(login, lambda tx: commands.act(tx, ref.object, ref.id, action).record.id)

    def ask(self, login: str, report: str, **params: Any) -> Table:
        return self.read(login, lambda tx: reports.run(tx, report, params))

    def query(self, login: str, **request: Any) -> Table:
        return self.read(login, lambda tx: reports.query(tx, request))

    def card(self, login: str, index: int) -> CardView:
        return self.read(login, lambda tx: boards.card(tx, "board", index))

    def update(self, login: str, ref: Ref, values: Mapping[str, Any]) -> None:
        self.run(login, lambda tx: commands.update(tx, ref.object, ref.id, inputs.read(tx, ref.object, values)).id)


def cells(table: Table) -> list[tuple[Any, ...]]:
    """Rows with links as titles and numbers without trailing zeros."""
    return [tuple(plain(value) for value in row) for row in table.rows]


def plain(value: Any) -> Any:
    if isinstance(value, Ref):
        return value.title
    return f"{value.normalize():f}" if hasattr(value, "normalize") else value
