"""`python -m bench.inbox [INSTANCES]`: the inbox of somebody with 10,000 open tasks among so many approvals, beside SQL
by hand for the same page. Both in one process; the middle of the times on the processor is printed."""

from __future__ import annotations

import datetime as dt
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import render_template_string
from sqlalchemy import Table, insert, text

from engine.definitions.compile import app_from
from engine.runtime.services.identity import people
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database
from engine.runtime.storage.flow_tables import INSTANCES, TASKS, VISITS
from engine.runtime.web.app import create_app
from tests.clusters import NoServer, fresh_database, running_cluster
from tests.web.doors import PASSWORD, Browser

APP = """
app: bench
languages: [zh]
timezone: Asia/Shanghai
currency: CNY
roles: {staff: 员工, boss: 经理}
objects:
  claim:
    name: 报销单
    title: "{number}"
    fields: {number: text, amount: money, reason: text}
    states: {draft: 草稿, pending: 审批中, paid: 已付}
    actions:
      submit: {from: draft, to: pending, start: approval}
      pay: {from: pending, to: paid, by: flow}
      back: {from: pending, to: draft, by: flow}
flows:
  approval:
    of: claim
    steps: [{approve: boss, by: role(boss), show: [amount, reason]}]
    on_approved: pay
    on_rejected: back
access: {claim: {boss: {see: true}, staff: {see: creator = me, create: true, submit: creator = me}}}
"""
BY_HAND = """
SELECT t.id, t.due_at, t.created_at, i.title, i.initiator, u.name, c.amount, c.reason
FROM sys_flow_task t JOIN sys_flow_instance i ON i.id = t.instance JOIN sys_flow_visit v ON v.id = t.visit
JOIN sys_user u ON u.id = i.initiator JOIN {claims} c ON c.id = i.record
WHERE t.assignee = :me AND t.status = 'pending' AND i.status = 'running' AND i.app = 'bench' AND {due}
ORDER BY {order} LIMIT 50
"""
COUNT = "SELECT count(*) FROM (SELECT 1 FROM sys_flow_task WHERE assignee = :me AND status = 'pending' LIMIT 1000) AS s"
PAGE = """<h1>{{ count }}</h1><ul>{% for r in rows %}<li><input type="checkbox" value="{{ r.id }}">
<a href="/{{ r.id }}">{{ r.title }}</a> {{ r.name }} {{ r.created_at }}
{{ r.due_at }} {{ r.amount }} {{ r.reason }}</li>{% endfor %}</ul>"""
MINE = 10_000
ROUNDS = 15


