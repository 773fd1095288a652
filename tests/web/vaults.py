"""An app full of canaries: every value of every record is unique, so that what shows up where it may not is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.expressions.values import Ref
from engine.runtime.services.identity import people, standings
from engine.runtime.services.rights import access, sharing
from engine.runtime.services.sessions import Session
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE, Actor
from tests.services.shops import NOON, Shop
from tests.standing import stand
from tests.web.doors import PASSWORD

VAULT = """
app: vault
name: {zh: 库, en: Vault}
languages: [zh, en]
timezone: Asia/Shanghai
currency: CNY
roles:
  agent: {zh: 业务, en: Agent}
  clerk: {zh: 文员, en: Clerk}
  chief: {zh: 主管, en: Chief}
  buyer: {zh: 客户门户, en: Customer portal, external: true, stands_for: client}
  seller: {zh: 供应商门户, en: Supplier portal, external: true, stands_for: maker}
objects:
  client:
    name: {zh: 客户, en: Client}
    key: code
    title: "{name}"
    discussion: internal
    fields:
      code: {type: text, required: true, unique: true, search: true, zh: 编码, en: Code}
      name: {type: text, required: true, search: true, zh: 名称, en: Name}
      owner: {type: user, default: =me, zh: 负责人, en: Owner}
      stage: {type: choice, default: a, options: {a: {zh: 甲, en: Alpha}, b: {zh: 乙, en: Beta}}, zh: 阶段, en: Stage}
      due: {type: date, default: =today(), zh: 日期, en: Due}
      secret: {type: text, search: true, similar: warn, zh: 底牌, en: Secret}
      cost: {type: money, zh: 成本, en: Cost}
      margin: {formula: cost + 1, type: money, zh: 毛利, en: Margin}
      photo: {type: image, zh: 照片, en: Photo}
      above: {type: link, to: client, tree: true, zh: 上级, en: Above}
    figures:
      worth: {value: cost, zh: 成本, en: Worth}
      sold: {value: "sum(deal as d where d.client = this, total)", zh: 合同额, en: Sold}
      of_all: {value: "sum(client, cost)", zh: 全部成本, en: Of all}
      dearest: {value: "max(deal.lines as l where l.parent.client = this, rate)", zh: 最高单价, en: Dearest}
    views:
      board: {kanban: stage, card: [code, secret], zh: 看板, en: Board}
      days: {calendar: due, zh: 日历, en: Days}
      plan: {timeline: due, zh: 时间线, en: Plan}
      cards: {gallery: [photo, name, secret], zh: 卡片, en: Cards}
      all: {tree: above, zh: 树, en: Tree}
      beside:
        {compare: [code, name, owner, secret, cost, margin, above.name, above.secret], where: stage = this.stage,
         sort: [secret, cost], title: "{code} {secret}", zh: 对比, en: Beside}
  deal:
    name: {zh: 合同, en: Deal}
    title: "{number} {client}"
    fields:
      number: {type: text, required: true, unique: true, search: true, zh: 单号, en: Number}
      client: {type: link, to: client, required: true, back: deals, zh: 客户, en: Client}
      note: {type: text, search: true, zh: 备注, en: Note}
      total: {formula: sum(lines.rate), type: money, zh: 合计, en: Total}
      lines:
        type: lines
        zh: 明细
        en: Lines
        fields:
          item: {type: text, zh: 项目, en: Item}
          rate: {type: money, zh: 单价, en: Rate}
    views:
      beside:
        {compare: [number, client, client.secret, note, total, lines.item, lines.rate], match: lines.rate,
         where: total >= 0, zh: 对比, en: Beside}
      track:
        {detail: [number, lines.item], public: {find: [number, client.code], limit: 10000 per minute}, zh: 查询,
         en: Track}
    forms:
      ask:
        {fields: [client, number], public: {captcha: true, limit: 10000 per hour}, thanks: "{number} {note}",
         zh: 咨询, en: Ask}
    states: {draft: {zh: 草稿, en: Draft}, done: {zh: 完成, en: Done}}
    effective: [draft, done]
    posts: [{to: sums, each: lines, keys: {client: parent.client}, add: {amount: rate}}]
    actions: {finish: {from: draft, to: done, zh: 完成, en: Finish}}
  bill:
    name: {zh: 账单, en: Bill}
    title: "{number}"
    fields:
      number: {type: text, required: true, zh: 单号, en: Number}
      whose: {type: link, to: client, zh: 客户, en: Client}
      lines:
        type: lines
        zh: 明细
        en: Lines
        pull:
          from: deal.lines as l
          as: {source: =l, item: =item, rate: =rate, note: =parent.note}
          pick: {by: parent.note}
        fields:
          source: {type: link, to: deal.lines, zh: 来源, en: Source}
          item: {type: text, zh: 项目, en: Item}
          rate: {type: money, zh: 单价, en: Rate}
          note: {type: text, zh: 备注, en: Note}
      clients:
        type: lines
        zh: 客户
        en: Clients
        pull: {from: client as c, as: {of: =c, secret: =secret, cost: =cost}}
        fields:
          of: {type: link, to: client, zh: 客户, en: Client}
          secret: {type: text, zh: 底牌, en: Secret}
          cost: {type: money, zh: 成本, en: Cost}
  maker:
    name: {zh: 供应商, en: Maker}
    key: code
    title: "{name}"
    discussion: public
    fields:
      code: {type: text, required: true, unique: true, search: true, zh: 编码, en: Code}
      name: {type: text, required: true, search: true, zh: 名称, en: Name}
      secret: {type: text, search: true, zh: 评语, en: Judged}
  supply:
    name: {zh: 采购, en: Supply}
    title: "{number} {maker}"
    fields:
      number: {type: text, required: true, unique: true, search: true, zh: 单号, en: Number}
      maker: {type: link, to: maker, required: true, back: supplies, zh: 供应商, en: Maker}
      price: {type: money, zh: 价格, en: Price}
      note: {type: text, search: true, zh: 备注, en: Note}
    views: {beside: {compare: [number, maker, maker.secret, price, note], where: price >= 0, zh: 对比, en: Beside}}
