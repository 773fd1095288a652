"""Links that a person gives: what is out of sight is refused in the very words for what is not there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from engine.errors import Failure, Invalid
from engine.expressions.values import Ref
from engine.runtime.services import inputs, previews
from engine.runtime.services.sessions import Session
from tests.services.shops import SHOP, Shop
from tests.web.doors import Door, peopled

NOTES = """
  visit:
    name: {zh: 拜访, en: Visit}
    fields:
      customer: {type: link, to: customer, zh: 客户, en: Customer}
      usual: {type: link, to: customer, default: "=first(all customer where name = 'House')", zh: 常客, en: Usual}
      guests: {type: links, to: customer, zh: 客人, en: Guests}
      limit: {copy: customer.limit}
      lines: {type: lines, zh: 明细, en: Lines, fields: {who: {type: link, to: customer, zh: 谁, en: Who}}}
    actions:
      follow: {ask: {next: {type: link, to: customer, zh: 下一位, en: Next}}, set: {customer: =next}, zh: 跟进}
registers:
"""
VISITS = SHOP.replace("\nregisters:\n", NOTES, 1).replace(
    "\naccess:\n", "\naccess:\n  visit: {sales: {see: true, create: true, edit: true, import: true}}\n", 1
)


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = peopled(database_url, VISITS)
    made.create("li", "customer", name="Acme")
    made.create("app", "customer", name="House", owner="wang")
    yield made
    made.site.database.close()


def acme(shop: Shop) -> int:
    with shop.site.read("shop", shop.actor("app")) as tx:
        found = Session(tx).find("customer", "Acme")
    assert found is not None
    return found.id


def told(shop: Shop, login: str, values: dict[str, Any]) -> tuple[str, list[tuple[str, str, str]]]:
    """What a refused creation says, all of it."""
    with pytest.raises(Failure) as refused:
        shop.create(login, "visit", **values)
    failure = refused.value
    return failure.message.to("en"), [(e.field, e.message.to("en"), e.code) for e in failure.errors]


PLACES = {
    "a link": lambda one: {"customer": one},
    "several links": lambda one: {"guests": [one]},
    "a line": lambda one: {"lines": [{"who": one}]},
    "two links": lambda one: {"customer": one, "usual": "Nobody"},
}


@pytest.mark.parametrize("place", PLACES)
def test_out_of_sight_is_as_if_it_were_not_there(shop: Shop, place: str) -> None:
    at, hidden = PLACES[place], acme(shop)
    assert told(shop, "sun", at({"id": hidden})) == told(shop, "sun", at({"id": 9999}))
    by_name, unknown = told(shop, "sun", at("Acme")), told(shop, "sun", at("Emca"))
    assert str(by_name).replace("Acme", "*") == str(unknown).replace("Emca", "*")
    assert {error[2] for error in by_name[1]} == {"not_found"}


def test_in_sight_it_is_taken(shop: Shop) -> None:
    made = shop.create("li", "visit", customer="Acme", guests=["Acme"], lines=[{"who": "Acme"}])
    assert shop.value(made, "customer") == Ref("customer", acme(shop))
    assert shop.value(made, "limit") == 1000


def test_what_the_record_holds_anyway_passes(shop: Shop) -> None:
    """A form gives back what it was given: an unchanged link, and one that is there by default."""
    made = shop.create("li", "visit", customer="Acme", guests=["Acme"], lines=[{"who": "Acme"}])
    hidden, (line,) = acme(shop), shop.lines(made)
    shop.update("sun", made, customer={"id": hidden}, guests=[{"id": hidden}], lines=[{"id": line, "who": hidden}])
    house = shop.value(made, "usual")
    assert isinstance(house, Ref)
    again = shop.create("sun", "visit", usual={"id": house.id})
    assert shop.value(again, "usual") == house
    with pytest.raises(Invalid):
        shop.create("sun", "visit", customer={"id": house.id})
    with pytest.raises(Invalid):
        shop.update("sun", again, lines=[{"who": hidden}])


def test_a_preview_shows_nothing_of_what_is_out_of_sight(shop: Shop) -> None:
    def draft(login: str, id: int) -> tuple[object, list[tuple[str, str]]]:
        with shop.site.read("shop", shop.actor(login)) as tx:
            found = previews.preview(tx, "visit", inputs.read(tx, "visit", {"customer": {"id": id}}))
            return found.record.get("limit"), [(e.field, e.message.to("en")) for e in found.errors]

    hidden = acme(shop)
    assert draft("li", hidden) == (1000, [])
    assert draft("sun", hidden) == draft("sun", 9999) == (None, [("customer", draft("sun", 9999)[1][0][1])])


def test_what_an_action_asks_is_looked_up_alike(shop: Shop) -> None:
    made = shop.create("sun", "visit")
    said = []
    for id in (acme(shop), 9999):
        with pytest.raises(Invalid) as refused:
            shop.act("sun", made, "follow", {"next": {"id": id}})
        said.append([(e.field, e.message.to("en"), e.code) for e in refused.value.errors])
    assert said[0] == said[1]
    shop.act("li", made, "follow", {"next": "Acme"})
    assert shop.value(made, "customer") == Ref("customer", acme(shop))


@pytest.mark.parametrize("path", ["", "/preview", "/bulk"])
def test_the_api_answers_alike(shop: Shop, path: str) -> None:
    program = Door(shop).program("sun")

    def answer(id: int) -> tuple[int, str]:
        values = {"customer": {"id": id}}
        body = {"items": [{"op": "create", "values": values}]} if path == "/bulk" else values
        got = program.post(f"/api/shop/visit{path}", body)
        return got.status_code, json.dumps(got.get_json()).replace(str(id), "*")

    assert answer(acme(shop)) == answer(9999)
    assert "not_found" in answer(9999)[1]


def test_steps_of_the_app_link_to_what_the_person_does_not_see(shop: Shop) -> None:
    """Defaults and copies are the engine's: only what the person gives is looked up with that person's eyes."""
    made = shop.create("sun", "visit")
    assert isinstance(shop.value(made, "usual"), Ref)
