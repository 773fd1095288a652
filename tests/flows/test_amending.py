"""A change after approval: the record counts on as it is until the flow of the change agrees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import Failure, Invalid, Refused
from engine.expressions.values import Ref
from engine.runtime.services import commands, erasing
from engine.runtime.services.approvals import tasks
from engine.runtime.services.reporting import reports
from engine.runtime.storage import amendment_rows
from engine.runtime.storage.amendment_rows import Amendment
from tests.services.shops import Shop
from tests.web.doors import Door, peopled

TEXT = """
app: shop
languages: [zh, en]
timezone: Asia/Shanghai
roles: {sales: 销售, manager: 经理, store: 仓库}
objects:
  product: {key: code, title: "{code}", fields: {code: {type: text, required: true, unique: true}}}
  order:
    title: "{number}"
    fields:
      number: {type: text, zh: 单号, en: Number}
      wanted: {type: date, zh: 交期, en: Wanted}
      note: {type: text, personal: true, zh: 备注, en: Note}
      told: integer
      lines:
        type: lines
        zh: 明细
        en: Lines
        fields:
          product: {type: link, to: product, required: true, zh: 产品, en: Product}
          qty: {type: quantity, required: true, min: 1, zh: 数量, en: Quantity}
          memo: {type: text, zh: 说明, en: Memo}
          batch: {type: text, readonly: true, default: "='of ' & product.code", refill: product, zh: 批, en: Batch}
    checks: [{that: count(lines) > 0, say: {zh: 至少一行, en: At least one row}}]
    states:
      draft: {zh: 草稿, en: Draft}
      live: {zh: 生效, en: Live, edit: [note]}
      gone: {zh: 取消, en: Gone, final: true}
    effective: [live]
    actions:
      go: {from: draft, to: live, zh: 生效, en: Go}
      drop: {from: live, to: gone, zh: 取消, en: Drop}
    amend:
      fields: [wanted, note, lines]
      flow: change
      do: [{set: {told: "=if(told is blank, 1, told + 1)"}}]
    posts: [{to: need, each: lines, keys: {product: product}, add: {open: qty}}]
registers:
  need:
    keys: {product: {type: link, to: product}}
    measures: {open: {type: quantity, zh: 需求, en: Needed}}
    guards: [{that: open <= 100, say: {zh: 需求超过上限, en: More is needed than there may be}}]
flows:
  change:
    of: order
    zh: 变更审批
    en: Change
    steps:
      - {approve: head, by: role(manager), when: amended(lines) or amended(wanted), zh: 经理, en: Head}
access:
  product: {everyone: {see: true}, store: full}
  order: {sales: {see: creator = me, create: true, edit: creator = me, go: true, drop: true}, manager: {see: true}}
  need: {everyone: {see: true}}
