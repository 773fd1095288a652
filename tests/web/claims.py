"""Claims with an approval that branches: what the tests of inbox, picture and administration of flows look at."""

from __future__ import annotations

from engine.expressions.values import Ref
from engine.runtime.services import commands
from engine.runtime.services.approvals import boxes
from tests.services.shops import Shop

CLAIMS = """
app: shop
name: {zh: 报销, en: Claims}
languages: [zh, en]
timezone: Asia/Shanghai
currency: CNY
roles: {sales: {zh: 业务员, en: Sales}, manager: {zh: 经理, en: Manager}, store: {zh: 财务, en: Finance}}
objects:
  claim:
    name: {zh: 报销单, en: Claim}
    key: number
    title: "{number}"
    discussion: internal
    fields:
      number: {type: autonumber, format: "C{seq:3}", at: submit, zh: 单号, en: Number}
      amount: {type: money, required: true, zh: 金额, en: Amount}
      reason: {type: text, zh: 事由, en: Reason}
      wanted: {type: date, zh: 需用日期, en: Wanted on}
      secret: {type: text, zh: 内部, en: Secret}
    states:
      draft: {zh: 草稿, en: Draft}
      pending: {zh: 审批中, en: Pending, color: amber}
      paid: {zh: 已付, en: Paid, color: green}
    actions:
      submit: {from: draft, to: pending, start: approval, zh: 提交, en: Submit}
      pay: {from: pending, to: paid, by: flow, zh: 付款, en: Pay}
      back: {from: pending, to: draft, by: flow, zh: 驳回, en: Back}
  trip:
    name: {zh: 出差单, en: Trip}
    title: "{place}"
    fields: {place: {type: text, zh: 地点, en: Place}}
    states: {draft: {zh: 草稿, en: Draft}, asked: {zh: 审批中, en: Asked}, fine: {zh: 可以, en: Fine}}
    actions:
      ask: {from: draft, to: asked, start: journey, zh: 申请, en: Ask}
      agree: {from: asked, to: fine, by: flow, zh: 同意, en: Agree}
      refuse: {from: asked, to: draft, by: flow, zh: 拒绝, en: Refuse}
flows:
  approval:
    of: claim
    name: {zh: 报销审批, en: Claim approval}
    steps:
      - approve: manager
        by: role(manager)
        show: [amount, reason]
        due: {at: wanted}
        name: {zh: 部门经理, en: Head of department}
      - branch:
          - when: amount >= 1000
            steps: [{approve: finance, by: role(store), name: {zh: 财务复核, en: Second look}}]
            zh: 大额
            en: Large
          - else: [{cc: role(store)}]
      - {approve: last, by: role(manager), when: amount > 5000, name: {zh: 总经理, en: Director}}
    on_approved: pay
    on_rejected: back
  journey:
    of: trip
    name: {zh: 出差审批, en: Trip approval}
    steps: [{approve: boss, by: role(manager), name: {zh: 领导, en: Boss}}]
    on_approved: agree
    on_rejected: refuse
access:
  claim:
    sales: {see: creator = me, create: true, edit: creator = me}
    manager: {see: true, hide: secret}
  trip: {sales: {see: creator = me, create: true, edit: creator = me}}
"""


def claimed(shop: Shop, amount: str = "50", login: str = "li", *, submit: bool = True, **more: str) -> Ref:
    """A claim, sent for approval."""
    made = shop.create(login, "claim", amount=amount, **more)
    if submit:
        shop.act(login, made, "submit")
    return made


def decide(shop: Shop, login: str, ref: Ref, verb: str) -> None:
    """Answer the task that waits for this person over this record."""
    with shop.site.read("shop", shop.actor(login)) as tx:
        task = next(item.id for item in boxes.inbox(tx) if item.record == ref)
    shop.run(login, lambda tx: commands.decide(tx, task or 0, verb, comment="so"))
