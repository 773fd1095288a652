"""What is out of a reader's sight stays so behind links, in other sources, in filters and in ad-hoc questions."""

from __future__ import annotations

import pytest

from engine.expressions.values import Ref
from engine.runtime.services import reading, reports
from tests.services.shops import Shop


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
