"""Ways back with more records than may be taken into memory: an error, never a part of them."""

from __future__ import annotations

import pytest

from engine.expressions.values import ErrorValue
from engine.runtime.storage import queries
from tests.services.shops import Shop


def test_too_many_records_behind_a_way_back_are_an_error(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(database_url)
    customer = shop.create("li", "customer", name="Acme")
    shop.stocked(A=9)
    for _ in range(3):
        shop.create("li", "sale", customer="Acme", lines=[{"product": "A", "qty": "1"}])
    assert len(shop.value(customer, "sales").items) == 3
    monkeypatch.setattr(queries, "MOST_ROWS", 2)
    found = shop.value(customer, "sales")
    assert isinstance(found, ErrorValue) and found.code == "#NUM!"
    shop.site.database.close()
