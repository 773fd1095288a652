"""Sixty-four clients want the last piece at the same moment, over HTTP: one gets it, the others are told why not."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from engine.runtime.services.identity import people
from engine.runtime.services.registers import verification
from tests.faults.servers import Client, serving
from tests.services.shops import Shop

CLIENTS = 64


@pytest.mark.timeout(300)
def test_sixty_four_orders_for_the_last_piece(database_url: str) -> None:
    shop = Shop(database_url)
    chai = shop.stocked(chai=1)["chai"]
    person = people.find(shop.site, "li")
    assert person is not None
    token = people.make_token(shop.site, person.id)
    sales = [shop.sold(submit=False, chai=1).id for _ in range(CLIENTS)]
    answers: list[tuple[int, dict[str, str]]] = []
    lowest: list[str] = []
    begun = threading.Barrier(CLIENTS + 1)
    done = threading.Event()
    with serving(shop.site, threads=32) as port:

        def order(sale: int) -> None:
            client = Client(port, token)
            begun.wait()
            answers.append(client.call("POST", f"/api/shop/sale/{sale}/actions/submit", {"input": {}}))
            client.close()

        def watch() -> None:
            client = Client(port, token)
            begun.wait()
            while not done.is_set():
                _, sheet = client.call("GET", "/api/shop/registers/stock")
                names = [column["name"] for column in sheet["columns"]]
                lowest.extend(row[names.index("available")] for row in sheet["rows"])
            client.close()

        threads = [threading.Thread(target=order, args=(sale,)) for sale in sales]
        watcher = threading.Thread(target=watch)
        for thread in (*threads, watcher):
            thread.start()
        for thread in threads:
            thread.join()
        done.set()
        watcher.join()
    statuses = Counter(status for status, _ in answers)
    assert statuses == {200: 1, 409: CLIENTS - 1}
    refusals = [body for status, body in answers if status == 409]
    assert all("chai" in body["detail"] and "1" in body["detail"] for body in refusals)
    assert all(float(figure) >= 0 for figure in lowest)
    assert shop.value(chai, "available") == 0
    assert verification.verify(shop.site, "shop") == []
    shop.site.database.close()