registers:
  sums:
    name: {zh: 累计, en: Sums}
    dated: false
    keys: {client: {type: link, to: client}}
    measures: {amount: money}
reports:
  costs: {from: client, by: {stage: stage}, show: {c: sum(cost), n: count()}, name: {zh: 成本, en: Costs}}
  secrets: {from: client, show: {s: secret, k: code}, sort: s, name: {zh: 底牌, en: Secrets}}
  by_client: {from: deal, by: {client: client}, show: {total: sum(total)}, name: {zh: 按客户, en: By client}}
  lines: {from: deal.lines, show: {item: item, rate: rate, who: parent.client.name}, name: {zh: 明细, en: Lines}}
dashboards:
  main:
    name: {zh: 首页, en: Main}
    cards:
      - {number: "sum(client, cost)", name: {zh: 成本, en: Cost}}
      - {bar: by_client, x: client, y: total}
      - {list: client, columns: [code, secret, cost], top: 9}
      - {table: secrets}
documents:
  letter: {of: client, name: {zh: 信, en: Letter}, body: [{text: "{name} {secret} {cost}"}, {fields: [code, secret]}]}
access:
  client:
    agent:
      {see: owner = me, create: true, edit: owner = me, export: true, print: true, share: owner = me,
       hide: [secret, cost, margin]}
    chief: full
    buyer: {see: this = me.client, export: true, print: true, hide: [secret, cost, margin]}
  bill: {agent: edit, clerk: edit, buyer: {see: true, create: true}, chief: full}
  deal:
    buyer: {see: {when: client = me.client, fields: [number, client, lines.item]}, export: true, print: true}
    agent:
      {see: client.owner = me, create: true, edit: client.owner = me, export: true, hide: [note, lines.rate, total]}
    clerk: {see: true, export: true, hide: note}
    chief: full
  maker: {chief: full, seller: {see: this = me.maker, edit: {when: this = me.maker, fields: [name]}, hide: secret}}
  supply:
    chief: full
    seller: {see: {when: maker = me.maker, fields: [number, maker, price]}, export: true, print: true}
  sums: {chief: {see: true}}
