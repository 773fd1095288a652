"""A small shop to import into: customers, products, orders with lines and a state machine. Knows no test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.runtime.services import imports, reading
from engine.runtime.services.records import Record
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import Actor
from tests.standing import stand

APP = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
currency: CNY
roles: {clerk: 职员, importer: 导入员, guest: 访客}
objects:
  category:
    key: name
    fields:
      name: {type: text, required: true, unique: true}
      above: {type: link, to: category, tree: true}
  customer:
    name: {zh: 客户, en: Customer}
    key: code
    title: "{code} {name}"
    fields:
      code: {type: text, required: true, unique: true, zh: 编码, en: Code}
      name: {type: text, required: true, zh: 名称, en: Name, also: [CompanyName]}
      grade: {type: choice, options: {a: {zh: A级, en: grade A}, b: {zh: B级, en: grade B}}, default: b}
      limit: {type: money, min: 0}
      since: date
      called_at: datetime
      active: {type: boolean, default: true}
      share: percent
      secret: text
      tags: tags
  product:
    key: code
    fields:
      code: {type: text, required: true, unique: true}
      name: text
      category: {type: link, to: category}
      price: money
  sales_order:
    key: number
    title: "{number}"
    fields:
      number: {type: autonumber, format: "SO{seq:4}"}
      customer: {type: link, to: customer, required: true}
      date: date
      note: text
      keeper: user
      reason: {type: text, readonly: true}
      lines:
        type: lines
        fields:
          product: {type: link, to: product, required: true}
          qty: {type: quantity, required: true, min: 0.001}
          price: money
          amount: {formula: "qty * price", type: money}
      total: {formula: sum(lines.amount), type: money}
    checks:
      - {that: total <= 1000, say: {zh: 金额过大, en: Too much money}, called: large, level: warning}
    states:
      draft: {zh: 草稿, en: Draft}
      open: {zh: 未结, en: Open}
      done: {zh: 完成, en: Done, final: true}
    actions:
      take_over: {from: draft, to: open, by: role(importer)}
      finish: {from: open, to: done, ask: [reason], by: role(importer)}
access:
  any:
    clerk: {see: true, create: true, edit: true}
    importer: {see: true, create: true, edit: true, import: true, export: true}
    guest: {see: true}
"""

IMPORTER = Actor("user", 1, "in", "In", frozenset({"importer"}), language="en")
CLERK = Actor("user", 2, "li", "Li", frozenset({"clerk"}), language="en")


class Shop:
    """A site with the shop, a folder for files, and short ways to import and to look."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.folder = folder

    def file(self, name: str, text: str) -> str:
        """A file in the folder; its name."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def run(self, mapping: dict[str, Any] | str, *, actor: Actor = IMPORTER, **options: Any) -> imports.Report:
        """Import by a mapping, given as data or as its text."""
        plain = imports.read_mapping(mapping, "map.yaml") if isinstance(mapping, str) else mapping
        return imports.run(self.site, "shop", plain, self.folder, actor, **options)

    def records(self, object: str) -> list[dict[str, Any]]:
        """Every record as a mapping, oldest first, with its state."""
        with self.site.read("shop", IMPORTER) as tx:
            found = reading.page(tx, object, reading.Query(limit=200)).items
            return [{**_fields(record), "state": record.state} for record in sorted(found, key=lambda r: r.id or 0)]

    def count(self, object: str) -> int:
        return len(self.records(object))


def _fields(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in record.definition.fields.values():
        if field.kind == "lines":
            found[field.name] = [_fields(line) for line in record.lines(field.name)]
        else:
            found[field.name] = field.to_json(record.get(field.name))
            if isinstance(found[field.name], dict):
                found[field.name] = found[field.name]["id"]
    return found


@contextmanager
def shop_at(url: str, folder: Path) -> Iterator[Shop]:
    """The shop in a fresh database."""
    site = stand(url, "import shop", lambda site: site.publish({"app.yaml": APP}))
    try:
        yield Shop(site, folder)
    finally:
        site.database.close()
