"""The picture of a flow: where its parts stand, and what it tells of an approval before, during and after."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.definitions import blocks
from engine.definitions.compile import app_from
from engine.expressions.values import Ref
from engine.runtime.services import reading
from engine.runtime.services.approvals import flow_marks, flow_views, prospects
from engine.runtime.storage import flow_rows
from engine.runtime.web.present import flow_layouts, flow_pictures
from engine.runtime.web.present.flow_pictures import Picture
from engine.runtime.web.present.spoken import Words
from engine.runtime.web.present.text_widths import fitted, width_of
from tests.services.shops import Shop
from tests.web.claims import CLAIMS, claimed, decide
from tests.web.doors import peopled

NESTED = """
    steps:
      - {approve: one, by: role(manager)}
      - parallel:
          - steps: [{approve: two, by: role(manager)}, {cc: role(store)}, {branch: [
              {when: amount > 5, steps: [{approve: three, by: role(store)}]}, {else: []}]}]
          - {when: amount > 9, steps: [{approve: four, by: role(store)}]}
          - steps: [{wait: 2 days}]
      - {branch: [{when: amount > 7, steps: [{end: rejected}]}, {else: [{approve: five, by: role(manager)}]}]}
    on_approved: pay
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    made = peopled(f"sqlite:///{tmp_path_factory.mktemp('pictures') / 'site.db'}", CLAIMS)
    yield made
    made.site.database.close()


def picture(shop: Shop, ref: Ref, login: str = "li") -> Picture:
    with shop.site.read("shop", shop.actor(login)) as tx:
        record = reading.get(tx, ref.object, ref.id)
        found = flow_views.instance(tx, record)
        course = flow_marks.of(record.session, record, found.id) if found is not None else None
        assert course is not None
        return flow_pictures.of(tx, course, record)


def told(shop: Shop, ref: Ref, login: str = "li") -> list[tuple[str, str, str]]:
    """The list: each step with its status and people."""
    return [(step.label, step.status, ", ".join(step.who)) for step in picture(shop, ref, login).steps]


def test_parts_of_a_picture_stand_apart_and_within_it() -> None:
    text = CLAIMS[: CLAIMS.index("    steps:")] + NESTED.lstrip("\n") + CLAIMS[CLAIMS.index("    on_rejected: back"):]
    layout = flow_layouts.of(app_from(text).flows["approval"])
    assert [box.path for box in layout.boxes if box.kind == "fork"] == ["1", "1.0.2", "2"]
    for box in layout.boxes:
        assert 0 <= box.x < box.x + box.width <= layout.width
        assert 0 <= box.y < box.y + box.height <= layout.height
    for one, two in itertools.combinations(layout.boxes, 2):
        apart = one.x + one.width <= two.x or two.x + two.width <= one.x or one.y + one.height <= two.y or (
            two.y + two.height <= one.y)
        assert apart, (one, two)
    for line in layout.lines:
        assert all(0 <= x <= layout.width and 0 <= y <= layout.height for x, y in line.points)
        assert line.points[0][0] < line.points[-1][0], "from left to right"
    for chip in layout.chips:
        assert all(box.x >= chip.x + chip.width or box.x + box.width <= chip.x or abs(box.y - chip.y) > 10
                   for box in layout.boxes if box.kind == "step")


def test_labels_keep_to_their_width() -> None:
    for text in ("财务部门经理复核大额报销", "A rather long name of a step", "Donaudampfschifffahrt", "短"):
        lines = fitted(text, 100, 2)
        assert len(lines) <= 2 and all(width_of(line) <= 100 for line in lines)
        assert "".join(lines).replace(" ", "").rstrip("…") in text.replace(" ", "")


def test_the_picture_tells_what_was_is_and_is_to_be_expected(shop: Shop) -> None:
    small, large = claimed(shop, "50"), claimed(shop, "6000")
    assert told(shop, small) == [
        ("Submitted", "done", "Li"), ("Head of department", "current", "Wang"), ("Branch", "next", ""),
        ("Copy", "next", "Zhao"), ("Director", "skipped", ""),
    ]
    assert told(shop, large)[3:] == [("Second look", "next", "Zhao"), ("Director", "next", "Wang")]
    decide(shop, "wang", large, "approve")
    shown = picture(shop, large)
    assert [(s.label, s.status) for s in shown.steps[1:4]] == [
        ("Head of department", "done"), ("Branch", "done"), ("Second look", "current")]
    assert shown.steps[1].who == ["Wang approved"] and shown.steps[3].depth == 1
    assert shown.steps[2].note == "took “Large: Amount ≥ 1,000” · Amount is CN¥6,000.00 now"
    decide(shop, "zhao", large, "reject")
    assert told(shop, large)[3:] == [("Second look", "rejected", "Zhao rejected"), ("End", "rejected", "")]
    statuses = {way.texts[0].text: way.status for way in shown.ways if way.texts}
    assert statuses == {"Large: Amount ≥ 1,000": "taken", "Otherwise": "off"}


