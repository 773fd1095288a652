"""The sample company: a small one is built through the ordinary commands and is consistent."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from demo import aftersales, approvals, company
from demo.aftersales import Aftersales
from demo.approvals import Approvals
from demo.desks import Agenda, Desks, act, create, identity, lines
from demo.trade import enter_again
from engine.definitions.compile import load
from engine.expressions.values import Ref
from engine.runtime.services import commands, reading
from engine.runtime.services.approvals import tasks
from engine.runtime.services.identity import people, signing
from engine.runtime.services.registers import verification
from engine.runtime.services.site import Site
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from engine.runtime.storage.live import Tx
from tests.apps.asking import ask

APP = Path(__file__).parents[2] / "apps" / "sales_erp.yaml"
TODAY = dt.date(2026, 3, 13)
SCALE, MONTHS = 0.3, 4
DOCUMENTS = (
    "quote", "sales_order", "delivery", "invoice", "payment", "purchase_order", "receipt", "stock_adjustment",
)


def build(folder: Path, today: dt.date = TODAY, scale: float = SCALE, months: int = MONTHS) -> Site:
    app = load(APP).app
    assert app is not None
    site = Site(Database(f"sqlite:///{folder / 'company.db'}"))
    site.publish(app.texts)
    company.build(site, today, scale, months=months)
    return site


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("company")


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[Site]:
    built = build(folder)
    yield built
    built.database.close()


def test_everybody_of_the_demo_can_sign_in(site: Site) -> None:
    for login in ("admin", "analyst", "li", "sun", "wang", "zhao", "qian", "zhou", "chen"):
        assert signing.sign_in(site, login, "demo", "127.0.0.1").token


def test_there_are_documents_of_every_kind_up_to_today(site: Site) -> None:
    for name in DOCUMENTS:
        assert ask(site, "sales_erp", f"count({name})") > 3, name
    assert ask(site, "sales_erp", "max(sales_order, date)") >= TODAY - dt.timedelta(days=21)
    assert ask(site, "sales_erp", "min(sales_order, date)") < TODAY - dt.timedelta(days=100)


def test_everybody_finds_something_to_do(site: Site) -> None:
    waiting = {}
    for login in ("wang", "qian", "chen"):
        actor = people.actor_for(site, people.find(site, login), "sales_erp")
        with site.read("sales_erp", actor) as tx:
            waiting[login] = len(tasks.inbox(tx, "todo"))
    assert all(waiting.values()), waiting
    for question in (
        "count(sales_order where state = 'draft')", "count(quote where state = 'draft')",
        "count(delivery where state = 'draft')", "count(invoice where state = 'draft')",
        "count(sales_order where status = 'shipped')", "count(purchase_order where status = 'approved')",
    ):
        assert ask(site, "sales_erp", question) > 0, question


def test_some_orders_leave_from_several_warehouses(site: Site) -> None:
    two = "exists(delivery.lines as b where b.order = a.order and b.parent.warehouse != a.parent.warehouse)"
    assert ask(site, "sales_erp", f"count(delivery.lines as a where a.parent.state = 'posted' and {two})") > 1
    assert ask(site, "sales_erp", f"count(delivery.lines as a where a.parent.state = 'draft' and {two})") > 1


def test_the_bank_told_of_transfers_and_the_last_days_are_to_be_matched(site: Site) -> None:
    for state in ("new", "matched", "ignored"):
        assert ask(site, "sales_erp", f"count(bank_line where state = '{state}')") > 0, state
    matched = "bank_line where state = 'matched'"
    assert ask(site, "sales_erp", f"count({matched} and payment is blank)") == 0
    assert ask(site, "sales_erp", f"sum({matched}, difference)") == 0, "each is a payment that was entered before"
    assert ask(site, "sales_erp", "count(bank_line where state = 'new' and customer is blank)") == 1


def test_what_is_overdue_is_called_so(site: Site) -> None:
    late = f"invoice where state = 'posted' and open > 0 and due_on < date({TODAY.year}, {TODAY.month}, {TODAY.day})"
    assert ask(site, "sales_erp", f"count({late})") == ask(site, "sales_erp", "count(invoice where status = 'overdue')")
    assert ask(site, "sales_erp", f"count({late})") > 0


def test_nothing_is_dated_after_today(site: Site) -> None:
    for name in ("sales_order", "delivery", "invoice", "payment", "receipt"):
        assert ask(site, "sales_erp", f"max({name}, date)") <= TODAY


def test_stock_and_receivables_are_possible(site: Site) -> None:
    assert ask(site, "sales_erp", "min(stock, available)") >= 0
    assert ask(site, "sales_erp", "sum(receivable, open)") >= 0


def test_every_balance_agrees_with_its_documents(site: Site) -> None:
    assert verification.verify(site, "sales_erp") == []


def test_the_same_day_gives_the_same_company(site: Site, tmp_path: Path) -> None:
    again = build(tmp_path)
    for question in ("count(sales_order)", "sum(sales_order, total)", "sum(stock, on_hand)", "sum(receivable, open)"):
        assert ask(again, "sales_erp", question) == ask(site, "sales_erp", question)
    again.database.close()


# The deciders give what each approval demands: in so small a company chance alone may bring no refund, which is signed.
def test_what_comes_back_is_paid_back_with_a_signature(
    site: Site, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, chance in (
        (aftersales, "COMES_BACK", 1), (aftersales, "REPLACED", 0), (aftersales, "PAID_BACK", 1),
        (approvals, "REFUSED", 0),
    ):
        monkeypatch.setattr(module, name, chance)
    with closing(sqlite3.connect(folder / "company.db")) as source:
        source.execute("VACUUM INTO ?", (str(tmp_path / "company.db"),))
    again = Site(Database(f"sqlite:///{tmp_path / 'company.db'}"))
    posted = ask(again, "sales_erp", "count(refund where state = 'posted')")
    desks = Desks(again, TODAY)
    agenda, decisions = Agenda(desks), Approvals(desks, Random(1))
    first = "first(delivery where state = 'posted' and customer.owner.login = 'li' sort date)"
    delivery = ask(again, "sales_erp", first).ref
    customer, warehouse = (ask(again, "sales_erp", f"{first}.{name}") for name in ("customer", "warehouse"))
    client: Any = SimpleNamespace(ref=customer, owner="li", warehouse="any")
    masters: Any = SimpleNamespace(warehouses={"any": warehouse})
    Aftersales(desks, agenda, decisions, masters, Random(1)).delivered(client, delivery)
    for day in range(1, 40):
        desks.open(TODAY + dt.timedelta(days=day))
        decisions.decide_all()
        for work in agenda.due(desks.day):
            work()
    assert ask(again, "sales_erp", "count(refund where state = 'posted')") == posted + 1
    again.database.close()


# Another day is another company: each draws other deals, and only a few of them meet a rule that the plot forgot.
@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("days", range(0, 400, 29))
def test_the_whole_company_can_be_built_on_any_day(tmp_path: Path, days: int) -> None:
    built = build(tmp_path, TODAY + dt.timedelta(days=days), 1, company.MONTHS)
    assert ask(built, "sales_erp", "count(sales_order where state = 'draft')") > 0
    assert verification.verify(built, "sales_erp") == []
    built.database.close()


def test_what_was_written_in_a_promotion_that_is_over_is_entered_again(site: Site) -> None:
    """Else the price rule of yesterday would be refused, and with it the whole company."""
    wang, li = (people.actor_for(site, people.find(site, login), "sales_erp") for login in ("wang", "li"))
    now = dt.datetime.combine(TODAY, dt.time(9), dt.UTC)

    goods = ask(site, "sales_erp", "min(product where stocked and available > 50, id)")
    buyer = ask(site, "sales_erp", "min(customer where owner = 'li' and not blocked and credit_limit > 9000, id)")

    def begin(tx: Tx) -> Ref:
        most = {"how": "percent", "off": Decimal("0.1"), "priority": Decimal(99), "ends": TODAY,
                "product": Ref("product", goods)}
        rule = create(tx, "price_rule", name="一日特价", **most)
        act(tx, rule, "activate")
        return rule

    def draft(tx: Tx) -> Ref:
        row = {"product": Ref("product", goods), "qty": Decimal(1)}
        return create(tx, "sales_order", customer=Ref("customer", buyer), lines=lines([row]))

    def submit(tx: Tx) -> tuple[bool, str]:
        enter_again(tx, order)
        record = commands.act(tx, order.object, order.id, "submit", accept=["price"]).record
        return any(line.get("stale") for line in record.lines("lines")), record.state

    rule = site.run("sales_erp", wang, begin, now=now)
    order = site.run("sales_erp", li, draft, now=now)
    with site.read("sales_erp", SERVICE, now=now) as tx:
        [line] = reading.get(tx, order.object, order.id).lines("lines")
        assert identity(line.get("rule")) == rule.id
    stale, state = site.run("sales_erp", li, submit, now=now + dt.timedelta(days=1))
    assert not stale and state in ("pending", "approved")

