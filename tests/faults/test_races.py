"""Many at once over crossed baskets: nobody waits for ever, nothing goes below zero, every balance recomputes."""

from __future__ import annotations

import random
import threading

import pytest

from engine.errors import Failure, Refused
from engine.expressions.values import Ref
from engine.runtime.services.registers import ledgers, verification
from engine.runtime.storage.actors import SERVICE
from tests.services.shops import Shop

WORKERS = 6
ROUNDS = 8
PRODUCTS = ("a", "b", "c", "d", "e")


@pytest.mark.timeout(300)
def test_crossed_baskets_with_shipping_and_cancelling(database_url: str) -> None:
    shop = Shop(database_url)
    shop.stocked(**dict.fromkeys(PRODUCTS, 40))
    for number in range(WORKERS):
        shop.create("li", "customer", name=f"C{number}", limit="100000")
        shop.customers.add(f"C{number}")
    surprises: list[BaseException] = []
    refused: list[str] = []

    def work(number: int) -> None:
        chance = random.Random(number)
        for _ in range(ROUNDS):
            basket = {code: chance.randint(1, 4) for code in chance.sample(PRODUCTS, 3)}
            try:
                sale = shop.sold("li", f"C{number}", **basket)
                if chance.random() < 0.5:
                    (delivery,) = shop.act("zhao", sale, "ship")
                    shop.act("zhao", delivery, "post")
                elif chance.random() < 0.5:
                    shop.act("li", sale, "cancel", {"reason": "changed"})
            except Refused as failure:
                refused.append(failure.message.to("en"))
            except Failure as failure:
                surprises.append(failure)
            except Exception as error:
                surprises.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert surprises == []
    assert all("short" in message for message in refused)
    with shop.site.read("shop", SERVICE) as tx:
        sheet = ledgers.balances(tx, "stock")
    names = [column.name for column in sheet.columns]
    for row in sheet.rows:
        figures = dict(zip(names, row, strict=True))
        assert figures["available"] >= 0
        assert figures["on_hand"] >= 0
    assert verification.verify(shop.site, "shop") == []
    shop.site.database.close()


def race(
    shop: Shop, begun: threading.Barrier, done: list[str], login: str, ref: Ref, action: str, given: dict[str, str]
) -> None:
    """Take an action as soon as the other one is ready too; `done` notes who got through."""
    begun.wait()
    try:
        shop.act(login, ref, action, given)
        done.append(login)
    except Refused:
        return


@pytest.mark.timeout(120)
def test_a_delivery_and_the_cancellation_of_its_order(database_url: str) -> None:
    shop = Shop(database_url)
    chai = shop.stocked(chai=50)["chai"]
    for _ in range(6):
        sale = shop.sold(chai=2)
        (delivery,) = shop.act("zhao", sale, "ship")
        begun = threading.Barrier(2)
        done: list[str] = []

        moves = (("zhao", delivery, "post", {}), ("li", sale, "cancel", {"reason": "late"}))
        threads = [threading.Thread(target=race, args=(shop, begun, done, *move)) for move in moves]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(done) == 1
    assert shop.value(chai, "available") >= 0
    assert verification.verify(shop.site, "shop") == []
    shop.site.database.close()
