"""The basic data of the sample company: warehouses, products, suppliers, customers, prices, opening stock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from faker import Faker

from demo.catalogue import CATEGORIES, SERVICES, SUPPLIERS, Article, articles
from demo.desks import Desks, act, create, lines, update
from engine.expressions.values import Key, Ref
from engine.runtime.services import commands
from engine.runtime.storage.live import Tx

WAREHOUSES = (
    ("HZ", "杭州总仓", "杭州市拱墅区康桥路 88 号", 0.60),
    ("NB", "宁波仓", "宁波市鄞州区投创中心 6 号", 0.25),
    ("WX", "无锡仓", "无锡市新吴区锡梅路 20 号", 0.15),
)
SELLER = {
    "name": "杭州启明五金有限公司", "address": "杭州市拱墅区康桥路 88 号", "phone": "0571-88001234",
    "email": "sales@qiming.example", "tax_number": "91330105MA0DEM0X1A", "bank": "示例银行杭州分行",
    "account": "3300 0000 0000 0001",
}
LIKE = ("similar:name", "similar:phone", "similar:tax_number")      # names of a town and a trade are alike
CITIES = (  # city, province, nearest warehouse, how many customers
    ("杭州", "浙江", 0, 24),
    ("绍兴", "浙江", 0, 8),
    ("湖州", "浙江", 0, 5),
    ("金华", "浙江", 0, 6),
    ("嘉兴", "浙江", 0, 5),
    ("宁波", "浙江", 1, 13),
    ("台州", "浙江", 1, 5),
    ("舟山", "浙江", 1, 2),
    ("无锡", "江苏", 2, 5),
    ("苏州", "江苏", 2, 5),
    ("常州", "江苏", 2, 2),
)
TRADES = (
    ("建材", "wholesale"),
    ("五金商行", "retail"),
    ("装饰工程", "decoration"),
    ("机电设备", "wholesale"),
    ("建筑工程", "construction"),
    ("精密机械", "manufacturing"),
    ("物业服务", "other"),
    ("水暖经营部", "retail"),
    ("安装工程", "construction"),
)
SYLLABLES = "恒宏鑫隆瑞祥泰盛华达远通利丰源安顺嘉和信诚永兴广博金鼎东方世纪新天海江南城建中立"
OWNERS = ("li", "li", "li", "sun", "sun", "sun", "wang", "")
REORDER_DAYS = 15  # what must be left when purchasing is alerted, beside some usual orders
OPENING_DAYS = 75  # how long the opening stock lasts

Refs = dict[str, Ref]


@dataclass(slots=True)
class Client:
    """A customer as the simulation sees it. `weight`: share of the business; `late`: days from due day to payment;
    `limit`: the credit limit in yuan."""

    ref: Ref
    owner: str
    warehouse: str
    weight: float
    late: int
    credit_days: int
    limit: int


@dataclass(slots=True)
class Shelf:
    """One product in one warehouse. `pace`: what goes out on an average day; `free`: neither promised nor gone;
    `coming`: on the way; `owed`: wanted by back-orders."""

    article: Article
    product: Ref
    warehouse: str
    pace: float
    free: int = 0
    coming: int = 0
    owed: int = 0


@dataclass(slots=True)
class Masters:
    """Everything that documents refer to."""

    warehouses: Refs = field(default_factory=dict)
    suppliers: list[Ref] = field(default_factory=list)
    products: Refs = field(default_factory=dict)
    articles: tuple[Article, ...] = ()
    services: list[Ref] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)
    shelves: dict[tuple[str, str], Shelf] = field(default_factory=dict)


def lay_out(desks: Desks, random: Random, fake: Faker, scale: float, lines_per_day: float) -> Masters:
    """Create all basic data; `lines_per_day` is how many order lines an average day brings, over all warehouses."""
    masters = Masters(articles=tuple(articles()))
    desks.run("qian", _company)
    desks.run("zhao", lambda tx: _warehouses(tx, desks, masters))
    desks.run("zhou", lambda tx: _suppliers(tx, masters, fake))
    desks.run("zhou", lambda tx: _products(tx, masters, lines_per_day))
    plan = list(_companies(random, fake, round(200 * scale)))
    for owner in dict.fromkeys(o for o, _ in plan):
        acting = owner or "wang"
        mine = [values for o, values in plan if o == owner]
        desks.run(acting, lambda tx, o=owner, m=mine: _customers(tx, desks, masters, random, o, m))  # type: ignore[misc]
    desks.run("qian", lambda tx: _credit(tx, masters))
    desks.run("wang", lambda tx: _prices(tx, desks, masters, desks.day))
    for warehouse in masters.warehouses:
        desks.run("zhao", lambda tx, w=warehouse: _opening(tx, masters, w))  # type: ignore[misc]
    return masters


def _company(tx: Tx) -> None:
    """The seller, as its papers tell it: the one record is there from the beginning."""
    update(tx, Ref("company", 1), **SELLER)


def _warehouses(tx: Tx, desks: Desks, masters: Masters) -> None:
    for code, name, address, _ in WAREHOUSES:
        masters.warehouses[code] = create(
            tx, "warehouse", code=code, name=name, address=address, keeper=desks.user("zhao")
        )


def _suppliers(tx: Tx, masters: Masters, fake: Faker) -> None:
    for name, city in SUPPLIERS:
        masters.suppliers.append(
            create(
                tx,
                "supplier",
                name=name,
                city=city,
                country="中国",
                contact=fake.name(),
                position="销售经理",
                phone=fake.phone_number(),
                address=f"{city}市{fake.street_address()}",
                pay_days=Decimal(30),
            )
        )


def _products(tx: Tx, masters: Masters, lines_per_day: float) -> None:
    for name, above in CATEGORIES:
        create(tx, "category", name=name, above=Key(above) if above else None)
    total = sum(article.popularity for article in masters.articles)
    for number, article in enumerate(masters.articles, 1):
        pace = article.popularity / total * lines_per_day * article.lot
        product = create(
            tx,
            "product",
            code=article.code,
            name=article.name,
            specification=article.specification,
            category=Key(article.category),
            unit=article.unit,
            barcode=f"69{40000000000 + number}",
            supplier=masters.suppliers[article.supplier],
            list_price=article.price,
            standard_cost=article.cost,
            reorder_point=Decimal(round(pace * REORDER_DAYS + 2.5 * article.lot)),
            lead_days=Decimal(7),
        )
        masters.products[article.code] = product
        for code, _, _, share in WAREHOUSES:
            masters.shelves[article.code, code] = Shelf(article, product, code, pace * share)
    for code, name, price in SERVICES:
        masters.services.append(
            create(
                tx,
                "product",
                code=code,
                name=name,
                category=Key("服务"),
                unit="次",
                list_price=Decimal(price),
                tax_rate=Decimal("0.06"),
                stocked=False,
            )
        )


def _companies(random: Random, fake: Faker, number: int) -> Iterator[tuple[str, dict[str, object]]]:
    """Owner and values of each customer; names are unique."""
    places = [place for place in CITIES for _ in range(place[3])]
    names: set[str] = set()
    for index in range(number):
        city, province, warehouse, _ = places[index % len(places)]
        trade, industry = random.choice(TRADES)
        name = ""
        while not name or name in names:
            name = f"{city}{''.join(random.sample(SYLLABLES, 2))}{trade}有限公司"
        names.add(name)
        contact = fake.name()
        yield (
            random.choice(OWNERS),
            {
                "name": name,
                "industry": industry,
                "city": city,
                "province": province,
                "country": "中国",
                "region": Key("华东"),
                "warehouse": WAREHOUSES[warehouse][0],
                "phone": fake.phone_number(),
                "email": f"buyer{index + 1}@customer.example",
                "address": f"{province}省{city}市{fake.street_address()}",
                "postal_code": fake.postcode(),
                "tax_number": f"9133{random.randrange(10**13, 10**14)}",
                "contacts": lines(
                    [
                        {
                            "name": contact,
                            "job": random.choice(("采购经理", "老板", "项目经理", "采购员")),
                            "phone": fake.phone_number(),
                            "main": True,
                        }
                    ]
                ),
            },
        )


def _customers(
    tx: Tx, desks: Desks, masters: Masters, random: Random, owner: str, plan: list[dict[str, object]]
) -> None:
    """Create one salesperson's customers; without an owner they stand in the public pool."""
    for values in plan:
        warehouse = str(values["warehouse"])
        weight = random.paretovariate(1.3)
        grade = "a" if weight > 3.5 else "b" if weight > 1.4 else "c"
        values |= {
            "warehouse": masters.warehouses[warehouse],
            "grade": grade,
            "owner": desks.user(owner) if owner else None,
        }
        ref = commands.create(tx, "customer", values, accept=LIKE).ref
        if owner:
            late = random.choice((-5, -2, 0, 0, 2, 5, 8, 20, 45))
            share, days = min(weight, 12), {"a": 45, "b": 30, "c": 15}[grade]
            limit = round(2 + share * 4) * 5000
            masters.clients.append(Client(ref, owner, warehouse, share, late, days, limit))


