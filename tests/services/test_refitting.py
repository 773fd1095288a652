"""What a changed declaration does to the values that records have: converted, filled in, refused with a way out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from engine.definitions.compile import app_from
from engine.errors import Refused
from engine.expressions.values import Ref
from engine.runtime.services import commands, reading, wording
from engine.runtime.services.registers import verification
from engine.runtime.storage.actors import SERVICE
from engine.runtime.storage.database import Database
from engine.runtime.storage.operations import Operation, Plan
from tests.services.shops import Shop

CHOICE = "{type: choice, options: {a: Apple, b: Bread}}"
# The old type, what two records have, the new type, what they have then.
CONVERTED: tuple[tuple[str, tuple[Any, Any], str, tuple[Any, Any]], ...] = (
    ("text", ("7", "-12"), "integer", (7, -12)),
    ("text", ("7.5", None), "money", (Decimal("7.5"), None)),
    ("text", ("2026-05-04", "2026-05-05"), "date", (dt.date(2026, 5, 4), dt.date(2026, 5, 5))),
    ("text", ("a", "Bread"), CHOICE, ("a", "b")),
    ("text", ("x", "y"), "long_text", ("x", "y")),
    ("text", ("a@example.org", None), "email", ("a@example.org", None)),
    ("integer", (7, None), "text", ("7", None)),
    ("integer", (7, 8), "quantity", (7, 8)),
    ("money", ("7.00", "8"), "integer", (7, 8)),
    ("date", ("2026-05-04", None), "text", ("2026-05-04", None)),
    ("boolean", (True, False), "text", ("true", "false")),
    (CHOICE, ("a", "b"), "text", ("a", "b")),
    (CHOICE, ("a", None), "{type: choice, options: {c: Cake, a: Apples}}", ("a", None)),
)
# What cannot be: the first record has a value that does not fit, and is named.
REFUSED: tuple[tuple[str, Any, str, str], ...] = (
    ("text", "seven", "integer", "number"),
    ("text", "soon", "date", "date"),
    ("text", "c", CHOICE, "none of the options"),
    ("text", "nobody", "email", "name@example.com"),
    ("text", "Bcme", "{type: link, to: maker}", "there is no maker “Bcme”"),
    ("json", {"a": 1}, "{type: link, to: maker}", "no way from json to link"),
    ("date", "2026-05-04", "integer", ""),
    ("quantity", "7.123456", "{type: money}", "more decimals"),
    ("{type: link, to: maker}", "Acme", "integer", "“Acme”: "),
    ("{type: links, to: maker}", ["Acme"], "{type: links, to: item}", "maker"),
    ("{type: link, to: maker}", "Acme", "{type: link, to: item}", "maker"),
    ("{type: link, to: [maker, item]}", "Acme", "{type: link, to: item}", "maker"),
)
HEAD = """
app: shop
languages: [en]
timezone: Asia/Shanghai
roles: {sales: Sales, manager: Manager, store: Store}
access: {item: {sales: full}, maker: {sales: full}}
objects:
  maker:
    key: name
    fields: {name: {type: text, required: true}}
  item:
    key: code
    fields:
      code: {type: text, required: true}
