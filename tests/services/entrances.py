"""Every door of a site, each as one function that takes the same order: who brings which values to which record.

The app has an object `thing` with one rule of every kind, and `errand`: what an automation or the clock is to do."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import inspect

from engine.builder import trials
from engine.builder.staging import Trial
from engine.definitions.compile import app_from
from engine.definitions.nodes import Map
from engine.definitions.source import read
from engine.errors import Failure
from engine.expressions.values import Ref
from engine.runtime.jobs.handlers import handlers
from engine.runtime.jobs.worker import drain
from engine.runtime.services import imports
from engine.runtime.storage.actors import SERVICE
from tests.web.doors import Door, Program, peopled, told

APP = """
app: shop
languages: [en]
timezone: Asia/Shanghai
roles: {sales: Sales, manager: Manager, store: Store}
objects:
  thing:
    key: code
    title: "{code}"
    lock: note = 'sealed'
    fields:
      number: {type: autonumber, format: "T{seq:4}", gapless: true}
      code: {type: text, required: true, unique: true, name: Code}
      name: {type: text, required: true, unique: true, name: Surname}
      kind: {type: choice, options: {red: Red, blue: Blue}, default: red, name: Colour}
      size: {type: integer, default: 1, name: Size}
      cost: {type: money, name: Cost}
      note: {type: text, name: Note}
      shelf: {type: text, default: =code, name: Shelf}
      owner: {type: user, default: =me, name: Owner}
    checks: [{that: size < 50, at: size, called: small, say: Size is below fifty}]
    states: {open: Open, waiting: {name: Waiting, edit: [size]}, closed: {name: Closed, edit: [note]}}
    effective: [open, waiting, closed]
    posts: [{to: room, keys: {shelf: shelf}, add: {used: size}}]
    actions:
      submit: {from: open, to: waiting, start: approval, name: Submit}
      close: {from: open, to: closed, name: Close}
      grant: {from: waiting, to: closed, by: flow, name: Grant}
      refuse: {from: waiting, to: open, by: flow, name: Refuse}
  log: {fields: {what: {type: text, required: true}}}
  errand:
    fields:
      door: {type: text, required: true}
      verb: {type: text, required: true}
      target: {type: link, to: thing}
      code: text
      name: text
      kind: text
      size: integer
      cost: money
      note: text
      shelf: text
registers:
  room: {keys: {shelf: text}, measures: {used: integer}, guards: [{that: used <= 60, say: The shelf is full}]}
flows: {approval: {of: thing, steps: [{approve: boss, by: role(manager)}], on_approved: grant, on_rejected: refuse}}
automations:
  tell: {created: thing, do: [{create: log, with: {what: =code}}]}
AUTOMATIONS
access:
  thing:
    sales: {see: "owner = me or contains(code, 'seen')", create: true, delete: owner = me, import: true,
            edit: {when: owner = me, fields: [code, name, kind, size, note, shelf, owner]}}
    manager: full
  errand: {sales: full}
  log: {sales: {see: true}}
  room: {everyone: {see: true}}
"""
STEPS = {
    "create": "{create: thing, with: {code: =code, name: =name, kind: =kind, size: =size, note: =note, shelf: =shelf}}",
    "size": "{update: target, with: {size: =size}}",
    "note": "{update: target, with: {note: =note}}",
    "cost": "{update: target, with: {cost: =cost}}",
    "close": "{act: close, of: target}",
    "submit": "{act: submit, of: target}",
}
UNCOUNTED = ("sys_session", "sys_login", "sys_token", "sys_reply", "sys_job", "sys_schedule", "sys_worker",
             "sys_event", "sys_device", "sys_import", "sys_import_error")


def app_text() -> str:
    """The app with an automation for each thing that an errand can be about: at once, after the commit, by the
    clock."""
    made = []
    for verb, step in STEPS.items():
        made += [
            f"  within_{verb}: {{created: errand, run: with, when: door = 'within' and verb = '{verb}', do: [{step}]}}",
            f"  after_{verb}: {{created: errand, when: door = 'automation' and verb = '{verb}', do: [{step}]}}",
            f"  timed_{verb}: {{every: 1 hour, each: errand where door = 'timer' and verb = '{verb}',"
            f" do: [{step}, {{set: {{door: done}}}}]}}",
        ]
    return APP.replace("AUTOMATIONS", "\n".join(made))


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody tries: `create` with values, change one field (the verb is its name), or take an action."""

    verb: str
    values: Mapping[str, Any] = field(default_factory=dict)
    target: Ref | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """How a door answered: whether it was done, all that it said, and the HTTP status, code and fields where it tells
    programs."""

    done: bool
    text: str = ""
    status: int = 0
    code: str = ""
    fields: tuple[str, ...] = ()


