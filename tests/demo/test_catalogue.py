"""The tables of the sample company agree with each other."""

from __future__ import annotations

from demo.catalogue import CATEGORIES, SUPPLIERS, articles


def test_every_article_has_a_known_category_and_supplier_and_a_code_of_its_own() -> None:
    found = list(articles())
    assert len({article.code for article in found}) == len(found) > 100
    assert {article.category for article in found} <= {name for name, _ in CATEGORIES}
    assert all(0 <= article.supplier < len(SUPPLIERS) for article in found)


def test_every_article_is_sold_above_its_cost() -> None:
    assert all(article.cost < article.price for article in articles())


def test_categories_come_after_what_they_are_part_of() -> None:
    seen: set[str] = set()
    for name, above in CATEGORIES:
        assert not above or above in seen
        seen.add(name)