def _credit(tx: Tx, masters: Masters) -> None:
    """Finance gives limits and terms."""
    for client in masters.clients:
        update(tx, client.ref, credit_limit=Decimal(client.limit), credit_days=Decimal(client.credit_days))


def _prices(tx: Tx, desks: Desks, masters: Masters, start: dt.date) -> None:
    """Price rules: by grade, by quantity, for key customers, and yearly promotions."""
    rules: list[dict[str, object]] = [
        {"name": "A 级客户五金 95 折", "grade": "a", "category": Key("五金"), "how": "percent", "off": Decimal("0.05")},
        {"name": "A 级客户电工 96 折", "grade": "a", "category": Key("电工"), "how": "percent", "off": Decimal("0.04")},
        {"name": "B 级客户工具 98 折", "grade": "b", "category": Key("工具"), "how": "percent", "off": Decimal("0.02")},
        {
            "name": "切割片 200 片起",
            "product": masters.products["QP01"],
            "min_qty": Decimal(200),
            "price": Decimal("2.5"),
        },
        {
            "name": "玻璃胶整箱价",
            "product": masters.products["BLJ01"],
            "min_qty": Decimal(24),
            "price": Decimal("12.8"),
        },
        {
            "name": "手套 100 打起",
            "product": masters.products["ST01"],
            "min_qty": Decimal(100),
            "price": Decimal("16.5"),
        },
    ]
    for client in sorted(masters.clients, key=lambda c: -c.weight)[:5]:
        rules.append(
            {
                "name": "年度协议：电线 93 折",
                "customer": client.ref,
                "category": Key("电线电缆"),
                "how": "percent",
                "off": Decimal("0.07"),
            }
        )
    for year in (start.year, start.year + 1):
        rules.append(
            {
                "name": f"{year} 双十一电动工具 9 折",
                "category": Key("电动工具"),
                "how": "percent",
                "off": Decimal("0.10"),
                "priority": Decimal(9),
                "starts": dt.date(year, 11, 1),
                "ends": dt.date(year, 11, 11),
            }
        )
    rules.append({
        "name": "开业特价 冲击钻 每客户限购 10 台",
        "product": masters.products["CJZ01"],
        "price": Decimal("189"),
        "priority": Decimal(5),
        "limit_each": Decimal(10),
    })
    for values in rules:
        act(tx, create(tx, "price_rule", **values), "activate")
    for login, most in (("li", "0.12"), ("sun", "0.08")):
        create(tx, "discount_limit", person=desks.user(login), most=Decimal(most))


def _opening(tx: Tx, masters: Masters, warehouse: str) -> None:
    """What stands on the shelves on the first day."""
    rows = []
    for shelf in masters.shelves.values():
        if shelf.warehouse == warehouse:
            shelf.free = round(shelf.pace * OPENING_DAYS) + 2 * shelf.article.lot
            rows.append({"product": shelf.product, "qty": Decimal(shelf.free)})
    act(
        tx,
        create(tx, "stock_adjustment", warehouse=masters.warehouses[warehouse], cause="opening", lines=lines(rows)),
        "post",
    )
