"""What a page weighs: the first one with all that it draws in, and each further one alone, compressed.

A whole company's pages are weighed where one stands: tests/browser/test_page_kinds.py."""

from __future__ import annotations

import pytest

from tests.performance.trades import Trade
from tests.performance.weights import heavy

WARM = 7_500                                   # a whole company's menu and columns come on top of this small one's
ROWS = 50
PATHS = ("/apps/trade/records/order", "/apps/trade/records/order/{id}", "/apps/trade/records/order/{id}/edit")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough: pages are drawn alike."""
    return sqlite_url


def test_pages_are_light(trade: Trade) -> None:
    parties = [trade.party() for _ in range(5)]
    codes = [code for _, code in parties]
    ids = [trade.order(parties[n % 5][0], codes) for n in range(ROWS)]
    trade.client.environ_base["HTTP_COOKIE"] = trade.person["Cookie"]
    paths = [path.format(id=ids[0]) for path in PATHS]
    assert [told for path in paths if (told := heavy(trade.client, path, WARM))] == []