"""


def text_of(*types: str, more: str = "") -> str:
    return HEAD + "".join(f"      f{n}: {kind}\n" for n, kind in enumerate(types)) + more


SHOPS: list[Shop] = []


@pytest.fixture
def url(database_url: str) -> Iterator[str]:
    yield database_url
    while SHOPS:
        SHOPS.pop().site.database.close()


def made(url: str, text: str, *rows: dict[str, Any]) -> Shop:
    """A shop with these items, called one, two …"""
    shop = Shop(url, text)
    SHOPS.append(shop)
    shop.create("li", "maker", name="Acme")
    for code, row in zip(("one", "two", "three"), rows, strict=False):
        shop.create("li", "item", code=code, **row)
    return shop


def publish(shop: Shop, text: str) -> Plan:
    plan = shop.site.publish(app_from(text).texts).plan
    assert verification.verify(shop.site, "shop") == []
    return plan


def column(shop: Shop, name: str) -> list[Any]:
    with shop.site.read("shop", SERVICE) as tx:
        items = sorted(reading.page(tx, "item", reading.Query()).items, key=lambda item: item.id or 0)
        return [item.get(name) for item in items]


def one(plan: Plan, name: str, kind: str = "") -> Operation:
    (found,) = (o for o in plan.operations if o.name == name and (not kind or o.kind == kind))
    return found


def test_values_become_values_of_the_new_kind(url: str) -> None:
    rows = [{f"f{n}": values[i] for n, (_, values, *_) in enumerate(CONVERTED)} for i in (0, 1)]
    shop = made(url, text_of(*(case[0] for case in CONVERTED)), *rows)
    plan = publish(shop, text_of(*(case[2] for case in CONVERTED)))
    assert {case[2:]: tuple(column(shop, f"f{n}")) for n, case in enumerate(CONVERTED)} == {
        case[2:]: case[3] for case in CONVERTED
    }
    done = one(plan, "f0")
    assert (done.kind, done.was, done.rows, done.changed, done.fails) == ("convert values", "text", 2, 2, ())


def test_what_does_not_fit_stands_in_the_way_with_the_record_and_a_way_out(url: str) -> None:
    shop = made(url, text_of(*(case[0] for case in REFUSED)), {f"f{n}": case[1] for n, case in enumerate(REFUSED)}, {})
    changed = app_from(text_of(*(case[2] for case in REFUSED)))
    plan = shop.site.plan(changed.texts)
    for n, (old, value, new, why) in enumerate(REFUSED):
        found = [o for o in plan.blocked if o.name == f"f{n}"]
        assert len(found) == 1, (old, value, new)
        assert "one" in found[0].fails[0] or "7.123456" in found[0].fails[0], (old, new, found[0].fails)
        assert why in found[0].fails[0]
    assert (one(plan, "f0").rows, one(plan, "f0").changed) == (1, 0)
    hint = one(plan, "f0").hint
    assert hint is not None and "give the new field another name" in hint.to("en")
    with pytest.raises(Refused, match="seven"):
        shop.site.publish(changed.texts)
    assert column(shop, "f0") == ["seven", None]


def test_what_is_required_is_filled_in_or_named(url: str) -> None:
    shop = made(url, text_of("text", "text"), {"f0": "x"}, {})
    plan = publish(shop, text_of(
        "{type: text, required: true}", "{type: text, required: true, default: none}",
        "{type: integer, required: true, default: 3}",
    ))
    named = one(plan, "f0")
    assert (named.kind, named.rows, named.samples) == ("look at values", 1, ("two",))
    assert "asked for when they are next changed" in named.risk
    assert one(plan, "f1", "fill default").rows == 2
    assert (column(shop, "f0"), column(shop, "f1"), column(shop, "f2")) == (["x", None], ["none", "none"], [3, 3])


def test_defaults_are_worked_out_for_each_record_and_what_reads_them_follows(url: str) -> None:
    total = ("      total: {formula: f0 * 2, type: quantity, search: true}\n"
             "      parts: {type: lines, fields: {n: integer%s}}\n")
    text = text_of("quantity", "text", "{type: link, to: maker}", more=total % "" + POSTS + BOOKS)
    shop = made(url, text, {"f0": "2", "f1": "x", "parts": [{"n": 1}, {"n": 4}]}, {"f1": "7"}, {"f1": "12"})
    after = text_of(
        "{type: quantity, required: true, default: =value(f1)}", "text",
        "{type: link, to: maker, required: true, default: Acme}", "{type: date, default: =today()}",
        "{type: text, default: \"=code & '!'\"}",
        "{type: links, to: maker, default: [Acme]}", "{type: text, default: no}",
        more=total % ", twice: {type: integer, default: =n * 2 + count(parent.parts)}" + POSTS + BOOKS,
    )
    tried = shop.site.plan(app_from(after).texts)
    plan = publish(shop, after)
    assert [str(o) for o in tried.operations] == [str(o) for o in plan.operations]
    filled = one(plan, "f0", "compute default")
    assert (filled.rows, filled.changed, filled.risk, filled.samples[0]) == (2, 2, "", "two: 7")
    assert (column(shop, "f0"), column(shop, "total")) == ([2, 7, 12], [4, 14, 24]), "and what is computed from it"
    (booked,) = (o for o in plan.operations if o.kind == "book again" and o.thing == "item")
    assert booked.changed == 2
    assert {None if ref is None else ref.id for ref in column(shop, "f2")} == {1}
    assert [day is not None for day in column(shop, "f3")] == [True] * 3
    assert (column(shop, "f4"), column(shop, "f6")) == (["one!", "two!", "three!"], ["no"] * 3)
    assert [[ref.object for ref in refs] for refs in column(shop, "f5")] == [["maker"]] * 3
    assert one(plan, "twice", "compute default").samples == ("one, 1: 4", "one, 2: 10")


def test_records_for_which_a_default_gives_nothing_stay_blank_and_are_named(url: str) -> None:
    shop = made(url, text_of("quantity", "quantity"), {"f0": "1", "f1": "2"}, {"f0": "1", "f1": "0"}, {"f0": "1"})
    after = text_of("quantity", "quantity", "{type: quantity, required: true, default: =f0 / f1}",
                    "{type: user, required: true, default: =me}", "{type: text, unique: true, default: same}")
    plan = publish(shop, after)
    found = one(plan, "f2", "compute default")
    assert (found.rows, found.changed, column(shop, "f2")) == (3, 1, [Decimal("0.5"), None, None])
    assert found.risk.startswith("2 records have none") and "two: " in found.reasons[0].to("en")
    assert (one(plan, "f3", "compute default").changed, one(plan, "f4", "look at values").rows) == (0, 3)
    assert "默认值填入 1 条记录；2 条记录没有值" in str(found.told and found.told.to("zh"))


def test_options_texts_and_states_that_are_in_use(url: str) -> None:
    states = "    states: {draft: Draft, sent: Sent}\n    actions: {send: {from: draft, to: sent}}\n"
    text = text_of(CHOICE, "text", more=states)
    shop = made(url, text, {"f0": "a", "f1": "long"}, {"f0": "b"})
    narrower = text_of("{type: choice, options: {b: Bread}}", "{type: text, max_length: 3}", more=states)
    plan = publish(shop, narrower)
    for name in ("f0", "f1"):
        assert one(plan, name).samples[0].startswith("one: ") and one(plan, name).changed == 1
    assert column(shop, "f0") == ["a", "b"], "an option that is gone is shown by its code"
    with shop.site.read("shop", SERVICE) as tx:
        first = next(i for i in reading.page(tx, "item", reading.Query()).items if i.get("code") == "one")
    shop.update("li", first.ref, f1="ok", f0="b")
    shop.act("li", first.ref, "send")
    gone = narrower.replace("draft: Draft, sent: Sent", "draft: Draft, done: Done").replace("to: sent", "to: done")
    (blocked,) = shop.site.plan(app_from(gone).texts).blocked
    assert blocked.fails == ("one: sent",) and blocked.hint is not None
    alone = text_of(CHOICE, "text", more=f"{states}    single: true\n")
    (blocked,) = shop.site.plan(app_from(alone).texts).blocked
    assert blocked.fails == ("one", "two") and str(blocked.told) == "there is to be one record, and there are 2"
    shop.run("li", lambda tx: commands.delete(tx, "item", first.ref.id))
    assert not shop.site.plan(app_from(alone).texts).blocked, "what is in the bin does not count"


def test_states_come_to_records_that_have_none(url: str) -> None:
    shop = made(url, text_of("text"), {})
    plan = publish(shop, text_of("text", more="    states: {draft: Draft, sent: Sent}\n"))
    assert one(plan, "state").kind == "fill states"
    assert column(shop, "status") == ["draft"]


def test_a_link_to_one_becomes_a_link_to_one_of_several(url: str) -> None:
    shop = made(url, text_of("{type: link, to: maker}"), {"f0": "Acme"}, {})
    plan = publish(shop, text_of("{type: link, to: [maker, item]}"))
    assert one(plan, "f0").kind == "fill links"
    assert [None if ref is None else ref.object for ref in column(shop, "f0")] == ["maker", None]


MAKER = "{type: link, to: maker}"
MAKERS = "{type: links, to: maker}"
EITHER = "{type: link, to: [maker, item]}"
# Makers are A1 Acme, B2 Bolt and C3 Bolt; what links are is shown as the number of the maker.
RELINKED: tuple[tuple[str, tuple[Any, Any], str, tuple[Any, Any]], ...] = (
    ("text", ("A1", "acme"), MAKER, (1, 1)),
    ("text", ("A1，B2", None), MAKERS, ([1, 2], None)),
    ("text", ("A1", "one"), EITHER, (1, 1)),
    ("{type: choice, options: {A1: First, b: Acme}}", ("A1", "b"), MAKER, (1, 1)),
    (MAKER, ("A1", "B2"), "text", ("Acme", "Bolt")),
    (MAKER, ("A1", "B2"), "{type: choice, options: {A1: First, B2: Second}}", ("A1", "B2")),
    (EITHER, ("A1", None), "text", ("Acme", None)),
    (MAKER, ("A1", "B2"), MAKERS, ([1], [2])),
    (MAKERS, (["B2"], None), MAKER, (2, None)),
    (MAKERS, (["B2", "A1"], None), "text", ("Bolt, Acme", None)),
    (MAKERS, (["B2"], None), "{type: links, to: [maker, item]}", ([2], None)),
)


def linked_makers(url: str, types: list[str], *rows: dict[str, Any]) -> Shop:
    shop = Shop(url, keyed(text_of()))
    SHOPS.append(shop)
    for code, name in (("A1", "Acme"), ("B2", "Bolt"), ("C3", "Bolt")):
        shop.create("li", "maker", code=code, name=name)
    publish(shop, keyed(text_of(*types)))
    for code, row in zip(("one", "two", "three"), rows, strict=False):
        shop.create("li", "item", code=code, **row)
    return shop


def keyed(text: str) -> str:
    return text.replace("    key: name\n    fields: {name: {type: text, required: true}}", (
        "    key: code\n    title: '{name}'\n    fields: {code: text, name: text}"))


def test_texts_find_the_records_that_they_name_and_links_become_what_they_are_called(url: str) -> None:
    rows = [{f"f{n}": values[i] for n, (_, values, *_) in enumerate(RELINKED)} for i in (0, 1)]
    shop = linked_makers(url, [case[0] for case in RELINKED], *rows)
    plan = publish(shop, keyed(text_of(*(case[2] for case in RELINKED))))
    shown = {n: tuple([getattr(one, "id", one) if not isinstance(one, tuple) else [ref.id for ref in one]
                       for one in column(shop, f"f{n}")]) for n, _ in enumerate(RELINKED)}
    assert shown == {n: case[3] for n, case in enumerate(RELINKED)}
    assert [ref.object for ref in column(shop, "f2")] == ["maker", "item"]
    done = one(plan, "f0")
    assert (done.kind, done.rows, done.changed, done.into) == ("convert values", 2, 2, "zz_f0")
    with shop.site.database.read() as connection:
        pairs = connection.exec_driver_sql('select owner, target from "shop__item__to__f7" order by 1').all()
    assert [tuple(pair) for pair in pairs] == [(1, 1), (2, 2)], "the way back is there too"
    shop.update("li", Ref("item", 1), f0="B2", f1=["C3"])
    assert (column(shop, "f0")[0].id, [ref.id for ref in column(shop, "f1")[0]]) == (2, [3])


def test_texts_that_name_nothing_or_several_stand_in_the_way(url: str) -> None:
    cases = (("text", "Nobody", MAKER, "there is no maker “Nobody”"),
             ("text", "Bolt", MAKER, "2 of Maker are called “Bolt” (#2, #3)"),
             (MAKERS, ["A1", "B2"], MAKER, "2 links where one is kept"))
    shop = linked_makers(url, [case[0] for case in cases], {f"f{n}": case[1] for n, case in enumerate(cases)})
    plan = shop.site.plan(app_from(keyed(text_of(*(case[2] for case in cases)))).texts)
    for n, case in enumerate(cases):
        (found,) = (o for o in plan.blocked if o.name == f"f{n}")
        assert (found.fails[0][:5], case[3] in found.fails[0], found.hint is not None) == ("one: ", True, True)


def test_what_comes_back_gets_its_data_back(url: str) -> None:
    shop = made(url, text_of("money", "text"), {"f0": "1.25", "f1": "x"}, {"f0": "2"})
    publish(shop, text_of())
    shop.create("li", "item", code="three")
    plan = publish(shop, text_of("quantity", "integer"))
    assert (one(plan, "f0", "restore column").rows, column(shop, "f0")) == (2, [Decimal("1.25"), 2, None])
    why = one(plan, "f1").hint
    assert why is not None and "was text and does not come back as integer" in why.to("en")


def test_an_object_that_comes_back_has_its_records(url: str) -> None:
    shop = made(url, text_of("money"), {"f0": "1.25"})
    without = HEAD[: HEAD.index("  item:")].replace("item: {sales: full}, ", "")
    publish(shop, without)
    publish(shop, text_of("money"))
    assert column(shop, "f0") == [Decimal("1.25")]


def test_object_lines_field_and_pairs_are_renamed_together(url: str) -> None:
    lines = "      parts: {type: lines, fields: {qty: quantity, maker: {type: links, to: maker}}}\n"
    shop = made(url, text_of("{type: link, to: [maker, item]}", "{type: links, to: maker}", more=lines),
                {"f0": "Acme", "f1": ["Acme"], "parts": [{"qty": "2", "maker": ["Acme"]}]})
    changed = (
        HEAD.replace("  item:\n", "  thing:\n    was: item\n").replace("item: {sales", "thing: {sales")
        + "      g0: {type: link, to: [maker, thing], was: f0}\n      g1: {type: links, to: maker, was: f1}\n"
        + "      bits: {type: lines, was: parts, fields: {n: {type: quantity, was: qty},"
        + " by: {type: links, to: maker, was: maker}}}\n"
    )
    publish(shop, changed)
    with shop.site.read("shop", SERVICE) as tx:
        (thing,) = reading.page(tx, "thing", reading.Query()).items
        assert thing.get("g0").object == "maker"
        assert [ref.object for ref in thing.get("g1")] == ["maker"]
        (line,) = thing.lines("bits")
        assert line.get("n") == 2 and len(line.get("by")) == 1


def test_values_that_become_the_same_stand_in_the_way_of_a_unique_field(url: str) -> None:
    shop = made(url, text_of("{type: text, unique: true}"), {"f0": "7"}, {"f0": "07"})
    after = app_from(text_of("{type: integer, unique: true}"))
    assert "f0" in shop.site.plan(after.texts).blocked[-1].fails[0]
    with pytest.raises(Refused, match="forbid"):
        shop.site.publish(after.texts)


def test_plans_change_nothing(url: str) -> None:
    shop = made(url, text_of("text"), {"f0": "7"})
    shop.site.plan(app_from(text_of("integer")).texts)
    again = Database(url)
    with again.read() as connection:
        assert connection.exec_driver_sql('select f0 from "shop__item"').scalar_one() == "7"
    again.close()


BOOKS = """
registers: {moved: {keys: {item: {type: link, to: item}}, measures: {qty: quantity}}}
"""
POSTS = "    posts: [{to: moved, keys: {item: this}, add: {qty: f0}}]\n"


def test_what_other_rules_say_is_booked_again_and_other_keys_are_refused(url: str) -> None:
    text = text_of("quantity", more=POSTS + BOOKS)
    shop = made(url, text, {"f0": "2"}, {"f0": "3"})
    keyed = text.replace("{item: {type: link, to: item}}, measures", "{thing: {type: link, to: item}}, measures")
    keyed = keyed.replace("keys: {item: this}", "keys: {thing: this}")
    (blocked,) = shop.site.plan(app_from(keyed).texts).blocked
    assert blocked.thing == "moved" and "another name" in str(blocked.hint)
    renamed = keyed.replace("{moved:", "{stirred:").replace("to: moved", "to: stirred")
    assert not shop.site.plan(app_from(renamed).texts).blocked
    done = shop.site.publish(app_from(text.replace("qty: f0", "qty: f0 * 2")).texts)
    (told,) = (o for o in done.plan.operations if o.thing == "moved")
    assert (told.kind, told.rows, len(told.samples)) == ("book again", 2, 2)
    assert verification.verify(shop.site, "shop") == []


def test_a_plan_speaks_to_people_in_their_language(url: str) -> None:
    before = text_of("{type: text, zh: 数量, en: Quantity}", "{type: money, zh: 单价, en: Price}").replace(
        "languages: [en]", "languages: [zh, en]").replace("  item:\n", "  item:\n    name: {zh: 货品, en: Item}\n")
    shop = made(url, before, {"f0": "seven", "f1": "1"}, {"f0": "8"})
    after = app_from(before.replace("{type: text, zh", "{type: integer, zh").replace(
        "      f1: {type: money, zh: 单价, en: Price}\n", "      f2: {type: date, zh: 日期, en: Day}\n"))
    plan = shop.site.plan(after.texts)
    with shop.site.read("shop", SERVICE) as tx:
        told = wording.told(plan, after, tx.app)
    shown = {(one.sentence.to("zh"), one.sentence.to("en"), one.mark) for one in told}
    assert ("货品的“数量” 换了类型：1 个值转换，1 个不行",
            "Quantity of Item has another type: 1 values are converted, 1 cannot be", "blocked") in shown
    assert ("新增 货品的“日期”", "Day of Item is new", "safe") in shown
    gone = "货品的“单价” 不再显示，1 个值归档保留", "Price of Item is shown no more; its 1 values are archived"
    assert (*gone, "risky") in shown
    (blocked,) = (one for one in told if one.mark == "blocked")
    assert blocked.reasons[0].to("zh").startswith("one：") and blocked.hint is not None
    short = wording.in_short([*told, *told])
    assert len(short) == len({one.sentence.to("en") for one in told}), "the same is said once"
    assert [one.mark for one in short] == sorted(one.mark for one in short), "what stands in the way comes first"
    documents = [wording.document(*both) for both in zip(plan.operations, told, strict=True)]
    (first,) = (one for one in documents if one["kind"] == "convert values")
    assert (first["rows"], first["changed"], first["fails"][0][:5]) == (2, 1, "one: ")