class House:
    """A site with every door to it."""

    def __init__(self, url: str, folder: Path) -> None:
        assert app_from(app_text())            # what is wrong with it is told before there is a database
        self.shop = peopled(url, app_text())
        self.folder = folder
        self.door = Door(self.shop)
        self.program: Program = self.door.program("li")
        self.work()                            # the schedules are taken up
        with self.shop.site.database.read() as connection:
            self.tables = sorted(set(inspect(connection).get_table_names()) - set(UNCOUNTED))

    def snapshot(self) -> dict[str, list[str]]:
        """Every row of every table, but for what visits and jobs write about themselves."""
        with self.shop.site.database.read() as connection:
            return {
                name: sorted(str(tuple(row)) for row in connection.exec_driver_sql(f'select * from "{name}"'))
                for name in self.tables
            }

    def work(self, hours: float = 0) -> None:
        """Run the jobs that are due, that much later."""
        self.shop.now += dt.timedelta(hours=hours)
        drain(self.shop.site, handlers(self.shop.site), self.shop.now)

    def failures(self) -> str:
        """What jobs that wait for another try say."""
        with self.shop.site.database.read() as connection:
            found = connection.exec_driver_sql("select error from sys_job where state not in ('done', 'cancelled')")
            return "\n".join(row[0] or "" for row in found)

    def clear(self) -> None:
        """Give up jobs and errands that failed: no later test shall find them."""
        with self.shop.site.database.write() as connection:
            connection.exec_driver_sql("update sys_job set state = 'cancelled' where state <> 'done'")
        with self.shop.site.database.read() as connection:
            left = [row[0] for row in connection.exec_driver_sql("select id from shop__errand where door <> 'done'")] \
                if "shop__errand" in self.tables else []
        for id in left:
            self.shop.update("app", Ref("errand", id), door="done")

    def errand(self, door: str, order: Order, login: str = "li") -> None:
        """Leave word of what an automation is to do."""
        target = {} if order.target is None else {"target": order.target.id}
        self.shop.create(login, "errand", door=door, verb=order.verb, **target, **order.values)


# ---- the doors


def api(house: House, order: Order) -> Said:
    """The REST API, one record at a time."""
    base = "/api/shop/thing"
    if order.target is None:
        return _of_json(house.program.post(base, dict(order.values)))
    one = f"{base}/{order.target.id}"
    if order.values:
        return _of_json(house.program.patch(one, dict(order.values)))
    return _of_json(house.program.post(f"{one}/actions/{order.verb}"))


def bulk(house: House, order: Order) -> Said:
    """Many at once over the API: all or none."""
    return _of_json(house.program.post("/api/shop/thing/bulk", {"atomic": True, "items": [_item(order)]}))


def each(house: House, order: Order) -> Said:
    """Many at once over the API: each by itself."""
    answer = house.program.post("/api/shop/thing/bulk", {"atomic": False, "items": [_item(order)]})
    (result,) = answer.json["results"]
    return _of_problem(result["status"], result.get("problem") or {}, str(result))


