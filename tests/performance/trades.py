"""A trade whose records link to each other in every way that lists, forms and boards show: for counting statements."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from engine.definitions.compile import app_from
from engine.runtime.services import commands, inputs
from engine.runtime.services.identity import people, signing
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx
from engine.runtime.web.app import create_app

T = TypeVar("T")
TRADE = """
app: trade
languages: [en]
currency: EUR
roles: {clerk: Clerk}
objects:
  country: {title: "{name}", fields: {name: {type: text, required: true}}}
  region:
    title: "{name}, {country.name}"
    fields: {name: text, country: {type: link, to: country}, above: {type: link, to: region, tree: true}}
    views: {tree: {tree: above, sort: name, card: [country]}}
  customer:
    title: "{name} ({region.name})"
    fields: {name: {type: text, search: true}, region: {type: link, to: region}}
  product: {key: code, title: "{code}", fields: {code: {type: text, unique: true}, maker: {type: link, to: customer}}}
  receipt:
    fields: {lines: {type: lines, fields: {product: {type: link, to: product}, qty: quantity}}}
    states: {draft: {}, posted: {}}
    effective: posted
    actions: {post: {from: draft, to: posted}}
    posts: [{to: stock, each: lines, keys: {product: product}, add: {on_hand: qty}}]
  order:
    key: number
    title: "{number} {customer.name}"
    fields:
      number: {type: autonumber, format: "T{seq:6}"}
      date: {type: date, default: =today()}
      customer: {type: link, to: customer, required: true, back: orders}
      owner: {type: user, default: =me}
      photo: image
      lines:
        type: lines
        fields:
          product: {type: link, to: product, required: true}
          qty: {type: quantity, required: true}
          price: money
          amount: {formula: "round(qty * price, 2)", type: money}
          free: {balance: stock.available}
      total: {formula: sum(lines.amount), type: money}
    states: {draft: {}, waiting: {}, placed: {}}
    effective: placed
    actions:
      submit: {from: draft, to: waiting, start: approval, bulk: true}
      place: {from: waiting, to: placed, by: flow}
      refuse: {from: waiting, to: draft, by: flow}
    posts: [{to: stock, each: lines, keys: {product: product}, add: {reserved: qty}}]
    views:
      all: {list: [number, date, customer, customer.region.country.name, owner, total, status], sort: [-date]}
      board: {kanban: state, card: [customer, owner]}
      days: {calendar: date, card: [customer, owner, total], color: status}
      plan: {timeline: date, group: customer, card: [owner], color: status}
      pictures: {gallery: [photo, customer, owner, total]}
registers:
  stock:
    keys: {product: {type: link, to: product}}
    measures: {on_hand: quantity, reserved: quantity}
    formulas: {available: on_hand - reserved}
    guards: [available >= 0]
flows: {approval: {of: order, steps: [{approve: boss, by: role(clerk)}], on_approved: place, on_rejected: refuse}}
dashboards:
  board:
    by: [role(clerk)]
    cards:
      - {list: order, columns: [number, customer, owner, total], sort: -date, top: 50}
      - {number: "sum(order, total)"}
access: {any: {clerk: full}}
"""
SEVERAL = re.compile(r"\([?%][^()]*\)")        # values in brackets, however many
PASSWORD = "correct horse"
PLENTY = "1000000"


class Trade:
    """The trade on a fresh database with its web application; `clerk` may do everything."""

    def __init__(self, url: str) -> None:
        self.site = Site(Database(url))
        self.site.publish(app_from(TRADE).texts)
        people.add_user(self.site, "clerk", "Clerk", PASSWORD, roles={"trade": ["clerk"]}, language="en")
        person = people.find(self.site, "clerk")
        assert person is not None
        self.client: FlaskClient = create_app(self.site).test_client(use_cookies=False)
        self.program = {"Authorization": f"Bearer {people.make_token(self.site, person.id)}"}
        self.person = {"Cookie": f"sid={signing.sign_in(self.site, 'clerk', PASSWORD, '127.0.0.1').token}"}
        self.made = 0
        self.top: int | None = None            # the region above all others

    def add(self, object: str, **values: Any) -> int:
        """A record of the app's own."""

        def command(tx: Tx) -> int:
            return commands.create(tx, object, inputs.read(tx, object, values)).id or 0

        return self.site.run("trade", SERVICE, command)

    def party(self) -> tuple[int, str]:
        """A customer of a region and a country of their own, and a product of a maker of its own, in stock."""
        self.made += 1
        name = f"{self.made:03}"
        country = self.add("country", name=name)
        region = self.add("region", name=name, country=country, above=self.top)
        self.top = self.top or region
        customer = self.add("customer", name=name, region=region)
        self.add("product", code=name, maker=customer)
        receipt = self.add("receipt", lines=[{"product": name, "qty": PLENTY}])
        self.site.run("trade", SERVICE, lambda tx: commands.act(tx, "receipt", receipt, "post") and None)
        return customer, name

    def call(self, method: str, path: str, body: Any = None) -> TestResponse:
        headers = self.program if path.startswith("/api/") else self.person
        answer = self.client.open(path, method=method, json=body, headers=headers)
        assert answer.status_code < 300, (method, path, answer.text[:500])
        return answer

    def order(self, customer: int, products: Sequence[str]) -> int:
        """An order as a program enters it."""
        lines = [{"product": code, "qty": "2", "price": "9.99"} for code in products]
        made = self.call("POST", "/api/trade/order", {"customer": customer, "lines": lines})
        return int(made.get_json()["id"])

    def submit(self, id: int) -> None:
        self.call("POST", f"/api/trade/order/{id}/actions/submit", {})

    def counted(self, work: Callable[[], object]) -> list[str]:
        """The statements that a piece of work sends to the database, at its second time (the first builds things)."""
        work()
        with watched(self.site) as seen:
            work()
        return seen


@contextmanager
def watched(site: Site) -> Iterator[list[str]]:
    """What is sent to the database: one entry per statement and set of values."""
    seen: list[str] = []
    here = threading.get_ident()               # what runs in the background is not counted

    def note(connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        if threading.get_ident() == here:
            seen.append(SEVERAL.sub("(…)", " ".join(statement.split())))

    for engine in site.database.engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in site.database.engines:
            event.remove(engine, "before_cursor_execute", note)
