"""Rights explained: the verdict is the one that is enforced, the words name the rule, and nothing is told beyond the
asker's own sight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from engine.errors import NotFound
from engine.expressions.values import Ref
from engine.runtime.services.identity import people
from engine.runtime.services.rights import access, explaining
from engine.runtime.services.rights.explaining import Explanation
from engine.runtime.services.sessions import Session
from engine.runtime.storage.actors import Actor
from tests.services.shops import SHOP, Shop

BOSS = Actor("user", 99, "boss", "Boss", admin=True, builder=True, language="en")
RULES = SHOP.replace("hide: secret}", "hide: {fields: secret, unless: limit < 500}, readonly: {fields: limit}}", 1)
RULES = RULES.replace("    of: sale\n", "    of: sale\n    start_by: creator\n", 1)


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, RULES)
    people.add_user(made.site, "eve", "Eve", None)
    people.add_user(made.site, "gone", "Gone", None, roles={"shop": ["manager"]})
    people.set_active(made.site, "gone", False)
    yield made
    made.site.database.close()


def told(shop: Shop, login: str, object: str, id: int | None = None, asker: Actor = BOSS) -> Explanation:
    with shop.site.read("shop", asker) as tx:
        return explaining.explain(tx, login, object, id)


def words(found: Explanation, verb: str, language: str = "en") -> str:
    return next(one.why.to(language) for one in found.verbs if one.name == verb)


def test_every_verdict_is_the_one_that_is_enforced(shop: Shop) -> None:
    """Person × object × record × verb, field and action: what is explained and what the commands ask are one thing."""
    shop.stocked(Bolt=100)
    records = [shop.sold(submit=False, Bolt=1), shop.sold(customer="Rich", Bolt=2), Ref("customer", 1)]
    records += [shop.create("app", "customer", name="Poor", limit="100", owner="sun"), Ref("product", 1)]
    records.append(shop.create("zhao", "receipt", lines=[{"product": "Bolt", "qty": "1"}]))
    compared, started = 0, set[str]()
    for login in ("li", "sun", "wang", "zhao", "eve"):
        with shop.site.read("shop", shop.actor(login)) as tx:
            for ref in records:
                found, record = told(shop, login, ref.object, ref.id), Session(tx).record(ref)
                assert record is not None
                seen = access.granted(record, "see")
                rights = access.allowed(record)
                edits = seen and access.granted(record, "edit")
                for verb in found.verbs:
                    assert verb.ok == (seen and access.granted(record, verb.name)), (login, ref, verb)
                    assert verb.why.to("zh") and verb.why.to("en")
                for name, (see, edit) in found.fields.items():
                    right = rights.fields[name]
                    assert (see.ok, edit.ok) == (seen and right.see, edits and right.edit), (login, ref, name)
                    assert see.why.to("zh") and edit.why.to("en"), (login, ref, name)
                for action in found.actions:
                    expected = action.name in rights.actions and rights.actions[action.name].ok
                    assert action.ok == (seen and expected), (login, ref, action)
                    started |= {action.why.to("en")} if login == "wang" and not action.ok else set()
                    assert not {"您没有", "您不能"} & {action.why.to("zh")[:3]}, "it is told to somebody else"
                compared += len(found.verbs) + 2 * len(found.fields) + len(found.actions)
    assert compared > 400
    assert any(why.endswith("is none of those who may start Approval (creator)") for why in started), started
    nobody = told(shop, "gone", "sale", records[0].id)
    assert not any(one.ok for one in (*nobody.verbs, *nobody.actions))
    assert not any(see.ok or edit.ok for see, edit in nobody.fields.values())


def test_the_words_name_role_rule_and_values(shop: Shop) -> None:
    asker = replace(BOSS, roles=frozenset({"manager", "sales"}))
    shop.stocked(Bolt=100)
    sale = shop.sold(submit=False, Bolt=1)
    assert words(told(shop, "li", "customer", 1, asker), "see") == (
        "the role Sales may see records where Owner = oneself, and this one does (oneself = Li; Owner = Li)"
    )
    assert words(told(shop, "sun", "customer", 1, asker), "see", "zh") == (
        "角色“销售”可查看符合 业务员 = 本人 的记录，此记录不符合（本人 = Sun；业务员 = Li）"
    )
    assert "Owner of Customer = Li" in words(told(shop, "sun", "sale", sale.id, asker), "edit")
    assert words(told(shop, "eve", "customer", 1, asker), "see") == "No role of Eve (none) may see Customer"
    assert "every record" in words(told(shop, "wang", "sale", sale.id, asker), "see")
    see, edit = told(shop, "li", "customer", 1, asker).fields["secret"]
    assert not see.ok and see.why.to("en") == "the role Sales leaves this field out (unless Limit < 500)"
    assert "leaves this field out" in told(shop, "li", "customer", 1, asker).fields["limit"][1].why.to("en")
    action = next(one for one in told(shop, "li", "sale", sale.id, asker).actions if one.name == "ship")
    assert not action.ok and "not possible while it is Draft" in action.why.to("en")
    assert "Owner: not yours to see" in words(told(shop, "li", "customer", 1), "see")


def test_builders_are_told_no_more_than_they_see(shop: Shop) -> None:
    """A rule over what the asker may not see is told without values, and without its outcome."""
    shop.create("li", "customer", name="Acme")
    builder = replace(shop.actor("li"), builder=True)
    with pytest.raises(NotFound):
        told(shop, "wang", "customer", 1, replace(shop.actor("sun"), builder=True))
    with pytest.raises(NotFound):
        told(shop, "wang", "customer", 1, Actor("user", 98, "ada", "Ada", builder=True))
    shop_rule = SHOP.replace("customer:\n    sales: {see: owner = me", "customer:\n    store: {see: \"secret = 'x'\"}\n"
                             "    sales: {see: owner = me", 1)
    secret = "      secret: {type: text, zh: 底价, en: Secret}\n"
    bless = "    actions:\n      bless: {when: \"secret = 'x'\", set: {limit: 2}, zh: 祝福, en: Bless}\n"
    shop.site.publish({"app.yaml": shop_rule.replace(secret, secret + bless)})
    people.add_user(shop.site, "root", "Root", None, admin=True)
    for login in ("root", "wang"):             # whoever it is about
        assert told(shop, login, "customer", 1, builder).actions[0].ok is None
    assert told(shop, "root", "customer", 1).actions[0].ok is False, "administrators are told"
    verdict = told(shop, "zhao", "customer", 1, builder).verbs[0]
    assert verdict.ok is None and all("secret" not in (one.value.to("en")) for one in verdict.grounds[0].looked)
    assert told(shop, "zhao", "customer", 1).verbs[0].ok is False


def test_who_can_see_a_record(shop: Shop) -> None:
    shop.stocked(Bolt=100)
    sale = shop.sold(submit=False, Bolt=1)
    with shop.site.read("shop", BOSS) as tx:
        found = {one.login: one.why.to("en") for one in explaining.viewers(tx, "sale", sale.id)}
        everyone = {one.login for one in explaining.viewers(tx, "product", 1)}
    assert set(found) == {"li", "wang"} and "Owner of Customer = oneself" in found["li"]
    assert everyone == {"li", "sun", "wang", "zhao", "eve"}


def test_where_the_missing_sight_decides_it_is_named(shop: Shop) -> None:
    """Who may edit every customer and sees some: not the right to edit is what is missing."""
    half = SHOP.replace("edit: owner = me, share: owner = me", "edit: true, share: owner = me", 1)
    shop.site.publish({"app.yaml": half})
    theirs = shop.create("app", "customer", name="Poor", limit="100", owner="sun")
    out = told(shop, "li", "customer", theirs.id)
    unseen = "The record is out of sight: the role Sales may see records where Owner = oneself"
    assert words(out, "edit").startswith(unseen)
    assert out.fields["name"][1].why.to("en").startswith("The record is out of sight: the role Sales may see")
    mine = told(shop, "sun", "customer", theirs.id)
    assert mine.fields["name"][1].ok and words(mine, "edit") == "the role Sales may edit every record"
