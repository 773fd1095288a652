"""The page of a register is narrowed by picking values of its keys; what no control says stands as an expression."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from engine.runtime.web.present import ledger_filters
from tests.services.shops import SHOP
from tests.web.doors import Door, peopled

STOCK = "/apps/shop/registers/stock"


@pytest.fixture
def shop(database_url: str) -> Iterator[Door]:
    door = Door(peopled(database_url))
    yield door
    door.shop.site.database.close()


def narrowed(door: Door, query: str) -> str:
    """The filter that picking leads to."""
    answer = door.browser("li").get(f"{STOCK}?{query}")
    assert answer.status_code == 303, answer.text
    return parse_qs(urlsplit(answer.headers["Location"]).query).get("filter", [""])[0]


def test_a_picked_value_narrows_and_stays_picked(shop: Door) -> None:
    bolt = shop.shop.stocked(Bolt=9, Nut=4)["Bolt"]
    found = narrowed(shop, f"view=movements&k.product={bolt.id}&filter=on_hand+>+1")
    assert found == f"product.id = {bolt.id} and on_hand > 1"
    page = shop.browser("li").get(f"{STOCK}?view=movements&filter={found}").text
    assert "Bolt" in page and ">Nut</a>" not in page
    assert re.search(rf'<option value="{bolt.id}" selected', page), "the control holds it"
    assert re.search(r'name="filter" value="on_hand &gt; 1"', page), "the rest stays an expression"


def test_a_blank_choice_takes_the_condition_away(shop: Door) -> None:
    assert narrowed(shop, "k.product=&filter=on_hand+>+1") == "on_hand > 1"
    assert narrowed(shop, "k.product=&filter=") == ""


def test_what_cannot_be_read_is_told_at_its_control(shop: Door) -> None:
    answer = shop.browser("li").get(f"{STOCK}?k.product=%3Cb%3E")
    assert answer.status_code == 200 and 'aria-invalid="true"' in answer.text
    assert "<b>" not in answer.text


def test_of_many_records_one_searches_among_those_in_sight(shop: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.shop.stocked(Bolt=9, Nut=4)
    monkeypatch.setattr(ledger_filters, "FEW", 1)
    page = shop.browser("li").get(STOCK).text
    url = unescape(re.findall(r'data-link="([^"]*)"', page)[0])
    items = shop.browser("li").get(f"{url}?q=Nu").json["items"]
    assert [one["title"] for one in items] == ["Nut"]
    assert shop.browser("li").get(f"{STOCK}/lookup/on_hand").status_code == 404


def test_whoever_does_not_see_the_register_searches_nothing(database_url: str) -> None:
    text = SHOP.replace("stock: {everyone: {see: true}}", "stock: {store: {see: true}}")
    door = Door(peopled(database_url, text))
    door.shop.stocked(Bolt=9)
    try:
        assert door.browser("zhao").get(f"{STOCK}/lookup/product").json["items"]
        assert door.browser("li").get(f"{STOCK}/lookup/product").status_code == 404
    finally:
        door.shop.site.database.close()
