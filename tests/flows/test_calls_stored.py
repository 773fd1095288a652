"""Flows that run flows, with a database and jobs: rows that are approved one by one, and what waits for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from engine.definitions.compile import app_from
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import commands, reading
from engine.runtime.services.approvals import steering, tasks
from engine.runtime.services.approvals.steering import Steered
from engine.runtime.services.identity import people
from engine.runtime.services.site import Site
from engine.runtime.storage import flow_lists, flow_rows, incident_rows
from engine.runtime.storage.flow_lists import Sought
from engine.runtime.storage.live import Tx
from tests.flows.offices import MORNING
from tests.standing import stand

T = TypeVar("T")
CALLS = """
app: works
name: {zh: 工程, en: Works}
languages: [zh, en]
timezone: Asia/Shanghai
roles: {staff: 员工, boss: 主管}
objects:
  plan:
    name: {zh: 计划, en: Plan}
    title: "{what}"
    fields: {what: {type: text, zh: 内容, en: What}}
    states: {draft: 草稿, waiting: 审批中, done: {zh: 完成, en: Done, final: true}}
    actions:
      submit: {from: draft, to: waiting, start: whole, zh: 提交, en: Submit}
      accept: {from: waiting, to: done, by: flow, zh: 通过, en: Accept}
      refuse: {from: waiting, to: draft, by: flow, zh: 退回, en: Refuse}
  part:
    name: {zh: 部分, en: Part}
    title: "{what}"
    fields:
      plan: {type: link, to: plan, back: parts, zh: 计划, en: Plan}
      what: {type: text, zh: 内容, en: What}
      answer: {type: text, zh: 结论, en: Answer}
    actions:
      take: {by: flow, set: {answer: taken}, zh: 采纳, en: Take}
      drop: {by: flow, set: {answer: dropped}, zh: 放弃, en: Drop}
flows:
  whole:
    of: plan
    steps:
      - {subflow: piece, each: parts, on_reject: RULE}
      - {approve: last, by: role(boss), zh: 终审, en: Last}
    on_approved: accept
    on_rejected: refuse
  piece: {of: part, steps: [{approve: one, by: role(boss), zh: 分项, en: One}], on_approved: take, on_rejected: drop}
