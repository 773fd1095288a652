"""A small shop for the tests of the expression language: names to check against, rows to evaluate over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from engine.errors import Location, Problem
from engine.expressions import evaluate
from engine.expressions.compiled import Expression, expression
from engine.expressions.nodes import Get, Source, Stored
from engine.expressions.scope import Frame, Signature, Symbol
from engine.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DURATION,
    INTEGER,
    MONEY,
    NUMBER,
    PERCENT,
    QUANTITY,
    TEXT,
    TIME,
    USER,
    Type,
    choice_of,
    list_of,
    record_of,
    rows_of,
)
from engine.expressions.values import ErrorValue, Ref, Row, Rows, Value

STATES = choice_of("draft", "pending", "approved", "cancelled")
SYSTEM = {
    "id": INTEGER,
    "version": INTEGER,
    "creator": USER,
    "created_at": DATETIME,
    "changed_by": USER,
    "changed_at": DATETIME,
    "title": TEXT,
}
MEMBERS: dict[str, dict[str, Type]] = {
    "order": {
        "number": TEXT,
        "customer": record_of("customer"),
        "date": DATE,
        "state": STATES,
        "status": STATES,
        "lines": rows_of("order.lines"),
        "total": MONEY,
        "discount": PERCENT,
        "qty": QUANTITY,
        "score": NUMBER,
        "held": BOOLEAN,
        "note": TEXT,
        "tags": list_of(TEXT),
        "clock": TIME,
        "span": DURATION,
        "moment": DATETIME,
        "item": record_of("invoice", "order"),
        "kind": choice_of("normal", "credit"),
        "due": DATE,
        "owner": USER,
        "watchers": list_of(USER),
        "warehouse": record_of("warehouse"),
        "category": record_of("category"),
    },
    "order.lines": {
        "parent": record_of("order"),
        "position": INTEGER,
        "product": record_of("product"),
        "qty": QUANTITY,
        "price": MONEY,
        "amount": MONEY,
        "stocked": BOOLEAN,
        "free": QUANTITY,
        "day": DATE,
    },
    "customer": {
        "name": TEXT,
        "credit_limit": MONEY,
        "exposure": MONEY,
        "owner": USER,
        "orders": rows_of("order"),
        "blocked": BOOLEAN,
    },
    "product": {"code": TEXT, "name": TEXT, "category": record_of("category"), "weight": QUANTITY},
    "category": {"name": TEXT, "above": record_of("category")},
    "invoice": {"number": TEXT, "due": DATE, "total": MONEY, "state": choice_of("open", "paid")},
    "warehouse": {"name": TEXT},
    "rate": {"currency": TEXT, "day": DATE, "rate": NUMBER},
    "stock": {
        "product": record_of("product"),
        "warehouse": record_of("warehouse"),
        "on_hand": QUANTITY,
        "reserved": QUANTITY,
    },
    "user": {"name": TEXT, "department": TEXT, "login": TEXT},
}
SOURCES = ("order", "customer", "product", "category", "invoice", "warehouse", "rate", "stock", "user")
DECISIONS = {
    "price_for": Signature(
        "price_for", (("product", record_of("product")), ("qty", QUANTITY)), MONEY, {"price": MONEY, "rule": TEXT}
    ),
    "limit_for": Signature("limit_for", (("kind", choice_of("normal", "credit")),), PERCENT),
}
ROLES = ("sales", "hr", "director", "finance")


@dataclass(frozen=True)
class ShopNames:
    """Names in the scope of a row of `this`; `row` is the candidate inside a source."""

    this: str = "order"
    row: Type | None = None
    more: Mapping[str, Symbol] = field(default_factory=dict)

    @property
    def at_hand(self) -> Type:
        return self.row or record_of(self.this)

    def head(self, name: str) -> Symbol | None:
        if name in self.more:
            return self.more[name]
        words = {"this": record_of(self.this), "me": USER, "old": record_of(self.this)}
        if name in words:
            return Symbol("word", name, words[name])
        found = self.member(self.at_hand, name)
        return None if found is None else Symbol("word" if name == "parent" else "field", name, found)

    def member(self, owner: Type, name: str) -> Type | None:
        found = [MEMBERS.get(thing, {}).get(name, SYSTEM.get(name)) for thing in owner.objects]
        return next((kind for kind in found if kind is not None), None)

    def members(self, owner: Type) -> Sequence[str]:
        return [name for thing in owner.objects for name in (*MEMBERS.get(thing, {}), *SYSTEM)]

    def source(self, name: str) -> Type | None:
        return rows_of(name) if name in SOURCES or name in MEMBERS and "." in name else None

    def heads(self) -> Sequence[str]:
        return [*self.members(self.at_hand), *self.more, "this", "me", "old", *SOURCES]

    def decision(self, name: str) -> Signature | None:
        return DECISIONS.get(name)

    def roles(self) -> Sequence[str]:
        return ROLES

    def within(self, candidate: Type, aliases: Mapping[str, Type]) -> ShopNames:
        kept = {name: symbol for name, symbol in self.more.items() if name != "rows"}
        return ShopNames(
            self.this, candidate, kept | {name: Symbol("alias", name, kind) for name, kind in aliases.items()}
        )


class Thing(Row):
    """A record in memory."""

    def __init__(self, object: str, id: int | None = None, values: Mapping[str, Any] | None = None) -> None:
        self.thing, self.number = object, id
        self.values: dict[str, Any] = dict(values or {})

    @property
    def object(self) -> str:
        return self.thing

    @property
    def id(self) -> int | None:
        return self.number

    def get(self, name: str) -> Value:
        if name == "id":
            return None if self.id is None else Decimal(self.id)
        return self.values.get(name)

    def label(self, name: str, language: str) -> str:
        labels = {("state", "zh"): {"draft": "草稿", "approved": "已审核"}, ("state", "en"): {"draft": "Draft"}}
        return labels.get((name, language), {}).get(self.values.get(name, ""), "")


@dataclass
class Shop:
    """The world of the tests: stored rows by object, a fixed clock."""

    stored: dict[str, list[Thing]] = field(default_factory=dict)
    now: dt.datetime = dt.datetime(2026, 3, 31, 18, 30, tzinfo=dt.UTC)
    timezone: str = "Asia/Shanghai"
    me: Ref | None = Ref("user", 1, "Li")
    has: dict[int, tuple[str, ...]] = field(default_factory=dict)
    names_raised: tuple[str, ...] = ()
    totals: bool = False

    @property
    def today(self) -> dt.date:
        return dt.date(2026, 4, 1)

    def record(self, ref: Ref) -> Thing | None:
        return next((thing for thing in self.stored.get(ref.object, ()) if thing.id == ref.id), None)

    def find(self, object: str, key: str) -> Ref | None:
        for thing in self.stored.get(object, ()):
            if key in (thing.values.get("code"), thing.values.get("name"), thing.values.get("number")):
                return Ref(object, thing.id or 0, key)
        return None

    def rows(self, source: Source, frame: Frame) -> Sequence[Any]:
        if isinstance(source.base, Stored):
            items: Sequence[Any] = self.stored.get(source.base.name, [])
        else:
            assert isinstance(source.base, Get)
            owner = evaluate.evaluate(source.base.owner, frame)
            thing = self.record(owner) if isinstance(owner, Ref) else owner
            found = thing.values.get(source.base.name, ()) if isinstance(thing, Thing) else ()
            items = found.items if isinstance(found, Rows) else found
        kept = evaluate.refine(source, items, frame)
        return () if isinstance(kept, ErrorValue) else kept

    def total(self, function: str, source: Source, value: object, frame: Frame) -> tuple[bool, Value]:
        return False, None

    def decide(self, name: str, arguments: Sequence[Value]) -> Any:
        if name == "price_for":
            return {"price": Decimal(95), "rule": "contract"}
        return Decimal("0.1") if arguments == ["credit"] else None

    def has_role(self, user: Ref, role: str) -> bool:
        return role in self.has.get(user.id, ())

    def people(self, question: str, argument: Value) -> Value:
        answers: dict[str, Any] = {
            "manager_of": Ref("user", 9, "Boss"),
            "role": (Ref("user", 7, "A"), Ref("user", 8, "B")),
        }
        return answers.get(question)

    def raised(self, name: str) -> bool:
        return name in self.names_raised


HERE = Location("app.yaml", 3, 10, "objects.order")


def checked(text: str, names: ShopNames | None = None, **options: Any) -> Expression:
    """The checked expression; a problem fails the test."""
    result = expression(text, HERE, names or ShopNames(), **options)
    assert isinstance(result, Expression), [str(problem) for problem in result]
    return result


def problems_of(text: str, names: ShopNames | None = None, **options: Any) -> list[Problem]:
    """The problems of an expression; one without any fails the test."""
    result = expression(text, HERE, names or ShopNames(), **options)
    assert isinstance(result, list), f"no problem in {text}"
    return result


def value_of(
    text: str, this: Thing | None = None, world: Shop | None = None, names: ShopNames | None = None, **more: Any
) -> Value:
    """The value of an expression over a row of `order`."""
    row = this or Thing("order", 1)
    return checked(text, names).value(Frame(world or Shop(), row, **more))  # type: ignore[arg-type]


def lines(*rows: Mapping[str, Any], parent: Thing | None = None) -> Rows:
    """Lines of an order."""
    items = [
        Thing("order.lines", place, {"position": Decimal(place), "parent": parent, **row})
        for place, row in enumerate(rows, 1)
    ]
    return Rows(tuple(items))