def test_waits_say_for_what(tmp_path: Path) -> None:
    """How long, until which day, which action lets it go on; until when of an approval that waits."""
    waiting = """    steps:
      - {wait: 2 days, when: amount > 10}
      - {wait: 3 working days, unless: amount < 100}
      - {wait: wanted, unless: wanted is blank}
      - {wait: {signal: delivered}}
      - {wait: {signal: dated}}
      - {approve: last, by: role(manager)}
    on_approved: pay
"""
    text = CLAIMS[: CLAIMS.index("    steps:")] + waiting + CLAIMS[CLAIMS.index("    on_rejected: back"):]
    sends = "arrive: {from: pending, zh: 到货, en: Delivered, do: [{signal: delivered}]}\n      submit:"
    text = text.replace("submit:", sends, 1).replace("flows:\n", """automations:
  dates:
    changed: trip
    name: {zh: 定期, en: Dates are fixed}
    do: [{each: all claim as c, do: [{signal: dated, of: c}]}]
flows:
""", 1)
    shop = peopled(f"sqlite:///{tmp_path / 'site.db'}", text)
    small, large = claimed(shop, "5", wanted="2030-03-01"), claimed(shop, "500")
    assert [(step.status, list(step.who)) for step in picture(shop, small).steps[1:6]] == [
        ("skipped", ["for 2 days"]), ("skipped", ["for 3 working days"]), ("current", ["until Wanted on"]),
        ("maybe", ["until Delivered"]), ("maybe", ["until Dates are fixed"]),
    ]
    shown = picture(shop, small).steps[3]
    assert "until Mar 1, 2030" in shown.note
    assert picture(shop, large).steps[1].who == ["for 2 days"]
    assert [line.text for node in picture(shop, small).nodes for line in node.lines if line.kind == "who"][2:4] == [
        "until Wanted on", "until Delivered"]
    shop.site.database.close()


def test_lists_are_said_as_the_language_says_them() -> None:
    app = app_from(CLAIMS.replace("when: amount >= 1000", "when: 'amount in [5, 7]'"))
    [arm] = [one for _, step in blocks.walk(app.flows["approval"]) for one in blocks.arms_of(step) if one.when]
    assert arm.when is not None
    said = {language: Words(app, "claim", language).condition(arm.when) for language in ("zh", "en")}
    assert said == {"zh": "金额 属于 5、7", "en": "Amount is one of 5, 7"}


def test_what_was_taken_back_by_a_return_is_to_come_again(shop: Shop) -> None:
    ref = claimed(shop, "2000")
    decide(shop, "wang", ref, "approve")
    decide(shop, "zhao", ref, "return")
    assert told(shop, ref)[1:] == [
        ("Head of department", "next", "Wang"), ("Branch", "next", ""), ("Second look", "next", "Zhao"),
        ("Director", "skipped", ""), ("Sent back: Li is to change it", "current", ""),
    ]


def test_nothing_is_told_of_fields_that_the_reader_does_not_see_and_nothing_is_written(shop: Shop) -> None:
    ref = claimed(shop, "1500")
    with shop.site.read("shop", shop.actor("zhao")) as tx:
        assert flow_rows.instances_of(tx, "claim", ref.id), "zhao is not asked yet"
    text = CLAIMS.replace("manager: {see: true, hide: secret}", "manager: {see: true, hide: [secret, amount]}")
    shop.site.publish(app_from(text).texts)
    try:
        assert "6,000" not in str(picture(shop, ref, "wang")) and "1,500" not in str(picture(shop, ref, "wang"))
        with shop.site.read("shop", shop.actor("wang")) as tx:
            before = flow_rows.events_of(tx, 1), flow_rows.load(tx, 1)
            record = reading.get(tx, "claim", ref.id)
            state = flow_rows.load(tx, flow_rows.instances_of(tx, "claim", ref.id)[0].id)
            assert state is not None
            seen = prospects.ahead(record.session, record, tx.app.flows["approval"], state)
            assert seen.state.instance.status == "approved" and record.session.raised_names == set()
            assert (flow_rows.events_of(tx, 1), flow_rows.load(tx, 1)) == before
    finally:
        shop.site.publish(app_from(CLAIMS).texts)
