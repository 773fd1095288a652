"""Steps of actions: `unless`, rows that have a name, and actions that lead to one of several states."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.errors import Invalid, Refused
from engine.expressions.compiled import Source
from engine.expressions.scope import Frame
from engine.expressions.values import Ref, Row
from engine.runtime.services import reading
from engine.runtime.services.steps import allocating
from engine.runtime.storage.actors import SERVICE
from tests.services.shops import Shop

APP = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
roles: {sales: 销售, manager: 经理, store: 仓管}
objects:
  bag:                                       # lines that are pulled do not stand first
    fields:
      note: text
      fees: {type: lines, fields: {what: {type: text, required: true}}}
      lines: {type: lines, fields: {qty: integer}, pull: {from: job.lines as p where parent.size = 1, as: {qty: =qty}}}
  job:
    fields:
      size: {type: integer, required: true}
      note: text
      told: text
      lines: {type: lines, fields: {qty: integer, seen: text, half: integer}}
    states: {new: 新, small: {zh: 小}, big: {zh: 大}, huge: {zh: 特大}}
    actions:
      sort:
        from: new
        ask: {more: {type: integer, default: 0}}
        set: {size: =size + more}
        to: {small: size < 10, big: size < 100, huge: else}
      again: {from: [small, big, huge], to: {new: size = 1}}
      mark:
        do:
          - {set: {told: marked}, unless: size > 5}
          - {refuse: "too big: {size}", when: size > 50, unless: note = 'forced'}
          - each: lines as p where qty > 0
            do:
              - {set: {seen: "=parent.note & p.qty"}, unless: parent.note = 'no'}
              - {update: p, with: {half: =qty / 2}}
      share: {set: {lines.half: =parent.size - qty}, do: [{set: {lines.seen: "=parent.note & half"}}]}
      name:
        do:
          - each: lines where qty > this.size
            do:
              - {set: {seen: =acting.note}}
              - {each: all bag as b, do: [{update: b, with: {note: "=acting.note & this.note"}}]}
      gather:
        ask: {least: {type: integer, default: 0}}
        do: [{create: bag, pull: {from: lines as p where qty > least, as: {qty: =p.qty}}, called: made}]
access: {job: {everyone: full}, bag: {everyone: full}}
"""


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = Shop(database_url, APP)
    yield made
    made.site.database.close()


def state(shop: Shop, job: Ref) -> object:
    return shop.value(job, "state")


@pytest.mark.parametrize(("size", "more", "reached"), [("1", "2", "small"), ("9", "1", "big"), ("9", "95", "huge")])
def test_the_first_state_whose_condition_holds_is_reached(
    shop: Shop, size: str, more: str, reached: str
) -> None:
    job = shop.create("li", "job", size=size)
    shop.act("li", job, "sort", {"more": more})
    assert state(shop, job) == reached


def test_without_a_state_that_fits_the_record_stays(shop: Shop) -> None:
    job = shop.create("li", "job", size="2")
    shop.act("li", job, "sort", {"more": "0"})
    shop.act("li", job, "again")
    assert state(shop, job) == "small"


def test_a_step_is_left_out_where_unless_holds(shop: Shop) -> None:
    small, large = shop.create("li", "job", size="5"), shop.create("li", "job", size="6")
    shop.act("li", small, "mark")
    shop.act("li", large, "mark")
    assert (shop.value(small, "told"), shop.value(large, "told")) == ("marked", None)
    with pytest.raises(Refused, match="too big: 60"):
        shop.act("li", shop.create("li", "job", size="60"), "mark")
    shop.act("li", shop.create("li", "job", size="60", note="forced"), "mark")


def test_steps_over_rows_stand_on_the_row_also_where_it_has_a_name(shop: Shop) -> None:
    job = shop.create("li", "job", size="1", note="n", lines=[{"qty": "4"}, {"qty": "0"}])
    shop.act("li", job, "mark")
    found = [shop.line(job, *place) for place in ((0, "seen"), (0, "half"), (1, "seen"))]
    assert found == ["n4", 2, None]


def test_inside_of_each_the_record_that_acts_has_a_name(shop: Shop) -> None:
    bag = shop.create("li", "bag", note="!")
    job = shop.create("li", "job", size="2", note="x", lines=[{"qty": "1"}, {"qty": "3"}])
    shop.act("li", job, "name")
    assert [shop.line(job, 0, "seen"), shop.line(job, 1, "seen")] == [None, "x"]
    assert shop.value(bag, "note") == "x!", "inside of an inner one it is still the same"