access: {plan: {staff: full, boss: full}, part: {staff: full, boss: full}}
"""


class Works:
    """A plan of two parts, each with an approval of its own."""

    def __init__(self, url: str, rule: str, text: str = CALLS) -> None:
        text = text.replace("RULE", rule)
        self.site = stand(url, ("works", text), lambda site: self._found(site, text), now=lambda: MORNING)
        self.plan = self.run("li", lambda tx: commands.create(tx, "plan", {"what": "bridge"}).ref)
        for what in ("piers", "deck"):
            self.run("li", lambda tx, what=what: commands.create(tx, "part", {"what": what, "plan": self.plan}).ref)
        self.run("li", lambda tx: commands.act(tx, "plan", self.plan.id, "submit").record.id)
        self.work()

    def _found(self, site: Site, text: str) -> None:
        site.publish(app_from(text).texts)
        for login, role in (("li", "staff"), ("wang", "boss")):
            people.add_user(site, login, login.title(), None, roles={"works": [role]}, language="en")
        people.add_user(site, "admin", "Admin", None, admin=True, language="en")

    def run(self, login: str, act: Callable[[Tx], T]) -> T:
        return self.site.run("works", people.actor_for(self.site, people.find(self.site, login), "works"), act)

    def work(self) -> None:
        drain(self.site, handlers(self.site), MORNING)

    def asked(self) -> list[tuple[str, int]]:
        """What waits for wang: titles with the numbers of the tasks."""
        found = self.run("wang", lambda tx: tasks.inbox(tx))
        return sorted((str(item.record.title), item.id or 0) for item in found)

    def decide(self, title: str, verb: str) -> None:
        task = dict(self.asked())[title]
        self.run("wang", lambda tx: commands.decide(tx, task, verb).record.id)
        self.work()

    def answers(self) -> list[Any]:
        return self.run("li", lambda tx: [reading.get(tx, "part", id).get("answer") for id in (1, 2)])

    def state(self) -> str:
        return self.run("li", lambda tx: reading.get(tx, "plan", self.plan.id).state)


def test_61_a_flow_over_rows_and_the_flow_that_waits_for_it(database_url: str) -> None:
    works = Works(database_url, "go_on")
    assert [title for title, _ in works.asked()] == ["deck", "piers"]
    works.decide("piers", "reject")
    assert [title for title, _ in works.asked()] == ["deck"]
    works.decide("deck", "approve")
    assert [title for title, _ in works.asked()] == ["bridge"] and works.answers() == ["dropped", "taken"]
    works.decide("bridge", "approve")
    assert works.state() == "done"
    works.site.database.close()


def test_61_what_ends_above_ends_below(database_url: str) -> None:
    works = Works(database_url, "end")
    works.decide("piers", "reject")
    assert works.asked() == [] and works.state() == "draft" and works.answers() == ["dropped", "dropped"]
    works.run("li", lambda tx: commands.act(tx, "plan", works.plan.id, "submit").record.id)
    works.work()
    [run] = works.run("admin", lambda tx: flow_lists.page(tx, Sought(flow="whole"), before=None, limit=5))
    works.run("admin", lambda tx: commands.steer(tx, run["id"], "terminate", Steered("enough")).record.id)
    works.work()
    assert works.asked() == [] and works.state() == "draft"
    kinds = works.run("admin", lambda tx: [flow_rows.unbroken(tx, id) for id in range(1, 7)])
    assert all(kinds)
    works.site.database.close()


def test_63_flows_within_flows_end_at_the_tenth_as_an_incident(database_url: str) -> None:
    ends = "on_approved: take, on_rejected: drop"
    never = "{approve: one, by: role(boss), when: what = 'none', zh: 分项, en: One}"
    chain = "".join(
        f"  deep{one}: {{of: part, steps: [{never}, {{subflow: deep{one + 1}}}], {ends}}}\n" for one in range(1, 11)
    )
    last = f"  deep11: {{of: part, steps: [{{approve: one, by: role(boss), zh: 分项, en: One}}], {ends}}}\n"
    deep = CALLS.replace("subflow: piece", "subflow: deep1").replace("access:", f"{chain}{last}access:")
    works = Works(database_url, "end", deep)
    seen = works.run("admin", lambda tx: flow_lists.page(tx, Sought(trouble="failed"), before=None, limit=20))
    assert [run["flow"] for run in seen] == ["deep10", "deep10"], "those that could go no deeper wait, in sight"
    (failed,) = works.run("admin", lambda tx: incident_rows.of_instance(tx, seen[0]["id"]))
    stuck = works.run("admin", lambda tx: flow_rows.load(tx, seen[0]["id"]))
    assert stuck is not None
    why = works.run("admin", lambda tx: steering.incidents(tx, stuck))[0].text
    assert why.spoken() == {"en": "Flows run each other too deeply", "zh": "子流程嵌套过深"}, "in the reader's words"
    found = works.run("admin", lambda tx: flow_lists.troubles(tx, [run["id"] for run in seen]))
    assert set(found.values()) == {("failed",)} and failed["state"] == "failed"
    assert works.asked() == [] and works.state() == "waiting"
    events = works.run("admin", lambda tx: flow_rows.events_of(tx, seen[0]["id"]))
    assert [one["data"] for one in events if one["type"] == "incident"] == [{"kinds": ["failed"]}], "its history tells"
    running = works.run("admin", lambda tx: flow_lists.page(tx, Sought(flow="whole"), before=None, limit=5))
    works.run("admin", lambda tx: commands.steer(tx, running[0]["id"], "terminate", Steered("too deep")).record.id)
    works.work()
    live = works.run("admin", lambda tx: flow_lists.page(tx, Sought(status="live"), before=None, limit=50))
    assert live == [] and works.answers() == ["dropped", "dropped"], "they end from the top"
    works.site.database.close()
