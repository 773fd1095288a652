"""Records named by their keys: texts, numbers, people, links, and several fields together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.errors import Invalid
from tests.services.shops import Shop

APP = """
app: shop
roles: {sales: Sales, manager: Manager, store: Store}
objects:
  member: {key: person, title: "{person}", fields: {person: {type: user, required: true, unique: true}}}
  kind: {key: number, title: "{number}", fields: {number: {type: integer, required: true, unique: true}}}
  shelf: {key: kind, title: "{kind}", fields: {kind: {type: link, to: kind, required: true, unique: true}}}
  place:
    key: [shelf, row]
    title: "{shelf} {row}"
    unique: [[shelf, row]]
    fields: {shelf: {type: link, to: shelf, required: true}, row: {type: text, required: true}}
  loan:
    title: "{member}"
    fields:
      member: {type: link, to: member}
      shelf: {type: link, to: shelf}
      place: {type: link, to: place}
      kind: {type: link, to: kind}
access: {any: {everyone: full}}
"""


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, APP)
    yield made
    made.site.database.close()


def test_records_are_found_by_keys_of_every_kind(shop: Shop) -> None:
    member = shop.create("li", "member", person="li")
    kind = shop.create("li", "kind", number="7")
    shelf = shop.create("li", "shelf", kind="7")
    place = shop.create("li", "place", shelf="7", row="b")
    loan = shop.create("li", "loan", member="li", kind="7", shelf="7", place="7 / b")
    assert [shop.value(loan, name) for name in ("member", "kind", "shelf", "place")] == [member, kind, shelf, place]


WRONG = [("member", "nobody"), ("kind", "x"), ("kind", "8"), ("shelf", "8"), ("place", "7"), ("place", "7/c")]


@pytest.mark.parametrize(("field", "text"), WRONG)
def test_a_key_that_names_nothing_is_told(shop: Shop, field: str, text: str) -> None:
    shop.create("li", "kind", number="7")
    with pytest.raises(Invalid, match=f"There is no .* “{text}”"):
        shop.create("li", "loan", **{field: text})