def test_what_is_set_in_lines_is_worked_out_per_line(shop: Shop) -> None:
    job = shop.create("li", "job", size="9", note="n", lines=[{"qty": "4"}, {"qty": "1"}])
    shop.act("li", job, "share")
    assert [shop.line(job, index, name) for index in (0, 1) for name in ("half", "seen")] == [5, "n5", 8, "n8"]


def test_a_pull_of_a_step_fills_the_lines_that_are_pulled(shop: Shop) -> None:
    job = shop.create("li", "job", size="1", lines=[{"qty": "4"}, {"qty": "1"}])
    [bag] = shop.act("li", job, "gather", {"least": "2"})
    assert (len(shop.lines(bag)), shop.line(bag, 0, "qty")) == (1, 4)


def test_a_step_makes_a_line_of_this_or_another_record(database_url: str) -> None:
    steps = """
      grow: {do: [{create: job.lines, with: {parent: =this, qty: 7}}]}
      feed: {ask: {other: {type: link, to: job}}, do: [{create: job.lines, with: {parent: =other, qty: =size}}]}
access"""
    shop = Shop(database_url, APP.replace("\naccess", steps))
    one, two = shop.create("li", "job", size="1"), shop.create("li", "job", size="2")
    shop.act("li", one, "grow")
    shop.act("li", one, "feed", {"other": {"id": two.id}})
    assert [(len(shop.lines(ref)), shop.line(ref, 0, "qty")) for ref in (one, two)] == [(1, 7), (1, 1)]
    shop.site.database.close()


ASKED = """
app: shop
languages: [zh, en]
roles: {sales: 销售}
objects:
  item: {key: code, title: "{code}", fields: {code: {type: text, required: true, unique: true}}}
  job:
    fields:
      size: {type: integer, required: true}
      note: text
      item: {type: link, to: item}
      lines: {type: lines, fields: {qty: integer}}
    states: {new: 新, done: 完}
    actions:
      grow:
        from: new
        ask:
          more: {type: integer, default: 2}
          most: {type: integer, default: =more * 2}
          times: {type: integer, default: "=most - more", min: more / 2, max: most}
          tail: {type: text, default: "='x' & times"}
          word: text
          what: {type: link, to: item}
        set: {size: =size + more * times, note: "=word & tail", item: =what}
        to: done
      fill: {ask: [note, lines.qty], from: new}
  plan:
    fields:
      job: {type: link, to: job, required: true}
      item: {type: link, to: item}
      more: {type: integer, default: 5}
    actions:
      carry_out:
        do:
          - {act: grow, of: job, with: {more: =more, word: from the plan, what: =item}}
      fill: {do: [{act: fill, of: job, with: {note: "=text(more)", lines: [{qty: 3}, {qty: =more}]}}]}
access: {job: {everyone: full}, plan: {everyone: full}, item: {everyone: full}}
"""


def test_an_act_step_answers_what_the_action_asks(database_url: str) -> None:
    shop = Shop(database_url, ASKED)
    try:
        item, job = shop.create("li", "item", code="A"), shop.create("li", "job", size="1")
        plan = shop.create("li", "plan", job=job, item=item)
        shop.act("li", plan, "carry_out")
        # times has the default of the defaults before it: most = 5 * 2, times = 10 - 5
        assert (shop.value(job, "size"), shop.value(job, "note")) == (1 + 5 * 5, "from the planx5")
        assert shop.value(job, "item") == item and shop.value(job, "state") == "done"
        other = shop.create("li", "job", size="1")
        with pytest.raises(Invalid) as refused:
            shop.act("li", other, "grow", {"more": "8", "times": "3"})
        assert [(e.field, e.code) for e in refused.value.errors] == [("times", "min")], "it hangs on another input"
        shop.act("li", shop.create("li", "plan", job=other), "fill")
        assert (shop.value(other, "note"), shop.line(other, 1, "qty")) == ("5", 5)
    finally:
        shop.site.database.close()


