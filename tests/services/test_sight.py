"""What is out of a reader's sight stays so behind links, in other sources, in filters and in ad-hoc questions."""

from __future__ import annotations

import pytest

from engine.errors import Invalid, Unreadable
from engine.expressions.values import Ref
from engine.runtime.services import audit, reading
from engine.runtime.services.reporting import reports
from tests.services.shops import SHOP, Shop


@pytest.fixture
def sale(shop: Shop) -> Ref:
    """A sale of li's with a posted delivery, which sun may see without seeing the sale or the customer."""
    shop.stocked(chai=50)
    made = shop.sold("li", "Acme", chai=4)
    (delivery,) = shop.act("zhao", made, "ship")
    shop.act("zhao", delivery, "post")
    return made


def ask(shop: Shop, login: str, question: dict[str, object]) -> list[list[object]]:
    with shop.site.read("shop", shop.actor(login)) as tx:
        return [list(row) for row in reports.query(tx, question).rows]


def found(shop: Shop, login: str, object: str, filter: str) -> int:
    with shop.site.read("shop", shop.actor(login)) as tx:
        return len(reading.page(tx, object, reading.Query(filter=filter)).items)


QUESTIONS = [
    {"from": "delivery", "show": {"x": "sale.customer.name"}},
    {"from": "delivery", "show": {"x": "sale.total"}},
    {"from": "delivery.lines", "show": {"x": "line.parent.total"}},
    {"from": "progress", "show": {"x": "line.parent.customer.name"}},
    {"from": "delivery", "show": {"x": "sum(all sale, total)"}},
    {"from": "delivery", "show": {"x": "count(customer)"}},
    {"from": "delivery", "by": {"k": "sale.customer.name"}, "show": {"x": "count()"}},
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: str(q["show"]))
def test_a_question_shows_only_what_is_in_sight(shop: Shop, sale: Ref, question: dict[str, object]) -> None:
    mine, others = ask(shop, "li", question), ask(shop, "sun", question)
    assert mine != others
    flat = [value for row in others for value in row]
    assert "Acme" not in flat
    assert not [value for value in flat if value == 40]


FILTERS = [
    "sale.customer.name = 'Acme'",
    "sale.customer.limit > 400",
    "sale.total > 5",
    "count(customer where name = 'Acme') > 0",
    "exists(all sale where total > 5)",
    "any(lines, line.price > 5)",
]


@pytest.mark.parametrize("filter", FILTERS)
def test_a_filter_is_no_oracle(shop: Shop, sale: Ref, filter: str) -> None:
    assert found(shop, "li", "delivery", filter) == 1
    assert found(shop, "sun", "delivery", filter) == 0


def test_formulas_and_rules_are_read_as_the_engine(shop: Shop, sale: Ref) -> None:
    assert found(shop, "zhao", "sale", "total = 40") == 1
    assert ask(shop, "zhao", {"from": "sale", "show": {"t": "total"}}) == [[40]]
    assert found(shop, "li", "sale", "status = 'shipped'") == 1


def test_search_leaves_hidden_fields_out(database_url: str) -> None:
    made = Shop(database_url, SHOP.replace("secret: {type: text,", "secret: {type: text, search: true,"))
    made.create("app", "customer", name="Acme", owner="li", secret="CANARY77")

    def hits(login: str, words: str) -> int:
        with made.site.read("shop", made.actor(login)) as tx:
            return len(reading.page(tx, "customer", reading.Query(search=words)).items)

    assert (hits("li", "acme"), hits("li", "canary77")) == (1, 0)
    assert (hits("wang", "acme"), hits("wang", "canary77")) == (1, 1)
    made.site.database.close()


def test_history_shows_no_title_out_of_sight(shop: Shop, sale: Ref) -> None:
    def titles(login: str) -> list[str]:
        with shop.site.read("shop", shop.actor(login)) as tx:
            record = reading.get(tx, "sale", sale.id)
            events = audit.history(record.session, record)
        return [event.changes["customer"][1]["title"] for event in events if "customer" in event.changes]

    assert titles("li") == ["Acme"]
    assert titles("zhao") == [""]


def test_numbers_out_of_range_are_refused_in_words(shop: Shop, sale: Ref) -> None:
    with shop.site.read("shop", shop.actor("li")) as tx, pytest.raises(Unreadable):
        reading.page(tx, "sale", reading.Query(filter="left(note, 99999999999999999999) = 'x'"))
    with pytest.raises(Unreadable, match="add them up"):
        ask(shop, "li", {"from": "sale", "show": {"a": "lines"}})
    with pytest.raises(Invalid, match="too large"):
        shop.update("app", shop.sold("li", "Acme", submit=False, chai=1),
                    lines=[{"product": "chai", "qty": "99999999999", "price": "9999999999999"}])
