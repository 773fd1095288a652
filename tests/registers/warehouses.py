"""An app of two registers that hang on each other, and a warehouse that runs on it: what the model tests act on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from engine.definitions.compile import app_from
from engine.expressions.values import Ref
from engine.runtime.services import commands, inputs, reading
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.live import Tx
from tests.standing import stand

T = TypeVar("T")
FIRST = dt.date(2026, 5, 20)

PAPERS = """\
  place: {key: code, title: "{code}", fields: {code: {type: text, required: true, unique: true}}}
  paper:
    abstract: true
    fields: {date: {type: date, required: true}}
    states: {draft: Draft, posted: {name: Posted, edit: [date, lines, lines+]}, ended: {name: Ended, final: true}}
    effective: [posted]
    actions:
      post: {from: draft, to: posted}
      undo: {from: posted, to: draft}
      cancel: {from: posted, to: ended, end: =today()}
"""
TEXT = """
app: depot
name: Depot
objects:
  item: {key: code, title: "{code}", fields: {code: {type: text, required: true, unique: true}}}
PAPERS  entry:
    like: paper
    fields:
      lines:
        type: lines
        fields:
          item: {type: link, to: item, required: true}
          place: {type: link, to: place, required: true}
          qty: quantity
    posts: [{to: stock, each: lines, keys: {item: item, place: place}, add: {on_hand: qty}}]
  order:
    like: paper
    fields:
      lines:
        type: lines
        fields:
          item: {type: link, to: item, required: true}
          place: {type: link, to: place, required: true}
          qty: quantity
          to_ship: {balance: progress.to_ship, keys: {line: this}}
      open: {formula: sum(lines.to_ship), type: quantity}
    states: {shipped: {name: Shipped, within: posted, when: open = 0}}
    posts:
      - {to: progress, each: lines, keys: {line: this}, add: {ordered: qty}}
      - {to: stock, each: lines, keys: {item: item, place: place}, add: {reserved: to_ship}}
  shipment:
    like: paper
    fields:
      lines:
        type: lines
        fields:
          line: {type: link, to: order.lines, required: true}
          item: {type: link, to: item, required: true}
          place: {type: link, to: place, required: true}
          qty: quantity
    posts:
      - {to: progress, each: lines, keys: {line: line}, add: {shipped: qty}}
      - {to: stock, each: lines, keys: {item: item, place: place}, add: {on_hand: -qty}}
registers:
  progress:
    keys: {line: {type: link, to: order.lines}}
    measures: {ordered: quantity, shipped: quantity}
    formulas: {to_ship: "max(ordered - shipped, 0)"}
    guards: [{that: shipped <= ordered, say: "{need} shipped too many"}]
    closed: carry
  stock:
    keys: {item: {type: link, to: item}, place: {type: link, to: place}}
    measures: {on_hand: quantity, reserved: quantity}
    formulas: {available: on_hand - reserved}
    guards:
      - {that: available >= 0, per: item, say: "{need} reserved too many"}
      - {that: on_hand >= 0, at: every date, say: "{need} missing on {day}"}
    closed: refuse
periods:
  books: {of: [progress, stock]}
access: {any: {everyone: full}}
""".replace("PAPERS", PAPERS)


class Depot:
    """The published app on a database; `today` is its day."""

    def __init__(self, url: str, text: str = TEXT) -> None:
        self.today = FIRST
        self.site = stand(url, ("depot", text), lambda site: site.publish(app_from(text).texts), now=self.now,
                          scratch=url.startswith("sqlite"))

    def now(self) -> dt.datetime:
        return dt.datetime.combine(self.today, dt.time(9), dt.UTC)

    def run(self, function: Callable[[Tx], T]) -> T:
        return self.site.run("depot", SERVICE, function)

    def read(self, function: Callable[[Tx], T]) -> T:
        with self.site.read("depot", SERVICE) as tx:
            return function(tx)

    def create(self, object: str, **values: Any) -> Ref:
        return self.run(lambda tx: commands.create(tx, object, inputs.read(tx, object, values)).ref)

    def update(self, ref: Ref, **values: Any) -> None:
        self.run(lambda tx: commands.update(tx, ref.object, ref.id, inputs.read(tx, ref.object, values)))

    def act(self, ref: Ref, action: str) -> None:
        self.run(lambda tx: commands.act(tx, ref.object, ref.id, action))

    def lines(self, ref: Ref) -> list[int]:
        return self.read(lambda tx: [one.id or 0 for one in reading.get(tx, ref.object, ref.id).lines("lines")])

    def status(self, ref: Ref) -> str:
        return self.read(lambda tx: reading.get(tx, ref.object, ref.id).status)

    def paper(self, object: str, day: dt.date, *lines: Mapping[str, Any]) -> Ref:
        """A paper, posted."""
        made = self.create(object, date=day.isoformat(), lines=[dict(line) for line in lines])
        self.act(made, "post")
        return made
