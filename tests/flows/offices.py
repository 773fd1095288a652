"""An office with expense claims and approvals, on a fresh database. What the tests of stored flows act on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from flask import Flask

from engine.builder.pages import blueprint
from engine.definitions.compile import app_from
from engine.expressions.values import Ref
from engine.runtime.services import commands, inputs, reading
from engine.runtime.services.approvals import flows, tasks
from engine.runtime.services.approvals.flow_views import InstanceView
from engine.runtime.services.approvals.tasks import Item
from engine.runtime.services.identity import people
from engine.runtime.services.sessions import Session
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE, Actor
from engine.runtime.storage.live import Tx
from engine.runtime.web.app import create_app
from tests.standing import stand
from tests.web.doors import Program

T = TypeVar("T")
MORNING = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
STEPS = """
      - {approve: head, by: manager_of(creator), edit: [note], name: {zh: 主管, en: Head}}
      - {approve: money, by: role(finance), when: amount >= 100, mode: any, name: {zh: 财务, en: Finance}}
      - {approve: board, by: role(board), mode: all, when: raised(big), name: {zh: 董事会, en: Board}}
"""
OFFICE = """
app: office
name: {zh: 办公, en: Office}
languages: [zh, en]
timezone: Asia/Shanghai
currency: CNY
roles: {staff: 员工, finance: 财务, board: 董事}
objects:
  claim:
    name: {zh: 报销, en: Claim}
    key: number
    title: "{number}"
    fields:
      number: {type: autonumber, format: "C{seq:3}", at: submit, zh: 单号, en: Number}
      amount: {type: money, required: true, zh: 金额, en: Amount}
      note: {type: text, zh: 备注, en: Note}
      code: {type: text, zh: 科目, en: Code}
    states:
      draft: {zh: 草稿, en: Draft}
      pending: {zh: 审批中, en: Pending}
      paid: {zh: 已付, en: Paid}
      dropped: {zh: 作废, en: Dropped, final: true}
    actions:
      submit:
        from: draft
        to: pending
        start: approval
        zh: 提交
        en: Submit
        checks: [{that: amount < 1000, else: approve, called: big, say: {zh: 大额, en: Big}}]
      pay: {from: pending, to: paid, by: flow, zh: 付款, en: Pay}
      back: {from: pending, to: draft, by: flow, zh: 驳回, en: Back}
      drop: {from: [draft, pending], to: dropped, zh: 作废, en: Drop}
flows:
  approval:
    of: claim
    name: {zh: 报销审批, en: Claim approval}
    withdraw: WITHDRAW
    steps: STEPS
    on_approved: pay
    on_rejected: back
access:
  claim: {staff: {see: creator = me, create: true, edit: creator = me, delete: creator = me}}
"""


class Office:
    """li claims, wang heads li's department, qian and sun do the money, chen and fan sit on the board."""

    def __init__(self, url: str, steps: str = STEPS, withdraw: str = "until_first_decision") -> None:
        self.now = MORNING
        self.site = stand(url, ("office", steps, withdraw), lambda site: self._found(site, steps, withdraw),
                          now=lambda: self.now)

    def _found(self, site: Site, steps: str, withdraw: str) -> None:
        site.publish(app_from(_text(steps, withdraw)).texts)
        held = {"li": "staff", "wang": "staff", "qian": "finance", "sun": "finance", "chen": "board", "fan": "board"}
        for login in ("admin", "li", "wang", "qian", "sun", "chen", "fan", "zhou"):
            roles = {"office": [held[login]]} if login in held else {}
            department = "sales" if login in ("li", "wang") else ""
            people.add_user(site, login, login.title(), None, roles=roles, department=department,
                            admin=login == "admin", language="en")
        people.add_department(site, "sales", head="wang")

    @cached_property
    def app(self) -> Flask:
        """The office behind its web server."""
        return create_app(self.site, None, blueprint())

    def publish(self, steps: str, withdraw: str = "until_first_decision") -> None:
        self.site.publish(app_from(_text(steps, withdraw)).texts)

    def id(self, login: str) -> int:
        person = people.find(self.site, login)
        assert person is not None
        return person.id

    def actor(self, login: str) -> Actor:
        return SERVICE if login == "app" else people.actor_for(self.site, people.find(self.site, login), "office")

    def run(self, login: str, function: Callable[[Tx], T]) -> T:
        return self.site.run("office", self.actor(login), function)

    def read(self, login: str, function: Callable[[Tx], T]) -> T:
        with self.site.read("office", self.actor(login)) as tx:
            return function(tx)

    def claim(self, amount: str = "50", login: str = "li", *, submit: bool = True) -> Ref:
        values = {"amount": amount}
        ref = self.run(login, lambda tx: commands.create(tx, "claim", inputs.read(tx, "claim", values)).ref)
        if submit:
            self.act(login, ref, "submit")
        return ref

    def act(self, login: str, ref: Ref, action: str) -> None:
        self.run(login, lambda tx: commands.act(tx, ref.object, ref.id, action).record.id)

    def decide(self, login: str, ref: Ref, verb: str, values: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Answer the task that waits for this person over this record."""
        self.decide_task(login, self.task(login, ref), verb, values, **more)

    def decide_task(
        self, login: str, task: int, verb: str, values: Mapping[str, Any] | None = None, **more: Any
    ) -> None:
        def act(tx: Tx) -> None:
            read = inputs.read(tx, "claim", values or {})
            commands.decide(tx, task, verb, values=read, **more)

        self.run(login, act)

    def box(self, login: str, box: str = "todo") -> list[Item]:
        return self.read(login, lambda tx: tasks.inbox(tx, box))

    def task(self, login: str, ref: Ref) -> int:
        found = next(item.id for item in self.box(login) if item.record == ref)
        assert found is not None
        return found

    def asked(self, ref: Ref) -> list[str]:
        """Logins of those who are asked now."""
        return [user.title.lower() for user in self.view(ref).waiting_for]

    def view(self, ref: Ref, login: str = "app") -> InstanceView:
        def look(tx: Tx) -> InstanceView:
            record = Session(tx).record(ref)
            found = flows.instance(tx, record) if record is not None else None
            assert found is not None
            return found

        return self.read(login, look)

    def state(self, ref: Ref) -> str:
        return self.read("app", lambda tx: reading.get(tx, ref.object, ref.id).state)

    def value(self, ref: Ref, field: str) -> Any:
        return self.read("app", lambda tx: reading.get(tx, ref.object, ref.id).get(field))


class Clerk:
    """REST, as somebody."""

    def __init__(self, office: Office, login: str) -> None:
        self.program = Program(office.app.test_client(), people.make_token(office.site, office.id(login)))

    def post(self, path: str, **body: Any) -> tuple[int, Any]:
        answer = self.program.post(path, body)
        return answer.status_code, answer.json

    def get(self, path: str) -> tuple[int, Any]:
        answer = self.program.get(path)
        return answer.status_code, answer.json


def _text(steps: str, withdraw: str) -> str:
    return OFFICE.replace("STEPS", steps).replace("WITHDRAW", withdraw)
