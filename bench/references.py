"""The reference: the same work written by hand with Flask and SQLAlchemy Core, and nothing that it does not need.

It keeps what the engine promises: the same durability, exact numbers, a guarded reservation, movements and an audit
row,
an authenticated caller, optimistic versions. It has no definition, no rights per row, no derived values."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from decimal import Decimal
from typing import Any

from flask import Flask, Response, jsonify, render_template_string, request
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)

from engine.expressions.numbers import Exact
from engine.runtime.storage.database import Database

METADATA = MetaData()
BIG = BigInteger().with_variant(Integer, "sqlite")
TOKENS = Table("ref_token", METADATA, Column("token", String(64), primary_key=True), Column("user", Integer))
PRODUCTS = Table(
    "ref_product",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("code", String, unique=True),
    Column("on_hand", Exact(6)),
    Column("reserved", Exact(6)),
)
ORDERS = Table(
    "ref_order",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("number", String),
    Column("date", Date),
    Column("customer", String),
    Column("total", Exact(4)),
    Column("state", String),
    Column("version", Integer),
    Column("created_at", DateTime),
    Column("search_text", Text),
)
Index("ix_ref_order_date", ORDERS.c.date, ORDERS.c.id)
LINES = Table(
    "ref_line",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("order", ForeignKey("ref_order.id"), index=True),
    Column("product", BigInteger, index=True),
    Column("qty", Exact(6)),
    Column("price", Exact(4)),
    Column("amount", Exact(4)),
)
MOVES = Table(
    "ref_move",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("product", BigInteger, index=True),
    Column("order", BigInteger, index=True),
    Column("day", Date),
    Column("reserved", Exact(6)),
)
AUDIT = Table(
    "ref_audit",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("record", BigInteger, index=True),
    Column("at", DateTime),
    Column("user", Integer),
    Column("event", String),
    Column("changes", Text),
)
FRAME = """<!doctype html><html lang="en"><head><title>{% block title %}{% endblock %}</title></head><body>
<nav>{% for name in ("Products", "Receipts", "Orders") %}<a href="/{{ name }}">{{ name }}</a>{% endfor %}</nav>
<main>{% block content %}{% endblock %}</main></body></html>"""
LIST = FRAME.replace("{% block content %}", """{% block content %}<h1>Orders</h1><table><thead><tr>
{% for head in ("Number", "Date", "Customer", "Total", "State") %}<th><a href="?sort={{ head }}">{{ head }}</a></th>
{% endfor %}</tr></thead><tbody>{% for one in page["items"] %}<tr>
<td><a href="/pages/orders/{{ one.id }}">{{ one.number }}</a></td><td>{{ one.date }}</td><td>{{ one.customer }}</td>
<td>{{ one.total }}</td><td><span class="{{ one.state }}">{{ one.state }}</span></td></tr>{% endfor %}</tbody></table>
<a href="?after={{ page["next"] }}">Next</a>""")
FORM = FRAME.replace("{% block content %}", """{% block content %}<h1>{{ order.number }}</h1><form method="post">
{% for name in ("date", "customer") %}<label>{{ name }}<input name="{{ name }}" value="{{ order[name] }}"></label>
{% endfor %}<table>{% for line in order.lines %}<tr>{% for name in ("product", "qty", "price", "amount") %}
<td><input name="{{ name }}" value="{{ line[name] }}"></td>{% endfor %}</tr>{% endfor %}</table><button>Save</button>
</form>""")
COUNTERS = Table("ref_counter", METADATA, Column("name", String, primary_key=True), Column("last", BigInteger))


def application(database: Database) -> Flask:
    """The reference as a Flask application over this database."""
    app = Flask(__name__)

    @app.post("/orders")
    def create() -> Response:
        body = request.get_json()
        with database.write() as connection:
            _user(connection)
            return jsonify(_create(connection, body))

    @app.post("/orders/<int:id>/place")
    def place(id: int) -> Response | tuple[Response, int]:
        with database.write() as connection:
            user = _user(connection)
            refused = _place(connection, id, user)
            if refused:
                connection.rollback()
                return jsonify({"detail": refused}), 409
            return jsonify(_order(connection, id))

    @app.get("/orders")
    def page() -> Response:
        with database.read() as connection:
            _user(connection)
            return jsonify(_page(connection, request.args.get("after", ""), request.args.get("over", "")))

    @app.get("/pages/orders")
    def shown() -> str:
        with database.read() as connection:
            _user(connection)
            return render_template_string(LIST, page=_page(connection, "", ""))

    @app.get("/pages/orders/<int:id>")
    def edited(id: int) -> str:
        with database.read() as connection:
            _user(connection)
            return render_template_string(FORM, order=_order(connection, id))

    return app


def _user(connection: Connection) -> int:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    digest = hashlib.sha256(token.encode()).hexdigest()
    return int(connection.execute(select(TOKENS.c.user).where(TOKENS.c.token == digest)).scalar_one())


def _create(connection: Connection, body: dict[str, Any]) -> dict[str, Any]:
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    connection.execute(update(COUNTERS).where(COUNTERS.c.name == "order").values(last=COUNTERS.c.last + 1))
    number = connection.execute(select(COUNTERS.c.last).where(COUNTERS.c.name == "order")).scalar_one()
    codes = {line["product"] for line in body["lines"]}
    ids = {
        row.code: row.id
        for row in connection.execute(select(PRODUCTS.c.id, PRODUCTS.c.code).where(PRODUCTS.c.code.in_(codes)))
    }
    lines = [
        {
            "product": ids[line["product"]],
            "qty": Decimal(line["qty"]),
            "price": Decimal(line["price"]),
            "amount": (Decimal(line["qty"]) * Decimal(line["price"])).quantize(Decimal("0.01")),
        }
        for line in body["lines"]
    ]
    values = {
        "number": f"SO{number:08}",
        "date": now.date(),
        "customer": body["customer"],
        "total": sum(x["amount"] for x in lines),
        "state": "draft",
        "version": 1,
        "created_at": now,
        "search_text": body["customer"].lower(),
    }
    id = connection.execute(insert(ORDERS).values(**values).returning(ORDERS.c.id)).scalar_one()
    connection.execute(insert(LINES), [{"order": id, **line} for line in lines])
    changes = json.dumps({"customer": [None, body["customer"]], "lines": len(lines)})
    connection.execute(insert(AUDIT).values(record=id, at=now, user=1, event="created", changes=changes))
    return _order(connection, id)


def _place(connection: Connection, id: int, user: int) -> str:
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    held = select(ORDERS).where(ORDERS.c.id == id)
    order = connection.execute(held.with_for_update() if connection.dialect.name == "postgresql" else held).one()
    if order.state != "draft":
        return "placed already"
    lines = connection.execute(select(LINES).where(LINES.c.order == id).order_by(LINES.c.product)).all()
    for line in lines:
        free = PRODUCTS.c.on_hand - PRODUCTS.c.reserved >= line.qty
        done = connection.execute(
            update(PRODUCTS).where(PRODUCTS.c.id == line.product, free).values(reserved=PRODUCTS.c.reserved + line.qty)
        )
        if done.rowcount == 0:
            return f"product {line.product} is short"
    connection.execute(
        insert(MOVES), [{"product": x.product, "order": id, "day": now.date(), "reserved": x.qty} for x in lines]
    )
    connection.execute(
        update(ORDERS)
        .where(ORDERS.c.id == id, ORDERS.c.version == order.version)
        .values(state="placed", version=order.version + 1)
    )
    connection.execute(
        insert(AUDIT).values(record=id, at=now, user=user, event="placed", changes='{"state": ["draft", "placed"]}')
    )
    return ""


def _order(connection: Connection, id: int) -> dict[str, Any]:
    order = connection.execute(select(ORDERS).where(ORDERS.c.id == id)).one()
    lines = connection.execute(select(LINES).where(LINES.c.order == id).order_by(LINES.c.id)).all()
    return {
        **_shown(order),
        "lines": [
            {"id": x.id, "product": x.product, "qty": str(x.qty), "price": str(x.price), "amount": str(x.amount)}
            for x in lines
        ],
    }


def _shown(order: Any) -> dict[str, Any]:
    return {
        "id": order.id,
        "number": order.number,
        "date": order.date.isoformat(),
        "customer": order.customer,
        "total": str(order.total),
        "state": order.state,
    }


def _page(connection: Connection, after: str, over: str) -> dict[str, Any]:
    query = select(ORDERS).order_by(ORDERS.c.date.desc(), ORDERS.c.id.desc()).limit(51)
    if after:
        day, _, id = after.partition("|")
        at = dt.date.fromisoformat(day)
        query = query.where(ORDERS.c.date <= at, (ORDERS.c.date < at) | (ORDERS.c.id < int(id)))
    if over:
        query = query.where(ORDERS.c.total > Decimal(over))
    rows = connection.execute(query).all()
    last = rows[49] if len(rows) > 50 else None
    return {"items": [_shown(row) for row in rows[:50]], "next": f"{last.date}|{last.id}" if last else None}