def page(house: House, order: Order) -> Said:
    """Forms and buttons of the browser."""
    base = "/apps/shop/records/thing"
    form = {name: str(value) for name, value in order.values.items()}
    path = f"{base}/new" if order.target is None else f"{base}/{order.target.id}"
    if order.target is not None:
        path += "/edit" if order.values else f"/actions/{order.verb}"
    answer = house.door.browser("li").post(path, form)
    fields = re.findall(r'data-jump="([^"]+)"', answer.text)
    return Said(answer.status_code == 303, told(answer) + str(fields), answer.status_code, "", tuple(fields))


def importing(house: House, order: Order) -> Said:
    """A file of one row; an existing record is met by its key."""
    row = {"code": order.code, **order.values}
    (house.folder / "things.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    mapping: dict[str, Any] = {"object": "thing", "file": "things.jsonl", "key": "code", "fields": {n: n for n in row}}
    if not order.values:
        mapping["then"] = [{"act": order.verb}]
    report = imports.run(house.shop.site, "shop", mapping, house.folder, house.shop.actor("li"))
    return Said(
        not report.failed and bool(report.created or report.updated or report.acted),
        " ".join(f"{error.column} {error.message.to('en')}" for error in report.errors),
    )


def within(house: House, order: Order) -> Said:
    """An automation in the transaction of what started it."""
    try:
        house.errand("within", order)
    except Failure as failure:
        return Said(False, _words(failure))
    return Said(True)


def automation(house: House, order: Order) -> Said:
    """An automation after the commit of what started it."""
    house.work()
    text = house.failures()
    return Said(not text, text)


def timer(house: House, order: Order) -> Said:
    """The clock strikes."""
    house.work(hours=1.01)
    text = house.failures()
    return Said(not text, text)


def trial(house: House, order: Order) -> Said:
    """A step of a test that the app declares."""
    shop = house.shop
    stage: Any = SimpleNamespace(app=shop.app, actor=shop.actor)
    clock: Any = SimpleNamespace(now=shop.now)
    runner = Trial(stage, shop.site, clock)
    head: dict[str, Any] = {"create": "thing", "with": dict(order.values)}
    if order.target is not None:
        runner.names["it"] = order.target
        head = {"update": "it", "with": dict(order.values)} if order.values else {"act": order.verb, "of": "it"}
    node, problems = read(json.dumps({"as": "li", **head}), "step.yaml")
    assert isinstance(node, Map) and not problems
    try:
        trials.take(runner, node)
    except Failure as failure:
        return Said(False, _words(failure))
    return Said(True)


DOORS: dict[str, Callable[[House, Order], Said]] = {
    "page": page, "api": api, "bulk": bulk, "each": each, "import": importing, "within": within,
    "automation": automation, "timer": timer, "test": trial,
}
LATER = ("automation", "timer")                # doors behind which nobody stands but the app itself
BY_THE_APP = ("within", *LATER)                # bound by rules, not by the rights of a person


def _item(order: Order) -> dict[str, Any]:
    if order.target is None:
        return {"op": "create", "values": dict(order.values)}
    return {"op": "update" if order.values else order.verb, "id": order.target.id, "values": dict(order.values)}


def _words(failure: Failure) -> str:
    return " ".join([failure.message.to("en"), *(f"{e.field} {e.message.to('en')}" for e in failure.errors)])


def _of_json(answer: Any) -> Said:
    return _of_problem(answer.status_code, answer.json or {}, json.dumps(answer.json, ensure_ascii=False))


def _of_problem(status: int, problem: Mapping[str, Any], text: str) -> Said:
    fields = tuple(error["field"] for error in problem.get("errors", ()))
    return Said(status < 400, text, status, problem.get("code", ""), fields)


def audits(house: House, ref: Ref) -> list[tuple[str, int | None]]:
    """The entries about a record: event and who did it."""
    with house.shop.site.read("shop", SERVICE) as tx:
        number = tx.live.numbers[ref.object]
        found = tx.connection.exec_driver_sql(
            f"select event, actor from sys_audit where object = {number} and record = {ref.id} order by id"
        )
        return [(row[0], row[1]) for row in found]
