"""What customers of the sample company ask for: which products, how many, at which discount."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from demo.catalogue import Article
from demo.masters import Client, Masters

NUMBERS = (1, 2, 2, 3, 3, 4, 5)  # how many products an order has
DISCOUNTS = (("0", 70), ("0.02", 10), ("0.03", 8), ("0.05", 6), ("0.08", 3), ("0.12", 3))
WITH_SERVICE = 0.06
INSISTS = 0.08  # asks for more than there is, and waits for it
MOST_LOTS = 4.0


class Baskets:
    """Fills baskets. A customer asks for what the warehouse has, mostly; the salesperson sees what is available."""

    def __init__(self, masters: Masters, random: Random) -> None:
        self._masters, self._random = masters, random
        self._popularity = [article.popularity for article in masters.articles]

    def fill(self, client: Client) -> list[dict[str, Any]]:
        """Rows of a quotation or an order: at least one."""
        wanted = self._random.choices(self._masters.articles, self._popularity, k=self._random.choice(NUMBERS))
        insists = self._random.random() < INSISTS
        discount = Decimal(self._random.choices([d for d, _ in DISCOUNTS], [w for _, w in DISCOUNTS])[0])
        rows = [self._row(client, article, insists, discount) for article in dict.fromkeys(wanted)]
        found = [row for row in rows if row["qty"] > 0]
        if not found or self._random.random() < WITH_SERVICE:
            found.append({"product": self._random.choice(self._masters.services), "qty": Decimal(1)})
        return found

    def freight(self) -> Decimal:
        return Decimal(self._random.choice((0, 0, 0, 50, 80, 120)))

    def _row(self, client: Client, article: Article, insists: bool, discount: Decimal) -> dict[str, Any]:
        size = self._random.lognormvariate(0, 0.6) * (0.6 + client.weight / 4)
        qty = max(round(article.lot * min(size, MOST_LOTS)), 1)
        if not insists:
            shelf = self._masters.shelves[article.code, client.warehouse]
            qty = min(qty, max(shelf.free - shelf.owed, 0))
        return {"product": self._masters.products[article.code], "qty": Decimal(qty), "discount": discount}
