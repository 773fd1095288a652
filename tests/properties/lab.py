"""An app with a field of every kind, rows full of edge values, and its expressions worked out in every way there is."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, select

from engine.definitions.app import App
from engine.definitions.compile import app_from
from engine.definitions.filters import Reader, everything
from engine.errors import Location, Problem
from engine.expressions import evaluate
from engine.expressions.compiled import Expression, expression
from engine.expressions.nodes import Source, Stored
from engine.expressions.scope import Frame
from engine.expressions.types import DATE, NUMBER, TEXT, Type, record_of
from engine.expressions.values import Duration, Range, Ref, Row, Rows, Value
from engine.runtime.services import commands
from engine.runtime.services.changes import LinesValue, LineValues
from engine.runtime.services.identity import people
from engine.runtime.services.sessions import Session
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.columns import ObjectColumns
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx

NOW = dt.datetime(2026, 3, 31, 18, 30, tzinfo=dt.UTC)
LAB = """
app: lab
name: {zh: 实验室, en: Lab}
languages: [zh, en]
timezone: ZONE
currency: CNY
roles: {staff: {zh: 员工, en: Staff}}
objects:
  region:
    name: {zh: 地区, en: Region}
    key: name
    title: "{name}"
    fields:
      name: {type: text, unique: true, zh: 名称, en: Name}
      rate: {type: percent, zh: 比率, en: Rate}
      opened: {type: date, zh: 开业, en: Opened}
      within: {type: link, to: region, tree: true, zh: 上级, en: Within}
  client:
    name: {zh: 客户, en: Client}
    key: name
    title: "{name}"
    fields:
      name: {type: text, unique: true, zh: 名称, en: Name}
      region: {type: link, to: region, zh: 地区, en: Region}
      limit: {type: money, zh: 额度, en: Limit}
      since: {type: datetime, zh: 起始, en: Since}
      keeper: {type: user, zh: 负责人, en: Keeper}
      blocked: {type: boolean, zh: 停用, en: Blocked}
  thing:
    name: {zh: 东西, en: Thing}
    fields:
      number: {type: integer, zh: 序号, en: Number}
      note: {type: text, zh: 备注, en: Note}
      word: {type: text, zh: 词, en: Word}
      kind:
        type: choice
        options: {low: {zh: 低, en: Low}, high: {zh: 高, en: High}, Mid: {zh: 中, en: Mid}}
        zh: 类
        en: Kind
      marks: {type: choices, options: {red: {zh: 红, en: Red}, blue: {zh: 蓝, en: Blue}}, zh: 记号, en: Marks}
      tags: {type: tags, zh: 标签, en: Tags}
      count: {type: integer, zh: 个数, en: Count}
      tiny: {type: decimal, decimals: 6, zh: 微量, en: Tiny}
      plain: {type: decimal, decimals: 2, zh: 数, en: Plain}
      qty: {type: quantity, zh: 数量, en: Quantity}
      price: {type: money, zh: 单价, en: Price}
      fee: {type: money, currency: EUR, zh: 费, en: Fee}
      part: {type: percent, zh: 比例, en: Part}
      held: {type: boolean, zh: 搁置, en: Held}
      day: {type: date, zh: 日, en: Day}
      due: {type: date, zh: 到期, en: Due}
      moment: {type: datetime, zh: 时刻, en: Moment}
      later: {type: datetime, zh: 之后, en: Later}
      clock: {type: time, zh: 钟点, en: Clock}
      span: {type: duration, zh: 时长, en: Span}
      stay: {type: range, zh: 停留, en: Stay}
      hours: {type: range, of: datetime, zh: 时段, en: Hours}
      band: {type: range, of: decimal, zh: 区间, en: Band}
      client: {type: link, to: client, back: things, zh: 客户, en: Client}
      either: {type: link, to: [client, region], zh: 其一, en: Either}
      clients: {type: links, to: client, zh: 多家, en: Clients}
      owner: {type: user, zh: 所有人, en: Owner}
      team: {type: users, zh: 小组, en: Team}
      lines:
        type: lines
        zh: 明细
        en: Lines
        fields:
          client: {type: link, to: client, zh: 客户, en: Client}
          qty: {type: quantity, zh: 数量, en: Quantity}
          price: {type: money, zh: 单价, en: Price}
          score: {type: decimal, decimals: 6, zh: 分, en: Score}
          held: {type: boolean, zh: 搁置, en: Held}
          day: {type: date, zh: 日, en: Day}
          moment: {type: datetime, zh: 于, en: At}
          note: {type: text, zh: 备注, en: Note}
          span: {type: duration, zh: 时长, en: Span}
          amount: {formula: "round(qty * price, 2)", type: money, zh: 金额, en: Amount}
      total: {formula: sum(lines.amount), type: money, zh: 合计, en: Total}
