"""New records are made together where their rules permit; every kind of rule refuses there as it does one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.runtime.services import batching, commands, imports, reading
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import Actor
from engine.runtime.storage.database import Database
from engine.runtime.storage.system import AUDIT

HEAD = """
app: shop
languages: [zh, en]
currency: CNY
roles: {importer: 导入员}
objects:
  region: {key: code, fields: {code: {type: text, required: true, unique: true}, open: {type: boolean, default: true}}}
  thing:
    key: code
    title: "{code}"
    fields:
      code: {type: text, required: true, unique: true, search: true}
      name: text
      number: integer
      day: date
      region: {type: link, to: region}
      %s
    %s
access:
  region: {importer: full}
  thing: {importer: %s}
"""
FULL = "full"
GOOD = "r,n{0},{0},2020-01-01,A"
RULES: dict[str, tuple[str, str, str, str]] = {                # further fields, keys of the object, access, a bad row
    "required": ("", "", FULL, ",x,5,2020-01-01,A"),
    "required when": ("extra: {type: text, required: number > 90}", "", FULL, "bad,x,95,2020-01-01,A"),
    "type": ("", "", FULL, "bad,x,abc,2020-01-01,A"),
    "day": ("", "", FULL, "bad,x,5,2020-02-31,A"),
    "link": ("", "", FULL, "bad,x,5,2020-01-01,NOWHERE"),
    "unique": ("serial: {type: text, unique: true, default: =name}", "", FULL, "bad,n3,5,2020-01-01,A"),
    "unique together": ("", "unique: [[name, number]]", FULL, "bad,n3,3,2020-01-01,A"),
    "min": ("low: {type: integer, default: =number, min: 1}", "", FULL, "bad,x,0,2020-01-01,A"),
    "max": ("late: {type: date, default: =day, max: \"date(2021, 1, 1)\"}", "", FULL, "bad,x,5,2022-01-01,A"),
    "field check": ("even: {type: integer, default: =number, check: even != 13}", "", FULL, "bad,x,13,2020-01-01,A"),
    "check": ("", "checks: [{that: number != 13, say: {zh: 不吉利, en: unlucky}}]", FULL, "bad,x,13,2020-01-01,A"),
    "check at": ("", "checks: [{that: number != 13, at: number, say: {zh: 不, en: no}}]", FULL,
                 "bad,x,13,2020-01-01,A"),
    "warning": ("", "checks: [{that: number != 13, called: odd, level: warning, say: {zh: 不, en: no}}]", FULL,
                "bad,x,13,2020-01-01,A"),
    "formula": ("half: {formula: number / (number - 13), type: decimal}",
                "checks: [{that: half != 0, say: {zh: 不, en: no}}]", FULL, "bad,x,13,2020-01-01,A"),
    "where": ("other: {type: link, to: region, where: open, default: =region}", "", FULL, "bad,x,5,2020-01-01,SHUT"),
    "row rule": ("", "", "{see: true, create: number != 13, import: true}", "bad,x,13,2020-01-01,A"),
    "edit": ("note: {type: text, edit: number != 13}", "", FULL, "bad,x,13,2020-01-01,A"),
}
IMPORTER = Actor("user", 1, "in", "In", frozenset({"importer"}), language="en")


class Outcome:
    """What one import left: its report, the records, their history."""

    def __init__(self, url: str, folder: Path, text: str, rows: list[str], extra: str) -> None:
        database = Database(url)
        site = Site(database)
        site.publish({"app.yaml": text})
        site.run("shop", IMPORTER, lambda tx: [
            commands.create(tx, "region", {"code": code, "open": code == "A"}) for code in ("A", "SHUT")
        ])
        heading = "code,name,number,day,region" + (",note" if extra else "")
        cells = [row + (",given" if extra and row.startswith("bad") else "," if extra else "") for row in rows]
        (folder / "a.csv").write_text("\n".join([heading, *cells]), encoding="utf-8")
        mapping = {"object": "thing", "file": "a.csv", "dates": ["YYYY-MM-DD"], "numbers": "1,234.5"}
        self.alone = batching.alone(site.apps()[0], "thing")
        report = imports.run(site, "shop", mapping, folder, IMPORTER)
        self.counts = (report.created, report.updated, report.unchanged, report.failed)
        self.errors = [(error.row, error.column, error.message.to("en")) for error in report.errors]
        with site.read("shop", IMPORTER) as tx:
            page = reading.page(tx, "thing", reading.Query(limit=200, search="r"))
            found = sorted(page.items, key=lambda record: record.id or 0)
            self.records = [dict(record.values) for record in found]
            self.history = [
                (row.event, row.action, {k: v for k, v in row.changes.items() if k != "region"}, row.actor_name)
                for row in tx.connection.execute(select(AUDIT).order_by(AUDIT.c.id)) if row.object
                == tx.live.numbers["thing"]
            ]
        database.close()


@pytest.fixture
def urls(tmp_path: Path) -> Iterator[list[str]]:
    yield [f"sqlite:///{tmp_path / name}.db" for name in ("together", "alone")]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_refuses_in_a_batch_as_it_does_alone(
    rule: str, urls: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields, keys, grant, bad = RULES[rule]
    rows = [f"r{n:02}," + GOOD.format(n).partition(",")[2] for n in range(1, 11)]
    rows.insert(6, bad)
    text = HEAD % (fields, keys, grant)
    together = Outcome(urls[0], tmp_path, text, rows, "note" if rule == "edit" else "")
    monkeypatch.setattr(batching, "alone", lambda live, name: False)
    alone = Outcome(urls[1], tmp_path, text, rows, "note" if rule == "edit" else "")
    assert together.alone, "the fast way is the one that is tested"
    assert together.counts == alone.counts == (10, 0, 0, 1)
    assert [row for row, _, _ in together.errors] == [8]
    assert together.errors == alone.errors
    assert together.records == alone.records and len(together.records) == 10
    assert together.history == alone.history


def test_what_rules_refuse_is_taken_out_at_once(
    urls: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields, keys, grant, bad = RULES["check at"]
    rows = [f"r{n:02}," + GOOD.format(n).partition(",")[2] for n in range(20, 40)]
    rows[3:3], rows[11:11] = [bad], [bad.replace("bad", "worse")]
    tried: list[int] = []
    create_many = commands.create_many

    def counted(*args: Any, **more: Any) -> Any:
        tried.append(len(args[2]))
        return create_many(*args, **more)

    monkeypatch.setattr(commands, "create_many", counted)
    found = Outcome(urls[0], tmp_path, HEAD % (fields, keys, grant), rows, "")
    assert found.counts == (20, 0, 0, 2)
    assert [(row, column) for row, column, _ in found.errors] == [(5, "number"), (13, "number")]
    assert tried == [22, 20], "all together, then all that are sound: nothing is halved"


LOOKING = {
    "counting": "checks: [{that: \"count(thing) <= 5\", say: {zh: 满, en: full}}]",
    "guard": "posts: [{to: stock, keys: {region: region}, add: {qty: number}}]",
    "above": "states: {draft: 草稿}\n    unique: [{of: [name], when: number > 3}]",
}


@pytest.mark.parametrize("rule", LOOKING)
def test_what_looks_at_others_is_made_one_by_one(rule: str, urls: list[str], tmp_path: Path) -> None:
    text = HEAD % ("", LOOKING[rule], FULL)
    if rule == "guard":
        text = text.replace("access:", """registers:
  stock:
    keys: {region: {type: link, to: region}}
    measures: {qty: decimal}
    guards: [{that: qty <= 15, say: {zh: 满, en: full}}]
access:""")
    rows = [f"r{n:02}," + GOOD.format(n).partition(",")[2] for n in range(1, 11)]
    found = Outcome(urls[0], tmp_path, text, rows, "")
    assert not found.alone
    if rule != "above":
        assert (found.counts[0], found.counts[3]) == (5, 5)
        assert [row for row, _, _ in found.errors] == [7, 8, 9, 10, 11]


def test_batches_on_both_databases(database_url: str, tmp_path: Path) -> None:
    rows = [f"r{n:03}," + GOOD.format(n).partition(",")[2] for n in range(1, 301)]
    rows[100] = rows[100].replace(",A", ",NOWHERE")
    rows[200] = rows[50]
    found = Outcome(database_url, tmp_path, HEAD % ("no: {type: autonumber, format: \"T{seq:4}\"}", "", FULL), rows, "")
    assert found.alone and found.counts == (298, 0, 1, 1)
    assert found.errors[0][:2] == (102, "region")
    numbers = [record["no"] for record in found.records]
    assert numbers == [f"T{n:04}" for n in range(99, 299)]        # the page shows the last 200
