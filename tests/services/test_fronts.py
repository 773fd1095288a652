"""A condition that SQL can say only in part: the database narrows by what stands in front, the rest is judged here, and
the answer is the one that judging all of it here would give, errors included."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import event

from engine.expressions.values import ErrorValue
from tests.apps.asking import ask
from tests.services.shops import Shop

UNSAID = "round(price, len(code)) = price"     # places that are not constant: no SQL for it


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url)
    for code, price in (("a", "1"), ("bb", "2"), ("ccc", "3"), ("d", "4")):
        made.create("zhao", "product", code=code, price=price)
    yield made
    made.site.database.close()


def told(shop: Shop, question: str) -> tuple[object, list[str]]:
    """The answer, and the statements over products that it took."""
    said: list[str] = []
    engine = shop.site.database.engine

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if "__product" in statement:
            said.append(" ".join(statement.split()))

    event.listen(engine, "before_cursor_execute", note)
    try:
        return ask(shop.site, "shop", question), said
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("question", "answer"), [
    (f"join(product where price > 1 and {UNSAID} and price < 4 sort code, code, ' ')", "bb ccc"),
    (f"join(product where price > 1 and price < 3 and {UNSAID} sort code, code, ' ')", "bb"),
    (f"join(product where {UNSAID} and price > 3 sort code, code, ' ')", "d"),
    (f"join(product where price > 9 and {UNSAID} sort code, code, ' ')", None),
])
def test_the_answer_is_the_same(shop: Shop, question: str, answer: str | None) -> None:
    assert (told(shop, question)[0] or None) == answer


def test_the_database_narrows_by_what_stands_in_front(shop: Shop) -> None:
    _, narrowed = told(shop, f"join(product where price > 3 and {UNSAID}, code, ' ')")
    _, whole = told(shop, f"join(product where {UNSAID} and price > 3, code, ' ')")
    assert len(narrowed) == len(whole)
    assert "price >" in narrowed[-1].split("WHERE")[-1], narrowed
    assert "price >" not in whole[-1].split("WHERE")[-1], whole


def test_what_follows_a_false_is_no_error_and_an_error_in_front_is_one(shop: Shop) -> None:
    safe, _ = told(shop, f"join(product where price > 3 and 1 / (price - 1) > 0 and {UNSAID}, code, ' ')")
    assert safe == "d", "the product of price 1 is out before it is divided by nothing"
    wrong, _ = told(shop, f"join(product where 1 / (price - 1) > 0 and price > 3 and {UNSAID}, code, ' ')")
    assert isinstance(wrong, ErrorValue) and wrong.code == "#DIV/0!"