SPREADING = """
app: shop
languages: [zh, en]
roles: {sales: 销售}
objects:
  shelf: {key: code, title: "{code}", fields: {code: {type: text, unique: true}, room: integer, got: integer}}
  order:
    fields:
      freight: money
      lines:
        type: lines
        fields:
          worth: money
          qty: integer
          bears: money
          code: text
          twice: {type: integer, default: =qty * 2, refill: qty}
      taken: {type: lines, fields: {code: text, qty: integer}}
    actions:
      spread: {do: [{allocate: {amount: freight, over: lines, share: worth, set: {bears: =part}}}]}
      fill:
        do:
          - allocate:
              each: lines as l
              amount: l.qty
              over: shelf sort code
              limit: room - got
              set: {got: =got + part}
              rest: refuse
      part:
        do:
          - allocate:
              each: lines where code is blank
              amount: qty
              over: shelf as s sort -s.code
              limit: room
              split: {code: =s.code, qty: =part}
      note:
        do: [{allocate: {amount: sum(lines.qty), over: shelf, limit: room, add: {taken: {code: =code, qty: =part}}}}]
access: {order: {everyone: full}, shelf: {everyone: full}}
"""


def test_an_amount_is_spread_to_the_last_cent_and_no_piece_is_given_twice(database_url: str) -> None:
    shop = Shop(database_url, SPREADING)
    try:
        def column(ref: Ref, *names: str, of: str = "lines") -> list[tuple[object, ...]]:
            with shop.site.read("shop", SERVICE) as tx:
                return [tuple(map(line.get, names)) for line in reading.get(tx, ref.object, ref.id).lines(of)]

        thirds = shop.create("li", "order", freight="10", lines=[{"worth": "5"}, {"worth": "5"}, {"worth": "5"}])
        shop.act("li", thirds, "spread")
        assert [f"{one:.2f}" for one, in column(thirds, "bears")] == ["3.34", "3.33", "3.33"]
        odd = shop.create("li", "order", freight="-0.05", lines=[{"worth": "1"}, {"worth": "3"}, {"worth": "0"}, {}])
        shop.act("li", odd, "spread")          # -0.0125 and -0.0375: the cents add up, what is worth nothing bears none
        assert [f"{one:.2f}" for one, in column(odd, "bears")] == ["-0.01", "-0.04", "0.00", "0.00"]
        a, b = (shop.create("li", "shelf", code=code, room=room, got="0") for code, room in (("A", "5"), ("B", "4")))
        both = shop.create("li", "order", lines=[{"qty": "4"}, {"qty": "3"}])
        shop.act("li", both, "fill")
        assert (shop.value(a, "got"), shop.value(b, "got")) == (5, 2), "4 + 1 of A, 2 of B"
        with pytest.raises(Refused, match="Row 1: 2 is left over"):
            shop.act("li", both, "fill")       # only 2 of the 4 find room
        assert (shop.value(a, "got"), shop.value(b, "got")) == (5, 2)
        back = shop.create("li", "order", lines=[{"qty": "1"}, {"qty": "-3"}])
        with pytest.raises(Refused, match="Row 2: -3 cannot be spread") as refused:
            shop.act("li", back, "part")
        assert refused.value.code == "allocate" and column(back, "qty", "code") == [(1, None), (-3, None)]
        many = shop.create("li", "order", lines=[{"qty": "7"}, {"qty": "1", "code": "X"}, {"qty": "4"}])
        shop.act("li", many, "part")           # B 4, A 3; the last line: A 2, and 2 that nobody has
        assert column(many, "qty", "code", "twice") == [
            (4, "B", 8), (3, "A", 6), (1, "X", 2), (2, "A", 4), (2, None, 4),
        ]
        shop.act("li", both, "note")
        assert column(both, "code", "qty", of="taken") == [("A", 5), ("B", 2)]
    finally:
        shop.site.database.close()


@pytest.mark.postgres
def test_two_who_spread_at_once_give_no_piece_twice(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(postgres_url, SPREADING)
    shelf = shop.create("li", "shelf", code="A", room="5", got="0")
    first, second = (shop.create("li", "order", lines=[{"qty": qty}]) for qty in ("2", "3"))
    read = allocating.rows_of

    def overtaken(source: Source, frame: Frame) -> list[Row]:
        found = read(source, frame)
        if found[0].object == "shelf":         # the other begins and ends between reading the shelf and writing it
            monkeypatch.setattr(allocating, "rows_of", read)
            shop.act("li", second, "fill")
        return found

    monkeypatch.setattr(allocating, "rows_of", overtaken)
    try:
        shop.act("li", first, "fill")
        assert shop.value(shelf, "got") == 5
        with pytest.raises(Refused, match="left over"):
            shop.act("li", first, "fill")
    finally:
        shop.site.database.close()