"""


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = peopled(database_url, TEXT)
    for code in ("P1", "P2"):
        made.create("zhao", "product", code=code)
    yield made
    made.site.database.close()


def ordered(shop: Shop, qty: int = 10) -> Ref:
    ref = shop.create("li", "order", number="A", wanted="2026-06-01", lines=[{"product": "P1", "qty": qty}])
    shop.act("li", ref, "go")
    return ref


def needed(shop: Shop, code: str = "P1") -> Decimal:
    with shop.site.read("shop", shop.actor("app")) as tx:
        question = {"from": "need", "by": {"code": "product.code"}, "show": {"sum": "sum(rows.open)"}}
        found = dict(reports.query(tx, question).rows)  # type: ignore[arg-type]
    return found.get(code, Decimal(0))  # type: ignore[return-value, call-overload]


def waiting(shop: Shop, ref: Ref) -> Amendment | None:
    with shop.site.read("shop", shop.actor("app")) as tx:
        return amendment_rows.waiting(tx, ref.object, ref.id)


def waits_for(shop: Shop, login: str = "wang") -> int:
    return shop.run(login, lambda tx: tasks.inbox(tx, "todo")[0].id)


def decide(shop: Shop, verb: str, login: str = "wang") -> None:
    def act(tx: Any) -> None:
        commands.decide(tx, tasks.inbox(tx, "todo")[0].id, verb)

    shop.run(login, act)


def test_what_counts_stays_until_the_change_is_approved(shop: Shop) -> None:
    ref = ordered(shop)
    line = shop.lines(ref)[0]
    version = shop.value(ref, "version")
    shop.act("li", ref, "amend", {"wanted": "2026-06-09", "lines": [
        {"id": line, "qty": 14}, {"product": "P2", "qty": 3}]})
    assert (needed(shop), needed(shop, "P2"), shop.value(ref, "version")) == (10, 0, version)
    found = waiting(shop, ref)
    assert found is not None and found.changes["wanted"] == ("2026-06-01", "2026-06-09")
    assert found.changes[f"lines.{line}.qty"] == ("10", "14") and found.changes["lines.+1.qty"] == (None, "3")
    shop.update("li", ref, note="still open to be changed")
    decide(shop, "approve")
    assert (needed(shop), needed(shop, "P2"), waiting(shop, ref)) == (14, 3, None)
    assert str(shop.value(ref, "wanted")) == "2026-06-09" and shop.value(ref, "note") and shop.value(ref, "told") == 1
    with shop.site.read("shop", shop.actor("app")) as tx:
        assert amendment_rows.of_record(tx, "order", ref.id)[0].status == "approved"
    shop.act("li", ref, "amend", {"lines": [{"id": line, "delete": True}]})
    decide(shop, "approve")
    assert (needed(shop), needed(shop, "P2")) == (0, 3)


def test_a_change_that_needs_nobody_is_made_at_once(shop: Shop) -> None:
    ref = ordered(shop)
    shop.act("li", ref, "amend", {"note": "by the back door"})
    assert shop.value(ref, "note") == "by the back door" and waiting(shop, ref) is None


def test_conditions_of_the_flow_tell_what_the_record_would_be(database_url: str) -> None:
    more = "when: proposed.pieces > pieces and proposed.pieces > 12"
    pieces = "      pieces: {formula: sum(lines.qty), type: quantity, en: Pieces}\n"
    text = TEXT.replace("when: amended(lines) or amended(wanted)", more).replace(
        "      told: integer\n", "      told: integer\n" + pieces)
    shop = peopled(database_url, text)
    try:
        for code in ("P1", "P2"):
            shop.create("zhao", "product", code=code)
        ref = ordered(shop)
        line = shop.lines(ref)[0]
        shop.act("li", ref, "amend", {"lines": [{"id": line, "qty": 12}]})
        assert needed(shop) == 12, "twelve are no more than twelve: nobody is asked"
        shop.act("li", ref, "amend", {"lines": [{"id": line}, {"product": "P2", "qty": 3}]})
        assert (needed(shop), needed(shop, "P2")) == (12, 0), "fifteen are, the new row among them"
        decide(shop, "approve")
        assert (needed(shop), needed(shop, "P2"), shop.value(ref, "pieces")) == (12, 3, 15)
        shop.act("li", ref, "amend", {"lines": [{"id": line, "qty": 10}]})
        assert needed(shop) == 10, "thirteen are fewer than before"
    finally:
        shop.site.database.close()


def test_rejected_or_withdrawn_nothing_has_changed(shop: Shop) -> None:
    ref = ordered(shop)
    shop.act("li", ref, "amend", {"wanted": "2026-07-01"})
    with pytest.raises(Refused, match="waiting to be approved"):
        shop.act("li", ref, "amend", {"wanted": "2026-07-02"})
    task = waits_for(shop)
    shop.run("li", lambda tx: commands.decide(tx, task, "withdraw").record.id)
    assert waiting(shop, ref) is None, "whoever asked takes it back"
    shop.act("li", ref, "amend", {"wanted": "2026-07-01"})
    decide(shop, "reject")
    assert waiting(shop, ref) is None and str(shop.value(ref, "wanted")) == "2026-06-01"
    shop.act("li", ref, "amend", {"wanted": "2026-07-01"})
    shop.act("li", ref, "drop")
    assert waiting(shop, ref) is None and needed(shop) == 0, "a cancelled order has no change that waits"
    with pytest.raises(Refused):
        shop.act("li", ref, "amend", {"wanted": "2026-07-01"})


def test_guards_and_other_changes_decide_when_it_is_approved(shop: Shop) -> None:
    ref = ordered(shop)
    line = shop.lines(ref)[0]
    shop.act("li", ref, "amend", {"lines": [{"id": line, "qty": 200}]})
    with pytest.raises(Failure, match="More is needed"):
        decide(shop, "approve")
    assert waiting(shop, ref) is not None and needed(shop) == 10
    decide(shop, "reject")
    shop.act("li", ref, "amend", {"note": "one", "wanted": "2026-06-02"})
    shop.update("li", ref, note="two")
    with pytest.raises(Refused, match="Note has been changed"):
        decide(shop, "approve")
    shop.update("li", ref, note="one")
    decide(shop, "approve")
    assert str(shop.value(ref, "wanted")) == "2026-06-02"


def test_what_would_be_refused_at_once_is_refused_at_once(shop: Shop) -> None:
    ref = ordered(shop)
    line = shop.lines(ref)[0]
    for given, why in (
        ({"lines": [{"id": line, "qty": 0}]}, "may not be below 1"),
        ({"lines": [{"id": line, "delete": True}]}, "At least one"),
        ({"wanted": "2026-06-01"}, "Nothing would change"),
        ({}, "Nothing would change"),
        ({"number": "B"}, "cannot change while it is Live"),
    ):
        with pytest.raises((Invalid, Refused), match=why):
            shop.act("li", ref, "amend", given)
    draft = shop.create("li", "order", number="B", lines=[{"product": "P1", "qty": 1}])
    with pytest.raises(Refused):
        shop.act("li", draft, "amend", {"note": "x"})
    for login in ("sun", "wang"):
        with pytest.raises(Failure):
            shop.act(login, ref, "amend", {"note": "x"})


def test_programs_ask_for_changes_too(shop: Shop) -> None:
    ref = ordered(shop)
    li = Door(shop).program("li")
    url = f"/api/shop/order/{ref.id}"
    allowed = li.get(f"{url}/allowed").json
    assert "amend" in str(allowed["actions"])
    asked = li.post(f"{url}/actions/amend", {"input": {"wanted": "2026-08-01"}, "comment": "the customer is away"})
    assert asked.status_code == 200, asked.text
    listed = li.get(f"{url}/amendments").json["items"]
    assert [(one["status"], one["changes"]) for one in listed] == [
        ("waiting", {"wanted": {"before": "2026-06-01", "after": "2026-08-01"}})]
    assert Door(shop).program("sun").get(f"{url}/amendments").status_code == 404


def test_what_was_asked_for_is_forgotten_with_the_person(shop: Shop) -> None:
    ref = ordered(shop)
    shop.act("li", ref, "amend", {"note": "Mr Sun moves house", "wanted": "2026-08-01"})

    def forget(tx: Any) -> None:
        session = commands.begin(tx).session
        record = session.record(ref)
        assert record is not None
        session.hold([record])
        erasing.anonymise(session, record)

    shop.run("app", forget)
    found = waiting(shop, ref)
    assert found is not None and not found.changes and not found.given
    decide(shop, "approve")
    assert shop.value(ref, "note") is None and str(shop.value(ref, "wanted")) == "2026-06-01"


def test_people_ask_in_the_dialog_and_see_what_waits(shop: Shop) -> None:
    ref, door = ordered(shop), Door(shop)
    li, url = door.browser("li"), f"/apps/shop/records/order/{ref.id}"
    dialog = li.get(f"{url}/actions/amend", **{"HX-Request": "true"}).text
    assert "lines.0.qty" in dialog and 'name="wanted"' in dialog and 'name="number"' not in dialog
    form = {
        "_version": shop.value(ref, "version"), "_lines": "lines", "wanted": "2026-06-09", "note": "",
        "lines.0.id": shop.lines(ref)[0], "lines.0.product": "1", "lines.0.qty": "14", "lines.0.memo": "",
        "lines.1.product": "2", "lines.1.qty": "3", "lines.1.memo": "",
    }
    assert "lines.__index__.qty" in dialog, "rows may come"
    assert 'name="lines.0.batch"' not in dialog, "what the system fills in of the lines is not asked for"
    told = li.post(f"{url}/actions/amend/preview", form).json
    assert told["values"]["lines.1.batch"]["text"] == "of P2", "the server works out what a new row is filled with"
    wrong = li.post(f"{url}/actions/amend", {**form, "lines.0.qty": "0"}, **{"HX-Request": "true"})
    assert wrong.status_code == 422 and "may not be below 1" in wrong.text
    assert re.search(r'value="3" id="f-lines.1.qty"', wrong.text), "the new row is still there"
    assert li.post(f"{url}/actions/amend", form).status_code == 303
    assert needed(shop) == 10
    for page in (li.get(url).text, door.browser("wang").get(f"/apps/shop/tasks/{waits_for(shop)}").text):
        assert "A change that waits to be approved (Li," in page and "Lines 1 · Quantity" in page
        assert "<del>10</del>" in page and "<ins>14</ins>" in page and "Lines, new row 1 · Product" in page
    again = li.get(url).text
    assert "A change is waiting to be approved already" in again, "the button says why it is shut"
    decide(shop, "approve")
    assert (needed(shop), needed(shop, "P2")) == (14, 3)


HIDING = TEXT.replace("edit: creator = me, go: true, drop: true}, manager: {see: true}}", """edit: creator = me,
    go: true, drop: true, hide: [wanted, lines.memo]}, manager: {see: true, hide: [note, lines.memo]}, store: full}""")


def test_a_change_tells_and_takes_nothing_beyond_what_its_reader_may(database_url: str) -> None:
    shop = peopled(database_url, HIDING)
    for code in ("P1", "P2"):
        shop.create("zhao", "product", code=code)
    mine = shop.create("li", "order", number="A", lines=[{"product": "P1", "qty": 1}])
    door = Door(shop)
    assert door.program("zhao").patch(f"/api/shop/order/{mine.id}", {"wanted": "2031-03-07"}).status_code == 200
    shop.act("li", mine, "go")
    line = shop.lines(mine)[0]
    for given in ({"wanted": "2026-08-01"}, {"lines": [{"id": line, "memo": "x"}]},
                  {"lines": [{"product": "P2", "qty": 1, "memo": "x"}]}):
        with pytest.raises(Failure):
            shop.act("li", mine, "amend", given)
    assert waiting(shop, mine) is None, "what li does not see he asks for in no change"
    shop.run("zhao", lambda tx: commands.update(tx, "order", mine.id, {"note": "KEPT0"}))
    dialog = door.browser("li").get(f"/apps/shop/records/order/{mine.id}/actions/amend", **{"HX-Request": "true"}).text
    assert 'name="note"' in dialog and "KEPT0" in dialog, "what he sees he is asked for"
    assert 'name="wanted"' not in dialog and "2031-03-07" not in dialog and "lines.0.memo" not in dialog
    theirs = shop.create("zhao", "order", number="B", note="was", lines=[{"product": "P1", "qty": 1, "memo": "KEPT1"}])
    shop.act("zhao", theirs, "go")
    rows = [{"id": shop.lines(theirs)[0], "qty": 2, "memo": "KEPT2"}, {"product": "P2", "qty": 3, "memo": "KEPT3"}]
    shop.act("zhao", theirs, "amend", {"note": "KEPT4", "wanted": "2026-08-01", "lines": rows})
    task = waits_for(shop)
    wang, reader = door.program("wang"), door.browser("wang")
    at = f"order/{theirs.id}"
    paths = [f"/api/shop/{at}{more}" for more in ("", "/amendments", "/history", "/allowed")]
    said = [wang.get(path) for path in paths] + [wang.get("/api/shop/tasks"), wang.get(f"/api/shop/tasks/{task}")]
    said += [reader.get(f"/apps/shop/records/{at}"), reader.get("/apps/shop/inbox"), reader.get("/apps/shop/flows")]
    assert all("KEPT" not in answer.text for answer in said), [a.request.path for a in said if "KEPT" in a.text]
    [asked] = said[1].json["items"]
    assert "wanted" in asked["changes"] and any(path.endswith(".qty") for path in asked["changes"])
    assert "KEPT3" in door.program("zhao").get(f"/api/shop/{at}/amendments").text
    shop.site.database.close()
