"""Changed rules are booked anew when they are published: foreseen in the plan, exact afterwards, refused if need be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from engine.errors import Refused
from engine.runtime.services.registers import ledgers, periods, verification
from tests.registers.warehouses import TEXT, Depot

OLD = "posts: [{to: stock, each: lines, keys: {item: item, place: place}, add: {on_hand: qty}}]"


def text_of(*rules: str) -> dict[str, str]:
    found = "posts: [" + ", ".join(rules) + "]"
    assert OLD in TEXT
    return {"app.yaml": TEXT.replace(OLD, found)}


def rule(amount: str, more: str = "") -> str:
    return f"{{to: stock, each: lines, {more}keys: {{item: item, place: place}}, add: {{on_hand: {amount}}}}}"


@pytest.fixture
def depot(database_url: str) -> Iterator[Depot]:
    made = Depot(database_url)
    made.create("item", code="chai")
    made.create("place", code="main")
    for day, qty in ((1, 5), (2, 7), (9, -4)):
        made.paper("entry", dt.date(2026, 5, day), {"item": "chai", "place": "main", "qty": qty})
    yield made
    assert verification.verify(made.site, "depot") == []
    made.site.database.close()


def on_hand(depot: Depot, day: int = 20) -> object:
    sheet = depot.read(lambda tx: ledgers.balances(tx, "stock", at=dt.date(2026, 5, day)))
    return sum(row[2] for row in sheet.rows)


def test_a_changed_amount_is_booked_for_what_is_there(depot: Depot) -> None:
    texts = text_of(rule("qty * 2"))
    plan = depot.site.plan(texts)
    told = [str(one) for one in plan.operations if one.kind == "book again"]
    assert told == [
        "book again depot__entry: 3 rows, 3 change",
        "book again depot__r_stock: 1 rows, 1 change (stock[1, 1]: on_hand 8 → 16)",
    ]
    assert on_hand(depot) == 8                 # foreseen, not done
    depot.site.publish(texts)
    assert (on_hand(depot), on_hand(depot, 2), on_hand(depot, 1)) == (16, 24, 10)
    assert not depot.site.plan(texts).operations


def test_a_rule_that_is_gone_takes_back_what_it_booked(depot: Depot) -> None:
    depot.site.publish(text_of(rule("qty"), rule("qty * 10")))
    assert on_hand(depot) == 88
    depot.site.publish(text_of(rule("qty")))
    assert on_hand(depot) == 8
    without = TEXT.replace(f"    {OLD}\n", "")
    depot.site.publish({"app.yaml": without})
    assert on_hand(depot) == 0


def test_from_a_day_on_keeps_what_was_booked_before(depot: Depot) -> None:
    depot.site.publish(text_of(rule("qty", "before: 2026-05-02, "), rule("qty * 3", "since: 2026-05-02, ")))
    assert (on_hand(depot, 1), on_hand(depot)) == (5, 5 + 21 - 12)


def test_guards_that_would_fail_forbid_it(depot: Depot) -> None:
    texts = text_of(rule("qty - 3"))
    assert any("missing" in one.fails[0] for one in depot.site.plan(texts).blocked)
    with pytest.raises(Refused, match="The data forbid this publishing"):
        depot.site.publish(texts)
    assert on_hand(depot) == 8


def test_guards_of_every_date_look_at_past_days_too(depot: Depot) -> None:
    """The goods of the first days come later now: today all is well, on the ninth four go that are not there yet."""
    later = rule("qty", 'dated: "if(parent.date < date(2026, 5, 9), date(2026, 5, 15), parent.date)", ')
    assert "4 missing on May 9, 2026" in depot.site.plan(text_of(later)).blocked[0].fails
    with pytest.raises(Refused, match="4 missing on May 9, 2026"):
        depot.site.publish(text_of(later))
    assert on_hand(depot, 9) == 8


def test_guards_of_one_documents_own_rows_are_judged(depot: Depot) -> None:
    balanced = "      - {that: on_hand <= 6, per: document, say: too much}\n      - {that: available >= 0"
    text = text_of(rule("qty"))["app.yaml"].replace("      - {that: available >= 0", balanced)
    depot.site.publish({"app.yaml": text})     # a guard alone asks nothing of what is there
    with pytest.raises(Refused, match="too much"):
        depot.site.publish({"app.yaml": text.replace("add: {on_hand: qty}", "add: {on_hand: qty * 2}")})


def test_what_an_object_has_booked_stays_when_it_goes_and_is_told(depot: Depot) -> None:
    head, tail = TEXT.index("  shipment:\n"), TEXT.index("registers:\n")
    order = depot.paper("order", dt.date(2026, 5, 10), {"item": "chai", "place": "main", "qty": 2})
    line = {"line": depot.lines(order)[0], "item": "chai", "place": "main", "qty": 1}
    depot.paper("shipment", dt.date(2026, 5, 11), line)
    depot.site.publish({"app.yaml": TEXT[:head] + TEXT[tail:]})
    sheet = depot.read(lambda tx: ledgers.movements(tx, "stock"))
    assert (on_hand(depot), sorted(row[5] for row in sheet.rows)[-1]) == (7, "shipment 1：定义中已没有")
    assert verification.verify(depot.site, "depot") == []
    depot.site.publish({"app.yaml": TEXT})     # and it comes back


def test_closed_days_that_refuse_forbid_it_and_open_ones_do_not(depot: Depot) -> None:
    depot.run(lambda tx: periods.close(tx, "books", dt.date(2026, 5, 1)))
    texts = text_of(rule("qty * 2"))
    assert "closed up to May 1, 2026" in depot.site.plan(texts).blocked[0].fails[0]
    with pytest.raises(Refused, match="closed up to May 1, 2026"):
        depot.site.publish(texts)
    depot.site.publish(text_of(rule("qty", "before: 2026-05-02, "), rule("qty * 2", "since: 2026-05-02, ")))
    assert on_hand(depot) == 5 + 14 - 8
    carrying = {"app.yaml": text_of(rule("qty * 2"))["app.yaml"].replace("closed: refuse", "closed: carry")}
    assert "1 bookings of closed days are carried" in [one.risk for one in depot.site.plan(carrying).operations]
    depot.site.publish(carrying)
    assert (on_hand(depot, 1), on_hand(depot)) == (5, 16)


def test_other_levels_are_sums_again(depot: Depot) -> None:
    more = "      - {per: item, that: on_hand <= 9}\n      - {that: on_hand"
    texts = {"app.yaml": TEXT.replace("per: item,", "per: place,").replace("      - {that: on_hand", more)}
    assert texts["app.yaml"] != TEXT
    depot.site.publish(texts)
    assert verification.verify(depot.site, "depot") == []
    with pytest.raises(Refused):
        depot.paper("entry", dt.date(2026, 5, 20), {"item": "chai", "place": "main", "qty": 2})


def test_a_new_key_parts_what_is_booked_by_what_documents_say(depot: Depot) -> None:
    finer = (
        TEXT.replace("keys: {item: {type: link, to: item}, place: {type: link, to: place}}",
                     "keys: {item: {type: link, to: item}, place: {type: link, to: place}, size: text}")
        .replace(OLD, OLD.replace("place: place}", "place: place, size: \"if(qty > 5, 'large', blank)\"}"))
    )
    depot.site.publish({"app.yaml": finer})
    sheet = depot.read(lambda tx: ledgers.balances(tx, "stock"))
    assert sorted((str(row[2] or ""), row[3]) for row in sheet.rows) == [("", 1), ("large", 7)]
    assert verification.verify(depot.site, "depot") == []
    with pytest.raises(Refused, match="kept by the keys from before"):
        depot.site.publish({"app.yaml": TEXT})  # without it, what is booked for two sizes would be one