def fill(site: Site, count: int, me: int, other: int) -> None:
    """As many approvals, 10,000 of which wait for one person; half of these have a deadline."""
    now = dt.datetime.now(dt.UTC)
    with site.database.write() as connection:
        live = site.live(connection, "bench")
        claims, number = live.tables.objects["claim"], live.numbers["claim"]
        tables: tuple[Table, ...] = (claims, INSTANCES, VISITS, TASKS)
        rows: tuple[list[dict[str, Any]], ...] = ([], [], [], [])
        every = max(1, count // MINE)
        for n in range(1, count + 1):
            open_, at = n % every == 0, now - dt.timedelta(minutes=n)
            due = at + dt.timedelta(days=3) if open_ and n // every % 2 else None
            for table, row in zip(rows, made(n, number, open_, at, due, me, other), strict=True):
                table.append(row)
            if n % 5000 == 0 or n == count:
                for table, batch in zip(tables, rows, strict=True):
                    connection.execute(insert(table), batch)
                    batch.clear()
    if site.database.dialect == "postgresql":
        with site.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def made(
    n: int, number: int, open_: bool, at: dt.datetime, due: dt.datetime | None, me: int, other: int
) -> Iterator[dict[str, Any]]:
    """One approval: its record, instance, visit and task."""
    status = "running" if open_ else "approved"
    yield {"id": n, "number": f"C{n:07d}", "amount": "100", "reason": "差旅", "state": "pending", "status": "pending",
           "version": 1, "created_at": at, "changed_at": at, "created_by": other, "changed_by": other}
    yield {"id": n, "app": "bench", "flow": "approval", "version": 1, "object": number, "record": n, "initiator": other,
           "status": status, "round": 1, "raised": [], "title": f"C{n:07d}", "started_at": at,
           "ended_at": None if open_ else at}
    yield {"id": n, "instance": n, "token": n, "at": "0", "step": "boss", "kind": "approve", "seq": 1, "round": 1,
           "status": "open" if open_ else "closed", "outcome": "" if open_ else "approved", "mode": "any", "need": "",
           "reject": "at_once", "arms": [], "trace": [], "cause": "normal", "opened_at": at, "closed_at": None}
    yield {"id": n, "instance": n, "visit": n, "slot": 1, "assignee": me if open_ else other,
           "owner": me if open_ else other, "origin": "resolved", "status": "pending" if open_ else "done",
           "decision": "" if open_ else "approve", "cancel_reason": "", "via": "" if open_ else "human",
           "done_by": None if open_ else other, "opinion": "", "flag": "", "moves": 0, "lock_version": 1,
           "created_at": at, "done_at": None if open_ else at, "due_at": due}


def middle(work: Callable[[], object]) -> float:
    """Milliseconds on the processor (of this process; a server's own work is not among them)."""
    clock = time.process_time
    work()
    times = []
    for _ in range(ROUNDS):
        began = clock()
        work()
        times.append(1000 * (clock() - began))
    return statistics.median(times)


def measure(name: str, url: str, count: int) -> None:
    """Fill a site and print what its inbox takes."""
    site = Site(Database(url))
    try:
        site.publish(app_from(APP).texts)
        me = people.add_user(site, "wang", "王强", PASSWORD, roles={"bench": ["boss"]}, language="zh")
        other = people.add_user(site, "li", "李敏", PASSWORD, roles={"bench": ["staff"]}, language="zh")
        fill(site, count, me, other)
        with site.database.read() as connection:
            claims = site.live(connection, "bench").tables.objects["claim"].fullname
        application = create_app(site)
        browser = Browser(application.test_client(), "zh").sign_in("wang")
        first = BY_HAND.format(claims=claims, due="t.due_at IS NOT NULL", order="t.due_at, t.id")

        def ours() -> None:
            assert browser.get("/apps/bench/tasks").text.count('class="fw-task-title"') == 50

        def theirs() -> None:
            with site.database.read() as connection, application.app_context():
                number = connection.execute(text(COUNT), {"me": me}).scalar_one()
                rows = connection.execute(text(first), {"me": me}).all()
                assert render_template_string(PAGE, rows=rows, count=number).count("<li>") == 50

        for path in ("", "?sort=new", "?due=none", "?q=C00", "?box=done", "?box=started"):
            def page(path: str = path) -> None:
                assert browser.get(f"/apps/bench/tasks{path}").status_code == 200

            print(f"{name:<11} {count:>9,} approvals  /tasks{path:<12} {middle(page):7.1f} ms", flush=True)
        engine, hand = middle(ours), middle(theirs)
        told = f"by hand {hand:12.1f} ms   ratio {engine / hand:.1f}"
        print(f"{name:<11} {count:>9,} approvals  {told}", flush=True)
    finally:
        site.database.close()


def main() -> None:
    """On SQLite and, if there is a server, on PostgreSQL."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="formwork-bench-") as folder:
        measure("SQLite", f"sqlite:///{Path(folder) / 'site.db'}", count)
    try:
        with running_cluster() as address, fresh_database(address, "bench_inbox") as url:
            measure("PostgreSQL", url, count)
    except NoServer as error:
        print(f"PostgreSQL was not measured: {error}")


if __name__ == "__main__":
    main()
