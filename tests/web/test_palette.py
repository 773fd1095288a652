"""The quick way to everything: what it finds, for whom."""

from __future__ import annotations

import re

from tests.web.doors import Door

PALETTE = "/apps/shop/palette"


def hits(page: str) -> list[tuple[str, str]]:
    """(address, label) of what is offered."""
    return re.findall(r'role="option"[^>]*href="([^"]+)"[^>]*>(?:<svg.*?</svg>)?<span>([^<]+)</span>', page, re.DOTALL)


def test_without_words_it_offers_what_one_may_begin_and_what_one_did_last(door: Door) -> None:
    door.shop.create("li", "customer", name="Acme")
    found = hits(door.browser("li").get(PALETTE).text)
    assert ("/apps/shop/records/sale/new", "Sale") in found
    assert any(label == "Acme" for _, label in found)
    assert not any("product/new" in url for url, _ in found), "sales may not create products"


def test_words_find_places_beginnings_and_records_in_sight(door: Door) -> None:
    door.shop.create("li", "customer", name="Sale & Sons")
    li, wei = door.browser("li"), door.browser("zhao")
    found = hits(li.get(f"{PALETTE}/found?q=sale").text)
    assert [url for url, _ in found[:2]] == ["/apps/shop/records/sale", "/apps/shop/records/sale/new"]
    assert "Sale &amp; Sons" in [label for _, label in found]
    assert "Sons" not in wei.get(f"{PALETTE}/found?q=sons").text, "the store sees no customers"


def test_nothing_found_says_so_and_strange_words_do_no_harm(door: Door) -> None:
    li = door.browser("li")
    assert "Nothing fits" in li.get(f"{PALETTE}/found?q=zzzz").text
    for words in ("%25", "%3Cscript%3E", "'", "\\", "%E5%8D%95" * 90):
        answer = li.get(f"{PALETTE}/found?q={words}")
        assert answer.status_code == 200 and "<script" not in answer.text
    assert door.browser().get(PALETTE).status_code in (302, 303, 401)