"""
ACTORS = {"li": "agent", "sun": "agent", "qian": "clerk", "wang": "chief", "eve": "", "kim": "buyer", "sal": "seller",
          "ada": ""}
ADMIN = "ada"                                  # administers the site, has no role in the app


@dataclass(frozen=True)
class Canary:
    """A value that stands nowhere else: whose field it is, and how it looks in an answer."""

    record: Ref
    field: str
    text: str


class Vault(Shop):
    """Two clients with a deal each, one of li's, one of sun's; a third client, which sun has shared with li; and two
    makers with a supply each, the first sal's."""

    def __init__(self, url: str, text: str = VAULT, mark: str = "") -> None:
        """`text` is the app instead; `mark` is what the names of people end with."""
        self.now, self.customers = NOON, set()

        def build(site: Site) -> None:
            site.publish({"app.yaml": text})
            for login, role in ACTORS.items():
                people.add_user(site, login, login.title() + mark, PASSWORD, roles={"vault": [role] if role else []},
                                language="en", admin=login == ADMIN)

        self.site = stand(url, ("vault", text, mark), build, now=lambda: self.now)
        self.canaries: list[Canary] = []
        self._made()
        for number, login in ((1, "li"), (2, "sun"), (3, "sun")):
            values = self._client(number)
            client = self.create("app", "client", owner=login, **values)
            self.canaries += [Canary(client, name, text) for name, text in values.items()]
            self.canaries += [Canary(client, "margin", str(int(values["cost"]) + 1))]
            if number == 1:
                standings.stand(self.site, "kim", "vault", "buyer", values["code"])
            if number == 3:                    # noqa: PLR2004 - the shared one has no deal
                self.run(login, lambda tx, id=client.id: sharing.share(tx, "client", id, "user", "li"))
                break
            deal = {"number": f"KNR{number}7QZ", "note": f"KNT{number}7QZ"}
            rate = str(710_070_004 + number * 10_000)
            made = self.create("app", "deal", client=values["code"], lines=[{"item": f"KIT{number}7QZ", "rate": rate}],
                               **deal)
            self.canaries += [Canary(made, name, text) for name, text in deal.items()]
            self.canaries += [Canary(made, "lines.item", f"KIT{number}7QZ"), Canary(made, "lines.rate", rate)]

    def _made(self) -> None:
        """What the supplier's portal is about, and what is beyond it."""
        for number in (1, 2):
            values = {"code": f"KMC{number}7QZ", "name": f"KMN{number}7QZ", "secret": f"KMS{number}7QZ"}
            maker = self.create("app", "maker", **values)
            price = str(510_070_003 + number * 10_000)
            supply = {"number": f"KSN{number}7QZ", "price": price, "note": f"KST{number}7QZ"}
            made = self.create("app", "supply", maker=values["code"], **supply)
            self.canaries += [Canary(maker, name, text) for name, text in values.items()]
            self.canaries += [Canary(made, name, text) for name, text in supply.items()]
        standings.stand(self.site, "sal", "vault", "seller", "KMC17QZ")

    @staticmethod
    def _client(number: int) -> dict[str, str]:
        cost = str(910_070_003 + number * 10_000)
        return {"code": f"KCD{number}7QZ", "name": f"KNM{number}7QZ", "secret": f"KSE{number}7QZ", "cost": cost}

    def actor(self, login: str) -> Actor:
        if login == "app":
            return SERVICE
        return people.actor_for(self.site, people.find(self.site, login), "vault")

    def run(self, login, function):  # type: ignore[no-untyped-def]
        return self.site.run("vault", self.actor(login), function)

    def forbidden(self, login: str) -> Iterator[Canary]:
        """The canaries that this person may see nowhere."""
        with self.site.read("vault", self.actor(login)) as tx:
            for one in self.canaries:
                record = Session(tx).record(one.record)
                assert record is not None
                shown = access.visible_fields(tx, record.definition, record)
                rates = one.field == "lines.rate" and "total" in shown       # a sum over one line is that line
                if one.field == "name" and access.may(tx, "deal", "see") and login == "qian":
                    continue                   # stands in the titles of deals, and who sees a record sees its title
                if not access.granted(record, "see") or (one.field not in shown and not rates):
                    yield one