access: {thing: {staff: full}, client: {staff: full}, region: {staff: full}}
"""
# What a report or a flow gives an expression besides its row: typed, with values that every interpreter gets.
PARAMETERS: Mapping[str, tuple[Type, Value]] = {
    "low_bound": (NUMBER, Decimal("1.5")),
    "from_day": (DATE, dt.date(2024, 2, 29)),
    "wanted": (TEXT, "ab"),
    "no_day": (DATE, None),
}


def D(text: str) -> Decimal:
    return Decimal(text)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


TEXTS = [
    None, "a", "A", "ab", "AB", "b", "Z", "é", "e\u0301", "Ünï码", "中文", "码", "😀", "😀x", "\ufffd", "a b", "a\nb",
    "%", "_", "a%", "\\", "'", "*", "?", "~", "ß", "SS", "ſ", "İ", "ı", "10", "9", "1e3", "true", "x" * 60, "\u00a0a",
]  # fmt: skip
SMALL = ["0", "0.01", "-0.01", "1", "-1", "2.5", "-2.5", "3", "100", "-100", "0.5", "-0.5", "7", "12.34", "99999.99"]
TINY = [*SMALL, "0.000001", "-0.000001", "0.333333", "0.5", "1234567.654321", "999999999.999999"]
DAYS = [
    "1000-01-01", "1000-12-31", "1004-02-29", "1582-10-10", "1899-12-31", "1900-01-01", "1900-02-28", "1970-01-01",
    "1999-12-31", "2000-02-29", "2023-12-31", "2024-02-29", "2024-12-30", "2025-03-30", "2026-01-01", "2026-01-31",
    "2026-02-28", "2026-03-08", "2026-03-31", "2026-04-01", "2026-11-01", "2027-01-03", "9998-12-31", "9999-12-31",
]  # fmt: skip
MOMENTS = [
    # the hour that New York and Berlin skip and the one that they live twice, midnights of Shanghai, both ends
    "2026-03-08T06:59:59", "2026-03-08T07:00:00", "2026-03-08T07:30:00", "2026-11-01T05:30:00", "2026-11-01T06:30:00",
    "2026-03-29T00:59:59", "2026-03-29T01:00:00", "2026-10-25T00:30:00", "2026-10-25T01:30:00", "2026-03-31T15:59:59",
    "2026-03-31T16:00:00", "2026-03-31T18:30:00", "2026-01-01T00:00:00", "2025-12-31T23:59:59", "1970-01-01T00:00:00",
    "2024-02-29T12:00:00", "1900-01-01T00:00:00", "1000-01-02T00:00:00", "9999-12-30T12:00:00", "1927-12-31T15:54:00",
]  # fmt: skip
CLOCKS = ["00:00:00", "23:59:59", "09:30:00", "12:00:00", "12:00:01", "23:59:00"]
SPANS = ["0", "1", "-1", "60", "3600", "5400", "86400", "-86400", "604800", "0.001"]


class Pool:
    """Draws values for fields; each comes soon and blanks come often."""

    def __init__(self, seed: int | None) -> None:
        self.random = random.Random(seed)

    def one(self, values: Sequence[Any], blank: float = 0.15) -> Any:
        return None if self.random.random() < blank else self.random.choice(values)

    def number(self, values: Sequence[str], blank: float = 0.15) -> Decimal | None:
        found = self.one(values, blank)
        return None if found is None else D(found)

    def day(self) -> dt.date | None:
        found = self.one(DAYS)
        return None if found is None else dt.date.fromisoformat(found)

    def moment(self) -> dt.datetime | None:
        found = self.one(MOMENTS)
        return None if found is None else at(found)

    def span(self) -> Duration | None:
        found = self.number(SPANS)
        return None if found is None else Duration(seconds=found)

    def several(self, values: Sequence[Any]) -> Any:
        return self.random.sample(values, self.random.randint(0, len(values))) or None

    def ends(self, one: Any) -> Any:
        start, end = one(), one()
        if start == end:
            return None
        return Range(end, start) if start is not None and end is not None and end < start else Range(start, end)


def line(pool: Pool) -> dict[str, Any]:
    return {
        "client": pool.one([1, 2, 3]), "qty": pool.number(SMALL), "price": pool.number(SMALL),
        "score": pool.number(TINY),
        "held": pool.one([True, False]), "day": pool.day(), "moment": pool.moment(), "note": pool.one(TEXTS),
        "span": pool.span(),
    }  # fmt: skip


def thing(pool: Pool, number: int) -> dict[str, Any]:
    return {
        "number": number, "note": pool.one(TEXTS), "word": pool.one(TEXTS), "kind": pool.one(["low", "high", "Mid"]),
        "marks": pool.several(["red", "blue"]), "tags": pool.several(["a", "码"]),
        "count": pool.number(["0", "1", "2", "-3", "7", "1000000"]), "tiny": pool.number(TINY),
        "plain": pool.number(SMALL),
        "qty": pool.number(SMALL), "price": pool.number(SMALL), "fee": pool.number(SMALL),
        "part": pool.number(["0", "0.05", "1", "-0.1", "0.3333"]), "held": pool.one([True, False]), "day": pool.day(),
        "due": pool.day(), "moment": pool.moment(), "later": pool.moment(),
        "clock": pool.one([dt.time.fromisoformat(text) for text in CLOCKS]), "span": pool.span(),
        "stay": pool.ends(pool.day), "hours": pool.ends(pool.moment), "band": pool.ends(lambda: pool.number(SMALL)),
        "client": pool.one([1, 2, 3]), "either": pool.one(["client 1", "client 2", "region 1", "region 2"]),
        "clients": pool.several([1, 2, 3]), "owner": pool.one(["li", "sun"]), "team": pool.several(["li", "sun"]),
        "lines": [line(pool) for _ in range(pool.random.randint(0, 4))],
    }  # fmt: skip


def linked(values: dict[str, Any], users: Mapping[str, Ref]) -> dict[str, Any]:
    """Values with links in place of their short forms."""

    def client(number: int | None) -> Ref | None:
        return None if number is None else Ref("client", number)

    either = None if values["either"] is None else Ref(values["either"].split()[0], int(values["either"].split()[1]))
    return values | {
        "client": client(values["client"]), "either": either, "owner": users.get(values["owner"]),
        "clients": None if values["clients"] is None else [client(number) for number in values["clients"]],
        "team": None if values["team"] is None else [users[login] for login in values["team"]],
        "lines": LinesValue(tuple(LineValues(one | {"client": client(one["client"])}) for one in values["lines"])),
    }  # fmt: skip


class Pure(Session):
    """A world in which Python does everything: it takes all rows and filters, sorts and adds them up itself."""

    def rows(self, source: Source, frame: Frame) -> Sequence[Row]:
        base = source.base
        if not isinstance(base, Stored):
            found = evaluate.evaluate(base, frame)
            return evaluate.refine(source, found.items if isinstance(found, Rows) else (), frame)
        return evaluate.refine(source, super().rows(Source(base, type=source.type), frame), frame)

    def total(self, function: str, source: Source, value: object, frame: Frame) -> tuple[bool, Value]:
        return False, None


@dataclass(repr=False)
class Lab:
    """The lab on one database, in one long read: its rows, and values over them by Python and by SQL."""

    tx: Tx
    name: str

    def __post_init__(self) -> None:
        self.app = self.tx.app
        self.pure, self.engine = Pure(self.tx), Session(self.tx)
        self.table = self.tx.live.tables.objects["thing"]
        self.ids = list(self.tx.connection.execute(select(self.table.c.id).order_by(self.table.c.id)).scalars())
        self.names = {name: value for name, (_, value) in PARAMETERS.items()}

    def __repr__(self) -> str:
        return f"<lab on {self.name}>"

    def frame(self, world: Session, id: int) -> Frame:
        row = world.record(Ref("thing", id))
        assert row is not None
        return world.frame(row, **self.names)

    def python(self, found: Expression, *, engine: bool = False, rows: int | None = None) -> dict[int, Any]:
        """The value over each row; with `engine` sources and totals go to the database where they can."""
        world = self.engine if engine else self.pure
        return {id: found.value(self.frame(world, id)) for id in self.ids[:rows]}

    def column(self, found: Expression) -> ColumnElement[Any]:
        frame = Frame(self.engine, names=self.names)
        return found.sql(ObjectColumns(self.tx.live, self.app.objects["thing"], self.table, frame), frame)

    def sql(self, found: Expression) -> dict[int, Any]:
        """The value over each row by one statement; raises `NotInSql`."""
        query = select(self.table.c.id, self.column(found))
        return {row[0]: row[1] for row in self.tx.connection.execute(query)}

    def kept(self, found: Expression) -> set[int]:
        """The rows for which a condition holds, by a `WHERE`."""
        return set(self.tx.connection.execute(select(self.table.c.id).where(self.column(found))).scalars())


def parsed(app: App, text: str) -> Expression | list[Problem]:
    """An expression of a thing, with the parameters."""
    reader = Reader(app, everything(app), decisions=True)
    this = record_of("thing")
    words = {"old": this, **{name: kind for name, (kind, _) in PARAMETERS.items()}}
    return expression(text, Location("lab"), replace(reader, this=this, own=this, words=words))


@contextmanager
def lab(url: str, zone: str = "Asia/Shanghai", seed: int | None = 7, things: int = 18) -> Iterator[Lab]:
    """The lab with rows, published on a fresh database."""
    site = Site(Database(url), now=lambda: NOW)
    site.publish(app_from(LAB.replace("ZONE", zone)).texts)
    users = {
        login: Ref("user", people.add_user(site, login, login.title(), None, roles={"lab": ["staff"]}))
        for login in ("li", "sun")
    }
    pool = Pool(seed)

    def fill(tx: Tx) -> None:
        for name, rate, above in (("North", "0.05", None), ("南", None, 1), ("", "-0.1", 2)):
            commands.create(
                tx,
                "region",
                {
                    "name": name or "third",
                    "rate": rate and D(rate),
                    "opened": pool.day(),
                    "within": above and Ref("region", above),
                },
            )
        for name, region, limit in (("ALFKI", 1, "100"), ("bonap", 2, None), ("中信", None, "0")):
            commands.create(tx, "client", {
                "name": name, "region": region and Ref("region", region), "limit": limit and D(limit),
                "since": pool.moment(),
                "keeper": users["li"] if limit else None, "blocked": pool.one([True, False]),
            })  # fmt: skip
        for number in range(things):
            commands.create(tx, "thing", linked(thing(pool, number), users))

    site.run("lab", SERVICE, fill)
    try:
        with site.read("lab", SERVICE) as tx:
            yield Lab(tx, site.database.engine.dialect.name)
    finally:
        site.database.close()
