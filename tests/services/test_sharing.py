"""Sharing one record: what it gives to whom, by every way that rows come; what it never gives; how it ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import event

from engine.definitions.compile import app_from
from engine.errors import Forbidden, Invalid, NotFound, Refused
from engine.expressions.values import Ref
from engine.runtime.services import commands, notices, reading
from engine.runtime.services.identity import people
from engine.runtime.services.reading import Query
from engine.runtime.services.reporting import reports
from engine.runtime.services.rights import access, explaining, reaching, sharing
from engine.runtime.services.rights.sharing import Share
from engine.runtime.services.sessions import Session
from tests.services.shops import SHOP, Shop

RULES = SHOP.replace("edit: owner = me, share: owner = me", "edit: true, delete: true, share: owner = me")
RULES = RULES.replace("edit: true}\n  sale:", "edit: true, share: [name]}\n  sale:") + """
reports: {limits: {from: customer, show: {name: name, limit: limit}}}
"""


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, RULES)
    yield made
    made.site.database.close()


def seen(shop: Shop, login: str, **asked: str) -> set[str]:
    """The customers that somebody finds in the list."""
    with shop.site.read("shop", shop.actor(login)) as tx:
        return {str(one.get("name")) for one in reading.page(tx, "customer", Query(**asked)).items}


def shared(shop: Shop, who: str, ref: Ref, kind: str, grantee: str, **how: object) -> Share:
    return shop.run(who, lambda tx: sharing.share(tx, ref.object, ref.id, kind, grantee, **how))


def test_a_share_gives_one_row_everywhere_and_no_more_than_that(shop: Shop) -> None:
    theirs = shop.create("app", "customer", name="Theirs", limit="70", owner="sun", secret="S1")
    other = shop.create("app", "customer", name="Other", limit="80", owner="sun")
    before = seen(shop, "li")
    made = shared(shop, "sun", theirs, "user", "li")
    assert seen(shop, "li") == before | {"Theirs"} == seen(shop, "li", filter="limit >= 0")
    with shop.site.read("shop", shop.actor("li")) as tx:
        assert reading.get(tx, "customer", theirs.id).title
        rows = reports.run(tx, "limits", {}).rows
        assert "Theirs" in str(rows) and "Other" not in str(rows), "reports follow"
        record = Session(tx).record(theirs)
        assert record is not None and not access.allowed(record).fields["secret"].see, "fields are those of the role"
        rights = access.allowed(record)
        assert not rights.fields["name"].edit and not rights.delete, "`edit: true` means what the role sees by itself"
        with pytest.raises(NotFound):
            reading.get(tx, "customer", other.id)
        assert notices.inbox(tx)[0].about == theirs
    for work in (
        lambda tx: commands.update(tx, "customer", theirs.id, {"limit": Decimal(1)}),
        lambda tx: commands.delete(tx, "customer", theirs.id),
        lambda tx: sharing.share(tx, "customer", theirs.id, "user", "wang"),
    ):
        with pytest.raises(Forbidden):
            shop.run("li", work)
    shared(shop, "sun", theirs, "user", "li", edit=True)
    shop.update("li", theirs, limit="71")
    with pytest.raises(Forbidden):
        shop.run("li", lambda tx: commands.delete(tx, "customer", theirs.id))
    with shop.site.read("shop", shop.actor("wang")) as tx:
        (one,) = sharing.listing(Session(tx).record(theirs))
        assert (one.grantee, one.edit, one.by, one.holds, one.number) == ("li", True, "Sun", True, made.number)
    reader = replace(shop.actor("li"), scopes=frozenset({"read"}))
    with pytest.raises(Forbidden):
        shop.site.run("shop", reader, lambda tx: sharing.stop(tx, "customer", theirs.id, one.number))
    shop.run("li", lambda tx: sharing.stop(tx, "customer", theirs.id, one.number))
    assert seen(shop, "li") == before


def test_there_is_a_most_for_each_and_what_is_shared_can_always_be_changed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "MOST", 1)
    theirs, other = (shop.create("app", "customer", name=name, owner="sun") for name in ("Theirs", "Other"))
    made = shared(shop, "sun", theirs, "user", "li", edit=True)
    assert shared(shop, "sun", theirs, "user", "li", until=shop.now.date()).number == made.number
    with pytest.raises(Refused, match="1 shared records"):
        shared(shop, "sun", other, "user", "li")


def test_it_ends_by_day_by_lost_rights_and_by_disabling(shop: Shop) -> None:
    theirs = shop.create("app", "customer", name="Theirs", limit="70", owner="sun")
    shared(shop, "sun", theirs, "role", "sales", until=shop.now.date())
    assert "Theirs" in seen(shop, "li")
    shop.now += dt.timedelta(days=1)
    assert "Theirs" not in seen(shop, "li"), "the last day is over"
    shared(shop, "sun", theirs, "user", "li")
    shop.update("app", theirs, owner="wang")
    assert "Theirs" not in seen(shop, "li"), "who sees it no more shares it no more"
    shop.update("app", theirs, owner="sun")
    assert "Theirs" in seen(shop, "li")
    people.set_active(shop.site, "sun", False)
    people.set_active(shop.site, "sun", True)
    assert "Theirs" not in seen(shop, "li"), "what ended with the account does not come back with it"


def test_departments_fields_of_the_sharer_and_the_explanation(shop: Shop) -> None:
    theirs = shop.create("app", "customer", name="Theirs", limit="70", owner="sun")
    people.add_user(shop.site, "li", None, None, department="East")
    shared(shop, "wang", theirs, "department", "East")
    assert "Theirs" in seen(shop, "li")
    with shop.site.read("shop", shop.actor("li")) as tx:
        (one,) = sharing.listing(Session(tx).record(theirs))
        assert (one.kind, one.grantee, one.mine) == ("department", "East", False), "whose department has it sees that"
        rights = access.allowed(reading.get(tx, "customer", theirs.id)).fields
        assert rights["name"].see and not rights["limit"].see, "`share: [name]` gives no other field"
        assert "limit" not in access.sure_fields(tx, tx.app.objects["customer"]), "nor lets filter by it"
    boss = shop.actor("wang")
    boss = type(boss)("user", boss.id, "wang", "Wang", boss.roles, admin=True, language="en")
    with shop.site.read("shop", boss) as tx:
        told = explaining.explain(tx, "li", "customer", theirs.id)
        assert told.verbs[0].ok and told.verbs[0].why.to("en") == "shared by Wang on May 4, 2026"
        assert {v.name: v.ok for v in told.verbs} == {"see": True, "edit": False, "delete": False, "share": False}
        assert any("shared by" in one.why.to("en") for one in explaining.viewers(tx, "customer", theirs.id))


def test_what_cannot_be_shared_is_told(shop: Shop) -> None:
    theirs = shop.create("app", "customer", name="Theirs", limit="70", owner="sun")
    for kind, whom, how, field in (
        ("user", "nobody", {}, "user"), ("role", "manger", {}, "role"), ("user", "sun", {}, "user"),
        ("user", "zhao", {}, "user"), ("role", "store", {}, "role"),
        ("user", "li", {"until": dt.date(2000, 1, 1)}, "until"),
    ):
        with pytest.raises(Invalid) as refused:
            shared(shop, "sun", theirs, kind, whom, **how)
        assert refused.value.errors[0].field == field
    people.add_user(shop.site, "li", None, None, department="West")
    shared(shop, "sun", theirs, "department", "West")
    assert "Theirs" in seen(shop, "li")
    people.add_user(shop.site, "li", None, None, department="East")
    assert "Theirs" not in seen(shop, "li"), "who leaves the department loses it"


def test_publishing_tells_how_many_rows_and_fields_are_gained_or_lost(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.create("app", "customer", name="Theirs", owner="sun")
    shop.create("app", "customer", name="Other", owner="sun")
    shop.create("app", "customer", name="Mine", owner="li")
    wider = RULES.replace("sales: {see: owner = me, create", "sales: {see: true, create")

    def told(text: str) -> list[str]:
        with shop.site.read("shop", shop.actor("app")) as tx:
            return [one.to("en") for one in reaching.told(tx, app_from(text))]

    (line,) = told(wider)
    assert line.startswith("Sales and Customer: rows in sight 3 → 6, fields ") and "2 of 2 people" in line
    assert line.endswith("most for Li: 1 → 3 rows)"), line
    (hidden,) = told(RULES.replace("hide: secret", "hide: [secret, limit]"))
    seen = [int(part) for part in hidden.partition("fields ")[2].partition(" (")[0].split(" → ")]
    assert "rows in sight 3 → 3" in hidden and seen[0] - seen[1] == 2, "one field less for each of two"
    assert told(RULES) == []
    more = wider.replace("      secret:", "      further: text\n      secret:")
    monkeypatch.setattr(reaching, "SECONDS", -1.0)
    assert "Sales and Customer: rows are not counted, time was over" in told(wider)
    assert told(more) == ["Rights to see change; rows are not counted, as tables change too"]


def asked_for(shop: Shop, login: str) -> int:
    """How many statements it takes to know what somebody may do in the app."""
    statements: list[str] = []
    with shop.site.database.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda *told: statements.append(told[2]))
        people.standing(shop.site, connection, people.find(shop.site, login), "shop")
    return len(statements)


def test_shares_of_many_take_no_more_statements_than_those_of_one(shop: Shop) -> None:
    """What is shared with somebody is asked for at every request: by how many people must not matter."""
    counts = {}
    for many in (1, 9):
        for login in (f"giver{many}{number}" for number in range(many)):
            people.add_user(shop.site, login, None, None, roles={"shop": ["sales"]})
            ref = shop.create("app", "customer", name=f"Of {login}", limit="70", owner=login)
            shared(shop, login, ref, "user", "li", edit=login.endswith("0"))
        counts[many] = asked_for(shop, "li")
    assert counts[9] == counts[1] > asked_for(shop, "wang"), counts
    assert len(seen(shop, "li") & {f"Of giver9{n}" for n in range(9)}) == 9
