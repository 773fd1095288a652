"""Locks: what was closed before a command is not changed by it, at any door; what follows from others still follows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.errors import Refused
from engine.runtime.services import reading
from engine.runtime.services.rights import access
from tests.services.shops import SHOP, Shop

CUSTOMER = "  customer:\n"
SALE = "    states:\n      draft: {zh: 草稿, en: Draft}\n      pending: {zh: 待审核"
TEXT = SHOP.replace(CUSTOMER, CUSTOMER + "    lock: {when: limit >= 5000, except: owner}\n", 1).replace(
    SALE, "    lock: \"any(lines, qty > 50) and note != 'open'\"\n" + SALE, 1
)


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, TEXT)
    yield made
    made.site.database.close()


def test_a_locked_record_changes_nothing_but_what_is_excepted(shop: Shop) -> None:
    acme = shop.create("li", "customer", name="Acme", limit="100")
    shop.update("li", acme, limit="5000")
    for values in ({"name": "Other"}, {"limit": "10"}):
        for login in ("li", "wang", "app"):
            with pytest.raises(Refused, match="is locked and cannot change"):
                shop.update(login, acme, **values)
    shop.update("wang", acme, owner="sun")
    assert (shop.value(acme, "name"), shop.value(acme, "limit")) == ("Acme", 5000)


def test_a_lock_closes_lines_states_and_the_bin(shop: Shop) -> None:
    shop.stocked(chai=100)
    sale = shop.sold(submit=False, chai=60)
    line = shop.lines(sale)[0]
    for attempt in (
        lambda: shop.act("li", sale, "submit"),
        lambda: shop.update("li", sale, lines=[{"id": line, "qty": "1"}]),
        lambda: shop.update("li", sale, lines=[]),
    ):
        with pytest.raises(Refused, match="is locked"):
            attempt()
    assert shop.value(sale, "state") == "draft"
    with shop.site.read("shop", shop.actor("li")) as tx:
        allowed = access.allowed(reading.get(tx, "sale", sale.id))
    assert not allowed.delete and not allowed.actions["submit"].ok
    assert not allowed.fields["note"].edit and "locked" in str(allowed.fields["note"].reason.to("en"))
    assert shop.value(shop.sold("sun", "Other", chai=2), "state") == "approved"


def test_a_step_of_another_record_finds_the_lock_too(database_url: str) -> None:
    step = "do: [{update: customer, with: {limit: 1}}], zh: 驳回, en: Reject}"
    text = TEXT.replace("by: flow, zh: 驳回, en: Reject}", "by: flow, zh: 驳回, en: Reject}", 1)
    text = text.replace("      ship:\n", f"      cut: {{from: draft, {step}\n      ship:\n", 1)
    shop = Shop(database_url, text)
    try:
        shop.stocked(chai=100)
        sale = shop.sold(submit=False, chai=1)
        with shop.site.read("shop", shop.actor("li")) as tx:
            customer = reading.get(tx, "sale", sale.id).get("customer")
        shop.update("li", customer, limit="6000")
        with pytest.raises(Refused, match="is locked"):
            shop.act("li", sale, "cut")
        assert shop.value(customer, "limit") == 6000
    finally:
        shop.site.database.close()
