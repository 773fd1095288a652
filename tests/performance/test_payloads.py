"""What a page weighs: the first one with all that it draws in, and each further one alone, compressed."""

from __future__ import annotations

import gzip
import re

import pytest

from tests.performance.trades import Trade

COLD, WARM = 180_000, 8_300                    # a whole company's menu and columns come on top of this small one's
ROWS = 50
DRAWN = re.compile(r'(?:src|href)="(/static/[^"#]+)')                  # of a sprite the file, whichever icon is drawn
PATHS = ("/apps/trade/records/order", "/apps/trade/records/order/{id}", "/apps/trade/records/order/{id}/edit")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough: pages are drawn alike."""
    return sqlite_url


def weight(trade: Trade, name: str) -> int:
    """The compressed bytes of a file that a page draws in; those with a digest in their names come once."""
    with trade.client.get(name, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.status_code == 200, name
        assert "/vendor/" not in name or "immutable" in answer.headers["Cache-Control"]
        return len(answer.data)


def test_pages_are_light(trade: Trade) -> None:
    parties = [trade.party() for _ in range(5)]
    codes = [code for _, code in parties]
    ids = [trade.order(parties[n % 5][0], codes) for n in range(ROWS)]
    for path in PATHS:
        page = trade.call("GET", path.format(id=ids[0])).text
        alone = len(gzip.compress(page.encode(), 6))
        weights = {name: weight(trade, name) for name in set(DRAWN.findall(page))}
        assert any(name.endswith(".js") for name in weights)
        assert '<use href="/static/vendor/shell-' in page, f"{path}: icons are drawn in place"
        assert alone <= WARM, f"{path}: {alone} bytes"
        assert alone + sum(weights.values()) <= COLD, f"{path}: {alone} bytes with {weights}"
