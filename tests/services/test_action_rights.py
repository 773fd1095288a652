"""Who may take an action: `by` of the action and `access` must both allow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.builder.furnishing import furnish
from engine.definitions.compile import load
from engine.runtime.services import reading
from engine.runtime.services.identity import people
from engine.runtime.services.rights import access
from engine.runtime.services.site import Site
from engine.runtime.storage.database import Database

TEXT = """
app: shop
name: Shop
roles: {seller: Seller, chief: {name: Chief, includes: [seller]}, guest: Guest}
objects:
  sale:
    fields: {owner: user}
    states: {draft: Draft, done: Done}
    actions:
      close: {from: draft, to: done, by: role(seller)}
      print: {from: draft}
      stamp: {from: draft, by: role(seller)}
access:
  sale:
    seller: {see: true, edit: true, close: owner = me, print: owner = me}
    chief: {see: true, edit: true}
    guest: {see: true, close: true}
samples:
  people: [{id: ann, role: seller}, {id: bob, role: seller}, {id: cora, role: chief}, {id: gus, role: guest}]
  rows: {sale: [{owner: ann}]}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    app = load({"shop.yaml": TEXT}).app
    assert app is not None
    made = Site(Database(f"sqlite:///{tmp_path_factory.mktemp('shop') / 'site.db'}"))
    made.publish(app.texts)
    furnish(made, app)
    yield made
    made.database.close()


def may(site: Site, login: str) -> set[str]:
    """The actions of the sale that this person may take."""
    actor = people.actor_for(site, people.find(site, login), "shop")
    with site.read("shop", actor) as tx:
        record = reading.get(tx, "sale", 1)
        return {name for name, action in record.definition.actions.items() if access.action_right(record, action).ok}


def test_the_condition_beside_the_action_holds_beside_by(site: Site) -> None:
    assert may(site, "ann") == {"close", "print", "stamp"}


def test_a_right_to_edit_does_not_widen_an_action_that_the_same_grant_names(site: Site) -> None:
    assert may(site, "bob") == {"stamp"}


def test_another_grant_that_lets_edit_lets_take_the_action(site: Site) -> None:
    assert may(site, "cora") == {"close", "print", "stamp"}


def test_a_grant_does_not_widen_by(site: Site) -> None:
    assert may(site, "gus") == set()
